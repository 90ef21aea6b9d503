"""Commands about who one is: logging in as another user, parser views, users who are locked out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosh.base.record import Syslog
from iosh.base.time import Instant
from iosh.cli import login
from iosh.cli.dialogue import Dialogue, Question
from iosh.cli.output import Output
from iosh.cli.views import ROOT

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action

_TRIES: Final = 3


def _login(console: Console, now: Instant) -> Dialogue:
    """Become another user of this line; who cannot say one is logged out."""
    router = console.router
    console.write("\nUser Access Verification\n\n")
    for _ in range(_TRIES):
        user = ""
        while not user:
            user = (yield Question("Username: ")).text.strip()
        wanted = login.claim(router, user, console.line)
        answer = yield Question("Password: ", secret=True, proof=wanted.proved)
        if answer.proved:
            router.login_watch.succeeded(user, console.location, 0, answer.now)
            router.work(answer.now)
            console.let_in(user, wanted.level, wanted.view)
            return True
        router.login_watch.failed(user, console.location, 0, answer.now)
        router.work(answer.now)
        console.write("% Login invalid\n\n")
    console.detach()
    return False


def _enable_view(console: Console, now: Instant, name: str = ROOT) -> bool | Dialogue:
    if not console.router.config.aaa.new_model:
        console.write("% AAA must be configured.\n")
        return False
    if name == ROOT and not login.enable_guarded(console.router, login.PRIVILEGED):
        if console.location and not console.free:
            console.write("% No password set\n")
            return False
        _switch(console, name, now)
        return True
    return _enable_view_asking(console, name)


def _enable_view_asking(console: Console, name: str) -> Dialogue:
    router = console.router
    if name == ROOT:
        wanted = login.enable_claim(router, login.PRIVILEGED, console.line)
    else:
        wanted = login.view_claim(router, name)
    answer = yield Question("Password: ", secret=True, proof=wanted.proved)
    if not answer.proved:
        console.write("% Authentication failed\n\n")
        return False
    _switch(console, name, answer.now)
    return True


def _switch(console: Console, name: str, now: Instant) -> None:
    console.level, console.view = login.PRIVILEGED, name
    text = f"successfully set to view '{name}'."
    console.router.logbook.record(Syslog("PARSER", 6, "VIEW_SWITCH", text), now)


def _show_parser_view(console: Console, now: Instant, every: bool = False) -> Output | bool:
    if console.view is None:
        return Output(("No view is active ! Currently in Privilege Level Context",), {"view": None})
    if not every:
        return Output((f"Current view is '{console.view}'",), {"view": console.view})
    if console.view != ROOT:
        console.write("% Only the root view lists all views\n")
        return False
    views = console.router.config.views
    names = [f" {name}{' *' if view.superview else ''}" for name, view in views.items()]
    value = [{"name": name, "superview": view.superview} for name, view in views.items()]
    lines = ["Views/SuperViews Present in System:", *names, "-------(*) represent superview-------"]
    return Output(lines if names else ("No Views present in System",), value)


def _clear_user(console: Console, now: Instant, user: str | None = None, lockout: bool = False) -> bool:
    watch = console.router.login_watch
    for name in [user] if user is not None else list(watch.locked if lockout else watch.misses()):
        if lockout:
            watch.unlock(name, console.source)
        else:
            watch.forget(name)
    console.router.work(now)
    return True


ACTIONS: Final[dict[str, Action]] = {
    "login": _login,
    "enable_view": _enable_view,
    "show_parser_view": _show_parser_view,
    "clear_user": _clear_user,
}
