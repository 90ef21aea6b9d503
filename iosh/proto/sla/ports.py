"""The operations of IP SLA that go to a port: `udp-echo`, `udp-jitter`, `tcp-connect`.

Unless `control disable` is said, the responder is asked first to open the port (`wire/sla.py`); without its answer
there is `No connection`. `udp-echo` sends one datagram and wants it back as it was. `udp-jitter` sends a row of them,
into each of which the responder writes when it came: round trips, how the gaps between them grew and shrank each way,
and what got lost where. `tcp-connect` measures SYN to SYN-ACK, and resets what it opened. Not here: delays one way
(they want clocks that agree, and are told as none), voice scores.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.base.time import MILLISECOND, Instant
from iosh.proto.machine import Path, SendPacket
from iosh.proto.sla.operation import NO_CONNECTION, TIMEOUT, Listen, Operation
from iosh.wire import ipv4, tcp
from iosh.wire.icmp import Icmp, Quoted
from iosh.wire.sla import CONTROL_PORT, GRANTED, PROBE_SIZE, Control, Probe, day_ms
from iosh.wire.tcp import Tcp
from iosh.wire.udp import Udp

EPHEMERAL: Final = (49152, 65535)
_TTL = 255
_NEXT = "next"
_PATTERN = b"\xab\xcd"
_GRACE_S = 5  # the port stays open for as long as a run may last, and so much longer
_UDP_ECHO_SIZE = 16
_JITTER_SIZE = 32
_NOON_MS = 43_200_000


class _ToPort(Operation):
    """An operation that has a port of its own, and asks for the other's."""

    tcp = False

    def _prepare(self) -> None:
        self.port = self.settings.source_port or self._desk.rng.between(*EPHEMERAL)
        self._local = IPv4(0)
        self._asking = False  # for the port, still
        self._desk.put(Listen(self.port, True))
        if self.tcp:
            self._desk.put(Listen(self.port, True, tcp=True))

    def stop(self, now: Instant) -> None:
        """No more of it."""
        super().stop(now)
        self._desk.no_ring(_NEXT)
        self._desk.put(Listen(self.port, False))
        if self.tcp:
            self._desk.put(Listen(self.port, False, tcp=True))

    def datagram_arrived(self, payload: bytes, path: Path, now: Instant) -> None:
        """The responder opened the port, or answered."""
        s = self.settings
        if not self._under_way or path.remote != s.destination or path.local_port != self.port:
            return
        if self._asking and path.remote_port == CONTROL_PORT:
            self._control_arrived(payload, now)
        elif not self._asking and path.remote_port == s.port:
            self._came_back(payload, now)

    def icmp_arrived(self, source: IPv4, message: Icmp, quoted: Quoted | None, now: Instant) -> None:
        """An error about what we sent."""
        if quoted is None or not self._under_way or quoted.destination != self.settings.destination:
            return
        if quoted.protocol in (ipv4.UDP, ipv4.TCP) and quoted.data[:2] == self.port.to_bytes(2, "big"):
            self._complete(NO_CONNECTION, None, now)

    def _begin(self, source: IPv4, now: Instant) -> None:
        s = self.settings
        self._local = source
        self._asking = s.control
        if s.control:
            life_s = (s.packets * s.interval_ms + s.timeout_ms) // 1000 + _GRACE_S
            self._send(CONTROL_PORT, Control(s.destination, s.port, min(0xFFFF, life_s)).encode())
        else:
            self._measure(now)

    def _control_arrived(self, payload: bytes, now: Instant) -> None:
        try:
            granted = Control.decode(payload).status == GRANTED
        except Malformed:
            self._desk.counters["malformed"] += 1
            return
        if granted:
            self._asking = False
            self._wait(now)
            self._measure(now)
        else:
            self._complete(NO_CONNECTION, None, now)

    def _gave_up(self, now: Instant) -> None:
        self._complete(NO_CONNECTION if self._asking else TIMEOUT, None, now)

    def _measure(self, now: Instant) -> None:
        """The port is open."""
        raise NotImplementedError

    def _came_back(self, payload: bytes, now: Instant) -> None:
        """A datagram from the port we measure."""

    def _send(self, port: int, payload: bytes) -> None:
        data = Udp(self.port, port, payload).encode(self._local, self.settings.destination)
        self._send_packet(ipv4.UDP, data)

    def _send_packet(self, protocol: int, data: bytes) -> None:
        s = self.settings
        identification = self._desk.rng.below(0x10000)
        self._desk.put(SendPacket(ipv4.packet(self._local, s.destination, protocol, data, _TTL, s.tos, identification)))


