"""`show aliases`: those IOS has, and those configured, by mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.time import Instant
from iosh.show.registry import Show

BUILT_IN: Final = {"h": "help", "lo": "logout", "p": "ping", "r": "resume", "s": "show"} | {
    "u": "undebug", "un": "undebug", "w": "where",
}  # fmt: skip
_MODES: Final = {
    "exec": "Exec mode",
    "configure": "Global configuration mode",
    "interface": "Interface configuration mode",
    "line": "Line configuration mode",
}


@dataclass(frozen=True, slots=True)
class Alias:
    """One name and what it stands for."""

    mode: str
    name: str
    command: str


@dataclass(frozen=True, slots=True)
class Aliases:
    """All of them, sorted by name within their mode."""

    aliases: tuple[Alias, ...]


def view(router: Any, now: Instant) -> Aliases:
    configured = {(key.mode, key.name): command for key, command in router.config.aliases.items()}
    found = {("exec", name): command for name, command in BUILT_IN.items()} | configured
    return Aliases(
        tuple(
            Alias(mode, name, command)
            for wanted in _MODES
            for (mode, name), command in sorted(found.items())
            if mode == wanted
        )
    )


def text(value: Aliases) -> Iterator[str]:
    for index, (mode, heading) in enumerate(_MODES.items()):
        rows = [alias for alias in value.aliases if alias.mode == mode]
        if not rows:
            continue
        if index:
            yield ""
        yield f"{heading} aliases:"
        for alias in rows:
            yield f"  {alias.name:<21} {alias.command}"


SHOWS: Final = {"": Show(view, text)}
