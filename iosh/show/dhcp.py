"""`show ip dhcp binding|conflict|pool|server statistics` of the server, `show dhcp lease` of the clients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.calendar import MONTHS, moment
from iosh.base.time import Instant, clock
from iosh.proto.dhcp.server import hexed
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.proto.dhcp.server import DhcpServer
    from iosh.router.router import Router

_IDENTIFIER_LINE: Final = 20  # characters of a client identifier in a row


def _server(router: Router) -> DhcpServer | None:
    return router.dhcp.server


# --- bindings ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BindingRow:
    """One address; `expiration` is a date, or `Infinite`."""

    address: IPv4
    client_id: str
    expiration: str
    type: str
    pool: str
    state: str
    interface: str


@dataclass(frozen=True)
class Bindings:
    """`show ip dhcp binding`."""

    bindings: tuple[BindingRow, ...]


def bindings(router: Router, now: Instant, address: IPv4 | None = None) -> Bindings:
    """Who has an address, and whose a pool keeps one for though he was not heard yet."""
    server = _server(router)
    if server is None:
        return Bindings(())
    held = server.leases.bindings
    rows = [
        BindingRow(
            each.address,
            hexed(each.client.identifier),
            _date(router.epoch_s, each.expires) if each.expires is not None else "Infinite",
            "Manual" if each.manual else "Automatic",
            each.pool,
            "Active" if each.active else "Selecting",
            each.interface,
        )
        for each in held.values()
    ]
    for pool in server.leases.settings.pools:
        known = pool.client_id or pool.mac
        if pool.host is not None and pool.host not in held and known is not None:
            rows.append(BindingRow(pool.host, hexed(known), "Infinite", "Manual", pool.name, "Selecting", "Unknown"))
    rows.sort(key=lambda each: each.address)
    return Bindings(tuple(each for each in rows if address in (None, each.address)))


def _date(epoch_s: int, at: Instant) -> str:
    """`Mar 02 2002 12:36 AM`"""
    then = moment(epoch_s, at)
    hour, half = then.hour % 12 or 12, "PM" if then.hour >= 12 else "AM"
    return f"{MONTHS[then.month - 1]} {then.day:02d} {then.year} {hour:02d}:{then.minute:02d} {half}"


def bindings_text(value: Bindings) -> Iterator[str]:
    yield "Bindings from all pools not associated with VRF:"
    yield "IP address          Client-ID/              Lease expiration        Type"
    yield "                    Hardware address/"
    yield "                    User name"
    for row in value.bindings:
        identifier = row.client_id
        first, *more = (identifier[at : at + _IDENTIFIER_LINE] for at in range(0, len(identifier), _IDENTIFIER_LINE))
        yield f"{row.address!s:<20}{first:<24}{row.expiration:<24}{row.type}"
        for piece in more:
            yield f"{'':<20}{piece}"


# --- conflicts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Conflict:
    """An address that somebody else was found to use."""

    address: IPv4
    method: str
    time: str


@dataclass(frozen=True)
class Conflicts:
    """`show ip dhcp conflict`."""

    conflicts: tuple[Conflict, ...]


def conflicts(router: Router, now: Instant) -> Conflicts:
    server = _server(router)
    found = server.leases.conflicts.items() if server is not None else ()
    return Conflicts(
        tuple(Conflict(address, each.method, _date(router.epoch_s, each.at)) for address, each in sorted(found))
    )


def conflicts_text(value: Conflicts) -> Iterator[str]:
    yield "IP address        Detection method   Detection time          VRF"
    for row in value.conflicts:
        yield f"{row.address!s:<18}{row.method:<19}{row.time}"


# --- pools -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PoolView:
    """One pool; of a pool for one host, `first` and `last` are that host."""

    name: str
    total: int
    leased: int
    excluded: int
    current: IPv4
    first: IPv4
    last: IPv4


@dataclass(frozen=True)
class Pools:
    """`show ip dhcp pool`."""

    pools: tuple[PoolView, ...]


def pools(router: Router, now: Instant, name: str | None = None) -> Pools:
    server = _server(router)
    if server is None:
        return Pools(())
    found = []
    for pool in server.settings.pools:
        leased = sum(each.pool == pool.name and each.active for each in server.leases.bindings.values())
        if name not in (None, pool.name):
            continue
        if pool.network is not None:
            first, last = IPv4(pool.network.network + 1), IPv4(pool.network.broadcast - 1)
            excluded = server.leases.excluded_in(pool.network)
            current = server.leases.next.get(pool.name, first)
            found.append(PoolView(pool.name, last - first + 1, leased, excluded, current, first, last))
        elif pool.host is not None:
            found.append(PoolView(pool.name, 1, leased, 0, pool.host, pool.host, pool.host))
    return Pools(tuple(found))


def pools_text(value: Pools) -> Iterator[str]:
    for pool in value.pools:
        yield ""
        yield f"Pool {pool.name} :"
        yield " Utilization mark (high/low)    : 100 / 0"
        yield " Subnet size (first/next)       : 0 / 0 "
        yield f" Total addresses                : {pool.total}"
        yield f" Leased addresses               : {pool.leased}"
        yield f" Excluded addresses             : {pool.excluded}"
        yield " Pending event                  : none"
        yield " 1 subnet is currently in the pool :"
        yield " Current index        IP address range                    Leased/Excluded/Total"
        span = f"{pool.first!s:<16} - {pool.last!s:<16}"
        yield f" {pool.current!s:<20} {span}  {pool.leased:<5} / {pool.excluded:<5} / {pool.total:<5}"


# --- statistics --------------------------------------------------------------------------------------------------

_RECEIVED: Final = ("DISCOVER", "REQUEST", "DECLINE", "RELEASE", "INFORM")
_SENT: Final = ("OFFER", "ACK", "NAK")
_CLIENTS_SAY: Final = ("BOOTREQUEST", *(f"DHCP{name}" for name in _RECEIVED), "DHCPVENDOR")
_SERVERS_SAY: Final = ("BOOTREPLY", *(f"DHCP{name}" for name in _SENT))
_DPM: Final = (
    "Offer notifications sent",
    "Offer callbacks received",
    "Classname requests sent",
    "Classname callbacks received",
)


@dataclass(frozen=True)
class Statistics:
    """`show ip dhcp server statistics`: messages by name."""

    pools: int
    automatic: int
    manual: int
    expired: int
    malformed: int
    renewals: int
    received: tuple[tuple[str, int], ...]
    sent: tuple[tuple[str, int], ...]
    forwarded: tuple[tuple[str, int], ...]
    databases: int


def statistics(router: Router, now: Instant) -> Statistics:
    server = _server(router)
    held = list(server.leases.bindings.values()) if server is not None else []
    counted = server.counters if server is not None else {}
    relayed = router.dhcp.relay.counters if router.dhcp.relay is not None else {}
    return Statistics(
        pools=len(server.settings.pools) if server is not None else 0,
        automatic=sum(each.active and not each.manual for each in held),
        manual=sum(each.manual for each in held),
        expired=counted.get("expired", 0),
        malformed=counted.get("malformed", 0),
        renewals=counted.get("renewals", 0),
        received=tuple((name, counted.get(f"{name.lower()}_received", 0)) for name in _RECEIVED),
        sent=tuple((name, counted.get(f"{name.lower()}_sent", 0)) for name in _SENT),
        forwarded=tuple((name, relayed.get(f"{name.lower()}_forwarded", 0)) for name in _RECEIVED + _SENT),
        databases=len(router.dhcp.database.agents),
    )


def statistics_text(value: Statistics) -> Iterator[str]:
    """What IOS counts and there is none of here is 0: relayed bindings, vendor messages, memory set apart."""
    figures = {
        "Memory usage": 0,
        "Address pools": value.pools,
        "Database agents": value.databases,
        "Automatic bindings": value.automatic,
        "Manual bindings": value.manual,
        "Expired bindings": value.expired,
        "Malformed messages": value.malformed,
        "Secure arp entries": 0,
        "Renew messages": value.renewals,
        "Workspace timeouts": 0,
        "Static routes": 0,
        "Relay bindings": 0,
        "Relay bindings active": 0,
        "Relay bindings terminated": 0,
        "Relay bindings selecting": 0,
    }
    for name, count in figures.items():
        yield f"{name:<21}{count}" if len(name) < 21 else f"{name:<29}{count}"
    tables = (
        ("Received", _CLIENTS_SAY + _SERVERS_SAY, value.received),
        ("Sent", _SERVERS_SAY, value.sent),
        ("Forwarded", _CLIENTS_SAY + _SERVERS_SAY, value.forwarded),
    )
    for title, names, counted in tables:
        yield ""
        yield f"Message              {title}"
        found = {f"DHCP{name}": count for name, count in counted}
        for name in names:
            yield f"{name:<21}{found.get(name, 0)}"
    yield ""
    yield "DHCP-DPM Statistics"
    for name in _DPM:
        yield f"{name:<32}0"


# --- where bindings are kept, who is trusted -----------------------------------------------------------------------


@dataclass(frozen=True)
class DatabaseView:
    """One agent; times are dates, None for never."""

    url: str
    read: str | None
    written: str | None
    delay_s: int
    timeout_s: int
    failures: int
    successes: int


@dataclass(frozen=True)
class DatabasesView:
    """`show ip dhcp database`."""

    agents: tuple[DatabaseView, ...]


def databases(router: Router, now: Instant) -> DatabasesView:
    database = router.dhcp.database
    read, written = (
        None if at is None else _date(router.epoch_s, at) for at in (database.read_at, database.written_at)
    )
    return DatabasesView(
        tuple(
            DatabaseView(
                each.url, read, written, each.write_delay_s, each.timeout_s, database.failures, database.successes
            )
            for each in database.agents
        )
    )


def databases_text(value: DatabasesView) -> Iterator[str]:
    for each in value.agents:
        state = "Failed to write" if each.failures else "Write succeeded" if each.written else "Read succeeded"
        said = {
            "URL": each.url,
            "Read": each.read or "Never",
            "Written": each.written or "Never",
            "Status": f"{state}. Binding information in sync." if each.read or each.written else "Unknown",
            "Delay": f"{each.delay_s} seconds",
            "Timeout": f"{each.timeout_s} seconds",
            "Failures": each.failures,
            "Successes": each.successes,
        }
        yield from (f"{name:<9}:  {text}" for name, text in said.items())


@dataclass(frozen=True)
class TrustedSources:
    """`show ip dhcp relay information trusted-sources`."""

    everybody: bool
    interfaces: tuple[str, ...]


def trusted(router: Router, now: Instant) -> TrustedSources:
    config = router.config
    names = tuple(name for name, interface in config.interfaces.items() if interface.ip.dhcp_trusted)
    return TrustedSources(config.dhcp.relay.trust_all, names)


def trusted_text(value: TrustedSources) -> Iterator[str]:
    if value.everybody:
        yield "All interfaces are trusted source of relay agent information option"
        return
    if value.interfaces:
        yield "List of trusted sources of relay agent information option:"
        yield from value.interfaces


# --- leases of clients -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LeaseView:
    """One interface's lease; without one, only state and identity are said."""

    interface: str
    state: int
    state_name: str
    transaction: int
    retries: int
    client_id: str
    client_id_hex: str
    hostname: str
    address: IPv4 | None
    mask: IPv4 | None
    server: IPv4 | None
    routers: tuple[IPv4, ...]
    lease_s: int
    renewal_s: int
    rebinding_s: int
    next_timer_ns: int | None


