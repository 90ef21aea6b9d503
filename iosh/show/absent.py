"""What IOS answers about things that are not configured, and here cannot be yet: routing protocols, SNMP, VRFs.

A program asks every router about them; the answer of one without them is a sentence or nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.time import Instant
from iosh.show.registry import Show


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing to show; `sentence` is what IOS says of it, empty where it says nothing."""

    sentence: str


def nothing(router: Any, now: Instant) -> Absent:
    """Not configured, and not a word about it."""
    return Absent("")


def bgp(router: Any, now: Instant) -> Absent:
    """There is no BGP process."""
    return Absent("% BGP not active")


def vrfs(router: Any, now: Instant) -> Absent:
    """There is no VRF: the heading stands alone."""
    return Absent("  Name                             Default RD            Protocols   Interfaces")


def text(value: Absent) -> Iterator[str]:
    """The sentence, if there is one."""
    if value.sentence:
        yield value.sentence


SHOWS: Final = {"nothing": Show(nothing, text), "bgp": Show(bgp, text), "vrfs": Show(vrfs, text)}
