"""Who answers a router on a borrowed port: every next hop is there, the lease is the host's address, and no other."""

from __future__ import annotations

import pytest

from iosh.base.addr import BROADCAST, IPv4
from iosh.underlay.linux.neighbour import MAC, Neighbour
from iosh.wire import arp, dhcp, icmp, ipv4
from iosh.wire.arp import Arp
from iosh.wire.dhcp import Dhcp
from iosh.wire.icmp import Icmp, Quoted
from iosh.wire.ipv4 import Ipv4
from iosh.wire.udp import Udp

ROUTER = b"\x02\x00\x00\x00\x00\x09"
OWN, PEER, NOBODY = IPv4.parse("192.0.2.7"), IPv4.parse("203.0.113.9"), IPv4(0)


@pytest.fixture
def neighbour():
    return Neighbour(ROUTER, OWN, 24)


def asked(sender, target, operation=arp.REQUEST):
    return b"\xff" * 6 + ROUTER + b"\x08\x06" + Arp(operation, ROUTER, sender, bytes(6), target).encode()


def test_every_next_hop_is_there(neighbour):
    answer = neighbour.resolved(asked(OWN, PEER))
    assert answer[:14] == ROUTER + MAC + b"\x08\x06"
    assert Arp.decode(answer[14:]) == Arp(arp.REPLY, MAC, PEER, ROUTER, OWN)


@pytest.mark.parametrize(
    "frame",
    [
        asked(OWN, OWN),
        asked(NOBODY, OWN),
        asked(NOBODY, PEER),
        asked(PEER, OWN),
        asked(OWN, PEER, arp.REPLY),
        bytes(20),
    ],
    ids=["announcement", "probe", "probe of another", "for the host's", "reply", "junk"],
)
def test_what_asks_for_nobody_gets_no_answer(neighbour, frame):
    assert neighbour.resolved(frame) is None


@pytest.mark.parametrize(
    ("address", "length", "gateway"),
    [
        ("192.0.2.7", 24, "192.0.2.1"), ("192.0.2.1", 24, "192.0.2.2"), ("192.0.2.6", 30, "192.0.2.5"),
        ("192.0.2.6", 31, "192.0.2.7"), ("192.0.2.7", 31, "192.0.2.6"), ("192.0.2.7", 32, "192.0.2.6"),
    ],
)  # fmt: skip
def test_it_calls_itself_by_another_address_of_the_network(address, length, gateway):
    assert str(Neighbour(ROUTER, IPv4.parse(address), length).gateway) == gateway


def said(neighbour, kind, client=NOBODY, to=BROADCAST, wanted=None):
    options = {dhcp.MESSAGE_TYPE: bytes((kind,))}
    if wanted is not None:
        options[dhcp.REQUESTED_ADDRESS] = wanted.packed
    message = Dhcp(dhcp.REQUEST_OP, 77, ROUTER, options, client=client)
    packet = ipv4.packet(client, to, ipv4.UDP, Udp(68, 67, message.encode()).encode(client, to))
    assert neighbour.is_for_server(packet)
    frame = neighbour.leased(packet)
    if frame is None:
        return None
    around = Ipv4.decode(frame[14:])
    return Dhcp.decode(Udp.decode(around.payload, around.source, around.destination).payload)


def test_the_lease_is_the_hosts_address_without_end(neighbour):
    offer = said(neighbour, dhcp.DISCOVER)
    ack = said(neighbour, dhcp.REQUEST, wanted=OWN)
    for answer, kind in ((offer, dhcp.OFFER), (ack, dhcp.ACK)):
        assert (answer.type, answer.xid, answer.yours) == (kind, 77, OWN)
        assert str(answer.address(dhcp.SUBNET_MASK)) == "255.255.255.0"
        assert answer.address(dhcp.ROUTERS) == neighbour.gateway
        assert answer.number(dhcp.LEASE_TIME) == dhcp.INFINITE


def test_another_address_than_the_hosts_is_refused(neighbour):
    assert said(neighbour, dhcp.REQUEST, wanted=PEER).type == dhcp.NAK
    assert said(neighbour, dhcp.RELEASE, client=OWN, to=neighbour.gateway) is None


def test_whoever_has_the_address_is_told_the_rest(neighbour):
    answer = said(neighbour, dhcp.INFORM, client=OWN)
    assert (answer.type, answer.yours, dhcp.LEASE_TIME in answer.options) == (dhcp.ACK, NOBODY, False)


def test_dhcp_for_a_server_elsewhere_is_not_its_business(neighbour):
    packet = ipv4.packet(OWN, PEER, ipv4.UDP, Udp(67, 67, b"").encode(OWN, PEER))
    assert not neighbour.is_for_server(packet)
    junk = ipv4.packet(OWN, BROADCAST, ipv4.UDP, Udp(68, 67, b"junk").encode(OWN, BROADCAST))
    assert neighbour.is_for_server(junk)
    assert neighbour.leased(junk) is None


def test_a_packet_too_big_is_answered_with_the_size_that_fits(neighbour):
    packet = ipv4.packet(OWN, PEER, ipv4.ESP, bytes(1400), flags=ipv4.DF)
    error = Icmp.decode(Ipv4.decode(neighbour.too_big(packet, 1300)[14:]).payload)
    assert (error.type, error.code, error.next_hop_mtu) == (icmp.UNREACHABLE, icmp.FRAGMENTATION_NEEDED, 1300)
    assert Quoted.decode(error.data).destination == PEER
