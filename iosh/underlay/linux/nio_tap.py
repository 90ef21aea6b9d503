"""A TAP interface (the kernel's tuntap.rst): one that we make and the host plugs in; it is gone when we end.

The host finishes no checksums on it and hands us super-frames, as it would to good hardware (`TUNSETOFFLOAD`), and
`wire/offload.py` does that work. Needs CAP_NET_ADMIN, or an interface that was made for our user beforehand
(`ip tuntap add NAME mode tap user USER vnet_hdr`).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
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

_CLONE: Final = "/dev/net/tun"
_SETIFF, _SETOFFLOAD = 0x400454CA, 0x400454D0
_TAP, _NO_PI, _VNET_HDR = 0x2, 0x1000, 0x4000
_CHECKSUMS, _TSO4, _USO4, _USO6 = 0x1, 0x2, 0x20, 0x40
_LARGEST: Final = HEADER_SIZE + 65_535 + 22
_GONE: Final = (errno.EIO, errno.EBADFD)


class TapNio:
    """Frames to and from one TAP interface."""

    takes_trains = True
    lent = None

    def __init__(self, word: str, name: str) -> None:
        self.word = word
        self.drops: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self._name = name
        self._lost = 0
        try:
            self._file = os.open(_CLONE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise CannotOpen(f"{_CLONE} cannot be opened: {error.strerror}", error.errno == errno.EACCES) from None
        try:
            request = struct.pack("16sH22x", name.encode(), _TAP | _NO_PI | _VNET_HDR)
            fcntl.ioctl(self._file, _SETIFF, request)
            self._offer()
            with contextlib.suppress(PermissionError):  # made for us beforehand: whoever made it brings it up
                netdevice.set_up(name)
        except OSError as error:
            os.close(self._file)
            if error.errno == errno.EPERM:
                raise CannotOpen(
                    f"making {name} needs the capability CAP_NET_ADMIN: run as root, or grant it to the program", True
                ) from None
            raise CannotOpen(f"{name} cannot be made: {error.strerror}") from None
        self.look()

    @property
    def carrier(self) -> bool:
        return self._carrier

    def fileno(self) -> int:
        return self._file

    def look(self) -> None:
        self._carrier = netdevice.is_running(self._name)
        before, self._lost = self._lost, netdevice.lost_on_the_way_out(self._name)
        if self._lost > before:
            self.errors[OVERRUN] += self._lost - before

    def read(self) -> list[Frame]:
        frames: list[Frame] = []
        while len(frames) < BATCH:
            try:
                data = os.read(self._file, _LARGEST)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno not in _GONE:
                    raise
                self._carrier = False
                break
            header, frame = data[:HEADER_SIZE], data[HEADER_SIZE:]
            if header == PLAIN:
                frames.append(frame)
                continue
            try:
                frames.append(offload.whole(Offload.decode(header), frame))
            except Malformed:
                self.errors["offload"] += 1
        return frames

    def write(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            try:
                os.writev(self._file, (PLAIN, frame) if isinstance(frame, bytes) else offload.unfinished(frame))
            except OSError as error:
                if error.errno in (errno.EAGAIN, errno.ENOBUFS):
                    self.drops["buffer full"] += 1
                elif error.errno in _GONE:
                    self.drops["interface down"] += 1
                elif error.errno == errno.EINVAL:
                    self.drops["runt"] += 1
                else:
                    raise

    def hear(self, mac: bytes) -> None:
        """Every frame is heard here."""

    def close(self) -> None:
        os.close(self._file)

    def _offer(self) -> None:
        """Take what hardware would: unfinished checksums and super-frames; kernels before 6.2 know no USO."""
        for offers in (_CHECKSUMS | _TSO4 | _USO4 | _USO6, _CHECKSUMS | _TSO4):
            with contextlib.suppress(OSError):
                fcntl.ioctl(self._file, _SETOFFLOAD, offers)
                return
