"""CREATE_CHILD_SA for CHILD SAs, both ends: a new one, or one in place of another.

RFC 7296 sections 1.3.1, 1.3.3, 2.8 and 2.25.1.

When both ends replace the same CHILD SA at once, both replacements stand for a moment; the one made with the lowest of
the four nonces is redundant and deleted by whoever asked for it, the other's asker deletes the old one.
"""

from __future__ import annotations

from typing import Final

from iosh.base.time import SECOND, Instant
from iosh.proto.ike import child as children
from iosh.proto.ike.child import ChildSa, ChildState, Refusal, Terms
from iosh.proto.ike.established import childless
from iosh.proto.ike.exchange import Exchange, Received, error_of, notify_of
from iosh.proto.ike.group import Agreed, BadPublicValue, Begun, agree, begin, finish, seed_size
from iosh.proto.ike.informational import DeleteChild, DeleteIke
from iosh.proto.ike.rekey_ike import RekeyIke
from iosh.proto.ike.sa import IkeSa, State
from iosh.proto.ike.session import Session
from iosh.wire.ikev2 import (
    CHILD_SA_NOT_FOUND,
    CREATE_CHILD_SA,
    INVALID_KE_PAYLOAD,
    INVALID_SYNTAX,
    NO_ADDITIONAL_SAS,
    PROTOCOL_ESP,
    REKEY_SA,
    TEMPORARY_FAILURE,
    KeyExchange,
    Nonce,
    Notify,
    Payload,
    TrafficSelectors,
)

_NONCE: Final = 32
_RETRY_S: Final = (5, 15)  # after TEMPORARY_FAILURE
_SWITCH: Final = 2 * SECOND  # the answerer sends on the new SA after so long, if the old one is not deleted before


class CreateChild(Exchange):
    """We ask for a CHILD SA, in place of `old` if there is one."""

    type = CREATE_CHILD_SA

    def __init__(self, sa: IkeSa, session: Session, old: ChildSa | None) -> None:
        super().__init__(sa)
        assert sa.gate is not None
        self.session = session
        self.gate = sa.gate
        self.child = old
        self.group = old.terms.group if old is not None and old.terms.group else self.gate.pfs_group
        self.spi = sa.context.esp_spi()
        self.nonce = sa.context.desk.rng.bytes(_NONCE)
        self.begun: Begun | None = None
        if old is not None:
            old.rekeying = self
            old.state = ChildState.REKEYING

    def begin(self, now: Instant) -> None:
        if self.child is not None and self.child.state is ChildState.GONE:
            self.sa.skip(now)
            return
        if self.group is None:
            self.sa.send_request(self.build(), now)
            return
        context = self.sa.context
        context.compute(begin, (self.group, context.desk.rng.bytes(seed_size(self.group))), self._begun)

    def _begun(self, begun: Begun, now: Instant) -> None:
        if self.sa.current is self:
            self.begun = begun
            self.sa.send_request(self.build(), now)

    def build(self) -> tuple[Payload, ...]:
        offered, rest = children.ask(self.sa, self.gate, self.spi, self._groups())
        payloads: list[Payload] = []
        if self.child is not None:
            spi = self.child.inbound_spi.to_bytes(4, "big")
            payloads.append(Notify(REKEY_SA, b"", PROTOCOL_ESP, spi))
        payloads += [offered, Nonce(self.nonce)]
        if self.begun is not None:
            payloads.append(KeyExchange(self.begun.group, self.begun.public))
        return (*payloads, *rest)

    def process(self, message: Received, now: Instant) -> bool:
        error = error_of(message.payloads)
        if error is not None:
            return self._refused(error, now)
        terms = children.confirm(self.sa, self.gate, message.payloads, self._groups())
        exchange = next((one for one in message.payloads if isinstance(one, KeyExchange)), None)
        if isinstance(terms, Refusal) or (exchange.group if exchange else None) != self.group:
            self._failed(terms.reason if isinstance(terms, Refusal) else "The peer's KE payload is missing", now)
            return True
        nonce = next(one.data for one in message.payloads if isinstance(one, Nonce))
        if exchange is None:
            self._made(terms, nonce, b"", now)
            return True
        self.sa.context.compute(
            finish, (self.begun, exchange.data), lambda result, at: self._finished(terms, nonce, result, at)
        )
        return False

    def abandon(self, reason: str, now: Instant) -> None:
        self._let_go()

    def _finished(self, terms: Terms, nonce: bytes, shared: bytes | BadPublicValue, now: Instant) -> None:
        if self.sa.current is not self:
            return
        if isinstance(shared, BadPublicValue):
            self._failed("The peer's public value is not in the group", now)
        else:
            self._made(terms, nonce, shared, now)
        if self.sa.current is self:
            self.sa.done(now)

    def _made(self, terms: Terms, nonce: bytes, shared: bytes, now: Instant) -> None:
        """The new CHILD SA stands; see what is to be deleted."""
        sa, old = self.sa, self.child
        new = children.establish(
            sa, self.session, self.gate, terms, self.spi, True, shared, self.nonce + nonce, True, now
        )
        self._let_go()
        if old is None or old.state is ChildState.GONE:
            return
        rival, old.rival = old.rival, None
        if rival is not None and rival[0].state is not ChildState.GONE and min(self.nonce, nonce) < rival[1]:
            sa.context.trace(sa, "IPsec SA rekey collision lost, deleting the redundant SA")
            self.session.use(rival[0])
            sa.start(DeleteChild(sa, new, "Rekey collision"), now)
        else:
            sa.start(DeleteChild(sa, old, "Rekeyed"), now)

    def _refused(self, error: Notify, now: Instant) -> bool:
        sa, old = self.sa, self.child
        sa.context.trace_error(sa, f"Received error notify {error.name}")
        self._let_go()
        if error.type == CHILD_SA_NOT_FOUND and old is not None:
            old.remove("The peer does not know the IPsec SA", now)
        elif error.type in (TEMPORARY_FAILURE, NO_ADDITIONAL_SAS) and old is not None:
            wait = sa.context.desk.rng.between(*_RETRY_S) * SECOND
            sa.context.desk.ring_at(("child-retry", old.inbound_spi), now + wait)
        else:
            self._failed(f"Received error notify {error.name}", now)
        return True

    def _failed(self, reason: str, now: Instant) -> None:
        self._let_go()
        childless(self.sa, reason, now)

    def _let_go(self) -> None:
        if self.child is not None:
            self.child.rekeying = None
            if self.child.state is ChildState.REKEYING:
                self.child.state = ChildState.STANDING

    def _groups(self) -> tuple[int, ...]:
        return (self.group,) if self.group is not None else ()


