"""NTP for one router (RFC 5905), as far as a router in a lab needs it: a client of several servers, and a server.

Each server is asked in a burst of four at first, then every 64 s, and more seldom while the clock is good. Of the last
eight answers the one with the least delay counts. Among the servers that can be relied on, a preferred one is
followed, else the one of the lowest stratum, then the nearest (root distance). The clock is stepped, never slewed: the
effect `AdjustClock` moves the router's civil clock. A server that no longer answers is dropped after eight requests.

`master` makes the own clock a reference that others may follow. An answer is believed only if it repeats the time
stamp of the request under way. Not here: symmetric and broadcast modes, authentication (keys are configuration only),
falsetickers by majority, the drift of a clock that has none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.base.time import SECOND, Instant, Span
from iosh.proto.machine import Desk, Path, SendDatagram
from iosh.wire import ntp
from iosh.wire.ntp import Ntp

STRATUM_MAX: Final = 16
MASTER: Final = IPv4(0x7F7F0101)  # 127.127.1.1: the own clock as a reference
_BURST = 4
_BURST_GAP: Span = 2 * SECOND
_KEPT = 8
_GOOD_IN_A_ROW = 8  # answers after which the server is asked more seldom
_AGING_PPM = 15
_LEAST_DISPERSION: Span = 1_000_000


class ServerSettings(NamedTuple):
    """`ntp server A …`; `source` is an interface's name."""

    address: IPv4
    prefer: bool = False
    source: str | None = None
    version: int = ntp.VERSION
    min_poll: int = 6
    max_poll: int = 10


class NtpSettings(NamedTuple):
    """`ntp …` of one router. `master` is the own clock's stratum, None: it is nobody's reference."""

    servers: tuple[ServerSettings, ...] = ()
    master: int | None = None
    source: str | None = None


class AdjustClock(NamedTuple):
    """The router's clock is behind by this much."""

    offset_ns: Span


class ClockHeld(NamedTuple):
    """NTP holds the clock now, or no longer."""

    held: bool


class Sample(NamedTuple):
    """What one answer said of the difference between the clocks."""

    delay_ns: Span
    offset_ns: Span


