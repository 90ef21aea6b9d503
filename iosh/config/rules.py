"""What the router refuses line by line, in IOS's own sentences, and which commands exist where.

`PLACES` are the conditions of `[on …]` in the grammar, `RULES` those of `[rule …]`. A rule is asked before the line is
carried out; it raises `ConfigRefused`, or returns notices that IOS prints while it takes the line. What can only be
said of a whole configuration (a profile that is named but not defined) is `config/check.py`'s.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from iosh.base import interface_name
from iosh.base.addr import IPv4, Prefix, length_of
from iosh.base.errors import ConfigRefused
from iosh.config import rules_aaa, rules_acl, rules_dhcp, rules_nat, rules_ssh, rules_views, rules_vrf
from iosh.config.model import Config, Interface, InterfaceAddress, LineKey, StaticRouteKey, release
from iosh.config.model_aaa import ParserView
from iosh.config.model_services import SlaOperation, TrackedObject
from iosh.config.store import Place, Store

_HOSTNAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\Z")
_VLANS: Final = re.compile(r"\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*\Z")
_NHRP_AUTHENTICATION_MAX: Final = 8
_LAN: Final = (*interface_name.PHYSICAL, "Port-channel")  # a subinterface of these belongs to a VLAN


class Asked(NamedTuple):
    """What a rule is asked about: a line with these kept values, at this place, by `no` or not."""

    store: Store
    place: Place
    owner: Any
    kept: dict[str, Any]
    no: bool
    hardware: frozenset[str] | None  # physical interfaces there are; None: unknown, so any


class Addresses:
    """Addresses of a VRF's interfaces that are not shut down, in order, to find overlaps in logarithmic time; what is
    found is held against the model.
    """

    __slots__ = ("_entries", "_vrf")

    def __init__(self, vrf: str | None) -> None:
        self._vrf = vrf
        self._entries: list[tuple[int, int, str]] = []  # first and last address, interface

    def overlap(self, prefix: Prefix, interface: str, config: Config) -> str | None:
        """The other interface whose network overlaps `prefix`, if any."""
        position = bisect_left(self._entries, (prefix.network, 0, ""))
        for index in (position + 1, position, position - 1):
            while 0 <= index < len(self._entries):
                first, last, owner = self._entries[index]
                if first > prefix.broadcast or last < prefix.network:
                    break
                if not _holds(config, owner, first, last, self._vrf):
                    del self._entries[index]
                    continue
                if owner == interface:
                    break
                return owner
        return None

    def add(self, prefix: Prefix, interface: str) -> None:
        """Remember that `interface` has `prefix`."""
        insort(self._entries, (prefix.network, prefix.broadcast, interface))


def _addresses(store: Store, vrf: str | None) -> Addresses:
    """The index of a VRF of a store, made from the configuration it began with."""
    found: dict[str | None, Addresses] | None = store.indexes.get("addresses")
    if found is None:
        found = store.indexes["addresses"] = {}
        for interface in store.running.interfaces.values():
            own = interface.vrf_name
            for one in _held(interface) if not interface.shutdown else ():
                found.setdefault(own, Addresses(own)).add(Prefix.of(one.address, length_of(one.mask)), interface.name)
    return found.setdefault(vrf, Addresses(vrf))


def _holds(config: Config, name: str, first: int, last: int, vrf: str | None) -> bool:
    interface = config.interfaces.get(name)
    if interface is None or interface.shutdown or interface.vrf_name != vrf:
        return False
    return any(_network(one) == (first, last) for one in _held(interface))


def _held(interface: Interface) -> list[InterfaceAddress]:
    return [*interface.ip.secondary, *([interface.ip.address] if interface.ip.address else [])]


def _network(held: InterfaceAddress) -> tuple[int, int]:
    prefix = Prefix.of(held.address, length_of(held.mask))
    return prefix.network, prefix.broadcast


# --- places ------------------------------------------------------------------------------------------------------


def places_of(owner: Any) -> frozenset[str]:
    """The `[on …]` conditions that hold for a mode's object."""
    if isinstance(owner, ParserView):
        return frozenset({"superview" if owner.superview else "view"})
    if isinstance(owner, SlaOperation):
        return _operation_places(owner)
    if not isinstance(owner, Interface):
        return frozenset()
    return _interface_places(owner.name)


