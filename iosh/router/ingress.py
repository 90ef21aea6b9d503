"""The way in: frames to packets, and for each packet the decision: ours, onward, or nowhere.

This is the path every packet takes, so it works on bytes. A frame finds its interface by port and VLAN, a packet
its flow by destination. Packets that leave a tunnel come in here again, with the NBMA address of their peer.
Options are carried along unread, source routes too. Martians (RFC 1812 section 5.3.7) and directed broadcasts go
nowhere; multicast is for us or nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import error as struct_error

from iosh.base.addr import BROADCAST, IPv4
from iosh.base.time import Instant
from iosh.proto.machine import Path
from iosh.router.fib import Flow, Kind
from iosh.router.interfaces import UNTAGGED, InterfaceState, vlan_key
from iosh.router.plane import Plane
from iosh.router.punts import DiscoveryReceived, RedirectDue
from iosh.router.tunnel import TunnelState
from iosh.wire import cdp, icmp, ipv4, lldp
from iosh.wire.tcp import clamped
from iosh.wire.train import Frame, LongFrame

_IPV4 = b"\x08\x00"
_IPV4_PLAIN = b"\x08\x00\x45"
_ESP = b"\x32"
_ARP = b"\x08\x06"
_VLAN = b"\x81\x00"
_LLDP = b"\x88\xcc"
_DISCOVERY = (cdp.GROUP, lldp.GROUP)


class Ingress:
    """Takes frames and packets in."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def frames(self, port: InterfaceState, frames: Sequence[Frame], now: Instant) -> None:
        """Frames that arrived on a physical port."""
        port.sample(now)
        run: list[bytes] = []  # ESP packets of one SA
        for frame in frames:
            if isinstance(frame, LongFrame):
                self._run(port, run, now)
                run = []
                if self._plane.watcher is not None or not self._plane.trains.arrived(port, frame, now):
                    for each in frame.frames():
                        self._frame(port, each, now)
            elif frame[23:24] == _ESP and len(frames) > 1 and _is_plain(frame):
                if run and run[0][26:38] != frame[26:38]:
                    self._run(port, run, now)
                    run = []
                run.append(frame)
            else:
                if run:
                    self._run(port, run, now)
                    run = []
                self._frame(port, frame, now)
        self._run(port, run, now)

    def _run(self, port: InterfaceState, run: list[bytes], now: Instant) -> None:
        if len(run) < 2 or not self._plane.trains.esp_frames(port, run, now):
            for frame in run:
                self._frame(port, frame, now)

    def _frame(self, port: InterfaceState, frame: bytes, now: Instant) -> None:
        counters = port.counters
        counters.in_packets += 1
        counters.in_bytes += len(frame)
        counters.last_input = now
        if not port.protocol:
            self._plane.drop("frame.port_down", port)
            return
        interface, at = port, 12
        if frame[12:14] == _VLAN or port.vlans:
            found, at = _by_vlan(port, frame)
            if found is None:
                self._plane.drop("frame.unknown_vlan", port)
                return
            interface = found
        if interface is not port:
            if not interface.protocol:
                self._plane.drop("frame.subinterface_down", interface)
                return
            interface.counters.in_packets += 1
            interface.counters.in_bytes += len(frame)
            interface.counters.last_input = now
        if frame[:6] != interface.mac:
            if len(frame) < 14 or not frame[0] & 1:
                self._plane.drop("frame.runt" if len(frame) < 14 else "frame.not_for_us", port)
                counters.in_errors += len(frame) < 14
                return
            interface.counters.in_broadcasts += 1
        self._payload(interface, frame, at, now)

    def _payload(self, interface: InterfaceState, frame: bytes, at: int, now: Instant) -> None:
        ethertype = frame[at : at + 2]
        if ethertype == _IPV4:
            if interface.checks_in:
                interface.sender = frame[6:12]
            self.packet(interface, frame[at + 2 :], now, bool(frame[0] & 1))
            return
        interface.count_other(frame, "in")
        if ethertype == _ARP and interface.arp is not None:
            if frame[6:12] != frame[at + 10 : at + 16]:  # not IOS's habit, but a forged or damaged one stops here
                self._plane.drop("arp.mismatched_sender", interface)
                return
            address = interface.address
            local = address.address if address else IPv4(0)
            interface.arp.receive(frame[at + 2 :], Path(interface.name, interface.vrf.name, local, IPv4(0)), now)
        elif frame[:6] in _DISCOVERY and at == 12:
            self._discovery(interface, frame)
        else:
            interface.counters.unknown_protocols += 1
            self._plane.drop("frame.unknown_protocol", interface)

    def _discovery(self, interface: InterfaceState, frame: bytes) -> None:
        """CDP or LLDP: about the cable, so whatever sub-interface untagged frames are for."""
        port = interface.parent or interface
        is_lldp = frame[12:14] == _LLDP
        message = frame[14:] if is_lldp else cdp.payload(frame[12:])
        if message is None:
            self._plane.drop("frame.unknown_protocol", interface)
            return
        self._plane.desk.put(DiscoveryReceived(port.name, "lldp" if is_lldp else "cdp", message, frame[6:12]))

    def packet(
        self, interface: InterfaceState, data: bytes, now: Instant, in_group: bool = False, nbma: IPv4 | None = None
    ) -> None:
        """A packet that arrived on an interface; `in_group` by link-layer broadcast, `nbma` from a tunnel's peer."""
        plane = self._plane
        plane.counters["ip.received"] += 1
        try:
            first, _, total, _, _, ttl, protocol, _, source, destination = ipv4.HEADER.unpack_from(data)
        except struct_error:
            plane.drop("ip.too_short", interface)
            return
        size = (first & 15) << 2
        if first >> 4 != 4 or size < ipv4.HEADER_SIZE or not size <= total <= len(data):
            plane.drop("ip.bad_header", interface)
            return
        if int.from_bytes(data[:size], "big") % 0xFFFF:
            plane.drop("ip.bad_checksum", interface)
            return
        if total != len(data):
            data = data[:total]
        if is_martian(source, destination) and (source or destination != BROADCAST or protocol != ipv4.UDP):
            plane.drop("ip.martian", interface)  # the exception is a DHCP client without an address
            return
        if interface.checks_in:
            allowed = plane.policy.came_in(interface, data, now)
            if allowed is None:
                return
            data, destination = allowed, int.from_bytes(allowed[16:20], "big")
        fib = interface.fib
        flow = fib.flows.get(destination) or fib.flow(destination, source)
        kind = flow.entry.kind
        if kind is Kind.NEXT_HOP or kind is Kind.ATTACHED:
            if in_group:
                plane.drop("ip.unicast_in_broadcast_frame", interface)
                return
            self._forward(interface, flow, data, ttl, protocol, now, nbma)
        elif kind is Kind.RECEIVE or (kind is Kind.BROADCAST and flow.interface is interface):
            plane.delivery.deliver(interface, data, now)
        elif kind is Kind.BROADCAST:
            plane.drop("ip.directed_broadcast", interface)
        else:
            plane.drop("ip.no_route" if kind is Kind.NO_ROUTE else "ip.null_route", interface)
            plane.errors.unreachable(icmp.HOST_UNREACHABLE, data, interface, now)

    def _forward(
        self, interface: InterfaceState, flow: Flow, data: bytes,
        ttl: int, protocol: int, now: Instant, nbma: IPv4 | None,
    ) -> None:  # fmt: skip
        plane = self._plane
        if ttl <= 1:
            plane.drop("ip.ttl_expired", interface)
            plane.errors.time_exceeded(icmp.TTL_EXCEEDED, data, interface, now)
            return
        if flow.entry.counted:
            flow.entry.packets += 1
        out = flow.interface
        if out is interface and interface.is_ethernet:
            plane.errors.redirect(flow.next_hop, data, interface, now)
        elif nbma is not None and isinstance(out, TunnelState):
            self.tell_of_detour(interface, out, flow.next_hop, data, now, nbma)
        if protocol == ipv4.TCP and out is not None and (interface.adjust_mss or out.adjust_mss):
            data = _adjusted(data, interface.adjust_mss, out.adjust_mss)
        plane.counters["ip.forwarded"] += 1
        plane.egress.out(flow, ipv4.hopped(data), interface, now)

    def tell_of_detour(
        self, interface: InterfaceState, out: TunnelState, next_hop: int, data: bytes, now: Instant, nbma: IPv4
    ) -> None:
        """The packet came out of an NHRP network and goes back into it: its sender could reach the next peer itself."""
        plane = self._plane
        assert isinstance(interface, TunnelState)
        network_id = interface.tunnel.network_id
        if not interface.tunnel.redirect or network_id is None or out.tunnel.network_id != network_id:
            return
        towards = out.towards(next_hop)
        if towards is not None and towards.nbma == nbma:
            return
        if plane.redirects.ready((interface.name, nbma, data[12:20]), now):
            plane.desk.put(RedirectDue(interface.name, nbma, data))


