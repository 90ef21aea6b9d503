"""A port of a simulated IPv4 node with its addresses and its neighbours: what `station` and `nat` stand on.

ARP as a host does it: asked for when there is something to send, three times a second apart, remembered for five
minutes, learned from questions that are for us, and refreshed by any ARP message of a known neighbour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from iosh.base.addr import UNSPECIFIED, IPv4, Prefix
from iosh.base.errors import Malformed
from iosh.base.time import SECOND, Instant
from iosh.base.timers import Timers
from iosh.router.ports import Port
from iosh.wire import arp, ethernet
from iosh.wire.arp import Arp
from iosh.wire.ethernet import Ethernet
from iosh.wire.ipv4 import Ipv4

_AGE: Final = 300 * SECOND
_INTERVAL: Final = SECOND
_TRIES: Final = 3
_WAITING: Final = 64  # packets kept for a neighbour that has not answered yet
_NOBODY: Final = b"\0\0\0\0\0\0"


class _Waiting:
    """Packets for a neighbour that was asked for so many times."""

    __slots__ = ("packets", "tries")

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.tries = 0


class Link:
    """Addresses and neighbours of one port. Its alarms are named `("arp", port, neighbour)`: `ring` when one comes.

    `undelivered(packets, source, now)` hears of packets whose neighbour never answered.
    """

    __slots__ = (
        "_counters",
        "_neighbours",
        "_timers",
        "_undelivered",
        "_waiting",
        "addresses",
        "is_up",
        "mtu",
        "name",
        "port",
    )

    def __init__(
        self,
        name: str,
        port: Port,
        timers: Timers,
        counters: Counter[str],
        undelivered: Callable[[list[bytes], IPv4, Instant], None],
    ) -> None:
        self.name = name
        self.port = port
        self.mtu = 1500
        self.is_up = True
        self.addresses: list[tuple[IPv4, Prefix]] = []
        self._timers = timers
        self._counters = counters
        self._undelivered = undelivered
        self._neighbours: dict[IPv4, tuple[bytes, Instant]] = {}
        self._waiting: dict[IPv4, _Waiting] = {}

    def holds(self, address: IPv4) -> bool:
        """Is it one of ours here?"""
        return any(address == ours for ours, _ in self.addresses)

    def source_for(self, neighbour: IPv4) -> IPv4:
        """The address of ours a neighbour should see."""
        for address, prefix in self.addresses:
            if neighbour in prefix:
                return address
        return self.addresses[0][0] if self.addresses else UNSPECIFIED

    def accept(self, data: bytes, now: Instant) -> bytes | None:
        """The IPv4 packet of a frame for us; ARP is dealt with, the rest counted. Raises `Malformed`."""
        frame = Ethernet.decode(data)
        if not self.is_up or (frame.destination != self.port.mac and not frame.destination[0] & 1):
            self._counters["not for us"] += 1
        elif frame.ethertype == ethernet.ARP:
            self._hear(Arp.decode(frame.payload), now)
        elif frame.ethertype == ethernet.IPV4 and frame.vlan is None:
            return frame.payload
        else:
            self._counters["unknown ethertype"] += 1
        return None

    def send(self, neighbour: IPv4, packets: Sequence[bytes], now: Instant) -> None:
        """Packets to a neighbour, at once or when it has answered."""
        known = self._neighbours.get(neighbour)
        if known is not None and now - known[1] < _AGE:
            self._transmit(known[0], packets)
            return
        waiting = self._waiting.get(neighbour)
        if waiting is None:
            waiting = self._waiting[neighbour] = _Waiting()
            self.ring(neighbour, now)
        waiting.packets += packets
        self._counters["neighbour queue full"] += len(waiting.packets[_WAITING:])
        del waiting.packets[_WAITING:]

    def ring(self, neighbour: IPv4, now: Instant) -> None:
        """Ask for a neighbour once more, or give it up."""
        waiting = self._waiting[neighbour]
        if waiting.tries >= _TRIES:
            del self._waiting[neighbour]
            self._counters["no neighbour"] += len(waiting.packets)
            self._undelivered(waiting.packets, self.source_for(neighbour), now)
            return
        waiting.tries += 1
        question = Arp(arp.REQUEST, self.port.mac, self.source_for(neighbour), _NOBODY, neighbour)
        self.port.send([Ethernet(ethernet.BROADCAST, self.port.mac, ethernet.ARP, question.encode()).encode()])
        self._timers.set(("arp", self.name, neighbour), now + _INTERVAL)

    def forget(self) -> None:
        """The cable is out: whoever was there may be gone."""
        self._neighbours.clear()

    def _hear(self, message: Arp, now: Instant) -> None:
        sender, ours = message.sender, self.holds(message.target)
        if sender and (ours or sender in self._neighbours or sender in self._waiting):
            self._neighbours[sender] = message.sender_mac, now
            waiting = self._waiting.pop(sender, None)
            if waiting is not None:
                self._timers.stop(("arp", self.name, sender))
                self._transmit(message.sender_mac, waiting.packets)
        if ours and message.operation == arp.REQUEST:
            answer = Arp(arp.REPLY, self.port.mac, message.target, message.sender_mac, sender)
            self.port.send([Ethernet(message.sender_mac, self.port.mac, ethernet.ARP, answer.encode()).encode()])

    def _transmit(self, mac: bytes, packets: Sequence[bytes]) -> None:
        if self.is_up:
            head = ethernet.header(mac, self.port.mac, ethernet.IPV4)
            self.port.send([head + packet for packet in packets])


class LinkNode:
    """A node of the world that has links: what `Station` and `Nat` do alike with frames, cables and alarms."""

    __slots__ = ("_links", "_timers", "counters")

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        self._timers = Timers()
        self._links: dict[str, Link] = {}

    def receive(self, port: str, frames: Sequence[bytes], now: Instant) -> None:
        """Frames arrived on a port."""
        link = self._links[port]
        for frame in frames:
            try:
                data = link.accept(frame, now)
                if data is not None:
                    self._packet(link, Ipv4.decode(data), data, now)
            except Malformed as error:
                self.counters[f"malformed {error.place}"] += 1

    def carrier(self, port: str, up: bool, now: Instant) -> None:
        """A cable came or went."""
        if not up:
            self._links[port].forget()

    def due(self) -> Instant | None:
        """When to be woken next."""
        return self._timers.due()

    def _packet(self, link: Link, packet: Ipv4, data: bytes, now: Instant) -> None:
        """A packet for this node, or through it."""
        raise NotImplementedError
