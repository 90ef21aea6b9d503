"""The learning switch."""

from __future__ import annotations

from collections.abc import Sequence

from iosh.base.time import SECOND
from iosh.underlay.sim.switch import Switch

A, B, C = (bytes.fromhex(f"02000000000{n}") for n in "abc")
ALL = b"\xff" * 6
GROUP = bytes.fromhex("01005e000005")


class Port:
    mac = bytes(6)
    carrier = True

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.batches = 0

    def send(self, frames: Sequence[bytes]) -> None:
        self.sent += frames
        self.batches += 1


def frame(to: bytes, source: bytes, text: bytes = b"") -> bytes:
    return to + source + b"\x08\x00" + text


class Bench:
    """A switch of three ports, and what came out of each since the last look."""

    def __init__(self, **options: int) -> None:
        self.ports = {name: Port() for name in ("p1", "p2", "p3")}
        self.switch = Switch(dict(self.ports), **options)

    def goes(self, port: str, *frames: bytes, now: int = 0) -> dict[str, list[bytes]]:
        self.switch.receive(port, frames, now)
        out = {name: each.sent for name, each in self.ports.items() if each.sent}
        for each in self.ports.values():
            each.sent = []
        return out


def test_the_unknown_is_flooded_and_the_known_is_not() -> None:
    bench = Bench()
    question, answer = frame(B, A), frame(A, B)
    assert bench.goes("p1", question) == {"p2": [question], "p3": [question]}
    assert bench.goes("p2", answer) == {"p1": [answer]}
    assert bench.goes("p1", question) == {"p2": [question]}
    assert bench.switch.counters == {"flooded": 1}


def test_broadcast_and_groups_go_everywhere_else() -> None:
    bench = Bench()
    for group in (ALL, GROUP):
        sent = frame(group, A)
        assert bench.goes("p3", sent) == {"p1": [sent], "p2": [sent]}


def test_what_is_for_the_port_it_came_from_goes_nowhere() -> None:
    bench = Bench()
    bench.goes("p1", frame(ALL, A), frame(ALL, B))
    assert bench.goes("p1", frame(B, A)) == {}
    assert bench.switch.counters["filtered"] == 1


def test_a_station_that_moves_is_found_at_its_new_port() -> None:
    bench = Bench()
    bench.goes("p1", frame(ALL, A))
    bench.goes("p2", frame(ALL, A))
    assert bench.switch.table(0) == {A: "p2"}
    sent = frame(A, C)
    assert bench.goes("p3", sent) == {"p2": [sent]}


def test_an_address_unheard_for_the_ageing_time_is_forgotten() -> None:
    bench = Bench(ageing=10 * SECOND)
    bench.goes("p1", frame(ALL, A))
    sent = frame(A, C)
    assert list(bench.goes("p3", sent, now=10 * SECOND - 1)) == ["p1"]
    assert list(bench.goes("p3", sent, now=10 * SECOND)) == ["p1", "p2"]
    assert bench.switch.table(10 * SECOND) == {C: "p3"}


def test_a_port_without_carrier_is_forgotten() -> None:
    bench = Bench()
    bench.goes("p1", frame(ALL, A))
    bench.goes("p2", frame(ALL, B))
    bench.switch.carrier("p1", False, 0)
    assert bench.switch.table(0) == {B: "p2"}


def test_frames_that_come_together_leave_together_in_order() -> None:
    bench = Bench()
    bench.goes("p2", frame(ALL, B))
    bench.ports["p2"].batches = 0
    sent = [frame(B, A, bytes([n])) for n in range(5)]
    assert bench.goes("p1", *sent) == {"p2": sent}
    assert bench.ports["p2"].batches == 1


def test_the_table_is_bounded_and_forgets_the_one_heard_longest_ago() -> None:
    bench = Bench(table_size=3)
    sources = [bytes.fromhex(f"0200000000{n:02x}") for n in range(4)]
    for source in (*sources[:3], sources[0], sources[3]):
        bench.goes("p1", frame(ALL, source))
    assert set(bench.switch.table(0)) == {sources[0], sources[2], sources[3]}


def test_runts_are_counted_and_group_sources_not_learned() -> None:
    bench = Bench()
    assert bench.goes("p1", b"", b"short") == {}
    bench.goes("p1", frame(ALL, GROUP))
    assert bench.switch.counters["runt"] == 2
    assert bench.switch.table(0) == {}
