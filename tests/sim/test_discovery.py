"""CDP and LLDP in a small town, read the way clients read them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

SPEAK = """
cdp run
lldp run
ip domain name example.net
interface GigabitEthernet1
 description to the other side
 ip address 192.0.2.{number} 255.255.255.0
 no shutdown
"""
COMMANDS = ("show cdp", "show cdp neighbors", "show cdp neighbors detail", "show lldp", "show lldp neighbors detail")


def town(make_town: Callable[..., Any], **more: str) -> Any:
    lab = make_town("west:eth1 east-with-a-long-name:eth1", **{
        "west": SPEAK.format(number=1), "east-with-a-long-name": SPEAK.format(number=2)
    })  # fmt: skip
    lab.run(10)
    return lab


def test_neighbours_see_each_other_as_the_tables_of_ios_have_it(make_town: Callable[..., Any]) -> None:
    lab = town(make_town)
    west = lab.show("west", "show cdp neighbors").splitlines()
    assert west[4] == "Device ID        Local Intrfce     Holdtme    Capability  Platform  Port ID"
    assert west[5] == "east-with-a-long-name.example.net"
    row = re.fullmatch(r" {17}Gig 1 {13}1(7\d|80) {15}R {4}IOSH {6}Gig 1", west[6])
    assert row, west[6]
    east = lab.show("east-with-a-long-name", "show cdp neighbors").splitlines()
    assert east[5:7] == ["west.example.net", east[6]] or east[5].startswith("west.example.net ")
    table = lab.show("west", "show lldp neighbors").splitlines()
    assert table[5] == "east-with-a-long-namGi1            120        R               Gi1"
    assert table[-1] == "Total entries displayed: 1" or "Total entries displayed: 1" in table


def test_the_details_are_those_clients_ask_for(make_town: Callable[..., Any]) -> None:
    lab = town(make_town)
    told = lab.show("west", "show cdp neighbors detail")
    for line in (
        "Device ID: east-with-a-long-name.example.net",
        "  IP address: 192.0.2.2",
        "Platform: cisco IOSH,  Capabilities: Router ",
        "Interface: GigabitEthernet1,  Port ID (outgoing port): GigabitEthernet1",
        "advertisement version: 2",
        "Total cdp entries displayed : 1",
    ):
        assert line in told.splitlines(), line
    said = lab.show("west", "show lldp neighbors detail")
    for line in (
        "Local Intf: Gi1",
        "Port id: Gi1",
        "Port Description: to the other side",
        "System Name: east-with-a-long-name.example.net",
        "System Capabilities: B,R",
        "Enabled Capabilities: R",
        "    IP: 192.0.2.2",
    ):
        assert line in said.splitlines(), line


def test_a_cut_cable_and_a_taken_away_protocol_are_noticed(make_town: Callable[..., Any]) -> None:
    lab = town(make_town)
    lab.configure("east-with-a-long-name", "no cdp run", "interface GigabitEthernet1", "no lldp transmit")
    lab.run(1)
    assert "Total cdp entries displayed : 0" in lab.show("west", "show cdp neighbors")
    assert "Total entries displayed: 0" in lab.show("west", "show lldp neighbors")
    assert lab.show("east-with-a-long-name", "show cdp neighbors").strip() == "% CDP is not enabled"
    assert "Total entries displayed: 1" in lab.show("east-with-a-long-name", "show lldp neighbors")
    lab.configure("west", "interface GigabitEthernet1", "shutdown")
    assert "Total entries displayed: 0" in lab.show("west", "show lldp neighbors")


def test_a_router_that_says_nothing_of_either_has_neither(make_town: Callable[..., Any]) -> None:
    lab = make_town("a:eth1 b:eth1", a="interface GigabitEthernet1\n no shutdown", b=SPEAK.format(number=1))
    lab.run(100)
    assert lab.router("a").forwarding.counters["cdp.not_enabled"] > 0
    for command in COMMANDS:
        assert lab.show("a", command).strip() in ("% CDP is not enabled", "% LLDP is not enabled")


def test_another_name_or_timer_is_told_at_once(make_town: Callable[..., Any]) -> None:
    lab = town(make_town)
    lab.configure("west", "hostname far-west", "cdp timer 5", "cdp holdtime 15")
    lab.run(1)
    assert "far-west.example.net" in lab.show("east-with-a-long-name", "show cdp neighbors")
    assert "        Sending a holdtime value of 15 seconds" in lab.show("far-west", "show cdp")
    assert " cdp enabled interfaces : 1" in lab.show("far-west", "show cdp interface")
    assert "    Rx state: WAIT FOR FRAME" in lab.show("far-west", "show lldp interface")


def test_one_entry_can_be_asked_for_and_packets_are_counted(make_town: Callable[..., Any]) -> None:
    lab = town(make_town)
    name = "east-with-a-long-name.example.net"
    for protocol, line in (("cdp", f"Device ID: {name}"), ("lldp", f"System Name: {name}")):
        for wanted in (name, "east*", "*"):
            assert line in lab.show("west", f"show {protocol} entry {wanted}").splitlines()
        assert name not in lab.show("west", f"show {protocol} entry nobody")
    assert "  IP address: 192.0.2.2" in lab.show("west", "show cdp entry * protocol").splitlines()
    assert lab.show("west", "show cdp entry * version").startswith(f"Version information for {name} :\n  ")
    assert re.search(r"Total packets output: [1-9]\d*, Input: [1-9]", lab.show("west", "show cdp traffic"))
    assert re.search(r"Total frames in: [1-9]", lab.show("west", "show lldp traffic"))
