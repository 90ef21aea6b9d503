"""Configurations as other routers hold them: IOS 12.4 to IOS-XE 17, invented here in the style of public ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from iosh.cli.check import check
from iosh.cli.load import load
from iosh.cli.render import running_config

CONFIGS = sorted((Path(__file__).parents[1] / "data" / "configs").glob("*.cfg"))
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
