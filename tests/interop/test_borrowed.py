"""A hub that has no address but its host's: spokes with their own form a DMVPN with it, and the host goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

CONFIG = """hostname {name}
crypto ikev2 keyring K
 peer ANY
  address 0.0.0.0 0.0.0.0
  pre-shared-key Not-A-Secret
crypto ikev2 profile P
 match identity remote address 0.0.0.0
 authentication remote pre-share
 authentication local pre-share
 keyring local K
{nat}crypto ipsec transform-set T esp-gcm
 mode transport
crypto ipsec profile P
 set transform-set T
 set ikev2-profile P
interface Tunnel0
 ip address 10.255.0.{own} 255.255.255.0
 ip mtu 1400
 ip tcp adjust-mss 1360
 ip nhrp network-id 1
{nhs} tunnel source GigabitEthernet1
 tunnel mode gre multipoint
 tunnel protection ipsec profile P
interface GigabitEthernet1
 {address}
 no shutdown
interface GigabitEthernet2
 ip address 10.{own}.0.1 255.255.255.0
 no shutdown
ip route 10.{peer}.0.0 255.255.255.0 10.255.0.{peer}
"""
NHS = " ip nhrp nhs 10.255.0.1 nbma 192.0.2.1 multicast\n"
STATIC = "ip address 192.0.2.{} 255.255.255.0"
LENT = STATIC.format(1)

# Sends what would be answered by a host that does not expect it; prints the ICMP unreachables that come back.
STRANGER = """import socket
icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); icmp.settimeout(1)
for protocol in (50, 47):
    socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol).sendto(bytes(24), ("192.0.2.1", 0))
for port in (500, 4500, 9):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(bytes(24), ("192.0.2.1", port))
try:
    while True:
        packet = icmp.recv(2048)
        if packet[20] == 3:
            print(packet[21], packet[28 + 9], int.from_bytes(packet[28 + 22 : 28 + 24], "big"))
except TimeoutError:
    pass
