"""`show running-config partition …` against samples: their lines go in as configuration and come out as they were."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

Differences = tuple[tuple[str, str, str], ...]

FIRST = r"(?ms)\A(?!ip access-list|route-map).+?(?=^(?:ip access-list|route-map))"
HEADING = (FIRST, "", "sizes, and marks for parts of other releases")
HEADING_OURS = (f"ours:{FIRST}", "", "as theirs")
MARKS = (r"(?m)^! *\n", "", "which marks stand between entries differs by release")
MARKS_OURS = (r"ours:(?m)^!\n", "", "as theirs")
NO_END = (r"ours:\n+end\s*\Z", "", "the sample was cut before the end")
PARTITIONS: dict[str, Differences] = {
    "access-list/cisco_ios_show_running-config_partition_access-list_new": (HEADING_OURS, MARKS_OURS, NO_END),
    "route-map/cisco_ios_show_running-config_partition_route-map": (HEADING, HEADING_OURS, MARKS, MARKS_OURS),
    "route-map/cisco_ios_show_running-config_partition_route-map2": (HEADING_OURS, MARKS_OURS, NO_END),
}
OLD = "a release that prints no sequence numbers, and numbered lists line by line"
NOT = {
    "access-list/cisco_ios_show_running-config_partition_access-list": OLD,
    "access-list/cisco_ios_show_running-config_partition_access-list_fixed": OLD,
}


@pytest.mark.parametrize("name", PARTITIONS)
def test_a_partition_is_the_samples(desk: Callable[..., Any], goldens: Any, name: str) -> None:
    path = f"show_running-config_partition_{name}"
    text = re.sub(r"\n*end\s*\Z", "\n", re.sub(FIRST, "", goldens.text(path)))
    session = desk(text)
    session.types("enable", "terminal length 0")
    ours = session.type(f"show running-config partition {name.partition('/')[0]}")
    goldens.compare(path, ours, *PARTITIONS[name])


@pytest.mark.parametrize("partition", ["access-list", "route-map"])
def test_every_sample_is_held_or_has_its_reason(goldens: Any, partition: str) -> None:
    known = [name.partition("/")[2] for name in PARTITIONS.keys() | NOT.keys()]
    assert goldens.loose(f"show_running-config_partition_{partition}", known) == []


def test_a_partition_has_its_heading_and_its_end(desk: Callable[..., Any]) -> None:
    session = desk("route-map R permit 10\n match tag 5\nip access-list standard S\n permit any\n")
    session.types("enable", "terminal length 0")
    lines = session.type("show running-config partition route-map").splitlines()
    assert lines[3:5] == ["!", "Configuration of Partition - route-map "] and lines[-2] == "end"
    assert [line for line in lines[5:-2] if line != "!"] == ["route-map R permit 10", " match tag 5"]
