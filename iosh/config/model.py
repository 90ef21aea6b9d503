"""The running configuration as values: what `grammar/` writes into and `router/wanted.py` reads from.

Conventions the grammar relies on:
- a field's default is IOS's default, and a field at its default prints nothing (unless the grammar says otherwise);
- an ordered table is a `dict`; its key is what identifies the entry in IOS, its value a record of the rest;
- units stand in the name (`_s` seconds, `_kbit`), names are IOS's words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from iosh.base.addr import BROADCAST, IPv4
from iosh.config.kept import Kept, KeptKey
from iosh.config.model_aaa import (
    Aaa,
    AccessClass,
    AliasKey,
    EnableKey,
    Login,
    ParserView,
    Password,
    PasswordRules,
    PrivilegeKey,
    PrivilegeLevel,
    User,
)
from iosh.config.model_acl import AccessGroups, AccessLists, ObjectGroups, TimeRange
from iosh.config.model_archive import Archive
from iosh.config.model_dhcp import AddressByDhcp, Dhcp, DhcpClientOptions
from iosh.config.model_nat import Nat
from iosh.config.model_services import (
    CdpGlobal,
    ClockGlobal,
    InterfaceDiscovery,
    LldpGlobal,
    NtpGlobal,
    Sla,
    TrackedObject,
)
from iosh.config.model_ssh import Ssh
from iosh.config.model_vrf import VrfDefinition

# --- interface ---------------------------------------------------------------------------------------------------


class InterfaceAddress(NamedTuple):
    """`ip address A M`."""

    address: IPv4
    mask: IPv4


@dataclass(slots=True)
class InterfaceIp:
    """`ip …` under an interface."""

    vrf: str | None = None  # `ip vrf forwarding`; of one by `vrf definition` it is the interface's
    vrf_downstream: str | None = None
    address: InterfaceAddress | None = None
    secondary: dict[InterfaceAddress, None] = field(default_factory=dict)
    mtu: int | None = None  # bytes; None: the interface's own
    redirects: bool = True
    unreachables: bool = True
    proxy_arp: bool = True
    adjust_mss: int | None = None  # bytes
    unnumbered: str | None = None  # interface name
    dhcp: AddressByDhcp | None = None  # the address is a DHCP server's to give
    negotiated: str | None = None  # or the peer's, over PPP: `negotiated`, `negotiated previous`
    dhcp_client: DhcpClientOptions = field(default_factory=DhcpClientOptions)
    dhcp_trusted: bool = False  # `ip dhcp relay information trusted`
    helpers: dict[IPv4, None] = field(default_factory=dict)
    access_groups: AccessGroups = field(default_factory=AccessGroups)
    nat: str | None = None  # "inside" | "outside"
    addressless: bool = False  # there can be no address: Null0


class NhrpMapKey(NamedTuple):
    """`ip nhrp map A [M] N` is keyed by protocol address and mask, `ip nhrp map multicast N|dynamic` by NBMA."""

    address: IPv4 | None
    mask: IPv4 | None = None
    multicast: IPv4 | None = None  # `map multicast N`; address and mask are None then


@dataclass(slots=True)
class NhrpMap:
    """The rest of `ip nhrp map`: NBMA address (None for a multicast map) and preference."""

    nbma: IPv4 | None = None
    preference: int | None = None


@dataclass(slots=True)
class NhrpNhs:
    """The rest of `ip nhrp nhs A [nbma {N | NAME} [multicast]] [priority P] [cluster C]`."""

    nbma: IPv4 | None = None
    nbma_name: str | None = None  # instead of the address: a name of `ip host`
    multicast: bool = False
    priority: int = 0
    cluster: int = 0


@dataclass(slots=True)
class Nhrp:
    """`ip nhrp …` under a tunnel."""

    authentication: str | None = None  # at most 8 characters
    network_id: int | None = None
    holdtime_s: int = 600
    map: dict[NhrpMapKey, NhrpMap] = field(default_factory=dict)  # unicast and multicast, in the order typed
    map_multicast_dynamic: bool = True  # 17.x: default and hidden; 15.x prints it
    nhs: dict[IPv4, NhrpNhs] = field(default_factory=dict)
    registration_no_unique: bool = False
    registration_timeout_s: int | None = None  # None: a third of the hold time
    redirect: bool = False
    redirect_timeout_s: int = 8
    shortcut: bool = True  # 17.x: default and hidden
    server_only: bool = False
    record: bool = True
    cache_non_authoritative: bool = True
    max_send_packets: int = 10000
    max_send_every_s: int = 10
    group: str | None = None


@dataclass(slots=True)
class TunnelProtection:
    """`tunnel protection ipsec profile P [shared] [isakmp-profile I] [ikev2-profile I]`."""

    profile: str
    shared: bool = False
    isakmp_profile: str | None = None
    ikev2_profile: str | None = None  # instead of the one the IPsec profile names


@dataclass(slots=True)
class Tunnel:
    """`tunnel …` under `interface Tunnel`."""

    source_interface: str | None = None  # canonical name; excludes source_address
    source_address: IPv4 | None = None
    destination: IPv4 | None = None
    mode: str = "gre ip"  # "gre ip" | "gre multipoint"
    key: int | None = None
    checksum: bool = False
    sequence_datagrams: bool = False
    ttl: int = 255
    tos: int | None = None
    path_mtu_discovery: bool = False
    vrf: str | None = None  # the front door
    protection: TunnelProtection | None = None


class Dot1q(NamedTuple):
    """`encapsulation dot1Q V [native | second-dot1q W]`."""

    vlan: int
    native: bool = False
    second: str | None = None  # the inner VLAN of two tags: "any", or a list ("7,10-20")

    @property
    def inner(self) -> int | None:
        """The inner VLAN, where it is one."""
        return int(self.second) if self.second is not None and self.second.isdigit() else None

    @property
    def is_ambiguous(self) -> bool:
        """Of many inner VLANs: for sessions of PPPoE and the like, there is no IP on it."""
        return self.second is not None and not self.second.isdigit()


@dataclass(slots=True)
class Interface:
    """`interface NAME`."""

    name: str
    style: str | None = None  # said beside the name: "point-to-point", "multipoint", "type tunnel", …
    description: str | None = None
    vrf: str | None = None  # `vrf forwarding`
    shutdown: bool = False
    ip: InterfaceIp = field(default_factory=InterfaceIp)
    nhrp: Nhrp | None = None  # tunnels and templates only
    tunnel: Tunnel | None = None  # tunnels and templates only
    encapsulation: Dot1q | None = None  # sub-interfaces only
    bandwidth_kbit: int | None = None
    delay_tens_us: int | None = None
    mtu: int | None = None  # bytes
    mac_address: bytes | None = None
    arp_timeout_s: int = 14400
    load_interval_s: int = 300
    keepalive_s: int | None = None
    keepalive_retries: int | None = None
    duplex: str | None = None
    speed: str | None = None
    negotiation_auto: bool | None = None
    nhrp_event_publisher: bool = False
    if_state_nhrp: bool = False
    kept: dict[KeptKey, Kept] = field(default_factory=dict)
    discovery: InterfaceDiscovery = field(default_factory=InterfaceDiscovery)

    @property
    def vrf_name(self) -> str | None:
        """The VRF it is in, by either form of the line; None: the global table."""
        return self.vrf or self.ip.vrf


# --- crypto ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Ikev2Proposal:
    """`crypto ikev2 proposal NAME`: words as typed (`aes-cbc-256`, `sha256`, `14`), in order of preference."""

    encryption: tuple[str, ...] = ()
    integrity: tuple[str, ...] = ()
    prf: tuple[str, ...] = ()
    group: tuple[int, ...] = ()


@dataclass(slots=True)
class Ikev2Policy:
    """`crypto ikev2 policy NAME`."""

    proposals: dict[str, None] = field(default_factory=dict)
    match_fvrf: str | None = None  # None, "any" or a VRF's name
    match_local: dict[IPv4, None] = field(default_factory=dict)
    kept: dict[KeptKey, Kept] = field(default_factory=dict)


class PeerAddress(NamedTuple):
    """`address A [M]`: one host, unless a mask is given."""

    address: IPv4
    mask: IPv4 = BROADCAST


@dataclass(slots=True)
class KeyringPeer:
    """`peer NAME` in a keyring. Keys are stored as typed: (type, text); type 0 is clear text, 6 encrypted."""

    address: PeerAddress | None = None
    identity_address: IPv4 | None = None
    identity_fqdn: str | None = None
    hostname: str | None = None
    description: str | None = None
    pre_shared_key: Password | None = None  # the same key both ways
    pre_shared_key_local: Password | None = None
    pre_shared_key_remote: Password | None = None
    kept: dict[KeptKey, Kept] = field(default_factory=dict)


@dataclass(slots=True)
class Ikev2Keyring:
    """`crypto ikev2 keyring NAME`."""

    peers: dict[str, KeyringPeer] = field(default_factory=dict)
    kept: dict[KeptKey, Kept] = field(default_factory=dict)


class MatchIdentity(NamedTuple):
    """`match identity remote address A [M]`, `… fqdn [domain] NAME`, `… key-id`, `… any`."""

    kind: str  # "address" | "fqdn" | "fqdn domain" | "email" | "key-id" | "any"
    address: IPv4 | None = None
    mask: IPv4 | None = None
    text: str | None = None


@dataclass(slots=True)
class Ikev2Profile:
    """`crypto ikev2 profile NAME`."""

    description: str | None = None
    match_fvrf: str | None = None
    match_identity_remote: dict[MatchIdentity, None] = field(default_factory=dict)
    match_local: dict[IPv4, None] = field(default_factory=dict)
    identity_local: MatchIdentity | None = None
    authentication_local: str | None = None  # "pre-share"
    authentication_remote: str | None = None
    keyring_local: str | None = None
    lifetime_s: int = 86400
    dpd_interval_s: int | None = None
    dpd_retry_s: int | None = None
    dpd_mode: str | None = None  # "periodic" | "on-demand"
    nat_force_encap: bool = False
    kept: dict[KeptKey, Kept] = field(default_factory=dict)


@dataclass(slots=True)
class Ikev2:
    """`crypto ikev2 …`."""

    proposals: dict[str, Ikev2Proposal] = field(default_factory=dict)
    policies: dict[str, Ikev2Policy] = field(default_factory=dict)
    keyrings: dict[str, Ikev2Keyring] = field(default_factory=dict)
    profiles: dict[str, Ikev2Profile] = field(default_factory=dict)
    dpd_interval_s: int | None = None
    dpd_retry_s: int | None = None
    dpd_mode: str | None = None
    cookie_challenge: int | None = None
    fragmentation_mtu: int | None = None  # `crypto ikev2 fragmentation [mtu N]`; None: off
    nat_keepalive_s: int | None = None
    limit_max_sa: int | None = None
    limit_max_in_negotiation_sa: int | None = None


@dataclass(slots=True)
class TransformSet:
    """`crypto ipsec transform-set NAME T [N] [T [N]]`: words as typed, `("esp-aes 256", "esp-sha256-hmac")`."""

    transforms: tuple[str, ...] = ()
    mode: str = "tunnel"  # "tunnel" | "transport" | "transport require"
    kept: dict[KeptKey, Kept] = field(default_factory=dict)


@dataclass(slots=True)
class IpsecProfile:
    """`crypto ipsec profile NAME`."""

    description: str | None = None
    transform_sets: tuple[str, ...] = ()
    ikev2_profile: str | None = None
    pfs: str | None = None  # "group14"
    lifetime_s: int | None = None
    lifetime_kilobytes: int | None = None
    lifetime_kilobytes_disable: bool = False
    idle_time_s: int | None = None
    replay_window: int | None = None
    responder_only: bool = False
    kept: dict[KeptKey, Kept] = field(default_factory=dict)


@dataclass(slots=True)
class Ipsec:
    """`crypto ipsec …`."""

    transform_sets: dict[str, TransformSet] = field(default_factory=dict)
    profiles: dict[str, IpsecProfile] = field(default_factory=dict)
    lifetime_s: int = 3600
    lifetime_kilobytes: int = 4608000
    replay_window: int = 64
    replay_disable: bool = False
    df_bit: str | None = None  # "copy" | "set" | "clear"


@dataclass(slots=True)
class Crypto:
    """`crypto …`."""

    ikev2: Ikev2 = field(default_factory=Ikev2)
    ipsec: Ipsec = field(default_factory=Ipsec)
    logging_session: bool = False
    invalid_spi_recovery: bool = False  # `crypto isakmp invalid-spi-recovery`
    weak: bool = False  # `engine compliance shield disable`: algorithms that have been refused since 17.11 are taken


# --- the box -----------------------------------------------------------------------------------------------------


class StaticRouteKey(NamedTuple):
    """`ip route [vrf V] P M [INTERFACE] [NEXT-HOP]`: all of it identifies the route."""

    network: IPv4
    mask: IPv4
    interface: str | None = None
    next_hop: IPv4 | None = None
    vrf: str | None = None


@dataclass(slots=True)
class StaticRoute:
    """The rest of `ip route`: `[distance] [name WORD] [tag N] [permanent] [track N]`, of a VRF's `[global]`."""

    distance: int = 1
    name: str | None = None
    tag: int | None = None
    permanent: bool = False
    track: int | None = None
    outside: bool = False  # the next hop is in the global table


