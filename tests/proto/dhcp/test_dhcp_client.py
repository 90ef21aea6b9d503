"""The DHCP client as a timetable: what it sends, when, and what it makes of the answers (RFC 2131 section 4.4)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import BROADCAST, IPv4
from iosh.base.time import SECOND
from iosh.proto.dhcp.client import DhcpClient, DhcpClientSettings, State
from iosh.proto.dhcp.effects import Leased, LeaseLost, SendOnLink
from iosh.proto.machine import Path, SendDatagram
from iosh.wire import dhcp
from iosh.wire.dhcp import Dhcp

MAC = bytes.fromhex("aabbcc000100")
SETTINGS = DhcpClientSettings("GigabitEthernet1", MAC, b"\0cisco-aabb.cc00.0100-Gi1", "R1")
SERVER, ADDRESS = IPv4.parse("192.0.2.1"), IPv4.parse("192.0.2.9")
MASK = IPv4.parse("255.255.255.0")
PATH = Path("GigabitEthernet1", "", BROADCAST, SERVER, 68, 67)


def message(effect: Any) -> Dhcp:
    return Dhcp.decode(effect.payload)


def reply(kind: int, client: DhcpClient, address: IPv4 = ADDRESS, lease_s: int = 3600, **more: Any) -> bytes:
    options = {dhcp.MESSAGE_TYPE: bytes((kind,)), dhcp.SERVER_ID: SERVER.packed, dhcp.SUBNET_MASK: MASK.packed}
    options |= {dhcp.LEASE_TIME: lease_s.to_bytes(4, "big"), dhcp.ROUTERS: SERVER.packed}
    return Dhcp(dhcp.REPLY_OP, client.xid, MAC, options | more.get("options", {}), yours=address).encode()


def bound(bench: Any, lease_s: int = 3600) -> DhcpClient:
    client = DhcpClient(SETTINGS, bench.desk, bench.now)
    client.link_changed(True, bench.now)
    client.receive(reply(dhcp.OFFER, client), PATH, bench.now)
    client.receive(reply(dhcp.ACK, client, lease_s=lease_s), PATH, bench.now)
    assert client.state is State.BOUND
    bench.taken()
    return client


def test_from_nothing_to_an_address(bench: Callable[[], Any]) -> None:
    one = bench()
    client = DhcpClient(SETTINGS, one.desk, 0)
    assert one.taken() == [], "not before the link is up"
    client.link_changed(True, 0)
    (discover,) = one.taken()
    assert (discover.interface, discover.local, discover.remote, discover.mac) == (
        "GigabitEthernet1", IPv4(0), BROADCAST, None,
    )  # fmt: skip
    asked = message(discover)
    assert (asked.type, asked.broadcast, asked.client) == (dhcp.DISCOVER, True, IPv4(0))
    assert (asked.client_id, asked.text(dhcp.HOST_NAME)) == (SETTINGS.client_id, "R1")
    client.receive(reply(dhcp.OFFER, client), PATH, 0)
    (request,) = map(message, one.taken())
    assert request.type == dhcp.REQUEST and request.xid == asked.xid
    assert (request.address(dhcp.REQUESTED_ADDRESS), request.address(dhcp.SERVER_ID)) == (ADDRESS, SERVER)
    client.receive(reply(dhcp.ACK, client), PATH, 0)
    (leased,) = one.taken()
    assert isinstance(leased, Leased) and str(leased.lease.prefix) == "192.0.2.0/24"
    assert (leased.lease.address, leased.lease.routers) == (ADDRESS, (SERVER,))
    assert (leased.lease.renewal_s, leased.lease.rebinding_s, leased.lease.lease_s) == (1800, 3150, 3600)


def test_discover_is_repeated_at_growing_distances(bench: Callable[[], Any]) -> None:
    one = bench()
    client = DhcpClient(SETTINGS, one.desk, 0)
    client.link_changed(True, 0)
    times = [at for at, _ in one.run(client, 400)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    for gap, about in zip(gaps, (4, 8, 16, 32, 64, 64, 64), strict=False):
        assert about - 2 <= gap <= about + 2
    assert len(times) == 10


def test_a_request_nobody_answers_begins_anew(bench: Callable[[], Any]) -> None:
    one = bench()
    client = DhcpClient(SETTINGS, one.desk, 0)
    client.link_changed(True, 0)
    client.receive(reply(dhcp.OFFER, client), PATH, 0)
    kinds = [message(effect).type for _, effect in one.run(client, 80)]
    assert kinds == [dhcp.DISCOVER] + [dhcp.REQUEST] * 4 + [dhcp.DISCOVER] + [dhcp.DISCOVER] * (len(kinds) - 6)
    assert len(kinds) >= 6


def test_renewed_by_unicast_then_by_broadcast_then_lost(bench: Callable[[], Any]) -> None:
    one = bench()
    client = bound(one)
    seen = one.run(client, 3700)
    renewals = [(at, effect) for at, effect in seen if isinstance(effect, SendDatagram)]
    assert renewals[0][0] == 1800 and renewals[0][1].remote == SERVER and renewals[0][1].local == ADDRESS
    assert message(renewals[0][1]).client == ADDRESS and not message(renewals[0][1]).broadcast
    assert [at for at, _ in renewals] == [1800, 2475, 2812, 2981, 3065, 3125], "at half of what is left"
    rebinds = [at for at, effect in seen if isinstance(effect, SendOnLink) and message(effect).client == ADDRESS]
    assert rebinds[0] == 3150
    assert [at for at, effect in seen if isinstance(effect, LeaseLost)] == [3600]
    assert message(seen[-1][1]).type == dhcp.DISCOVER


def test_an_answer_to_a_renewal_lengthens_the_lease(bench: Callable[[], Any]) -> None:
    one = bench()
    client = bound(one)
    one.run(client, 1800)
    assert client.state is State.RENEWING
    client.receive(reply(dhcp.ACK, client), PATH, one.now)
    (leased,) = one.taken()
    assert leased.lease.expire_at == 5400 * SECOND and client.state is State.BOUND
    assert [at for at, _ in one.run(client, 1799)] == []
    assert len(one.run(client, 1)) == 1


@pytest.mark.parametrize("address", ["192.0.2.10", "198.51.100.1"])
def test_another_address_at_a_renewal_replaces_the_old_one(bench: Callable[[], Any], address: str) -> None:
    one = bench()
    client = bound(one)
    one.run(client, 1800)
    client.receive(reply(dhcp.ACK, client, IPv4.parse(address)), PATH, one.now)
    lost, leased = one.taken()
    assert isinstance(lost, LeaseLost) and str(leased.lease.address) == address


def test_a_refusal_takes_the_address_away_at_once(bench: Callable[[], Any]) -> None:
    one = bench()
    client = bound(one)
    one.run(client, 1800)
    client.receive(reply(dhcp.NAK, client), PATH, one.now)
    lost, discover = one.taken()
    assert isinstance(lost, LeaseLost) and message(discover).type == dhcp.DISCOVER


def test_a_server_that_offers_and_refuses_is_not_asked_without_pause(bench: Callable[[], Any]) -> None:
    one = bench()
    client = DhcpClient(SETTINGS, one.desk, 0)
    client.link_changed(True, 0)
    client.receive(reply(dhcp.OFFER, client), PATH, 0)
    one.taken()
    client.receive(reply(dhcp.NAK, client), PATH, 0)
    assert one.taken() == []
    assert [message(effect).type for _, effect in one.run(client, 6)] == [dhcp.DISCOVER]


def test_a_link_that_comes_back_asks_for_the_address_it_has(bench: Callable[[], Any]) -> None:
    one = bench()
    client = bound(one)
    client.link_changed(False, 0)
    assert one.run(client, 100) == []
    client.link_changed(True, one.now)
    (request,) = map(message, one.taken())
    assert request.type == dhcp.REQUEST and request.address(dhcp.REQUESTED_ADDRESS) == ADDRESS
    assert request.address(dhcp.SERVER_ID) is None and request.client == IPv4(0)
    one.run(client, 100)
    assert client.state is State.BOUND, "nobody answers, and the lease is good"


def test_release_gives_back_and_renew_begins_again(bench: Callable[[], Any]) -> None:
    one = bench()
    client = bound(one)
    client.release(one.now)
    given_back, lost = one.taken()
    assert isinstance(given_back, SendDatagram) and message(given_back).type == dhcp.RELEASE
    assert message(given_back).client == ADDRESS and isinstance(lost, LeaseLost)
    assert one.run(client, 4000) == []
    client.renew(one.now)
    assert message(one.taken()[0]).type == dhcp.DISCOVER


def test_a_lease_without_end_is_never_renewed(bench: Callable[[], Any]) -> None:
    one = bench()
    client = bound(one, lease_s=dhcp.INFINITE)
    assert one.run(client, 10**7) == [] and client.next_timer() is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": IPv4(0)},
        {"address": IPv4.parse("224.0.0.9")},
        {"address": IPv4.parse("127.0.0.1")},
        {"options": {dhcp.SUBNET_MASK: b"\xff\0\xff\0"}},
        {"options": {dhcp.SUBNET_MASK: b""}},
        {"options": {dhcp.SERVER_ID: b"\1"}},
    ],
)
def test_offers_nobody_can_use_are_left(bench: Callable[[], Any], wrong: dict[str, Any]) -> None:
    one = bench()
    client = DhcpClient(SETTINGS, one.desk, 0)
    client.link_changed(True, 0)
    client.receive(reply(dhcp.OFFER, client, **wrong), PATH, 0)
    assert client.state is State.SELECTING and one.desk.counters["offer_unusable"] == 1


@given(st.binary(max_size=60), st.sampled_from(list(range(9))), st.integers(0, 2**32 - 1), st.integers(0, 60))
@settings(max_examples=200)
def test_nothing_a_server_says_breaks_it(more: bytes, kind: int, lease_s: int, wait: int) -> None:
    from collections import deque

    from iosh.base.rng import Rng
    from iosh.base.timers import Timers
    from iosh.proto.machine import Desk

    timers = Timers()
    client = DhcpClient(SETTINGS, Desk("dhcp", deque(), timers, Rng(2)), 0)
    client.link_changed(True, 0)
    now = 0
    for answer in (dhcp.OFFER, kind, dhcp.ACK, kind, dhcp.NAK):
        data = reply(answer, client, lease_s=lease_s)
        client.receive(data[:240] + more + data[240:], PATH, now)
        client.receive(data, PATH, now)
        now += wait * SECOND
        for _ in range(20):
            name = timers.pop(now)
            if name is None:
                break
            assert isinstance(name, tuple)
            client.wake(name[1], now)
    assert (client.lease is None) == (client.state in (State.INIT, State.SELECTING, State.REQUESTING))
