"""The relay agent: what is passed on to whom, and what becomes of option 82 (RFC 3046)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iosh.base.addr import BROADCAST, IPv4
from iosh.proto.dhcp.effects import SendOnLink
from iosh.proto.dhcp.relay import Relay, RelayInterface, RelaySettings
from iosh.proto.machine import Path, SendDatagram
from iosh.wire import dhcp
from iosh.wire.dhcp import Dhcp

LAN, SERVER, OTHER = IPv4.parse("10.1.0.1"), IPv4.parse("192.0.2.9"), IPv4.parse("192.0.2.10")
MAC = b"\2\0\0\0\0\7"
ON_LAN = Path("GigabitEthernet2", "", BROADCAST, IPv4(0), 67, 68)
FROM_SERVER = Path("GigabitEthernet1", "", LAN, SERVER, 67, 67)
PLAIN = RelaySettings((("GigabitEthernet2", RelayInterface(LAN, 2, (SERVER, OTHER))),))
MARK = b"\x02\x0c\0\1\0\0" + LAN.packed + b"\2\0\0\0"


class Agent:
    """An agent, and what it passed on."""

    def __init__(self, bench: Any, settings: RelaySettings) -> None:
        self.bench = bench
        self.relay = Relay(settings, bench.desk)

    def asked(self, mark: bytes | None = None, path: Path = ON_LAN, **more: Any) -> list[tuple[SendDatagram, Dhcp]]:
        options = {dhcp.MESSAGE_TYPE: b"\1", **({dhcp.RELAY_INFORMATION: mark} if mark is not None else {})}
        self.relay.receive(Dhcp(dhcp.REQUEST_OP, 9, MAC, options, **more).encode(), path)
        return [(effect, Dhcp.decode(effect.payload)) for effect in self.bench.taken()]

    def answered(self, mark: bytes | None = None, gateway: IPv4 = LAN, **more: Any) -> list[tuple[SendOnLink, Dhcp]]:
        options = {dhcp.MESSAGE_TYPE: b"\2", **({dhcp.RELAY_INFORMATION: mark} if mark is not None else {})}
        answer = Dhcp(dhcp.REPLY_OP, 9, MAC, options, gateway=gateway, yours=IPv4.parse("10.1.0.7"), **more)
        self.relay.receive(answer.encode(), FROM_SERVER)
        return [(effect, Dhcp.decode(effect.payload)) for effect in self.bench.taken()]


@pytest.fixture
def agent(bench: Callable[[], Any]) -> Callable[..., Agent]:
    return lambda **more: Agent(bench(), PLAIN._replace(**more))


def test_a_request_goes_to_every_helper_with_our_address_in_it(agent: Callable[..., Agent]) -> None:
    passed = agent().asked(broadcast=True)
    assert [(sent.local, sent.remote, sent.remote_port) for sent, _ in passed] == [(LAN, SERVER, 67), (LAN, OTHER, 67)]
    assert [(each.gateway, each.hops, each.broadcast) for _, each in passed] == [(LAN, 1, True)] * 2
    assert dhcp.RELAY_INFORMATION not in passed[0][1].options


def test_another_agents_address_stays_and_hops_end(agent: Callable[..., Agent]) -> None:
    relay = agent()
    assert relay.asked(gateway=OTHER, hops=3)[0][1][-2:] == (OTHER, 4)
    assert relay.asked(hops=16) == [] and relay.relay.counters["too_many_hops"] == 1


def test_an_answer_goes_to_the_client_alone_or_to_everybody_as_it_asked(agent: Callable[..., Agent]) -> None:
    relay = agent()
    ((sent, _),) = relay.answered()
    assert (sent.interface, sent.local, sent.mac, sent.remote_port) == ("GigabitEthernet2", LAN, MAC, 68)
    ((sent, _),) = relay.answered(broadcast=True)
    assert (sent.remote, sent.mac) == (BROADCAST, None)
    assert relay.answered(gateway=OTHER) == []


def test_a_mark_is_set_on_the_way_there_and_taken_off_on_the_way_back(agent: Callable[..., Agent]) -> None:
    relay = agent(marks=True)
    assert relay.asked()[0][1].options[dhcp.RELAY_INFORMATION] == MARK
    ((_, message),) = relay.answered(MARK)
    assert dhcp.RELAY_INFORMATION not in message.options
    assert relay.answered(MARK.replace(LAN.packed, OTHER.packed)) == []
    assert relay.relay.counters["mark_of_another"] == 1


@pytest.mark.parametrize(("policy", "mark"), [("drop", None), ("keep", b"\1\1x"), ("replace", MARK)])
def test_what_another_agent_marked_is_treated_by_the_policy(
    agent: Callable[..., Agent], policy: str, mark: bytes | None
) -> None:
    passed = agent(marks=True, policy=policy).asked(b"\1\1x", gateway=OTHER)
    assert (passed[0][1].options[dhcp.RELAY_INFORMATION] if passed else None) == mark


def test_a_mark_from_no_agent_is_believed_only_where_trusted(agent: Callable[..., Agent]) -> None:
    relay = agent()
    assert relay.asked(b"\1\1x") == [] and relay.relay.counters["untrusted"] == 1
    assert agent(trust_all=True).asked(b"\1\1x")
    trusted = (("GigabitEthernet2", RelayInterface(LAN, 2, (SERVER,), trusted=True)),)
    assert agent(interfaces=trusted).asked(b"\1\1x")


def test_where_a_server_of_ours_answers_requests_are_left_to_it(agent: Callable[..., Agent]) -> None:
    relay = agent().relay
    request = Dhcp(dhcp.REQUEST_OP, 9, MAC, {dhcp.MESSAGE_TYPE: b"\1"}).encode()
    assert not relay.receive(request, ON_LAN, served=True)
    assert not relay.receive(request, FROM_SERVER)
    assert relay.receive(request, ON_LAN)


@given(st.binary(max_size=400))
def test_junk_is_counted_and_no_more(data: bytes) -> None:
    from iosh.proto.machine import Desk

    class Nothing(Desk):
        def put(self, effect: Any) -> None:
            raise AssertionError(effect)

    relay = Relay(PLAIN, Nothing("relay", None, None, None))  # type: ignore[arg-type]
    assert relay.receive(data, ON_LAN) and relay.counters["malformed"] == 1
