"""Two spokes find each other through a hub: redirect, resolution, shortcut, its life and its end."""

from __future__ import annotations

import pytest

from iosh.base.addr import IPv4
from iosh.base.time import SECOND
from iosh.proto.machine import CloseSocket, Forget, Learn, Map, OpenSocket, Path, Unmap
from iosh.proto.nhrp.settings import NhrpSettings, NhsSettings, StaticMap
from iosh.wire import nhrp
from iosh.wire.nhrp import Cie, Code, Extension, ExtensionKind, Flag, Indication, Kind, Message, cie_extension

TRAFFIC, REQUEST, REPLY = Kind.TRAFFIC_INDICATION, Kind.RESOLUTION_REQUEST, Kind.RESOLUTION_REPLY


@pytest.fixture(params=[False, True], ids=["clear", "protected"])
def cloud(request, kit):
    """A registered phase 3 cloud, with and without protection."""
    cloud = kit.phase3(protected=request.param).start().run_until(1)
    forget(cloud)
    return cloud


def forget(cloud):
    for node in (cloud.hub, cloud.one, cloud.two):
        node.effects(), node.texts()
        node.sent.clear(), node.heard.clear()


def told(node):
    """Kind and NBMA address of what a node sent."""
    return [(message.kind, nbma) for message, nbma, _ in node.sent]


def lan(kit, cloud, text="10.0.3.0/24"):
    return cloud.one.cache.get(kit.prefix(text))


def test_a_detour_becomes_a_shortcut(cloud, kit):
    kit.detour(cloud)
    cloud.run_until(2)
    peer, behind = kit.prefix("172.16.0.3/32"), kit.prefix("10.0.3.0/24")
    assert [effect for effect in cloud.one.effects() if not isinstance(effect, OpenSocket)] == [
        Map(kit.TUNNEL, kit.TWO, kit.TWO_NBMA),
        Learn(kit.TUNNEL, peer, kit.TWO),
        Learn(kit.TUNNEL, behind, kit.TWO),
    ]
    assert cloud.one.cache[peer].marks.words == ("router", "nhop", "rib")
    assert cloud.one.cache[behind].marks.words == ("router", "rib")
    assert kit.prefix("10.0.3.10/32") not in cloud.one.cache
    answer = cloud.two.machine.cache.local[behind]
    assert answer.marks.words == ("router", "unique", "local") and list(answer.requesters) == [kit.ONE]
    assert "implicit" in cloud.two.cache[kit.prefix("172.16.0.2/32")].marks.words


def test_the_request_goes_by_the_hub_and_the_reply_direct_if_it_can(cloud, kit):
    kit.detour(cloud)
    cloud.run_until(2)
    protected = cloud.one.machine.settings.protected
    assert told(cloud.one) == [(REQUEST, kit.HUB_NBMA)]
    assert told(cloud.hub)[:2] == [(TRAFFIC, kit.ONE_NBMA), (REQUEST, kit.TWO_NBMA)]
    assert told(cloud.two) == [(REPLY, kit.HUB_NBMA if protected else kit.ONE_NBMA)]
    assert told(cloud.hub)[2:] == ([(REPLY, kit.ONE_NBMA)] if protected else [])
    (request, _, asked), (passed, _, forwarded) = cloud.one.sent[0], cloud.hub.sent[1]
    assert len(forwarded) == len(asked) + 20
    assert (request.hops, passed.hops, request.request_id) == (255, 254, passed.request_id)
    assert request.flags == Flag.ROUTER | Flag.AUTHORITATIVE | Flag.SOURCE_STABLE | Flag.NAT
    (record,) = passed.extension(ExtensionKind.FORWARD_TRANSIT).cies
    assert (record.nbma, record.protocol) == (kit.HUB_NBMA, kit.HUB)
    reply = cloud.two.sent[0][0]
    assert (reply.source, reply.destination) == (kit.ONE, IPv4.parse("10.0.3.10"))
    assert reply.cies == (Cie(0, 24, 9976, 600, kit.TWO_NBMA, kit.TWO),)
    if protected:
        (back,) = cloud.hub.sent[2][0].extension(ExtensionKind.REVERSE_TRANSIT).cies
        assert back.protocol == kit.HUB