def _operation_places(owner: SlaOperation) -> frozenset[str]:
    if owner.udp_jitter is not None:
        return frozenset({"sla_jitter"})
    if owner.udp_echo is not None:
        return frozenset({"sla_udp"})
    if owner.tcp_connect is not None:
        return frozenset({"sla_tcp"})
    return frozenset({"sla_echo"} if owner.echo is not None or owner.kept else ())


@lru_cache(maxsize=4096)
def _interface_places(name: str) -> frozenset[str]:
    kind = interface_name.kind(name)
    if kind in ("Tunnel", "Virtual-Template"):
        return frozenset({"tunnel"} if kind == "Tunnel" else {"tunnel", "main"})
    if kind in ("Loopback", "Null"):
        return frozenset()
    if interface_name.parent(name) is not None:
        return frozenset({"ethernet", "subinterface"})
    return frozenset({"ethernet", "main"})


# --- rules -------------------------------------------------------------------------------------------------------


def _address(asked: Asked) -> list[str]:
    """`ip address A M [secondary]`."""
    address, mask = asked.kept["address"], asked.kept["mask"]
    if asked.no:
        if InterfaceAddress(address, mask) not in (asked.owner.ip.address, *asked.owner.ip.secondary):
            raise ConfigRefused("Invalid address")
        return []
    length = _mask_length(address, mask)
    if address.is_multicast or address >> 28 == 0xF or address >> 24 in (0, 127):
        raise ConfigRefused(f"Not a valid host address - {address}")
    prefix = Prefix.of(address, length)
    if length < 31 and address in (prefix.network, prefix.broadcast):
        raise ConfigRefused(f"Bad mask /{length} for address {address}")
    interface: Interface = asked.owner
    _refuse_without_vlan(interface)
    if not interface.shutdown:
        _claim(asked.store, interface, prefix)
    return []


def _refuse_without_vlan(interface: Interface) -> None:
    is_lan = interface_name.parent(interface.name) is not None and interface_name.kind(interface.name) in _LAN
    if is_lan and interface.encapsulation is None:
        raise ConfigRefused(
            "\n% Configuring IP routing on a LAN subinterface is only allowed if that\n"
            "subinterface is already configured as part of an IEEE 802.10, IEEE 802.1Q,\nor ISL vLAN.\n"
        )


def _dhcp_address(asked: Asked) -> list[str]:
    """`ip address dhcp`."""
    if not asked.no:
        _refuse_without_vlan(asked.owner)
    return []


def _claim(store: Store, interface: Interface, prefix: Prefix) -> None:
    addresses = _addresses(store, interface.vrf_name)
    other = addresses.overlap(prefix, interface.name, store.running)
    if other is not None:
        raise ConfigRefused(f"% {prefix.network} overlaps with {other}")
    addresses.add(prefix, interface.name)


def _shutdown(asked: Asked) -> list[str]:
    """`no shutdown`: an interface that was shut may have an address that another one has by now."""
    interface: Interface = asked.owner
    if asked.no and interface.shutdown:
        for held in _held(interface):
            try:
                _claim(asked.store, interface, Prefix.of(held.address, length_of(held.mask)))
            except ConfigRefused as refused:
                sentence = f"{refused.sentence}\n{interface.name}: incorrect IP address assignment"
                raise ConfigRefused(sentence) from None
    return []


def _mask_length(address: IPv4, mask: IPv4) -> int:
    try:
        return length_of(mask)
    except ValueError:
        raise ConfigRefused(f"Bad mask 0x{int(mask):X} for address {address}") from None


