"""CREATE_CHILD_SA for the IKE SA itself, both ends (RFC 7296 sections 1.3.2, 2.8, 2.18, 2.25.2).

The new IKE SA takes over the children; whoever asked for it deletes the old one. When both ends ask at once, the new
one made with the lowest of the four nonces is redundant and deleted by whoever asked for it.
"""

from __future__ import annotations

from typing import Final

from iosh.base.time import SECOND, Instant
from iosh.proto.ike.established import close, ready
from iosh.proto.ike.exchange import Exchange, Received, error_of
from iosh.proto.ike.group import Agreed, BadPublicValue, Begun, agree, begin, finish, seed_size
from iosh.proto.ike.informational import DeleteChild, DeleteIke
from iosh.proto.ike.keys import ike_keys, skeyseed_of_rekey
from iosh.proto.ike.negotiate import Choice, choose, ike_wishes, offer, suite_wish
from iosh.proto.ike.sa import IkeSa, State
from iosh.wire.ikev2 import (
    CREATE_CHILD_SA,
    INVALID_KE_PAYLOAD,
    INVALID_SYNTAX,
    NO_PROPOSAL_CHOSEN,
    TEMPORARY_FAILURE,
    KeyExchange,
    Nonce,
    Notify,
    Payload,
    Proposal,
    SecurityAssociation,
)

_NONCE: Final = 32
_RETRY_S: Final = (5, 15)
_REKEYED: Final = 30 * SECOND  # how long the old one waits for the peer to delete it


class RekeyIke(Exchange):
    """We replace the IKE SA."""

    type = CREATE_CHILD_SA
    moves = False

    def __init__(self, sa: IkeSa) -> None:
        super().__init__(sa)
        assert sa.suite is not None
        self.suite = sa.suite
        self.nonce = sa.context.desk.rng.bytes(_NONCE)
        self.spi = sa.context.ike_spi()
        self.begun: Begun | None = None

    def begin(self, now: Instant) -> None:
        if not self.sa.is_ready:
            self.sa.skip(now)
            return
        context = self.sa.context
        seed = context.desk.rng.bytes(seed_size(self.suite.group))
        context.compute(begin, (self.suite.group, seed), self._begun)

    def _begun(self, begun: Begun, now: Instant) -> None:
        if self.sa.current is self:
            self.begun = begun
            self.sa.context.trace(self.sa, "Rekeying IKE SA")
            self.sa.send_request(self.build(), now)

    def build(self) -> tuple[Payload, ...]:
        assert self.begun is not None
        proposals = offer([suite_wish(self.suite)], self.spi.to_bytes(8, "big"))
        return (
            SecurityAssociation(proposals),
            Nonce(self.nonce),
            KeyExchange(self.begun.group, self.begun.public),
        )

    def process(self, message: Received, now: Instant) -> bool:
        error = error_of(message.payloads)
        exchange = next((one for one in message.payloads if isinstance(one, KeyExchange)), None)
        offered = _offered(message.payloads)
        choice = choose(offered, [suite_wish(self.suite)])
        if error is not None or choice is None or exchange is None or len(choice.proposal.spi) != 8:
            self._refused(error, now)
            return True
        nonce = next(one.data for one in message.payloads if isinstance(one, Nonce))
        self.sa.context.compute(
            finish, (self.begun, exchange.data), lambda result, at: self._finished(choice, nonce, result, at)
        )
        return False

    def _refused(self, error: Notify | None, now: Instant) -> None:
        sa = self.sa
        sa.context.trace_error(sa, f"IKE SA rekey failed: {error.name if error else 'unacceptable answer'}")
        if sa.rival is not None:
            _succeeded(sa, sa.rival[0], now)
        elif sa.is_ready:
            wait = sa.context.desk.rng.between(*_RETRY_S) * SECOND
            sa.context.desk.ring_at(("rekey", sa.own_spi), now + wait)

    def _finished(self, choice: Choice, nonce: bytes, shared: bytes | BadPublicValue, now: Instant) -> None:
        sa = self.sa
        if sa.current is not self:
            return
        if isinstance(shared, BadPublicValue):
            self._refused(None, now)
            sa.done(now)
            return
        peer_spi = int.from_bytes(choice.proposal.spi, "big")
        new = _successor(sa, True, peer_spi, self.spi, choice, shared, (self.nonce, nonce), now)
        rival, sa.rival = sa.rival, None
        if rival is not None and rival[0].is_ready and min(self.nonce, nonce) < rival[1]:
            sa.context.trace(sa, "IKE SA rekey collision lost, deleting the redundant SA")
            sa.hand_over(rival[0], now)
            sa.done(now)
            close(new, "Rekey collision", now)
            return
        sa.hand_over(new, now)
        sa.done(now)
        sa.state = State.DELETING
        sa.start(DeleteIke(sa, "Rekeyed"), now)


