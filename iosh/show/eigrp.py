"""`show ip eigrp …` and `show eigrp address-family ipv4 …`: neighbours, topology, interfaces, traffic.

Every view covers all processes, or the one asked for. A classic process is spoken of as `AS(100)`, a named one as
`VR(NAME) … AS(100)`; its metrics are wide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from iosh.base.addr import IPv4, Prefix
from iosh.base.interface_name import short
from iosh.base.time import MILLISECOND, SECOND, Instant, Span, clock
from iosh.proto.eigrp.describe import external_source, stub_words
from iosh.proto.eigrp.machine import Eigrp
from iosh.proto.eigrp.metric import INFINITE
from iosh.proto.eigrp.topology import CONNECTED, REDISTRIBUTED, SUMMARY, Node, Path
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

Row = TypeVar("Row")
_CODES: Final = """\
Codes: P - Passive, A - Active, U - Update, Q - Query, R - Reply,
       r - reply Status, s - sia Status 
"""  # noqa: W291 - the blank at the end of the second line is IOS's
_TRAFFIC: Final = (
    ("Hellos", "HELLO"),
    ("Updates", "UPDATE"),
    ("Queries", "QUERY"),
    ("Replies", "REPLY"),
    ("Acks", "ACK"),
    ("SIA-Queries", "SIA-QUERY"),
    ("SIA-Replies", "SIA-REPLY"),
)
_QUEUES: Final = """\
  Hello Process ID: 0
  PDM Process ID: 0
  Socket Queue: 0/10000/0/0 (current/max/highest/drops)
  Input Queue: 0/2000/0/0 (current/max/highest/drops)
