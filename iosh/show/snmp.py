"""`show snmp chassis|contact|location`: there is no agent, but the texts of `snmp-server` lines are kept and shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.time import Instant
from iosh.config.kept import KeptKey
from iosh.show.registry import Show
from iosh.show.version import serial

_OFF: Final = "%SNMP agent not enabled"


@dataclass(frozen=True, slots=True)
class Snmp:
    """What is asked for; None: no line of the configuration would start an agent."""

    text: str | None


def chassis(router: Any, now: Instant) -> Snmp:
    """`snmp-server chassis-id`, or else the serial number."""
    return _told(router, "chassis-id", serial(router))


def contact(router: Any, now: Instant) -> Snmp:
    """`snmp-server contact`."""
    return _told(router, "contact", "")


def location(router: Any, now: Instant) -> Snmp:
    """`snmp-server location`."""
    return _told(router, "location", "")


def _told(router: Any, word: str, default: str) -> Snmp:
    kept = router.config.kept
    if not any(key.slot.split()[0] == "snmp-server" for key in kept):
        return Snmp(None)
    line = kept.get(KeptKey(f"snmp-server {word}"))
    return Snmp(line.line.split(maxsplit=2)[2] if line is not None else default)


def text(view: Snmp) -> Iterator[str]:
    """The text, or IOS's sentence where there is no agent."""
    yield _OFF if view.text is None else view.text


SHOWS: Final = {
    "chassis": Show(chassis, text),
    "contact": Show(contact, text),
    "location": Show(location, text),
}
