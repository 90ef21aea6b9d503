"""IKE_SA_INIT, both ends (RFC 7296 sections 1.2, 2.6, 2.7, 2.10, 2.14).

The initiator comes back with the cookie it is given, and with another group when its guess was wrong. The responder
keeps nothing until proposal, group and (under load) cookie are in order.
"""

from __future__ import annotations

from typing import Final

from iosh.base.addr import IPv4
from iosh.base.time import SECOND, Instant
from iosh.proto.ike import natt
from iosh.proto.ike.auth import Auth
from iosh.proto.ike.context import Context
from iosh.proto.ike.exchange import Exchange, Received, error_of, notify_of
from iosh.proto.ike.group import NAMES, Agreed, BadPublicValue, Begun, agree, begin, finish, seed_size
from iosh.proto.ike.keys import ike_keys, skeyseed
from iosh.proto.ike.negotiate import Choice, choose, ike_wishes, offer, policy_for
from iosh.proto.ike.report import aborted
from iosh.proto.ike.sa import IkeSa, State
from iosh.proto.machine import Path, SendDatagram
from iosh.wire.ikev2 import (
    COOKIE,
    DH,
    FRAGMENTATION_SUPPORTED,
    IKE_SA_INIT,
    INVALID_KE_PAYLOAD,
    NO_PROPOSAL_CHOSEN,
    KeyExchange,
    Message,
    Nonce,
    Notify,
    Payload,
    Proposal,
    SecurityAssociation,
)
from iosh.wire.isakmp import FLAG_RESPONSE, NAT_PORT, NON_ESP_MARKER, VERSION_2, Header

HALF_OPEN: Final = 30 * SECOND  # how long a peer that never authenticates is kept
MOST_HALF_OPEN: Final = 4096
_MOST_TRIES: Final = 5  # cookies and other groups
_NONCE: Final = 32


class Init(Exchange):
    """We begin an IKE SA."""

    type = IKE_SA_INIT

    def __init__(self, sa: IkeSa) -> None:
        super().__init__(sa)
        self.wishes = ike_wishes(sa.context.settings, sa.local)
        self.groups = list(dict.fromkeys(one.id for wish in self.wishes for one in dict(wish.transforms)[DH]))
        self.group = self.groups[0]
        self.begun: Begun | None = None
        self.cookie: Notify | None = None
        self.tries = 0
        sa.ni = sa.context.desk.rng.bytes(_NONCE)

    def begin(self, now: Instant) -> None:
        context = self.sa.context
        name = f"DH_GROUP_{NAMES[self.group]}/Group {self.group}"
        context.trace(self.sa, f"[IKEv2 -> Crypto Engine] Computing DH public key, {name}")
        seed = context.desk.rng.bytes(seed_size(self.group))
        context.compute(begin, (self.group, seed), self._begun)

    def _begun(self, begun: Begun, now: Instant) -> None:
        if self.sa.current is self:
            self.begun = begun
            self.sa.context.trace(self.sa, "(Crypto Engine -> IKEv2) DH key Computation PASSED")
            self.sa.context.trace(self.sa, "Generating IKE_SA_INIT message")
            self.sa.context.desk.counters["IKE SA requests sent"] += 1
            self.sa.send_request(self.build(), now)

    def build(self) -> tuple[Payload, ...]:
        sa = self.sa
        assert self.begun is not None
        payloads: list[Payload] = [self.cookie] if self.cookie else []
        payloads += [
            SecurityAssociation(offer(self.wishes, b"")),
            KeyExchange(self.group, self.begun.public),
            Nonce(sa.ni),
            *natt.announce(sa.spi_i, 0, _whereabouts(sa), (sa.remote, sa.remote_port)),
        ]
        if sa.context.settings.fragmentation_mtu is not None:
            payloads.append(Notify(FRAGMENTATION_SUPPORTED))
        return tuple(payloads)

    def process(self, message: Received, now: Instant) -> bool:
        sa, payloads = self.sa, message.payloads
        cookie, error = notify_of(payloads, COOKIE), error_of(payloads)
        if cookie is not None or error is not None:
            if not self._try_again(cookie, error, now):
                sa.context.desk.counters["IKE SA requests refused by the peer"] += 1
                name = error.name if error is not None else "COOKIE"
                aborted(sa, f"Received error notify {name}", now)
            return False
        choice = choose(_offered(payloads), self.wishes)
        exchange = next(one for one in payloads if isinstance(one, KeyExchange))
        right_group = choice is not None and exchange.group == choice.group == self.group
        if choice is None or len(_offered(payloads)) != 1 or not right_group:
            aborted(sa, "The peer chose a proposal that was not offered", now)
            return False
        sa.peer_spi = message.header.responder_spi
        sa.nr = next(one.data for one in payloads if isinstance(one, Nonce))
        sa.first_received = message.raw
        _learn(sa, payloads)
        sa.context.trace(sa, "Processing IKE_SA_INIT message")
        sa.context.compute(finish, (self.begun, exchange.data), lambda result, at: self._agreed(choice, result, at))
        return False

    def _try_again(self, cookie: Notify | None, error: Notify | None, now: Instant) -> bool:
        """The same request with the cookie, or with another group; False if that leads nowhere."""
        self.tries += 1
        if self.tries > _MOST_TRIES:
            return False
        if cookie is not None:
            if not 1 <= len(cookie.data) <= 64:
                return False
            self.cookie = cookie
            self.sa.send_request(self.build(), now)
            return True
        if error is None or error.type != INVALID_KE_PAYLOAD or len(error.data) != 2:
            return False
        group = int.from_bytes(error.data, "big")
        if group not in self.groups or group == self.group:
            return False
        self.group = group
        self.begin(now)
        return True

    def _agreed(self, choice: Choice, shared: bytes | BadPublicValue, now: Instant) -> None:
        sa = self.sa
        if sa.current is not self:
            return
        if isinstance(shared, BadPublicValue):
            aborted(sa, "The peer's public value is not in the group", now)
            return
        _keyed(sa, choice, shared)
        if sa.nat:
            sa.context.trace(sa, "NAT detected, moving to port 4500")
            sa.local_port = sa.remote_port = NAT_PORT
        sa.context.desk.counters["IKE SA requests accepted by the peer"] += 1
        sa.state = State.AUTH
        sa.queue.appendleft(Auth(sa))
        sa.done(now)


