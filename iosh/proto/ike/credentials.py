"""Which profile a peer falls under, and which pre-shared keys go with it.

A keyring's address blocks are searched longest mask first; then blocks that name the peer's identity.
"""

from __future__ import annotations

from iosh.base.addr import IPv4
from iosh.proto.ike.settings import Gate, Identity, IkeProfile, IkeSettings, KeyringPeer, RemoteMatch
from iosh.wire import ikev2


def local_identity(profile: IkeProfile, local: IPv4) -> Identity:
    """`identity local`, or the address IKE is spoken from."""
    return profile.identity_local or Identity.of_address(local)


def matches(profile: IkeProfile, identity: Identity) -> bool:
    """Does one of the profile's `match identity remote` lines hold for this identity?"""
    return any(_line_matches(line, identity) for line in profile.match_remote)


def _line_matches(line: RemoteMatch, identity: Identity) -> bool:
    if line.kind == "any":
        return True
    if line.kind == "address":
        return identity.address is not None and line.prefix is not None and identity.address in line.prefix
    wanted = line.text.encode()
    if line.kind == "fqdn":
        return identity.kind == ikev2.ID_FQDN and identity.data.lower() == wanted.lower()
    if line.kind == "fqdn domain":
        return identity.kind == ikev2.ID_FQDN and identity.data.lower().endswith(b"." + wanted.lower())
    if line.kind == "email":
        return identity.kind == ikev2.ID_EMAIL and identity.data.lower() == wanted.lower()
    return line.kind == "key-id" and identity.kind == ikev2.ID_KEY_ID and identity.data == wanted


def is_complete(profile: IkeProfile) -> bool:
    """Does it say whom it is for and how both sides prove themselves? Only pre-shared keys are spoken."""
    methods = {profile.authentication_local, profile.authentication_remote}
    return bool(profile.match_remote) and methods == {"pre-share"}


def gates_at(settings: IkeSettings, local: IPv4) -> list[tuple[Gate, IkeProfile]]:
    """The gates whose tunnel source is this address and whose profile stands, in the order of their interfaces."""
    found = []
    for gate in settings.gates.values():
        profile = settings.profiles.get(gate.ike_profile or "")
        if gate.local != local or profile is None or not is_complete(profile):
            continue
        if not profile.match_local or local in profile.match_local:
            found.append((gate, profile))
    return found


def gate_for(settings: IkeSettings, local: IPv4, identity: Identity) -> tuple[Gate, IkeProfile] | None:
    """The gate a peer with this identity comes in by."""
    return next(((gate, profile) for gate, profile in gates_at(settings, local) if matches(profile, identity)), None)


def keys_for(
    settings: IkeSettings, profile: IkeProfile, remote: IPv4, identity: Identity | None = None
) -> KeyringPeer | None:
    """The keyring block of a peer at `remote`, or with this identity."""
    keyring = settings.keyrings.get(profile.keyring or "")
    if keyring is None:
        return None
    by_address = [peer for peer in keyring.peers if peer.prefix is not None and remote in peer.prefix]
    if by_address:
        return max(by_address, key=_mask_length)
    return next((peer for peer in keyring.peers if peer.identity is not None and peer.identity == identity), None)


def _mask_length(peer: KeyringPeer) -> int:
    return peer.prefix.length if peer.prefix is not None else -1
