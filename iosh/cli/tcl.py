"""`tclsh`, as far as programs use it to put files on a router: `puts [open "flash:/f" w+] {…}` over many lines.

Braces gather lines until they balance (`+>` is the prompt meanwhile). `puts` writes to the screen or a file; a line
that is neither `puts` nor `tclquit` is an exec command. There are no variables, procedures or control structures.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from iosh.base.time import Instant
from iosh.router.files import FileError, parse

if TYPE_CHECKING:
    from iosh.cli.console import Console

PROMPT: Final = "(tcl)#"
MORE: Final = "+>"

_QUIT: Final = ("tclquit", "exit")
_OPEN: Final = re.compile(r'puts\s+\[\s*open\s+"?([^"\s\]]+)"?\s+([wa]\+?)\s*\]\s*(.*)\Z', re.DOTALL)
_PUTS: Final = re.compile(r"puts\s+(?:-nonewline\s+)?(.*)\Z", re.DOTALL)


class Tcl:
    """The shell of one console, until `tclquit`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lines: list[str] = []

    @property
    def prompt(self) -> str | None:
        """What stands after the hostname; None: `+>` alone."""
        return None if self._lines else PROMPT

    def line(self, line: str, now: Instant) -> bool:
        """One line typed."""
        self._lines.append(line)
        text = "\n".join(self._lines)
        if _depth(text) > 0:
            return True
        self._lines.clear()
        command = text.strip()
        if command in _QUIT:
            self._console.tcl = None
            return True
        if command.split(maxsplit=1)[:1] == ["puts"]:
            return self._puts(command, now)
        return self._console.execute(text, now)

    def give_up(self) -> None:
        """Ctrl-C: forget the lines gathered."""
        self._lines.clear()

    def _puts(self, command: str, now: Instant) -> bool:
        into_file = _OPEN.match(command)
        if into_file is None:
            onto_screen = _PUTS.match(command)
            self._console.write(f"{_bare(onto_screen[1])}\n" if onto_screen is not None else "\n")
            return True
        name, how, text = into_file.groups()
        files = self._console.router.files
        try:
            url = parse(name)
            there = files.read(url) if how.startswith("a") and files.exists(url) else b""
            files.write(url, there + f"{_bare(text)}\n".encode(), now)
        except (FileError, ValueError):
            self._console.write(f'couldn\'t open "{name}": no such file or directory\n')
            return False
        return True


def _depth(text: str) -> int:
    """Braces that are still open; a backslash takes a brace's meaning away."""
    depth = 0
    escaped = False
    for letter in text:
        if not escaped:
            depth += (letter == "{") - (letter == "}")
        escaped = letter == "\\" and not escaped
    return depth


def _bare(word: str) -> str:
    """A word without the braces or quotes around it."""
    word = word.strip()
    return word[1:-1] if (word[:1], word[-1:]) in (("{", "}"), ('"', '"')) and len(word) > 1 else word
