"""Passing on, taking back, clearing: what a hub does with messages that are not its own, and purges of both kinds."""

from __future__ import annotations

import pytest

from iosh.base.addr import IPv4
from iosh.proto.machine import CloseSocket, Forget, OpenSocket, Path, Unmap
from iosh.proto.nhrp.effects import Relay
from iosh.proto.nhrp.settings import StaticMap
from iosh.wire.nhrp import Cie, ErrorCode, Extension, ExtensionKind, Flag, Indication, Kind, Message, cie_extension

REQUEST, PURGE, ERROR = Kind.RESOLUTION_REQUEST, Kind.PURGE_REQUEST, Kind.ERROR_INDICATION


@pytest.fixture
def cloud(kit):
    """Two spokes with shortcuts to each other."""
    cloud = kit.phase3().start().run_until(1)
    kit.detour(cloud)
    kit.detour(cloud, "10.0.3.10", "10.0.2.10", kit.TWO_NBMA)
    cloud.run_until(2)
    for node in (cloud.hub, cloud.one, cloud.two):
        node.effects(), node.sent.clear(), node.heard.clear()
    return cloud


@pytest.fixture
def hub(kit):
    """A hub that knows spoke two statically."""
    routes = {
        kit.prefix("172.16.0.0/24"): (kit.TUNNEL, None),
        kit.prefix("10.0.3.0/24"): (kit.TUNNEL, kit.TWO),
        kit.prefix("10.0.4.0/24"): ("Tunnel1", IPv4.parse("172.17.0.4")),
    }
    maps = (StaticMap(kit.prefix("172.16.0.3/32"), kit.TWO_NBMA),)
    facts = kit.WorldFacts(routes, {kit.TUNNEL: 1, "Tunnel1": 1})
    return lambda **more: kit.Stage(kit.hub_settings(maps=maps, **more), facts)


@pytest.fixture
def question(kit):
    def make(target="10.0.3.10", **more):
        extensions = (Extension(3), Extension(4), Extension(5), Extension(9, b"", False))
        flags = Flag.ROUTER | Flag.AUTHORITATIVE
        base = Message(REQUEST, flags, 9, kit.ONE_NBMA, kit.ONE, IPv4.parse(target), (Cie(holding_s=600),), extensions)
        return base._replace(**more)

    return make


def test_a_request_is_passed_on_with_a_hop_less_and_our_record(hub, question, kit):
    it = hub(authentication="secret")
    asked = question()
    asked = asked._replace(extensions=(*asked.extensions[:3], Extension(7, b"\0\0\0\1secret"), *asked.extensions[3:]))
    it.hears(asked, kit.ONE_NBMA).at(0, "RESOLUTION_REQUEST")
    passed, nbma, _ = it.node.sent[0]
    assert (nbma, passed.hops) == (kit.TWO_NBMA, 254)
    assert passed.extension(ExtensionKind.AUTHENTICATION) == asked.extension(ExtensionKind.AUTHENTICATION)
    assert passed.extension(ExtensionKind.FORWARD_TRANSIT).cies == (Cie(0, 32, 9976, 600, kit.HUB_NBMA, kit.HUB),)
    assert it.machine.link.traffic.forwarded[REQUEST] == 1


def test_without_record_no_trace_is_left(hub, question, kit):
    it = hub(record=False).hears(question(), kit.ONE_NBMA)
    assert it.last.extension(ExtensionKind.FORWARD_TRANSIT) == Extension(4)


def test_a_message_that_has_been_here_is_a_loop(hub, question, kit):
    been = cie_extension(ExtensionKind.FORWARD_TRANSIT, [Cie(nbma=kit.HUB_NBMA, protocol=kit.HUB)])
    it = hub().hears(question(extensions=(been,)), kit.ONE_NBMA).at(0, "ERROR_INDICATION")
    assert (it.last.code, it.last.destination) == (ErrorCode.LOOP_DETECTED, kit.ONE)
    assert it.node.sent[0][1] == kit.ONE_NBMA


