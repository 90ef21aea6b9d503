"""The fast path: trains of packets (`wire/train.py`) carried whole, one decision for all their packets.

A train comes in where a real port gives one, or out of an SA whose packets came together. What happens to it is what
would happen to its packets one by one, in the same order and with the same counters; whatever is not the common case
(access lists, translation, captures, VLANs, options, a time-to-live of 1, packets that would not fit, an adjacency or
SA that is not there) is left to the slow path, which `Ingress` takes with the packets of the train.

Here is the decision; `sealing.py` is the way into a protected tunnel, `opening.py` the way out of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.router.fib import Flow, Kind
from iosh.router.ingress import is_martian
from iosh.router.interfaces import InterfaceState
from iosh.router.opening import Opening
from iosh.router.plane import Plane
from iosh.router.sealing import Sealing
from iosh.router.tunnel import TunnelState
from iosh.wire import ipv4
from iosh.wire.checksum import internet_checksum
from iosh.wire.train import LongFrame, Train

_IPV4: Final = b"\x08\x00"
_HEADER: Final = 20


class Trains:
    """Carries trains through one router."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._sealing = Sealing(plane)
        self._opening = Opening(plane, self._out_of_tunnel)

    # --- in -----------------------------------------------------------------------------------------------------------

    def arrived(self, port: InterfaceState, frame: LongFrame, now: Instant) -> bool:
        """A train on a port. False: nothing was done, its frames are for the slow path."""
        head, train = frame
        if head[12:] != _IPV4 or head[:6] != port.mac or port.vlans or not port.protocol or port.checks_in:
            return False
        packet = train.packet
        flow = self._flow(port, packet)
        if flow is None:
            return False
        is_ours = flow.entry.kind is Kind.RECEIVE
        handled = self._opening.in_udp(port.vrf, train, now) if is_ours else self._forward(port, flow, train, now)
        if handled:
            segments = train.segments
            counters = port.counters
            counters.in_packets += segments
            counters.in_bytes += train.octets + segments * len(head)
            counters.last_input = now
            self._plane.counters["ip.received"] += segments
        return handled

    def esp_frames(self, port: InterfaceState, frames: Sequence[bytes], now: Instant) -> bool:
        """Frames that hold ESP packets of one SA, all for us. False: nothing was done."""
        if port.vlans or not port.protocol or port.checks_in:
            return False
        first, plane = frames[0], self._plane
        sa = plane.inbound.get(int.from_bytes(first[34:38], "big"))
        flow = self._flow(port, first[14:34]) if first[:6] == port.mac else None
        if sa is None or flow is None or flow.entry.kind is not Kind.RECEIVE or plane.front_door(sa) is not port.vrf:
            return False
        own = [frame[34 : 14 + int.from_bytes(frame[16:18], "big")] for frame in frames]
        counters = port.counters
        counters.in_packets += len(frames)
        counters.in_bytes += sum(map(len, frames))
        counters.last_input = now
        plane.counters["ip.received"] += len(frames)
        plane.counters["ip.delivered"] += len(frames)
        self._opening.packets(sa, own, now)
        return True

    def _flow(self, interface: InterfaceState, packet: bytes) -> Flow | None:
        """Where it goes, if its header is sound and plain and nobody has to be told of anything."""
        source, destination = int.from_bytes(packet[12:16], "big"), int.from_bytes(packet[16:20], "big")
        if packet[8] <= 1 or is_martian(source, destination) or internet_checksum(packet[:_HEADER]):
            return None
        fib = interface.fib
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
        if isinstance(out, TunnelState):
            if nbma is not None:
                plane.ingress.tell_of_detour(interface, out, flow.next_hop, packet, now, nbma)
            if not self._sealing.into_tunnel(out, flow, train, now):
                return False
        elif out is interface or not self._onto_wire(out, flow.next_hop, Train(ipv4.hopped(packet), train.size), now):
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

    def _out_of_tunnel(self, tunnel: TunnelState, train: Train, nbma: IPv4, now: Instant) -> bool:
        flow = self._flow(tunnel, train.packet)
        if flow is None or flow.entry.kind is Kind.RECEIVE:
            return False
        return self._forward(tunnel, flow, train, now, nbma)
