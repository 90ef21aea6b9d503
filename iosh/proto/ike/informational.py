"""INFORMATIONAL, both ends: delete, liveness, complaints (RFC 7296 sections 1.4, 1.5, 2.21, 2.25).

A peer's request is always answered at once. Deleting a CHILD SA answers with its other half, unless that is being
deleted from here too.
"""

from __future__ import annotations

from iosh.base.time import Instant
from iosh.proto.ike.child import ChildSa, ChildState
from iosh.proto.ike.exchange import Exchange, Received, error_of
from iosh.proto.ike.report import aborted
from iosh.proto.ike.sa import IkeSa
from iosh.wire.ikev2 import (
    AUTHENTICATION_FAILED,
    INFORMATIONAL,
    INVALID_SPI,
    INVALID_SYNTAX,
    PROTOCOL_ESP,
    PROTOCOL_IKE,
    Delete,
    Notify,
    Payload,
)

DELETED = "Deleted by peer"
_DELETE_WAITS_S = (2, 4, 8)
_FATAL = (AUTHENTICATION_FAILED, INVALID_SYNTAX)  # others, as INVALID_SELECTORS, are about single packets


class DeleteIke(Exchange):
    """We delete the IKE SA; what hangs from it goes with it."""

    type = INFORMATIONAL
    moves = False
    waits_s = _DELETE_WAITS_S

    def __init__(self, sa: IkeSa, reason: str) -> None:
        super().__init__(sa)
        self.reason = reason

    def build(self) -> tuple[Payload, ...]:
        return (Delete(PROTOCOL_IKE),)

    def process(self, message: Received, now: Instant) -> bool:
        self.sa.die(self.reason, now)
        return False


class DeleteChild(Exchange):
    """We delete a CHILD SA; it is received on until the peer answers."""

    type = INFORMATIONAL

    def __init__(self, sa: IkeSa, child: ChildSa, reason: str) -> None:
        super().__init__(sa)
        self.child: ChildSa = child
        self.reason = reason
        child.state = ChildState.DELETING

    def build(self) -> tuple[Payload, ...]:
        return (Delete(PROTOCOL_ESP, (self.child.inbound_spi,)),)

    def process(self, message: Received, now: Instant) -> bool:
        self.child.remove(self.reason, now)
        return True


class Liveness(Exchange):
    """Are you there? (DPD: an empty request.)"""

    type = INFORMATIONAL
    silence = "Peer is dead (DPD)"

    def __init__(self, sa: IkeSa, waits_s: tuple[int, ...]) -> None:
        super().__init__(sa)
        self.waits_s = waits_s

    def build(self) -> tuple[Payload, ...]:
        self.sa.context.trace(self.sa, "Sending DPD/liveness query")
        return ()

    def process(self, message: Received, now: Instant) -> bool:
        return True


class Complaint(Exchange):
    """Tell the peer what is wrong with its answer. Where `fatal` says why, the IKE SA ends with it."""

    type = INFORMATIONAL
    waits_s = _DELETE_WAITS_S

    def __init__(self, sa: IkeSa, notify: Notify, fatal: str | None) -> None:
        super().__init__(sa)
        self.notify = notify
        self.fatal = fatal

    def build(self) -> tuple[Payload, ...]:
        return (self.notify,)

    def process(self, message: Received, now: Instant) -> bool:
        if self.fatal is None:
            return True
        aborted(self.sa, self.fatal, now)
        return False


def respond(sa: IkeSa, message: Received, now: Instant) -> None:
    """A peer deletes, complains, or asks whether we are there."""
    payloads = message.payloads
    deletes = [one for one in payloads if isinstance(one, Delete)]
    if any(one.protocol == PROTOCOL_IKE for one in deletes):
        sa.context.trace(sa, "Process delete request from peer")
        sa.respond(())
        if sa.rival is not None and sa.rival[0].is_ready:
            sa.hand_over(sa.rival[0], now)
        sa.die(DELETED, now)
        return
    gone = [child for one in deletes if one.protocol == PROTOCOL_ESP for child in _named(sa, one)]
    ours = tuple(child.inbound_spi for child in gone if child.state is not ChildState.DELETING)
    sa.respond((Delete(PROTOCOL_ESP, ours),) if ours else ())
    for child in gone:
        child.remove(DELETED, now)
    if gone:
        sa.wait_for_child(now)
    error = error_of(payloads)
    if error is not None:
        _complained(sa, error, now)


def _named(sa: IkeSa, delete: Delete) -> list[ChildSa]:
    """The CHILD SAs a Delete payload names: by the peer's inbound, our outbound SPI."""
    return [child for child in sa.children.values() if child.outbound_spi in delete.spis]


def _complained(sa: IkeSa, error: Notify, now: Instant) -> None:
    """The peer finds something wrong with what we sent (RFC 7296 section 2.21)."""
    sa.context.trace_error(sa, f"Received error notify {error.name}")
    if error.type in _FATAL:
        sa.die(f"Received error notify {error.name}", now)
    if error.type != INVALID_SPI:
        return
    spi = int.from_bytes(error.data[:4], "big")
    for child in [one for one in sa.children.values() if one.outbound_spi == spi]:
        child.remove("The peer does not know the IPsec SA", now)
