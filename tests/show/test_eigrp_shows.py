"""What EIGRP shows, against samples of real devices: their values, put into our views, come out as their text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import MILLISECOND, SECOND
from iosh.show import eigrp

A = IPv4.parse
Rows = list[dict[str, Any]]
Differences = tuple[tuple[str, str, str], ...]
CAPTURED = Path(__file__).resolve().parents[3] / "shared" / "goldens" / "iol-17.15.1"
HUB = CAPTURED / "show_ip_eigrp_neighbors.hub.txt"


def span(text: str) -> int:
    """`00:12:45`, `6d08h`, `13w3d`, `2y33w` as nanoseconds."""
    if ":" in text:
        hours, minutes, seconds = map(int, text.split(":"))
        return (hours * 3600 + minutes * 60 + seconds) * SECOND
    unit = {"y": 52 * 7 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600}
    return sum(int(count) * unit[letter] for count, letter in re.findall(r"(\d+)([ywdh])", text)) * SECOND


def neighbors(rows: Rows, text: str) -> Iterator[str]:
    """The parsed form of the short table has no handles."""
    handles = [int(each) for each in re.findall(r"(?m)^(\d+) ", text)]
    return neighbors_text([row | {"h": handle} for row, handle in zip(rows, handles, strict=True)])


def neighbors_text(rows: Rows) -> Iterator[str]:
    peers = []
    for row in rows:
        said = [*map(int, re.findall(r"\d+", row.get("version", "0.0/0.0")))]
        times = span(row["uptime"]), int(row["srtt"]) * MILLISECOND, int(row["rto"]) * MILLISECOND
        counts = [int(row.get(name, 0)) for name in ("retrans", "retries", "prefixes")]
        place = int(row["h"]), A(row["ip_address"]), row["interface"], int(row["hold"]) * SECOND
        versions = (said[0], said[1]), (said[2], said[3])
        peers.append(eigrp.Neighbor(*place, *times, int(row["q_cnt"]), int(row["seq_num"]), *versions, *counts, None))
    process = eigrp.Process(int(rows[0]["as"]), None, IPv4(0))
    return eigrp.neighbors_text(eigrp.Neighbors((eigrp.Section(process, tuple(peers)),), "version" in rows[0]))


def topology(rows: Rows, text: str) -> Iterator[str]:
    processes = []
    for (number, identity), group in groupby(rows, lambda row: (row["process_id"], row["router_id"])):
        entries = []
        for row in group:
            feasible = None if row["fd"] == "Inaccessible" else int(row["fd"])
            hops = row["adv_router"] or [row["source"] or "Redistributed"]
            distances = [int(each) for each in row["adv_fd"]] or [feasible or 0] * len(hops)
            reported = [int(each) for each in row["adv_rd"]] or [0] * len(hops)
            ports = row["out_interface"] or [None] * len(hops)
            ways = map(eigrp.Way, hops, distances, reported, ports)
            prefix = Prefix.parse(f"{row['network']}/{row['prefix_length']}")
            tag = int(row["tag"]) if row["tag"] else None
            entries.append(
                eigrp.TopologyEntry(prefix, row["code"] == "A", int(row["successors"]), feasible, tag, 0, tuple(ways))
            )
        processes.append(eigrp.Section(eigrp.Process(int(number), None, A(identity)), tuple(entries)))
    return eigrp.topology_text(eigrp.Topology(tuple(processes)))


def interfaces(rows: Rows, text: str) -> Iterator[str]:
    found = []
    for row in rows:
        counters = {
            "packetized": row["packetized_sent"],
            "hellos": row["hellos_sent"],
            "expedited hellos": row["hellos_expedited"],
            "reliable multicasts": row["mcasts_reliable"],
            "acknowledgments": row["ucasts_unreliable"],
            "reliable unicasts": row["ucasts_reliable"],
            "conditional": row["cr_packets"],
            "retransmissions": row["retransmissions_sent"],
            "out of sequence": row["out_of_sequence_rcvd"],
        }
        times = int(row["mean_srtt"]) * MILLISECOND, int(row["mcast_flow_timer"]) * MILLISECOND
        timers = int(row["hello_interval"]), int(row["hold_time"]), row["split_horizon"] == "enabled", None
        counted = {name: int(count) for name, count in counters.items()}
        found.append(
            eigrp.InterfaceRow(
                row["interface"], int(row["peers"]), int(row["peer_q_reliable"]), *times, *timers, counted
            )
        )
    process = eigrp.Process(int(rows[0]["as"]), None, IPv4(0))
    return eigrp.interfaces_text(eigrp.Interfaces((eigrp.Section(process, tuple(found)),), detail=True))


NARROW = (r"(?m)^((?=[\dH ] ).{39}) ", r"\1        ", "the interfaces' column was narrower before 15.x")
NO_METRICS = (r"ours: \(\d+/\d+\)", "", "the sample's paths have lost their metrics")
BLANK = (r"(ID\(.*\)\n)\n", r"\1", "a blank line that 15.x has no more")
TITLE = "the title before 15.x"
SAMPLES: dict[str, tuple[Callable[[Rows, str], Iterator[str]], Differences]] = {
    "show_ip_eigrp_neighbors/cisco_ios_show_ip_eigrp_neighbors": (
        neighbors,
        (
            (r"IP-EIGRP neighbors for process 1", "EIGRP-IPv4 Neighbors for AS(1)", TITLE),
            (r"(?m)^(\d   192.168.\d.2 )", r"\1 ", "a blank was lost where the address was replaced"),
            NARROW,
        ),
    ),
    "show_ip_eigrp_neighbors/cisco_ios_show_ip_eigrp_neighbors1": (
        neighbors,
        ((r"(?s)^Load for .*?\n\n", "", "`exec prompt timestamp`"),),
    ),
    "show_ip_eigrp_neighbors/cisco_ios_show_ip_eigrp_neighbors2": (neighbors, ()),
    "show_ip_eigrp_neighbors/cisco_ios_show_ip_eigrp_neighbors3": (
        neighbors,
        ((r"EIGRP-IPv4:\(535\) neighbors for process 535", "EIGRP-IPv4 Neighbors for AS(535)", TITLE), NARROW),
    ),
    "show_ip_eigrp_neighbors_detail/cisco_ios_show_ip_eigrp_neighbors_detail": (
        lambda rows, text: neighbors_text(rows),
        (),
    ),
    "show_ip_eigrp_topology/cisco_ios_show_ip_eigrp_topology": (
        topology,
        ((r"IP-EIGRP", "EIGRP-IPv4", TITLE), BLANK, NO_METRICS),
    ),
    "show_ip_eigrp_topology/cisco_ios_show_ip_eigrp_topology1": (
        topology,
        ((r"IP-EIGRP", "EIGRP-IPv4", TITLE), BLANK, NO_METRICS),
    ),
    "show_ip_eigrp_topology/cisco_ios_show_ip_eigrp_topology2": (
        topology,
        (
            (r"(?m)^via", "        via", "the indentation was lost"),
            (r"(?m)^r -", "       r -", "the indentation was lost"),
        ),
    ),
    "show_ip_eigrp_interfaces_detail/cisco_ios_show_ip_eigrp_interfaces_detail": (
        interfaces,
        (
            (r"1/45 ", "0/0  ", "iosh's packets are not paced"),
            (r"(sent/expedited: 1\d+/)\d+", r"\g<1>0", "no packet overtakes the pacing"),
            (r"(suppressed: )\d+", r"\g<1>0", "acknowledgments that went with a packet are not counted"),
        ),
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_comes_out_of_its_values(goldens: Any, name: str) -> None:
    lines, differences = SAMPLES[name]
    goldens.compare(name, "\n".join(lines(goldens.rows(name), goldens.text(name))), *differences)


@pytest.mark.parametrize("folder", sorted({name.partition("/")[0] for name in SAMPLES}))
def test_every_sample_is_held(goldens: Any, folder: str) -> None:
    assert goldens.loose(folder, {name.partition("/")[2] for name in SAMPLES}) == []


@pytest.mark.skipif(not HUB.is_file(), reason="the captured outputs are not at hand")
def test_a_hubs_neighbours_come_out_as_its_release_prints_them() -> None:
    text = HUB.read_text()
    names = ("h", "ip_address", "interface", "hold", "uptime", "srtt", "rto", "q_cnt", "seq_num")
    rows = [dict(zip(names, line.split(), strict=True)) | {"as": "100"} for line in text.splitlines()[3:]]
    ours = "\n".join(neighbors_text(rows))
    assert ours.splitlines() == text.rstrip("\n").splitlines()
