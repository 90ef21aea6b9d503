"""Forwarding paths joined by cables in memory: frames wait at a port until `run` carries them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import pytest

from iosh.base.addr import IPv4, Prefix
from iosh.base.rng import Rng
from iosh.base.time import MILLISECOND, SECOND
from iosh.base.timers import Timers
from iosh.proto.icmp.arrival import IcmpArrived
from iosh.router.forwarding import Forwarding
from iosh.router.interfaces import InterfaceAddress, InterfaceSettings, TunnelSettings
from iosh.router.rib import STATIC, Route
from iosh.wire import icmp, ipv4
from iosh.wire.icmp import Icmp


class QueuePort:
    """A port on a cable without delay; `seen` keeps what was sent."""

    takes_trains = False

    def __init__(self, mac: bytes) -> None:
        self.mac = self.hears = mac
        self.drops: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.other: QueuePort | None = None
        self.waiting: list[bytes] = []
        self.seen: list[bytes] = []
        self.carrier = False

    def send(self, frames: Sequence[bytes]) -> None:
        self.seen.extend(frames)
        if self.other is not None and self.carrier:
            self.other.waiting.extend(frames)

    def hear(self, mac: bytes) -> None:
        self.hears = mac


class Node:
    """One forwarding path with its tray and timers."""

    def __init__(self, net: Net, name: str, ports: Sequence[str]) -> None:
        self.net = net
        self.name = name
        self.tray: deque[tuple[Hashable, Any]] = deque()
        self.timers = Timers()
        number = len(net.nodes)
        self.ports = {port: QueuePort(bytes((2, 0, 0, 0, number, at))) for at, port in enumerate(ports)}
        self.topics: dict[str, None] = {}
        self.forwarding = Forwarding(self.ports, self.tray, self.timers, Rng(number), self.topics.__contains__)
        self._interfaces: dict[str, InterfaceSettings] = {}
        self._statics: list[Route] = []

    def interface(self, name: str, address: str | None = None, **settings: Any) -> Node:
        """Configure one, more or anew."""
        if address is not None:
            settings["address"] = own(address)
        self._interfaces[name] = InterfaceSettings(name, **settings)
        self.forwarding.settle_interfaces(self._interfaces.values(), self.net.now)
        return self

    def tunnel(self, name: str, address: str, rest: dict[str, Any] | None = None, **settings: Any) -> Node:
        return self.interface(name, address, tunnel=TunnelSettings(**settings), **(rest or {}))

    def static(self, prefix: str, next_hop: str | None = None, interface: str | None = None, vrf: str = "") -> Node:
        hop = IPv4.parse(next_hop) if next_hop else None
        self._statics.append(Route(Prefix.parse(prefix), STATIC, 1, interface, hop, vrf=vrf))
        self.forwarding.settle_statics(self._statics, self.net.now)
        return self

    def heard(self, kind: type[Any]) -> list[Any]:
        """The punts of one kind since they were last asked for."""
        found = [punt for _, punt in self.tray if isinstance(punt, kind)]
        self.tray = self._without(kind)
        return found

    def _without(self, kind: type[Any]) -> deque[tuple[Hashable, Any]]:
        kept = [entry for entry in self.tray if not isinstance(entry[1], kind)]
        self.tray.clear()
        self.tray.extend(kept)
        return self.tray

    def drops(self, name: str) -> int:
        return self.forwarding.counters[name]

    def vrfs(self, *names: str) -> Node:
        self.forwarding.settle_vrfs(names, self.net.now)
        return self

    def send(self, packet: bytes, vrf: str = "") -> None:
        self.forwarding.send(packet, self.net.now, vrf)
        self.net.run()

    def echo(
        self, source: str, destination: str, size: int = 100, df: bool = False, ttl: int = 255, vrf: str = ""
    ) -> list[str]:
        """Send one echo request; who said what about it, to this node."""
        self.heard(IcmpArrived)
        request = Icmp(icmp.ECHO, 0, 0x00010001, bytes(size - 28)).encode()
        a, b = IPv4.parse(source), IPv4.parse(destination)
        flags = ipv4.DF if df else 0
        self.send(ipv4.packet(a, b, ipv4.ICMP, request, ttl, 0, 0x4242, flags), vrf)
        return [f"{said.source} {NAMES.get((said.message.type, said.message.code), said.message)}"
                + (f" {said.message.next_hop_mtu}" if said.message.code == 4 else "")
                for said in self.heard(IcmpArrived)]  # fmt: skip


NAMES = {
    (0, 0): "reply",
    (3, 1): "host unreachable",
    (3, 2): "protocol unreachable",
    (3, 3): "port unreachable",
    (3, 4): "fragmentation needed",
    (5, 1): "redirect",
    (11, 0): "time exceeded",
    (11, 1): "reassembly time exceeded",
}


class Net:
    """Nodes, cables, and time that stands still while frames travel."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.now = SECOND

    def node(self, name: str, *ports: str) -> Node:
        node = Node(self, name, ports)
        self.nodes.append(node)
        return node

    def cable(self, a: Node, port_a: str, b: Node, port_b: str) -> tuple[QueuePort, QueuePort]:
        one, other = a.ports[port_a], b.ports[port_b]
        one.other, other.other = other, one
        self.carry(True, one, other)
        return one, other

    def carry(self, up: bool, *ports: QueuePort) -> None:
        """Plug or pull the cable of these ports."""
        for port in ports:
            port.carrier = up
        for node in self.nodes:
            for name, port in node.ports.items():
                if port in ports:
                    node.forwarding.carrier(name, up, self.now)
        self.run()

    def run(self, limit: int = 10_000) -> None:
        """Carry frames until none waits any more."""
        for _ in range(limit):
            work = [(node, name, port) for node in self.nodes for name, port in node.ports.items() if port.waiting]
            if not work:
                return
            for node, name, port in work:
                frames, port.waiting = port.waiting, []
                node.forwarding.receive(name, frames, self.now)
        raise AssertionError("the frames never come to rest")

    def after(self, ms: int) -> None:
        """Let time pass, ringing what rings."""
        end = self.now + ms * MILLISECOND
        while True:
            rings = [(due, number) for number, node in enumerate(self.nodes) if (due := node.timers.due()) is not None]
            if not rings or min(rings)[0] > end:
                break
            due, number = min(rings)
            self.now = max(due, self.now)
            key = self.nodes[number].timers.pop(self.now)
            assert isinstance(key, tuple) and key[0] == "forwarding"
            self.nodes[number].forwarding.wake(key[1], self.now)
            self.run()
        self.now = end