@dataclass(slots=True)
class Logging:
    """`logging …`."""

    buffered: bool = True
    buffered_bytes: int = 4096
    buffered_level: int = 7
    console_level: int | None = 7  # None: `no logging console`
    monitor_level: int | None = 7
    on: bool = True


class LineKey(NamedTuple):
    """`line con 0`, `line vty 0 4`, `line 2`, `line 0/0/0 0/0/15`: one line has no last."""

    kind: str = "tty"  # or "con" | "aux" | "vty"
    first: int = 0
    last: int | None = None
    slot: str | None = None  # of a tty in a module: `0/0/0`
    last_slot: str | None = None


@dataclass(slots=True)
class Synchronous:
    """`logging synchronous`: messages of this severity and graver break into the line all the same."""

    level: int | str | None = None  # "all"; None: 2
    limit: int | None = None  # of messages that wait: here none waits


@dataclass(slots=True)
class LineSettings:
    """What stands under `line …`."""

    exec_timeout_min: int = 10
    exec_timeout_s: int = 0
    logging_synchronous: Synchronous | None = None
    length: int | None = None
    width: int | None = None
    privilege_level: int = 1
    kind: str = "con"  # which kind of line this is, not a setting: what is on by default depends on it
    login: str | None = None  # "line": by the line's password | "local" | None: nobody is asked
    login_authentication: str | None = None  # the name of a list
    authorization_exec: str | None = None
    authorization_commands: dict[int, str] = field(default_factory=dict)  # of commands of a level: a list
    password: Password | None = None
    session_timeout_min: int | None = None
    session_timeout_output: bool = False
    absolute_timeout_min: int | None = None
    access_class_in: AccessClass | None = None
    access_class_out: AccessClass | None = None
    access_classes_vrf: dict[str, str] = field(default_factory=dict)  # a VRF's incoming sessions: its list
    transport_input: tuple[str, ...] = ()
    transport_output: tuple[str, ...] = ()
    transport_preferred: str | None = None
    stopbits: str | None = None
    logout_warning_s: int | None = None  # before the absolute timeout; None: twenty, as `logout-warning` alone says
    exec: bool = True
    exec_banner: bool = True
    motd_banner: bool = True
    editing: bool = True
    exec_prompt_timestamp: bool = False
    monitor: bool = False
    escape_character: int | str | None = None  # its code | "BREAK" | "NONE" | None: Ctrl-^
    escape_soft: bool = False
    history: bool = True
    history_size: int = 20
    location: str | None = None
    kept: dict[KeptKey, Kept] = field(default_factory=dict)