def _route(asked: Asked) -> list[str]:
    """`ip route [vrf V] P M …`."""
    network, mask, vrf = asked.kept["network"], asked.kept["mask"], asked.kept.get("vrf")
    if vrf is not None and not asked.no:
        rules_vrf.require(asked.store, vrf)
    try:
        length = length_of(mask)
    except ValueError:
        raise ConfigRefused("%Inconsistent address and mask") from None
    if Prefix.of(network, length).network != network:
        raise ConfigRefused("%Inconsistent address and mask")
    key = StaticRouteKey(network, mask, asked.kept.get("interface"), asked.kept.get("next_hop"), vrf)
    if asked.no and not _routes_of(asked.store.running, key):
        raise ConfigRefused("%No matching route to delete")
    return []


def _routes_of(config: Config, wanted: StaticRouteKey) -> list[StaticRouteKey]:
    """The route of this key; of one without a gateway, all routes to its prefix."""
    if wanted.interface is not None or wanted.next_hop is not None:
        return [wanted] if wanted in config.routes else []
    same = wanted.vrf, wanted.network, wanted.mask
    return [key for key in config.routes if (key.vrf, key.network, key.mask) == same]


def _track(asked: Asked) -> list[str]:
    """What an object tracks stays; said once more, it leads into its mode again."""
    there = asked.store.running.tracks.get(asked.kept["number"])
    if asked.no or there is None:
        return []
    said = TrackedObject(**{name: value for name, value in asked.kept.items() if name != "number"})
    if _tracked(said) != _tracked(there):
        raise ConfigRefused(f"Cannot change tracked object {asked.kept['number']} - delete old config first")
    return []


def _tracked(one: TrackedObject) -> tuple[object, ...]:
    return one.sla, one.interface, one.network, one.mask, one.list, one.stub, one.aspect or "state"


def _track_route(asked: Asked) -> list[str]:
    """`track N ip route P M …`, also as `P/n`."""
    prefix: Prefix | None = asked.kept.pop("prefix", None)
    if prefix is not None:
        asked.kept["network"], asked.kept["mask"] = prefix.network, prefix.mask
    try:
        length = length_of(asked.kept["mask"])
    except ValueError:
        raise ConfigRefused("%Inconsistent address and mask") from None
    if Prefix.of(asked.kept["network"], length).network != asked.kept["network"]:
        raise ConfigRefused("%Inconsistent address and mask")
    return _track(asked)


def _interface(asked: Asked) -> list[str]:
    """`[no] interface X`."""
    name = asked.kept["name"]
    kind, number = interface_name.split(name)
    parent = interface_name.parent(name)
    if asked.no:
        if kind in interface_name.PHYSICAL and parent is None:
            raise ConfigRefused("% Removal of physical interfaces is not permitted")
        return []
    known = asked.store.running.interfaces.get(name)
    if "style" not in asked.kept and known is not None:
        asked.kept["style"] = known.style
    if (kind == "Null" and number != "0") or (kind in interface_name.SOFTWARE and not number.isdigit()):
        raise ConfigRefused("% Invalid interface")
    if asked.hardware is not None and kind in interface_name.PHYSICAL and (parent or name) not in asked.hardware:
        raise ConfigRefused("%Invalid interface type and number")
    if parent is not None and parent not in asked.store.running.interfaces and asked.hardware is not None:
        raise ConfigRefused("%Invalid interface type and number")
    return []


def _encapsulation(asked: Asked) -> list[str]:
    """`encapsulation dot1Q V`: one sub-interface of a VLAN, or of a pair of tags, for each main interface."""
    if asked.no:
        return []
    vlan, second = asked.kept["vlan"], asked.kept.get("second")
    if second not in (None, "any") and not _are_vlans(second):
        raise ConfigRefused("Command rejected: Bad VLAN list")
    name = asked.owner.name
    vlans: dict[tuple[str | None, int, str | None], str] = asked.store.indexes.setdefault("vlans", {})
    owner = vlans.get((interface_name.parent(name), vlan, second), name)
    holder = asked.store.running.interfaces.get(owner)
    held = holder.encapsulation if owner != name and holder is not None else None
    if held is not None and (held.vlan, held.second) == (vlan, second):
        raise ConfigRefused(
            "%Configuration of multiple subinterfaces of the same main\n"
            f"interface with the same VID ({vlan}) is not permitted.\nThis VID is already configured on {owner}."
        )
    vlans[interface_name.parent(name), vlan, second] = name
    return []


