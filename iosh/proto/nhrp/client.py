"""Registering with next hop servers (RFC 2332 sections 5.2.3, 5.2.4).

An unanswered request is repeated after 1, 2, 4 … 64 seconds (less up to a fifth, by dice) under the same request id;
after three the server is down. An answered one is renewed after a third of the hold time, or the registration timeout.
A refused one (code 14 while another NBMA address holds our unique entry, code 4) is tried again like an unanswered one.
Under protection nothing is sent before the socket stands; while it does not, the wish for it is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from iosh.base.addr import IPv4
from iosh.base.time import SECOND, Instant
from iosh.proto.nhrp import describe
from iosh.proto.nhrp.cache import Cache
from iosh.proto.nhrp.effects import Fallback
from iosh.proto.nhrp.link import Link
from iosh.proto.nhrp.settings import NhsSettings
from iosh.wire.nhrp import Cie, Code, Extension, ExtensionKind, Flag, Kind, Message, cie_extension

LONGEST_WAIT_S = 64
_DOWN_AFTER = 3  # unanswered requests


class DownReason:
    """IOS's words for why a server or client is down; a refusal is told in the words of its code."""

    EXTERNAL = "External"  # the crypto socket went
    UNANSWERED = "NHRP Registration Failure"


@dataclass(slots=True)
class Registration:
    """Where we stand with one next hop server."""

    nhs: NhsSettings
    since: Instant  # of the present state, up or not
    up: bool = False
    told: bool = False  # the present state is in the log
    pending: int | None = None  # request id awaiting its answer
    wait_s: int = 0  # the present interval of repetition: IOS's `Ret`
    unanswered: int = 0
    sent: int = 0
    failed: int = 0
    replies: int = 0
    last_reply: Instant | None = None
    current_id: int = 0
    acknowledged_id: int = 0


class Server(NamedTuple):
    """A next hop server that answers."""

    address: IPv4
    nbma: IPv4


