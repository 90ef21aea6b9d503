"""Frames that no kernel of ours would send, to a real port: 802.1Q by scapy, and junk made from good frames by seed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROUTER = """hostname R
service dhcp
cdp run
lldp run
ntp server 10.1.0.9
ip dhcp pool P
 network 10.1.0.0 255.255.255.0
interface GigabitEthernet1
 ip address 10.1.0.1 255.255.255.0
 no shutdown
interface GigabitEthernet1.12
 encapsulation dot1Q 12
 ip address 10.12.0.1 255.255.255.0
interface Tunnel1
 ip address 10.255.0.1 255.255.255.0
 ip nhrp network-id 1
 tunnel source GigabitEthernet1
 tunnel mode gre multipoint
crypto ikev2 keyring K
 peer ANY
  address 0.0.0.0 0.0.0.0
  pre-shared-key Not-A-Secret
crypto ikev2 profile P
 match identity remote address 0.0.0.0
 authentication remote pre-share
 authentication local pre-share
 keyring local K
crypto ipsec profile P
 set ikev2-profile P
interface Tunnel2
 ip address 10.255.1.1 255.255.255.0
 ip nhrp network-id 2
 tunnel source GigabitEthernet1
 tunnel mode gre multipoint
 tunnel key 2
 tunnel protection ipsec profile P
"""

# Asks for a MAC address and pings, with a tag and without; prints the tags of both answers.
ASK = """import logging
logging.disable()
from scapy.all import ARP, Dot1Q, Ether, ICMP, IP, srp1
def asked(frame, tags, rest, patience=15):
    for tag in tags:
        frame /= Dot1Q(vlan=tag)
    return srp1(frame / rest, iface="eth0", timeout=patience, verbose=0)
def tags_of(frame):
    return [layer.vlan for layer in frame.iterpayloads() if layer.name == "802.1Q"]
for net, tags, patience in (("10.1.0", [], 15), ("10.12.0", [12], 15), ("10.12.0", [13], 2), ("10.12.0", [], 2)):
    own, its = net + ".7", net + ".1"
    said = asked(Ether(dst="ff:ff:ff:ff:ff:ff"), tags, ARP(psrc=own, pdst=its), patience)
    if said is None:
        print("silence")
        continue
    echoed = asked(Ether(dst=said.src), tags, IP(src=own, dst=its) / ICMP() / (b"x" * 1000))
    print(tags_of(said), tags_of(echoed), echoed[ICMP].type)
"""

# More than ports hold that nobody reads; prints what each of them says it lost.
FLOOD = """import socket, subprocess
from iosh.underlay.linux.nio import open_nio
OWN, MANY = bytes((2, 0, 0, 0, 0, 7)), 9000
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.setsockopt(socket.SOL_SOCKET, 32, 100 << 20)  # SO_SNDBUFFORCE
def say(*words):
    subprocess.run(("ip", *words), check=True)
def lost(nio):
    nio.look()
    nio.look()
    print(dict(nio.errors))
packet = open_nio("eth0", OWN)
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as far:
    far.bind(("eth1", 0))
    for _ in range(MANY):
        far.send(OWN + bytes(1400))
lost(packet)
borrowed = open_nio("borrow:eth0", OWN)
for _ in range(MANY):
    udp.sendto(bytes(1400), (str(borrowed.lent), 4500))
lost(borrowed)
tap = open_nio("tap:tap0", OWN)
say("addr", "add", "10.2.0.1/24", "dev", "tap0")
say("neigh", "add", "10.2.0.2", "lladdr", OWN.hex(":"), "dev", "tap0")
for _ in range(MANY):
    udp.sendto(bytes(1400), ("10.2.0.2", 9))
lost(tap)
"""


@pytest.fixture
def cable(hosts, site):
    """A host `left` with nothing but an interface, and a router on the other end of its cable."""
    for name in ("left", "right"):
        hosts.host(name)
    hosts.join("left", "eth0", "right", "eth0")
    return hosts, site.start("r", ROUTER, "Gi1=eth0", on=hosts.namespace("right"))


def test_a_sub_interface_speaks_in_its_vlan_and_no_other(cable):
    hosts, _ = cable
    said = hosts.on("left", sys.executable, "-c", ASK).splitlines()
    assert said == ["[] [] 0", "[12] [12] 0", "silence", "silence"]


def test_what_comes_faster_than_it_is_taken_is_counted(hosts):
    hosts.host("box")
    hosts.join("box", "eth0", "box", "eth1")
    hosts.address("box", "eth0", "10.1.0.1/24")
    said = [eval(line) for line in hosts.on("box", sys.executable, "-c", FLOOD).splitlines()]
    assert [list(one) for one in said] == [["overrun"]] * 3
    assert all(0 < one["overrun"] < 9000 for one in said), said


def resident_kb(process):
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS:")))


def test_junk_leaves_the_router_alive_and_its_memory_flat(cable):
    """For ten seconds; in CI, or for as long as `IOSH_JUNK_SECONDS` says, a minute."""
    seconds = float(os.environ.get("IOSH_JUNK_SECONDS", "60" if os.environ.get("CI") == "true" else "10"))
    hosts, router = cable
    script = Path(__file__).with_name("junk_frames.py")
    junk = hosts.begin("left", sys.executable, str(script), "eth0", "500", stdin=subprocess.PIPE)
    sizes, ends = [], time.monotonic() + seconds
    while time.monotonic() < ends or len(sizes) < 8:
        print("on", file=junk.stdin, flush=True)
        said, sent = junk.stdout.readline().split()
        assert said == "alive", router.log.read_text()
        sizes.append(resident_kb(router.process))
    junk.communicate(timeout=10)
    settled = sizes[len(sizes) // 4]
    assert sizes[-1] - settled < 2048, f"kilobytes in memory after each 500 frames, {sent} in all: {sizes}"
    assert "Traceback" not in router.log.read_text()
    assert "10.1.0.1" in router.ask("show ip interface brief")
    hosts.address("left", "eth0", "10.1.0.7/24")
    assert " 0% packet loss" in hosts.on("left", "ping", "-c", "3", "-i", "0.2", "-w", "10", "10.1.0.1")
