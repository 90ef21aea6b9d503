"""`monitor capture`: what passes ports, kept in a buffer of bounded size and written to flash as a pcap file.

A capture sees whole Ethernet frames of physical ports as they come from or go to the wire; it may watch several ports.
When its buffer is full it keeps what it has and counts what it missed, as a linear buffer does; a circular one forgets
its oldest. A filter is one line of an access list said inline, or an access list; limits end a capture by time or
number, and thin it out by rate. Nothing is looked at while no capture runs. Not here: captures of tunnels and of the
control plane, class-maps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import SECOND, Instant
from iosh.config.model_acl import Ace
from iosh.proto.machine import Desk
from iosh.router.acl import AccessList, settings_of
from iosh.router.acl_line import Line
from iosh.router.files import FileError, parse
from iosh.wire.describe import describe
from iosh.wire.ethernet import IPV4, IPV6, payload_at
from iosh.wire.pcap import capture_file

if TYPE_CHECKING:
    from iosh.router.router import Router

KEY: Final = "captures"
MEGABYTE: Final = 1 << 20
_ALL_ONES: Final = 0xFFFFFFFF
_IPV4: Final = IPV4.to_bytes(2, "big")
_ETHERTYPES: Final = {"ipv4": _IPV4, "ipv6": IPV6.to_bytes(2, "big")}


class Captured(NamedTuple):
    """One frame (as much of it as is wanted), when it was seen, and the civil time of that in ns since 1970."""

    at: Instant
    unix_ns: int
    frame: bytes
    length: int

    @property
    def text(self) -> str:
        """Who speaks to whom, in a line."""
        return describe(self.frame)

    @property
    def payload_at(self) -> int:
        """Where the payload begins, behind the VLAN tags."""
        return payload_at(self.frame)


class Filter(NamedTuple):
    """What is wanted: `what` is any, ipv4 or ipv6, of IPv4 what the line says; or what an access list permits."""

    what: str = "any"
    text: str = "any"  # as it is typed
    line: Ace | None = None
    access_list: str | None = None


class Limits(NamedTuple):
    """`limit …`; None: no limit."""

    duration_s: int | None = None
    every: int | None = None
    packet_length: int | None = None
    packets: int | None = None
    pps: int | None = None


class Capture:
    """One capture point with its buffer. `interfaces` are the ports it watches, and which way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.interfaces: dict[str, str] = {}
        self.filter: Filter | None = None
        self.limits = Limits()
        self.buffer_mb = 10
        self.circular = False
        self.running = False
        self.started: Instant | None = None
        self.frames: deque[Captured] = deque()
        self.bytes = 0
        self.missed = 0
        self._line: Line | None = None
        self._list: AccessList | None = None
        self._passed = 0  # frames that the filter let through
        self._second: tuple[Instant, int] = (0, 0)  # which second it is, and how many frames it had

    def begin(self, access_list: AccessList | None, now: Instant) -> None:
        """Empty, and from now on."""
        self.clear()
        self._list = access_list
        line = self.filter.line if self.filter is not None else None
        self._line = Line(0, line) if line is not None else None
        self._passed, self._second = 0, (now, 0)
        self.running, self.started = True, now

    def take(self, frame: bytes, at: Instant, unix_ns: int) -> bool:
        """Keep a frame, if it is wanted and there is room. False: it was the last one."""
        if not self._wants(frame) or not self._in_rate(at):
            return True
        kept = frame[: self.limits.packet_length]
        room = self.buffer_mb * MEGABYTE
        if self.bytes + len(kept) > room:
            self.missed += 1
            if not self.circular:
                return True
            while self.frames and self.bytes + len(kept) > room:
                self.bytes -= len(self.frames.popleft().frame)
        self.frames.append(Captured(at, unix_ns, kept, len(frame)))
        self.bytes += len(kept)
        return self.limits.packets is None or len(self.frames) < self.limits.packets

    def clear(self) -> None:
        """Forget what was captured."""
        self.frames.clear()
        self.bytes = self.missed = 0

    def _wants(self, frame: bytes) -> bool:
        wanted = self.filter
        if wanted is None or (wanted.what == "any" and wanted.access_list is None):
            return True
        at = payload_at(frame)
        kind = frame[at - 2 : at]
        if kind != _ETHERTYPES.get(wanted.what, _IPV4):
            return False
        packet = frame[at:]
        if self._list is not None:
            return self._list.permits(packet)
        if self._line is None:
            return True
        source, destination = int.from_bytes(packet[12:16], "big"), int.from_bytes(packet[16:20], "big")
        return self._line.takes(packet, source, destination)

    def _in_rate(self, at: Instant) -> bool:
        """Is it the nth, and among the first of its second?"""
        self._passed += 1
        if self.limits.every is not None and (self._passed - 1) % self.limits.every:
            return False
        if self.limits.pps is None:
            return True
        begun, count = self._second
        if at - begun >= SECOND:
            begun, count = at, 0
        self._second = begun, count + 1
        return count < self.limits.pps


