"""Packets a second through one router from Ethernet to Ethernet: bare, with access lists, with translation.

The ratio is the time of a packet to that of one without any of it, on the same frames in the same process. A hundred
flows of UDP take turns. "Not applied" is a router whose interfaces have nothing to ask, which every other one is.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from iosh.base.addr import IPv4
from iosh.base.rng import Rng
from iosh.base.timers import Timers
from iosh.config.model_acl import Ace
from iosh.router.acl import AclSettings
from iosh.router.forwarding import Forwarding
from iosh.router.interfaces import InterfaceAddress, InterfaceSettings
from iosh.router.nat_table import NatSettings, SourceRule
from iosh.wire import ipv4
from iosh.wire.udp import Udp

FLOWS = 100
ROUNDS = 60
TRIES = 7
INSIDE, OUTSIDE = "Ethernet0/0", "Ethernet0/1"
HOST, ROUTER, OUTER, SERVER = (IPv4.parse(a) for a in ("10.0.1.1", "10.0.1.254", "203.0.113.1", "203.0.113.9"))
LAN = Ace(source=IPv4.parse("10.0.1.0"), source_wildcard=IPv4.parse("0.0.0.255"))
CASES: dict[str, dict[str, Any]] = {
    "not applied": {},
    "access list, 1 line": {"lines": 1},
    "access list, 10 lines": {"lines": 10},
    "access list, 100 lines": {"lines": 100},
    "translation": {"nat": True},
    "translation and 10 lines": {"nat": True, "lines": 10},
}


class Port:
    """A port that counts what is sent."""

    carrier = True

    def __init__(self, last: int) -> None:
        self.mac = bytes((2, 0, 0, 0, 0, last))
        self.drops: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.sent = 0

    def send(self, frames: Sequence[bytes]) -> None:
        self.sent += len(frames)

    def hear(self, mac: bytes) -> None:
        """It never hears."""


def built(lines: int = 0, nat: bool = False) -> tuple[Forwarding, dict[str, Port]]:
    """A router between two networks; of an access list only the last line matches."""
    ports = {INSIDE: Port(1), OUTSIDE: Port(2)}
    router = Forwarding(ports, deque(), Timers(), Rng(1))
    interfaces = [
        InterfaceSettings(INSIDE, address=InterfaceAddress(ROUTER, 24), access_in="x", nat="inside"),
        InterfaceSettings(OUTSIDE, address=InterfaceAddress(OUTER, 24), nat="outside"),
    ]
    router.settle_interfaces(interfaces, 0)
    other = {"destination_host": SERVER, "destination_operator": "eq", "source_any": True}
    aces = [Ace("deny", "udp", destination_ports=(number,), **other) for number in range(1000, 999 + lines)]
    aces += [Ace("permit", source_any=True, destination_any=True)] if lines else []
    lists = {"x": AclSettings("x", False, tuple(enumerate(aces, 1))), "lan": AclSettings("lan", True, ((10, LAN),))}
    router.settle_access_lists(lists)
    if nat:
        router.settle_nat(NatSettings((SourceRule("lan", OUTSIDE, overload=True),)), 0)
    neighbours = router.interfaces[OUTSIDE].arp
    assert neighbours is not None
    neighbours.rewrites[SERVER] = b"\x02\0\0\0\0\x09" + ports[OUTSIDE].mac + b"\x08\0"
    return router, ports


def time_of(case: dict[str, Any]) -> float:
    """Seconds a packet, at best."""
    router, ports = built(**case)
    frames = []
    for port in range(5000, 5000 + FLOWS):
        datagram = Udp(port, 53, bytes(100)).encode(HOST, SERVER)
        frames.append(ports[INSIDE].mac + bytes(6) + b"\x08\0" + ipv4.packet(HOST, SERVER, ipv4.UDP, datagram, 64))
    best = float("inf")
    for _ in range(TRIES):
        began = perf_counter()
        for _ in range(ROUNDS):
            router.receive(INSIDE, frames, 1)
        best = min(best, perf_counter() - began)
    assert ports[OUTSIDE].sent >= TRIES * ROUNDS * FLOWS
    return best / (ROUNDS * FLOWS)


def main() -> None:
    bare = 0.0
    for name, case in CASES.items():
        took = time_of(case)
        bare = bare or took
        print(f"{name:26} {took * 1e6:6.2f} us a packet  {1 / took:9.0f} a second  {took / bare:5.2f} times bare")


if __name__ == "__main__":
    main()
