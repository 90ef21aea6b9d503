"""`show interfaces`: physical ports, sub-interfaces, loopbacks and tunnels, with their counters; and `description`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iosh.base.addr import IPv4, mac_text
from iosh.base.interface_name import short
from iosh.base.time import Instant, Span, clock
from iosh.router.interfaces import InterfaceState
from iosh.router.ports import OVERRUN
from iosh.router.tunnel import TunnelState
from iosh.show.ip_interface import ordered
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

HARDWARE = {
    "Ethernet": "AmdP2",
    "FastEthernet": "AmdFE",
    "GigabitEthernet": "vNIC",
    "TenGigabitEthernet": "vNIC",
    "Loopback": "Loopback",
    "Tunnel": "Tunnel",
    "Null": "Unknown",
}
_SPEED = {"FastEthernet": "100Mb/s", "GigabitEthernet": "1000Mbps", "TenGigabitEthernet": "10000Mbps"}


@dataclass(frozen=True)
class TunnelView:
    """What a tunnel adds."""

    source: IPv4 | None
    source_interface: str | None
    destination: IPv4 | None
    multipoint: bool
    key: int | None
    sequence: bool
    checksum: bool
    ttl: int
    tos: int | None
    transport_mtu: int
    path_mtu_discovery: bool
    profile: str | None
    sharing: int  # tunnels with the same source interface, this one included


@dataclass(frozen=True)
class InterfaceCounters:
    """Counters since they were last cleared, rates over the load interval."""

    input_bits_s: int
    input_packets_s: int
    output_bits_s: int
    output_packets_s: int
    in_packets: int
    in_bytes: int
    in_broadcasts: int
    in_errors: int  # the next three together
    runts: int
    frame_errors: int
    overruns: int
    out_packets: int
    out_bytes: int
    out_drops: int
    resets: int
    unknown_protocols: int
    drops: dict[str, int]


@dataclass(frozen=True)
class InterfaceView:
    """One interface. Ages are None for what never happened."""

    name: str
    kind: str
    status: str
    protocol: str
    is_ethernet: bool
    mac: str
    burnt_in: str
    description: str | None
    address: IPv4 | None
    length: int
    unnumbered: str | None
    mtu: int
    bandwidth_kbit: int
    delay_us: int
    vlan: int | None
    inner_vlan: int | None
    is_trunk: bool  # a port with sub-interfaces
    transmit_load: int  # of 255
    receive_load: int
    is_subinterface: bool
    keepalive_s: int | None
    arp_timeout_s: int
    load_interval_s: int
    last_input_ns: Span | None
    last_output_ns: Span | None
    cleared_ns: Span | None
    counters: InterfaceCounters
    tunnel: TunnelView | None


@dataclass(frozen=True)
class Interfaces:
    """`show interfaces`."""

    interfaces: tuple[InterfaceView, ...]


def full(router: Router, now: Instant, interface: str | None = None) -> Interfaces:
    return Interfaces(tuple(_view(router, state, now) for state in chosen(router, interface)))


def chosen(router: Router, interface: str | None) -> Iterator[InterfaceState]:
    """One interface if it is named and there, or all."""
    states = router.forwarding.interfaces
    if interface is None:
        yield from ordered(router)
    elif interface in states:
        yield states[interface]


def _view(router: Router, state: InterfaceState, now: Instant) -> InterfaceView:
    settings, counters = state.settings, state.counters
    carrier = counters_of(state.parent or state, now)  # a sub-interface is as busy as its port
    keepalive_s = settings.keepalive_s
    if keepalive_s is None and state.tunnel is None:
        keepalive_s = 10
    return InterfaceView(
        name=state.name,
        kind=state.kind,
        status=state.link_state,
        protocol="up" if state.protocol else "down",
        is_ethernet=state.is_ethernet,
        mac=mac_text(state.mac),
        burnt_in=mac_text(state.burnt_in),
        description=settings.description,
        address=state.address.address if state.address else None,
        length=state.address.length if state.address else 0,
        unnumbered=settings.unnumbered,
        mtu=state.mtu,
        bandwidth_kbit=state.bandwidth_kbit,
        delay_us=state.delay_us,
        vlan=settings.vlan,
        inner_vlan=settings.inner,
        is_trunk=bool(state.vlans),
        transmit_load=_load(carrier.output_bits_s, state),
        receive_load=_load(carrier.input_bits_s, state),
        is_subinterface=state.parent is not None,
        keepalive_s=keepalive_s,
        arp_timeout_s=settings.arp_timeout_s,
        load_interval_s=settings.load_interval_s,
        last_input_ns=_ago(counters.last_input, now),
        last_output_ns=_ago(counters.last_output, now),
        cleared_ns=_ago(counters.cleared, now),
        counters=counters_of(state, now),
        tunnel=_tunnel(router, state) if isinstance(state, TunnelState) else None,
    )


def _load(bits_s: int, state: InterfaceState) -> int:
    """How much of the bandwidth is in use, of 255; never said to be nothing."""
    return min(255, max(1, bits_s * 255 // (max(1, state.bandwidth_kbit) * 1000)))


def _ago(then: Instant | None, now: Instant) -> Span | None:
    return None if then is None else now - then


def counters_of(state: InterfaceState, now: Instant) -> InterfaceCounters:
    """The counters of one interface, its rates brought up to date."""
    state.sample(now)
    counters = state.counters
    port = state.port if state.parent is None else None
    lost, bad = (port.drops, port.errors) if port is not None else (Counter[str](), Counter[str]())
    names = counters.drops + Counter({f"port.{name}": count for name, count in (lost + bad).items()})
    return InterfaceCounters(
        input_bits_s=state.input_rate.bits // 1_000_000 * 1000,  # IOS counts in thousands
        input_packets_s=state.input_rate.packets // 1000,
        output_bits_s=state.output_rate.bits // 1_000_000 * 1000,
        output_packets_s=state.output_rate.packets // 1000,
        in_packets=counters.in_packets,
        in_bytes=counters.in_bytes,
        in_broadcasts=counters.in_broadcasts,
        in_errors=counters.in_errors + bad.total(),
        runts=counters.in_errors,
        frame_errors=bad.total() - bad[OVERRUN],
        overruns=bad[OVERRUN],
        out_packets=counters.out_packets,
        out_bytes=counters.out_bytes,
        out_drops=sum(count for name, count in counters.drops.items() if name.startswith("tunnel.")) + lost.total(),
        resets=counters.resets,
        unknown_protocols=counters.unknown_protocols,
        drops=dict(sorted(names.items())),
    )


def _tunnel(router: Router, state: TunnelState) -> TunnelView:
    settings = state.tunnel
    name = settings.source_interface
    if name is None and state.local is not None:
        own = router.forwarding.fib.flow(state.local).interface
        name = own.name if own is not None else None
    sharing = [
        each
        for each in router.forwarding.interfaces.values()
        if isinstance(each, TunnelState) and each.tunnel.source_interface == settings.source_interface
    ]
    return TunnelView(
        source=state.local or settings.source_address,
        source_interface=name,
        destination=settings.destination,
        multipoint=settings.multipoint,
        key=settings.key,
        sequence=settings.sequence,
        checksum=settings.checksum,
        ttl=settings.ttl,
        tos=settings.tos,
        transport_mtu=state.transport_mtu,
        path_mtu_discovery=settings.path_mtu_discovery,
        profile=settings.profile,
        sharing=len(sharing),
    )


# --- text


def full_text(view: Interfaces) -> Iterator[str]:
    for each in view.interfaces:
        yield f"{each.name} is {each.status}, line protocol is {each.protocol} "
        yield from _head_text(each)
        if each.is_subinterface:
            yield '  Last clearing of "show interface" counters never'
            continue
        yield from _use_text(each)
        yield from _count_text(each)


def _head_text(each: InterfaceView) -> Iterator[str]:
    hardware = f"  Hardware is {HARDWARE[each.kind]}"
    yield f"{hardware}, address is {each.mac} (bia {each.burnt_in})" if each.is_ethernet else hardware
    if each.description is not None:
        yield f"  Description: {each.description}"
    if each.unnumbered is not None and each.address is not None:
        yield f"  Interface is unnumbered. Using address of {each.unnumbered} ({each.address})"
    elif each.address is not None:
        yield f"  Internet address is {each.address}/{each.length}"
    yield f"  MTU {each.mtu} bytes, BW {each.bandwidth_kbit} Kbit/sec, DLY {each.delay_us} usec, "
    yield f"     reliability 255/255, txload {each.transmit_load}/255, rxload {each.receive_load}/255"
    if each.is_trunk:
        yield "  Encapsulation 802.1Q Virtual LAN, Vlan ID  1., loopback not set"
    elif each.inner_vlan is not None:
        yield f"  Encapsulation QinQ Virtual LAN, outer ID  {each.vlan}, inner ID {each.inner_vlan}"
    elif each.vlan is not None:
        yield f"  Encapsulation 802.1Q Virtual LAN, Vlan ID  {each.vlan}."
    else:
        encapsulation = {"Loopback": "LOOPBACK", "Tunnel": "TUNNEL"}.get(each.kind, "ARPA")
        yield f"  Encapsulation {encapsulation}, loopback not set"
    if not each.is_subinterface:
        yield _keepalive(each)
    if each.tunnel is not None:
        yield from _tunnel_text(each, each.tunnel)
    if each.is_ethernet:
        if each.kind in _SPEED and not each.is_subinterface:
            yield f"  Full Duplex, {_SPEED[each.kind]}, link type is auto, media type is Virtual"
            yield "  output flow-control is unsupported, input flow-control is unsupported"
        hours, rest = divmod(each.arp_timeout_s, 3600)
        yield f"  ARP type: ARPA, ARP Timeout {hours:02}:{rest // 60:02}:{rest % 60:02}"
    if each.is_subinterface:
        yield _keepalive(each)


def _keepalive(each: InterfaceView) -> str:
    return f"  Keepalive set ({each.keepalive_s} sec)" if each.keepalive_s else "  Keepalive not set"


def _tunnel_text(each: InterfaceView, tunnel: TunnelView) -> Iterator[str]:
    yield f"  Tunnel linestate evaluation {each.protocol}"
    source = str(tunnel.source) if tunnel.source is not None else "UNKNOWN"
    by = f" ({tunnel.source_interface})" if tunnel.source_interface is not None else ""
    to = f", destination {tunnel.destination}" if tunnel.destination is not None else ""
    yield f"  Tunnel source {source}{by}{to}"
    if tunnel.source_interface is not None:
        members = f"{tunnel.sharing} member" + ("s" if tunnel.sharing != 1 else "")
        yield "   Tunnel Subblocks:"
        yield "      src-track:"
        yield f"         {each.name} source tracking subblock associated with {tunnel.source_interface}"
        yield (
            f"          Set of tunnels with source {tunnel.source_interface}, {members}"
            " (includes iterators), on interface <OK>"
        )
    yield f"  Tunnel protocol/transport {'multi-GRE' if tunnel.multipoint else 'GRE'}/IP"
    sequencing = "enabled" if tunnel.sequence else "disabled"
    key = "Key disabled" if tunnel.key is None else f"Key 0x{tunnel.key:X}"
    yield f"    {key}, sequencing {sequencing}"
    yield f"    Checksumming of packets {'enabled' if tunnel.checksum else 'disabled'}"
    tos = f"Tunnel TOS/Traffic Class 0x{tunnel.tos:X},  " if tunnel.tos is not None else ""
    yield f"  {tos}Tunnel TTL {tunnel.ttl}, Fast tunneling enabled"
    if tunnel.path_mtu_discovery:
        yield "  Path MTU Discovery, ager 10 mins, min MTU 92"
    yield f"  Tunnel transport MTU {tunnel.transport_mtu} bytes"
    yield "  Tunnel transmit bandwidth 8000 (kbps)"
    yield "  Tunnel receive bandwidth 8000 (kbps)"
    if tunnel.profile is not None:
        yield f'  Tunnel protection via IPSec (profile "{tunnel.profile}")'


def _use_text(each: InterfaceView) -> Iterator[str]:
    yield f"  Last input {_age(each.last_input_ns)}, output {_age(each.last_output_ns)}, output hang never"
    yield f'  Last clearing of "show interface" counters {_age(each.cleared_ns)}'
    drops = each.counters.out_drops
    most = 375 if _is_virtual(each) else 75
    yield f"  Input queue: 0/{most}/0/0 (size/max/drops/flushes); Total output drops: {drops}"
    yield "  Queueing strategy: fifo"
    yield f"  Output queue: 0/{40 if each.is_ethernet else 0} (size/max)"
    interval = _interval(each.load_interval_s)
    rate = each.counters
    yield f"  {interval} input rate {rate.input_bits_s} bits/sec, {rate.input_packets_s} packets/sec"
    yield f"  {interval} output rate {rate.output_bits_s} bits/sec, {rate.output_packets_s} packets/sec"


def _count_text(each: InterfaceView) -> Iterator[str]:
    counters = each.counters
    yield f"     {counters.in_packets} packets input, {counters.in_bytes} bytes, 0 no buffer"
    yield f"     Received {counters.in_broadcasts} broadcasts (0 IP multicasts)"
    yield f"     {counters.runts} runts, 0 giants, 0 throttles "
    abort = "" if each.is_ethernet else ", 0 abort"
    errors = f"{counters.in_errors} input errors, 0 CRC, {counters.frame_errors} frame, {counters.overruns} overrun"
    yield f"     {errors}, 0 ignored{abort}"
    if _is_virtual(each):
        yield "     0 watchdog, 0 multicast, 0 pause input"
    elif each.is_ethernet:
        yield "     0 input packets with dribble condition detected"
    yield f"     {counters.out_packets} packets output, {counters.out_bytes} bytes, 0 underruns"
    if _is_virtual(each):
        yield "     Output 0 broadcasts (0 IP multicasts)"
    yield f"     0 output errors, 0 collisions, {counters.resets} interface resets"
    yield f"     {counters.unknown_protocols} unknown protocol drops"
    if each.is_ethernet:
        yield "     0 babbles, 0 late collision, 0 deferred"
        yield f"     0 lost carrier, 0 no carrier{', 0 pause output' if _is_virtual(each) else ''}"
    yield "     0 output buffer failures, 0 output buffers swapped out"


def _is_virtual(each: InterfaceView) -> bool:
    """Is it a port of a virtual router, and not one of the old Ethernet chips IOL has?"""
    return HARDWARE[each.kind] == "vNIC"


def _age(span: Span | None) -> str:
    return "never" if span is None else clock(span)


def _interval(seconds: int) -> str:
    return f"{seconds // 60} minute" if seconds % 60 == 0 else f"{seconds} second"


# --- description


@dataclass(frozen=True)
class DescriptionLine:
    """One interface in a row; `status` and `protocol` in IOS's words."""

    name: str
    status: str
    protocol: str
    description: str


@dataclass(frozen=True)
class InterfacesDescription:
    """`show interfaces description`."""

    interfaces: tuple[DescriptionLine, ...]


def description(router: Router, now: Instant, interface: str | None = None) -> InterfacesDescription:
    return InterfacesDescription(
        tuple(
            DescriptionLine(
                state.name,
                "admin down" if state.settings.shutdown else state.link_state,
                "up" if state.protocol else "down",
                state.settings.description or "",
            )
            for state in chosen(router, interface)
        )
    )


def description_text(view: InterfacesDescription) -> Iterator[str]:
    yield "Interface                      Status         Protocol Description"
    for line in view.interfaces:
        yield f"{short(line.name):<30} {line.status:<14} {line.protocol:<8} {line.description}".rstrip()


SHOWS = {"full": Show(full, full_text), "description": Show(description, description_text)}
