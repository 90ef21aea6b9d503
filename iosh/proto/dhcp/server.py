"""The DHCP server of a router (RFC 2131 section 4.3): what it answers. Which address it gives is said in `leases.py`.

A client is served from the pools of the network it is on: that of the interface its message came in by, or of the
relay agent that passed it on, whose information option is sent back with the answer. A new address is pinged before it
is offered; an offer holds its address for a minute. A client that renews what the server has forgotten (after a reload)
is given it again if nobody else has it. An address that answers a ping, or that a client declines, is a conflict, and
not used until that is cleared.

Not here: BOOTP, classes by option 82, dynamic DNS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from typing import Final, NamedTuple

from iosh.base.addr import BROADCAST, IPv4, Prefix, mask_of
from iosh.base.errors import Malformed
from iosh.base.time import SECOND, Instant
from iosh.proto.dhcp.effects import BindingsChanged, SendOnLink
from iosh.proto.dhcp.leases import Binding, Client, Conflict, DhcpServerSettings, Leases, Pool
from iosh.proto.dhcp.probe import Probes
from iosh.proto.machine import Desk, Path, SendDatagram
from iosh.wire import dhcp
from iosh.wire.dhcp import Dhcp
from iosh.wire.icmp import Icmp

TOPIC: Final = "ip dhcp server events"
_OFFER_HOLDS: Final = 60 * SECOND
_NOBODY: Final = IPv4(0)


class Own(NamedTuple):
    """An address of ours, and its network."""

    address: IPv4
    network: Prefix


class _Query(NamedTuple):
    """A message, who sent it, by which interface, and our own address towards it."""

    message: Dhcp
    client: Client
    interface: str
    own: Own


class DhcpServer:
    """One router's server. `own(interface)` gives its addresses, primary first; `is_ours` knows them all."""

    def __init__(
        self,
        settings: DhcpServerSettings,
        desk: Desk,
        now: Instant,
        own: Callable[[str], tuple[Own, ...]],
        is_ours: Callable[[IPv4], bool],
    ) -> None:
        self.settings = settings
        self.leases = Leases(settings, is_ours)
        self._desk = desk
        self._own = own
        self._probes = Probes(desk)

    @property
    def counters(self) -> Counter[str]:
        """Messages by kind, and what became of leases."""
        return self._desk.counters

    # --- what happened -----------------------------------------------------------------------------------------------

    def receive(self, data: bytes, path: Path, now: Instant) -> None:
        """A datagram came to port 67."""
        try:
            message = Dhcp.decode(data)
        except Malformed:
            self.counters["malformed"] += 1
            return
        own = self._facing(message, path)
        if message.op != dhcp.REQUEST_OP or own is None:
            self.counters["not_ours"] += 1
            return
        client = Client(message.client_id, message.mac)
        query = _Query(message, client, path.interface, own)
        name = dhcp.NAMES[message.type]
        self.counters[f"{name.lower()}_received"] += 1
        if self._desk.debugging(TOPIC):
            self._desk.debug(TOPIC, f"DHCPD: DHCP{name} received from client {hexed(client.identifier)}.")
        match message.type:
            case dhcp.DISCOVER:
                self._discovered(query, now)
            case dhcp.REQUEST:
                self._requested(query, now)
            case dhcp.DECLINE:
                self._declined(query, now)
            case dhcp.RELEASE:
                self._released(query)
            case dhcp.INFORM:
                self._informed(query)
            case _:
                self.counters["unexpected"] += 1

    def wake(self, name: Hashable, now: Instant) -> None:
        """A lease or an offer ended, or a ping was not answered."""
        if isinstance(name, tuple):
            offer = self._probes.ask(name[1], self.settings.ping_timeout_ms, now)
            if offer is not None:
                self._answer(dhcp.OFFER, *offer)
            return
        assert isinstance(name, IPv4)
        binding = self.leases.bindings.get(name)
        if binding is not None:
            self.counters["expired"] += binding.active
            self._forget(binding)

    def serves(self, interface: str) -> bool:
        """Is there a pool for an interface's own network?"""
        own = self._own(interface)
        return any(pool.covers(each.address) for each in own[:1] for pool in self.settings.pools)

    def icmp_arrived(self, source: IPv4, message: Icmp, now: Instant) -> None:
        """An echo reply: an address we are about to offer is in use, if it comes from one."""
        offer = self._probes.answered(source, message)
        if offer is None:
            return
        query, _, address = offer
        binding = self.leases.bindings.get(address)
        if binding is not None:
            self._forget(binding)
        self.leases.conflicts[address] = Conflict(now, "Ping")
        self._desk.report("DHCPD", 4, "PING_CONFLICT", f"DHCP address conflict:  server pinged {address}.")
        self._discovered(query, now)

    def restore(self, binding: Binding, now: Instant) -> None:
        """A binding from a database: taken unless its lease is over or its address is nobody's to have here."""
        pool = next((one for one in self.settings.pools if one.name == binding.pool), None)
        over = binding.expires is not None and binding.expires <= now
        if pool is None or over or not self.leases.may_have(pool, binding.address, binding.client):
            return
        self.leases.bind(binding)
        if binding.expires is not None:
            self._desk.ring_at(binding.address, binding.expires)

    def settle(self, settings: DhcpServerSettings, now: Instant) -> bool:
        """Other pools: bindings of those that are gone, or of another network now, go with them."""
        self.settings = settings
        self.leases.settle(settings)
        pools = {pool.name: pool for pool in settings.pools}
        for binding in list(self.leases.bindings.values()):
            pool = pools.get(binding.pool)
            if pool is None or not pool.covers(binding.address):
                self._forget(binding)
        return True

    def stop(self, now: Instant) -> None:
        """No longer wanted."""
        self.clear_binding(None, now)

    def clear_binding(self, address: IPv4 | None, now: Instant) -> bool:
        """`clear ip dhcp binding`: of one address, or all. False: there is none."""
        gone = [each for each in self.leases.bindings.values() if address in (None, each.address)]
        for binding in gone:
            self._forget(binding)
        return bool(gone)

    def clear_conflict(self, address: IPv4 | None, now: Instant) -> None:
        """`clear ip dhcp conflict`."""
        self.leases.clear_conflict(address)

    # --- messages ----------------------------------------------------------------------------------------------------

    def _discovered(self, query: _Query, now: Instant) -> None:
        wanted = query.message.address(dhcp.REQUESTED_ADDRESS)
        found = self.leases.choose(query.client, wanted, query.own.network)
        if found is None:
            self.counters["exhausted"] += 1
            return
        pool, address = found
        held = self.leases.bindings.get(address)
        if held is None or not held.active:
            self._bind(pool, address, query, now + _OFFER_HOLDS, active=False)
        settings = self.settings
        if address in self._probes:
            return
        if held is None and pool.host is None and settings.ping_packets:
            offer = query, pool, address
            self._probes.begin(address, query.own.address, settings.ping_packets, settings.ping_timeout_ms, offer, now)
        else:
            self._answer(dhcp.OFFER, query, pool, address)

    def _requested(self, query: _Query, now: Instant) -> None:
        message, network = query.message, query.own.network
        server = message.address(dhcp.SERVER_ID)
        asked = message.address(dhcp.REQUESTED_ADDRESS) or message.client
        if server is not None and server != query.own.address:
            self._turned_down(query)
            return
        self.counters["renewals"] += bool(message.client)
        pool = self.leases.known(query.client, asked, network)
        if pool is None:
            pool = self.leases.could_have(query.client, asked, network)
            if pool is None:
                self._refuse(query)
                return
            if server is None and not message.client:
                self.counters["unknown_rebooting"] += 1  # RFC 2131 section 4.3.2: silence
                return
        expires = None if pool.lease_s == dhcp.INFINITE else now + pool.lease_s * SECOND
        self._bind(pool, asked, query, expires, active=True)
        self._answer(dhcp.ACK, query, pool, asked)

    def _turned_down(self, query: _Query) -> None:
        """The client took another server's offer."""
        for binding in self.leases.held_by(query.client, query.own.network):
            if not binding.active:
                self._forget(binding)

    def _declined(self, query: _Query, now: Instant) -> None:
        binding = self.leases.bindings.get(query.message.address(dhcp.REQUESTED_ADDRESS) or IPv4(0))
        if binding is None or binding.client.identifier != query.client.identifier:
            return
        self._forget(binding)
        self.leases.conflicts[binding.address] = Conflict(now, "Gratuitous ARP")
        text = f"DHCP address conflict:  client {hexed(query.client.identifier)} declined {binding.address}."
        self._desk.report("DHCPD", 4, "DECLINE_CONFLICT", text)

    def _released(self, query: _Query) -> None:
        binding = self.leases.bindings.get(query.message.client)
        if binding is not None and binding.client.identifier == query.client.identifier:
            self._forget(binding)

    def _informed(self, query: _Query) -> None:
        pool = next(self.leases.pools_of(query.own.network), None)
        if pool is not None and query.message.client:
            self._answer(dhcp.ACK, query, pool, None)

    def _refuse(self, query: _Query) -> None:
        self._send(dhcp.NAK, query, {}, None)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _facing(self, message: Dhcp, path: Path) -> Own | None:
        """Our address on the client's network; from beyond a relay agent the one spoken to, and the agent's network, or
        that of the address a client has."""
        own = self._own(path.interface)
        renews_from_afar = message.client and not any(message.client in each.network for each in own)
        if message.gateway or renews_from_afar:
            there = message.gateway or message.client
            for pool in self.settings.pools:
                if pool.network is not None and there in pool.network:
                    return Own(path.local, pool.network)
            if message.gateway:
                return None
        return next((each for each in own if path.local == each.address), own[0] if own else None)

    def _bind(self, pool: Pool, address: IPv4, query: _Query, expires: Instant | None, active: bool) -> None:
        manual = pool.host is not None
        expires = None if manual and active else expires
        self.leases.bind(Binding(address, pool.name, query.client, query.interface, manual, active, expires))
        if active:
            self._desk.put(BindingsChanged())
        if expires is None:
            self._desk.no_ring(address)
        else:
            self._desk.ring_at(address, expires)

    def _forget(self, binding: Binding) -> None:
        self.leases.forget(binding)
        self._probes.forget(binding.address)
        self._desk.no_ring(binding.address)
        if binding.active:
            self._desk.put(BindingsChanged())

    def _answer(self, kind: int, query: _Query, pool: Pool, address: IPv4 | None) -> None:
        """OFFER or ACK of an address (None: of configuration only)."""
        options = {dhcp.SUBNET_MASK: mask_of(pool.length).packed}
        if pool.routers:
            options[dhcp.ROUTERS] = dhcp.packed(pool.routers)
        if pool.dns_servers:
            options[dhcp.DNS_SERVERS] = dhcp.packed(pool.dns_servers)
        if pool.domain_name:
            options[dhcp.DOMAIN_NAME] = pool.domain_name.encode()
        options.update(pool.options)
        if address is not None:
            lease_s = pool.lease_s
            options[dhcp.LEASE_TIME] = lease_s.to_bytes(4, "big")
            if lease_s != dhcp.INFINITE:
                options[dhcp.RENEWAL_TIME] = (lease_s // 2).to_bytes(4, "big")
                options[dhcp.REBINDING_TIME] = (lease_s * 7 // 8).to_bytes(4, "big")
        self._send(kind, query, options, address, pool.next_server)

    def _send(
        self, kind: int, query: _Query, more: dict[int, bytes], yours: IPv4 | None, next_server: IPv4 = _NOBODY
    ) -> None:  # fmt: skip
        """To the relay agent, to the address the client has, to everybody on the link, or to its hardware address."""
        message, own = query.message, query.own.address
        options = {dhcp.MESSAGE_TYPE: bytes((kind,)), dhcp.SERVER_ID: own.packed, **more}
        if dhcp.RELAY_INFORMATION in message.options:
            options[dhcp.RELAY_INFORMATION] = message.options[dhcp.RELAY_INFORMATION]
        keeps = kind != dhcp.NAK
        reply = Dhcp(
            dhcp.REPLY_OP, message.xid, message.mac, options,
            broadcast=message.broadcast or (not keeps and bool(message.gateway)),
            client=message.client if keeps else IPv4(0), yours=yours or IPv4(0), server=next_server,
            gateway=message.gateway,
        ).encode()  # fmt: skip
        self.counters[f"{dhcp.NAMES[kind].lower()}_sent"] += 1
        if message.gateway:
            self._desk.put(SendDatagram(own, message.gateway, dhcp.SERVER_PORT, dhcp.SERVER_PORT, reply))
        elif message.client and keeps:
            self._desk.put(SendDatagram(own, message.client, dhcp.SERVER_PORT, dhcp.CLIENT_PORT, reply))
        else:
            everybody = message.broadcast or yours is None
            remote = BROADCAST if everybody or yours is None else yours
            mac = None if everybody else message.mac
            self._desk.put(
                SendOnLink(query.interface, own, remote, dhcp.SERVER_PORT, dhcp.CLIENT_PORT, reply, mac)
            )  # fmt: skip


def hexed(identifier: bytes) -> str:
    """A client identifier as IOS prints it: `0100.5056.c000.01`."""
    text = identifier.hex()
    return ".".join(text[at : at + 4] for at in range(0, len(text), 4))
