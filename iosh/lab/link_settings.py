"""How a cable treats what it carries: iosh's own settings of a link, as written in a topology or at the shell.

delay    10ms       one way; ns, us, ms or s
loss     0.1%       of frames; a bare number is per cent, as in `containerlab tools netem`
corrupt  0.01%      of frames have one bit turned over
reorder  1%         of frames are overtaken by later ones
rate     10mbit     bit, kbit, mbit or gbit a second; a bare number is kbit, as in `containerlab tools netem`
queue    65536      bytes that may wait for the rate
mtu      1500       bytes of the largest IP packet; larger ones are lost
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from iosh.base.time import MICROSECOND, MILLISECOND, SECOND, Span
from iosh.underlay.sim.cable import PLAIN, CableSettings

_PER_CENT: Final = 10_000  # parts per million

_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?\s*([a-z%]*)\Z", re.ASCII)
_TIME_UNITS: Final = {"ns": 1, "us": MICROSECOND, "ms": MILLISECOND, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND}
_RATE_UNITS: Final = {"": 1000, "bit": 1, "kbit": 10**3, "mbit": 10**6, "gbit": 10**9}


def span(text: str) -> Span:
    """`10ms`, `1.5s`, `5m` to nanoseconds; `ValueError` with a sentence otherwise."""
    value = _scaled(text, _TIME_UNITS)
    if value is None:
        raise ValueError(f"{text!r} is not a time: write a number and ns, us, ms, s, m or h, as 10ms")
    return value


def span_text(value: Span) -> str:
    """The shortest way to write a span that `span` reads back."""
    for unit in ("s", "ms", "us"):
        if value % _TIME_UNITS[unit] == 0:
            return f"{value // _TIME_UNITS[unit]}{unit}"
    return f"{value}ns"


def _delay(text: str) -> Span:
    return max(1, span(text))  # a cable needs some delay, or a loop of cables would stop time


def _rate(text: str) -> int:
    value = _scaled(text.removesuffix("/s"), _RATE_UNITS)
    if not value:
        raise ValueError(f"{text!r} is not a rate: write a number and kbit, mbit or gbit, as 10mbit")
    return value


def _share(text: str) -> int:
    value = _scaled(text, {"": _PER_CENT, "%": _PER_CENT})
    if value is None or value > 100 * _PER_CENT:
        raise ValueError(f"{text!r} is not a share: write per cent from 0 to 100, as 0.1%")
    return value


def _bytes(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 68 <= int(text) <= 1 << 30:
        raise ValueError(f"{text!r} is not a number of bytes from 68 up")
    return int(text)


_SETTINGS: Final[dict[str, tuple[str, Any]]] = {
    "delay": ("delay", _delay),
    "loss": ("loss_ppm", _share),
    "corrupt": ("corrupt_ppm", _share),
    "reorder": ("reorder_ppm", _share),
    "rate": ("rate_bps", _rate),
    "queue": ("queue_bytes", _bytes),
    "mtu": ("mtu", _bytes),
}
NAMES: Final = tuple(_SETTINGS)


def changed(old: CableSettings, name: str, text: str) -> CableSettings:
    """One setting written over; `ValueError` with a sentence for a name or value that is not understood."""
    if name not in _SETTINGS:
        raise ValueError(f"{name!r} is not a setting of a link: there are {', '.join(NAMES)}")
    field, read = _SETTINGS[name]
    return replace(old, **{field: read(text.strip().lower())})


def words(settings: CableSettings) -> str:
    """What differs from a plain cable, as it would be written; empty for a plain one."""
    found = []
    if settings.delay != PLAIN.delay:
        found.append(f"delay {span_text(settings.delay)}")
    shares = (("loss", settings.loss_ppm), ("corrupt", settings.corrupt_ppm), ("reorder", settings.reorder_ppm))
    found += [f"{name} {_plain(ppm, _PER_CENT)}%" for name, ppm in shares if ppm]
    if settings.rate_bps:
        found.append(f"rate {_rate_text(settings.rate_bps)}")
    if settings.queue_bytes != PLAIN.queue_bytes:
        found.append(f"queue {settings.queue_bytes}")
    if settings.mtu:
        found.append(f"mtu {settings.mtu}")
    return ", ".join(found)


def _scaled(text: str, units: dict[str, int]) -> int | None:
    """A decimal number times its unit, exact, rounded down; None if it is not one."""
    match = _NUMBER.match(text.strip().lower())
    if match is None or match[3] not in units:
        return None
    whole, fraction, unit = int(match[1]), match[2] or "", units[match[3]]
    return whole * unit + int(fraction or 0) * unit // int(10 ** len(fraction))


def _plain(value: int, one: int) -> str:
    """`value / one` without a float and without trailing zeros."""
    whole, rest = divmod(value, one)
    digits = str(rest).rjust(len(str(one)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def _rate_text(bps: int) -> str:
    for unit in ("gbit", "mbit", "kbit"):
        if bps % _RATE_UNITS[unit] == 0:
            return f"{bps // _RATE_UNITS[unit]}{unit}"
    return f"{bps}bit"