def _is_plain(frame: bytes) -> bool:
    """Untagged IPv4 without options, whole, its header's checksum right?"""
    return (
        frame[12:15] == _IPV4_PLAIN
        and not frame[20] & 0x3F
        and not frame[21]
        and 34 < 14 + int.from_bytes(frame[16:18], "big") <= len(frame)
        and not int.from_bytes(frame[14:34], "big") % 0xFFFF
    )


def _by_vlan(port: InterfaceState, frame: bytes) -> tuple[InterfaceState | None, int]:
    """The interface a frame belongs to, and where its ethertype is. VLAN 0 is only a priority: as good as no tag."""
    if frame[12:14] != _VLAN:
        return port.vlans.get(UNTAGGED, port), 12
    vlan = int.from_bytes(frame[14:16], "big") & 0xFFF
    if not vlan:
        return port.vlans.get(UNTAGGED, port), 16
    if frame[16:18] == _VLAN:
        return port.vlans.get(vlan_key(vlan, int.from_bytes(frame[18:20], "big") & 0xFFF)), 20
    return port.vlans.get(vlan), 16


def is_martian(source: int, destination: int) -> bool:
    """Addresses that must not be seen on a wire: network 0, loopback, class E, multicast as source."""
    if source >= 0xE0000000 or destination >= 0xF0000000:
        return source >= 0xE0000000 or destination != BROADCAST
    return source >> 24 in (0, 127) or destination >> 24 in (0, 127)


def _adjusted(data: bytes, one: int | None, other: int | None) -> bytes:
    """A TCP packet with its MSS option lowered to the lesser of two limits."""
    if int.from_bytes(data[6:8], "big") & ipv4.OFFSET:
        return data
    size = (data[0] & 15) << 2
    segment = data[size:]
    lowered = clamped(segment, min(one or 0xFFFF, other or 0xFFFF))
    return data if lowered is segment else data[:size] + lowered
