"""A topology made into a world: a box per router, a switch per bridge, a station per linux node, a cable per link."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.rng import OsRng
from iosh.lab.box import STARTUP, Box
from iosh.lab.remark import LabRefused, Remark
from iosh.lab.topology import End, Link, Node, Topology, WayOut
from iosh.router.ports import MemoryStorage, Port, Storage
from iosh.underlay.sim.cable import Cable
from iosh.underlay.sim.world import World

if TYPE_CHECKING:  # stations and switches are imported when a lab has some: one router at a prompt has not
    from iosh.lab.host import Host
    from iosh.underlay.linux.patch import Patch
    from iosh.underlay.sim.switch import Switch

# What time it is at instant 0 where nobody says: 2026-01-01 00:00:00 UTC, so that a seed repeats dates too.
EPOCH_S: Final = 1_767_225_600


class Lab:
    """A world and what stands in it, by the names of the topology."""

    def __init__(self, topology: Topology, world: World) -> None:
        self.topology = topology
        self.world = world
        self.boxes: dict[str, Box] = {}
        self.hosts: dict[str, Host] = {}
        self.switches: dict[str, Switch] = {}
        self.cables: list[Cable] = []
        self.patches: list[Patch] = []
        self.remarks: list[Remark] = list(topology.notes)
        self.down: list[Cable] = []  # cut by a person

    def find(self, name: str) -> str | None:
        """The node so called in any case, or the one router whose hostname that is."""
        for node in self.topology.nodes:
            if node.lower() == name.lower():
                return node
        hosts = [node for node, box in self.boxes.items() if box.router.config.hostname.lower() == name.lower()]
        return hosts[0] if len(hosts) == 1 else None

    def cable(self, text: str) -> Cable:
        """The cable in `node:interface`; `ValueError` with a sentence if there is none."""
        name, colon, word = text.partition(":")
        node = self.find(name)
        if node is None:
            raise ValueError(f"there is no node {name!r} in this lab")
        own = [cable for cable in self.cables if node in (cable.a.node, cable.b.node)]
        if not colon and len(own) == 1:
            return own[0]
        try:
            port = self.topology.nodes[node].kind.port(word) if word else ""
        except ValueError as error:
            raise ValueError(f"{node}: {error}") from None
        for cable in own:
            if (node, port) in ((cable.a.node, cable.a.name), (cable.b.node, cable.b.name)):
                return cable
        there = ", ".join(f"{end.node}:{end.name}" for cable in own for end in (cable.a, cable.b) if end.node == node)
        raise ValueError(f"{text!r} is no cable's end; {node} has {there or 'none'}")


def build(topology: Topology, seed: int = 0, epoch_s: int = EPOCH_S, storages: dict[str, Storage] | None = None) -> Lab:
    """A lab at instant 0, every router booted. A node's storage is memory unless `storages` has one for it.

    With ports on real wires nothing repeats: `seed` has no effect then. `CannotOpen` if one of them cannot be had.
    """
    world = World(seed, epoch_s, OsRng() if topology.outside else None)
    lab = Lab(topology, world)
    linked: dict[str, dict[str, End]] = {name: {} for name in topology.nodes}
    for end in (*(end for link in topology.links for end in link.ends), *map(_end_outside, topology.outside)):
        linked[end.node][end.port] = end
    refused: list[Remark] = []
    for number, node in enumerate(topology.nodes.values(), 1):
        ports = _ports(world, node, number, linked[node.name])
        if node.kind.role == "router":
            storage = (storages or {}).get(node.name)
            if storage is None:
                storage = MemoryStorage()
                storage.write(STARTUP, _bootstrap(node.name, linked[node.name]).encode())
            lab.boxes[node.name] = _box(world, node, ports, storage, lab.remarks)
        elif node.kind.role == "switch":
            lab.switches[node.name] = _switch(ports)
        else:
            lab.hosts[node.name] = _host(topology.file, node, ports, refused)
    if refused:
        raise LabRefused(refused)
    stations = {name: host.station for name, host in lab.hosts.items()}
    for name, stander in (lab.boxes | lab.switches | stations).items():
        world.place(name, stander)
    for link in topology.links:
        _lay(lab, link)
    for way in topology.outside:
        _patch(lab, way)
    return lab


def _bootstrap(name: str, linked: Iterable[str]) -> str:
    """What a router without a startup-config gets in a lab, as containerlab gives it: its name, its cables up."""
    hostname = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)
    interfaces = "".join(f"interface {port}\n no shutdown\n" for port in linked)
    return f"hostname {hostname}\n{interfaces}end\n"


def _ports(world: World, node: Node, number: int, linked: dict[str, End]) -> dict[str, Port]:
    """The node's ports with addresses as IOL numbers them: aabb.cc, the node's number, the port's."""
    ports: dict[str, Port] = {}
    for index, name in enumerate(node.kind.hardware(linked, node.startup)):
        mac = linked[name].mac if name in linked else None
        own = (0xAABBCC << 24 | number << 8 | index).to_bytes(6, "big") if index < 256 and number < 65536 else None
        ports[name] = world.port(node.name, name, mac or own)
    return ports


