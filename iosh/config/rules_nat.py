"""What `ip nat …` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iosh.base.addr import Prefix, length_of
from iosh.base.errors import ConfigRefused

if TYPE_CHECKING:
    from iosh.config.rules import Asked


def pool(asked: Asked) -> list[str]:
    """`ip nat pool NAME FIRST LAST netmask M|prefix-length N`."""
    if asked.no:
        return []
    first, last = asked.kept["first"], asked.kept["last"]
    try:
        length = asked.kept["prefix_length"] if "prefix_length" in asked.kept else length_of(asked.kept["mask"])
    except ValueError:
        raise ConfigRefused("%Invalid netmask") from None
    if last < first:
        raise ConfigRefused("%End address less than start address")
    if Prefix.of(first, length) != Prefix.of(last, length):
        raise ConfigRefused("%Start and end addresses on different subnets")
    return []


def network(asked: Asked) -> list[str]:
    """`ip nat inside source static network L G MASK`: the networks of that length they are in."""
    kept = asked.kept
    try:
        length = length_of(kept["mask"]) if "mask" in kept else int(kept["length"][1:])
    except ValueError:
        raise ConfigRefused("%Invalid netmask") from None
    for end in ("local", "global_address"):
        kept[end] = Prefix.of(kept[end], length).network
    return []
