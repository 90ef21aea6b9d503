"""`show dmvpn [detail]`: every NHRP peer with the state of its tunnel, as IOS-XE 17 prints it.

A row is one NHRP entry; rows of one NBMA address stand together and `# Ent` counts them. State is how far the peer has
come: IKE, IPSEC, NHRP (protected, not registered), UP. An entry nobody resolved has the peer UNKNOWN; its state is IKE
and it never was up. A static map of no server stays NHRP and never is up either: nothing registers with it.
Not here: `show dmvpn ipv6`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import Instant, Span, clock
from iosh.proto.nhrp.cache import INCOMPLETE, STATIC, CacheEntry, Mark
from iosh.proto.nhrp.machine import Nhrp
from iosh.show import crypto_ipsec, crypto_session, nhrp
from iosh.show.crypto_ipsec import Flow
from iosh.show.crypto_session import CryptoSession
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

LEGEND = (
    "Legend: Attrb --> S - Static, D - Dynamic, I - Incomplete",
    "\tN - NATed, L - Local, X - No Socket",
    "\tT1 - Route Installed, T2 - Nexthop-override, B - BGP",
    "\tC - CTS Capable, I2 - Temporary",
    "\t# Ent --> Number of NHRP entries with same NBMA peer",
    "\tNHS Status: E --> Expecting Replies, R --> Responding, W --> Waiting",
    "\tUpDn Time --> Up or Down Time for a Tunnel",
    "=" * 74,
    "",
)


@dataclass(frozen=True, slots=True)
class DmvpnRow:
    """One entry of a peer. `updown_ns` None was never up."""

    tunnel: IPv4
    target: Prefix
    state: str
    updown_ns: Span | None
    attributes: str


@dataclass(frozen=True, slots=True)
class DmvpnPeer:
    """One NBMA address; None is unknown."""

    nbma: IPv4 | None
    rows: tuple[DmvpnRow, ...]


@dataclass(frozen=True, slots=True)
class DmvpnDetail:
    """What `detail` says of the tunnel itself."""

    link_state: str
    line_protocol: str
    address: IPv4 | None
    source: IPv4 | None
    destination: str
    transport: str
    profile: str | None
    servers: tuple[nhrp.NhrpServer, ...]


@dataclass(frozen=True, slots=True)
class DmvpnTunnel:
    """One tunnel with its peers."""

    interface: str
    role: str
    peers: tuple[DmvpnPeer, ...]
    detail: DmvpnDetail | None = None


@dataclass(frozen=True, slots=True)
class DmvpnSession:
    """The crypto session with one peer, and the SAs that carry it."""

    session: CryptoSession
    flow: Flow


@dataclass(frozen=True, slots=True)
class Dmvpn:
    """`show dmvpn`: tunnels that have peers; with `detail` all of them, and the sessions of protected ones."""

    tunnels: tuple[DmvpnTunnel, ...]
    sessions: tuple[DmvpnSession, ...] | None = None


def view(
    router: Router,
    now: Instant,
    *,
    detail: bool = False,
    interface: str | None = None,
    kind: str | None = None,
    nbma: IPv4 | None = None,
    tunnel: IPv4 | None = None,
) -> Dmvpn:
    """All peers, or those of one tunnel, one kind (`static`, `dynamic`), one NBMA or tunnel address."""
    tunnels = []
    for machine in nhrp.machines(router, interface):
        peers: dict[object, list[DmvpnRow]] = {}
        for entry in _entries(machine, detail):
            seen = entry.nbma.plain if entry.nbma is not None else None
            if (nbma is not None and seen != nbma) or (tunnel is not None and entry.next_hop != tunnel):
                continue
            if kind is None or (entry.type == STATIC) == (kind == "static"):
                key = seen if seen is not None else entry.prefix
                peers.setdefault(key, []).append(_row(router, machine, entry, now))
        if peers or detail:
            rows = tuple(
                DmvpnPeer(key if isinstance(key, IPv4) else None, tuple(found)) for key, found in peers.items()
            )
            about = _detail(router, machine, now) if detail else None
            tunnels.append(DmvpnTunnel(machine.settings.interface, machine.role, rows, about))
    guarded = [one.interface for one in tunnels if detail and router.nhrp[one.interface].settings.protected]
    return Dmvpn(tuple(tunnels), _sessions(router, guarded, now) if guarded else None)


def _sessions(router: Router, interfaces: list[str], now: Instant) -> tuple[DmvpnSession, ...]:
    """Sessions and flows come in the same order, one each for a peer."""
    return tuple(
        DmvpnSession(session, flow)
        for name in interfaces
        for session, flow in zip(
            crypto_session.sessions(router, now, interface=name).sessions,
            crypto_ipsec.sas(router, now, interface=name).flows,
        )
    )


def _entries(machine: Nhrp, detail: bool) -> list[CacheEntry]:
    found = sorted(machine.cache.remote.values(), key=lambda entry: entry.prefix)
    return found + sorted(machine.cache.local.values(), key=lambda entry: entry.prefix) if detail else found


def _row(router: Router, machine: Nhrp, entry: CacheEntry, now: Instant) -> DmvpnRow:
    state, since = _state(router, machine, entry)
    updown = None if since is None else now - since
    return DmvpnRow(entry.next_hop, entry.prefix, state, updown, _attributes(machine, entry))


def _state(router: Router, machine: Nhrp, entry: CacheEntry) -> tuple[str, Instant | None]:
    """A row's state, and since when."""
    if entry.nbma is None:
        return "IKE", None
    if Mark.LOCAL in entry.marks:
        return "UP", None
    phase = "UP"
    if machine.settings.protected:
        phase = router.protect.phase(machine.settings.interface, entry.nbma)
    if entry.type != STATIC:
        if not machine.settings.multipoint:
            return phase, None  # a point-to-point tunnel has no sockets whose time could be told
        since = entry.active_since if entry.active_since is not None else entry.created
        return phase, since
    registration = machine.client.registrations.get(entry.next_hop)
    if registration is None:
        return (phase if phase != "UP" else "NHRP"), None
    if registration.up and phase == "UP":
        return "UP", registration.since
    return (phase if phase != "UP" else "NHRP"), registration.since


