"""The next hop server: who is registered, refused, forgotten, and what the log says of it."""

from __future__ import annotations

import pytest

from iosh.base.addr import IPv4
from iosh.base.time import SECOND
from iosh.proto.machine import CloseSocket, Map, Path, Replicate, Unmap
from iosh.proto.nhrp.settings import StaticMap
from iosh.wire import nhrp
from iosh.wire.nhrp import Cie, Code, Extension, ExtensionKind, Flag, Kind, Message, cie_extension

REPLY = "REGISTRATION_REPLY"
UP, DOWN = "NHRP_NHC_UP", "NHRP_NHC_DOWN"
ELSEWHERE = IPv4.parse("198.51.100.77")


@pytest.fixture
def hub(kit):
    return lambda **more: kit.Stage(kit.hub_settings(**more))


@pytest.fixture
def registration(kit):
    def make(address=kit.ONE, nbma=kit.ONE_NBMA, password=None, unique=True, hold_s=600, **more):
        extensions = [Extension(3), Extension(4), Extension(5)]
        extensions.append(cie_extension(ExtensionKind.NAT, [Cie(mtu=9976, nbma=kit.HUB_NBMA, protocol=kit.HUB)]))
        if password is not None:
            extensions = nhrp.replaced(extensions, nhrp.authentication(password))
        flags = Flag.NAT | (Flag.UNIQUE if unique else 0)
        cies = (Cie(mtu=9976, holding_s=hold_s),)
        base = Message(Kind.REGISTRATION_REQUEST, flags, 7, nbma, address, kit.HUB, cies, tuple(extensions))
        return base._replace(**more)

    return make


def code(stage):
    """What the last reply says."""
    return stage.last.cies[0].code


def test_a_client_is_registered_mapped_and_answered(hub, registration, kit):
    it = hub().hears(registration(), kit.ONE_NBMA).at(0, UP, REPLY)
    entry = it.node.cache[kit.prefix("172.16.0.2/32")]
    assert (entry.nbma, entry.claimed, entry.expires) == (kit.ONE_NBMA, None, 600 * SECOND)
    assert entry.marks.words == ("unique", "registered", "nhop")
    assert it.node.effects() == [Map(kit.TUNNEL, kit.ONE, kit.ONE_NBMA), Replicate(kit.TUNNEL, (kit.ONE_NBMA,))]
    assert it.node.texts() == [
        "%DMVPN-5-NHRP_NHC_UP: Tunnel0: Next Hop Client : (Tunnel: 172.16.0.2 NBMA: 198.51.100.2) for "
        "(Tunnel: 172.16.0.1 NBMA: 203.0.113.2) is UP"
    ]


def test_the_reply_is_the_request_with_code_and_responder(hub, registration, kit):
    request = registration(password="12345678")
    it = hub(authentication="12345678").hears(request, kit.ONE_NBMA)
    reply = it.last
    assert len(reply.encode()) == 128
    assert reply[1:6] == request[1:6] and reply.cies == request.cies and reply.hops == 255
    (responder,) = reply.extension(ExtensionKind.RESPONDER).cies
    assert (responder.nbma, responder.protocol) == (kit.HUB_NBMA, kit.HUB)
    assert it.node.sent[0][1] == kit.ONE_NBMA


def test_a_refresh_is_answered_without_a_word(hub, registration, kit):
    it = hub().hears(registration(), kit.ONE_NBMA).at(100, UP, REPLY)
    it.hears(registration(), kit.ONE_NBMA).at(650, REPLY)
    it.node.effects()
    it.at(699).at(700, DOWN)
    assert it.node.effects() == [
        Unmap(kit.TUNNEL, kit.ONE),
        Replicate(kit.TUNNEL, ()),
    ]
    assert it.node.texts()[-1].endswith("is DOWN, Reason: External(NHRP: no error)")


