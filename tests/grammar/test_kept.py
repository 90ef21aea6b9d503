"""The kept lines, all of them: each parses, prints as it reads, is replaced by its like and taken back by `no`.

They are thousands, so what is asked of them is asked of many at once: of all lines that begin with one word of a mode.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache

import pytest

from iosh.cli.configure import Configurator, Fate
from iosh.cli.help import help_text
from iosh.cli.keep import slot_of
from iosh.cli.load import load
from iosh.cli.notation import grammar
from iosh.cli.parse import State, Verdict, followers, parse
from iosh.cli.render import running_config
from iosh.cli.tree import LAST, Enter, Keep, Node
from iosh.config.model import Config, Crypto
from iosh.config.store import Store

SAMPLES = {
    "A.B.C.D": "10.{0}.{1}.7",
    "A.B.C.D/nn": "10.{0}.{1}.0/24",
    "X:X:X:X::X": "2001:DB8:{0}::{1}",
    "X:X:X:X::X/<0-128>": "2001:DB8:{0}:{1}::/64",
    "H.H.H": "0011.22aa.bb07",
    "SLOT": "{0}/{1}",
    "<1.0-XX.YY>": "{0}.{1}",
    "HEX": "{0:02X}{1:02X}",
    "ICMP-MESSAGE": "echo",
    "hh:mm": "2:30",
    "/nn": "/24",
    "WORD": "w{0}-{1}",
    "LINE": "k{0} and {1}",
}


def families() -> Iterator[tuple[str, str, list[Node]]]:
    """A mode, a first word, and the kept lines that begin with it."""
    for name, mode in grammar().modes.items():
        for first in mode.root.children:
            if first.virtual:
                continue
            lines = [node for node in first.walk() if isinstance(node.meaning, Keep) and not node.virtual]
            if lines:
                yield name, first.word, lines


FAMILIES = list(families())
NAMES = [f"{mode}: {word}" for mode, word, _ in FAMILIES]
every_family = pytest.mark.parametrize(("mode", "first", "lines"), FAMILIES, ids=NAMES)


def sample(node: Node, dice: random.Random) -> str:
    if node.type is None:
        return node.word
    label = node.type.label
    if label == "INTERFACE":
        return f"Loopback{dice.randint(0, 9)}"
    if label.startswith("<") and label not in SAMPLES:
        low, high = map(int, re.findall(r"(?<!\d)-?\d+", label))
        return str(dice.choice((low, high)))
    return SAMPLES[label].format(dice.randint(1, 99), dice.randint(1, 99))


def command(node: Node, dice: random.Random, chance: float) -> str:
    return " ".join([*(sample(step, dice) for step in node.trail()), *options(node, dice, chance)])


def options(node: Node, dice: random.Random, chance: float) -> Iterator[str]:
    for slot in sorted({child.slot for child in node.children if child.slot < LAST}):
        rivals = [child for child in node.children if child.slot == slot and not child.virtual]
        if slot in node.must or dice.random() < chance:
            yield from branch(dice.choice(rivals), dice, chance)
    choices = [child for child in node.children if child.optional and not child.virtual and child.slot == LAST]
    dice.shuffle(choices)
    choices.sort(key=lambda child: child.type is not None and not child.type.structured)  # a word would take all
    for child in choices:
        if dice.random() < chance:
            yield from branch(child, dice, chance)


def branch(node: Node, dice: random.Random, chance: float) -> Iterator[str]:
    yield sample(node, dice)
    needed = [child for child in node.children if not child.optional and not child.virtual]
    if needed:
        yield from branch(dice.choice(needed), dice, chance)
    else:
        yield from options(node, dice, chance)


def doors(mode: str, line: Node | None = None) -> list[str]:
    """The lines that lead into a mode."""
    if mode == "interface":
        tunnel = line is not None and any(step.place == "tunnel" for step in line.trail())
        return ["interface Tunnel7" if tunnel else "interface GigabitEthernet7"]
    return list(ways_in(mode))


@cache
def ways_in(mode: str) -> tuple[str, ...]:
    if mode == "config":
        return ()
    for outer, one in grammar().modes.items():
        for node in one.root.walk():
            if isinstance(node.meaning, Enter | Keep) and node.meaning.mode == mode and not node.virtual:
                return (*doors(outer, node), command(node, random.Random(3), 0))
    raise AssertionError(f"no way into {mode}")


def entered(mode: str, line: Node | None = None) -> tuple[Store, Configurator]:
    store = Store(Config(crypto=Crypto(weak=True)))  # every word exists
    configurator = Configurator(store)
    for door in doors(mode, line):
        assert configurator.line(door).fate is Fate.TAKEN, door
    return store, configurator


@every_family
def test_lines_print_in_one_spelling_that_reads_back(mode: str, first: str, lines: list[Node]) -> None:
    for chance in (1.0, 0.4):
        dice = random.Random(first)
        for line in lines:
            store, configurator = entered(mode, line)
            typed = command(line, dice, chance)
            assert configurator.line(typed).fate is Fate.TAKEN, typed
            if line is not lines[-1] and dice.random() < 0.8:
                continue  # one in five is printed
            printed = running_config(store.running)
            again, complaints = load("\n".join(printed))
            assert complaints == [], (typed, complaints)
            assert again == store.running, typed
            assert running_config(again) == printed


@every_family
def test_no_takes_back_and_default_leaves_nothing(mode: str, first: str, lines: list[Node]) -> None:
    dice = random.Random(first)
    for line in lines:
        store, configurator = entered(mode, line)
        stack = configurator.stack[:]
        place = stack[-1].place
        empty = deepcopy(store.at(place).kept)
        typed = command(line, dice, 0.5)
        assert isinstance(line.meaning, Keep)
        configurator.line(typed)
        once = deepcopy(store.at(place).kept)
        assert (once != empty) == (line.meaning.style != "off"), typed
        store.take()
        configurator.stack[:] = stack
        configurator.line(typed)
        assert store.take() == () and store.at(place).kept == once, typed
        configurator.stack[:] = stack
        assert configurator.line(f"no {typed}").fate is Fate.TAKEN, typed
        if line.meaning.style:
            assert [kept.line[:3] for kept in store.at(place).kept.values()] == ["no "], typed
            configurator.stack[:] = stack
            configurator.line(f"default {typed}")
        assert store.at(place).kept == empty, typed


@every_family
def test_every_word_is_listed_and_a_wrong_one_is_invalid(mode: str, first: str, lines: list[Node]) -> None:
    dice = random.Random(first)
    for line in dice.sample(lines, min(len(lines), 12)):
        _, configurator = entered(mode, line)
        level = configurator.stack[-1]
        words = command(line, dice, 0.5).split()
        state = State(level.mode.root)
        for count in range(len(words)):
            typed = " ".join([*words[:count], ""])
            text = help_text(typed, level.mode.root, level.places)
            assert text.strip() and not text.startswith("%"), (typed, text)
            after = [node for node, _ in followers(state, level.places)]
            takes_any = any(node.type is not None and not node.type.structured for node in after)
            if not takes_any:
                assert parse(f"{typed}zzzz", level.mode.root, level.places).verdict is Verdict.INVALID, typed
            state = parse(" ".join(words[: count + 1]), level.mode.root, level.places).states[0]
            if state.node.type is not None and state.node.type.rest:
                break


def test_a_slot_leads_to_one_place() -> None:
    """Lines of one slot replace each other, so they must agree whether they name the same number of things."""
    for mode, _, lines in FAMILIES:
        for line in lines:
            assert slot_of(line) or any(step.type is not None for step in line.trail()), (mode, line)
