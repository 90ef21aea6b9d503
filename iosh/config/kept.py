"""Lines that are kept and printed back, and do nothing: of hardware and services there are not here, or not yet.

A line's key says what it replaces and what `no` takes away: its keywords, and the arguments that name something
(`neighbor 10.0.0.1 remote-as 65001` has the key `neighbor remote-as`, `10.0.0.1`). The grammar says which these are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class KeptKey(NamedTuple):
    """`slot`: the keywords that tell the line from others; `words`: the arguments that are part of its name."""

    slot: str
    words: tuple[str, ...] = ()


@dataclass(slots=True)
class Kept:
    """One line as it prints, and what stands under it if it leads into a mode."""

    line: str = ""
    mode: str = ""
    kept: dict[KeptKey, Kept] = field(default_factory=dict)
