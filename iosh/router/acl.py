"""Access lists compiled: for a packet, the line it matches.

A list is made once from frozen settings (`AclSettings`) and then asked per packet. Lines are tried in order; what was
found is remembered by the fields the list looks at, so that the packets of a flow cost one lookup. An undefined or
empty list permits everything, any other ends in an unsaid `deny`. What one line says stands in `acl_line.py`.

Lines with a time range act while `TimeRanges` says so; a range that is not there is never active. `evaluate` asks the
flows that `reflect` let out (`reflexive.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.config.model import Config
from iosh.config.model_acl import AccessList as Configured
from iosh.config.model_acl import Ace, ObjectGroups
from iosh.config.rules_acl import sort_entries, sort_lists
from iosh.router.acl_line import Line
from iosh.router.object_groups import GroupSettings, Spans, network_spans, services
from iosh.router.reflexive import Reflexive
from iosh.wire import ipv4

REMEMBERED: Final = 4096
_PLAIN: Final = 0x45  # a header without options
_SSH: Final = 22


class AclSettings(NamedTuple):
    """One list as configured: its lines by sequence number, without remarks, and the groups they use."""

    name: str
    standard: bool
    lines: tuple[tuple[int, Ace], ...] = ()
    groups: GroupSettings = GroupSettings()


class AccessList:
    """One list, compiled. `denied` counts what no line matched; `reflexive` are the lists that `evaluate` asks."""

    __slots__ = ("_found", "_key", "_reflexive", "_remembers", "denied", "lines", "settings")

    def __init__(
        self,
        settings: AclSettings,
        before: AccessList | None = None,
        reflexive: Mapping[str, Reflexive] | None = None,
        active: Collection[str] = (),
    ) -> None:
        known = {(line.sequence, line.ace): line.matches for line in before.lines} if before is not None else {}
        networks = {name: Spans(spans) for name, spans in settings.groups.networks}
        members = dict(settings.groups.services)
        self.settings = settings
        self.lines: tuple[Line, ...] = tuple(
            Line(number, ace, known.get((number, ace), 0), networks, members.get(ace.service or "", ()))
            for number, ace in settings.lines
        )
        self.denied = 0
        self._reflexive = reflexive if reflexive is not None else {}
        self._found: dict[Hashable, Line | None] = {}
        self._key = _flow_key if any(line.looks_inside for line in self.lines) else _address_key
        self._remembers = not any(ace.evaluate or ace.ttl_operator for _, ace in settings.lines)
        self.keep_time(active)

    def keep_time(self, active: Collection[str]) -> None:
        """These time ranges are active now, and no others."""
        self._found.clear()
        for line in self.lines:
            line.active = line.ace.time_range is None or line.ace.time_range in active

    def match(self, packet: bytes) -> Line | None:
        """The first line that matches, counted; None: the unsaid `deny`."""
        found, key = self._found, self._key(packet)
        if key in found:
            line = found[key]
        else:
            line = self._first(packet)
            if packet[0] == _PLAIN and self._remembers:
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
        return next((line for line in self.lines if self._takes(line, packet, source, destination)), None)

    def _takes(self, line: Line, packet: bytes, source: int, destination: int) -> bool:
        if line.ace.evaluate is not None:
            reflexive = self._reflexive.get(line.ace.evaluate)
            return reflexive is not None and reflexive.knows(packet)
        return line.active and line.takes(packet, source, destination)


# --- from the configuration --------------------------------------------------------------------------------------


def settings_of(config: Config) -> dict[str, AclSettings]:
    """All lists, standard ones first."""
    lists = config.access_lists
    return {
        name: _settings(name, kind is lists.standard, configured, config.object_groups)
        for kind in (lists.standard, lists.extended)
        for name, configured in sorted(kind.items(), key=lambda entry: sort_lists(entry[0]))
    }


def _settings(name: str, standard: bool, configured: Configured, groups: ObjectGroups) -> AclSettings:
    entries = sorted(configured.entries.items(), key=lambda entry: sort_entries(entry[0]))
    lines = tuple((key.sequence, ace) for key, ace in entries if ace is not None)
    networks = {used: None for _, ace in lines for used in (ace.source_group, ace.destination_group) if used}
    used_services = {ace.service: None for _, ace in lines if ace.service}
    opened = GroupSettings(
        tuple((used, network_spans(groups, used)) for used in networks),
        tuple((used, services(groups, used)) for used in used_services),
    )
    return AclSettings(name, standard, lines, opened)


def permits(config: Config, name: str | None, address: IPv4) -> bool:
    """May this address open a session on a line with `access-class NAME`? None: no such line."""
    lists = config.access_lists
    configured = None if name is None else lists.standard.get(name) or lists.extended.get(name)
    if name is None or configured is None:
        return True
    segment = bytes(2) + _SSH.to_bytes(2, "big") + bytes(9) + b"\x02" + bytes(6)
    settings = _settings(name, name in lists.standard, configured, config.object_groups)
    return AccessList(settings).permits(ipv4.packet(address, 0, ipv4.TCP, segment))


# --- what is remembered by -----------------------------------------------------------------------------------------


def _address_key(packet: bytes) -> Hashable:
    return packet[1], packet[9], packet[12:20]


def _flow_key(packet: bytes) -> Hashable:
    """What lines with ports look at as well, in a packet without options."""
    protocol = packet[9]
    if protocol == ipv4.TCP:
        return packet[1], packet[6:8], packet[12:24], packet[33:34]
    return packet[1], packet[6:8], protocol, packet[12:24] if protocol == ipv4.UDP else packet[12:22]
