"""What all parts of an NHRP machine share: its settings, desk and facts, sending, authentication, request ids, and
the sockets: IOS's word for the protection of the path to one NBMA peer. Without tunnel protection every socket stands.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from iosh.base.addr import UNSPECIFIED, IPv4, Prefix
from iosh.base.time import SECOND, Instant
from iosh.proto.machine import CloseSocket, Desk, OpenSocket, SendOverTunnel
from iosh.proto.nhrp import describe
from iosh.proto.nhrp.settings import NhrpSettings
from iosh.wire import nhrp
from iosh.wire.nhrp import ErrorCode, Extension, ExtensionKind, Indication, Kind, Message


class RouteFact(NamedTuple):
    """How the router would send to a destination, NHRP's own shortcuts left aside."""

    prefix: Prefix
    interface: str
    next_hop: IPv4 | None  # None: directly connected


class Facts(Protocol):
    """What a machine may ask of its router at any time."""

    def route(self, destination: IPv4) -> RouteFact | None:
        """The route to a destination, without shortcuts and next-hop overrides of NHRP."""

    def network_id(self, interface: str) -> int | None:
        """The NHRP network an interface belongs to."""

    def shortcut_packets(self, prefix: Prefix) -> int:
        """How many data packets have used a learned shortcut so far."""

    def ready(self, nbma: IPv4) -> bool:
        """Does protection to this NBMA peer stand on this tunnel? Asked of protected tunnels only."""


class RequestIds:
    """The counter of request ids; IOS has one for all interfaces and types of a router."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """A new id, never 0."""
        self._last = self._last % 0xFFFFFFFF + 1
        return self._last


@dataclass(slots=True)
class Socket:
    """One NBMA peer's protection, as far as this machine was told."""

    up: bool
    since: Instant


@dataclass(slots=True)
class Traffic:
    """What `show ip nhrp traffic` counts, by packet type, and the window of `ip nhrp max-send`."""

    sent: Counter[int] = field(default_factory=Counter)
    received: Counter[int] = field(default_factory=Counter)
    forwarded: Counter[int] = field(default_factory=Counter)
    redirects_suppressed: int = 0
    window_began: Instant = 0
    window_packets: int = 0


@dataclass(slots=True)
class Events:
    """What `show ip nhrp stats` counts: what happened to the tunnel, and what was asked of it."""

    up: int = 0
    down: int = 0
    end_points_added: int = 0
    end_points_deleted: int = 0
    sockets_asked: int = 0
    sockets_released: int = 0
    sockets_up: int = 0
    sockets_down: int = 0
    routes_added: int = 0
    routes_deleted: int = 0


