"""`show crypto session [remote A] [detail|brief]`, `show crypto sockets`, as IOS-XE 17 prints them.

A session is everything with one peer over one tunnel. Statuses: UP-ACTIVE with an IPsec SA, UP-IDLE with an IKE
SA alone, DOWN-NEGOTIATING while one is on its way, DOWN.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.interface_name import short
from iosh.base.time import SECOND, Instant, Span, clock
from iosh.proto.ike.sa import IkeSa, State
from iosh.proto.ike.session import Session
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_CODES: Final = (
    "Code: C - IKE Configuration mode, D - Dead Peer Detection     ",
    "K - Keepalives, N - NAT-traversal, T - cTCP encapsulation     ",
    "X - IKE Extended Authentication, F - IKE Fragmentation",
    "R - IKE Auto Reconnect, U - IKE Dynamic Route Update",
    "S - SIP VPN",
)
_LETTERS: Final = {"UP-ACTIVE": "UA", "UP-IDLE": "UI", "DOWN-NEGOTIATING": "DN", "DOWN": "D"}


@dataclass(frozen=True, slots=True)
class SessionIke:
    """An IKE SA of a session."""

    session: int
    local_port: int
    remote_port: int
    active: bool
    capabilities: str
    connection: int
    life: Span


@dataclass(frozen=True, slots=True)
class SessionLife:
    """One direction of a session's traffic."""

    packets: int
    dropped: int
    life_kilobytes: int
    life_s: int


@dataclass(frozen=True, slots=True)
class CryptoSession:
    """One peer over one tunnel. `uptime` is None while it is down."""

    interface: str
    profile: str
    status: str
    uptime: Span | None
    local: IPv4
    remote: IPv4
    port: int
    phase1_id: str
    ikes: tuple[SessionIke, ...]
    active_sas: int
    inbound: SessionLife
    outbound: SessionLife
    reason: str


@dataclass(frozen=True, slots=True)
class CryptoSessions:
    """`show crypto session`."""

    sessions: tuple[CryptoSession, ...]
    detail: bool = False


def sessions(
    router: Router, now: Instant, detail: bool = False, remote: IPv4 | None = None, interface: str | None = None
) -> CryptoSessions:
    """All sessions, those with one peer, or those of one tunnel."""
    chosen = [
        one
        for one in router.ike.sessions()
        if remote in (None, one.remote.plain) and interface in (None, one.interface)
    ]
    chosen.sort(key=lambda one: (one.interface, one.remote))
    return CryptoSessions(tuple(_session(router, one, now) for one in chosen), detail)


