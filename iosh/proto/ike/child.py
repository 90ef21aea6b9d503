"""CHILD SAs of a GRE tunnel: how one is asked for, agreed on, installed and removed.

RFC 7296 sections 1.2, 1.3, 2.9 and 2.17.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from iosh.base.time import SECOND, Instant
from iosh.proto.ike import lifetimes, selectors
from iosh.proto.ike.effects import InstallSa, MoveSa
from iosh.proto.ike.exchange import notify_of
from iosh.proto.ike.keys import child_keys
from iosh.proto.ike.negotiate import Choice, child_wishes, choose, offer
from iosh.proto.ike.settings import GROUPS, Gate, TransformSet
from iosh.proto.ike.suite import encryption_key_size, integrity_key_size
from iosh.wire.ikev2 import (
    ESP_TFC_PADDING_NOT_SUPPORTED,
    NO_PROPOSAL_CHOSEN,
    TS_UNACCEPTABLE,
    USE_TRANSPORT_MODE,
    Notify,
    Payload,
    Proposal,
    SecurityAssociation,
    Selector,
    TrafficSelectors,
)

if TYPE_CHECKING:
    from iosh.proto.ike.exchange import Exchange
    from iosh.proto.ike.sa import IkeSa
    from iosh.proto.ike.session import Session


class ChildState(Enum):
    """Where a CHILD SA is in its life."""

    STANDING = "ACTIVE"
    REKEYING = "REKEYING"  # ours is under way
    DELETING = "DELETING"  # we asked the peer to delete it
    GONE = "GONE"


class Terms(NamedTuple):
    """What both sides agreed on for a CHILD SA, but for its keys."""

    transform_set: TransformSet
    group: int | None
    mode: str  # "transport" | "tunnel"
    peer_spi: int
    answer: Proposal  # the proposal as it stands in the answer, the peer's SPI in it


class Refusal(NamedTuple):
    """Why there is no CHILD SA: the notify that says so, and the line for people."""

    notify: Notify
    reason: str


@dataclass(slots=True, eq=False)
class ChildSa:
    """A pair of ESP SAs."""

    ike: IkeSa
    session: Session
    gate: Gate
    terms: Terms
    inbound_spi: int
    initiator: bool  # did we ask for it?
    created: Instant
    soft_at: Instant
    hard_at: Instant
    number: int  # counts up from the router's start, as `show` names connections
    state: ChildState = ChildState.STANDING
    rekeying: Exchange | None = field(default=None, repr=False)
    rival: tuple[ChildSa, bytes] | None = field(default=None, repr=False)  # the peer's replacement, its lowest nonce

    @property
    def outbound_spi(self) -> int:
        return self.terms.peer_spi

    @property
    def encap(self) -> tuple[int, int] | None:
        """UDP ports where a NAT is in the way."""
        return (self.ike.local_port, self.ike.remote_port) if self.ike.nat else None

    def move_to(self, ike: IkeSa) -> None:
        """The IKE SA it hangs from was replaced."""
        self.ike.children.pop(self.inbound_spi, None)
        self.ike = ike
        ike.children[self.inbound_spi] = self

    def ports_changed(self) -> None:
        """The peer's NAT gave it another port."""
        if self.encap is not None:
            context = self.session.context
            spis = self.inbound_spi, self.outbound_spi
            context.desk.put(MoveSa(self.session.interface, self.session.remote, *spis, self.encap))

    def remove(self, reason: str, now: Instant) -> None:
        """Gone on our side."""
        if self.state is ChildState.GONE:
            return
        self.state = ChildState.GONE
        context = self.session.context
        context.children.pop(self.inbound_spi, None)
        self.ike.children.pop(self.inbound_spi, None)
        for kind in ("child-soft", "child-hard", "child-use", "child-retry", "child-idle"):
            context.desk.no_ring((kind, self.inbound_spi))
        self.session.child_down(self, reason, now)


def ask(sa: IkeSa, gate: Gate, spi: int, groups: tuple[int, ...]) -> tuple[SecurityAssociation, list[Payload]]:
    """What we ask for: the SA payload, and TSi, TSr and notifies that follow it."""
    proposals = offer(child_wishes(gate.transform_sets, groups), spi.to_bytes(4, "big"))
    rest: list[Payload] = [
        TrafficSelectors(True, (selectors.tunnel_end(sa.local),)),
        TrafficSelectors(False, (selectors.tunnel_end(sa.remote),)),
    ]
    if gate.transform_sets and gate.transform_sets[0].mode.startswith("transport"):
        rest.append(Notify(USE_TRANSPORT_MODE))
    rest.append(Notify(ESP_TFC_PADDING_NOT_SUPPORTED))
    return SecurityAssociation(proposals), rest


def consider(
    sa: IkeSa, gate: Gate, payloads: tuple[Payload, ...], with_group: bool, ke_group: int | None
) -> Terms | Refusal:
    """A peer asks for a CHILD SA: what we agree to. `with_group` says that a KE payload may be part of it."""
    offered = _proposals(payloads)
    groups = _acceptable_groups(gate, offered) if with_group else ()
    choice = choose(offered, child_wishes(gate.transform_sets, groups), ke_group)
    if choice is None or len(choice.proposal.spi) != 4:
        return Refusal(Notify(NO_PROPOSAL_CHOSEN), "Failed to find a matching IPsec proposal")
    chosen = gate.transform_sets[choice.wish]
    transport_asked = notify_of(payloads, USE_TRANSPORT_MODE) is not None
    transport = transport_asked and chosen.mode.startswith("transport")
    if chosen.mode == "transport require" and not transport:
        return Refusal(Notify(NO_PROPOSAL_CHOSEN), "Transport mode is required and was not asked for")
    if not _selectors_hold(sa, payloads, transport, asked_by_peer=True):
        return Refusal(Notify(TS_UNACCEPTABLE), "There was no IPSEC policy found for received TS")
    return _terms(chosen, choice, transport)