def test_under_protection_nothing_is_installed_before_the_socket_stands(kit):
    cloud = kit.phase3(protected=True).start().run_until(1)
    forget(cloud)
    cloud.dead_sockets.add(frozenset((kit.ONE_NBMA, kit.TWO_NBMA)))
    kit.detour(cloud)
    cloud.run_until(60)
    assert lan(kit, cloud) is not None and not lan(kit, cloud).active
    assert cloud.one.effects() == []
    kit.detour(cloud)  # known already, if not usable: not asked again
    cloud.run_until(61)
    assert told(cloud.one) == [(REQUEST, kit.HUB_NBMA)]
    cloud.dead_sockets.clear()
    cloud.one.machine.socket_closed(kit.TWO_NBMA, "no answer", cloud.now)
    cloud.run_until(100)
    assert lan(kit, cloud).active


def test_a_request_with_password_has_the_size_ios_shows(kit):
    cloud = kit.phase3(authentication="12345678").start().run_until(1)
    forget(cloud)
    kit.detour(cloud)
    cloud.run_until(2)
    assert (len(cloud.one.sent[0][2]), len(cloud.hub.sent[1][2])) == (88, 108)
    assert lan(kit, cloud).active


def test_an_override_where_the_routing_table_has_the_very_prefix(cloud, kit):
    cloud.one.facts.routes[kit.prefix("10.0.3.0/24")] = (kit.TUNNEL, kit.HUB)
    kit.detour(cloud)
    cloud.run_until(2)
    assert lan(kit, cloud).marks.words == ("router", "nho")


def test_an_answer_wider_than_the_route_is_clamped(cloud, kit):
    cloud.one.facts.routes[kit.prefix("10.0.3.0/26")] = (kit.TUNNEL, kit.HUB)
    kit.detour(cloud)
    cloud.run_until(2)
    assert lan(kit, cloud) is None and lan(kit, cloud, "10.0.3.0/26").active


# --- redirects


def test_redirects_are_limited_by_pair(cloud, kit):
    for second in range(2, 20):
        cloud.run_until(second)
        kit.detour(cloud)
    assert [kind for kind, _ in told(cloud.hub)].count(TRAFFIC) == 3  # at 2, 10, 18
    assert cloud.hub.machine.link.traffic.redirects_suppressed == 15
    kit.detour(cloud, source="10.0.2.11")
    assert [kind for kind, _ in told(cloud.hub)].count(TRAFFIC) == 4


def test_a_scan_through_the_hub_costs_bounded_memory(kit):
    it = kit.Stage(kit.hub_settings())
    for number in range(6000):
        target = f"10.1.{number >> 8}.{number & 255}"
        it.machine.redirect_due(kit.data("10.0.2.10", target), kit.ONE_NBMA, 0)
    assert len(it.node.timers) == 4096 and it.machine.link.traffic.redirects_suppressed == 6000 - 4096
    it.cloud.run_until(9)
    assert len(it.node.timers) == 0


def test_the_indication_names_the_packets_source_and_quotes_it(cloud, kit):
    kit.detour(cloud)
    indication = cloud.hub.sent[0][0]
    assert (indication.source, indication.source_nbma) == (kit.HUB, kit.HUB_NBMA)
    assert (str(indication.destination), indication.code, indication.hops) == ("10.0.2.10", 0, 255)
    assert indication.packet == kit.data("10.0.2.10", "10.0.3.10")


@pytest.mark.parametrize("who", ["hub", "spoke"])
def test_without_redirect_or_shortcut_data_keeps_going_by_the_hub(kit, who):
    off = {"hub": {"redirect": False}} if who == "hub" else {"spoke": {"shortcut": False}}
    cloud = kit.phase3(**off).start().run_until(1)
    forget(cloud)
    kit.detour(cloud)
    cloud.run_until(5)
    assert told(cloud.one) == [] and cloud.one.effects() == []


def test_an_indication_without_a_packet_is_counted(kit):
    it = kit.Stage(kit.spoke_settings())
    it.hears(Indication(TRAFFIC, 0, 0, kit.HUB_NBMA, kit.HUB, kit.ONE, b"E"), kit.HUB_NBMA)
    assert it.node.desk.counters["redirect without packet"] == 1