def _session(router: Router, session: Session, now: Instant) -> CryptoSession:
    standing = list(session.sas.values())
    newest = standing[-1] if standing else None
    gate = router.ike.settings.gates.get(session.interface)
    pairs = [router.protect.pairs[spi] for spi in session.children if spi in router.protect.pairs]
    counts = router.protect.counts((session.interface, session.remote), session.children)
    left_s, left_kb = _left(session, now)
    used_in, used_out = (pairs[-1].inbound.bytes, pairs[-1].outbound.bytes) if pairs else (0, 0)
    return CryptoSession(
        session.interface,
        (gate.ike_profile or "") if gate is not None else "",
        _status(session, standing),
        None if session.up_since is None else now - session.up_since,
        session.local,
        session.remote,
        newest.remote_port if newest is not None else 500,
        str(newest.remote_identity) if newest is not None and newest.remote_identity is not None else "(none)",
        tuple(_ike(sa, now) for sa in standing),
        2 * len(session.children),
        SessionLife(counts.packets_in, counts.refused, max(0, left_kb - used_in // 1024), left_s),
        SessionLife(counts.packets_out, 0, max(0, left_kb - used_out // 1024), left_s),
        session.reason,
    )


def _status(session: Session, standing: list[IkeSa]) -> str:
    if session.children:
        return "UP-ACTIVE"
    if any(sa.is_ready for sa in standing):
        return "UP-IDLE"
    return "DOWN-NEGOTIATING" if any(sa.state in (State.INIT, State.AUTH) for sa in standing) else "DOWN"


def _left(session: Session, now: Instant) -> tuple[int, int]:
    """Seconds and kilobytes the SAs in use still have."""
    if session.current is None:
        return 0, 0
    return max(0, session.current.hard_at - now) // SECOND, session.current.gate.lifetime_kilobytes or 0


def _ike(sa: IkeSa, now: Instant) -> SessionIke:
    dpd = (sa.profile.dpd if sa.profile is not None else None) or sa.context.settings.dpd
    capabilities = ("D" if dpd else "") + ("N" if sa.nat else "") + ("F" if sa.can_fragment else "")
    life = max(0, sa.hard_at - now) if sa.hard_at is not None else 0
    return SessionIke(
        sa.session_id, sa.local_port, sa.remote_port, sa.is_ready, capabilities or "(none)", sa.number, life
    )


def sessions_text(view: CryptoSessions) -> Iterator[str]:
    yield "Crypto session current status"
    if view.detail:
        yield ""
        yield from _CODES
    for one in view.sessions:
        yield ""
        yield from _detailed(one) if view.detail else _short(one)


def _short(one: CryptoSession) -> Iterator[str]:
    yield f"Interface: {one.interface}"
    if one.profile:
        yield f"Profile: {one.profile}"
    yield f"Session status: {one.status:<14}"
    yield f"Peer: {one.remote} port {one.port} "
    for ike in one.ikes:
        yield f"  Session ID: {ike.session}  "
        yield _ike_line(one, ike)
    yield f"  IPSEC FLOW: permit 47 host {one.local} host {one.remote} "
    yield f"        Active SAs: {one.active_sas}, origin: crypto map"


def _detailed(one: CryptoSession) -> Iterator[str]:
    yield f"Interface: {one.interface}"
    if one.profile:
        yield f"Profile: {one.profile}"
    if one.uptime is not None:
        yield f"Uptime: {clock(one.uptime)}"
    yield f"Session status: {one.status:<14}"
    yield f"Peer: {one.remote} port {one.port} fvrf: (none) ivrf: (none)"
    yield f"      Phase1_id: {one.phase1_id}"
    yield "      Desc: (none)"
    for ike in one.ikes:
        yield f"  Session ID: {ike.session}  "
        yield _ike_line(one, ike)
        life = clock(ike.life) if ike.life else "0"
        yield f"          Capabilities:{ike.capabilities} connid:{ike.connection} lifetime:{life}"
    yield f"  IPSEC FLOW: permit 47 host {one.local} host {one.remote} "
    yield f"        Active SAs: {one.active_sas}, origin: crypto map"
    for title, way in (("Inbound:  #pkts dec'ed", one.inbound), ("Outbound: #pkts enc'ed", one.outbound)):
        yield f"        {title} {way.packets} drop {way.dropped} life (KB/Sec) {way.life_kilobytes}/{way.life_s}"


def _ike_line(one: CryptoSession, ike: SessionIke) -> str:
    ends = f"local {one.local}/{ike.local_port} remote {one.remote}/{ike.remote_port}"
    return f"  IKEv2 SA: {ends} {'Active' if ike.active else 'Inactive'} "


def brief_text(view: CryptoSessions) -> Iterator[str]:
    yield "Status: A- Active, U - Up, D - Down, I - Idle, S - Standby, N - Negotiating"
    yield "        K - No IKE"
    yield "ivrf = (none)"
    yield f"{'Peer':>15} {'I/F':>10} {'Username':>15} {'Group/Phase1_id':>20} {'Uptime':>10} {'Status':>8}"
    for one in view.sessions:
        uptime = "" if one.uptime is None else clock(one.uptime)
        phase1 = "" if one.phase1_id == "(none)" else one.phase1_id
        row = f"{one.remote:>15} {short(one.interface):>10} {'':>15} {phase1:>20} {uptime:>10}"
        yield f"{row} {_LETTERS[one.status]:>8}"


@dataclass(frozen=True, slots=True)
class CryptoSockets:
    """`show crypto sockets`: the sessions, and the IPsec profile of each tunnel that has some."""

    sessions: tuple[CryptoSession, ...]
    profiles: dict[str, str]


def sockets(router: Router, now: Instant) -> CryptoSockets:
    found = sessions(router, now).sessions
    profiles = {}
    for name in dict.fromkeys(one.interface for one in found):
        interface = router.config.interfaces.get(name)
        protection = interface.tunnel.protection if interface is not None and interface.tunnel is not None else None
        profiles[name] = protection.profile if protection is not None else f"{name}-head-0"
    return CryptoSockets(found, profiles)


def sockets_text(view: CryptoSockets) -> Iterator[str]:
    yield ""
    yield f"Number of Crypto Socket connections {len(view.sessions)}"
    for one in view.sessions:
        yield ""
        yield f"   {short(one.interface)} Peers (local/remote): {one.local}/{one.remote}"
        yield f"       Local Ident  (addr/mask/port/prot): ({one.local}/255.255.255.255/0/47)"
        yield f"       Remote Ident (addr/mask/port/prot): ({one.remote}/255.255.255.255/0/47)"
        yield f'       IPSec Profile: "{view.profiles[one.interface]}"'
        yield f"       Socket State: {'Open' if one.active_sas else 'Closed'}"
        yield f'       Client: "TUNNEL SEC" (Client State: {"Active" if one.active_sas else "Pending"})'
    yield ""
    yield "Crypto Sockets in Listen state:"
    for interface, profile in view.profiles.items():
        yield f'Client: "TUNNEL SEC" Profile: "{profile}" Map-name: "{interface}-head-0"'


SHOWS = {
    "": Show(sessions, sessions_text),
    "brief": Show(sessions, brief_text),
    "sockets": Show(sockets, sockets_text),
}
