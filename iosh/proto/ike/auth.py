"""IKE_AUTH with pre-shared keys, both ends (RFC 7296 sections 1.2, 2.4, 2.15, 2.16 without EAP).

The first CHILD SA is negotiated along the way; where only that fails, the IKE SA stands without it.
"""

from __future__ import annotations

import hmac
from typing import NamedTuple

from iosh.base.addr import Shared
from iosh.base.time import Instant
from iosh.proto.ike import child, credentials
from iosh.proto.ike.established import childless, ready
from iosh.proto.ike.exchange import Exchange, Received, error_of, notify_of
from iosh.proto.ike.informational import Complaint
from iosh.proto.ike.keys import psk_proof
from iosh.proto.ike.report import aborted
from iosh.proto.ike.sa import IkeSa
from iosh.proto.ike.session import Session
from iosh.proto.ike.settings import Gate, Identity, IkeProfile
from iosh.wire.ikev2 import (
    AUTH_PSK,
    AUTHENTICATION_FAILED,
    IKE_AUTH,
    INITIAL_CONTACT,
    Authentication,
    Identification,
    Notify,
    Payload,
)

_FAILED = "Auth exchange failed"


class Auth(Exchange):
    """We prove ourselves, and ask for the first CHILD SA."""

    type = IKE_AUTH

    def __init__(self, sa: IkeSa) -> None:
        super().__init__(sa)
        self.spi = sa.context.esp_spi()
        self._key = b""

    def begin(self, now: Instant) -> None:
        sa = self.sa
        assert sa.profile is not None
        keys = credentials.keys_for(sa.context.settings, sa.profile, sa.remote)
        if keys is None or keys.local_key is None:
            aborted(sa, "There is no preshared key for the peer any more", now)
            return
        self._key = keys.local_key
        sa.send_request(self.build(), now)

    def build(self) -> tuple[Payload, ...]:
        sa = self.sa
        assert sa.profile is not None and sa.gate is not None and sa.session is not None
        sa.local_identity = credentials.local_identity(sa.profile, sa.local)
        own = Identification(True, *sa.local_identity)
        sa.context.trace(sa, f"Use preshared key for id {sa.remote}")
        sa.context.trace(sa, "Generating IKE_AUTH message")
        offered, rest = child.ask(sa, sa.gate, self.spi, ())
        payloads: list[Payload] = [own, _prove(sa, self._key, own), offered, *rest]
        if _is_alone(sa):
            payloads.append(Notify(INITIAL_CONTACT))
        return tuple(payloads)

    def process(self, message: Received, now: Instant) -> bool:
        sa, payloads = self.sa, message.payloads
        assert sa.profile is not None and sa.gate is not None and sa.session is not None
        proof = next((one for one in payloads if isinstance(one, Authentication)), None)
        identification = next((one for one in payloads if isinstance(one, Identification)), None)
        error = error_of(payloads)
        if proof is None or identification is None:
            name = error.name if error is not None else "no AUTH payload"
            aborted(sa, f"{_FAILED}: received {name}", now)
            return False
        sa.remote_identity = Identity(identification.kind, identification.data)
        if not credentials.matches(sa.profile, sa.remote_identity):
            sa.context.trace_error(sa, f"Peer identity {sa.remote_identity} does not match the profile")
            _take_back(sa, now)
            return True
        keys = credentials.keys_for(sa.context.settings, sa.profile, sa.remote, sa.remote_identity)
        if not _is_proven(sa, keys.remote_key if keys else None, proof, identification):
            _take_back(sa, now)
            return True
        ready(sa, now)
        if notify_of(payloads, INITIAL_CONTACT):
            forget_others(sa, now)
        self._first_child(payloads, error, now)
        return True

    def _first_child(self, payloads: tuple[Payload, ...], error: Notify | None, now: Instant) -> None:
        sa = self.sa
        assert sa.gate is not None and sa.session is not None
        if error is not None:
            childless(sa, f"Received error notify {error.name} for the first IPsec SA", now)
            return
        terms = child.confirm(sa, sa.gate, payloads, ())
        if isinstance(terms, child.Refusal):
            childless(sa, terms.reason, now)
            return
        nonces = sa.ni + sa.nr
        child.establish(sa, sa.session, sa.gate, terms, self.spi, True, b"", nonces, True, now)


class Peer(NamedTuple):
    """A peer that proved itself, and the gate it came in by."""

    gate: Gate
    profile: IkeProfile
    identity: Identity
    local_key: bytes


