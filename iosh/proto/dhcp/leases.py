"""A DHCP server's addresses: pools as configured, who has which address, and which one a client is to get.

A client gets the address it had, else the one it asks for, else the next that is free. Addresses that are our own,
excluded, in conflict or kept for another host are given to nobody. The table knows no messages and no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import Instant

BINDINGS_MOST: Final = 65536
_SMALLEST: Final = 30  # prefix length: below it there is nobody to give an address to


class Client(NamedTuple):
    """Who asks: client identifier (option 61, or made of the hardware address), and hardware address."""

    identifier: bytes
    mac: bytes


class Pool(NamedTuple):
    """`ip dhcp pool NAME`: a network, or one host known by its client identifier or hardware address."""

    name: str
    network: Prefix | None = None
    host: IPv4 | None = None
    host_length: int = 24
    client_id: bytes | None = None
    mac: bytes | None = None
    routers: tuple[IPv4, ...] = ()
    dns_servers: tuple[IPv4, ...] = ()
    domain_name: str = ""
    lease_s: int = 86400
    next_server: IPv4 = IPv4(0)
    options: tuple[tuple[int, bytes], ...] = ()

    def is_for(self, client: Client) -> bool:
        """Is this the manual binding of a client?"""
        if self.client_id is not None:
            return client.identifier == self.client_id
        return self.mac is not None and client.mac == self.mac

    @property
    def length(self) -> int:
        """Of the network's prefix."""
        return self.network.length if self.network is not None else self.host_length

    def covers(self, address: IPv4) -> bool:
        """Could this address be of this pool?"""
        return address == self.host or (self.network is not None and address in self.network)


class DhcpServerSettings(NamedTuple):
    """Pools in the order configured, and addresses that are never given: first and last of each range."""

    pools: tuple[Pool, ...] = ()
    excluded: tuple[tuple[IPv4, IPv4], ...] = ()
    ping_packets: int = 2
    ping_timeout_ms: int = 500


@dataclass(slots=True)
class Binding:
    """Who has an address. `active` is False while it is only offered; `expires` None for a lease without end."""

    address: IPv4
    pool: str
    client: Client
    interface: str
    manual: bool
    active: bool
    expires: Instant | None


class Conflict(NamedTuple):
    """An address somebody else was found to use."""

    at: Instant
    method: str  # "Ping" | "Gratuitous ARP"


