"""The life of a router's configuration: copies in the archive, replacing it by a file, taking a change back.

A replacement is the way from one model to the other (`difference`), typed at once; lines of the file that are not
understood are named, and `revert trigger error` then goes the way back. A change to be confirmed is an
appointment of the router.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from iosh.base.calendar import MONTHS, moment
from iosh.base.record import Syslog
from iosh.base.time import SECOND, Instant
from iosh.cli.configure import Configurator
from iosh.cli.difference import PASSES, Way, apply, in_case_of, typed, way
from iosh.cli.load import Loaded, read
from iosh.cli.render import running_config
from iosh.cli.running import running_text
from iosh.router.archive import LoggedCommand, Pending, Saved
from iosh.router.files import FileError, parse
from iosh.show.archive import file_stem, settings_of

if TYPE_CHECKING:
    from iosh.cli.console import Console

MINUTE: Final = 60 * SECOND
_REVERT: Final = "revert"
_WARNING: Final = "revert warning"
_PERIOD: Final = "archive period"
_SECRET: Final = re.compile(
    r"\b(secret|password|pre-shared-key|key-string|nhrp authentication|community|^key (?!chain|\d+$)) (?!-).*"
)


# --- the archive --------------------------------------------------------------------------------------------------


def follow(router: Any, now: Instant) -> None:
    """The configuration was changed: mind the period at which it is archived, and the size of the log."""
    settings = settings_of(router)
    period = settings.time_period_min if settings is not None else None
    if period != router.archive.period_min:
        router.archive.period_min = period
        _await(router, now)
    log = router.config.archive["archive"].log.get("config") if "archive" in router.config.archive else None
    if log is not None and log.logging_size != router.archive.log.maxlen:
        router.archive.log = deque(router.archive.log, maxlen=log.logging_size)


def _await(router: Any, now: Instant) -> None:
    period = router.archive.period_min
    router.appointments.cancel(_PERIOD)
    if period is not None:
        router.appointments.make(_PERIOD, now + period * MINUTE, lambda at: _periodic(router, at))


def _periodic(router: Any, now: Instant) -> None:
    save(router, now)
    _await(router, now)


def save(router: Any, now: Instant) -> str | None:
    """Keep a copy of the running-config; its file's name, or None where the archive is not configured or full."""
    settings = settings_of(router)
    if settings is None:
        return None
    archive = router.archive
    at = moment(router.epoch_s, now)
    stamp = f"{MONTHS[at.month - 1]}-{at.day:02d}-{at.time_text.replace(':', '-')}"
    file = f"{file_stem(router, settings, stamp)}-{archive.count}"
    try:
        router.files.write(parse(file), running_text(router).encode(), now)
    except (FileError, ValueError):
        return None
    archive.saved.append(Saved(archive.count, file))
    archive.count += 1
    while len(archive.saved) > settings.maximum:
        oldest = parse(archive.saved.pop(0).file)
        if router.files.exists(oldest):
            router.files.delete(oldest)
    return file


def saved_to_memory(router: Any, now: Instant) -> None:
    """The running-config was written to NVRAM."""
    settings = settings_of(router)
    if settings is not None and settings.write_memory:
        save(router, now)


# --- the log of commands ------------------------------------------------------------------------------------------


def note_command(console: Console, command: str, now: Instant) -> None:
    """A line of configuration was taken: the config logger keeps it. Secrets are never kept."""
    router = console.router
    archive = router.config.archive.get("archive")
    settings = archive.log.get("config") if archive is not None else None
    if settings is None or not settings.logging_enable:
        return
    shown = _SECRET.sub(r"\1 *****", command.strip())
    if shown.startswith("!") or not shown:
        return
    memory = router.archive
    memory.logged += 1
    user = console.user or "console"
    line = "console" if console.line.startswith("con") else console.line
    memory.log.append(LoggedCommand(memory.logged, memory.sessions, user, line, shown))
    if settings.notify_syslog:
        text = f"User:{user}  logged command:{shown}"
        router.logbook.record(Syslog("PARSER", 5, "CFGLOG_LOGGEDCMD", text), now)


# --- replacing ----------------------------------------------------------------------------------------------------


class Replaced(NamedTuple):
    """What became of a replacement, and the way that was gone last. `failed` are lines that were not taken; `done` is
    False where that led back.
    """

    way: Way
    failed: tuple[str, ...]
    done: bool


def understood(router: Any, text: str) -> tuple[Loaded, tuple[str, ...]]:
    """A file's configuration on this router's hardware, and its lines that are not understood."""
    loaded = read(text, list(router.ports))
    lines = text.splitlines()
    return loaded, tuple(lines[one.line - 1].strip() for one in loaded.complaints if one.severity == "error")


def replace(router: Any, text: str, revert: bool, now: Instant, ignorecase: bool = False) -> Replaced:
    """Make the running-config equal to a file's. `revert`: when something failed, go back to what there was."""
    if ignorecase:
        text = "\n".join(in_case_of(running_config(router.config), text.splitlines()))
    loaded, unknown = understood(router, text)
    hardware = frozenset(router.ports)
    original = deepcopy(router.config) if revert else router.config
    found = way(router.config, loaded.config, hardware)
    refused = apply(Configurator(router.store, hardware), found.lines)
    router.settle(now)
    failed = (*unknown, *(one.line for one in (*found.refused, *refused)))
    if not failed or not revert:
        return Replaced(found, failed, True)
    back = way(router.config, original, hardware)
    apply(Configurator(router.store, hardware), back.lines)
    router.settle(now)
    return Replaced(back, failed, False)


