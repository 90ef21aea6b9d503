"""CDP and LLDP against samples of real devices: from the values of a sample, our renderer prints its text."""

from __future__ import annotations

import re
from typing import Any

import pytest

from iosh.base.addr import IPv4
from iosh.base.interface_name import KINDS
from iosh.show.cdp import CdpNeighbour, CdpNeighbours
from iosh.show.lldp import LldpNeighbour, LldpNeighbours
from iosh.show.registry import find

Differences = tuple[tuple[str, str, str], ...]


def printed(command: str, view: Any) -> str:
    return "\n".join(find(command).text(view))


def full(name: str) -> str:
    """`Ten 1/1/3` as the interface it is."""
    word, _, number = name.partition(" ")
    kinds = [kind for kind in KINDS if kind[:3] == word]
    return f"{kinds[0]}{number}" if kinds else name


def found(pattern: str, block: str) -> str | None:
    match = re.search(pattern, block, re.MULTILINE)
    return match[1] if match is not None else None


# --- tables

LEGEND_V1 = (
    r"(?s)Capability Codes.*?\n\n",
    "",
    "the legend of IOS before CDP knew Remote, CVTA and Mac Relay, and its columns",
)
CDP_TABLES: dict[str, Differences] = {
    "cisco_ios_show_cdp_neighbors_2": (),
    "cisco_ios_show_cdp_neighbors_4": (
        (r"acc-sw101\n +", "acc-sw101        ", "this device breaks after nine characters already"),
    ),
}
CDP_TABLES_NOT = {
    "cisco_ios_show_cdp_neighbors": "IOS 12.2's columns, which no later release has",
    "cisco_ios_show_cdp_neighbors_3": "its columns were squeezed into single blanks",
}


@pytest.mark.parametrize("name", CDP_TABLES)
def test_the_table_of_cdp_neighbours_is_the_samples(goldens: Any, name: str) -> None:
    name = f"show_cdp_neighbors/{name}"
    lines = [line for line in goldens.text(name).splitlines()[5:] if line[35:38].strip().isdigit()]
    neighbours = tuple(
        CdpNeighbour(
            one["neighbor_name"], full(one["local_interface"]), int(line[35:38]), (),
            tuple(one["capabilities"].split()), f"cisco {one['platform']}", full(one["neighbor_interface"]),
            (), (), "", 2, None, None,
        )
        for one, line in zip(goldens.rows(name), lines, strict=True)
    )  # fmt: skip
    ours = printed("cdp.neighbors", CdpNeighbours(True, neighbours))
    goldens.compare(name, ours, *CDP_TABLES[name.partition("/")[2]])


COUNTED_AFTER_TWO = (
    r"\n\n\nTotal",
    "\n\nTotal",
    "one blank line more before the count than the other two samples have",
)
LLDP_TABLES: dict[str, Differences] = {
    "cisco_ios_show_lldp_neighbors": (),
    "cisco_ios_show_lldp_neighbors2": (),
    "cisco_ios_show_lldp_neighbors3": (COUNTED_AFTER_TWO,),
}


@pytest.mark.parametrize("name", LLDP_TABLES)
def test_the_table_of_lldp_neighbours_is_the_samples(goldens: Any, name: str) -> None:
    name = f"show_lldp_neighbors/{name}"
    text = goldens.text(name)
    holds = re.findall(r"(?m)^.{20}(?:Fa|Gi|Te)\S+ +(\d+)", text)
    neighbours = tuple(
        LldpNeighbour(
            one["local_interface"].replace("Gi", "GigabitEthernet").replace("Fa", "FastEthernet")
            .replace("Te", "TenGigabitEthernet"), "",
            one["neighbor_interface"], None, one["neighbor_name"], None, int(hold_s), 1, None,
            tuple(one["capabilities"].split(",")) if one["capabilities"] else None, (), bytes(6),
        )
        for one, hold_s in zip(goldens.rows(name), holds, strict=True)
    )  # fmt: skip
    ours = printed("lldp.neighbors", LldpNeighbours(True, neighbours))
    goldens.compare(name, ours, *LLDP_TABLES[name.partition("/")[2]])


# --- details

