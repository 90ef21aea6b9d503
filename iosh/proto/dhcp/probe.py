"""Is an address free? A DHCP server pings it before it offers it (`ip dhcp ping packets`, `ip dhcp ping timeout`)."""

from __future__ import annotations

from typing import Any, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.time import MILLISECOND, Instant
from iosh.proto.machine import Desk, SendPacket
from iosh.wire import icmp, ipv4
from iosh.wire.icmp import Icmp

_PAYLOAD = bytes(range(20))


class Probe(NamedTuple):
    """One address being asked for: what is to be done when nobody answers, and how often to ask still."""

    offer: Any  # the server's to understand
    own: IPv4
    identifier: int
    left: int


class Probes:
    """The addresses being asked for. Deadlines are set under `("probe", address)`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._probes: dict[IPv4, Probe] = {}

    def __contains__(self, address: IPv4) -> bool:
        return address in self._probes

    def begin(self, address: IPv4, own: IPv4, packets: int, timeout_ms: int, offer: Any, now: Instant) -> None:
        """Ask for an address."""
        self._probes[address] = Probe(offer, own, self._desk.rng.below(1 << 16), packets)
        self.ask(address, timeout_ms, now)

    def ask(self, address: IPv4, timeout_ms: int, now: Instant) -> Any:
        """The next ping; with none left, what was to be done."""
        probe = self._probes.pop(address, None)
        if probe is None or probe.left == 0:
            return probe.offer if probe is not None else None
        self._probes[address] = probe._replace(left=probe.left - 1)
        echo = Icmp(icmp.ECHO, 0, probe.identifier << 16 | probe.left, _PAYLOAD).encode()
        self._desk.put(SendPacket(ipv4.packet(probe.own, address, ipv4.ICMP, echo)))
        self._desk.ring_at(("probe", address), now + timeout_ms * MILLISECOND)
        return None

    def answered(self, source: IPv4, message: Icmp) -> Any:
        """Somebody answers a ping: what was to be done with its address; None: it is not one of ours."""
        probe = self._probes.get(source)
        if probe is None or message.type != icmp.ECHO_REPLY or message.rest >> 16 != probe.identifier:
            return None
        self.forget(source)
        return probe.offer

    def forget(self, address: IPv4) -> None:
        """It does not matter any more."""
        if self._probes.pop(address, None) is not None:
            self._desk.no_ring(("probe", address))
