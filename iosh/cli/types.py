"""The argument types of the command language: how a word becomes a value, how a value is printed, what `?` calls it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from iosh.base import interface_name
from iosh.base.addr import IPv4, Prefix, mac_parse, mac_text
from iosh.base.calendar import MONTH_NAMES, WEEKDAY_NAMES
from iosh.base.words import (
    CODE_POINTS,
    ICMP_MESSAGES,
    IP_OPTIONS,
    PRECEDENCES,
    PROTOCOLS,
    TCP_FLAGS,
    TCP_PORTS,
    TCP_UDP_PORTS,
    TOS,
    UDP_PORTS,
    word_of,
)
from iosh.router import files

_RANGE = re.compile(r"<(-?\d+)-(-?\d+)>\Z")


class Type(NamedTuple):
    """`read` raises ValueError for a word that is not one; `write(read(word))` is the canonical spelling. `digit`: all
    such words begin with one, or none does; then others need not be read."""

    label: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str
    structured: bool = True  # False: takes any word, so a keyword wins over it
    rest: bool = False  # takes the rest of the line
    choices: Mapping[str, str] = {}  # the words it knows, each with its help
    digit: bool | None = None


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(word: str) -> int:
        if not word.isascii() or not word.removeprefix("-").isdigit() or not low <= int(word) <= high:
            raise ValueError(word)
        return int(word)

    return read


KINDS_HELP: Final = {
    "Ethernet": ("IEEE 802.3", "<0-0>", "Ethernet interface number"),
    "FastEthernet": ("FastEthernet IEEE 802.3", "<0-0>", "FastEthernet interface number"),
    "GigabitEthernet": ("GigabitEthernet IEEE 802.3z", "<0-0>", "GigabitEthernet interface number"),
    "TenGigabitEthernet": ("Ten Gigabit Ethernet", "<0-0>", "TenGigabitEthernet interface number"),
    "Loopback": ("Loopback interface", "<0-2147483647>", "Loopback interface number"),
    "Tunnel": ("Tunnel interface", "<0-2147483647>", "Tunnel interface number"),
    "Null": ("Null interface", "<0-0>", "Null interface number"),
    **{kind: (f"{kind} interface", "<0-4294967295>", f"{kind} interface number") for kind in interface_name.KEPT},
}


def _slot(word: str) -> str:
    """A place in a module, `0/1/0`."""
    parts = word.split("/")
    if not 2 <= len(parts) <= 3 or not all(part.isdigit() for part in parts):
        raise ValueError(word)
    return "/".join(str(int(part)) for part in parts)


def _asdot(word: str) -> str:
    """An autonomous system's number in two halves, `65001.1`."""
    high, dot, low = word.partition(".")
    if not dot:
        raise ValueError(word)
    return f"{_number(1, 65535)(high)}.{_number(0, 65535)(low)}"


_RADIO: Final = re.compile(r"dot11[a-z]*\Z", re.IGNORECASE)  # the one kind with a digit in its name


def _kind(word: str) -> str:
    if not word.replace("-", "").isalpha() and not _RADIO.match(word):
        raise ValueError(word)
    return interface_name.kind_of_word(word)


def _interface_number(word: str) -> str:
    if not word[:1].isdigit():
        raise ValueError(word)
    return interface_name.canonical("Ethernet" + word)[len("Ethernet") :]


_SYSTEMS_HELP: Final = {f"{name}:": f"{name}: file system" for name in ("flash", "nvram", "null", "system")}
_FLASH_HELP: Final = {"flash:": "display information about flash: file system"}


def _url(word: str) -> str:
    files.parse(word)
    return word


def _flash(word: str) -> str:
    if ":" not in word or files.parse(word).device != "flash":
        raise ValueError(word)
    return word


_DAYS: Final = (WEEKDAY_NAMES[-1], *WEEKDAY_NAMES[:-1])  # as `?` lists them


def _one_of(words: Iterable[str]) -> Callable[[str], str]:
    """A day or month by the beginning of its name; kept as its first three letters."""
    lowered = {word.lower(): word[:3] for word in words}
    return lambda word: lowered[_chosen(word, lowered)]


def _time_of_day(word: str) -> str:
    hour, colon, minute = word.partition(":")
    if not colon or len(minute) != 2:
        raise ValueError(word)
    return f"{_number(0, 23)(hour)}:{_number(0, 59)(minute):02d}"


def _clock_time(word: str) -> str:
    """A time of day with two digits for the hour."""
    return _time_of_day(word).zfill(5)


def _tcp_flag(word: str) -> str:
    """`+ack`, `-fin`."""
    if word[:1] not in ("+", "-"):
        raise ValueError(word)
    return word[0] + _chosen(word[1:], TCP_FLAGS)


def _full_name(words: Iterable[str]) -> Callable[[str], str]:
    """A day or month by the beginning of its name; kept whole."""
    lowered = {word.lower(): word for word in words}
    return lambda word: lowered[_chosen(word, lowered)]


INTERFACE: Final = Type("INTERFACE", interface_name.canonical, digit=False)
INTERFACE_KIND: Final = Type("INTERFACE KIND", _kind, digit=False)
INTERFACE_NUMBER: Final = Type("INTERFACE NUMBER", _interface_number, digit=True)


def _ipv6(word: str) -> str:
    if ":" not in word or "%" in word:
        raise ValueError(word)
    from ipaddress import IPv6Address  # few need it, and it takes time

    return str(IPv6Address(word)).upper()


