"""Reloads that are planned: when they come, who is warned, how they are called off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iosh.base.time import SECOND, spelled
from iosh.cli.console import Console

MINUTE = 60 * SECOND
Desk = Callable[..., Any]


def planned(desk: Desk, *commands: str) -> Any:
    session = desk("hostname R")
    session.types("enable", *commands)
    return session


def test_a_planned_reload_comes_when_it_was_said(desk: Desk) -> None:
    session = planned(desk, "reload in 10 new image")
    assert session.console.prompt == "Proceed with reload? [confirm]"
    begun = session.now
    session.type("")
    assert "%SYS-5-SCHEDULED_RELOAD: Reload requested for 22:23:22 UTC" in list(session.router.logbook.lines)[-1]
    shown = session.type("show reload")
    assert shown == (
        "Reload scheduled for 22:23:22 UTC Tue Nov 14 2023 (in 9 minutes and 58 seconds) by console\n"
        "Reload reason: new image\n"
    )
    session.run(begun + 10 * MINUTE - SECOND)
    assert not session.router.reload_requested
    session.run(begun + 10 * MINUTE)
    assert session.router.reload_requested


def test_everybody_is_warned_before_it_comes(desk: Desk) -> None:
    session = planned(desk)
    heard: list[str] = []
    other = Console(session, "vty0", heard.append)
    session.types("reload in 1:10", "")
    session.written.clear()
    session.run(session.now + 70 * MINUTE)
    for screen in (session.written, heard):
        warnings = [line.split("---")[1].strip() for line in "".join(screen).splitlines() if "SHUTDOWN" in line]
        spans = ("1:00:00", "0:30:00", "0:15:00", "0:05:00", "0:01:00", "0:00:30")
        assert warnings == [f"SHUTDOWN in {span}" for span in spans]
    other.detach()


def test_a_planned_reload_can_be_called_off(desk: Desk) -> None:
    session = planned(desk, "reload in 5", "")
    said = session.type("reload cancel")
    assert said.startswith("\n\n***\n*** --- SHUTDOWN ABORTED ---\n***\n")
    session.run(session.now + 10 * MINUTE)
    assert not session.router.reload_requested
    assert session.type("show reload") == "No reload is scheduled.\n"
    assert session.type("reload cancel") == "%No reload is scheduled.\n" and not session.taken


def test_a_time_of_day_that_has_passed_is_tomorrows(desk: Desk) -> None:
    session = planned(desk, "reload at 22:13", "")
    assert "(in 23 hours and 59 minutes)" in session.type("show reload")
    session = planned(desk, "reload at 23:00", "")
    assert "Reload scheduled for 23:00:00 UTC Tue Nov 14 2023" in session.type("show reload")


def test_what_is_no_time_plans_nothing(desk: Desk) -> None:
    session = planned(desk)
    for command in ("reload at 25:00", "reload at noon", "reload in 0", "reload in soon"):
        assert session.type(command).startswith("%Invalid") and not session.taken
    assert session.type("show reload") == "No reload is scheduled.\n"


def test_unsaved_changes_are_asked_about_first(desk: Desk) -> None:
    session = planned(desk, "configure terminal", "hostname NEW", "end", "reload in 5")
    assert session.console.prompt.endswith("System configuration has been modified. Save? [yes/no]: ")
    session.types("yes", "")
    assert b"hostname NEW" in session.storage.read("nvram:startup-config")
    assert session.router.reload_plan is not None


def test_a_span_is_said_in_its_two_largest_parts() -> None:
    assert spelled(0) == "0 seconds"
    assert spelled(3661 * SECOND) == "1 hour and 1 minute"
    assert spelled(7205 * SECOND) == "2 hours and 5 seconds"
