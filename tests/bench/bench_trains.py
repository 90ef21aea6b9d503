"""What a hub's data plane spends on a packet between a host and spokes, in ESP: in memory, the kernel left out.

Trains are what a real port brings of TCP, single packets what it brings of small UDP, sixteen at a time. First with one
spoke and a handful of routes, then with a thousand SAs each way, a hundred thousand routes and 64 spokes in turn.
"""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Callable, Sequence
from time import process_time

from iosh.base.addr import IPv4, Prefix
from iosh.base.rng import Rng
from iosh.base.time import SECOND
from iosh.base.timers import Timers
from iosh.proto.esp.sa import InboundSa, OutboundSa
from iosh.proto.esp.suite import Keys, suite
from iosh.router.forwarding import Forwarding
from iosh.router.interfaces import InterfaceAddress, InterfaceSettings, TunnelSettings
from iosh.router.rib import STATIC, Route
from iosh.router.tunnel import in_udp
from iosh.wire import ethernet, gre, ipv4
from iosh.wire.arp import Arp
from iosh.wire.ethernet import Ethernet
from iosh.wire.tcp import Tcp
from iosh.wire.train import Frame, LongFrame, Train, packets, prepare
from iosh.wire.udp import Udp

A = IPv4.parse
GCM = suite(20, 128, 0)
KEYS = Keys(bytes(GCM.encryption_key), b"")
NEIGHBOUR = b"\x02\0\0\0\x99\x01"
WAN, LAN, TUNNEL = "Ethernet0/0", "Ethernet0/1", "Tunnel0"
HUB, BELOW, HOST = A("192.0.2.1"), A("192.0.2.254"), A("10.0.0.9")
SPOKES, INSIDE, OUTSIDE = A("172.16.0.0"), A("20.0.0.0"), A("198.51.0.0")
FRONT = gre.header(gre.IPV4, 100)
ROUNDS, TURNS, SINGLES = 15, 64, 16
TRAIN, SMALL = 44, 64
PEERS, ROUTES = 1000, 100_000


Carried = Callable[[IPv4, IPv4], list[Train | bytes]]


class Port:
    """Counts what it is given."""

    takes_trains = True
    carrier = True

    def __init__(self, mac: bytes) -> None:
        self.mac = mac
        self.drops: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.sent = 0

    def send(self, frames: Sequence[Frame]) -> None:
        self.sent += sum(one.train.segments if isinstance(one, LongFrame) else 1 for one in frames)


