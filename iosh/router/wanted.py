"""From the configuration to what each part of the engine is told: pure functions, one family each.

The engine never holds a configuration object; what is written here are frozen settings. The crypto family stands in
`wanted_crypto.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iosh.base.addr import IPv4, Prefix, length_of
from iosh.base.interface_name import parent, sort_key
from iosh.config import model
from iosh.proto.nhrp.settings import NhrpSettings, NhsSettings, StaticMap
from iosh.router.interfaces import InterfaceAddress, InterfaceSettings, TunnelSettings
from iosh.router.logbook import LogSettings
from iosh.router.rib import STATIC, UNREACHABLE_DISTANCE, Route

_HOST = IPv4(0xFFFFFFFF)


def log_settings(config: model.Config) -> LogSettings:
    """`logging …` and `service timestamps …`."""
    logging = config.logging
    return LogSettings(
        timestamps_log=config.service_timestamps_log,
        timestamps_debug=config.service_timestamps_debug,
        buffered_bytes=logging.buffered_bytes,
        buffered_level=logging.buffered_level if logging.buffered and logging.on else None,
    )


def interfaces(config: model.Config, given: Mapping[str, InterfaceAddress]) -> dict[str, InterfaceSettings]:
    """Every interface, main interfaces before their sub-interfaces, in IOS's order; `given`: addresses by DHCP."""
    names = sorted(config.interfaces, key=sort_key)
    return {name: interface_settings(config.interfaces[name], given.get(name)) for name in names}


def interface_settings(interface: model.Interface, given: InterfaceAddress | None = None) -> InterfaceSettings:
    """One interface; `given`: its address by DHCP."""
    ip = interface.ip
    encapsulation = interface.encapsulation if parent(interface.name) is not None else None
    if encapsulation is not None and encapsulation.is_ambiguous:
        return InterfaceSettings(interface.name, description=interface.description, shutdown=interface.shutdown)
    return InterfaceSettings(
        interface.name,
        description=interface.description,
        shutdown=interface.shutdown,
        address=given if ip.dhcp is not None else _address(ip.address),
        by_dhcp=ip.dhcp is not None,
        secondary=tuple(InterfaceAddress(one.address, length_of(one.mask)) for one in ip.secondary),
        unnumbered=ip.unnumbered,
        mtu=interface.mtu,
        ip_mtu=ip.mtu,
        redirects=ip.redirects,
        unreachables=ip.unreachables,
        proxy_arp=ip.proxy_arp,
        adjust_mss=ip.adjust_mss,
        mac=interface.mac_address,
        vlan=encapsulation.vlan if encapsulation else None,
        inner=encapsulation.inner if encapsulation else None,
        native=encapsulation.native if encapsulation else False,
        bandwidth_kbit=interface.bandwidth_kbit,
        delay_us=interface.delay_tens_us * 10 if interface.delay_tens_us is not None else None,
        arp_timeout_s=interface.arp_timeout_s,
        load_interval_s=interface.load_interval_s,
        keepalive_s=interface.keepalive_s,
        access_in=ip.access_groups.inbound,
        access_out=ip.access_groups.outbound,
        nat=ip.nat,
        tunnel=tunnel_settings(interface),
        vrf=interface.vrf_name or "",
    )


def _address(address: model.InterfaceAddress | None) -> InterfaceAddress | None:
    return InterfaceAddress(address.address, length_of(address.mask)) if address else None


def tunnel_settings(interface: model.Interface) -> TunnelSettings | None:
    """`tunnel …` of one interface; None if it is no tunnel. A template is none."""
    tunnel, nhrp = interface.tunnel, interface.nhrp
    if tunnel is None or not interface.name.startswith("Tunnel"):
        return None
    return TunnelSettings(
        multipoint=tunnel.mode == "gre multipoint",
        source_interface=tunnel.source_interface,
        source_address=tunnel.source_address,
        destination=tunnel.destination,
        key=tunnel.key,
        checksum=tunnel.checksum,
        sequence=tunnel.sequence_datagrams,
        ttl=tunnel.ttl,
        tos=tunnel.tos,
        path_mtu_discovery=tunnel.path_mtu_discovery,
        protected=tunnel.protection is not None,
        profile=tunnel.protection.profile if tunnel.protection else None,
        network_id=nhrp.network_id if nhrp else None,
        redirect=nhrp.redirect if nhrp else False,
        vrf=tunnel.vrf or "",
    )


def nhrp_settings(config: model.Config, names: Iterable[str], sources: Mapping[str, IPv4]) -> dict[str, NhrpSettings]:
    """One for every multipoint tunnel of these and every one with an NHRP network; `sources`: their NBMA addresses."""
    return {
        name: _nhrp(config, interface, interface.nhrp, interface.tunnel, sources.get(name))
        for name in names
        if (interface := config.interfaces.get(name)) is not None
        and interface.nhrp is not None
        and interface.tunnel is not None
        and name.startswith("Tunnel")
        and (interface.tunnel.mode == "gre multipoint" or interface.nhrp.network_id is not None)
    }


def _nbma(config: model.Config, nhs: model.NhrpNhs) -> IPv4 | None:
    return nhs.nbma if nhs.nbma_name is None else model.host_address(config, nhs.nbma_name)


def _nhrp(
    config: model.Config, interface: model.Interface, nhrp: model.Nhrp, tunnel: model.Tunnel, nbma: IPv4 | None
) -> NhrpSettings:
    address = interface.ip.address
    return NhrpSettings(
        interface.name,
        address=address.address if address else None,
        prefix_length=length_of(address.mask) if address else 24,
        nbma=nbma,
        multipoint=tunnel.mode == "gre multipoint",
        destination=tunnel.destination,
        protected=tunnel.protection is not None,
        keyed=tunnel.key is not None,
        network_id=nhrp.network_id,
        authentication=nhrp.authentication,
        holdtime_s=nhrp.holdtime_s,
        maps=tuple(
            StaticMap(
                Prefix.of(key.address, length_of(key.mask if key.mask is not None else _HOST)),
                entry.nbma,
                entry.preference if entry.preference is not None else 255,
            )
            for key, entry in nhrp.map.items()
            if key.address is not None and entry.nbma is not None
        ),
        multicast_maps=tuple(key.multicast for key in nhrp.map if key.multicast is not None),
        multicast_dynamic=nhrp.map_multicast_dynamic,
        nhs=tuple(
            NhsSettings(address, _nbma(config, nhs), nhs.multicast, nhs.priority, nhs.cluster)
            for address, nhs in nhrp.nhs.items()
        ),
        registration_unique=not nhrp.registration_no_unique,
        registration_timeout_s=nhrp.registration_timeout_s,
        redirect=nhrp.redirect,
        redirect_timeout_s=nhrp.redirect_timeout_s,
        shortcut=nhrp.shortcut,
        server_only=nhrp.server_only,
        record=nhrp.record,
        cache_non_authoritative=nhrp.cache_non_authoritative,
        max_send_packets=nhrp.max_send_packets,
        max_send_every_s=nhrp.max_send_every_s,
    )


def static_route(key: model.StaticRouteKey, route: model.StaticRoute) -> Route:
    """One `ip route …`; `since` is the routing table's to fill in. A VRF's with a `global` next hop never becomes
    active: `iosh check` says so.
    """
    return Route(
        Prefix.of(key.network, length_of(key.mask)),
        STATIC,
        UNREACHABLE_DISTANCE if route.outside else route.distance,
        key.interface,
        key.next_hop,
        name=route.name,
        tag=route.tag,
        permanent=route.permanent,
        vrf=key.vrf or "",
    )
