"""The fast path out of protected tunnels: ESP packets of one SA are opened together, and what belongs together goes on
as a train.

Where numpy is (`wire/lines.py`) packets of one length are opened and joined at once, elsewhere one after another. What
is not GRE of one tunnel, or would not be joined, takes the slow path from where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.proto.esp.sa import InboundSa
from iosh.router.plane import Plane
from iosh.router.tunnel import TunnelState
from iosh.router.vrf import Vrf
from iosh.wire import ipv4
from iosh.wire import train as trains
from iosh.wire.checksum import internet_checksum
from iosh.wire.lines import FEWEST, are_inner, joined, matrix, stand_alike
from iosh.wire.train import MOST, UDP, Train, coalesced, extended, packets

_HEADER: Final = ipv4.HEADER_SIZE
_NAT_PORT: Final = (4500).to_bytes(2, "big")
_GRE: Final = bytes((ipv4.GRE,))
_NO_SPI: Final = bytes(4)  # the non-ESP marker: IKE

Onward = Callable[[TunnelState, Train, IPv4, Instant], bool]


class Opening:
    """Opens what is for us; `onward` takes trains, or not."""

    def __init__(self, plane: Plane, onward: Onward) -> None:
        self._plane = plane
        self._onward = onward

    def in_udp(self, vrf: Vrf, train: Train, now: Instant) -> bool:
        """ESP in UDP, of one SA, that came in by a VRF. False: nothing was done."""
        packet, size, data = train.packet, train.size, train.data
        if packet[9] != UDP or packet[22:24] != _NAT_PORT:
            return False
        spi = packet[data : data + 4]
        sa = self._plane.inbound.get(int.from_bytes(spi, "big"))
        if sa is None or spi == _NO_SPI or any(packet[at : at + 4] != spi for at in range(data, len(packet), size)):
            return False
        if vrf is not self._plane.front_door(sa):
            return False
        segments = train.segments
        self._plane.counters["ip.delivered"] += segments
        self._plane.counters["udp.received"] += segments
        if not FEWEST <= train.full <= MOST or not self._lines(sa, packet, data, size, now):
            self.packets(sa, [packet[at : at + size] for at in range(data, len(packet), size)], now)
        return True

    def packets(self, sa: InboundSa, arrived: Sequence[bytes], now: Instant) -> None:
        """ESP packets of one SA, as they come."""
        plane = self._plane
        size = len(arrived[0])
        if len(arrived) >= FEWEST and all(len(one) == size for one in arrived):
            for at in range(0, len(arrived), MOST):
                some = arrived[at : at + MOST]
                if not self._lines(sa, b"".join(some), 0, size, now):
                    self._payloads(sa, sa.open_all(some, lambda name: plane.drop(f"esp.{name}")), now)
            return
        self._payloads(sa, sa.open_all(arrived, lambda name: plane.drop(f"esp.{name}")), now)

    def _lines(self, sa: InboundSa, block: bytes, begin: int, size: int, now: Instant) -> bool:
        """ESP packets one after another, all but the last of one length. False: nothing was done."""
        count = (len(block) - begin) // size
        opened = sa.open_sheet(matrix(block, begin, size, count)) if trains.numpy is not None else None
        if opened is None:
            return False
        next_header, lines, end = opened
        plane = self._plane
        last = block[begin + count * size :]
        rest = sa.open_all([last], lambda name: plane.drop(f"esp.{name}")) if last else []
        inner = _HEADER if next_header == ipv4.IPIP and are_inner(lines, end, ipv4.GRE) else 0
        tunnel, front = self._tunnel_of(sa, lines[0, inner:end].tobytes())
        at = inner + len(front)
        whole = None
        if tunnel is not None and (inner or next_header == ipv4.GRE) and stand_alike(lines, inner, front):
            whole = joined(lines, at, end) if not tunnel.checks_in else None
        if whole is None or tunnel is None:
            self._payloads(sa, [(next_header, line.tobytes()) for line in lines[:, :end]] + rest, now)
            return True
        plane.used(sa, now)
        counters = tunnel.counters
        counters.in_packets += count
        counters.in_bytes += count * (end - at)
        counters.last_input = now
        if rest:
            protocol, payload = _bare(*rest[0])
            longer = extended(whole[-1], payload[len(front) :]) if payload[: len(front)] == front else None
            if longer is not None and protocol == ipv4.GRE:
                whole[-1], rest = longer, []
                counters.in_packets += 1
                counters.in_bytes += len(payload) - len(front)
        for one in whole:
            self._train(tunnel, sa, one, now)
        if rest:
            self._payloads(sa, rest, now)
        return True

    def _payloads(self, sa: InboundSa, payloads: Sequence[tuple[int, bytes]], now: Instant) -> None:
        plane = self._plane
        opened = [_bare(*one) for one in payloads]
        plane.used(sa, now)
        tunnel, front = self._tunnel_of(sa, opened[0][1]) if opened else (None, b"")
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

    def _tunnel_of(self, sa: InboundSa, payload: bytes) -> tuple[TunnelState | None, bytes]:
        """The tunnel that a payload is of, and the GRE header of IPv4 in it."""
        plane = self._plane
        below = plane.front_door(sa)
        for tunnel in plane.tunnels:
            front = tunnel.gre_header
            is_like = tunnel.local == sa.local and tunnel.is_plain and tunnel.protocol and tunnel.below is below
            if not is_like or payload[: len(front)] != front:
                continue
            if below.tunnel(sa.local, tunnel.tunnel.key, sa.remote) is tunnel:
                return tunnel, front
        return None, b""

    def _out_of_tunnel(self, tunnel: TunnelState, sa: InboundSa, run: Sequence[bytes], now: Instant) -> None:
        plane = self._plane
        counters = tunnel.counters
        counters.in_packets += len(run)
        counters.in_bytes += sum(map(len, run))
        counters.last_input = now
        for one in coalesced(run) if not tunnel.checks_in else run:
            if isinstance(one, bytes):
                plane.ingress.packet(tunnel, one, now, nbma=sa.remote)
            else:
                self._train(tunnel, sa, one, now)

    def _train(self, tunnel: TunnelState, sa: InboundSa, train: Train, now: Instant) -> None:
        plane = self._plane
        if self._onward(tunnel, train, sa.remote, now):
            plane.counters["ip.received"] += train.segments
            return
        for packet in packets(train):
            plane.ingress.packet(tunnel, packet, now, nbma=sa.remote)


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
