"""`show` of what is not there: the answer IOS gives when nothing of it is configured.

Programs ask for these whatever the router does. A VRF that is configured is only kept, but it has a name to show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.interface_name import short
from iosh.base.time import Instant
from iosh.config.kept import Kept, KeptKey
from iosh.show.registry import Show

_ANSWERS: Final[dict[str, tuple[str, ...]]] = {
    "bgp": ("% BGP not active", ""),
    "ntp": ("%NTP is not enabled.",),
    "snmp": ("%SNMP agent not enabled",),
    "isakmp": (
        "IPv4 Crypto ISAKMP SA",
        "dst             src             state          conn-id status",
        "",
        "IPv6 Crypto ISAKMP SA",
        "",
    ),
    "nothing": (),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`lines`: IOS's words; of what there is nothing, that is all there is to tell."""

    lines: tuple[str, ...]


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


def answer(router: Any, now: Instant, about: str) -> Answer:
    """What IOS says where nothing is configured."""
    return Answer(_ANSWERS[about])


def answer_text(value: Answer) -> Iterator[str]:
    """The words."""
    yield from value.lines


def vrfs(router: Any, now: Instant, old: bool = False) -> Vrfs:
    """From the lines that are kept."""
    config = router.config
    found = []
    for key, kept in config.kept.items():
        if key.slot in ("vrf definition", "ip vrf"):
            found.append(_vrf(key.words[0], kept, config.interfaces))
    return Vrfs(tuple(sorted(found, key=lambda vrf: vrf.name)), old)


def _vrf(name: str, kept: Kept, interfaces: dict[str, Any]) -> Vrf:
    rd = kept.kept.get(KeptKey("rd"))
    families = [key.slot.split()[1] for key in kept.kept if key.slot.startswith("address-family")]
    if kept.mode == "ip-vrf":
        families = ["ipv4"]
    member = {f"vrf forwarding {name}", f"ip vrf forwarding {name}"}
    inside = tuple(one.name for one in interfaces.values() if any(line.line in member for line in one.kept.values()))
    return Vrf(name, rd.line.split()[1] if rd is not None else None, tuple(dict.fromkeys(families)), inside)


def vrfs_text(value: Vrfs) -> Iterator[str]:
    """The table; nothing where there are none."""
    if not value.vrfs:
        return
    width = 22 if value.old else 20
    protocols = "" if value.old else f"{'Protocols':<12}"
    yield f"  {'Name':<32} {'Default RD':<{width}}{protocols}Interfaces"
    for vrf in value.vrfs:
        known = "" if value.old else f"{','.join(vrf.protocols):<12}"
        first, *more = vrf.interfaces or ("",)
        yield f"  {vrf.name:<32} {vrf.rd or '<not set>':<{width}}{known}{first and short(first)}".rstrip()
        for name in more:
            yield f"{'':<{35 + width + len(known)}}{short(name)}"


SHOWS: Final = {"answer": Show(answer, answer_text), "vrf": Show(vrfs, vrfs_text)}