class Captures:
    """The captures of one router, by name, and the verbs of `monitor capture`; each returns the lines it prints."""

    def __init__(self, router: Router, desk: Desk) -> None:
        self._router = router
        self._desk = desk
        self.table: dict[str, Capture] = {}

    def seen(self, port: str, frames: Sequence[bytes], outgoing: bool, now: Instant) -> None:
        """Frames pass a port."""
        unix_ns = self._router.clock.utc_ns(now)
        unwanted = "in" if outgoing else "out"
        for capture in self.table.values():
            if capture.interfaces.get(port, unwanted) != unwanted:
                for frame in frames:
                    if capture.running and not capture.take(frame, now, unix_ns):
                        self._end(capture)

    def wake(self, name: str, now: Instant) -> None:
        """A capture has lasted as long as it may."""
        self._end(self.table[name])

    def configure(self, now: Instant, name: str, said: dict[str, Any]) -> Sequence[str]:
        """`monitor capture NAME …`: where, what, how much; what is not said stays."""
        if not said:
            return ("% Incomplete command.", "")
        interface = said.get("interface")
        state = self._router.forwarding.interfaces.get(interface) if interface is not None else None
        if interface is not None and (state is None or state.port is None):
            return (f"Unable to attach the capture point to interface {interface}",)
        if (running := self._running(name)) is not None:
            return running
        capture = self.table.setdefault(name, Capture(name))
        if interface is not None:
            capture.interfaces[interface] = said["direction"]
        if "what" in said or "access_list" in said:
            capture.filter = _filter(said)
        capture.limits = capture.limits._replace(**{key: said[key] for key in Limits._fields if key in said})
        capture.buffer_mb = said.get("buffer_mb", capture.buffer_mb)
        capture.circular = said.get("circular", capture.circular)
        return ()

    def reset(self, now: Instant, name: str, what: str) -> Sequence[str]:
        """`no monitor capture NAME match|access-list|limit|buffer`: as if it had never been said."""
        capture = self.table.get(name)
        if capture is None:
            return (f"Capture {name} does not exist",)
        if (running := self._running(name)) is not None:
            return running
        fresh = Capture(name)
        match what:
            case "filter":
                capture.filter = None
            case "limit":
                capture.limits = fresh.limits
            case _:
                capture.buffer_mb, capture.circular = fresh.buffer_mb, fresh.circular
        return ()

    def detach(self, now: Instant, name: str, interface: str) -> Sequence[str]:
        """`no monitor capture NAME interface I`."""
        if (running := self._running(name)) is not None:
            return running
        if name not in self.table or self.table[name].interfaces.pop(interface, None) is None:
            return (f"Capture {name} is not attached to interface {interface}",)
        return ()

    def start(self, now: Instant, name: str) -> Sequence[str]:
        """`monitor capture NAME start`: what was in the buffer goes."""
        capture = self.table.get(name)
        if capture is None or not capture.interfaces:
            return (f"Unable to activate Capture {name}: no interface is specified",)
        if capture.filter is None:
            return (f"Unable to activate Capture {name}: no filter is specified",)
        if capture.running:
            return (f"Capture {name} is already active",)
        access_list = None
        if capture.filter.access_list is not None:
            settings = settings_of(self._router.config).get(capture.filter.access_list)
            if settings is None:
                return (f"Unable to activate Capture {name}: access-list {capture.filter.access_list} does not exist",)
            access_list = AccessList(settings)
        capture.begin(access_list, now)
        self._watch()
        self._desk.report("BUFCAP", 6, "ENABLE", f"Capture Point {name} enabled.")
        if capture.limits.duration_s is not None:
            self._desk.ring_at(name, now + capture.limits.duration_s * SECOND)
        return (f"Started capture point : {name}",)

    def stop(self, now: Instant, name: str) -> Sequence[str]:
        """`monitor capture NAME stop`."""
        capture = self.table.get(name)
        if capture is None or not capture.running:
            return (f"Capture {name} is not active",)
        self._end(capture)
        return (f"Stopped capture point : {name}",)

    def clear(self, now: Instant, name: str) -> Sequence[str]:
        """`monitor capture NAME clear`."""
        capture = self.table.get(name)
        if capture is None:
            return (f"Capture {name} does not exist",)
        capture.clear()
        return ("Captured data will be deleted",)

    def remove(self, now: Instant, name: str) -> Sequence[str]:
        """`no monitor capture NAME`."""
        capture = self.table.get(name)
        if capture is None:
            return (f"Capture {name} does not exist",)
        if capture.running:
            self._end(capture)
        del self.table[name]
        return ()

    def export(self, now: Instant, name: str, url: str) -> Sequence[str]:
        """`monitor capture NAME export flash:x.pcap`."""
        capture = self.table.get(name)
        if capture is None or not capture.frames:
            return (f"Capture buffer of {name} is empty",)
        content = capture_file((one.unix_ns, one.frame, one.length) for one in capture.frames)
        try:
            self._router.files.write(parse(url), content, now)
        except FileError as refusal:
            return (f"%Error opening {url} ({refusal})",)
        return ("Exported Successfully",)

    def _running(self, name: str) -> Sequence[str] | None:
        capture = self.table.get(name)
        return (f"Capture {name} is active: stop it first",) if capture is not None and capture.running else None

    def _end(self, capture: Capture) -> None:
        capture.running = False
        self._desk.no_ring(capture.name)
        self._desk.report("BUFCAP", 6, "DISABLE", f"Capture Point {capture.name} disabled.")
        self._watch()

    def _watch(self) -> None:
        """The forwarding path tells of frames only while somebody looks."""
        busy = any(capture.running for capture in self.table.values())
        self._router.forwarding.watch(self.seen if busy else None)


