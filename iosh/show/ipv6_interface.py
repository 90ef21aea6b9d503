"""`show ipv6 interface` and its brief form: IPv6 runs on no interface yet, which both say in IOS's way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.time import Instant
from iosh.show.ip_interface import ordered
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router


@dataclass(frozen=True, slots=True)
class BriefLine:
    """One interface, its states in IOS's words, and its IPv6 addresses."""

    name: str
    status: str
    protocol: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ipv6Interfaces:
    """The interfaces asked for."""

    interfaces: tuple[BriefLine, ...]


def brief(router: Router, now: Instant, interface: str | None = None) -> Ipv6Interfaces:
    return Ipv6Interfaces(
        tuple(
            BriefLine(state.name, state.link_state, "up" if state.protocol else "down")
            for state in ordered(router)
            if interface in (None, state.name)
        )
    )


def brief_text(view: Ipv6Interfaces) -> Iterator[str]:
    for line in view.interfaces:
        yield f"{line.name:<22} [{line.status}/{line.protocol}]"
        for address in line.addresses or ("unassigned",):
            yield f"    {address}"


def full(router: Router, now: Instant, interface: str | None = None) -> Ipv6Interfaces:
    """Those where IPv6 is enabled: none."""
    return Ipv6Interfaces(())


def full_text(view: Ipv6Interfaces) -> Iterator[str]:
    """IOS is silent about interfaces without IPv6."""
    return iter(())


SHOWS: Final = {"brief": Show(brief, brief_text), "full": Show(full, full_text)}
