"""What stands behind `|`: `include`, `exclude`, `begin`, `section`, `count` and iosh's own `json`.

The pattern is the rest of the line, blanks and further bars included. IOS's expressions are read as Python's, but
`_` is a delimiter (blank, comma, brace, parenthesis, either end) and braces are plain characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

_DELIMITER: Final = r"(?:^|[ ,{}()]|$)"

MODIFIERS: Final = {
    "begin": "Begin with the line that matches",
    "count": "Count number of lines which match regexp",
    "exclude": "Exclude lines that match",
    "include": "Include lines that match",
    "json": "Format output as JSON",
    "section": "Filter a section of output",
}


class BadPipe(Exception):
    """Not a modifier: `column` is where the line fails; None: it ends too early, or the pattern is not one."""

    def __init__(self, column: int | None, sentence: str = "") -> None:
        super().__init__(column, sentence)
        self.column = column
        self.sentence = sentence


class Pipe(NamedTuple):
    """A modifier and its pattern."""

    modifier: str
    pattern: re.Pattern[str] | None = None
    inverted: bool = False  # `section exclude`

    def filter(self, lines: Iterable[str]) -> Iterator[str]:
        """The lines that pass."""
        assert self.pattern is not None
        if self.modifier == "section":
            return _section(lines, self.pattern, self.inverted)
        return _FILTERS[self.modifier](lines, self.pattern)


def split(line: str) -> tuple[str, int | None]:
    """A command and where its `|` stands, if it has one."""
    at = line.find("|")
    return (line, None) if at < 0 else (line[:at], at)


def read(line: str, bar: int) -> Pipe:
    """What stands behind the bar."""
    text = line[bar + 1 :]
    word = text.split(maxsplit=1)
    if not word:
        raise BadPipe(None)
    start = line.index(word[0], bar + 1)
    modifier = _modifier(word[0], start)
    rest = line[start + len(word[0]) :].lstrip(" ")
    if modifier == "json":
        if rest.strip():
            raise BadPipe(len(line) - len(rest))
        return Pipe("json")
    inverted = False
    if modifier == "section":
        first = rest.split(maxsplit=1)
        if len(first) == 2 and first[0] in ("include", "exclude"):
            inverted = first[0] == "exclude"
            rest = first[1]
    if not rest:
        raise BadPipe(None)
    return Pipe(modifier, compile_pattern(rest), inverted)


def compile_pattern(text: str) -> re.Pattern[str]:
    """An IOS expression as a Python pattern."""
    try:
        return re.compile(re.sub(r"\\.|[_{}]", _translated, text))
    except re.error:
        raise BadPipe(None, "% Failed to compile regular expression.") from None


def _translated(match: re.Match[str]) -> str:
    text = match[0]
    return _DELIMITER if text == "_" else text if text.startswith("\\") else "\\" + text


def _modifier(word: str, at: int) -> str:
    found = [name for name in MODIFIERS if name.startswith(word.lower())]
    if len(found) == 1:
        return found[0]
    shared = 0
    while any(name.startswith(word[: shared + 1].lower()) for name in MODIFIERS) and shared < len(word):
        shared += 1
    raise BadPipe(at + shared)


def _include(lines: Iterable[str], pattern: re.Pattern[str]) -> Iterator[str]:
    return (line for line in lines if pattern.search(line))


def _exclude(lines: Iterable[str], pattern: re.Pattern[str]) -> Iterator[str]:
    return (line for line in lines if not pattern.search(line))


def _begin(lines: Iterable[str], pattern: re.Pattern[str]) -> Iterator[str]:
    found = False
    for line in lines:
        found = found or pattern.search(line) is not None
        if found:
            yield line


def _count(lines: Iterable[str], pattern: re.Pattern[str]) -> Iterator[str]:
    yield f"Number of lines which match regexp = {sum(1 for line in lines if pattern.search(line))}"


def _section(lines: Iterable[str], pattern: re.Pattern[str], inverted: bool) -> Iterator[str]:
    """A line that matches, with all that is indented below it."""
    depth: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if depth is not None and (not line.strip() or indent <= depth):
            depth = None
        if depth is None and pattern.search(line):
            depth = indent
        if (depth is not None) is not inverted:
            yield line


_FILTERS: Final[dict[str, Callable[[Iterable[str], re.Pattern[str]], Iterator[str]]]] = {
    "include": _include,
    "exclude": _exclude,
    "begin": _begin,
    "count": _count,
}