def test_a_unique_address_is_kept_until_it_expires(hub, registration, kit):
    it = hub().hears(registration(hold_s=60), kit.ONE_NBMA).at(10, UP, REPLY)
    it.hears(registration(nbma=ELSEWHERE), ELSEWHERE).at(10, REPLY)
    assert code(it) == Code.ALREADY_REGISTERED
    assert it.node.cache[kit.prefix("172.16.0.2/32")].nbma == kit.ONE_NBMA
    it.at(60, DOWN).hears(registration(nbma=ELSEWHERE), ELSEWHERE).at(60, UP, REPLY)
    assert code(it) == Code.SUCCESS


def test_an_address_that_is_not_unique_moves_at_once(hub, registration, kit):
    it = hub().hears(registration(unique=False), kit.ONE_NBMA).at(1, UP, REPLY)
    it.node.effects()
    it.hears(registration(nbma=ELSEWHERE, unique=False), ELSEWHERE).at(1, UP, REPLY)
    assert it.node.effects() == [
        Unmap(kit.TUNNEL, kit.ONE),
        Map(kit.TUNNEL, kit.ONE, ELSEWHERE),
        Replicate(kit.TUNNEL, ()),
        Replicate(kit.TUNNEL, (ELSEWHERE,)),
    ]


def test_behind_nat_the_seen_address_counts_and_the_client_is_told(hub, registration, kit):
    seen = IPv4.parse("192.0.2.7")
    it = hub().hears(registration(), seen)
    entry = it.node.cache[kit.prefix("172.16.0.2/32")]
    assert (entry.nbma, entry.claimed) == (seen, kit.ONE_NBMA) and "nat" in entry.marks.words
    dialled, told = it.last.extension(ExtensionKind.NAT).cies
    assert (dialled.nbma, told.nbma, told.protocol) == (kit.HUB_NBMA, seen, kit.ONE)
    assert it.node.sent[0][1] == seen
    moved = IPv4.parse("192.0.2.8")  # its NAT gave it another address: still the same client
    it.hears(registration(), moved)
    assert code(it) == Code.SUCCESS and it.node.cache[kit.prefix("172.16.0.2/32")].nbma == moved


@pytest.mark.parametrize("password", [None, "", "wrong", "Secret", "secret1"])
def test_another_password_is_refused_with_ios_words(hub, registration, kit, password):
    it = hub(authentication="secret").hears(registration(password=password), kit.ONE_NBMA)
    it.at(0, "DMVPN_NHRP_ERROR", "ERROR_INDICATION")
    assert it.node.texts() == [
        "%DMVPN-3-DMVPN_NHRP_ERROR:  Tunnel0: Recieved wrong authentication string for  Registration Request , "
        "Reason:  authentication failure (11) on (Tunnel: 172.16.0.2 NBMA: 203.0.113.2)"
    ]
    assert (it.last.code, it.last.destination, it.last.extensions) == (11, kit.ONE, ())
    entry = it.node.cache[kit.prefix("172.16.0.2/32")]
    assert (entry.type, entry.nbma) == ("incomplete", None)
    it.hears(registration(password="secret"), kit.ONE_NBMA).at(0, UP, REPLY)
    assert it.node.cache[kit.prefix("172.16.0.2/32")].type == "dynamic"


def test_an_error_indication_is_never_answered(hub, kit):
    it = hub(authentication="secret")
    error = nhrp.Indication(Kind.ERROR_INDICATION, 11, 0, kit.ONE_NBMA, kit.ONE, kit.HUB, bytes(40))
    it.hears(error, kit.ONE_NBMA).hears(error._replace(extensions=(nhrp.authentication("secret"),)), kit.ONE_NBMA)
    it.at(10)
    assert it.node.sent == [] and it.node.desk.counters["authentication failure"] == 1


def test_without_network_id_the_log_says_so_once_a_minute(hub, registration, kit):
    it = hub(network_id=None)
    for second in (1, 30, 61, 70):
        it.cloud.run_until(second)
        it.hears(registration(), kit.ONE_NBMA)
    it.at(80, *["NHRP_NETID_UNCONFIGURED"] * 2)
    assert it.node.texts()[0] == (
        "%DMVPN-5-NHRP_NETID_UNCONFIGURED:  Tunnel0: NETID : 0 Unconfigured (Tunnel: 172.16.0.2 NBMA:  198.51.100.2)"
    )
    assert it.node.cache == {}


