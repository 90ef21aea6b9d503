"""What is addressed to this router: reassembled, then by protocol to whom it concerns.

ICMP echo is answered here; other ICMP goes to the router's ping and traceroute. GRE and ESP lead into tunnels and
come out as packets of the tunnel, UDP 500 and 4500 are IKE's. A closed port or unknown protocol is answered with the
error of RFC 1812; a TCP segment for a port that only IP SLA may have opened goes there,
any other is reset. Packets of a routing protocol that runs go to its machine.
"""

from __future__ import annotations

from struct import Struct

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.base.time import Instant
from iosh.proto.esp.sa import InboundSa, Refused
from iosh.proto.icmp.arrival import IcmpArrived
from iosh.proto.machine import Path
from iosh.router.fragment import Reassembly
from iosh.router.icmp_errors import UNREACHABLES
from iosh.router.interfaces import InterfaceState
from iosh.router.plane import Plane
from iosh.router.punts import (
    DatagramReceived,
    DhcpReceived,
    EigrpReceived,
    IkeReceived,
    InvalidSpi,
    NhrpReceived,
    NotIpsec,
    SegmentReceived,
)
from iosh.router.tunnel import TunnelState
from iosh.router.vrf import Vrf
from iosh.wire import dhcp, gre, icmp, ipv4
from iosh.wire.gre import Gre
from iosh.wire.icmp import Icmp, Quoted
from iosh.wire.tcp import Tcp
from iosh.wire.udp import Udp

IKE_PORT = 500
NAT_PORT = 4500
REASSEMBLE = "reassemble"

_NON_ESP_MARKER = b"\0\0\0\0"
_NAT_KEEPALIVE = b"\xff"
_NO_NEXT_HEADER = 59
_TTL = 255
_TOPOLOGY = ", topology BASE, dscp 0 topoid 0"
_WORD = Struct("!I")