class HostAddresses(NamedTuple):
    """`ip host NAME A [B …]`."""

    address: IPv4
    more: tuple[IPv4, ...] = ()


@dataclass(slots=True)
class Config:
    """A router's whole running configuration."""

    version: str = "17.15"
    hostname: str = "Router"
    service_timestamps_debug: str | None = None  # "datetime msec", "uptime"
    service_timestamps_log: str | None = None
    service_password_encryption: bool = False
    enable: dict[EnableKey, Password] = field(default_factory=dict)
    aaa: Aaa = field(default_factory=Aaa)
    login: Login = field(default_factory=Login)
    security: PasswordRules = field(default_factory=PasswordRules)
    password_encryption_aes: bool = False  # type 6 for what is typed in clear text
    vrfs: dict[str, VrfDefinition] = field(default_factory=dict)  # `vrf definition`
    ip_vrfs: dict[str, VrfDefinition] = field(default_factory=dict)  # `ip vrf`
    dhcp: Dhcp = field(default_factory=Dhcp)
    users: dict[str, User] = field(default_factory=dict)
    privileges: dict[PrivilegeKey, PrivilegeLevel] = field(default_factory=dict)
    aliases: dict[AliasKey, str] = field(default_factory=dict)
    domain_lookup: bool = True
    domain_name: str | None = None
    cef: bool | None = None  # None: on, and not printed
    hosts: dict[str, HostAddresses] = field(default_factory=dict)
    logging: Logging = field(default_factory=Logging)
    clock: ClockGlobal = field(default_factory=ClockGlobal)
    cdp: CdpGlobal = field(default_factory=CdpGlobal)
    lldp: LldpGlobal = field(default_factory=LldpGlobal)
    tracks: dict[int, TrackedObject] = field(default_factory=dict)
    crypto: Crypto = field(default_factory=Crypto)
    interfaces: dict[str, Interface] = field(default_factory=dict)
    nat: Nat = field(default_factory=Nat)
    access_lists: AccessLists = field(default_factory=AccessLists)
    object_groups: ObjectGroups = field(default_factory=ObjectGroups)
    time_ranges: dict[str, TimeRange] = field(default_factory=dict)
    routes: dict[StaticRouteKey, StaticRoute] = field(default_factory=dict)
    ssh: Ssh = field(default_factory=Ssh)
    sla: Sla = field(default_factory=Sla)
    banners: dict[str, str] = field(default_factory=dict)  # "motd", "login", "exec": the text between the delimiters
    lines: dict[LineKey, LineSettings] = field(default_factory=dict)
    archive: dict[str, Archive] = field(default_factory=dict)  # one entry, "archive"
    file_prompt: str = "alert"  # "alert" | "noisy" | "quiet"
    ntp: NtpGlobal = field(default_factory=NtpGlobal)
    icmp_unreachable_rate_ms: int | None = 500  # None: no limit
    views: dict[str, ParserView] = field(default_factory=dict)
    config_exclusive: str | None = None  # "auto" | "manual": who locks configuration mode
    kept: dict[KeptKey, Kept] = field(default_factory=dict)


