"""An end station, a lab's `linux` node: ARP, IPv4 with addresses and routes, answers to ping and traceroute, and both.

It is what a host on a LAN behind a router is to the router: it resolves its gateway, answers echoes, says port and
protocol unreachable, fragments what it sends and mends what it gets, and sends pings and traces of its own, whose
results are in `probe`. It forwards nothing, has no TCP, no IPv6, no DHCP and no VLANs.
"""

from __future__ import annotations

from typing import Final

from iosh.base.addr import BROADCAST, UNSPECIFIED, IPv4, Prefix
from iosh.base.time import SECOND, Instant, Span
from iosh.router.ports import Port
from iosh.underlay.sim.fragments import Reassembly, fragmented
from iosh.underlay.sim.link import Link, LinkNode
from iosh.underlay.sim.probe import Echoed, Hop, Ping, Refusal, Trace, reason
from iosh.wire import icmp, ipv4
from iosh.wire.icmp import Icmp, Quoted
from iosh.wire.ipv4 import Ipv4
from iosh.wire.udp import Udp

TTL: Final = 64
_TRACE_SOURCE_PORT: Final = 40000  # and the number of the probe on top
_PROBES: Final = 20000


class Station(LinkNode):
    """A node of the world. After calling what sends (`ping`, `trace`), tell the world: `world.touch(name)`."""

    __slots__ = ("_count", "_identification", "_mending", "_probes", "_routes")

    def __init__(self, ports: dict[str, Port]) -> None:
        super().__init__()
        self._routes: dict[Prefix, tuple[IPv4 | None, str | None]] = {}
        self._mending = Reassembly()
        self._probes: dict[int, Ping | Trace] = {}
        self._count = 0
        self._identification = 0
        self._links = {
            name: Link(name, port, self._timers, self.counters, self._undelivered) for name, port in ports.items()
        }

    # --- what `ip addr`, `ip route` and `ip link` do ----------------------------------------------------------------

    def add_address(self, port: str, address: IPv4, length: int) -> None:
        """`ip addr add ADDRESS/LENGTH dev PORT`; `KeyError` if there is no such port."""
        self._links[port].addresses.append((address, Prefix.of(address, length)))

    def add_route(self, prefix: Prefix, via: IPv4 | None = None, port: str | None = None) -> None:
        """`ip route add PREFIX via VIA dev PORT`, either of the two; replaces an earlier route to the prefix."""
        if port is not None and port not in self._links:
            raise KeyError(port)
        self._routes[prefix] = via, port

    def remove_route(self, prefix: Prefix) -> None:
        """`ip route del PREFIX`; no harm if there is none."""
        self._routes.pop(prefix, None)

    def routes(self) -> list[tuple[Prefix, IPv4 | None, str | None]]:
        """Prefix, next hop and port of each route."""
        return [(prefix, via, port) for prefix, (via, port) in self._routes.items()]

    def set_mtu(self, port: str, mtu: int) -> None:
        """`ip link set PORT mtu MTU`."""
        self._links[port].mtu = mtu

    def set_link(self, port: str, up: bool) -> None:
        """`ip link set PORT up` or `down`."""
        self._links[port].is_up = up

    def addresses(self) -> list[tuple[str, IPv4, int]]:
        """Port, address and prefix length of each address."""
        return [(link.name, each, prefix.length) for link in self._links.values() for each, prefix in link.addresses]

    # --- what ping and traceroute do --------------------------------------------------------------------------------

    def ping(
        self,
        destination: IPv4,
        now: Instant,
        count: int = 5,
        size: int = 56,
        interval: Span = SECOND,
        timeout: Span = 2 * SECOND,
        ttl: int = TTL,
        dont_fragment: bool = False,
        source: IPv4 | None = None,
    ) -> Ping:
        """Begin to ping; the result fills while the world runs."""
        source = source or self._source_for(destination)
        ping = Ping(destination, source, count, size, interval, timeout, ttl, dont_fragment, now)
        self._begin(ping, now)
        return ping

    def trace(
        self, destination: IPv4, now: Instant, queries: int = 3, timeout: Span = 2 * SECOND, most: int = 30
    ) -> Trace:
        """Begin a traceroute; the result fills while the world runs."""
        trace = Trace(destination, self._source_for(destination), queries, timeout, most, now)
        self._begin(trace, now)
        return trace

    def abandon(self, probe: Ping | Trace) -> None:
        """Stop a ping or a traceroute where it is."""
        for number in [number for number, each in self._probes.items() if each is probe]:
            self._end(number, probe)

    def _begin(self, probe: Ping | Trace, now: Instant) -> None:
        self._count = self._count % _PROBES + 1
        self._probes[self._count] = probe
        self._timers.set(("send", self._count), now)

    # --- a node of the world ------------------------------------------------------------------------------------------

    def wake(self, now: Instant) -> None:
        while (name := self._timers.pop(now)) is not None:
            match name:
                case ("send", int(number)):
                    self._send_probe(number, now)
                case ("give up", int(number)):
                    self._give_up(number, now)
                case ("arp", str(port), IPv4() as neighbour):
                    self._links[port].ring(neighbour, now)

    # --- receiving ----------------------------------------------------------------------------------------------------

    def _packet(self, link: Link, packet: Ipv4, data: bytes, now: Instant) -> None:
        self._arrived(packet, data, now)

    def _arrived(self, packet: Ipv4, data: bytes, now: Instant) -> None:
        if not self._is_ours(packet.destination):
            self.counters["not for us"] += 1
            return
        if packet.more_fragments or packet.offset:
            whole = self._mending.add(packet, now)
            if whole is None:
                return
            packet, data = whole, whole.encode()
        if packet.protocol == ipv4.ICMP:
            self._icmp(packet, Icmp.decode(packet.payload), now)
        elif packet.protocol == ipv4.UDP:
            Udp.decode(packet.payload, packet.source, packet.destination)
            self._unreachable(packet, data, icmp.PORT_UNREACHABLE, now)
        else:
            self._unreachable(packet, data, icmp.PROTOCOL_UNREACHABLE, now)

    def _is_ours(self, address: IPv4) -> bool:
        return any(link.holds(address) for link in self._links.values())

    def _unreachable(self, packet: Ipv4, data: bytes, code: int, now: Instant) -> None:
        if packet.source.is_multicast or packet.source in (UNSPECIFIED, BROADCAST):
            return
        error = Icmp(icmp.UNREACHABLE, code, 0, icmp.quotation(data))
        self._send(Ipv4(packet.destination, packet.source, ipv4.ICMP, error.encode(), TTL), now)

    def _icmp(self, packet: Ipv4, message: Icmp, now: Instant) -> None:
        if message.type == icmp.ECHO:
            answer = Icmp(icmp.ECHO_REPLY, 0, message.rest, message.data)
            reply = Ipv4(packet.destination, packet.source, ipv4.ICMP, answer.encode(), TTL, packet.tos)
            self._send(reply, now)
        elif message.type == icmp.ECHO_REPLY:
            ping = self._probes.get(message.identifier)
            if isinstance(ping, Ping) and message.sequence in ping.pending:
                after = now - ping.pending.pop(message.sequence)
                ping.echoed.append(Echoed(message.sequence, packet.source, packet.ttl, after))
                self._finish(message.identifier, ping)
        elif message.type in icmp.ERRORS:
            self._error(packet.source, message, Quoted.decode(message.data), now)
        else:
            self.counters["unknown ICMP"] += 1

    def _error(self, source: IPv4, message: Icmp, quoted: Quoted, now: Instant) -> None:
        """An error about something we sent: find the probe it was."""
        if quoted.protocol == ipv4.ICMP and len(quoted.data) >= 8:
            number, sequence = int.from_bytes(quoted.data[4:6], "big"), int.from_bytes(quoted.data[6:8], "big")
            ping = self._probes.get(number)
            if isinstance(ping, Ping) and quoted.destination == ping.destination and sequence in ping.pending:
                del ping.pending[sequence]
                ping.refused.append(Refusal(sequence, source, reason(message)))
                self._finish(number, ping)
        elif quoted.protocol == ipv4.UDP and len(quoted.data) >= 4:
            number = int.from_bytes(quoted.data[:2], "big") - _TRACE_SOURCE_PORT
            trace = self._probes.get(number)
            if isinstance(trace, Trace) and int.from_bytes(quoted.data[2:4], "big") == trace.port:
                code = message.code if message.type == icmp.UNREACHABLE else None
                self._probed(number, trace, Hop(trace.ttl, source, now - trace.sent_at, code), now)

    # --- probes -------------------------------------------------------------------------------------------------------

    def _send_probe(self, number: int, now: Instant) -> None:
        probe = self._probes[number]
        if isinstance(probe, Trace):
            probe.sent_at = now
            self._timers.set(("give up", number), now + probe.timeout)
            datagram = Udp(_TRACE_SOURCE_PORT + number, probe.port, bytes(32)).encode(probe.source, probe.destination)
            self._send(Ipv4(probe.source, probe.destination, ipv4.UDP, datagram, probe.ttl), now)
            return
        sequence = probe.sent = probe.sent + 1
        probe.pending[sequence] = probe.last_sent = now
        if sequence < probe.count:
            self._timers.set(("send", number), now + probe.interval)
        self._timers.set(("give up", number), now + probe.timeout)
        data = bytes(at & 0xFF for at in range(probe.size))
        echo = Icmp(icmp.ECHO, 0, number << 16 | sequence, data).encode()
        packet = Ipv4(probe.source, probe.destination, ipv4.ICMP, echo, probe.ttl, dont_fragment=probe.dont_fragment)
        why_not = self._send(packet, now)
        if why_not is not None:
            del probe.pending[sequence]
            probe.refused.append(Refusal(sequence, None, why_not))
            self._finish(number, probe)

    def _probed(self, number: int, trace: Trace, hop: Hop, now: Instant) -> None:
        trace.add(hop)
        self._timers.stop(("give up", number))
        if trace.is_done:
            del self._probes[number]
        else:
            self._timers.set(("send", number), now)

    def _give_up(self, number: int, now: Instant) -> None:
        probe = self._probes[number]
        if isinstance(probe, Trace):
            self._probed(number, probe, Hop(probe.ttl, None, 0, None), now)
        elif probe.sent >= probe.count:
            self._end(number, probe)

    def _finish(self, number: int, ping: Ping) -> None:
        if len(ping.echoed) + len(ping.refused) >= ping.count:
            self._end(number, ping)

    def _end(self, number: int, probe: Ping | Trace) -> None:
        probe.is_done = True
        del self._probes[number]
        self._timers.stop(("send", number))
        self._timers.stop(("give up", number))

    # --- sending ------------------------------------------------------------------------------------------------------

    def _source_for(self, destination: IPv4) -> IPv4:
        route = self._route(destination)
        return route[0].source_for(route[1]) if route else UNSPECIFIED

    def _route(self, destination: IPv4) -> tuple[Link, IPv4] | None:
        """The link and the neighbour a packet goes to: connected, or the longest route whose way is connected."""
        connected = self._connected(destination)
        if connected is not None:
            return connected, destination
        for prefix in sorted((each for each in self._routes if destination in each), key=lambda each: -each.length):
            via, port = self._routes[prefix]
            link = self._links[port] if port is not None else self._connected(via or UNSPECIFIED)
            if link is not None and link.is_up:
                return link, via or destination
        return None

    def _connected(self, address: IPv4) -> Link | None:
        best: tuple[int, Link] | None = None
        for link in self._links.values():
            for _, prefix in link.addresses:
                if link.is_up and address in prefix and (best is None or prefix.length > best[0]):
                    best = prefix.length, link
        return best[1] if best else None

    def _send(self, packet: Ipv4, now: Instant) -> str | None:
        """A packet of ours on its way; what ping says if there is none."""
        self._identification = self._identification + 1 & 0xFFFF
        packet = packet._replace(identification=self._identification)
        if self._is_ours(packet.destination):
            self._arrived(packet, packet.encode(), now)
            return None
        route = self._route(packet.destination)
        if route is None:
            self.counters["no route"] += 1
            return "Network is unreachable"
        link, neighbour = route
        pieces = fragmented(packet, link.mtu)
        if packet.dont_fragment and len(pieces) > 1:
            return f"Message too long, mtu={link.mtu}"
        link.send(neighbour, pieces, now)
        return None

    def _undelivered(self, packets: list[bytes], source: IPv4, now: Instant) -> None:
        nobody = Icmp(icmp.UNREACHABLE, icmp.HOST_UNREACHABLE, 0, b"")
        for packet in packets:
            self._error(source, nobody, Quoted.decode(packet), now)
