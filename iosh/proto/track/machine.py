"""A tracked object: up or down as what it watches, after the delays of `delay up|down`.

It is told what is observed, as often as anybody likes; a change that lasts as long as its delay becomes the object's
own (`TrackChanged`, `%TRACK-6-STATE`), one that does not was never there. An object that watches a route asks for it to
be looked at every 15 seconds (`TrackPoll`), as IOS does. What a list of objects makes of its members is said here too
(`listed`). Not here: thresholds of a route's metric.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import NamedTuple

from iosh.base.addr import Prefix
from iosh.base.time import SECOND, Instant
from iosh.proto.machine import Desk

_DELAY = "delay"
_POLL = "poll"
_POLL_EVERY = 15 * SECOND
_WORDS = ("Down", "Up")


class Member(NamedTuple):
    """One object of a list."""

    number: int
    negated: bool = False
    weight: int | None = None


class TrackSettings(NamedTuple):
    """One object: what it watches (an operation of IP SLA, an interface, a route, other objects; which aspect of it),
    and the delays. A stub watches nothing, and is as `stub_up` says."""

    number: int
    sla: int | None = None
    interface: str | None = None
    aspect: str = "state"
    delay_down_s: int = 0
    delay_up_s: int = 0
    route: Prefix | None = None
    list: str | None = None  # "boolean and|or", "threshold weight|percentage"
    members: tuple[Member, ...] = ()
    threshold_up: int | None = None
    threshold_down: int | None = None
    stub_up: bool | None = None

    @property
    def kind(self) -> str:
        """What is watched, in IOS's words."""
        if self.list is not None:
            return "list"
        if self.stub_up is not None:
            return "stub-object"
        return "ip sla" if self.sla is not None else "ip route" if self.route is not None else "interface"

    @property
    def instance(self) -> str:
        """Which one of them."""
        if self.kind in ("list", "stub-object"):
            return ""
        return str(self.sla if self.sla is not None else self.route if self.route is not None else self.interface)

    @property
    def title(self) -> str:
        """As logs name it: `ip sla 1 reachability`."""
        aspect = self.list if self.list is not None else "" if self.stub_up is not None else self.aspect
        return " ".join(word for word in (self.kind, self.instance, aspect) if word)


def listed(settings: TrackSettings, up: Mapping[int, bool], before: bool) -> bool:
    """What a list makes of its members; one that is not there is down. Between its thresholds it stays as it was."""
    states = [(member, (up.get(member.number, False)) is not member.negated) for member in settings.members]
    if settings.list == "boolean and":
        return bool(states) and all(state for _, state in states)
    if settings.list == "boolean or":
        return any(state for _, state in states)
    total = reached(settings, up)
    least_up = settings.threshold_up if settings.threshold_up is not None else 1
    most_down = settings.threshold_down if settings.threshold_down is not None else least_up - 1
    return total >= least_up if not before else total > most_down


def reached(settings: TrackSettings, up: Mapping[int, bool]) -> int:
    """The weight, or the percentage, of a list's members that are up."""
    if settings.list == "threshold weight":
        return sum(member.weight or 10 for member in settings.members if up.get(member.number, False))
    count = sum(up.get(member.number, False) for member in settings.members)
    return count * 100 // len(settings.members) if settings.members else 0


class TrackChanged(NamedTuple):
    """The object went up or down."""

    number: int
    up: bool


class TrackPoll(NamedTuple):
    """The object's route is to be looked at."""

    number: int


class Track:
    """One object. It begins as what is observed at that moment, without a word."""

    def __init__(self, settings: TrackSettings, desk: Desk, up: bool, now: Instant) -> None:
        self.settings = settings
        self.up = up
        self.changes = int(up)
        self.changed = now
        self._desk = desk
        if settings.route is not None:
            desk.ring_at(_POLL, now + _POLL_EVERY)

    def settle(self, settings: TrackSettings, now: Instant) -> bool:
        """Other delays are for the next change; another thing to watch is another object."""
        had, self.settings = self.settings, settings
        return _watched(had) == _watched(settings)

    def observed(self, up: bool, now: Instant) -> None:
        """What it watches is up, or is not."""
        if up == self.up:
            self._desk.no_ring(_DELAY)
            return
        delay_s = self.settings.delay_up_s if up else self.settings.delay_down_s
        if not delay_s:
            self._change(now)
        elif self._desk.rings_at(_DELAY) is None:
            self._desk.ring_at(_DELAY, now + delay_s * SECOND)

    @property
    def changes_at(self) -> Instant | None:
        """When a change that waits for its delay will be true; None: none waits."""
        return self._desk.rings_at(_DELAY)

    def wake(self, name: Hashable, now: Instant) -> None:
        """The change lasted, or a route is to be looked at."""
        if name == _POLL:
            self._desk.ring_at(_POLL, now + _POLL_EVERY)
            self._desk.put(TrackPoll(self.settings.number))
            return
        self._change(now)

    def stop(self, now: Instant) -> None:
        """No longer wanted."""
        self._desk.no_ring(_DELAY)
        self._desk.no_ring(_POLL)

    def _change(self, now: Instant) -> None:
        s, before = self.settings, _WORDS[self.up]
        self.up = not self.up
        self.changes += 1
        self.changed = now
        self._desk.report("TRACK", 6, "STATE", f"{s.number} {s.title} {before} -> {_WORDS[self.up]}")
        self._desk.put(TrackChanged(s.number, self.up))


def _watched(settings: TrackSettings) -> TrackSettings:
    """What makes an object this one: not its delays, nor what is in its list."""
    return settings._replace(
        delay_down_s=0, delay_up_s=0, members=(), threshold_up=None, threshold_down=None, stub_up=None
    )
