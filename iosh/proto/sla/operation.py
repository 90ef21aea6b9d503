"""What every operation of IP SLA is: something measured once every so often, and what became of the last time.

An operation that is scheduled runs at once and then every `frequency_s`; it stops when its life is over. A run ends
with an answer (`OK`, or `Over threshold` when it took too long), with an error (`No connection`), or with nothing
(`Timeout`). Each end is told by `Completed`. What is sent, and what an answer is, the kinds say: `echo.py`, `udp.py`,
`tcp.py`. Not here: history and distributions, reactions.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.time import MILLISECOND, SECOND, Instant
from iosh.proto.machine import Desk, Path
from iosh.wire.icmp import Icmp, Quoted
from iosh.wire.tcp import Tcp

UNKNOWN: Final = "Unknown"
OK: Final = "OK"
OVER_THRESHOLD: Final = "Over threshold"
TIMEOUT: Final = "Timeout"
NO_CONNECTION: Final = "No connection"

_RUN = "run"
_ANSWER = "answer"


class OperationSettings(NamedTuple):
    """One operation as configured. `life_s` None is for ever; not `scheduled`, it waits. `data_size` None: as usual."""

    number: int
    destination: IPv4
    source: IPv4 | None = None
    source_interface: str | None = None
    data_size: int | None = None
    tos: int = 0
    threshold_ms: int = 5000
    timeout_ms: int = 5000
    frequency_s: int = 60
    scheduled: bool = False
    life_s: int | None = None
    kind: str = "icmp-echo"
    port: int = 0
    source_port: int | None = None
    control: bool = True  # ask the responder to open the port first
    packets: int = 10
    interval_ms: int = 20


class Completed(NamedTuple):
    """A run came to its end. `code` is one of the words above."""

    number: int
    code: str


class Listen(NamedTuple):
    """Datagrams (segments) for this port concern IP SLA now, or no longer."""

    port: int
    on: bool
    tcp: bool = False


class Operation:
    """One operation. `source(settings)` says from which address it can speak now, None if from none."""

    def __init__(
        self,
        settings: OperationSettings,
        desk: Desk,
        source: Callable[[OperationSettings], IPv4 | None],
        now: Instant,
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
        self._under_way = False
        self._begun: Instant = now  # when what is measured began
        self._prepare()
        if settings.scheduled:
            life = settings.life_s
            self.active = True
            self.ends = None if life is None else now + life * SECOND
            self._run(now)

    def settle(self, settings: OperationSettings, now: Instant) -> bool:
        """Other thresholds and intervals are taken in flight; another target or schedule is another operation."""
        had, self.settings = self.settings, settings
        same = had._replace(threshold_ms=0, timeout_ms=0, frequency_s=0) == settings._replace(
            threshold_ms=0, timeout_ms=0, frequency_s=0
        )
        if same and self.active and had.frequency_s != settings.frequency_s and self.last_start is not None:
            self._desk.ring_at(_RUN, max(now, self.last_start + settings.frequency_s * SECOND))
        return same

    # --- what the kinds say

    def _prepare(self) -> None:
        """What this kind has of its own, before its first run."""

    def _begin(self, source: IPv4, now: Instant) -> None:
        """A run begins; it may speak from here."""
        raise NotImplementedError

    def icmp_arrived(self, source: IPv4, message: Icmp, quoted: Quoted | None, now: Instant) -> None:
        """Some ICMP message came to this router; is it about what is under way?"""

    def datagram_arrived(self, payload: bytes, path: Path, now: Instant) -> None:
        """A datagram came to this router; is it an answer?"""

    def segment_arrived(self, segment: Tcp, path: Path, now: Instant) -> None:
        """A TCP segment came to this router; is it an answer?"""

    def _gave_up(self, now: Instant) -> None:
        """The patience is over."""
        self._complete(TIMEOUT, None, now)

    # --- time

    def wake(self, name: Hashable, now: Instant) -> None:
        """Time for the next run, or nobody answered the last."""
        if name == _ANSWER:
            self._gave_up(now)
        elif self.ends is not None and now >= self.ends:
            self.active = False
        else:
            self._run(now)

    def stop(self, now: Instant) -> None:
        """No more of it."""
        self._desk.no_ring(_RUN)
        self._desk.no_ring(_ANSWER)
        self.active = self._under_way = False

    def _run(self, now: Instant) -> None:
        s = self.settings
        if self._under_way:
            self._gave_up(now)  # the interval is shorter than the patience
        self._desk.ring_at(_RUN, now + s.frequency_s * SECOND)
        self.last_start = now
        self._under_way = True
        source = self._source(s)
        if source is None:
            self._complete(NO_CONNECTION, None, now)
        else:
            self._wait(now)
            self._begin(source, now)

    def _wait(self, now: Instant) -> None:
        """From now on the patience counts, and what is measured begins."""
        self._begun = now
        self._desk.ring_at(_ANSWER, now + self.settings.timeout_ms * MILLISECOND)

    def _answered(self, now: Instant) -> None:
        """The answer is here."""
        self._took(max(1, (now - self._begun + MILLISECOND // 2) // MILLISECOND), now)

    def _took(self, trip_ms: int, now: Instant) -> None:
        self._complete(OK if trip_ms <= self.settings.threshold_ms else OVER_THRESHOLD, trip_ms, now)

    def _complete(self, code: str, round_trip_ms: int | None, now: Instant) -> None:
        self._desk.no_ring(_ANSWER)
        self._under_way = False
        self.code, self.round_trip_ms = code, round_trip_ms
        if round_trip_ms is not None:
            self.successes += 1
        else:
            self.failures += 1
        self._desk.put(Completed(self.settings.number, code))
