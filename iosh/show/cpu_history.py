"""`show processes cpu history`: the last minute, hour and three days as pictures of bars."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.time import Instant
from iosh.router.ports import Peak
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_INDENT: Final = 6
_AXIS: Final = "     0....5....1....1....2....2....3....3....4....4....5....5....6"
_TICKS: Final = "               0    5    0    5    0    5    0    5    0    5    0"
_KEY: Final = "* = maximum CPU%   # = average CPU%"


@dataclass(frozen=True, slots=True)
class CpuHistory:
    """Shares in hundredths of a percent, the latest first."""

    seconds: tuple[int, ...]
    minutes: tuple[Peak, ...]
    hours: tuple[Peak, ...]


def view(router: Router, now: Instant) -> CpuHistory:
    past = router.figures.history(now - router.started)
    return CpuHistory(past.seconds, past.minutes, past.hours)


def text(value: CpuHistory) -> Iterator[str]:
    yield ""
    yield from _bars([Peak(0, share) for share in value.seconds], 60)
    yield from (_AXIS, _TICKS, "               CPU% per second (last 60 seconds)", "", "")
    yield from _bars(value.minutes, 60)
    yield from (_AXIS, _TICKS, "               CPU% per minute (last 60 minutes)", f"              {_KEY}", "", "")
    yield from _bars(value.hours, 72)
    yield f"{_AXIS}....6....7.."
    yield f"{_TICKS}    5    0  "
    yield "                   CPU% per hour (last 72 hours)"
    yield f"                  {_KEY}"
    yield ""


def _bars(peaks: tuple[Peak, ...] | list[Peak], width: int) -> Iterator[str]:
    """The highest load of each column in digits that stand on each other, and bars below."""
    shares = [min(999, one.highest // 100) for one in peaks]
    for place in (100, 10, 1):
        digits = "".join(str(share // place % 10) if share >= place or place == 1 else " " for share in shares)
        yield f"{'':<{_INDENT}}{digits:<{width}}"
    for level in range(100, 0, -10):
        marks = "".join(_mark(one, level) for one in peaks)
        yield f"{level:>5} {marks:<{width}}"


def _mark(one: Peak, level: int) -> str:
    half = level - 5
    return "#" if one.average >= half * 100 else "*" if one.highest >= half * 100 else " "


SHOWS: Final = {"": Show(view, text)}
