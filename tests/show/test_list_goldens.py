"""Lists and maps that are kept, groups, VRFs and aliases against samples of real devices.

The values are put in as configuration where the sample has all of it, and into the view where it has not.
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from iosh.base.addr import IPv4
from iosh.cli.load import load
from iosh.show import aliases, vrf
from iosh.show.registry import find

Differences = tuple[tuple[str, str, str], ...]


def configured(show: str, lines: str) -> str:
    """The text of a show over this configuration."""
    config, complaints = load(lines)
    assert complaints == []
    found = find(show)
    return "\n".join(found.text(found.view(SimpleNamespace(config=config), 0)))


# --- lists and maps


def prefix_list(text: str, rows: Any) -> str:
    return "\n".join(re.sub(r"^ +", "ip prefix-list OSPF_Redist ", line) for line in text.splitlines()[1:])


def ipv6_access_lists(text: str, rows: Any) -> str:
    lines = []
    for line in text.splitlines():
        entry = re.match(r"    (.*) sequence (\d+)", line)
        lines.append(
            f" sequence {entry[2]} {entry[1]}" if entry else line.replace("IPv6 access list", "ipv6 access-list")
        )
    return "\n".join(lines)


def route_maps(text: str, rows: Any) -> str:
    lines = []
    for row in rows:
        lines.append(f"route-map {row['name']} {row['action'].lower()} {row['seq']}")
        for clause in row["match_clauses"]:
            plain = clause.replace("prefix-lists:", "prefix-list").replace("(access-lists): ", "").strip()
            lines.append(f" match {plain}")
        lines += [f" set {clause.strip()}" for clause in row["set_clauses"]]
    return "\n".join(lines)


ACCOUNT = (
    r"(?m)^       account user-defined 4\n",
    "",
    "the accounting template of a class is not understood in `police`",
)


def policy_maps(text: str, rows: Any) -> str:
    """The text's own lines: it says what was configured, but for the shaping."""
    lines = []
    text = re.sub(ACCOUNT[0], "", text)
    for line in text.replace("      Average Rate Traffic Shaping\n      cir ", "      shape average ").splitlines():
        line = re.sub(r"^  Policy Map", "policy-map", line.replace(" (bps)  ", ""))
        line = re.sub(r"^    Class", " class", line)
        line = re.sub(r"^       (?=\S)", "   ", line)
        lines.append(re.sub(r"^ {5,6}(?=\S)", "  ", line))
    return "\n".join(lines)


