"""A linux node's command line, on two stations and a cable."""

from __future__ import annotations

import pytest

from iosh.base.time import SECOND
from iosh.lab.host import Host
from iosh.underlay.sim.cable import Cable
from iosh.underlay.sim.station import Station
from iosh.underlay.sim.world import World


class Pair:
    """Stations a (10.0.0.1) and b (10.0.0.2), and a's command line."""

    def __init__(self) -> None:
        self.world = World(1)
        ports = {name: self.world.port(name, "eth1") for name in "ab"}
        stations = {name: Station({"eth1": port}) for name, port in ports.items()}
        self.printed = ""
        self.host = Host("a", stations["a"], ["eth1"], self.write)
        self.host.configure("ip addr add 10.0.0.1/24 dev eth1")
        Host("b", stations["b"], ["eth1"]).configure("ip a a 10.0.0.2/24 dev eth1")
        for name, station in stations.items():
            self.world.place(name, station)
        Cable(self.world, ports["a"], ports["b"])

    def write(self, text: str) -> None:
        self.printed += text

    def type(self, line: str) -> str:
        self.printed = ""
        self.host.feed(line, self.world.now)
        self.world.touch("a")
        self.world.run_while(lambda: self.host.busy, self.world.now + 60 * SECOND)
        return self.printed


def test_a_ping_prints_what_came_back() -> None:
    text = Pair().type("ping -c 2 -s 100 10.0.0.2")
    assert "108 bytes from 10.0.0.2: icmp_seq=1 ttl=64" in text
    assert "2 packets transmitted, 2 received, 0% packet loss" in text


def test_a_ping_to_nobody_comes_to_its_end() -> None:
    assert "2 packets transmitted, 0 received" in Pair().type("ping -c 2 -W 1 10.0.0.9")


def test_a_traceroute_prints_the_hops() -> None:
    lines = Pair().type("traceroute -n 10.0.0.2").splitlines()
    assert lines[1].startswith(" 1  10.0.0.2 ")


def test_addresses_and_routes_are_shown_as_they_were_given() -> None:
    pair = Pair()
    assert pair.type("ip addr") == "eth1     10.0.0.1/24\n"
    assert pair.type("ip route add default via 10.0.0.2 dev eth1") == ""
    assert pair.type("ip ro add 192.0.2.0/24 via 10.0.0.2") == ""
    assert pair.type("ip route") == "default via 10.0.0.2 dev eth1\n192.0.2.0/24 via 10.0.0.2\n"
    assert pair.type("ip route del default") == ""
    assert pair.type("ip route show") == "192.0.2.0/24 via 10.0.0.2\n"


def test_a_link_set_down_sends_nothing() -> None:
    pair = Pair()
    assert pair.type("ip link set dev eth1 down mtu 1400") == ""
    assert "Network is unreachable" in pair.type("ping -c 1 10.0.0.2")
    assert pair.type("ip link set eth1 up") == ""
    assert "1 received" in pair.type("ping -c 1 10.0.0.2")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("ip addr add 10.0.0.1/24 dev eth7", "no link of the topology is plugged into 'eth7' of a"),
        ("ip addr add 10.0.0.300/24 dev eth1", "not an IPv4 address: '10.0.0.300'"),
        ("ip addr add 10.0.0.3/33 dev eth1", "not a prefix: '10.0.0.3/33'"),
        ("ip addr add 10.0.0.3/24", "write ip addr add ADDRESS/LENGTH dev PORT"),
        ("ip route add 10.0.0.0/8 via", "via needs a value"),
        ("ip route add 10.0.0.0/8", "a route needs via ADDRESS or dev PORT"),
        ("ip route add 10.0.0.0/8 via 10.0.0.2 metric 5", "not understood here: metric 5"),
        ("ip tunnel add", "not understood here: tunnel"),
        ("ip link set eth1 blue", "not understood here: blue"),
        ("ip", "ip what? There are addr, route and link"),
        ("ping", "give one address"),
        ("ping -z 10.0.0.2", "not understood here: -z"),
        ("ping -c many 10.0.0.2", "'many' is not a number from 1 to 65535"),
        ("ls -l", "ls: command not found; there are ip, ping and traceroute"),
        ("ping 'x", "No closing quotation"),
    ],
)
def test_what_is_not_understood_is_said_in_a_sentence(line: str, reason: str) -> None:
    assert Pair().type(line) == f"a: {reason}\n"


def test_an_exec_line_is_an_ip_command() -> None:
    with pytest.raises(ValueError, match="only ip addr, ip route and ip link"):
        Pair().host.configure("sh -c 'ip link set eth1 up'")


def test_an_interrupted_ping_says_how_far_it_came() -> None:
    pair = Pair()
    pair.host.feed("ping -c 100 10.0.0.2", pair.world.now)
    pair.world.touch("a")
    pair.world.run_for(5 * SECOND // 2)
    pair.host.interrupt()
    assert not pair.host.busy
    assert "3 packets transmitted, 3 received" in pair.printed
    deliveries = pair.world.deliveries
    pair.world.run_for(10 * SECOND)
    assert pair.world.deliveries == deliveries
