"""Network input and output: the ways by which frames leave and enter this process, as Dynamips and GNS3 call them.

A `Nio` gives and takes whole Ethernet frames in lists and never blocks. What it stands for is written in a word:

    eth1  packet:eth1                a host interface, with a MAC address of our own     nio_packet.py
    borrow:eth1  borrow:ADDRESS      the host's own address there, by its sockets        nio_borrowed.py
    tap:iosh0                        an interface made for the host to plug in           nio_tap.py
    udp:LOCAL:PORT-REMOTE:PORT       a cable of datagrams, one frame each                nio_datagram.py
    unix:LOCAL:REMOTE                the same between two socket files                   nio_datagram.py
    pcap:FILE[,fast][,record=FILE]   a capture to replay                                 nio_pcap.py

In topology files containerlab's `macvlan:eth1` and `host:eth1` say the first and the second.
"""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Sequence
from struct import Struct
from typing import Final, Protocol

from iosh.base.addr import IPv4
from iosh.underlay.linux.allocation import keep_freed_memory
from iosh.wire.train import Frame, prepare

BATCH: Final = 64  # frames taken at one go, so that others have their turn
_SO_MEMINFO: Final = 55
_MEMINFO, _DROPS = Struct("9I"), 8  # sock_diag(7): SK_MEMINFO_DROPS
_INTERFACE: Final = r"[^\s/:]{1,15}"
_WORD: Final = re.compile(rf"(?:(packet|macvlan|borrow|tap|host):)?({_INTERFACE})\Z")


class CannotOpen(Exception):
    """A way out that cannot be had; the text is a sentence. `permission`: for want of the right to."""

    def __init__(self, sentence: str, permission: bool = False) -> None:
        super().__init__(sentence)
        self.permission = permission


class Overruns:
    """What a kernel drops of a socket's input because nobody took it in time (`SO_MEMINFO`), between two questions."""

    def __init__(self, asked: socket.socket) -> None:
        self._asked = asked
        self._known = 0

    def since(self) -> int:
        """Since this was asked last."""
        told = self._asked.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        before, self._known = self._known, _MEMINFO.unpack(told)[_DROPS]
        return self._known - before


class BadWord(CannotOpen):
    """What is written is no way out, on no machine."""


class Nio(Protocol):
    """One way out."""

    word: str
    drops: Counter[str]  # by name, what did not leave
    errors: Counter[str]  # by name, what came and did not get through, as far as the last `look`
    takes_trains: bool  # does it give and take `LongFrame`s beside frames of bytes?

    @property
    def carrier(self) -> bool:
        """Can frames pass, as of the last `look`?"""

    @property
    def lent(self) -> IPv4 | None:
        """The one address that packets may have here, where it is the host's; None: any."""

    def fileno(self) -> int:
        """What to wait on for reading; the same from beginning to end."""

    def look(self) -> None:
        """See whether the other side came or went. Called twice a second."""

    def read(self) -> list[Frame]:
        """The frames that are there, a batch at most."""

    def write(self, frames: Sequence[Frame]) -> None:
        """Send; what cannot be sent now is dropped."""

    def hear(self, mac: bytes) -> None:
        """The port's MAC address is this now."""

    def close(self) -> None: ...


def open_nio(word: str, mac: bytes) -> Nio:
    """The way out so written, for a port with that MAC address; `CannotOpen` with a sentence."""
    scheme, colon, rest = word.partition(":")
    if colon and scheme in ("udp", "unix"):
        from iosh.underlay.linux.nio_datagram import open_udp, open_unix

        return open_udp(word, rest) if scheme == "udp" else open_unix(word, rest)
    if colon and scheme == "pcap":
        from iosh.underlay.linux.nio_pcap import PcapNio

        return PcapNio(word, rest)
    match = _WORD.match(word)
    if match is None:
        raise BadWord(
            f"{word!r} is no way out: write a host interface, borrow:NAME, tap:NAME, udp:LOCAL:PORT-REMOTE:PORT, "
            "unix:FILE:FILE or pcap:FILE"
        )
    prepare()
    keep_freed_memory()
    if match[1] in ("tap", "host"):
        from iosh.underlay.linux.nio_tap import TapNio

        return TapNio(word, match[2])
    if match[1] == "borrow":
        from iosh.underlay.linux.nio_borrowed import BorrowedNio

        return BorrowedNio(word, match[2], mac)
    from iosh.underlay.linux.nio_packet import PacketNio

    return PacketNio(word, match[2], mac)
