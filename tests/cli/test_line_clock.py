"""When a line is closed, and who is warned before."""

from __future__ import annotations

from iosh.base.time import SECOND
from iosh.cli.line_clock import LineClock, Verdict
from iosh.config.model import LineSettings

MINUTE = 60


def verdicts(settings: LineSettings, *seconds: int, busy: bool = False) -> list[Verdict]:
    clock = LineClock()
    clock.start(0)
    return [clock.look(settings, at * SECOND, busy) for at in seconds]


def test_a_silent_line_is_closed_but_not_while_a_command_runs() -> None:
    settings = LineSettings(exec_timeout_min=1, exec_timeout_s=30)
    assert verdicts(settings, 90, 91) == [Verdict.LEAVE, Verdict.CLOSE]
    assert verdicts(settings, 91, busy=True) == [Verdict.LEAVE]
    assert verdicts(LineSettings(exec_timeout_min=0), 10**6) == [Verdict.LEAVE]


def test_a_key_begins_the_silence_anew() -> None:
    clock = LineClock()
    clock.start(0)
    clock.heard = 500 * SECOND
    assert clock.look(LineSettings(), 1000 * SECOND, False) is Verdict.LEAVE


def test_the_absolute_timeout_closes_whatever_is_typed_and_warns_once_twenty_seconds_before() -> None:
    settings = LineSettings(exec_timeout_min=0, absolute_timeout_min=5)
    found = verdicts(settings, 279, 280, 281, 299, 300, busy=True)
    assert found == [Verdict.LEAVE, Verdict.WARN, Verdict.LEAVE, Verdict.LEAVE, Verdict.CLOSE]


def test_logout_warning_says_how_long_before() -> None:
    settings = LineSettings(exec_timeout_min=0, absolute_timeout_min=5, logout_warning_s=60)
    assert verdicts(settings, 239, 240, 241) == [Verdict.LEAVE, Verdict.WARN, Verdict.LEAVE]