def report(replaced: Replaced, with_list: bool, original: str = "") -> list[str]:
    """What IOS prints about a replacement; `original` is the file that was gone back to where it was not done."""
    if not replaced.done:
        return [
            f"Failed to apply command {replaced.failed[0]}",
            "Aborting Rollback.",
            "",
            f"Rollback failed.Reverting back to the original configuration: {original} ...",
            "",
            f"Total number of passes: {len(replaced.way.passes)}",
            "Rollback Done",
            "",
            "The original configuration has been successfully restored.",
            "",
        ]
    lines: list[str] = []
    for number, steps in enumerate(replaced.way.passes if with_list else (), 1):
        lines += [f"!Pass {number}", "", "!List of Rollback Commands:", *typed(steps), "end", "", ""]
    if not replaced.failed:
        return [*lines, f"Total number of passes: {len(replaced.way.passes)}", "Rollback Done", ""]
    lines += ["The rollback configlet from the last pass is listed below:", "********", "!List of Rollback Commands:"]
    lines += [*replaced.failed, "end", "********", "", f"Rollback aborted after {PASSES} passes"]
    lines += ["The following commands are failed to apply to the IOS image.", "********", *replaced.failed, "********"]
    return [*lines, ""]


# --- changes to be confirmed --------------------------------------------------------------------------------------


def back_up(console: Console, now: Instant) -> str | None:
    """The file to go back to, the one of a change under way if there is one; None without an archive, which is said."""
    router = console.router
    file = save(router, now) if router.archive.pending is None else router.archive.pending.file
    if file is None:
        console.write("%Please turn config archive on before using Rollback Confirmed Change\n")
    return file


def begin(console: Console, minutes: int, idle: bool, now: Instant) -> bool:
    """Back up the running-config, to go back to it unless the change is confirmed. False: it cannot be."""
    file = back_up(console, now)
    if file is None:
        return False
    console.write(f"Rollback Confirmed Change: Backing up current running config to {file}\n\n")
    _log(console.router, "BACKUP", f"Backing up current running config to {file}", now)
    arm(console, Pending(now, minutes, idle, console.user or "console", file), now)
    return True


def arm(console: Console, pending: Pending, now: Instant) -> None:
    """Set, or set anew, the time at which the change is taken back."""
    router = console.router
    router.archive.pending = pending
    who = f"User: {pending.user}(Priv: {console.level}, View: 0)"
    when = "if session has been idle for" if pending.idle else "in"
    text = f"{who}: Scheduled to rollback to config {pending.file} {when} {pending.minutes} minutes"
    _log(router, f"START_{_kind(pending)}", text, now)
    _set(console, pending, now)


def _set(console: Console, pending: Pending, start: Instant) -> None:
    router = console.router
    end = start + pending.minutes * MINUTE
    router.appointments.make(_REVERT, end, _unless_busy(console, pending, _timed_out))
    router.appointments.cancel(_WARNING)
    if pending.minutes > 1:
        router.appointments.make(_WARNING, end - MINUTE, _unless_busy(console, pending, _warn))


def _unless_busy(
    console: Console, pending: Pending, errand: Callable[[Console, Instant], None]
) -> Callable[[Instant], None]:
    """An idle timer counts from the last key."""

    def act(now: Instant) -> None:
        heard = console.seat.heard
        if pending.idle and heard > pending.configured and not console.ended:
            _set(console, pending._replace(configured=heard), heard)
        else:
            errand(console, now)

    return act


def _warn(console: Console, now: Instant) -> None:
    pending = console.router.archive.pending
    text = (
        f"System will rollback to config {pending.file} in one minute. "
        'Enter "configure confirm" if you wish to keep what you\'ve configured'
    )
    _log(console.router, f"WARNING_{_kind(pending)}", text, now)


def confirm(console: Console, now: Instant) -> None:
    """Keep what was configured."""
    pending = console.router.archive.pending
    forget(console.router)
    _log(console.router, "CONFIRM", f"User: {pending.user}: Confirm the configuration change", now)


def _timed_out(console: Console, now: Instant) -> None:
    """Take the change back unasked. The console sees how; a remote session is not broken into, the log tells of it."""
    said = _take_back(console, now)
    if console.line.startswith("con"):
        console.write(said)


def revert(console: Console, now: Instant) -> None:
    """Take the change back."""
    console.write(_take_back(console, now))


def _take_back(console: Console, now: Instant) -> str:
    router = console.router
    file = router.archive.pending.file
    forget(router)
    _log(router, "ROLLBACK_START", f"Start rolling to: {file}", now)
    begun = f"Rollback Confirmed Change: rolling to:{file}\n\n"
    try:
        text = router.files.read(parse(file)).decode(errors="replace")
    except FileError as error:
        return f"{begun}%Error opening {file} ({error})\n"
    lines = report(replace(router, text, False, now), with_list=True)
    router.store.touched(console.user, now)
    return begun + "Rollback:Acquired Configuration lock.\n" + "".join(f"{line}\n" for line in lines)


def forget(router: Any) -> None:
    """No change is to be confirmed any more."""
    router.archive.pending = None
    router.appointments.cancel(_REVERT)
    router.appointments.cancel(_WARNING)


def _kind(pending: Pending) -> str:
    return "IDLETIMER" if pending.idle else "ABSTIMER"


def _log(router: Any, what: str, text: str, now: Instant) -> None:
    router.logbook.record(Syslog("ARCHIVE_DIFF", 5, f"ROLLBK_CNFMD_CHG_{what}", text), now)
