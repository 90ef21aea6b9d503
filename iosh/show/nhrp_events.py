"""`show ip nhrp stats` and `show ip nhrp redirect`: what NHRP asked of its tunnel, and whom it told of a detour.

The sections of `stats` for QoS, MPLS, BFD and BGP stand at zero: NHRP has nothing to do with them here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import Instant, Span, clock
from iosh.show.nhrp import machines
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_LEGEND: Final = """\
Codes: T - Transport, O - Overlay, EP - End Point
       TP - Tunnel Protection, VA - Virtual Access
       [S] - Sent from NHRP, [R] - Received by NHRP
       [number] - Error associated with an event"""
_SECTIONS: Final = (  # the text of each count, and which of ours it is
    ("Interface State Event Stats", ("[R]UP", "up"), ("[R]Down", "down"), ("[R]Deleted", "")),
    ("Tunnel Stats", ("[S]End Point Addition", "end_points_added"), ("[S]End Point Deletion", "end_points_deleted")),
    (
        "Tunnel Protection Stats",
        ("[S]Create TP socket", "sockets_asked"),
        ("[S]Del TP socket", "sockets_released"),
        ("[S]Create VA", ""),
        ("[S]Del VA", ""),
        ("[R]UP", "sockets_up"),
        ("[R]Down", "sockets_down"),
        ("[S]Reset Socket", ""),
    ),
    ("Tunnel QoS Stats", ("[S]QoS APPLY", ""), ("[S]QoS Remove", "")),
    (
        "RIB Events Stats",
        ("[S]Add Route", "routes_added"),
        ("[S]Del Route", "routes_deleted"),
        ("[S]Add NHO", ""),
        ("[S]Del NHO", ""),
        ("[S]Rwatch w/o route", ""),
        ("[R]Route Evicted", ""),
    ),
    (
        "MPLS Stats",
        ("[S]Label Alloc", ""),
        ("[S]Label Release", ""),
        ("[S]MPLS IP Key Bind", ""),
        ("[S]MPLS VPN Key Bind", ""),
    ),
    (
        "BFD Stats",
        ("[S]Client Create", ""),
        ("[S]Client Destroy", ""),
        ("[R]Session Down", ""),
        ("[R]Session Up", ""),
    ),
    (
        "BGP Stats",
        ("[S]Route Export", ""),
        ("[S]Route Withdrawal", ""),
        ("[S]Route Import", ""),
        ("[R]Imported Route Changed", ""),
    ),
)


@dataclass(frozen=True, slots=True)
class NhrpStat:
    """One tunnel's events, as `Events` of `iosh.proto.nhrp.link` counts them."""

    interface: str
    up: int
    down: int
    end_points_added: int
    end_points_deleted: int
    sockets_asked: int
    sockets_released: int
    sockets_up: int
    sockets_down: int
    routes_added: int
    routes_deleted: int


@dataclass(frozen=True, slots=True)
class NhrpStats:
    """`show ip nhrp stats`."""

    tunnels: tuple[NhrpStat, ...]


@dataclass(frozen=True, slots=True)
class NhrpRedirect:
    """A sender told that its packets to `destination` take a detour; `dropped` would have told it again."""

    interface: str
    nbma: IPv4
    destination: IPv4
    dropped: int
    expire_ns: Span


@dataclass(frozen=True, slots=True)
class NhrpRedirects:
    """`show ip nhrp redirect`."""

    redirects: tuple[NhrpRedirect, ...]


def stats(router: Router, now: Instant, interface: str | None = None) -> NhrpStats:
    """Every tunnel, or one."""
    found = []
    for machine in machines(router, interface):
        events = machine.link.events
        counts = {name: getattr(events, name) for name in events.__slots__}
        found.append(NhrpStat(machine.settings.interface, **counts))
    return NhrpStats(tuple(found))


def stats_text(view: NhrpStats) -> Iterator[str]:
    """Two counts a line."""
    if view.tunnels:
        yield from _LEGEND.split("\n")
    for tunnel in view.tunnels:
        yield tunnel.interface
        yield ""
        for title, *rows in _SECTIONS:
            yield f" {title}:"
            counts = [f"{said:<30}: {f'{getattr(tunnel, name) if name else 0}[0]':<8}" for said, name in rows]
            for at in range(0, len(counts), 2):
                yield ("        " + "".join(counts[at : at + 2])).rstrip()
            yield ""


def redirects(router: Router, now: Instant, interface: str | None = None) -> NhrpRedirects:
    """Whom every tunnel told of late."""
    return NhrpRedirects(
        tuple(
            NhrpRedirect(machine.settings.interface, told.nbma, destination, told.dropped, max(0, told.until - now))
            for machine in machines(router, interface)
            for (_, destination), told in machine.redirect.recent.items()
        )
    )


def redirects_text(view: NhrpRedirects) -> Iterator[str]:
    """One line a sender and destination."""
    yield f" {'I/F':<10}{'NBMA address':<16}{'Destination':<16}{'Drop Count':<12}Expiry"
    for one in view.redirects:
        yield f" {one.interface:<10}{one.nbma!s:<16}{one.destination!s:<16}{one.dropped:<12}{clock(one.expire_ns)}"


SHOWS: Final = {"stats": Show(stats, stats_text), "redirect": Show(redirects, redirects_text)}
