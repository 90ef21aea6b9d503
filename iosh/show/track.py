"""`show track [N|brief]`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.time import Instant, Span, clock, seconds
from iosh.proto.track.machine import Track
from iosh.show.registry import Show
from iosh.show.text import plural

if TYPE_CHECKING:
    from iosh.router.router import Router


@dataclass(frozen=True, slots=True)
class Tracked:
    """One object. `why`: what IOS says beside a state of down; `pending_s`: a change is to come in so many seconds."""

    number: int
    kind: str  # "ip sla" | "interface"
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
        "ip sla" if s.sla is not None else "interface",
        str(s.sla) if s.sla is not None else str(s.interface),
        s.aspect,
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
    )


def _why(router: Router, track: Track) -> str | None:
    name = track.settings.interface
    if track.up or name is None:
        return None
    state = router.forwarding.interfaces.get(name)
    if state is None:
        return "hw down"
    if not state.protocol:
        return "hw admin-down" if state.settings.shutdown else "hw down" if not state.line else "line protocol down"
    return "no IP addr" if state.address is None else None


_SUBJECTS: Final = {
    "reachability": "Reachability",
    "state": "State",
    "line-protocol": "Line protocol",
    "ip routing": "IP routing",
}


def text(tracks: Tracks) -> Iterator[str]:
    for each in tracks.objects:
        yield f"Track {each.number}"
        yield f"  {'IP SLA' if each.kind == 'ip sla' else 'Interface'} {each.instance} {each.aspect}"
        why = f" ({each.why})" if each.why else ""
        pending = f", delayed {'Down' if each.up else 'Up'} ({plural(each.pending_s, 'sec')} remaining)" if (
            each.pending_s is not None
        ) else ""  # fmt: skip
        yield f"  {_SUBJECTS[each.aspect]} is {'Up' if each.up else 'Down'}{why}{pending}"
        yield f"    {plural(each.changes, 'change')}, last change {clock(each.since_ns)}"
        delays = [("up", each.delay_up_s), ("down", each.delay_down_s)]
        said = ", ".join(f"{word} {plural(delay, 'sec')}" for word, delay in delays if delay)
        if said:
            yield f"  Delay {said}"
        if each.return_code is not None:
            yield f"  Latest operation return code: {each.return_code}"
        if each.round_trip_ms is not None:
            yield f"  Latest RTT (millisecs) {each.round_trip_ms}"
        if each.routes:
            yield "  Tracked by:"
            yield "    Static IP Routing 0"


def brief_text(tracks: Tracks) -> Iterator[str]:
    if not tracks.objects:
        return
    yield "Track Type        Instance                   Parameter        State Last Change"
    for each in tracks.objects:
        state = "Up" if each.up else "Down"
        yield f"{each.number:<6}{each.kind:<12}{each.instance:<27}{each.aspect:<17}{state:<6}{clock(each.since_ns)}"


SHOWS: Final = {"": Show(view, text), "brief": Show(view, brief_text)}
