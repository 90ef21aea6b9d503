"""`show lldp`, `show lldp interface`, `show lldp neighbors [detail]`, `show lldp entry`, `show lldp traffic`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4, mac_text
from iosh.base.interface_name import short
from iosh.base.time import Instant, seconds
from iosh.proto.discovery.machine import LLDP, Lldp
from iosh.show.registry import Show
from iosh.show.text import is_named

if TYPE_CHECKING:
    from iosh.router.router import Router

_OFF: Final = "% LLDP is not enabled"
_REINIT_S: Final = 2
_CODES: Final = (
    "Capability codes:",
    "    (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device",
    "    (W) WLAN Access Point, (P) Repeater, (S) Station, (O) Other",
)


@dataclass(frozen=True, slots=True)
class LldpGlobalView:
    """`show lldp`."""

    enabled: bool
    timer_s: int
    hold_s: int


@dataclass(frozen=True, slots=True)
class LldpNeighbour:
    """One neighbour, as it says of itself; what it does not say is None."""

    local_interface: str
    chassis: str
    port: str
    port_description: str | None
    name: str | None
    description: str | None
    hold_s: int  # as it told
    remaining_s: int
    capabilities: tuple[str, ...] | None
    enabled: tuple[str, ...] | None
    management: tuple[IPv4, ...]
    source: bytes  # the MAC address its frames come from


@dataclass(frozen=True, slots=True)
class LldpNeighbours:
    """`show lldp neighbors`."""

    enabled: bool
    neighbours: tuple[LldpNeighbour, ...]


@dataclass(frozen=True, slots=True)
class LldpPort:
    """One interface with LLDP."""

    name: str
    up: bool
    transmit: bool
    receive: bool


@dataclass(frozen=True, slots=True)
class LldpPorts:
    """`show lldp interface`."""

    enabled: bool
    interfaces: tuple[LldpPort, ...]


@dataclass(frozen=True, slots=True)
class LldpTraffic:
    """`show lldp traffic`."""

    enabled: bool
    frames_out: int
    aged: int
    frames_in: int
    malformed: int
    discarded: int


def summary(router: Router, now: Instant) -> LldpGlobalView:
    """What is configured for all interfaces."""
    wishes = router.config.lldp
    return LldpGlobalView(wishes.run, wishes.timer_s, wishes.hold_s)


def neighbours(router: Router, now: Instant, interface: str | None = None) -> LldpNeighbours:
    """All neighbours, or those on one interface."""
    found = []
    for (protocol, name), machine in router.services.discovery.items():
        if protocol != LLDP or interface not in (None, name):
            continue
        for one in machine.neighbours.values():
            assert isinstance(one.message, Lldp)
            found.append(_neighbour(name, one.message, one.source, max(0, seconds(one.expires - now))))
    return LldpNeighbours(router.config.lldp.run, tuple(found))


def _neighbour(name: str, told: Lldp, source: bytes, remaining_s: int) -> LldpNeighbour:
    can, does = told.capabilities or (0, 0)
    is_said = told.capabilities is not None
    return LldpNeighbour(
        name,
        told.chassis_text,
        told.port_text,
        told.port_description,
        told.name,
        told.description,
        told.ttl_s,
        remaining_s,
        told.letters(can) if is_said else None,
        told.letters(does) if is_said else None,
        told.management,
        source,
    )


def interfaces(router: Router, now: Instant, interface: str | None = None) -> LldpPorts:
    """The interfaces LLDP speaks or listens on."""
    found = []
    for (protocol, name), machine in router.services.discovery.items():
        if protocol == LLDP and interface in (None, name):
            s = machine.settings
            found.append(LldpPort(name, router.forwarding.interfaces[name].protocol, s.transmit, s.receive))
    return LldpPorts(router.config.lldp.run, tuple(found))


def entry(router: Router, now: Instant, device: str | None = None) -> LldpNeighbours:
    """One neighbour by its name (a final `*` stands for any end), or all."""
    found = neighbours(router, now)
    return replace(found, neighbours=tuple(one for one in found.neighbours if is_named(one.name or "", device)))


def traffic(router: Router, now: Instant) -> LldpTraffic:
    """Frames of all interfaces together."""
    counts = Counter[str]()
    for (protocol, _), machine in router.services.discovery.items():
        if protocol == LLDP:
            counts.update(machine.counters)
    discarded = counts["malformed"] + counts["not_wanted"] + counts["too_many"]
    received = counts["received"] + counts["malformed"] + counts["not_wanted"]
    return LldpTraffic(router.config.lldp.run, counts["sent"], counts["aged"], received, counts["malformed"], discarded)


def summary_text(view: LldpGlobalView) -> Iterator[str]:
    if not view.enabled:
        yield _OFF
        return
    yield "Global LLDP Information:"
    yield "    Status: ACTIVE"
    yield f"    LLDP advertisements are sent every {view.timer_s} seconds"
    yield f"    LLDP hold time advertised is {view.hold_s} seconds"
    yield f"    LLDP interface reinitialisation delay is {_REINIT_S} seconds"


def neighbours_text(view: LldpNeighbours) -> Iterator[str]:
    if not view.enabled:
        yield _OFF
        return
    yield from _CODES
    yield ""
    yield "Device ID           Local Intf     Hold-time  Capability      Port ID"
    for one in view.neighbours:
        who = (one.name or one.chassis)[:20]
        can = ",".join(one.enabled or ())
        yield f"{who:<20}{short(one.local_interface):<15}{one.hold_s:<11}{can:<16}{one.port}"
    yield ""
    yield f"Total entries displayed: {len(view.neighbours)}"
    yield ""


def detail_text(view: LldpNeighbours) -> Iterator[str]:
    if not view.enabled:
        yield _OFF
        return
    for one in view.neighbours:
        yield "------------------------------------------------"
        yield f"Local Intf: {short(one.local_interface)}"
        yield "Local Intf service instance: -"
        yield f"Chassis id: {one.chassis}"
        yield f"Port id: {one.port}"
        yield _or_not("Port Description", one.port_description)
        yield _or_not("System Name", one.name)
        yield ""
        if one.description is None:
            yield "System Description - not advertised"
        else:
            yield "System Description: "
            yield from one.description.split("\n")
        yield ""
        yield f"Time remaining: {one.remaining_s} seconds"
        yield _or_not("System Capabilities", one.capabilities and ",".join(one.capabilities))
        yield _or_not("Enabled Capabilities", one.enabled and ",".join(one.enabled))
        if one.management:
            yield "Management Addresses:"
            for address in one.management:
                yield f"    IP: {address}"
        else:
            yield "Management Addresses - not advertised"
        yield "Auto Negotiation - not supported"
        yield "Physical media capabilities - not advertised"
        yield "Media Attachment Unit type - not advertised"
        yield "Vlan ID: - not advertised"
        yield f"Peer Source MAC: {mac_text(one.source)}"
        yield ""
    yield ""
    yield f"Total entries displayed: {len(view.neighbours)}"
    yield ""


def entry_text(view: LldpNeighbours) -> Iterator[str]:
    """As the detail, with the codes above."""
    if view.enabled:
        yield ""
        yield from _CODES
    yield from detail_text(view)


def traffic_text(view: LldpTraffic) -> Iterator[str]:
    if not view.enabled:
        yield _OFF
        return
    yield ""
    yield "LLDP traffic statistics:"
    yield f"    Total frames out: {view.frames_out}"
    yield f"    Total entries aged: {view.aged}"
    yield f"    Total frames in: {view.frames_in}"
    yield f"    Total frames received in error: {view.malformed}"
    yield f"    Total frames discarded: {view.discarded}"
    yield "    Total TLVs discarded: 0"
    yield "    Total TLVs unrecognized: 0"


def _or_not(title: str, text: str | tuple[str, ...] | None) -> str:
    return f"{title}: {text}" if text else f"{title} - not advertised"


def interfaces_text(view: LldpPorts) -> Iterator[str]:
    if not view.enabled:
        yield _OFF
        return
    for one in view.interfaces:
        yield ""
        yield f"{one.name}:"
        yield f"    Tx: {'enabled' if one.transmit else 'disabled'}"
        yield f"    Rx: {'enabled' if one.receive else 'disabled'}"
        yield f"    Tx state: {'IDLE' if one.up and one.transmit else 'INIT'}"
        yield f"    Rx state: {'WAIT FOR FRAME' if one.up and one.receive else 'INIT'}"


SHOWS: Final = {
    "": Show(summary, summary_text),
    "interface": Show(interfaces, interfaces_text),
    "entry": Show(entry, entry_text),
    "traffic": Show(traffic, traffic_text),
    "neighbors": Show(neighbours, neighbours_text),
    "neighbors_detail": Show(neighbours, detail_text),
}