def test_the_last_hop_is_an_error_to_the_source(hub, question, kit):
    it = hub().hears(question(hops=1), kit.ONE_NBMA).at(0, "ERROR_INDICATION")
    assert it.last.code == ErrorCode.HOP_COUNT_EXCEEDED


def test_a_reply_that_cannot_go_on_is_dropped_without_an_error(hub, question, kit):
    reply = question(kind=Kind.RESOLUTION_REPLY, hops=1, destination=kit.HUB)
    it = hub().hears(reply, kit.TWO_NBMA).at(0)
    assert it.node.desk.counters["transit refused, code 15"] == 1


def test_a_request_is_not_sent_back_to_who_asked(hub, question, kit):
    it = hub().hears(question(source=kit.TWO, source_nbma=kit.TWO_NBMA), kit.TWO_NBMA).at(0, "ERROR_INDICATION")
    assert it.last.code == ErrorCode.UNREACHABLE


def test_an_unknown_compulsory_extension_passes_through_a_hub(hub, question, kit):
    it = hub().hears(question(extensions=(Extension(77, b"x"),)), kit.ONE_NBMA).at(0, "RESOLUTION_REQUEST")
    assert it.last.extensions == (Extension(77, b"x"),)


def test_a_message_for_another_tunnel_of_the_network_is_relayed(hub, question, kit):
    it = hub().hears(question("10.0.4.4"), kit.ONE_NBMA).at(0)
    (effect,) = [effect for effect in it.node.effects() if isinstance(effect, Relay)]
    assert (effect.interface, str(effect.next_hop), effect.message.hops) == ("Tunnel1", "172.17.0.4", 254)
    it.machine.relayed(effect.message, kit.TWO, 0)
    it.cloud.pump()
    assert it.node.sent[-1][1] == kit.TWO_NBMA
    it.machine.relayed(effect.message, IPv4.parse("172.16.0.50"), 0)
    assert it.node.desk.counters["no next hop for transit"] == 1


@pytest.mark.parametrize("number", [1, 2, 3, 6, 15])
def test_an_error_about_our_question_ends_it(kit, number):
    facts = kit.WorldFacts({kit.prefix("10.0.0.0/8"): (kit.TUNNEL, kit.HUB)})
    it = kit.Stage(kit.spoke_settings(), facts)
    data = kit.data("10.0.2.10", "10.0.3.10")
    it.hears(Indication(Kind.TRAFFIC_INDICATION, 0, 0, kit.HUB_NBMA, kit.HUB, kit.ONE, data), kit.HUB_NBMA)
    it.hears(Indication(ERROR, number, 0, kit.HUB_NBMA, kit.HUB, kit.ONE, it.last.encode()[:60]), kit.HUB_NBMA)
    sent = len(it.node.sent)
    it.cloud.run_until(100)
    assert [message.kind for message, _, _ in it.node.sent[sent:]].count(REQUEST) == 0
    assert it.node.cache[kit.prefix("10.0.3.10/32")].marks.words == ("negative",)


@pytest.mark.parametrize("quotation", [b"", bytes(10), bytes(60)])
def test_an_error_that_quotes_nonsense_is_counted(kit, quotation):
    it = kit.Stage(kit.spoke_settings()).hears(
        Indication(ERROR, 6, 0, kit.HUB_NBMA, kit.HUB, kit.ONE, quotation), kit.HUB_NBMA
    )
    assert it.node.desk.counters["error without packet"] == 1


# --- purges


def test_a_prefix_that_goes_is_taken_back_from_who_was_told(cloud, kit):
    del cloud.two.facts.routes[kit.prefix("10.0.3.0/24")]
    cloud.two.machine.prefix_changed(kit.prefix("10.0.3.0/24"), cloud.now)
    cloud.run_until(3)
    ((purge, nbma, _),) = cloud.two.sent
    assert (purge.kind, purge.flags, nbma) == (PURGE, Flag.NO_REPLY, kit.ONE_NBMA)
    assert (purge.cies[0].prefix, purge.cies[0].protocol) == (24, IPv4.parse("10.0.3.0"))
    assert kit.prefix("10.0.3.0/24") not in cloud.one.cache and cloud.two.machine.cache.local == {}
    assert cloud.one.effects() == [Forget(kit.TUNNEL, kit.prefix("10.0.3.0/24"))]
    assert kit.prefix("172.16.0.3/32") in cloud.one.cache


