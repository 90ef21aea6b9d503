"""The `icmp-echo` operation of IP SLA: one echo request, and its reply."""

from __future__ import annotations

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.proto.machine import SendPacket
from iosh.proto.sla.operation import NO_CONNECTION, Operation
from iosh.wire import icmp, ipv4
from iosh.wire.icmp import Icmp, Quoted

_TTL = 255
_DATA_SIZE = 28
_PATTERN = b"\xab\xcd"


class Echo(Operation):
    """One operation."""

    def _prepare(self) -> None:
        self._identifier = self._desk.rng.below(0x10000)
        self._sequence = 0

    def icmp_arrived(self, source: IPv4, message: Icmp, quoted: Quoted | None, now: Instant) -> None:
        """Some ICMP message came to this router; is it about the request under way?"""
        if not self._under_way:
            return
        ours = self._identifier << 16 | self._sequence
        if quoted is not None:
            about = int.from_bytes(quoted.data[4:8], "big") if len(quoted.data) >= 8 else -1
            if quoted.destination == self.settings.destination and quoted.data[:1] == b"\x08" and about == ours:
                self._complete(NO_CONNECTION, None, now)
        elif message.type == icmp.ECHO_REPLY and message.rest == ours and source == self.settings.destination:
            self._answered(now)

    def _begin(self, source: IPv4, now: Instant) -> None:
        s = self.settings
        self._sequence = (self._sequence + 1) & 0xFFFF
        size = _DATA_SIZE if s.data_size is None else s.data_size
        data = (_PATTERN * (size // 2 + 1))[:size]
        echo = Icmp(icmp.ECHO, 0, self._identifier << 16 | self._sequence, data).encode()
        identification = self._desk.rng.below(0x10000)
        packet = ipv4.packet(source, s.destination, ipv4.ICMP, echo, _TTL, s.tos, identification)
        self._desk.put(SendPacket(packet))
