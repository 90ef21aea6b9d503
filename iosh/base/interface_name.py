"""Interface names: `gi0/1`, `Gig 0/1` and `GigabitEthernet0/1` are one interface; tables print `Gi0/1`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# IOS's full names and the abbreviation its tables use, in the order IOS lists them.
KINDS: Final[dict[str, str]] = {
    "Ethernet": "Et",
    "FastEthernet": "Fa",
    "GigabitEthernet": "Gi",
    "TenGigabitEthernet": "Te",
    "Loopback": "Lo",
    "Tunnel": "Tu",
    "Null": "Nu",
}
# Kinds that may be configured and never come up; a word that could be one of the above is not one of these.
KEPT: Final[dict[str, str]] = {
    "ATM": "AT",
    "AppGigabitEthernet": "Ap",
    "Async": "As",
    "BDI": "BD",
    "BRI": "BR",
    "BVI": "BV",
    "Cellular": "Ce",
    "Dialer": "Di",
    "Dot11Radio": "Do",
    "Embedded-Service-Engine": "EM",
    "FiveGigabitEthernet": "Fi",
    "FortyGigabitEthernet": "Fo",
    "Group-Async": "GA",
    "HundredGigE": "Hu",
    "ISM": "IS",
    "Integrated-Service-Engine": "In",
    "LISP": "LI",
    "MFR": "MF",
    "Multilink": "Mu",
    "NVI": "NV",
    "Overlay": "Ov",
    "POS": "PO",
    "Port-channel": "Po",
    "Serial": "Se",
    "Service-Engine": "SE",
    "TwentyFiveGigE": "Twe",
    "TwoGigabitEthernet": "Tw",
    "Virtual-Access": "Vi",
    "Virtual-PPP": "VPP",
    "Virtual-Template": "Vt",
    "VirtualPortGroup": "VP",
    "Vlan": "Vl",
    "Wlan-GigabitEthernet": "Wl",
    "nve": "nv",
    "pseudowire": "pw",
    "ucse": "uc",
    "vasileft": "vl",
    "vasiright": "vr",
    "wlan-ap": "wl",
}
PHYSICAL: Final = ("Ethernet", "FastEthernet", "GigabitEthernet", "TenGigabitEthernet")
SOFTWARE: Final = ("Loopback", "Tunnel")

_KEPT_RANK: Final = {kind: 100 + rank for rank, kind in enumerate(KEPT)}

_NAME = re.compile(r"((?i:dot11radio)|[A-Za-z][A-Za-z-]*)\s*(\d+(?:/\d+){0,3}(?::\d+)?(?:\.\d+)?)\Z", re.ASCII)


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """The full name for any unambiguous abbreviation; `ValueError` otherwise."""
    match = _NAME.match(text.strip())
    if match is None:
        raise ValueError(f"not an interface: {text!r}")
    word, number = match.groups()
    return kind_of_word(word) + _tidy(number)


def kind_of_word(word: str) -> str:
    """`gi` to `GigabitEthernet`; `ValueError` if no kind or several begin so."""
    lowered = word.lower()
    kinds = [kind for kind in KINDS if kind.lower().startswith(lowered)]
    kinds = kinds or [kind for kind in KEPT if kind.lower().startswith(lowered)]
    exact = [kind for kind in kinds if kind.lower() == lowered]
    if len(exact or kinds) != 1:
        raise ValueError(f"not an interface kind: {word!r}")
    return (exact or kinds)[0]


def _tidy(number: str) -> str:
    return re.sub(r"\d+", lambda digits: str(int(digits[0])), number)


@lru_cache(maxsize=4096)
def split(name: str) -> tuple[str, str]:
    """`GigabitEthernet0/1.15` to kind and number, `("GigabitEthernet", "0/1.15")`."""
    match = _NAME.match(name)
    if match is None:
        raise ValueError(f"not an interface: {name!r}")
    return match[1], match[2]


def kind(name: str) -> str:
    """The kind of a canonical name."""
    return split(name)[0]


@lru_cache(maxsize=4096)
def short(name: str) -> str:
    """The name tables use: `Tu0`, `Gi0/1`."""
    word, number = split(name)
    return (KINDS.get(word) or KEPT.get(word, word)) + number


def parent(name: str) -> str | None:
    """The interface a sub-interface belongs to, or None."""
    main, dot, _ = name.partition(".")
    return main if dot else None


@lru_cache(maxsize=4096)
def sort_key(name: str) -> tuple[int, tuple[int, ...]]:
    """The order in which IOS lists interfaces: by kind, then by number."""
    word, number = split(name)
    order = {"Loopback": 0, "Tunnel": 1}.get(word, 2 + list(KINDS).index(word) if word in KINDS else _KEPT_RANK[word])
    return order, tuple(int(part) for part in re.findall(r"\d+", number))
