"""`?` and Tab at a console: in which tree the cursor stands, behind `no`, `do`, `undebug` and `|` too."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from iosh.cli import help as helping
from iosh.cli import pipes
from iosh.cli.exec_line import undebugged
from iosh.cli.notation import grammar
from iosh.cli.parse import Word
from iosh.cli.privilege import access
from iosh.cli.releases import Where
from iosh.cli.tree import Node

if TYPE_CHECKING:
    from iosh.cli.console import Console


class Spot(NamedTuple):
    """A tree, what exists in it, and the typed line with the words already dealt with blanked out."""

    root: Node
    places: Collection[str]
    typed: str
    heading: str
    level: int


def help_text(console: Console, typed: str) -> str:
    """What `?` prints."""
    _, bar = pipes.split(typed)
    if bar is not None and console.configurator is None:
        return _pipe_help(typed[typed.rindex("|") + 1 :], console.privileged)
    spot = _spot(console, typed)
    return helping.help_text(spot.typed, spot.root, spot.places, spot.level, spot.heading)


def completion(console: Console, typed: str) -> str | None:
    """What Tab makes of a line."""
    spot = _spot(console, typed)
    whole = helping.completion(spot.typed, spot.root, spot.places, spot.level)
    if whole is None:
        return None
    begun = len(typed) - len(typed.split()[-1])
    return typed[:begun] + whole[begun:]


def _spot(console: Console, typed: str) -> Spot:
    words, _ = helping.split(typed)
    first = words[0].text.lower() if words else ""
    configurator = console.configurator
    mode = grammar().modes["exec"]
    config = console.router.config
    exec_level = access(config, console.level, view=console.view)
    if configurator is not None:
        if first == "do":
            return Spot(mode.root, (), _blanked(typed, words[:1]), mode.heading, exec_level)
        level = configurator.stack[-1]
        inside = access(config, console.level, level.mode.name, console.view)
        dealt_with = words[:1] if first in ("no", "default") else []
        return Spot(
            level.mode.root, Where(level.places, config), _blanked(typed, dealt_with), level.mode.heading, inside
        )
    if words:
        root, rest, off = undebugged([*words, Word("", len(typed))])  # as if another word followed
        if off:
            return Spot(root, (), _blanked(typed, words[: len(words) + 1 - len(rest)]), mode.heading, exec_level)
    return Spot(mode.root, (), typed, mode.heading, exec_level)


def _blanked(typed: str, words: list[Word]) -> str:
    end = words[-1].at + len(words[-1].text) if words else 0
    return " " * end + typed[end:]


def _pipe_help(text: str, writing: bool) -> str:
    words = text.split()
    begun = words[0].lower() if words else ""
    names = [name for name in pipes.MODIFIERS if name.startswith(begun) and (writing or name not in pipes.WRITING)]
    if words and (len(words) > 1 or text[-1].isspace()):
        return f"{helping.layout(pipes.argument(names[0]) if names else {})}\n"
    rows = {name: pipes.MODIFIERS[name] for name in names}
    return f"{helping.layout(rows)}\n" if rows else helping.UNRECOGNIZED
