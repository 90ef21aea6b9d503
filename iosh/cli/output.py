"""What a command prints, before filters and paging."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple


class Output(NamedTuple):
    """Lines, made as they are read, and the value they were made of (for `| json`)."""

    lines: Iterable[str]
    value: Any = None
    page: bool = True
