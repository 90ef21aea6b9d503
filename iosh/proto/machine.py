"""The contract every protocol machine keeps, and the vocabulary of effects they share.

A machine is a plain object. It is told what happened (`receive`, `wake`, verbs in the past tense), and says what
it wants through its `Desk`: effects into the router's out-tray, named deadlines into the router's timers. It never
calls another machine, reads no clock and owns no randomness. Effects are carried out by the router, later, in order.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, Protocol

from iosh.base.addr import IPv4, Prefix
from iosh.base.record import DebugLine, Syslog
from iosh.base.rng import Rng
from iosh.base.time import Instant
from iosh.base.timers import Timers


class Path(NamedTuple):
    """How a message came: interface, VRF, both addresses and ports, and the inbound SPI that protected it (0: none).

    `local` and `remote` are from our point of view: for a tunnelled message the NBMA addresses as observed.
    """

    interface: str
    vrf: str
    local: IPv4
    remote: IPv4
    local_port: int = 0
    remote_port: int = 0
    sa: int = 0


# --- effects: what a machine may ask for -------------------------------------------------------------------------


class SendFrame(NamedTuple):
    """An Ethernet frame, complete, out of one interface."""

    interface: str
    frame: bytes


class SendPacket(NamedTuple):
    """An IPv4 packet of our own, complete; the router routes it."""

    packet: bytes
    vrf: str = ""


class SendDatagram(NamedTuple):
    """A UDP datagram of our own. For IKE on port 4500 the payload already begins with the non-ESP marker."""

    local: IPv4
    remote: IPv4
    local_port: int
    remote_port: int
    payload: bytes
    vrf: str = ""


class SendOverTunnel(NamedTuple):
    """A payload for one NBMA peer of a tunnel: GRE (and ESP where the tunnel is protected) is the router's work."""

    interface: str
    nbma: IPv4
    protocol_type: int
    payload: bytes


class Map(NamedTuple):
    """On this tunnel the next hop `address` is at `nbma`. Replaces an earlier mapping of the address."""

    interface: str
    address: IPv4
    nbma: IPv4


class Unmap(NamedTuple):
    """The next hop `address` on this tunnel is no longer known."""

    interface: str
    address: IPv4


class Replicate(NamedTuple):
    """Multicast and broadcast from this tunnel go to these NBMA peers, and no others."""

    interface: str
    peers: tuple[IPv4, ...]


class Learn(NamedTuple):
    """A shortcut: `prefix` is reached by `next_hop` on `interface`; as an H route or a next-hop override."""

    interface: str
    prefix: Prefix
    next_hop: IPv4


class Forget(NamedTuple):
    """The shortcut to `prefix` is gone."""

    interface: str
    prefix: Prefix


class Way(NamedTuple):
    """One way of a route: next hop (None: the destination itself), interface, and what the protocol thinks of it."""

    interface: str | None
    next_hop: IPv4 | None
    distance: int
    metric: int
    kind: str = ""  # what tells a protocol's routes apart in tables: "external", "summary", …
    tag: int | None = None
    share: int = 1  # of the traffic, beside the others
    peer: IPv4 | None = None  # who told us


class RoutesChanged(NamedTuple):
    """A routing protocol's routes to one prefix, all of them, in the place of those it had; none: no longer."""

    source: str  # the protocol, with its number where several may run: "eigrp 100"
    prefix: Prefix
    ways: tuple[Way, ...]


class OpenSocket(NamedTuple):
    """This tunnel wants to talk to `nbma`: have it protected. Answered by `socket_opened` or `socket_closed`."""

    interface: str
    nbma: IPv4


class CloseSocket(NamedTuple):
    """This tunnel no longer needs `nbma`."""

    interface: str
    nbma: IPv4


class Compute(NamedTuple):
    """A long computation (a DH exchange): `work(*arguments)`, answered by `computed(name, result, now)`."""

    name: Hashable
    work: Callable[..., Any]
    arguments: tuple[Any, ...]


class Report(NamedTuple):
    """A syslog message."""

    message: Syslog


class Debug(NamedTuple):
    """A line of debug output; only put where `desk.debugging(topic)` is true."""

    line: DebugLine


class Effect(Protocol):
    """Any NamedTuple above, or one that a protocol's own package adds and the router's `match` knows."""


class Machine(Protocol):
    """What the router may do with a machine. Further verbs are named after what happened."""

    @property
    def settings(self) -> Any:
        """A frozen value made by router/wanted.py."""

    def receive(self, data: bytes, path: Path, now: Instant) -> None: ...
    def wake(self, name: Hashable, now: Instant) -> None: ...
    def settle(self, settings: Any, now: Instant) -> bool: ...  # new wishes; False: build me anew
    def stop(self, now: Instant) -> None: ...


class Desk:
    """All a machine may use of the world: an out-tray, an alarm clock, dice, and counters of its own."""

    __slots__ = ("_debugging", "_key", "_timers", "_tray", "counters", "rng")

    def __init__(
        self,
        key: Hashable,
        tray: deque[tuple[Hashable, Any]],
        timers: Timers,
        rng: Rng,
        debugging: Callable[[str], bool] = lambda topic: False,
    ) -> None:
        self._key = key
        self._tray = tray
        self._timers = timers
        self._debugging = debugging
        self.rng = rng
        self.counters: Counter[str] = Counter()

    def put(self, effect: Any) -> None:
        """Into the out-tray; carried out later by the router, in order."""
        self._tray.append((self._key, effect))

    def ring_at(self, name: Hashable, at: Instant) -> None:
        """Be woken by `wake(name, now)` at `at`; replaces an earlier deadline of that name."""
        self._timers.set((self._key, name), at)

    def no_ring(self, name: Hashable) -> None:
        """Forget the deadline `name`."""
        self._timers.stop((self._key, name))

    def rings_at(self, name: Hashable) -> Instant | None:
        """When `name` will ring, or None."""
        return self._timers.when((self._key, name))

    def debugging(self, topic: str) -> bool:
        """Is `debug TOPIC` on? Ask before building a debug line."""
        return self._debugging(topic)

    def debug(self, topic: str, text: str) -> None:
        """One line of `debug TOPIC`, if that is on."""
        if self._debugging(topic):
            self.put(Debug(DebugLine(topic, text)))

    def report(self, facility: str, severity: int, mnemonic: str, text: str) -> None:
        """One syslog message."""
        self.put(Report(Syslog(facility, severity, mnemonic, text)))
