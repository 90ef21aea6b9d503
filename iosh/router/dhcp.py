"""DHCP in a router: its clients by interface, its server, its relay agent, and what a lease does to its interface.

A lease gives the interface its address and the routing table a default route by each router it names, of
distance 254 or as configured, unless the same route is configured. Tunnels whose source is the interface follow by
themselves.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any, Final

from iosh.base.addr import DEFAULT, IPv4, Prefix
from iosh.base.record import Syslog
from iosh.base.time import Instant
from iosh.config.model import StaticRouteKey
from iosh.proto.dhcp.client import DhcpClient, DhcpClientSettings
from iosh.proto.dhcp.effects import Lease, Leased, LeaseLost
from iosh.proto.dhcp.leases import DhcpServerSettings
from iosh.proto.dhcp.relay import Relay
from iosh.proto.dhcp.server import DhcpServer, Own
from iosh.proto.icmp.arrival import IcmpArrived
from iosh.router import wanted, wanted_dhcp
from iosh.router.dhcp_database import KEY as DATABASE
from iosh.router.dhcp_database import Database
from iosh.router.interfaces import InterfaceAddress
from iosh.router.punts import DhcpReceived
from iosh.router.reconcile import reconcile
from iosh.router.rib import STATIC, Route
from iosh.wire import dhcp

if TYPE_CHECKING:
    from iosh.router.router import Router

CLIENT: Final = "dhcp"
SERVER: Final = "dhcpd"
RELAY: Final = "dhcp relay"


class Dhcp:
    """The clients and the server of one router."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self.clients: dict[str, DhcpClient] = {}
        self.leases: dict[str, Lease] = {}
        self.server: DhcpServer | None = None
        self.relay: Relay | None = None
        self.database = Database(router, router.desk(DATABASE))

    # --- from the configuration --------------------------------------------------------------------------------------

    def settle_clients(self, now: Instant) -> None:
        """The interfaces that want an address, of those there are."""
        config, interfaces = self._router.config, self._router.forwarding.interfaces
        if not self.clients and not any(each.ip.dhcp is not None for each in config.interfaces.values()):
            return
        macs = {name: state.mac for name, state in interfaces.items() if state.arp is not None}
        reconcile(self.clients, wanted_dhcp.clients(config, macs), self._build_client, now)
        for name, client in self.clients.items():
            client.link_changed(interfaces[name].protocol, now)

    @property
    def listening(self) -> tuple[int, ...]:
        """The UDP ports that are open."""
        server = (dhcp.SERVER_PORT,) if self.server is not None or self.relay is not None else ()
        return (*server, dhcp.CLIENT_PORT) if self.clients else server

    def settle_server(self, now: Instant) -> None:
        """The pools, where their bindings are kept, and the relay agent."""
        learnt = next(iter(self.leases.values()), None)
        settings = wanted_dhcp.server(self._router.config, learnt)
        fresh = self.server is None
        self._settle_pools(settings, now)
        self.database.settle(wanted_dhcp.databases(self._router.config), self.server, fresh, now)
        self.settle_relay()

    def interfaces_settled(self, names: Iterable[str]) -> None:
        """These interfaces changed, came or went: whose requests are passed on may be others."""
        table = self._router.config.interfaces
        passed_on = dict(self.relay.settings.interfaces) if self.relay is not None else {}
        if any(name in passed_on or name not in table or table[name].ip.helpers for name in names):
            self.settle_relay()

    def settle_relay(self) -> None:
        """Requests to pass on, by the interfaces' addresses as they are now."""
        router = self._router
        states = router.forwarding.interfaces.items()
        addresses = {name: state.address.address for name, state in states if state.address is not None}
        wanted_relay = wanted_dhcp.relay(router.config, addresses)
        if wanted_relay is None:
            self.relay = None
        elif self.relay is None or self.relay.settings != wanted_relay:
            self.relay = Relay(wanted_relay, router.desk(RELAY))

    def _settle_pools(self, settings: DhcpServerSettings | None, now: Instant) -> None:
        if settings is None:
            if self.server is not None:
                self.server.stop(now)
            self.server = None
        elif self.server is None:
            forwarding = self._router.forwarding
            self.server = DhcpServer(settings, self._router.desk(SERVER), now, self._own, forwarding.is_ours)
        else:
            self.server.settle(settings, now)

    def _build_client(self, interface: str, settings: DhcpClientSettings, now: Instant) -> DhcpClient:
        return DhcpClient(settings, self._router.desk((CLIENT, interface)), now)

    def _own(self, interface: str) -> tuple[Own, ...]:
        state = self._router.forwarding.interfaces.get(interface)
        return tuple(Own(each.address, each.prefix) for each in state.addresses) if state is not None else ()

    # --- from the machines and the wire ------------------------------------------------------------------------------

    def machine(self, key: Hashable) -> Any:
        """The machine behind a key of ours."""
        if key == DATABASE:
            return self.database
        return self.server if key == SERVER else self.clients[key[1]] if isinstance(key, tuple) else None

    def bindings_changed(self, now: Instant) -> None:
        """The server gave an address, or took one back."""
        self.database.changed(now)

    def icmp_arrived(self, arrival: IcmpArrived, now: Instant) -> None:
        """An ICMP answer came to this router."""
        if self.server is not None:
            self.server.icmp_arrived(arrival.source, arrival.message, now)

    def stop(self, now: Instant) -> None:
        """Before a reload: the bindings are kept."""
        if self.database.agents:
            self.database.write(now)

    def received(self, punt: DhcpReceived, now: Instant) -> None:
        """A datagram for port 67 or 68."""
        path = punt.path
        if path.local_port == dhcp.SERVER_PORT:
            served = self.server is not None and self.server.serves(path.interface)
            if self.relay is not None and self.relay.receive(punt.payload, path, served):
                return
            if self.server is not None:
                self.server.receive(punt.payload, path, now)
                return
        elif path.interface in self.clients:
            self.clients[path.interface].receive(punt.payload, path, now)
            return
        self._router.forwarding.counters["dhcp.nobody_listens"] += 1

    def link_changed(self, interface: str, up: bool, now: Instant) -> None:
        """The line protocol of an interface came or went."""
        client = self.clients.get(interface)
        if client is not None:
            client.link_changed(up, now)

    def leased(self, effect: Leased, now: Instant) -> None:
        """An interface has a lease, new or renewed."""
        name, lease = effect
        before = self.leases.get(name)
        self.leases[name] = lease
        if before is not None and _meaning(before) == _meaning(lease):
            return
        self._follow(name, before, now)
        hostname = self.clients[name].settings.hostname
        text = f"Interface {name} assigned DHCP address {lease.address}, mask {lease.prefix.mask}, hostname {hostname}"
        self._router.logbook.record(Syslog("DHCP", 6, "ADDRESS_ASSIGN", text), now)

    def lost(self, effect: LeaseLost, now: Instant) -> None:
        """An interface's lease is over."""
        before = self.leases.pop(effect.interface, None)
        if before is not None:
            self._follow(effect.interface, before, now)

    # --- what others ask ---------------------------------------------------------------------------------------------

    def address(self, interface: str) -> InterfaceAddress | None:
        """What an interface has been given."""
        lease = self.leases.get(interface)
        return InterfaceAddress(lease.address, lease.length) if lease is not None else None

    def addresses(self) -> dict[str, InterfaceAddress]:
        """All that have been given, by interface."""
        return {name: InterfaceAddress(lease.address, lease.length) for name, lease in self.leases.items()}

    def routes(self) -> list[Route]:
        """The default routes of all leases."""
        return [route for name, lease in self.leases.items() for route in self._routes_of(name, lease)]

    # --- inside ------------------------------------------------------------------------------------------------------

    def _routes_of(self, name: str, lease: Lease) -> list[Route]:
        config = self._router.config
        configured = config.routes
        interface = config.interfaces.get(name)
        own = interface.ip.dhcp_client.distance if interface is not None else None
        distance = own if own is not None else config.dhcp.client_distance
        vrf = interface.vrf_name if interface is not None else None
        return [
            Route(DEFAULT, STATIC, distance, None, gateway, vrf=vrf or "")
            for gateway in lease.routers
            if StaticRouteKey(IPv4(0), IPv4(0), None, gateway, vrf) not in configured
        ]

    def _follow(self, name: str, before: Lease | None, now: Instant) -> None:
        """The interface's address and the routes, as the lease has them now."""
        router = self._router
        interface = router.config.interfaces.get(name)
        if interface is not None:
            settings = wanted.interface_settings(interface, self.address(name))
            router.forwarding.settle_some_interfaces({name: settings}, now)
        gone = self._routes_of(name, before) if before is not None else []
        router.forwarding.settle_some_statics(gone, self.routes(), now)
        router.routes_changed(now)
        self.settle_server(now)


def _meaning(lease: Lease) -> tuple[IPv4, Prefix, tuple[IPv4, ...]]:
    """What of a lease the rest of the router knows."""
    return lease.address, lease.prefix, lease.routers
