"""The ICMP errors a router sends about packets it cannot carry (RFC 1812 section 4.3), and when it does not.

Unreachables are rate limited as IOS does (`ip icmp rate-limit unreachable`, 500 ms; those for DF apart from the
others), and silent where the packet came in by an interface with `no ip unreachables`. About a packet of our own the
router tells itself, so that a ping can print `M`.
"""

from __future__ import annotations

from iosh.base.addr import BROADCAST, IPv4
from iosh.base.time import Instant
from iosh.proto.icmp.arrival import IcmpArrived
from iosh.router.interfaces import InterfaceState
from iosh.router.plane import Pacer, Plane
from iosh.wire import icmp, ipv4
from iosh.wire.icmp import Icmp, Quoted

_TTL = 255


class IcmpErrors:
    """Builds and sends errors. `came_by` is the interface the packet arrived on, None for our own."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._redirects = Pacer(plane.unreachable_gap)
        self._unreachable_after: dict[bool, Instant] = {}

    def unreachable(self, code: int, packet: bytes, came_by: InterfaceState | None, now: Instant, mtu: int = 0) -> None:
        """The packet cannot get there; `mtu` goes with `FRAGMENTATION_NEEDED`."""
        if came_by is not None and not came_by.settings.unreachables:
            self._plane.counters["icmp.unreachables_disabled"] += 1
            return
        if not self._may_answer(packet):
            return
        for_df = code == icmp.FRAGMENTATION_NEEDED
        if now < self._unreachable_after.get(for_df, now):
            self._plane.counters["icmp.unreachables_suppressed"] += 1
            return
        self._unreachable_after[for_df] = now + self._plane.unreachable_gap
        self._send(Icmp(icmp.UNREACHABLE, code, mtu, icmp.quotation(packet)), packet, came_by, now)

    def time_exceeded(self, code: int, packet: bytes, came_by: InterfaceState | None, now: Instant) -> None:
        """The time-to-live ran out, or the time to put fragments together."""
        if self._may_answer(packet):
            self._send(Icmp(icmp.TIME_EXCEEDED, code, 0, icmp.quotation(packet)), packet, came_by, now)

    def redirect(self, gateway: int, packet: bytes, came_by: InterfaceState, now: Instant) -> None:
        """The sender has a better first hop on its own network."""
        source = IPv4.unpack(packet[12:16])
        if not came_by.settings.redirects or not any(source in own.prefix for own in came_by.addresses):
            return
        if self._may_answer(packet) and self._redirects.ready((source, packet[16:20]), now):
            message = Icmp(icmp.REDIRECT, icmp.HOST_REDIRECT, gateway, icmp.quotation(packet))
            self._send(message, packet, came_by, now)

    def _may_answer(self, packet: bytes) -> bool:
        source, destination = int.from_bytes(packet[12:16], "big"), int.from_bytes(packet[16:20], "big")
        unicast = 0 < source < 0xE0000000 and destination >> 28 != 0xE and destination != BROADCAST
        return unicast and icmp.may_be_answered(packet)

    def _send(self, message: Icmp, packet: bytes, came_by: InterfaceState | None, now: Instant) -> None:
        plane = self._plane
        destination = IPv4.unpack(packet[12:16])
        if came_by is None:
            plane.desk.put(
                IcmpArrived(destination, destination, message, Quoted.decode(message.data), _TTL, interface="")
            )
            return
        source = came_by.address.address if came_by.address else plane.source_for(destination, came_by.vrf)
        if source is None:
            return
        plane.counters[f"icmp.{_NAMES[message.type]}_sent"] += 1
        self._debug(message, packet, destination)
        plane.egress.originate(
            ipv4.packet(source, destination, ipv4.ICMP, message.encode(), _TTL, 0, plane.identification()),
            now,
            came_by.vrf,
        )

    def _debug(self, message: Icmp, packet: bytes, told: IPv4) -> None:
        """`debug ip icmp`, for what goes out."""
        desk = self._plane.desk
        if not desk.debugging("ip icmp"):
            return
        about = IPv4.unpack(packet[16:20])
        if message.type == icmp.TIME_EXCEEDED:
            why = "time to live" if message.code == icmp.TTL_EXCEEDED else "reassembly"
            text = f"time exceeded ({why}) sent to {told} (dest was {about}), topology BASE, dscp 0 topoid 0"
        elif message.type == icmp.REDIRECT:
            text = f"redirect sent to {told} for dest {about}, use gw {message.gateway}"
        else:
            text = f"dst ({about}) {UNREACHABLES.get(message.code, 'host')} unreachable sent to {told}"
        desk.debug("ip icmp", f"ICMP: {text}")


UNREACHABLES = {
    icmp.NET_UNREACHABLE: "net",
    icmp.HOST_UNREACHABLE: "host",
    icmp.PROTOCOL_UNREACHABLE: "protocol",
    icmp.PORT_UNREACHABLE: "port",
    icmp.FRAGMENTATION_NEEDED: "frag. needed and DF set",
    icmp.ADMINISTRATIVELY_PROHIBITED: "administratively prohibited",
}
_NAMES = {icmp.UNREACHABLE: "unreachables", icmp.TIME_EXCEEDED: "time_exceededs", icmp.REDIRECT: "redirects"}