"""


@dataclass(frozen=True, slots=True)
class Process:
    """Which process is spoken of."""

    autonomous_system: int
    name: str | None
    router_id: IPv4

    def title(self, what: str) -> str:
        """`EIGRP-IPv4 Neighbors for AS(100)`."""
        if self.name is None:
            return f"EIGRP-IPv4 {what} for AS({self.autonomous_system})"
        family = "" if what.startswith("Topology") else "Address-Family "
        return f"EIGRP-IPv4 VR({self.name}) {family}{what} for AS({self.autonomous_system})"


@dataclass(frozen=True, slots=True)
class Section(Generic[Row]):
    """What one process has of it."""

    process: Process
    rows: tuple[Row, ...]


def _chosen(router: Router, autonomous_system: int | None) -> list[tuple[Process, Eigrp]]:
    found = []
    for number, machine in sorted(router.routing.eigrp.items()):
        if autonomous_system in (None, number):
            found.append((Process(number, machine.settings.name, machine.settings.router_id), machine))
    return found


# --- neighbours


@dataclass(frozen=True, slots=True)
class Neighbor:
    """One neighbour; times in nanoseconds."""

    handle: int
    address: IPv4
    interface: str
    hold_ns: Span
    up_ns: Span
    srtt_ns: Span
    rto_ns: Span
    queued: int
    sequence: int
    os_version: tuple[int, int]
    tlv_version: tuple[int, int]
    retransmitted: int
    retries: int
    prefixes: int
    stub: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Neighbors:
    """`show ip eigrp neighbors`: by process."""

    processes: tuple[Section[Neighbor], ...]
    detail: bool = False


def neighbors(
    router: Router,
    now: Instant,
    detail: bool = False,
    interface: str | None = None,
    autonomous_system: int | None = None,
) -> Neighbors:
    """All neighbours, those met last first, as IOS has them."""
    found = []
    for process, machine in _chosen(router, autonomous_system):
        rows = [
            Neighbor(
                peer.handle,
                peer.address,
                peer.interface,
                max(0, peer.hold_until - now),
                now - peer.since,
                peer.srtt,
                peer.rto,
                len(peer.queue),
                peer.received,
                peer.os_version,
                peer.tlv_version,
                peer.retransmitted,
                peer.retries,
                len(machine.dual.of(peer.source)),
                stub_words(peer.stub),
            )
            for peer in machine.peers
            if interface in (None, peer.interface)
        ]
        found.append(Section(process, tuple(sorted(rows, key=lambda row: -row.handle))))
    return Neighbors(tuple(found), detail)


def neighbors_text(view: Neighbors) -> Iterator[str]:
    for section in view.processes:
        yield section.process.title("Neighbors")
        if section.rows:
            yield "H   Address                 Interface              Hold Uptime   SRTT   RTO  Q  Seq"
            yield "                                                   (sec)         (ms)       Cnt Num"
        for row in section.rows:
            srtt, rto = -(-row.srtt_ns // MILLISECOND), row.rto_ns // MILLISECOND
            yield (
                f"{row.handle:<4}{row.address:<24}{short(row.interface):<22}{row.hold_ns // SECOND:>5} "
                f"{clock(row.up_ns):<8}{srtt:>5}{rto:>6}{row.queued:>3}  {row.sequence}"
            )
            if view.detail:
                yield from _detail(row)
        if view.detail:
            yield "Max Nbrs: 0, Current Nbrs: 0"


def _detail(row: Neighbor) -> Iterator[str]:
    (major, minor), (tlv, tlv_minor) = row.os_version, row.tlv_version
    yield (
        f"   Version {major}.{minor}/{tlv}.{tlv_minor}, Retrans: {row.retransmitted}, Retries: {row.retries}, "
        f"Prefixes: {row.prefixes}"
    )
    yield "   Topology-ids from peer - 0 "
    if row.stub is not None:
        yield f"   Stub Peer Advertising ({' '.join(row.stub)} ) Routes"
        yield "   Suppressing queries"


# --- topology


@dataclass(frozen=True, slots=True)
class Way:
    """One path; `via` is a neighbour, or what of this router it is."""

    via: str
    distance: int
    reported: int
    interface: str | None


@dataclass(frozen=True, slots=True)
class TopologyEntry:
    """One prefix. `feasible` is its feasible distance, None if it cannot be reached."""

    prefix: Prefix
    active: bool
    successors: int
    feasible: int | None
    tag: int | None
    waiting: int
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Topology:
    """`show ip eigrp topology [all-links]`: by process."""

    processes: tuple[Section[TopologyEntry], ...]


def topology(
    router: Router,
    now: Instant,
    all_links: bool = False,
    active: bool = False,
    address: Prefix | None = None,
    autonomous_system: int | None = None,
) -> Topology:
    """Successors and feasible successors, or all paths; of all prefixes, the active ones, or one."""
    found = []
    for process, machine in _chosen(router, autonomous_system):
        entries = tuple(
            _entry(node, all_links)
            for prefix, node in sorted(machine.dual.nodes.items())
            if address in (None, prefix) and (not active or node.state.is_active)
        )
        found.append(Section(process, entries))
    return Topology(tuple(found))


def _entry(node: Node, all_links: bool) -> TopologyEntry:
    paths = sorted(node.paths.values(), key=lambda path: (path.distance, path.source != node.successor_source))
    current = node.successor_source
    shown = [path for path in paths if all_links or path.reported < node.feasible or path.source == current]
    outside = node.successor.exterior if node.successor is not None else None
    return TopologyEntry(
        node.prefix,
        node.state.is_active,
        node.successors,
        node.feasible if node.feasible != INFINITE else None,
        outside.tag if outside is not None and outside.tag else None,
        len(node.waiting),
        tuple(_way(path) for path in shown),
    )


def _way(path: Path) -> Way:
    source = path.source
    if source.kind == CONNECTED:
        return Way("Connected", path.distance, 0, source.interface)
    if source.kind == SUMMARY:
        return Way("Summary", path.distance, 0, source.interface)
    if source.kind == REDISTRIBUTED:
        return Way(external_source(path.exterior), path.distance, 0, None)
    return Way(str(source.address), path.distance, path.reported, source.interface)


def topology_text(view: Topology) -> Iterator[str]:
    for section in view.processes:
        yield f"{section.process.title('Topology Table')}/ID({section.process.router_id})"
        yield from _CODES.splitlines()
        yield ""
        for entry in section.rows:
            distance = "Inaccessible" if entry.feasible is None else str(entry.feasible)
            tag = f", tag is {entry.tag}" if entry.tag is not None else ""
            queries = f", {entry.waiting} replies" if entry.active else ""
            code = "A" if entry.active else "P"
            yield f"{code} {entry.prefix}, {entry.successors} successors, FD is {distance}{tag}{queries}"
            for way in entry.ways:
                yield _way_text(way)
        yield ""


def _way_text(way: Way) -> str:
    if way.via == "Connected":
        return f"        via Connected, {way.interface}"
    interface = f", {way.interface}" if way.interface is not None else ""
    return f"        via {way.via} ({way.distance}/{way.reported}){interface}"


# --- interfaces


@dataclass(frozen=True, slots=True)
class InterfaceRow:
    """One interface that is not passive."""

    interface: str
    peers: int
    queued: int
    mean_srtt_ns: Span
    flow_ns: Span
    hello_s: int
    hold_s: int
    split_horizon: bool
    authentication: str | None
    counters: dict[str, int]


@dataclass(frozen=True, slots=True)
class Interfaces:
    """`show ip eigrp interfaces`: by process."""

    processes: tuple[Section[InterfaceRow], ...]
    detail: bool = False


def interfaces(
    router: Router,
    now: Instant,
    detail: bool = False,
    interface: str | None = None,
    autonomous_system: int | None = None,
) -> Interfaces:
    found = []
    for process, machine in _chosen(router, autonomous_system):
        rows = []
        for link in machine.links.values():
            own, peers = link.settings, list(link.peers.values())
            if own.passive or interface not in (None, link.interface):
                continue
            srtt = sum(peer.srtt for peer in peers) // len(peers) if peers else 0
            flow = max((peer.rto for peer in peers), default=0)
            mode = own.authentication.mode if own.authentication is not None else None
            queued = sum(len(peer.queue) for peer in peers)
            rows.append(
                InterfaceRow(
                    link.interface, len(peers), queued, srtt, flow, own.hello_s, own.hold_s, own.split_horizon,
                    mode, dict(link.counters),
                )
            )  # fmt: skip
        found.append(Section(process, tuple(rows)))
    return Interfaces(tuple(found), detail)


def interfaces_text(view: Interfaces) -> Iterator[str]:
    for section in view.processes:
        yield section.process.title("Interfaces")
        yield "                              Xmit Queue   PeerQ        Mean   Pacing Time   Multicast    Pending"
        yield "Interface              Peers  Un/Reliable  Un/Reliable  SRTT   Un/Reliable   Flow Timer   Routes"
        for row in section.rows:
            queue, srtt = f"0/{row.queued}", -(-row.mean_srtt_ns // MILLISECOND)
            yield (
                f"{short(row.interface):<23}{row.peers:<9}{'0/0':<10}{queue:<13}{srtt:<9}{'0/0':<13}"
                f"{row.flow_ns // MILLISECOND:<14}0"
            )
            if view.detail:
                yield from _interface_detail(row)


def _interface_detail(row: InterfaceRow) -> Iterator[str]:
    counts = row.counters
    yield f"  Hello-interval is {row.hello_s}, Hold-time is {row.hold_s}"
    yield f"  Split-horizon is {'enabled' if row.split_horizon else 'disabled'}"
    yield "  Next xmit serial <none>"
    yield f"  Packetized sent/expedited: {counts.get('packetized', 0)}/0"
    yield f"  Hello's sent/expedited: {counts.get('hellos', 0)}/{counts.get('expedited hellos', 0)}"
    multicasts, unicasts = counts.get("reliable multicasts", 0), counts.get("reliable unicasts", 0)
    acks = counts.get("acknowledgments", 0)
    yield f"  Un/reliable mcasts: 0/{multicasts}  Un/reliable ucasts: {acks}/{unicasts}"
    conditional = counts.get("conditional", 0)
    yield f"  Mcast exceptions: {conditional}  CR packets: {conditional}  ACKs suppressed: 0"
    yield (
        f"  Retransmissions sent: {counts.get('retransmissions', 0)}  "
        f"Out-of-sequence rcvd: {counts.get('out of sequence', 0)}"
    )
    yield "  Topology-ids on interface - 0 "
    word = {"md5": "md5", "sha256": "HMAC-SHA-256"}.get(row.authentication or "")
    yield f"  Authentication mode is {word}" if word else "  Authentication mode is not set"
    yield "  Topologies advertised on this interface:  base"
    yield "  Topologies not advertised on this interface:"
    yield ""


# --- traffic


@dataclass(frozen=True, slots=True)
class ProcessTraffic:
    """What one process counted."""

    process: Process
    counters: dict[str, int]


@dataclass(frozen=True, slots=True)
class Traffic:
    """`show ip eigrp traffic`: by process, every counter by name, drops among them."""

    processes: tuple[ProcessTraffic, ...]


def traffic(router: Router, now: Instant, autonomous_system: int | None = None) -> Traffic:
    return Traffic(
        tuple(
            ProcessTraffic(process, dict(machine.desk.counters))
            for process, machine in _chosen(router, autonomous_system)
        )
    )


def traffic_text(view: Traffic) -> Iterator[str]:
    for each in view.processes:
        counts = each.counters
        yield each.process.title("Traffic Statistics")
        for word, kind in _TRAFFIC:
            yield f"  {word} sent/received: {counts.get(f'sent {kind}', 0)}/{counts.get(f'received {kind}', 0)}"
        yield from _QUEUES.splitlines()
        yield ""


SHOWS: Final = {
    "neighbors": Show(neighbors, neighbors_text),
    "topology": Show(topology, topology_text),
    "interfaces": Show(interfaces, interfaces_text),
    "traffic": Show(traffic, traffic_text),
}