class Leases:
    """The bindings of one server. `is_ours` says which addresses are the router's own."""

    def __init__(self, settings: DhcpServerSettings, is_ours: Callable[[IPv4], bool]) -> None:
        self.settings = settings
        self.bindings: dict[IPv4, Binding] = {}
        self.conflicts: dict[IPv4, Conflict] = {}
        self.next: dict[str, IPv4] = {}  # by pool: where the search for a free address goes on
        self._held: dict[tuple[str, bytes], IPv4] = {}  # by pool and client identifier
        self._full: dict[str, None] = {}  # pools that were found to have nothing left
        self._is_ours = is_ours

    def settle(self, settings: DhcpServerSettings) -> None:
        """Other pools; bindings are the caller's to judge."""
        self.settings = settings
        self._full.clear()
        for name in [name for name in self.next if name not in {pool.name: None for pool in settings.pools}]:
            del self.next[name]

    def clear_conflict(self, address: IPv4 | None) -> None:
        """These addresses may be given again; None: all."""
        self._full.clear()
        for each in [each for each in self.conflicts if address in (None, each)]:
            del self.conflicts[each]

    def bind(self, binding: Binding) -> None:
        """Give an address; what the client had of this pool before is free."""
        key = binding.pool, binding.client.identifier
        before = self._held.get(key)
        if before is not None and before != binding.address:
            self.bindings.pop(before, None)
            self._full.pop(binding.pool, None)
        self._held[key] = binding.address
        self.bindings[binding.address] = binding

    def forget(self, binding: Binding) -> None:
        """The address is free."""
        del self.bindings[binding.address]
        self._full.pop(binding.pool, None)
        self._held.pop((binding.pool, binding.client.identifier), None)

    def held_by(self, client: Client, network: Prefix) -> list[Binding]:
        """What a client has on a network."""
        held = (self._held.get((pool.name, client.identifier)) for pool in self.pools_of(network))
        return [self.bindings[address] for address in held if address is not None]

    def pools_of(self, network: Prefix) -> Iterator[Pool]:
        """The pools that serve a network."""
        for pool in self.settings.pools:
            if pool.network is not None and network.network in pool.network:
                yield pool

    def manual(self, client: Client, network: Prefix) -> Pool | None:
        """The pool that keeps one address of this network for this client."""
        for pool in self.settings.pools:
            if pool.host is not None and pool.host in network and pool.is_for(client):
                return pool
        return None

    def choose(self, client: Client, wanted: IPv4 | None, network: Prefix) -> tuple[Pool, IPv4] | None:
        """What to offer a client on this network; None if there is nothing left."""
        manual = self.manual(client, network)
        if manual is not None and manual.host is not None:
            return manual, manual.host
        for pool in self.pools_of(network):
            for address in (self._held.get((pool.name, client.identifier)), wanted):
                if address is not None and self.may_have(pool, address, client):
                    return pool, address
            free = self._free(pool, client)
            if free is not None:
                return pool, free
        return None

    def known(self, client: Client, address: IPv4, network: Prefix) -> Pool | None:
        """The pool this client has this address from."""
        manual = self.manual(client, network)
        if manual is not None:
            return manual if manual.host == address else None
        held = self.bindings.get(address)
        if held is None or held.client.identifier != client.identifier:
            return None
        return next((pool for pool in self.pools_of(network) if pool.name == held.pool), None)

    def could_have(self, client: Client, address: IPv4, network: Prefix) -> Pool | None:
        """The pool this client could be given this address from."""
        if self.manual(client, network) is not None:
            return None
        return next((pool for pool in self.pools_of(network) if self.may_have(pool, address, client)), None)

    def may_have(self, pool: Pool, address: IPv4, client: Client) -> bool:
        """Can this client be given this address of a pool?"""
        network = pool.network
        if network is None or address not in network or address in (network.network, network.broadcast):
            return False
        if self._excluded_until(address) is not None or address in self.conflicts or self._is_ours(address):
            return False
        if any(other.host == address for other in self.settings.pools):
            return False
        held = self.bindings.get(address)
        return held is None or held.client.identifier == client.identifier

    def excluded_in(self, network: Prefix) -> int:
        """How many addresses of a network are excluded."""
        low, high = network.network + 1, network.broadcast - 1
        count, done = 0, low - 1
        for first, last in sorted(self.settings.excluded):
            begin, end = max(first, done + 1), min(last, high)
            count += max(0, end - begin + 1)
            done = max(done, end)
        return count

    def _free(self, pool: Pool, client: Client) -> IPv4 | None:
        """The next address nobody has: from where the last search ended, once around."""
        network = pool.network
        crowded = pool.name in self._full or len(self.bindings) >= BINDINGS_MOST
        if network is None or network.length > _SMALLEST or crowded:
            return None
        low, high = network.network + 1, network.broadcast - 1
        start = int(self.next.get(pool.name, low))
        for begin, end in ((start, high), (low, start - 1)):
            address = begin
            while address <= end:
                beyond = self._excluded_until(address)
                if beyond is None and self.may_have(pool, IPv4(address), client):
                    self.next[pool.name] = IPv4(address + 1 if address < high else low)
                    return IPv4(address)
                address = max(address, beyond or 0) + 1
        self._full[pool.name] = None
        return None

    def _excluded_until(self, address: int) -> int | None:
        """The last address of the excluded range this one is in."""
        return next((int(last) for first, last in self.settings.excluded if first <= address <= last), None)
