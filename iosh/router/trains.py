"""The fast path: trains of packets (`wire/train.py`) carried whole, one decision for all their packets.

A train comes in where a real port gives one, or out of an SA whose packets came together. What happens to it is what
would happen to its packets one by one, in the same order and with the same counters; whatever is not the common case
(access lists, translation, captures, VLANs, options, a time-to-live of 1, packets that would not fit, an adjacency or
SA that is not there) is left to the slow path, which `Ingress` takes with the packets of the train.

Into a protected tunnel each packet gets its headers and is sealed in one tight loop; where NAT is in the way the ESP
packets leave as a train of UDP. Out of one, ESP packets of one SA are opened together, and what belongs together goes
on as a train.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.proto.esp.sa import InboundSa, OutboundSa
from iosh.router.fib import Flow, Kind
from iosh.router.ingress import is_martian
from iosh.router.interfaces import InterfaceState
from iosh.router.plane import Plane
from iosh.router.tunnel import Adjacency, TunnelState, in_udp
from iosh.wire import ipv4
from iosh.wire.checksum import internet_checksum
from iosh.wire.train import LONGEST, MOST, UDP, LongFrame, Train, coalesced, packets

_IPV4: Final = b"\x08\x00"
_HEADER: Final = 20
_UDP_HEADER: Final = 8
_NAT_PORT: Final = (4500).to_bytes(2, "big")
_GRE: Final = bytes((ipv4.GRE,))
_NO_SPI: Final = bytes(4)  # the non-ESP marker: IKE


class Trains:
    """Carries trains through one router."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    # --- in -----------------------------------------------------------------------------------------------------------

    def arrived(self, port: InterfaceState, frame: LongFrame, now: Instant) -> bool:
        """A train on a port. False: nothing was done, its frames are for the slow path."""
        head, train = frame
        if head[12:] != _IPV4 or head[:6] != port.mac or port.vlans or not port.protocol or port.checks_in:
            return False
        packet = train.packet
        flow = self._flow(packet)
        if flow is None:
            return False
        handled = (
            self._for_us(port, train, now) if flow.entry.kind is Kind.RECEIVE else self._forward(port, flow, train, now)
        )
        if handled:
            segments = train.segments
            counters = port.counters
            counters.in_packets += segments
            counters.in_bytes += len(packet) + (segments - 1) * train.data + segments * len(head)
            counters.last_input = now
            self._plane.counters["ip.received"] += segments
        return handled

    def esp_frames(self, port: InterfaceState, frames: Sequence[bytes], now: Instant) -> bool:
        """Frames that hold ESP packets of one SA, all for us. False: nothing was done."""
        if port.vlans or not port.protocol or port.checks_in:
            return False
        first = frames[0]
        sa = self._plane.inbound.get(int.from_bytes(first[34:38], "big"))
        flow = self._flow(first[14:34]) if first[:6] == port.mac else None
        if sa is None or flow is None or flow.entry.kind is not Kind.RECEIVE:
            return False
        own = [frame[34 : 14 + int.from_bytes(frame[16:18], "big")] for frame in frames]
        counters = port.counters
        counters.in_packets += len(frames)
        counters.in_bytes += sum(map(len, frames))
        counters.last_input = now
        self._plane.counters["ip.received"] += len(frames)
        self._plane.counters["ip.delivered"] += len(frames)
        self._open(sa, own, now)
        return True

    def _flow(self, packet: bytes) -> Flow | None:
        """Where it goes, if its header is sound and plain and nobody has to be told of anything."""
        source, destination = int.from_bytes(packet[12:16], "big"), int.from_bytes(packet[16:20], "big")
        if packet[8] <= 1 or is_martian(source, destination) or internet_checksum(packet[:_HEADER]):
            return None
        fib = self._plane.fib
        flow = fib.flows.get(destination) or fib.flow(destination, source)
        return flow if flow.entry.kind in (Kind.RECEIVE, Kind.NEXT_HOP, Kind.ATTACHED) else None

    # --- onward -------------------------------------------------------------------------------------------------------

    def _forward(
        self, interface: InterfaceState, flow: Flow, train: Train, now: Instant, nbma: IPv4 | None = None
    ) -> bool:
        out = flow.interface
        if out is None or not out.protocol or out.checks_out or train.longest > out.ip_mtu:
            return False
        plane, packet, segments = self._plane, train.packet, train.segments
        onward = Train(ipv4.hopped(packet), train.size)
        if isinstance(out, TunnelState):
            if nbma is not None:
                plane.ingress.tell_of_detour(interface, out, flow.next_hop, packet, now, nbma)
            if not self._into_tunnel(out, flow, onward, now):
                return False
        elif out is interface or not self._onto_wire(out, flow.next_hop, onward, now):
            return False
        if flow.entry.counted:
            flow.entry.packets += segments
        plane.counters["ip.forwarded"] += segments
        return True

    def _onto_wire(self, out: InterfaceState, next_hop: int, train: Train, now: Instant) -> bool:
        rewrite = out.arp.rewrites.get(next_hop) if out.arp is not None else None
        root = out.parent or out
        if rewrite is None or root.port is None:
            return False
        long = LongFrame(rewrite, train)
        if root.port.takes_trains:
            self._plane.egress.long_frame(out, long, now)
        else:
            for frame in long.frames():
                self._plane.egress.frame(out, frame, now)
        return True

    def _into_tunnel(self, tunnel: TunnelState, flow: Flow, train: Train, now: Instant) -> bool:
        settings, plane = tunnel.tunnel, self._plane
        adjacency = tunnel.towards(flow.next_hop)
        if adjacency is None or not tunnel.is_plain or settings.path_mtu_discovery or not settings.protected:
            return False
        sa = plane.outbound.get(adjacency.key)
        below = plane.fib.flow(adjacency.nbma.plain)
        wire = below.interface
        if sa is None or wire is None or wire.arp is None or wire.checks_out or not wire.protocol:
            return False
        rewrite = wire.arp.rewrites.get(below.next_hop)
        size = tunnel.gre_size + train.longest
        outer_size = _HEADER + (_UDP_HEADER if sa.encap else 0) + size + sa.overhead(size)
        if rewrite is None or outer_size > wire.ip_mtu or not sa.has_room(train.segments, len(train.packet) * 2):
            return False
        tos = settings.tos if settings.tos is not None else train.packet[1]
        inside = packets(train, tunnel.gre_header)
        if sa.tunnel_mode:
            inside = [adjacency.outer(ipv4.GRE, one, tos, plane.identification(), 0) for one in inside]
        sealed = sa.seal_all(inside, ipv4.IPIP if sa.tunnel_mode else ipv4.GRE)
        plane.used(sa, now)
        counters = tunnel.counters
        counters.out_packets += len(sealed)
        counters.out_bytes += len(train.packet) + (len(sealed) - 1) * train.data
        counters.last_output = now
        plane.counters["ip.sent"] += len(sealed)
        root = wire.parent or wire
        if sa.encap is not None and root.port is not None and root.port.takes_trains:
            self._as_udp_trains(wire, rewrite, adjacency, sa, sealed, tos, now)
        else:
            self._one_by_one(wire, rewrite, adjacency, sa, sealed, tos, now)
        return True

    def _one_by_one(
        self, wire: InterfaceState, rewrite: bytes, adjacency: Adjacency, sa: OutboundSa,
        sealed: Sequence[bytes], tos: int, now: Instant,
    ) -> None:  # fmt: skip
        plane = self._plane
        protocol = ipv4.ESP if sa.encap is None else ipv4.UDP
        for esp in sealed:
            payload = esp if sa.encap is None else in_udp(sa.encap, esp)
            outer = adjacency.outer(protocol, payload, tos, plane.identification(), 0)
            plane.egress.frame(wire, rewrite + outer, now)

    def _as_udp_trains(
        self, wire: InterfaceState, rewrite: bytes, adjacency: Adjacency, sa: OutboundSa,
        sealed: Sequence[bytes], tos: int, now: Instant,
    ) -> None:  # fmt: skip
        """All but the last are equally long, as the packets in them were."""
        plane, size = self._plane, len(sealed[0])
        assert sa.encap is not None
        most = min(MOST, (LONGEST - _HEADER - _UDP_HEADER) // size)
        for begin in range(0, len(sealed), most):
            part = sealed[begin : begin + most]
            first = plane.identification(len(part))
            outer = adjacency.outer(ipv4.UDP, in_udp(sa.encap, b"".join(part)), tos, first, 0)
            plane.egress.long_frame(wire, LongFrame(rewrite, Train(outer, size)), now)

    # --- out of tunnels -----------------------------------------------------------------------------------------------

    def _for_us(self, port: InterfaceState, train: Train, now: Instant) -> bool:
        """ESP in UDP, of one SA."""
        packet, size = train.packet, train.size
        if packet[9] != UDP or packet[22:24] != _NAT_PORT:
            return False
        data = train.data
        spi = packet[data : data + 4]
        sa = self._plane.inbound.get(int.from_bytes(spi, "big"))
        arrived = [packet[at : at + size] for at in range(data, len(packet), size)]
        if sa is None or spi == _NO_SPI or any(one[:4] != spi for one in arrived):
            return False
        self._plane.counters["ip.delivered"] += len(arrived)
        self._plane.counters["udp.received"] += len(arrived)
        self._open(sa, arrived, now)
        return True

    def _open(self, sa: InboundSa, arrived: Sequence[bytes], now: Instant) -> None:
        plane = self._plane
        opened = [_bare(*one) for one in sa.open_all(arrived, lambda name: plane.drop(f"esp.{name}"))]
        plane.used(sa, now)
        tunnel, front = self._tunnel_of(sa, opened)
        run: list[bytes] = []
        for next_header, payload in opened:
            if tunnel is not None and next_header == ipv4.GRE and payload[: len(front)] == front:
                run.append(payload[len(front) :])
                continue
            if run and tunnel is not None:
                self._out_of_tunnel(tunnel, sa, run, now)
                run = []
            plane.delivery.out_of_sa(sa, next_header, payload, now)
        if run and tunnel is not None:
            self._out_of_tunnel(tunnel, sa, run, now)

    def _tunnel_of(self, sa: InboundSa, opened: Sequence[tuple[int, bytes]]) -> tuple[TunnelState | None, bytes]:
        """The tunnel that the first payload is of, and the GRE header of IPv4 in it."""
        plane = self._plane
        for tunnel in plane.tunnels:
            front = tunnel.gre_header
            if tunnel.local == sa.local and tunnel.is_plain and tunnel.protocol and opened:
                key = tunnel.tunnel.key
                found = plane.point_to_point.get((sa.local, key, sa.remote)) or plane.multipoint.get((sa.local, key))
                if found is tunnel and opened[0][1][: len(front)] == front:
                    return tunnel, front
        return None, b""

    def _out_of_tunnel(self, tunnel: TunnelState, sa: InboundSa, run: Sequence[bytes], now: Instant) -> None:
        plane = self._plane
        counters = tunnel.counters
        counters.in_packets += len(run)
        counters.in_bytes += sum(map(len, run))
        counters.last_input = now
        whole = coalesced(run) if not tunnel.checks_in else run
        for one in whole:
            if isinstance(one, bytes):
                plane.ingress.packet(tunnel, one, now, nbma=sa.remote)
                continue
            if self._forwarded(tunnel, one, sa.remote, now):
                plane.counters["ip.received"] += one.segments
                continue
            for packet in packets(one):
                plane.ingress.packet(tunnel, packet, now, nbma=sa.remote)

    def _forwarded(self, tunnel: TunnelState, train: Train, nbma: IPv4, now: Instant) -> bool:
        flow = self._flow(train.packet)
        if flow is None or flow.entry.kind is Kind.RECEIVE:
            return False
        return self._forward(tunnel, flow, train, now, nbma)


def _bare(next_header: int, payload: bytes) -> tuple[int, bytes]:
    """Out of tunnel mode: the GRE in a plain inner packet."""
    if (
        next_header == ipv4.IPIP
        and payload[:1] == b"\x45"
        and payload[9:10] == _GRE
        and not payload[6] & 0x3F
        and not payload[7]
        and int.from_bytes(payload[2:4], "big") == len(payload)
        and not internet_checksum(payload[:_HEADER])
    ):
        return ipv4.GRE, payload[_HEADER:]
    return next_header, payload