def confirm(sa: IkeSa, gate: Gate, payloads: tuple[Payload, ...], groups: tuple[int, ...]) -> Terms | Refusal:
    """The peer's answer to what we asked for: what was agreed on, if it stays within what we asked."""
    offered = _proposals(payloads)
    choice = choose(offered, child_wishes(gate.transform_sets, groups))
    if choice is None or len(offered) != 1 or len(choice.proposal.spi) != 4:
        return Refusal(Notify(NO_PROPOSAL_CHOSEN), "The peer chose a proposal that was not offered")
    chosen = gate.transform_sets[choice.wish]
    transport = notify_of(payloads, USE_TRANSPORT_MODE) is not None
    if chosen.mode == "transport require" and not transport:
        return Refusal(Notify(NO_PROPOSAL_CHOSEN), "Transport mode is required and was declined")
    if not _selectors_hold(sa, payloads, transport, asked_by_peer=False):
        return Refusal(Notify(TS_UNACCEPTABLE), "The peer narrowed the traffic selectors too far")
    return _terms(chosen, choice, transport)


def agreed(sa: IkeSa, terms: Terms) -> list[Payload]:
    """TSi, TSr and notifies of our answer; `answer_proposal` goes before them."""
    rest: list[Payload] = [
        TrafficSelectors(True, (selectors.tunnel_end(sa.remote),)),
        TrafficSelectors(False, (selectors.tunnel_end(sa.local),)),
    ]
    if terms.mode == "transport":
        rest.append(Notify(USE_TRANSPORT_MODE))
    rest.append(Notify(ESP_TFC_PADDING_NOT_SUPPORTED))
    return rest


def answer_proposal(terms: Terms, spi: int) -> SecurityAssociation:
    """The SA payload of our answer, with our SPI in it."""
    return SecurityAssociation((terms.answer._replace(spi=spi.to_bytes(4, "big")),))


def establish(
    sa: IkeSa, session: Session, gate: Gate, terms: Terms, spi: int, initiator: bool, shared: bytes,
    nonces: bytes, use: bool, now: Instant,
) -> ChildSa:  # fmt: skip
    """Derive keys, install both halves, set the lifetimes. `nonces` is Ni | Nr of the exchange that made it."""
    context = sa.context
    assert sa.keys is not None and sa.suite is not None
    cipher, integrity = terms.transform_set.cipher, terms.transform_set.integrity
    sizes = encryption_key_size(cipher), integrity_key_size(integrity)
    keys = child_keys(sa.suite.prf, sa.keys.d, shared, nonces, *sizes)
    ours, theirs = (keys.encryption_i, keys.integrity_i), (keys.encryption_r, keys.integrity_r)
    outbound, inbound = (ours, theirs) if initiator else (theirs, ours)
    soft_at, hard_at = lifetimes.in_seconds(gate.lifetime_s, initiator, now, context.desk.rng)
    soft_bytes, hard_bytes = lifetimes.in_bytes(gate.lifetime_kilobytes, initiator, context.desk.rng)
    child = ChildSa(sa, session, gate, terms, spi, initiator, now, soft_at, hard_at, context.child_number())
    context.children[spi] = sa.children[spi] = child
    context.desk.put(
        InstallSa(
            session.interface, session.local, session.remote, spi, terms.peer_spi,
            cipher.id, cipher.key_bits, integrity, *inbound, *outbound,
            terms.mode, child.encap, soft_bytes, hard_bytes, gate.replay_window, use or session.current is None,
        )
    )  # fmt: skip
    context.desk.ring_at(("child-soft", spi), soft_at)
    context.desk.ring_at(("child-hard", spi), hard_at)
    if gate.idle_time_s is not None:
        context.desk.ring_at(("child-idle", spi), now + gate.idle_time_s * SECOND)
    context.desk.no_ring(("childless", sa.own_spi))
    context.desk.counters["child SAs created"] += 1
    session.child_up(child, use, now)
    return child


def _proposals(payloads: tuple[Payload, ...]) -> tuple[Proposal, ...]:
    return next((one.proposals for one in payloads if isinstance(one, SecurityAssociation)), ())


def _acceptable_groups(gate: Gate, offered: tuple[Proposal, ...]) -> tuple[int, ...]:
    """PFS: our own group if we insist on one, otherwise whatever the peer wants that we know, or none."""
    if gate.pfs_group:
        return (gate.pfs_group,)
    wanted = [one.id for proposal in offered for one in proposal.transforms if one.type == 4]
    return tuple(group for group in GROUPS if group in wanted)


def _terms(chosen: TransformSet, choice: Choice, transport: bool) -> Terms:
    peer_spi = int.from_bytes(choice.proposal.spi, "big")
    return Terms(chosen, choice.group, "transport" if transport else "tunnel", peer_spi, choice.proposal)


def _selectors_hold(sa: IkeSa, payloads: tuple[Payload, ...], transport: bool, asked_by_peer: bool) -> bool:
    """Do TSi and TSr hold the tunnel, with a NAT's addresses put in place of private ones in transport mode?"""
    sides: dict[bool, tuple[Selector, ...]] = {
        one.initiator: one.selectors for one in payloads if isinstance(one, TrafficSelectors)
    }
    theirs, ours = sides.get(asked_by_peer, ()), sides.get(not asked_by_peer, ())
    if transport and sa.nat:
        theirs, ours = selectors.substitute(theirs, sa.remote), selectors.substitute(ours, sa.local)
    return selectors.holds(theirs, selectors.tunnel_end(sa.remote)) and selectors.holds(
        ours, selectors.tunnel_end(sa.local)
    )
