"""The narrow doors between a router and the world: network ports, storage, computers, makers of keys, and what running
it costs.

A simulated cable and a Linux interface look the same from inside; so do a directory and a dictionary.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from iosh.base.rng import Rng
from iosh.base.time import SECOND, Instant, Span
from iosh.wire.train import Frame

OVERRUN: Final = "overrun"  # came faster than they were taken


class Port(Protocol):
    """A network port. Frames are Ethernet, without frame check sequence; short ones need no padding. A port that
    takes trains gives some, too: whoever has frames from it may find a `LongFrame` among them."""

    mac: bytes  # the burnt-in address, six bytes
    takes_trains: bool
    drops: Counter[str]  # by name, frames that were to leave and did not; `clear counters` empties both
    errors: Counter[str]  # by name, frames that came and did not get through; `OVERRUN` has a line of its own

    @property
    def carrier(self) -> bool:
        """Is there a live cable?"""

    def send(self, frames: Sequence[Frame]) -> None:
        """Give frames to the wire; never blocks. What gets lost further on, the wire counts itself."""

    def hear(self, mac: bytes) -> None:
        """Frames for this address are ours from now on, instead of those for the one before, first `mac`."""


class Storage(Protocol):
    """NVRAM and flash: whole files by name, as `nvram:startup-config`."""

    def read(self, name: str) -> bytes | None:
        """A file's content, or None."""

    def write(self, name: str, content: bytes) -> None: ...

    def delete(self, name: str) -> None: ...

    def names(self) -> list[str]:
        """All names, sorted."""


class MemoryStorage:
    """Storage that lives as long as its owner: labs and tests."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        return self._files.get(name)

    def write(self, name: str, content: bytes) -> None:
        self._files[name] = content

    def delete(self, name: str) -> None:
        self._files.pop(name, None)

    def names(self) -> list[str]:
        return sorted(self._files)


class Computer(Protocol):
    """Carries out long computations: functions of their arguments, that touch nothing else."""

    def submit(
        self, work: Callable[..., Any], arguments: tuple[Any, ...], done: Callable[[Any, Instant], None], now: Instant
    ) -> None:
        """Have `done(result, now)` called once `work(*arguments)` is known: before this returns, or later."""


class AtOnce:
    """Computes while everybody waits: virtual time stands still meanwhile, so a run repeats."""

    def submit(
        self, work: Callable[..., Any], arguments: tuple[Any, ...], done: Callable[[Any, Instant], None], now: Instant
    ) -> None:
        done(work(*arguments), now)


class Smith(Protocol):
    """Makes private keys (PKCS #8, DER): with true randomness, which takes its time, or on paper from dice."""

    def forge(self, kind: str, bits: int, rng: Rng, done: Callable[[bytes, Instant], None], now: Instant) -> None:
        """Have `done(key, now)` called with a new `rsa` or `ec` key: before this returns, or later."""


class Load(NamedTuple):
    """How busy one processor was over three spans, in hundredths of a percent."""

    five_s: int
    one_min: int
    five_min: int


class Memory(NamedTuple):
    """Bytes: of the machine, in use by us, and the most that ever was."""

    total: int
    used: int
    most: int


class Peak(NamedTuple):
    """The average and the highest load of a minute or an hour, in hundredths of a percent."""

    average: int
    highest: int


class History(NamedTuple):
    """Loads of the past, the latest first: of the last 60 seconds, 60 minutes, 72 hours, as far as there were any."""

    seconds: tuple[int, ...]
    minutes: tuple[Peak, ...]
    hours: tuple[Peak, ...]


class Figures(Protocol):
    """What the process costs that carries the router, for `show processes` and `show memory`."""

    def cpu_ns(self, uptime: Span) -> int:
        """Processor time spent so far."""

    def load(self) -> Load: ...

    def memory(self) -> Memory: ...

    def history(self, uptime: Span) -> History: ...


class PaperFigures:
    """Those of a machine that is only simulated: the same in every run, and growing with virtual time alone."""

    _LOAD: Final = Load(100, 100, 100)
    _MEMORY: Final = Memory(512 << 20, 64 << 20, 64 << 20)

    def cpu_ns(self, uptime: Span) -> int:
        return uptime // 100

    def load(self) -> Load:
        return self._LOAD

    def memory(self) -> Memory:
        return self._MEMORY

    def history(self, uptime: Span) -> History:
        seconds, load = uptime // SECOND, self._LOAD.one_min
        always = Peak(load, load)
        return History(
            (load,) * min(60, seconds), (always,) * min(60, seconds // 60), (always,) * min(72, seconds // 3600)
        )
