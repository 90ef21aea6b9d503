"""`show redundancy`, `show license …`, `show bootvar`, `show controllers`, `show vlans`, `show udp`: what programs ask
of a box with slots, a licence server and drivers. iosh has one process, is free software, and its ports are those of
its world; the answers are IOS-XE's for such a box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4, mac_text
from iosh.base.interface_name import short
from iosh.base.time import Instant, Span
from iosh.router.delivery import IKE_PORT, NAT_PORT
from iosh.router.product import DESCRIPTION, MODEL
from iosh.show.interfaces import InterfaceCounters, chosen, counters_of
from iosh.show.platform import IMAGE
from iosh.show.registry import Show
from iosh.show.text import spelled
from iosh.show.version import serial

if TYPE_CHECKING:
    from iosh.router.router import Router

_REGISTER: Final = "0x2102"
_LACP_PRIORITY: Final = 32768


@dataclass(frozen=True, slots=True)
class Redundancy:
    """One processor, and nobody to take its place."""

    uptime_ns: Span
    image: str
    software: str


def redundancy(router: Router, now: Instant) -> Redundancy:
    return Redundancy(now - router.started, IMAGE, DESCRIPTION)


def redundancy_text(view: Redundancy) -> Iterator[str]:
    uptime = spelled(view.uptime_ns)
    yield "Redundant System Information :"
    yield "------------------------------"
    yield f"       Available system uptime = {uptime}"
    yield "Switchovers system experienced = 0"
    yield "              Standby failures = 0"
    yield "        Last switchover reason = none"
    yield ""
    yield "                 Hardware Mode = Simplex"
    yield "    Configured Redundancy Mode = Non-redundant"
    yield "     Operating Redundancy Mode = Non-redundant"
    yield "              Maintenance Mode = Disabled"
    yield "                Communications = Down      Reason: Simplex mode"
    yield ""
    yield "Current Processor Information :"
    yield "-------------------------------"
    yield "               Active Location = slot 0"
    yield "        Current Software state = ACTIVE"
    yield f"       Uptime in current state = {uptime}"
    first, *more = view.software.split("\n")
    yield f"                 Image Version = {first}"
    yield from more
    yield f"                          BOOT = {view.image},1;"
    yield "                   CONFIG_FILE = "
    yield f"        Configuration register = {_REGISTER}"
    yield ""
    yield "Peer (slot: unavailable) information is not available because it is in 'DISABLED' state"


def states_text(view: Redundancy) -> Iterator[str]:
    """`show redundancy states`."""
    yield "       my state = 13 -ACTIVE "
    yield "     peer state = 1  -DISABLED "
    yield "           Mode = Simplex"
    yield "           Unit = Primary"
    yield "        Unit ID = 0"
    yield ""
    yield "Redundancy Mode (Operational) = Non-redundant"
    yield "Redundancy Mode (Configured)  = Non-redundant"
    yield "Redundancy State              = Non Redundant"
    yield "     Maintenance Mode = Disabled"
    yield "    Manual Swact = disabled (system is simplex (no peer unit))"
    yield " Communications = Down      Reason: Simplex mode"
    yield ""


@dataclass(frozen=True, slots=True)
class LacpSystem:
    """Who the box would be in a bundle of links."""

    priority: int
    mac: str


def lacp_system(router: Router, now: Instant) -> LacpSystem:
    return LacpSystem(_LACP_PRIORITY, mac_text(min((port.mac for port in router.ports.values()), default=bytes(6))))


def lacp_system_text(view: LacpSystem) -> Iterator[str]:
    yield f"{view.priority}, {view.mac}"


# --- licences


@dataclass(frozen=True, slots=True)
class License:
    """The box as a licence server would know it; it needs no licence."""

    product: str
    serial: str


def license_of(router: Router, now: Instant) -> License:
    return License(MODEL, serial(router))


def udi_text(view: License) -> Iterator[str]:
    yield "SlotID   PID                    SN                      UDI"
    yield "-" * 80
    yield f"*        {view.product:<22} {view.serial:<15} {view.product}:{view.serial}"
    yield ""


def summary_text(view: License) -> Iterator[str]:
    yield "Account Information:"
    yield "  Smart Account: <none>"
    yield "  Virtual Account: <none>"
    yield ""
    yield "License Usage:"
    yield "  License                 Entitlement Tag               Count Status"
    yield f"  {'-' * 77}"
    yield "  No licenses in use"
    yield ""


def usage_text(view: License) -> Iterator[str]:
    yield "License Authorization: "
    yield "  Status: Not Applicable"
    yield ""
    yield "No licenses in use"
    yield ""


def all_text(view: License) -> Iterator[str]:
    yield "Smart Licensing Status"
    yield "======================"
    yield ""
    yield "Smart Licensing is NOT REQUIRED: iosh is free software"
    yield ""
    yield "License Usage"
    yield "============="
    yield ""
    yield "No licenses in use"
    yield ""
    yield "Product Information"
    yield "==================="
    yield f"UDI: PID:{view.product},SN:{view.serial}"
    yield ""


# --- what is started


@dataclass(frozen=True, slots=True)
class BootVariables:
    """`show bootvar`."""

    image: str
    register: str


def bootvar(router: Router, now: Instant) -> BootVariables:
    return BootVariables(IMAGE, _REGISTER)


def bootvar_text(view: BootVariables) -> Iterator[str]:
    yield f"BOOT variable = {view.image},1;"
    yield "CONFIG_FILE variable does not exist"
    yield "BOOTLDR variable does not exist"
    yield f"Configuration register is {view.register}"
    yield ""
    yield "Standby not ready to show bootvar"
    yield ""


# --- drivers


@dataclass(frozen=True, slots=True)
class Controller:
    """What the driver of one port counts."""

    name: str
    counters: InterfaceCounters


@dataclass(frozen=True, slots=True)
class Controllers:
    """`show controllers`."""

    controllers: tuple[Controller, ...]


def controllers(router: Router, now: Instant, interface: str | None = None) -> Controllers:
    """The ports."""
    states = [state for state in chosen(router, interface) if state.port is not None and state.parent is None]
    return Controllers(tuple(Controller(state.name, counters_of(state, now)) for state in states))


def controllers_text(view: Controllers) -> Iterator[str]:
    for one in view.controllers:
        count = one.counters
        yield f"{one.name} - {short(one.name)} is mapped to VXE"
        yield f"rx_good_packets {count.in_packets}"
        yield f"tx_good_packets {count.out_packets}"
        yield f"rx_good_bytes {count.in_bytes}"
        yield f"tx_good_bytes {count.out_bytes}"
        yield f"rx_missed_errors {count.overruns}"
        yield f"rx_errors {count.in_errors - count.overruns}"
        yield f"tx_errors {count.out_drops}"
        yield "rx_mbuf_allocation_errors 0"


# --- VLANs of sub-interfaces


@dataclass(frozen=True, slots=True)
class VlanLine:
    """One 802.1Q sub-interface."""

    vlan: int
    native: bool
    trunk: str
    name: str
    address: IPv4 | None
    in_packets: int
    out_packets: int


@dataclass(frozen=True, slots=True)
class Vlans:
    """`show vlans`."""

    vlans: tuple[VlanLine, ...]


def vlans(router: Router, now: Instant) -> Vlans:
    """Every sub-interface with a VLAN, by its number."""
    found = []
    for state in chosen(router, None):
        if state.parent is not None and state.settings.vlan is not None:
            own, count = state.address, state.counters
            address = own.address if own is not None else None
            found.append(
                VlanLine(
                    state.settings.vlan, state.settings.native, state.parent.name, state.name, address,
                    count.in_packets, count.out_packets,
                )
            )  # fmt: skip
    return Vlans(tuple(sorted(found, key=lambda line: line.vlan)))


def vlans_text(view: Vlans) -> Iterator[str]:
    if not view.vlans:
        yield "No Virtual LANs configured."
        yield ""
    for one in view.vlans:
        yield ""
        yield f"Virtual LAN ID:  {one.vlan} (IEEE 802.1Q Encapsulation)"
        yield ""
        yield f"   vLAN Trunk Interface:   {one.name}"
        if one.native:
            yield ""
            yield f" This is configured as native Vlan for the following interface(s) :\n{one.trunk}"
        yield ""
        yield "   Protocols Configured:   Address:              Received:        Transmitted:"
        if one.address is not None:
            yield f"           IP              {one.address!s:<15} {one.in_packets:>15} {one.out_packets:>19}"
        yield ""


# --- sockets


@dataclass(frozen=True, slots=True)
class Socket:
    """An open UDP port."""

    port: int


@dataclass(frozen=True, slots=True)
class Sockets:
    """`show udp` and `show ip sockets`."""

    sockets: tuple[Socket, ...]


def sockets(router: Router, now: Instant) -> Sockets:
    """Where the router answers: IKE, DHCP, and the services that are on."""
    ports = [IKE_PORT, NAT_PORT, *router.dhcp.listening, *router.forwarding.listening]
    return Sockets(tuple(Socket(port) for port in sorted(ports)))


def sockets_text(view: Sockets) -> Iterator[str]:
    yield "Proto        Remote      Port      Local       Port  In Out  Stat TTY OutputIF"
    for one in view.sockets:
        yield f"17       --listen--          --any--       {one.port:>7}   0   0    1011   0"


SHOWS: Final = {
    "redundancy": Show(redundancy, redundancy_text),
    "redundancy_states": Show(redundancy, states_text),
    "license_udi": Show(license_of, udi_text),
    "license_summary": Show(license_of, summary_text),
    "license_usage": Show(license_of, usage_text),
    "license_all": Show(license_of, all_text),
    "bootvar": Show(bootvar, bootvar_text),
    "controllers": Show(controllers, controllers_text),
    "vlans": Show(vlans, vlans_text),
    "sockets": Show(sockets, sockets_text),
    "lacp_system": Show(lacp_system, lacp_system_text),
}
