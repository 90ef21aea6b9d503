"""What IP SLA sends over UDP: the control messages that open a responder's port, and the packets of `udp-jitter`.

Cisco has not published this control protocol (version 1, UDP port 1967). What is here is what open responders that
answer to Cisco's routers know of it: where version, length, address and port stand, and that an answer is 24 bytes of
which the second word says 8. The packets are of the form with milliseconds. Not here: the keyed form of the control
messages, stamps in microseconds, version 2 (RFC 6812).
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.time import MILLISECOND
from iosh.wire.reader import Reader

CONTROL_PORT: Final = 1967
GRANTED: Final = 8
MEASUREMENT: Final = 2  # the kind of packet that carries stamps in milliseconds
PROBE_SIZE: Final = 16

_CONTROL = Struct("!BBH8sIIHH")
_PROBE = Struct("!HHIIHH")
_VERSION = 1
_DAY_MS = 86_400_000


class Control(NamedTuple):
    """Open this port, please; and the answer, whose `status` is 8 if it is open.

    |  version 1  |     0       |  length, or status in an answer   |
    |         8 bytes that are zero in an answer ...
    |    4 bytes   |            address                             |
    |            port             |            seconds              |
    """

    address: IPv4
    port: int
    life_s: int = 0
    status: int = _CONTROL.size

    @classmethod
    def decode(cls, data: bytes) -> Control:
        """The payload of a datagram of port 1967."""
        r = Reader(data, "ip sla control")
        version, _, status, _, _, address, port, life = r.unpack(_CONTROL)
        if version != _VERSION:
            raise r.refuse("version")
        return cls(IPv4(address), port, life, status)

    def encode(self) -> bytes:
        return _CONTROL.pack(_VERSION, 0, self.status, bytes(8), 0, self.address, self.port, self.life_s)


class Probe(NamedTuple):
    """A packet of `udp-jitter`; the responder fills in when it came, and how many of this run have come so far.

    |          kind 2           |     milliseconds the responder held it     |
    |                 sent, milliseconds since midnight UTC                  |
    |               received, milliseconds since midnight UTC                |
    |      sequence number      |     received by the responder so far       |
    """

    sequence: int
    sent_ms: int
    received_ms: int = 0
    received: int = 0

    @classmethod
    def decode(cls, data: bytes) -> Probe:
        """The payload of a datagram; padding follows."""
        r = Reader(data, "ip sla probe")
        kind, _, sent, came, sequence, received = r.unpack(_PROBE)
        if kind != MEASUREMENT:
            raise r.refuse("kind")
        return cls(sequence, sent, came, received)

    def encode(self) -> bytes:
        return _PROBE.pack(MEASUREMENT, 0, self.sent_ms, self.received_ms, self.sequence, self.received)


def day_ms(unix_ns: int) -> int:
    """Milliseconds since midnight UTC."""
    return unix_ns // MILLISECOND % _DAY_MS