def _are_vlans(text: str) -> bool:
    """`7,10-20`"""
    return _VLANS.match(text) is not None and all(0 < int(number) < 4095 for number in re.findall(r"\d+", text))


def _unnumbered(asked: Asked) -> list[str]:
    if asked.no:
        return []
    _refuse_without_vlan(asked.owner)
    if asked.kept["unnumbered"] == asked.owner.name:
        raise ConfigRefused("Cannot set unnumbered to itself")
    return []


def _tunnel_destination(asked: Asked) -> list[str]:
    if not asked.no and asked.owner.tunnel.mode == "gre multipoint":
        raise ConfigRefused("Tunnel destination and this mode cannot be configured together.")
    return []


def _tunnel_mode(asked: Asked) -> list[str]:
    tunnel = asked.owner.tunnel
    multipoint = not asked.no and asked.kept.get("mode") == "gre multipoint"
    if multipoint and tunnel.destination is not None:
        raise ConfigRefused("Tunnel destination and this mode cannot be configured together.")
    if tunnel.protection is not None and multipoint != (tunnel.mode == "gre multipoint"):
        return [
            "%WARNING: The tunnel mode has been modified while the tunnel protection is already active. It is "
            f'recommended to run "shutdown" and "no shutdown" on {asked.owner.name} interface to refresh the config.'
        ]
    return []


def _nhrp_authentication(asked: Asked) -> list[str]:
    if not asked.no and len(asked.kept["text"]) > _NHRP_AUTHENTICATION_MAX:
        raise ConfigRefused("% Authentication string must be 8 characters or less")
    return []


def _clock_zone(asked: Asked) -> list[str]:
    """Since release 15 the minutes are always said."""
    if not asked.no and release(asked.store.running.version) >= (15,):
        asked.kept.setdefault("minutes", 0)
    return []


def _hostname(asked: Asked) -> list[str]:
    name = asked.kept.get("hostname", "")
    if asked.no:
        return []
    if not _HOSTNAME.match(name) or len(name) > 63:
        raise ConfigRefused("% Hostname contains one or more illegal characters.")
    return []


def _line(asked: Asked) -> list[str]:
    """`line vty 0 15` takes the place of `line vty 0 4`: a line is in one range only. Some vty lines stay."""
    kept = asked.kept
    if "slot" in kept:
        return []
    if asked.no:
        virtual = [key for key in asked.store.running.lines if key.kind == "vty"]
        if virtual == [LineKey(kept.get("kind", "tty"), kept["first"], kept.get("last"))]:
            raise ConfigRefused("% Can't delete last 5 VTY lines")
        return []
    last = kept.get("last", kept["first"])
    if last < kept["first"]:
        raise ConfigRefused("% Bad line range")
    for key in list(asked.store.running.lines):
        if key.kind != kept.get("kind", "tty") or key.slot is not None:
            continue
        inside = kept["first"] <= key.first and (key.first if key.last is None else key.last) <= last
        if inside and key != LineKey(key.kind, kept["first"], kept.get("last")):
            asked.store.remove(("lines", key))
    return []


def _keyring_address(asked: Asked) -> list[str]:
    if not asked.no and "mask" in asked.kept:
        _mask_length(asked.kept["address"], asked.kept["mask"])
    return []


_INCOMPLETE: Final = {
    "proposals": [
        "IKEv2 proposal MUST either have a set of an encryption algorithm other than aes-gcm, an integrity "
        "algorithm and a DH group configured or ",
        " encryption algorithm aes-gcm, a prf algorithm and a DH group configured",
    ],
    "policies": ["IKEv2 policy MUST have atleast one complete proposal attached "],
    "profiles": [
        "IKEv2 profile MUST have:",
        "   1. A local and a remote authentication method.",
        "   2. A match identity or a match certificate or match any statement.",
    ],
}