"""

# More than a slow wire takes at once, by a port and not by a router; prints what was dropped.
FLOOD = """from iosh.base.addr import IPv4
from iosh.underlay.linux.nio import open_nio
from iosh.wire import ipv4
nio = open_nio("borrow:wan", bytes(6))
nio.write([bytes(12) + b"\\x08\\0" + ipv4.packet(nio.lent, nio.lent + 1, 50, bytes(1000))] * 1000)
print(dict(nio.drops))
"""


@pytest.fixture
def hosts_between(hosts):
    """client, left, right and server in a row; left has 192.0.2.1 on its `wan`."""
    for name in ("client", "left", "right", "server"):
        hosts.host(name)
    hosts.join("client", "eth0", "left", "lan")
    hosts.join("left", "wan", "right", "wan")
    hosts.join("server", "eth0", "right", "lan")
    hosts.address("client", "eth0", "10.1.0.2/24", "10.1.0.1")
    hosts.address("server", "eth0", "10.2.0.2/24", "10.2.0.1")
    hosts.address("left", "wan", "192.0.2.1/24")
    return hosts


def borrower(hosts, site, address, nat="", port="borrow:wan"):
    text = CONFIG.format(name="HUB", own=1, peer=2, nhs="", address=address, nat=nat)
    return site.start("hub", text, f"Gi1={port}", "Gi2=lan", on=hosts.namespace("left"))


def spoke(hosts, site, nat=""):
    text = CONFIG.format(name="SPOKE", own=2, peer=1, nhs=NHS, address=STATIC.format(2), nat=nat)
    return site.start("spoke", text, "Gi1=wan", "Gi2=lan", on=hosts.namespace("right"))


@pytest.mark.parametrize(("nat", "port"), [("", 500), (" nat force-encap\n", 4500)])
@pytest.mark.parametrize("address", [LENT, "ip address dhcp"])
def test_a_spoke_with_its_own_address_and_a_borrowed_one_make_a_tunnel(hosts_between, site, nat, port, address):
    hosts = hosts_between
    hub = borrower(hosts, site, address, nat)
    spoke(hosts, site, nat)
    hub.wait_for("192.0.2.2", "show dmvpn | include UP")
    assert " 0% packet loss" in hosts.on("client", "ping", "-c", "3", "-i", "0.2", "-w", "15", "10.2.0.2")
    sent, taken = hosts.transfer("client", "server", "10.2.0.2")
    assert sent == taken
    assert f"192.0.2.2 port {port}" in hub.ask("show crypto session | include 192.0.2.2")


def test_the_host_leaves_to_us_what_is_ours_and_goes_on_itself(hosts_between, site):
    hosts = hosts_between
    hosts.address("right", "wan", "192.0.2.2/24")
    hub = borrower(hosts, site, LENT)
    assert hosts.on("right", sys.executable, "-c", STRANGER).splitlines() == ["3 17 9"]
    assert " 0% packet loss" in hosts.on("right", "ping", "-c", "2", "-i", "0.2", "-w", "5", "192.0.2.1")
    assert "Success rate is 100" in hub.ask("ping 192.0.2.2")
    trace = hub.ask("traceroute 192.0.2.2 timeout 1 probe 1")
    assert "1 192.0.2.2" in trace, trace


def test_a_packet_that_must_not_be_cut_is_answered_with_what_fits(hosts_between, site):
    hosts = hosts_between
    hosts.address("right", "wan", "192.0.2.2/24")
    hub = borrower(hosts, site, LENT)
    for host in ("left", "right"):
        hosts.on(host, "ip", "link", "set", "wan", "mtu", "1300")
    assert "Success rate is 100" in hub.ask("ping 192.0.2.2 size 1400")  # the host fragments
    assert "MMMMM" in hub.ask("ping 192.0.2.2 size 1400 df-bit")


def test_an_address_that_vanishes_and_returns_is_line_protocol_down_and_up(hosts_between, site):
    hosts = hosts_between
    hub = borrower(hosts, site, "ip address dhcp")
    brief = "show ip interface brief | include GigabitEthernet1"
    hub.wait_for("192.0.2.1       YES DHCP   up                    up", brief)
    hosts.on("left", "ip", "addr", "del", "192.0.2.1/24", "dev", "wan")
    hub.wait_for("down                  down", brief)
    hosts.address("left", "wan", "192.0.2.7/24")
    hub.wait_for("192.0.2.7       YES DHCP   up                    up", brief)
    hosts.on("left", "ip", "link", "set", "wan", "down")
    hub.wait_for("down                  down", brief)
    hosts.on("left", "ip", "link", "set", "wan", "up")
    hub.wait_for("up                    up", brief)
    assert hub.stop() == 0


def test_a_full_socket_buffer_is_a_counted_drop(hosts_between):
    hosts = hosts_between
    if shutil.which("tc") is None:
        pytest.skip("needs tc")
    slow = ("rate", "8kbit", "burst", "2000", "limit", "10000000")
    hosts.on("left", "tc", "qdisc", "add", "dev", "wan", "root", "tbf", *slow)
    hosts.on("left", "ip", "neigh", "add", "192.0.2.2", "lladdr", "02:00:00:00:00:02", "dev", "wan")
    drops = eval(hosts.on("left", sys.executable, "-c", FLOOD))
    assert list(drops) == ["buffer full"]
    assert 100 < drops["buffer full"] < 1000


def refused(hosts, site, *command, port="Gi1=borrow:wan", address=LENT):
    file = site.folder / "refused.cfg"
    file.write_text(f"hostname R\ninterface GigabitEthernet1\n {address}\n no shutdown\n")
    inside = ["ip", "netns", "exec", hosts.namespace("left"), *command]
    program = [*inside, sys.executable, "-m", "iosh.shell.door", "run", str(file), "--port", port]
    done = subprocess.run(program, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.returncode, done.stderr


def test_why_an_address_is_not_lent_is_said_in_one_sentence(hosts_between, site):
    hosts = hosts_between
    for how, said in (
        ({"address": STATIC.format(9)}, "lends 192.0.2.1, but GigabitEthernet1 has 192.0.2.9"),
        ({"port": "Gi1=borrow:lan"}, "lan has no IPv4 address to borrow"),
        ({"port": "Gi1=borrow:10.9.9.9"}, "this host has no 10.9.9.9 to borrow"),
    ):
        status, sentence = refused(hosts, site, **how)
        assert (status, said in sentence) == (69, True), sentence
    borrower(hosts, site, LENT, port="borrow:192.0.2.1")
    assert refused(hosts, site) == (69, "iosh: another program has UDP port 500 of 192.0.2.1\n")


def test_without_the_right_to_borrow_the_capability_is_named(hosts_between, site):
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    for right in ("net_raw", "net_bind_service"):
        without = ("setpriv", f"--bounding-set=-{right}", f"--inh-caps=-{right}")
        status, sentence = refused(hosts_between, site, *without)
        assert (status, f"CAP_{right.upper()}" in sentence) == (77, True), sentence