def respond(context: Context, message: Received, path: Path, now: Instant) -> None:
    """A peer begins an IKE SA."""
    header, payloads = message.header, message.payloads
    nonce = next(one.data for one in payloads if isinstance(one, Nonce))
    context.desk.counters["IKE SA requests received"] += 1
    if not _admitted(context, message, nonce, path, now):
        return
    exchange = next(one for one in payloads if isinstance(one, KeyExchange))
    wishes = ike_wishes(context.settings, path.local)
    context.trace(None, f"Searching Policy with fvrf 0, local address {path.local}")
    context.trace(None, f"Found Policy '{policy_for(context.settings, path.local).name}'")
    choice = choose(_offered(payloads), wishes, exchange.group)
    if choice is None or choice.group is None:
        context.desk.counters["no IKE proposal chosen"] += 1
        context.trace_error(None, "Received Policies do not match: Failed to find a matching policy")
        text = "Negotiation aborted due to ERROR: Failed to find a matching policy"
        context.desk.report("IKEV2", 3, "NEG_ABORT", text)
        reply_plain(context, header, (Notify(NO_PROPOSAL_CHOSEN),), path)
        return
    if choice.group != exchange.group:
        context.desk.counters["another DH group wanted"] += 1
        context.trace_error(None, "The peer's KE payload contained the wrong DH group")
        reply_plain(context, header, (Notify(INVALID_KE_PAYLOAD, choice.group.to_bytes(2, "big")),), path)
        return
    sa = IkeSa(
        context,
        False,
        (path.local, path.local_port),
        (path.remote, path.remote_port),
        header.initiator_spi,
        now,
    )
    context.desk.counters["IKE SA requests accepted"] += 1
    sa.session_id = context.session_number()
    context.sas[sa.own_spi] = sa
    context.half_open[path.remote, header.initiator_spi] = sa.own_spi
    context.desk.ring_at(("half-open", sa.own_spi), now + HALF_OPEN)
    sa.asks(message)
    sa.ni, sa.nr = nonce, context.desk.rng.bytes(_NONCE)
    sa.first_received = message.raw
    _learn(sa, payloads)
    seed = context.desk.rng.bytes(seed_size(choice.group))
    context.compute(agree, (choice.group, seed, exchange.data), lambda result, at: _answer(sa, choice, result, at))


