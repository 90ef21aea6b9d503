"""`ping` as a machine (RFC 792 echo): one request at a time, the next as soon as the last is answered or timed out.

It says what IOS prints, character by character: `!` answered, `.` timed out, `U` unreachable, `Q` source quench, `M`
too big for DF, `&` time-to-live exceeded, `?` another error. Round trips are whole milliseconds, at least one.
Not here: sweeps of sizes, record route and other options, verbose and broadcast pings.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.time import MILLISECOND, SECOND, Instant
from iosh.proto.icmp.arrival import Finished, IcmpArrived, Say
from iosh.proto.machine import Desk, SendPacket
from iosh.wire import icmp, ipv4
from iosh.wire.icmp import Icmp

HEADERS: Final = 28  # IPv4 and ICMP
COLUMNS: Final = 70

_TTL = 255
_WAIT = "wait"
_UNREACHABLE = {icmp.FRAGMENTATION_NEEDED: "M"}
_ERRORS = {icmp.UNREACHABLE: "U", icmp.SOURCE_QUENCH: "Q", icmp.TIME_EXCEEDED: "&"}


class PingSettings(NamedTuple):
    """What to send. `source` is None when nothing leads to the destination; `source_named` if the user chose it."""

    destination: IPv4
    source: IPv4 | None
    source_named: bool = False
    repeat: int = 5
    size: int = 100  # of the whole IP packet
    timeout_s: int = 2
    df: bool = False
    tos: int = 0
    pattern: int = 0xABCD
    vrf: str = ""


class Ping:
    """One `ping` command. `start` it; give it every `IcmpArrived`; `stop` it when the user has had enough."""

    def __init__(self, settings: PingSettings, desk: Desk) -> None:
        self.settings = settings
        self.sent = 0
        self.received = 0
        self._marked = 0  # requests that came to an end
        self._desk = desk
        self._identifier = desk.rng.below(0x10000)
        self._sent_at: Instant = 0
        self._trips: list[int] = []

    def start(self, now: Instant) -> None:
        """The heading, and the first request."""
        s = self.settings
        self._say("Type escape sequence to abort.\n")
        self._say(
            f"Sending {s.repeat}, {s.size}-byte ICMP Echos to {s.destination}, timeout is {s.timeout_s} seconds:\n"
        )
        if s.source_named:
            self._say(f"Packet sent with a source address of {s.source} \n")
        if s.df:
            self._say("Packet sent with the DF bit set\n")
        self._send(now)

    def icmp_arrived(self, arrival: IcmpArrived, now: Instant) -> None:
        """Some ICMP message came to this router; is it about the request we wait for?"""
        echo = arrival.message
        if arrival.quoted is not None:
            if arrival.quoted.destination != self.settings.destination or len(arrival.quoted.data) < 8:
                return
            echo = Icmp(arrival.quoted.data[0], 0, int.from_bytes(arrival.quoted.data[4:8], "big"), b"")
        wanted = icmp.ECHO if arrival.quoted is not None else icmp.ECHO_REPLY
        if echo.type != wanted or (echo.identifier, echo.sequence) != (self._identifier, self._sequence):
            return
        if arrival.quoted is None:
            self.received += 1
            self._trips.append(max(1, (now - self._sent_at + MILLISECOND // 2) // MILLISECOND))
            self._mark("!", now)
        elif arrival.message.type == icmp.UNREACHABLE:
            self._mark(_UNREACHABLE.get(arrival.message.code, "U"), now)
        else:
            self._mark(_ERRORS.get(arrival.message.type, "?"), now)

    def wake(self, name: Hashable, now: Instant) -> None:
        """Nobody answered in time."""
        self._mark(".", now)

    def stop(self, now: Instant) -> None:
        """The user broke it off: the summary of what there was."""
        self._desk.no_ring(_WAIT)
        self._summary()

    @property
    def _sequence(self) -> int:
        return (self.sent - 1) & 0xFFFF

    def _send(self, now: Instant) -> None:
        s = self.settings
        self.sent += 1
        self._sent_at = now
        self._desk.ring_at(_WAIT, now + s.timeout_s * SECOND)
        if s.source is None:
            return
        filling = s.pattern.to_bytes(2, "big") * (s.size // 2 + 1)
        echo = Icmp(icmp.ECHO, 0, self._identifier << 16 | self._sequence, filling[: max(0, s.size - HEADERS)])
        flags = ipv4.DF if s.df else 0
        self._desk.put(
            SendPacket(
                ipv4.packet(
                    s.source, s.destination, ipv4.ICMP, echo.encode(), _TTL, s.tos, self._desk.rng.below(0x10000), flags
                ),
                s.vrf,
            )
        )

    def _mark(self, character: str, now: Instant) -> None:
        self._marked += 1
        done = self._marked >= self.settings.repeat
        self._say(character + ("\n" if self._marked % COLUMNS == 0 or done else ""))
        if done:
            self._desk.no_ring(_WAIT)
            self._summary()
        else:
            self._send(now)

    def _summary(self) -> None:
        rate = 100 * self.received // self._marked if self._marked else 0
        line = f"Success rate is {rate} percent ({self.received}/{self._marked})"
        if self._trips:
            average = sum(self._trips) // len(self._trips)
            line += f", round-trip min/avg/max = {min(self._trips)}/{average}/{max(self._trips)} ms"
        open_line = self._marked % COLUMNS and self._marked < self.settings.repeat
        self._say(("\n" if open_line else "") + line + "\n")
        self._desk.put(Finished())

    def _say(self, text: str) -> None:
        self._desk.put(Say(text))
