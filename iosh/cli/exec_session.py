"""Commands about the session itself: privilege, terminal settings, history, leaving."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from iosh.base.calendar import moment
from iosh.base.time import Instant
from iosh.cli import login
from iosh.cli.dialogue import Dialogue, Question
from iosh.cli.output import Output
from iosh.config.model_aaa import EnableKey
from iosh.router.lines import line_number
from iosh.show.line import configured, text

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action

_USER: Final = 1
_PRIVILEGED: Final = 15
_TRIES: Final = 3


def _enable(console: Console, now: Instant, level: int = _PRIVILEGED) -> bool | Dialogue:
    if level > console.level:
        if login.enable_guarded(console.router, level):
            return _enable_asking(console, level)
        if console.location and not console.free:
            console.write("% No password set\n")
            return False
    console.level, console.view = level, None
    return True


def _enable_asking(console: Console, level: int) -> Dialogue:
    """Three tries; AAA allows one."""
    aaa = console.router.config.aaa.new_model
    for _ in range(1 if aaa else _TRIES):
        wanted = login.enable_claim(console.router, level, console.line)
        answer = yield Question("Password: ", secret=True, proof=wanted.proved)
        if answer.proved:
            console.level, console.view = level, None
            return True
    secret = EnableKey("secret", None if level == _PRIVILEGED else level) in console.router.config.enable
    console.write("% Access denied\n\n" if aaa else "% Bad secrets\n\n" if secret else "% Bad passwords\n\n")
    return False


def _disable(console: Console, now: Instant, level: int = _USER) -> bool:
    if level > console.level:
        console.write("New privilege level must be less than current privilege level\n")
        return False
    console.level, console.view = level, None
    return True


def _logout(console: Console, now: Instant) -> None:
    console.detach()


def _length(console: Console, now: Instant, lines: int) -> None:
    console.terminal.length = lines
    console.terminal.length_set = True


def _width(console: Console, now: Instant, columns: int) -> None:
    console.terminal.width = columns
    console.terminal.width_set = True


def _monitor(console: Console, now: Instant, on: bool) -> None:
    if on and console.line.startswith("con"):
        console.write("% Console already monitors\n")
    console.terminal.monitor = on


def _editing(console: Console, now: Instant, on: bool) -> None:
    console.terminal.editing = on


def _timestamps(console: Console, now: Instant, on: bool) -> None:
    console.terminal.timestamps = on


def _escape(console: Console, now: Instant, character: int | str | None = None, soft: bool = False) -> None:
    console.terminal.escape, console.terminal.escape_soft = character, soft


def _history(console: Console, now: Instant, on: bool) -> None:
    console.terminal.history = on


def _history_size(console: Console, now: Instant, size: int) -> None:
    console.terminal.history_size = size
    console.history = deque(console.history, maxlen=size)
    console.config_history = deque(console.config_history, maxlen=size)


def _show_history(console: Console, now: Instant, every: bool = False) -> Output:
    if every:
        typed = tuple((line, moment(console.router.epoch_s, at).change_text) for at, line in console.typed)
        return Output((f"CMD: '{line}' {when}" for line, when in typed), typed)
    commands = tuple(console.history) if console.terminal.history else ()
    return Output((f"  {command}" for command in commands), commands)


def _show_privilege(console: Console, now: Instant) -> Output:
    if console.view is not None:
        return Output((f"Currently in View Context with view '{console.view}'",), {"view": console.view})
    return Output((f"Current privilege level is {console.level}",), {"level": console.level})


def _show_terminal(console: Console, now: Instant) -> Output:
    terminal, seat = console.terminal, console.seat
    detail = replace(
        configured(line_number(console.line), console.settings(), now - seat.since),
        length=terminal.length,
        width=terminal.width,
        monitor=terminal.monitor or console.line.startswith("con"),
        editing=terminal.editing,
        history=terminal.history,
        history_size=terminal.history_size,
        escape=terminal.escape,
    )
    return Output(text(detail), detail)


ACTIONS: Final[dict[str, Action]] = {
    "enable": _enable,
    "disable": _disable,
    "logout": _logout,
    "terminal_length": _length,
    "terminal_width": _width,
    "terminal_monitor": _monitor,
    "terminal_editing": _editing,
    "terminal_escape": _escape,
    "terminal_timestamps": _timestamps,
    "terminal_history": _history,
    "terminal_history_size": _history_size,
    "show_history": _show_history,
    "show_privilege": _show_privilege,
    "show_terminal": _show_terminal,
}
