"""What stands behind `|`: `include`, `exclude`, `begin`, `section`, `count`, `redirect`, `append`, `tee`, `format` and
iosh's own `json`; one after another, as in IOS-XE 17.

The pattern is the rest of the line, blanks and further bars included (`up|down`); only a bar between blanks with a
modifier behind it, spelt out to three letters at least, begins another pipe. IOS's expressions are read as Python's,
but `_` is a delimiter (blank, comma, brace, parenthesis, either end) and braces are plain characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

_DELIMITER: Final = r"(?:^|[ ,{}()]|$)"

MODIFIERS: Final = {
    "append": "Append redirected output to URL (URLs supporting append operation only)",
    "begin": "Begin with the line that matches",
    "count": "Count number of lines which match regexp",
    "exclude": "Exclude lines that match",
    "format": "Format the output using the specified spec file",
    "include": "Include lines that match",
    "json": "Format output as JSON",
    "redirect": "Redirect output to URL",
    "section": "Filter a section of output",
    "tee": "Copy output to URL",
}
WRITING: Final = ("append", "redirect", "tee")
_FILES: Final = (*WRITING, "format")
_ANOTHER: Final = re.compile(r"[ \t]+(\|)[ \t]+([A-Za-z]{3,})(?:[ \t]+\S|[ \t]*$)")


class BadPipe(Exception):
    """Not a modifier: `column` is where the line fails; None: it ends too early, or the pattern is not one."""

    def __init__(self, column: int | None, sentence: str = "") -> None:
        super().__init__(column, sentence)
        self.column = column
        self.sentence = sentence


class Pipe(NamedTuple):
    """A modifier, and its pattern or its file."""

    modifier: str
    pattern: re.Pattern[str] | None = None
    inverted: bool = False  # `section exclude`
    url: str = ""
    append: bool = False

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


def read(line: str, bar: int, writing: bool = True) -> list[Pipe]:
    """What stands behind the bar and those after it; `writing`: are modifiers that write files there too?"""
    names = [name for name in MODIFIERS if writing or name not in WRITING]
    return [_one(line[:end], begin, names) for begin, end in _places(line, bar, names)]


def _places(line: str, bar: int, names: list[str]) -> Iterator[tuple[int, int]]:
    """Where each pipe begins and ends."""
    for match in _ANOTHER.finditer(line, bar + 1):
        known = [name for name in names if name.startswith(match[2].lower())]
        if known and line[bar + 1 : match.start()].strip():
            yield bar, match.start()
            bar = match.start(1)
    yield bar, len(line)


def _one(line: str, bar: int, names: list[str]) -> Pipe:
    text = line[bar + 1 :]
    word = text.split(maxsplit=1)
    if not word:
        raise BadPipe(None)
    start = line.index(word[0], bar + 1)
    modifier = _modifier(word[0], start, names)
    rest = line[start + len(word[0]) :].lstrip(" ")
    if modifier == "json":
        if rest.strip():
            raise BadPipe(len(line) - len(rest))
        return Pipe("json")
    if modifier in _FILES:
        return _file(modifier, line, rest)
    inverted = False
    if modifier == "section":
        first = rest.split(maxsplit=1)
        if len(first) == 2 and first[0] in ("include", "exclude"):
            inverted = first[0] == "exclude"
            rest = first[1]
    if not rest:
        raise BadPipe(None)
    return Pipe(modifier, compile_pattern(rest), inverted)


def _file(modifier: str, line: str, rest: str) -> Pipe:
    """`redirect flash:x`, `tee /append flash:x`."""
    words = rest.split()
    append = modifier == "append"
    if modifier == "tee" and words and words[0] == "/append":
        append, words = True, words[1:]
    if not words:
        raise BadPipe(None)
    if len(words) > 1:
        raise BadPipe(line.rindex(words[1]))
    return Pipe(modifier, url=words[0], append=append)


def argument(modifier: str) -> dict[str, str]:
    """What `?` says may follow a modifier."""
    if modifier == "json":
        return {"|": "Output modifiers", "<cr>": ""}
    return {"URL": "Uniform Resource Locator"} if modifier in _FILES else {"LINE": "Regular Expression"}


def compile_pattern(text: str) -> re.Pattern[str]:
    """An IOS expression as a Python pattern."""
    try:
        return re.compile(re.sub(r"\\.|[_{}]", _translated, text))
    except re.error:
        raise BadPipe(None, "% Failed to compile regular expression.") from None


def _translated(match: re.Match[str]) -> str:
    text = match[0]
    return _DELIMITER if text == "_" else text if text.startswith("\\") else "\\" + text


def _modifier(word: str, at: int, names: list[str]) -> str:
    found = [name for name in names if name.startswith(word.lower())]
    if len(found) == 1:
        return found[0]
    shared = 0
    while any(name.startswith(word[: shared + 1].lower()) for name in names) and shared < len(word):
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
