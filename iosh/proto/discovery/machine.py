"""Who is at the other end of a cable: CDP (version 2) and LLDP (IEEE 802.1AB) on one interface.

Both work alike: what we are is sent when the interface comes up, when it changes, and every `timer_s`; what a
neighbour says is believed for the time it gives. A neighbour not known before is greeted within a second (802.1AB's
fast start, which does CDP no harm). When the interface or the protocol is taken away, a last message with no time
left lets the neighbour forget us at once. What is told is bounded: more neighbours than `MOST` on one cable are not
kept. Not here: LLDP-MED, per-TLV selection, CDP's log of mismatches.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, NamedTuple

from iosh.base.errors import Malformed
from iosh.base.time import SECOND, Instant
from iosh.proto.machine import Desk, SendFrame
from iosh.wire import cdp, lldp
from iosh.wire.cdp import Cdp
from iosh.wire.lldp import Lldp

__all__ = ["CDP", "LLDP", "MOST", "Cdp", "Discovery", "DiscoverySettings", "Lldp", "Neighbour"]

CDP: Final = "cdp"
LLDP: Final = "lldp"
MOST: Final = 256

_SEND = "send"
_GREET = "greet"
_FORGET = "forget"


class DiscoverySettings(NamedTuple):
    """One protocol on one interface; `says` is our own message, whose time to live is `hold_s`."""

    interface: str
    mac: bytes
    says: Cdp | Lldp
    timer_s: int
    hold_s: int
    transmit: bool = True
    receive: bool = True


class Neighbour(NamedTuple):
    """What was last heard from one, until when it is believed, and the MAC address it came from."""

    message: Cdp | Lldp
    expires: Instant
    source: bytes


class Discovery:
    """One protocol on one interface. `neighbours` by who they are: device or chassis, and port."""

    def __init__(self, settings: DiscoverySettings, desk: Desk, up: bool, now: Instant) -> None:
        self.settings = settings
        self.neighbours: dict[tuple[Hashable, Hashable], Neighbour] = {}
        self.counters = desk.counters
        self._desk = desk
        self._up = False
        self.link_changed(up, now)

    @property
    def protocol(self) -> str:
        return CDP if isinstance(self.settings.says, Cdp) else LLDP

    def link_changed(self, up: bool, now: Instant) -> None:
        """The interface can carry frames now, or no longer."""
        if up == self._up:
            return
        self._up = up
        if up:
            self._send(now)
        else:
            self.neighbours.clear()
            for name in (_SEND, _GREET, _FORGET):
                self._desk.no_ring(name)

    def settle(self, settings: DiscoverySettings, now: Instant) -> bool:
        """Always in flight: what we say of ourselves is news for the neighbour."""
        had, self.settings = self.settings, settings
        if had.transmit and not settings.transmit:
            self._say(had, 0)
        if not settings.receive:
            self.neighbours.clear()
            self._desk.no_ring(_FORGET)
        self._send(now)
        return True

    def receive(self, message: bytes, source: bytes, now: Instant) -> None:
        """A message of this protocol came in by this interface, from a MAC address."""
        counters = self.counters
        if not self.settings.receive or not self._up:
            counters["not_wanted"] += 1
            return
        try:
            heard, hold_s, who = self._read(message)
        except Malformed:
            counters["malformed"] += 1
            return
        counters["received"] += 1
        if isinstance(heard, Cdp) and heard.version == 1:
            counters["received_v1"] += 1
        if hold_s == 0:
            self.neighbours.pop(who, None)
            self._keep_time()
            return
        if who not in self.neighbours:
            if len(self.neighbours) >= MOST:
                counters["too_many"] += 1
                return
            if self.settings.transmit and self._desk.rings_at(_GREET) is None:
                self._desk.ring_at(_GREET, now + SECOND)
        self.neighbours[who] = Neighbour(heard, now + hold_s * SECOND, source)
        self._keep_time()

    def wake(self, name: Hashable, now: Instant) -> None:
        """Time to speak, or to forget."""
        if name == _FORGET:
            for who in [who for who, one in self.neighbours.items() if one.expires <= now]:
                del self.neighbours[who]
                self.counters["aged"] += 1
            self._keep_time()
        else:
            self._send(now)

    def stop(self, now: Instant) -> None:
        """No longer wanted here."""
        if self._up and self.settings.transmit:
            self._say(self.settings, 0)
        self.link_changed(False, now)

    def _read(self, message: bytes) -> tuple[Cdp | Lldp, int, tuple[Hashable, Hashable]]:
        if self.protocol == CDP:
            told = Cdp.decode(message)
            return told, told.hold_s, (told.device, told.port)
        said = Lldp.decode(message)
        return said, said.ttl_s, (said.chassis, said.port)

    def _send(self, now: Instant) -> None:
        s = self.settings
        if not s.transmit or not self._up:
            self._desk.no_ring(_SEND)
            return
        self._say(s, s.hold_s)
        self._desk.ring_at(_SEND, now + s.timer_s * SECOND)

    def _say(self, settings: DiscoverySettings, hold_s: int) -> None:
        if not self._up:
            return
        self.counters["sent"] += 1
        says = settings.says
        if isinstance(says, Cdp):
            frame = cdp.frame(settings.mac, says._replace(hold_s=hold_s).encode())
        else:
            frame = lldp.frame(settings.mac, says._replace(ttl_s=hold_s).encode())
        self._desk.put(SendFrame(settings.interface, frame))

    def _keep_time(self) -> None:
        if not self.neighbours:
            self._desk.no_ring(_FORGET)
            return
        self._desk.ring_at(_FORGET, min(one.expires for one in self.neighbours.values()))
