"""The routing protocols of one router: their machines, joined to the interfaces, the routing table and each other.

A process is settled anew whenever the configuration or an interface changed; what it is told are values, so nothing
happens where they are the same. Redistribution is a look at the routing table after it moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import Instant
from iosh.config.eigrp import EigrpProcess, processes
from iosh.proto.eigrp.effects import SendEigrp
from iosh.proto.eigrp.machine import Eigrp
from iosh.proto.eigrp.settings import EigrpSettings
from iosh.proto.machine import RoutesChanged
from iosh.router import wanted_eigrp
from iosh.router.punts import EigrpReceived, RoutesMoved
from iosh.router.reconcile import reconcile
from iosh.router.rib import CONNECTED, STATIC, Active, Route
from iosh.router.tunnel import CONTROL_TOS
from iosh.wire import eigrp, ipv4

if TYPE_CHECKING:
    from iosh.router.router import Router

_TTL: Final = 2
_REDISTRIBUTED: Final = (CONNECTED, STATIC)


class Routing:
    """`eigrp`: the processes by autonomous system, `processes` what is configured of them."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self.eigrp: dict[int, Eigrp] = {}
        self.processes: dict[int, EigrpProcess] = {}
        self._identities: dict[int, IPv4] = {}  # a router ID that was chosen stays, whatever interfaces come
        self._looks_again = False
        router.forwarding.rib.followers.append(self._moved)

    def settle(self, now: Instant) -> None:
        """All processes as configured, on the interfaces that are up."""
        router = self._router
        self.processes = processes(router.config)
        states = router.forwarding.interfaces
        wanted: dict[int, EigrpSettings] = {}
        for number, process in self.processes.items():
            identity = process.router_id or self._identities.get(number) or wanted_eigrp.router_id(states.values())
            if identity is not None and not process.shutdown:
                self._identities[number] = identity
                wanted[number] = wanted_eigrp.settings(router.config, process, identity, states)
        for number in [number for number in self._identities if number not in self.processes]:
            del self._identities[number]
        reconcile(self.eigrp, wanted, self._build, now)
        router.forwarding.speak_eigrp(bool(self.eigrp))
        self.routes_moved(now)

    def stop(self, now: Instant) -> None:
        """Say goodbye, before a reload."""
        for machine in self.eigrp.values():
            machine.stop(now)

    def eigrp_received(self, punt: EigrpReceived, now: Instant) -> None:
        """A packet for every process of that number, which is one."""
        number = int.from_bytes(punt.payload[18:20], "big")
        machine = self.eigrp.get(number)
        if machine is not None:
            machine.receive(punt.payload, punt.path, now)
        else:
            self._router.forwarding.counters["eigrp.not_configured"] += 1

    def send_eigrp(self, effect: SendEigrp, now: Instant) -> None:
        """A packet of a process goes out, past the routes."""
        forwarding = self._router.forwarding
        packet = ipv4.packet(
            effect.source, effect.destination, ipv4.EIGRP, effect.payload, _TTL, CONTROL_TOS,
            forwarding.identification(),
        )  # fmt: skip
        if effect.destination == eigrp.GROUP:
            forwarding.send_by(effect.interface, packet, now)
        else:
            forwarding.send_to(effect.interface, effect.destination, packet, now)

    def routes_changed(self, effect: RoutesChanged, now: Instant) -> None:
        """A protocol's routes to a prefix are others."""
        routes = [
            Route(
                effect.prefix, effect.source, way.distance, way.interface, way.next_hop, tag=way.tag,
                metric=way.metric, kind=way.kind, share=way.share, peer=way.peer,
            )
            for way in effect.ways
        ]  # fmt: skip
        self._router.forwarding.settle_routes(effect.source, effect.prefix, routes, now)

    def routes_moved(self, now: Instant) -> None:
        """What is redistributed may be another."""
        self._looks_again = False
        forwarding = self._router.forwarding
        for number, machine in self.eigrp.items():
            active = forwarding.rib.active.values()
            seeds = wanted_eigrp.seeds(self.processes[number], machine.settings, active, forwarding.interfaces)
            machine.redistributed(seeds, now)

    def _moved(self, prefix: Prefix, old: Active | None, new: Active | None) -> None:
        if self._looks_again or not any(process.redistribute for process in self.processes.values()):
            return
        if any(each is not None and each.route.source in _REDISTRIBUTED for each in (old, new)):
            self._looks_again = True
            self._router.forwarding.report(RoutesMoved())

    def _build(self, number: int, settings: EigrpSettings, now: Instant) -> Eigrp:
        return Eigrp(settings, self._router.desk(("eigrp", number)), now)
