"""`ip sla responder`: opens ports for those that ask on UDP 1967, and answers what comes to them.

A port opened by a control message stays open as long as was asked, a permanent one (`ip sla responder udp-echo|
tcp-connect port N`) for ever. A datagram comes back as it was, but a packet of `udp-jitter` with the time it came and
how many of its row have come. A SYN is answered and the connection forgotten: what follows on it is reset. Not here:
keys, TWAMP.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.base.time import SECOND, Instant
from iosh.proto.machine import Desk, Path, SendDatagram, SendPacket
from iosh.proto.sla.operation import Listen
from iosh.wire import ipv4, tcp
from iosh.wire.sla import CONTROL_PORT, GRANTED, MEASUREMENT, PROBE_SIZE, Control, Probe, day_ms
from iosh.wire.tcp import Tcp

MOST_PORTS: Final = 1000
_RECENT = 5
_LIFE_S = 60  # where the asker does not say
_TTL = 255
_WINDOW = 4128


class PermanentPort(NamedTuple):
    """`ip sla responder udp-echo|tcp-connect [ipaddress A] port N`."""

    kind: str
    port: int
    address: IPv4 | None = None


class ResponderSettings(NamedTuple):
    """`control`: `ip sla responder` itself."""

    control: bool = True
    permanent: tuple[PermanentPort, ...] = ()


class Responder:
    """One router's. `opened` are the ports others asked for; `recent` who asked, the latest first, and when."""

    def __init__(self, settings: ResponderSettings, desk: Desk, utc_ns: Callable[[Instant], int], now: Instant) -> None:
        self.settings = settings
        self.counters = desk.counters
        self.opened: dict[int, Instant] = {}
        self.recent: list[tuple[IPv4, Instant]] = []
        self._rows: dict[tuple[IPv4, int, int], int] = {}  # of each sender, how many packets of its row came
        self._desk = desk
        self._utc_ns = utc_ns
        self._listen(True)

    def settle(self, settings: ResponderSettings, now: Instant) -> bool:
        """Other ports are another responder."""
        return False

    def stop(self, now: Instant) -> None:
        """No longer wanted."""
        self._listen(False)
        for port in list(self.opened):
            self._close(port)

    def wake(self, name: Hashable, now: Instant) -> None:
        """A port's time is over."""
        assert isinstance(name, int)
        self._close(name)

    def receive(self, payload: bytes, path: Path, now: Instant) -> None:
        """A datagram for a port of ours."""
        if path.local_port == CONTROL_PORT and self.settings.control:
            self._asked(payload, path, now)
        elif self._answers(path, "udp-echo"):
            self.counters["datagrams"] += 1
            is_probe = len(payload) >= PROBE_SIZE and payload[:2] == MEASUREMENT.to_bytes(2, "big")
            self._answer(self._stamped(payload, path, now) if is_probe else payload, path)
        else:
            self.counters["other_port"] += 1

    def segment_arrived(self, segment: Tcp, path: Path, now: Instant) -> None:
        """A TCP segment for a port of ours."""
        if not self._answers(path, "tcp-connect"):
            return
        answer = segment.reset()
        if segment.flags & (tcp.SYN | tcp.ACK | tcp.RST) == tcp.SYN:
            self.counters["connections"] += 1
            mine, after = self._desk.rng.below(1 << 32), segment.sequence + 1 & 0xFFFFFFFF
            answer = Tcp(segment.destination, segment.source, mine, after, tcp.SYN | tcp.ACK, _WINDOW)
        if answer is not None:
            data = answer.encode(path.local, path.remote)
            identification = self._desk.rng.below(0x10000)
            packet = ipv4.packet(path.local, path.remote, ipv4.TCP, data, _TTL, 0, identification)
            self._desk.put(SendPacket(packet))

    def _asked(self, payload: bytes, path: Path, now: Instant) -> None:
        self.counters["control_messages"] += 1
        try:
            asked = Control.decode(payload)
        except Malformed:
            self.counters["control_errors"] += 1
            return
        if asked.port not in self.opened and len(self.opened) >= MOST_PORTS:
            self.counters["control_errors"] += 1
            return
        self.recent = [(path.remote, now), *(one for one in self.recent if one[0] != path.remote)][:_RECENT]
        if asked.port not in self.opened:
            self._desk.put(Listen(asked.port, True))
            self._desk.put(Listen(asked.port, True, tcp=True))
        ours = path.remote, path.remote_port, asked.port
        self._rows = {key: row for key, row in self._rows.items() if key != ours and key[2] in self.opened}
        self.opened[asked.port] = ends = now + (asked.life_s or _LIFE_S) * SECOND
        self._desk.ring_at(asked.port, ends)
        self._answer(asked._replace(status=GRANTED).encode(), path)

    def _stamped(self, payload: bytes, path: Path, now: Instant) -> bytes:
        probe = Probe.decode(payload)
        key = path.remote, path.remote_port, path.local_port
        came = self._rows.get(key, 0) + 1
        if came > 1 or len(self._rows) < MOST_PORTS:
            self._rows[key] = came
        stamped = probe._replace(received_ms=day_ms(self._utc_ns(now)), received=came & 0xFFFF)
        return stamped.encode() + payload[PROBE_SIZE:]

    def _answers(self, path: Path, kind: str) -> bool:
        return path.local_port in self.opened or any(
            one.kind == kind and one.port == path.local_port and one.address in (None, path.local)
            for one in self.settings.permanent
        )

    def _answer(self, payload: bytes, path: Path) -> None:
        self._desk.put(SendDatagram(path.local, path.remote, path.local_port, path.remote_port, payload))

    def _listen(self, on: bool) -> None:
        if self.settings.control:
            self._desk.put(Listen(CONTROL_PORT, on))
        for one in self.settings.permanent:
            self._desk.put(Listen(one.port, on, one.kind == "tcp-connect"))

    def _close(self, port: int) -> None:
        del self.opened[port]
        self._desk.no_ring(port)
        self._desk.put(Listen(port, False))
        self._desk.put(Listen(port, False, tcp=True))