def respond(sa: IkeSa, message: Received, now: Instant) -> None:
    """A peer asks for a CHILD SA."""
    payloads = message.payloads
    if len([one for one in payloads if isinstance(one, TrafficSelectors)]) != 2:
        sa.respond((Notify(INVALID_SYNTAX),))
        return
    if sa.gate is None or sa.session is None or not sa.is_ready or isinstance(sa.current, RekeyIke | DeleteIke):
        sa.respond((Notify(TEMPORARY_FAILURE),))
        return
    rekey = notify_of(payloads, REKEY_SA)
    old: ChildSa | None = None
    if rekey is not None:
        spi = int.from_bytes(rekey.spi, "big")
        old = next((one for one in sa.children.values() if one.outbound_spi == spi), None)
        if old is None:
            sa.respond((Notify(CHILD_SA_NOT_FOUND, b"", PROTOCOL_ESP, rekey.spi),))
            return
        if old.state is ChildState.DELETING:
            sa.respond((Notify(TEMPORARY_FAILURE),))
            return
    exchange = next((one for one in payloads if isinstance(one, KeyExchange)), None)
    terms = children.consider(sa, sa.gate, payloads, True, exchange.group if exchange else None)
    if isinstance(terms, Refusal):
        sa.context.trace_error(sa, terms.reason)
        sa.respond((terms.notify,))
        sa.wait_for_child(now)
        return
    _answer(sa, sa.session, terms, exchange, old, payloads, now)


def _answer(
    sa: IkeSa, session: Session, terms: Terms, exchange: KeyExchange | None, old: ChildSa | None,
    payloads: tuple[Payload, ...], now: Instant,
) -> None:  # fmt: skip
    nonce_i = next(one.data for one in payloads if isinstance(one, Nonce))
    if terms.group is not None and (exchange is None or exchange.group != terms.group):
        sa.respond((Notify(INVALID_KE_PAYLOAD, terms.group.to_bytes(2, "big")),))
        return
    if terms.group is None or exchange is None:
        _made(sa, session, terms, None, old, nonce_i, now)
        return
    seed = sa.context.desk.rng.bytes(seed_size(terms.group))

    def computed(result: Agreed | BadPublicValue, at: Instant) -> None:
        if sa.state is State.GONE:
            return
        if isinstance(result, BadPublicValue):
            sa.respond((Notify(INVALID_SYNTAX),))
        else:
            _made(sa, session, terms, result, old, nonce_i, at)

    sa.context.compute(agree, (terms.group, seed, exchange.data), computed)


def _made(
    sa: IkeSa, session: Session, terms: Terms, agreed: Agreed | None, old: ChildSa | None, nonce_i: bytes, now: Instant
) -> None:
    """Answer, install, and send on the old one until the peer deletes it or a moment has passed."""
    assert sa.gate is not None
    nonce_r = sa.context.desk.rng.bytes(_NONCE)
    spi = sa.context.esp_spi()
    payloads: list[Payload] = [children.answer_proposal(terms, spi), Nonce(nonce_r)]
    if agreed is not None and terms.group is not None:
        payloads.append(KeyExchange(terms.group, agreed.public))
    sa.respond((*payloads, *children.agreed(sa, terms)))
    if not sa.is_ready:
        return
    shared = agreed.shared if agreed is not None else b""
    new = children.establish(sa, session, sa.gate, terms, spi, False, shared, nonce_i + nonce_r, old is None, now)
    if old is not None:
        if old.rekeying is not None:
            old.rival = new, min(nonce_i, nonce_r)
        sa.context.desk.no_ring(("child-soft", old.inbound_spi))
        sa.context.desk.ring_at(("child-use", spi), now + _SWITCH)