def respond(sa: IkeSa, message: Received, now: Instant) -> None:
    """The peer replaces the IKE SA."""
    exchange = next((one for one in message.payloads if isinstance(one, KeyExchange)), None)
    offered = _offered(message.payloads)
    if exchange is None or not offered or any(len(one.spi) != 8 for one in offered):
        sa.respond((Notify(INVALID_SYNTAX),))
        return
    busy = sa.current is not None and (sa.current.child is not None or _makes_child(sa))
    if not sa.is_ready or busy or isinstance(sa.current, DeleteIke | DeleteChild):
        sa.respond((Notify(TEMPORARY_FAILURE),))
        return
    assert sa.suite is not None
    wishes = [suite_wish(sa.suite), *ike_wishes(sa.context.settings, sa.local)]
    choice = choose(offered, wishes, exchange.group)
    if choice is None or choice.group is None:
        sa.respond((Notify(NO_PROPOSAL_CHOSEN),))
        return
    if choice.group != exchange.group:
        sa.respond((Notify(INVALID_KE_PAYLOAD, choice.group.to_bytes(2, "big")),))
        return
    nonce = next(one.data for one in message.payloads if isinstance(one, Nonce))
    seed = sa.context.desk.rng.bytes(seed_size(choice.group))
    sa.context.compute(
        agree,
        (choice.group, seed, exchange.data),
        lambda result, at: _answer(sa, choice, nonce, result, at),
    )


def _answer(sa: IkeSa, choice: Choice, nonce_i: bytes, result: Agreed | BadPublicValue, now: Instant) -> None:
    if sa.state is State.GONE:
        return
    if isinstance(result, BadPublicValue) or choice.group is None:
        sa.respond((Notify(INVALID_SYNTAX),))
        return
    nonce_r = sa.context.desk.rng.bytes(_NONCE)
    spi = sa.context.ike_spi()
    answer = choice.proposal._replace(spi=spi.to_bytes(8, "big"))
    sa.respond((SecurityAssociation((answer,)), Nonce(nonce_r), KeyExchange(choice.group, result.public)))
    if not sa.is_ready:
        return
    peer_spi = int.from_bytes(choice.proposal.spi, "big")
    new = _successor(sa, False, peer_spi, spi, choice, result.shared, (nonce_i, nonce_r), now)
    if isinstance(sa.current, RekeyIke):
        sa.rival = new, min(nonce_i, nonce_r)
    else:
        _succeeded(sa, new, now)


def _succeeded(sa: IkeSa, new: IkeSa, now: Instant) -> None:
    """The peer's replacement takes over; the peer is to delete this one."""
    sa.hand_over(new, now)
    sa.state = State.REKEYED
    sa.context.desk.ring_at(("expire", sa.own_spi), now + _REKEYED)


def _makes_child(sa: IkeSa) -> bool:
    return sa.current is not None and sa.current.type == CREATE_CHILD_SA and not isinstance(sa.current, RekeyIke)


def _successor(
    sa: IkeSa, initiator: bool, peer_spi: int, own_spi: int, choice: Choice, shared: bytes,
    nonces: tuple[bytes, bytes], now: Instant,
) -> IkeSa:  # fmt: skip
    """The new IKE SA with its keys; it inherits everything but children and counters."""
    assert sa.suite is not None and sa.keys is not None
    where = (sa.local, sa.local_port), (sa.remote, sa.remote_port)
    new = IkeSa(sa.context, initiator, *where, peer_spi, now, own_spi)
    new.session_id = sa.session_id
    new.gate, new.profile = sa.gate, sa.profile
    new.local_identity, new.remote_identity = sa.local_identity, sa.remote_identity
    new.nat, new.can_fragment = sa.nat, sa.can_fragment
    new.ni, new.nr = nonces
    suite = choice.ike_suite
    together = new.ni + new.nr
    seed = skeyseed_of_rekey(sa.suite.prf, sa.keys.d, shared, together)
    new.set_keys(suite, ike_keys(suite, seed, together, new.spi_i, new.spi_r))
    sa.context.sas[own_spi] = new
    if sa.session is not None:
        sa.session.add(new)
    ready(new, now)
    return new


def _offered(payloads: tuple[Payload, ...]) -> tuple[Proposal, ...]:
    return next((one.proposals for one in payloads if isinstance(one, SecurityAssociation)), ())
