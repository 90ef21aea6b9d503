"""The NHRP cache of one tunnel: who is where, and the mappings, routes and sockets that follow from it.

`remote` holds what others told or the configuration says, `local` what this router told others (so that it can take it
back). An entry is *active* once traffic may follow it: its next hop is mapped and its route learned. Static and
registered entries are active at once, resolved ones when the socket to their NBMA address stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntFlag

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import Instant
from iosh.proto.machine import Forget, Learn, Map, Unmap
from iosh.proto.nhrp.link import Link

STATIC = "static"
DYNAMIC = "dynamic"
INCOMPLETE = "incomplete"


class Mark(IntFlag):
    """The flags of an entry, in the order IOS prints them."""

    NONE = 0
    ROUTER = 1
    AUTHORITATIVE = 2
    UNIQUE = 4
    REGISTERED = 8
    USED = 16
    IMPLICIT = 32
    LOCAL = 64
    NHOP = 128
    RIB = 256
    NHO = 512
    NAT = 1024
    NEGATIVE = 2048

    @property
    def words(self) -> tuple[str, ...]:
        """IOS's words for the flags that are set."""
        return tuple(mark.name.lower() for mark in Mark if mark in self and mark.name)


@dataclass(slots=True)
class CacheEntry:
    """One entry, as `show ip nhrp` lists it: `prefix` via `next_hop` at `nbma`."""

    prefix: Prefix
    next_hop: IPv4
    type: str  # "static" | "dynamic" | "incomplete"
    created: Instant
    nbma: IPv4 | None = None  # as observed; None while incomplete
    claimed: IPv4 | None = None  # as the peer says, where NAT makes it another
    expires: Instant | None = None  # None: never
    marks: Mark = Mark.NONE
    preference: int = 255
    mtu: int = 0
    hits: int = 0  # what came while the entry was negative
    requesters: dict[IPv4, int] = field(default_factory=dict)  # local: who was told, by which request
    active_since: Instant | None = None
    asked: IPv4 | None = None  # the address the resolution was for
    baseline: int | None = None  # packets that had used it when the watch before its end began

    @property
    def active(self) -> bool:
        """May traffic follow it?"""
        return self.active_since is not None

    @property
    def is_next_hop(self) -> bool:
        """Is it the entry of a next hop itself, not of a network behind one?"""
        return self.prefix.length == 32 and self.prefix.network == self.next_hop


