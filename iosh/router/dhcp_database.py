"""`ip dhcp database URL`: the server's bindings as a file, so that a reload does not give a client's address away.

Written some time after a binding changed (`write-delay`) and before a reload, read when the server is first
configured. A file may be on flash: or nvram:; a line that is not understood, or whose lease is over, is passed over.
Not here: databases on other machines, conflicts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.calendar import MONTHS, moment, unix_s
from iosh.base.time import SECOND, Instant
from iosh.proto.dhcp.leases import Binding, Client
from iosh.proto.dhcp.server import DhcpServer, hexed
from iosh.proto.machine import Desk
from iosh.router import files

if TYPE_CHECKING:
    from iosh.router.router import Router

KEY: Final = ("dhcp", "*database")
_HEADING: Final = "!IP address      Type  Client-ID/Hardware address       Lease expiration      Pool  Interface"
_NEVER: Final = "Infinite"


class DatabaseSettings(NamedTuple):
    """`ip dhcp database URL [write-delay S] [timeout S]`."""

    url: str
    write_delay_s: int = 300
    timeout_s: int = 300


class Database:
    """The agents of one router: where its bindings are kept. `written_at` and `failures` are for those who look."""

    def __init__(self, router: Router, desk: Desk) -> None:
        self._router = router
        self._desk = desk
        self.agents: tuple[DatabaseSettings, ...] = ()
        self.read_at: Instant | None = None
        self.written_at: Instant | None = None
        self.successes = self.failures = 0

    def settle(
        self, agents: tuple[DatabaseSettings, ...], server: DhcpServer | None, fresh: bool, now: Instant
    ) -> None:
        """Where to keep the bindings; `fresh`: the server has just begun, and has none."""
        new = [each for each in agents if each not in self.agents]
        self.agents = agents
        if not agents:
            self._desk.no_ring("write")
        if server is not None:
            for each in agents if fresh else new:
                self._read(each, server, now)

    def changed(self, now: Instant) -> None:
        """A binding is another."""
        if self.agents and self._desk.rings_at("write") is None:
            self._desk.ring_at("write", now + min(each.write_delay_s for each in self.agents) * SECOND)

    def wake(self, name: str, now: Instant) -> None:
        """The delay is over."""
        self.write(now)

    def write(self, now: Instant) -> None:
        """Write all agents' files now."""
        self._desk.no_ring("write")
        server = self._router.dhcp.server
        if server is None:
            return
        epoch_s = self._router.epoch_s
        text = "\n".join([*database_text(server.leases.bindings.values(), epoch_s, now), ""])
        for agent in self.agents:
            url = files.parse(agent.url)
            if url.device in ("flash", "nvram") and url.path:
                self._router.files.write(url, text.encode(), now)
                self.successes += 1
                self.written_at = now
            else:
                self.failures += 1

    def _read(self, agent: DatabaseSettings, server: DhcpServer, now: Instant) -> None:
        url = files.parse(agent.url)
        content = self._router.storage.read(url.name) if url.device in ("flash", "nvram") and url.path else None
        if content is None:
            return
        self.read_at = now
        for binding in bindings_in(content.decode(errors="replace"), self._router.epoch_s):
            server.restore(binding, now)


def database_text(bindings: Iterable[Binding], epoch_s: int, now: Instant) -> Iterator[str]:
    """The file's lines."""
    yield f"*time* {_date(epoch_s, now)}"
    yield "*version* 4"
    yield _HEADING
    for each in bindings:
        if each.active and not each.manual:
            expires = _NEVER if each.expires is None else _date(epoch_s, each.expires)
            client = f"{hexed(each.client.identifier)} {each.client.mac.hex()}"
            yield f"{each.address} id {client} {expires} {each.pool} {each.interface}"
    yield "*end*"


def bindings_in(text: str, epoch_s: int) -> Iterator[Binding]:
    """The bindings of a file, as far as they are understood."""
    for line in text.splitlines():
        words = line.split()
        if line[:1] in ("*", "!") or len(words) < 5 or words[1] != "id":
            continue
        try:
            address, identifier, mac = IPv4.parse(words[0]), bytes.fromhex(words[2].replace(".", "")), words[3]
            expires, rest = (None, words[5:]) if words[4] == _NEVER else (_instant(words[4:9], epoch_s), words[9:])
            pool, interface = rest[:2]
            yield Binding(address, pool, Client(identifier, bytes.fromhex(mac)), interface, False, True, expires)
        except ValueError:
            continue


def _date(epoch_s: int, at: Instant) -> str:
    """`Mar 02 2002 12:36 AM`; up to the next minute, so that no lease is cut short."""
    then = moment(epoch_s, at + 59 * SECOND)
    hour, half = then.hour % 12 or 12, "PM" if then.hour >= 12 else "AM"
    return f"{MONTHS[then.month - 1]} {then.day:02d} {then.year} {hour:02d}:{then.minute:02d} {half}"


def _instant(words: list[str], epoch_s: int) -> Instant:
    month, day, year, clock, half = words
    hour, _, minute = clock.partition(":")
    in_day_s = (int(hour) % 12 + 12 * (half == "PM")) * 3600 + int(minute) * 60
    return (unix_s(int(year), MONTHS.index(month) + 1, int(day), in_day_s) - epoch_s) * SECOND
