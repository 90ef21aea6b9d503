"""Any view as plain values that JSON knows: what `show … | json` prints. Generic, so no view needs one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from iosh.base.addr import IPv4, Prefix, mac_text

_MAC_SIZE = 6


def plain(value: Any) -> Any:
    """Dataclasses and named tuples become objects, addresses their text, six bytes a MAC address, other bytes hex."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, IPv4 | Prefix):
        return str(value)
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, int | float):
        return value
    if isinstance(value, bytes):
        return mac_text(value) if len(value) == _MAC_SIZE else value.hex()
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: plain(part) for name, part in zip(value._fields, value, strict=True)}
    if isinstance(value, Mapping):
        return _table(value)
    return [plain(item) for item in value]


def _table(value: Mapping[Any, Any]) -> Any:
    """A table keyed by something simple is an object; one keyed by records is a list of key and value."""
    if all(isinstance(key, str | int) for key in value):
        return {str(key): plain(item) for key, item in value.items()}
    return [{"key": plain(key), "value": plain(item)} for key, item in value.items()]
