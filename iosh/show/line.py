"""One line in detail: `show terminal`, and below its row in `show line N`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from iosh.base.time import SECOND, Span
from iosh.config.model import LineSettings

_LENGTH: Final = 24
_WIDTH: Final = 80
_BREAK: Final = 0x1E
_DELETE: Final = 0x7F


@dataclass(frozen=True, slots=True)
class LineDetail:
    """A line as configured, and as its session has set it since."""

    number: int
    console: bool
    location: str
    length: int
    width: int
    active: Span | None  # how long somebody has sat there; None: nobody
    exec_timeout_s: int
    session_timeout_s: int
    absolute_timeout_s: int
    logout_warning_s: int | None
    synchronous: bool
    monitor: bool
    editing: bool
    history: bool
    history_size: int
    escape: int | str | None
    transport_input: tuple[str, ...]


def configured(number: int, settings: LineSettings, active: Span | None) -> LineDetail:
    """A line nobody has set otherwise."""
    console = settings.kind == "con"
    transports = ("none",) if console else settings.transport_input or ("telnet", "ssh")
    return LineDetail(
        number=number,
        console=console,
        location=settings.location or "",
        length=_LENGTH if settings.length is None else settings.length,
        width=_WIDTH if settings.width is None else settings.width,
        active=active,
        exec_timeout_s=settings.exec_timeout_min * 60 + settings.exec_timeout_s,
        session_timeout_s=(settings.session_timeout_min or 0) * 60,
        absolute_timeout_s=(settings.absolute_timeout_min or 0) * 60,
        logout_warning_s=settings.logout_warning_s,
        synchronous=settings.logging_synchronous is not None,
        monitor=console,
        editing=settings.editing,
        history=settings.history,
        history_size=settings.history_size,
        escape=settings.escape_character,
        transport_input=transports,
    )


def text(value: LineDetail) -> Iterator[str]:
    """As IOS tells it."""
    yield f'Line {value.number}, Location: "{value.location}", Type: ""'
    yield f"Length: {value.length} lines, Width: {value.width} columns"
    yield "Baud rate (TX/RX) is 9600/9600"
    yield f"Status: {'PSI Enabled, Ready, Active' if value.active is not None else 'No Exit Banner'}"
    yield "Capabilities: none"
    yield "Modem state: Ready"
    yield "Special Chars: Escape  Hold  Stop  Start  Disconnect  Activation"
    yield f"               {_escape(value.escape):>4}    none   -     -       none"
    yield "Timeouts:      Idle EXEC    Idle Session   Modem Answer  Session   Dispatch"
    idle, session = _clock(value.exec_timeout_s), _clock(value.session_timeout_s)
    yield f"               {idle:<13}{session:<28} {_clock(value.absolute_timeout_s, 'none'):<8} not set"
    yield "                            Idle Session Disconnect Warning"
    yield f"                              {_clock(value.logout_warning_s or 0)}"
    yield "Modem type is unknown."
    yield "Session limit is not set."
    if value.active is not None:
        yield f"Time since activation: {_clock(value.active // SECOND, '00:00:00')}"
    yield f"Synchronous message output is {_on(value.synchronous)}."
    yield f"Editing is {_enabled(value.editing)}."
    yield f"History is {_enabled(value.history)}, history size is {value.history_size}."
    yield f"Monitor is {_on(value.monitor)}."
    yield "DNS resolution in show commands is enabled"
    yield "Full user help is disabled"
    yield f"Allowed input transports are {' '.join(value.transport_input)}."
    yield "Allowed output transports are none."
    yield "Preferred transport is none."
    yield "No output characters are padded"
    yield "No special data dispatching characters"


def _clock(seconds: int, nothing: str = "never") -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" if seconds else nothing


def _escape(code: int | str | None) -> str:
    if isinstance(code, str):
        return code.lower()
    number = _BREAK if code is None else code
    letter = f"^{chr(number ^ 64)}" if number < ord(" ") or number == _DELETE else chr(number)
    return f"{letter}x"


def _on(value: bool) -> str:
    return "on" if value else "off"


def _enabled(value: bool) -> str:
    return "enabled" if value else "disabled"
