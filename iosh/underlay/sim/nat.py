"""A NAT router between an inside and an outside: many addresses behind one (traditional NAPT, RFC 3022).

UDP, TCP and ICMP echo are translated, and ICMP errors from outside with what they quote. A mapping belongs to an
inside address and port whatever the peer, and lets any peer back in (endpoint-independent, RFC 4787). It keeps the
port if that is free, unless told not to, and dies when unused: 300 seconds, TCP two hours, ICMP one minute. ESP and
GRE have no ports and are dropped, which is why IKE goes to UDP 4500 here. Fragments are mended first; hops count.

Not here: hairpinning, port forwarding, ICMP errors of inside hosts, application gateways, more than one address.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import SECOND, Instant, Span
from iosh.router.ports import Port
from iosh.underlay.sim.fragments import Reassembly, fragmented
from iosh.underlay.sim.link import Link, LinkNode
from iosh.wire import icmp, ipv4
from iosh.wire.checksum import updated
from iosh.wire.icmp import Icmp
from iosh.wire.ipv4 import Ipv4

INSIDE: Final = "inside"
OUTSIDE: Final = "outside"
TTL: Final = 255
FIRST_PORT: Final = 1024
_PORTS: Final = 65536 - FIRST_PORT
_LIFE: Final[dict[int, Span]] = {ipv4.UDP: 300 * SECOND, ipv4.TCP: 7200 * SECOND, ipv4.ICMP: 60 * SECOND}


class _Inner(NamedTuple):
    """Whom a mapping is for. The port of an ICMP echo is its identifier."""

    protocol: int
    address: IPv4
    port: int


class _Mapping:
    __slots__ = ("inner", "outer", "used")

    def __init__(self, inner: _Inner, outer: int, now: Instant) -> None:
        self.inner = inner
        self.outer = outer
        self.used = now


class Nat(LinkNode):
    """A node of the world with the ports `inside` and `outside`. `preserve` keeps the inside's port where it can."""

    __slots__ = (
        "_by_inner",
        "_by_outer",
        "_gateway",
        "_mending",
        "_next",
        "_outer_address",
        "_preserve",
    )

    def __init__(
        self,
        ports: dict[str, Port],
        inside: tuple[IPv4, int],
        outside: tuple[IPv4, int],
        gateway: IPv4,
        preserve: bool = True,
    ) -> None:
        super().__init__()
        self._links = {
            name: Link(name, ports[name], self._timers, self.counters, self._undelivered) for name in (INSIDE, OUTSIDE)
        }
        for name, (address, length) in ((INSIDE, inside), (OUTSIDE, outside)):
            self._links[name].addresses.append((address, Prefix.of(address, length)))
        self._outer_address = outside[0]
        self._gateway = gateway
        self._preserve = preserve
        self._mending = Reassembly()
        self._by_inner: dict[_Inner, _Mapping] = {}
        self._by_outer: dict[tuple[int, int], _Mapping] = {}
        self._next = 0

    def mappings(self, now: Instant) -> list[tuple[int, IPv4, int, int]]:
        """Protocol, inside address, inside port and outside port of what is alive."""
        return [(*each.inner, each.outer) for each in self._by_inner.values() if self._is_alive(each, now)]

    def forget(self) -> None:
        """Lose all mappings, as a reboot does. Without `preserve`, what goes out next gets other ports."""
        self._by_inner.clear()
        self._by_outer.clear()

    # --- a node of the world ------------------------------------------------------------------------------------------

    def wake(self, now: Instant) -> None:
        while (name := self._timers.pop(now)) is not None:
            match name:
                case ("arp", str(port), IPv4() as neighbour):
                    self._links[port].ring(neighbour, now)

    # --- through ------------------------------------------------------------------------------------------------------

    def _packet(self, link: Link, packet: Ipv4, data: bytes, now: Instant) -> None:
        outward = link.name == INSIDE
        if link.holds(packet.destination) and (outward or packet.protocol not in _LIFE):
            self._for_us(link, packet, now)
            return
        if packet.ttl <= 1:
            self._say(link, packet, data, Icmp(icmp.TIME_EXCEEDED, icmp.TTL_EXCEEDED, 0, icmp.quotation(data)), now)
            return
        if packet.more_fragments or packet.offset:
            whole = self._mending.add(packet, now)
            if whole is None:
                return
            packet = whole
        packet = packet._replace(ttl=packet.ttl - 1)
        translated = self._out(packet, now) if outward else self._in(packet, now)
        if translated is not None:
            self._send(self._links[OUTSIDE if outward else INSIDE], translated, now)
        elif not outward:
            self._for_us(link, packet, now)

    def _for_us(self, link: Link, packet: Ipv4, now: Instant) -> None:
        """An echo to the box itself is answered, anything else is not."""
        message = Icmp.decode(packet.payload) if packet.protocol == ipv4.ICMP else None
        if message is None or message.type != icmp.ECHO or not link.holds(packet.destination):
            self.counters["not translated"] += 1
            return
        answer = message._replace(type=icmp.ECHO_REPLY)
        self._send(link, Ipv4(packet.destination, packet.source, ipv4.ICMP, answer.encode(), TTL), now)

    def _out(self, packet: Ipv4, now: Instant) -> Ipv4 | None:
        """As the outside sees it; None if it cannot be translated."""
        port = _port(packet, source=True)
        if port is None:
            self.counters[f"no translation for protocol {packet.protocol}"] += 1
            return None
        mapping = self._mapping(_Inner(packet.protocol, packet.source, port), now)
        if mapping is None:
            return None
        mapping.used = now
        return _with_source(packet, self._outer_address, mapping.outer)

    def _in(self, packet: Ipv4, now: Instant) -> Ipv4 | None:
        """As the inside sees it; None if nobody there is meant."""
        port = _port(packet, source=False)
        if port is None:
            return self._error_in(packet, now)
        mapping = self._by_outer.get((packet.protocol, port))
        if mapping is None or not self._is_alive(mapping, now) or packet.destination != self._outer_address:
            return None
        mapping.used = now
        return _with_destination(packet, mapping.inner.address, mapping.inner.port)

    def _error_in(self, packet: Ipv4, now: Instant) -> Ipv4 | None:
        """An ICMP error about something of the inside: its quotation is translated back as well."""
        message = Icmp.decode(packet.payload) if packet.protocol == ipv4.ICMP else None
        if message is None or message.type not in icmp.ERRORS:
            return None
        head, rest = message.data[:20], message.data[20:]
        if len(head) < 20 or head[0] != 0x45 or len(rest) < 8 or head[9] not in _LIFE:
            return None
        place = 4 if head[9] == ipv4.ICMP else 0
        outer = int.from_bytes(rest[place : place + 2], "big")
        mapping = self._by_outer.get((head[9], outer))
        if mapping is None or not self._is_alive(mapping, now):
            return None
        address, port = mapping.inner.address, mapping.inner.port
        quoted = ipv4.rewritten(head[:12] + address.packed + head[16:])
        quoted += rest[:place] + port.to_bytes(2, "big") + rest[place + 2 :]
        return packet._replace(destination=address, payload=message._replace(data=quoted).encode())

    def _mapping(self, inner: _Inner, now: Instant) -> _Mapping | None:
        mapping = self._by_inner.get(inner)
        if mapping is not None:
            if self._is_alive(mapping, now):
                return mapping
            self._remove(mapping)
        outer = self._free_port(inner, now)
        if outer is None:
            self.counters["no free port"] += 1
            return None
        mapping = _Mapping(inner, outer, now)
        self._by_inner[inner] = self._by_outer[inner.protocol, outer] = mapping
        return mapping

    def _free_port(self, inner: _Inner, now: Instant) -> int | None:
        if self._preserve and self._is_free(inner.protocol, inner.port, now):
            return inner.port
        for _ in range(_PORTS):
            self._next += 1
            port = FIRST_PORT + self._next % _PORTS
            if self._is_free(inner.protocol, port, now):
                return port
        return None

    def _is_free(self, protocol: int, port: int, now: Instant) -> bool:
        mapping = self._by_outer.get((protocol, port))
        if mapping is not None and not self._is_alive(mapping, now):
            self._remove(mapping)
            return True
        return mapping is None

    def _is_alive(self, mapping: _Mapping, now: Instant) -> bool:
        return now - mapping.used < _LIFE[mapping.inner.protocol]

    def _remove(self, mapping: _Mapping) -> None:
        del self._by_inner[mapping.inner]
        del self._by_outer[mapping.inner.protocol, mapping.outer]

    # --- out of the box -----------------------------------------------------------------------------------------------

    def _say(self, link: Link, packet: Ipv4, data: bytes, error: Icmp, now: Instant) -> None:
        """An ICMP error of the box's own, back where the packet came from."""
        if icmp.may_be_answered(data):
            source = link.addresses[0][0]
            self._send(link, Ipv4(source, packet.source, ipv4.ICMP, error.encode(), TTL), now)

    def _send(self, link: Link, packet: Ipv4, now: Instant) -> None:
        on_link = link.name == INSIDE or packet.destination in link.addresses[0][1]
        link.send(packet.destination if on_link else self._gateway, fragmented(packet, link.mtu), now)

    def _undelivered(self, packets: list[bytes], source: IPv4, now: Instant) -> None:
        self.counters["undelivered"] += len(packets)


