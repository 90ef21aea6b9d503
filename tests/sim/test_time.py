"""Time in a small town: a master, a client whose clock it sets, logs that lose their star, zones on the wall."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

MASTER = """
ntp master 3
interface GigabitEthernet1
 ip address 192.0.2.1 255.255.255.0
 no shutdown
"""
CLIENT = """
service timestamps log datetime msec localtime show-timezone
clock timezone CET 1
clock summer-time CEST recurring last Sun Mar 2:00 last Sun Oct 3:00
interface GigabitEthernet1
 ip address 192.0.2.2 255.255.255.0
 no shutdown
ntp server 192.0.2.1 prefer source GigabitEthernet1
"""


def town(make_town: Callable[..., Any], client: str = CLIENT) -> Any:
    return make_town("master:eth1 client:eth1", master=MASTER, client=client)


def test_a_client_takes_the_masters_time_and_loses_its_star(make_town: Callable[..., Any]) -> None:
    lab = town(make_town)
    lab.type("master", "clock set 13:00:00 1 July 2030")
    assert lab.show("client", "show clock").startswith("*")
    lab.run(30)
    assert lab.show("client", "show clock").startswith("15:00:2") or lab.show("client", "show clock").startswith(
        "15:00:3"
    )
    assert "CEST Mon Jul 1 2030" in lab.show("client", "show clock")
    assert "Time source is NTP" in lab.show("client", "show clock detail")
    lab.configure("client", "interface Loopback9", "shutdown")
    last = lab.log("client").splitlines()[-1]
    assert last.startswith("Jul  1 15:00:") and " CEST: %" in last
    ours, theirs = lab.router("client").clock.epoch_ns, lab.router("master").clock.epoch_ns
    assert abs(ours - theirs) < 1_000_000


def test_what_show_ntp_says(make_town: Callable[..., Any]) -> None:
    lab = town(make_town)
    lab.run(30)
    rows = lab.show("client", "show ntp associations").splitlines()
    assert rows[1] == "  address         ref clock       st   when   poll reach  delay  offset   disp"
    assert rows[2].split()[:4] == ["*~192.0.2.1", "127.127.1.1", "3", rows[2].split()[3]]
    assert rows[2].split()[4:6] == ["64", "17"]
    detail = lab.show("client", "show ntp associations detail").splitlines()
    assert detail[0].endswith("configured, ipv4, our_master, sane, valid, stratum 3")
    assert re.fullmatch(r"filtdelay = ( +\d+\.\d\d){8}", detail[10]) and detail[9].startswith("xmt time ")
    status = lab.show("client", "show ntp status").splitlines()
    assert status[0] == "Clock is synchronized, stratum 4, reference is 192.0.2.1"
    assert lab.show("master", "show ntp status").startswith(
        "Clock is synchronized, stratum 3, reference is 127.127.1.1"
    )
    assert "*~127.127.1.1" in lab.show("master", "show ntp associations")


def test_without_ntp_nothing_listens_and_the_shows_say_so(make_town: Callable[..., Any]) -> None:
    lab = town(make_town, client=CLIENT.replace("ntp server", "no ntp server"))
    lab.run(10)
    assert lab.show("client", "show ntp status").strip() == "%NTP is not enabled."
    assert lab.show("client", "show ntp associations").strip() == "%NTP is not enabled."
    lab.configure("client", "ntp server 192.0.2.1")
    lab.run(10)
    lab.configure("client", "no ntp server 192.0.2.1")
    assert lab.show("client", "show clock").startswith(".")


def test_a_dead_master_leaves_a_dot(make_town: Callable[..., Any]) -> None:
    lab = town(make_town)
    lab.run(30)
    lab.configure("master", "no ntp master")
    lab.run(700)
    assert lab.show("client", "show clock").startswith(".")
    assert "Clock is unsynchronized, stratum 16, no reference clock" in lab.show("client", "show ntp status")


def test_clock_set_is_told_and_wrong_times_are_refused(make_town: Callable[..., Any]) -> None:
    lab = make_town("a:eth1 b:eth1", a="clock timezone EST -5 0\nno ip domain lookup", b="")
    lab.type("a", "clock set 12:34:56 29 Feb 2028")
    assert lab.show("a", "show clock").startswith("12:34:56.000 EST Tue Feb 29 2028")
    assert "%SYS-6-CLOCKUPDATE: System clock has been updated from" in lab.log("a")
    assert "% Invalid time" in lab.type("a", "clock set 25:00:00 1 Jan 2028")
    assert "% Invalid time" in lab.type("a", "clock set 12:00:00 30 Feb 2028")
    assert "% Invalid time" in lab.type("a", "clock set noon 1 Feb 2028")
