"""`show protocols` and `show ip protocols`: IP on each interface, and the routing protocols, of which none runs yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.show.ip_interface import ordered
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_APPLICATION: Final = """\
*** IP Routing is NSF aware ***

Routing Protocol is "application"
  Sending updates every 0 seconds
  Invalid after 0 seconds, hold down 0, flushed after 0
  Outgoing update filter list for all interfaces is not set
  Incoming update filter list for all interfaces is not set
  Maximum path: 32
  Routing for Networks:
  Routing Information Sources:
    Gateway         Distance      Last Update
  Distance: (default is 4)
"""


@dataclass(frozen=True, slots=True)
class ProtocolLine:
    """One interface and its address."""

    name: str
    status: str
    protocol: str
    address: IPv4 | None
    length: int


@dataclass(frozen=True, slots=True)
class Protocols:
    """`show protocols`."""

    interfaces: tuple[ProtocolLine, ...]


def protocols(router: Router, now: Instant) -> Protocols:
    return Protocols(
        tuple(
            ProtocolLine(
                state.name,
                state.link_state,
                "up" if state.protocol else "down",
                state.address.address if state.address else None,
                state.address.length if state.address else 0,
            )
            for state in ordered(router)
        )
    )


def protocols_text(view: Protocols) -> Iterator[str]:
    yield "Global values:"
    yield "  Internet Protocol routing is enabled"
    for line in view.interfaces:
        yield f"{line.name} is {line.status}, line protocol is {line.protocol}"
        if line.address is not None:
            yield f"  Internet address is {line.address}/{line.length}"


@dataclass(frozen=True, slots=True)
class IpProtocols:
    """`show ip protocols`: the routing protocols that run."""

    protocols: tuple[str, ...]


def ip_protocols(router: Router, now: Instant) -> IpProtocols:
    return IpProtocols(("application",))


def ip_protocols_text(view: IpProtocols) -> Iterator[str]:
    yield from _APPLICATION.splitlines()
    yield ""


SHOWS: Final = {"interfaces": Show(protocols, protocols_text), "ip": Show(ip_protocols, ip_protocols_text)}
