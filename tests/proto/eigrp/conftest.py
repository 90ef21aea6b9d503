"""EIGRP machines on virtual wires: packets as bytes, time as the tests say, and an oracle for what routes should be."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from iosh.base.addr import IPv4, Prefix
from iosh.base.rng import Rng
from iosh.base.time import MILLISECOND, SECOND
from iosh.base.timers import Timers
from iosh.proto.eigrp.effects import SendEigrp
from iosh.proto.eigrp.machine import Eigrp
from iosh.proto.eigrp.metric import beyond, composite
from iosh.proto.eigrp.settings import EigrpSettings, LinkSettings, Seed
from iosh.proto.machine import Desk, Path, Report, RoutesChanged, Way
from iosh.wire.eigrp import GROUP, Metric
from iosh.wire.eigrp import Eigrp as Packet

Table = dict[Prefix, tuple[int, Metric]]


class Station:
    """One router's process, with what became of its effects."""

    def __init__(self, net: Net, name: str, number: int, **settings: Any) -> None:
        self.net = net
        self.name = name
        self.tray: deque[tuple[Hashable, Any]] = deque()
        self.timers = Timers()
        self.wanted = EigrpSettings(1, IPv4(0xC0000200 + number), **settings)
        self.links: dict[str, LinkSettings] = {}
        self.routes: dict[Prefix, tuple[Way, ...]] = {}
        self.log: list[str] = []
        self.seeds: dict[Prefix, Seed] = {}
        self.machine: Eigrp | None = None
        self.wires: dict[str, Wire] = {}

    @property
    def running(self) -> Eigrp:
        assert self.machine is not None
        return self.machine

    def start(self) -> None:
        self.timers = Timers()
        self.routes.clear()
        desk = Desk("eigrp", self.tray, self.timers, Rng(f"{self.name} {self.net.now}"))
        self.machine = Eigrp(self._settings(), desk, self.net.now)
        self.machine.redistributed(self.seeds, self.net.now)
        self.work()

    def die(self) -> None:
        """No goodbye."""
        self.machine = None
        self.tray.clear()
        self.timers = Timers()
        self.routes.clear()

    def stop(self) -> None:
        self.running.stop(self.net.now)
        self.work()
        self.die()

    def settle(self, **changes: Any) -> None:
        self.wanted = replace(self.wanted, **changes)
        if self.machine is not None:
            assert self.machine.settle(self._settings(), self.net.now)
            self.work()

    def link(self, interface: str, **changes: Any) -> None:
        """An interface is configured anew."""
        self.links[interface] = replace(self.links[interface], **changes)
        self.settle()

    def _settings(self) -> EigrpSettings:
        up = [link for name, link in self.links.items() if name not in self.wires or self.wires[name].up]
        return replace(self.wanted, links=tuple(up))

    def work(self) -> None:
        while self.tray:
            _, effect = self.tray.popleft()
            match effect:
                case SendEigrp():
                    self.net.carry(self, effect)
                case RoutesChanged(_, prefix, ways):
                    self.routes.pop(prefix, None)
                    if ways:
                        self.routes[prefix] = ways
                case Report(message):
                    self.log.append(str(message))

    def to(self, prefix: str) -> list[str]:
        """The next hops to a prefix, as `interface next-hop [distance/metric]`."""
        return [
            f"{way.interface} {way.next_hop} [{way.distance}/{way.metric}]"
            for way in self.routes.get(Prefix.parse(prefix), ())
        ]

    def via(self, prefix: str) -> list[str]:
        """The next hops to a prefix."""
        return [str(way.next_hop) for way in self.routes.get(Prefix.parse(prefix), ())]


class Wire:
    """A network that stations are joined by."""

    def __init__(self, prefix: Prefix) -> None:
        self.prefix = prefix
        self.ends: list[tuple[Station, str, IPv4]] = []
        self.up = True
        self.hides: tuple[Station, ...] = ()  # those that do not hear each other


