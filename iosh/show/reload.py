"""`show reload`: the reload that is planned, if one is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.calendar import moment
from iosh.base.time import SECOND, Instant, spelled
from iosh.show.registry import Show


@dataclass(frozen=True, slots=True)
class Reload:
    """When, in how many seconds, by whom and why; all None where none is planned."""

    at: str | None = None
    in_s: int | None = None
    by: str | None = None
    reason: str | None = None


def view(router: Any, now: Instant) -> Reload:
    """The plan."""
    plan = router.reload_plan
    if plan is None:
        return Reload()
    return Reload(moment(router.epoch_s, plan.at).change_text, (plan.at - now) // SECOND, plan.by, plan.reason)


def text(value: Reload) -> Iterator[str]:
    """`Reload scheduled for … (in 4 minutes and 12 seconds) by console`"""
    if value.in_s is None:
        yield "No reload is scheduled."
        return
    yield f"Reload scheduled for {value.at} (in {spelled(value.in_s * SECOND)}) by {value.by}"
    yield f"Reload reason: {value.reason}"


SHOWS: Final = {"": Show(view, text)}
