"""A cable of datagrams, one Ethernet frame each: as Dynamips, GNS3, QEMU's `-netdev dgram` and freeRtr lay them.

Over UDP between machines or processes, or between two socket files of one machine. It has carrier from beginning to
end: nobody can tell whether the other side is there. No rights are needed.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
from collections import Counter
from collections.abc import Sequence
from typing import Final

from iosh.router.ports import OVERRUN
from iosh.underlay.linux.nio import BATCH, BadWord, CannotOpen, Overruns
from iosh.wire.train import Frame, single_frames

_LARGEST: Final = 65_535
_BUFFER: Final = 1 << 20

_Address = tuple[str, int] | str


class DatagramNio:
    """Frames as datagrams between `local` and `remote`."""

    takes_trains = False
    lent = None

    def __init__(self, word: str, family: int, local: _Address, remote: _Address) -> None:
        self.word = word
        self.drops: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self._remote = remote
        self._file = local if isinstance(local, str) else None
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._overruns = Overruns(self._socket)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        try:
            if self._file is not None:
                _make_room(self._file)
            self._socket.bind(local)
        except OSError as error:
            self._socket.close()
            if error.errno == errno.EACCES and self._file is None:
                raise CannotOpen(
                    f"{word} needs the capability CAP_NET_BIND_SERVICE: run as root, or take a port above 1023", True
                ) from None
            raise CannotOpen(f"{word}: cannot listen: {error.strerror}") from None

    @property
    def carrier(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._socket.fileno()

    def look(self) -> None:
        """Whether somebody is there cannot be seen; what came too fast can."""
        if lost := self._overruns.since():
            self.errors[OVERRUN] += lost

    def read(self) -> list[Frame]:
        frames: list[Frame] = []
        while len(frames) < BATCH:
            try:
                frame, sender = self._socket.recvfrom(_LARGEST)
            except BlockingIOError:
                break
            if sender == self._remote:
                frames.append(frame)
            else:
                self.errors["stranger"] += 1
        return frames

    def write(self, frames: Sequence[Frame]) -> None:
        for frame in single_frames(frames):
            try:
                self._socket.sendto(frame, self._remote)
            except BlockingIOError:
                self.drops["buffer full"] += 1
            except OSError:
                self.drops["nobody there"] += 1

    def hear(self, mac: bytes) -> None:
        """Every frame is heard here."""

    def close(self) -> None:
        self._socket.close()
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._file)


def open_udp(word: str, places: str) -> DatagramNio:
    """`LOCAL:PORT-REMOTE:PORT`; addresses with colons in brackets."""
    local, dash, remote = places.partition("-")
    try:
        if not dash:
            raise ValueError
        ends = _place(local), _place(remote)
        families = {ipaddress.ip_address(host).version for host, _ in ends}
        if len(families) != 1:
            raise ValueError
    except ValueError:
        raise BadWord(f"{word!r} is no cable: write udp:LOCAL:PORT-REMOTE:PORT with two addresses") from None
    return DatagramNio(word, socket.AF_INET6 if families == {6} else socket.AF_INET, *ends)


def open_unix(word: str, files: str) -> DatagramNio:
    """`LOCAL:REMOTE`, two paths of socket files; ours is made."""
    local, colon, remote = files.partition(":")
    if not colon or not local or not remote:
        raise BadWord(f"{word!r} is no cable: write unix:LOCAL:REMOTE with two paths")
    return DatagramNio(word, socket.AF_UNIX, local, remote)


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    number = int(port)
    if not 0 < number <= _LARGEST:
        raise ValueError
    return str(ipaddress.ip_address(host.strip("[]"))), number


def _make_room(file: str) -> None:
    """Where a process of ours was killed, its socket file is still there, and nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        try:
            probe.connect(file)
        except ConnectionRefusedError:
            os.unlink(file)
