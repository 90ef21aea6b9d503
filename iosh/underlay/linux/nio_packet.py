"""A host interface by AF_PACKET (packet(7)), with a MAC address of our own beside the host's.

The host keeps its address and does not see ours: frames for our MAC are not its, so its stack answers none of them.
The interface takes our MAC into its filter (`PACKET_MR_UNICAST`; hardware that has no room goes promiscuous by itself)
and all groups. Checksums that the sender left to hardware are finished and super-frames cut (`wire/offload.py`), VLAN
tags that the kernel took off are put back (`PACKET_AUXDATA`), and what we send is not heard again. An interface that
vanishes and comes back under its name is taken again. Needs CAP_NET_RAW.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
from collections import Counter
from collections.abc import Sequence
from typing import Final

from iosh.base.errors import Malformed
from iosh.router.ports import OVERRUN
from iosh.underlay.linux import netdevice
from iosh.underlay.linux.nio import BATCH, CannotOpen
from iosh.wire import offload
from iosh.wire.offload import HEADER_SIZE, PLAIN, Offload
from iosh.wire.train import Frame

_ALL: Final = 0x0003  # ETH_P_ALL
_SOL_PACKET: Final = 263
_ADD_MEMBERSHIP, _DROP_MEMBERSHIP = 1, 2
_AUXDATA, _VNET_HDR, _IGNORE_OUTGOING = 8, 15, 23
_MR_ALLMULTI, _MR_UNICAST = 2, 3
_MEMBERSHIP: Final = struct.Struct("IHH8s")  # struct packet_mreq
_AUX: Final = struct.Struct("IIIHHHH")  # struct tpacket_auxdata: status len snaplen mac net vlan_tci vlan_tpid
_VLAN_VALID: Final = 0x10
_STATISTICS: Final = 6
_STATS: Final = struct.Struct("II")  # struct tpacket_stats: packets, drops; asking sets both to 0
_ANCILLARY: Final = socket.CMSG_SPACE(_AUX.size)
_LARGEST: Final = HEADER_SIZE + 65_535 + 22
_BUFFER: Final = 4 << 20
_GONE: Final = (errno.ENETDOWN, errno.ENXIO, errno.ENODEV)


class PacketNio:
    """Frames of one host interface."""

    takes_trains = True
    lent = None

    def __init__(self, word: str, name: str, mac: bytes) -> None:
        self.word = word
        self.drops: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self._name = name
        self._mac = mac
        self._index = 0
        self._carrier = False
        if not netdevice.index(name):
            raise CannotOpen(f"there is no interface {name} on this host")
        if not netdevice.is_ethernet(name):
            raise CannotOpen(f"{name} is not an Ethernet interface")
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except PermissionError:
            raise CannotOpen(
                f"opening {name} needs the capability CAP_NET_RAW: run as root, or grant it to the program", True
            ) from None
        self._socket.setblocking(False)
        for option in (_AUXDATA, _VNET_HDR, _IGNORE_OUTGOING):
            self._socket.setsockopt(_SOL_PACKET, option, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._buffer = bytearray(_LARGEST)
        self.look()

    @property
    def carrier(self) -> bool:
        return self._carrier

    def fileno(self) -> int:
        return self._socket.fileno()

    def look(self) -> None:
        index = netdevice.index(self._name)
        if index != self._index:
            self._index = index if index and self._bind(index) else 0
        self._carrier = bool(self._index) and netdevice.is_running(self._name)
        told = self._socket.getsockopt(_SOL_PACKET, _STATISTICS, _STATS.size)
        if lost := _STATS.unpack(told)[1]:
            self.errors[OVERRUN] += lost

    def read(self) -> list[Frame]:
        frames: list[Frame] = []
        buffer, receive = [self._buffer], self._socket.recvmsg_into
        while len(frames) < BATCH:
            try:
                size, ancillary, _, _ = receive(buffer, _ANCILLARY)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno not in _GONE:
                    raise
                self.look()
                break
            self._take(bytes(memoryview(self._buffer)[:size]), ancillary, frames)
        return frames

    def write(self, frames: Sequence[Frame]) -> None:
        send = self._socket.sendmsg
        for frame in frames:
            try:
                send((PLAIN, frame) if isinstance(frame, bytes) else offload.unfinished(frame))
            except OSError as error:
                self._lost(error)

    def hear(self, mac: bytes) -> None:
        before, self._mac = self._mac, mac
        if mac == before or not self._index:
            return
        with contextlib.suppress(OSError):  # it is going away: `look` will see
            self._membership(_ADD_MEMBERSHIP, self._index, _MR_UNICAST, mac)
            self._membership(_DROP_MEMBERSHIP, self._index, _MR_UNICAST, before)

    def close(self) -> None:
        self._socket.close()

    def _take(self, data: bytes, ancillary: list[tuple[int, int, bytes]], frames: list[Frame]) -> None:
        header, frame = data[:HEADER_SIZE], data[HEADER_SIZE:]
        for level, kind, value in ancillary:
            if level == _SOL_PACKET and kind == _AUXDATA:
                status, *_, tag, tag_kind = _AUX.unpack_from(value)
                if status & _VLAN_VALID:
                    frame = frame[:12] + struct.pack("!HH", tag_kind or 0x8100, tag) + frame[12:]
                    header = _moved(header)
        if header == PLAIN:
            frames.append(frame)
            return
        try:
            frames.append(offload.whole(Offload.decode(header), frame))
        except Malformed:
            self.errors["offload"] += 1

    def _bind(self, index: int) -> bool:
        try:
            self._socket.bind((self._name, _ALL))
            self._membership(_ADD_MEMBERSHIP, index, _MR_UNICAST, self._mac)
            self._membership(_ADD_MEMBERSHIP, index, _MR_ALLMULTI, b"")
        except OSError:  # it went away again meanwhile
            return False
        return True

    def _membership(self, change: int, index: int, kind: int, address: bytes) -> None:
        self._socket.setsockopt(_SOL_PACKET, change, _MEMBERSHIP.pack(index, kind, len(address), address))

    def _lost(self, error: OSError) -> None:
        if error.errno in (errno.EAGAIN, errno.ENOBUFS):
            self.drops["buffer full"] += 1
        elif error.errno == errno.EMSGSIZE:
            self.drops["too big"] += 1
        elif error.errno in _GONE:
            self.drops["interface down"] += 1
        else:
            raise error


def _moved(header: bytes) -> bytes:
    """With a tag put back, checksumming starts four bytes later."""
    told = Offload.decode(header)
    return told._replace(start=told.start + 4).encode() if told.start else header