# --- the life of a shortcut


def test_an_idle_shortcut_goes_silently_and_takes_the_session_along(cloud, kit):
    kit.detour(cloud)
    cloud.run_until(2)
    forget(cloud)
    cloud.run_until(602.5)
    assert lan(kit, cloud) is None and kit.prefix("172.16.0.3/32") not in cloud.one.cache
    gone = cloud.one.effects()
    expected = [
        Forget(kit.TUNNEL, kit.prefix("172.16.0.3/32")),
        Unmap(kit.TUNNEL, kit.TWO),
        Forget(kit.TUNNEL, kit.prefix("10.0.3.0/24")),
    ]
    assert [effect for effect in gone if not isinstance(effect, CloseSocket)] in (expected, expected[2:] + expected[:2])
    assert (CloseSocket(kit.TUNNEL, kit.TWO_NBMA) in gone) == cloud.one.machine.settings.protected
    assert REQUEST not in [kind for kind, _ in told(cloud.one)]
    assert cloud.one.machine.cache.local == {} and cloud.two.machine.cache.local == {}


def test_a_used_shortcut_is_asked_for_again_and_stays(cloud, kit):
    behind = kit.prefix("10.0.3.0/24")
    kit.detour(cloud)
    for second in range(2, 2000, 10):
        cloud.run_until(second)
        cloud.one.facts.packets[behind] += 5
    entry = cloud.one.cache[behind]
    assert entry.active and entry.created < 2 * SECOND < entry.expires - 400 * SECOND
    learned = [effect for effect in cloud.one.done if isinstance(effect, Learn) and effect.prefix == behind]
    assert len(learned) == 1
    assert not [effect for effect in cloud.one.done if isinstance(effect, Forget | Unmap)]


def test_use_long_before_the_end_does_not_count(cloud, kit):
    kit.detour(cloud)
    cloud.run_until(400)
    cloud.one.facts.packets[kit.prefix("10.0.3.0/24")] += 1000
    cloud.run_until(610)
    assert lan(kit, cloud) is None


def test_a_renewal_that_is_refused_ends_the_shortcut(cloud, kit):
    kit.detour(cloud)
    cloud.run_until(500)
    del cloud.hub.facts.routes[kit.prefix("10.0.3.0/24")]
    cloud.one.facts.packets[kit.prefix("10.0.3.0/24")] += 1
    cloud.run_until(545)
    assert lan(kit, cloud) is None
    assert cloud.one.cache[kit.prefix("10.0.3.10/32")].type == "incomplete"


def test_a_lost_socket_sends_the_data_back_by_the_hub_and_the_next_detour_mends_it(kit):
    cloud = kit.phase3(protected=True).start().run_until(1)
    kit.detour(cloud)
    cloud.run_until(2)
    forget(cloud)
    cloud.socket(cloud.two, kit.ONE_NBMA, False)
    assert lan(kit, cloud) is None
    assert Forget(kit.TUNNEL, kit.prefix("10.0.3.0/24")) in cloud.one.effects()
    cloud.run_until(20)
    kit.detour(cloud)
    cloud.run_until(21)
    assert lan(kit, cloud).active


# --- when nobody answers, or says no


def test_an_unanswered_question_is_repeated_until_its_entry_ends(cloud, kit):
    cloud.lost = lambda node, nbma, message: message.kind == REQUEST
    kit.detour(cloud)
    cloud.run_until(1.1)
    entry = cloud.one.cache[kit.prefix("10.0.3.10/32")]
    assert (entry.type, entry.marks.words, entry.nbma) == ("incomplete", ("negative",), None)
    cloud.run_until(20)
    kit.detour(cloud)
    cloud.run_until(300)
    requests = [message for message, _, _ in cloud.one.sent if message.kind == REQUEST]
    assert len(requests) == 7 and len({message.request_id for message in requests}) == 1
    assert entry.hits == 1 and kit.prefix("10.0.3.10/32") not in cloud.one.cache
    assert len(requests) == len([message for message, _, _ in cloud.one.sent if message.kind == REQUEST])