def _ipv6_prefix(word: str) -> str:
    address, slash, length = word.partition("/")
    if not slash:
        raise ValueError(word)
    return f"{_ipv6(address)}/{_number(0, 128)(length)}"


def _slash_length(word: str) -> str:
    if word[:1] != "/":
        raise ValueError(word)
    return f"/{_number(1, 32)(word[1:])}"


def _character(word: str) -> int:
    """A character, or its code: a digit is a code."""
    return ord(word) if len(word) == 1 and not word.isdigit() else _number(0, 255)(word)


def _hex(word: str) -> str:
    bytes.fromhex(word if len(word) % 2 == 0 else f"0{word}")
    return word.upper()


def _release(word: str) -> str:
    """`17.15`"""
    if re.fullmatch(r"\d{1,3}\.\d{1,3}", word, re.ASCII) is None:
        raise ValueError(word)
    return word


_NAMED: Final[dict[str, Type]] = {
    "<1.0-XX.YY>": Type("<1.0-XX.YY>", _asdot),
    "SLOT": Type("SLOT", _slot),
    "A.B.C.D": Type("A.B.C.D", IPv4.parse, digit=True),
    "A.B.C.D/nn": Type("A.B.C.D/nn", Prefix.parse, digit=True),
    "H.H.H": Type("H.H.H", mac_parse, mac_text),
    "INTERFACE": INTERFACE,
    "URL": Type("URL", _url, structured=False, choices=_SYSTEMS_HELP),
    "FLASH": Type("flash:", _flash, choices=_FLASH_HELP),
    "X:X:X:X::X": Type("X:X:X:X::X", _ipv6),
    "X:X:X:X::X/<0-128>": Type("X:X:X:X::X/<0-128>", _ipv6_prefix),
    "SLASH-LENGTH": Type("/nn", _slash_length),
    "HEX": Type("HEX", _hex),
    "CHAR": Type("CHAR or <0-255>", _character),
    "DAY": Type("DAY", _one_of(_DAYS)),
    "MONTH": Type("MONTH", _one_of(MONTH_NAMES)),
    "WEEK": Type("WEEK", lambda word: word if word in "1234" and word else _chosen(word, ("first", "last"))),
    "TIME": Type("hh:mm", _time_of_day),
    "RELEASE": Type("N.N", _release),
    "WORD": Type("WORD", str, structured=False),
    "LINE": Type("LINE", str, structured=False, rest=True),
}


def _word_or_number(low: int, high: int, table: Mapping[str, int]) -> Type:
    """A number that has names; the beginning of a name will do."""

    def read(word: str) -> int:
        return _number(low, high)(word) if word.isdigit() else table[_chosen(word, table)]

    def write(value: int) -> str:
        return word_of(table, value)

    described = {word: f"{word.replace('-', ' ').capitalize()} ({number})" for word, number in table.items()}
    return Type(f"<{low}-{high}>", read, write, choices=described)


def _chosen(word: str, table: Iterable[str]) -> str:
    """The one name that begins so."""
    lowered = word.lower()
    found = [name for name in table if name.startswith(lowered)]
    if lowered in found:
        return lowered
    if len(found) != 1:
        raise ValueError(word)
    return found[0]


def _protocol(word: str) -> str:
    """A protocol as IOS says it: by name where it has one."""
    if word.isdigit():
        return word_of(PROTOCOLS, _number(0, 255)(word))
    return _chosen(word, ("ip", *PROTOCOLS))


_NAMED.update(
    {
        "TCP-PORT": _word_or_number(0, 65535, TCP_PORTS),
        "UDP-PORT": _word_or_number(0, 65535, UDP_PORTS),
        "DSCP": _word_or_number(0, 63, CODE_POINTS),
        "PRECEDENCE": _word_or_number(0, 7, PRECEDENCES),
        "TOS": _word_or_number(0, 15, TOS),
        "TCP-UDP-PORT": _word_or_number(0, 65535, TCP_UDP_PORTS),
        "IP-OPTION": _word_or_number(0, 255, IP_OPTIONS),
        "TCP-FLAG": Type(
            "TCP-FLAG",
            _tcp_flag,
            choices={
                f"{sign}{flag}": f"Match on the {flag.upper()} bit{said}"
                for sign, said in (("+", ""), ("-", " not set"))
                for flag in TCP_FLAGS
            },
        ),
        "CLOCK-TIME": Type("hh:mm", _clock_time),
        "DAY-OF-MONTH": Type("<1-31>", _number(1, 31), "{:02d}".format),
        "DAY-NAME": Type("DAY-NAME", _full_name(_DAYS), choices={day: day for day in _DAYS}),
        "MONTH-NAME": Type("MONTH", _full_name(MONTH_NAMES)),
        "PROTOCOL": Type(
            "<0-255>",
            _protocol,
            choices={
                "ip": "Any Internet Protocol",
                **{word: f"{word.upper()} protocol ({number})" for word, number in PROTOCOLS.items()},
            },
        ),
        "ICMP-MESSAGE": Type(
            "ICMP-MESSAGE",
            lambda word: _chosen(word, ICMP_MESSAGES),
            choices={word: word.replace("-", " ").capitalize() for word in ICMP_MESSAGES},
        ),
    }
)


def type_of(token: str) -> Type | None:
    """The type a token of the notation names, or None for a keyword."""
    named = _NAMED.get(token)
    if named is not None:
        return named
    numbers = _RANGE.match(token)
    if numbers is not None:
        low, high = int(numbers[1]), int(numbers[2])
        return Type(token, _number(low, high), digit=True if low >= 0 else None)
    return None
