"""The `icmp-echo` operation of IP SLA: one echo request every so often, and what became of the last.

An operation that is scheduled runs at once and then every `frequency_s`; it stops when its life is over. A run ends
with the reply (`OK`, or `Over threshold` when it took too long), with an ICMP error (`No connection`), or with
nothing (`Timeout`). Each end is told by `Completed`. Not here: history and distributions, reactions, other operations
(jitter, TCP, HTTP, path), the responder.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.time import MILLISECOND, SECOND, Instant
from iosh.proto.machine import Desk, SendPacket
from iosh.wire import icmp, ipv4
from iosh.wire.icmp import Icmp, Quoted

UNKNOWN: Final = "Unknown"
OK: Final = "OK"
OVER_THRESHOLD: Final = "Over threshold"
TIMEOUT: Final = "Timeout"
NO_CONNECTION: Final = "No connection"

_TTL = 255
_RUN = "run"
_ANSWER = "answer"
_PATTERN = b"\xab\xcd"


class EchoSettings(NamedTuple):
    """One operation as configured. `life_s` None is for ever; not `scheduled`, it waits."""

    number: int
    destination: IPv4
    source: IPv4 | None = None
    source_interface: str | None = None
    data_size: int = 28
    tos: int = 0
    threshold_ms: int = 5000
    timeout_ms: int = 5000
    frequency_s: int = 60
    scheduled: bool = False
    life_s: int | None = None


class Completed(NamedTuple):
    """A run came to its end. `code` is one of the words above."""

    number: int
    code: str


class Echo:
    """One operation. `source(settings)` says from which address it can speak now, None if from none."""

    def __init__(
        self, settings: EchoSettings, desk: Desk, source: Callable[[EchoSettings], IPv4 | None], now: Instant
    ) -> None:
        self.settings = settings
        self.code = UNKNOWN
        self.round_trip_ms: int | None = None
        self.last_start: Instant | None = None
        self.successes = 0
        self.failures = 0
        self.ends: Instant | None = None  # when its life is over; None while it does not run, or for ever
        self.active = False
        self._desk = desk
        self._source = source
        self._identifier = desk.rng.below(0x10000)
        self._sequence = 0
        if settings.scheduled:
            self._schedule(now)

    def settle(self, settings: EchoSettings, now: Instant) -> bool:
        """Other thresholds and intervals are taken in flight; another target or schedule is another operation."""
        had, self.settings = self.settings, settings
        same = had._replace(threshold_ms=0, timeout_ms=0, frequency_s=0) == settings._replace(
            threshold_ms=0, timeout_ms=0, frequency_s=0
        )
        if same and self.active and had.frequency_s != settings.frequency_s and self.last_start is not None:
            self._desk.ring_at(_RUN, max(now, self.last_start + settings.frequency_s * SECOND))
        return same

    def icmp_arrived(self, source: IPv4, message: Icmp, quoted: Quoted | None, now: Instant) -> None:
        """Some ICMP message came to this router; is it about the request under way?"""
        if self._desk.rings_at(_ANSWER) is None:
            return
        ours = self._identifier << 16 | self._sequence
        if quoted is not None:
            about = int.from_bytes(quoted.data[4:8], "big") if len(quoted.data) >= 8 else -1
            if quoted.destination == self.settings.destination and quoted.data[:1] == b"\x08" and about == ours:
                self._complete(NO_CONNECTION, None, now)
        elif message.type == icmp.ECHO_REPLY and message.rest == ours and source == self.settings.destination:
            assert self.last_start is not None
            trip_ms = max(1, (now - self.last_start + MILLISECOND // 2) // MILLISECOND)
            self._complete(OK if trip_ms <= self.settings.threshold_ms else OVER_THRESHOLD, trip_ms, now)

    def wake(self, name: Hashable, now: Instant) -> None:
        """Time for the next run, or nobody answered the last."""
        if name == _ANSWER:
            self._complete(TIMEOUT, None, now)
        elif self.ends is not None and now >= self.ends:
            self.active = False
        else:
            self._run(now)

    def stop(self, now: Instant) -> None:
        """No more of it."""
        self._desk.no_ring(_RUN)
        self._desk.no_ring(_ANSWER)
        self.active = False

    def _schedule(self, now: Instant) -> None:
        life = self.settings.life_s
        self.active = True
        self.ends = None if life is None else now + life * SECOND
        self._run(now)

    def _run(self, now: Instant) -> None:
        s = self.settings
        if self._desk.rings_at(_ANSWER) is not None:
            self._complete(TIMEOUT, None, now)  # the interval is shorter than the patience
        self._desk.ring_at(_RUN, now + s.frequency_s * SECOND)
        self.last_start = now
        self._sequence = (self._sequence + 1) & 0xFFFF
        source = self._source(s)
        if source is None:
            self._complete(NO_CONNECTION, None, now)
            return
        self._desk.ring_at(_ANSWER, now + s.timeout_ms * MILLISECOND)
        data = (_PATTERN * (s.data_size // 2 + 1))[: s.data_size]
        echo = Icmp(icmp.ECHO, 0, self._identifier << 16 | self._sequence, data).encode()
        identification = self._desk.rng.below(0x10000)
        packet = ipv4.packet(source, s.destination, ipv4.ICMP, echo, _TTL, s.tos, identification)
        self._desk.put(SendPacket(packet))

    def _complete(self, code: str, round_trip_ms: int | None, now: Instant) -> None:
        self._desk.no_ring(_ANSWER)
        self.code, self.round_trip_ms = code, round_trip_ms
        if round_trip_ms is not None:
            self.successes += 1
        else:
            self.failures += 1
        self._desk.put(Completed(self.settings.number, code))
