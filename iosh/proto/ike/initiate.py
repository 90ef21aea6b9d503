"""A session is wanted: what it takes to begin, and the reasons not to."""

from __future__ import annotations

from typing import Final

from iosh.base.addr import IPv4, Shared
from iosh.base.time import Instant
from iosh.proto.ike import credentials
from iosh.proto.ike.context import Context
from iosh.proto.ike.create_child import CreateChild
from iosh.proto.ike.effects import SessionUp
from iosh.proto.ike.informational import Complaint
from iosh.proto.ike.init import Init
from iosh.proto.ike.negotiate import ike_wishes, policy_for
from iosh.proto.ike.sa import IkeSa, State
from iosh.proto.ike.session import Session
from iosh.proto.ike.settings import Gate, IkeProfile
from iosh.wire.ikev2 import Notify
from iosh.wire.isakmp import IKE_PORT

_MOST_RECOVERIES: Final = 400  # under way at once: anybody can send what makes us begin


def wanted(context: Context, interface: str, local: IPv4, remote: IPv4, now: Instant) -> None:
    """Begin, go on, or say that it stands already; after failures in a row begin a little later."""
    key = interface, remote
    session = context.sessions.get(key)
    if session is not None and session.local != local:
        session.wanted = False  # what is left of it ends by itself, from the address it began with
        session = None
    if session is None:
        session = context.sessions[key] = Session(context, interface, local, remote, context.session_number())
    session.wanted = True
    if session.children:
        context.desk.put(SessionUp(interface, session.local, remote))
        return
    standing = [sa for sa in session.sas.values() if sa.is_ready]
    if not standing and any(sa.state in (State.INIT, State.AUTH) for sa in session.sas.values()):
        return
    until = context.backoff.until(key)
    if now < until:
        context.desk.ring_at(("again", key), until)
        return
    if standing:
        newest = standing[-1]
        if not any(isinstance(one, CreateChild) for one in (newest.current, *newest.queue)):
            newest.start(CreateChild(newest, session, None), now)
        return
    found = _may_begin(context, session)
    if isinstance(found, str):
        context.trace_error(None, found)
        session.refused(found)
        return
    _begin(context, session, *found, now)


def recover(context: Context, local: IPv4, remote: IPv4, complaint: Notify, now: Instant) -> bool:
    """`crypto isakmp invalid-spi-recovery`: begin with whoever sends by an SA we have lost, and complain inside.

    INITIAL_CONTACT tells it that all it has of us is stale. False where nothing may be begun.
    """
    begun = sum(sa.initiator and not sa.was_ready for sa in context.sas.values())
    if begun >= _MOST_RECOVERIES:
        return False
    for gate in context.settings.gates.values():
        if gate.local != local:
            continue
        key = gate.interface, remote
        session = context.sessions.get(key)
        if session is None:
            session = Session(context, gate.interface, local, remote, context.session_number())
        if session.sas:
            return True  # on the way already
        found = _may_begin(context, session)
        if isinstance(found, str):
            continue
        context.sessions[key] = session
        sa = _begin(context, session, *found, now)
        sa.queue.append(Complaint(sa, complaint, None))
        return True
    return False


def again(context: Context, key: tuple[str, IPv4], now: Instant) -> None:
    """A peer that refused us was left alone for long enough."""
    session = context.sessions.get(key)
    if session is not None and session.wanted and not session.children:
        wanted(context, session.interface, session.local, session.remote, now)


def _may_begin(context: Context, session: Session) -> tuple[Gate, IkeProfile] | str:
    """The gate and profile to begin with, or the reason why not."""
    settings = context.settings
    gate = settings.gates.get(session.interface)
    if gate is None or gate.local != session.local:
        return f"No IPsec profile protects {session.interface} at {session.local}: is the one it names defined?"
    if isinstance(session.remote, Shared):
        return f"{session.remote} is a NAT with several peers behind it: this one has to begin"
    if gate.ike_profile is None:
        return f"IPsec profile {gate.ipsec_profile} names no IKEv2 profile, and IKEv1 is not available"
    profile = settings.profiles.get(gate.ike_profile)
    if profile is None:
        return f"IKEv2 profile {gate.ike_profile} is not defined"
    if not credentials.is_complete(profile):
        return f"IKEv2 profile {profile.name} is incomplete, or asks for something else than pre-shared keys"
    if gate.responder_only:
        return f"IPsec profile {gate.ipsec_profile} is responder-only"
    if not gate.transform_sets:
        return f"IPsec profile {gate.ipsec_profile} has no transform set"
    keys = credentials.keys_for(settings, profile, session.remote)
    if keys is None or keys.local_key is None:
        return f"No preshared key for {session.remote} in keyring {profile.keyring or '(none)'}"
    if not ike_wishes(settings, session.local):
        return f"IKEv2 policy {policy_for(settings, session.local).name} has no complete proposal"
    if settings.limit_max_sa is not None and len(context.sas) >= settings.limit_max_sa:
        return "Maximum number of IKEv2 SAs reached"
    context.trace(None, f"% Getting preshared key from profile keyring {profile.keyring}")
    context.trace(None, f"% Matched peer block '{keys.name}'")
    context.trace(None, f"Searching Policy with fvrf 0, local address {session.local}")
    context.trace(None, f"Found Policy '{policy_for(settings, session.local).name}'")
    return gate, profile


def _begin(context: Context, session: Session, gate: Gate, profile: IkeProfile, now: Instant) -> IkeSa:
    sa = IkeSa(context, True, (session.local, IKE_PORT), (session.remote, IKE_PORT), 0, now)
    sa.gate, sa.profile = gate, profile
    context.sas[sa.own_spi] = sa
    session.add(sa)
    sa.start(Init(sa), now)
    return sa
