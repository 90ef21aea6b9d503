"""Banners, messages, windows, pastes and ends of sessions, as the screen shows them, behind each door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

LINES = 2000


def configure(person: Any, *lines: str) -> None:
    person.type("".join(f"{line}\r" for line in ("configure terminal", *lines, "end")))
    person.until(lambda: person.line == "R1#" and "#end" in person.text, "configured")
    person.clear()


@pytest.mark.parametrize("door", ["console", "ssh", "telnet"])
def test_the_banner_stands_before_the_prompt(hall: Any, door: str) -> None:
    person = hall.enter(door)
    assert "Mind the step" in person.text.splitlines()


@pytest.mark.parametrize("door", ["ssh", "telnet"])
def test_a_message_breaks_into_the_line_which_goes_on_below_it(two: Callable[..., Any], door: str) -> None:
    person, other = two(door)
    person.says("terminal monitor\r")
    person.type("show privi")
    person.stands("R1#show privi")
    configure(other)
    person.until(lambda: "%SYS-5-CONFIG_I: Configured from console by admin on vty" in person.text, "the message")
    person.stands("")
    assert "R1#show privi" in person.rows
    person.type("lege\r")
    person.shows("\nlege\nCurrent privilege level is 15\nR1#")


@pytest.mark.parametrize("door", ["console", "ssh", "telnet"])
def test_with_logging_synchronous_the_line_stands_again_below_a_message(two: Callable[..., Any], door: str) -> None:
    person, other = two(door)
    configure(person, "line con 0", "logging synchronous", "line vty 0 15", "logging synchronous")
    if door != "console":
        person.says("terminal monitor\r")
    person.type("show privilege\x1bb")
    person.stands("R1#show privilege", len("R1#show "))
    configure(other)
    person.until(lambda: "%SYS-5-CONFIG_I: Configured from console by admin on vty" in person.text, "the message")
    person.stands("R1#show privilege", len("R1#show "))
    assert sum("show privilege" in row for row in person.rows) == 1
    person.type("\r")
    person.shows("Current privilege level is 15\nR1#")
    configure(other, "line con 0", "no logging synchronous", "line vty 0 15", "no logging synchronous")


@pytest.mark.parametrize("door", ["ssh", "telnet"])
def test_other_lines_hear_nothing_without_terminal_monitor(two: Callable[..., Any], door: str) -> None:
    person, other = two(door)
    person.says("terminal monitor\r")
    person.says("terminal no monitor\r")
    person.clear()
    configure(other)
    person.says("show privilege\r", "Current privilege level is 15")
    assert "CONFIG_I" not in person.text


@pytest.mark.parametrize("door", ["console", "ssh", "telnet"])
def test_a_message_from_one_person_reaches_the_others(two: Callable[..., Any], door: str) -> None:
    person, other = two(door)
    person.type("send *\r")
    person.shows("Enter message, end with CTRL/Z; abort with CTRL/C:")
    person.type("lunch at noon\rin the yard\x1a")
    person.until(lambda: person.line == "Send message? [confirm]", "a question")
    person.type("\r")
    other.shows("to all terminals:\n***\nlunch at noon\nin the yard")
    person.until(lambda: "in the yard" in person.text.partition("***")[2] and person.line == "R1#", "one's own copy")


def test_the_window_may_change_its_size(newcomer: Any) -> None:
    person = newcomer
    person.resize(12, 50)
    person.says("\r")
    person.type("show terminal | include Length\r")
    person.shows("Length: 12 lines, Width: 50 columns")
    person.type("x" * 60)
    person.until(lambda: person.line.startswith("R1#$x") and len(person.line) < 50, "a line that moves at 50")
    person.resize(30, 100)
    person.stands(f"R1#{'x' * 60}")  # no key was pressed
    person.type("\x15")
    person.says("terminal width 70\r")
    person.resize(30, 110)
    person.type("show terminal | include Length\r")
    person.shows("Width: 70 columns")


@pytest.mark.parametrize(
    ("door", "bracketed"), [("console", True), ("console", False), ("ssh", False), ("telnet", False)]
)
def test_a_paste_of_two_thousand_lines_loses_nothing(hall: Any, door: str, bracketed: bool) -> None:
    person = hall.enter(door)
    first = {"console": 10, "ssh": 12, "telnet": 14}[door]
    routes = [f"ip route {first}.0.{n // 250}.{n % 250} 255.255.255.255 Null0" for n in range(LINES)]
    person.paste("\r".join(["configure terminal", *routes, "end", ""]), bracketed)
    person.until(lambda: person.line == "R1#" and "R1(config)#end" in person.rows, "the end of it")
    person.says(f"show running-config | count ^ip route {first}\r", f"regexp = {LINES}")
    person.close()


def test_keys_typed_while_a_command_runs_wait_for_its_end(newcomer: Any) -> None:
    newcomer.type("ping 192.0.2.77 repeat 2 timeout 1\rshow privilege\rshow clo")
    newcomer.shows("Success rate is 0 percent (0/2)\nR1#show privilege\nCurrent privilege level is 15\nR1#show clo")
    newcomer.stands("R1#show clo")


def test_exit_ends_it(newcomer: Any) -> None:
    newcomer.type("exit\r")
    newcomer.ends()
    assert newcomer.rows[: newcomer.screen.cursor.y].count("R1#exit") == 1
    if newcomer.door == "ssh":
        assert "Connection to 127.0.0.1 closed." in newcomer.text


def test_a_silent_console_is_closed_and_says_how_to_begin(hall: Any) -> None:
    person = hall.enter("console")
    person.type("configure terminal\rline con 0\rexec-timeout 0 1\r")
    person.type("banner exec")  # in the middle of a line
    person.until(lambda: "Press RETURN to get started." in person.text, "the end of a session")
    person.until(lambda: person.line == "R1>", "a prompt without privileges")
    assert "R1 con0 is now available" in person.text and "%SYS-5-CONFIG_I" in person.text
    person.type("show users\r")
    person.until(lambda: "0 con 0" in person.text, "the console again")


@pytest.mark.parametrize("door", ["ssh", "telnet"])
def test_a_silent_session_is_closed(hall_of: Callable[[str], Any], door: str) -> None:
    hall_of("line vty 0 4\n exec-timeout 0 2\n").enter(door).ends()


@pytest.mark.parametrize("door", ["ssh", "telnet"])
def test_a_session_is_ended_by_somebody_else(hall_of: Callable[[str], Any], door: str) -> None:
    hall = hall_of("")
    person, other = hall.enter(door), hall.enter("telnet")
    other.type("clear line vty 0\r")
    other.until(lambda: other.line == "[confirm]", "a question")
    other.type("\r")
    other.shows("[confirm]\n [OK]\nR1#")
    person.ends()
