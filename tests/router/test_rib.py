"""The routing table: which routes are active, by what next hop, and that it says so to the forwarding table."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4, Prefix, mask_of
from iosh.base.time import SECOND
from iosh.router.fib import FLOW_LIMIT, Fib, Kind
from iosh.router.interfaces import InterfaceSettings, InterfaceState
from iosh.router.rib import CONNECTED, LOCAL, NHRP, STATIC, Active, Hop, Rib, Route
from iosh.router.vrf import Vrf

P, A = Prefix.parse, IPv4.parse


class Table:
    """A routing table with the forwarding table behind it, and what it was told."""

    def __init__(self, *interfaces: str) -> None:
        self.told: list[tuple[str, bool]] = []
        states: dict[str, InterfaceState] = {}
        for name in (*interfaces, "Null0"):
            states[name] = InterfaceState(InterfaceSettings(name), None, None, Vrf("", 0, states))
        self.fib = Fib(states)
        self.rib = Rib(self._changed)
        for name in states:
            self.rib.line_changed(name, True, 0)

    def _changed(self, prefix: Prefix, active: Active | None) -> None:
        self.told.append((str(prefix), active is not None))
        self.fib.changed(prefix, active)

    def up(self, name: str, *addresses: str, now: int = 0) -> None:
        pairs = [(A(text.partition("/")[0]), P(text)) for text in addresses]
        self.rib.settle_interface(name, pairs, now)

    def statics(self, *routes: Route, now: int = 0) -> None:
        self.rib.settle_statics(routes, now)

    def hops(self, prefix: str) -> tuple[Hop, ...] | None:
        active = self.rib.active.get(P(prefix))
        return active.hops if active else None

    def sources(self) -> dict[str, str]:
        return {str(prefix): active.route.source for prefix, active in sorted(self.rib.active.items())}


def static(prefix: str, next_hop: str | None = None, interface: str | None = None, distance: int = 1) -> Route:
    return Route(P(prefix), STATIC, distance, interface, A(next_hop) if next_hop else None)


def test_an_address_gives_a_connected_and_a_local_route_and_a_host_address_only_the_first() -> None:
    table = Table("Ethernet0/0", "Loopback0")
    table.up("Ethernet0/0", "10.0.0.1/24")
    table.up("Loopback0", "1.1.1.1/32")
    assert table.sources() == {"1.1.1.1/32": CONNECTED, "10.0.0.0/24": CONNECTED, "10.0.0.1/32": LOCAL}
    table.up("Ethernet0/0")
    assert table.sources() == {"1.1.1.1/32": CONNECTED}


def test_a_static_route_comes_and_goes_with_what_its_next_hop_resolves_through() -> None:
    table = Table("Ethernet0/0")
    table.statics(
        static("0.0.0.0/0", "10.0.0.9"), static("192.0.2.0/24", "172.16.0.1"), static("172.16.0.0/16", "10.0.0.8")
    )
    assert table.sources() == {}
    table.up("Ethernet0/0", "10.0.0.1/24")
    assert table.hops("192.0.2.0/24") == (Hop("Ethernet0/0", A("10.0.0.8")),)
    assert table.hops("0.0.0.0/0") == (Hop("Ethernet0/0", A("10.0.0.9")),)
    table.up("Ethernet0/0")
    assert table.sources() == {}


def test_a_static_route_by_an_interface_needs_it_up() -> None:
    table = Table("Tunnel0")
    table.statics(static("10.0.0.0/8", None, "Tunnel0"), static("10.0.0.0/8", None, "Null0", distance=250))
    assert table.hops("10.0.0.0/8") == (Hop("Tunnel0", None),)
    table.rib.line_changed("Tunnel0", False, 1)
    assert table.hops("10.0.0.0/8") == (Hop("Null0", None),)
    assert table.fib.flow(A("10.1.1.1")).entry.kind is Kind.NULL


def test_the_lowest_distance_wins_and_equals_share() -> None:
    table = Table("Ethernet0/0", "Ethernet0/1")
    table.up("Ethernet0/0", "10.0.0.1/24")
    table.up("Ethernet0/1", "10.0.1.1/24")
    table.statics(
        static("0.0.0.0/0", "10.0.0.2"), static("0.0.0.0/0", "10.0.1.2"), static("0.0.0.0/0", "10.0.0.3", distance=5)
    )
    assert table.hops("0.0.0.0/0") == (Hop("Ethernet0/0", A("10.0.0.2")), Hop("Ethernet0/1", A("10.0.1.2")))
    used = {table.fib.flow(A("8.8.8.8"), source).next_hop for source in range(64)}
    assert used == {A("10.0.0.2"), A("10.0.1.2")}
    table.statics(static("0.0.0.0/0", "10.0.0.3", distance=5))
    assert table.hops("0.0.0.0/0") == (Hop("Ethernet0/0", A("10.0.0.3")),)


def test_next_hops_that_lead_through_each_other_lead_nowhere() -> None:
    table = Table("Ethernet0/0")
    table.up("Ethernet0/0", "192.168.0.1/24")
    table.statics(static("10.0.0.0/8", "20.0.0.1"), static("20.0.0.0/8", "10.0.0.1"), static("30.0.0.0/8", "30.0.0.1"))
    assert table.sources() == {"192.168.0.0/24": CONNECTED, "192.168.0.1/32": LOCAL}


def test_settling_touches_only_what_differs_and_keeps_ages() -> None:
    table = Table("Ethernet0/0")
    table.up("Ethernet0/0", "10.0.0.1/24")
    table.statics(static("1.0.0.0/8", "10.0.0.2"), static("2.0.0.0/8", "10.0.0.2"), now=SECOND)
    table.told.clear()
    table.statics(static("1.0.0.0/8", "10.0.0.2"), static("3.0.0.0/8", "10.0.0.2"), now=2 * SECOND)
    assert table.told == [("2.0.0.0/8", False), ("3.0.0.0/8", True)]
    assert table.rib.active[P("1.0.0.0/8")].route.since == SECOND


def test_a_shortcut_is_a_route_of_its_own_or_overrides_one_of_exactly_its_prefix() -> None:
    table = Table("Tunnel0")
    table.up("Tunnel0", "172.16.0.2/24")
    table.statics(static("10.0.3.0/24", "172.16.0.1"))
    table.rib.learn("Tunnel0", P("10.0.3.0/24"), A("172.16.0.3"), SECOND)
    table.rib.learn("Tunnel0", P("10.0.4.0/24"), A("172.16.0.4"), SECOND)
    table.rib.learn("Tunnel0", P("172.16.0.3/32"), A("172.16.0.3"), SECOND)
    override, own, host = (table.rib.active[P(text)] for text in ("10.0.3.0/24", "10.0.4.0/24", "172.16.0.3/32"))
    assert (override.route.source, override.hops) == (STATIC, (Hop("Tunnel0", A("172.16.0.1")),))
    assert override.override is not None and override.override.next_hop == A("172.16.0.3")
    assert (own.route.source, own.route.distance, own.override) == (NHRP, 250, None)
    assert host.route.next_hop is None
    assert table.fib.flow(A("10.0.3.9")).next_hop == A("172.16.0.3")
    assert table.rib.lookup(A("10.0.4.9"), shortcuts=False) is None
    table.statics()
    assert table.rib.active[P("10.0.3.0/24")].route.source == NHRP
    for text in ("10.0.3.0/24", "10.0.4.0/24", "172.16.0.3/32"):
        table.rib.forget("Tunnel0", P(text), 2 * SECOND)
    assert set(table.sources().values()) == {CONNECTED, LOCAL}


def test_a_shortcut_never_overrides_a_network_of_our_own_and_dies_with_its_tunnel() -> None:
    table = Table("Tunnel0", "Ethernet0/0")
    table.up("Ethernet0/0", "10.0.3.1/24")
    table.rib.learn("Tunnel0", P("10.0.3.0/24"), A("172.16.0.3"), 0)
    table.rib.learn("Tunnel0", P("10.0.4.0/24"), A("172.16.0.3"), 0)
    assert table.fib.flow(A("10.0.3.9")).entry.kind is Kind.ATTACHED
    table.rib.line_changed("Tunnel0", False, 0)
    assert P("10.0.4.0/24") not in table.rib.active


def test_packets_through_a_shortcut_stay_counted_when_its_next_hop_changes() -> None:
    table = Table("Tunnel0")
    table.rib.learn("Tunnel0", P("10.0.4.0/24"), A("172.16.0.4"), 0)
    table.fib.flow(A("10.0.4.1")).entry.packets += 3
    table.rib.learn("Tunnel0", P("10.0.4.0/24"), A("172.16.0.5"), 0)
    entry = table.fib.entry(P("10.0.4.0/24"))
    assert entry is not None and entry.counted and entry.packets == 3


def test_the_edges_of_a_connected_network_are_broadcasts_but_not_of_a_31() -> None:
    table = Table("Ethernet0/0", "Ethernet0/1")
    table.up("Ethernet0/0", "10.0.0.1/24")
    table.up("Ethernet0/1", "10.0.1.0/31")
    table.statics(static("10.2.0.0/24", None, "Ethernet0/0"))
    asked = "10.0.0.0 10.0.0.255 10.0.0.7 10.0.1.1 10.2.0.255 224.0.0.5 255.255.255.255 9.9.9.9"
    kinds = {text: table.fib.flow(A(text)).entry.kind for text in asked.split()}
    broadcast, attached = Kind.BROADCAST, Kind.ATTACHED
    expected = [broadcast, broadcast, attached, attached, attached, Kind.RECEIVE, Kind.RECEIVE, Kind.NO_ROUTE]
    assert list(kinds.values()) == expected


def test_a_scan_of_addresses_does_not_fill_memory() -> None:
    table = Table("Ethernet0/0", "Tunnel0")
    table.up("Tunnel0", "10.0.0.1/24")
    table.statics(static("0.0.0.0/0", None, "Tunnel0"))
    for address in range(0x0B000000, 0x0B000000 + 3 * FLOW_LIMIT):
        table.fib.flow(address)
    assert 0 < len(table.fib.flows) <= FLOW_LIMIT
    generation = table.fib.generation
    table.statics()
    assert not table.fib.flows and table.fib.generation > generation


PREFIXES = st.builds(Prefix.of, st.integers(0, 0xFFFFFFFF), st.integers(0, 32))


@settings(max_examples=150, deadline=None)
@given(st.lists(PREFIXES, max_size=40, unique=True), st.data())
def test_the_match_is_the_longest_whatever_came_and_went(prefixes: list[Prefix], data: st.DataObject) -> None:
    table = Table("Tunnel0")
    table.rib.settle_statics([static(str(prefix), None, "Tunnel0") for prefix in prefixes], 0)
    kept = data.draw(st.lists(st.sampled_from(prefixes), unique=True)) if prefixes else []
    table.rib.settle_statics([static(str(prefix), None, "Tunnel0") for prefix in kept], 0)
    near = [st.integers(p.network, p.broadcast) for p in prefixes]
    for address in data.draw(st.lists(st.one_of(st.integers(0, 0xFFFFFFFF), *near), max_size=20)):
        longest = max(
            (p for p in kept if address & mask_of(p.length) == p.network), key=lambda p: p.length, default=None
        )
        active, entry = table.rib.lookup(address), table.fib.match(address)
        assert (active.prefix if active else None) == longest == (entry.prefix if entry else None)
