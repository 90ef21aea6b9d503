"""IP SLA and object tracking in a small town: the default route moves when the way out fails, and comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

HOME = """
track 1 ip sla 1 reachability
 delay down 2 up 5
track 2 interface GigabitEthernet1 line-protocol
interface GigabitEthernet1
 ip address 192.0.2.1 255.255.255.252
 no shutdown
interface GigabitEthernet2
 ip address 198.51.100.1 255.255.255.252
 no shutdown
ip route 0.0.0.0 0.0.0.0 192.0.2.2 track 1
ip route 0.0.0.0 0.0.0.0 198.51.100.2 250
ip route 203.0.113.1 255.255.255.255 192.0.2.2
ip sla 1
 icmp-echo 203.0.113.1 source-interface GigabitEthernet1
 threshold 500
 timeout 1000
 frequency 5
ip sla schedule 1 life forever start-time now
"""
NEAR = """
interface GigabitEthernet1
 ip address 192.0.2.2 255.255.255.252
 no shutdown
interface Loopback0
 ip address 203.0.113.1 255.255.255.255
"""
FAR = """
interface GigabitEthernet1
 ip address 198.51.100.2 255.255.255.252
 no shutdown
"""


def town(make_town: Callable[..., Any]) -> Any:
    return make_town("home:eth1 near:eth1", "home:eth2 far:eth1", home=HOME, near=NEAR, far=FAR)


def way_out(lab: Any) -> str:
    return str(next(line for line in lab.show("home", "show ip route").splitlines() if line.startswith("S*")))


def test_a_tracked_route_comes_when_the_target_answers_and_goes_when_it_does_not(make_town: Callable[..., Any]) -> None:
    lab = town(make_town)
    lab.run(3)
    assert "198.51.100.2" in way_out(lab)
    lab.run(20)
    assert "via 192.0.2.2" in way_out(lab)
    lab.configure("near", "interface Loopback0", "shutdown")
    lab.run(12)
    assert "[250/0] via 198.51.100.2" in way_out(lab)
    assert "%TRACK-6-STATE: 1 ip sla 1 reachability Up -> Down" in lab.log("home")
    lab.configure("near", "interface Loopback0", "no shutdown")
    lab.run(15)
    assert "via 192.0.2.2" in way_out(lab)
    assert "%TRACK-6-STATE: 1 ip sla 1 reachability Down -> Up" in lab.log("home")


def test_a_tracked_interface_follows_its_line_protocol(make_town: Callable[..., Any]) -> None:
    lab = town(make_town)
    lab.run(10)
    lab.configure("home", "interface GigabitEthernet1", "shutdown")
    lab.run(10)
    assert "%TRACK-6-STATE: 2 interface GigabitEthernet1 line-protocol Up -> Down" in lab.log("home")
    said = lab.show("home", "show track 2").splitlines()
    assert said[:3] == [
        "Track 2",
        "  Interface GigabitEthernet1 line-protocol",
        "  Line protocol is Down (hw admin-down)",
    ]


def test_what_show_says_of_a_running_operation(make_town: Callable[..., Any]) -> None:
    lab = town(make_town)
    lab.run(32)
    statistics = lab.show("home", "show ip sla statistics")
    assert "IPSLA operation id: 1\n        Latest RTT: " in statistics
    assert "Latest operation return code: OK\n" in statistics
    assert "Number of failures: 1\n" in statistics  # the neighbour was not known yet, or the link not up
    assert "Operation time to live: Forever" in statistics
    assert "*1           icmp-echo   203.0.113.1" in lab.show("home", "show ip sla summary")
    configuration = lab.show("home", "show ip sla configuration 1")
    assert "Target address/Source interface: 203.0.113.1/GigabitEthernet1" in configuration
    assert "   Status of entry (SNMP RowStatus): Active" in configuration
    track = lab.show("home", "show track 1")
    assert "  Reachability is Up\n" in track
    assert "  Delay up 5 secs, down 2 secs\n" in track
    assert "    Static IP Routing 0" in track
    brief = lab.show("home", "show track brief").splitlines()
    assert brief[1].split()[:6] == ["1", "ip", "sla", "1", "reachability", "Up"]


def test_taking_the_track_from_a_route_leaves_it_standing_alone(make_town: Callable[..., Any]) -> None:
    lab = town(make_town)
    lab.run(20)
    lab.configure("home", "no track 1")
    assert "198.51.100.2" in way_out(lab)
    lab.configure("home", "ip route 0.0.0.0 0.0.0.0 192.0.2.2")
    assert "via 192.0.2.2" in way_out(lab)
    lab.configure("home", "no ip sla schedule 1", "no ip sla 1")
    assert "IPSLA operation id" not in lab.show("home", "show ip sla statistics")


def test_the_application_counts_operations_by_state(make_town: Callable[..., Any]) -> None:
    more = "ip sla 2\n icmp-echo 203.0.113.1\n"
    home = HOME.replace("ip sla 1\n", more + "ip sla 1\n", 1)
    town = make_town("home:eth1 near:eth1", "home:eth2 far:eth1", home=home, near=NEAR, far=FAR)
    town.run(20)
    text = town.show("home", "show ip sla application")
    assert "Entries configured  : 2" in text and "active Entries      : 1" in text and "pending Entries     : 1" in text


LISTS = """
track 10 interface GigabitEthernet1 line-protocol
track 11 ip route 192.0.2.0 255.255.255.252 reachability
track 12 stub-object
 default-state up
track 20 list boolean and
 object 10
 object 11
track 21 list boolean or
 object 10 not
 object 12
track 30 list threshold weight
 object 10 weight 20
 object 12 weight 10
 threshold weight up 30 down 10
track 31 list threshold percentage
 object 10
 object 12
 threshold percentage up 51 down 49
"""


def test_lists_follow_their_members_by_and_or_weight_and_percentage(make_town: Callable[..., Any]) -> None:
    home = HOME.replace("interface GigabitEthernet1\n", LISTS + "interface GigabitEthernet1\n", 1)
    town = make_town("home:eth1 near:eth1", "home:eth2 far:eth1", home=home, near=NEAR, far=FAR)

    def states() -> dict[int, bool]:
        return {number: track.up for number, track in town.router("home").services.tracks.items() if number >= 10}

    town.run(40)
    assert states() == {10: True, 11: True, 12: True, 20: True, 21: True, 30: True, 31: True}
    shown = town.show("home", "show track 11")
    assert "  IP route 192.0.2.0 255.255.255.252 reachability\n  Reachability is Up (connected)" in shown
    assert "First-hop interface is GigabitEthernet1" in shown
    town.configure("home", "interface GigabitEthernet1", "shutdown")
    town.run(20)
    assert states() == {10: False, 11: False, 12: True, 20: False, 21: True, 30: False, 31: True}
    assert "Boolean AND is Down" in town.show("home", "show track 20")
    assert "object 10 not Down" in town.show("home", "show track 21")
    assert "Reachability is Down (no ip route)" in town.show("home", "show track 11")
    assert "TRACK-6-STATE: 20 list boolean and Up -> Down" in town.log("home")
    town.configure("home", "track 12 stub-object", "default-state down")
    assert states()[21] and not states()[31]
    town.configure("home", "interface GigabitEthernet1", "no shutdown", "track 12 stub-object", "default-state up")
    town.run(40)
    assert all(states().values())
    kept = town.show("home", "show running-config | section track")
    for line in ("track 21 list boolean or", " object 10 not", " threshold weight up 30 down 10", " default-state up"):
        assert line in kept
