"""From `crypto …` in the configuration to what IKE is told: pure functions, IOS's defaults filled in.

What refers to something that is not there (a profile, a transform set) leaves it out: IOS accepts such a line and the
tunnel stays down; `iosh check` names it.
"""

from __future__ import annotations

from iosh.base.addr import IPv4, Prefix, length_of
from iosh.base.errors import ConfigRefused
from iosh.config import model, type6
from iosh.config.model_aaa import Password
from iosh.config.secrets import ENCRYPTED
from iosh.proto.ike.settings import (
    DEFAULT_IPSEC_PROFILE,
    DEFAULT_POLICY,
    DEFAULT_PROPOSAL,
    DEFAULT_TRANSFORM_SET,
    ENCRYPTION_WORDS,
    GROUPS,
    INTEGRITY_WORDS,
    Dpd,
    Gate,
    Identity,
    IkePolicy,
    IkeProfile,
    IkeProposal,
    IkeSettings,
    Keyring,
    KeyringPeer,
    RemoteMatch,
    TransformSet,
    identity_of_words,
    is_complete,
    proposal_of_words,
    transform_set_of_words,
)

_HOST = IPv4(0xFFFFFFFF)


def ike_settings(config: model.Config, sources: dict[str, IPv4], master: str | None) -> IkeSettings:
    """All of IKE. `sources` are the addresses of the tunnels' sources, where they have one."""
    ikev2 = config.crypto.ikev2
    return IkeSettings(
        proposals=proposals(ikev2),
        policies=policies(ikev2),
        keyrings={name: keyring(name, ring, master) for name, ring in ikev2.keyrings.items()},
        profiles={name: profile(name, one) for name, one in ikev2.profiles.items()},
        gates=gates(config, sources),
        dpd=_dpd(ikev2),
        cookie_challenge=ikev2.cookie_challenge,
        fragmentation_mtu=ikev2.fragmentation_mtu,
        nat_keepalive_s=ikev2.nat_keepalive_s,
        limit_max_sa=ikev2.limit_max_sa,
        limit_max_in_negotiation_sa=ikev2.limit_max_in_negotiation_sa,
        logging_session=config.crypto.logging_session,
        invalid_spi_recovery=config.crypto.invalid_spi_recovery,
    )


def proposals(ikev2: model.Ikev2) -> dict[str, IkeProposal]:
    """Those configured and complete, and IOS's `default`. Words of old (`3des`, `md5`) count for nothing."""
    found = {DEFAULT_PROPOSAL.name: DEFAULT_PROPOSAL}
    for name, words in ikev2.proposals.items():
        encryption = tuple(word for word in words.encryption if word in ENCRYPTION_WORDS)
        integrity, prf = (
            tuple(word for word in each if word in INTEGRITY_WORDS) for each in (words.integrity, words.prf)
        )
        groups = tuple(group for group in words.group if group in GROUPS)
        proposal = proposal_of_words(name, encryption, integrity, prf, groups)
        if is_complete(proposal):
            found[name] = proposal
    return found


def policies(ikev2: model.Ikev2) -> dict[str, IkePolicy]:
    """Those configured, and IOS's `default`, which is used where no other matches."""
    found = {
        name: IkePolicy(name, tuple(policy.proposals), tuple(policy.match_local), policy.match_fvrf)
        for name, policy in ikev2.policies.items()
    }
    found.setdefault(DEFAULT_POLICY.name, DEFAULT_POLICY)
    return found


def keyring(name: str, ring: model.Ikev2Keyring, master: str | None) -> Keyring:
    """A peer block becomes one entry for its addresses and one for each identity it names."""
    peers: list[KeyringPeer] = []
    for peer_name, peer in ring.peers.items():
        local = _key(peer.pre_shared_key_local or peer.pre_shared_key, master)
        remote = _key(peer.pre_shared_key_remote or peer.pre_shared_key, master)
        if peer.address is not None:
            prefix = Prefix.of(peer.address.address, length_of(peer.address.mask))
            peers.append(KeyringPeer(peer_name, prefix, None, local, remote))
        for identity in _identities(peer):
            peers.append(KeyringPeer(peer_name, None, identity, local, remote))
    return Keyring(name, tuple(peers))


