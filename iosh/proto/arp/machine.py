"""Address resolution on one Ethernet interface (RFC 826; RFC 1122 section 2.3.2; announcements as RFC 5227).

One `Arp` per interface or 802.1Q sub-interface. It keeps finished Ethernet headers by next hop (`rewrites`), which
the forwarding path prepends without asking further. A packet for an unknown next hop waits in a short queue while a
request is repeated every second; after three the queue is dropped and counted. Entries are refreshed by what is
heard, asked for again by unicast a minute before they time out, and forgotten when nobody answers.
By proxy, where routing says so, only senders on the interface's own networks are answered.
Not here: static entries, Inverse ARP, `arp probe` intervals and dynamic ARP inspection.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, NamedTuple

from iosh.base.addr import IPv4, Prefix, mac_text
from iosh.base.errors import Malformed
from iosh.base.time import SECOND, Instant
from iosh.proto.machine import Desk, Path, SendFrame
from iosh.wire import arp, ethernet

TRIES: Final = 3
RETRY: Final = SECOND
REFRESH_BEFORE: Final = 60 * SECOND
QUEUE_PER_HOP: Final = 8
INCOMPLETE_LIMIT: Final = 256
ENTRY_LIMIT: Final = 16384

_MESSAGE = b"\x08\x06"
_PACKET = b"\x08\x00"


class ArpSettings(NamedTuple):
    """What an interface's address resolution works from; `tag` is the 802.1Q tag in front of the ethertype."""

    interface: str
    mac: bytes
    addresses: tuple[tuple[IPv4, Prefix], ...]
    timeout_s: int = 14400
    tag: bytes = b""


class ArpEntry:
    """One neighbour; `mac` None while nobody answered."""

    __slots__ = ("mac", "queue", "since", "tries")

    def __init__(self, mac: bytes | None, now: Instant) -> None:
        self.mac = mac
        self.since = now
        self.tries = 0
        self.queue: list[bytes] = []


class ArpResolved(NamedTuple):
    """The next hop answered, and these packets waited for it."""

    interface: str
    next_hop: IPv4
    packets: tuple[bytes, ...]