def _filter(said: dict[str, Any]) -> Filter:
    """What was typed, as a line of an access list."""
    if "access_list" in said:
        return Filter("ipv4", said["access_list"], access_list=said["access_list"])
    if said["what"] != "ipv4":
        return Filter(said["what"], "any" if said["what"] == "any" else f"{said['what']} any any")
    ace = {key: said[key] for key in Ace._fields if key in said}
    for side in ("source", "destination"):
        prefix = said.get(f"{side}_prefix")
        if isinstance(prefix, Prefix):
            ace |= {side: prefix.network, f"{side}_wildcard": IPv4(int(prefix.mask) ^ _ALL_ONES)}
    protocol = f" protocol {ace['protocol']}" if "protocol" in ace else ""
    ends = " ".join(_end_text(said, side) for side in ("source", "destination"))
    return Filter("ipv4", f"ipv4{protocol} {ends}", Ace(**ace))


def _end_text(said: dict[str, Any], side: str) -> str:
    """An address and its ports, as they are typed."""
    host, prefix = said.get(f"{side}_host"), said.get(f"{side}_prefix")
    words = [f"host {host}" if host is not None else str(prefix or "any")]
    if f"{side}_operator" in said:
        ports = said.get(f"{side}_ports", ()), said.get(f"{side}_low"), said.get(f"{side}_high")
        words += [said[f"{side}_operator"], *map(str, ports[0]), *(str(port) for port in ports[1:] if port is not None)]
    return " ".join(words)