LISTS: dict[str, tuple[str, Any, Differences]] = {
    "show_ip_prefix-list/cisco_ios_show_ip_prefix-list": (
        "kept_lists.prefix_lists",
        prefix_list,
        ((": 2 entries", ": 3 entries", "there are three: the third was added by hand"),),
    ),
    "show_ipv6_access-lists/cisco_ios_show_ipv6_access-lists": (
        "kept_lists.ipv6_access_lists",
        ipv6_access_lists,
        (),
    ),
    "show_route-map/cisco_ios_show_route-map": (
        "kept_lists.route_maps",
        route_maps,
        (
            (r"(?m)^   (?=Match|Set|Policy)", "  ", "IOS 12 indents the first entry by one more"),
            (r"(?m)^     (?=length|ip next-hop 10.10.11.254)", "    ", "as above"),
            (r"\d+ packets, \d+ bytes", "0 packets, 0 bytes", "nothing is routed by policy"),
        ),
    ),
    "show_policy-map/cisco_ios_show_policy-map": ("kept_lists.policy_maps", policy_maps, ()),
    "show_policy-map/cisco_ios_show_policy-map2": ("kept_lists.policy_maps", policy_maps, (ACCOUNT,)),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_and_maps_come_out_as_they_went_in(goldens: Any, name: str) -> None:
    show, made, differences = LISTS[name]
    goldens.compare(name, configured(show, made(goldens.text(name), goldens.rows(name))), *differences)


# --- VRFs

VRFS: dict[str, Differences] = {
    "cisco_ios_show_vrf": (),
    "cisco_ios_show_vrf01": (
        (r":115 {6}", ":115     ", "one blank more: the RD was made another by hand"),
        (r"(?s)\n\n\n  Platform iVRF.*", "", "VRFs of the platform itself, which iosh has not"),
    ),
    "cisco_ios_show_vrf02": ((r"\A", "  ", "the sample was cut at the first word"),),
    "cisco_ios_show_vrf2": (),
    "cisco_ios_show_vrf3": ((r"\A", "  ", "the sample was cut at the first word"),),
    "cisco_ios_show_vrf_no_interface": (),
}
NARROW_ONES = ("cisco_ios_show_vrf", "cisco_ios_show_vrf2")


@pytest.mark.parametrize("name", VRFS)
def test_the_table_of_vrfs_is_the_samples(goldens: Any, name: str) -> None:
    path = f"show_vrf/{name}"
    found = tuple(
        vrf.Vrf(
            row["name"], number, row["default_rd"].replace("<not set>", "") or None, None, False,
            tuple(vrf.Family(each) for each in row["protocols"].split(",") if each), tuple(row["interfaces"]),
        )
        for number, row in enumerate(goldens.rows(path), 1)
    )  # fmt: skip
    ours = "\n".join(vrf.table_text(vrf.Vrfs(found)))
    differences = VRFS[name]
    if name in NARROW_ONES:
        differences = (*differences, (r"ours:(?m)^(.{55})  ", r"\1", "before 15.x the column of RDs was narrower"))
    goldens.compare(path, ours, *differences)


def test_the_detail_of_vrfs_is_the_samples(goldens: Any) -> None:
    path = "show_vrf_detail/cisco_ios_show_vrf_detail"
    found = tuple(
        vrf.Vrf(
            row["vrf"], number, row["rd"].replace("<not set>", "") or None, row["description"] or None, True,
            (vrf.Family("ipv4", tuple(row["rt_export"]), tuple(row["rt_import"])),), tuple(row["interfaces"]),
        )
        for number, row in enumerate(goldens.rows(path), 1)
    )  # fmt: skip
    two = (r"(RT:65000:43) \n   ", r"\1             ", "two stand on a line, as do three: broken by whoever typed it")
    goldens.compare(path, "\n".join(vrf.detail_text(vrf.Vrfs(found))), two)


@pytest.mark.parametrize("name", ["cisco_ios_show_ip_vrf_interfaces_empty", "cisco_ios_show_ip_vrf_interfaces_iosxe"])
def test_the_interfaces_in_vrfs_are_the_samples(goldens: Any, name: str) -> None:
    path = f"show_ip_vrf_interfaces/{name}"
    found = tuple(
        vrf.Member(
            row["interface"],
            None if row["ip_address"] == "unassigned" else IPv4.parse(row["ip_address"]),
            row["vrf"],
            row["proto_state"] == "up",
        )
        for row in goldens.rows(path)
    )
    goldens.compare(path, "\n".join(vrf.members_text(vrf.Members(found))))


# --- aliases and groups


def test_aliases_are_the_samples(goldens: Any) -> None:
    path = "show_aliases/cisco_ios_show_aliases"
    known = {"Exec mode": "exec"}
    found = [
        aliases.Alias(known[row["mode"]], row["alias"], row["command"])
        for row in goldens.rows(path)
        if row["mode"] in known
    ]
    ours = "\n".join(aliases.text(aliases.Aliases(tuple(found))))
    atm = (r"(?s)\n\nATM virtual circuit.*", "", "a mode of hardware that iosh has not, with an alias of its own")
    goldens.compare(path, ours, atm)


def test_object_groups_are_the_samples(goldens: Any) -> None:
    """As configuration: in the order it was typed, which `show` puts by name."""
    path = "show_object-group/cisco_ios_show_object-group"
    lines = re.sub(r"(?m)^(Network|Service) object group", lambda m: f"object-group {m[1].lower()}", goldens.text(path))
    text = re.sub(r"(?m)^ Description", " description", lines)
    ours = configured("object_group", text)
    blocks = {block.split()[3]: block for block in re.split(r"(?m)^(?=\S)", ours) if block}
    order = re.findall(r"(?m)^object-group \w+ (\S+)", text)
    finger = (r"range 79 www", "range finger www", "IOS has a name for this port as for the other: typed by hand")
    goldens.compare(path, "".join(blocks[name].rstrip("\n") + "\n" for name in order), finger)


NOT = {
    "show_object-group/cisco_ios_show_object-group-v6": "groups of IPv6 addresses: IPv6 is not acting",
}


def test_every_sample_is_held_or_has_its_reason(goldens: Any) -> None:
    for folder in ("show_ip_prefix-list", "show_ipv6_access-lists", "show_route-map", "show_policy-map"):
        assert goldens.loose(folder, [name.partition("/")[2] for name in LISTS]) == []
    assert goldens.loose("show_vrf", VRFS) == []
    assert (
        goldens.loose("show_object-group", ["cisco_ios_show_object-group", *(n.partition("/")[2] for n in NOT)]) == []
    )
