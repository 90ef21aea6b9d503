"""A tap: the frames of a cable into a pcap file (Ethernet, nanosecond timestamps), written by scapy's raw writer.

The time in the file is the world's instant on top of its epoch. Frames are recorded as their sender puts them on the
cable, so what the cable loses is in the file and what it damages is whole; both directions go into one file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from iosh.base.time import SECOND, Instant
from iosh.underlay.sim.cable import Cable
from iosh.underlay.sim.world import World

_ETHERNET = 1


class Tap:
    """A cable's frames, into a file by name or an open binary one, until `close`."""

    def __init__(self, world: World, cable: Cable, file: str | BinaryIO) -> None:
        from scapy.utils import RawPcapWriter  # half a second to import, and few runs need it

        self._epoch_s = world.epoch_s
        self._cable = cable
        self._writer = RawPcapWriter(file, linktype=_ETHERNET, nano=True)
        self._writer.write_header(None)
        self.frames = 0
        cable.watch(self._record)

    def _record(self, frames: Sequence[bytes], at: Instant) -> None:
        second, nanosecond = divmod(at, SECOND)
        for frame in frames:
            self._writer.write_packet(frame, sec=self._epoch_s + second, usec=nanosecond)
        self.frames += len(frames)

    def flush(self) -> None:
        """Let readers of the file see all so far."""
        self._writer.flush()

    def close(self) -> None:
        """No more; the file is complete."""
        self._cable.unwatch(self._record)
        self._writer.close()
