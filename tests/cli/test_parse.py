"""Words to places in the tree: prefixes, late ambiguity, options in any order, and where the caret goes."""

from __future__ import annotations

import pytest

from iosh.cli.notation import Builder, GrammarError, grammar
from iosh.cli.parse import Parsed, Verdict, parse, values
from iosh.cli.tree import Node

TOY = """
mode toy  "(toy)#"
name                Name
no                  Negate
ip                  IP
  address           Address
    A.B.C.D:address   Address                 -> do address
  arp               ARP                       -> do arp
ipc                 IPC                       -> do ipc
inventory           Inventory                 -> do inventory
interfaces          Interfaces
  brief             Brief                     -> do brief
isis                ISIS
  neighbors         Neighbors                 -> do neighbors
password            Password
  LINE:text         Text                      -> do password
login               Login                     -> do login
WORD:host           Host                      -> do connect
many                Many                      -> do many
  ?alpha            Alpha
    <1-9>:alpha     Number
  ?beta:beta        Beta
  ?gamma            Gamma
    WORD:gamma      Word
      ?delta:delta  Delta
list                List                      -> do list
  +one:items=       One
  +two:items=       Two
    ?more:items&    More
"""


def toy() -> Node:
    builder = Builder()
    builder.read("toy.ios", TOY)
    return builder.finish().modes["toy"].root


def said(line: str) -> Parsed:
    return parse(line, toy())


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("name management", 5),  # an argument nobody takes: the token's start
        ("ip http secure-server", 3),
        ("ip addrezz 1.1.1.1", 8),  # `addre` is shared: under the first z
        ("ip address 10.0.0.256", 11),  # a bad address: its start
        ("paasword x", 2),  # `pa` is shared with password
        ("login now", 6),
    ],
)
def test_the_caret_goes_under_the_first_character_nobody_accepts(line: str, column: int) -> None:
    builder = Builder()
    builder.read("toy.ios", TOY.replace("WORD:host           Host                      -> do connect\n", ""))
    parsed = parse(line, builder.finish().modes["toy"].root)
    assert parsed.verdict is Verdict.INVALID
    assert parsed.column == column


def test_an_exact_keyword_beats_a_longer_one() -> None:
    assert said("ip arp").state.node.word == "arp"
    assert said("ipc").state.node.word == "ipc"


def test_a_keyword_beats_an_argument_and_an_argument_takes_the_rest() -> None:
    assert said("log").state.node.word == "login"
    assert said("elsewhere").values == {"host": "elsewhere"}


def test_what_comes_after_settles_what_a_word_was() -> None:
    assert said("i b").state.node.word == "brief"
    assert said("i neigh").state.node.word == "neighbors"


def test_two_keywords_are_ambiguous_when_nothing_settles_it() -> None:
    assert said("i").verdict is Verdict.AMBIGUOUS
    assert said("i zzz").verdict is Verdict.AMBIGUOUS
    assert said("ip a").verdict is Verdict.AMBIGUOUS


def test_a_line_that_ends_too_early_is_incomplete() -> None:
    assert said("ip address").verdict is Verdict.INCOMPLETE
    assert said("many gamma").verdict is Verdict.INCOMPLETE
    assert said("list").verdict is Verdict.INCOMPLETE


def test_options_come_in_any_order_each_once() -> None:
    assert said("many beta gamma x delta alpha 3").values == {"beta": True, "gamma": "x", "delta": True, "alpha": 3}
    assert said("many gamma x alpha 3 delta").verdict is Verdict.INVALID  # delta belongs to gamma, which is closed
    assert said("many beta beta").verdict is Verdict.INVALID


def test_list_items_are_gathered_and_a_second_word_joins_its_item() -> None:
    assert said("list two more one").values == {"items": ("two more", "one")}


def test_a_line_argument_keeps_its_blanks_and_not_those_around_it() -> None:
    assert said("password   a  b | c  ").values == {"text": "a  b | c"}


def test_words_are_matched_in_any_case() -> None:
    assert said("MANY BeTa").values == {"beta": True}


@pytest.mark.parametrize("spelling", ["tu0", "Tunnel0", "TUNNEL 0", "tun 00", "tunnel 000"])
def test_an_interface_is_one_in_every_spelling(spelling: str) -> None:
    parsed = parse(f"interface {spelling}", grammar().modes["config"].root)
    assert values(parsed.state) == {"name": "Tunnel0"}


def test_an_ambiguous_interface_kind_is_refused() -> None:
    assert parse("interface t 0", grammar().modes["config"].root).verdict is Verdict.INVALID


@pytest.mark.parametrize(
    "text",
    [
        "word  without a mode",
        'mode m  "#"\n   odd  indentation',
        'mode m  "#"\na  A  -> x\na  A  -> y',
        'mode m  "#"\na:b  A\na  A',
        "mode nowhere",
        'mode m  "#"\na:x  A\n  b:y  B  -> field',
    ],
)
def test_a_grammar_that_breaks_the_notation_is_refused_with_its_line(text: str) -> None:
    builder = Builder()
    with pytest.raises(GrammarError):
        builder.read("bad.ios", text)
        builder.finish()
