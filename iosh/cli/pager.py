"""` --More-- `: a screenful at a time. Blank: the next page; Enter: one line; `/RE`, `+RE`, `-RE`: go on filtered;
anything else: stop. Lines are made only as they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from iosh.cli.pipes import BadPipe, Pipe, compile_pattern

PROMPT: Final = " --More-- "

_ON: Final = {"/": "begin", "+": "include", "-": "exclude"}


class Pager:
    """One output being read. `waiting` is true while ` --More-- ` stands on the screen."""

    def __init__(self, lines: Iterable[str], length: int, write: Callable[[str], None]) -> None:
        self._lines: Iterator[str] = iter(lines)
        self._length = length
        self._write = write
        self._ahead: str | None = None
        self.waiting = False

    def start(self) -> None:
        """The first page; all of it where paging is off."""
        self._show(self._length - 1 if self._length else None)

    def key(self, text: str) -> None:
        """What the reader presses."""
        if text == " ":
            self._show(self._length - 1)
        elif text in ("", "\r", "\n"):
            self._show(1)
        elif text[0] in _ON and len(text) > 1:
            self._filter(_ON[text[0]], text[1:])
        else:
            self.waiting = False

    def _filter(self, modifier: str, text: str) -> None:
        try:
            pipe = Pipe(modifier, compile_pattern(text))
        except BadPipe as bad:
            self._write(bad.sentence + "\n")
            return
        rest = self._lines if self._ahead is None else _chain(self._ahead, self._lines)
        self._ahead = None
        self._lines = pipe.filter(rest)
        self._write("filtering...\n")
        self._show(self._length - 1)

    def _show(self, count: int | None) -> None:
        """Write that many lines and look whether there is another: the prompt stands only before more."""
        written: list[str] = []
        while count is None or len(written) < count:
            line = self._ahead if self._ahead is not None else next(self._lines, None)
            self._ahead = None
            if line is None:
                break
            written.append(line + "\n")
        self._write("".join(written))
        if count is not None:
            self._ahead = next(self._lines, None)
        self.waiting = self._ahead is not None


def _chain(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest
