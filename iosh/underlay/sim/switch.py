"""A learning Ethernet switch (IEEE 802.1D clause 7, without spanning tree): a lab's `bridge` node.

Source addresses are learned per port and forgotten when unheard for the ageing time; what is for an unknown, group
or broadcast address goes to all other ports. VLAN tags pass through unread. Frames that come in together and go out
by one port leave together. Without spanning tree a loop of switches circulates broadcasts for ever: do not build one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from iosh.base.time import SECOND, Instant, Span
from iosh.router.ports import Port

AGEING: Final = 300 * SECOND
TABLE_SIZE: Final = 8192


class Switch:
    """A node of the world. `ports` by name; all belong to one segment."""

    __slots__ = ("_ageing", "_by_address", "_ports", "_size", "counters")

    def __init__(self, ports: dict[str, Port], ageing: Span = AGEING, table_size: int = TABLE_SIZE) -> None:
        self._ports = ports
        self._ageing = ageing
        self._size = table_size
        self._by_address: dict[bytes, tuple[str, Instant]] = {}  # the one heard longest ago first
        self.counters: Counter[str] = Counter()

    def receive(self, port: str, frames: Sequence[bytes], now: Instant) -> None:
        if len(frames) == 1:
            for out in self._out_ports(port, frames[0], now):
                self._ports[out].send(frames)
            return
        going: dict[str, list[bytes]] = {}
        for frame in frames:
            for out in self._out_ports(port, frame, now):
                going.setdefault(out, []).append(frame)
        for out, together in going.items():
            self._ports[out].send(together)

    def carrier(self, port: str, up: bool, now: Instant) -> None:
        if not up:
            self._by_address = {mac: entry for mac, entry in self._by_address.items() if entry[0] != port}

    def wake(self, now: Instant) -> None:
        """Never due: ageing is looked at when it matters."""

    def due(self) -> None:
        return None

    def table(self, now: Instant) -> dict[bytes, str]:
        """Which port each address was last heard on, aged ones left out."""
        return {mac: port for mac, (port, heard) in self._by_address.items() if now - heard < self._ageing}

    def _out_ports(self, port: str, frame: bytes, now: Instant) -> Iterable[str]:
        if len(frame) < 14:
            self.counters["runt"] += 1
            return ()
        self._learn(frame[6:12], port, now)
        target = frame[:6]
        entry = None if target[0] & 1 else self._by_address.get(target)
        if entry is None or now - entry[1] >= self._ageing:
            self.counters["flooded"] += 1
            return [name for name in self._ports if name != port]
        if entry[0] == port:
            self.counters["filtered"] += 1
            return ()
        return (entry[0],)

    def _learn(self, mac: bytes, port: str, now: Instant) -> None:
        if mac[0] & 1:
            return  # no station has a group address
        entry = self._by_address.pop(mac, None)
        if entry is None and len(self._by_address) >= self._size:
            del self._by_address[next(iter(self._by_address))]
        self._by_address[mac] = port, now