class Hub:
    """A port to the outside, one to a host, a tunnel with spokes; behind spoke n is `INSIDE` + 256 n and on."""

    def __init__(self, spokes: int, routes: int, encap: tuple[int, int] | None) -> None:
        self.encap = encap
        self.ports = {name: Port(bytes((2, 0, 0, 0, 1, at))) for at, name in enumerate((WAN, LAN))}
        self.plane = Forwarding(self.ports, deque(), Timers(), Rng(1))
        tunnel = TunnelSettings(multipoint=True, source_interface=WAN, key=100, protected=True)
        wanted = [
            InterfaceSettings(WAN, address=InterfaceAddress(HUB, 24)),
            InterfaceSettings(LAN, address=InterfaceAddress(A("10.0.0.1"), 24)),
            InterfaceSettings(TUNNEL, address=InterfaceAddress(A("172.16.255.1"), 16), ip_mtu=1400, tunnel=tunnel),
        ]
        self.plane.settle_interfaces(wanted, SECOND)
        for port, gateway, asker in ((WAN, HUB, BELOW), (LAN, A("10.0.0.1"), HOST)):
            ask = Arp(1, NEIGHBOUR, asker, bytes(6), gateway).encode()
            self.plane.receive(port, [Ethernet(ethernet.BROADCAST, NEIGHBOUR, ethernet.ARP, ask).encode()], SECOND)
        ways = [
            Route(Prefix(IPv4(INSIDE + 256 * n), 24), STATIC, 1, None, IPv4(SPOKES + 1 + n % spokes))
            for n in range(routes)
        ]
        self.plane.settle_statics([Route(Prefix.of(0, 0), STATIC, 1, None, BELOW), *ways], SECOND)
        self.theirs = [self._spoke(n) for n in range(spokes)]

    def _spoke(self, n: int) -> OutboundSa:
        """Its SAs; given back is its own half. All have one key, with which nothing leaves this process."""
        nbma = IPv4(OUTSIDE + 1 + n)
        self.plane.map(TUNNEL, IPv4(SPOKES + 1 + n), nbma)
        self.plane.seal_with(
            (TUNNEL, nbma), OutboundSa(0x2000 + n, GCM, KEYS, Rng(n), local=HUB, remote=nbma, encap=self.encap)
        )
        self.plane.inbound[0x1000 + n] = InboundSa(
            0x1000 + n, GCM, KEYS, window=1024, local=HUB, remote=nbma, encap=self.encap
        )
        return OutboundSa(0x1000 + n, GCM, KEYS, Rng(n), local=nbma, remote=HUB)

    def frame(self, port: str, one: Train | bytes) -> Frame:
        head = self.ports[port].mac + NEIGHBOUR + b"\x08\x00"
        return LongFrame(head, one) if isinstance(one, Train) else head + one

    def from_host(self, n: int, carried: Carried) -> list[Frame]:
        return [self.frame(LAN, one) for one in carried(HOST, IPv4(INSIDE + 256 * n + 9))]

    def from_spoke(self, n: int, carried: Carried) -> list[Frame]:
        """The same the other way, in ESP."""
        single = []
        for one in carried(IPv4(INSIDE + 256 * n + 9), HOST):
            single += packets(one) if isinstance(one, Train) else [one]
        sealed = self.theirs[n].seal_all([FRONT + one for one in single], ipv4.GRE)
        nbma = IPv4(OUTSIDE + 1 + n)
        if self.encap is None:
            return [self.frame(WAN, ipv4.packet(nbma, HUB, ipv4.ESP, one, 255)) for one in sealed]
        whole = ipv4.packet(nbma, HUB, ipv4.UDP, in_udp(self.encap, b"".join(sealed)), 255)
        return [self.frame(WAN, Train(whole, len(sealed[0])))]


def tcp(source: IPv4, destination: IPv4) -> list[Train | bytes]:
    segment = Tcp(5, 80, 1, 1, 0x10, 1000, b"", bytes(1348 * TRAIN)).encode(source, destination)
    return [Train(ipv4.packet(source, destination, ipv4.TCP, segment, 64), 1348)]


def udp(source: IPv4, destination: IPv4) -> list[Train | bytes]:
    datagram = Udp(5, 6, bytes(SMALL - 28)).encode(source, destination)
    return [ipv4.packet(source, destination, ipv4.UDP, datagram, 64, 0, n) for n in range(SINGLES)]


LOADS = {"TCP trains": (tcp, TRAIN), f"{SMALL}-byte UDP": (udp, SINGLES)}


def cost(hub: Hub, port: str, carried: Carried, packets_each: int, active: int) -> float:
    """Microseconds a packet, of the best of some rounds."""
    best, out = 1e9, hub.ports[LAN if port == WAN else WAN]
    make = hub.from_host if port == LAN else hub.from_spoke
    for _ in range(ROUNDS):
        batches = [make(turn % active, carried) for turn in range(TURNS)]
        before, began = out.sent, process_time()
        for batch in batches:
            hub.plane.receive(port, batch, SECOND)
        best = min(best, process_time() - began)
        assert out.sent - before == TURNS * packets_each, dict(hub.plane.counters)
    return best / (TURNS * packets_each) * 1e6


def main() -> None:
    prepare()
    print(f"{'us a packet':<36}{'one spoke':>12}{'64 of 1000':>12}{'more':>8}")
    for name, encap in (("ESP in UDP", (4500, 4500)), ("ESP", None)):
        few, many = Hub(1, 10, encap), Hub(PEERS, ROUTES, encap)
        for load, (carried, each) in LOADS.items():
            for way, port in (("sealed", LAN), ("opened", WAN)):
                one, other = (cost(hub, port, carried, each, active) for hub, active in ((few, 1), (many, TURNS)))
                print(f"{name + ', ' + load + ', ' + way:<36}{one:>12.2f}{other:>12.2f}{other / one - 1:>8.0%}")


if __name__ == "__main__":
    sys.exit(main())