class Link:
    """The machine's tunnel, as its parts see it."""

    def __init__(self, settings: NhrpSettings, desk: Desk, facts: Facts, ids: RequestIds) -> None:
        self.settings = settings
        self.desk = desk
        self.facts = facts
        self.ids = ids
        self.up = False
        self.up_since: Instant = 0
        self.sockets: dict[IPv4, Socket] = {}
        self.traffic = Traffic()
        self.events = Events()
        self.last_nbma = UNSPECIFIED
        self._wanted: dict[IPv4, None] = {}

    @property
    def active(self) -> bool:
        """Can the machine speak at all?"""
        settings = self.settings
        named = settings.address is not None and settings.nbma is not None
        return self.up and named and settings.network_id is not None

    @property
    def address(self) -> IPv4:
        """Own tunnel address."""
        return self.settings.address or UNSPECIFIED

    @property
    def nbma(self) -> IPv4:
        """Own NBMA address; while there is none, the one it was."""
        return self.settings.nbma or self.last_nbma

    # --- sockets -----------------------------------------------------------------------------------------------------

    def ready(self, nbma: IPv4) -> bool:
        """Would a packet to this peer go out now?"""
        return not self.settings.protected or self.facts.ready(nbma)

    def want(self, nbma: IPv4) -> None:
        """Ask for the socket to a peer. Asking again is harmless."""
        if self.settings.protected:
            self.events.sockets_asked += nbma not in self._wanted
            self._wanted[nbma] = None
            self.desk.put(OpenSocket(self.settings.interface, nbma))

    def release(self, nbma: IPv4) -> None:
        """No entry names this peer any more. A socket that stands is forgotten when it is heard to be closed."""
        self.desk.no_ring(("socket", nbma))
        socket = self.sockets.get(nbma)
        if nbma in self._wanted or socket is not None:
            self._wanted.pop(nbma, None)
            if socket is not None and not socket.up:
                del self.sockets[nbma]
            self.events.sockets_released += 1
            self.desk.put(CloseSocket(self.settings.interface, nbma))

    def release_all(self) -> None:
        """Nobody is talked to any more."""
        for nbma in dict.fromkeys((*self._wanted, *self.sockets)):
            self.release(nbma)

    # --- sending -----------------------------------------------------------------------------------------------------

    def send(self, message: Message | Indication, nbma: IPv4, now: Instant) -> bool:
        """To a peer, authenticated for this hop. False: the limit of `ip nhrp max-send` is reached."""
        if not self._may_send(now):
            self.desk.counters["max-send limit"] += 1
            return False
        self.traffic.sent[message.kind] += 1
        signed = self._signed(message)
        data = signed.encode()
        self._trace_sent(signed, len(data), nbma)
        self.desk.put(SendOverTunnel(self.settings.interface, nbma, nhrp.PROTOCOL_TYPE, data))
        return True

    def refuse(self, code: int, offender: bytes, to: IPv4, nbma: IPv4, now: Instant) -> None:
        """An error indication about a packet. The caller sees to it that the offender is not itself one.

        The authentication string is not told to a peer that has just shown it does not know it.
        """
        self.debug("nhrp error", "NHRP: Sending Error Indication. Code: {}", describe.error_name(code))
        quotation = offender[:_QUOTED_BYTES]
        error = Indication(Kind.ERROR_INDICATION, code, 0, self.nbma, self.address, to, quotation)
        self.send(error, nbma, now)

    def records(self) -> tuple[Extension, ...]:
        """The transit records our requests ask for, unless `no ip nhrp record`."""
        if not self.settings.record:
            return ()
        return Extension(ExtensionKind.FORWARD_TRANSIT), Extension(ExtensionKind.REVERSE_TRANSIT)

    def authentic(self, message: Message | Indication) -> bool:
        """Does the packet carry our authentication string, if we have one?"""
        if self.settings.authentication is None:
            return True
        got = message.extension(ExtensionKind.AUTHENTICATION)
        return got is not None and got.value == nhrp.authentication(self.settings.authentication).value

    # --- debugging -------------------------------------------------------------------------------------------------

    def debug(self, topic: str, template: str, *values: object) -> None:
        """A line of debug output, put together only if somebody listens."""
        if self.desk.debugging(topic):
            self.desk.debug(topic, template.format(*values))

    def trace(self, template: str, *values: object) -> None:
        """A line of `debug nhrp`; under `debug nhrp packet` it stands among the packets."""
        self.debug("nhrp packet" if self.desk.debugging("nhrp packet") else "nhrp", template, *values)

    def trace_packet(self, message: Message | Indication, size: int) -> None:
        """What a packet holds: `debug nhrp packet`, `debug nhrp extension`."""
        if self.desk.debugging("nhrp packet"):
            for line in describe.packet(message, size):
                self.desk.debug("nhrp packet", line)
        if self.desk.debugging("nhrp extension"):
            for line in describe.extensions(message):
                self.desk.debug("nhrp extension", line)

    def _trace_sent(self, message: Message | Indication, size: int, nbma: IPv4) -> None:
        name = self.settings.interface
        toward = describe.addressee(message)
        self.trace("NHRP: Attempting to send packet through interface {} via DEST  dst {}", name, toward)
        self.trace("NHRP: Send {} via {} vrf: global(0x0), packet size: {}", describe.KINDS[message.kind], name, size)
        self.trace("      src: {}, dst: {}", self.address, toward)
        self.trace_packet(message, size)
        self.trace("NHRP: Encapsulation succeeded.  Sending NHRP Control Packet  NBMA Address: {}", nbma)
        outer = _OUTER_BYTES + (_KEY_BYTES if self.settings.keyed else 0)
        self.trace("NHRP: {} bytes out {} ", size + outer, name)

    def _signed(self, message: Message | Indication) -> Message | Indication:
        secret = self.settings.authentication
        failure = isinstance(message, Indication) and message.code == ErrorCode.AUTHENTICATION_FAILURE
        if secret is None or failure:
            extensions = nhrp.without(message.extensions, ExtensionKind.AUTHENTICATION)
        else:
            extensions = nhrp.replaced(message.extensions, nhrp.authentication(secret))
        return message._replace(extensions=extensions)

    def packets_in_window(self, now: Instant) -> int:
        """How many packets count against `ip nhrp max-send` now."""
        over = now - self.traffic.window_began >= self.settings.max_send_every_s * SECOND
        return 0 if over else self.traffic.window_packets

    def _may_send(self, now: Instant) -> bool:
        traffic = self.traffic
        if now - traffic.window_began >= self.settings.max_send_every_s * SECOND:
            traffic.window_began, traffic.window_packets = now, 0
        traffic.window_packets += 1
        return traffic.window_packets <= self.settings.max_send_packets


_QUOTED_BYTES = 256
_OUTER_BYTES = 24  # IPv4 and GRE
_KEY_BYTES = 4