def _answer(sa: IkeSa, choice: Choice, result: Agreed | BadPublicValue, now: Instant) -> None:
    if sa.state is not State.INIT:
        return
    if isinstance(result, BadPublicValue):
        aborted(sa, "The peer's public value is not in the group", now)
        return
    group = choice.group
    assert group is not None
    payloads: list[Payload] = [
        SecurityAssociation((choice.proposal._replace(spi=b""),)),
        KeyExchange(group, result.public),
        Nonce(sa.nr),
        *natt.announce(sa.spi_i, sa.spi_r, _whereabouts(sa), (sa.remote, sa.remote_port)),
    ]
    if sa.can_fragment:
        payloads.append(Notify(FRAGMENTATION_SUPPORTED))
    sa.context.trace(sa, "Generating IKE_SA_INIT message")
    sa.respond(tuple(payloads))
    _keyed(sa, choice, result.shared)
    sa.state = State.AUTH


def _admitted(context: Context, message: Received, nonce: bytes, path: Path, now: Instant) -> bool:
    """Are we willing to remember this peer? Under load only with a cookie, at the limit not at all."""
    wanted, spi = context.settings, message.header.initiator_spi
    limit = min(wanted.limit_max_in_negotiation_sa or MOST_HALF_OPEN, MOST_HALF_OPEN)
    if len(context.half_open) >= limit or (wanted.limit_max_sa and len(context.sas) >= wanted.limit_max_sa):
        context.desk.counters["half-open limit"] += 1
        context.trace_error(None, "Maximum number of SAs in negotiation reached, request dropped")
        return False
    if wanted.cookie_challenge is None or len(context.half_open) < wanted.cookie_challenge:
        return True
    cookie = notify_of(message.payloads, COOKIE)
    where = path.remote, path.remote_port, spi, now
    if cookie is not None and context.cookies.check(cookie.data, nonce, *where):
        context.desk.counters["cookies accepted"] += 1
        return True
    context.desk.counters["no cookie" if cookie is None else "wrong cookies"] += 1
    context.desk.counters["cookies asked for"] += 1
    context.trace(None, "Sending COOKIE challenge")
    reply_plain(context, message.header, (Notify(COOKIE, context.cookies.make(nonce, *where)),), path)
    return False


def reply_plain(context: Context, asked: Header, payloads: tuple[Payload, ...], path: Path) -> None:
    """An answer in the clear for which nothing is remembered; the SPIs are the asker's."""
    header = Header(asked.initiator_spi, asked.responder_spi, 0, VERSION_2, asked.exchange, 0, asked.message_id, 0)
    flags = FLAG_RESPONSE | (0 if asked.from_initiator else 0x08)
    marker = NON_ESP_MARKER if path.local_port == NAT_PORT else b""
    datagram = marker + Message(header._replace(flags=flags), payloads).encode()
    context.desk.counters["messages sent"] += 1
    context.desk.put(SendDatagram(path.local, path.remote, path.local_port, path.remote_port, datagram, path.vrf))


def _whereabouts(sa: IkeSa) -> tuple[IPv4, int]:
    forced = sa.context.settings.forces_encapsulation(sa.local)
    return natt.NOWHERE if forced else (sa.local, sa.local_port)


def _offered(payloads: tuple[Payload, ...]) -> tuple[Proposal, ...]:
    return next(one.proposals for one in payloads if isinstance(one, SecurityAssociation))


def _learn(sa: IkeSa, payloads: tuple[Payload, ...]) -> None:
    """What the peer's notifies say of NAT and fragmentation. SPIs are as in the message that carried them."""
    spi_r = sa.spi_r if sa.initiator else 0
    where = (sa.local, sa.local_port), (sa.remote, sa.remote_port)
    found = natt.detect(payloads, sa.spi_i, spi_r, *where)
    if found is not None:
        sa.nat = found._replace(local=found.local or sa.context.settings.forces_encapsulation(sa.local))
        sa.context.trace(sa, "NAT OUTSIDE found" if sa.nat else "NAT not found")
    ours = sa.context.settings.fragmentation_mtu is not None
    sa.can_fragment = ours and notify_of(payloads, FRAGMENTATION_SUPPORTED) is not None


def _keyed(sa: IkeSa, choice: Choice, shared: bytes) -> None:
    suite = choice.ike_suite
    nonces = sa.ni + sa.nr
    sa.set_keys(suite, ike_keys(suite, skeyseed(suite.prf, shared, nonces), nonces, sa.spi_i, sa.spi_r))
    sa.context.trace(sa, "SKEYSEED calculation and creation of rekeyed SA PASSED")