def _new(table: str) -> Callable[[Asked], list[str]]:
    """A new IKEv2 block begins with what it must come to hold."""

    def rule(asked: Asked) -> list[str]:
        there = getattr(asked.store.running.crypto.ikev2, table)
        return [] if asked.no or asked.kept["name"] in there else _INCOMPLETE[table]

    return rule


def _key(asked: Asked) -> list[str]:
    """A key that would be read as something else when the configuration is loaded again."""
    if asked.no:
        return []
    first = asked.kept["text"].split()[0].lower()
    if first in ("0", "6") or any(word.startswith(first) for word in ("hex", "local", "remote")):
        raise ConfigRefused("% Invalid pre-shared key")
    rules_aaa.seal_key(asked)
    return []


RULES: Final[dict[str, Callable[[Asked], list[str]]]] = {
    "address": _address,
    "dhcp_address": _dhcp_address,
    "route": _route,
    "interface": _interface,
    "track": _track,
    "track_route": _track_route,
    "encapsulation": _encapsulation,
    "shutdown": _shutdown,
    "unnumbered": _unnumbered,
    "tunnel_destination": _tunnel_destination,
    "tunnel_mode": _tunnel_mode,
    "nhrp_authentication": _nhrp_authentication,
    "clock_zone": _clock_zone,
    "hostname": _hostname,
    "keyring_address": _keyring_address,
    "line": _line,
    "key": _key,
    "user": rules_aaa.user,
    "enable": rules_aaa.enable,
    "line_password": rules_aaa.line_password,
    "password_encryption": rules_aaa.password_encryption,
    "password_aes": rules_aaa.password_aes,
    "dhcp_excluded": rules_dhcp.excluded,
    "dhcp_network": rules_dhcp.network,
    "dhcp_host": rules_dhcp.host,
    "dhcp_identifier": rules_dhcp.identifier,
    "dhcp_option": rules_dhcp.option,
    "dhcp_client_hex": rules_dhcp.client_hex,
    "dhcp_lease": rules_dhcp.lease,
    "new_proposal": _new("proposals"),
    "new_policy": _new("policies"),
    "new_profile": _new("profiles"),
    "standard_list": rules_acl.standard_list,
    "extended_list": rules_acl.extended_list,
    "standard_line": rules_acl.standard_line,
    "extended_line": rules_acl.extended_line,
    "remark": rules_acl.remark,
    "evaluate": rules_acl.evaluate,
    "group_network": rules_acl.group_network,
    "group_range": rules_acl.group_range,
    "group_ports": rules_acl.group_ports,
    "group_message": rules_acl.group_message,
    "group_nested": rules_acl.group_nested,
    "vrf_definition": rules_vrf.definition,
    "ip_vrf": rules_vrf.old_definition,
    "vrf_forwarding": rules_vrf.forwarding,
    "ip_vrf_forwarding": rules_vrf.old_forwarding,
    "tunnel_vrf": rules_vrf.tunnel,
    "nat_pool": rules_nat.pool,
    "nat_network": rules_nat.network,
    **rules_ssh.RULES,
    **rules_views.RULES,
}

# Configuration lines that do something at once and leave nothing to print.
COMMANDS: Final[dict[str, Callable[[Asked], list[str]]]] = {
    "resequence": rules_acl.resequence,
    "key_string": rules_ssh.key_string,
    "config_key": rules_aaa.config_key,
    "privilege_reset": rules_aaa.privilege_reset,
}


# --- the order in which the running-config prints a table ----------------------------------------------------------

_LINES: Final = ("con", "aux", "tty", "vty")

SORTS: Final[dict[str, Callable[[Any], Any]]] = {
    "interface": interface_name.sort_key,
    "number": int,
    "network": lambda key: (key.vrf or "", key.network, key.mask),
    "line": lambda key: (_LINES.index(key.kind), [int(part) for part in (key.slot or "0").split("/")], key.first),
    "access_list": rules_acl.sort_lists,
    "access_entry": rules_acl.sort_entries,
    "enable": lambda key: (key.level or 15, key.how != "secret"),
}