def _box(world: World, node: Node, ports: dict[str, Port], storage: Storage, remarks: list[Remark]) -> Box:
    if node.startup:
        storage.write(STARTUP, node.startup.encode())
    box = Box(world, node.name, ports, storage)
    for complaint in box.complaints:
        place = node.startup_offset + complaint.line
        remarks.append(Remark(node.startup_file, place, complaint.column + 1, complaint.reason))
    return box


def _switch(ports: dict[str, Port]) -> Switch:
    from iosh.underlay.sim.switch import Switch

    return Switch(ports)


def _host(file: str, node: Node, ports: dict[str, Port], refused: list[Remark]) -> Host:
    from iosh.lab.host import Host
    from iosh.underlay.sim.station import Station

    host = Host(node.name, Station(ports), ports)
    for line in node.exec:
        try:
            host.configure(line.text)
        except ValueError as error:
            refused.append(Remark(file, line.number, 0, f"{node.name}: {line.text!r}: {error}"))
    return host


def _lay(lab: Lab, link: Link) -> None:
    a, b = (lab.world.port(end.node, end.port) for end in link.ends)
    cable = Cable(lab.world, a, b, link.settings)
    lab.cables.append(cable)
    for end in link.ends:
        if end.node in lab.boxes:
            lab.boxes[end.node].cables.append(cable)


def _end_outside(way: WayOut) -> End:
    """On a real wire two labs may meet: addresses made of node numbers would be the same in both."""
    from iosh.underlay.linux.netdevice import stable_mac

    end = way.end
    return End(end.node, end.port, end.mac or stable_mac(way.word, end.node, end.port))


def _patch(lab: Lab, way: WayOut) -> None:
    from iosh.underlay.linux.nio import open_nio
    from iosh.underlay.linux.patch import Patch

    port = lab.world.port(way.end.node, way.end.port)
    box = lab.boxes.get(way.end.node)
    nio = open_nio(way.word, port.mac)
    if nio.lent is not None and box is not None:
        _agree(box, way, nio.lent)
    patch = Patch(lab.world, port, nio)
    lab.patches.append(patch)
    if box is not None:
        box.cables.append(patch)


def _agree(box: Box, way: WayOut, lent: IPv4) -> None:
    """A borrowed address is the host's to choose: `CannotOpen` where the startup-config says another."""
    from iosh.underlay.linux.nio import CannotOpen

    interface = box.router.config.interfaces.get(way.end.port)
    if interface is None:
        return
    for own in (*filter(None, (interface.ip.address,)), *interface.ip.secondary):
        if own.address != lent:
            raise CannotOpen(
                f"{way.word} lends {lent}, but {way.end.port} has {own.address}: configure that one or ip address dhcp"
            )