class Association:
    """What is known of one server."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.reach = 0  # of the last eight requests, which were answered; a bit each
        self.poll = settings.min_poll
        self.burst = _BURST
        self.stratum = STRATUM_MAX
        self.leap = ntp.UNSYNCHRONIZED
        self.reference_id = b"INIT"
        self.root_delay_ns: Span = 0
        self.root_dispersion_ns: Span = 0
        self.last_heard: Instant | None = None
        self.samples: deque[Sample] = deque(maxlen=_KEPT)
        self.good = 0
        self.asked: Instant = 0
        self.expected: int | None = None  # the time stamp an answer must repeat

    @property
    def usable(self) -> bool:
        """Can its time be relied on?"""
        return bool(self.reach and self.samples) and self.stratum < STRATUM_MAX and self.leap != ntp.UNSYNCHRONIZED

    @property
    def best(self) -> Sample:
        """The answer that took the least time."""
        return min(self.samples, default=Sample(0, 0))

    def dispersion_ns(self, now: Instant) -> Span:
        """How far its time may be off by now, beside the delay."""
        if self.last_heard is None:
            return STRATUM_MAX * SECOND
        missing = (_KEPT - len(self.samples)) * SECOND >> 3
        return _LEAST_DISPERSION + missing + (now - self.last_heard) * _AGING_PPM // 1_000_000

    def distance_ns(self, now: Instant) -> Span:
        """The root distance: the most its time can be wrong."""
        delays = self.root_delay_ns + self.best.delay_ns
        return delays // 2 + self.root_dispersion_ns + self.dispersion_ns(now)


class NtpMachine:
    """NTP of one router. `utc_ns` reads the router's clock, `source(interface)` an interface's address."""

    def __init__(
        self,
        settings: NtpSettings,
        desk: Desk,
        utc_ns: Callable[[Instant], int],
        source: Callable[[str], IPv4 | None],
        now: Instant,
    ) -> None:
        self.settings = settings
        self.counters = desk.counters
        self.associations: dict[IPv4, Association] = {}
        self.peer: Association | None = None  # the server we follow
        self.started = now
        self.updated: Instant | None = None
        self.offset_ns: Span = 0  # as of the last update
        self._desk = desk
        self._utc_ns = utc_ns
        self._source = source
        self._held = False
        self._follow_settings(now)

    # --- what is wanted

    def settle(self, settings: NtpSettings, now: Instant) -> bool:
        """Servers come and go in flight."""
        self.settings = settings
        self._follow_settings(now)
        return True

    def _follow_settings(self, now: Instant) -> None:
        wanted = {one.address: one for one in self.settings.servers}
        for address in [address for address in self.associations if address not in wanted]:
            del self.associations[address]
            self._desk.no_ring(address)
        for address, one in wanted.items():
            had = self.associations.get(address)
            if had is not None and had.settings._replace(prefer=one.prefer) == one:
                had.settings = one
                continue
            self.associations[address] = Association(one)
            self._desk.ring_at(address, now + SECOND)
        self._select(now)

    def stop(self, now: Instant) -> None:
        """No longer wanted."""
        for address in self.associations:
            self._desk.no_ring(address)
        self.associations.clear()
        self._select(now)

    # --- what others see of us

    @property
    def stratum(self) -> int:
        """Ours: one more than that of the server we follow."""
        if self.peer is not None:
            return self.peer.stratum + 1
        return self.settings.master if self.settings.master is not None else STRATUM_MAX

    @property
    def reference(self) -> IPv4 | None:
        """Whom we follow; our own clock as master; None: nobody."""
        if self.peer is not None:
            return self.peer.settings.address
        return MASTER if self.settings.master is not None else None

    def stamp_text(self, at: Instant) -> str:
        """An instant as a time stamp in hexadecimal, seconds and fraction."""
        stamp = f"{ntp.timestamp(self._utc_ns(at)):016X}"
        return f"{stamp[:8]}.{stamp[8:]}"

    def root_delay_ns(self) -> Span:
        return self.peer.root_delay_ns + self.peer.best.delay_ns if self.peer is not None else 0

    def root_dispersion_ns(self, now: Instant) -> Span:
        return self.peer.root_dispersion_ns + self.peer.dispersion_ns(now) if self.peer is not None else 0

    # --- what happens

    def receive(self, payload: bytes, path: Path, now: Instant) -> None:
        """A datagram for port 123."""
        try:
            message = Ntp.decode(payload)
        except Malformed:
            self.counters["malformed"] += 1
            return
        if message.mode == ntp.CLIENT:
            self._answer(message, path, now)
        elif message.mode == ntp.SERVER:
            self._answered(message, path, now)
        else:
            self.counters["other_mode"] += 1

    def wake(self, name: Hashable, now: Instant) -> None:
        """Time to ask a server again."""
        assert isinstance(name, IPv4)
        one = self.associations[name]
        if one.expected is not None:
            one.good = 0
            one.poll = one.settings.min_poll
        one.reach = one.reach << 1 & 0xFF
        if not one.reach:
            one.samples.clear()
        self._select(now)
        self._ask(one, now)
        if one.burst > 1:
            one.burst -= 1
            gap = _BURST_GAP
        else:
            gap = SECOND << one.poll
        self._desk.ring_at(name, now + gap)

    def _ask(self, one: Association, now: Instant) -> None:
        s = one.settings
        local = IPv4(0)
        interface = s.source or self.settings.source
        if interface is not None:
            address = self._source(interface)
            if address is None:
                return
            local = address
        one.asked = now
        one.expected = ntp.timestamp(self._utc_ns(now))
        message = Ntp(ntp.CLIENT, self.stratum % STRATUM_MAX, one.expected, version=s.version, poll=one.poll)
        self.counters["sent"] += 1
        self._desk.put(SendDatagram(local, s.address, ntp.PORT, ntp.PORT, message.encode()))

    def _answer(self, asked: Ntp, path: Path, now: Instant) -> None:
        stratum, reference = self.stratum, self.reference
        name = b"LOCL" if reference == MASTER else reference.packed if reference is not None else b"INIT"
        stamp = ntp.timestamp(self._utc_ns(now))
        answer = Ntp(
            ntp.SERVER,
            stratum % STRATUM_MAX,
            stamp,
            asked.transmit,
            stamp,
            ntp.timestamp(self._utc_ns(self.updated if self.updated is not None else now)),
            name,
            ntp.UNSYNCHRONIZED if stratum >= STRATUM_MAX else 0,
            asked.version,
            asked.poll,
            root_delay=ntp.short(self.root_delay_ns()),
            root_dispersion=ntp.short(self.root_dispersion_ns(now)),
        )
        self.counters["answered"] += 1
        self._desk.put(SendDatagram(path.local, path.remote, ntp.PORT, path.remote_port, answer.encode()))

    def _answered(self, message: Ntp, path: Path, now: Instant) -> None:
        one = self.associations.get(path.remote)
        if one is None or one.expected is None or message.originate != one.expected:
            self.counters["unexpected"] += 1
            return
        self.counters["received"] += 1
        one.expected = None
        one.reach |= 1
        one.last_heard = now
        one.stratum = message.stratum or STRATUM_MAX
        one.leap = message.leap
        one.reference_id = message.reference_id
        one.root_delay_ns, one.root_dispersion_ns = (
            ntp.span_ns(message.root_delay),
            ntp.span_ns(message.root_dispersion),
        )
        sent, back = self._utc_ns(one.asked), self._utc_ns(now)
        there, left = ntp.unix_ns(message.receive), ntp.unix_ns(message.transmit)
        delay = max(0, (back - sent) - (left - there))
        one.samples.append(Sample(delay, ((there - sent) + (left - back)) // 2))
        one.good += 1
        if one.good >= _GOOD_IN_A_ROW and one.poll < one.settings.max_poll:
            one.good, one.poll = 0, one.poll + 1
        self._select(now)
        if self.peer is one:
            self._adjust(one, now)

    def _select(self, now: Instant) -> None:
        """Which server is followed."""
        usable = [one for one in self.associations.values() if one.usable and self._is_better(one)]
        best = min(
            usable,
            key=lambda one: (not one.settings.prefer, one.stratum, one.distance_ns(now), one.settings.address),
            default=None,
        )
        self.peer = best
        held = self.reference is not None
        if held != self._held:
            self._held = held
            self.updated = now if held else self.updated
            self._desk.put(ClockHeld(held))

    def _is_better(self, one: Association) -> bool:
        """A master follows only those nearer to the true time than itself."""
        return self.settings.master is None or one.stratum < self.settings.master

    def _adjust(self, one: Association, now: Instant) -> None:
        offset = one.best.offset_ns
        self.offset_ns = offset
        self.updated = now
        for each in self.associations.values():  # what was measured against the clock as it was
            each.samples = deque((Sample(s.delay_ns, s.offset_ns - offset) for s in each.samples), maxlen=_KEPT)
        self._desk.put(AdjustClock(offset))
