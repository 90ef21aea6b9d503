"""`show monitor capture [NAME [parameter | buffer [brief|detailed|dump]]]`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import MICROSECOND, SECOND, Instant, Span
from iosh.config.model_acl import Ace
from iosh.router.capture import Capture, Captured, Limits
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_RULE: Final = " " + "-" * 76
_PROTOCOLS: Final = {1: "ICMP", 6: "TCP", 17: "UDP", 47: "GRE", 50: "ESP"}
_LIMITS: Final = ("duration", "every", "packet-len", "packets", "pps")  # of `Limits`
_DSCPS: Final = {0: "BE", 46: "EF", 48: "CS6"}


@dataclass(frozen=True, slots=True)
class Attached:
    """A port that is watched."""

    interface: str
    direction: str


@dataclass(frozen=True, slots=True)
class Point:
    """One capture."""

    name: str
    interfaces: tuple[Attached, ...]
    match: str | None
    access_list: str | None
    line: Ace | None
    active: bool
    buffer_mb: int
    circular: bool
    limits: Limits
    packets: int
    bytes: int
    missed: int


@dataclass(frozen=True, slots=True)
class Points:
    """`show monitor capture`."""

    captures: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One captured frame; of what is not IPv4 there are no addresses."""

    number: int
    size: int
    since_ns: Span  # after the first
    source: IPv4 | None
    destination: IPv4 | None
    dscp: int
    protocol: str
    text: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Buffer:
    """`show monitor capture NAME buffer`; `found` is False for a name that no capture has."""

    found: bool
    point: Point | None
    frames: tuple[Line, ...]


def points(router: Router, now: Instant, name: str | None = None) -> Points:
    """All captures, or one."""
    return Points(tuple(_point(one) for key, one in router.captures.table.items() if name in (None, key)))


def _point(one: Capture) -> Point:
    ports = tuple(Attached(*each) for each in one.interfaces.items())
    wanted = one.filter
    named = wanted.access_list if wanted is not None else None
    return Point(
        one.name, ports, wanted.text if wanted is not None and named is None else None, named,
        wanted.line if wanted is not None else None, one.running, one.buffer_mb, one.circular, one.limits,
        len(one.frames), one.bytes, one.missed,
    )  # fmt: skip


def buffer(router: Router, now: Instant, name: str) -> Buffer:
    """What one capture holds."""
    capture = router.captures.table.get(name)
    if capture is None:
        return Buffer(False, None, ())
    first = capture.frames[0].at if capture.frames else 0
    lines = tuple(_line(number, one, one.at - first) for number, one in enumerate(capture.frames))
    return Buffer(True, _point(capture), lines)


def _line(number: int, one: Captured, since: Span) -> Line:
    frame, text = one.frame, one.text
    at = one.payload_at
    if frame[at - 2 : at] != b"\x08\x00" or len(frame) < at + 20:
        return Line(number, one.length, since, None, None, 0, f"0x{frame[at - 2 : at].hex().upper()}", text, frame)
    source, destination = IPv4.unpack(frame[at + 12 : at + 16]), IPv4.unpack(frame[at + 16 : at + 20])
    protocol = _PROTOCOLS.get(frame[at + 9], str(frame[at + 9]))
    return Line(number, one.length, since, source, destination, frame[at + 1] >> 2, protocol, text, frame)


def points_text(view: Points) -> Iterator[str]:
    for one in view.captures:
        yield ""
        yield f"Status Information for Capture {one.name}"
        yield "  Target Type: "
        for port in one.interfaces or (Attached("Not defined", "both"),):
            yield f"   Interface: {port.interface}, Direction: {port.direction}"
        yield f"   Status : {'Active' if one.active else 'Inactive'}"
        yield "  Filter Details: "
        yield from _filter_text(one)
        yield "  Buffer Details: "
        yield f"   Buffer Type: {'CIRCULAR' if one.circular else 'LINEAR (default)'}"
        yield f"   Buffer Size (in MB): {one.buffer_mb}"
        yield "  Limit Details: "
        limits = one.limits
        yield f"   Number of Packets to capture: {limits.packets or '0 (no limit)'}"
        yield f"   Packet Capture duration: {limits.duration_s or '0 (no limit)'}"
        yield f"   Packet Size to capture: {limits.packet_length or '0 (no limit)'}"
        if limits.pps is not None:
            yield f"   Maximum number of packets to capture per second: {limits.pps}"
        yield f"   Packet sampling rate: {limits.every or '0 (no sampling)'}"


