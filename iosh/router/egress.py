"""The way out: from a packet and its flow to frames on ports, through as many tunnels as it takes.

Frames are collected on their port's `outgoing` list and given to the wire once per batch (`flush`). A packet for a
tunnel gets its GRE header, is sealed where the tunnel is protected, put into the finished outer header of its
adjacency, and is then a packet of our own, routed like any other. Without an SA a protected tunnel drops.
"""

from __future__ import annotations

from iosh.base.addr import BROADCAST, IPv4
from iosh.base.time import Instant
from iosh.proto.arp.machine import ArpResolved
from iosh.proto.esp.sa import OutboundSa, Refused
from iosh.proto.machine import SendFrame
from iosh.router.fib import Flow, Kind
from iosh.router.fragment import fragments
from iosh.router.interfaces import InterfaceState
from iosh.router.plane import Plane
from iosh.router.punts import NextHopUnknown, SaMissing
from iosh.router.tunnel import CONTROL_TOS, UDP_HEADER, Adjacency, TunnelState, in_udp
from iosh.router.vrf import Vrf
from iosh.wire import ethernet, gre, icmp, ipv4
from iosh.wire.train import LongFrame, single_frames

TUNNEL_DEPTH = 4


class Egress:
    """Sends packets out. Whoever calls it from outside the forwarding path flushes afterwards."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._waiting: list[InterfaceState] = []  # ports with frames to send

    # --- frames

    def frame(self, interface: InterfaceState, frame: bytes, now: Instant) -> None:
        """One complete frame out of an Ethernet interface."""
        if not interface.protocol:
            self._plane.drop("interface.down", interface)
            return
        root = interface.parent or interface
        for counted in (interface, root) if root is not interface else (root,):
            counters = counted.counters
            counters.out_packets += 1
            counters.out_bytes += len(frame)
            counters.last_output = now
        if not root.outgoing:
            self._waiting.append(root)
        root.outgoing.append(frame)

    def long_frame(self, interface: InterfaceState, long: LongFrame, now: Instant) -> None:
        """A train out of an Ethernet interface whose port takes trains."""
        root = interface.parent or interface
        segments = long.train.segments
        size = len(long.train.packet) + (segments - 1) * long.train.data + segments * len(long.head)
        for counted in (interface, root) if root is not interface else (root,):
            counters = counted.counters
            counters.out_packets += segments
            counters.out_bytes += size
            counters.last_output = now
        if not root.outgoing:
            self._waiting.append(root)
        root.outgoing.append(long)

    def other(self, interface: InterfaceState, frame: bytes, now: Instant) -> None:
        """A frame that holds no IPv4: ARP's, CDP's, LLDP's."""
        if interface.protocol:
            interface.count_other(frame, "out")
        self.frame(interface, frame, now)

    def flush(self, now: Instant) -> None:
        """Do what address resolution asked for, then give all frames to the wire."""
        plane = self._plane
        while plane.errands:
            _, errand = plane.errands.popleft()
            match errand:
                case SendFrame(name, frame):
                    self.other(plane.interfaces[name], frame, now)
                case ArpResolved(name, next_hop, packets):
                    for packet in packets:
                        self.emit(plane.interfaces[name], next_hop, packet, now)
                case _:
                    plane.desk.put(errand)
        waiting, self._waiting = self._waiting, []
        for root in waiting:
            frames, root.outgoing = root.outgoing, []
            if root.port is not None:
                if plane.watcher is not None:
                    plane.watcher(root.name, single_frames(frames), True, now)
                root.port.send(frames)

    # --- packets

    def originate(self, packet: bytes, now: Instant, vrf: Vrf) -> None:
        """A packet of our own goes where the routes of a VRF say; to ourselves, too."""
        plane = self._plane
        destination = int.from_bytes(packet[16:20], "big")
        if destination >> 28 == 0xE or destination == BROADCAST:
            for interface in list(plane.interfaces.values()):
                if interface.vrf is vrf and interface.protocol and interface.address is not None:
                    self.emit_to_all(interface, packet, now)
            return
        flow = vrf.fib.flow(destination, int.from_bytes(packet[12:16], "big"))
        kind = flow.entry.kind
        plane.counters["ip.sent"] += 1
        if kind is Kind.NEXT_HOP or kind is Kind.ATTACHED:
            if flow.entry.counted:
                flow.entry.packets += 1
            self.out(flow, packet, None, now)
        elif kind is Kind.RECEIVE:
            plane.delivery.deliver(flow.interface, packet, now)
        elif kind is Kind.BROADCAST and flow.interface is not None:
            self.emit_to_all(flow.interface, packet, now)
        else:
            plane.drop("ip.no_route_for_our_own")

    def out(self, flow: Flow, packet: bytes, came_by: InterfaceState | None, now: Instant) -> None:
        """A routed packet, as it will be on the next network: checked against its MTU, in pieces if need be."""
        interface = flow.interface
        if interface is None or not interface.protocol:
            self._plane.drop("ip.interface_down", interface)
            return
        routed = packet
        if interface.checks_out:
            allowed = self._plane.policy.goes_out(interface, packet, came_by, now)
            if allowed is None:
                return
            packet = allowed
        mtu = interface.ip_mtu
        if len(packet) <= mtu:
            self.emit(interface, flow.next_hop, packet, now)
        elif packet[6] & 0x40:
            self._plane.drop("ip.df_too_big", interface)
            self._plane.errors.unreachable(icmp.FRAGMENTATION_NEEDED, routed, came_by, now, mtu)
        else:
            pieces = fragments(packet, mtu)
            self._plane.counters["ip.fragmented"] += 1
            self._plane.counters["ip.fragments_created"] += len(pieces)
            for piece in pieces:
                self.emit(interface, flow.next_hop, piece, now)

    def emit(self, interface: InterfaceState, next_hop: int, packet: bytes, now: Instant) -> None:
        """A packet that fits, to a next hop of one interface."""
        if isinstance(interface, TunnelState):
            self._into_tunnel(interface, next_hop, packet, now)
            return
        arp = interface.arp
        if arp is None:
            self._plane.drop("ip.no_adjacency", interface)
            return
        header = arp.rewrites.get(next_hop)
        if header is None:
            arp.wanted(next_hop, packet, now)
        else:
            self.frame(interface, header + packet, now)

    def emit_to_all(self, interface: InterfaceState, packet: bytes, now: Instant) -> None:
        """Multicast or broadcast out of one interface; a multipoint tunnel replicates it."""
        if isinstance(interface, TunnelState):
            if not interface.tunnel.multipoint:
                self._into_tunnel(interface, 0, packet, now)
                return
            if not interface.replication:
                self._plane.drop("tunnel.no_replication", interface)
            for nbma in interface.replication:
                self.over(interface, interface.adjacency(nbma), packet, now)
        elif interface.arp is not None:
            destination = int.from_bytes(packet[16:20], "big")
            group = (0x01005E000000 | destination & 0x7FFFFF).to_bytes(6, "big")
            mac = group if destination >> 28 == 0xE else ethernet.BROADCAST
            self.frame(interface, interface.arp.header(mac) + packet, now)

    # --- tunnels

    def _into_tunnel(self, tunnel: TunnelState, next_hop: int, packet: bytes, now: Instant) -> None:
        adjacency = tunnel.towards(next_hop)
        if adjacency is None:
            plane = self._plane
            if not tunnel.tunnel.multipoint or next_hop == 0:
                plane.drop("tunnel.no_destination", tunnel)
                return
            if plane.unknown_next_hops.ready((tunnel.name, next_hop), now):
                plane.desk.put(NextHopUnknown(tunnel.name, IPv4(next_hop)))
            adjacency = tunnel.next_hops.get(tunnel.fallback) if tunnel.fallback is not None else None
            if adjacency is None:
                plane.drop("tunnel.unresolved", tunnel)
                return
            plane.counters["tunnel.by_fallback"] += 1
        self.over(tunnel, adjacency, packet, now)

    def over(
        self, tunnel: TunnelState, adjacency: Adjacency, packet: bytes, now: Instant, protocol_type: int = gre.IPV4
    ) -> None:
        """A payload to one NBMA peer: GRE, ESP if the tunnel is protected, and the network below."""
        plane = self._plane
        if plane.depth >= TUNNEL_DEPTH:
            plane.drop("tunnel.recursion", tunnel)
            return
        settings = tunnel.tunnel
        sa = plane.outbound.get(adjacency.key) if settings.protected else None
        if sa is None and settings.protected:
            plane.drop("tunnel.no_sa", tunnel)
            if not settings.multipoint and plane.missing_sas.ready(adjacency.key, now):
                plane.desk.put(SaMissing(tunnel.name, adjacency.nbma))
            return
        is_data = protocol_type == gre.IPV4
        tos = settings.tos if settings.tos is not None else packet[1] if is_data else CONTROL_TOS
        flags = ipv4.DF if is_data and settings.path_mtu_discovery and packet[6] & 0x40 else 0
        if flags and self._refused_by_path(tunnel, adjacency, packet, sa, now):
            return
        payload = tunnel.encapsulated(packet, protocol_type)
        protocol = ipv4.GRE
        if sa is not None:
            inside = ipv4.GRE
            if sa.tunnel_mode:
                payload = adjacency.outer(ipv4.GRE, payload, tos, plane.identification(), flags)
                inside = ipv4.IPIP
            try:
                payload = sa.seal(payload, inside)
            except Refused as refusal:
                plane.drop(f"esp.{refusal.name}", tunnel)
                return
            plane.used(sa, now)
            protocol = ipv4.ESP
            if sa.encap is not None:
                payload, protocol = in_udp(sa.encap, payload), ipv4.UDP
        counters = tunnel.counters
        counters.out_packets += 1
        counters.out_bytes += len(packet)
        counters.last_output = now
        plane.depth += 1
        try:
            self.originate(adjacency.outer(protocol, payload, tos, plane.identification(), flags), now, tunnel.below)
        finally:
            plane.depth -= 1

    def _refused_by_path(
        self, tunnel: TunnelState, adjacency: Adjacency, packet: bytes, sa: OutboundSa | None, now: Instant
    ) -> bool:
        """With path MTU discovery: is the outer packet too big for the way to the peer? Then the sender is told."""
        known = tunnel.path_mtu(adjacency.nbma.plain, now)
        below = tunnel.below.fib.flow(adjacency.nbma.plain).interface
        limit = min(known or ipv4.MAXIMUM, below.ip_mtu if below is not None else ipv4.MAXIMUM)
        if _outer_size(tunnel, sa, len(packet)) <= limit:
            return False
        fits = limit
        while fits > ipv4.HEADER_SIZE and _outer_size(tunnel, sa, fits) > limit:
            fits -= 1
        self._plane.drop("tunnel.df_too_big", tunnel)
        source = tunnel.fib.flow(int.from_bytes(packet[12:16], "big"))
        came_by = None if source.entry.kind is Kind.RECEIVE else source.interface
        if came_by is not None or source.entry.kind is Kind.RECEIVE:
            self._plane.errors.unreachable(icmp.FRAGMENTATION_NEEDED, packet, came_by, now, fits)
        return True


def _outer_size(tunnel: TunnelState, sa: OutboundSa | None, size: int) -> int:
    """How big an inner packet gets on the network below."""
    inside = tunnel.gre_size + size
    if sa is None:
        return ipv4.HEADER_SIZE + inside
    return ipv4.HEADER_SIZE + (UDP_HEADER if sa.encap else 0) + inside + sa.overhead(inside)