class Client:
    """All registrations of one tunnel."""

    def __init__(self, link: Link, cache: Cache) -> None:
        self._link = link
        self._cache = cache
        self.registrations: dict[IPv4, Registration] = {}
        self.public_nbma: IPv4 | None = None  # what NAT makes of our NBMA address, as a server sees it
        self._fallback: IPv4 | None = None

    # --- asking ------------------------------------------------------------------------------------------------------

    def nbma_of(self, nhs: NhsSettings) -> IPv4 | None:
        """Where a server is: its own line, the tunnel's destination, or a static map tells."""
        return nhs.nbma or self._cache.nbma_of(nhs.address)

    def best(self) -> Server | None:
        """The server to turn to: of those that answer the one of the best priority, as configured among equals."""
        answering = [registration.nhs for registration in self.registrations.values() if registration.up]
        for nhs in sorted(answering, key=lambda nhs: (nhs.cluster, nhs.priority)):
            nbma = self.nbma_of(nhs)
            if nbma is not None:
                return Server(nhs.address, nbma)
        return None

    def is_server(self, nbma: IPv4) -> bool:
        """Is this NBMA address one of our servers?"""
        return any(self.nbma_of(registration.nhs) == nbma for registration in self.registrations.values())

    # --- what happened -----------------------------------------------------------------------------------------------

    def settle(self, now: Instant, again: bool) -> None:
        """Register with the configured servers: `again` with all, else only with what is new."""
        wanted = {nhs.address: nhs for nhs in self._link.settings.nhs}
        for address in [address for address in self.registrations if address not in wanted]:
            self.leave(self.registrations.pop(address), now)
        for address, nhs in wanted.items():
            registration = self.registrations.get(address)
            if registration is not None and registration.nhs.nbma != nhs.nbma:
                self.leave(registration, now)
                registration = None
            if registration is None:
                registration = self.registrations[address] = Registration(nhs, now)
            elif registration.nhs == nhs and not again:
                continue
            registration.nhs = nhs
            self.start(registration, now)

    def start(self, registration: Registration, now: Instant) -> None:
        """A fresh request, at once."""
        registration.pending = None
        registration.wait_s = registration.unanswered = 0
        self._attempt(registration, now)

    def woken(self, address: IPv4, now: Instant) -> None:
        """A request went unanswered, or is to be renewed."""
        registration = self.registrations.get(address)
        if registration is None:
            return
        if registration.pending is not None:
            registration.unanswered += 1
            if registration.unanswered == _DOWN_AFTER:
                self._down(registration, DownReason.UNANSWERED, now)
        self._attempt(registration, now)

    def replied(self, message: Message, nbma: IPv4, now: Instant) -> bool:
        """A registration reply came; False if it answers nothing we asked, or not from where we asked."""
        for registration in self.registrations.values():
            if registration.pending == message.request_id and self.nbma_of(registration.nhs) == nbma:
                break
        else:
            return False
        registration.pending = None
        registration.last_reply = now
        registration.replies += 1
        code = next((cie.code for cie in message.cies if cie.code != Code.SUCCESS), Code.SUCCESS)
        if code != Code.SUCCESS:
            self._refused(registration, code, now)
            return True
        registration.acknowledged_id = message.request_id
        registration.wait_s = registration.unanswered = 0
        self._learn_public(message.extension(ExtensionKind.NAT))
        self._up(registration, now)
        settings = self._link.settings
        renewal_s = settings.registration_timeout_s or max(1, settings.holdtime_s // 3)
        self._link.desk.ring_at(("registration", registration.nhs.address), now + renewal_s * SECOND)
        return True

    def socket_opened(self, nbma: IPv4, now: Instant) -> None:
        """Register at once with the servers at this address."""
        for registration in self.registrations.values():
            if self.nbma_of(registration.nhs) == nbma:
                self.start(registration, now)

    def socket_closed(self, nbma: IPv4, now: Instant) -> None:
        """The servers at this address are out of reach; ask for the socket again."""
        for registration in self.registrations.values():
            if self.nbma_of(registration.nhs) == nbma:
                if registration.up:
                    self._down(registration, DownReason.EXTERNAL, now)
                registration.pending = None
                registration.wait_s = registration.unanswered = 0
                self._schedule(registration, now)

    def link_lost(self, now: Instant) -> None:
        """The tunnel went down: nothing can be sent."""
        for registration in self.registrations.values():
            self._link.desk.no_ring(("registration", registration.nhs.address))
            registration.pending = None
            if registration.up:
                self._down(registration, DownReason.EXTERNAL, now)

    def leave(self, registration: Registration, now: Instant) -> None:
        """Deregister: a purge of our own address under the registration's id, which Cisco insists on."""
        self._link.desk.no_ring(("registration", registration.nhs.address))
        nbma = self.nbma_of(registration.nhs)
        if registration.up and nbma is not None and self._link.active:
            own = self._link.address
            ids = registration.acknowledged_id
            cies = (Cie(prefix=32, mtu=self._link.settings.mtu, protocol=own),)
            goodbye = Message(
                Kind.PURGE_REQUEST, Flag.NO_REPLY, ids, self._link.nbma, own, registration.nhs.address, cies
            )
            self._link.send(goodbye, nbma, now)
        registration.up = False
        self._tell_fallback()

    # --- doing -------------------------------------------------------------------------------------------------------

    def _attempt(self, registration: Registration, now: Instant) -> None:
        if not self._link.active:
            return
        nbma = self.nbma_of(registration.nhs)
        if nbma is None:
            registration.failed += 1
            self._link.desk.debug("nhrp error", f"NHRP: No NBMA address for NHS {registration.nhs.address}")
        elif not self._link.ready(nbma):
            self._link.want(nbma)
        else:
            self._send(registration, nbma, now)
        self._schedule(registration, now)

    def _schedule(self, registration: Registration, now: Instant) -> None:
        registration.wait_s = min(LONGEST_WAIT_S, registration.wait_s * 2 or 1)
        wait = registration.wait_s * SECOND * (800 + self._link.desk.rng.below(201)) // 1000
        self._link.desk.ring_at(("registration", registration.nhs.address), now + wait)

    def _send(self, registration: Registration, nbma: IPv4, now: Instant) -> None:
        settings, address = self._link.settings, registration.nhs.address
        if registration.pending is None:
            registration.pending = registration.current_id = self._link.ids.next()
        dialled = Cie(prefix=32, mtu=settings.mtu, nbma=nbma, protocol=address)
        request = Message(
            Kind.REGISTRATION_REQUEST,
            Flag.NAT | (Flag.UNIQUE if settings.registration_unique else 0),
            registration.pending,
            self._link.nbma,
            self._link.address,
            address,
            (Cie(prefix=32, mtu=settings.mtu, holding_s=settings.holdtime_s),),
            (
                Extension(ExtensionKind.RESPONDER),
                *self._link.records(),
                cie_extension(ExtensionKind.NAT, [dialled]),
            ),
        )
        if self._link.send(request, nbma, now):
            registration.sent += 1
        else:
            registration.failed += 1

    def _learn_public(self, nat: Extension | None) -> None:
        seen = [cie.nbma for cie in nat.cies[1:] if cie.protocol == self._link.address] if nat else []
        self.public_nbma = seen[-1] if seen and seen[-1] != self._link.nbma else None

    def _refused(self, registration: Registration, code: int, now: Instant) -> None:
        registration.failed += 1
        name = describe.code_name(code)
        self._link.desk.report("NHRP", 3, "PAKREPLY", f"Receive Registration Reply packet with error - {name}")
        self._down(registration, describe.code_words(code), now)

    def _up(self, registration: Registration, now: Instant) -> None:
        if registration.up:
            return
        registration.up = registration.told = True
        registration.since = now
        self._report(registration, "NHS_UP", "", "is  UP")
        self._tell_fallback()

    def _down(self, registration: Registration, reason: str, now: Instant) -> None:
        if registration.up:
            registration.since = now
        elif registration.told:
            return
        registration.up, registration.told = False, True
        self._report(registration, "NHS_DOWN", " ", f"is DOWN, Reason: {reason}(NHRP: no error)")
        self._tell_fallback()

    def _tell_fallback(self) -> None:
        best = self.best()
        address = None if best is None else best.address
        if address != self._fallback:
            self._fallback = address
            self._link.desk.put(Fallback(self._link.settings.interface, address))

    def _report(self, registration: Registration, mnemonic: str, gap: str, ending: str) -> None:
        link = self._link
        nbma = self.nbma_of(registration.nhs)
        link.desk.report(
            "DMVPN",
            5,
            f"NHRP_{mnemonic}",
            f"{link.settings.interface}: Next Hop Server : (Tunnel: {registration.nhs.address} NBMA: {nbma}{gap}) "
            f"for (Tunnel: {link.address} NBMA: {link.nbma}) {ending}",
        )
