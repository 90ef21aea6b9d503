"""What IOS answers about things that are not configured, and here cannot be yet: routing protocols, SNMP, IKEv1.

A program asks every router about them; the answer of one without them is a sentence or nothing at all. A VRF is only
kept, but it has a name to show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.interface_name import short
from iosh.base.time import Instant
from iosh.config.kept import Kept, KeptKey
from iosh.show.registry import Show


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing to show; `sentence` is what IOS says of it, empty where it says nothing."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Vrf:
    """One VRF by its configuration."""

    name: str
    rd: str | None
    protocols: tuple[str, ...]
    interfaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vrfs:
    """All VRFs. `old`: asked as `show ip vrf`, whose table has no protocols."""

    vrfs: tuple[Vrf, ...]
    old: bool


def nothing(router: Any, now: Instant) -> Absent:
    """Not configured, and not a word about it."""
    return Absent("")


def bgp(router: Any, now: Instant) -> Absent:
    """There is no BGP process."""
    return Absent("% BGP not active")


def snmp(router: Any, now: Instant) -> Absent:
    """There is no agent."""
    return Absent("%SNMP agent not enabled")


def isakmp(router: Any, now: Instant) -> Absent:
    """There is no IKEv1: both headings stand alone."""
    table = "dst             src             state          conn-id status"
    return Absent(f"IPv4 Crypto ISAKMP SA\n{table}\n\nIPv6 Crypto ISAKMP SA\n")


def text(value: Absent) -> Iterator[str]:
    """The sentence, if there is one."""
    if value.sentence:
        yield from value.sentence.split("\n")


def vrfs(router: Any, now: Instant, old: bool = False) -> Vrfs:
    """From the lines that are kept."""
    config = router.config
    tables = {key.words[0]: kept for key, kept in config.kept.items() if key.slot in ("vrf definition", "ip vrf")}
    return Vrfs(tuple(_vrf(name, tables[name], config.interfaces) for name in sorted(tables)), old)


def _vrf(name: str, kept: Kept, interfaces: dict[str, Any]) -> Vrf:
    rd = kept.kept.get(KeptKey("rd"))
    families = [key.slot.split()[1] for key in kept.kept if key.slot.startswith("address-family")]
    if kept.mode == "ip-vrf":
        families = ["ipv4"]
    member = {f"vrf forwarding {name}", f"ip vrf forwarding {name}"}
    inside = tuple(one.name for one in interfaces.values() if any(line.line in member for line in one.kept.values()))
    return Vrf(name, rd.line.split()[1] if rd is not None else None, tuple(dict.fromkeys(families)), inside)


def vrfs_text(value: Vrfs) -> Iterator[str]:
    """The table; where there is no VRF the heading stands alone."""
    protocols = "" if value.old else f"{'Protocols':<12}"
    yield f"  {'Name':<32} {'Default RD':<22}{protocols}Interfaces"
    for vrf in value.vrfs:
        known = "" if value.old else f"{','.join(vrf.protocols):<12}"
        first, *more = vrf.interfaces or ("",)
        yield f"  {vrf.name:<32} {vrf.rd or '<not set>':<22}{known}{first and short(first)}".rstrip()
        for name in more:
            yield f"{'':<{57 + len(known)}}{short(name)}"


SHOWS: Final = {
    "nothing": Show(nothing, text),
    "bgp": Show(bgp, text),
    "snmp": Show(snmp, text),
    "isakmp": Show(isakmp, text),
    "vrfs": Show(vrfs, vrfs_text),
}
