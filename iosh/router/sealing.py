"""The fast path into protected tunnels: a cargo of packets gets its headers, is sealed in one go, and leaves.

Where NAT is in the way the ESP packets leave as trains of UDP, otherwise as frames, their outer headers made together.
Where numpy is (`wire/lines.py`) all packets of one length are worked on at once, elsewhere one after another; the bytes
are the same.
"""

from __future__ import annotations

from typing import Final

from iosh.base.time import Instant
from iosh.proto.esp.sa import OutboundSa
from iosh.router.fib import Flow
from iosh.router.interfaces import InterfaceState
from iosh.router.plane import Plane
from iosh.router.tunnel import UDP_HEADER, Adjacency, TunnelState, in_udp
from iosh.wire import ipv4
from iosh.wire.lines import FEWEST, lay, number_packets
from iosh.wire.train import LONGEST, MOST, Cargo, LongFrame, Train

_HEADER: Final = ipv4.HEADER_SIZE


class Sealing:
    """Carries cargo into the tunnels of one router."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def into_tunnel(self, tunnel: TunnelState, flow: Flow, cargo: Cargo, now: Instant) -> bool:
        """Packets to be routed into a tunnel, not yet a hop older. False: nothing was done."""
        settings, plane = tunnel.tunnel, self._plane
        adjacency = tunnel.towards(flow.next_hop)
        if adjacency is None or not tunnel.is_plain or settings.path_mtu_discovery or not settings.protected:
            return False
        sa = plane.outbound.get(adjacency.key)
        below = tunnel.below.fib.flow(adjacency.nbma.plain)
        wire = below.interface
        if sa is None or wire is None or wire.arp is None or wire.checks_out or not wire.protocol:
            return False
        rewrite = wire.arp.rewrites.get(below.next_hop)
        size = tunnel.gre_size + cargo.longest
        outer_size = _HEADER + (UDP_HEADER if sa.encap else 0) + size + sa.overhead(size)
        if rewrite is None or outer_size > wire.ip_mtu or not sa.has_room(cargo.segments, cargo.octets * 2):
            return False
        tos = settings.tos if settings.tos is not None else cargo.packet[1]
        block, each = self._sealed(tunnel, adjacency, sa, cargo, tos)
        plane.used(sa, now)
        counters = tunnel.counters
        counters.out_packets += cargo.segments
        counters.out_bytes += cargo.octets
        counters.last_output = now
        plane.counters["ip.sent"] += cargo.segments
        root = wire.parent or wire
        if sa.encap is not None and root.port is not None and root.port.takes_trains:
            self._as_trains(wire, rewrite, adjacency, sa.encap, block, each, tos, now)
        else:
            self._one_by_one(wire, rewrite, adjacency, sa.encap, block, each, tos, now)
        return True

    def _sealed(
        self, tunnel: TunnelState, adjacency: Adjacency, sa: OutboundSa, cargo: Cargo, tos: int
    ) -> tuple[bytes, int]:
        """Its packets one hop later, as ESP, one after another; and the length of each but the last."""
        plane, front, full = self._plane, tunnel.gre_header, min(cargo.full, MOST)
        size = (_HEADER if sa.tunnel_mode else 0) + len(front) + cargo.longest
        sheet = sa.sheet(size) if full >= FEWEST else None
        inside = ipv4.IPIP if sa.tunnel_mode else ipv4.GRE
        if sheet is None:
            single = cargo.onward(front)
            if sa.tunnel_mode:
                single = [adjacency.outer(ipv4.GRE, one, tos, plane.identification(), 0) for one in single]
            sealed = sa.seal_all(single, inside)
            return b"".join(sealed), len(sealed[0])
        lines = sheet.plain[:full]
        if sa.tunnel_mode:
            lay(cargo, adjacency.outer(ipv4.GRE, bytes(size - _HEADER), tos, 0, 0)[:_HEADER] + front, lines)
            number_packets(lines, 0, plane.identification(full))
        else:
            lay(cargo, front, lines)
        block = sa.seal_sheet(sheet, size, full, inside)
        each = len(block) // full
        if full < cargo.segments:
            rest, _ = self._sealed(tunnel, adjacency, sa, cargo.after(full), tos)
            block += rest
        return block, each

    def _one_by_one(
        self, wire: InterfaceState, rewrite: bytes, adjacency: Adjacency, encap: tuple[int, int] | None,
        block: bytes, each: int, tos: int, now: Instant,
    ) -> None:  # fmt: skip
        plane = self._plane
        protocol = ipv4.ESP if encap is None else ipv4.UDP
        for at in range(0, len(block), each):
            esp = block[at : at + each]
            payload = esp if encap is None else in_udp(encap, esp)
            outer = adjacency.outer(protocol, payload, tos, plane.identification(), 0)
            plane.egress.frame(wire, rewrite + outer, now)

    def _as_trains(
        self, wire: InterfaceState, rewrite: bytes, adjacency: Adjacency, encap: tuple[int, int],
        block: bytes, each: int, tos: int, now: Instant,
    ) -> None:  # fmt: skip
        plane = self._plane
        most = min(MOST, (LONGEST - _HEADER - UDP_HEADER) // each) * each
        for begin in range(0, len(block), most):
            part = block[begin : begin + most]
            first = plane.identification(-(-len(part) // each))
            outer = adjacency.outer(ipv4.UDP, in_udp(encap, part), tos, first, 0)
            plane.egress.long_frame(wire, LongFrame(rewrite, Train(outer, each)), now)
