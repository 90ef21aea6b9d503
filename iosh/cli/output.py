"""What a command prints, before filters and paging; and IOS's words for a line that is not understood."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

AMBIGUOUS: Final = '% Ambiguous command:  "{}"\n'
INCOMPLETE: Final = "% Incomplete command.\n\n"


class Output(NamedTuple):
    """Lines, made as they are read, and the value they were made of (for `| json`)."""

    lines: Iterable[str]
    value: Any = None
    page: bool = True


def caret(column: int) -> str:
    """Points at a column of the line above, prompt included."""
    return " " * column + "^\n% Invalid input detected at '^' marker.\n\n"
