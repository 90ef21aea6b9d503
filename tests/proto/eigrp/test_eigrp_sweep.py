"""Random topologies with cuts, crashes and costs that change: after quiet, every distance is the oracle's."""

from __future__ import annotations

import random
from typing import Any

import pytest

SPEEDS = (64, 1544, 10_000, 100_000)


def build(net: Any, dice: random.Random, size: int, wide: bool) -> None:
    """A tree with further wires thrown in, some of them shared by three or more; a network behind everybody."""
    stations = [net.station(f"r{n}", wide=wide) for n in range(size)]
    number = 0
    for n in range(1, size):
        members = [stations[dice.randrange(n)], stations[n]]
        if dice.random() < 0.2:
            members += [each for each in dice.sample(stations[:n], min(n, 2)) if each not in members]
        net.join(
            f"10.{number}.0.0/24",
            *members,
            kbit=dice.choice(SPEEDS),
            delay_us=dice.randrange(10, 50_000, 10),
        )
        number += 1
    for _ in range(size // 2):
        one, other = dice.sample(stations, 2)
        net.join(
            f"10.{number}.0.0/24",
            one,
            other,
            kbit=dice.choice(SPEEDS),
            delay_us=dice.randrange(10, 50_000, 10),
        )
        number += 1
    for n, station in enumerate(stations):
        net.lan(station, f"172.16.{n}.0/24")


def disturb(net: Any, dice: random.Random) -> None:
    """Something happens to the network."""
    what = dice.randrange(5)
    wire = dice.choice(net.wires)
    station = dice.choice(list(net.stations.values()))
    if what == 0:
        net.cut(wire, noticed=dice.random() < 0.5)
    elif what == 1 and not wire.up:
        net.heal(wire)
    elif what == 2:
        end, name, _ = dice.choice(wire.ends)
        end.link(name, delay_ps=dice.randrange(10, 50_000, 10) * 1_000_000)
    elif what == 3 and station.machine is not None:
        station.stop() if dice.random() < 0.5 else station.die()
    elif what == 4 and station.machine is None:
        station.start()


def check(net: Any) -> None:
    assert net.is_quiet()
    assert net.distances() == net.oracle()
    for name, station in net.stations.items():
        if station.machine is not None:
            no_loops(net, name)


def no_loops(net: Any, start: str) -> None:
    """Follow the successors of every prefix from here: each station is passed once."""
    by_address = {address: station for wire in net.wires for station, _, address in wire.ends}
    for prefix in net.stations[start].routes:
        seen: list[str] = []
        at = net.stations[start]
        while at is not None and prefix in at.routes:
            assert at.name not in seen, f"{prefix} loops: {seen}"
            seen.append(at.name)
            at = by_address.get(at.routes[prefix][0].next_hop)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_the_distances_come_right(net: Any, seed: int) -> None:
    dice = random.Random(seed)
    build(net, dice, dice.randrange(3, 13), wide=seed % 2 == 0)
    net.start()
    net.run(30)
    check(net)
    for _ in range(6):
        for _ in range(dice.randrange(1, 4)):
            disturb(net, dice)
            net.run(dice.choice((0, 0.001, 0.5)))
        net.run(60)
        check(net)


@pytest.mark.parametrize("seed", range(6))
def test_losing_every_tenth_packet_changes_nothing_in_the_end(net: Any, seed: int) -> None:
    dice = random.Random(1000 + seed)
    build(net, dice, 6, wide=False)
    net.loss = lambda number: dice.random() < 0.1
    net.start()
    net.run(40)
    for _ in range(3):
        disturb(net, dice)
        net.run(40)
    net.loss = lambda number: False
    net.run(60)
    check(net)


def test_two_dozen_routers_settle(net: Any) -> None:
    dice = random.Random(24)
    build(net, dice, 24, wide=True)
    net.start()
    net.run(60)
    check(net)
    lost = net.wires[0]
    net.cut(lost)
    net.run(60)
    check(net)