def _filter_text(one: Point) -> Iterator[str]:
    if one.access_list is not None:
        yield f"   Access-list: {one.access_list}"
        return
    kinds = {None: "Not defined", "any": "Capture all packets"}
    yield f"   {kinds.get(one.match) or ('IPv6' if str(one.match).startswith('ipv6') else 'IPv4')}"
    if one.match in kinds:
        return
    source, destination = (_end_text(one.line, side) for side in ("source", "destination"))
    yield f"    Source IP:  {source}"
    yield f"    Destination IP:  {destination}"
    yield f"    Protocol: {one.line.protocol if one.line is not None and one.line.protocol != 'ip' else 'any'}"


def _end_text(line: Ace | None, side: str) -> str:
    """An address of a filter, with its wildcard."""
    host, network, wildcard = (getattr(line, f"{side}{part}", None) for part in ("_host", "", "_wildcard"))
    return f"host {host}" if host is not None else f"{network} {wildcard}" if network is not None else "any"


def parameter_text(view: Points) -> Iterator[str]:
    """As it was typed."""
    for one in view.captures:
        head = f"   monitor capture {one.name}"
        for port in one.interfaces:
            yield f"{head} interface {port.interface} {port.direction}"
        if one.access_list is not None:
            yield f"{head} access-list {one.access_list}"
        if one.match is not None:
            yield f"{head} match {one.match}"
        yield f"{head} buffer {'circular ' if one.circular else ''}size {one.buffer_mb}"
        for word, value in zip(_LIMITS, one.limits, strict=True):
            if value is not None:
                yield f"{head} limit {word} {value}"


def buffer_text(view: Buffer) -> Iterator[str]:
    if view.point is None:
        yield "Capture does not exist"
        return
    point = view.point
    yield f" buffer size (KB) : {point.buffer_mb * 1024}"
    yield f" buffer used (KB) : {(point.bytes + 1023) // 1024}"
    yield f" packets in buf   : {point.packets}"
    yield f" packets dropped  : {point.missed}"
    seconds = max(1, view.frames[-1].since_ns // SECOND) if view.frames else 1
    yield f" packets per sec  : {point.packets // seconds}"


def brief_text(view: Buffer) -> Iterator[str]:
    if view.point is None:
        yield "Capture does not exist"
        return
    yield _RULE
    yield " #   size   timestamp     source             destination      dscp    protocol"
    yield _RULE
    for one in view.frames:
        yield _brief(one)


def _brief(one: Line) -> str:
    stamp = f"{one.since_ns // SECOND}.{one.since_ns % SECOND // MICROSECOND:06d}"
    head = f"{one.number:4} {one.size:4} {stamp:>11}"
    if one.source is None:
        return f"{head}   {one.protocol}"
    name = _DSCPS.get(one.dscp, "")
    return f"{head}   {one.source:<16} ->  {one.destination:<16} {one.dscp:<2} {name:<4} {one.protocol}"


def detailed_text(view: Buffer) -> Iterator[str]:
    for one, line in zip(view.frames, list(brief_text(view))[3:], strict=False):
        yield line
        yield f"      {one.text}"
    if view.point is None:
        yield "Capture does not exist"


def dump_text(view: Buffer) -> Iterator[str]:
    if view.point is None:
        yield "Capture does not exist"
    for one in view.frames:
        yield f"{one.number}"
        for at in range(0, len(one.data), 16):
            row = one.data[at : at + 16]
            groups = " ".join(row[part : part + 4].hex().upper() for part in range(0, len(row), 4))
            shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
            yield f"  {at:04X}:  {groups:<35}   {shown}"
        yield ""


SHOWS: Final = {
    "": Show(points, points_text),
    "parameter": Show(points, parameter_text),
    "buffer": Show(buffer, buffer_text),
    "brief": Show(buffer, brief_text),
    "detailed": Show(buffer, detailed_text),
    "dump": Show(buffer, dump_text),
}
