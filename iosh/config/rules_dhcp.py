"""What the router refuses about DHCP, in IOS's own sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from iosh.base.addr import Prefix, length_of
from iosh.base.errors import ConfigRefused

if TYPE_CHECKING:
    from iosh.config.rules import Asked

_DOTTED_HEX: Final = re.compile(r"[0-9a-fA-F]{1,4}(\.[0-9a-fA-F]{1,4})*\Z")


def excluded(asked: Asked) -> list[str]:
    """`ip dhcp excluded-address LOW HIGH`."""
    low, high = asked.kept["low"], asked.kept.get("high")
    if high is not None and high < low:
        raise ConfigRefused("% Invalid IP address range")
    return []


def network(asked: Asked) -> list[str]:
    """`network A M`: the network's number, not an address in it."""
    if asked.no:
        return []
    _judge_mask(asked, 30)
    length = length_of(asked.kept["mask"])
    asked.kept["address"] = Prefix.of(asked.kept["address"], length).network
    return []


def host(asked: Asked) -> list[str]:
    """`host A M`."""
    if not asked.no:
        _judge_mask(asked, 32)
    return []


def identifier(asked: Asked) -> list[str]:
    """`client-identifier 01aa.bbcc.dd`."""
    if not asked.no and not _DOTTED_HEX.match(asked.kept["identifier"]):
        raise ConfigRefused("% Invalid client identifier")
    return []


def client_hex(asked: Asked) -> list[str]:
    """`ip dhcp client client-id hex 01aa.bbcc.dd`."""
    if not asked.no and not _DOTTED_HEX.match(asked.kept["hex"]):
        raise ConfigRefused("% Invalid client identifier")
    return []


def option(asked: Asked) -> list[str]:
    """`option CODE hex TEXT`: whole bytes, at most 255 of them."""
    kept = asked.kept
    if asked.no:
        return []
    text: str = kept["text"]
    if kept["kind"] == "hex" and (not _DOTTED_HEX.match(text) or len(text.replace(".", "")) % 2):
        raise ConfigRefused("% Invalid hexadecimal string")
    if len(text) > 255:
        raise ConfigRefused("% String too long")
    return []


def lease(asked: Asked) -> list[str]:
    """`lease 0 0 0` would end before it begins."""
    kept = asked.kept
    if not asked.no and not (kept["days"] or kept["hours"] or kept["minutes"]):
        raise ConfigRefused("% Invalid lease time")
    return []


def _judge_mask(asked: Asked, longest: int) -> None:
    mask = asked.kept["mask"]
    try:
        length = length_of(mask)
    except ValueError:
        length = 0
    if not 1 <= length <= longest:
        raise ConfigRefused(f"% Invalid mask {mask}")
