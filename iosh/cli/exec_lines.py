"""Commands about who sits at the router's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosh.base.record import Syslog
from iosh.base.time import Instant
from iosh.cli.dialogue import CONFIRM, Dialogue, Question, confirmed
from iosh.cli.login import settings_of
from iosh.cli.output import Output
from iosh.router.lines import line_name, line_number
from iosh.show.line import configured, text
from iosh.show.users import LineUse, line_text, lines, users_text

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action

_END: Final = "\x1a"
SEVERITIES: Final = ("EMERG", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG")


def _show_users(console: Console, now: Instant, every: bool = False) -> Output:
    view = lines(console.router, now, console.line, every)
    return Output(users_text(view), view)


def _show_line(
    console: Console,
    now: Instant,
    number: int | None = None,
    kind: str | None = None,
    first: int = 0,
    last: int | None = None,
) -> Output:
    def wanted(one: LineUse) -> bool:
        if kind is not None:
            return one.kind == kind and first <= one.index <= (first if last is None else last)
        return number is None or one.number == number

    view = tuple(filter(wanted, lines(console.router, now, console.line)))
    if len(view) != 1:
        return Output(line_text(view), view)
    (one,) = view
    seat = console.router.lines.seats.get(f"{one.kind}{one.index}")
    active = None if seat is None else now - seat.since
    detail = configured(one.number, settings_of(console.router.config, f"{one.kind}{one.index}"), active)
    return Output((*line_text(view), *text(detail)), (one, detail))


def _clear_line(console: Console, now: Instant, number: int = 0, kind: str | None = None, first: int = 0) -> Dialogue:
    name = line_name(number) if kind is None else f"{kind}{first}"
    answer = yield Question(CONFIRM.strip())
    if answer.text.strip().lower() not in ("", "y", "yes"):
        return False
    console.write(" [OK]\n")
    seat = console.router.lines.seats.get(name)
    if seat is not None:
        seat.hang_up()
    return True


def _send(
    console: Console, now: Instant, number: int | None = None, kind: str | None = None, first: int = 0
) -> bool | Dialogue:
    """To one line, or to all."""
    name = f"{kind}{first}" if kind is not None else line_name(number) if number is not None else None
    if name is not None and name not in console.router.lines.names():
        console.write("%Invalid line number\n")
        return False
    return _sending(console, name)


def _sending(console: Console, name: str | None) -> Dialogue:
    console.write("Enter message, end with CTRL/Z; abort with CTRL/C:\n")
    lines: list[str] = []
    while not lines or not lines[-1].endswith(_END):
        lines.append((yield Question("", open=True)).text)
    lines[-1] = lines[-1].removesuffix(_END)
    if (yield from confirmed("Send message?")) is None:
        return False
    seats = console.router.lines.seats
    whom = "all terminals" if name is None else f"tty{line_number(name)}"
    text = "\n".join(line for line in lines if line)
    said = f"\n\a***\n***\n*** Message from tty{line_number(console.line)} to {whom}:\n***\n{text}\n"
    for seat in [seat for line, seat in seats.items() if name in (None, line)]:
        seat.tell(said)
    return True


def _send_log(console: Console, now: Instant, text: str, severity: int = 7) -> None:
    sender = f"Message from tty{line_number(console.line)}(user id: {console.user})"
    mnemonic = f"USERLOG_{SEVERITIES[severity]}"
    console.router.logbook.record(Syslog("SYS", severity, mnemonic, f"{sender}: {text}"), now)


ACTIONS: Final[dict[str, Action]] = {
    "show_users": _show_users,
    "show_line": _show_line,
    "clear_line": _clear_line,
    "send": _send,
    "send_log": _send_log,
}
