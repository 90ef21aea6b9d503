"""`show monitor capture [NAME [parameter | buffer [brief|detailed|dump]]]`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import MICROSECOND, SECOND, Instant, Span
from iosh.router.capture import Capture
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_RULE: Final = " " + "-" * 76
_PROTOCOLS: Final = {1: "ICMP", 6: "TCP", 17: "UDP", 47: "GRE", 50: "ESP"}
_DSCPS: Final = {0: "BE", 46: "EF", 48: "CS6"}


@dataclass(frozen=True, slots=True)
class Point:
    """One capture."""

    name: str
    interface: str | None
    direction: str
    match: str | None
    active: bool
    buffer_mb: int
    circular: bool
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
    return Point(
        one.name, one.interface, one.direction, one.match, one.running, one.buffer_mb, one.circular,
        len(one.frames), one.bytes, one.missed,
    )  # fmt: skip


def buffer(router: Router, now: Instant, name: str) -> Buffer:
    """What one capture holds."""
    capture = router.captures.table.get(name)
    if capture is None:
        return Buffer(False, None, ())
    first = capture.frames[0].at if capture.frames else 0
    lines = tuple(_line(number, one.frame, one.at - first, one.text) for number, one in enumerate(capture.frames))
    return Buffer(True, _point(capture), lines)


def _line(number: int, frame: bytes, since: Span, text: str) -> Line:
    at = 18 if frame[12:14] == b"\x81\x00" else 14
    if frame[at - 2 : at] != b"\x08\x00" or len(frame) < at + 20:
        return Line(number, len(frame), since, None, None, 0, f"0x{frame[at - 2 : at].hex().upper()}", text, frame)
    source, destination = IPv4.unpack(frame[at + 12 : at + 16]), IPv4.unpack(frame[at + 16 : at + 20])
    protocol = _PROTOCOLS.get(frame[at + 9], str(frame[at + 9]))
    return Line(number, len(frame), since, source, destination, frame[at + 1] >> 2, protocol, text, frame)


def points_text(view: Points) -> Iterator[str]:
    for one in view.captures:
        yield ""
        yield f"Status Information for Capture {one.name}"
        yield "  Target Type: "
        yield f"   Interface: {one.interface or 'Not defined'}, Direction: {one.direction}"
        yield f"   Status : {'Active' if one.active else 'Inactive'}"
        yield "  Filter Details: "
        yield f"   {'Capture all packets' if one.match == 'any' else 'IPv4' if one.match else 'Not defined'}"
        if one.match not in (None, "any"):
            yield "    Source IP:  any"
            yield "    Destination IP:  any"
            yield "    Protocol: any"
        yield "  Buffer Details: "
        yield f"   Buffer Type: {'CIRCULAR' if one.circular else 'LINEAR (default)'}"
        yield f"   Buffer Size (in MB): {one.buffer_mb}"
        yield "  Limit Details: "
        yield "   Number of Packets to capture: 0 (no limit)"
        yield "   Packet Capture duration: 0 (no limit)"
        yield "   Packet Size to capture: 0 (no limit)"
        yield "   Packet sampling rate: 0 (no sampling)"


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
    "buffer": Show(buffer, buffer_text),
    "brief": Show(buffer, brief_text),
    "detailed": Show(buffer, detailed_text),
    "dump": Show(buffer, dump_text),
}
