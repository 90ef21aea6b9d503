"""What IOS refuses of VRFs, and what it takes away unasked: an interface that changes its VRF loses its addresses.

An interface says its VRF in the form in which the VRF is defined; the other form is refused by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iosh.base.errors import ConfigRefused
from iosh.config.store import Store

if TYPE_CHECKING:
    from iosh.config.model import Interface
    from iosh.config.rules import Asked


def require(store: Store, name: str) -> None:
    """A VRF that is named is to be defined."""
    if name not in store.running.vrfs and name not in store.running.ip_vrfs:
        raise ConfigRefused(f"% VRF {name} does not exist")


def definition(asked: Asked) -> list[str]:
    """`[no] vrf definition NAME`."""
    name = asked.kept["name"]
    if asked.no:
        return _vanish(asked.store, name, "IPv4 and IPv6") if name in asked.store.running.vrfs else []
    if name in asked.store.running.ip_vrfs:
        raise ConfigRefused(f"% VRF {name} exists already, defined by 'ip vrf {name}'")
    return []


def old_definition(asked: Asked) -> list[str]:
    """`[no] ip vrf NAME`."""
    name = asked.kept["name"]
    if asked.no:
        return _vanish(asked.store, name, "IPv4") if name in asked.store.running.ip_vrfs else []
    if name in asked.store.running.vrfs:
        raise ConfigRefused(f"% Use 'vrf definition' command for VRF '{name}'")
    return []


def forwarding(asked: Asked) -> list[str]:
    """`[no] vrf forwarding NAME`."""
    name = asked.kept.get("vrf", "")
    if not asked.no and name in asked.store.running.ip_vrfs:
        raise ConfigRefused(f"% Use 'ip vrf forwarding' command for VRF '{name}'")
    return _move(asked, name)


def old_forwarding(asked: Asked) -> list[str]:
    """`[no] ip vrf forwarding NAME`."""
    name = asked.kept.get("vrf", "")
    if not asked.no and name in asked.store.running.vrfs:
        raise ConfigRefused(f"% Use 'vrf forwarding' command for VRF '{name}'")
    return _move(asked, name)


def tunnel(asked: Asked) -> list[str]:
    """`tunnel vrf NAME`."""
    if not asked.no:
        require(asked.store, asked.kept["vrf"])
    return []


def _move(asked: Asked, name: str) -> list[str]:
    interface: Interface = asked.owner
    before = interface.vrf_name
    if asked.no:
        return _disable(asked.store, interface, f"disabling VRF {before}") if before is not None else []
    require(asked.store, name)
    return _disable(asked.store, interface, f"enabling VRF {name}") if before != name else []


def _disable(store: Store, interface: Interface, why: str) -> list[str]:
    """Its addresses are of the VRF it was in; the notice, if there were any."""
    place, ip = ("interfaces", interface.name, "ip"), interface.ip
    if ip.address is None and not ip.secondary and ip.unnumbered is None and ip.dhcp is None and ip.negotiated is None:
        return []
    for each in list(ip.secondary):
        store.remove((*place, "secondary", each))
    for field in ("address", "unnumbered", "dhcp", "negotiated"):
        store.put((*place, field), None)
    return [f"% Interface {interface.name} IPv4 disabled and address(es) removed due to {why}"]


def _vanish(store: Store, name: str, families: str) -> list[str]:
    """What named a VRF that goes: interfaces leave it, and its static routes go."""
    config = store.running
    for interface in config.interfaces.values():
        if interface.vrf_name == name:
            _disable(store, interface, "")
            store.put(("interfaces", interface.name, "vrf"), None)
            store.put(("interfaces", interface.name, "ip", "vrf"), None)
        if interface.tunnel is not None and interface.tunnel.vrf == name:
            store.put(("interfaces", interface.name, "tunnel", "vrf"), None)
    for key in [key for key in config.routes if key.vrf == name]:
        store.remove(("routes", key))
    return [f"% {families} addresses from all interfaces in VRF {name} have been removed"]
