"""What a router remembers of its configurations' history: saved copies, a change to be confirmed, logged commands.

All of it is lost at a reload; the saved copies stay as files. What is done with it stands in `iosh/cli/archiving.py`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from iosh.base.time import Instant

LOG_SIZE: Final = 100  # commands remembered unless `logging size` says otherwise


class Saved(NamedTuple):
    """One archived configuration."""

    number: int
    file: str  # `flash:archive-Nov-23-05-00-00.123-1`


class Pending(NamedTuple):
    """A change that will be taken back unless it is confirmed."""

    configured: Instant
    minutes: int
    idle: bool  # counted from the session's last key, not from `configured`
    user: str
    file: str  # what it goes back to


class LoggedCommand(NamedTuple):
    """A line of configuration somebody typed."""

    number: int
    session: int
    user: str
    line: str
    command: str


@dataclass(slots=True)
class Archive:
    """One router's history since it started."""

    saved: list[Saved] = field(default_factory=list)
    count: int = 0
    pending: Pending | None = None
    log: deque[LoggedCommand] = field(default_factory=lambda: deque(maxlen=LOG_SIZE))
    period_min: int | None = None  # at which copies are being made
    logged: int = 0
    sessions: int = 0  # configuration sessions begun
