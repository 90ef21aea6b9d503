"""`show crypto map`, `show crypto engine connections active`, `show crypto ipsec sa count`: the maps that stand behind
protected tunnels, one for each profile and one for each peer, and the SAs as the engine's connections.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iosh.base.addr import IPv4
from iosh.base.interface_name import sort_key
from iosh.base.time import Instant
from iosh.router.tunnel import TunnelState
from iosh.show.crypto_ipsec import IpsecProfileView, profiles, sas
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_FIRST = 65536


@dataclass(frozen=True, slots=True)
class MapPeer:
    """One peer: an instance of the profile."""

    local: IPv4
    remote: IPv4


@dataclass(frozen=True, slots=True)
class CryptoMap:
    """The map of one protected tunnel."""

    interface: str
    profile: IpsecProfileView
    peers: tuple[MapPeer, ...]


@dataclass(frozen=True, slots=True)
class CryptoMaps:
    """`show crypto map`."""

    maps: tuple[CryptoMap, ...]


def maps(router: Router, now: Instant, interface: str | None = None) -> CryptoMaps:
    """One map for each tunnel that an IPsec profile protects."""
    known = {one.name: one for one in profiles(router, now)}
    found = []
    for name, state in sorted(router.forwarding.interfaces.items(), key=lambda item: sort_key(item[0])):
        if isinstance(state, TunnelState) and state.tunnel.profile in known and interface in (None, name):
            peers = (MapPeer(flow.local, flow.remote) for flow in sas(router, now, interface=name).flows)
            found.append(CryptoMap(name, known[state.tunnel.profile], tuple(peers)))
    return CryptoMaps(tuple(found))


def maps_text(view: CryptoMaps) -> Iterator[str]:
    if not view.maps:
        yield "No crypto maps found."
    for one in view.maps:
        tag = f"{one.interface}-head-0"
        yield f'Crypto Map IPv4 "{tag}" {_FIRST} ipsec-isakmp'
        if one.profile.ikev2_profile is not None:
            yield f"        IKEv2 Profile: {one.profile.ikev2_profile}"
        yield f"        Profile name: {one.profile.name}"
        yield from _terms(one.profile)
        yield ""
        for number, peer in enumerate(one.peers, _FIRST + 1):
            yield f'Crypto Map IPv4 "{tag}" {number} ipsec-isakmp'
            yield "        Map is a PROFILE INSTANCE."
            yield f"        Peer = {peer.remote}"
            if one.profile.ikev2_profile is not None:
                yield f"        IKEv2 Profile: {one.profile.ikev2_profile}"
            yield "        Access-List SS dynamic: False"
            yield "        Extended IP access list "
            yield f"            access-list  permit gre host {peer.local} host {peer.remote}"
            yield f"        Current peer: {peer.remote}"
            yield from _terms(one.profile)
        yield f"        Interfaces using crypto map {tag}:"
        yield f"                {one.interface}"
        yield ""


def _terms(profile: IpsecProfileView) -> Iterator[str]:
    kilobytes = "disabled" if profile.lifetime_kilobytes is None else str(profile.lifetime_kilobytes)
    yield f"        Security association lifetime: {kilobytes} kilobytes/{profile.lifetime_s} seconds"
    yield "        Dualstack (Y/N): N"
    yield ""
    yield f"        Responder-Only (Y/N): {'Y' if profile.responder_only else 'N'}"
    yield f"        PFS (Y/N): {'Y' if profile.pfs else 'N'}"
    if profile.pfs:
        yield f"        DH group:  {profile.pfs}"
    yield "        Mixed-mode : Disabled"
    yield "        Transform sets={ "
    for chosen in profile.transform_sets:
        yield f"                {chosen.name}:  {{ {chosen.transforms}  }} , "
    yield "        }"


# --- connections


@dataclass(frozen=True, slots=True)
class Connection:
    """One half of an SA: what it carries, and how much."""

    number: int
    algorithm: str
    encrypted: int
    decrypted: int
    address: IPv4


@dataclass(frozen=True, slots=True)
class Connections:
    """`show crypto engine connections active`."""

    connections: tuple[Connection, ...]


def connections(router: Router, now: Instant) -> Connections:
    """Both halves of each SA; a flow's packets are those of its current one."""
    found = []
    for flow in sas(router, now).flows:
        for index, (inbound, outbound) in enumerate(zip(flow.inbound, flow.outbound, strict=True)):
            incoming, outgoing = (flow.packets_in, flow.packets_out) if index == 0 else (0, 0)
            found.append(Connection(inbound.connection, inbound.transform, 0, incoming, flow.local))
            found.append(Connection(outbound.connection, outbound.transform, outgoing, 0, flow.local))
    return Connections(tuple(sorted(found, key=lambda one: one.number)))


def connections_text(view: Connections) -> Iterator[str]:
    yield "Crypto Engine Connections"
    yield ""
    yield "   ID  Type    Algorithm           Encrypt  Decrypt LastSeqN IP-Address"
    for one in view.connections:
        last = one.encrypted or one.decrypted
        yield (
            f"{one.number:>5}  {'IPsec':<7} {_algorithm(one.algorithm):<18}{one.encrypted:>9}{one.decrypted:>9}"
            f"{last:>9} {one.address}"
        )
    yield ""


def _algorithm(words: str) -> str:
    """`esp-256-aes esp-sha256-hmac` as `AES256+SHA256`, `esp-gcm 256` as `AES-GCM256`."""
    text = re.sub(r"esp-(\d+)-aes", r"esp-aes\1", words.replace("esp-gcm ", "esp-aes-gcm"))
    return "+".join(word.removeprefix("esp-").removesuffix("-hmac").upper() for word in text.split())


@dataclass(frozen=True, slots=True)
class SaCount:
    """`show crypto ipsec sa count`: halves, not pairs."""

    total: int
    active: int


def count(router: Router, now: Instant) -> SaCount:
    halves = [half for flow in sas(router, now).flows for half in (*flow.inbound, *flow.outbound)]
    return SaCount(len(halves), sum(half.status == "ACTIVE" for half in halves))


def count_text(view: SaCount) -> Iterator[str]:
    idle = view.total - view.active
    yield f"IPsec SA total: {view.total}, active: {view.active}, rekeying: {idle}, unused: 0, invalid: 0"


SHOWS = {
    "": Show(maps, maps_text),
    "connections": Show(connections, connections_text),
    "count": Show(count, count_text),
}