class Net:
    """A world of stations and wires. `loss` says of the number of a packet whether it is lost."""

    def __init__(self) -> None:
        self.now = 0
        self.stations: dict[str, Station] = {}
        self.wires: list[Wire] = []
        self.loss: Callable[[int], bool] = lambda number: False
        self.seen: list[tuple[int, str, str, Packet]] = []  # when, who, to whom, what
        self._carried = count()
        self._order = count()
        self._flying: list[tuple[int, int, Station, str, bytes, IPv4, IPv4]] = []

    def station(self, name: str, **settings: Any) -> Station:
        station = self.stations[name] = Station(self, name, len(self.stations) + 1, **settings)
        return station

    def join(self, prefix: str, *ends: Station, kbit: int = 100_000, delay_us: int = 100, **settings: Any) -> Wire:
        """A wire: each end gets the next address, on an interface named after the wire's number."""
        wire = Wire(Prefix.parse(prefix))
        self.wires.append(wire)
        for number, station in enumerate(ends, 1):
            address = IPv4(wire.prefix.network + number)
            name = f"Ethernet{len(self.wires) - 1}"
            networks = (wire.prefix,)
            station.links[name] = LinkSettings(
                name, address, networks, kbit, delay_us * 1_000_000, networks=networks, **settings
            )
            station.wires[name] = wire
            wire.ends.append((station, name, address))
        return wire

    def lan(self, station: Station, prefix: str, kbit: int = 8_000_000, delay_us: int = 5000) -> None:
        """A network that nobody else is on."""
        network = Prefix.parse(prefix)
        name = f"Loopback{len(station.links)}"
        station.links[name] = LinkSettings(
            name, IPv4(network.network + 1), (network,), kbit, delay_us * 1_000_000, passive=True, networks=(network,)
        )

    def start(self) -> None:
        for station in self.stations.values():
            station.start()

    def carry(self, sender: Station, effect: SendEigrp) -> None:
        wire = sender.wires[effect.interface]
        self.seen.append((self.now, sender.name, str(effect.destination), Packet.decode(effect.payload)))
        for station, name, address in wire.ends:
            if station is sender or effect.destination not in (GROUP, address):
                continue
            if station in wire.hides and sender in wire.hides:
                continue
            if wire.up and not self.loss(next(self._carried)):
                arrival = (
                    self.now + MILLISECOND, next(self._order), station, name, effect.payload, effect.source,
                    effect.destination,
                )  # fmt: skip
                heapq.heappush(self._flying, arrival)

    def cut(self, wire: Wire, noticed: bool = True) -> None:
        wire.up = False
        if noticed:
            for station, _, _ in wire.ends:
                station.settle()

    def heal(self, wire: Wire) -> None:
        wire.up = True
        for station, _, _ in wire.ends:
            station.settle()

    def run(self, seconds: float) -> None:
        """Let that much time pass."""
        until = self.now + int(seconds * SECOND)
        while True:
            due = [at for station in self.stations.values() if (at := station.timers.due()) is not None]
            following = min([*due, *([self._flying[0][0]] if self._flying else [])], default=until + 1)
            if following > until:
                self.now = until
                return
            self.now = following
            while self._flying and self._flying[0][0] <= self.now:
                _, _, station, name, payload, source, destination = heapq.heappop(self._flying)
                if station.machine is not None and station.wires[name].up:
                    station.machine.receive(payload, Path(name, "", destination, source), self.now)
                    station.work()
            for station in self.stations.values():
                while (deadline := station.timers.pop(self.now)) is not None:
                    assert isinstance(deadline, tuple)
                    station.running.wake(deadline[1], self.now)
                    station.work()

    def oracle(self) -> dict[str, dict[Prefix, int]]:
        """What every distance should be: the fixpoint of each taking the best its neighbours have."""
        alive = [station for station in self.stations.values() if station.machine is not None]
        best: dict[str, Table] = {station.name: {} for station in alive}
        for _ in range(4 * len(alive)):
            new = {station.name: self._best(station, best) for station in alive}
            if new == best:
                break
            best = new
        return {name: {prefix: distance for prefix, (distance, _) in table.items()} for name, table in best.items()}

    def _best(self, station: Station, known: dict[str, Table]) -> Table:
        """The best a station can do by what its neighbours have: the composite metric is not isotonic, so what they had
        before does not count.
        """
        table: Table = {}
        for link in station.running.settings.links:
            _offer(table, link.networks[0], Metric(link.delay_ps, link.bandwidth_kbit, link.mtu), station)
        for name, wire in station.wires.items():
            link = station.links[name]
            for other, _, _ in wire.ends if wire.up else ():
                if other is not station and other.machine is not None:
                    for prefix, (_, metric) in known[other.name].items():
                        far = beyond(metric, link.delay_ps, link.bandwidth_kbit, link.mtu, 100)
                        if not far.is_infinite:
                            _offer(table, prefix, far, station)
        return table

    def distances(self) -> dict[str, dict[Prefix, int]]:
        """What every distance is."""
        return {
            name: {prefix: node.distance for prefix, node in station.running.dual.nodes.items()}
            for name, station in self.stations.items()
            if station.machine is not None
        }

    def is_quiet(self) -> bool:
        """Is no route active?"""
        return not any(station.machine and station.machine.dual.active for station in self.stations.values())


def _offer(table: Table, prefix: Prefix, metric: Metric, station: Station) -> None:
    distance = composite(metric, station.wanted.k, station.wanted.wide)
    if prefix not in table or distance < table[prefix][0]:
        table[prefix] = distance, metric


@pytest.fixture
def net() -> Net:
    return Net()
