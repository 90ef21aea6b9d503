"""Passing on, taking back, clearing: what a hub does with messages that are not its own, and purges of both kinds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.proto.machine import CloseSocket, Forget, Learn, Map, OpenSocket, Path, Unmap
from iosh.proto.nhrp.effects import Relay
from iosh.proto.nhrp.settings import NhrpSettings, StaticMap
from iosh.wire.checksum import internet_checksum
from iosh.wire.nhrp import (
    LARGEST,
    Cie,
    ErrorCode,
    Extension,
    ExtensionKind,
    Flag,
    Indication,
    Kind,
    Message,
    authentication,
    cie_extension,
    decode,
)

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


# --- more of what may come


def test_an_error_for_a_client_of_ours_is_passed_on_to_it(cloud, kit):
    error = Indication(ERROR, 6, 0, kit.TWO_NBMA, kit.TWO, kit.ONE, bytes(60))
    path = Path(kit.TUNNEL, "", kit.HUB_NBMA, kit.TWO_NBMA)
    cloud.hub.machine.receive(error.encode(), path, cloud.now)
    cloud.hub.machine.receive(error._replace(hops=1).encode(), path, cloud.now)
    cloud.hub.machine.receive(error._replace(destination=IPv4.parse("10.9.9.9")).encode(), path, cloud.now)
    cloud.pump()
    ((passed, nbma, _),) = cloud.hub.sent
    assert (passed.hops, nbma) == (254, kit.ONE_NBMA)
    assert cloud.hub.desk.counters["error for somebody else"] == 2


def test_an_error_of_a_hub_goes_to_the_source_not_to_who_passed_the_request(cloud, question, kit):
    request = question("10.0.99.9", source=kit.ONE)
    cloud.hub.machine.receive(request.encode(), Path(kit.TUNNEL, "", kit.HUB_NBMA, kit.TWO_NBMA), cloud.now)
    cloud.hub.machine.receive(question(hops=1).encode(), Path(kit.TUNNEL, "", kit.HUB_NBMA, kit.TWO_NBMA), cloud.now)
    cloud.pump()
    assert [(message.code, nbma) for message, nbma, _ in cloud.hub.sent][1] == (15, kit.ONE_NBMA)


def test_a_registration_reply_from_elsewhere_is_not_believed(kit):
    it = kit.Stage(kit.spoke_settings())
    reply = it.last._replace(kind=Kind.REGISTRATION_REPLY)
    it.hears(reply, kit.TWO_NBMA)
    assert not it.machine.client.registrations[kit.HUB].up
    it.hears(reply, kit.HUB_NBMA)
    assert it.machine.client.registrations[kit.HUB].up


def test_without_record_our_own_requests_carry_no_transit_extensions(kit):
    it = kit.Stage(kit.spoke_settings(record=False))
    assert [extension.kind for extension in it.last.extensions] == [3, 9]


def test_a_detour_inside_a_shortcut_is_asked_about_if_a_longer_route_causes_it(cloud, kit):
    cloud.one.facts.routes[kit.prefix("10.0.3.128/25")] = (kit.TUNNEL, kit.HUB)
    kit.detour(cloud, destination="10.0.3.20")
    cloud.run_until(3)
    assert [message.kind for message, _, _ in cloud.one.sent] == []
    kit.detour(cloud, destination="10.0.3.200")
    cloud.run_until(4)
    assert [message.kind for message, _, _ in cloud.one.sent] == [REQUEST]
    assert cloud.one.cache[kit.prefix("10.0.3.128/25")].active


def test_a_mask_with_holes_clears_what_it_matches(cloud, kit):
    cloud.one.machine.clear(cloud.now, IPv4.parse("10.0.3.0"), IPv4.parse("255.0.255.0"))
    assert sorted(map(str, cloud.one.cache)) == ["172.16.0.1/32", "172.16.0.3/32"]


def test_frrs_own_requests_get_from_us_what_its_own_hub_gave(kit):
    from pathlib import Path as File

    from scapy.utils import rdpcap

    data = File(__file__).resolve().parents[2] / "data" / "nhrp-registration.pcap"
    frames = [bytes(frame)[42:] for frame in rdpcap(str(data))]
    own, nbma = IPv4.parse("10.255.0.1"), IPv4.parse("192.0.2.1")
    it = kit.Stage(NhrpSettings(kit.TUNNEL, own, nbma=nbma, network_id=1))
    for request, reply in zip(frames[::2], frames[1::2]):
        asked, given = decode(request), decode(reply)
        it.hears(request, asked.source_nbma)
        ours = it.last
        assert ours[:6] == given[:6] and ours.cies == given.cies
        assert [extension.kind for extension in ours.extensions] == [extension.kind for extension in given.extensions]
        assert len(ours.encode()) == len(reply)
        (mine,), (theirs,) = ours.extension(3).cies, given.extension(3).cies
        assert (mine.nbma, mine.protocol) == (theirs.nbma, theirs.protocol)


POOL = [IPv4.parse(text) for text in ("172.16.0.1", "172.16.0.2", "172.16.0.3", "10.0.3.10", "10.0.2.1", "0.0.0.0")]
NBMAS = [IPv4.parse(text) for text in ("203.0.113.2", "198.51.100.2", "198.51.100.6", "198.51.100.99")]
cies = st.builds(
    lambda *fields: Cie(*fields),
    st.sampled_from([0, 4, 11, 12, 14, 200]),
    st.sampled_from([0, 8, 24, 32, 255]),
    st.just(1400),
    st.sampled_from([0, 1, 600, 65535]),
    st.sampled_from([None, *NBMAS]),
    st.sampled_from([None, *POOL]),
)
extensions = st.builds(
    lambda kind, inside, compulsory: Extension(kind, b"".join(cie.encode() for cie in inside), compulsory),
    st.sampled_from([3, 4, 5, 7, 8, 9, 77]),
    st.lists(cies, max_size=2),
    st.booleans(),
)
messages = st.builds(
    lambda *fields: Message(*fields),
    st.sampled_from(list(Kind)[:6]),
    st.sampled_from([0, 0x8000, 0xC802, 0x8002, 0xE802]),
    st.integers(0, 6),
    st.sampled_from(NBMAS),
    st.sampled_from(POOL),
    st.sampled_from(POOL),
    st.lists(cies, max_size=2).map(tuple),
    st.lists(extensions, max_size=4).map(tuple),
    st.sampled_from([0, 1, 2, 255]),
)
indications = st.builds(
    lambda *fields: Indication(*fields),
    st.sampled_from([Kind.ERROR_INDICATION, Kind.TRAFFIC_INDICATION]),
    st.sampled_from([0, 2, 3, 6, 11, 15]),
    st.just(0),
    st.sampled_from(NBMAS),
    st.sampled_from(POOL),
    st.sampled_from(POOL),
    st.binary(max_size=40) | messages.map(lambda message: message.encode()),
)


def damaged(message, at, value):
    """One byte of it changed, and the sum made right again."""
    data = bytearray(message.encode())
    data[at % len(data)] = value
    data[12:14] = bytes(2)
    data[12:14] = internet_checksum(bytes(data)).to_bytes(2, "big")
    return bytes(data)


@given(st.lists(st.builds(damaged, messages | indications, st.integers(0, 300), st.integers(0, 255)), max_size=20))
@settings(max_examples=150, deadline=None)
def test_damaged_packets_under_a_right_checksum_break_nothing(kit, story):
    cloud = kit.phase3(authentication=None).start().run_until(1)
    for node in (cloud.hub, cloud.one):
        for data in story:
            node.machine.receive(data, Path(kit.TUNNEL, "", node.nbma, kit.TWO_NBMA), cloud.now)
    cloud.run_until(300)
    for node in (cloud.hub, cloud.one):
        assert sum(node.machine.link.traffic.received.values()) + node.desk.counters["malformed"] >= len(story)


def test_the_largest_message_that_is_read_can_be_passed_on(hub, question, kit):
    record = [Cie(nbma=kit.TWO_NBMA, protocol=kit.TWO)] * ((LARGEST - 200) // 20)
    filled = cie_extension(ExtensionKind.FORWARD_TRANSIT, record)
    it = hub(authentication="12345678")
    asked = question(extensions=(filled, authentication("12345678"), Extension(9, b"", False)))
    it.hears(asked, kit.ONE_NBMA).at(0, "RESOLUTION_REQUEST")
    assert len(it.last.extension(ExtensionKind.FORWARD_TRANSIT).cies) == len(record) + 1


def test_a_prefix_remembers_so_many_requesters_and_no_more(kit):
    routes = {kit.prefix("10.0.2.0/24"): ("Ethernet0/1", None)}
    it = kit.Stage(kit.spoke_settings(prefix_length=16), kit.WorldFacts(routes))
    for number in range(1100):
        source = IPv4(kit.HUB + 256 + number)
        asked = Message(REQUEST, 0, number, IPv4(kit.ONE_NBMA + number), source, IPv4.parse("10.0.2.1"))
        it.hears(asked, IPv4(kit.ONE_NBMA + number))
    assert len(it.machine.cache.local[kit.prefix("10.0.2.0/24")].requesters) == 1024


@given(st.lists(st.tuples(messages | indications, st.sampled_from(NBMAS), st.booleans()), max_size=12))
@settings(max_examples=150, deadline=None)
def test_whatever_peers_say_nothing_breaks_and_the_cache_keeps_its_order(kit, story):
    cloud = kit.phase3().start().run_until(1)
    kit.detour(cloud)
    cloud.run_until(2)
    for number, (message, remote, at_hub) in enumerate(story):
        node = cloud.hub if at_hub else cloud.one
        node.machine.receive(message.encode(), Path(kit.TUNNEL, "", node.nbma, remote), cloud.now)
        cloud.run_until(2 + number)
    cloud.run_until(1000)
    for node in (cloud.hub, cloud.one, cloud.two):
        node.machine.stop(cloud.now)
    cloud.pump()
    for node in (cloud.hub, cloud.one, cloud.two):
        assert node.cache == {} and not node.timers and node.machine.cache.incomplete == 0
        mapped, learned = {}, {}
        for effect in node.done:
            match effect:
                case Map(_, address, nbma):
                    mapped[address] = nbma
                case Unmap(_, address):
                    del mapped[address]
                case Learn(_, prefix, next_hop):
                    learned[prefix] = next_hop
                case Forget(_, prefix):
                    del learned[prefix]
        assert (mapped, learned) == ({}, {})
