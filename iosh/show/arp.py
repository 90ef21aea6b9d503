"""`show arp` and `show ip arp`: the neighbours of all Ethernet interfaces, and our own addresses among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iosh.base.addr import IPv4, mac_text
from iosh.base.time import SECOND, Instant
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router


@dataclass(frozen=True)
class ArpLine:
    """One entry; `age_min` is None for an address of ours, `mac` for one that nobody answered for."""

    address: IPv4
    age_min: int | None
    mac: str | None
    interface: str


@dataclass(frozen=True)
class ArpTable:
    """`show arp`."""

    entries: tuple[ArpLine, ...]


def table(
    router: Router, now: Instant, address: IPv4 | None = None, interface: str | None = None, vrf: str = ""
) -> ArpTable:
    """All entries of a VRF, those of one address, or those of one interface, whatever VRF it is in."""
    lines = []
    for state in router.forwarding.interfaces.values():
        if state.arp is None or not state.protocol or interface not in (None, state.name):
            continue
        if interface is None and state.settings.vrf != vrf:
            continue
        for own in state.addresses:
            lines.append(ArpLine(own.address, None, mac_text(state.mac), state.name))
        for neighbour, entry in state.arp.entries.items():
            mac = mac_text(entry.mac) if entry.mac is not None else None
            lines.append(ArpLine(IPv4(neighbour), (now - entry.since) // (60 * SECOND), mac, state.name))
    chosen = [line for line in lines if address in (None, line.address)]
    return ArpTable(tuple(sorted(chosen, key=lambda line: line.address)))


def table_text(view: ArpTable) -> Iterator[str]:
    if not view.entries:
        return
    yield "Protocol  Address          Age (min)  Hardware Addr   Type   Interface"
    for line in view.entries:
        age = "-" if line.age_min is None else str(line.age_min)
        interface = line.interface if line.mac is not None else ""
        yield f"Internet  {line.address:<15} {age:>9}   {line.mac or 'Incomplete':<14}  ARPA   {interface}"


SHOWS = {"": Show(table, table_text)}
