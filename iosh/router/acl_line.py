"""One line of an access list compiled: does it take a packet?

Fragments as IOS has them: without a transport header a line that permits by ports matches by addresses alone, a line
that denies by ports does not match, and `fragments` matches nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.words import ICMP_MESSAGES, PROTOCOLS, TCP_FLAGS
from iosh.config.model_acl import Ace, ServiceMember
from iosh.router.object_groups import Spans
from iosh.wire import ipv4

_ALL: Final = 0xFFFFFFFF
_PORTS: Final = range(65536)
_ESTABLISHED: Final = 0x14  # ACK or RST

Test = Callable[[bytes, int], bool]  # of a packet and where its transport header begins


class Service(NamedTuple):
    """A protocol (None: all of them) and what its header must say."""

    protocol: int | None
    tests: tuple[Test, ...] = ()


class Line:
    """One line, ready to be matched; `matches` counts. `active` is False outside its time range."""

    __slots__ = (
        "ace",
        "active",
        "destination",
        "destination_group",
        "destination_mask",
        "fragments",
        "log",
        "matches",
        "permit",
        "sequence",
        "services",
        "source",
        "source_group",
        "source_mask",
        "tests",
        "tos",
        "tos_mask",
    )

    def __init__(
        self,
        sequence: int,
        ace: Ace,
        matches: int = 0,
        networks: dict[str, Spans] | None = None,
        members: Iterable[ServiceMember] = (),
    ) -> None:
        self.sequence = sequence
        self.ace = ace
        self.matches = matches
        self.active = True
        self.permit = ace.action == "permit"
        self.log = ace.log
        self.source_mask, self.source = _address(
            ace.source_any or ace.source_group is not None, ace.source_host, ace.source, ace.source_wildcard
        )
        self.destination_mask, self.destination = _address(
            ace.destination_any or (ace.destination_host is None and ace.destination is None),
            ace.destination_host,
            ace.destination,
            ace.destination_wildcard,
        )
        self.source_group = _group(networks, ace.source_group)
        self.destination_group = _group(networks, ace.destination_group)
        self.tos_mask, self.tos = _tos(ace)
        self.fragments = ace.fragments
        self.tests = tuple(_header_tests(ace))
        if ace.service is None:
            self.services: tuple[Service, ...] = (Service(_protocol(ace.protocol), tuple(_transport_tests(ace))),)
        else:
            self.services = tuple(service for member in members for service in _services(member))

    @property
    def looks_inside(self) -> bool:
        """Does it ask for more than addresses, protocol and type of service?"""
        return bool(self.tests) or self.fragments or any(service.tests for service in self.services)

    def takes(self, packet: bytes, source: int, destination: int) -> bool:
        """Does a packet match?"""
        if source & self.source_mask != self.source or destination & self.destination_mask != self.destination:
            return False
        if self.source_group is not None and source not in self.source_group:
            return False
        if self.destination_group is not None and destination not in self.destination_group:
            return False
        if self.tos_mask and packet[1] & self.tos_mask != self.tos:
            return False
        at = (packet[0] & 15) << 2
        return all(test(packet, at) for test in self.tests) and self._serves(packet, at)

    def _serves(self, packet: bytes, at: int) -> bool:
        """Is it one of the services?"""
        protocol, later = packet[9], (packet[6] & 0x1F or packet[7]) != 0
        for wanted, tests in self.services:
            if wanted is not None and wanted != protocol:
                continue
            if self.fragments:
                return later
            if not tests or (self.permit if later else all(test(packet, at) for test in tests)):
                return True
        return False


def _protocol(word: str) -> int | None:
    if word == "ip":
        return None
    return int(word) if word.isdigit() else PROTOCOLS[word]


def _group(networks: dict[str, Spans] | None, name: str | None) -> Spans | None:
    """A group's addresses; of one that is not there, none at all."""
    return None if name is None else (networks or {}).get(name, Spans(()))


def _address(
    everything: bool, host: IPv4 | None, address: IPv4 | None, wildcard: IPv4 | None
) -> tuple[int, int]:  # fmt: skip
    """Mask and value: an address matches if what the mask leaves of it is the value."""
    if everything:
        return 0, 0
    if host is not None:
        return _ALL, int(host)
    mask = _ALL & ~(wildcard if wildcard is not None else 0)
    return mask, (address or 0) & mask


