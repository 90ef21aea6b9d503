"""The Linux kernel as a neighbour: it pings, traces and sends TCP through iosh, on veth and on a TAP interface."""

from __future__ import annotations

import json
import shutil
import sys

import pytest

ROUTER = """hostname R
interface GigabitEthernet1
 ip address 10.1.0.1 255.255.255.0
 no shutdown
interface GigabitEthernet2
 ip address 10.2.0.1 255.255.255.0
 no shutdown
"""


@pytest.fixture
def between(hosts, site):
    """Hosts `left` and `right`, and a router process on veth between them."""
    for name in ("left", "middle", "right"):
        hosts.host(name)
    hosts.join("left", "eth0", "middle", "to-left")
    hosts.join("right", "eth0", "middle", "to-right")
    hosts.address("left", "eth0", "10.1.0.2/24", "10.1.0.1")
    hosts.address("right", "eth0", "10.2.0.2/24", "10.2.0.1")
    router = site.start("r", ROUTER, "Gi1=to-left", "Gi2=to-right", on=hosts.namespace("middle"))
    hosts.on("left", "ping", "-c", "1", "-w", "15", "10.2.0.2")  # everybody's ARP is done
    return hosts, router


def test_hosts_ping_and_trace_through_it(between):
    hosts, _ = between
    assert " 0% packet loss" in hosts.on("left", "ping", "-c", "3", "-i", "0.2", "-w", "10", "10.2.0.2")
    hops = hosts.on("left", "traceroute", "-n", "-q", "1", "10.2.0.2").splitlines()[1:]
    assert [line.split()[1] for line in hops] == ["10.1.0.1", "10.2.0.2"]


def test_fragments_and_large_pings_come_whole(between):
    hosts, _ = between
    assert " 0% packet loss" in hosts.on("left", "ping", "-c", "2", "-i", "0.2", "-s", "8000", "-w", "10", "10.2.0.2")
    assert " 0% packet loss" in hosts.on("left", "ping", "-c", "2", "-i", "0.2", "-s", "8000", "-w", "10", "10.1.0.1")


def test_the_sender_learns_the_path_mtu_from_it(between):
    hosts, router = between
    router.wait_for("(config-if)#", "configure terminal", "interface GigabitEthernet2", "ip mtu 1200", "end")
    said = hosts.on("left", "ping", "-c", "1", "-M", "do", "-s", "1400", "-w", "5", "10.2.0.2", check=False)
    assert "mtu = 1200" in said.lower() or "mtu=1200" in said.lower(), said
    routes = json.loads(hosts.on("left", "ip", "-json", "route", "get", "10.2.0.2"))
    assert routes[0]["metrics"][0]["mtu"] == 1200


def test_tcp_with_the_kernels_offloads_arrives_unharmed(between):
    hosts, router = between
    sent, taken = hosts.transfer("left", "right", "10.2.0.2")
    assert sent == taken
    assert "ip.bad_checksum" not in router.ask("show ip traffic")


def test_the_hosts_stack_keeps_silent_about_our_address(between):
    hosts, _ = between
    hosts.on("left", "ping", "-c", "1", "-w", "5", "10.1.0.1")
    neighbours = json.loads(hosts.on("left", "ip", "-json", "neigh", "show", "10.1.0.1"))
    own = json.loads(hosts.on("middle", "ip", "-json", "link", "show", "to-left"))[0]["address"]
    assert neighbours[0]["lladdr"] not in ("", own)


def test_a_port_that_vanishes_and_returns_is_line_protocol_down_and_up(between):
    hosts, router = between
    hosts.on("middle", "ip", "link", "del", "to-left")
    router.wait_for("down                  down", "show ip interface brief | include GigabitEthernet1")
    hosts.join("left", "eth0", "middle", "to-left")
    hosts.address("left", "eth0", "10.1.0.2/24", "10.1.0.1")
    router.wait_for("up                    up", "show ip interface brief | include GigabitEthernet1")
    assert " 0% packet loss" in hosts.on("left", "ping", "-c", "1", "-w", "10", "10.2.0.2")


def test_a_tap_interface_is_for_the_host_to_plug_in(hosts, site):
    hosts.host("box")
    site.start("r", ROUTER, "Gi1=tap:iosh0", on=hosts.namespace("box"))
    hosts.address("box", "iosh0", "10.1.0.2/24", "10.1.0.1")
    assert " 0% packet loss" in hosts.on("box", "ping", "-c", "3", "-i", "0.2", "-w", "10", "10.1.0.1")


def believe_at_once(hosts, name, device):
    """Linux takes no new address from a neighbour whose last one is less than a second old."""
    hosts.on(name, "sysctl", "-qw", f"net.ipv4.neigh.{device}.locktime=0")


def test_another_mac_address_is_heard_at_once_and_the_old_one_no_more(between):
    hosts, router = between
    believe_at_once(hosts, "left", "eth0")

    def filtered():
        """The addresses the interface lets in, beside groups."""
        lines = hosts.on("middle", "bridge", "fdb", "show", "dev", "to-left").splitlines()
        return [line.split()[0] for line in lines if not line.startswith(("33:33", "01:"))]

    burnt_in = filtered()
    for mac, addresses in (("mac-address 0200.0000.0042", ["02:00:00:00:00:42"]), ("no mac-address", burnt_in)):
        router.ask("configure terminal", "interface GigabitEthernet1", mac, "end")
        assert filtered() == addresses
        assert " 0% packet loss" in hosts.on("left", "ping", "-c", "2", "-i", "0.2", "-w", "10", "10.2.0.2")
        neighbours = json.loads(hosts.on("left", "ip", "-json", "neigh", "show", "10.1.0.1"))
        assert [one["lladdr"] for one in neighbours] == addresses


def test_a_tap_interface_follows_another_mac_address(hosts, site):
    hosts.host("box")
    router = site.start("r", ROUTER, "Gi1=tap:iosh0", on=hosts.namespace("box"))
    believe_at_once(hosts, "box", "iosh0")
    hosts.address("box", "iosh0", "10.1.0.2/24", "10.1.0.1")
    hosts.on("box", "ping", "-c", "1", "-w", "10", "10.1.0.1")
    router.ask("configure terminal", "interface GigabitEthernet1", "mac-address 0200.0000.0042", "end")
    assert " 0% packet loss" in hosts.on("box", "ping", "-c", "2", "-i", "0.2", "-w", "10", "10.1.0.1")
    neighbours = json.loads(hosts.on("box", "ip", "-json", "neigh", "show", "10.1.0.1"))
    assert [one["lladdr"] for one in neighbours] == ["02:00:00:00:00:42"]


def test_without_the_right_the_capability_is_named(hosts, site):
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    hosts.host("box")
    hosts.on("box", "ip", "link", "add", "eth0", "type", "veth", "peer", "eth1")
    (site.folder / "r.cfg").write_text(ROUTER)
    without = "-net_raw,-net_admin,-net_bind_service"
    for port, capability in (
        ("Gi1=eth0", "CAP_NET_RAW"),
        ("Gi1=tap:iosh0", "CAP_NET_ADMIN"),
        ("Gi1=udp:127.0.0.1:7-127.0.0.1:9", "CAP_NET_BIND_SERVICE"),
    ):
        said = hosts.on(
            "box", "setpriv", f"--bounding-set={without}", f"--inh-caps={without}",
            sys.executable, "-m", "iosh.shell.door", "run", str(site.folder / "r.cfg"), "--port", port, check=False,
        )  # fmt: skip
        assert (capability in said, len(said.splitlines())) == (True, 1), said
