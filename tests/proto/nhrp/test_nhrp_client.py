"""Registering: timetables of one client and a server that answers, refuses or keeps silent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iosh.base.addr import IPv4
from iosh.proto.machine import CloseSocket, Map, OpenSocket, Replicate
from iosh.proto.nhrp.effects import Fallback
from iosh.proto.nhrp.settings import NhrpSettings, NhsSettings, StaticMap
from iosh.wire.nhrp import Cie, Code, ExtensionKind, Flag, Kind, cie_extension, replaced

REQUEST, REPLY, PURGE = "REGISTRATION_REQUEST", "REGISTRATION_REPLY", "PURGE_REQUEST"
UP, DOWN = "NHRP_NHS_UP", "NHRP_NHS_DOWN"


@pytest.fixture
def stage(kit):
    return lambda **more: kit.Stage(kit.spoke_settings(**more))


def reply(stage, code=Code.SUCCESS):
    """The answer to the last request."""
    request = stage.last
    return request._replace(kind=Kind.REGISTRATION_REPLY, cies=(request.cies[0]._replace(code=code),))


def test_an_unanswered_registration_backs_off_to_64_seconds_under_one_id(stage):
    it = stage()
    it.at(0, REQUEST).at(0.9).at(1, REQUEST).at(2.9).at(3, REQUEST).at(6.9).at(7, DOWN, REQUEST)
    it.at(15, REQUEST).at(31, REQUEST).at(63, REQUEST).at(126.9).at(127, REQUEST).at(190.9).at(191, REQUEST)
    assert len({message.request_id for message, _, _ in it.node.sent}) == 1


def test_dice_take_at_most_a_fifth_of_the_interval(kit):
    it = kit.Stage(kit.spoke_settings())
    it.node.desk.rng.below = lambda bound: 0
    it.at(0, REQUEST).at(1, REQUEST).at(2.59).at(2.6, REQUEST)


def test_the_third_silence_is_logged_in_ios_words(stage):
    it = stage()
    it.cloud.run_until(100)
    assert it.node.texts() == [
        "%DMVPN-5-NHRP_NHS_DOWN: Tunnel0: Next Hop Server : (Tunnel: 172.16.0.1 NBMA: 203.0.113.2 ) for "
        "(Tunnel: 172.16.0.2 NBMA: 198.51.100.2) is DOWN, Reason: NHRP Registration Failure(NHRP: no error)"
    ]


def test_an_answer_quiets_it_until_a_third_of_holdtime(stage, kit):
    it = stage(holdtime_s=300)
    it.at(0, REQUEST).hears(reply(it), kit.HUB_NBMA).at(99.9, UP).at(100, REQUEST)
    assert it.node.texts() == [
        "%DMVPN-5-NHRP_NHS_UP: Tunnel0: Next Hop Server : (Tunnel: 172.16.0.1 NBMA: 203.0.113.2) for "
        "(Tunnel: 172.16.0.2 NBMA: 198.51.100.2) is  UP"
    ]
    it.hears(reply(it), kit.HUB_NBMA).at(199.9).at(200, REQUEST)
    ids = [message.request_id for message, _, _ in it.node.sent]
    assert len(set(ids)) == 3


def test_registration_timeout_overrides_the_third(stage, kit):
    it = stage(registration_timeout_s=15)
    it.at(0, REQUEST).hears(reply(it), kit.HUB_NBMA).at(14.9, UP).at(15, REQUEST)


def test_a_server_that_falls_silent_is_down_after_three_and_up_again_by_its_answer(stage, kit):
    it = stage(holdtime_s=60)
    it.at(0, REQUEST).hears(reply(it), kit.HUB_NBMA).at(20, UP, REQUEST)
    it.at(26.9, REQUEST, REQUEST).at(27, DOWN, REQUEST)
    it.hears(reply(it), kit.HUB_NBMA).at(28, UP)


def test_a_request_looks_as_ios_sends_it(stage, kit):
    message = stage(authentication="secret", keyed=True).at(0, REQUEST).last
    assert len(message.encode()) == 92 + 14
    assert (message.hops, message.flags) == (255, Flag.UNIQUE | Flag.NAT)
    assert (message.source_nbma, message.source, message.destination) == (kit.ONE_NBMA, kit.ONE, kit.HUB)
    assert message.cies == (Cie(0, 32, 9972, 600),)
    assert [extension.kind for extension in message.extensions] == [3, 4, 5, 7, 9]
    assert message.extension(ExtensionKind.NAT).cies == (Cie(0, 32, 9972, 0, kit.HUB_NBMA, kit.HUB),)


def test_no_unique_takes_the_flag_away(stage):
    assert stage(registration_unique=False).at(0, REQUEST).last.flags == Flag.NAT


def test_an_answer_nobody_asked_for_is_dropped_and_counted(stage, kit):
    it = stage().at(0, REQUEST)
    it.hears(reply(it)._replace(request_id=999), kit.HUB_NBMA)
    it.hears(reply(it), kit.HUB_NBMA).hears(reply(it), kit.HUB_NBMA)
    it.at(0.1, UP)
    assert it.node.desk.counters["unexpected reply"] == 2


def test_a_unique_address_registered_elsewhere_is_logged_and_tried_again(stage, kit):
    it = stage().at(0, REQUEST)
    it.hears(reply(it, Code.ALREADY_REGISTERED), kit.HUB_NBMA).at(0.1, "PAKREPLY", DOWN)
    assert it.node.texts()[0] == (
        "%NHRP-3-PAKREPLY: Receive Registration Reply packet with error - unique address registered already(14)"
    )
    it.at(1, REQUEST).hears(reply(it, Code.ALREADY_REGISTERED), kit.HUB_NBMA).at(2.9, "PAKREPLY").at(3, REQUEST)
    it.hears(reply(it), kit.HUB_NBMA).at(3.1, UP)


def test_a_prohibited_registration_takes_the_server_down_with_that_reason(stage, kit):
    it = stage(holdtime_s=30).at(0, REQUEST)
    it.hears(reply(it), kit.HUB_NBMA)
    it.cloud.run_until(10)
    it.hears(reply(it, Code.PROHIBITED), kit.HUB_NBMA)
    assert it.node.texts()[-1].endswith("is DOWN, Reason: administratively prohibited(NHRP: no error)")


def test_a_link_that_comes_up_registers_at_once_and_one_that_goes_down_keeps_quiet(stage, kit):
    it = stage().at(0, REQUEST)
    it.hears(reply(it), kit.HUB_NBMA)
    it.machine.link_changed(False, it.now)
    it.cloud.pump()
    it.node.trace.clear()
    it.at(300)
    it.machine.link_changed(True, it.now)
    it.cloud.pump()
    it.at(300, REQUEST).hears(reply(it), kit.HUB_NBMA).at(301, UP)


def test_another_nbma_address_registers_again_at_once(stage, kit):
    it = stage()
    it.at(0, REQUEST).hears(reply(it), kit.HUB_NBMA).at(10, UP)
    moved = replace(it.machine.settings, nbma=IPv4.parse("198.51.100.99"))
    assert it.machine.settle(moved, it.now)
    it.cloud.pump()
    it.at(10, REQUEST)
    assert it.last.source_nbma == moved.nbma


def test_unchanged_settings_send_nothing(stage, kit):
    it = stage()
    it.at(0, REQUEST).hears(reply(it), kit.HUB_NBMA).at(1, UP)
    assert it.machine.settle(replace(it.machine.settings, redirect=True), it.now)
    it.cloud.pump()
    it.at(100)


def test_leaving_purges_our_address_under_the_registrations_id(stage, kit):
    it = stage().at(0, REQUEST)
    it.hears(reply(it), kit.HUB_NBMA).at(0.1, UP)
    registered = it.last.request_id
    it.machine.stop(it.now)
    it.cloud.pump()
    it.at(1000, PURGE)
    assert (it.last.request_id, it.last.cies[0].protocol, it.last.flags) == (registered, kit.ONE, Flag.NO_REPLY)
    assert not it.node.timers


def test_a_server_taken_from_the_configuration_is_told_goodbye(stage, kit):
    it = stage().at(0, REQUEST)
    it.hears(reply(it), kit.HUB_NBMA).at(0.1, UP)
    it.machine.settle(replace(it.machine.settings, nhs=()), it.now)
    it.cloud.pump()
    it.at(1000, PURGE)
    assert kit.prefix("172.16.0.1/32") not in it.node.cache


def test_protection_first_then_registration(kit):
    it = kit.Stage(kit.spoke_settings(protected=True), kit.WorldFacts())
    asked = []
    carry = it.cloud.carry

    def watch(node, effect):
        if isinstance(effect, OpenSocket | CloseSocket):
            asked.append((type(effect).__name__, effect.nbma))
        else:
            carry(node, effect)

    it.cloud.carry = watch
    it.at(6.9)
    assert asked == [("OpenSocket", kit.HUB_NBMA)] * 2  # at 1 and 3 seconds again
    it.node.facts.standing.add(kit.HUB_NBMA)
    it.machine.socket_opened(kit.HUB_NBMA, it.now)
    it.cloud.pump()
    it.at(7, "CRYPTO_SS", REQUEST)
    it.hears(reply(it), kit.HUB_NBMA).at(7.1, UP)
    it.node.facts.standing.clear()
    it.machine.socket_closed(kit.HUB_NBMA, "peer deleted", it.now)
    it.cloud.pump()
    it.at(8, "CRYPTO_SS", DOWN)
    lines = it.node.texts()
    assert lines[0] == (
        "%DMVPN-5-CRYPTO_SS:  Tunnel0: local address : 198.51.100.2 remote address : 203.0.113.2 socket is UP"
    )
    assert lines[2].endswith("socket is DOWN") and lines[3].endswith("is DOWN, Reason: External(NHRP: no error)")
    it.node.facts.standing.add(kit.HUB_NBMA)
    it.machine.socket_opened(kit.HUB_NBMA, it.now)
    it.cloud.pump()
    it.at(8, "CRYPTO_SS", REQUEST)


def test_the_classic_trio_says_the_same_as_the_one_line_form(kit):
    trio = {
        "nhs": (NhsSettings(kit.HUB),),
        "maps": (StaticMap(kit.prefix("172.16.0.1/32"), kit.HUB_NBMA),),
        "multicast_maps": (kit.HUB_NBMA,),
    }
    classic, short = kit.Stage(kit.spoke_settings(**trio)), kit.Stage(kit.spoke_settings())
    assert [data for _, _, data in classic.node.sent] == [data for _, _, data in short.node.sent]
    assert (
        set(classic.node.done)
        == set(short.node.done)
        == {
            Map(kit.TUNNEL, kit.HUB, kit.HUB_NBMA),
            Replicate(kit.TUNNEL, (kit.HUB_NBMA,)),
        }
    )


def test_a_server_without_nbma_address_fails_and_is_tried_again(kit):
    it = kit.Stage(kit.spoke_settings(nhs=(NhsSettings(kit.HUB),)))
    it.at(100)
    assert it.machine.client.registrations[kit.HUB].failed == 7


def test_on_a_point_to_point_tunnel_the_destination_is_the_server(kit):
    it = kit.Stage(kit.spoke_settings(multipoint=False, destination=kit.HUB_NBMA, nhs=(NhsSettings(kit.HUB),)))
    it.at(0, REQUEST)
    assert it.node.sent[0][1] == kit.HUB_NBMA
    assert it.node.effects() == []


def test_of_several_servers_all_are_registered_with_and_the_best_that_answers_is_turned_to(kit):
    other, other_nbma = IPv4.parse("172.16.0.9"), IPv4.parse("203.0.113.9")
    both = (NhsSettings(kit.HUB, kit.HUB_NBMA, priority=5), NhsSettings(other, other_nbma, priority=1))
    it = kit.Stage(kit.spoke_settings(nhs=both)).at(0, REQUEST, REQUEST)
    first, second = (message for message, _, _ in it.node.sent)
    it.node.effects()
    it.hears(first._replace(kind=Kind.REGISTRATION_REPLY), kit.HUB_NBMA)
    assert it.node.effects() == [Fallback(kit.TUNNEL, kit.HUB)]
    it.hears(second._replace(kind=Kind.REGISTRATION_REPLY), other_nbma)
    assert it.node.effects() == [Fallback(kit.TUNNEL, other)]
    assert it.machine.client.best().nbma == other_nbma
    it.cloud.run_until(207)  # both fall silent: down by the third silence after the renewal
    assert it.machine.client.best() is None


def test_the_server_tells_what_nat_makes_of_us(stage, kit):
    it = stage().at(0, REQUEST)
    answer = reply(it)
    seen = IPv4.parse("192.0.2.7")
    nat = [*answer.extension(ExtensionKind.NAT).cies, Cie(nbma=seen, protocol=kit.ONE)]
    it.hears(answer._replace(extensions=replaced(answer.extensions, cie_extension(9, nat))), kit.HUB_NBMA)
    assert it.machine.client.public_nbma == seen


def test_without_network_id_nothing_is_said(kit):
    it = kit.Stage(kit.spoke_settings(network_id=None))
    it.at(100)
    assert it.node.cache == {}
    it.machine.settle(replace(it.machine.settings, network_id=1), it.now)
    it.cloud.pump()
    it.at(100, REQUEST)


def test_another_kind_of_tunnel_asks_for_another_machine(stage):
    it = stage()
    assert not it.machine.settle(replace(it.machine.settings, multipoint=False), 0)
    assert not it.machine.settle(replace(it.machine.settings, protected=True), 0)
    assert isinstance(it.machine.settings, NhrpSettings)
