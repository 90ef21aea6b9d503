"""`show track [N|brief]`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import Prefix
from iosh.base.time import Instant, Span, clock, seconds
from iosh.proto.track.machine import Track, TrackSettings, reached
from iosh.router.rib import Active
from iosh.show.registry import Show
from iosh.show.text import plural

if TYPE_CHECKING:
    from iosh.router.router import Router


@dataclass(frozen=True, slots=True)
class TrackedMember:
    """One object of a list."""

    number: int
    up: bool
    negated: bool
    weight: int | None


@dataclass(frozen=True, slots=True)
class Tracked:
    """One object. `why`: what IOS says beside the state; `pending_s`: a change is to come in so many seconds."""

    number: int
    kind: str  # "ip sla" | "interface" | "ip route" | "list" | "stub-object"
    instance: str
    aspect: str
    up: bool
    why: str | None
    changes: int
    since_ns: Span
    pending_s: int | None
    delay_up_s: int
    delay_down_s: int
    return_code: str | None
    round_trip_ms: int | None
    routes: int  # static routes that hang from it
    first_hop: str | None  # of a route: the interface it leaves by
    members: tuple[TrackedMember, ...]
    reached: int  # the weight or the percentage of them that is up
    threshold_up: int | None
    threshold_down: int | None


@dataclass(frozen=True, slots=True)
class Tracks:
    """`show track`."""

    objects: tuple[Tracked, ...]


def view(router: Router, now: Instant, number: int | None = None) -> Tracks:
    """All objects, or one."""
    tracks = router.services.tracks
    return Tracks(tuple(_tracked(router, track, now) for key, track in sorted(tracks.items()) if number in (None, key)))


def _tracked(router: Router, track: Track, now: Instant) -> Tracked:
    s, at = track.settings, track.changes_at
    operation = router.services.operations.get(s.sla or 0)
    return Tracked(
        s.number,
        s.kind,
        s.instance,
        s.list or s.aspect,
        track.up,
        _why(router, track),
        track.changes,
        now - track.changed,
        None if at is None else seconds(at - now),
        s.delay_up_s,
        s.delay_down_s,
        None if s.sla is None else operation.code if operation is not None else "Unknown",
        operation.round_trip_ms if operation is not None else None,
        sum(route.track == s.number for route in router.config.routes.values()),
        next((each.hops[0].interface for each in _routes(router, s)), None),
        tuple(
            TrackedMember(each.number, router.services.is_up(each.number), each.negated, each.weight)
            for each in s.members
        ),
        reached(s, {number: each.up for number, each in router.services.tracks.items()}),
        s.threshold_up,
        s.threshold_down,
    )


def _routes(router: Router, settings: TrackSettings) -> list[Active]:
    """The route in force that an object watches, if there is one."""
    route = settings.route
    return [] if route is None else [each for each in router.forwarding.rib.covered(route) if each.prefix == route]


def _why(router: Router, track: Track) -> str | None:
    name = track.settings.interface
    if track.settings.route is not None:
        routes = _routes(router, track.settings)
        return "no ip route" if not routes else routes[0].route.source.lower()
    if track.up or name is None:
        return None
    state = router.forwarding.interfaces.get(name)
    if state is None:
        return "hw down"
    if not state.protocol:
        return "hw admin-down" if state.settings.shutdown else "hw down" if not state.line else "line protocol down"
    return "no IP addr" if state.address is None else None


_KINDS: Final = {"ip sla": "IP SLA", "interface": "Interface"}
_SUBJECTS: Final = {
    "reachability": "Reachability",
    "state": "State",
    "line-protocol": "Line protocol",
    "ip routing": "IP routing",
}


def text(tracks: Tracks) -> Iterator[str]:
    for each in tracks.objects:
        yield f"Track {each.number}"
        yield f"  {_heading(each)}"
        why = f" ({each.why})" if each.why else ""
        pending = f", delayed {'Down' if each.up else 'Up'} ({plural(each.pending_s, 'sec')} remaining)" if (
            each.pending_s is not None
        ) else ""  # fmt: skip
        yield f"  {_subject(each)} is {'Up' if each.up else 'Down'}{why}{pending}"
        yield f"    {plural(each.changes, 'change')}, last change {clock(each.since_ns)}"
        delays = [("up", each.delay_up_s), ("down", each.delay_down_s)]
        said = ", ".join(f"{word} {plural(delay, 'sec')}" for word, delay in delays if delay)
        if said:
            yield f"  Delay {said}"
        if each.kind == "ip route":
            yield f"  First-hop interface is {each.first_hop or 'unknown'}"
        yield from _members(each)
        if each.return_code is not None:
            yield f"  Latest operation return code: {each.return_code}"
        if each.round_trip_ms is not None:
            yield f"  Latest RTT (millisecs) {each.round_trip_ms}"
        if each.routes:
            yield "  Tracked by:"
            yield "    Static IP Routing 0"


def _heading(each: Tracked) -> str:
    if each.kind == "ip route":
        prefix = Prefix.parse(each.instance)
        return f"IP route {prefix.network} {prefix.mask} {each.aspect}"
    if each.kind == "list":
        return f"List {each.aspect}"
    return "Stub-object" if each.kind == "stub-object" else f"{_KINDS[each.kind]} {each.instance} {each.aspect}"


def _subject(each: Tracked) -> str:
    if each.kind == "list":
        first, second = each.aspect.split()
        return f"Boolean {second.upper()}" if first == "boolean" else f"Threshold {second}"
    return "State" if each.kind == "stub-object" else _SUBJECTS[each.aspect]


def _members(each: Tracked) -> Iterator[str]:
    """What is in a list, and how much of it is up."""
    for member in each.members:
        weight = f" weight {member.weight or 10}" if each.aspect == "threshold weight" else ""
        yield f"    object {member.number}{' not' if member.negated else ''} {'Up' if member.up else 'Down'}{weight}"
    if each.kind == "list" and each.aspect.startswith("threshold"):
        limits = (("down", each.threshold_down), ("up", each.threshold_up))
        said = " ".join(f"{word} {value}" for word, value in limits if value is not None)
        yield f"  {each.aspect.capitalize()} {said} (now {each.reached})".replace("  (", " (")


def brief_text(tracks: Tracks) -> Iterator[str]:
    if not tracks.objects:
        return
    yield "Track Type        Instance                   Parameter        State Last Change"
    for each in tracks.objects:
        state = "Up" if each.up else "Down"
        aspect = "" if each.kind == "stub-object" else each.aspect
        if each.kind == "list":
            first, second = each.aspect.split()
            aspect = first if first == "boolean" else second
        yield f"{each.number:<6}{each.kind:<12}{each.instance:<27}{aspect:<17}{state:<6}{clock(each.since_ns)}"


SHOWS: Final = {"": Show(view, text), "brief": Show(view, brief_text)}
