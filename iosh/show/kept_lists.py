"""`show ip|ipv6 prefix-list`, `show route-map`, `show policy-map`, `show class-map`, `show ipv6 access-list`.

These lists and maps are kept lines: they are shown as they were configured, with nothing counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.time import Instant
from iosh.config.kept import Kept
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_PREFIX_STEP: Final = 5
_ENTRY_STEP: Final = 10
_SHAPED: Final = re.compile(r"shape (average|peak) (.*)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list."""

    sequence: int
    rule: str


@dataclass(frozen=True, slots=True)
class NamedList:
    """A prefix list, or an IPv6 access list."""

    family: str  # "ip" | "ipv6"
    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class NamedLists:
    """All lists of one kind, by name."""

    lists: tuple[NamedList, ...]


def prefix_lists(router: Router, now: Instant, family: str = "ip", name: str | None = None) -> NamedLists:
    """`ip prefix-list NAME [seq N] RULE`; a line without number stands five after the last."""
    found: dict[str, list[str]] = {}
    for key, kept in router.config.kept.items():
        words = kept.line.split()
        if key.slot.startswith(f"{family} prefix-list") and words[3] != "description":
            found.setdefault(words[2], []).append(" ".join(words[3:]))
    return _lists(family, found, name, r"(?:seq (\d+) )?(.*)", _PREFIX_STEP)


def ipv6_access_lists(router: Router, now: Instant, name: str | None = None) -> NamedLists:
    """`ipv6 access-list NAME` with its lines."""
    found = {
        key.words[0]: [line.line for line in kept.kept.values()]
        for key, kept in router.config.kept.items()
        if key.slot == "ipv6 access-list"
    }
    return _lists("ipv6", found, name, r"(?:sequence (\d+) )?(.*)", _ENTRY_STEP)


