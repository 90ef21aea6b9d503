"""A packet capture file in libpcap's classic format, version 2.4: 24 bytes of header, 16 before each frame.

Little-endian, microseconds, link type Ethernet. Written here, read by everybody. Not here: reading, pcapng.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Final

from iosh.base.time import MICROSECOND, SECOND

SNAP: Final = 65535
ETHERNET: Final = 1

_MAGIC = 0xA1B2C3D4
_FILE = Struct("<IHHiIII")
_FRAME = Struct("<IIII")


def capture_file(frames: Iterable[tuple[int, bytes, int]]) -> bytes:
    """The whole file: of each frame its time in nanoseconds since 1970, what was kept of it, and its length."""
    parts = [_FILE.pack(_MAGIC, 2, 4, 0, 0, SNAP, ETHERNET)]
    for unix_ns, frame, length in frames:
        seconds, rest = divmod(unix_ns, SECOND)
        kept = frame[:SNAP]
        parts.append(_FRAME.pack(seconds & 0xFFFFFFFF, rest // MICROSECOND, len(kept), length))
        parts.append(kept)
    return b"".join(parts)