def test_taking_the_network_id_away_forgets_everybody(hub, registration, kit):
    from dataclasses import replace

    it = hub().hears(registration(), kit.ONE_NBMA).at(1, UP, REPLY)
    assert it.machine.settle(replace(it.machine.settings, network_id=None), it.now)
    it.cloud.pump()
    it.at(1, DOWN, "NHRP_NETID_UNCONFIGURED")
    assert "NETID : 1 Unconfigured (Tunnel: 172.16.0.1 NBMA:  203.0.113.2)" in it.node.texts()[-1]
    assert it.node.cache == {} and it.node.effects()[-1] == Replicate(kit.TUNNEL, ())


@pytest.mark.parametrize(
    ("address", "why"),
    [("172.16.0.1", "is the server's own"), ("10.9.9.9", "is not of the tunnel's network")],
)
def test_an_address_that_cannot_be_a_clients_is_prohibited(hub, registration, kit, address, why):
    it = hub().hears(registration(address=IPv4.parse(address)), kit.ONE_NBMA)
    assert code(it) == Code.PROHIBITED, why


def test_a_network_is_not_registered(hub, registration, kit):
    it = hub().hears(registration(cies=(Cie(prefix=24, holding_s=60),)), kit.ONE_NBMA)
    assert code(it) == Code.PROHIBITED and it.node.cache == {}


@pytest.mark.parametrize("length", [0, 32, 255])
def test_any_way_to_say_host_is_understood(hub, registration, kit, length):
    it = hub().hears(registration(cies=(Cie(prefix=length, holding_s=60),)), kit.ONE_NBMA)
    assert code(it) == Code.SUCCESS


def test_a_static_map_elsewhere_prohibits(hub, registration, kit):
    it = hub(maps=(StaticMap(kit.prefix("172.16.0.2/32"), ELSEWHERE),)).hears(registration(), kit.ONE_NBMA)
    assert code(it) == Code.PROHIBITED
    assert it.node.cache[kit.prefix("172.16.0.2/32")].type == "static"


def test_a_client_that_does_not_know_the_server_is_told_its_address(hub, registration, kit):
    it = hub().hears(registration(destination=kit.ONE), kit.ONE_NBMA)
    assert it.last.destination == kit.HUB and code(it) == Code.SUCCESS


def test_a_registration_with_another_server_is_not_ours(kit, registration):
    routes = {kit.prefix("172.16.0.0/24"): (kit.TUNNEL, None)}
    it = kit.Stage(kit.hub_settings(), kit.WorldFacts(routes))
    it.hears(registration(destination=IPv4.parse("172.16.0.9")), kit.ONE_NBMA).at(0, "ERROR_INDICATION")
    assert it.node.cache == {}


def test_a_closed_socket_ends_the_registration(kit, registration):
    it = kit.Stage(kit.hub_settings(protected=True))
    it.node.facts.standing.add(kit.ONE_NBMA)
    it.machine.socket_opened(kit.ONE_NBMA, 0)
    it.hears(registration(), kit.ONE_NBMA).at(5, "CRYPTO_SS", UP, REPLY)
    it.node.effects()
    it.node.facts.standing.clear()
    it.machine.socket_closed(kit.ONE_NBMA, "deleted", it.now)
    it.cloud.pump()
    it.at(5, "CRYPTO_SS", DOWN)
    assert CloseSocket(kit.TUNNEL, kit.ONE_NBMA) in it.node.effects() and it.node.cache == {}
    assert it.machine.link.sockets == {}


def test_without_map_multicast_dynamic_clients_get_no_multicast(hub, registration, kit):
    it = hub(multicast_dynamic=False).hears(registration(), kit.ONE_NBMA)
    assert it.node.effects() == [Map(kit.TUNNEL, kit.ONE, kit.ONE_NBMA)]
    assert it.machine.replication.peers == ()


