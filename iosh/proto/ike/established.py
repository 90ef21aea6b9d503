"""What happens when an IKE SA stands: its own lifetimes, liveness checks, and what becomes of a second one.

Two peers that begin at the same moment end up with two IKE SAs. Both stand and both are received on, what is sent goes
by the newest CHILD SA. After a while one is deleted: where both were begun before either stood, the one with the lowest
of the four nonces (as RFC 7296 section 2.8.2 has it for rekeying), otherwise the older. The end with the lower address
does it; the other only if nothing happens for longer. So the two never each delete a different one.
"""

from __future__ import annotations

from typing import Final

from iosh.base.time import SECOND, Instant
from iosh.proto.ike import dpd, lifetimes
from iosh.proto.ike.informational import DeleteIke
from iosh.proto.ike.sa import IkeSa, State

_DUPLICATE_S: Final = (10, 25)  # the lower address, the higher


def ready(sa: IkeSa, now: Instant) -> None:
    """The peer is proven (or the SA replaced one whose peer was)."""
    context = sa.context
    sa.state = State.READY
    sa.ready_at = now
    sa.first_sent = sa.first_received = b""
    context.remember_proven(sa)
    context.half_open.pop((sa.remote, sa.peer_spi), None)
    context.desk.no_ring(("half-open", sa.own_spi))
    context.desk.counters["IKE SAs established"] += 1
    context.trace(
        sa,
        "IKEV2 SA created; inserting SA into database. SA lifetime timer "
        f"({sa.profile.lifetime_s if sa.profile else 0} sec) started",
    )
    if sa.profile is not None:
        soft_at, sa.hard_at = lifetimes.in_seconds(sa.profile.lifetime_s, sa.initiator, now, context.desk.rng)
        context.desk.ring_at(("rekey", sa.own_spi), soft_at)
        context.desk.ring_at(("expire", sa.own_spi), sa.hard_at)
    sa.last_heard = now
    dpd.arm(sa, now)
    if sa.session is not None and len(rivals(sa)) > 0:
        lower = sa.local < sa.remote
        context.desk.ring_at(("duplicate", sa.own_spi), now + _DUPLICATE_S[0 if lower else 1] * SECOND)


def childless(sa: IkeSa, reason: str, now: Instant) -> None:
    """The IKE SA stands and a CHILD SA could not be had. It is kept a while for another try."""
    context = sa.context
    context.trace_error(sa, reason)
    context.desk.report("IKEV2", 3, "NEG_ABORT", f"Negotiation aborted due to ERROR: {reason}")
    sa.wait_for_child(now)
    if sa.session is not None:
        if not sa.session.children:
            context.backoff.failed((sa.session.interface, sa.session.remote), now)
        sa.session.refused(reason)


def still_childless(sa: IkeSa, now: Instant) -> None:
    """Nothing came: the IKE SA is of no use to anybody."""
    if sa.is_ready and not sa.children:
        close(sa, "No IPsec SA", now)


def rivals(sa: IkeSa) -> list[IkeSa]:
    """Other IKE SAs that stand with the same peer."""
    if sa.session is None:
        return []
    others = sa.session.sas.values()
    return [one for one in others if one is not sa and one.is_ready and one.remote_identity == sa.remote_identity]


def settle_duplicates(sa: IkeSa, now: Instant) -> None:
    """Some time after a second IKE SA stood: one of the two goes."""
    if not sa.is_ready:
        return
    for other in rivals(sa):
        loser = _loser(sa, other)
        sa.context.trace(loser, "Duplicate IKE SA with this peer, deleting it")
        close(loser, "Duplicate of another IKE SA", now)
        if loser is sa:
            return


def _loser(one: IkeSa, other: IkeSa) -> IkeSa:
    first, second = sorted((one, other), key=lambda sa: sa.ready_at or 0)
    crossed = first.initiator != second.initiator and second.created < (first.ready_at or 0)
    if not crossed:
        return first
    return min(one, other, key=lambda sa: min(sa.ni, sa.nr))


def close(sa: IkeSa, reason: str, now: Instant) -> None:
    """Take an IKE SA down with its children, and tell the peer."""
    if sa.state in (State.DELETING, State.GONE):
        return
    if not sa.was_ready:
        sa.die(reason, now)
        return
    sa.state = State.DELETING
    for child in list(sa.children.values()):
        child.remove(reason, now)
    sa.queue.clear()
    sa.start(DeleteIke(sa, reason), now)
