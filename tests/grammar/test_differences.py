"""From any configuration the grammar can say to any other: the commands lead there, and equal ones need none."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.cli.configure import Configurator
from iosh.cli.difference import apply, commands, contextual, way
from iosh.cli.load import load
from iosh.cli.render import running_config
from iosh.config.model import Config, LineKey, new_interface, new_line
from iosh.config.store import Store

MOST_LINES = 12


def _lines_of_the_grammar() -> Any:
    """The generator of commands of `test_grammar.py`."""
    spec = importlib.util.spec_from_file_location("lines_of_the_grammar", Path(__file__).with_name("test_grammar.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LINES = _lines_of_the_grammar()
SEEDS = st.integers(0, 2**32)


def typed(seed: int, count: int, onto: Config | None = None) -> Config:
    """A configuration made of lines drawn by chance; some are typed with `no`."""
    dice = random.Random(seed)
    store = Store(onto or Config())
    for _ in range(count):
        mode, leaf = dice.choice(LINES.LEAVES)
        configurator = Configurator(store)
        for line in LINES.entrances(mode, leaf):
            configurator.line(line)
        line = LINES.command(leaf, dice)
        for text in (f"no {line}" if dice.random() < 0.1 else line).split("\n"):
            configurator.line(text)
    return store.running


def arrived(old: Config, lines: list[str]) -> Config:
    store = Store(old)
    apply(Configurator(store), lines)
    return store.running


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.integers(0, MOST_LINES), SEEDS, st.integers(0, MOST_LINES))
def test_the_commands_lead_from_one_configuration_to_the_other(seed: int, count: int, other: int, more: int) -> None:
    old, new = typed(seed, count), typed(other, more)
    for name in physical(old):  # hardware stays
        new.interfaces.setdefault(name, new_interface(name, new.version))
    for key in terminals(old):
        if key.kind not in {line.kind for line in terminals(new)}:
            new.lines[key] = new_line(key.kind)
    lines = commands(old, new)
    there = arrived(old, lines)
    assert contextual(running_config(there), running_config(new)) == [], lines
    assert commands(there, new) == []


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.integers(0, MOST_LINES))
def test_equal_configurations_need_nothing(seed: int, count: int) -> None:
    found = way(typed(seed, count), typed(seed, count))
    assert found.lines == [] and found.passes == ()


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.integers(0, MOST_LINES), SEEDS)
def test_one_more_line_is_undone(seed: int, count: int, other: int) -> None:
    before, after = typed(seed, count), typed(other, 1, onto=typed(seed, count))
    kinds = {key.kind for key in terminals(before)}
    if set(physical(after)) <= set(physical(before)) and all(key.kind in kinds for key in terminals(after)):
        there = arrived(after, commands(after, before))
        assert running_config(there) == running_config(before)


def physical(config: Config) -> list[str]:
    return [name for name in config.interfaces if name.startswith("Gigabit") and "." not in name]


def terminals(config: Config) -> list[LineKey]:
    """Lines of the kinds of which every router keeps one."""
    return [key for key in config.lines if key.kind in ("con", "aux", "vty")]


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.integers(0, MOST_LINES))
def test_saying_the_defaults_too_says_nothing_else(seed: int, count: int) -> None:
    config = typed(seed, count)
    everything = running_config(config, everything=True)
    again, complaints = load("\n".join(everything))
    assert complaints == []
    assert running_config(again) == running_config(config)
    assert set(running_config(config)) <= set(everything)