def own(text: str) -> InterfaceAddress:
    """`10.0.0.1/24`."""
    address, _, length = text.partition("/")
    return InterfaceAddress(IPv4.parse(address), int(length))


@pytest.fixture
def net() -> Net:
    return Net()


def make(net: Net) -> tuple[Net, Node, Node, Node]:
    west, middle, east = (net.node(name, "Ethernet0/0", "Ethernet0/1") for name in ("west", "middle", "east"))
    west.interface("Ethernet0/0", "10.0.1.1/24").static("0.0.0.0/0", "10.0.1.254")
    middle.interface("Ethernet0/0", "10.0.1.254/24").interface("Ethernet0/1", "10.0.2.254/24")
    east.interface("Ethernet0/0", "10.0.2.1/24").static("0.0.0.0/0", "10.0.2.254")
    net.cable(west, "Ethernet0/0", middle, "Ethernet0/0")
    net.cable(middle, "Ethernet0/1", east, "Ethernet0/0")
    return net, west, middle, east


@pytest.fixture
def line(net: Net) -> tuple[Net, Node, Node, Node]:
    """west 10.0.1.1 - middle .254 | .254 - east 10.0.2.1, with default routes."""
    return make(net)


@pytest.fixture
def make_line() -> Callable[[], tuple[Net, Node, Node, Node]]:
    """Another such line at each call."""
    return lambda: make(Net())


@pytest.fixture
def address() -> Callable[[str], IPv4]:
    return IPv4.parse
