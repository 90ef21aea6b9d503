"""The receive ring of an AF_PACKET socket (TPACKET_V2 of packet_mmap.rst): frames from memory, without a call each.

The kernel writes each frame into a slot and hands the slot over by its status word; taking the frame hands it back.
What is longer than a slot is a super-frame: the slot says so, and the frame waits in the socket as if there were no
ring. A ring that is full is a full socket buffer: the kernel drops.
"""

from __future__ import annotations

import mmap
import socket
from struct import Struct
from typing import Final

from iosh.wire.offload import HEADER_SIZE

_SOL_PACKET: Final = 263
_RX_RING, _COPY_THRESHOLD, _VERSION = 5, 7, 10
_V2: Final = 1
_REQUEST: Final = Struct("IIII")  # struct tpacket_req: size and number of blocks, size and number of slots
_SLOT: Final = 2048
_SLOTS: Final = 512
_BLOCK: Final = 1 << 16
_HEAD: Final = Struct("=IIIHHIIHH")  # struct tpacket2_hdr: status len snaplen mac net sec nsec vlan_tci vlan_tpid
_STATUS: Final = Struct("=I")
_USER, _COPIED, _VLAN_VALID = 0x1, 0x2, 0x10
_KERNEL: Final = 0

Taken = tuple[bytes, bytes, tuple[int, int] | None]
IN_SOCKET: Final[Taken] = b"", b"", None


class PacketRing:
    """The ring of one socket, whose offload headers are on already."""

    def __init__(self, owner: socket.socket) -> None:
        """`OSError` where the kernel gives none."""
        owner.setsockopt(_SOL_PACKET, _VERSION, _V2)
        owner.setsockopt(_SOL_PACKET, _COPY_THRESHOLD, 1)
        size = _SLOT * _SLOTS
        owner.setsockopt(_SOL_PACKET, _RX_RING, _REQUEST.pack(_BLOCK, size // _BLOCK, _SLOT, _SLOTS))
        self._memory = mmap.mmap(owner.fileno(), size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._at = 0

    def take(self) -> Taken | None:
        """The next frame, if there is one: its offload header, the frame, and kind and value of the VLAN tag that was
        taken off; or `IN_SOCKET`, if it is too long for a slot.
        """
        memory, at = self._memory, self._at
        status, _, size, begin, _, _, _, tag, kind = _HEAD.unpack_from(memory, at)
        if not status & _USER:
            return None
        self._at = (at + _SLOT) % len(memory)
        begin += at
        found = IN_SOCKET
        if not status & _COPIED:
            off = (kind or 0x8100, tag) if status & _VLAN_VALID else None
            found = memory[begin - HEADER_SIZE : begin], memory[begin : begin + size], off
        _STATUS.pack_into(memory, at, _KERNEL)
        return found

    def close(self) -> None:
        self._memory.close()
