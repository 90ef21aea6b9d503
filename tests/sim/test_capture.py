"""`monitor capture` in a small town: what passes a port is kept, shown, bounded, and written for others to read."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

END = "interface GigabitEthernet1\n ip address 192.0.2.{number} 255.255.255.0\n no shutdown"


@pytest.fixture
def lab(make_town: Callable[..., Any]) -> Any:
    made = make_town("a:eth1 b:eth1", a=END.format(number=1), b=END.format(number=2))
    made.run(10)
    return made


def captured(lab: Any, *filters: str) -> None:
    lab.type("a", "monitor capture CAP interface GigabitEthernet1 both")
    lab.type("a", f"monitor capture CAP match {' '.join(filters) or 'any'}")
    assert "Started capture point : CAP" in lab.type("a", "monitor capture CAP start")
    lab.type("a", "ping 192.0.2.2 repeat 3")
    assert "Stopped capture point : CAP" in lab.type("a", "monitor capture CAP stop")


def test_a_ping_is_seen_both_ways_and_only_while_the_capture_runs(lab: Any) -> None:
    captured(lab, "ipv4", "any", "any")
    lab.type("a", "ping 192.0.2.2 repeat 7")
    rows = lab.show("a", "show monitor capture CAP buffer brief").splitlines()[3:]
    ways = [tuple(row.split()[3:6:2]) for row in rows]
    assert ways == [("192.0.2.1", "192.0.2.2"), ("192.0.2.2", "192.0.2.1")] * 3
    assert all(row.split()[1] == "114" and row.endswith("0  BE   ICMP") for row in rows)
    assert " packets in buf   : 6" in lab.show("a", "show monitor capture CAP buffer")
    detailed = lab.show("a", "show monitor capture CAP buffer detailed").lower()
    assert detailed.count("echo request") == 3 and detailed.count("echo reply") == 3
    assert "0000:  " in lab.show("a", "show monitor capture CAP buffer dump")
    assert lab.router("a").forwarding._plane.watcher is None


def test_what_is_exported_is_a_file_others_read(lab: Any) -> None:
    utils = pytest.importorskip("scapy.utils")
    captured(lab)
    assert "Exported Successfully" in lab.type("a", "monitor capture CAP export flash:x.pcap")
    content = lab.router("a").storage.read("flash:x.pcap")
    with utils.RawPcapReader(io.BytesIO(content)) as reader:
        frames = [data for data, _ in reader]
    assert frames == [one.frame for one in lab.router("a").captures.table["CAP"].frames]
    assert len(frames) >= 6
    assert "x.pcap" in lab.show("a", "dir flash:")


def test_a_full_buffer_keeps_its_oldest_and_a_circular_one_its_newest(lab: Any) -> None:
    lab.type("a", "ping 192.0.2.2")  # so that no request for an address is among what follows
    for name, kind in (("L", "size 1"), ("C", "circular size 1")):
        lab.type("a", f"monitor capture {name} interface GigabitEthernet1 out")
        lab.type("a", f"monitor capture {name} match any", f"monitor capture {name} buffer {kind}")
        lab.type("a", f"monitor capture {name} start")
    lab.type("a", "ping 192.0.2.2 repeat 800 size 1500")
    table = lab.router("a").captures.table
    for name in "LC":
        assert table[name].bytes <= 1 << 20
        assert table[name].missed == 800 - len(table[name].frames)
    assert table["L"].frames[0].at < table["C"].frames[0].at
    assert table["L"].frames[-1].at < table["C"].frames[-1].at


def test_what_cannot_be_is_said(lab: Any) -> None:
    assert "% Incomplete command." in lab.type("a", "monitor capture X")
    assert "no interface is specified" in lab.type("a", "monitor capture X match any", "monitor capture X start")
    assert "Unable to attach" in lab.type("a", "monitor capture X interface Loopback4 both")
    lab.type("a", "monitor capture X interface GigabitEthernet1 in")
    assert "Buffer" not in lab.type("a", "monitor capture X export flash:y.pcap")
    lab.type("a", "monitor capture X start")
    assert "is active: stop it first" in lab.type("a", "monitor capture X match any")
    status = lab.show("a", "show monitor capture X")
    assert "   Interface: GigabitEthernet1, Direction: in" in status and "   Status : Active" in status
    lab.type("a", "no monitor capture X")
    assert lab.show("a", "show monitor capture").strip() == ""
    assert "Capture does not exist" in lab.show("a", "show monitor capture X buffer brief")


def test_everything_is_said_on_one_line_in_any_order_and_read_back(lab: Any) -> None:
    said = "monitor capture CAP limit pps 1000 duration 30 match ipv4 protocol tcp host 192.0.2.1 gt 1023"
    assert "%" not in lab.type("a", f"{said} 192.0.2.0/24 eq 22 interface Gi1 both buffer circular size 5")
    lab.type("a", "monitor capture CAP interface Gi2 in")
    assert lab.show("a", "show monitor capture CAP parameter").splitlines() == [
        "   monitor capture CAP interface GigabitEthernet1 both",
        "   monitor capture CAP match ipv4 protocol tcp host 192.0.2.1 gt 1023 192.0.2.0/24 eq 22",
        "   monitor capture CAP buffer circular size 5",
        "   monitor capture CAP limit duration 30",
        "   monitor capture CAP limit pps 1000",
    ]
    status = lab.show("a", "show monitor capture CAP")
    assert "   IPv4\n    Source IP:  host 192.0.2.1\n    Destination IP:  192.0.2.0 0.0.0.255\n" in status
    assert "   Maximum number of packets to capture per second: 1000" in status
    lab.type("a", "no monitor capture CAP limit", "no monitor capture CAP match", "no monitor capture CAP buffer")
    lab.type("a", "no monitor capture CAP interface Gi1")
    assert lab.show("a", "show monitor capture CAP parameter").strip() == "monitor capture CAP buffer size 10"


def test_a_filter_takes_one_way_of_one_protocol_and_an_access_list_what_it_permits(lab: Any) -> None:
    lab.type("a", "configure terminal", "ip access-list extended BACK", "permit icmp any any echo-reply", "end")
    for name, wanted in (
        ("ONE", "match ipv4 protocol icmp host 192.0.2.1 any"),
        ("NONE", "match ipv4 protocol tcp any any"),
        ("BACK", "access-list BACK"),
        ("SIX", "match ipv6 any any"),
    ):
        lab.type("a", f"monitor capture {name} interface Gi1 both {wanted}", f"monitor capture {name} start")
    lab.type("a", "ping 192.0.2.2 repeat 4")
    table = lab.router("a").captures.table
    assert {name: len(one.frames) for name, one in table.items()} == {"ONE": 4, "NONE": 0, "BACK": 4, "SIX": 0}
    assert all("echo reply" in one.text for one in table["BACK"].frames)


def test_limits_end_a_capture_by_number_and_by_time_and_thin_it_out(lab: Any) -> None:
    for name, limit in (
        ("N", "packets 5"),
        ("T", "duration 2"),
        ("E", "every 4"),
        ("P", "pps 3"),
        ("S", "packet-len 64"),
    ):
        lab.type("a", f"monitor capture {name} interface Gi1 out match ipv4 any any limit {limit}")
        lab.type("a", f"monitor capture {name} start")
    lab.type("a", "ping 192.0.2.2 repeat 12")
    lab.run(3)
    lab.type("a", "ping 192.0.2.2 repeat 12")
    table = lab.router("a").captures.table
    assert {name: (len(one.frames), one.running) for name, one in table.items()} == {
        "N": (5, False), "T": (12, False), "E": (6, True), "P": (6, True), "S": (24, True),
    }  # fmt: skip
    assert {(len(one.frame), one.length) for one in table["S"].frames} == {(64, 114)}
    assert "%BUFCAP-6-DISABLE: Capture Point T disabled." in lab.show("a", "show logging")
