"""What a router does beside forwarding and DMVPN: operations of IP SLA and tracked objects, joined to each other, to
the interfaces and to the routes that hang from them; neighbour discovery on its ports; NTP and the civil clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.proto.discovery.machine import CDP, LLDP, Discovery, DiscoverySettings
from iosh.proto.ntp.machine import NtpMachine, NtpSettings
from iosh.proto.sla import operation as sla
from iosh.proto.sla.echo import Echo
from iosh.proto.sla.operation import Completed, Operation, OperationSettings
from iosh.proto.sla.ports import TcpConnect, UdpEcho, UdpJitter
from iosh.proto.sla.responder import Responder, ResponderSettings
from iosh.proto.track.machine import Track, TrackChanged, TrackSettings, listed
from iosh.router import wanted, wanted_services
from iosh.router.punts import DatagramReceived, DiscoveryReceived, IcmpArrived, SegmentReceived
from iosh.router.reconcile import reconcile
from iosh.router.rib import Route
from iosh.wire.ntp import PORT as NTP_PORT

if TYPE_CHECKING:
    from iosh.router.router import Router


OPERATIONS: Final[dict[str, type[Operation]]] = {
    "icmp-echo": Echo,
    "udp-echo": UdpEcho,
    "udp-jitter": UdpJitter,
    "tcp-connect": TcpConnect,
}


class Services:
    """The services of one router: `operations` and `tracks` by number, `discovery` by protocol and interface."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self.operations: dict[int, Operation] = {}
        self.responder: dict[str, Responder] = {}  # one, under no name, or none
        self.tracks: dict[int, Track] = {}
        self.discovery: dict[tuple[str, str], Discovery] = {}
        self.ntp: dict[str, NtpMachine] = {}  # one, under no name, or none

    def machine(self, key: Sequence[Any]) -> Any:
        """Whose deadline rang."""
        tables: dict[Hashable, dict[Any, Any]] = {
            "sla": self.operations,
            "responder": self.responder,
            "track": self.tracks,
            "ntp": self.ntp,
        }
        return tables[key[0]][key[1]] if key[0] in tables else self.discovery[key[0], key[1]]

    # --- from the configuration

    def settle(self, now: Instant) -> None:
        """All services as configured."""
        self._settle_discovery(now)
        self._settle_time(now)
        config = self._router.config
        reconcile(self.responder, wanted_services.responder(config), self._build_responder, now)
        reconcile(self.operations, wanted_services.operations(config), self._build_operation, now)
        before = {number: track.up for number, track in self.tracks.items()}
        reconcile(self.tracks, wanted_services.tracks(config), self._build_track, now)
        for track in self.tracks.values():
            track.observed(self._observe(track.settings), now)
        changed = [number for number in {**before, **self.tracks} if before.get(number) != self.is_up(number)]
        for number in changed:
            self.track_changed(TrackChanged(number, self.is_up(number)), now)

    def is_up(self, number: int) -> bool:
        """Is this tracked object up? One that does not exist is not."""
        track = self.tracks.get(number)
        return track is not None and track.up

    def static_routes(self) -> list[Route]:
        """`ip route …`, those left out whose tracked object is down."""
        routes = self._router.config.routes
        return [
            wanted.static_route(key, route)
            for key, route in routes.items()
            if route.track is None or self.is_up(route.track)
        ]

    def interfaces_settled(self, names: Iterable[str], now: Instant) -> None:
        """These interfaces are configured anew."""
        for name in names:
            self._observe_interface(name, now)
        self._settle_discovery(now)

    def _settle_discovery(self, now: Instant) -> None:
        router = self._router
        if self.discovery or router.config.cdp.run or router.config.lldp.run:
            states = router.forwarding.interfaces.values()
            reconcile(self.discovery, wanted_services.discovery(router.config, states), self._build_discovery, now)

    def _settle_time(self, now: Instant) -> None:
        router = self._router
        router.clock.settings = wanted_services.zone(router.config)
        reconcile(self.ntp, wanted_services.ntp(router.config), self._build_ntp, now)
        router.forwarding.listen(NTP_PORT, bool(self.ntp))

    # --- what happened

    def icmp_arrived(self, arrival: IcmpArrived, now: Instant) -> None:
        """An ICMP answer or error came to this router."""
        for operation in self.operations.values():
            operation.icmp_arrived(arrival.source, arrival.message, arrival.quoted, now)

    def completed(self, effect: Completed, now: Instant) -> None:
        """A run of an operation came to its end."""
        for track in self.tracks.values():
            if track.settings.sla == effect.number:
                track.observed(self._observe(track.settings), now)

    def interface_changed(self, name: str, now: Instant) -> None:
        """An interface's line protocol is another."""
        state = self._router.forwarding.interfaces.get(name)
        for protocol in (CDP, LLDP):
            machine = self.discovery.get((protocol, name))
            if machine is not None:
                machine.link_changed(state is not None and state.protocol, now)
        self._observe_interface(name, now)

    def discovery_received(self, punt: DiscoveryReceived, now: Instant) -> None:
        """A neighbour on a cable spoke."""
        machine = self.discovery.get((punt.protocol, punt.interface))
        if machine is not None:
            machine.receive(punt.message, punt.source, now)
        else:
            self._router.forwarding.counters[f"{punt.protocol}.not_enabled"] += 1

    def datagram_received(self, punt: DatagramReceived, now: Instant) -> None:
        """A datagram for a port some service listens at: NTP's, or one of IP SLA's."""
        if punt.path.local_port == NTP_PORT:
            for machine in self.ntp.values():
                machine.receive(punt.payload, punt.path, now)
            return
        for operation in self.operations.values():
            operation.datagram_arrived(punt.payload, punt.path, now)
        for responder in self.responder.values():
            responder.receive(punt.payload, punt.path, now)

    def segment_received(self, punt: SegmentReceived, now: Instant) -> None:
        """A TCP segment for a port of IP SLA's."""
        for operation in self.operations.values():
            operation.segment_arrived(punt.segment, punt.path, now)
        for responder in self.responder.values():
            responder.segment_arrived(punt.segment, punt.path, now)

    def stop(self, now: Instant) -> None:
        """Say goodbye, before a reload."""
        for machine in self.discovery.values():
            machine.stop(now)

    def _observe_interface(self, name: str, now: Instant) -> None:
        for track in self.tracks.values():
            if track.settings.interface == name:
                track.observed(self._observe(track.settings), now)

    def poll_track(self, number: int, now: Instant) -> None:
        """A tracked route is to be looked at."""
        track = self.tracks.get(number)
        if track is not None:
            track.observed(self._observe(track.settings), now)

    def track_changed(self, effect: TrackChanged, now: Instant) -> None:
        """Static routes come and go with their object, and lists follow their members."""
        router = self._router
        for track in self.tracks.values():
            if any(member.number == effect.number for member in track.settings.members):
                track.observed(self._observe(track.settings), now)
        routes = [
            wanted.static_route(key, route)
            for key, route in router.config.routes.items()
            if route.track == effect.number
        ]
        if routes:
            router.forwarding.settle_some_statics(() if effect.up else routes, routes if effect.up else (), now)
            router.routes_changed(now)

    # --- how it works

    def _build_operation(self, number: int, settings: OperationSettings, now: Instant) -> Operation:
        return OPERATIONS[settings.kind](settings, self._router.desk(("sla", number)), self._source, now)

    def _build_responder(self, name: str, settings: ResponderSettings, now: Instant) -> Responder:
        router = self._router
        return Responder(settings, router.desk(("responder", name)), router.clock.utc_ns, now)

    def _build_track(self, number: int, settings: TrackSettings, now: Instant) -> Track:
        return Track(settings, self._router.desk(("track", number)), self._observe(settings), now)

    def _build_discovery(self, key: tuple[str, str], settings: DiscoverySettings, now: Instant) -> Discovery:
        state = self._router.forwarding.interfaces[settings.interface]
        return Discovery(settings, self._router.desk(key), state.protocol, now)

    def _build_ntp(self, name: str, settings: NtpSettings, now: Instant) -> NtpMachine:
        router = self._router
        return NtpMachine(settings, router.desk(("ntp", name)), router.clock.utc_ns, self._address_of, now)

    def _address_of(self, interface: str) -> IPv4 | None:
        """An interface's address, while it can be spoken from."""
        state = self._router.forwarding.interfaces.get(interface)
        return state.address.address if state is not None and state.protocol and state.address is not None else None

    def _source(self, settings: OperationSettings) -> IPv4 | None:
        """The address an operation speaks from, while there is a way to its destination."""
        forwarding = self._router.forwarding
        routed = forwarding.source_for(settings.destination)
        if routed is None:
            return None
        if settings.source is not None:
            return settings.source if forwarding.is_ours(settings.source) else None
        if settings.source_interface is None:
            return routed
        return self._address_of(settings.source_interface)

    def _observe(self, settings: TrackSettings) -> bool:
        if settings.stub_up is not None:
            return settings.stub_up
        if settings.list is not None:
            before = self.is_up(settings.number)
            return listed(settings, {number: track.up for number, track in self.tracks.items()}, before)
        if settings.route is not None:
            return any(each.prefix == settings.route for each in self._router.forwarding.rib.covered(settings.route))
        if settings.interface is not None:
            state = self._router.forwarding.interfaces.get(settings.interface)
            up = state is not None and state.protocol
            return up and (settings.aspect == "line-protocol" or (state is not None and state.address is not None))
        operation = self.operations.get(settings.sla or 0)
        reached = (sla.OK,) if settings.aspect == "state" else (sla.OK, sla.OVER_THRESHOLD)
        return operation is not None and operation.code in reached
