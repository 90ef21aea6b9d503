"""The Network Time Protocol, version 4 (RFC 5905 section 7.3): the header that clients and servers exchange.

Timestamps are 64-bit fixed point, 32 bits of seconds since 1900 and 32 of fraction; era 0 and 1 are told apart by
their first bit (RFC 4330 section 3). What follows the header (extensions, an authentication code) is passed over.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from iosh.base.time import SECOND
from iosh.wire.reader import Reader

PORT: Final = 123
CLIENT: Final = 3
SERVER: Final = 4
UNSYNCHRONIZED: Final = 3  # the leap indicator's alarm
VERSION: Final = 4

_HEADER = Struct("!BBbbII4sQQQQ")
_TO_1970 = 2208988800
_ERA = 1 << 32
_SHORT = 1 << 16


class Ntp(NamedTuple):
    """One message. Delay and dispersion are in units of 2**-16 s, timestamps in 2**-32 s since 1900.

    |LI| VN |Mode |    Stratum    |     Poll      |   Precision   |
    | root delay | root dispersion | reference ID | reference, originate, receive, transmit timestamp
    """

    mode: int
    stratum: int = 0
    transmit: int = 0
    originate: int = 0
    receive: int = 0
    reference: int = 0
    reference_id: bytes = bytes(4)
    leap: int = 0
    version: int = VERSION
    poll: int = 6
    precision: int = -10
    root_delay: int = 0
    root_dispersion: int = 0

    @classmethod
    def decode(cls, data: bytes) -> Ntp:
        """The payload of a datagram."""
        r = Reader(data, "ntp")
        first, stratum, poll, precision, delay, dispersion, name, *times = r.unpack(_HEADER)
        reference, originate, receive, transmit = times
        version = first >> 3 & 7
        if not 1 <= version <= VERSION:
            raise r.refuse("version")
        return cls(
            first & 7, stratum, transmit, originate, receive, reference, name, first >> 6, version,
            poll, precision, delay, dispersion,
        )  # fmt: skip

    def encode(self) -> bytes:
        first = self.leap << 6 | self.version << 3 | self.mode
        return _HEADER.pack(
            first, self.stratum, self.poll, self.precision, self.root_delay, self.root_dispersion, self.reference_id,
            self.reference, self.originate, self.receive, self.transmit,
        )  # fmt: skip


def timestamp(unix_ns: int) -> int:
    """Nanoseconds since 1970 as a timestamp."""
    seconds, rest = divmod(unix_ns, SECOND)
    return (seconds + _TO_1970) % _ERA << 32 | (rest << 32) // SECOND


def unix_ns(stamp: int) -> int:
    """A timestamp as nanoseconds since 1970; from 1968 to 2104."""
    seconds, fraction = stamp >> 32, stamp & 0xFFFFFFFF
    if not seconds >> 31:
        seconds += _ERA
    return (seconds - _TO_1970) * SECOND + ((fraction * SECOND + (1 << 31)) >> 32)


def short(span_ns: int) -> int:
    """A span in units of 2**-16 s."""
    return min(0xFFFFFFFF, max(0, span_ns) * _SHORT // SECOND)


def span_ns(value: int) -> int:
    """Units of 2**-16 s as a span."""
    return value * SECOND // _SHORT