# --- what a new object is ----------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def release(version: str) -> tuple[int, ...]:
    """`15.7` to `(15, 7)`: releases compare as numbers, not as text."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def new_interface(name: str, version: str) -> Interface:
    """An interface as it is before its first line. What is on by default depends on the release that wrote the text."""
    interface = Interface(name)
    if name.startswith(("Tunnel", "Virtual-Template")):
        since = release(version)
        interface.nhrp = Nhrp(
            holdtime_s=600 if since >= (16,) else 7200,
            map_multicast_dynamic=since >= (15, 7),
            shortcut=since >= (16,),
        )
        interface.tunnel = Tunnel()
        interface.discovery.cdp = False
    interface.ip.addressless = name.startswith("Null")
    return interface


def new_line(kind: str) -> LineSettings:
    """A terminal line as it is before its first line: a remote one asks for its password."""
    return LineSettings(kind=kind, login="line" if kind == "vty" else None)


def fresh(kind: type, key: object, version: str) -> Any:
    """An object of the model as it is before its first line; `key` is its entry's key, if it is an entry."""
    if kind is Interface:
        return new_interface(str(key), version)
    if isinstance(key, LineKey):
        return new_line(key.kind)
    if kind is Config:
        return Config(version=version)
    return kind()


def host_address(config: Config, name: str) -> IPv4 | None:
    """The first address that `ip host` gives a name, in any case."""
    return next((addresses.address for host, addresses in config.hosts.items() if host.lower() == name.lower()), None)
