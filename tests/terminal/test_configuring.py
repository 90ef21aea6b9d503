"""Configuration mode, dialogues and what leaves them, as the screen shows it, behind each door."""

from __future__ import annotations

from typing import Any

import pytest

CONFIG = "R1(config)#"
BEGUN = "Enter configuration commands, one per line.  End with CNTL/Z."


@pytest.fixture
def clerk(person: Any) -> Any:
    """In configuration mode."""
    person.type("configure terminal\r")
    person.until(lambda: BEGUN in person.text and person.line == CONFIG, "configuration mode")
    return person


def at_the_prompt(person: Any) -> bool:
    return bool(person.line == "R1#")


def test_end_and_ctrl_z_leave_configuration(clerk: Any) -> None:
    clerk.type("interface Loopback0\r")
    clerk.stands("R1(config-if)#")
    clerk.type("end\r")
    clerk.until(lambda: at_the_prompt(clerk), "the prompt")
    clerk.type("configure terminal\rhostname R2\x1a")
    clerk.until(lambda: clerk.line == "R2#", "the new name")
    assert "R1(config)#hostname R2^Z" in clerk.text
    clerk.type("configure terminal\rhostname R1\x1a")
    clerk.until(lambda: at_the_prompt(clerk), "the old name")


def test_ctrl_c_drops_the_line_and_leaves_configuration(clerk: Any) -> None:
    clerk.type("hostname NEVER\x03")
    clerk.until(lambda: at_the_prompt(clerk), "the prompt")
    assert f"{CONFIG}hostname NEVER^C" in clerk.text


def test_a_question_mark_that_was_quoted_is_text(clerk: Any) -> None:
    clerk.type("interface Loopback7\r")
    clerk.stands("R1(config-if)#")
    clerk.type("description why\x16?\r")
    clerk.type("do show running-config interface Loopback7\r")
    clerk.shows(" description why?\n")
    clerk.type("no interface Loopback7\r\x1a")
    clerk.until(lambda: at_the_prompt(clerk), "the prompt")


def test_help_for_a_line_of_text_says_so(clerk: Any) -> None:
    clerk.type("interface Loopback7\r")
    clerk.stands("R1(config-if)#")
    clerk.type("description some words ?")
    clerk.shows("description some words ?\n  LINE  ")
    clerk.stands("R1(config-if)#description some words ")
    clerk.type("\x15no interface Loopback7\r\x1a")
    clerk.until(lambda: at_the_prompt(clerk), "the prompt")


def test_a_confirmation_takes_one_key_and_ctrl_c_gives_up(person: Any) -> None:
    person.type("clear logging\r")
    person.stands("Clear logging buffer [confirm]")
    person.type("n")
    person.until(lambda: at_the_prompt(person), "the prompt")
    person.type("clear logging\r")
    person.stands("Clear logging buffer [confirm]")
    person.type("\x03")
    person.until(lambda: at_the_prompt(person), "the prompt")
    person.type("copy running-config flash:/x\r")
    person.until(lambda: person.line.startswith("Destination filename ["), "a question")
    person.type("\x03")
    person.until(lambda: at_the_prompt(person), "the prompt")


def test_a_password_is_not_shown_and_not_remembered(person: Any) -> None:
    person.says("disable\r", prompt="R1>")
    person.type("enable\r")
    person.stands("Password:", len("Password: "))
    person.type("wrong")
    person.type("\r")
    person.until(lambda: person.rows.count("Password:") == 2, "the question again")
    person.type("\x10\x1b[Aletmein")
    person.type("\r")
    person.until(lambda: at_the_prompt(person), "the prompt")
    assert "letmein" not in person.text and "wrong" not in person.text and "*" not in person.text
    assert b"letmein" not in person.raw


def test_a_ping_is_broken_off_by_ctrl_shift_6(person: Any) -> None:
    person.type("ping 192.0.2.77 repeat 1000 timeout 1\r")
    person.shows("Sending 1000, 100-byte ICMP Echos to 192.0.2.77")
    person.type("\x1e")
    person.until(lambda: "Success rate is 0 percent" in person.text and at_the_prompt(person), "its end")
    person.type("traceroute 192.0.2.77\r")
    person.shows("Tracing the route to 192.0.2.77")
    person.type("\x1e")
    person.until(lambda: at_the_prompt(person), "its end")
    person.says("show privilege\r", "Current privilege level is 15")
