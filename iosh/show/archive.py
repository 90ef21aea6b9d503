"""`show archive`, `show archive config rollback timer`, `show archive log config all`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.calendar import moment
from iosh.base.time import Instant
from iosh.config.model_archive import Archive as Settings
from iosh.router.archive import LoggedCommand, Saved
from iosh.show.registry import Show

MOST: Final = 14


@dataclass(frozen=True, slots=True)
class Archive:
    """Saved configurations; `next_file` is None where the archive is not configured."""

    maximum: int
    next_file: str | None
    saved: tuple[Saved, ...]


@dataclass(frozen=True, slots=True)
class RollbackTimer:
    """A change that waits to be confirmed; all None where there is none."""

    configured: str | None = None
    timer_type: str | None = None
    minutes: int | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """Commands, oldest first; `provisioning` shows them alone."""

    entries: tuple[LoggedCommand, ...]
    provisioning: bool = False


@dataclass(frozen=True, slots=True)
class LogStatistics:
    """The config logger's memory, in sessions, entries and bytes."""

    sessions: int
    entries: int
    held: int


def settings_of(router: Any) -> Settings | None:
    """`archive` as it is configured, if it has a path."""
    found: Settings | None = router.config.archive.get("archive")
    return found if found is not None and found.path is not None else None


def file_stem(router: Any, settings: Settings, stamp: str) -> str:
    """The name of a saved configuration but for its number."""
    path = (settings.path or "").replace("$h", router.config.hostname)
    return path.replace("$t", stamp) if "$t" in path else f"{path}-{stamp}"


def view(router: Any, now: Instant) -> Archive:
    """The table of saved configurations."""
    settings = settings_of(router)
    if settings is None:
        return Archive(0, None, ())
    following = f"{file_stem(router, settings, '<timestamp>')}-{router.archive.count}"
    return Archive(settings.maximum, following, tuple(router.archive.saved))


def text(value: Archive) -> Iterator[str]:
    """As many numbered rows as may be kept."""
    if value.next_file is None:
        yield " Archive feature not enabled"
        return
    yield f"The maximum archive configurations allowed is {value.maximum}."
    yield f"There are currently {len(value.saved)} archive configurations saved."
    yield f"The next archive file will be named {value.next_file}"
    yield " Archive #  Name"
    for row in range(1, value.maximum + 1):
        saved = value.saved[row - 1] if row <= len(value.saved) else None
        recent = " <- Most Recent" if row == len(value.saved) else ""
        yield f"   {row:<9}{saved.file if saved is not None else ''}{recent}"


def timer(router: Any, now: Instant) -> RollbackTimer:
    """The change that waits to be confirmed."""
    pending = router.archive.pending
    if pending is None:
        return RollbackTimer()
    when = moment(router.epoch_s, pending.configured).change_text
    return RollbackTimer(when, "idle timer" if pending.idle else "absolute timer", pending.minutes, pending.user)


def timer_text(value: RollbackTimer) -> Iterator[str]:
    """Four fields, or that there is nothing."""
    if value.minutes is None:
        yield "%No Rollback Confirmed Change pending"
        return
    yield f"Time configured(or reconfigured): {value.configured}"
    yield f"Timer type: {value.timer_type}"
    yield f"Timer value: {value.minutes} min"
    yield f"User: {value.user}"


def log(
    router: Any,
    now: Instant,
    first: int = 1,
    last: int | None = None,
    user: str | None = None,
    session: int | None = None,
    provisioning: bool = False,
) -> Log:
    """The config logger's memory, or what of it was asked for."""
    entries = (
        entry
        for entry in router.archive.log
        if first <= entry.number <= (last or entry.number)
        and user in (None, entry.user)
        and session in (None, entry.session)
    )
    return Log(tuple(entries), provisioning)


def log_text(value: Log) -> Iterator[str]:
    """One row a command, indented as it was typed."""
    if value.provisioning:
        yield from (entry.command for entry in value.entries)
        return
    yield " idx   sess           user@line      Logged command"
    for entry in value.entries:
        yield f"{entry.number:5} {entry.session:5}  {entry.user:>16}@{entry.line:<9}|{entry.command}"


def log_statistics(router: Any, now: Instant) -> LogStatistics:
    """What the config logger holds, in entries and bytes of text."""
    log = router.archive.log
    sessions = len({entry.session for entry in log})
    return LogStatistics(
        sessions, len(log), sum(len(entry.command) + len(entry.user) + len(entry.line) for entry in log)
    )


def log_statistics_text(value: LogStatistics) -> Iterator[str]:
    """Sessions, then entries."""
    yield "Config Log Session Info:"
    yield f"\tNumber of sessions being tracked: {value.sessions}"
    yield ""
    yield "Config Log log-queue Info:"
    yield f"\tNumber of entries in the log-queue: {value.entries}"
    yield f"\tMemory being held in the log-queue: {value.held} bytes"


SHOWS: Final = {
    "": Show(view, text),
    "timer": Show(timer, timer_text),
    "log": Show(log, log_text),
    "log_statistics": Show(log_statistics, log_statistics_text),
}
