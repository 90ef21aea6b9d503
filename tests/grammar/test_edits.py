"""Edits by chance, against the model and the text: lines of the corpus, which says every line of the grammar, typed in
any order under their modes, plain or after `no` or `default`.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from iosh.cli.configure import Configurator, Fate, Outcome
from iosh.cli.difference import apply, commands, contextual, outline
from iosh.cli.load import load
from iosh.cli.render import running_config
from iosh.config.model import Config, release
from iosh.config.model_acl import AccessLists
from iosh.config.store import Store

CONFIGS = sorted((Path(__file__).parents[1] / "data" / "configs").glob("*.cfg"))
PHYSICAL = ("GigabitEthernet0/0", "GigabitEthernet0/1", "GigabitEthernet0/2", "GigabitEthernet0/3", "GigabitEthernet1")
Edit = tuple[str, tuple[str, ...]]  # what stands before the line, and the line with those it stands under


@cache
def lines() -> list[tuple[str, ...]]:
    """Every line of the corpus once."""
    texts = [path.read_text(encoding="utf-8").splitlines() for path in CONFIGS]
    found = dict.fromkeys(path for text in texts for path in outline(text))
    return [path for path in found if "\n" not in path[-1] and not path[-1].startswith(("version", "exit"))]


@cache
def start(number: int) -> Config:
    config, complaints = load(CONFIGS[number].read_text(encoding="utf-8"), PHYSICAL)
    return config if not complaints else start((number + 1) % len(CONFIGS))


EDITS = st.lists(
    st.tuples(st.sampled_from(("", "", "", "no ", "no ", "default ")), st.integers(0, 2**32)), max_size=12
).map(lambda drawn: [(word, lines()[number % len(lines())]) for word, number in drawn])
STARTS = st.integers(0, len(CONFIGS) - 1)


def typed(store: Store, edit: Edit) -> Outcome:
    """Type one edit, after the lines that lead to its mode."""
    word, path = edit
    configurator = Configurator(store, frozenset(PHYSICAL))
    for line in path[:-1]:
        if configurator.line(line).fate is not Fate.TAKEN:
            store.take()  # what led there is not the edit's
            return Outcome(Fate.REFUSED)
    store.take()
    return configurator.line(f"{word}{path[-1].removeprefix('no ') if word else path[-1]}")


def in_text(config: Config) -> tuple[Config, object]:
    """What the text can say: with AAA it says nothing of `login`; before release 16 the lines of access lists have no
    numbers, and an empty numbered list no line.
    """
    if config.aaa.new_model:
        config = replace(config, lines={key: replace(line, login=None) for key, line in config.lines.items()})
    if release(config.version) >= (16,):
        return config, None
    lists = config.access_lists
    lines = [
        (name, [(key.remark, ace) for key, ace in each.entries.items()])
        for table in (lists.standard, lists.extended)
        for name, each in sorted(table.items())
        if each.entries or not name.isdigit()
    ]
    return replace(config, access_lists=AccessLists()), lines


def named(name: str) -> int:
    """The number of a configuration of the corpus."""
    return next(number for number, path in enumerate(CONFIGS) if path.stem == name)


@settings(max_examples=60, deadline=None)
@example(named("every-crypto-iosxe-17.9"), [("no ", ("line con 0",))])
@example(named("every-crypto-iosxe-17.9"), [("no ", ("line aux 0",)), ("no ", ("line vty 0 4",))])
@example(named("campus-iosxe-17.13-objects"), [("", ("aaa new-model",))])
@example(named("every-crypto-iosxe-17.9"), [("default ", ("crypto ipsec transform-set AES-TS esp-aes 192",))])
@given(STARTS, EDITS)
def test_what_edits_leave_is_said_by_its_text(number: int, edits: list[Edit]) -> None:
    store = Store(deepcopy(start(number)))
    for edit in edits:
        typed(store, edit)
    text = running_config(store.running)
    again, complaints = load("\n".join(text), PHYSICAL)
    assert complaints == []
    assert running_config(again) == text
    assert in_text(again) == in_text(store.running)


@settings(max_examples=40, deadline=None)
@example(named("every-crypto-iosxe-17.9"), [("no ", ("crypto ikev2 keyring BRANCH-KEYS-2", "peer BRANCH-1-3"))])
@example(named("every-crypto-iosxe-17.9"), [("no ", ("crypto ikev2 keyring BRANCH-KEYS",))])
@example(named("core-iosxe-17.6-aaa"), [("no ", ("ip access-list extended OUTBOUND", "remark what may leave"))])
@given(STARTS, EDITS)
def test_edits_can_be_undone(number: int, edits: list[Edit]) -> None:
    """Line by line, and in an order that leaves nothing to do: global blocks are found by name, and what is only kept
    does nothing, so these may come back in another place.
    """
    before = start(number)
    store = Store(deepcopy(before))
    for edit in edits:
        typed(store, edit)
    apply(Configurator(store, frozenset(PHYSICAL)), commands(store.running, before, frozenset(PHYSICAL)))
    assert contextual(running_config(store.running), running_config(before)) == []
    assert commands(store.running, before, frozenset(PHYSICAL)) == []


@settings(max_examples=60, deadline=None)
@given(STARTS, EDITS)
def test_a_line_that_is_not_taken_changes_nothing(number: int, edits: list[Edit]) -> None:
    store = Store(deepcopy(start(number)))
    for edit in edits:
        outcome = typed(store, edit)
        assert outcome.fate is Fate.TAKEN or store.take() == (), (edit, outcome)