class UdpEcho(_ToPort):
    """`udp-echo`."""

    _sent = b""

    def _measure(self, now: Instant) -> None:
        size = self.settings.data_size if self.settings.data_size is not None else _UDP_ECHO_SIZE
        mark = self._desk.rng.bytes(4)  # so that a late answer to an earlier run is not this one's
        self._sent = (mark + _PATTERN * (size // 2))[: max(size, len(mark))]
        self._send(self.settings.port, self._sent)

    def _came_back(self, payload: bytes, now: Instant) -> None:
        if payload == self._sent:
            self._answered(now)


class TcpConnect(_ToPort):
    """`tcp-connect`."""

    tcp = True
    _sequence = 0

    def _measure(self, now: Instant) -> None:
        self._sequence = self._desk.rng.below(1 << 32)
        self._segment(Tcp(self.port, self.settings.port, self._sequence, 0, tcp.SYN, 4128))

    def segment_arrived(self, segment: Tcp, path: Path, now: Instant) -> None:
        """It is open, or it is not."""
        s = self.settings
        ours = (path.remote, segment.source, segment.destination) == (s.destination, s.port, self.port)
        after = self._sequence + 1 & 0xFFFFFFFF
        if not ours or not self._under_way or self._asking or segment.acknowledgment != after:
            return
        if segment.flags & tcp.RST:
            self._complete(NO_CONNECTION, None, now)
        elif segment.flags & (tcp.SYN | tcp.ACK) == tcp.SYN | tcp.ACK:
            self._answered(now)
            self._segment(Tcp(self.port, s.port, after, segment.sequence + 1 & 0xFFFFFFFF, tcp.RST | tcp.ACK))

    def _segment(self, segment: Tcp) -> None:
        self._send_packet(ipv4.TCP, segment.encode(self._local, self.settings.destination))


class Sample(NamedTuple):
    """One packet that came back: when it was sent, when the responder had it (its clock), when it was here again."""

    sent_ms: int
    there_ms: int  # since midnight
    back_ms: int
    received: int  # by the responder until then


class Spread(NamedTuple):
    """Least, mean and most of so many."""

    samples: int = 0
    least: int = 0
    mean: int = 0
    most: int = 0

    @classmethod
    def of(cls, values: list[int]) -> Spread:
        return cls(len(values), min(values), sum(values) // len(values), max(values)) if values else cls()


class JitterResult(NamedTuple):
    """What one run of `udp-jitter` found, in ms and packets; `there` is to the destination, `back` from it."""

    round_trip: Spread = Spread()
    jitter_there: Spread = Spread()
    jitter_back: Spread = Spread()
    over_threshold: int = 0
    lost_there: int = 0
    lost_back: int = 0
    tail_lost: int = 0  # after the last that came back: which way, nobody knows
    out_of_sequence: int = 0


class UdpJitter(_ToPort):
    """`udp-jitter`."""

    def _prepare(self) -> None:
        super()._prepare()
        self.result = JitterResult()
        self._sent = 0
        self._sent_ms: list[int] = []
        self._samples: dict[int, Sample] = {}
        self._last = 0
        self._disordered = 0

    def wake(self, name: Hashable, now: Instant) -> None:
        """Time for the next packet, or for what every operation knows."""
        if name == _NEXT:
            self._send_next(now)
        else:
            super().wake(name, now)

    def _measure(self, now: Instant) -> None:
        self._sent = self._last = self._disordered = 0
        self._samples.clear()
        self._sent_ms.clear()
        self._send_next(now)

    def _send_next(self, now: Instant) -> None:
        s = self.settings
        self._sent += 1
        self._sent_ms.append(now // MILLISECOND)
        size = max(PROBE_SIZE, s.data_size if s.data_size is not None else _JITTER_SIZE)
        probe = Probe(self._sent, day_ms(now)).encode()
        self._send(s.port, (probe + _PATTERN * (size // 2))[:size])
        self._wait(now)
        if self._sent < s.packets:
            self._desk.ring_at(_NEXT, now + s.interval_ms * MILLISECOND)

    def _came_back(self, payload: bytes, now: Instant) -> None:
        try:
            probe = Probe.decode(payload)
        except Malformed:
            self._desk.counters["malformed"] += 1
            return
        number = probe.sequence
        if not 1 <= number <= self._sent or number in self._samples:
            self._desk.counters["unexpected"] += 1
            return
        self._disordered += number < self._last
        self._last = max(self._last, number)
        self._samples[number] = Sample(self._sent_ms[number - 1], probe.received_ms, now // MILLISECOND, probe.received)
        if len(self._samples) == self.settings.packets:
            self._finish(now)

    def _gave_up(self, now: Instant) -> None:
        self._desk.no_ring(_NEXT)
        if self._asking or not self._samples:
            self.result = JitterResult(tail_lost=0 if self._asking else self._sent)
            super()._gave_up(now)
        else:
            self._finish(now)

    def _finish(self, now: Instant) -> None:
        trips = [max(1, one.back_ms - one.sent_ms) for one in self._samples.values()]
        there, back = [], []
        for number, one in self._samples.items():
            before = self._samples.get(number - 1)
            if before is not None:
                gap = (one.there_ms - before.there_ms + _NOON_MS) % (2 * _NOON_MS) - _NOON_MS  # midnight may be between
                there.append(abs(gap - (one.sent_ms - before.sent_ms)))
                back.append(abs((one.back_ms - before.back_ms) - gap))
        arrived = max(one.received for one in self._samples.values())
        self.result = JitterResult(
            Spread.of(trips),
            Spread.of(there),
            Spread.of(back),
            sum(trip > self.settings.threshold_ms for trip in trips),
            max(0, self._last - arrived),
            max(0, min(arrived, self._last) - len(trips)),
            self._sent - self._last,
            self._disordered,
        )
        self._took(self.result.round_trip.mean, now)
