"""` --More-- ` as the screen shows it, behind each door."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

MORE = " --More--"


@pytest.fixture
def reader(person: Any) -> Iterator[Any]:
    """Before the first page of a running-config, a page being ten lines."""
    person.says("terminal length 10\r")
    person.clear()
    person.type("show running-config\r")
    person.stands(MORE, len(MORE) + 1)
    yield person
    person.clear()
    person.says("terminal length 24\r")


def output(person: Any) -> list[str]:
    """What stands on the screen between the command and the cursor's line."""
    return list(person.rows[1 : person.screen.cursor.y])


def test_a_page_is_one_line_less_than_the_screen_and_a_blank_turns_it(reader: Any) -> None:
    assert len(output(reader)) == 9 and output(reader)[0] == "Building configuration..."
    reader.type(" ")
    reader.until(lambda: len(output(reader)) == 18 and reader.line == MORE, "a second page")
    assert "More" not in "".join(output(reader))


def test_enter_shows_one_line_more(reader: Any) -> None:
    reader.type("\r")
    reader.until(lambda: len(output(reader)) == 10 and reader.line == MORE, "a tenth line")


@pytest.mark.parametrize("key", ["q", "x", "\x03", "\x15"])
def test_other_keys_end_it_and_leave_no_trace(reader: Any, key: str) -> None:
    reader.type(key)
    reader.stands("R1#")
    assert len(output(reader)) == 9 and "More" not in reader.text


def test_a_slash_goes_on_where_a_line_matches(reader: Any) -> None:
    reader.type("/^line vty 0\r")
    reader.until(lambda: "line vty 0 4" in reader.text and reader.line == "R1#", "the vty lines")
    assert "interface" not in reader.text.partition("filtering...")[2]


def test_a_plus_goes_on_with_lines_that_match_only(reader: Any) -> None:
    reader.type("+interface\r")
    reader.until(lambda: reader.line == "R1#", "the prompt")
    shown = output(reader)[output(reader).index("filtering...") + 1 :]
    assert "interface GigabitEthernet1" in shown and all("interface" in line for line in shown)


def test_without_a_length_nothing_waits(reader: Any) -> None:
    reader.type("q")
    reader.stands("R1#")
    reader.says("terminal length 0\r")
    reader.type("show running-config\r")
    reader.until(lambda: reader.line == "R1#" and "line vty 0 4" in reader.text, "all of it")
    assert "More" not in reader.text


def test_help_longer_than_a_page_waits_too_and_the_line_stands_again(reader: Any) -> None:
    reader.type("q")
    reader.stands("R1#")
    reader.type("show ?")
    reader.stands(MORE, len(MORE) + 1)
    reader.type("q")
    reader.stands("R1#show ")
    reader.type("privilege\r")
    reader.shows("Current privilege level is 15\nR1#")