def _tos(ace: Ace) -> tuple[int, int]:
    mask = value = 0
    if ace.dscp is not None:
        mask, value = mask | 0xFC, value | ace.dscp << 2
    if ace.precedence is not None:
        mask, value = mask | 0xE0, value | ace.precedence << 5
    if ace.tos is not None:
        mask, value = mask | 0x1E, value | ace.tos << 1
    return mask, value


# --- what a line says of the IP header -----------------------------------------------------------------------------


def _header_tests(ace: Ace) -> Iterator[Test]:
    ttls = _numbers(ace.ttl_operator, () if ace.ttl_low is None else (ace.ttl_low,), ace.ttl_low, ace.ttl_high, 256)
    if ttls is not None:
        yield lambda packet, at: packet[8] in ttls
    if ace.any_option:
        yield lambda packet, at: at > ipv4.HEADER_SIZE
    if ace.option is not None:
        wanted = ace.option
        yield lambda packet, at: wanted in ipv4.option_kinds(packet[ipv4.HEADER_SIZE : at])


# --- what it says of the transport header --------------------------------------------------------------------------


def _services(member: ServiceMember) -> Iterator[Service]:
    """One line of a service group."""
    protocol = member.protocol or "ip"
    tests = tuple(
        _port_test(place, ports)
        for place, ports in (
            (0, _numbers(member.source_operator, _one(member.source_low), member.source_low, member.source_high)),
            (2, _numbers(member.operator, _one(member.low), member.low, member.high)),
        )
        if ports is not None
    )
    if protocol == "tcp-udp":
        yield Service(ipv4.TCP, tests)
        yield Service(ipv4.UDP, tests)
        return
    tests += tuple(_message_tests(member.icmp_message, member.icmp_type, member.icmp_code))
    yield Service(_protocol(protocol), tests)


def _one(number: int | None) -> tuple[int, ...]:
    return () if number is None else (number,)


def _transport_tests(ace: Ace) -> Iterator[Test]:
    for place, ports in (
        (0, _numbers(ace.source_operator, ace.source_ports, ace.source_low, ace.source_high)),
        (2, _numbers(ace.destination_operator, ace.destination_ports, ace.destination_low, ace.destination_high)),
    ):
        if ports is not None:
            yield _port_test(place, ports)
    if ace.established:
        yield _flag_test(_ESTABLISHED)
    flags = sum(bit for name, bit in TCP_FLAGS.items() if getattr(ace, name))
    if flags:
        yield _flag_test(flags)
    if ace.flags_match is not None:
        yield _flags_test(ace.flags_match == "match-all", ace.flags)
    yield from _message_tests(ace.icmp_message, ace.icmp_type, ace.icmp_code)


def _message_tests(message: str | None, kind: int | None, code: int | None) -> Iterator[Test]:
    wanted = ICMP_MESSAGES[message] if message is not None else (kind, code)
    if wanted[0] is not None:
        yield _icmp_test(wanted[0], wanted[1])


def _numbers(
    operator: str | None, numbers: tuple[int, ...], low: int | None, high: int | None, end: int = 65536
) -> frozenset[int] | range | None:
    """The ports (or times to live) an operator means."""
    match operator:
        case "eq":
            return frozenset(numbers)
        case "neq":
            return frozenset(_PORTS[:end]) - frozenset(numbers)
        case "gt":
            return range((low or 0) + 1, end)
        case "lt":
            return range(high if high is not None else low or 0)
        case "range":
            first, last = sorted((low or 0, high or 0))
            return range(first, last + 1)
    return None


def _port_test(place: int, ports: frozenset[int] | range) -> Test:
    def test(packet: bytes, at: int) -> bool:
        port = packet[at + place : at + place + 2]
        return len(port) == 2 and int.from_bytes(port, "big") in ports

    return test


def _flag_test(flags: int) -> Test:
    return lambda packet, at: len(packet) > at + 13 and bool(packet[at + 13] & flags)


def _flags_test(every: bool, flags: tuple[str, ...]) -> Test:
    """`match-all +ack -fin`: these bits set and those not; `match-any`: any of it."""
    wanted = [(TCP_FLAGS[flag[1:]], flag[0] == "+") for flag in flags]
    enough = all if every else any

    def test(packet: bytes, at: int) -> bool:
        return len(packet) > at + 13 and enough(bool(packet[at + 13] & bit) is on for bit, on in wanted)

    return test


def _icmp_test(kind: int, code: int | None) -> Test:
    return lambda packet, at: len(packet) > at + 1 and packet[at] == kind and (code is None or packet[at + 1] == code)
