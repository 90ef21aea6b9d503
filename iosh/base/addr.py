"""IPv4 addresses and prefixes, MAC addresses.

An address is an `int` with a face: it hashes, compares and packs at the speed of an `int` (the forwarding
path looks a plain `int` up in tables keyed by `IPv4`), and prints as dotted decimal wherever it is formatted.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

_OCTETS: Final = {text: octet for octet in range(256) for text in (f"{octet}", f"{octet:02}", f"{octet:03}")}
_MAC_DOTTED = re.compile(r"([0-9a-fA-F]{4})\.([0-9a-fA-F]{4})\.([0-9a-fA-F]{4})\Z")


class IPv4(int):
    """An IPv4 address. `IPv4(0x0a000001)`, `IPv4.parse("10.0.0.1")`."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> IPv4:
        """Dotted decimal to address; anything else is `ValueError`."""
        try:
            a, b, c, d = text.split(".")
            return cls(_OCTETS[a] << 24 | _OCTETS[b] << 16 | _OCTETS[c] << 8 | _OCTETS[d])
        except (KeyError, ValueError):
            raise ValueError(f"not an IPv4 address: {text!r}") from None

    @classmethod
    def unpack(cls, data: bytes) -> IPv4:
        """Four bytes, network order."""
        return cls(int.from_bytes(data, "big"))

    @property
    def packed(self) -> bytes:
        """Four bytes, network order."""
        return self.to_bytes(4, "big")

    @property
    def plain(self) -> IPv4:
        """The address itself: `Shared` is more than that."""
        return self

    @property
    def is_multicast(self) -> bool:
        """224.0.0.0/4."""
        return self >> 28 == 0xE

    def __str__(self) -> str:
        return f"{int(self) >> 24}.{int(self) >> 16 & 255}.{int(self) >> 8 & 255}.{int(self) & 255}"

    def __repr__(self) -> str:
        return f"IPv4('{self}')"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


class Shared(IPv4):
    """One of several peers behind one address, as NAT makes them: the address, and a number above its 32 bits.

    It prints and packs as the address; in tables it is another key than the address and than its other sharers.
    """

    __slots__ = ()

    @classmethod
    def numbered(cls, address: IPv4, number: int) -> Shared:
        """The sharer of `address` with this number, which is not 0."""
        return cls(number << 32 | address)

    @property
    def plain(self) -> IPv4:
        return IPv4(self & 0xFFFFFFFF)

    @property
    def packed(self) -> bytes:
        return self.plain.packed

    def __str__(self) -> str:
        return str(self.plain)


UNSPECIFIED: Final = IPv4(0)
BROADCAST: Final = IPv4(0xFFFFFFFF)


@lru_cache(maxsize=64)
def mask_of(length: int) -> IPv4:
    """Prefix length 0..32 to netmask."""
    return IPv4((0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF)


def length_of(mask: int) -> int:
    """Netmask to prefix length; `ValueError` for a mask with holes."""
    inverted = ~mask & 0xFFFFFFFF
    if inverted & (inverted + 1):
        raise ValueError(f"mask has holes: {IPv4(mask)}")
    return 32 - inverted.bit_length()


class Prefix(NamedTuple):
    """A network and its length. The network's host bits are zero: build with `Prefix.of`."""

    network: IPv4
    length: int

    @classmethod
    def of(cls, address: int, length: int) -> Prefix:
        """The prefix of that length around an address."""
        return cls(IPv4(address & mask_of(length)), length)

    @classmethod
    def parse(cls, text: str) -> Prefix:
        """`10.0.0.0/8`; `ValueError` otherwise."""
        address, slash, length = text.partition("/")
        if not slash or not length.isascii() or not length.isdigit() or int(length) > 32:
            raise ValueError(f"not a prefix: {text!r}")
        return cls.of(IPv4.parse(address), int(length))

    @property
    def mask(self) -> IPv4:
        return mask_of(self.length)

    @property
    def broadcast(self) -> IPv4:
        """The last address of the prefix."""
        return IPv4(self.network | (~self.mask & 0xFFFFFFFF))

    def __contains__(self, address: Any) -> bool:
        return isinstance(address, int) and address & self.mask == self.network

    def __str__(self) -> str:
        return f"{self.network}/{self.length}"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


DEFAULT: Final = Prefix(UNSPECIFIED, 0)


def mac_text(mac: bytes) -> str:
    """Six bytes as IOS writes them: `aabb.cc00.0100`."""
    digits = mac.hex()
    return f"{digits[:4]}.{digits[4:8]}.{digits[8:]}"


def mac_parse(text: str) -> bytes:
    """`aabb.cc00.0100` to six bytes; `ValueError` otherwise."""
    match = _MAC_DOTTED.match(text)
    if match is None:
        raise ValueError(f"not a MAC address: {text!r}")
    return bytes.fromhex("".join(match.groups()))