def test_an_unroutable_destination_is_an_error_and_a_negative_entry_for_three_minutes(cloud, kit):
    kit.detour(cloud, destination="10.0.9.9")
    cloud.run_until(2)
    error = cloud.hub.sent[-1][0]
    assert (error.kind, error.code) == (Kind.ERROR_INDICATION, 6)
    negative = kit.prefix("10.0.9.9/32")
    assert cloud.one.cache[negative].type == "incomplete"
    cloud.run_until(60)
    kit.detour(cloud, destination="10.0.9.9")
    cloud.run_until(61)
    assert cloud.one.cache[negative].hits == 1
    assert [kind for kind, _ in told(cloud.one)].count(REQUEST) == 1
    cloud.run_until(182)
    assert negative not in cloud.one.cache


def test_an_unregistered_next_hop_is_no_binding(cloud, kit):
    absent = IPv4.parse("172.16.0.77")
    cloud.one.machine.next_hop_unknown(absent, cloud.now)
    cloud.run_until(2)
    assert cloud.hub.sent[-1][0].cies[0].code == Code.NO_BINDING
    assert cloud.one.cache[kit.prefix("172.16.0.77/32")].type == "incomplete"
    assert [kind for kind, _ in told(cloud.one)] == [REQUEST]


@pytest.mark.parametrize("number", [11, 12])
def test_frrs_number_for_no_binding_is_understood_too(kit, number):
    it = kit.Stage(
        kit.spoke_settings(nhs=(), maps=(StaticMap(kit.prefix("172.16.0.1/32"), kit.HUB_NBMA),)), routed(kit)
    )
    it.hears(indication(kit), kit.HUB_NBMA)
    reply = it.last._replace(kind=REPLY, cies=(Cie(code=number),))
    it.hears(reply, kit.HUB_NBMA).at(60, "RESOLUTION_REQUEST")


def routed(kit):
    return kit.WorldFacts({kit.prefix("10.0.0.0/8"): (kit.TUNNEL, kit.HUB)})


def indication(kit, target="10.0.3.10"):
    data = kit.data("10.0.2.10", target)
    return Indication(TRAFFIC, 0, 0, kit.HUB_NBMA, kit.HUB, IPv4.parse("10.0.2.10"), data)


def test_a_hub_that_knows_nobody_cannot_ask_and_says_so(kit):
    facts = kit.WorldFacts({kit.prefix("172.16.0.0/24"): (kit.TUNNEL, None)})
    it = kit.Stage(kit.hub_settings(), facts)
    it.machine.next_hop_unknown(kit.ONE, 0)
    it.cloud.pump()
    it.at(0, "DMVPN_NHRP_ERROR")
    assert it.node.texts() == [
        "%DMVPN-3-DMVPN_NHRP_ERROR:  Tunnel0: NHRP Encap Error for  Resolution Request , "
        "Reason:  protocol generic error (7) on (Tunnel: 172.16.0.2 NBMA: 203.0.113.2)"
    ]
    assert it.node.cache[kit.prefix("172.16.0.2/32")].type == "incomplete"


def test_questions_are_bounded(kit):
    it = kit.Stage(kit.spoke_settings(), routed(kit))
    for number in range(2000):
        it.hears(indication(kit, f"10.7.{number >> 8}.{number & 255}"), kit.HUB_NBMA)
    assert it.node.desk.counters["resolution limit"] == 2000 - 1024
    assert len(it.node.cache) == 1024 + 1


def test_a_reply_to_another_id_or_from_nobody_changes_nothing(kit):
    it = kit.Stage(kit.spoke_settings(), routed(kit)).hears(indication(kit), kit.HUB_NBMA)
    answer = it.last._replace(kind=REPLY, cies=(Cie(0, 24, 0, 600, kit.TWO_NBMA, kit.TWO),))
    it.hears(answer._replace(request_id=12345), kit.TWO_NBMA)
    it.hears(answer._replace(destination=IPv4.parse("10.0.3.11")), kit.TWO_NBMA)
    assert it.node.desk.counters["unexpected reply"] == 2
    assert kit.prefix("10.0.3.0/24") not in it.node.cache
    it.hears(answer, kit.TWO_NBMA)
    assert it.node.cache[kit.prefix("10.0.3.0/24")].active


# --- phase 2


