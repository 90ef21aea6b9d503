"""When a line is to be closed: after its `exec-timeout` of silence, and at its `absolute-timeout` whatever is typed.

Times are of the owner's wall clock, in nanoseconds. `session-timeout` is about connections from a line to other hosts
(on IOS it ends these, and with `output` what they print counts as life too): there are none here, so it closes none.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from iosh.base.time import SECOND
from iosh.config.model import LineSettings

WARNING: Final = "*\n*\n* Line timeout expired\n*\n*\n"
_NOTICE_S: Final = 20  # before the absolute timeout, where `logout-warning` says nothing else


class Verdict(Enum):
    """What is to be done with a line now."""

    LEAVE = auto()
    WARN = auto()
    CLOSE = auto()


class LineClock:
    """Of one session."""

    def __init__(self) -> None:
        self.heard = 0  # when a key last came
        self._opened = 0
        self._warned = False

    def start(self, now: int) -> None:
        """Somebody has sat down."""
        self.heard = self._opened = now
        self._warned = False

    def look(self, settings: LineSettings, now: int, busy: bool) -> Verdict:
        """A command under way is no silence. The warning comes once."""
        silence = settings.exec_timeout_min * 60 + settings.exec_timeout_s
        if silence and not busy and now - self.heard > silence * SECOND:
            return Verdict.CLOSE
        if not settings.absolute_timeout_min:
            return Verdict.LEAVE
        left = self._opened + settings.absolute_timeout_min * 60 * SECOND - now
        if left <= 0:
            return Verdict.CLOSE
        notice = _NOTICE_S if settings.logout_warning_s is None else settings.logout_warning_s
        if self._warned or left > notice * SECOND:
            return Verdict.LEAVE
        self._warned = True
        return Verdict.WARN
