"""From the configuration to what DHCP's client and server are told."""

from __future__ import annotations

from collections.abc import Mapping

from iosh.base.addr import IPv4, Prefix, length_of, mac_text
from iosh.base.interface_name import short
from iosh.config import model
from iosh.config.model_dhcp import ClientIdentifier, ClientLease, DhcpPool, PoolOption
from iosh.proto.dhcp.client import DhcpClientSettings
from iosh.proto.dhcp.effects import Lease
from iosh.proto.dhcp.leases import DhcpServerSettings, Pool
from iosh.proto.dhcp.relay import RelayInterface, RelaySettings
from iosh.router.dhcp_database import DatabaseSettings
from iosh.wire import dhcp

_NODES = {"b-node": b"\1", "p-node": b"\2", "m-node": b"\4", "h-node": b"\x08"}


def clients(config: model.Config, macs: Mapping[str, bytes]) -> dict[str, DhcpClientSettings]:
    """One for every interface with `ip address dhcp` that is there; `macs`: hardware addresses by interface."""
    return {
        name: DhcpClientSettings(
            name,
            macs[name],
            _identifier(name, interface.ip, macs),
            interface.ip.dhcp.hostname or interface.ip.dhcp_client.hostname or config.hostname,
            _asked_lease(interface.ip.dhcp_client.lease),
            (interface.ip.dhcp_client.class_id or "").encode(),
            interface.ip.dhcp_client.request_router,
        )
        for name, interface in config.interfaces.items()
        if interface.ip.dhcp is not None and not interface.shutdown and name in macs
    }


def _asked_lease(lease: ClientLease | None) -> int | None:
    return None if lease is None else ((lease.days * 24 + lease.hours) * 60 + lease.minutes) * 60


def _identifier(name: str, ip: model.InterfaceIp, macs: Mapping[str, bytes]) -> bytes:
    """Client identifier: what was said, else text made of address and name; a hardware address behind its type."""
    said = ip.dhcp_client.client_id or ClientIdentifier()
    if said.hex is not None:
        return _hex(said.hex)
    if said.ascii is not None:
        return b"\0" + said.ascii.encode()
    of_interface = (ip.dhcp.client_id if ip.dhcp is not None else None) or said.interface
    if of_interface is not None and of_interface in macs:
        return b"\1" + macs[of_interface]
    return b"\0" + f"cisco-{mac_text(macs[name])}-{short(name)}".encode()


def relay(config: model.Config, addresses: Mapping[str, IPv4]) -> RelaySettings | None:
    """The relay agent; None where there is nothing to pass on. `addresses`: the interfaces' own."""
    if not config.dhcp.service:
        return None
    names = [name for name, interface in config.interfaces.items() if interface.ip.helpers and name in addresses]
    if not names:
        return None
    interfaces = config.interfaces
    numbers = {name: number for number, name in enumerate(interfaces, 1)}
    said = config.dhcp.relay
    return RelaySettings(
        tuple(
            (
                name,
                RelayInterface(
                    addresses[name],
                    numbers[name],
                    tuple(interfaces[name].ip.helpers),
                    interfaces[name].ip.dhcp_trusted,
                ),
            )
            for name in names
        ),
        said.option,
        said.policy,
        said.trust_all,
        said.check,
    )


def databases(config: model.Config) -> tuple[DatabaseSettings, ...]:
    """`ip dhcp database …`."""
    return tuple(
        DatabaseSettings(
            url,
            agent.write_delay_s if agent.write_delay_s is not None else 300,
            agent.timeout_s if agent.timeout_s is not None else 300,
        )
        for url, agent in config.dhcp.databases.items()
    )


def server(config: model.Config, learnt: Lease | None = None) -> DhcpServerSettings | None:
    """The server; None where there is nothing to serve. `learnt`: what `import all` takes from."""
    if not config.dhcp.service or not config.dhcp.pools:
        return None
    excluded = tuple((key.low, key.high if key.high is not None else key.low) for key in config.dhcp.excluded)
    pools = tuple(_pool(name, pool, learnt) for name, pool in config.dhcp.pools.items())
    return DhcpServerSettings(pools, excluded, config.dhcp.ping_packets, config.dhcp.ping_timeout_ms)


def _pool(name: str, pool: DhcpPool, learnt: Lease | None) -> Pool:
    network, host, lease = pool.network, pool.host, pool.lease
    imported = learnt if pool.import_all else None
    said = {
        dhcp.NETBIOS_SERVERS: dhcp.packed(pool.netbios_name_server),
        dhcp.NETBIOS_NODE: _NODES.get(pool.netbios_node_type or "", b""),
        dhcp.BOOT_FILE: (pool.bootfile or "").encode(),
    }
    options = {code: value for code, value in said.items() if value}
    options |= {code: _value(option) for code, option in pool.options.items()}
    return Pool(
        name,
        network=Prefix.of(network.address, length_of(network.mask)) if network else None,
        host=host.address if host else None,
        host_length=length_of(host.mask) if host else 24,
        client_id=_hex(pool.client_identifier) if pool.client_identifier else None,
        mac=pool.hardware_address,
        routers=pool.default_router,
        dns_servers=pool.dns_server or (imported.dns_servers if imported is not None else ()),
        domain_name=pool.domain_name or (imported.domain_name if imported is not None else ""),
        lease_s=86400 if lease is None else dhcp.INFINITE if lease.infinite else lease.seconds,
        next_server=pool.next_server or IPv4(0),
        options=tuple(sorted(options.items())),
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
