"""Logins that succeed and fail, remembered as the configuration wants: `login block-for` (too many failures in too
short a time, and for a while nobody may try at all: quiet mode), `aaa local authentication attempts max-fail` (a user
who got it wrong too often is locked out, but for those of level 15), `security authentication failure rate`. Logs what
these say and what `login on-failure|on-success log` ask for. Nothing here sees a password.

Who asks before letting anybody try: `quiet()`; addresses that `login quiet-mode access-class` permits are not asked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Final, NamedTuple

from iosh.base.calendar import moment
from iosh.base.time import SECOND, Instant
from iosh.config.model import Config
from iosh.config.model_aaa import LoginLog
from iosh.proto.machine import Desk

KEY: Final = "login"
DEFAULT_ACL: Final = "sl_def_acl"
FAILURES: Final = 50  # remembered for `show login failures`
_QUIET: Final = "quiet"
_NAME_MOST: Final = 64
_REASON: Final = "[Reason: Login Authentication Failed]"
_ROOT: Final = 15
_FIRST_VTY: Final = 2
_MINUTE: Final = 60 * SECOND


class Source(NamedTuple):
    """Who tried from where."""

    user: str
    address: str
    port: int


class Failures(NamedTuple):
    """How often, and when last."""

    times: int
    last: Instant


def _due(log: LoginLog | None, count: int) -> bool:
    """Is this one of those that are logged?"""
    return log is not None and count % (log.every or 1) == 0


class LoginWatch:
    """The attempts of one router. `source` is the client's address, empty at the console."""

    def __init__(self, config: Config, desk: Desk, epoch_s: int) -> None:
        self._config = config
        self._desk = desk
        self._epoch_s = epoch_s
        self._minute: deque[Instant] = deque()  # failures of the last minute
        self._misses: dict[str, int] = {}  # users and their failures in a row
        self.failures: deque[Instant] = deque()  # within the watched time, oldest first
        self.table: dict[Source, Failures] = {}
        self.total = 0
        self._successes = 0
        self.locked: dict[str, Instant] = {}  # users locked out, and since when
        self.quiet_until: Instant | None = None

    def quiet(self, now: Instant) -> bool:
        """Is nobody to be let in now?"""
        return self.quiet_until is not None and now < self.quiet_until

    def failed(self, user: str, source: str, port: int, now: Instant) -> None:
        """A name or password was wrong."""
        self._remember(Source(_printable(user), source or "LOCAL", port), now)
        login = self._config.login
        if _due(login.on_failure_log, self.total):
            self._desk.report(
                "SEC_LOGIN", 4, "LOGIN_FAILED", f"Login failed {_who(user, source, port)} {_REASON} at {self._at(now)}"
            )
        self._count(user, now)
        self._rate(source, now)
        if login.block is not None and not self.quiet(now) and source:
            self._watch(user, source, port, now)

    def succeeded(self, user: str, source: str, port: int, now: Instant) -> None:
        """Somebody was let in."""
        self._misses.pop(user, None)
        self._successes += 1
        if _due(self._config.login.on_success_log, self._successes):
            text = f"Login Success {_who(user, source, port)} at {self._at(now)}"
            self._desk.report("SEC_LOGIN", 5, "LOGIN_SUCCESS", text)

    def unlock(self, user: str, by: str) -> None:
        """`clear aaa local user lockout`."""
        if self.locked.pop(user, None) is not None:
            self._misses.pop(user, None)
            self._desk.report("AAA", 5, "USER_UNLOCKED", f"User {user} unlocked by {by}")

    def forget(self, user: str) -> None:
        """`clear aaa local user fail-attempts`."""
        self._misses.pop(user, None)

    def misses(self) -> dict[str, int]:
        """The failures in a row of those who are not locked out yet."""
        return dict(self._misses)

    def wake(self, name: Hashable, now: Instant) -> None:
        """Quiet mode is over."""
        self.quiet_until = None
        text = f"Quiet Mode is OFF, because block period timed out at {self._at(now)}"
        self._desk.report("SEC_LOGIN", 5, "QUIET_MODE_OFF", text)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _remember(self, source: Source, now: Instant) -> None:
        self.total += 1
        before = self.table.pop(source, None)
        self.table[source] = Failures(before.times + 1 if before is not None else 1, now)
        if len(self.table) > FAILURES:
            del self.table[next(iter(self.table))]

    def _count(self, user: str, now: Instant) -> None:
        """Lock out who got it wrong too often."""
        most, known = self._config.aaa.local_max_fail, self._config.users.get(user)
        if not self._config.aaa.new_model or most is None or known is None or known.privilege == _ROOT:
            return
        self._misses[user] = self._misses.get(user, 0) + 1
        if self._misses[user] >= most and user not in self.locked:
            self.locked[user] = now
            self._desk.report("AAA", 5, "USER_LOCKED", f"User {_printable(user)} locked out on authentication failure")

    def _rate(self, source: str, now: Instant) -> None:
        most = self._config.security.failure_rate
        if most is None:
            return
        self._minute.append(now)
        while self._minute[0] <= now - _MINUTE:
            self._minute.popleft()
        if len(self._minute) >= most:
            self._minute.clear()
            line = _FIRST_VTY if source else 0  # nobody sits at a vty before the login
            text = f"Too many Login Authentication failures have occurred in the last one minute on the line {line}."
            self._desk.report("LOGIN", 3, "TOOMANY_AUTHFAILS", text)

    def _watch(self, user: str, source: str, port: int, now: Instant) -> None:
        login, block = self._config.login, self._config.login.block
        assert block is not None
        self.failures.append(now)
        while self.failures[0] <= now - block.within_s * SECOND:
            self.failures.popleft()
        if len(self.failures) < block.attempts:
            return
        left_s = (self.failures[0] + block.within_s * SECOND - now) // SECOND
        self.failures.clear()
        self.quiet_until = now + block.block_s * SECOND
        self._desk.ring_at(_QUIET, self.quiet_until)
        text = (
            f"Still timeleft for watching failures is {left_s} secs, {_who(user, source, port)} "
            f"{_REASON} [ACL: {login.quiet_access_class or DEFAULT_ACL}] at {self._at(now)}"
        )
        self._desk.report("SEC_LOGIN", 1, "QUIET_MODE_ON", text)

    def _at(self, now: Instant) -> str:
        return moment(self._epoch_s, now).change_text


def _printable(user: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in user[:_NAME_MOST])


def _who(user: str, source: str, port: int) -> str:
    return f"[user: {_printable(user)}] [Source: {source or 'LOCAL'}] [localport: {port}]"
