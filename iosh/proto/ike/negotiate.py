"""Proposals offered and chosen, for IKE SAs and for CHILD SAs (RFC 7296 sections 2.7 and 3.3).

A `Wish` is what one side can live with, transform types each with their acceptable values in order of preference.
Offering writes wishes as proposals; choosing takes, for the first wish that any offered proposal satisfies, the most
preferred value of every type. A proposal with a transform type nobody here knows is unacceptable as a whole.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.proto.ike import settings
from iosh.proto.ike.settings import Cipher, IkePolicy, IkeProposal, IkeSettings, TransformSet
from iosh.proto.ike.suite import IkeSuite
from iosh.wire.ikev2 import DH, ENCR, ESN, INTEG, PRF, PROTOCOL_ESP, PROTOCOL_IKE, Proposal, Transform

_NO_ESN: Final = Transform(ESN, 0)


class Wish(NamedTuple):
    """Acceptable transforms by type. A type with no transforms must not be offered (but for its value NONE)."""

    name: str
    protocol: int
    transforms: tuple[tuple[int, tuple[Transform, ...]], ...]


class Choice(NamedTuple):
    """What was agreed on: the proposal to answer with (the offerer's number and SPI still in it), and whose wish."""

    wish: int
    proposal: Proposal

    def value(self, kind: int) -> Transform | None:
        """The transform chosen for a type."""
        return next((one for one in self.proposal.transforms if one.type == kind), None)

    @property
    def group(self) -> int | None:
        """The DH group, if any."""
        chosen = self.value(DH)
        return chosen.id if chosen and chosen.id else None

    @property
    def ike_suite(self) -> IkeSuite:
        """The algorithms of an IKE SA agreed on."""
        encryption, integrity, prf = self.value(ENCR), self.value(INTEG), self.value(PRF)
        assert encryption is not None and prf is not None
        cipher = Cipher(encryption.id, encryption.key_bits)
        return IkeSuite(cipher, integrity.id if integrity else 0, prf.id, self.group or 0)


def policy_for(wanted: IkeSettings, local: IPv4) -> IkePolicy:
    """The policy of a local address: one that names it, then one that matches any address, then the default."""
    for policy in wanted.policies.values():
        if local in policy.match_local:
            return policy
    for policy in wanted.policies.values():
        if not policy.match_local and policy.proposals:
            return policy
    return settings.DEFAULT_POLICY


def ike_wishes(wanted: IkeSettings, local: IPv4) -> list[Wish]:
    """The wishes of the policy for a local address; AES-GCM and AES-CBC of one proposal become two."""
    wishes: list[Wish] = []
    for name in policy_for(wanted, local).proposals:
        proposal = wanted.proposals.get(name) or (settings.DEFAULT_PROPOSAL if name == "default" else None)
        if proposal is not None and settings.is_complete(proposal):
            wishes.extend(_ike_wishes_of(proposal))
    return wishes


def _ike_wishes_of(proposal: IkeProposal) -> list[Wish]:
    wishes = []
    for combined in (False, True):
        ciphers = [one for one in proposal.encryption if (one.id == settings.ENCR_AES_GCM_16) == combined]
        if not ciphers:
            continue
        integrity = () if combined else tuple(Transform(INTEG, number) for number in proposal.integrity)
        transforms = (
            (ENCR, tuple(Transform(ENCR, one.id, one.key_bits) for one in ciphers)),
            (PRF, tuple(Transform(PRF, number) for number in proposal.prf)),
            (INTEG, integrity),
            (DH, tuple(Transform(DH, number) for number in proposal.groups)),
        )
        wishes.append(Wish(proposal.name, PROTOCOL_IKE, transforms))
    first = proposal.encryption[0].id == settings.ENCR_AES_GCM_16
    return wishes[::-1] if first else wishes


def suite_wish(suite: IkeSuite) -> Wish:
    """Exactly this suite again: what rekeying an IKE SA offers."""
    transforms = (
        (ENCR, (Transform(ENCR, suite.cipher.id, suite.cipher.key_bits),)),
        (PRF, (Transform(PRF, suite.prf),)),
        (INTEG, (Transform(INTEG, suite.integrity),) if suite.integrity else ()),
        (DH, (Transform(DH, suite.group),)),
    )
    return Wish("rekey", PROTOCOL_IKE, transforms)


def child_wishes(sets: tuple[TransformSet, ...], groups: tuple[int, ...]) -> list[Wish]:
    """A wish per transform set. `groups` are the acceptable PFS groups, none where there is no KE payload."""
    return [
        Wish(
            one.name,
            PROTOCOL_ESP,
            (
                (ENCR, (Transform(ENCR, one.cipher.id, one.cipher.key_bits),)),
                (INTEG, (Transform(INTEG, one.integrity),) if one.integrity else ()),
                (DH, tuple(Transform(DH, number) for number in groups)),
                (ESN, (_NO_ESN,)),
            ),
        )
        for one in sets
    ]


def offer(wishes: list[Wish], spi: bytes) -> tuple[Proposal, ...]:
    """Wishes as proposals, numbered from 1."""
    return tuple(
        Proposal(number, wish.protocol, spi, tuple(one for _, values in wish.transforms for one in values))
        for number, wish in enumerate(wishes, 1)
    )


def choose(offered: tuple[Proposal, ...], wishes: list[Wish], prefer_group: int | None = None) -> Choice | None:
    """The first wish some proposal satisfies; among DH groups the one whose public value is already here wins."""
    for at, wish in enumerate(wishes):
        for proposal in offered:
            transforms = _satisfied(proposal, wish, prefer_group)
            if transforms is not None:
                return Choice(at, proposal._replace(transforms=transforms))
    return None


def _satisfied(proposal: Proposal, wish: Wish, prefer_group: int | None) -> tuple[Transform, ...] | None:
    wanted = dict(wish.transforms)
    if proposal.protocol != wish.protocol or any(
        one.type not in (ENCR, PRF, INTEG, DH, ESN) for one in proposal.transforms
    ):
        return None
    chosen: list[Transform] = []
    for kind in (ENCR, PRF, INTEG, DH, ESN):
        there = [one for one in proposal.transforms if one.type == kind]
        acceptable = wanted.get(kind, ())
        picked = _pick(kind, there, acceptable, prefer_group)
        if picked is None:
            return None
        chosen.extend(picked)
    return tuple(chosen)


def _pick(
    kind: int, there: list[Transform], acceptable: tuple[Transform, ...], prefer_group: int | None
) -> list[Transform] | None:
    """The transform of one type, as a list of one or none; None if the two sides cannot agree."""
    if not there:
        # ESN may be left out by those who know no other value than "none".
        return [] if not acceptable or kind == ESN else None
    if not acceptable:
        none = [one for one in there if one.id == 0]
        return none[:1] or None
    common = [one for one in acceptable if one in there]
    if kind == DH and prefer_group is not None:
        common.sort(key=lambda one: one.id != prefer_group)
    return common[:1] or None
