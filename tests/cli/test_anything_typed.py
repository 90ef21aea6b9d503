"""Whatever is typed, pasted or saved: an answer, never an accident."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iosh.cli.check import check
from iosh.cli.load import load
from iosh.cli.notation import grammar
from iosh.cli.render import running_config

WORDS = sorted({node.word for mode in grammar().modes.values() for node in mode.root.walk() if node.type is None})
ODD = [
    "10.0.0.1",
    "255.255.255.0",
    "300.1.1.1",
    "0",
    "65535",
    "-1",
    "tu0",
    "lo 1",
    "|",
    "^C",
    "#",
    "!",
    "\x03",
    "\x1a",
    "?",
    "é",
]
words = st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS).map(lambda word: word[:2]), st.sampled_from(ODD))
lines = st.lists(words, max_size=7).map(" ".join)
pastes = st.lists(st.one_of(lines, st.text(max_size=30)), max_size=12)
modest = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@modest
@given(pastes)
def test_any_text_loads_and_what_was_taken_prints_and_loads_again(paste: list[str]) -> None:
    text = "\n".join(paste)
    config, _ = load(text)
    printed = running_config(config)
    again, complaints = load("\n".join(printed))
    assert complaints == [] and again == config
    check(text)


@modest
@given(paste=pastes, seed=st.integers(0, 2**32))
def test_a_console_answers_anything_and_stays_usable(paste: list[str], seed: int, desk: Callable[..., Any]) -> None:
    dice = random.Random(seed)
    one = desk(ports=1)
    one.types("enable", "terminal length 0")
    for line in paste:
        typed = line.replace("\n", " ")
        one.console.help(typed[: dice.randint(0, len(typed))])
        one.console.complete(typed[: dice.randint(0, len(typed))])
        if dice.random() < 0.5:
            one.console.feed("configure terminal", one.now)
        one.console.feed(typed, one.now)
        one.console.interrupt(one.now)
    for _ in range(3):
        one.console.interrupt(one.now)
    if not one.console.ended:
        assert one.console.prompt.endswith(("#", ">"))
