"""The interfaces in rows, their next hops, and all shows in one: at the console of a spoke of the example's cloud."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from iosh.base.time import SECOND
from iosh.cli.exec_tech import COMMANDS
from iosh.lab.build import build
from iosh.lab.checks import run_until_formed
from iosh.lab.file import read
from iosh.lab.run import Runner

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "dmvpn-phase3" / "dmvpn-phase3.clab.yml"


class Spoke:
    """One router of a formed cloud."""

    def __init__(self) -> None:
        self.lab = build(read(EXAMPLE), seed=1)
        assert run_until_formed(self.lab)
        self._runner = Runner(self.lab)
        self._runner.execute("pc1", "ping -c 3 10.2.0.10")
        self.lab.world.run_for(10 * SECOND)

    def lines(self, command: str) -> list[str]:
        answer = self._runner.execute("spoke1", command)
        assert answer.taken, answer.text
        return answer.text.splitlines()

    def value(self, command: str) -> Any:
        return json.loads("\n".join(self.lines(f"{command} | json")))


@pytest.fixture(scope="module")
def spoke() -> Spoke:
    return Spoke()


def test_the_summary_marks_what_is_up_and_has_a_column_for_each_figure(spoke: Spoke) -> None:
    head, *rows = [line for line in spoke.lines("show interfaces summary") if "IHQ  " in line or line[:2] == "* "]
    assert [row.split()[:2] for row in rows] == [
        ["*", "GigabitEthernet1"],
        ["*", "GigabitEthernet2"],
        ["*", "Tunnel0"],
    ]
    assert all(len(row) == len(head) and len(row.split()) == 11 for row in rows)
    assert [row[:-9].rstrip()[-1] for row in rows] == ["0"] * 3


def test_an_interface_that_is_down_is_not_marked(spoke: Spoke) -> None:
    spoke.lines("configure terminal")
    for line in ("interface Loopback7", "shutdown", "end"):
        spoke.lines(line)
    assert spoke.lines("show interfaces Loopback7 summary")[-1].startswith("  Loopback7 ")
    for line in ("configure terminal", "no interface Loopback7", "end"):
        spoke.lines(line)


def test_stats_and_counters_are_those_of_show_interfaces(spoke: Spoke) -> None:
    (whole,) = spoke.value("show interfaces GigabitEthernet1")["interfaces"]
    (line,) = spoke.value("show interfaces GigabitEthernet1 stats")["interfaces"]
    assert line["in_packets"] == whole["counters"]["in_packets"] > 0
    assert f"{'Total':>24} {line['in_packets']:>10}" in spoke.lines("show interfaces gi1 stats")[4]
    octets = spoke.lines("show interfaces gi1 counters")[2].split()
    assert octets[:2] == ["Gi1", str(whole["counters"]["in_bytes"])]


def test_only_physical_ports_have_a_status(spoke: Spoke) -> None:
    rows = spoke.lines("show interfaces status")[2:4]
    assert rows[0] == "Gi1          To the Internet    connected    routed     a-full a-1000 Virtual"
    assert rows[1].startswith("Gi2 ")


def test_an_adjacency_is_the_header_that_goes_before_the_packet(spoke: Spoke) -> None:
    lines = [line.strip() for line in spoke.lines("show adjacency detail")]
    at = lines.index("IP       Tunnel0                   10.255.0.1(8)")
    assert lines[at + 4] == "Encap length 28"
    header = bytes.fromhex(lines[at + 5] + lines[at + 6])
    assert header[12:20] == bytes((198, 51, 100, 2, 192, 0, 2, 2))  # ours, the hub's
    assert sum(int.from_bytes(header[n : n + 2], "big") for n in range(0, 20, 2)) % 0xFFFF == 0
    assert header[20:] == bytes.fromhex("2000080000000064")  # GRE with key 100
    assert lines[at + 9] == "IP adj out of GigabitEthernet1, addr 198.51.100.1"


def test_adjacencies_add_up(spoke: Spoke) -> None:
    summary = spoke.value("show adjacency summary")
    assert summary["by_interface"]["Tunnel0"] == 2  # the hub, and the spoke behind the shortcut
    assert summary["complete"] == len(spoke.value("show adjacency")["adjacencies"])
    assert len(spoke.value("show adjacency Tunnel0")["adjacencies"]) == 2


def test_a_neighbour_that_never_answered_is_incomplete(spoke: Spoke) -> None:
    spoke.lines("ping 198.51.100.77 repeat 1")
    assert "IP       GigabitEthernet1          198.51.100.77(8) (incomplete)" in spoke.lines("show adjacency")


def test_no_interface_has_ipv6_and_both_forms_say_so(spoke: Spoke) -> None:
    assert spoke.lines("show ipv6 interface brief")[:2] == ["GigabitEthernet1       [up/up]", "    unassigned"]
    assert spoke.lines("show ipv6 interface") == []


def test_protocols_are_told_by_interface_and_by_name(spoke: Spoke) -> None:
    lines = spoke.lines("show protocols")
    assert lines[lines.index("Tunnel0 is up, line protocol is up") + 1] == "  Internet address is 10.255.0.11/24"
    assert 'Routing Protocol is "application"' in spoke.lines("show ip protocols")


def test_tech_support_holds_every_show_and_no_secret(spoke: Spoke) -> None:
    text = "\n".join(spoke.lines("show tech-support"))
    assert all(f"\n------------------ {command} ------------------\n" in text for command in COMMANDS)
    running = "\n".join(spoke.lines("show running-config"))
    secrets = [line.split()[-1] for line in running.splitlines() if "pre-shared-key" in line or "nhrp auth" in line]
    assert len(secrets) >= 2 and not [secret for secret in secrets if secret in text]
    assert list(spoke.value("show tech-support")) == [each for each in COMMANDS if each != "show running-config"]


def test_accounting_tells_ip_from_the_rest(spoke: Spoke) -> None:
    value = spoke.value("show interfaces GigabitEthernet1 accounting")
    known = {one["protocol"]: one for one in value["interfaces"][0]["protocols"]}
    assert set(known) == {"IP", "ARP"} and known["ARP"]["out_bytes"] == 42 * known["ARP"]["out_packets"] > 0
    whole = spoke.value("show interfaces GigabitEthernet1")["interfaces"][0]["counters"]
    assert sum(one["in_bytes"] for one in known.values()) == whole["in_bytes"]
    lines = spoke.lines("show interfaces accounting")
    assert re.fullmatch(r" {22}IP +\d+ +\d+ +\d+ +\d+", lines[2])


def test_an_interface_without_traffic_says_so(spoke: Spoke) -> None:
    spoke.lines("configure terminal")
    for line in ("interface Loopback8", "end"):
        spoke.lines(line)
    assert spoke.lines("show interfaces Loopback8 accounting")[2] == "No traffic sent or received on this interface."


def test_a_crypto_map_has_an_instance_for_each_peer(spoke: Spoke) -> None:
    lines = spoke.lines("show crypto map")
    assert lines[0] == 'Crypto Map IPv4 "Tunnel0-head-0" 65536 ipsec-isakmp'
    peers = [line.split()[-1] for line in lines if line.startswith("        Peer = ")]
    assert peers == [flow["remote"] for flow in spoke.value("show crypto ipsec sa")["flows"]] and len(peers) == 2
    assert lines[-2:] == ["                Tunnel0", ""]
    assert spoke.lines("show crypto map interface GigabitEthernet1") == ["No crypto maps found."]


def test_the_engines_connections_are_the_halves_of_the_sas(spoke: Spoke) -> None:
    flows = spoke.value("show crypto ipsec sa")["flows"]
    halves = [half["connection"] for flow in flows for way in ("inbound", "outbound") for half in flow[way]]
    rows = [line.split() for line in spoke.lines("show crypto engine connections active")[3:] if line]
    assert sorted(int(row[0]) for row in rows) == sorted(halves)
    assert sum(int(row[3]) for row in rows) == sum(flow["packets_out"] for flow in flows) > 0
    assert {row[2] for row in rows} == {"AES-GCM256"}
    assert spoke.lines("show crypto ipsec sa count") == [
        f"IPsec SA total: {len(halves)}, active: {len(halves)}, rekeying: 0, unused: 0, invalid: 0"
    ]