class Delivery:
    """Takes what is for us."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self.reassembly = Reassembly(plane.counters)

    def deliver(self, interface: InterfaceState | None, data: bytes, now: Instant) -> None:
        """A packet for us, its header judged and its padding gone; `interface` is where it came in."""
        plane = self._plane
        vrf = interface.vrf if interface is not None else plane.base
        if int.from_bytes(data[6:8], "big") & (ipv4.MF | ipv4.OFFSET):
            whole = self.reassembly.add(data, now, vrf.name)
            self._keep_time()
            if whole is None:
                return
            data = whole
        plane.counters["ip.delivered"] += 1
        size = (data[0] & 15) << 2
        source, destination = IPv4.unpack(data[12:16]), IPv4.unpack(data[16:20])
        payload = data[size:]
        match data[9]:
            case ipv4.ESP:
                self._esp(source, destination, payload, vrf, now)
            case ipv4.GRE:
                self._gre(source, destination, payload, 0, vrf, now)
            case ipv4.UDP:
                self._udp(interface, data, source, destination, payload, vrf, now)
            case ipv4.ICMP:
                self._icmp(interface, data, source, destination, payload, vrf, now)
            case ipv4.TCP:
                self._tcp(source, destination, payload, vrf, now)
            case ipv4.EIGRP if plane.speaks_eigrp and interface is not None:
                plane.desk.put(EigrpReceived(payload, Path(interface.name, vrf.name, destination, source)))
            case _:
                plane.drop("ip.unknown_protocol", interface)
                plane.errors.unreachable(icmp.PROTOCOL_UNREACHABLE, data, interface, now)

    def time_is_up(self, now: Instant) -> None:
        """The deadline `REASSEMBLE`: give up what did not become whole."""
        for name, first in self.reassembly.expire(now):
            vrf = self._plane.vrfs.get(name, self._plane.base)
            came_by = vrf.fib.flow(int.from_bytes(first[12:16], "big")).interface
            if came_by is not None:
                self._plane.errors.time_exceeded(icmp.REASSEMBLY_EXCEEDED, first, came_by, now)
        self._keep_time()

    def _keep_time(self) -> None:
        due = self.reassembly.due()
        if due is None:
            self._plane.desk.no_ring(REASSEMBLE)
        elif self._plane.desk.rings_at(REASSEMBLE) != due:
            self._plane.desk.ring_at(REASSEMBLE, due)

    # --- ICMP, UDP, TCP

    def _icmp(
        self, interface: InterfaceState | None, data: bytes,
        source: IPv4, destination: IPv4, payload: bytes, vrf: Vrf, now: Instant,
    ) -> None:  # fmt: skip
        plane = self._plane
        try:
            message = Icmp.decode(payload)
            quoted = Quoted.decode(message.data) if message.type in icmp.ERRORS else None
        except Malformed:
            plane.drop("icmp.malformed", interface)
            return
        plane.counters[f"icmp.type_{message.type}_received"] += 1
        self._debug_icmp(message, source, destination)
        if message.type != icmp.ECHO:
            if quoted is not None and message.code == icmp.FRAGMENTATION_NEEDED and message.type == icmp.UNREACHABLE:
                self._path_mtu_learned(quoted, message.next_hop_mtu, vrf, now)
            name = interface.name if interface else ""
            plane.desk.put(IcmpArrived(source, destination, message, quoted, data[8], name))
            return
        own = destination
        if destination >> 28 == 0xE:
            plane.drop("icmp.echo_to_group", interface)
            return
        if not plane.is_ours(destination, vrf):
            if interface is None or interface.address is None:
                return
            own = interface.address.address
        plane.counters["icmp.echo_replies_sent"] += 1
        if plane.desk.debugging("ip icmp"):
            plane.desk.debug("ip icmp", f"ICMP: echo reply sent, src {own}, dst {source}{_TOPOLOGY}")
        reply = Icmp(icmp.ECHO_REPLY, 0, message.rest, message.data).encode()
        packet = ipv4.packet(own, source, ipv4.ICMP, reply, _TTL, data[1], plane.identification())
        plane.egress.originate(packet, now, vrf)

    def _debug_icmp(self, message: Icmp, source: IPv4, destination: IPv4) -> None:
        """`debug ip icmp`, for what came in; an echo shows by the reply to it."""
        if message.type == icmp.ECHO or not self._plane.desk.debugging("ip icmp"):
            return
        if message.type == icmp.ECHO_REPLY:
            text = f"echo reply rcvd, src {source}, dst {destination}{_TOPOLOGY}"
        elif message.type == icmp.UNREACHABLE:
            text = f"dst ({destination}) {UNREACHABLES.get(message.code, 'host')} unreachable rcv from {source}"
        elif message.type == icmp.TIME_EXCEEDED:
            text = f"time exceeded rcvd from {source}"
        elif message.type == icmp.REDIRECT:
            text = f"redirect rcvd from {source}- for {message.gateway}"
        else:
            text = f"type={message.type}, code={message.code} rcvd from {source}"
        self._plane.desk.debug("ip icmp", f"ICMP: {text}")

    def _path_mtu_learned(self, quoted: Quoted, mtu: int, vrf: Vrf, now: Instant) -> None:
        """Some router on the way refused an outer packet of ours."""
        if quoted.protocol not in (ipv4.GRE, ipv4.ESP, ipv4.UDP) or not mtu:
            return
        for tunnel in self._plane.tunnels:
            wants = tunnel.tunnel.path_mtu_discovery and tunnel.local == quoted.source and tunnel.below is vrf
            if wants and tunnel.has_peer(quoted.destination):
                tunnel.path_mtu_learned(quoted.destination, mtu, now)

    def _udp(
        self, interface: InterfaceState | None, data: bytes,
        source: IPv4, destination: IPv4, payload: bytes, vrf: Vrf, now: Instant,
    ) -> None:  # fmt: skip
        plane = self._plane
        plane.counters["udp.received"] += 1
        port = int.from_bytes(payload[2:4], "big")
        if port == NAT_PORT and len(payload) > 12 and payload[8:12] != _NON_ESP_MARKER:
            self._esp(source, destination, payload[8:], vrf, now)  # RFC 3948: without UDP checksum, ESP has its own
            return
        try:
            datagram = Udp.decode(payload, source, destination)
        except Malformed:
            plane.drop("udp.malformed", interface)
            return
        path = Path(interface.name if interface else "", vrf.name, destination, source, port, datagram.source)
        if port == NAT_PORT and datagram.payload == _NAT_KEEPALIVE:
            plane.counters["udp.nat_keepalives_received"] += 1
        elif port in (IKE_PORT, NAT_PORT):
            plane.desk.put(IkeReceived(datagram.payload, path))
        elif port in (dhcp.SERVER_PORT, dhcp.CLIENT_PORT):
            plane.desk.put(DhcpReceived(datagram.payload, path))
        elif port in plane.listening:
            plane.desk.put(DatagramReceived(datagram.payload, path))
        else:
            plane.drop("udp.no_port", interface)
            if plane.is_ours(destination, vrf):
                plane.errors.unreachable(icmp.PORT_UNREACHABLE, data, interface, now)

    def _tcp(self, source: IPv4, destination: IPv4, payload: bytes, vrf: Vrf, now: Instant) -> None:
        plane = self._plane
        try:
            segment = Tcp.decode(payload, source, destination)
        except Malformed:
            plane.drop("tcp.malformed")
            return
        if segment.destination in plane.listening_tcp:
            path = Path("", vrf.name, destination, source, segment.destination, segment.source)
            plane.desk.put(SegmentReceived(segment, path))
            return
        plane.drop("tcp.no_port")
        reset = segment.reset()
        if reset is not None and plane.is_ours(destination, vrf) and source >> 28 < 0xE:
            data = reset.encode(destination, source)
            packet = ipv4.packet(destination, source, ipv4.TCP, data, _TTL, 0, plane.identification())
            plane.egress.originate(packet, now, vrf)

    # --- tunnels

    def _esp(self, source: IPv4, destination: IPv4, packet: bytes, vrf: Vrf, now: Instant) -> None:
        plane = self._plane
        sa = plane.inbound.get(int.from_bytes(packet[:4], "big"))
        if sa is None or vrf is not plane.front_door(sa):
            plane.drop("esp.invalid_spi")
            spi = int.from_bytes(packet[:4], "big")
            if len(packet) >= 8 and plane.strangers.ready((source, "spi"), now):
                plane.desk.put(InvalidSpi(spi, destination, source))
            return
        try:
            next_header, payload = sa.open(packet)
        except Refused as refusal:
            plane.drop(f"esp.{refusal.name}")
            return
        plane.used(sa, now)
        self.out_of_sa(sa, next_header, payload, now)

    def out_of_sa(self, sa: InboundSa, next_header: int, payload: bytes, now: Instant) -> None:
        """What came out of an SA."""
        plane = self._plane
        if next_header == ipv4.GRE:
            self._gre(sa.remote, sa.local, payload, sa.spi, plane.front_door(sa), now)
        elif next_header == ipv4.IPIP:
            self._tunnel_mode(sa, payload, now)
        elif next_header != _NO_NEXT_HEADER:
            plane.drop("esp.unexpected_payload")

    def _tunnel_mode(self, sa: InboundSa, payload: bytes, now: Instant) -> None:
        """A whole packet out of an SA in tunnel mode: GRE is all the selectors allow."""
        try:
            inner = ipv4.Ipv4.decode(payload)
        except Malformed:
            self._plane.drop("esp.inner_malformed")
            return
        if inner.protocol != ipv4.GRE or inner.offset or inner.more_fragments:
            self._plane.drop("esp.unexpected_payload")
            return
        self._gre(sa.remote, sa.local, inner.payload, sa.spi, self._plane.front_door(sa), now)

    def _gre(self, source: IPv4, destination: IPv4, data: bytes, spi: int, vrf: Vrf, now: Instant) -> None:
        plane = self._plane
        flags = data[:2]
        sequence = None
        if flags == b"\0\0" and len(data) >= 4:
            key, protocol_type, payload = None, int.from_bytes(data[2:4], "big"), data[4:]
        elif flags == b"\x20\0" and len(data) >= 8:
            key, protocol_type, payload = _WORD.unpack_from(data, 4)[0], int.from_bytes(data[2:4], "big"), data[8:]
        else:
            try:
                protocol_type, payload, key, sequence, _ = Gre.decode(data)
            except Malformed:
                plane.drop("gre.malformed")
                return
        tunnel = vrf.tunnel(destination, key, source)
        if tunnel is None:
            plane.drop("gre.unknown_key")
        elif not spi and tunnel.tunnel.protected:
            plane.drop("gre.not_protected", tunnel)
            if plane.strangers.ready((source, "clear"), now):
                plane.desk.put(NotIpsec(tunnel.name, destination, source, ipv4.GRE))
        elif not tunnel.protocol:
            plane.drop("gre.tunnel_down", tunnel)
        elif not tunnel.in_order(source, sequence):
            plane.drop("gre.out_of_order", tunnel)
        else:
            self._out_of_tunnel(tunnel, source, destination, protocol_type, payload, spi, now)

    def _out_of_tunnel(
        self, tunnel: TunnelState, source: IPv4, destination: IPv4,
        protocol_type: int, payload: bytes, spi: int, now: Instant,
    ) -> None:  # fmt: skip
        plane = self._plane
        counters = tunnel.counters
        counters.in_packets += 1
        counters.in_bytes += len(payload)
        counters.last_input = now
        if protocol_type == gre.IPV4:
            plane.ingress.packet(tunnel, payload, now, nbma=source)
        elif protocol_type == gre.NHRP:
            plane.desk.put(NhrpReceived(payload, Path(tunnel.name, tunnel.below.name, destination, source, sa=spi)))
        else:
            counters.unknown_protocols += 1
            plane.drop("gre.unknown_protocol", tunnel)
