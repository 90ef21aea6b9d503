"""Logins that succeed and fail, remembered as `login block-for` wants: too many failures in too short a time, and for a
while nobody may try at all (quiet mode). Logs what `login on-failure|on-success log` ask for.

Who asks before letting anybody try: `quiet()`. `login quiet-mode access-class` is configuration only; a quiet router
refuses everybody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Final

from iosh.base.calendar import moment
from iosh.base.time import SECOND, Instant
from iosh.config.model import Config
from iosh.proto.machine import Desk

KEY: Final = "login"
_QUIET: Final = "quiet"
_NAME_MOST: Final = 64
_REASON: Final = "[Reason: Login Authentication Failed]"


class LoginWatch:
    """The attempts of one router. `source` is the client's address, empty at the console."""

    def __init__(self, config: Config, desk: Desk, epoch_s: int) -> None:
        self._config = config
        self._desk = desk
        self._epoch_s = epoch_s
        self.failures: deque[Instant] = deque()  # within the watched time, oldest first
        self.quiet_until: Instant | None = None

    def quiet(self, now: Instant) -> bool:
        """Is nobody to be let in now?"""
        return self.quiet_until is not None and now < self.quiet_until

    def failed(self, user: str, source: str, port: int, now: Instant) -> None:
        """A name or password was wrong."""
        login = self._config.login
        if login.on_failure_log:
            text = (
                f"Login failed {self._who(user, source, port)} [Reason: Login Authentication Failed] at {self._at(now)}"
            )
            self._desk.report("SEC_LOGIN", 4, "LOGIN_FAILED", text)
        block = login.block
        if block is None or self.quiet(now) or not source:
            return
        self.failures.append(now)
        while self.failures[0] <= now - block.within_s * SECOND:
            self.failures.popleft()
        if len(self.failures) < block.attempts:
            return
        left_s = (self.failures[0] + block.within_s * SECOND - now) // SECOND
        self.failures.clear()
        self.quiet_until = now + block.block_s * SECOND
        self._desk.ring_at(_QUIET, self.quiet_until)
        acl = login.quiet_access_class or "sl_def_acl"
        text = (
            f"Still timeleft for watching failures is {left_s} secs, {self._who(user, source, port)} "
            f"{_REASON} [ACL: {acl}] at {self._at(now)}"
        )
        self._desk.report("SEC_LOGIN", 1, "QUIET_MODE_ON", text)

    def succeeded(self, user: str, source: str, port: int, now: Instant) -> None:
        """Somebody was let in."""
        if self._config.login.on_success_log:
            text = f"Login Success {self._who(user, source, port)} at {self._at(now)}"
            self._desk.report("SEC_LOGIN", 5, "LOGIN_SUCCESS", text)

    def wake(self, name: Hashable, now: Instant) -> None:
        """Quiet mode is over."""
        self.quiet_until = None
        text = f"Quiet Mode is OFF, because block period timed out at {self._at(now)}"
        self._desk.report("SEC_LOGIN", 5, "QUIET_MODE_OFF", text)

    def _who(self, user: str, source: str, port: int) -> str:
        shown = "".join(letter if letter.isprintable() else "?" for letter in user[:_NAME_MOST])
        return f"[user: {shown}] [Source: {source or 'LOCAL'}] [localport: {port}]"

    def _at(self, now: Instant) -> str:
        return moment(self._epoch_s, now).change_text
