"""Time as the machines know it: `int` nanoseconds since the router's world began. Nobody here reads a clock."""

from __future__ import annotations

from typing import Final

# An Instant is a point in time, a Span a distance; both are nanoseconds.
Instant = int
Span = int

MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000


def seconds(span: Span) -> int:
    """Whole seconds in a span, rounded down."""
    return span // SECOND


def spelled(span: Span) -> str:
    """A duration in words, its two largest parts: `1 hour and 5 minutes`."""
    minutes, second = divmod(max(0, span) // SECOND, 60)
    hour, minute = divmod(minutes, 60)
    parts = ((hour, "hour"), (minute, "minute"), (second, "second"))
    words = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in parts if count]
    return " and ".join(words[:2]) or "0 seconds"


def clock(span: Span) -> str:
    """A duration as IOS prints it in tables: `00:01:02`, `1d02h`, `3w5d`, `1y2w`."""
    total = max(0, span) // SECOND
    minutes, second = divmod(total, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days == 0:
        return f"{hour:02d}:{minute:02d}:{second:02d}"
    if days < 7:
        return f"{days}d{hour:02d}h"
    weeks, day = divmod(days, 7)
    if weeks < 52:
        return f"{weeks}w{day}d"
    years, week = divmod(weeks, 52)
    return f"{years}y{week}w"