def test_phase_2_resolves_the_next_hop_and_installs_no_route(kit):
    cloud = kit.phase3(hub={"redirect": False}, spoke={"shortcut": False}).start().run_until(1)
    forget(cloud)
    cloud.one.machine.next_hop_unknown(kit.TWO, cloud.now)
    cloud.run_until(2)
    assert cloud.one.effects() == [Map(kit.TUNNEL, kit.TWO, kit.TWO_NBMA)]
    assert cloud.one.cache[kit.prefix("172.16.0.3/32")].marks.words == ("router", "nhop")
    assert told(cloud.hub) == [(REQUEST, kit.TWO_NBMA)]  # authoritative: passed to the owner


def test_a_question_without_authority_is_answered_from_the_cache(cloud, kit):
    question = Message(
        REQUEST, Flag.ROUTER, 5, kit.ONE_NBMA, kit.ONE, kit.TWO, (Cie(holding_s=600),), (Extension(9, b"", False),)
    )
    path = Path(kit.TUNNEL, "", kit.HUB_NBMA, kit.ONE_NBMA)
    cloud.hub.machine.receive(question.encode(), path, cloud.now)
    cloud.pump()
    answer = cloud.hub.sent[-1][0]
    assert (answer.kind, answer.cies[0].nbma, answer.cies[0].holding_s) == (REPLY, kit.TWO_NBMA, 599)


def test_a_static_map_of_a_whole_network_serves_each_of_its_hosts(kit):
    it = kit.Stage(kit.spoke_settings(maps=(StaticMap(kit.prefix("172.16.0.128/25"), kit.TWO_NBMA),)))
    it.node.effects()
    host = IPv4.parse("172.16.0.200")
    it.machine.next_hop_unknown(host, 0)
    it.cloud.pump()
    assert it.node.effects() == [Map(kit.TUNNEL, host, kit.TWO_NBMA)]


def test_server_only_never_asks(kit):
    it = kit.Stage(kit.spoke_settings(server_only=True, nhs=()), routed(kit))
    it.hears(indication(kit), kit.HUB_NBMA)
    it.machine.next_hop_unknown(kit.TWO, 0)
    it.cloud.pump()
    it.at(10)


# --- NAT


def test_a_spoke_behind_nat_is_found_at_its_public_address(kit):
    cloud = kit.phase3().start().run_until(0)
    public = IPv4.parse("192.0.2.7")
    del cloud.nodes[kit.TWO_NBMA]
    cloud.nodes[public], cloud.two.nbma = cloud.two, public
    cloud.run_until(3)
    assert cloud.two.machine.client.public_nbma == public
    kit.detour(cloud)
    cloud.run_until(5)
    entry = lan(kit, cloud)
    assert (entry.nbma, entry.claimed, entry.active) == (public, kit.TWO_NBMA, True)
    assert "nat" in entry.marks.words
    kit.detour(cloud, "10.0.3.10", "10.0.2.10", public)
    cloud.run_until(7)
    assert cloud.one.cache[kit.prefix("172.16.0.3/32")].nbma == public


def test_the_hub_fills_in_what_nat_makes_of_one_who_does_not_know(kit):
    hub = kit.phase3().start().run_until(1)
    entry = hub.hub.cache[kit.prefix("172.16.0.2/32")]
    entry.nbma, entry.claimed = IPv4.parse("192.0.2.9"), kit.ONE_NBMA
    kit.detour(hub)
    hub.run_until(2)
    request = next(message for message, _, _ in hub.hub.sent if message.kind == REQUEST)
    assert request.extension(ExtensionKind.NAT).cies == (Cie(0, 32, 9976, 0, IPv4.parse("192.0.2.9"), kit.ONE),)


def test_frrs_reply_along_the_hub_with_its_order_is_taken(kit):
    it = kit.Stage(kit.spoke_settings(), routed(kit)).hears(indication(kit), kit.HUB_NBMA)
    record = cie_extension(
        ExtensionKind.REVERSE_TRANSIT, [Cie(prefix=0, holding_s=30, nbma=kit.HUB_NBMA, protocol=kit.HUB)]
    )
    extensions = (Extension(4), record, Extension(3), Extension(9, b"", False))
    answer = it.last._replace(
        kind=REPLY, flags=0xE800, cies=(Cie(0, 24, 0, 30, kit.TWO_NBMA, kit.TWO),), extensions=extensions, hops=63
    )
    it.hears(answer, kit.HUB_NBMA)
    assert it.node.cache[kit.prefix("10.0.3.0/24")].nbma == kit.TWO_NBMA


