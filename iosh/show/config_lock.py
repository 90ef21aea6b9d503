"""`show configuration lock`: who holds configuration mode for himself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.time import SECOND, Instant
from iosh.router.lines import line_number
from iosh.show.registry import Show

IDLE_S: Final = 600  # what IOS counts down to while the holder is silent
_CONSOLE_PROCESS: Final = 3
_VTY_PROCESSES: Final = 200


@dataclass(frozen=True, slots=True)
class LockView:
    """The lock; `tty` is -1 where it is free."""

    process: int
    user: str
    tty: int
    remote: str
    active_s: int
    idle_left_s: int


def process_of(line: int) -> int:
    """The number of the process that serves a line, as IOS counts: the console's is 3."""
    return _CONSOLE_PROCESS if line == 0 else _VTY_PROCESSES + line


def view(router: Any, now: Instant) -> LockView:
    lock = router.config_lock
    if lock.holder is None:
        return LockView(-1, "unknown", -1, "Unknown", 0, 0)
    tty = line_number(lock.holder.line)
    return LockView(
        process=process_of(tty),
        user=lock.holder.user or "unknown",
        tty=tty,
        remote=lock.holder.location or "Unknown",
        active_s=(now - lock.since) // SECOND,
        idle_left_s=max(0, IDLE_S - (now - lock.holder.heard) // SECOND),
    )


def text(lock: LockView) -> Iterator[str]:
    taken = lock.tty >= 0
    yield "Parser Configure Lock"
    yield "---------------------"
    yield f"Owner PID         : {lock.process}"
    yield f"User              : {lock.user}"
    yield f"TTY               : {lock.tty}"
    yield f"Type              : {'EXCLUSIVE' if taken else 'NO LOCK'}"
    yield f"State             : {'LOCKED' if taken else 'FREE'}"
    yield f"Class             : {'EXPOSED' if taken else 'unknown'}"
    yield f"Count             : {1 if taken else 0}"
    yield "Pending Requests  : 0"
    yield f"User debug info   : {'configure terminal' if taken else ''}"
    yield f"Session idle state : {'TRUE' if taken else 'FALSE'}"
    yield "No of exec cmds getting executed : 0"
    yield "No of exec cmds blocked : 0"
    yield "Config wait for show completion : FALSE"
    yield f"Remote ip address : {lock.remote}"
    yield f"Lock active time (in Sec) : {lock.active_s}"
    yield f"Lock Expiration timer (in Sec) : {lock.idle_left_s}"


SHOWS: Final = {"": Show(view, text)}
