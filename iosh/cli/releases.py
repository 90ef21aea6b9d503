"""Which releases have a word: `[since 15.1]`, `[until 17.11]`, `[until 17.11 or crypto.weak]`.

The release is that of the running-config's `version` line. What is configured is printed and can be taken away in
every release; only what is typed or loaded is held against it, and what `?` lists.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from iosh.config.model import Config, release


class Where(frozenset[str]):
    """The `[on …]` conditions that hold for a mode's object, in a configuration."""

    config: Config

    def __new__(cls, places: Iterable[str], config: Config) -> Where:
        where = super().__new__(cls, places)
        where.config = config
        return where


class Span(NamedTuple):
    """From one release on, up to another one that has it no longer, unless a field of the configuration is set."""

    since: str = ""
    until: str = ""
    unless: str = ""

    def holds(self, version: str) -> bool:
        """Is this release one of them?"""
        here = release(version)
        return (not self.since or here >= release(self.since)) and (not self.until or here < release(self.until))

    def covers(self, places: Collection[str]) -> bool:
        """Does a word of these releases exist there? Who asks of no configuration gets the words of all releases."""
        if not isinstance(places, Where):
            return True
        return self.holds(places.config.version) or (bool(self.unless) and attrgetter(self.unless)(places.config))

    @property
    def text(self) -> str:
        """The releases, as one says it."""
        said = [f"since {self.since}"] if self.since else []
        return ", ".join([*said, f"before {self.until}"] if self.until else said)


@lru_cache(maxsize=64)
def span(text: str) -> Span:
    """`since 16`, `until 17.11`, `until 17.11 or crypto.weak`."""
    first, named, *more = text.split()
    if first not in ("since", "until") or more[:1] not in ([], ["or"]) or not release(named):
        raise ValueError("not a span of releases")
    return Span(**{first: named}, unless=" ".join(more[1:]))
