"""`reload`, at once, in a while or at a time of day; warnings before it, and calling it off."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

from iosh.base.calendar import moment
from iosh.base.record import Syslog
from iosh.base.time import SECOND, Instant, spelled
from iosh.cli.dialogue import Answer, Dialogue, Question, confirmed
from iosh.cli.running import save
from iosh.router.appointments import ReloadPlan

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action

MINUTE: Final = 60 * SECOND
WARNINGS: Final = (60 * MINUTE, 30 * MINUTE, 15 * MINUTE, 5 * MINUTE, MINUTE, 30 * SECOND)  # before a planned reload
REASON: Final = "Reload Command"

_DAY_S: Final = 86400
_RELOAD: Final = "reload"
_WARNING: Final = "reload warning"
_DELAY: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,3})\Z", re.ASCII)
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\Z", re.ASCII)


def _reload(console: Console, now: Instant) -> Dialogue:
    now = yield from _offer_to_save(console, now)
    answer = yield from confirmed("Proceed with reload?")
    if answer is None:
        return False
    _begin(console.router, _who(console), REASON, answer.now)
    return True


def _reload_in(console: Console, now: Instant, delay: str, reason: str = REASON) -> Dialogue:
    match = _DELAY.match(delay)
    minutes = int(match[1] or 0) * 60 + int(match[2]) if match is not None else 0
    if not minutes:
        console.write("%Invalid delay\n")
        return False
    return (yield from _planned(console, minutes * MINUTE, reason, now))


def _reload_at(console: Console, now: Instant, time: str, reason: str = REASON) -> Dialogue:
    match = _TIME.match(time)
    if match is None:
        console.write("%Invalid time\n")
        return False
    wanted_s = int(match[1]) * 3600 + int(match[2]) * 60
    today_s = (console.router.epoch_s + now // SECOND) % _DAY_S
    wait_s = (wanted_s - today_s) % _DAY_S or _DAY_S
    return (yield from _planned(console, wait_s * SECOND - now % SECOND, reason, now))


def _planned(console: Console, wait: Instant, reason: str, now: Instant) -> Dialogue:
    router = console.router
    at = now + wait
    now = yield from _offer_to_save(console, now)
    when = moment(router.epoch_s, at).change_text
    console.write(f"\nReload scheduled for {when} (in {spelled(wait)}) by {_who(console)}\nReload reason: {reason}\n")
    answer = yield from confirmed("Proceed with reload?")
    if answer is None:
        return False
    plan = ReloadPlan(max(at, answer.now), _who(console), reason)
    router.reload_plan = plan
    router.appointments.make(_RELOAD, plan.at, lambda due: _begin(router, plan.by, plan.reason, due))
    asked = moment(router.epoch_s, answer.now).change_text
    text = f"Reload requested for {when} at {asked} by {plan.by}. Reload Reason: {reason}."
    router.logbook.record(Syslog("SYS", 5, "SCHEDULED_RELOAD", text), answer.now)
    _await_warning(router, plan, answer.now)
    return True


def _await_warning(router: Any, plan: ReloadPlan, now: Instant) -> None:
    left = next((span for span in WARNINGS if plan.at - span > now), None)
    if left is not None:
        router.appointments.make(_WARNING, plan.at - left, lambda at: _warn(router, plan, left, at))


def _warn(router: Any, plan: ReloadPlan, left: Instant, now: Instant) -> None:
    minutes, seconds = divmod(left // SECOND, 60)
    _tell(router, f"SHUTDOWN in {minutes // 60}:{minutes % 60:02d}:{seconds:02d}")
    _await_warning(router, plan, now)


def _tell(router: Any, text: str) -> None:
    """To everybody at a line."""
    for seat in tuple(router.lines.seats.values()):
        seat.tell(f"\n\n***\n*** --- {text} ---\n***\n")


def _cancel(console: Console, now: Instant) -> bool:
    router = console.router
    if router.reload_plan is None:
        console.write("%No reload is scheduled.\n")
        return False
    router.reload_plan = None
    router.appointments.cancel(_RELOAD)
    router.appointments.cancel(_WARNING)
    _tell(router, "SHUTDOWN ABORTED")
    when = moment(router.epoch_s, now).change_text
    router.logbook.record(Syslog("SYS", 5, "SCHEDULED_RELOAD_CANCELLED", f"Scheduled reload cancelled at {when}"), now)
    return True


def _begin(router: Any, by: str, reason: str, now: Instant) -> None:
    text = f"Reload requested by {by}. Reload Reason: {reason}."
    router.logbook.record(Syslog("SYS", 5, "RELOAD", text), now)
    router.reload_requested = True


def _who(console: Console) -> str:
    return "console" if console.line.startswith("con") else console.line


def _offer_to_save(console: Console, now: Instant) -> Generator[Question, Answer, Instant]:
    if console.router.store.modified:
        answer = yield Question("\nSystem configuration has been modified. Save? [yes/no]: ")
        while answer.text.strip().lower()[:1] not in ("y", "n"):
            console.write("% Please answer 'yes' or 'no'.\n")
            answer = yield Question("System configuration has been modified. Save? [yes/no]: ")
        now = answer.now
        if answer.text.strip().lower().startswith("y"):
            save(console, now)
    return now


ACTIONS: Final[dict[str, Action]] = {
    "reload": _reload,
    "reload_in": _reload_in,
    "reload_at": _reload_at,
    "reload_cancel": _cancel,
}
