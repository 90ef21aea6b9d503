"""`monitor capture`: what passes a port, kept in a buffer of bounded size and written to flash as a pcap file.

A capture sees whole Ethernet frames of physical ports as they come from or go to the wire. When its buffer is full it
keeps what it has and counts what it missed, as a linear buffer does; a circular one forgets its oldest. Nothing is
looked at while no capture runs. Not here: filters other than `any`, limits by time or rate, captures of tunnels.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from iosh.base.time import Instant
from iosh.router.files import FileError, parse
from iosh.wire.describe import describe
from iosh.wire.pcap import capture_file

if TYPE_CHECKING:
    from iosh.router.router import Router

MEGABYTE: Final = 1 << 20
_IPV4 = b"\x08\x00"


class Captured(NamedTuple):
    """One frame, when it was seen, and the civil time of that in nanoseconds since 1970."""

    at: Instant
    unix_ns: int
    frame: bytes

    @property
    def text(self) -> str:
        """Who speaks to whom, in a line."""
        return describe(self.frame)


class Capture:
    """One capture point with its buffer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.interface: str | None = None
        self.direction = "both"
        self.match: str | None = None  # "any", "ipv4 any any"
        self.buffer_mb = 10
        self.circular = False
        self.running = False
        self.started: Instant | None = None
        self.frames: deque[Captured] = deque()
        self.bytes = 0
        self.missed = 0

    def take(self, frame: bytes, at: Instant, unix_ns: int) -> None:
        """Keep a frame, if it is wanted and there is room."""
        if self.match != "any" and frame[12:14] != _IPV4:
            return
        room = self.buffer_mb * MEGABYTE
        if self.bytes + len(frame) > room:
            self.missed += 1
            if not self.circular:
                return
            while self.frames and self.bytes + len(frame) > room:
                self.bytes -= len(self.frames.popleft().frame)
        self.frames.append(Captured(at, unix_ns, frame))
        self.bytes += len(frame)

    def clear(self) -> None:
        """Forget what was captured."""
        self.frames.clear()
        self.bytes = self.missed = 0


class Captures:
    """The captures of one router, by name, and the verbs of `monitor capture`; each returns the lines it prints."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self.table: dict[str, Capture] = {}

    def seen(self, port: str, frames: Sequence[bytes], outgoing: bool, now: Instant) -> None:
        """Frames pass a port."""
        unix_ns = self._router.clock.utc_ns(now)
        for capture in self.table.values():
            if capture.running and capture.interface == port and capture.direction != ("in" if outgoing else "out"):
                for frame in frames:
                    capture.take(frame, now, unix_ns)

    def point(self, now: Instant, name: str, interface: str, direction: str) -> Sequence[str]:
        """`monitor capture NAME interface I both|in|out`."""
        state = self._router.forwarding.interfaces.get(interface)
        if state is None or state.port is None:
            return (f"Unable to attach the capture point to interface {interface}",)
        if (running := self._running(name)) is not None:
            return running
        capture = self.table.setdefault(name, Capture(name))
        capture.interface, capture.direction = interface, direction
        return ()

    def match(self, now: Instant, name: str, what: str) -> Sequence[str]:
        """`monitor capture NAME match any | ipv4 any any`."""
        if (running := self._running(name)) is not None:
            return running
        self.table.setdefault(name, Capture(name)).match = what
        return ()

    def buffer(self, now: Instant, name: str, size: int | None = None, circular: bool = False) -> Sequence[str]:
        """`monitor capture NAME buffer [circular] [size MB]`."""
        if (running := self._running(name)) is not None:
            return running
        capture = self.table.setdefault(name, Capture(name))
        capture.circular = circular
        if size is not None:
            capture.buffer_mb = size
        return ()

    def start(self, now: Instant, name: str) -> Sequence[str]:
        """`monitor capture NAME start`: what was in the buffer goes."""
        capture = self.table.get(name)
        if capture is None or capture.interface is None:
            return (f"Unable to activate Capture {name}: no interface is specified",)
        if capture.match is None:
            return (f"Unable to activate Capture {name}: no filter is specified",)
        if capture.running:
            return (f"Capture {name} is already active",)
        capture.clear()
        capture.running, capture.started = True, now
        self._watch()
        return (f"Started capture point : {name}",)

    def stop(self, now: Instant, name: str) -> Sequence[str]:
        """`monitor capture NAME stop`."""
        capture = self.table.get(name)
        if capture is None or not capture.running:
            return (f"Capture {name} is not active",)
        capture.running = False
        self._watch()
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
        self.table.pop(name, None)
        self._watch()
        return ()

    def export(self, now: Instant, name: str, url: str) -> Sequence[str]:
        """`monitor capture NAME export flash:x.pcap`."""
        capture = self.table.get(name)
        if capture is None or not capture.frames:
            return (f"Capture buffer of {name} is empty",)
        content = capture_file((one.unix_ns, one.frame) for one in capture.frames)
        try:
            self._router.files.write(parse(url), content, now)
        except FileError as refusal:
            return (f"%Error opening {url} ({refusal})",)
        return ("Exported Successfully",)

    def _running(self, name: str) -> Sequence[str] | None:
        capture = self.table.get(name)
        return (f"Capture {name} is active: stop it first",) if capture is not None and capture.running else None

    def _watch(self) -> None:
        """The forwarding path tells of frames only while somebody looks."""
        busy = any(capture.running for capture in self.table.values())
        self._router.forwarding.watch(self.seen if busy else None)
