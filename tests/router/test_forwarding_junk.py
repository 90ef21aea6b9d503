"""Random and damaged frames: every one is counted, none breaks anything, and afterwards packets still get through."""

from __future__ import annotations

import random
from typing import Any

import pytest

from iosh.base.addr import IPv4
from iosh.router.interfaces import InterfaceSettings, TunnelSettings
from iosh.wire import ipv4
from iosh.wire.ipv4 import rewritten
from iosh.wire.tcp import SYN, Tcp
from iosh.wire.udp import Udp

A = IPv4.parse
WEST, EAST = A("10.0.1.1"), A("10.0.2.1")


def damaged(frame: bytes, dice: random.Random, mac: bytes) -> bytes:
    """A frame with a few bytes changed, cut or added; mostly with a header that still sums up."""
    data = bytearray(frame)
    for _ in range(dice.randrange(1, 5)):
        what = dice.random()
        if what < 0.6:
            data[dice.randrange(14 if len(data) > 14 and dice.random() < 0.8 else 0, len(data))] = dice.randrange(256)
        elif what < 0.8:
            data = data[: dice.randrange(len(data) + 1)]
        else:
            data += dice.randbytes(8)
        data = data or bytearray(1)
    if dice.random() < 0.1 or len(data) < 34:
        return bytes(data)
    data[:6], data[12:14] = mac, b"\x08\x00"
    size = (data[14] & 15) * 4
    if size < 20 or len(data) < 14 + size:
        return bytes(data)
    return bytes(data[:14]) + rewritten(bytes(data[14 : 14 + size])) + bytes(data[14 + size :])


@pytest.mark.parametrize("tunnel", [{}, {"key": 5, "checksum": True, "sequence": True}, {"path_mtu_discovery": True}])
def test_a_flood_of_damaged_frames_leaves_everything_forwarding(line: Any, tunnel: dict[str, Any]) -> None:
    net, west, _, east = line
    dice = random.Random(1)
    for node, far, number in ((west, EAST, 1), (east, WEST, 2)):
        node.tunnel("Tunnel0", f"172.16.0.{number}/24", source_interface="Ethernet0/0", destination=far, **tunnel)
    for size in (100, 1600, 4000):
        west.echo("172.16.0.1", "172.16.0.2", size)
        west.echo("10.0.1.1", "10.0.2.1", size, ttl=1)
        west.echo("10.0.1.1", "9.9.9.9", size)
        net.after(1000)
    west.send(ipv4.packet(WEST, EAST, 6, Tcp(1, 2, 3, 4, SYN, 5, b"\x02\x04\x05\xb4").encode(WEST, EAST)))
    west.send(ipv4.packet(WEST, EAST, 17, Udp(4500, 4500, bytes(20)).encode(WEST, EAST)))
    seeds = [frame for node in net.nodes for port in node.ports.values() for frame in port.seen]
    received = 0
    for turn in range(2500):
        node = dice.choice(net.nodes)
        port = node.ports["Ethernet0/0"]
        before = node.forwarding.interfaces["Ethernet0/0"].counters.in_packets
        node.forwarding.receive("Ethernet0/0", [damaged(dice.choice(seeds), dice, port.mac)], net.now)
        received += node.forwarding.interfaces["Ethernet0/0"].counters.in_packets - before
        net.run()
        if turn % 50 == 0:
            net.after(dice.randrange(3000))
    net.after(60_000)
    assert received == 2500
    assert west.echo("10.0.1.1", "10.0.2.1") == ["10.0.2.1 reply"]
    assert west.echo("172.16.0.1", "172.16.0.2") == ["172.16.0.2 reply"]


def test_random_bytes_are_counted_as_what_they_are(line: Any) -> None:
    net, west, middle, _ = line
    middle.forwarding.settle_interfaces(
        [
            *(s.settings for s in middle.forwarding.interfaces.values() if s.name != "Null0"),
            InterfaceSettings("Tunnel0", tunnel=TunnelSettings(multipoint=True, source_interface="Ethernet0/0")),
        ],
        net.now,
    )
    dice = random.Random(7)
    frames = [dice.randbytes(dice.randrange(80)) for _ in range(500)]
    mac = middle.ports["Ethernet0/0"].mac
    frames += [mac + dice.randbytes(6) + b"\x08\x00" + dice.randbytes(dice.randrange(80)) for _ in range(500)]
    before = sum(middle.forwarding.interfaces["Ethernet0/0"].counters.drops.values())
    middle.forwarding.receive("Ethernet0/0", frames, net.now)
    assert sum(middle.forwarding.interfaces["Ethernet0/0"].counters.drops.values()) - before == 1000
    assert west.echo("10.0.1.1", "10.0.2.1") == ["10.0.2.1 reply"]
