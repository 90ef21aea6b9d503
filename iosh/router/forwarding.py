"""The forwarding path of one router, as the router sees it: `Forwarding`.

What happened comes in by verbs: frames and carriers from the ports, packets and mappings from the machines (their
effects, carried by the router), settings from the configuration. What concerns others goes out as punts
(`iosh.router.punts`) into the router's tray under the key `"forwarding"`; deadlines ring under the same key and come
back by `wake`. The line protocol of every interface is judged in `line_protocols.py`, and the routes follow it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Container, Hashable, Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any, Final

from iosh.base.addr import IPv4, Prefix
from iosh.base.interface_name import parent, sort_key
from iosh.base.rng import Rng
from iosh.base.time import MILLISECOND, Instant
from iosh.base.timers import Timers
from iosh.proto.arp.machine import Arp, ArpSettings
from iosh.proto.dhcp.effects import SendOnLink
from iosh.proto.esp.sa import InboundSa, OutboundSa
from iosh.proto.machine import Desk, SendDatagram
from iosh.router.acl import AclSettings
from iosh.router.delivery import REASSEMBLE, Delivery
from iosh.router.egress import Egress
from iosh.router.fib import Fib, Kind
from iosh.router.icmp_errors import IcmpErrors
from iosh.router.ingress import Ingress
from iosh.router.interfaces import UNTAGGED, InterfaceAddress, InterfaceSettings, InterfaceState, vlan_key
from iosh.router.line_protocols import LineProtocols
from iosh.router.nat import DEADLINE as NAT
from iosh.router.nat_table import NatSettings
from iosh.router.plane import Plane, Watcher
from iosh.router.policy import LOG, REFLEXIVE, Policy
from iosh.router.ports import Port
from iosh.router.rib import Active, Rib, Route
from iosh.router.trains import Trains
from iosh.router.tunnel import TunnelState
from iosh.router.vrf import GLOBAL, Vrf
from iosh.wire import ethernet, icmp, ipv4
from iosh.wire.train import Frame, single_frames
from iosh.wire.udp import Udp

KEY: Final = "forwarding"
NULL: Final = "Null0"
_ECHO = bytes((icmp.ECHO,))


class Forwarding:
    """One router's data plane. `ports` are the physical ports by canonical interface name.

    Tables for others to read: `interfaces`, `rib`, `fib`, `counters`. SAs are the router's to put in and take out:
    `inbound` by SPI, `outbound` by (tunnel, NBMA address).
    """

    def __init__(
        self,
        ports: Mapping[str, Port],
        tray: deque[tuple[Hashable, Any]],
        timers: Timers,
        rng: Rng,
        debugging: Callable[[str], bool] = lambda topic: False,
    ) -> None:
        self._ports = ports
        self._booted: dict[str, InterfaceAddress | None] | None = None  # what the startup-config said
        self._dependents: dict[str, None] = {}  # sub-interfaces, and those that borrow their address
        plane = self._plane = Plane(Desk(KEY, tray, timers, rng, debugging))
        self._arp_desk = Desk(KEY, plane.errands, timers, rng, debugging)
        self._arp_desk.counters = plane.counters
        plane.errors = IcmpErrors(plane)
        plane.egress = Egress(plane)
        plane.trains = Trains(plane)
        plane.delivery = Delivery(plane)
        plane.ingress = Ingress(plane)
        plane.policy = Policy(plane)
        self._lines = LineProtocols(plane)
        null = InterfaceState(InterfaceSettings(NULL), None, None, plane.base)
        null.line = null.protocol = True
        null.reported = null.link_state
        plane.interfaces[NULL] = null
        plane.base.rib.line_changed(NULL, True, 0)

    @property
    def interfaces(self) -> dict[str, InterfaceState]:
        """All interfaces by canonical name, Null0 too, in IOS's order."""
        return self._plane.interfaces

    @property
    def vrfs(self) -> Mapping[str, Vrf]:
        """The VRFs by name; the global table comes first and has none."""
        return self._plane.vrfs

    @property
    def rib(self) -> Rib:
        """Of the global table."""
        return self._plane.base.rib

    @property
    def fib(self) -> Fib:
        """Of the global table."""
        return self._plane.base.fib

    @property
    def counters(self) -> Counter[str]:
        """What happened to packets, by name: drops, and what `show ip traffic` prints."""
        return self._plane.counters

    @property
    def policy(self) -> Policy:
        """Access lists with their counters, and the translations."""
        return self._plane.policy

    @property
    def inbound(self) -> dict[int, InboundSa]:
        return self._plane.inbound

    @property
    def outbound(self) -> dict[tuple[str, IPv4], OutboundSa]:
        return self._plane.outbound

    def seal_with(self, peer: tuple[str, IPv4], sa: OutboundSa) -> None:
        """Packets to this peer of a tunnel go out by this SA; when there is none again, that is told at once."""
        self._plane.outbound[peer] = sa
        self._plane.missing_sas.forget(peer)

    # --- from the ports

    def receive(self, port: str, frames: Sequence[Frame], now: Instant) -> None:
        """Frames arrived on a port."""
        interface = self._plane.interfaces.get(port)
        if interface is None:
            self._plane.counters["frame.no_interface"] += len(frames)
            return
        if self._plane.watcher is not None:
            self._plane.watcher(port, single_frames(frames), False, now)
        self._plane.ingress.frames(interface, frames, now)
        self._plane.egress.flush(now)

    def carrier(self, port: str, up: bool, now: Instant) -> None:
        """A cable came or went. The port's own `carrier` is what counts; this is when to look."""
        interfaces = self._plane.interfaces
        if port in interfaces:
            below = (state for state in interfaces.values() if state.parent is interfaces[port])
            self._lines.judge(now, [interfaces[port], *below])

    def wake(self, name: Hashable, now: Instant) -> None:
        """A deadline set under the key `"forwarding"` came."""
        if name == REASSEMBLE:
            self._plane.delivery.time_is_up(now)
        elif name in (LOG, NAT, REFLEXIVE):
            self._plane.policy.wake(str(name), now)
        elif isinstance(name, tuple) and name[0] == "arp":
            interface = self._plane.interfaces.get(name[1])
            if interface is not None and interface.arp is not None:
                interface.arp.wake(name, now)
        self._plane.egress.flush(now)

    # --- from the machines, by way of the router

    def send(self, packet: bytes, now: Instant, vrf: str = GLOBAL) -> None:
        """`SendPacket`: an IPv4 packet of our own, complete. To a broadcast or group: out of every interface there."""
        table = self._plane.vrfs.get(vrf)
        if table is None:
            self._plane.drop("ip.no_vrf")
            return
        if packet[9] == ipv4.ICMP and packet[20:21] == _ECHO:
            self._plane.counters["icmp.echos_sent"] += 1
        self._plane.egress.originate(packet, now, table)
        self._plane.egress.flush(now)

    def send_by(self, interface: str, packet: bytes, now: Instant) -> None:
        """A multicast or broadcast packet of our own out of one interface; a multipoint tunnel replicates it."""
        state = self._plane.interfaces.get(interface)
        if state is None or not state.protocol:
            self._plane.drop("interface.down", state)
            return
        self._plane.egress.emit_to_all(state, packet, now)
        self._plane.egress.flush(now)

    def send_to(self, interface: str, next_hop: int, packet: bytes, now: Instant) -> None:
        """A packet of our own to a neighbour on one interface, whatever the routes say."""
        state = self._plane.interfaces.get(interface)
        if state is None or not state.protocol:
            self._plane.drop("interface.down", state)
            return
        self._plane.egress.emit(state, next_hop, packet, now)
        self._plane.egress.flush(now)

    def report(self, punt: Any) -> None:
        """Something that happened to the tables, for the router's tray."""
        self._plane.desk.put(punt)

    def identification(self) -> int:
        """A fresh value for the identification field of a packet of ours."""
        return self._plane.identification()

    def speak_eigrp(self, on: bool) -> None:
        """Packets of EIGRP concern a machine of ours now, or no longer."""
        self._plane.speaks_eigrp = on

    def send_frame(self, interface: str, frame: bytes, now: Instant) -> None:
        """`SendFrame`: a complete Ethernet frame, tag included, that holds no IPv4."""
        self._plane.egress.other(self._plane.interfaces[interface], frame, now)
        self._plane.egress.flush(now)

    def send_datagram(self, datagram: SendDatagram, now: Instant) -> None:
        """`SendDatagram`: from an address of ours, or from the one that faces the peer if `local` is 0."""
        local = datagram.local or self.source_for(datagram.remote, datagram.vrf)
        if local is None:
            self._plane.drop("ip.no_route_for_our_own")
            return
        payload = Udp(datagram.local_port, datagram.remote_port, datagram.payload).encode(local, datagram.remote)
        identification = self._plane.identification()
        self._plane.counters["udp.sent"] += 1
        packet = ipv4.packet(local, datagram.remote, ipv4.UDP, payload, 255, 0, identification)
        self.send(packet, now, datagram.vrf)

    def send_on_link(self, datagram: SendOnLink, now: Instant) -> None:
        """`SendOnLink`: out of one interface, with an address or without, to everybody there or to one station."""
        state = self._plane.interfaces.get(datagram.interface)
        if state is None or state.arp is None or not state.protocol:
            self._plane.drop("interface.down", state)
            return
        local, remote = datagram.local, datagram.remote
        payload = Udp(datagram.local_port, datagram.remote_port, datagram.payload).encode(local, remote)
        packet = ipv4.packet(local, remote, ipv4.UDP, payload, 255, 0, self._plane.identification())
        self._plane.counters["udp.sent"] += 1
        self._plane.egress.frame(state, state.arp.header(datagram.mac or ethernet.BROADCAST) + packet, now)
        self._plane.egress.flush(now)

    def send_over_tunnel(self, interface: str, nbma: IPv4, protocol_type: int, payload: bytes, now: Instant) -> None:
        """`SendOverTunnel`: GRE to one NBMA peer, whether mapped or not; in ESP where the tunnel is protected."""
        tunnel = self._tunnel(interface)
        if tunnel is None or tunnel.local is None or not tunnel.protocol:
            self._plane.drop("tunnel.down", tunnel)
            return
        self._plane.egress.over(tunnel, tunnel.adjacency(nbma), payload, now, protocol_type)
        self._plane.egress.flush(now)

    def map(self, interface: str, address: IPv4, nbma: IPv4) -> None:
        """`Map`: on a multipoint tunnel this next hop is at that NBMA address."""
        tunnel = self._tunnel(interface)
        if tunnel is not None:
            tunnel.map(address, nbma)

    def unmap(self, interface: str, address: IPv4) -> None:
        """`Unmap`: the next hop is no longer known; packets for it go to the fallback."""
        tunnel = self._tunnel(interface)
        if tunnel is not None:
            tunnel.unmap(address)

    def replicate(self, interface: str, peers: tuple[IPv4, ...]) -> None:
        """`Replicate`: where multicast from this tunnel goes."""
        tunnel = self._tunnel(interface)
        if tunnel is not None:
            tunnel.replication = peers

    def fallback(self, interface: str, address: IPv4 | None) -> None:
        """Packets for next hops nobody knows go to this next hop, the NHS."""
        tunnel = self._tunnel(interface)
        if tunnel is not None:
            tunnel.fallback = address

    def learn(self, interface: str, prefix: Prefix, next_hop: IPv4, now: Instant) -> None:
        """`Learn`: a shortcut, in the VRF of its tunnel."""
        self.vrf_of(interface).rib.learn(interface, prefix, next_hop, now)

    def forget(self, interface: str, prefix: Prefix, now: Instant) -> None:
        """`Forget`: the shortcut is gone."""
        self.vrf_of(interface).rib.forget(interface, prefix, now)

    # --- from the configuration

    def settle_vrfs(self, wanted: Iterable[str], now: Instant) -> None:
        """The VRFs there are beside the global table. Interfaces of one that goes are settled right after."""
        vrfs, names = self._plane.vrfs, dict.fromkeys(wanted)
        for name in [name for name in vrfs if name != GLOBAL and name not in names]:
            del vrfs[name]
        for name in names:
            if name not in vrfs:
                number = max(vrf.number for vrf in vrfs.values()) + 1
                vrf = vrfs[name] = Vrf(name, number, self._plane.interfaces)
                for state in self._plane.interfaces.values():
                    vrf.rib.line_changed(state.name, state.protocol, now)

    def settle_interfaces(self, wanted: Iterable[InterfaceSettings], now: Instant) -> None:
        """All interfaces as configured. Those missing here go; those of ports that do not exist never come up."""
        gone: dict[str, InterfaceSettings | None] = {name: None for name in self._plane.interfaces if name != NULL}
        self.settle_some_interfaces(gone | {each.name: each for each in wanted}, now)
        if self._booted is None:
            self._booted = {name: state.address for name, state in self._plane.interfaces.items()}

    def has_boot_address(self, state: InterfaceState) -> bool:
        """Is the interface's address the one the startup-config gave it, or was it typed since?"""
        return self._booted is not None and self._booted.get(state.name) == state.address

    def settle_some_interfaces(self, wanted: Mapping[str, InterfaceSettings | None], now: Instant) -> None:
        """These interfaces as configured now; None: gone. The others stay as they are."""
        plane = self._plane
        moved = any((each is None) == (name in plane.interfaces) for name, each in wanted.items())
        for name, each in wanted.items():
            if each is None and name in plane.interfaces:
                self._remove(name, now)
        settings = {name: wanted[name] for name in sorted(wanted, key=sort_key)}
        for name, each in settings.items():
            state = plane.interfaces.get(name)
            if each is None or name == NULL:
                continue
            if state is None:
                self._insert(self._build(each))
            elif state.settings != each:
                state.take(each)
                self._join(state, now)
        for name, each in settings.items():
            if each is not None and (each.unnumbered is not None or parent(name) is not None):
                self._dependents[name] = None
            else:
                self._dependents.pop(name, None)
        if moved:
            plane.tunnels = tuple(state for state in plane.interfaces.values() if isinstance(state, TunnelState))
        touched = self._with_dependents(settings)
        for state in touched:
            self._follow(state, state.settings, now)
        plane.policy.place(touched)
        for vrf in plane.vrfs.values():
            vrf.fib.forget_flows()
        self._lines.judge(now, touched)

    def settle_statics(self, wanted: Iterable[Route], now: Instant) -> None:
        """All static routes as configured: `Route(prefix, "static", distance, interface, next_hop, …)`."""
        routes = list(wanted)
        for vrf in self._plane.vrfs.values():
            vrf.rib.settle_statics([route for route in routes if route.vrf == vrf.name], now)
        self._lines.judge(now, self._plane.tunnels)

    def settle_some_statics(self, gone: Iterable[Route], wanted: Iterable[Route], now: Instant) -> None:
        """These static routes went, these came or are another now. The others stay as they are."""
        left, come = list(gone), list(wanted)
        for name in dict.fromkeys(route.vrf for route in (*left, *come)):
            vrf = self._plane.vrfs.get(name)
            if vrf is not None:
                own = [route for route in left if route.vrf == name], [route for route in come if route.vrf == name]
                vrf.rib.settle_some_statics(*own, now)
        self._lines.judge(now, self._plane.tunnels)

    def settle_routes(
        self, source: str, prefix: Prefix, wanted: Iterable[Route], now: Instant, vrf: str = GLOBAL
    ) -> None:
        """All routes a routing protocol has to a prefix in a VRF, in the place of those it had."""
        table = self._plane.vrfs.get(vrf)
        if table is None:
            return
        table.rib.settle_routes(source, prefix, wanted, now)
        if self._plane.tunnels:
            self._lines.judge(now, self._plane.tunnels)

    def settle_access_lists(
        self, wanted: dict[str, AclSettings], log_threshold: int = 0, reflexive_s: int = 300
    ) -> None:
        """All access lists as configured."""
        self._plane.policy.settle_access_lists(wanted, log_threshold, reflexive_s)

    def settle_nat(self, wanted: NatSettings, now: Instant) -> None:
        """`ip nat …` as configured."""
        self._plane.policy.settle_nat(wanted, now)

    def settle_icmp(self, unreachable_rate_ms: int) -> None:
        """`ip icmp rate-limit unreachable`: at most one in so many milliseconds; 0 for no limit."""
        self._plane.unreachable_gap = unreachable_rate_ms * MILLISECOND

    def watch(self, watcher: Watcher | None) -> None:
        """Tell this one of every frame on a port; None: nobody looks."""
        self._plane.watcher = watcher

    def listen(self, port: int, on: bool, tcp: bool = False) -> None:
        """Datagrams (segments) for this port concern a service of ours now, or no longer."""
        ports = self._plane.listening_tcp if tcp else self._plane.listening
        if on:
            ports[port] = None
        else:
            ports.pop(port, None)

    @property
    def listening(self) -> tuple[int, ...]:
        """The UDP ports services answer at, beside those of IKE and DHCP."""
        return tuple(self._plane.listening)

    def clear_counters(self, interface: str | None, now: Instant) -> None:
        """`clear counters [INTERFACE]`."""
        for name, state in self._plane.interfaces.items():
            if interface in (None, name):
                state.clear_counters(now)

    def clear_arp(self, now: Instant) -> None:
        """`clear arp-cache`: ask every neighbour again."""
        for state in self._plane.interfaces.values():
            if state.arp is not None:
                state.arp.clear(now)
        self._plane.egress.flush(now)

    # --- questions

    def vrf_of(self, interface: str) -> Vrf:
        """The VRF of an interface; the global table if there is no such interface."""
        state = self._plane.interfaces.get(interface)
        return state.vrf if state is not None else self._plane.base

    def source_for(self, destination: int, vrf: str = GLOBAL) -> IPv4 | None:
        """The address we would speak to a destination from, or None without a route to it."""
        table = self._plane.vrfs.get(vrf)
        return self._plane.source_for(destination, table) if table is not None else None

    def is_ours(self, address: int, vrf: str = GLOBAL) -> bool:
        """Is this a unicast address of an interface of that VRF that is up?"""
        table = self._plane.vrfs.get(vrf)
        return table is not None and self._plane.is_ours(address, table)

    def route(self, destination: int, shortcuts: bool = False) -> Active | None:
        """The longest match in the routing table, NHRP's own routes left out unless asked for."""
        return self._plane.base.rib.lookup(destination, shortcuts)

    def shortcut_packets(self, interface: str, prefix: Prefix) -> int:
        """How many packets used the shortcut by this tunnel to this prefix."""
        entry = self.vrf_of(interface).fib.entry(prefix)
        return entry.packets if entry is not None and entry.counted else 0

    def tunnel_sources(self) -> dict[str, IPv4]:
        """The tunnels' own NBMA addresses, of those whose source has one."""
        return {tunnel.name: tunnel.local for tunnel in self._plane.tunnels if tunnel.local is not None}

    # --- how it works

    def _tunnel(self, name: str) -> TunnelState | None:
        state = self._plane.interfaces.get(name)
        return state if isinstance(state, TunnelState) else None

    def _build(self, settings: InterfaceSettings) -> InterfaceState:
        plane, vrf = self._plane, self._vrf_named(settings.vrf)
        if settings.tunnel is not None:
            return TunnelState(settings, vrf, self._vrf_named(settings.tunnel.vrf))
        above = parent(settings.name)
        return InterfaceState(
            settings, self._ports.get(settings.name), plane.interfaces.get(above) if above else None, vrf
        )

    def _vrf_named(self, name: str) -> Vrf:
        return self._plane.vrfs.get(name, self._plane.base)

    def _join(self, state: InterfaceState, now: Instant) -> None:
        """An interface is in the VRF its settings name, and nothing of it stays in the one it was in."""
        vrf, rib = self._vrf_named(state.settings.vrf), state.vrf.rib
        if isinstance(state, TunnelState):
            state.below = self._vrf_named(state.tunnel.vrf)
        if state.vrf is vrf:
            return
        rib.settle_interface(state.name, (), now)
        for shortcut in [each for each in rib.shortcuts.values() if each.interface == state.name]:
            rib.forget(state.name, shortcut.prefix, now)
        state.routed = ()
        state.join(vrf)

    def _insert(self, state: InterfaceState) -> None:
        """In its place among the others, which are in order."""
        interfaces, place = self._plane.interfaces, sort_key(state.name)
        later = list(takewhile(lambda name: sort_key(name) > place, reversed(interfaces)))
        interfaces[state.name] = state
        for name in reversed(later):
            interfaces[name] = interfaces.pop(name)

    def _remove(self, name: str, now: Instant) -> None:
        state = self._plane.interfaces.pop(name)
        if state.arp is not None:
            state.arp.stop(now)
        state.vrf.rib.settle_interface(name, (), now)
        self._lines.left(name, now)

    def _with_dependents(self, names: Iterable[str]) -> list[InterfaceState]:
        """The interfaces of these names, their sub-interfaces, and who borrows an address from them."""
        interfaces = self._plane.interfaces
        found = {name: interfaces[name] for name in names if name in interfaces and name != NULL}
        while more := [name for name in self._dependents if name not in found and self._depends(name, found)]:
            found |= {name: interfaces[name] for name in sorted(more, key=sort_key)}
        return list(found.values())

    def _depends(self, name: str, others: Container[str | None]) -> bool:
        return parent(name) in others or self._plane.interfaces[name].settings.unnumbered in others

    def _follow(self, state: InterfaceState, settings: InterfaceSettings, now: Instant) -> None:
        """What hangs from an interface's settings: its place among VLANs, a borrowed address, its neighbours."""
        interfaces = self._plane.interfaces
        if state.is_ethernet and state.parent is None:
            state.vlans.clear()
        if state.parent is not None:
            state.take(settings)
            if settings.vlan is not None:
                key = UNTAGGED if settings.native else vlan_key(settings.vlan, settings.inner)
                state.parent.vlans[key] = state
        if settings.unnumbered is not None:
            lender = interfaces.get(settings.unnumbered)
            state.borrowed = lender.settings.address if lender is not None else None
        if not state.is_ethernet:
            return
        if state.parent is not None and settings.vlan is None:  # it has no frames: an untagged one is its parent's
            if state.arp is not None:
                state.arp.stop(now)
                state.arp = None
            return
        addresses = tuple((own.address, own.prefix) for own in state.addresses)
        wanted = ArpSettings(state.name, state.mac, addresses, settings.arp_timeout_s, state.tags)
        if state.arp is not None and (state.arp.settings == wanted or state.arp.settle(wanted, now)):
            return
        if state.arp is not None:
            state.arp.stop(now)
        state.arp = Arp(wanted, self._arp_desk, lambda address: self._proxied(state, address))
        if state.protocol:
            state.arp.line_up(now)

    def _proxied(self, interface: InterfaceState, address: IPv4) -> bool:
        """Do we answer for an address that is not ours? Yes, if we would forward to it elsewhere."""
        if interface.settings.nat == "outside" and self._plane.policy.nat.owns(address):
            return True
        if not interface.settings.proxy_arp:
            return False
        flow = interface.fib.flow(address)
        return flow.entry.kind in (Kind.NEXT_HOP, Kind.ATTACHED) and flow.interface not in (None, interface)
