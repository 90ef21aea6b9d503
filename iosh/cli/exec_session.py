"""Commands about the session itself: privilege, terminal settings, history, leaving."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from iosh.base.calendar import moment
from iosh.base.time import Instant
from iosh.cli import login
from iosh.cli.dialogue import Dialogue, Question
from iosh.cli.output import Output
from iosh.config.model_aaa import EnableKey

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
    console.level = level
    return True


def _enable_asking(console: Console, level: int) -> Dialogue:
    """Three tries; AAA allows one."""
    aaa = console.router.config.aaa.new_model
    for _ in range(1 if aaa else _TRIES):
        answer = yield Question("Password: ", secret=True)
        if login.enable_allowed(console.router, level, answer.text, console.line):
            console.level = level
            return True
    secret = EnableKey("secret", None if level == _PRIVILEGED else level) in console.router.config.enable
    console.write("% Access denied\n\n" if aaa else "% Bad secrets\n\n" if secret else "% Bad passwords\n\n")
    return False


def _disable(console: Console, now: Instant, level: int = _USER) -> bool:
    if level > console.level:
        console.write("New privilege level must be less than current privilege level\n")
        return False
    console.level = level
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


def _history_size(console: Console, now: Instant, size: int) -> None:
    console.terminal.history_size = size
    console.history = deque(console.history, maxlen=size)
    console.config_history = deque(console.config_history, maxlen=size)


def _show_history(console: Console, now: Instant, every: bool = False) -> Output:
    if every:
        typed = tuple((line, moment(console.router.epoch_s, at).change_text) for at, line in console.typed)
        return Output((f"CMD: '{line}' {when}" for line, when in typed), typed)
    commands = tuple(console.history)
    return Output((f"  {command}" for command in commands), commands)


def _show_privilege(console: Console, now: Instant) -> Output:
    return Output((f"Current privilege level is {console.level}",), {"level": console.level})


def _show_terminal(console: Console, now: Instant) -> Output:
    settings = console.settings()
    terminal = console.terminal
    minutes, seconds = settings.exec_timeout_min, settings.exec_timeout_s
    timeout = f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}" if minutes or seconds else "never"
    number = int(console.line.lstrip("abcdefghijklmnopqrstuvwxyz") or 0)
    console_line = console.line.startswith("con")
    lines = (
        f'Line {0 if console_line else number + 2}, Location: "", Type: ""',
        f"Length: {terminal.length} lines, Width: {terminal.width} columns",
        "Baud rate (TX/RX) is 9600/9600",
        "Status: PSI Enabled, Ready, Active",
        "Capabilities: none",
        "Modem state: Ready",
        "Timeouts:      Idle EXEC    Idle Session   Modem Answer  Session   Dispatch",
        f"               {timeout:<13}never                        none     not set",
        "Session limit is not set.",
        f"Synchronous message output is {'on' if settings.logging_synchronous else 'off'}.",
        f"Editing is enabled.  History is enabled, history size is {terminal.history_size}.",
        f"Monitor is {'on' if console_line or terminal.monitor else 'off'}.",
        f"Allowed input transports are {'none' if console_line else 'telnet ssh'}.",
        "Allowed output transports are none.",
    )
    return Output(lines, {"length": terminal.length, "width": terminal.width, "history_size": terminal.history_size})


ACTIONS: Final[dict[str, Action]] = {
    "enable": _enable,
    "disable": _disable,
    "logout": _logout,
    "terminal_length": _length,
    "terminal_width": _width,
    "terminal_monitor": _monitor,
    "terminal_history": _history_size,
    "show_history": _show_history,
    "show_privilege": _show_privilege,
    "show_terminal": _show_terminal,
}
