"""A lab as values: nodes, links, what was understood without effect. `file.py` reads them, `swarm.py` makes them."""

from __future__ import annotations

from dataclasses import dataclass

from iosh.lab.kinds import Kind
from iosh.lab.remark import Remark
from iosh.underlay.sim.cable import CableSettings


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text with its place in the topology file."""

    text: str
    number: int


@dataclass(frozen=True, slots=True)
class Node:
    """One node, its settings resolved."""

    name: str
    kind: Kind
    startup: str  # the startup-config's text; empty if none was given
    startup_file: str  # how to call it in a remark
    startup_offset: int  # lines before its first in that file
    exec: tuple[Line, ...]
    line: int


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link: a node's port, as the node calls it."""

    node: str
    port: str
    mac: bytes | None = None

    def __str__(self) -> str:
        return f"{self.node}:{self.port}"


@dataclass(frozen=True, slots=True)
class Link:
    """A cable between two ends."""

    ends: tuple[End, End]
    settings: CableSettings
    line: int


@dataclass(frozen=True, slots=True)
class WayOut:
    """A port patched to the outside by a word of `iosh.underlay.linux.nio`, as `udp:…` or `tap:…`."""

    end: End
    word: str
    line: int


@dataclass(frozen=True, slots=True)
class Topology:
    """A lab as its file describes it. `notes` are what was understood but has no effect here."""

    name: str
    file: str
    nodes: dict[str, Node]
    links: tuple[Link, ...]
    notes: tuple[Remark, ...] = ()
    outside: tuple[WayOut, ...] = ()