def test_replies_of_a_linux_cloud_are_answers_to_its_requests(kit):
    from pathlib import Path as File

    from scapy.utils import rdpcap

    data = File(__file__).resolve().parents[2] / "data" / "nhrp-resolution.pcap"
    found = [nhrp.decode(bytes(frame)[42:]) for frame in rdpcap(str(data))]
    kinds = [message.kind for message in found]
    assert kinds.count(REQUEST) and kinds.count(REPLY)
    asked = {message.request_id for message in found if message.kind == REQUEST}
    assert {message.request_id for message in found if message.kind == REPLY} <= asked
    assert all(message.cies[0].prefix == 24 for message in found if message.kind == REPLY)


def test_a_redirect_of_frr_is_obeyed(kit):
    from pathlib import Path as File

    from scapy.utils import rdpcap

    data = File(__file__).resolve().parents[2] / "data" / "nhrp-redirect.pcap"
    heard = bytes(rdpcap(str(data))[0])[42:]
    indication = nhrp.decode(heard)
    spoke, hub = IPv4.parse("10.255.0.11"), IPv4.parse("10.255.0.1")
    nbma, hub_nbma = IPv4.parse("192.0.2.11"), IPv4.parse("192.0.2.1")
    settings = NhrpSettings(kit.TUNNEL, spoke, nbma=nbma, network_id=1, nhs=(NhsSettings(hub, hub_nbma),))
    facts = kit.WorldFacts({kit.prefix("10.0.0.0/8"): (kit.TUNNEL, hub)})
    it = kit.Stage(settings, facts).hears(heard, hub_nbma)
    assert (indication.source, it.last.kind, it.node.sent[-1][1]) == (hub, REQUEST, hub_nbma)
    assert it.last.destination == IPv4.unpack(indication.packet[16:20])


def test_debug_nhrp_tells_the_story_without_the_packets(kit):
    cloud = kit.Cloud()
    hub = cloud.add(
        kit.HUB_NBMA,
        "hub",
        kit.hub_settings(),
        kit.WorldFacts({kit.prefix("172.16.0.0/24"): (kit.TUNNEL, None)}),
        debugging=("nhrp",),
    )
    cloud.one = cloud.add(kit.ONE_NBMA, "one", kit.spoke_settings())
    cloud.two = cloud.add(kit.TWO_NBMA, "two", kit.spoke_settings(kit.TWO, kit.TWO_NBMA))
    cloud.start().run_until(1)
    assert hub.debug[:9] == [
        "NHRP: Receive Registration Request via Tunnel0 vrf: global(0x0), packet size: 92",
        "NHRP: Tunnels gave us pak src addr: 198.51.100.2",
        "NHRP: Adding Tunnel Endpoints (VPN: 172.16.0.2, NBMA: 198.51.100.2)",
        "NHRP: Tu0: Creating dynamic multicast mapping  NBMA: 198.51.100.2",
        "NHRP: Sending Registration Reply if_in Tunnel0 vrf: global(0x0) dst 172.16.0.2 nbma 198.51.100.2 "
        "code: no error(0)",
        "NHRP: Attempting to send packet through interface Tunnel0 via DEST  dst 172.16.0.2",
        "NHRP: Send Registration Reply via Tunnel0 vrf: global(0x0), packet size: 112",
        "      src: 172.16.0.1, dst: 172.16.0.2",
        "NHRP: Encapsulation succeeded.  Sending NHRP Control Packet  NBMA Address: 198.51.100.2",
    ]
    hub.debug.clear()
    cloud.one.machine.next_hop_unknown(kit.TWO, cloud.now)
    cloud.run_until(2)
    assert "NHRP: Forwarding request due to authoritative request." in hub.debug
    assert "NHRP: Cache lookup for nexthop 172.16.0.3 on Tunnel0 returned nbma 198.51.100.6" in hub.debug
    lookup = "NHRP: Route lookup for destination 172.16.0.3 in vrf: global(0x0) yielded interface Tunnel0"
    assert lookup in hub.debug
