"""`show cdp`, `show cdp interface`, `show cdp neighbors [detail]`, `show cdp entry`, `show cdp traffic`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.interface_name import KINDS, split
from iosh.base.time import Instant, seconds
from iosh.proto.discovery.machine import CDP, Cdp
from iosh.show.registry import Show
from iosh.show.text import is_named

if TYPE_CHECKING:
    from iosh.router.router import Router

_OFF: Final = "% CDP is not enabled"
_IN_LINE: Final = 16  # a longer device ID has a line of its own
_PLATFORM_WIDTH: Final = 9


@dataclass(frozen=True, slots=True)
class CdpGlobalView:
    """`show cdp`."""

    enabled: bool
    timer_s: int
    hold_s: int


@dataclass(frozen=True, slots=True)
class CdpNeighbour:
    """One neighbour, as it says of itself."""

    device: str
    local_interface: str
    hold_s: int
    capabilities: tuple[str, ...]
    letters: tuple[str, ...]
    platform: str
    port: str
    addresses: tuple[IPv4, ...]
    management: tuple[IPv4, ...]
    software: str
    version: int
    native_vlan: int | None
    full_duplex: bool | None


@dataclass(frozen=True, slots=True)
class CdpNeighbours:
    """`show cdp neighbors`."""

    enabled: bool
    neighbours: tuple[CdpNeighbour, ...]


@dataclass(frozen=True, slots=True)
class CdpPort:
    """One interface with CDP."""

    name: str
    link: str
    up: bool
    timer_s: int
    hold_s: int


@dataclass(frozen=True, slots=True)
class CdpPorts:
    """`show cdp interface`."""

    enabled: bool
    interfaces: tuple[CdpPort, ...]


@dataclass(frozen=True, slots=True)
class CdpTraffic:
    """`show cdp traffic`."""

    enabled: bool
    packets_out: int
    packets_in: int
    malformed: int
    packets_in_v1: int


def summary(router: Router, now: Instant) -> CdpGlobalView:
    """What is configured for all interfaces."""
    wishes = router.config.cdp
    return CdpGlobalView(wishes.run, wishes.timer_s, wishes.hold_s)


def neighbours(router: Router, now: Instant, interface: str | None = None) -> CdpNeighbours:
    """All neighbours, or those on one interface; the latest heard first, as IOS has them."""
    found = []
    for (protocol, name), machine in router.services.discovery.items():
        if protocol != CDP or interface not in (None, name):
            continue
        for one in machine.neighbours.values():
            assert isinstance(one.message, Cdp)
            found.append(_neighbour(name, one.message, max(0, seconds(one.expires - now))))
    return CdpNeighbours(router.config.cdp.run, tuple(found))


def _neighbour(name: str, told: Cdp, hold_s: int) -> CdpNeighbour:
    can = told.can
    return CdpNeighbour(
        told.device,
        name,
        hold_s,
        tuple(word for _, word in can),
        tuple(letter for letter, _ in can),
        told.platform,
        told.port,
        told.addresses,
        told.management,
        told.software,
        told.version,
        told.native_vlan,
        told.full_duplex,
    )


def interfaces(router: Router, now: Instant, interface: str | None = None) -> CdpPorts:
    """The interfaces CDP speaks on."""
    found = []
    for (protocol, name), machine in router.services.discovery.items():
        if protocol == CDP and interface in (None, name):
            state, s = router.forwarding.interfaces[name], machine.settings
            found.append(CdpPort(name, state.link_state, state.protocol, s.timer_s, s.hold_s))
    return CdpPorts(router.config.cdp.run, tuple(found))


def entry(router: Router, now: Instant, device: str | None = None) -> CdpNeighbours:
    """One neighbour by its device ID (a final `*` stands for any end), or all."""
    found = neighbours(router, now)
    return replace(found, neighbours=tuple(one for one in found.neighbours if is_named(one.device, device)))


def traffic(router: Router, now: Instant) -> CdpTraffic:
    """Packets of all interfaces together."""
    counts = Counter[str]()
    for (protocol, _), machine in router.services.discovery.items():
        if protocol == CDP:
            counts.update(machine.counters)
    received = counts["received"] + counts["malformed"]
    return CdpTraffic(router.config.cdp.run, counts["sent"], received, counts["malformed"], counts["received_v1"])


def summary_text(view: CdpGlobalView) -> Iterator[str]:
    if not view.enabled:
        yield _OFF
        return
    yield "Global CDP information:"
    yield f"        Sending CDP packets every {view.timer_s} seconds"
    yield f"        Sending a holdtime value of {view.hold_s} seconds"
    yield "        Sending CDPv2 advertisements is  enabled"


def neighbours_text(view: CdpNeighbours) -> Iterator[str]:
    if not view.enabled:
        yield _OFF
        return
    yield "Capability Codes: R - Router, T - Trans Bridge, B - Source Route Bridge"
    yield "                  S - Switch, H - Host, I - IGMP, r - Repeater, P - Phone, "
    yield "                  D - Remote, C - CVTA, M - Two-port Mac Relay "
    yield ""
    yield "Device ID        Local Intrfce     Holdtme    Capability  Platform  Port ID"
    for one in view.neighbours:
        device = f"{one.device:<17}"
        if len(one.device) > _IN_LINE:
            yield one.device
            device = " " * 17
        letters = " ".join(one.letters)
        can = (" " * ((15 - len(letters)) // 2) + letters).ljust(12)
        platform = _platform(one.platform)
        yield f"{device}{_spelled(one.local_interface):<18}{one.hold_s:<11}{can}{platform} {_spelled(one.port)}"
    yield ""
    yield f"Total cdp entries displayed : {len(view.neighbours)}"


def detail_text(view: CdpNeighbours) -> Iterator[str]:
    if not view.enabled:
        yield _OFF
        return
    yield from entry_text(view)
    yield ""
    yield f"Total cdp entries displayed : {len(view.neighbours)}"


def entry_text(view: CdpNeighbours) -> Iterator[str]:
    """Each in full, uncounted."""
    if not view.enabled:
        yield _OFF
        return
    for one in view.neighbours:
        yield "-------------------------"
        yield f"Device ID: {one.device}"
        yield from _addresses_text("Entry address(es): ", one.addresses)
        yield f"Platform: {one.platform},  Capabilities: {' '.join(one.capabilities)} "
        yield f"Interface: {one.local_interface},  Port ID (outgoing port): {one.port}"
        yield f"Holdtime : {one.hold_s} sec"
        yield ""
        yield "Version :"
        yield from one.software.split("\n")
        yield ""
        yield f"advertisement version: {one.version}"
        if one.native_vlan is not None:
            yield f"Native VLAN: {one.native_vlan}"
        if one.full_duplex is not None:
            yield f"Duplex: {'full' if one.full_duplex else 'half'}"
        yield from _addresses_text("Management address(es): ", one.management)
        yield ""


def protocol_text(view: CdpNeighbours) -> Iterator[str]:
    """`show cdp entry … protocol`: the addresses alone."""
    for one in view.neighbours:
        yield f"Protocol information for {one.device} :"
        for address in one.addresses:
            yield f"  IP address: {address}"


def version_text(view: CdpNeighbours) -> Iterator[str]:
    """`show cdp entry … version`: the software alone."""
    for one in view.neighbours:
        yield f"Version information for {one.device} :"
        yield from (f"  {line}" for line in one.software.split("\n"))
        yield ""


def _addresses_text(title: str, addresses: tuple[IPv4, ...]) -> Iterator[str]:
    yield title
    for address in addresses:
        yield f"  IP address: {address}"


def traffic_text(view: CdpTraffic) -> Iterator[str]:
    if not view.enabled:
        yield _OFF
        return
    yield "CDP counters :"
    yield f"\tTotal packets output: {view.packets_out}, Input: {view.packets_in}"
    yield "\tHdr syntax: 0, Chksum error: 0, Encaps failed: 0"
    yield f"\tNo memory: 0, Invalid packet: {view.malformed}, "
    yield f"\tCDP version 1 advertisements output: 0, Input: {view.packets_in_v1}"
    yield (
        f"\tCDP version 2 advertisements output: {view.packets_out}, "
        f"Input: {view.packets_in - view.packets_in_v1 - view.malformed}"
    )


def interfaces_text(view: CdpPorts) -> Iterator[str]:
    if not view.enabled:
        yield _OFF
        return
    for one in view.interfaces:
        yield f"{one.name} is {one.link}, line protocol is {'up' if one.up else 'down'}"
        yield "  Encapsulation ARPA"
        yield f"  Sending CDP packets every {one.timer_s} seconds"
        yield f"  Holdtime is {one.hold_s} seconds"
    up = sum(one.up for one in view.interfaces)
    yield ""
    yield f" cdp enabled interfaces : {len(view.interfaces)}"
    yield f" interfaces up          : {up}"
    yield f" interfaces down        : {len(view.interfaces) - up}"


def _spelled(name: str) -> str:
    """`GigabitEthernet0/1` as `Gig 0/1`; what is no interface of ours to know, as it came."""
    try:
        word, number = split(name)
    except ValueError:
        return name
    return f"{word[:3]} {number}" if word in KINDS else name


def _platform(text: str) -> str:
    """Without its maker, in nine columns."""
    return f"{text.removeprefix('cisco ').removeprefix('Cisco ')[:_PLATFORM_WIDTH]:<{_PLATFORM_WIDTH}}"


SHOWS: Final = {
    "": Show(summary, summary_text),
    "interface": Show(interfaces, interfaces_text),
    "entry": Show(entry, entry_text),
    "entry_protocol": Show(entry, protocol_text),
    "entry_version": Show(entry, version_text),
    "traffic": Show(traffic, traffic_text),
    "neighbors": Show(neighbours, neighbours_text),
    "neighbors_detail": Show(neighbours, detail_text),
}