def test_a_change_that_leaves_the_answer_true_takes_nothing_back(cloud, kit):
    cloud.two.machine.prefix_changed(kit.prefix("10.0.0.0/8"), cloud.now)
    cloud.two.machine.prefix_changed(kit.prefix("192.168.0.0/16"), cloud.now)
    cloud.run_until(3)
    assert cloud.two.sent == []


def test_an_answer_whose_route_moved_into_the_cloud_is_taken_back(cloud, kit):
    cloud.two.facts.routes[kit.prefix("10.0.3.0/24")] = (kit.TUNNEL, kit.HUB)
    cloud.two.machine.prefix_changed(kit.prefix("10.0.3.0/24"), cloud.now)
    cloud.pump()
    assert [message.kind for message, _, _ in cloud.two.sent] == [PURGE]


def test_a_purge_from_a_stranger_is_refused(cloud, kit):
    purge = Message(
        PURGE, 0, 1, kit.TWO_NBMA, IPv4.parse("172.16.0.9"), kit.ONE, (Cie(prefix=24, protocol=IPv4.parse("10.0.3.0")),)
    )
    path = Path(kit.TUNNEL, "", kit.ONE_NBMA, IPv4.parse("198.51.100.9"))
    cloud.one.machine.receive(purge.encode(), path, cloud.now)
    cloud.pump()
    assert kit.prefix("10.0.3.0/24") in cloud.one.cache
    assert cloud.one.desk.counters["purge refused"] == 1
    assert cloud.one.sent[-1][0].kind == Kind.PURGE_REPLY  # it did not say it wanted none


def test_a_client_that_leaves_is_forgotten_by_its_server(cloud, kit):
    cloud.one.machine.stop(cloud.now)
    cloud.run_until(3)
    assert kit.prefix("172.16.0.2/32") not in cloud.hub.cache
    assert cloud.hub.texts()[-1].startswith("%DMVPN-5-NHRP_NHC_DOWN")
    assert kit.prefix("10.0.2.0/24") not in cloud.two.cache  # and its answers were taken back
    assert not cloud.one.timers and cloud.one.cache == {}


def test_a_purge_for_another_goes_on_to_it(hub, question, kit):
    it = hub().hears(question(kind=PURGE, destination=kit.TWO), kit.ONE_NBMA).at(0, "PURGE_REQUEST")
    assert it.node.sent[0][1] == kit.TWO_NBMA


# --- clear


def test_clear_drops_what_was_learned_and_takes_back_what_was_told(cloud, kit):
    cloud.one.machine.clear(cloud.now)
    cloud.run_until(3)
    assert list(cloud.one.cache) == [kit.prefix("172.16.0.1/32")]
    assert [message.kind for message, _, _ in cloud.one.sent] == [PURGE]
    assert kit.prefix("10.0.2.0/24") not in cloud.two.cache


def test_clear_of_one_network_leaves_the_rest(cloud, kit):
    cloud.one.machine.clear(cloud.now, IPv4.parse("10.0.3.0"), IPv4.parse("255.255.255.0"))
    assert sorted(map(str, cloud.one.cache)) == ["172.16.0.1/32", "172.16.0.3/32"]
    cloud.two.machine.clear_shortcuts(cloud.now)
    assert sorted(map(str, cloud.two.cache)) == ["172.16.0.1/32", "172.16.0.2/32"]


def test_clear_counters_counts_from_nothing(cloud):
    assert cloud.hub.machine.link.traffic.sent
    cloud.hub.machine.clear_counters()
    assert not cloud.hub.machine.link.traffic.sent and not cloud.hub.machine.link.traffic.received


