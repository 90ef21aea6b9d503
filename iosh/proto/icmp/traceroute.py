"""`traceroute` as a machine: UDP probes of growing time-to-live, each to the next port from 33434 up.

Who answers with time exceeded is a router on the way, who answers with an unreachable is the end of it. Printed as
IOS does: an address once per row of answers from it, the time of each probe, ` * ` for silence and `!H`, `!N`, `!P`,
`!A`, `!Q` or `!?` for an unreachable that is not for the port.
Not here: names of hops, several destinations per hop shown on one line, ICMP probes, IP options.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.time import MILLISECOND, SECOND, Instant
from iosh.proto.icmp.arrival import Finished, IcmpArrived, Say
from iosh.proto.machine import Desk, SendPacket
from iosh.wire import icmp, ipv4
from iosh.wire.udp import Udp

FIRST_PORT: Final = 33434

_WAIT = "wait"
_MARKS = {
    icmp.NET_UNREACHABLE: "!N",
    icmp.HOST_UNREACHABLE: "!H",
    icmp.PROTOCOL_UNREACHABLE: "!P",
    icmp.ADMINISTRATIVELY_PROHIBITED: "!A",
}


class TracerouteSettings(NamedTuple):
    """What to trace. `source` is None when nothing leads to the destination; `name` the name the user gave, if any."""

    destination: IPv4
    source: IPv4 | None
    name: str | None = None
    timeout_s: int = 3
    probes: int = 3
    minimum_ttl: int = 1
    maximum_ttl: int = 30
    port: int = FIRST_PORT
    vrf: str = ""


class Traceroute:
    """One `traceroute` command. `start` it; give it every `IcmpArrived`; `stop` it when the user has had enough."""

    def __init__(self, settings: TracerouteSettings, desk: Desk) -> None:
        self.settings = settings
        self._desk = desk
        self._source_port = 49152 + desk.rng.below(16384 - 512)
        self._ttl = settings.minimum_ttl
        self._probe = 0  # of this hop
        self._sent = 0
        self._sent_at: Instant = 0
        self._speaker: IPv4 | None = None  # who answered last on this row
        self._row_begun = False
        self._reached = False

    def start(self, now: Instant) -> None:
        """The heading, and the first probe."""
        s = self.settings
        target = f"{s.name} ({s.destination})" if s.name else str(s.destination)
        self._say(f"Type escape sequence to abort.\nTracing the route to {target}\n")
        self._say("VRF info: (vrf in name/id, vrf out name/id)\n")
        self._send(now)

    def icmp_arrived(self, arrival: IcmpArrived, now: Instant) -> None:
        """Some ICMP message came to this router; is it about the probe we wait for?"""
        quoted = arrival.quoted
        if quoted is None or quoted.protocol != ipv4.UDP or quoted.destination != self.settings.destination:
            return
        if quoted.data[:4] != self._ports():
            return
        message = arrival.message
        if message.type == icmp.TIME_EXCEEDED:
            self._answered(arrival.source, self._time(now), now)
        elif message.type == icmp.UNREACHABLE:
            self._reached = True
            told = self._time(now) if message.code == icmp.PORT_UNREACHABLE else _MARKS.get(message.code, "!?") + " "
            self._answered(arrival.source, told, now)
        elif message.type == icmp.SOURCE_QUENCH:
            self._answered(arrival.source, "!Q ", now)

    def wake(self, name: Hashable, now: Instant) -> None:
        """Nobody answered in time."""
        self._say(("" if self._row_begun else " ") + " * ")
        self._row_begun = True
        self._next(now)

    def stop(self, now: Instant) -> None:
        """The user broke it off."""
        self._desk.no_ring(_WAIT)
        self._say("\n")
        self._desk.put(Finished())

    def _ports(self) -> bytes:
        port = (self.settings.port + self._sent - 1) & 0xFFFF
        return self._source_port.to_bytes(2, "big") + port.to_bytes(2, "big")

    def _time(self, now: Instant) -> str:
        return f"{(now - self._sent_at) // MILLISECOND} msec"

    def _send(self, now: Instant) -> None:
        s = self.settings
        if self._probe == 0:
            self._say(f"{self._ttl:3}")
            self._speaker, self._row_begun = None, False
        self._sent += 1
        self._sent_at = now
        self._desk.ring_at(_WAIT, now + s.timeout_s * SECOND)
        if s.source is None:
            return
        port = (s.port + self._sent - 1) & 0xFFFF
        probe = Udp(self._source_port, port, b"").encode(s.source, s.destination)
        identification = self._desk.rng.below(0x10000)
        packet = ipv4.packet(s.source, s.destination, ipv4.UDP, probe, self._ttl, 0, identification)
        self._desk.put(SendPacket(packet, s.vrf))

    def _answered(self, speaker: IPv4, told: str, now: Instant) -> None:
        if speaker != self._speaker:
            self._say(f"\n    {speaker}" if self._row_begun else f" {speaker}")
            self._speaker = speaker
        self._row_begun = True
        self._say(f" {told}")
        self._next(now)

    def _next(self, now: Instant) -> None:
        self._probe += 1
        if self._probe < self.settings.probes:
            self._send(now)
            return
        self._say("\n")
        self._probe = 0
        self._ttl += 1
        if self._reached or self._ttl > self.settings.maximum_ttl:
            self._desk.no_ring(_WAIT)
            self._desk.put(Finished())
        else:
            self._send(now)

    def _say(self, text: str) -> None:
        self._desk.put(Say(text))