OF_SWITCHES = (
    r"(?m)^(?:Protocol Hello|VTP|Power Available TLV|    Power request).*\n(?:\n(?=    Power))?",
    "",
    "switches say more of themselves than iosh keeps",
)
CDP_DETAILS: dict[str, Differences] = {
    "cisco_ios_show_cdp_neighbors_detail": (
        OF_SWITCHES,
        (r"ours:\n\nTotal cdp entries displayed : \d+", "", "the sample was cut before the count"),
        (r"ours:Management address\(es\): \n*\Z", "", "the last one sent no such TLV; to iosh it is an empty one"),
    ),
    "cisco_ios_show_cdp_neighbors_detail2": (
        OF_SWITCHES,
        (r"\A", "-------------------------\n", "the sample was cut after the first rule"),
        (r"ours:\n\nTotal cdp entries displayed : \d+", "", "and before the count"),
    ),
}


def cdp_neighbour(block: str) -> CdpNeighbour:
    """One neighbour of `show cdp neighbors detail`, from the text itself: the parsed form has too little."""
    values = {
        name: found(pattern, block) or ""
        for name, pattern in {
            "device": r"^Device ID: *(.*)",
            "interface": r"^Interface: (.*?),",
            "port": r"Port ID \(outgoing port\): (.*)",
            "hold": r"^Holdtime : (\d+)",
            "can": r"Capabilities: (.*?) *$",
            "platform": r"^Platform: (.*?),",
            "version": r"^advertisement version: (\d)",
            "vlan": r"^Native VLAN: (\d+)",
            "duplex": r"^Duplex: (\w+)",
        }.items()
    }
    entry, _, management = block.partition("Management address(es)")
    software = re.search(r"(?ms)^Version :\n(.*?)\n\n?advertisement", block)
    assert software is not None
    addresses = [
        tuple(IPv4.parse(each) for each in re.findall(r"IP address: (\S+)", half)) for half in (entry, management)
    ]
    return CdpNeighbour(
        values["device"], values["interface"], int(values["hold"]), tuple(values["can"].split()), (),
        values["platform"], values["port"], addresses[0], addresses[1], software[1].rstrip("\n"),
        int(values["version"]), int(values["vlan"]) if values["vlan"] else None,
        values["duplex"] == "full" if values["duplex"] else None,
    )  # fmt: skip


@pytest.mark.parametrize("name", CDP_DETAILS)
def test_a_neighbour_in_detail_is_the_samples(goldens: Any, name: str) -> None:
    name = f"show_cdp_neighbors_detail/{name}"
    blocks = re.split(r"(?m)^-{25}\n", goldens.text(name))
    neighbours = tuple(cdp_neighbour(block) for block in blocks if block.strip())
    assert [one.device for one in neighbours] == [row["neighbor_name"] for row in goldens.rows(name)]
    ours = printed("cdp.neighbors_detail", CdpNeighbours(True, neighbours))
    goldens.compare(name, ours, *CDP_DETAILS[name.partition("/")[2]])


