"""`show login`: how the router guards against guessing, and what it has seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.calendar import moment
from iosh.base.time import SECOND, Instant
from iosh.router.login_watch import FAILURES
from iosh.show.registry import Show


@dataclass(frozen=True, slots=True)
class LoginView:
    """`login …` as configured; in quiet mode `quiet_left_s` says how much longer."""

    delay_s: int
    quiet_access_class: str | None
    attempts: int | None
    within_s: int
    block_s: int
    quiet_left_s: int | None
    window_left_s: int
    failures: int
    total: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A line of `show login failures`."""

    user: str
    source: str
    port: int
    times: int
    at: str


@dataclass(frozen=True, slots=True)
class Locked:
    """A user locked out."""

    user: str
    since: str


def view(router: Any, now: Instant) -> LoginView:
    login, watch = router.config.login, router.login_watch
    block = login.block
    within_s = block.within_s if block is not None else 0
    recent = [at for at in watch.failures if at > now - within_s * SECOND]
    return LoginView(
        delay_s=login.delay_s if login.delay_s is not None else 1 if block is not None else 0,
        quiet_access_class=login.quiet_access_class,
        attempts=block.attempts if block is not None else None,
        within_s=within_s,
        block_s=block.block_s if block is not None else 0,
        quiet_left_s=(watch.quiet_until - now) // SECOND if watch.quiet(now) else None,
        window_left_s=(recent[0] + within_s * SECOND - now) // SECOND if recent else within_s,
        failures=len(recent),
        total=watch.total,
    )


def failures(router: Any, now: Instant) -> tuple[Failure, ...]:
    return tuple(
        Failure(source.user, source.address, source.port, seen.times, moment(router.epoch_s, seen.last).change_text)
        for source, seen in router.login_watch.table.items()
    )


def failures_text(found: tuple[Failure, ...]) -> Iterator[str]:
    if not found:
        yield "*** No logged failed login attempts with the device.***"
        return
    yield f"Total failed logins: {sum(one.times for one in found)}"
    yield f"Detailed information about last {FAILURES} failures"
    yield ""
    yield "Username        SourceIPAddr    lPort Count TimeStamp"
    for one in found:
        yield f"{one.user:<15} {one.source:<15} {one.port:<5} {one.times:<5} {one.at}"
    yield ""


def locked(router: Any, now: Instant) -> tuple[Locked, ...]:
    return tuple(Locked(user, moment(router.epoch_s, at).change_text) for user, at in router.login_watch.locked.items())


def locked_text(users: tuple[Locked, ...]) -> Iterator[str]:
    yield ""
    yield "         Local-user                  Lock time"
    for one in users:
        yield f"         {one.user:<27} {one.since}"
    yield ""


def text(value: LoginView) -> Iterator[str]:
    if value.delay_s:
        yield f"     A login delay of {value.delay_s} seconds is applied."
    else:
        yield "     No login delay has been applied."
    if value.quiet_access_class is None:
        yield "     No Quiet-Mode access list has been configured."
    else:
        yield f"     Quiet-Mode access list {value.quiet_access_class} is applied."
    yield ""
    if value.attempts is None:
        yield "     Router NOT enabled to watch for login Attacks"
        return
    yield "     Router enabled to watch for login Attacks."
    yield f"     If more than {value.attempts - 1} login failures occur in {value.within_s} seconds or less,"
    yield f"     logins will be disabled for {value.block_s} seconds."
    yield ""
    if value.quiet_left_s is not None:
        yield "     Router presently in Quiet-Mode."
        yield f"     Will remain in Quiet-Mode for {value.quiet_left_s} seconds."
        yield "     Denying logins from all sources."
        return
    yield "     Router presently in Normal-Mode."
    yield "     Current Watch Window"
    yield f"         Time remaining: {value.window_left_s} seconds."
    yield f"         Login failures for current window: {value.failures}."
    yield f"     Total login failures: {value.total}."


SHOWS: Final = {
    "": Show(view, text),
    "failures": Show(failures, failures_text),
    "locked": Show(locked, locked_text),
}