def test_hop_count_zero_is_refused_and_one_is_enough(hub, registration, kit):
    it = hub().hears(registration(hops=0), kit.ONE_NBMA).at(0)
    assert it.node.desk.counters["zero hop count"] == 1
    it.hears(registration(hops=1), kit.ONE_NBMA).at(0, UP, REPLY)


def test_an_unknown_compulsory_extension_is_an_error_an_optional_one_is_copied(hub, registration, kit):
    strange = registration()
    it = hub().hears(strange._replace(extensions=(*strange.extensions, Extension(77, b"x"))), kit.ONE_NBMA)
    it.at(0, "ERROR_INDICATION")
    assert it.last.code == 1
    optional = Extension(77, b"x", False)
    it.hears(strange._replace(extensions=(*strange.extensions, optional)), kit.ONE_NBMA).at(0, UP, REPLY)
    assert it.last.extensions[-1] == optional


def test_frr_is_registered_as_it_asks(hub, kit):
    message = Message(
        Kind.REGISTRATION_REQUEST,
        Flag.NAT,
        1,
        kit.ONE_NBMA,
        kit.ONE,
        kit.HUB,
        (Cie(prefix=32, mtu=0, holding_s=30),),
        (Extension(4), Extension(5), Extension(3), cie_extension(9, [Cie(nbma=kit.HUB_NBMA, protocol=kit.HUB)])),
        hops=1,
    )
    it = hub().hears(message, kit.ONE_NBMA).at(0, UP, REPLY)
    assert [extension.kind for extension in it.last.extensions] == [4, 5, 3, 9]


def test_garbage_is_counted_and_nothing_else(hub, registration, kit):
    it = hub()
    data = registration().encode()
    for size in range(0, len(data), 7):
        it.machine.receive(data[:size], Path(kit.TUNNEL, "", kit.HUB_NBMA, kit.ONE_NBMA), 0)
    bad = registration()._replace(extensions=(Extension(ExtensionKind.NAT, b"abc", False),))
    it.hears(bad, kit.ONE_NBMA).at(0)
    assert it.node.desk.counters["malformed"] == len(range(0, len(data), 7)) + 1


def test_debug_prints_what_ios_prints_and_never_the_password(kit, registration):
    topics = ("nhrp packet", "nhrp extension", "nhrp error", "nhrp cache")
    it = kit.Stage(kit.hub_settings(keyed=True, authentication="hush-hus"), debugging=topics)
    it.hears(registration(password="hush-hus"), kit.ONE_NBMA).hears(registration(password="loudloud"), kit.ONE_NBMA)
    lines = it.node.debug
    for line in (
        "NHRP: Receive Registration Request via Tunnel0 vrf: global(0x0), packet size: 108",
        " (F) afn: AF_IP(1), type: IP(800), hop: 255, ver: 1",
        "     shtl: 4(NSAP), sstl: 0(NSAP)",
        "     pktsz: 108 extoff: 52",
        ' (M) flags: "unique nat ", reqid: 7',
        "     src protocol: 172.16.0.2, dst protocol: 172.16.0.1",
        " (C-1) code: no error(0)",
        "       prefix: 32, mtu: 9976, hd_time: 600",
        "       addr_len: 0(NSAP), subaddr_len: 0(NSAP), proto_len: 0, pref: 0",
        "NHRP: Tunnels gave us pak src addr: 198.51.100.2",
        "NHRP: Adding Tunnel Endpoints (VPN: 172.16.0.2, NBMA: 198.51.100.2)",
        "NHRP: Tu0: Creating dynamic multicast mapping  NBMA: 198.51.100.2",
        "NHRP: Send Registration Reply via Tunnel0 vrf: global(0x0), packet size: 128",
        "NHRP: Encapsulation succeeded.  Sending NHRP Control Packet  NBMA Address: 198.51.100.2",
        "NHRP: 156 bytes out Tunnel0 ",
    ):
        assert line in lines, line
    said = "\n".join(lines + it.node.texts())
    for secret in ("hush", "loud", b"hush-hus".hex(), b"loudloud".hex(), b"loud".hex(" "), b"hush".hex(" ")):
        assert secret not in said
