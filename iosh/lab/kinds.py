"""The node kinds of a topology, and how each names its interfaces.

The names are containerlab's. In a topology an interface may be called `ethN`, as Linux sees it inside the
container, or by its alias, the name IOS gives it, abbreviated or not. `eth0` is always the management interface,
which containerlab wires itself and which no link may use:

    kind                          eth0                 eth1                  eth4
    iosh                          -                    GigabitEthernet1      GigabitEthernet4
    cisco_c8000v cisco_csr1000v   GigabitEthernet1     GigabitEthernet2      GigabitEthernet5
    cisco_iol                     Ethernet0/0          Ethernet0/1           Ethernet1/0
    cisco_vios                    GigabitEthernet0/0   GigabitEthernet0/1    GigabitEthernet0/4

A vIOS also answers to containerlab's own aliases `Gi0`, `Gi1`, ... for `eth1`, `eth2`, ...; its `Gi0/0` may be linked
here, which containerlab does not allow. An iosh node takes any name of a physical interface of IOS as it stands.
Layer 2 images (IOL-L2, vIOS-L2) are refused: iosh has no switch with IOS's commands, and `bridge` stands in for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from iosh.base import interface_name

_ETH = re.compile(r"eth(\d+)\Z", re.ASCII)
_INTERFACE_LINE = re.compile(r"(?im)^[ \t]*interface[ \t]+(\S.*?)[ \t]*$", re.ASCII)


class BadName(ValueError):
    """An interface name this kind does not have; the text says why."""


class Kind(NamedTuple):
    """One node kind. `port(word)` gives the interface's name as the node itself calls it, or raises `BadName`."""

    name: str
    role: str  # "router" | "switch" | "station"
    port: Callable[[str], str]
    hardware: Callable[[Iterable[str], str], list[str]]  # linked ports, startup-config -> every port, in IOS's order
    refused_types: Mapping[str, str] = MappingProxyType({})  # value of `type` in lower case -> reason


def _number_of_eth(word: str, management: str | None) -> int | None:
    """`eth3` is 3; None for anything that is not an `ethN`."""
    match = _ETH.match(word)
    if match is None:
        return None
    if match[1] == "0":
        of = f" ({management})" if management else ""
        raise BadName(f"eth0 is containerlab's management interface{of}; links begin at eth1")
    return int(match[1])


def _canonical(word: str) -> str:
    try:
        name = interface_name.canonical(word)
    except ValueError:
        raise BadName(f"{word!r} is neither ethN nor the name of an interface") from None
    if interface_name.kind(name) not in interface_name.PHYSICAL or interface_name.parent(name):
        raise BadName(f"{name} is not a physical interface, so no cable fits it")
    return name


def _iosh_port(word: str) -> str:
    number = _number_of_eth(word, None)
    return _canonical(word) if number is None else f"GigabitEthernet{number}"


def _xe_port(word: str) -> str:
    number = _number_of_eth(word, "GigabitEthernet1")
    if number is not None:
        return f"GigabitEthernet{number + 1}"
    name = _canonical(word)
    if name == "GigabitEthernet1":
        raise BadName("GigabitEthernet1 is the management interface; links begin at GigabitEthernet2 (eth1)")
    if not re.fullmatch(r"GigabitEthernet[1-9]\d*", name):
        raise BadName(
            f"this kind has no {name}: its interfaces are GigabitEthernet2 (eth1), GigabitEthernet3 (eth2), ..."
        )
    return name


def _iol_port(word: str) -> str:
    number = _number_of_eth(word, "Ethernet0/0")
    if number is not None:
        return f"Ethernet{number // 4}/{number % 4}"
    name = _canonical(word)
    if name == "Ethernet0/0":
        raise BadName("Ethernet0/0 is the management interface; links begin at Ethernet0/1 (eth1)")
    if not re.fullmatch(r"Ethernet\d+/[0-3]", name):
        raise BadName(
            f"this kind has no {name}: its interfaces come in fours, Ethernet0/1 (eth1) ... Ethernet1/0 (eth4), ..."
        )
    return name


