"""Output filters and the pager."""

from __future__ import annotations

import pytest

from iosh.cli.pager import Pager
from iosh.cli.pipes import BadPipe, read, split

LINES = [
    "interface Tunnel0",
    " ip address 10.0.0.1 255.255.255.0",
    " ip nhrp network-id 1",
    "!",
    "interface GigabitEthernet1",
    " no ip address",
    "!",
    "router ospf 1",
    " network 10.0.0.0 0.0.0.255 area 0",
]


def through(text: str) -> list[str]:
    line = f"show x | {text}"
    _, bar = split(line)
    assert bar is not None
    lines = LINES
    for pipe in read(line, bar):
        lines = list(pipe.filter(lines))
    return lines


def test_include_and_exclude_are_each_others_rest() -> None:
    assert through("include ^interface") == [LINES[0], LINES[4]]
    assert through("exc ^interface|^ ") == ["!", "!", "router ospf 1"]


def test_begin_goes_on_from_the_first_match() -> None:
    assert through("b Gigabit") == LINES[4:]


def test_section_takes_what_is_indented_below() -> None:
    assert through("section ^interface T") == LINES[:3]
    assert through("sec nhrp") == [" ip nhrp network-id 1"]
    assert through("section exclude interface|!") == LINES[7:]


def test_count_says_how_many() -> None:
    assert through("count ^interface") == ["Number of lines which match regexp = 2"]


def test_a_pattern_is_the_rest_of_the_line_bars_included() -> None:
    assert through("i Tunnel0|ospf 1") == [LINES[0], LINES[7]]


def test_an_underscore_is_a_delimiter_and_case_counts() -> None:
    assert through("i _1$") == [" ip nhrp network-id 1", "router ospf 1"]
    assert through("i INTERFACE") == []


def test_a_bar_between_blanks_with_a_modifier_behind_it_begins_another_pipe() -> None:
    assert through("section ^interface | include nhrp|^i | count Tunnel") == ["Number of lines which match regexp = 1"]
    assert through("i nhrp | b 1") == [LINES[2]]  # a pattern still: one letter does not make a modifier of it


def test_modifiers_that_write_are_unknown_to_who_may_not() -> None:
    with pytest.raises(BadPipe) as bad:
        read("show x | redirect flash:x", 7, writing=False)
    assert bad.value.column == 9


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("show x | zap y", 9),
        ("show x | incl", None),
        ("show x | inx y", 11),
        ("show x |", None),
        ("show x | tee", None),
        ("show x | redirect a b", 20),
    ],
)
def test_a_bad_modifier_is_pointed_at(line: str, column: int | None) -> None:
    with pytest.raises(BadPipe) as bad:
        read(line, line.index("|"))
    assert bad.value.column == column


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(BadPipe, match="compile"):
        read("show x | i (", 7)


class Reader:
    def __init__(self, count: int, length: int) -> None:
        self.shown: list[str] = []
        self.pager = Pager((f"line {number}" for number in range(count)), length, self.write)
        self.pager.start()

    def write(self, text: str) -> None:
        self.shown += text.splitlines()


def test_a_page_is_a_screen_less_one_line() -> None:
    reader = Reader(count=30, length=11)
    assert len(reader.shown) == 10 and reader.pager.waiting
    reader.pager.key(" ")
    assert len(reader.shown) == 20 and reader.pager.waiting
    reader.pager.key("")
    assert len(reader.shown) == 21
    reader.pager.key(" ")
    assert len(reader.shown) == 30 and not reader.pager.waiting


def test_output_that_just_fits_is_not_paged() -> None:
    assert not Reader(count=10, length=11).pager.waiting
    assert not Reader(count=500, length=0).pager.waiting


def test_any_other_key_stops() -> None:
    reader = Reader(count=30, length=11)
    reader.pager.key("q")
    assert len(reader.shown) == 10 and not reader.pager.waiting


def test_one_can_go_on_filtered() -> None:
    reader = Reader(count=200, length=11)
    reader.pager.key("/line 150")
    assert reader.shown[10:13] == ["filtering...", "line 150", "line 151"]
    reader.pager.key("+9$")
    assert reader.shown[-5:] == ["filtering...", "line 169", "line 179", "line 189", "line 199"]
