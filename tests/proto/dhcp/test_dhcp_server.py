"""The DHCP server: who gets which address, for how long, and what it answers (RFC 2131 section 4.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iosh.base.addr import BROADCAST, IPv4, Prefix
from iosh.proto.dhcp.effects import BindingsChanged, SendOnLink
from iosh.proto.dhcp.leases import DhcpServerSettings, Pool
from iosh.proto.dhcp.server import DhcpServer, Own
from iosh.proto.machine import Path, Report, SendDatagram, SendPacket
from iosh.wire import dhcp, icmp, ipv4
from iosh.wire.dhcp import Dhcp
from iosh.wire.icmp import Icmp

OURS = IPv4.parse("192.0.2.1")
NETWORK = Prefix.parse("192.0.2.0/29")
LAN = Pool("LAN", NETWORK, routers=(OURS,), dns_servers=(OURS,), domain_name="example.net", lease_s=600)
EXCLUDED = ((IPv4.parse("192.0.2.2"), IPv4.parse("192.0.2.3")),)
SETTINGS = DhcpServerSettings((LAN,), EXCLUDED, ping_packets=0)
PATH = Path("GigabitEthernet1", "", BROADCAST, IPv4(0), 67, 68)


def at(last: int) -> IPv4:
    return IPv4(NETWORK.network + last)


class Guests:
    """A server, and clients by number."""

    def __init__(self, bench: Any, settings: DhcpServerSettings = SETTINGS) -> None:
        self.bench = bench
        own = (Own(OURS, NETWORK),)
        self.server = DhcpServer(settings, bench.desk, 0, lambda name: own, lambda address: address == OURS)

    def say(self, guest: int, kind: int, path: Path = PATH, **more: Any) -> Any:
        """A message of a client; the answer decoded, with what carried it, or None."""
        mac = bytes((2, 0, 0, 0, 0, guest))
        options = {dhcp.MESSAGE_TYPE: bytes((kind,)), **more.pop("options", {})}
        self.server.receive(Dhcp(dhcp.REQUEST_OP, guest, mac, options, **more).encode(), path, self.bench.now)
        effects = self.taken()
        if not effects:
            return None
        (effect,) = effects
        return (Dhcp.decode(effect.payload), effect) if not isinstance(effect, Report) else effect

    def taken(self) -> list[Any]:
        """What the server did, but for saying that bindings changed."""
        return [effect for effect in self.bench.taken() if not isinstance(effect, BindingsChanged)]

    def lease(self, guest: int) -> IPv4 | None:
        """The four messages; the address, or None."""
        offered = self.say(guest, dhcp.DISCOVER)
        if offered is None:
            return None
        address = offered[0].yours
        ack, _ = self.say(
            guest, dhcp.REQUEST, options={dhcp.REQUESTED_ADDRESS: address.packed, dhcp.SERVER_ID: OURS.packed}
        )
        assert ack.type == dhcp.ACK and ack.yours == address
        return address  # type: ignore[no-any-return]

    def renew(self, guest: int, address: IPv4) -> Any:
        return self.say(guest, dhcp.REQUEST, PATH._replace(local=OURS, remote=address), client=address)


@pytest.fixture
def guests(bench: Callable[[], Any]) -> Guests:
    return Guests(bench())


def test_an_offer_says_all_the_pool_says(guests: Guests) -> None:
    offer, effect = guests.say(1, dhcp.DISCOVER, broadcast=True)
    assert isinstance(effect, SendOnLink) and (effect.remote, effect.mac) == (BROADCAST, None)
    assert (offer.type, offer.yours, offer.address(dhcp.SERVER_ID)) == (dhcp.OFFER, at(4), OURS)
    assert offer.address(dhcp.SUBNET_MASK) == NETWORK.mask and offer.addresses(dhcp.ROUTERS) == (OURS,)
    assert (offer.text(dhcp.DOMAIN_NAME), offer.addresses(dhcp.DNS_SERVERS)) == ("example.net", (OURS,))
    times = [offer.number(code) for code in (dhcp.RENEWAL_TIME, dhcp.REBINDING_TIME, dhcp.LEASE_TIME)]
    assert times == [300, 525, 600]


def test_without_the_broadcast_flag_the_answer_goes_to_the_hardware_address(guests: Guests) -> None:
    _, effect = guests.say(1, dhcp.DISCOVER)
    assert (effect.remote, effect.mac) == (at(4), bytes((2, 0, 0, 0, 0, 1)))


def test_addresses_go_round_until_there_are_none(guests: Guests) -> None:
    assert [guests.lease(number) for number in range(1, 5)] == [at(4), at(5), at(6), None]
    assert guests.lease(2) == at(5), "its own again"
    assert guests.server.counters["exhausted"] == 1


def test_an_offer_not_taken_is_free_after_a_minute(guests: Guests) -> None:
    for number in (1, 2, 3):
        guests.say(number, dhcp.DISCOVER)
    assert guests.say(4, dhcp.DISCOVER) is None
    guests.bench.run(guests.server, 61)
    assert guests.lease(4) is not None


def test_a_lease_ends_unless_it_is_renewed(guests: Guests) -> None:
    first, second = guests.lease(1), guests.lease(2)
    assert first is not None and second is not None
    guests.bench.run(guests.server, 300)
    ack, effect = guests.renew(1, first)
    assert isinstance(effect, SendDatagram) and (effect.local, effect.remote) == (OURS, first)
    assert ack.type == dhcp.ACK
    guests.bench.run(guests.server, 400)
    assert list(guests.server.leases.bindings) == [first]
    assert guests.server.counters["expired"] == 1


def test_a_client_that_wants_another_address_than_its_own_is_refused(guests: Guests) -> None:
    own = guests.lease(1)
    guests.lease(2)
    assert own is not None
    for address in (at(5), OURS, at(2), at(0), at(7), IPv4.parse("10.0.0.1")):
        answer, effect = guests.say(1, dhcp.REQUEST, options={dhcp.REQUESTED_ADDRESS: address.packed})
        assert answer.type == dhcp.NAK and effect.remote == BROADCAST, address
        assert answer.yours == IPv4(0)


def test_what_was_forgotten_is_given_again_to_who_renews_it_but_not_to_who_reboots(guests: Guests) -> None:
    assert guests.say(1, dhcp.REQUEST, options={dhcp.REQUESTED_ADDRESS: at(5).packed}) is None
    answer, _ = guests.renew(1, at(5))
    assert answer.type == dhcp.ACK and answer.yours == at(5)


def test_who_takes_another_servers_offer_gives_ours_back(guests: Guests) -> None:
    guests.say(1, dhcp.DISCOVER)
    other = {dhcp.REQUESTED_ADDRESS: at(4).packed, dhcp.SERVER_ID: IPv4.parse("192.0.2.6").packed}
    assert guests.say(1, dhcp.REQUEST, options=other) is None
    assert guests.server.leases.bindings == {}


def test_a_declined_address_is_a_conflict_and_given_to_nobody(guests: Guests) -> None:
    address = guests.lease(1)
    assert address == at(4)
    report = guests.say(1, dhcp.DECLINE, options={dhcp.REQUESTED_ADDRESS: address.packed, dhcp.SERVER_ID: OURS.packed})
    assert isinstance(report, Report) and report.message.mnemonic == "DECLINE_CONFLICT"
    assert [guests.lease(number) for number in (2, 3, 4)] == [at(5), at(6), None]
    guests.server.clear_conflict(None, 0)
    assert guests.lease(4) == at(4)


def test_nobody_gives_back_or_declines_for_another(guests: Guests) -> None:
    address = guests.lease(1)
    assert address is not None
    guests.say(2, dhcp.RELEASE, client=address)
    guests.say(2, dhcp.DECLINE, options={dhcp.REQUESTED_ADDRESS: address.packed})
    assert list(guests.server.leases.bindings) == [address] and not guests.server.leases.conflicts
    guests.say(1, dhcp.RELEASE, client=address)
    assert guests.server.leases.bindings == {}


def test_a_host_of_its_own_pool_gets_its_address_and_nobody_else(bench: Callable[[], Any]) -> None:
    host = Pool("PRINTER", host=at(4), host_length=29, mac=bytes((2, 0, 0, 0, 0, 9)), lease_s=600)
    guests = Guests(bench(), SETTINGS._replace(pools=(LAN, host)))
    assert guests.lease(1) == at(5)
    assert guests.lease(9) == at(4)
    (binding,) = [each for each in guests.server.leases.bindings.values() if each.manual]
    assert binding.expires is None


def test_a_relay_agents_network_decides_and_it_gets_the_answer(guests: Guests) -> None:
    relay = IPv4.parse("192.0.2.6")
    offer, effect = guests.say(1, dhcp.DISCOVER, PATH._replace(local=IPv4.parse("10.0.0.1")), gateway=relay, hops=1)
    assert isinstance(effect, SendDatagram) and (effect.remote, effect.remote_port) == (relay, 67)
    assert offer.gateway == relay and offer.address(dhcp.SERVER_ID) == IPv4.parse("10.0.0.1")
    assert guests.say(2, dhcp.DISCOVER, gateway=IPv4.parse("172.16.0.1")) is None


def test_an_inform_gets_configuration_and_no_address(guests: Guests) -> None:
    answer, _ = guests.say(1, dhcp.INFORM, client=at(6))
    assert answer.type == dhcp.ACK and answer.yours == IPv4(0) and answer.number(dhcp.LEASE_TIME) is None


def test_a_pool_that_goes_takes_its_bindings_with_it(guests: Guests) -> None:
    guests.lease(1)
    guests.server.settle(SETTINGS._replace(pools=(LAN._replace(network=Prefix.parse("10.0.0.0/24")),)), 0)
    assert guests.server.leases.bindings == {}
    guests.taken()
    assert guests.bench.run(guests.server, 1000) == []


def test_a_flood_of_strangers_costs_no_search_of_a_full_pool(bench: Callable[[], Any]) -> None:
    asked = []
    network = Prefix.parse("10.0.0.0/16")
    settings = DhcpServerSettings((Pool("BIG", network),), ((IPv4(network.network + 6), network.broadcast),))
    own = (Own(IPv4(network.network + 1), network),)
    one = bench()

    def is_ours(address: IPv4) -> bool:
        asked.append(address)
        return address == own[0].address

    server = DhcpServer(settings, one.desk, 0, lambda name: own, is_ours)
    for number in range(500):
        mac = bytes((2, 0, 0, 0)) + number.to_bytes(2, "big")
        server.receive(Dhcp(1, number, mac, {dhcp.MESSAGE_TYPE: b"\1"}).encode(), PATH, 0)
    assert len(server.leases.bindings) == 4 and len(asked) < 20


def test_excluded_addresses_are_counted_once(guests: Guests) -> None:
    low, high = IPv4.parse("192.0.2.0"), IPv4.parse("192.0.2.200")
    guests.server.settle(SETTINGS._replace(excluded=((low, at(2)), (at(2), at(3)), (at(6), high))), 0)
    assert guests.server.leases.excluded_in(NETWORK) == 4


# --- is an address free? --------------------------------------------------------------------------------------------


@pytest.fixture
def careful(bench: Callable[[], Any]) -> Guests:
    return Guests(bench(), SETTINGS._replace(ping_packets=2, ping_timeout_ms=500))


def pinged(guests: Guests) -> list[tuple[IPv4, Icmp]]:
    """The echo requests since, and to whom."""
    packets = [ipv4.Ipv4.decode(effect.packet) for effect in guests.taken() if isinstance(effect, SendPacket)]
    return [(packet.destination, Icmp.decode(packet.payload)) for packet in packets]


def discover(guests: Guests, guest: int) -> None:
    message = Dhcp(dhcp.REQUEST_OP, guest, bytes((2, 0, 0, 0, 0, guest)), {dhcp.MESSAGE_TYPE: bytes((dhcp.DISCOVER,))})
    guests.server.receive(message.encode(), PATH, guests.bench.now)


def test_a_new_address_is_offered_after_two_pings_nobody_answered(careful: Guests) -> None:
    bench = careful.bench
    discover(careful, 1)
    ((asked, _),) = pinged(careful)
    assert asked == at(4)
    discover(careful, 1)  # the client is impatient
    assert careful.taken() == []
    (_, again), (second, offer) = bench.run(careful.server, 5)
    assert ipv4.Ipv4.decode(again.packet).destination == at(4)
    assert (second, Dhcp.decode(offer.payload).yours) == (1, at(4))


def test_an_address_that_answers_is_a_conflict_and_the_next_is_tried(careful: Guests) -> None:
    discover(careful, 1)
    ((_, echo),) = pinged(careful)
    wrong = Icmp(icmp.ECHO_REPLY, 0, echo.rest ^ 0x10000, b"")
    careful.server.icmp_arrived(at(4), wrong, careful.bench.now)
    careful.server.icmp_arrived(at(5), Icmp(icmp.ECHO_REPLY, 0, echo.rest, b""), careful.bench.now)
    assert careful.taken() == [], "neither is our ping's answer"
    careful.server.icmp_arrived(at(4), Icmp(icmp.ECHO_REPLY, 0, echo.rest, b""), careful.bench.now)
    report, ping = careful.taken()
    assert isinstance(report, Report) and "server pinged 192.0.2.4" in str(report.message)
    assert ipv4.Ipv4.decode(ping.packet).destination == at(5)
    assert careful.server.leases.conflicts[at(4)].method == "Ping"


def test_the_mark_of_a_relay_agent_comes_back(guests: Guests) -> None:
    agent = Path("GigabitEthernet1", "", OURS, at(6), 67, 67)
    offer, _ = guests.say(1, dhcp.DISCOVER, agent, gateway=at(6), options={dhcp.RELAY_INFORMATION: b"\1\2ab"})
    assert offer.options[dhcp.RELAY_INFORMATION] == b"\1\2ab"