def _key(stored: Password | None, master: str | None) -> bytes | None:
    """The key itself; None where only another master key opens it."""
    if stored is None:
        return None
    clear = stored.text
    if stored.encryption == ENCRYPTED:
        opened = type6.opened(stored.text, master) if master is not None else None
        if opened is None:
            return None
        clear = opened
    return clear.encode()


def _identities(peer: model.KeyringPeer) -> list[Identity]:
    found = []
    if peer.identity_address is not None:
        found.append(Identity.of_address(peer.identity_address))
    for text in (peer.identity_fqdn, peer.hostname):
        if text is not None:
            found.append(identity_of_words("fqdn", text))
    return found


def profile(name: str, one: model.Ikev2Profile) -> IkeProfile:
    """One IKEv2 profile."""
    return IkeProfile(
        name,
        match_remote=tuple(_remote_match(match) for match in one.match_identity_remote),
        match_local=tuple(one.match_local),
        match_fvrf=one.match_fvrf,
        identity_local=_identity(one.identity_local),
        authentication_local=one.authentication_local,
        authentication_remote=one.authentication_remote,
        keyring=one.keyring_local,
        lifetime_s=one.lifetime_s,
        dpd=_dpd(one),
        nat_force_encap=one.nat_force_encap,
    )


def _remote_match(match: model.MatchIdentity) -> RemoteMatch:
    if match.kind != "address" or match.address is None:
        return RemoteMatch(match.kind, None, match.text or "")
    # `match identity remote address 0.0.0.0` without a mask matches everyone, as on IOS.
    mask = match.mask if match.mask is not None else (_HOST if match.address else IPv4(0))
    return RemoteMatch("address", Prefix.of(match.address, length_of(mask)))


def _identity(identity: model.MatchIdentity | None) -> Identity | None:
    if identity is None:
        return None
    if identity.address is not None:
        return Identity.of_address(identity.address)
    return identity_of_words(identity.kind, identity.text or "")


def _dpd(owner: model.Ikev2 | model.Ikev2Profile) -> Dpd | None:
    if owner.dpd_interval_s is None:
        return None
    return Dpd(owner.dpd_interval_s, owner.dpd_retry_s or 2, owner.dpd_mode == "periodic")


def transform_sets(ipsec: model.Ipsec) -> dict[str, TransformSet]:
    """Those configured whose transforms go together, and IOS's `default`."""
    found = {DEFAULT_TRANSFORM_SET.name: DEFAULT_TRANSFORM_SET}
    for name, words in ipsec.transform_sets.items():
        try:
            found[name] = transform_set_of_words(name, words.transforms, words.mode)
        except ConfigRefused:
            continue
    return found


def gates(config: model.Config, sources: dict[str, IPv4]) -> dict[str, Gate]:
    """One for every tunnel under protection whose source has an address and whose profile exists."""
    ipsec, found = config.crypto.ipsec, {}
    sets = transform_sets(ipsec)
    for name, local in sources.items():
        interface = config.interfaces.get(name)
        protection = interface.tunnel.protection if interface is not None and interface.tunnel else None
        if protection is None or interface is None or interface.shutdown:
            continue
        one = ipsec.profiles.get(protection.profile)
        if one is None and protection.profile == DEFAULT_IPSEC_PROFILE:
            one = model.IpsecProfile()
        if one is not None:
            found[name] = _gate(name, local, protection, one, ipsec, sets)
    return found


def _gate(
    interface: str,
    local: IPv4,
    protection: model.TunnelProtection,
    one: model.IpsecProfile,
    ipsec: model.Ipsec,
    sets: dict[str, TransformSet],
) -> Gate:
    names = one.transform_sets or (DEFAULT_TRANSFORM_SET.name,)
    kilobytes = None if one.lifetime_kilobytes_disable else one.lifetime_kilobytes or ipsec.lifetime_kilobytes
    window = 0 if ipsec.replay_disable else ipsec.replay_window
    return Gate(
        interface,
        local,
        protection.profile,
        tuple(sets[name] for name in names if name in sets),
        protection.ikev2_profile or one.ikev2_profile,
        pfs_group=int(one.pfs.removeprefix("group")) if one.pfs else None,
        lifetime_s=one.lifetime_s or ipsec.lifetime_s,
        lifetime_kilobytes=kilobytes,
        idle_time_s=one.idle_time_s,
        replay_window=window if one.replay_window is None else one.replay_window,
        responder_only=one.responder_only,
    )