@dataclass(frozen=True)
class ClientLeases:
    """`show dhcp lease`."""

    leases: tuple[LeaseView, ...]


def leases(router: Router, now: Instant) -> ClientLeases:
    found = []
    for name, client in router.dhcp.clients.items():
        lease, settings = client.lease, client.settings
        number, word = client.state.value
        identifier = settings.client_id
        text = identifier[1:].decode() if identifier[:1] == b"\0" else hexed(identifier)
        due = client.next_timer()
        found.append(
            LeaseView(
                name, number, word, client.xid, client.tries, text, identifier.removeprefix(b"\0").hex().upper(),
                settings.hostname,
                lease.address if lease else None, lease.prefix.mask if lease else None,
                lease.server if lease else None, lease.routers if lease else (),
                lease.lease_s if lease else 0, lease.renewal_s if lease else 0, lease.rebinding_s if lease else 0,
                max(0, due - now) if due is not None else None,
            )
        )  # fmt: skip
    return ClientLeases(tuple(found))


def leases_text(value: ClientLeases) -> Iterator[str]:
    for each in value.leases:
        none = IPv4(0)
        yield f"Temp IP addr: {each.address or none}  for peer on Interface: {each.interface}"
        yield f"Temp  sub net mask: {each.mask or none}"
        yield f"   DHCP Lease server: {each.server or none}, state: {each.state} {each.state_name}"
        yield f"   DHCP transaction id: {each.transaction:X}"
        yield f"   Lease: {each.lease_s} secs,  Renewal: {each.renewal_s} secs,  Rebind: {each.rebinding_s} secs"
        if each.routers:
            yield f"Temp default-gateway addr: {each.routers[0]}"
        if each.next_timer_ns is not None:
            yield f"   Next timer fires after: {clock(each.next_timer_ns)}"
        yield f"   Retry count: {each.retries}   Client-ID: {each.client_id}"
        yield f"   Client-ID hex dump: {each.client_id_hex[:32]}"
        for at in range(32, len(each.client_id_hex), 32):
            yield f"                       {each.client_id_hex[at : at + 32]}"
        yield f"   Hostname: {each.hostname}"


SHOWS: Final = {
    "database": Show(databases, databases_text),
    "trusted": Show(trusted, trusted_text),
    "binding": Show(bindings, bindings_text),
    "conflict": Show(conflicts, conflicts_text),
    "pool": Show(pools, pools_text),
    "statistics": Show(statistics, statistics_text),
    "lease": Show(leases, leases_text),
}
