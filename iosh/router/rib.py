"""The routing table: static, connected (C), local (L) and NHRP (H) routes, those of routing protocols, and NHRP's
next-hop overrides (`%`).

Of the routes to one prefix those of the lowest administrative distance are active, several side by side where one
source has several; between sources of one distance the metric decides. A static route is a candidate while its next hop
resolves: through its own interface when it names one, else by recursion through the active routes (never through an
NHRP shortcut). A shortcut is an H route of distance 250 where no other route has exactly its prefix; where one has, it
overrides that route's next hop and the route stays as it is. Connected and local routes are not overridden.

Changes are worked off a list of prefixes, and only those that really changed, or hung from one that did, are resolved
again. `changed` tells the FIB. A routing protocol is a source by name (`eigrp 100`); it says what it has for a prefix
as a whole (`settle_routes`), what it thinks of several ways is its own business, and it takes back what went by an
interface that goes down. There is one such table for each VRF (`vrf.py`).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from iosh.base.addr import IPv4, Prefix, mask_of
from iosh.base.time import Instant

CONNECTED: Final = "connected"
LOCAL: Final = "local"
STATIC: Final = "static"
NHRP: Final = "nhrp"

NHRP_DISTANCE: Final = 250
UNREACHABLE_DISTANCE: Final = 255
MAXIMUM_PATHS: Final = 16
_RECURSION_LIMIT = 8
_ROUNDS_LIMIT = 8


class Route(NamedTuple):
    """One way to a prefix, as its source gives it. Without a next hop the destination itself is next."""

    prefix: Prefix
    source: str
    distance: int
    interface: str | None
    next_hop: IPv4 | None
    since: Instant = 0
    name: str | None = None
    tag: int | None = None
    permanent: bool = False
    metric: int = 0
    kind: str = ""  # what tells a protocol's routes apart: "internal", "external", "summary"
    share: int = 1  # of the traffic, beside the source's other ways
    peer: IPv4 | None = None  # the router that told us
    vrf: str = ""  # whose table it is for

    @property
    def way(self) -> tuple[str, str | None, IPv4 | None]:
        """What tells it from the other ways to its prefix."""
        return self.source, self.interface, self.next_hop


class Shortcut(NamedTuple):
    """What NHRP learned: the prefix is reached by this next hop on this tunnel."""

    prefix: Prefix
    interface: str
    next_hop: IPv4
    since: Instant


class Hop(NamedTuple):
    """A way resolved: the interface a packet leaves by, and the next hop there (None: the destination)."""

    interface: str
    next_hop: IPv4 | None


class Active(NamedTuple):
    """What the table holds for a prefix: the routes in force, their hops, and the shortcut that overrides them."""

    prefix: Prefix
    routes: tuple[Route, ...]
    hops: tuple[Hop, ...]
    override: Shortcut | None = None

    @property
    def route(self) -> Route:
        return self.routes[0]

    @property
    def is_shortcut(self) -> bool:
        """Do packets that match follow what NHRP learned?"""
        return self.override is not None or self.routes[0].source == NHRP


class Rib:
    """The table. `changed(prefix, active)` is called for each prefix whose forwarding is another now (None: gone)."""

    def __init__(self, changed: Callable[[Prefix, Active | None], None]) -> None:
        self.active: dict[Prefix, Active] = {}
        self.shortcuts: dict[Prefix, Shortcut] = {}
        self.statics: dict[tuple[Prefix, str, str | None, IPv4 | None], Route] = {}
        self._candidates: dict[Prefix, dict[tuple[str, str | None, IPv4 | None], Route]] = {}
        self._of_interface: dict[str, tuple[Prefix, ...]] = {}  # whose C and L routes are among the candidates
        self._recursive: dict[Prefix, tuple[IPv4, ...]] = {}
        self._tables: dict[int, dict[int, Active]] = {}
        self._lengths: list[int] = []  # negative, so that the longest comes first
        self._up: dict[str, None] = {}
        self._changed = changed
        self.followers: list[Callable[[Prefix, Active | None, Active | None], None]] = []  # of what was, and is now

    # --- what happened

    def settle_statics(self, wanted: Iterable[Route], now: Instant) -> None:
        """All static routes as configured; only those that are new or another are touched. `since` is ours to keep."""
        table = {(route.prefix, *route.way): route for route in wanted}
        self.settle_some_statics(
            [route for key, route in self.statics.items() if key not in table], table.values(), now
        )

    def settle_some_statics(self, gone: Iterable[Route], wanted: Iterable[Route], now: Instant) -> None:
        """These static routes went, these came or are another now; the others stay."""
        touched: dict[Prefix, None] = {}
        for route in gone:
            if self.statics.pop((route.prefix, *route.way), None) is not None:
                self._candidates[route.prefix].pop(route.way, None)
                touched[route.prefix] = None
        for route in wanted:
            key = route.prefix, *route.way
            had = self.statics.get(key)
            if had is not None and had._replace(since=route.since) == route:
                continue
            new = route._replace(since=had.since if had else now)
            self.statics[key] = new
            self._candidates.setdefault(route.prefix, {})[route.way] = new
            touched[route.prefix] = None
        self._recompute(touched, now)

    def settle_interface(self, name: str, addresses: Iterable[tuple[IPv4, Prefix]], now: Instant) -> None:
        """The addresses of an interface whose line protocol is up, none while it is down: its C and L routes."""
        wanted: dict[Prefix, list[Route]] = {}
        for address, prefix in addresses:
            host = Prefix(address, 32)
            if prefix.length < 32:
                wanted.setdefault(prefix, []).append(Route(prefix, CONNECTED, 0, name, None, now))
                wanted.setdefault(host, []).append(Route(host, LOCAL, 0, name, None, now))
            else:
                wanted.setdefault(host, []).append(Route(host, CONNECTED, 0, name, None, now))
        touched: dict[Prefix, None] = {}
        for prefix in self._of_interface.pop(name, ()):
            if prefix not in wanted and self._drop_own(self._candidates[prefix], name, ()):
                touched[prefix] = None
        if wanted:
            self._of_interface[name] = tuple(wanted)
        for prefix, routes in wanted.items():
            candidates = self._candidates.setdefault(prefix, {})
            if self._drop_own(candidates, name, tuple(route.way for route in routes)):
                touched[prefix] = None
            for route in routes:
                if route.way not in candidates:
                    candidates[route.way] = route
                    touched[prefix] = None
        self._recompute(touched, now)

    def line_changed(self, name: str, up: bool, now: Instant) -> None:
        """Packets can leave by an interface now, or no longer. Static routes that name it come and go with it."""
        if up == (name in self._up):
            return
        if up:
            self._up[name] = None
        else:
            del self._up[name]
        self._recompute({r.prefix: None for r in self.statics.values() if r.interface == name}, now)
        self._recompute({s.prefix: None for s in self.shortcuts.values() if s.interface == name}, now)

    def settle_routes(self, source: str, prefix: Prefix, wanted: Iterable[Route], now: Instant) -> None:
        """All routes a protocol has to a prefix, in the place of those it had; `since` is ours to fill in."""
        candidates = self._candidates.setdefault(prefix, {})
        for way in [way for way in candidates if way[0] == source]:
            del candidates[way]
        for route in wanted:
            candidates[route.way] = route
        self._recompute({prefix: None}, now)

    def learn(self, interface: str, prefix: Prefix, next_hop: IPv4, now: Instant) -> None:
        """A shortcut, new or with another next hop."""
        had = self.shortcuts.get(prefix)
        if had is None or (had.interface, had.next_hop) != (interface, next_hop):
            self.shortcuts[prefix] = Shortcut(prefix, interface, next_hop, now)
            self._recompute({prefix: None}, now)

    def forget(self, interface: str, prefix: Prefix, now: Instant) -> None:
        """The shortcut of this interface is gone."""
        had = self.shortcuts.get(prefix)
        if had is not None and had.interface == interface:
            del self.shortcuts[prefix]
            self._recompute({prefix: None}, now)

    # --- questions

    def lookup(self, address: int, shortcuts: bool = True) -> Active | None:
        """The longest match. Without shortcuts: H routes are passed over (overrides change no match)."""
        for negative in self._lengths:
            active = self._tables[-negative].get(address & mask_of(-negative))
            if active is not None and (shortcuts or active.routes[0].source != NHRP):
                return active
        return None

    def covered(self, network: Prefix) -> Iterator[Active]:
        """All that is in the table within a network, in order of address, then length."""
        for prefix in sorted(self.active):
            if prefix.length >= network.length and prefix.network in network:
                yield self.active[prefix]

    # --- how it works

    @staticmethod
    def _drop_own(
        candidates: dict[tuple[str, str | None, IPv4 | None], Route],
        name: str,
        keep: tuple[tuple[str, str | None, IPv4 | None], ...],
    ) -> bool:
        gone = [way for way in candidates if way[0] in (CONNECTED, LOCAL) and way[1] == name and way not in keep]
        for way in gone:
            del candidates[way]
        return bool(gone)

    def _recompute(self, touched: dict[Prefix, None], now: Instant) -> None:
        """Resolve these prefixes again, then what recursed through those that changed, until all is quiet."""
        for _ in range(_ROUNDS_LIMIT):
            changed = {prefix: None for prefix in touched if self._resolve(prefix, now)}
            if not changed or not self._recursive:
                return
            lengths = sorted({prefix.length for prefix in changed})
            touched = {}
            for prefix, next_hops in self._recursive.items():
                if any(Prefix.of(hop, length) in changed for hop in next_hops for length in lengths):
                    touched[prefix] = None

    def _resolve(self, prefix: Prefix, now: Instant) -> bool:
        """Choose among the candidates of one prefix; did that change anything?"""
        candidates = self._candidates.get(prefix, {})
        if not candidates:
            self._candidates.pop(prefix, None)
        hops_wanted = tuple(r.next_hop for r in candidates.values() if r.interface is None and r.next_hop is not None)
        if hops_wanted:
            self._recursive[prefix] = hops_wanted
        else:
            self._recursive.pop(prefix, None)
        new = self._choose(prefix, candidates, now)
        old = self.active.get(prefix)
        if new == old:
            return False
        self._store(prefix, new)
        self._changed(prefix, new)
        for follower in self.followers:
            follower(prefix, old, new)
        return _carrying(old) != _carrying(new)

    def _choose(
        self, prefix: Prefix, candidates: dict[tuple[str, str | None, IPv4 | None], Route], now: Instant
    ) -> Active | None:
        best: list[tuple[Route, Hop]] = []
        for route in sorted(candidates.values(), key=lambda route: (route.distance, route.metric)):
            if best and (route.distance > best[0][0].distance or len(best) >= MAXIMUM_PATHS):
                break
            if best and route.distance and route.source != best[0][0].source:
                continue
            hop = self._hop(route) if route.distance < UNREACHABLE_DISTANCE else None
            if hop is not None:
                best.append((route, hop))
        shortcut = self._usable_shortcut(prefix)
        if best:
            routes, hops = zip(*best)
            if routes[0].source in (CONNECTED, LOCAL):
                shortcut = None
            return Active(prefix, self._aged(prefix, routes, now), hops, shortcut)
        if shortcut is None:
            return None
        next_hop = None if prefix.length == 32 and prefix.network == shortcut.next_hop else shortcut.next_hop
        route = Route(prefix, NHRP, NHRP_DISTANCE, shortcut.interface, next_hop, shortcut.since)
        return Active(prefix, (route,), (Hop(shortcut.interface, next_hop),))

    def _aged(self, prefix: Prefix, routes: tuple[Route, ...], now: Instant) -> tuple[Route, ...]:
        """A route's age begins when it becomes active, or has another metric."""
        old = self.active.get(prefix)
        ages = {(route.way, route.metric): route.since for route in old.routes} if old else {}
        return tuple(route._replace(since=ages.get((route.way, route.metric), now)) for route in routes)

    def _usable_shortcut(self, prefix: Prefix) -> Shortcut | None:
        shortcut = self.shortcuts.get(prefix)
        return shortcut if shortcut is not None and shortcut.interface in self._up else None

    def _hop(self, route: Route) -> Hop | None:
        """Where packets of this route leave, if they can."""
        if route.interface is not None:
            usable = route.source in (CONNECTED, LOCAL) or route.interface in self._up
            return Hop(route.interface, route.next_hop) if usable else None
        assert route.next_hop is not None
        return self._recurse(route.next_hop, route.prefix)

    def _recurse(self, next_hop: IPv4, prefix: Prefix) -> Hop | None:
        """Follow next hops through active routes, not through the route asked for, to an interface."""
        for _ in range(_RECURSION_LIMIT):
            active = self._lookup_but(next_hop, prefix)
            if active is None or active.routes[0].source == LOCAL:
                return None
            route = active.routes[0]
            if route.interface is not None:
                return Hop(route.interface, route.next_hop or next_hop)
            assert route.next_hop is not None
            next_hop = route.next_hop
        return None

    def _lookup_but(self, address: IPv4, prefix: Prefix) -> Active | None:
        for negative in self._lengths:
            active = self._tables[-negative].get(address & mask_of(-negative))
            if active is not None and active.routes[0].source != NHRP:
                return None if active.prefix == prefix else active
        return None

    def _store(self, prefix: Prefix, active: Active | None) -> None:
        table = self._tables.setdefault(prefix.length, {})
        if active is None:
            del self.active[prefix]
            del table[prefix.network]
        else:
            self.active[prefix] = table[prefix.network] = active
        if not table:
            del self._tables[prefix.length]
            self._lengths.remove(-prefix.length)
        elif -prefix.length not in self._lengths:
            insort(self._lengths, -prefix.length)


def _carrying(active: Active | None) -> tuple[Hop, ...] | None:
    """The hops another route may recurse through; NHRP's are not for that."""
    return active.hops if active is not None and active.routes[0].source != NHRP else None
