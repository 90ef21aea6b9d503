"""What texts of `show` share: plurals, durations as `show version` spells them."""

from __future__ import annotations

from iosh.base.time import SECOND, Span

_UNITS = (("year", 365 * 86400), ("week", 7 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60))


def plural(count: int, word: str) -> str:
    """`1 day`, `2 days`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def spelled(span: Span) -> str:
    """A duration in words, as `show version` has it: `1 week, 2 days, 3 hours, 4 minutes`."""
    left = max(0, span) // SECOND
    parts: list[str] = []
    for word, size in _UNITS:
        count, left = divmod(left, size)
        if count or (word == "minute" and not parts):
            parts.append(plural(count, word))
    return ", ".join(parts)


def is_named(name: str, wanted: str | None) -> bool:
    """Is this neighbour meant by `entry WORD`? A `*` at the end stands for anything."""
    if wanted is None:
        return True
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted
