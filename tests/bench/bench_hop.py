"""Packets a second through one protected mGRE hop of the simulator, beside the bare AES-GCM rate in the same run.

A spoke and a hub on one cable: a frame goes in at the spoke's LAN, through route, GRE, ESP and Ethernet to the hub, and
out at the hub's LAN. Both routers' work and the world's own are in the figure.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from iosh.base.addr import IPv4
from iosh.lab.build import Lab, build
from iosh.lab.checks import run_until_formed
from iosh.lab.file import parse
from iosh.wire import icmp, ipv4
from iosh.wire.icmp import Icmp

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "dmvpn-phase3"
TOPOLOGY = """
name: hop
topology:
  nodes:
    hub: {kind: iosh, startup-config: hub.cfg}
    spoke1: {kind: iosh, startup-config: spoke1.cfg}
    server: {kind: linux, exec: [ip addr add 10.0.0.10/24 dev eth1, ip route add default via 10.0.0.1]}
    pc1: {kind: linux, exec: [ip addr add 10.1.0.10/24 dev eth1, ip route add default via 10.1.0.1]}
  links:
    - endpoints: ["hub:eth1", "spoke1:eth1"]
    - endpoints: ["hub:Gi2", "server:eth1"]
    - endpoints: ["spoke1:Gi2", "pc1:eth1"]
"""
BATCH = 32
PACKETS = 16_000


def cloud() -> Lab:
    """Hub and spoke back to back: the spoke's outside address is moved next to the hub's."""
    topology = parse(TOPOLOGY, "hop.clab.yml", FOLDER)
    spoke = topology.nodes["spoke1"]
    startup = spoke.startup.replace("198.51.100.2 255", "192.0.2.3 255").replace("198.51.100.1", "192.0.2.2")
    object.__setattr__(spoke, "startup", startup)
    lab = build(topology)
    assert run_until_formed(lab)
    for station, there in (("pc1", "10.0.0.10"), ("server", "10.1.0.10")):
        lab.hosts[station].feed(f"ping -c 1 {there}", lab.world.now)
        lab.world.touch(station)
        lab.world.run_for(3 * 10**9)
    return lab


def hop_rate(size: int) -> float:
    """Packets a second, IPv4 packets of `size` bytes."""
    lab = cloud()
    world, spoke = lab.world, lab.boxes["spoke1"]
    mac = spoke.ports["GigabitEthernet2"].mac
    # An echo reply nobody waits for: the station at the other end takes it and says nothing.
    reply = Icmp(icmp.ECHO_REPLY, 0, 0, bytes(size - 28)).encode()
    packet = ipv4.packet(IPv4.parse("10.1.0.10"), IPv4.parse("10.0.0.10"), ipv4.ICMP, reply, 64)
    frames = [mac + b"\x02\0\0\0\0\x99\x08\x00" + packet] * BATCH
    arrived = 0

    def count(some: object, at: int) -> None:
        nonlocal arrived
        arrived += len(some)  # type: ignore[arg-type]

    lab.cable("hub:Gi2").watch(count)
    before, began = arrived, perf_counter()
    for _ in range(PACKETS // BATCH):
        spoke.receive("GigabitEthernet2", frames, world.now)
        world.touch("spoke1")
        world.run_for(10**6)
    took = perf_counter() - began
    assert arrived - before >= PACKETS, f"{arrived - before} of {PACKETS} arrived"
    return PACKETS / took


def bare_rate(size: int) -> float:
    """Seal and open of AES-256-GCM alone, on what ESP would protect of such a packet."""
    aead, nonce, header = AESGCM(bytes(32)), bytes(12), bytes(8)
    payload = bytes(size + 8 + 2)
    sealed = aead.encrypt(nonce, payload, header)
    began = perf_counter()
    for _ in range(PACKETS):
        aead.encrypt(nonce, payload, header)
        aead.decrypt(nonce, sealed, header)
    return PACKETS / (perf_counter() - began)


def main() -> None:
    print("one protected mGRE hop (AES-256-GCM), spoke LAN to hub LAN, both routers on one core")
    print(f"{'bytes':>6} {'packets/s':>10} {'us/packet':>10} {'bare AES-GCM pairs/s':>21} {'ratio':>6}")
    for size in (100, 1300):
        hop, bare = hop_rate(size), bare_rate(size)
        print(f"{size:>6} {hop:>10.0f} {1e6 / hop:>10.1f} {bare:>21.0f} {bare / hop:>6.1f}")


if __name__ == "__main__":
    sys.exit(main())
