"""Commands about who sits at the router's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosh.base.time import Instant
from iosh.cli.dialogue import CONFIRM, Dialogue, Question
from iosh.cli.output import Output
from iosh.router.lines import line_name
from iosh.show.users import LineUse, line_text, lines, users_text

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action


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
    return Output(line_text(view), view)


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


ACTIONS: Final[dict[str, Action]] = {
    "show_users": _show_users,
    "show_line": _show_line,
    "clear_line": _clear_line,
}
