"""Configurations as other routers hold them: IOS 12.4 to IOS-XE 17, invented here in the style of public ones."""

from __future__ import annotations

import random
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest

from iosh.cli.check import check
from iosh.cli.configure import Configurator
from iosh.cli.difference import apply, contextual, typed, way
from iosh.cli.load import load
from iosh.cli.render import running_config
from iosh.config.model import Config
from iosh.config.store import Store

CONFIGS = sorted((Path(__file__).parents[1] / "data" / "configs").glob("*.cfg"))
OWN = [path for path in CONFIGS if not path.stem.startswith("every-")]
WHOLE = [path for path in CONFIGS if path.stem.startswith("every-")]
HARDWARE = tuple(f"GigabitEthernet{number}" for number in ("0/0", "0/1", "0/2", "0/3", "1", "2", "3", "4"))
SAMPLE = 6  # of the commands from one configuration to another
every_config = pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)


@every_config
def test_a_configuration_of_another_router_comes_back_line_for_line(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    config, complaints = load(text)
    assert complaints == []
    assert running_config(config) == text.splitlines()


def test_what_is_typed_otherwise_than_it_prints_is_understood_and_prints_the_same_again() -> None:
    for path in sorted((Path(__file__).parents[1] / "data" / "configs" / "as_typed").glob("*.cfg")):
        config, complaints = load(path.read_text(encoding="utf-8"))
        assert complaints == [], path
        printed = running_config(config)
        again, complaints = load("\n".join(printed))
        assert complaints == [] and running_config(again) == printed


@every_config
def test_check_names_each_kept_family_once_and_finds_no_error(path: Path) -> None:
    complaints = check(path.read_text(encoding="utf-8"))
    notes = [one.reason for one in complaints if one.severity == "note"]
    assert len(notes) == len(set(notes))
    assert not [one for one in complaints if one.severity == "error"]


def test_classes_of_a_policy_stand_in_the_order_they_are_tried() -> None:
    lines = ["policy-map P", " class B", "  drop", " class A", "  priority", " class class-default", "  fair-queue"]
    config, complaints = load("\n".join(lines))
    assert complaints == []
    assert [line for line in running_config(config) if line in lines] == lines


def test_a_kept_line_takes_the_place_of_its_like() -> None:
    text = "router bgp 1\n neighbor 10.0.0.1 remote-as 2\n neighbor 10.0.0.1 remote-as 3\n"
    text += "interface Tunnel0\n ip ospf 1 area 0\n ip ospf 2 area 0.0.0.1\n"
    printed = running_config(load(text)[0])
    assert " neighbor 10.0.0.1 remote-as 3" in printed and " neighbor 10.0.0.1 remote-as 2" not in printed
    assert " ip ospf 2 area 0.0.0.1" in printed and " ip ospf 1 area 0" not in printed


def test_a_misspelt_word_of_a_kept_family_is_not_kept() -> None:
    _, complaints = load("snmp-server comunity public RO\nrouter ospf 1\n netwrk 10.0.0.0 0.0.0.255 area 0\n")
    assert [(one.line, one.reason) for one in complaints] == [(1, "not understood"), (3, "not understood")]


@cache
def on_one_router(path: Path) -> tuple[Config, list[str]]:
    """A configuration on hardware that all of them fit on, and its text."""
    config, _ = load(path.read_text(encoding="utf-8"), HARDWARE)
    return config, running_config(config)


def lead(old: Path, new: Path) -> None:
    """The commands from one to the other leave no difference, and when they are typed nothing is left to do."""
    store = Store(deepcopy(on_one_router(old)[0]))
    wanted, text = on_one_router(new)
    found = way(store.running, wanted, frozenset(HARDWARE))
    assert found.refused == ()
    assert apply(Configurator(store, frozenset(HARDWARE)), found.lines) == []
    assert contextual(running_config(store.running), text) == [], found.lines


@pytest.mark.parametrize("old", OWN, ids=lambda path: path.stem)
def test_from_each_router_to_any_other_there_is_a_way(old: Path) -> None:
    for new in OWN:
        lead(old, new)


@pytest.mark.parametrize("position", range(len(WHOLE)), ids=lambda position: WHOLE[position].stem)
def test_the_lines_nobody_has_together_come_and_go_too(position: int) -> None:
    """Of these long ones each leads to the next and back, to one router and from another: all pairs take minutes."""
    here, beyond = WHOLE[position], WHOLE[position - 1]
    for old, new in ((here, beyond), (beyond, here), (here, OWN[position]), (OWN[-position], here)):
        lead(old, new)


@pytest.mark.parametrize("position", range(len(OWN)), ids=lambda position: OWN[position].stem)
def test_no_command_of_the_way_is_needless(position: int) -> None:
    """Without any one of them the end is another."""
    old, new = OWN[position], OWN[position - 1]
    wanted, text = on_one_router(new)
    (*steps,) = (step for steps in way(on_one_router(old)[0], wanted, frozenset(HARDWARE)).passes for step in steps)
    entered = {path[:depth] for path in steps for depth in range(1, len(path))}  # a line below types these again
    numbers = [number for number, path in enumerate(steps) if path not in entered]
    for number in random.Random(position).sample(numbers, min(len(numbers), SAMPLE)):
        store = Store(deepcopy(on_one_router(old)[0]))
        apply(Configurator(store, frozenset(HARDWARE)), typed([*steps[:number], *steps[number + 1 :]]))
        assert running_config(store.running) != text, steps[number]
