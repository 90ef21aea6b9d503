"""What can only be said of a whole configuration: names used and not defined, blocks that cannot work as they are.

IOS takes such lines without a word, and the tunnel stays down.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from iosh.config.model import Config, Ikev2Profile, Ikev2Proposal, Interface, TunnelProtection
from iosh.config.store import Place

_DEFAULT: Final = "default"  # IOS's own proposal, transform set and profile


class Finding(NamedTuple):
    """`place` is the part of the model at fault, `word` what to point at in its line, if that is known."""

    place: Place
    word: str
    sentence: str


def check(config: Config) -> list[Finding]:
    """All findings, in the order of the model."""
    return [
        *_proposals(config),
        *_profiles(config),
        *_ipsec(config),
        *_interfaces(config),
        *_access_lists(config),
        *_translation(config),
        *_routes(config),
    ]


def _proposals(config: Config) -> Iterator[Finding]:
    ikev2 = config.crypto.ikev2
    base: Place = ("crypto", "ikev2")
    for name, proposal in ikev2.proposals.items():
        missing = _missing_of_proposal(proposal)
        if missing:
            yield Finding((*base, "proposals", name), name, f"IKEv2 proposal {name} has no {missing}")
    for name, policy in ikev2.policies.items():
        for used in policy.proposals:
            if used not in ikev2.proposals and used != _DEFAULT:
                place = (*base, "policies", name, "proposals", used)
                yield Finding(place, used, f"IKEv2 proposal {used} is not defined")


def _missing_of_proposal(proposal: Ikev2Proposal) -> str:
    combined = proposal.encryption and all("gcm" in word for word in proposal.encryption)
    needs = {
        "encryption": proposal.encryption,
        "integrity": proposal.integrity or combined,
        "prf": proposal.prf or not combined,
        "group": proposal.group,
    }
    return ", ".join(word for word, there in needs.items() if not there)


def _profiles(config: Config) -> Iterator[Finding]:
    ikev2 = config.crypto.ikev2
    for name, profile in ikev2.profiles.items():
        place: Place = ("crypto", "ikev2", "profiles", name)
        missing = _missing_of_profile(profile)
        if missing:
            yield Finding(place, name, f"IKEv2 profile {name} is incomplete: it has no {missing}")
        used = profile.keyring_local
        if used is not None and used not in ikev2.keyrings:
            yield Finding((*place, "keyring_local"), used, f"IKEv2 keyring {used} is not defined")


def _missing_of_profile(profile: Ikev2Profile) -> str:
    needs = {
        "match identity": profile.match_identity_remote,
        "authentication local": profile.authentication_local,
        "authentication remote": profile.authentication_remote,
    }
    return ", ".join(word for word, there in needs.items() if not there)


def _ipsec(config: Config) -> Iterator[Finding]:
    ipsec = config.crypto.ipsec
    for name, profile in ipsec.profiles.items():
        place: Place = ("crypto", "ipsec", "profiles", name)
        for used in profile.transform_sets:
            if used not in ipsec.transform_sets and used != _DEFAULT:
                yield Finding((*place, "transform_sets"), used, f"transform set {used} is not defined")
        used_profile = profile.ikev2_profile
        if used_profile is not None and used_profile not in config.crypto.ikev2.profiles:
            yield Finding((*place, "ikev2_profile"), used_profile, f"IKEv2 profile {used_profile} is not defined")


def _interfaces(config: Config) -> Iterator[Finding]:
    for name, interface in config.interfaces.items():
        place: Place = ("interfaces", name)
        borrowed = interface.ip.unnumbered
        if borrowed is not None and borrowed not in config.interfaces:
            yield Finding((*place, "ip", "unnumbered"), borrowed, f"interface {borrowed} is not defined")
        vrf = config.vrfs.get(interface.vrf or "")
        if vrf is not None and vrf.family("ipv4") is None and interface.ip.address is not None:
            text = f"VRF {interface.vrf} has no address-family ipv4"
            yield Finding((*place, "vrf"), str(interface.vrf), text)
        if interface.encapsulation is not None and interface.encapsulation.is_ambiguous:
            yield Finding((*place, "encapsulation"), "second-dot1q", "several inner VLANs: kept, no IP on them")
        for side in ("inbound", "outbound"):
            group = getattr(interface.ip.access_groups, side)
            if group is not None and not _has_list(config, group):
                where = (*place, "ip", "access_groups", side)
                yield Finding(where, group, f"access list {group} is not defined, and lets everything through")
        tunnel = interface.tunnel
        if tunnel is None:
            continue
        source = tunnel.source_interface
        if source is not None and source not in config.interfaces:
            yield Finding((*place, "tunnel", "source_interface"), source, f"interface {source} is not defined")
        if source in config.interfaces and config.interfaces[source].ip.dhcp is not None and _is_unique(interface):
            text = f"{source} has its address by DHCP: without registration no-unique the hub refuses the next one"
            yield Finding((*place, "tunnel", "source_interface"), source, text)
        used = tunnel.protection.profile if tunnel.protection is not None else _DEFAULT
        if used not in config.crypto.ipsec.profiles and used != _DEFAULT:
            yield Finding((*place, "tunnel", "protection"), used, f"IPsec profile {used} is not defined")
        yield from _own_profiles(config, tunnel.protection, (*place, "tunnel", "protection"))


def _own_profiles(config: Config, protection: TunnelProtection | None, place: Place) -> Iterator[Finding]:
    """Profiles said beside the IPsec profile."""
    if protection is None:
        return
    used = protection.ikev2_profile
    if used is not None and used not in config.crypto.ikev2.profiles:
        yield Finding(place, used, f"IKEv2 profile {used} is not defined")
    if protection.isakmp_profile is not None:
        yield Finding(place, protection.isakmp_profile, "ISAKMP profile of a tunnel: kept, not acting yet")


def _has_list(config: Config, name: str) -> bool:
    return name in config.access_lists.standard or name in config.access_lists.extended


def _access_lists(config: Config) -> Iterator[Finding]:
    no_group = "object group {} is not defined: the line matches nothing"
    for kind in ("standard", "extended"):
        for name, access_list in getattr(config.access_lists, kind).items():
            for key, ace in access_list.entries.items():
                if ace is None:
                    continue
                used = (
                    (ace.service, config.object_groups.service, no_group),
                    (ace.source_group, config.object_groups.network, no_group),
                    (ace.destination_group, config.object_groups.network, no_group),
                    (ace.time_range, config.time_ranges, "time range {} is not defined: the line never acts"),
                )
                for word, table, sentence in used:
                    if word is not None and word not in table:
                        yield Finding(("access_lists", kind, name, "entries", key), word, sentence.format(word))


def _has_route_map(config: Config, name: str) -> bool:
    return any(key.slot.startswith("route-map ") and key.words[:1] == (name,) for key in config.kept)


def _translation(config: Config) -> Iterator[Finding]:
    nat = config.nat
    for key, rule in nat.sources.items():
        place: Place = ("nat", "sources", key)
        if key.access_list is not None and not _has_list(config, key.access_list):
            yield Finding(
                place, key.access_list, f"access list {key.access_list} is not defined: nothing is translated"
            )
        if key.route_map is not None and not _has_route_map(config, key.route_map):
            text = f"route-map {key.route_map} is not defined: nothing is translated"
            yield Finding(place, key.route_map, text)
        if rule.pool is not None and rule.pool not in nat.pools:
            yield Finding(place, rule.pool, f"NAT pool {rule.pool} is not defined: nothing is translated")
        if rule.interface is not None and rule.interface not in config.interfaces:
            yield Finding(place, rule.interface, f"interface {rule.interface} is not defined")
    for name in nat.outside_sources:
        yield Finding(("nat", "outside_sources", name), name, "outside sources by access list: kept, not acting yet")
    for name, pool in nat.destinations.items():
        if pool not in nat.pools:
            yield Finding(("nat", "destinations", name), pool, f"NAT pool {pool} is not defined: nothing is translated")
    sides = {interface.ip.nat for interface in config.interfaces.values()}
    for side in ("inside", "outside"):
        if (nat.sources or nat.statics) and side not in sides:
            yield Finding(("nat",), side, f"no interface has `ip nat {side}`: nothing is translated")


def _is_unique(interface: Interface) -> bool:
    """Does this tunnel register with its NBMA address for good?"""
    return interface.nhrp is not None and bool(interface.nhrp.nhs) and not interface.nhrp.registration_no_unique


def _routes(config: Config) -> Iterator[Finding]:
    for key, route in config.routes.items():
        if route.outside:
            yield Finding(("routes", key), "global", "a next hop in the global table: not acting yet")
        if key.interface is not None and key.interface not in config.interfaces and key.interface != "Null0":
            yield Finding(("routes", key), key.interface, f"interface {key.interface} is not defined")