def respond(sa: IkeSa, message: Received, now: Instant) -> None:
    """A peer proves itself, and asks for the first CHILD SA."""
    context, payloads = sa.context, message.payloads
    context.trace(sa, "Processing IKE_AUTH message")
    peer = _verified(sa, payloads)
    if peer is None:
        sa.respond((Notify(AUTHENTICATION_FAILED),))
        aborted(sa, _FAILED, now)
        return
    sa.gate, sa.profile, sa.remote_identity = peer.gate, peer.profile, peer.identity
    sa.local_identity = credentials.local_identity(peer.profile, sa.local)
    session = _session_of(sa, peer.gate.interface)
    session.add(sa)
    if notify_of(payloads, INITIAL_CONTACT):  # before the new CHILD SA stands: what the peer lost is seen to go down
        forget_others(sa, now)
    own = Identification(False, *sa.local_identity)
    answer: list[Payload] = [own, _prove(sa, peer.local_key, own)]
    terms = child.consider(sa, peer.gate, payloads, False, None)
    if isinstance(terms, child.Refusal):
        context.trace_error(sa, terms.reason)
        sa.respond((*answer, terms.notify))
        ready(sa, now)
        childless(sa, terms.reason, now)
    else:
        spi = context.esp_spi()
        sa.respond((*answer, child.answer_proposal(terms, spi), *child.agreed(sa, terms)))
        ready(sa, now)
        child.establish(sa, session, peer.gate, terms, spi, False, b"", sa.ni + sa.nr, True, now)


def _session_of(sa: IkeSa, interface: str) -> Session:
    """The session of a peer that proved itself. Peers that share a NAT's address are told apart by identity."""
    context, identity, remote = sa.context, sa.remote_identity, sa.remote
    assert identity is not None
    for other in context.proven.get((sa.local, identity), {}).values():
        if other.session is not None and other.session.interface == interface and other.remote == remote:
            return other.session
    session = context.sessions.get((interface, remote))
    if session is not None and sa.nat.remote and session.is_anothers(identity):
        remote, session = Shared.numbered(remote, context.sharer_number()), None
    if session is None:
        session = context.sessions[interface, remote] = Session(context, interface, sa.local, remote, sa.session_id)
    return session


def _verified(sa: IkeSa, payloads: tuple[Payload, ...]) -> Peer | None:
    """Who the peer is, if it can prove it with the key we have for it."""
    context = sa.context
    identification = next(one for one in payloads if isinstance(one, Identification) and one.initiator)
    proof = next((one for one in payloads if isinstance(one, Authentication)), None)
    identity = Identity(identification.kind, identification.data)
    context.trace(sa, f"Received peer's identity, id: {identity}")
    found = credentials.gate_for(context.settings, sa.local, identity)
    if found is None:
        context.trace_error(sa, "Failed to locate an item in the database: no profile matches the peer's identity")
        return None
    gate, profile = found
    keys = credentials.keys_for(context.settings, profile, sa.remote, identity)
    context.trace(sa, f"Get peer's preshared key for {identity}")
    if keys is None or keys.local_key is None:
        context.trace_error(sa, f"Failed to retrieve the preshared key of {identity} from keyring {profile.keyring}")
        return None
    context.trace(sa, f"Matched peer block '{keys.name}'")
    if not _is_proven(sa, keys.remote_key, proof, identification):
        return None
    return Peer(gate, profile, identity, keys.local_key)


def _prove(sa: IkeSa, psk: bytes, own: Identification) -> Authentication:
    assert sa.keys is not None and sa.suite is not None
    nonce, sk_p = (sa.nr, sa.keys.pi) if sa.initiator else (sa.ni, sa.keys.pr)
    return Authentication(AUTH_PSK, psk_proof(sa.suite.prf, psk, sa.first_sent, nonce, sk_p, own.encode()))


def _is_proven(sa: IkeSa, psk: bytes | None, proof: Authentication | None, identification: Identification) -> bool:
    context = sa.context
    assert sa.keys is not None and sa.suite is not None
    if psk is None or proof is None or proof.method != AUTH_PSK:
        context.trace_error(sa, "Peer's authentication method does not match, or there is no key to verify it with")
        return False
    context.trace(sa, "Verify peer's authentication data")
    nonce, sk_p = (sa.ni, sa.keys.pr) if sa.initiator else (sa.nr, sa.keys.pi)
    expected = psk_proof(sa.suite.prf, psk, sa.first_received, nonce, sk_p, identification.encode())
    proven = hmac.compare_digest(expected, proof.data)
    context.trace(sa, f"Verification of peer's authentication data {'PASSED' if proven else 'FAILED'}")
    return proven


def _take_back(sa: IkeSa, now: Instant) -> None:
    """The responder did not prove itself: tell it (RFC 7296 section 2.21.2), and forget it."""
    sa.queue.append(Complaint(sa, Notify(AUTHENTICATION_FAILED), _FAILED))


def _is_alone(sa: IkeSa) -> bool:
    """Is there no other IKE SA with this peer, nor one it is about to begin?"""
    assert sa.session is not None
    coming = any(remote == sa.remote for remote, _ in sa.context.half_open)
    return not coming and all(one is sa for one in sa.session.sas.values())


def forget_others(sa: IkeSa, now: Instant) -> None:
    """INITIAL_CONTACT: whatever else we had with this identity is stale (RFC 7296 section 2.4)."""
    sa.context.trace(sa, "Processing INITIAL_CONTACT")
    assert sa.remote_identity is not None
    for other in list(sa.context.proven.get((sa.local, sa.remote_identity), {}).values()):
        if other is not sa and other.created <= sa.created:
            other.die("The peer began anew", now)