def _lists(family: str, found: dict[str, list[str]], name: str | None, pattern: str, step: int) -> NamedLists:
    lists = []
    for title, lines in sorted(found.items()):
        if name not in (None, title):
            continue
        entries: list[Entry] = []
        for line in lines:
            match = re.match(pattern, line)
            assert match is not None
            following = (max((entry.sequence for entry in entries), default=0) // step + 1) * step
            entries.append(Entry(int(match[1] or following), match[2]))
        lists.append(NamedList(family, title, tuple(sorted(entries, key=lambda entry: entry.sequence))))
    return NamedLists(tuple(lists))


def prefix_lists_text(view: NamedLists) -> Iterator[str]:
    for one in view.lists:
        yield f"{one.family} prefix-list {one.name}: {len(one.entries)} entries"
        for entry in one.entries:
            yield f"   seq {entry.sequence} {entry.rule}"


def access_lists_text(view: NamedLists) -> Iterator[str]:
    for one in view.lists:
        yield f"IPv6 access list {one.name}"
        for entry in one.entries:
            yield f"    {entry.rule} sequence {entry.sequence}"


# --- route-maps


@dataclass(frozen=True, slots=True)
class RouteMapEntry:
    """One entry; nothing is counted, for nothing is routed by it."""

    name: str
    action: str
    sequence: int
    matches: tuple[str, ...]
    continues: tuple[str, ...]
    sets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RouteMaps:
    """`show route-map`."""

    entries: tuple[RouteMapEntry, ...]


def route_maps(router: Router, now: Instant, name: str | None = None) -> RouteMaps:
    found = []
    for key, kept in router.config.kept.items():
        if key.slot in ("route-map permit", "route-map deny") and name in (None, key.words[0]):
            lines = [line.line for line in kept.kept.values()]
            clauses = (_clauses(lines, word) for word in ("match", "continue", "set"))
            found.append(RouteMapEntry(key.words[0], key.slot.split()[1], int(key.words[1]), *clauses))
    return RouteMaps(tuple(sorted(found, key=lambda entry: (entry.name, entry.sequence))))


def _clauses(lines: list[str], word: str) -> tuple[str, ...]:
    return tuple(line.removeprefix(word).strip() for line in lines if line.split()[0] == word)


def route_maps_text(view: RouteMaps) -> Iterator[str]:
    for one in view.entries:
        yield f"route-map {one.name}, {one.action}, sequence {one.sequence}"
        yield "  Match clauses:"
        for clause in one.matches:
            yield f"    {_matched(clause)}"
        for clause in one.continues:
            yield f"  Continue: {f'sequence {clause}' if clause else 'to next entry'}"
        yield "  Set clauses:"
        for clause in one.sets:
            yield f"    {clause}"
        yield "  Policy routing matches: 0 packets, 0 bytes"


def _matched(clause: str) -> str:
    """Lists by what they are: `ip address prefix-lists: X`, `ip address (access-lists): 101`."""
    prefixes = re.match(r"(ipv?6? (?:address|next-hop|route-source)) prefix-list (.*)", clause)
    if prefixes is not None:
        return f"{prefixes[1]} prefix-lists: {prefixes[2]} "
    access = re.match(r"(ipv?6? (?:address|next-hop|route-source)) (.*)", clause)
    return f"{access[1]} (access-lists): {access[2]} " if access is not None else clause


# --- policy maps and class maps


@dataclass(frozen=True, slots=True)
class PolicyClass:
    """What a policy does with one class; a line within a line (of `police`) is indented."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PolicyMap:
    """One policy."""

    name: str
    classes: tuple[PolicyClass, ...]


@dataclass(frozen=True, slots=True)
class PolicyMaps:
    """`show policy-map`."""

    policies: tuple[PolicyMap, ...]


def policy_maps(router: Router, now: Instant, name: str | None = None) -> PolicyMaps:
    return PolicyMaps(
        tuple(
            PolicyMap(key.words[0], tuple(_policy_class(one) for one in kept.kept.values() if one.mode))
            for key, kept in router.config.kept.items()
            if key.slot == "policy-map" and name in (None, key.words[0])
        )
    )


def _policy_class(kept: Kept) -> PolicyClass:
    lines: list[str] = []
    for one in kept.kept.values():
        lines += [one.line, *(f" {inner.line}" for inner in one.kept.values())]
    return PolicyClass(kept.line.split()[-1], tuple(lines))


def policy_maps_text(view: PolicyMaps) -> Iterator[str]:
    for policy in view.policies:
        yield f"  Policy Map {policy.name}"
        for one in policy.classes:
            yield f"    Class {one.name}"
            for line in one.lines:
                yield from _policy_line(line)
        yield ""


def _policy_line(line: str) -> Iterator[str]:
    shaped = _SHAPED.fullmatch(line)
    if shaped is not None:
        yield f"      {shaped[1].capitalize()} Rate Traffic Shaping"
        rate, _, rest = shaped[2].partition(" ")
        yield f"      cir {rate} (bps)" + (f"   {rest}" if rest else "")
    elif line.startswith(("police", " ")):
        yield f"     {line.replace(' ', '  ', 1) if line.startswith(' ') else line}"
    else:
        yield f"      {line}"


@dataclass(frozen=True, slots=True)
class ClassMap:
    """One class: by any or all of its matches."""

    name: str
    mode: str
    matches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassMaps:
    """`show class-map`."""

    classes: tuple[ClassMap, ...]


def class_maps(router: Router, now: Instant, name: str | None = None) -> ClassMaps:
    """Those configured, and the one every router has."""
    found = [ClassMap("class-default", "match-any", ("any ",))]
    for key, kept in router.config.kept.items():
        if key.slot.split()[0] == "class-map" and key.slot.split()[-1] in ("class-map", "match-any", "match-all"):
            mode = "match-any" if key.slot.endswith("match-any") else "match-all"
            matches = _clauses([line.line for line in kept.kept.values()], "match")
            found.append(ClassMap(key.words[0], mode, matches))
    return ClassMaps(tuple(one for one in found if name in (None, one.name)))


def class_maps_text(view: ClassMaps) -> Iterator[str]:
    for number, one in enumerate(view.classes):
        yield f" Class Map {one.mode} {one.name} (id {number})"
        for match in one.matches:
            yield f"   Match {match}"
        yield ""


SHOWS: Final = {
    "prefix_lists": Show(prefix_lists, prefix_lists_text),
    "ipv6_access_lists": Show(ipv6_access_lists, access_lists_text),
    "route_maps": Show(route_maps, route_maps_text),
    "policy_maps": Show(policy_maps, policy_maps_text),
    "class_maps": Show(class_maps, class_maps_text),
}