# --- where the ports are ----------------------------------------------------------------------------------------------


def _port(packet: Ipv4, source: bool) -> int | None:
    """The port to translate, an echo's identifier, or None."""
    data = packet.payload
    if packet.protocol == ipv4.ICMP and len(data) >= 8:
        kind = icmp.ECHO if source else icmp.ECHO_REPLY
        return int.from_bytes(data[4:6], "big") if data[0] == kind else None
    if packet.protocol in (ipv4.UDP, ipv4.TCP) and len(data) >= (8 if packet.protocol == ipv4.UDP else 20):
        return int.from_bytes(data[:2] if source else data[2:4], "big")
    return None


def _with_source(packet: Ipv4, address: IPv4, port: int) -> Ipv4:
    return packet._replace(source=address, payload=_patched(packet, 0, packet.source, address, port))


def _with_destination(packet: Ipv4, address: IPv4, port: int) -> Ipv4:
    return packet._replace(destination=address, payload=_patched(packet, 2, packet.destination, address, port))


def _patched(packet: Ipv4, place: int, old: IPv4, new: IPv4, port: int) -> bytes:
    """The payload with another port at `place`, and a checksum that knows of both changes."""
    data = packet.payload
    if packet.protocol == ipv4.ICMP:
        place, summed, changes = 4, 2, list[tuple[int, int]]()
    else:
        summed = 6 if packet.protocol == ipv4.UDP else 16
        changes = [(old >> 16, new >> 16), (old & 0xFFFF, new & 0xFFFF)]
    changes.append((int.from_bytes(data[place : place + 2], "big"), port))
    checksum = int.from_bytes(data[summed : summed + 2], "big")
    if checksum or packet.protocol != ipv4.UDP:
        for before, after in changes:
            checksum = updated(checksum, before, after)
        if packet.protocol == ipv4.UDP:
            checksum = checksum or 0xFFFF
    data = data[:place] + port.to_bytes(2, "big") + data[place + 2 :]
    return data[:summed] + checksum.to_bytes(2, "big") + data[summed + 2 :]
