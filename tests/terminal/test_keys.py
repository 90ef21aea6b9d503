"""Every key of an IOS line, as the screen shows it, behind each door: console, SSH, telnet."""

from __future__ import annotations

from typing import Any

import pytest

UP, DOWN, RIGHT, LEFT, HOME, END, DELETE = (f"\x1b[{code}" for code in ("A", "B", "C", "D", "H", "F", "3~"))

# what is typed, the line that then stands behind the prompt, and the cursor's place in it
KEYS = [
    ("show clock\x01", "show clock", 0),
    ("show clock\x01\x06\x06\x05", "show clock", 10),
    ("show clock\x02\x02", "show clock", 8),
    ("show clock\x01\x06", "show clock", 1),
    (f"show clock{LEFT}{LEFT}{LEFT}{RIGHT}", "show clock", 8),
    (f"show clock{HOME}{END}{LEFT}", "show clock", 9),
    ("show clock\x01\x04", "how clock", 0),
    (f"show clock{HOME}{DELETE}", "how clock", 0),
    ("show clock\x02\x02\x0b", "show clo", 8),
    ("show clock\x02\x02\x15", "ck", 0),
    ("show clock\x02\x02\x18", "ck", 0),
    ("show ip route\x17", "show ip ", 8),
    ("show ip route\x17\x17", "show ", 5),
    ("show ip route\x17\x19", "show ip route", 13),
    ("show ip route\x17\x17\x19", "show ip ", 8),
    ("show ip route\x17\x17\x19\x1by", "show route", 10),
    ("shwo\x14", "show", 4),
    ("shwo\x02\x14", "show", 4),
    ("clock\x7f\x08", "clo", 3),
    ("show clock\x1bb", "show clock", 5),
    ("show clock\x1bb\x1bb\x1bf", "show clock", 4),
    ("show clock\x01\x1bd", " clock", 0),
    ("show clock\x01\x1bc", "Show clock", 4),
    ("show clock\x01\x1bu", "SHOW clock", 4),
    ("SHOW clock\x01\x1bl", "show clock", 4),
    ("what\x16?", "what?", 5),
    ("what\x1bq?", "what?", 5),
    ("one\x01two ", "two one", 4),
]


@pytest.mark.parametrize(("keys", "line", "cursor"), KEYS)
def test_a_key_does_what_it_does_on_ios(person: Any, keys: str, line: str, cursor: int) -> None:
    person.type(keys)
    person.stands(f"R1#{line}", len("R1#") + cursor)


def test_history_goes_back_and_forth_and_comes_back_to_what_was_typed(person: Any) -> None:
    person.says("show privilege\r", "Current privilege level is 15")
    person.says("show history | count nothing\r", "regexp = 1")
    person.type("sho\x10")
    person.stands("R1#show history | count nothing")
    person.type(UP)
    person.stands("R1#show privilege")
    person.type("\x0e")
    person.stands("R1#show history | count nothing")
    person.type(DOWN)
    person.stands("R1#sho")


@pytest.mark.parametrize("key", ["\x0c", "\x12"])
def test_the_line_is_shown_again_below_itself(person: Any, key: str) -> None:
    person.type(f"show clock\x02\x02{key}")
    person.until(lambda: person.rows[:2] == ["R1#show clock", "R1#show clock"], "the line twice")
    person.stands("R1#show clock", len("R1#show clo"))


def test_ctrl_c_drops_the_line_and_ctrl_z_carries_nothing_out(person: Any) -> None:
    person.type("show nonsense\x03")
    person.stands("R1#")
    person.type("show privilege\x1a")
    person.type(" | count 15\r")
    person.until(lambda: "regexp = 1" in person.text and person.line == "R1#", "a count")


def test_tab_completes_a_word_that_is_just_one(person: Any) -> None:
    person.type("sho\tcloc\t")
    person.stands("R1#show clock ")
    person.type("det\t")
    person.stands("R1#show clock detail ")


def test_tab_leaves_alone_what_may_be_several_words(person: Any) -> None:
    person.type("show c\tlo\t")
    person.stands("R1#show clock ")
    person.type("\x15show c\t")
    person.stands("R1#show c")


def test_a_question_mark_in_a_word_lists_what_it_may_become(person: Any) -> None:
    person.type("show clo?")
    person.shows("R1#show clo?\n  clock  Display the system clock\n\nR1#show clo")
    person.stands("R1#show clo")


def test_a_question_mark_behind_a_blank_lists_what_may_follow(person: Any) -> None:
    person.type("show clock ?")
    person.stands("R1#show clock ")
    person.shows(
        "R1#show clock ?\n  detail  Display detailed information\n  |       Output modifiers\n  <cr>    <cr>\n\nR1#"
    )


def test_a_question_mark_in_the_middle_asks_about_what_stands_before_it(person: Any) -> None:
    person.type("show clock detail\x1bb?")
    person.shows("  <cr>    <cr>\n\nR1#show clock detail")
    person.type("\r")
    person.shows("No time source")


def test_an_ambiguous_word_is_said_with_the_line(person: Any) -> None:
    person.says("show c\r", '% Ambiguous command:  "show c"')


def test_a_wrong_letter_has_the_caret_below_it(person: Any) -> None:
    person.says("show clokc\r", "R1#show clokc", "           ^", "% Invalid input detected at '^' marker.")


def test_a_line_longer_than_the_screen_moves_sideways(person: Any) -> None:
    line = "".join(f" {number:03}" for number in range(40))
    person.type(line)
    person.until(lambda: person.line.startswith("R1#$") and person.line.endswith(" 039"), "the end of a long line")
    assert len([row for row in person.rows if row]) == 1
    person.type("\x01")
    person.until(lambda: person.line.startswith("R1# 000 001") and person.line.endswith("$"), "its beginning")
    assert person.cursor == len("R1#")
    person.type("\x05")
    person.until(lambda: person.line.endswith(" 039"), "its end again")


def test_the_width_said_is_where_lines_move_sideways(person: Any) -> None:
    person.says("terminal width 40\r")
    person.type("x" * 37)
    person.until(lambda: person.line.startswith("R1#$xx") and len(person.line) < 40, "a line that moves at 40")
    person.type("\x15")
    person.says("terminal width 80\r")


def test_ctrl_s_searches_the_history_at_the_console(hall: Any) -> None:
    person = hall.enter("console")
    person.says("show privilege\r", "Current privilege level is 15")
    person.says("show history | count show\r")
    person.type("\x13privi")
    person.until(lambda: "show privilege" in person.line, "what was found")
    person.type("\r")
    person.stands("R1#show privilege", len("R1#show "))
    person.type("\r")
    person.until(lambda: person.text.count("Current privilege level is 15") == 2, "the answer again")
