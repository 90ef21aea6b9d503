"""The line editor, judged by what stands on a screen that knows only letters, backspaces, line ends and the bell."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iosh.cli.line_editor import LONGEST, LineEditor, Press


class Screen:
    """A printing terminal: no escape sequences."""

    def __init__(self) -> None:
        self.lines = [""]
        self.column = 0
        self.bells = 0
        self.written: list[str] = []

    def write(self, text: str) -> None:
        self.written.append(text)
        for letter in text:
            if letter == "\b":
                assert self.column > 0, "a backspace at the beginning of a line"
                self.column -= 1
            elif letter == "\n":
                self.lines.append("")
                self.column = 0
            elif letter == "\a":
                self.bells += 1
            else:
                assert letter.isprintable(), repr(letter)
                line = self.lines[-1]
                self.lines[-1] = line[: self.column] + letter + line[self.column + 1 :]
                self.column += 1

    @property
    def shown(self) -> str:
        return self.lines[-1].rstrip()


class Typist:
    """A line editor with a screen."""

    def __init__(self, width: int = 0, history: tuple[str, ...] = (), prompt: str = "R1#", text: str = "") -> None:
        self.screen = Screen()
        self.editor = LineEditor(self.screen.write)
        self.editor.width = width
        self.editor.begin(prompt, history, text)

    def type(self, keys: str) -> list[Press]:
        return [press for key in keys if (press := self.editor.key(key)) is not None]


@pytest.fixture
def typist() -> Callable[..., Typist]:
    return Typist


def test_a_character_at_the_end_is_that_character_on_the_wire(typist: Callable[..., Typist]) -> None:
    one = typist()
    one.screen.written.clear()
    for key in "show":
        one.type(key)
    assert one.screen.written == ["s", "h", "o", "w"]


@pytest.mark.parametrize(
    ("keys", "text", "cursor"),
    [
        ("abc\x01X", "Xabc", 1),
        ("abc\x01\x05X", "abcX", 4),
        ("abc\x02X", "abXc", 3),
        ("abc\x01\x06X", "aXbc", 2),
        ("abc\x01\x04", "bc", 0),
        ("abc\x08", "ab", 2),
        ("abc\x7f\x7f", "a", 1),
        ("one two\x01\x06\x06\x06\x0b", "one", 3),
        ("one two\x15", "", 0),
        ("one two\x18", "", 0),
        ("one two\x17", "one ", 4),
        ("ab\x14", "ba", 2),
        ("abc\x02\x14", "acb", 3),
        ("a\x14", "a", 1),
        ("one two\x17\x19\x19", "one twotwo", 10),
        ("one\x15two\x15\x19\x1by", "one", 3),
        ("one\x15two\x15\x19\x1by\x1by", "two", 3),
        ("a\x16?", "a?", 2),
        ("a\x1bq?", "a?", 2),
        ("one two\x1bbX", "one Xtwo", 5),
        ("one two\x01\x1bfX", "oneX two", 4),
        ("one two\x01\x1bd", " two", 0),
        ("one two\x01\x1bu", "ONE two", 3),
        ("ONE\x01\x1bl", "one", 3),
        ("one\x01\x1bc", "One", 3),
        ("abc\x1b[DX", "abXc", 3),
        ("abc\x1bOD\x1bOCX", "abcX", 4),
        ("abc\x1b[1~X\x1b[4~Y", "XabcY", 5),
        ("abc\x1b[2~\x1b[15;2~d", "abcd", 4),
        ("abc\x02\x02\x1b[3~", "ac", 1),
        ("\x02\x06\x04\x08\x17\x0b\x15", "", 0),
    ],
)
def test_keys_do_what_ios_makes_of_them(typist: Callable[..., Typist], keys: str, text: str, cursor: int) -> None:
    one = typist()
    assert one.type(keys) == []
    assert (one.editor.text, one.editor.cursor) == (text, cursor)
    assert one.screen.shown == f"R1#{text}".rstrip()
    assert one.screen.column == len("R1#") + cursor


def test_keys_for_the_owner_change_nothing(typist: Callable[..., Typist]) -> None:
    one = typist()
    pressed = one.type("ab\x02?\t\x03\x1e\x1a\r\n")
    expected = [Press.HELP, Press.TAB, Press.INTERRUPT, Press.BREAK, Press.END, Press.ENTER, Press.ENTER]
    assert pressed == expected
    assert one.editor.text == "ab" and one.editor.before == "a"


def test_history_goes_back_and_returns_to_what_was_being_typed(typist: Callable[..., Typist]) -> None:
    one = typist(history=("first", "second"))
    one.type("dra\x10")
    assert one.screen.shown == "R1#second"
    one.type("\x1b[A")
    assert one.screen.shown == "R1#first"
    one.type("\x10")
    assert one.screen.bells == 1
    one.type("\x0e\x1b[B")
    assert one.screen.shown == "R1#dra"


def test_ctrl_r_shows_the_line_again_on_a_new_line(typist: Callable[..., Typist]) -> None:
    one = typist()
    one.type("show\x02\x12")
    assert one.screen.lines == ["R1#show", "R1#show"]
    assert one.screen.column == len("R1#sho")


def test_a_long_line_scrolls_by_ten_and_says_so(typist: Callable[..., Typist]) -> None:
    one = typist(width=40)
    text = "".join(str(number % 10) for number in range(60))
    one.type(text)
    assert one.screen.shown.startswith("R1#$") and len(one.screen.shown) < 40
    assert one.screen.shown.endswith("9")
    one.type("\x01")
    assert one.screen.shown.startswith("R1#0123") and one.screen.shown.endswith("$")
    assert one.screen.column == 3
    assert one.editor.text == text


def test_programs_terminals_do_not_scroll(typist: Callable[..., Typist]) -> None:
    for width in (0, 511, 512):
        one = typist(width=width)
        one.type("x" * 1024)
        assert one.screen.shown == "R1#" + "x" * 1024


def test_a_line_is_bounded(typist: Callable[..., Typist]) -> None:
    one = typist()
    one.type("x" * (LONGEST + 3))
    assert len(one.editor.text) == LONGEST
    assert one.screen.bells == 3


def test_a_password_is_not_shown() -> None:
    screen = Screen()
    editor = LineEditor(screen.write)
    editor.begin("Password: ", hidden=True)
    for key in "secret\x08\x02x":
        editor.key(key)
    assert editor.text == "secrxe"
    assert screen.lines == ["Password: "]


def test_erasing_leaves_an_empty_line(typist: Callable[..., Typist]) -> None:
    one = typist()
    one.type("show\x02")
    one.editor.erase()
    assert one.screen.shown == "" and one.screen.column == 0
    one.editor.redisplay()
    assert one.screen.shown == "R1#show" and one.screen.column == len("R1#sho")


KEYS = st.one_of(
    st.sampled_from("abc 1"),
    st.sampled_from(list("\x01\x02\x04\x05\x06\x08\x0b\x0c\x0e\x10\x12\x14\x15\x16\x17\x18\x19\x7f")),
    st.sampled_from(["\x1bb", "\x1bf", "\x1bd", "\x1bc", "\x1bl", "\x1bu", "\x1by", "\x1b[A", "\x1b[B", "\x1b[D"]),
)


@given(st.lists(KEYS, max_size=60), st.sampled_from([0, 40, 511]))
def test_the_screen_shows_what_the_line_holds(keys: list[str], width: int) -> None:
    one = Typist(width, ("earlier", "and another that is rather longer than the terminal is wide"))
    one.type("".join(keys))
    if one.editor._quoted:
        one.editor.key("q")
    text = "".join(letter if letter.isprintable() else "^" for letter in one.editor.text)
    if width == 40 and len(text) + len("R1#") >= width - 1:
        assert len(one.screen.shown) < width
    elif not one.editor._left:
        assert one.screen.shown == f"R1#{text}".rstrip()
        assert one.screen.column == len("R1#") + one.editor.cursor
