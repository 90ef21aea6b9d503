"""From the configuration to what DHCP's client and server are told."""

from __future__ import annotations

from collections.abc import Mapping

from iosh.base.addr import IPv4, Prefix, length_of, mac_text
from iosh.base.interface_name import short
from iosh.config import model
from iosh.config.model_dhcp import DhcpPool, PoolOption
from iosh.proto.dhcp.client import DhcpClientSettings
from iosh.proto.dhcp.leases import DhcpServerSettings, Pool
from iosh.wire import dhcp


def clients(config: model.Config, macs: Mapping[str, bytes]) -> dict[str, DhcpClientSettings]:
    """One for every interface with `ip address dhcp` that is there; `macs`: hardware addresses by interface."""
    return {
        name: DhcpClientSettings(
            name,
            macs[name],
            _identifier(name, interface.ip.dhcp.client_id, macs),
            interface.ip.dhcp.hostname or config.hostname,
        )
        for name, interface in config.interfaces.items()
        if interface.ip.dhcp is not None and not interface.shutdown and name in macs
    }


def _identifier(name: str, of_interface: str | None, macs: Mapping[str, bytes]) -> bytes:
    """Client identifier: text made of address and name, or the hardware address behind its type."""
    if of_interface is not None and of_interface in macs:
        return b"\1" + macs[of_interface]
    return b"\0" + f"cisco-{mac_text(macs[name])}-{short(name)}".encode()


def server(config: model.Config) -> DhcpServerSettings | None:
    """The server; None where there is nothing to serve."""
    if not config.dhcp.service or not config.dhcp.pools:
        return None
    excluded = tuple((key.low, key.high if key.high is not None else key.low) for key in config.dhcp.excluded)
    return DhcpServerSettings(tuple(_pool(name, pool) for name, pool in config.dhcp.pools.items()), excluded)


def _pool(name: str, pool: DhcpPool) -> Pool:
    network, host, lease = pool.network, pool.host, pool.lease
    return Pool(
        name,
        network=Prefix.of(network.address, length_of(network.mask)) if network else None,
        host=host.address if host else None,
        host_length=length_of(host.mask) if host else 24,
        client_id=_hex(pool.client_identifier) if pool.client_identifier else None,
        mac=pool.hardware_address,
        routers=pool.default_router,
        dns_servers=pool.dns_server,
        domain_name=pool.domain_name or "",
        lease_s=86400 if lease is None else dhcp.INFINITE if lease.infinite else lease.seconds,
        options=tuple((code, _value(option)) for code, option in sorted(pool.options.items())),
    )


def _value(option: PoolOption) -> bytes:
    if option.kind == "ip":
        return dhcp.packed(IPv4(address) for address in option.addresses)
    text = option.text or ""
    return _hex(text) if option.kind == "hex" else text.encode()


def _hex(dotted: str) -> bytes:
    """`01aa.bbcc.dd` to bytes; a last digit without its fellow is the high one."""
    digits = dotted.replace(".", "")
    return bytes.fromhex(digits + "0" * (len(digits) % 2))
