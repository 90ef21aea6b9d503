"""NTP as timetables: a client asks servers that are wrong, slow, dead or mad, and follows the one it should."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.base.rng import Rng
from iosh.base.time import MILLISECOND, SECOND
from iosh.base.timers import Timers
from iosh.proto.machine import Desk, Path, SendDatagram
from iosh.proto.ntp.machine import AdjustClock, ClockHeld, NtpMachine, NtpSettings, ServerSettings
from iosh.wire import ntp
from iosh.wire.ntp import Ntp

ME, A, B = map(IPv4.parse, ("10.0.0.9", "10.0.0.1", "10.0.0.2"))
TRUE_EPOCH = 1_800_000_000 * SECOND


class Server:
    """One that answers: how far off it is, what it says of itself, how long an answer takes each way."""

    def __init__(self, stratum: int = 2, off_ns: int = 0, way_ns: int = 10 * MILLISECOND) -> None:
        self.stratum, self.off_ns, self.way_ns = stratum, off_ns, way_ns
        self.alive = True
        self.leap = 0


class Stage:
    """A client whose clock is a minute slow, its servers, and the seconds it asked in."""

    def __init__(self, plan: NtpSettings, **servers: Server) -> None:
        self.tray: deque[tuple[Hashable, Any]] = deque()
        self.timers = Timers()
        self.now = 0
        self.clock = TRUE_EPOCH - 60 * SECOND
        self.servers = {A: servers.get("a"), B: servers.get("b")}
        self.asked: list[tuple[int, IPv4]] = []
        self.held: list[tuple[int, bool]] = []
        self.answers: list[Ntp] = []
        self.machine = NtpMachine(
            plan, Desk("ntp", self.tray, self.timers, Rng(7)), lambda at: self.clock + at, lambda name: ME, 0
        )
        self.collect()

    def collect(self) -> None:
        while self.tray:
            match self.tray.popleft()[1]:
                case SendDatagram(_, remote, 123, 123, payload):
                    self.asked.append((self.now // SECOND, remote))
                    self.serve(remote, Ntp.decode(payload))
                case SendDatagram(_, _, 123, _, payload):
                    self.answers.append(Ntp.decode(payload))
                case AdjustClock(offset):
                    self.clock += offset
                case ClockHeld(held):
                    self.held.append((self.now // SECOND, held))

    def serve(self, address: IPv4, asked: Ntp) -> None:
        server = self.servers[address]
        if server is None or not server.alive:
            return
        there = ntp.timestamp(TRUE_EPOCH + self.now + server.way_ns + server.off_ns)
        answer = Ntp(ntp.SERVER, server.stratum, there, asked.transmit, there, there, b"GPS\0", server.leap)
        self.timers.set(("answer", (address, answer)), self.now + 2 * server.way_ns)

    def hear(self, address: IPv4, message: Ntp, port: int = 123) -> None:
        self.machine.receive(message.encode(), Path("", "", ME, address, 123, port), self.now)
        self.collect()

    def at(self, second: int) -> Stage:
        end = second * SECOND
        while (due := self.timers.due()) is not None and due <= end:
            self.now = due
            key = self.timers.pop(due)
            assert isinstance(key, tuple)
            if key[0] == "answer":
                self.hear(*key[1])
            else:
                self.machine.wake(key[1], due)
                self.collect()
        self.now = end
        return self

    @property
    def error_ns(self) -> int:
        return abs(self.clock - TRUE_EPOCH)


def plan(*addresses: IPv4, prefer: IPv4 | None = None, master: int | None = None) -> NtpSettings:
    return NtpSettings(tuple(ServerSettings(one, prefer=one == prefer) for one in addresses), master)


def test_it_asks_in_a_burst_then_every_64_seconds_then_less_often() -> None:
    stage = Stage(plan(A), a=Server()).at(2000)
    seconds = [second for second, _ in stage.asked]
    assert seconds[:6] == [1, 3, 5, 7, 71, 135]
    assert seconds[-1] - seconds[-2] == 256
    assert stage.error_ns <= 1


def test_the_clock_is_right_after_the_first_answer_and_held() -> None:
    stage = Stage(plan(A), a=Server(way_ns=200 * MILLISECOND)).at(2)
    assert stage.error_ns <= 1
    assert stage.held == [(1, True)]
    assert (stage.machine.stratum, stage.machine.reference) == (3, A)
    assert stage.machine.associations[A].best.delay_ns // MILLISECOND in (399, 400)


def test_the_lower_stratum_is_followed_unless_another_is_preferred() -> None:
    assert Stage(plan(A, B), a=Server(3), b=Server(2)).at(20).machine.reference == B
    assert Stage(plan(A, B, prefer=A), a=Server(3), b=Server(2)).at(20).machine.reference == A


def test_of_two_equal_ones_the_nearer_is_followed() -> None:
    stage = Stage(plan(A, B), a=Server(way_ns=300 * MILLISECOND), b=Server(way_ns=MILLISECOND)).at(20)
    assert stage.machine.reference == B


def test_one_that_does_not_know_the_time_is_not_followed() -> None:
    mad, lost = Server(), Server(16)
    mad.leap = ntp.UNSYNCHRONIZED
    stage = Stage(plan(A, B), a=mad, b=lost).at(300)
    assert stage.machine.reference is None
    assert stage.held == []


def test_a_server_that_falls_silent_is_dropped_after_eight_requests_and_another_takes_over() -> None:
    first, second = Server(2), Server(3)
    stage = Stage(plan(A, B), a=first, b=second).at(100)
    first.alive = False
    assert stage.at(300).machine.reference == A
    assert stage.at(1200).machine.reference == B
    second.alive = False
    stage.at(6000)
    assert stage.machine.reference is None
    assert stage.held == [(1, True), stage.held[-1]] and stage.held[-1][1] is False


def test_an_answer_nobody_asked_for_changes_nothing() -> None:
    stage = Stage(plan(A), a=Server())
    stage.hear(A, Ntp(ntp.SERVER, 1, 7, 7, 7, 7))
    stage.at(1)
    stage.hear(B, Ntp(ntp.SERVER, 1, 7, 7, 7, 7))
    stage.hear(A, Ntp(ntp.SERVER, 1, 7, 12345, 7, 7))
    assert stage.machine.counters["unexpected"] == 3
    assert stage.machine.reference is None


def test_a_master_tells_its_own_time_and_says_whose_it_is() -> None:
    stage = Stage(plan(master=5))
    stage.hear(B, Ntp(ntp.CLIENT, transmit=0x1234), port=5123)
    answer = stage.answers[-1]
    assert (answer.mode, answer.stratum, answer.originate, answer.reference_id) == (4, 5, 0x1234, b"LOCL")
    assert ntp.unix_ns(answer.transmit) == stage.clock
    assert stage.held == [(0, True)]


def test_a_client_that_has_no_time_says_so_to_others() -> None:
    stage = Stage(plan(A))
    stage.hear(B, Ntp(ntp.CLIENT, transmit=1), port=5123)
    assert (stage.answers[-1].leap, stage.answers[-1].stratum) == (ntp.UNSYNCHRONIZED, 0)


def test_servers_come_and_go_in_flight() -> None:
    stage = Stage(plan(A), a=Server(), b=Server()).at(20)
    assert stage.machine.settle(plan(B), stage.now)
    stage.collect()
    stage.at(40)
    assert stage.machine.reference == B
    assert {remote for second, remote in stage.asked if second > 20} == {B}
    assert stage.machine.settle(plan(A, B, prefer=A), stage.now) and stage.at(60).machine.reference == A
    stage.machine.stop(stage.now)
    stage.collect()
    count = len(stage.asked)
    assert len(stage.at(900).asked) == count


@given(
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["die", "live", "lose", "find", "junk"]), st.booleans()))
)
@settings(max_examples=60, deadline=None)
def test_whoever_it_follows_answered_lately_and_knows_the_time(events: list[tuple[int, str, bool]]) -> None:
    a, b = Server(2), Server(3)
    stage, second = Stage(plan(A, B), a=a, b=b), 0
    for wait_s, event, which in events:
        second += wait_s
        stage.at(second)
        server = a if which else b
        if event in ("die", "live"):
            server.alive = event == "live"
        elif event in ("lose", "find"):
            server.leap = ntp.UNSYNCHRONIZED if event == "lose" else 0
        else:
            stage.machine.receive(bytes((wait_s & 255,)) * (wait_s & 63), Path("", "", ME, A, 123, 123), stage.now)
        peer = stage.machine.peer
        assert peer is None or peer.usable
        assert stage.machine.peer is None or stage.error_ns <= 2
    a.alive = b.alive = True
    a.leap = b.leap = 0
    stage.at(second + 3000)
    assert stage.machine.reference == A