def test_clear_session_of_a_dynamic_peer_and_with_static_of_the_server(kit):
    cloud = kit.phase3(protected=True).start().run_until(1)
    kit.detour(cloud)
    cloud.run_until(2)
    cloud.one.effects()
    cloud.one.machine.clear_sessions(cloud.now, nbma=kit.TWO_NBMA)
    cloud.pump()
    assert Unmap(kit.TUNNEL, kit.TWO) in cloud.one.done and CloseSocket(kit.TUNNEL, kit.TWO_NBMA) in cloud.one.done
    assert CloseSocket(kit.TUNNEL, kit.HUB_NBMA) not in cloud.one.done
    cloud.one.machine.clear_sessions(cloud.now, static=True)
    cloud.pump()
    assert CloseSocket(kit.TUNNEL, kit.HUB_NBMA) in cloud.one.done
    cloud.one.texts()
    cloud.run_until(10)
    assert any("NHRP_NHS_UP" in line for line in cloud.one.texts())
    assert cloud.one.machine.client.registrations[kit.HUB].up


# --- the machine at large


def test_the_limit_on_packets_holds_and_its_window_moves(hub, question, kit):
    it = hub(max_send_packets=3, max_send_every_s=10)
    for _ in range(10):
        it.hears(question(), kit.ONE_NBMA)
    assert len(it.node.sent) == 3 and it.node.desk.counters["max-send limit"] == 7
    assert it.machine.link.packets_in_window(0) == 10
    it.cloud.run_until(11)
    assert it.machine.link.packets_in_window(it.now) == 0
    it.hears(question(), kit.ONE_NBMA)
    assert len(it.node.sent) == 4


def test_a_link_that_goes_down_leaves_statics_only(kit):
    cloud = kit.phase3(protected=True).start().run_until(1)
    kit.detour(cloud)
    cloud.run_until(2)
    cloud.one.effects()
    cloud.one.machine.link_changed(False, cloud.now)
    cloud.run_until(3)
    assert list(cloud.one.cache) == [kit.prefix("172.16.0.1/32")]
    closed = {effect.nbma for effect in cloud.one.effects() if isinstance(effect, CloseSocket)}
    assert closed == {kit.HUB_NBMA, kit.TWO_NBMA}
    sent = len(cloud.one.sent)
    cloud.run_until(500)
    assert len(cloud.one.sent) == sent
    cloud.one.machine.link_changed(True, cloud.now)
    cloud.run_until(501)
    assert cloud.one.machine.client.registrations[kit.HUB].up


def test_static_peers_that_are_no_servers_get_their_socket_too_and_again(kit):
    wanted = []
    it = kit.Cloud()
    carry = it.carry
    it.carry = lambda node, effect: (
        wanted.append(effect.nbma) if isinstance(effect, OpenSocket) else carry(node, effect)
    )
    maps = (StaticMap(kit.prefix("172.16.0.3/32"), kit.TWO_NBMA),)
    node = it.add(kit.ONE_NBMA, "one", kit.spoke_settings(nhs=(), maps=maps, protected=True))
    it.start()
    assert wanted == [kit.TWO_NBMA]
    node.machine.socket_closed(kit.TWO_NBMA, "timeout", 0)
    it.run_until(29)
    assert wanted == [kit.TWO_NBMA]
    it.run_until(31)
    assert wanted == [kit.TWO_NBMA] * 2


def test_roles_are_named_as_show_dmvpn_does(cloud, kit):
    assert [node.machine.role for node in (cloud.hub, cloud.one)] == ["Hub", "Spoke"]
    lonely = kit.Stage(kit.spoke_settings(nhs=(), maps=(StaticMap(kit.prefix("172.16.0.1/32"), kit.HUB_NBMA),)))
    assert lonely.machine.role == "Spoke"
    assert kit.Stage(kit.spoke_settings(nhs=(), multipoint=False)).machine.role == "Unknown"


def test_the_same_story_twice_is_the_same_bytes(kit):
    def story():
        cloud = kit.phase3(protected=True).start().run_until(1)
        kit.detour(cloud)
        cloud.run_until(700)
        return [data for node in (cloud.hub, cloud.one, cloud.two) for _, _, data in node.sent]

    assert story() == story()