def _attributes(machine: Nhrp, entry: CacheEntry) -> str:
    if entry.type == INCOMPLETE:
        return "IX"
    letters = "S" if entry.type == STATIC else "D"
    if Mark.NAT in entry.marks:
        letters += "N"
    if Mark.LOCAL in entry.marks:
        return letters + "LX"
    if entry.type != STATIC and entry.nbma is not None and not machine.link.ready(entry.nbma):
        letters += "X"
    if entry.active and Mark.RIB in entry.marks:
        letters += "T1"
    if entry.active and Mark.NHO in entry.marks:
        letters += "T2"
    return letters


def _detail(router: Router, machine: Nhrp, now: Instant) -> DmvpnDetail:
    settings = machine.settings
    state = router.forwarding.interfaces[settings.interface]
    multipoint = settings.multipoint
    return DmvpnDetail(
        state.link_state,
        "up" if state.protocol else "down",
        settings.address,
        settings.nbma,
        "Multipoint" if multipoint else str(settings.destination or "UNKNOWN"),
        "multi-GRE/IP" if multipoint else "GRE/IP",
        state.tunnel.profile if state.tunnel is not None else None,
        nhrp.servers(machine, now),
    )


def text(value: Dmvpn) -> Iterator[str]:
    """The legend, then a table for each tunnel."""
    yield from LEGEND
    for tunnel in value.tunnels:
        yield from _table(tunnel) if tunnel.detail is None else _detailed(tunnel, tunnel.detail)
        yield ""
    if value.sessions is not None:
        yield "Crypto Session Details: "
        yield "-" * 80
        for one in value.sessions:
            yield ""
            yield from _session(one.session, one.flow)
        yield ""
        yield "Pending DMVPN Sessions:"
        yield ""


