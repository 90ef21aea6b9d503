"""The NHRP machine of one tunnel interface: what happened, handed to the part it concerns.

A machine begins with its link down and with no more than its static entries; `link_changed(True, now)` sets it
going. It exists for every multipoint tunnel, also without `ip nhrp network-id`: then it says so in the log when it is
spoken to.
"""

from __future__ import annotations

from collections.abc import Hashable

from iosh.base.addr import BROADCAST, IPv4, Prefix
from iosh.base.errors import Malformed
from iosh.base.time import SECOND, Instant
from iosh.proto.machine import Desk, Path
from iosh.proto.nhrp import describe
from iosh.proto.nhrp.answer import Answer
from iosh.proto.nhrp.cache import DYNAMIC, INCOMPLETE, STATIC, Cache, CacheEntry, Mark
from iosh.proto.nhrp.client import Client
from iosh.proto.nhrp.link import Facts, Link, RequestIds, RouteFact, Socket
from iosh.proto.nhrp.purge import Purge
from iosh.proto.nhrp.redirect import Redirect
from iosh.proto.nhrp.replication import Replication
from iosh.proto.nhrp.resolver import Resolver
from iosh.proto.nhrp.server import Server
from iosh.proto.nhrp.settings import NhrpSettings
from iosh.proto.nhrp.statics import Statics
from iosh.proto.nhrp.transit import Transit
from iosh.wire import nhrp
from iosh.wire.nhrp import ErrorCode, Indication, Kind, Message

__all__ = ["Facts", "Nhrp", "RequestIds", "RouteFact"]

_SOCKET_RETRY_SPAN = 30 * SECOND
_UNCONFIGURED_LOG_SPAN = 60 * SECOND


