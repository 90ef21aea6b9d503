"""A router's lines, and who sits at them: what `show users` and `show line` list and `clear line` ends.

Numbers are absolute, as IOS counts: 0 the console, 1 aux, from 2 the vtys. There are as many vtys as the configuration
names, and never fewer than sixteen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from iosh.base.time import Instant
from iosh.config.model import Config

VTYS_AT_LEAST: Final = 16
_FIRST_VTY: Final = 2


class SshServer(NamedTuple):
    """What the SSH server before a router offers."""

    methods: tuple[str, ...]
    host_keys: tuple[str, ...]
    encryptions: tuple[str, ...]
    macs: tuple[str, ...]
    key_exchanges: tuple[str, ...]
    rsa_name: str
    rsa_bits: int
    rsa_key: str  # `ssh-rsa` and the public key, base64


class SshSession(NamedTuple):
    """What protects a session, from the client and to it."""

    encryption_in: str
    mac_in: str
    encryption_out: str
    mac_out: str


@dataclass(slots=True, eq=False)
class Seat:
    """Somebody at a line. `hang_up` ends the session from outside."""

    line: str  # "con0", "vty3"
    user: str
    location: str  # the client's address; empty at the console
    heard: Instant  # when a key or line last came
    hang_up: Callable[[], None]
    tell: Callable[[str], None]  # puts text on its screen
    since: Instant = 0  # when it was taken
    ssh: SshSession | None = None
    number: int = 0  # of all sessions since the start


class Lines:
    """The lines of one router, from power-on to reload."""

    __slots__ = ("_config", "_uses", "seats", "sessions", "ssh")

    def __init__(self, config: Config) -> None:
        self._config = config
        self.seats: dict[str, Seat] = {}
        self.ssh: SshServer | None = None  # None: no door is open, or there is no key
        self.sessions = 0  # since the start
        self._uses: dict[str, int] = {}

    def take(self, seat: Seat) -> None:
        """Somebody sits down."""
        self.sessions += 1
        seat.number = self.sessions
        self.seats[seat.line] = seat
        self._uses[seat.line] = self._uses.get(seat.line, 0) + 1

    def free(self, seat: Seat) -> None:
        """Somebody has left; no harm if another sits there now."""
        if self.seats.get(seat.line) is seat:
            del self.seats[seat.line]

    def uses(self, line: str) -> int:
        """How often somebody sat down there."""
        return self._uses.get(line, 0)

    def vtys(self) -> int:
        """How many vtys there are."""
        named = [key.first if key.last is None else key.last for key in self._config.lines if key.kind == "vty"]
        return max([VTYS_AT_LEAST, *(last + 1 for last in named)])

    def free_vty(self) -> str | None:
        """The first vty nobody sits at."""
        return next((name for name in map("vty{}".format, range(self.vtys())) if name not in self.seats), None)

    def names(self) -> Iterator[str]:
        """Every line in order."""
        yield from ("con0", "aux0")
        yield from map("vty{}".format, range(self.vtys()))


def line_name(number: int) -> str:
    """The line with an absolute number: 3 is `vty1`."""
    return ("con0", "aux0")[number] if number < _FIRST_VTY else f"vty{number - _FIRST_VTY}"


def line_number(name: str) -> int:
    """The absolute number of a line: `vty1` is 3."""
    kind, number = name[:3], int(name[3:])
    return {"con": 0, "aux": 1}.get(kind, _FIRST_VTY + number)