MEDIA = (
    r"(?ms)^Auto Negotiation.*?^Media Attachment Unit type[^\n]*(?:\nVlan ID[^\n]*)?",
    "MEDIA",
    "iosh reads no TLVs of IEEE 802.1 and 802.3",
)
MEDIA_OURS = (f"ours:{MEDIA[0]}", "MEDIA", "as theirs")
INSTANCE_OURS = (r"ours:(?m)^Local Intf service instance: -\n", "", "a line that came with 17.x")
PEER_OURS = (r"ours:(?m)^Peer Source MAC: .*\n", "", "a line that came with 17.x")
MED = (r"(?s)\nMED Information:.*?    Location[^\n]*(?:\n|\Z)", "", "TLVs of LLDP-MED")
RULE = (r"\A", f"{'-' * 48}\n", "the sample was cut after the first rule")
SHORT_RULE = (r"(?m)^-{45}\n\n\n", f"{'-' * 48}\n", "a rule of another length, typed by hand")
LAST_RULE = (r"-{45}\n*\Z", "", "a rule at the end, where the count should be")
POWER = (r"(?m)^(?:PoE\+ )?Power.via.MDI.*\n(?: +.*\n)+", "", "iosh reads no TLVs of IEEE 802.3")
NO_COUNT_OURS = (r"ours:\n\nTotal entries displayed: \d+", "", "the sample was cut before the count")
OID = (r"(?m)^    (?:OID:\n        .*|IPV6: .*)\n", "", "management addresses that are not IPv4")
UNTITLED = (r"ours:(?m)^Local Intf: Et0/0\n", "", "older releases do not say by which interface")
COUNTED_AT_ONCE = (r"ours:\n\n\nTotal", "\n\nTotal", "one blank line less than 17.15.1 has")
OLD = (MEDIA, MEDIA_OURS, INSTANCE_OURS, PEER_OURS)
LLDP_DETAILS: dict[str, Differences] = {
    "cisco_ios_show_lldp_neighbors_detail1": (*OLD, POWER, MED, OID),
    "cisco_ios_show_lldp_neighbors_detail2": (*OLD, UNTITLED, SHORT_RULE, LAST_RULE, NO_COUNT_OURS),
    "cisco_ios_show_lldp_neighbors_detail3": (*OLD, RULE, MED, NO_COUNT_OURS),
    "cisco_ios_show_lldp_neighbors_detail4": (*OLD, MED),
    "cisco_ios_show_lldp_neighbors_detail5": (*OLD, POWER, MED, OID, UNTITLED, COUNTED_AT_ONCE),
    "cisco_ios_show_lldp_neighbors_detail6": (MEDIA, MEDIA_OURS, INSTANCE_OURS, MED, OID, NO_COUNT_OURS),
    "cisco_ios_show_lldp_neighbors_detail_01": (MEDIA, MEDIA_OURS, INSTANCE_OURS, MED),
    "cisco_ios_show_lldp_neighbors_detail_02": (MEDIA, MEDIA_OURS),
    "cisco_ios_show_lldp_neighbors_detail_chassis-colon": (MEDIA, MEDIA_OURS, INSTANCE_OURS, NO_COUNT_OURS),
}


def lldp_neighbour(block: str) -> LldpNeighbour:
    """One neighbour of `show lldp neighbors detail`, from the text itself."""

    def letters(title: str) -> tuple[str, ...] | None:
        said = found(rf"^{title} Capabilities: (.*)", block)
        return tuple(said.split(",")) if said else None

    described = re.search(r"(?ms)^System Description: *\n(.*?)\n\nTime remaining", block)
    source = found(r"^Peer Source MAC: (\S+)", block) or ""
    return LldpNeighbour(
        found(r"^Local Intf: (.*)", block) or "Ethernet0/0", found(r"^Chassis id: (.*)", block) or "",
        found(r"^Port id: (.*)", block) or "", found(r"^Port Description: (.*)", block),
        found(r"^System Name: (.*)", block), described[1] if described else None, 120,
        int(found(r"^Time remaining: (\d+)", block) or 0), letters("System"), letters("Enabled"),
        tuple(IPv4.parse(each) for each in re.findall(r"    IP: (\S+)", block)),
        bytes.fromhex(source.replace(".", "")) or bytes(6),
    )  # fmt: skip


@pytest.mark.parametrize("name", LLDP_DETAILS)
def test_an_lldp_neighbour_in_detail_is_the_samples(goldens: Any, name: str) -> None:
    name = f"show_lldp_neighbors_detail/{name}"
    blocks = [block for block in re.split(r"(?m)^-{45,48}\n", goldens.text(name)) if "Chassis id" in block]
    neighbours = tuple(map(lldp_neighbour, blocks))
    assert len(neighbours) == len(goldens.rows(name))
    ours = printed("lldp.neighbors_detail", LldpNeighbours(True, neighbours))
    goldens.compare(name, ours, *LLDP_DETAILS[name.partition("/")[2]])


def test_every_sample_is_held_or_has_its_reason(goldens: Any) -> None:
    assert goldens.loose("show_cdp_neighbors", CDP_TABLES.keys() | CDP_TABLES_NOT.keys()) == []
    assert goldens.loose("show_cdp_neighbors_detail", CDP_DETAILS) == []
    assert goldens.loose("show_lldp_neighbors", LLDP_TABLES) == []
    assert goldens.loose("show_lldp_neighbors_detail", LLDP_DETAILS) == []
