"""Access lists compiled: for a packet, the line it matches.

A list is made once from frozen settings (`AclSettings`) and then asked per packet. Lines are tried in order; what was
found is remembered by the fields the list looks at, so that the packets of a flow cost one lookup. An undefined or
empty list permits everything, any other ends in an unsaid `deny`.

Fragments as IOS has them: without a transport header a line that permits by ports matches by addresses alone, a line
that denies by ports does not match, and `fragments` matches nothing else. Time ranges are taken to be always active.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.words import ICMP_MESSAGES, PROTOCOLS
from iosh.config.model import Config
from iosh.config.model_acl import AccessList as Configured
from iosh.config.model_acl import Ace
from iosh.config.rules_acl import sort_entries, sort_lists
from iosh.wire import ipv4

REMEMBERED: Final = 4096
_ALL: Final = 0xFFFFFFFF
_PLAIN: Final = 0x45  # a header without options
_PORTS: Final = range(65536)
_ESTABLISHED: Final = 0x14  # ACK or RST
_FLAGS: Final = {"fin": 0x01, "syn": 0x02, "rst": 0x04, "psh": 0x08, "ack": 0x10, "urg": 0x20}
_SSH: Final = 22

Test = Callable[[bytes, int], bool]  # of a packet and where its transport header begins


class AclSettings(NamedTuple):
    """One list as configured: its lines by sequence number, without remarks."""

    name: str
    standard: bool
    lines: tuple[tuple[int, Ace], ...] = ()


class Line:
    """One line, ready to be matched; `matches` counts."""

    __slots__ = (
        "ace",
        "destination",
        "destination_mask",
        "fragments",
        "log",
        "matches",
        "permit",
        "protocol",
        "sequence",
        "source",
        "source_mask",
        "tests",
        "tos",
        "tos_mask",
    )

    def __init__(self, sequence: int, ace: Ace, matches: int = 0) -> None:
        self.sequence = sequence
        self.ace = ace
        self.matches = matches
        self.permit = ace.action == "permit"
        self.log = ace.log
        self.protocol = _protocol(ace.protocol)
        self.source_mask, self.source = _address(ace.source_any, ace.source_host, ace.source, ace.source_wildcard)
        self.destination_mask, self.destination = _address(
            ace.destination_any or (ace.destination_host is None and ace.destination is None),
            ace.destination_host,
            ace.destination,
            ace.destination_wildcard,
        )
        self.tos_mask, self.tos = _tos(ace)
        self.fragments = ace.fragments
        self.tests = tuple(_tests(ace))

    def takes(self, packet: bytes, source: int, destination: int) -> bool:
        """Does a packet match?"""
        if self.protocol is not None and packet[9] != self.protocol:
            return False
        if source & self.source_mask != self.source or destination & self.destination_mask != self.destination:
            return False
        if self.tos_mask and packet[1] & self.tos_mask != self.tos:
            return False
        later = (packet[6] & 0x1F or packet[7]) != 0
        if self.fragments:
            return later
        if not self.tests:
            return True
        if later:
            return self.permit
        at = (packet[0] & 15) << 2
        return all(test(packet, at) for test in self.tests)


class AccessList:
    """One list, compiled. `denied` counts what no line matched."""

    __slots__ = ("_found", "_key", "denied", "lines", "settings")

    def __init__(self, settings: AclSettings, before: AccessList | None = None) -> None:
        known = {(line.sequence, line.ace): line.matches for line in before.lines} if before is not None else {}
        self.settings = settings
        self.lines: tuple[Line, ...] = tuple(
            Line(number, ace, known.get((number, ace), 0)) for number, ace in settings.lines
        )
        self.denied = 0
        self._found: dict[Hashable, Line | None] = {}
        self._key = _flow_key if any(line.tests or line.fragments for line in self.lines) else _address_key

    def match(self, packet: bytes) -> Line | None:
        """The first line that matches, counted; None: the unsaid `deny`."""
        found, key = self._found, self._key(packet)
        if key in found:
            line = found[key]
        else:
            line = self._first(packet)
            if packet[0] == _PLAIN:
                if len(found) >= REMEMBERED:
                    found.clear()
                found[key] = line
        if line is None:
            self.denied += 1
        else:
            line.matches += 1
        return line

    def permits(self, packet: bytes) -> bool:
        """Is a packet let through? An empty list lets everything through."""
        if not self.lines:
            return True
        line = self.match(packet)
        return line is not None and line.permit

    def clear(self) -> None:
        """`clear access-list counters`."""
        self.denied = 0
        for line in self.lines:
            line.matches = 0

    def _first(self, packet: bytes) -> Line | None:
        source, destination = int.from_bytes(packet[12:16], "big"), int.from_bytes(packet[16:20], "big")
        return next((line for line in self.lines if line.takes(packet, source, destination)), None)


# --- from the configuration --------------------------------------------------------------------------------------


def settings_of(config: Config) -> dict[str, AclSettings]:
    """All lists, standard ones first."""
    lists = config.access_lists
    return {
        name: _settings(name, kind is lists.standard, configured)
        for kind in (lists.standard, lists.extended)
        for name, configured in sorted(kind.items(), key=lambda entry: sort_lists(entry[0]))
    }


def _settings(name: str, standard: bool, configured: Configured) -> AclSettings:
    entries = sorted(configured.entries.items(), key=lambda entry: sort_entries(entry[0]))
    return AclSettings(name, standard, tuple((key.sequence, ace) for key, ace in entries if ace is not None))


def permits(config: Config, name: str | None, address: IPv4) -> bool:
    """May this address open a session on a line with `access-class NAME`? None: no such line."""
    lists = config.access_lists
    configured = None if name is None else lists.standard.get(name) or lists.extended.get(name)
    if name is None or configured is None:
        return True
    segment = bytes(2) + _SSH.to_bytes(2, "big") + bytes(9) + b"\x02" + bytes(6)
    return AccessList(_settings(name, name in lists.standard, configured)).permits(
        ipv4.packet(address, 0, ipv4.TCP, segment)
    )


# --- compiling ---------------------------------------------------------------------------------------------------


def _address_key(packet: bytes) -> Hashable:
    return packet[1], packet[9], packet[12:20]


def _flow_key(packet: bytes) -> Hashable:
    """What lines with ports look at as well, in a packet without options."""
    protocol = packet[9]
    if protocol == ipv4.TCP:
        return packet[1], packet[6:8], packet[12:24], packet[33:34]
    return packet[1], packet[6:8], protocol, packet[12:24] if protocol == ipv4.UDP else packet[12:22]


def _protocol(word: str) -> int | None:
    if word == "ip":
        return None
    return int(word) if word.isdigit() else PROTOCOLS[word]


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


def _tests(ace: Ace) -> Iterable[Test]:
    """What a line says of the transport header."""
    source = _ports(ace.source_operator, ace.source_ports, ace.source_low, ace.source_high)
    if source is not None:
        yield _port_test(0, source)
    destination = _ports(ace.destination_operator, ace.destination_ports, ace.destination_low, ace.destination_high)
    if destination is not None:
        yield _port_test(2, destination)
    if ace.established:
        yield _flag_test(_ESTABLISHED)
    flags = sum(bit for name, bit in _FLAGS.items() if getattr(ace, name))
    if flags:
        yield _flag_test(flags)
    wanted = ICMP_MESSAGES[ace.icmp_message] if ace.icmp_message is not None else (ace.icmp_type, ace.icmp_code)
    if wanted[0] is not None:
        yield _icmp_test(wanted[0], wanted[1])


def _ports(
    operator: str | None, ports: tuple[int, ...], low: int | None, high: int | None
) -> frozenset[int] | range | None:
    """The ports an operator means."""
    match operator:
        case "eq":
            return frozenset(ports)
        case "neq":
            return frozenset(_PORTS) - frozenset(ports)
        case "gt":
            return range((low or 0) + 1, 65536)
        case "lt":
            return range(high or 0)
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


def _icmp_test(kind: int, code: int | None) -> Test:
    return lambda packet, at: len(packet) > at + 1 and packet[at] == kind and (code is None or packet[at + 1] == code)
