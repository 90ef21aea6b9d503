"""`debug`, `undebug`, and the `clear` commands that ask first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosh.base.time import Instant
from iosh.cli.dialogue import Dialogue, confirmed
from iosh.show.debugging import FAMILIES, TOPICS

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action


def _debug(console: Console, now: Instant, topic: str, off: bool = False) -> Dialogue | bool:
    if topic == "all":
        return _undebug_all(console) if off else _debug_all(console)
    name = topic.replace("_", " ")
    switched = [name] if name in TOPICS else [one for one in TOPICS if one.startswith(f"{name} ")]
    debugging: dict[str, None] = console.router.debugging
    for one in switched:
        if off:
            debugging.pop(one, None)
        else:
            debugging[one] = None
    console.write(f"{FAMILIES.get(name) or TOPICS[name]} debugging is {'off' if off else 'on'}\n")
    return True


def _undebug_all(console: Console) -> bool:
    console.router.debugging.clear()
    console.write("All possible debugging has been turned off\n")
    return True


def _debug_all(console: Console) -> Dialogue:
    answer = yield from confirmed("This may severely impact network performance. Continue?")
    if answer is None:
        return False
    console.router.debugging.update(dict.fromkeys(TOPICS))
    console.write("All possible debugging has been turned on\n")
    return True


def _clear_counters(console: Console, now: Instant, interface: str | None = None) -> Dialogue:
    which = "on this interface" if interface is not None else "on all interfaces"
    answer = yield from confirmed(f'Clear "show interface" counters {which}')
    if answer is None:
        return False
    console.router.actions.clear_counters(answer.now, interface)
    return True


def _clear_logging(console: Console, now: Instant) -> Dialogue:
    answer = yield from confirmed("Clear logging buffer")
    if answer is None:
        return False
    console.router.actions.clear_logging(answer.now)
    return True


ACTIONS: Final[dict[str, Action]] = {
    "debug": _debug,
    "clear_counters": _clear_counters,
    "clear_logging": _clear_logging,
}
