"""A capture file to replay: its frames come in as if somebody on the cable sent them again.

`pcap:FILE` keeps the time between them as recorded, from half a second after the start on; `,fast` has them come as
fast as they are taken. What is sent is dropped, or written to another file (`,record=FILE`; nanoseconds). The cable
stays when the file is at its end. pcap with micro- or nanoseconds of either byte order, pcapng, and both by gzip, by
scapy's raw readers. Read as it goes, after one look over all of it: a file that is no capture of Ethernet, or is cut
short, is refused. Frames of which only a part was kept are left out, and counted.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from iosh.base.time import MICROSECOND, SECOND, Instant
from iosh.underlay.linux.nio import BATCH, BadWord, CannotOpen
from iosh.underlay.linux.timer import Timer
from iosh.wire.train import Frame, single_frames

_ETHERNET: Final = 1


class _Recorded(NamedTuple):
    """A frame, when it was seen, and whether all of it is there."""

    at: Instant
    frame: bytes
    is_whole: bool


class PcapNio:
    """One file in, another out."""

    takes_trains = False
    lent = None
    carrier = True

    def __init__(self, word: str, rest: str) -> None:
        self.word = word
        self.drops: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        name, *wishes = rest.split(",")
        self._fast = "fast" in wishes
        record = [Path(wish.partition("=")[2]) for wish in wishes if wish.startswith("record=")]
        if not name or len(wishes) != self._fast + len(record) or len(record) > 1:
            raise BadWord(f"{word!r} is no capture to replay: write pcap:FILE, with ,fast or ,record=FILE behind it")
        _checked(Path(name))
        self._frames = _recorded(Path(name))
        self._next = next(self._frames, None)
        self._first = self._next.at if self._next is not None else 0
        self._began: Instant | None = None
        self._recorder = _recorder(record[0], Path(name)) if record else None
        self._timer = Timer()

    def fileno(self) -> int:
        return self._timer.fileno()

    def look(self) -> None:
        """The first time is when the replay begins."""
        if self._began is None:
            self._began = time.monotonic_ns()
            self._wait()
        if self._recorder is not None:
            self._recorder.flush()

    def read(self) -> list[Frame]:
        self._timer.quiet()
        frames: list[Frame] = []
        now = time.monotonic_ns()
        while self._next is not None and self._due(self._next) <= now and len(frames) < BATCH:
            if self._next.is_whole:
                frames.append(self._next.frame)
            else:
                self.errors["kept in part"] += 1
            self._next = next(self._frames, None)
        self._wait()
        return frames

    def write(self, frames: Sequence[Frame]) -> None:
        single = single_frames(frames)
        if self._recorder is None:
            self.drops["not recorded"] += len(single)
            return
        second, nanosecond = divmod(time.time_ns(), SECOND)
        for frame in single:
            self._recorder.write_packet(frame, sec=second, usec=nanosecond)

    def hear(self, mac: bytes) -> None:
        """Every frame is heard here."""

    def close(self) -> None:
        self._timer.close()
        self._frames.close()
        if self._recorder is not None:
            self._recorder.close()

    def _due(self, recorded: _Recorded) -> Instant:
        """By our clock; nothing is before the beginning."""
        if self._began is None:
            return time.monotonic_ns() + SECOND
        return self._began if self._fast else self._began + recorded.at - self._first

    def _wait(self) -> None:
        if self._next is not None:
            self._timer.ring_at(self._due(self._next))


class _Complaints(logging.Filter):
    """Keeps to itself what scapy's readers find wrong with a file."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        self.found.append(record.getMessage())
        return False


def _checked(file: Path) -> None:
    """`CannotOpen` with a sentence unless all of it can be read."""
    for _ in _recorded(file):
        pass


def _recorded(file: Path) -> Generator[_Recorded]:
    """The frames of a capture; `CannotOpen` where it turns out to be none."""
    from scapy.error import Scapy_Exception
    from scapy.utils import RawPcapNgReader, RawPcapReader

    complaints = _Complaints()
    logger = logging.getLogger("scapy.runtime")
    logger.addFilter(complaints)
    try:
        reader: Any = RawPcapReader(str(file))
        with reader:
            count, place, at = 0, reader.f.tell(), 0
            for frame, told in reader:
                if complaints.found:
                    break
                at, linktype = _told(reader, told, at)
                if linktype != _ETHERNET:
                    raise CannotOpen(f"{file} is a capture of other frames than Ethernet (link type {linktype})")
                count, place = count + 1, reader.f.tell()
                yield _Recorded(at, frame, len(frame) == told.wirelen)
            if complaints.found or (reader.f.tell() != place and not isinstance(reader, RawPcapNgReader)):
                raise CannotOpen(f"{file} is cut short after {count} frames")
    except OSError as error:
        raise CannotOpen(f"{file} cannot be read: {error.strerror}") from None
    except Scapy_Exception:
        raise CannotOpen(f"{file} is no capture file") from None
    finally:
        logger.removeFilter(complaints)


def _told(reader: Any, told: Any, before: Instant) -> tuple[Instant, int]:
    """When a frame was seen, and its link type."""
    if hasattr(told, "sec"):
        return told.sec * SECOND + told.usec * (1 if reader.nano else MICROSECOND), reader.linktype
    if told.tshigh is None:  # a simple packet block of pcapng has no time
        return before, told.linktype
    return (told.tshigh << 32 | told.tslow) * SECOND // told.tsresol, told.linktype


def _recorder(file: Path, source: Path) -> Any:
    """A writer of frames to a file that is made anew."""
    from scapy.utils import RawPcapWriter

    try:
        if file.exists() and file.samefile(source):
            raise CannotOpen(f"{file} is what is to be replayed: record to another file")
        writer = RawPcapWriter(str(file), linktype=_ETHERNET, nano=True)
    except OSError as error:
        raise CannotOpen(f"{file} cannot be written: {error.strerror}") from None
    writer.write_header(None)
    return writer