def _table(tunnel: DmvpnTunnel) -> Iterator[str]:
    yield f"Interface: {tunnel.interface}, IPv4 NHRP Details "
    yield f"Type:{tunnel.role}, NHRP Peers:{len(tunnel.peers)}, "
    yield ""
    yield " # Ent  Peer NBMA Addr Peer Tunnel Add State  UpDn Tm Attrb"
    yield " ----- --------------- --------------- ----- -------- -----"
    for peer in tunnel.peers:
        yield from _rows(peer, 6, False)


def _detailed(tunnel: DmvpnTunnel, about: DmvpnDetail) -> Iterator[str]:
    yield f'Interface {tunnel.interface} is {about.link_state}/{about.line_protocol}, Addr. is {about.address}, VRF "" '
    yield f'   Tunnel Src./Dest. addr: {about.source}/{about.destination}, Tunnel VRF ""'
    yield f'   Protocol/Transport: "{about.transport}", Protect "{about.profile or ""}" '
    yield "   Interface State Control: Disabled"
    yield "   nhrp event-publisher : Disabled"
    if about.servers:
        yield ""
        yield "IPv4 NHS:"
        for server in about.servers:
            yield nhrp.server_line(server)
    yield f"Type:{tunnel.role}, Total NBMA Peers (v4/v6): {len(tunnel.peers)}"
    yield ""
    yield "# Ent  Peer NBMA Addr Peer Tunnel Add State  UpDn Tm Attrb    Target Network"
    yield "----- --------------- --------------- ----- -------- ----- -----------------"
    for peer in tunnel.peers:
        yield from _rows(peer, 5, True)


def _session(session: CryptoSession, flow: Flow) -> Iterator[str]:
    yield f"Interface: {session.interface}"
    for ike in session.ikes:
        state = "Active" if ike.active else "Inactive"
        life = clock(ike.life) if ike.life else "0"
        yield f"Session: [0x{ike.session:08X}]"
        yield f"  Session ID: {ike.session}  "
        yield f"  IKEv2 SA: local {session.local}/{ike.local_port} remote {session.remote}/{ike.remote_port} {state} "
        yield f"          Capabilities:{ike.capabilities} connid:{ike.connection} lifetime:{life}"
    yield f"  Crypto Session Status: {session.status:<14}"
    yield f"  fvrf: (none), Phase1_id: {session.phase1_id}"
    yield f"  IPSEC FLOW: permit 47 host {session.local} host {session.remote} "
    yield f"        Active SAs: {session.active_sas}, origin: crypto map"
    for title, way in (("Inbound:  #pkts dec'ed", session.inbound), ("Outbound: #pkts enc'ed", session.outbound)):
        yield f"        {title} {way.packets} drop {way.dropped} life (KB/Sec) {way.life_kilobytes}/{way.life_s}"
    transform = flow.outbound[0].transform if flow.outbound else ""
    yield f"   Outbound SPI : 0x{flow.outbound_spi:8X}, transform : {transform} "
    yield f"    Socket State: {'Open' if session.active_sas else 'Closed'}"


def _rows(peer: DmvpnPeer, width: int, targets: bool) -> Iterator[str]:
    for number, row in enumerate(peer.rows):
        name = "UNKNOWN" if peer.nbma is None else str(peer.nbma)
        head = f"{len(peer.rows):>{width}} {name:<15}" if number == 0 else " " * (width + 16)
        updown = "never" if row.updown_ns is None else clock(row.updown_ns)
        target = f" {row.target!s:>18}" if targets else ""
        yield f"{head} {row.tunnel:>15} {row.state:>5} {updown:>8} {row.attributes:>5}{target}"


SHOWS: dict[str, Show] = {"": Show(view, text)}