class Arp:
    """The neighbours on one interface. `proxied(address)` says whether we answer for an address that is not ours.

    Alarm names are `("arp", interface, address)`, so that all interfaces of a router may share one desk.
    """

    def __init__(self, settings: ArpSettings, desk: Desk, proxied: Callable[[IPv4], bool]) -> None:
        self.settings = settings
        self.entries: dict[int, ArpEntry] = {}
        self.rewrites: dict[int, bytes] = {}
        self._desk = desk
        self._proxied = proxied
        self._incomplete = 0
        self._own = {address for address, _ in settings.addresses}

    def header(self, destination: bytes) -> bytes:
        """The finished header of an IPv4 frame to a MAC address."""
        return destination + self.settings.mac + self.settings.tag + _PACKET

    # --- what happened

    def receive(self, data: bytes, path: Path, now: Instant) -> None:
        """An ARP message, without its Ethernet header."""
        try:
            message = arp.Arp.decode(data)
        except Malformed:
            self._desk.counters["arp.malformed"] += 1
            return
        name = {arp.REQUEST: "arp.requests_received", arp.REPLY: "arp.replies_received"}.get(message.operation)
        if name is None:
            self._desk.counters["arp.other_received"] += 1
            return
        self._desk.counters[name] += 1
        if message.sender_mac == self.settings.mac:
            return
        if message.sender_mac[0] & 1:
            self._desk.counters["arp.group_sender"] += 1
            return
        if message.sender in self._own:
            self._duplicate(message)
            return
        near = self._is_near(message.sender)
        if near or message.sender in self.entries:  # whom we asked for may be far: a route by interface, proxied
            self._heard(message, now)
        if message.operation == arp.REQUEST:
            self._asked(message, near)

    def wanted(self, next_hop: int, packet: bytes, now: Instant) -> None:
        """A packet for a next hop without a rewrite: it waits, and the request goes out."""
        entry = self.entries.get(next_hop)
        if entry is None:
            if self._incomplete >= INCOMPLETE_LIMIT or len(self.entries) >= ENTRY_LIMIT:
                self._desk.counters["arp.table_full"] += 1
                return
            address = IPv4(next_hop)
            entry = self.entries[address] = ArpEntry(None, now)
            self._incomplete += 1
            self._ask(address, entry, now)
        if len(entry.queue) < QUEUE_PER_HOP:
            entry.queue.append(packet)
        else:
            self._desk.counters["arp.queue_full"] += 1

    def wake(self, name: Hashable, now: Instant) -> None:
        """The deadline `("arp", interface, address)`: ask again, refresh, or give up."""
        assert isinstance(name, tuple)
        address: IPv4 = name[2]
        entry = self.entries.get(address)
        if entry is None:
            return
        if entry.tries < TRIES:
            self._ask(address, entry, now)
            return
        self._desk.counters["arp.unresolved" if entry.mac is None else "arp.timed_out"] += 1
        self._desk.counters["arp.queue_dropped"] += len(entry.queue)
        self._forget(address)

    def settle(self, settings: ArpSettings, now: Instant) -> bool:
        """New addresses or timeout; neighbours that are no longer on our networks go."""
        if settings.mac != self.settings.mac or settings.tag != self.settings.tag:
            return False
        announced = self._own
        self.settings = settings
        self._own = {address for address, _ in settings.addresses}
        for address in [address for address in self.entries if not self._is_near(address)]:
            self._forget(address)
        for address, _ in settings.addresses:
            if address not in announced:
                self._announce(address)
        for address, entry in self.entries.items():
            if entry.mac is not None:
                self._age(IPv4(address), entry)
        return True

    def line_up(self, now: Instant) -> None:
        """The link came up: tell everybody where our addresses are."""
        for address, _ in self.settings.addresses:
            self._announce(address)

    def stop(self, now: Instant) -> None:
        """Forget all neighbours: the link went down, or the interface goes."""
        for address in list(self.entries):
            self._forget(address)

    def clear(self, now: Instant) -> None:
        """`clear arp`: ask every known neighbour again, now."""
        for address, entry in list(self.entries.items()):
            if entry.mac is not None:
                entry.tries = 0
                self._ask(IPv4(address), entry, now)

    # --- how it works

    def _is_near(self, address: int) -> bool:
        return any(address & prefix.mask == prefix.network for _, prefix in self.settings.addresses)

    def _heard(self, message: arp.Arp, now: Instant) -> None:
        """Learn from a sender we know, wait for, or who speaks to us."""
        entry = self.entries.get(message.sender)
        if entry is None:
            if message.target not in self._own or len(self.entries) >= ENTRY_LIMIT:
                return
            entry = self.entries[message.sender] = ArpEntry(message.sender_mac, now)
        elif entry.mac is None:
            self._incomplete -= 1
        entry.mac, entry.since, entry.tries = message.sender_mac, now, 0
        self.rewrites[message.sender] = self.header(message.sender_mac)
        self._age(message.sender, entry)
        if entry.queue:
            self._desk.put(ArpResolved(self.settings.interface, message.sender, tuple(entry.queue)))
            entry.queue.clear()

    def _asked(self, message: arp.Arp, near: bool) -> None:
        if message.target not in self._own:
            if not near or message.target == message.sender or not self._proxied(message.target):
                return
            self._desk.counters["arp.proxy_replies_sent"] += 1
        self._desk.counters["arp.replies_sent"] += 1
        reply = arp.Arp(arp.REPLY, self.settings.mac, message.target, message.sender_mac, message.sender)
        self._send(message.sender_mac, reply)

    def _duplicate(self, message: arp.Arp) -> None:
        self._desk.counters["arp.duplicate_address"] += 1
        self._desk.report(
            "IP", 4, "DUPADDR",
            f"Duplicate address {message.sender} on {self.settings.interface},"
            f" sourced by {mac_text(message.sender_mac)}",
        )  # fmt: skip
        if message.target != message.sender:  # do not quarrel with an announcement: that would never end
            self._announce(message.sender)

    def _ask(self, address: IPv4, entry: ArpEntry, now: Instant) -> None:
        """A request: by broadcast while unknown, to the neighbour itself when only its age is in doubt."""
        source = next((own for own, prefix in self.settings.addresses if address in prefix), None)
        if source is None:
            source = next((own for own, _ in self.settings.addresses), None)
        entry.tries += 1
        self._desk.ring_at(("arp", self.settings.interface, address), now + RETRY)
        if source is None:
            return
        self._desk.counters["arp.requests_sent"] += 1
        request = arp.Arp(arp.REQUEST, self.settings.mac, source, bytes(6), address)
        self._send(entry.mac or ethernet.BROADCAST, request)

    def _announce(self, address: IPv4) -> None:
        self._desk.counters["arp.announcements_sent"] += 1
        self._send(ethernet.BROADCAST, arp.Arp(arp.REPLY, self.settings.mac, address, ethernet.BROADCAST, address))

    def _age(self, address: IPv4, entry: ArpEntry) -> None:
        timeout = self.settings.timeout_s * SECOND
        refresh = max(timeout - REFRESH_BEFORE, timeout // 2)
        self._desk.ring_at(("arp", self.settings.interface, address), entry.since + refresh)

    def _forget(self, address: int) -> None:
        entry = self.entries.pop(address)
        self._incomplete -= entry.mac is None
        self.rewrites.pop(address, None)
        self._desk.no_ring(("arp", self.settings.interface, address))

    def _send(self, destination: bytes, message: arp.Arp) -> None:
        header = destination + self.settings.mac + self.settings.tag + _MESSAGE
        self._desk.put(SendFrame(self.settings.interface, header + message.encode()))