class Nhrp:
    """One tunnel's NHRP. `cache`, `client`, `replication` and `link` may be read by `show`."""

    def __init__(
        self, settings: NhrpSettings, desk: Desk, facts: Facts, now: Instant, request_ids: RequestIds | None = None
    ) -> None:
        self.link = Link(settings, desk, facts, request_ids or RequestIds())
        self.cache = Cache(self.link)
        self.client = Client(self.link, self.cache)
        self.replication = Replication(self.link)
        self._server = Server(self.link, self.cache, self.replication)
        self.cache.client_gone = self._server.gone
        self._resolver = Resolver(self.link, self.cache, self.client)
        self._answer = Answer(self.link, self.cache, self.client, self._resolver)
        self.redirect = Redirect(self.link, self._resolver)
        self._purge = Purge(self.link, self.cache, self.client)
        self._transit = Transit(self.link, self.cache)
        self._statics = Statics(self.link, self.cache)
        self._unconfigured_told: Instant | None = None
        self._network_was = 0  # the network id before it was taken away
        self._statics.settle(now)
        self.replication.settle()

    @property
    def settings(self) -> NhrpSettings:
        """What the machine was last told."""
        return self.link.settings

    @property
    def role(self) -> str:
        """Hub, Spoke or Hub/Spoke, as `show dmvpn` says."""
        clients = any(Mark.REGISTERED in entry.marks for entry in self.cache.remote.values())
        if self.settings.nhs:
            return "Hub/Spoke" if clients else "Spoke"
        if clients or (self.settings.multipoint and not self.settings.maps):
            return "Hub"
        return "Spoke" if self.settings.maps else "Unknown"

    # --- the machine contract ----------------------------------------------------------------------------------------

    def receive(self, data: bytes, path: Path, now: Instant) -> None:
        """An NHRP packet came through the tunnel; `path` has the NBMA addresses as observed."""
        desk = self.link.desk
        try:
            message = nhrp.decode(data)
            _check_extensions(message)
        except Malformed as blame:
            desk.counters["malformed"] += 1
            desk.debug("nhrp error", f"NHRP-ERROR: Packet from {path.remote} dropped: {blame}")
            return
        self.link.traffic.received[message.kind] += 1
        self._debug_received(message, len(data), path)
        if not self.link.active:
            self._unconfigured(message, path, now)
        elif message.hops == 0 and message.kind != Kind.ERROR_INDICATION:
            desk.counters["zero hop count"] += 1
            desk.debug("nhrp error", "NHRP-ERROR: Packet Recved with 0 Hop counts")
        elif not self.link.authentic(message):
            self._unauthentic(message, data, path, now)
        elif isinstance(message, Indication):
            self._indicated(message, now)
        else:
            self._dispatch(message, data, path, now)

    def wake(self, name: Hashable, now: Instant) -> None:
        """A deadline came."""
        match name:
            case ("registration", IPv4() as address):
                self.client.woken(address, now)
            case ("expire", Prefix() as prefix):
                entry = self.cache.remote.get(prefix)
                if entry is not None:
                    self._resolver.expired(entry)
            case ("local", Prefix() as prefix):
                told = self.cache.local.get(prefix)
                if told is not None:
                    self.cache.remove_local(told)
            case ("watch", Prefix() as prefix):
                self._resolver.looked(prefix, now)
            case ("resolve", IPv4() as address):
                self._resolver.woken(address, now)
            case ("socket", IPv4() as nbma):
                if self.link.active and self.cache.of_nbma(nbma) and not self.link.ready(nbma):
                    self.link.want(nbma)
            case ("redirect", IPv4() as source, IPv4() as destination):
                self.redirect.forget(source, destination)
            case _:
                raise AssertionError(f"no deadline of NHRP: {name!r}")

    def settle(self, settings: NhrpSettings, now: Instant) -> bool:
        """New settings. Another kind of tunnel asks for another machine; all else is taken in flight."""
        old = self.settings
        if (old.interface, old.multipoint, old.protected) != (
            settings.interface,
            settings.multipoint,
            settings.protected,
        ):
            return False
        was_active = self.link.active
        if old.network_id is not None and settings.network_id is None:
            self._leave_network(now)
            self._network_was = old.network_id
            self._report_unconfigured(self.link.address, self.link.nbma)
        elif (old.address, old.nbma) != (settings.address, settings.nbma):
            self._move(old.address != settings.address, now)
        self.link.settings = settings
        self.link.last_nbma = old.nbma or self.link.last_nbma
        self._statics.settle(now)
        self.replication.settle()
        if self.link.active:
            self._statics.want()
            self.client.settle(now, again=not was_active or _registers_as(old) != _registers_as(settings))
        elif was_active:
            self._go_quiet(now)
        return True

    def stop(self, now: Instant) -> None:
        """Say goodbye: deregister, take back what was told, let go of everything."""
        self._leave_network(now)

    # --- what happened -----------------------------------------------------------------------------------------------

    def link_changed(self, up: bool, now: Instant) -> None:
        """The tunnel's line protocol."""
        if up == self.link.up:
            return
        self.link.up = up
        if up:
            self.link.events.up += 1
            self.link.up_since = now
            self._statics.want()
            self.client.settle(now, again=True)
        else:
            self.link.events.down += 1
            self._go_quiet(now)

    def socket_opened(self, nbma: IPv4, now: Instant) -> None:
        """Protection to a peer stands, whoever asked for it."""
        socket = self.link.sockets.get(nbma)
        if socket is None or not socket.up:
            self.link.sockets[nbma] = Socket(True, now)
            self.link.events.sockets_up += 1
            self._report_socket(nbma, "UP")
            self.client.socket_opened(nbma, now)
        self._resolver.socket_opened(nbma, now)

    def socket_closed(self, nbma: IPv4, reason: str, now: Instant) -> None:
        """Protection to a peer is gone, or could not be had; `reason` is for `debug nhrp error`.

        What was learned from a peer that stood goes; one that could not be had stays known, without socket, so that
        it is not asked for over and over. Servers are asked for again.
        """
        self.link.desk.debug("nhrp error", f"NHRP: Socket to {nbma} closed: {reason}")
        socket = self.link.sockets.get(nbma)
        was_up = socket is not None and socket.up
        if was_up:
            self.link.events.sockets_down += 1
            self._report_socket(nbma, "DOWN")
        self.link.sockets[nbma] = Socket(False, socket.since if socket is not None and not was_up else now)
        self.client.socket_closed(nbma, now)
        for entry in self.cache.of_nbma(nbma):
            if entry.type == DYNAMIC and was_up:
                self.cache.remove(entry)
        if not self.cache.of_nbma(nbma):
            self.link.sockets.pop(nbma, None)
        elif not self.client.is_server(nbma):
            self.link.desk.ring_at(("socket", nbma), now + _SOCKET_RETRY_SPAN)

    def redirect_due(self, packet: bytes, nbma: IPv4, now: Instant) -> None:
        """Data came in from `nbma` on this tunnel and leaves by a tunnel of the same network. `packet` is IPv4."""
        self.redirect.due(packet, nbma, now)

    def next_hop_unknown(self, address: IPv4, now: Instant) -> None:
        """The data plane has a packet for `address` on this tunnel and no mapping for it."""
        self._resolver.next_hop_unknown(address, now)

    def prefix_changed(self, prefix: Prefix, now: Instant) -> None:
        """The routing table has changed for `prefix`, NHRP's own routes left aside."""
        self._purge.prefix_changed(prefix, now)

    def relayed(self, message: Message, next_hop: IPv4, now: Instant) -> None:
        """A message in transit came by another tunnel of the same network: the router obeys `Relay`."""
        self._transit.relayed(message, next_hop, now)

    # --- what the operator asks --------------------------------------------------------------------------------------

    def clear(self, now: Instant, address: IPv4 | None = None, mask: IPv4 | None = None) -> None:
        """`clear ip nhrp [A [mask]]`: dynamic entries go, answers of ours are taken back; static ones stay."""

        def meant(entry: CacheEntry) -> bool:
            bits = BROADCAST if mask is None else mask
            return address is None or entry.prefix.network & bits == address & bits

        for entry in list(self.cache.local.values()):
            if meant(entry):
                self._purge.withdraw(entry, now)
        for entry in list(self.cache.remote.values()):
            if entry.type != STATIC and meant(entry):
                self.cache.remove(entry)

    def clear_shortcuts(self, now: Instant) -> None:
        """`clear ip nhrp shortcut`: prefixes behind peers go, the peers themselves stay."""
        for entry in list(self.cache.remote.values()):
            if entry.type == DYNAMIC and not entry.is_next_hop:
                self.cache.remove(entry)

    def clear_sessions(
        self, now: Instant, nbma: IPv4 | None = None, tunnel: IPv4 | None = None, static: bool = False
    ) -> None:
        """`clear dmvpn session [peer {nbma|tunnel} A] [static]`: dynamic peers go; `static`: the others begin anew."""
        for entry in list(self.cache.remote.values()):
            seen = entry.nbma.plain if entry.nbma is not None else None
            if (nbma is not None and seen != nbma) or (tunnel is not None and entry.next_hop != tunnel):
                continue
            if entry.type != STATIC:
                self.cache.remove(entry)
            elif static and entry.nbma is not None:
                self.link.release(entry.nbma)
                self.socket_closed(entry.nbma, "cleared", now)

    def clear_counters(self) -> None:
        """`clear ip nhrp counters`."""
        traffic = self.link.traffic
        for counter in (traffic.sent, traffic.received, traffic.forwarded):
            counter.clear()
        traffic.redirects_suppressed = 0

    # --- inside ------------------------------------------------------------------------------------------------------

    def _dispatch(self, message: Message, data: bytes, path: Path, now: Instant) -> None:
        own = self.link.address
        ours = message.destination == own
        if ours and message.strange and message.kind in (Kind.REGISTRATION_REQUEST, Kind.PURGE_REQUEST):
            self.link.refuse(ErrorCode.UNRECOGNIZED_EXTENSION, data, message.source, path.remote, now)
            return
        match message.kind:
            case Kind.REGISTRATION_REQUEST if ours or message.destination in (message.source, 0):
                self._server.requested(message, path, now)
            case Kind.RESOLUTION_REQUEST:
                if not self._answer.asked(message, data, path, now):
                    self._transit.forward(message, data, path, now)
            case Kind.PURGE_REQUEST if ours:
                self._purge.requested(message, path, now)
            case Kind.REGISTRATION_REPLY if message.source == own:
                self._expect(self.client.replied(message, path.remote, now))
            case Kind.RESOLUTION_REPLY if message.source == own:
                self._expect(self._resolver.replied(message, path, now))
            case Kind.PURGE_REPLY if message.source == own:
                self.link.desk.counters["purge reply"] += 1
            case _:
                self._transit.forward(message, data, path, now)

    def _indicated(self, message: Indication, now: Instant) -> None:
        """A traffic or error indication. An error is never answered with an error."""
        if message.kind == Kind.TRAFFIC_INDICATION:
            self.redirect.heard(message, now)
            return
        if message.destination != self.link.address:
            self._transit.forward_error(message, now)
            return
        self.link.desk.debug("nhrp error", f"NHRP: Error Indication: {describe.error_name(message.code)}")
        try:
            offender = nhrp.quoted(message.packet)
        except Malformed:
            self.link.desk.counters["error without packet"] += 1
            return
        if offender.kind == Kind.RESOLUTION_REQUEST and offender.source == self.link.address:
            self._expect(self._resolver.failed(offender.request_id, message.code, now))

    def _expect(self, expected: bool) -> None:
        if not expected:
            self.link.desk.counters["unexpected reply"] += 1

    def _unauthentic(self, message: Message | Indication, data: bytes, path: Path, now: Instant) -> None:
        """Refused, with IOS's spelling. What comes unauthenticated about an error of ours is not even logged."""
        link = self.link
        link.desk.counters["authentication failure"] += 1
        if isinstance(message, Indication) and message.kind == Kind.ERROR_INDICATION:
            link.desk.debug("nhrp error", f"NHRP: Error Indication: {describe.error_name(message.code)}, not authentic")
            return
        link.desk.report(
            "DMVPN",
            3,
            "DMVPN_NHRP_ERROR",
            f" {link.settings.interface}: Recieved wrong authentication string for  {describe.KINDS[message.kind]} , "
            f"Reason:  {describe.error_name(ErrorCode.AUTHENTICATION_FAILURE)} "
            f"on (Tunnel: {message.source} NBMA: {link.nbma})",
        )
        self._resolver.note_unknown(message.source, now)
        link.refuse(ErrorCode.AUTHENTICATION_FAILURE, data, message.source, path.remote, now)

    def _unconfigured(self, message: Message | Indication, path: Path, now: Instant) -> None:
        """Spoken to while we cannot speak; without a network id the log says so, at most once a minute."""
        self.link.desk.counters["not active"] += 1
        if self.settings.network_id is not None or not self.link.up:
            return
        if self._unconfigured_told is None or now - self._unconfigured_told >= _UNCONFIGURED_LOG_SPAN:
            self._unconfigured_told = now
            self._report_unconfigured(message.source, path.remote)

    def _report_unconfigured(self, tunnel: IPv4, nbma: IPv4) -> None:
        self.link.desk.report(
            "DMVPN",
            5,
            "NHRP_NETID_UNCONFIGURED",
            f" {self.settings.interface}: NETID : {self._network_was} Unconfigured (Tunnel: {tunnel} NBMA:  {nbma})",
        )

    def _report_socket(self, nbma: IPv4, state: str) -> None:
        self.link.desk.report(
            "DMVPN",
            5,
            "CRYPTO_SS",
            f" {self.settings.interface}: local address : {self.link.nbma} remote address : {nbma} socket is {state}",
        )

    def _move(self, renamed: bool, now: Instant) -> None:
        """Our own NBMA or tunnel address is about to change: what hangs on the old one goes."""
        if renamed:
            self._purge.withdraw_all(now)
            for address in list(self.client.registrations):
                self.client.leave(self.client.registrations.pop(address), now)
        self._remove_dynamic()
        self.link.release_all()

    def _go_quiet(self, now: Instant) -> None:
        """The tunnel cannot carry anything any more."""
        self.client.link_lost(now)
        self._resolver.forget_questions()
        self.redirect.silence()
        self._remove_dynamic()
        self.link.release_all()

    def _remove_dynamic(self) -> None:
        for entry in list(self.cache.remote.values()):
            if entry.type in (DYNAMIC, INCOMPLETE):
                self.cache.remove(entry)
        for entry in list(self.cache.local.values()):
            self.cache.remove_local(entry)

    def _leave_network(self, now: Instant) -> None:
        """Deregister, take back our answers, forget everybody."""
        self._purge.withdraw_all(now)
        for address in list(self.client.registrations):
            self.client.leave(self.client.registrations.pop(address), now)
        self._resolver.forget_questions()
        self.redirect.silence()
        for entry in list(self.cache.remote.values()):
            self.cache.remove(entry)
        for entry in list(self.cache.local.values()):
            self.cache.remove_local(entry)
        self.replication.silence()

    def _debug_received(self, message: Message | Indication, size: int, path: Path) -> None:
        kind, name = describe.KINDS[message.kind], path.interface
        self.link.trace("NHRP: Receive {} via {} vrf: global(0x0), packet size: {}", kind, name, size)
        self.link.trace_packet(message, size)
        self.link.trace("NHRP: Tunnels gave us pak src addr: {}", path.remote)


def _check_extensions(message: Message | Indication) -> None:
    """`Malformed` if an extension that should hold CIEs does not."""
    for extension in message.extensions:
        if extension.kind in (3, 4, 5, 9):
            extension.cies  # noqa: B018


def _registers_as(settings: NhrpSettings) -> tuple[object, ...]:
    """What a change of asks for registering again."""
    return (
        settings.address,
        settings.nbma,
        settings.network_id,
        settings.authentication,
        settings.holdtime_s,
        settings.registration_unique,
        settings.registration_timeout_s,
        settings.destination,
    )