def _vios_port(word: str) -> str:
    number = _number_of_eth(word, "GigabitEthernet0/0")
    if number is not None:
        return f"GigabitEthernet0/{number}"
    name = _canonical(word)
    alias = re.fullmatch(r"GigabitEthernet(\d+)", name)
    if alias:
        return f"GigabitEthernet0/{int(alias[1]) + 1}"
    if not re.fullmatch(r"GigabitEthernet0/\d+", name):
        raise BadName(
            f"this kind has no {name}: its interfaces are GigabitEthernet0/1 (eth1), GigabitEthernet0/2 (eth2), ..."
        )
    return name


def _any_port(word: str) -> str:
    if not re.fullmatch(r"[\w.@/-]{1,32}", word, re.ASCII):
        raise BadName(f"{word!r} is not the name of an interface")
    return word


def _ordered(names: Iterable[str]) -> list[str]:
    return sorted(dict.fromkeys(names), key=interface_name.sort_key)


def _fitting(port: Callable[[str], str], startup: str, *management: str) -> list[str]:
    """The physical interfaces a startup-config configures and this kind can have, cabled or not."""
    names = []
    for word in _INTERFACE_LINE.findall(startup):
        main = word.partition(".")[0]
        try:
            name = _canonical(main)
            names.append(name if name in management else port(main))
        except BadName:
            continue
    return names


def _iosh_hardware(linked: Iterable[str], startup: str) -> list[str]:
    return _ordered([*linked, *_fitting(_iosh_port, startup)])


def _xe_hardware(linked: Iterable[str], startup: str) -> list[str]:
    return _ordered(["GigabitEthernet1", *linked, *_fitting(_xe_port, startup, "GigabitEthernet1")])


def _vios_hardware(linked: Iterable[str], startup: str) -> list[str]:
    here = [name for name in _fitting(_canonical, startup) if re.fullmatch(r"GigabitEthernet0/\d+", name)]
    return _ordered(["GigabitEthernet0/0", *linked, *here])


def _iol_hardware(linked: Iterable[str], startup: str) -> list[str]:
    names = ["Ethernet0/0", *linked, *_fitting(_iol_port, startup, "Ethernet0/0")]
    slots = 1 + max(int(name.removeprefix("Ethernet").partition("/")[0]) for name in names)
    return [f"Ethernet{slot}/{unit}" for slot in range(slots) for unit in range(4)]


def _as_linked(linked: Iterable[str], startup: str) -> list[str]:
    return list(linked)


_L2 = "iosh is a router: it has no IOS switch; use kind bridge for a plain Ethernet switch"
_KINDS: Final = (
    Kind("iosh", "router", _iosh_port, _iosh_hardware),
    Kind("cisco_c8000v", "router", _xe_port, _xe_hardware, {"controller": "iosh has no SD-WAN controller mode"}),
    Kind("cisco_csr1000v", "router", _xe_port, _xe_hardware),
    Kind("cisco_iol", "router", _iol_port, _iol_hardware, {"l2": _L2}),
    Kind("cisco_vios", "router", _vios_port, _vios_hardware, {"switch": _L2, "l2": _L2}),
    Kind("bridge", "switch", _any_port, _as_linked),
    Kind("linux", "station", _any_port, _as_linked),
)
_OLD_NAMES: Final = {
    "vr-csr": "cisco_csr1000v",
    "vr-cisco_csr1000v": "cisco_csr1000v",
    "vr-c8000v": "cisco_c8000v",
    "vr-cisco_c8000v": "cisco_c8000v",
    "vr-vios": "cisco_vios",
    "vr-cisco_vios": "cisco_vios",
    "ovs-bridge": "bridge",
}
KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in _KINDS}


def find(name: str) -> Kind | None:
    """The kind of that name, containerlab's older names included."""
    return KINDS.get(_OLD_NAMES.get(name, name))