class Cache:
    """The entries of one tunnel."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.remote: dict[Prefix, CacheEntry] = {}
        self.local: dict[Prefix, CacheEntry] = {}
        self._by_nbma: dict[IPv4, dict[Prefix, None]] = {}
        self._by_next_hop: dict[IPv4, dict[Prefix, None]] = {}
        self._lengths: Counter[int] = Counter()
        self.incomplete = 0  # how many entries nobody has resolved
        self.client_gone: Callable[[CacheEntry], None] = lambda entry: None  # a registered entry was removed

    # --- asking ------------------------------------------------------------------------------------------------------

    def host(self, address: IPv4) -> CacheEntry | None:
        """The entry of exactly this address."""
        return self.remote.get(Prefix(address, 32))

    def lookup(self, address: IPv4) -> CacheEntry | None:
        """The longest entry that holds the address and says where it is."""
        for length in sorted(self._lengths, reverse=True):
            entry = self.remote.get(Prefix.of(address, length))
            if entry is not None and entry.nbma is not None:
                return entry
        return None

    def nbma_of(self, next_hop: IPv4) -> IPv4 | None:
        """Where a next hop is, as far as known."""
        if not self._link.settings.multipoint:
            return self._link.settings.destination
        entry = self.lookup(next_hop)
        return None if entry is None else entry.nbma

    def complete(self, address: IPv4) -> CacheEntry | None:
        """The entry of exactly this address, if it says where it is."""
        entry = self.host(address)
        return entry if entry is not None and entry.nbma is not None else None

    def of_nbma(self, nbma: IPv4) -> list[CacheEntry]:
        """All entries at one NBMA address."""
        return [self.remote[prefix] for prefix in self._by_nbma.get(nbma, ())]

    def via(self, next_hop: IPv4) -> list[CacheEntry]:
        """All entries by one next hop."""
        return [self.remote[prefix] for prefix in self._by_next_hop.get(next_hop, ())]

    # --- changing ----------------------------------------------------------------------------------------------------

    def put(self, entry: CacheEntry) -> None:
        """A new entry, in place of any of the same prefix; it goes on being active if it leads the same way."""
        old = self.remote.get(entry.prefix)
        if old is not None:
            self._unindex(old)
            if _path(old) == _path(entry):
                entry.active_since = old.active_since
            else:
                self._passivate(old)
        self.remote[entry.prefix] = entry
        self._index(entry)
        self.expire_at(entry, entry.expires)
        if old is not None and old.nbma is not None:
            self._release_unused(old.nbma)
        self._link.debug("nhrp cache", "NHRP: Cache add/update {} via {}", entry.prefix, entry.next_hop)

    def expire_at(self, entry: CacheEntry, at: Instant | None) -> None:
        """Move an entry's end."""
        entry.expires = at
        if at is None:
            self._link.desk.no_ring(("expire", entry.prefix))
        else:
            self._link.desk.ring_at(("expire", entry.prefix), at)

    def activate(self, entry: CacheEntry, now: Instant) -> None:
        """Let traffic follow an entry."""
        if entry.active or entry.nbma is None:
            return
        entry.active_since = now
        interface = self._link.settings.interface
        if entry.is_next_hop and self._link.settings.multipoint:
            self._link.events.end_points_added += 1
            self._link.desk.put(Map(interface, entry.next_hop, entry.nbma))
        if entry.marks & _ROUTED:
            self._link.events.routes_added += 1
            self._link.desk.put(Learn(interface, entry.prefix, entry.next_hop))

    def remove(self, entry: CacheEntry) -> None:
        """An entry goes, with its mapping, its route, and its socket if it was the last to need it."""
        if self.remote.get(entry.prefix) is not entry:
            return
        self._passivate(entry)
        self._unindex(entry)
        del self.remote[entry.prefix]
        for name in ("expire", "watch"):
            self._link.desk.no_ring((name, entry.prefix))
        self._link.debug("nhrp cache", "NHRP: Cache delete {} via {}", entry.prefix, entry.next_hop)
        if Mark.REGISTERED in entry.marks:
            self.client_gone(entry)
        if entry.nbma is not None:
            self._release_unused(entry.nbma)

    def put_local(self, entry: CacheEntry) -> None:
        """What this router told others of itself."""
        self.local[entry.prefix] = entry
        self._link.desk.ring_at(("local", entry.prefix), entry.expires or 0)

    def remove_local(self, entry: CacheEntry) -> None:
        """An answer of ours is no longer remembered."""
        self.local.pop(entry.prefix, None)
        self._link.desk.no_ring(("local", entry.prefix))

    def _passivate(self, entry: CacheEntry) -> None:
        if not entry.active:
            return
        entry.active_since = None
        interface = self._link.settings.interface
        if entry.marks & _ROUTED:
            self._link.events.routes_deleted += 1
            self._link.desk.put(Forget(interface, entry.prefix))
        if entry.is_next_hop and self._link.settings.multipoint:
            self._link.events.end_points_deleted += 1
            self._link.desk.put(Unmap(interface, entry.next_hop))

    def _index(self, entry: CacheEntry) -> None:
        self._lengths[entry.prefix.length] += 1
        self.incomplete += entry.type == INCOMPLETE
        self._by_next_hop.setdefault(entry.next_hop, {})[entry.prefix] = None
        if entry.nbma is not None:
            self._by_nbma.setdefault(entry.nbma, {})[entry.prefix] = None

    def _unindex(self, entry: CacheEntry) -> None:
        self._lengths[entry.prefix.length] -= 1
        self.incomplete -= entry.type == INCOMPLETE
        if not self._lengths[entry.prefix.length]:
            del self._lengths[entry.prefix.length]
        for index, key in ((self._by_next_hop, entry.next_hop), (self._by_nbma, entry.nbma)):
            if key is None:
                continue
            index[key].pop(entry.prefix, None)
            if not index[key]:
                del index[key]

    def _release_unused(self, nbma: IPv4) -> None:
        if nbma not in self._by_nbma:
            self._link.release(nbma)


_ROUTED = Mark.RIB | Mark.NHO


def _path(entry: CacheEntry) -> tuple[IPv4, IPv4 | None, Mark]:
    return entry.next_hop, entry.nbma, entry.marks & _ROUTED
