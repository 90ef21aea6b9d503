"""A borrowed host address: the host keeps it, with ARP and routes, and we speak from it by the host's own sockets.

`borrow:eth0` takes an interface's first address and follows it when it changes; `borrow:ADDRESS` takes that one,
wherever it is. To the router it is an Ethernet port like any other, with one neighbour on the wire (`neighbour.py`):
whatever next hop a packet is for, the host's routes decide (`host_sockets.py`). The line is there while the host has
the address and its interface is up. What does not go this way is dropped and counted: packets from another address
than the borrowed one, multicast, TCP (the host would reset it), frames that are neither IPv4 nor ARP.
"""

from __future__ import annotations

import os
import select
from collections import Counter
from collections.abc import Sequence
from typing import Final

from iosh.base.addr import BROADCAST, IPv4
from iosh.router.ports import OVERRUN
from iosh.underlay.linux import netdevice
from iosh.underlay.linux.host_sockets import HostSockets, TooBig
from iosh.underlay.linux.neighbour import Neighbour
from iosh.underlay.linux.nio import CannotOpen
from iosh.wire import ethernet, ipv4
from iosh.wire.train import Frame, LongFrame, Train

_IPV4: Final = ethernet.IPV4.to_bytes(2, "big")
_ARP: Final = ethernet.ARP.to_bytes(2, "big")


class BorrowedNio:
    """The packets of one address. `what` is the address, or the interface that has it."""

    takes_trains = True

    def __init__(self, word: str, what: str, mac: bytes) -> None:
        self.word = word
        self.drops: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self._what = what
        self._carrier = False
        found = self._find()
        if found is None:
            known = netdevice.index(what) != 0
            raise CannotOpen(f"{what} has no IPv4 address to borrow" if known else f"this host has no {what} to borrow")
        self.neighbour = Neighbour(mac, found[1], netdevice.mask_length(*found))
        self._ready = select.epoll()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._ready.register(self._bell, select.EPOLLIN)
        self._answers: list[Frame] = []
        self._sockets: HostSockets | None = None
        try:
            self._sockets = HostSockets(found[1], self._ready, self.drops)
        except CannotOpen:
            self.close()
            raise
        self.look()

    @property
    def lent(self) -> IPv4:
        return self.neighbour.address

    @property
    def carrier(self) -> bool:
        return self._carrier

    def fileno(self) -> int:
        return self._ready.fileno()

    def look(self) -> None:
        """Another address is a line that goes down and, at the next look, comes up again."""
        found = self._find()
        if self._sockets is not None and (lost := self._sockets.overruns()):
            self.errors[OVERRUN] += lost
        if self._sockets is not None and (found is None or found[1] != self._sockets.address):
            self._sockets.close()
            self._sockets = None
        elif self._sockets is None and found is not None:
            try:
                self._sockets = HostSockets(found[1], self._ready, self.drops)
                self.neighbour = Neighbour(self.neighbour.router, found[1], netdevice.mask_length(*found))
            except (CannotOpen, OSError):
                pass  # it went away again, or another program was faster: the line stays down
        name = found[0].partition(":")[0] if found is not None else ""
        self._carrier = self._sockets is not None and netdevice.is_running(name)

    def read(self) -> list[Frame]:
        head, frames = self.neighbour.head, list[Frame]()
        for number, _ in self._ready.poll(0):
            if number == self._bell:
                os.eventfd_read(self._bell)
                frames += self._answers
                self._answers.clear()
            elif self._sockets is not None:
                frames += (
                    LongFrame(head, one) if isinstance(one, Train) else head + one
                    for one in self._sockets.receive(number)
                )
        return frames

    def write(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            if isinstance(frame, LongFrame):
                self._send_train(frame)
            elif frame[12:14] == _IPV4 and len(frame) >= 14 + ipv4.HEADER_SIZE:
                self._send(frame[14 : 14 + int.from_bytes(frame[16:18], "big")])
            elif frame[12:14] == _ARP:
                self._answer(self.neighbour.resolved(frame))
            else:
                self.drops["not IPv4"] += 1

    def hear(self, mac: bytes) -> None:
        self.neighbour.router = mac

    def close(self) -> None:
        if self._sockets is not None:
            self._sockets.close()
        self._ready.close()
        os.close(self._bell)

    def _find(self) -> tuple[str, IPv4] | None:
        """The label and the address of what we were told to borrow, as the host has it now."""
        for label, address in netdevice.addresses():
            if self._what in (str(address), label.partition(":")[0]):
                return label, address
        return None

    def _send_train(self, frame: LongFrame) -> None:
        train = frame.train
        ours = train.packet[9] == ipv4.UDP and train.packet[12:16] == self.lent.packed
        if self._sockets is None or not ours or not self._sockets.send_train(train):
            self.write(frame.frames())

    def _send(self, packet: bytes) -> None:
        if self.neighbour.is_for_server(packet):
            self._answer(self.neighbour.leased(packet))
        elif self._sockets is not None and self._may_go(packet):
            try:
                self._sockets.send(packet)
            except TooBig as refused:
                self.drops["too big"] += 1
                self._answer(self.neighbour.too_big(packet, refused.args[0]))

    def _may_go(self, packet: bytes) -> bool:
        """Count why not."""
        to = IPv4.unpack(packet[16:20])
        if packet[12:16] != self.lent.packed:
            self.drops["another source"] += 1
        elif to.is_multicast or to == BROADCAST:
            self.drops["multicast"] += 1
        elif packet[9] == ipv4.TCP:
            self.drops["TCP"] += 1
        else:
            return True
        return False

    def _answer(self, frame: bytes | None) -> None:
        if frame is not None:
            self._answers.append(frame)
            os.eventfd_write(self._bell, 1)
