"""`show ip nhrp …` and `show dmvpn` from machines in known states: our expected texts, and a real router's shapes."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from iosh.base.addr import IPv4, Prefix
from iosh.base.rng import Rng
from iosh.base.time import SECOND
from iosh.base.timers import Timers
from iosh.proto.machine import Desk
from iosh.proto.machine import Path as Way
from iosh.proto.nhrp.cache import CacheEntry, Mark
from iosh.proto.nhrp.link import RouteFact
from iosh.proto.nhrp.machine import Nhrp
from iosh.proto.nhrp.settings import NhrpSettings, NhsSettings, StaticMap
from iosh.show.registry import find
from iosh.wire import nhrp
from iosh.wire.nhrp import Cie, Indication, Kind

GOLDENS = Path(__file__).resolve().parents[3] / "shared" / "goldens" / "iol-17.15.1"
TUNNEL = "Tunnel0"
HUB, HUB_NBMA = IPv4.parse("172.16.0.1"), IPv4.parse("203.0.113.2")
SPOKE, SPOKE_NBMA = IPv4.parse("172.16.0.2"), IPv4.parse("198.51.100.2")
OTHER, OTHER_NBMA = IPv4.parse("172.16.0.3"), IPv4.parse("198.51.100.6")
LAST, LAST_NBMA = IPv4.parse("172.16.0.4"), IPv4.parse("198.51.100.10")


class World:
    """Routes by the hub; the sockets that stand."""

    def __init__(self, standing=()):
        self.standing = list(standing)

    def route(self, destination):
        return RouteFact(Prefix.of(destination, 24), TUNNEL, HUB)

    def network_id(self, interface):
        return 1

    def shortcut_packets(self, prefix):
        return 0

    def ready(self, nbma):
        return nbma in self.standing


class Stand:
    """One router, as far as `show` looks at it."""

    def __init__(self, settings, standing=(), phases=None):
        from collections import deque

        self.tray, self.timers = deque(), Timers()
        self.world = World(standing)
        desk = Desk("nhrp", self.tray, self.timers, Rng(0))
        self.machine = Nhrp(settings, desk, self.world, 0)
        phases = phases or {}
        tunnel = SimpleNamespace(profile="DMVPN")
        state = SimpleNamespace(link_state="up", protocol=True, tunnel=tunnel)
        self.router = SimpleNamespace(
            nhrp={settings.interface: self.machine},
            protect=SimpleNamespace(
                phase=lambda interface, nbma: "UP" if self.world.ready(nbma) else phases.get(nbma, "IKE")
            ),
            forwarding=SimpleNamespace(interfaces={settings.interface: state}),
            ike=SimpleNamespace(sessions=list),
        )

    def up(self, now=0):
        self.machine.link_changed(True, now)
        return self

    def sent(self):
        """Messages that left so far."""
        found = [effect.payload for _, effect in self.tray if type(effect).__name__ == "SendOverTunnel"]
        self.tray.clear()
        return [nhrp.decode(payload) for payload in found]

    def hears(self, message, remote, now):
        self.machine.receive(message.encode(), Way(TUNNEL, "", self.machine.link.nbma, remote), now)
        return self

    def registers(self, now):
        """The server answers the last request."""
        return self.hears(self.sent()[-1]._replace(kind=Kind.REGISTRATION_REPLY), HUB_NBMA, now)

    def shown(self, name, now, **arguments):
        show = find(name)
        return list(show.text(show.view(self.router, now, **arguments)))


def hub(**more):
    return Stand(NhrpSettings(TUNNEL, HUB, nbma=HUB_NBMA, network_id=1, protected=True), **more).up()


def spoke(**more):
    settings = NhrpSettings(
        TUNNEL, SPOKE, nbma=SPOKE_NBMA, network_id=1, protected=True, nhs=(NhsSettings(HUB, HUB_NBMA, True),)
    )
    return Stand(settings, **more).up()


def client(hub, address, nbma, now):
    """A spoke registers with the hub."""
    hub.world.standing.append(nbma)
    request = nhrp.Message(Kind.REGISTRATION_REQUEST, 0x8002, 1, nbma, address, HUB, (Cie(holding_s=600),))
    hub.hears(request, nbma, now)


def shortcut(spoke, now, exact=True):
    """The spoke has resolved the network behind another one."""
    length = 24 if exact else 26
    target = IPv4.parse("10.0.3.1")
    packet = bytes.fromhex("450000540001000040010000") + IPv4.parse("10.0.2.1").packed + target.packed
    spoke.hears(Indication(Kind.TRAFFIC_INDICATION, 0, 0, HUB_NBMA, HUB, SPOKE, packet), HUB_NBMA, now)
    asked = spoke.sent()[-1]
    spoke.world.standing.append(OTHER_NBMA)
    cie = Cie(0, length, 9976, 600, OTHER_NBMA, OTHER)
    spoke.hears(asked._replace(kind=Kind.RESOLUTION_REPLY, cies=(cie,)), OTHER_NBMA, now)


def golden(name):
    file = GOLDENS / name
    if not file.is_file():
        pytest.skip("no goldens here")
    return file.read_text().rstrip("\n").split("\n")


def compare(lines, name):
    """Line by line; a transcription may have lost the blanks and blank lines at its end."""
    expected = golden(name)
    while lines and not lines[-1]:
        lines.pop()
    while expected and not expected[-1]:
        expected.pop()
    lines[-1], expected[-1] = lines[-1].rstrip(), expected[-1].rstrip()
    assert lines == expected


# --- show dmvpn, held against a real router


def three_clients():
    it = hub()
    client(it, SPOKE, SPOKE_NBMA, 4 * SECOND)
    client(it, OTHER, OTHER_NBMA, 5 * SECOND)
    client(it, LAST, LAST_NBMA, 5 * SECOND)
    return it


def test_a_hub_lists_its_clients_as_ios_does():
    compare(three_clients().shown("dmvpn", 20 * SECOND), "show_dmvpn.hub.txt")


def test_a_hub_without_peers_shows_the_legend():
    compare(hub().shown("dmvpn", SECOND), "show_dmvpn.hub_empty.txt")


def test_who_does_not_know_the_password_is_unknown():
    it = hub()
    client(it, OTHER, OTHER_NBMA, 0)
    client(it, LAST, LAST_NBMA, SECOND)
    it.machine._resolver.note_unknown(SPOKE, 2 * SECOND)
    compare(it.shown("dmvpn", 75 * SECOND), "show_dmvpn.hub_unknown_ix.txt")


def test_a_spoke_with_a_shortcut_shows_two_entries_of_one_peer():
    it = spoke(standing=[HUB_NBMA]).registers(SECOND)
    shortcut(it, 19 * SECOND)
    compare(it.shown("dmvpn", 24 * SECOND), "show_dmvpn.spoke_phase3_shortcut.txt")


def test_a_spoke_whose_ike_fails():
    compare(spoke().shown("dmvpn", 70 * SECOND), "show_dmvpn.spoke_state_ike.txt")


def test_a_spoke_with_a_map_but_no_server():
    settings = NhrpSettings(
        TUNNEL, SPOKE, nbma=SPOKE_NBMA, network_id=1, protected=True, maps=(StaticMap(Prefix(HUB, 32), HUB_NBMA),)
    )
    it = Stand(settings, standing=[HUB_NBMA]).up()
    compare(it.shown("dmvpn", 70 * SECOND), "show_dmvpn.spoke_state_nhrp_never.txt")


# --- show dmvpn, by values


def rows(stand, now, **arguments):
    """(NBMA, tunnel, state, attributes) of each row."""
    view = find("dmvpn").view(stand.router, now, **arguments)
    return [
        (str(peer.nbma), str(row.tunnel), row.state, row.attributes)
        for tunnel in view.tunnels
        for peer in tunnel.peers
        for row in peer.rows
    ]


def test_the_state_of_a_spoke_goes_ike_ipsec_nhrp_up():
    assert rows(spoke(), SECOND) == [("203.0.113.2", "172.16.0.1", "IKE", "S")]
    assert rows(spoke(phases={HUB_NBMA: "IPSEC"}), SECOND)[0][2] == "IPSEC"
    it = spoke(standing=[HUB_NBMA])
    assert rows(it, SECOND)[0][2] == "NHRP"
    assert rows(it.registers(SECOND), 2 * SECOND)[0][2] == "UP"


def test_attributes_say_what_became_of_an_answer():
    it = spoke(standing=[HUB_NBMA]).registers(SECOND)
    shortcut(it, 2 * SECOND, exact=False)
    assert [row[3] for row in rows(it, 3 * SECOND)] == ["DT1", "DT1", "S"]
    it.world.standing.remove(OTHER_NBMA)
    assert rows(it, 3 * SECOND)[0] == ("198.51.100.6", "172.16.0.3", "IKE", "DXT1")


def test_behind_nat_is_marked():
    it = hub()
    it.world.standing.append(OTHER_NBMA)
    request = nhrp.Message(Kind.REGISTRATION_REQUEST, 0x8002, 1, SPOKE_NBMA, SPOKE, HUB, (Cie(holding_s=600),))
    it.hears(request, OTHER_NBMA, 0)
    assert rows(it, 1) == [("198.51.100.6", "172.16.0.2", "UP", "DN")]
    assert "    (Claimed NBMA address: 198.51.100.2) " in it.shown("nhrp.cache", 1)
    assert it.shown("nhrp.brief", 1)[1].endswith("dynamic  Tu0     < 198.51.100.2 >")


def test_filters_choose_rows():
    it = three_clients()
    assert rows(it, 9 * SECOND, kind="static") == []
    assert len(rows(it, 9 * SECOND, kind="dynamic")) == 3
    assert [row[1] for row in rows(it, 9 * SECOND, nbma=OTHER_NBMA)] == ["172.16.0.3"]
    assert [row[1] for row in rows(it, 9 * SECOND, tunnel=LAST)] == ["172.16.0.4"]
    assert rows(it, 9 * SECOND, interface="Tunnel1") == []


def test_detail_tells_of_the_tunnel_and_the_networks():
    it = spoke(standing=[HUB_NBMA]).registers(SECOND)
    shortcut(it, 2 * SECOND)
    lines = it.shown("dmvpn", 10 * SECOND, detail=True)[9:]
    assert lines[16:] == ["Crypto Session Details: ", "-" * 80, "", "Pending DMVPN Sessions:", ""]
    assert lines[:16] == [
        'Interface Tunnel0 is up/up, Addr. is 172.16.0.2, VRF "" ',
        '   Tunnel Src./Dest. addr: 198.51.100.2/Multipoint, Tunnel VRF ""',
        '   Protocol/Transport: "multi-GRE/IP", Protect "DMVPN" ',
        "   Interface State Control: Disabled",
        "   nhrp event-publisher : Disabled",
        "",
        "IPv4 NHS:",
        "172.16.0.1  RE  NBMA Address: 203.0.113.2 priority = 0 cluster = 0",
        "Type:Spoke, Total NBMA Peers (v4/v6): 2",
        "",
        "# Ent  Peer NBMA Addr Peer Tunnel Add State  UpDn Tm Attrb    Target Network",
        "----- --------------- --------------- ----- -------- ----- -----------------",
        "    2 198.51.100.6         172.16.0.3    UP 00:00:08   DT2        10.0.3.0/24",
        "                           172.16.0.3    UP 00:00:08   DT1      172.16.0.3/32",
        "    1 203.0.113.2          172.16.0.1    UP 00:00:09     S      172.16.0.1/32",
        "",
    ]


# --- show ip nhrp nhs, traffic


def test_a_server_that_answers():
    it = spoke(standing=[HUB_NBMA]).registers(SECOND)
    compare(it.shown("nhrp.nhs", 23 * SECOND, detail=True), "show_ip_nhrp_nhs_detail.responding.txt")


def test_a_server_that_does_not_answer():
    it = spoke(standing=[HUB_NBMA])
    now = 0
    registration = it.machine.client.registrations[HUB]
    while registration.wait_s < 64:
        now = it.timers.due()
        it.machine.wake(it.timers.pop(now)[1], now)
    lines = it.shown("nhrp.nhs", now, detail=True)
    expected = golden("show_ip_nhrp_nhs_detail.failing.txt")
    hidden = re.compile(r"req-sent \d+|Reqid \d+|\(\d\d:\d\d:\d\d ago\)")
    assert [hidden.sub("#", line) for line in lines] == [hidden.sub("#", line) for line in expected]


def test_no_server_no_line():
    assert hub().shown("nhrp.nhs", SECOND, detail=True) == []


def test_traffic_counts_stand_where_ios_has_them():
    it = spoke(standing=[HUB_NBMA])
    traffic = it.machine.link.traffic
    for kind, sent, received in ((1, 5, 5), (2, 5, 5), (3, 9, 0), (4, 0, 7), (8, 0, 5)):
        traffic.sent[kind], traffic.received[kind] = sent, received
    compare(it.shown("nhrp.traffic", 20 * SECOND), "show_ip_nhrp_traffic.spoke.txt")


def test_detail_adds_what_was_passed_on():
    it = hub()
    it.machine.link.traffic.forwarded[2] = 3
    lines = it.shown("nhrp.traffic", 20 * SECOND, detail=True)
    assert lines[:2] == ["Global statistics:", " Packet Queue size: 0[0](1)"]
    assert lines[-4:-2] == [
        "   Fwd: Total 3",
        "         0 Resolution Request  3 Resolution Reply  0 Registration Request  ",
    ]


# --- show ip nhrp: our own expected texts


def test_the_long_form_of_each_sort_of_entry():
    it = spoke(standing=[HUB_NBMA]).registers(SECOND)
    shortcut(it, 2 * SECOND)
    it.machine._resolver.note_unknown(LAST, 5 * SECOND)
    local = CacheEntry(Prefix.parse("10.0.2.0/24"), SPOKE, "dynamic", 6 * SECOND, SPOKE_NBMA)
    local.expires, local.requesters = 606 * SECOND, {OTHER: 97}
    local.marks = Mark.ROUTER | Mark.UNIQUE | Mark.LOCAL
    it.machine.cache.put_local(local)
    assert it.shown("nhrp.cache", 10 * SECOND) == [
        "10.0.3.0/24 via 172.16.0.3",
        "   Tunnel0 created 00:00:08, expire 00:09:52 ",
        "   Type: dynamic, Flags: router nho ",
        "   NBMA address: 198.51.100.6 ",
        "172.16.0.1/32 via 172.16.0.1",
        "   Tunnel0 created 00:00:10, never expire ",
        "   Type: static, Flags: ",
        "   NBMA address: 203.0.113.2 ",
        "172.16.0.3/32 via 172.16.0.3",
        "   Tunnel0 created 00:00:08, expire 00:09:52 ",
        "   Type: dynamic, Flags: router nhop rib ",
        "   NBMA address: 198.51.100.6 ",
        "172.16.0.4/32",
        "   Tunnel0 created 00:00:05, expire 00:02:55 ",
        "   Type: incomplete, Flags: negative ",
        "   Cache hits: 0 ",
        "10.0.2.0/24 via 172.16.0.2",
        "   Tunnel0 created 00:00:04, expire 00:09:56 ",
        "   Type: dynamic, Flags: router unique local ",
        "   NBMA address: 198.51.100.2 ",
        "    (no-socket) ",
    ]
    assert it.shown("nhrp.cache", 10 * SECOND, detail=True, kind="local")[3:] == [
        "   NBMA address: 198.51.100.2 ",
        "   Preference: 255",
        "    (no-socket) ",
        "  Requester: 172.16.0.3 Request ID: 97",
    ]
    assert it.shown("nhrp.brief", 10 * SECOND)[:3] == [
        "   Target             Via            NBMA           Mode   Intfc   Claimed",
        "         10.0.3.0/24 172.16.0.3      198.51.100.6    dynamic  Tu0     <   >",
        "       172.16.0.1/32 172.16.0.1      203.0.113.2     static   Tu0     <   >",
    ]
    assert len(it.shown("nhrp.cache", 10 * SECOND, address=IPv4.parse("10.0.3.77"))) == 4
    assert len(it.shown("nhrp.cache", 10 * SECOND, kind="static")) == 4
    assert len(it.shown("nhrp.cache", 10 * SECOND, kind="incomplete")) == 4
    assert it.shown("nhrp.cache", 10 * SECOND, interface="Tunnel9") == []
    assert it.shown("nhrp.cache", 10 * SECOND, kind="self") == [
        "172.16.0.2/32 via 172.16.0.2",
        "   Tunnel0 created 00:00:10, never expire ",
        "   Type: static, Flags: router unique local ",
        "   NBMA address: 198.51.100.2 ",
        "    (no-socket) ",
    ]


def test_the_summary_counts_both_halves():
    it = spoke(standing=[HUB_NBMA]).registers(SECOND)
    shortcut(it, 2 * SECOND)
    assert it.shown("nhrp.summary", 10 * SECOND) == [
        "IP NHRP cache 3 entries, 2352 bytes",
        "    1 static   2 dynamic    0 incomplete",
        "3 Remote",
        "    1 static   2 dynamic    0 incomplete",
        "    2 nhop     0 bfd",
        "    0 default  0 temporary",
        "    2 route",
        "        2 rib (1 H    1 nho)",
        "        0 bgp",
        "    0 lfib",
        "0 Local",
        "    0 static   0 dynamic    0 incomplete",
        "    0 lfib",
    ]


def test_the_multicast_list_says_where_each_peer_comes_from():
    it = three_clients()
    assert it.shown("nhrp.multicast", SECOND)[:2] == [
        "  I/F     NBMA address",
        "Tunnel0    198.51.100.2     Flags: dynamic          (Enabled) ",
    ]
    assert spoke().shown("nhrp.multicast", SECOND)[1].split()[3] == "nhs"


def test_stats_say_what_was_asked_of_the_tunnel():
    it = spoke(standing=[HUB_NBMA])
    it.registers(SECOND)
    shortcut(it, 2 * SECOND)
    lines = it.shown("nhrp_events.stats", 3 * SECOND)
    assert lines[4] == TUNNEL
    assert "        [R]UP                         : 1[0]    [R]Down                       : 0[0]" in lines
    assert "        [S]Add Route                  : 2[0]    [S]Del Route                  : 0[0]" in lines


def test_shortcuts_are_the_entries_with_a_route():
    it = spoke(standing=[HUB_NBMA])
    it.registers(SECOND)
    shortcut(it, 2 * SECOND)
    lines = it.shown("nhrp.cache", 3 * SECOND, kind="shortcut")
    assert [line for line in lines if " via " in line] == ["10.0.3.0/24 via 172.16.0.3", "172.16.0.3/32 via 172.16.0.3"]
    flags = [line.split()[-1] for line in lines if "Flags" in line]
    assert flags == ["nho", "rib"]


def test_a_redirect_stands_until_it_may_be_told_again():
    settings = NhrpSettings(TUNNEL, HUB, nbma=HUB_NBMA, network_id=1, redirect=True)
    it = Stand(settings).up()
    packet = bytes.fromhex("450000540001000040010000") + SPOKE.packed + OTHER.packed
    for _ in range(3):
        it.machine.redirect_due(packet, SPOKE_NBMA, SECOND)
    assert len(it.sent()) == 1
    assert it.shown("nhrp_events.redirect", 2 * SECOND)[1:] == [
        " Tunnel0   198.51.100.2    172.16.0.3      2           00:00:07"
    ]
