"""How a cable treats what it carries: iosh's own settings of a link, as written in a topology or at the shell.

delay    10ms       one way; ns, us, ms or s
jitter   2ms        added to the delay, at random up to this much
loss     0.1%       of frames; a bare number is per cent, as in `containerlab tools netem`
reorder  1%         of frames overtake those before them
corrupt  0.01%      of frames have one bit turned over
rate     10mbit     bit, kbit, mbit or gbit a second; a bare number is kbit, as in `containerlab tools netem`
mtu      1500       bytes of the IP packet; larger ones are dropped
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from iosh.base.time import MICROSECOND, MILLISECOND, SECOND, Span

PER_MILLION: Final = 1_000_000

_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?\s*([a-z%/]*)\Z", re.ASCII)
_TIME_UNITS: Final = {"ns": 1, "us": MICROSECOND, "ms": MILLISECOND, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND}
_RATE_UNITS: Final = {"": 1000, "bit": 1, "kbit": 10**3, "mbit": 10**6, "gbit": 10**9}


class Impairment(NamedTuple):
    """A link's settings; the defaults are a cable that does nothing to what it carries."""

    delay: Span = 0
    jitter: Span = 0
    loss_ppm: int = 0
    reorder_ppm: int = 0
    corrupt_ppm: int = 0
    rate_bps: int = 0  # 0: as fast as it comes
    mtu: int = 0  # 0: no limit

    def __str__(self) -> str:
        words = []
        for name, text in (("delay", span_text(self.delay)), ("jitter", span_text(self.jitter))):
            if text != "0s":
                words.append(f"{name} {text}")
        for name, ppm in (("loss", self.loss_ppm), ("reorder", self.reorder_ppm), ("corrupt", self.corrupt_ppm)):
            if ppm:
                words.append(f"{name} {_plain(ppm, 10_000)}%")
        if self.rate_bps:
            words.append(f"rate {_rate_text(self.rate_bps)}")
        if self.mtu:
            words.append(f"mtu {self.mtu}")
        return ", ".join(words) or "no impairment"


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


def _rate(text: str) -> int:
    value = _scaled(text.removesuffix("/s").removesuffix("ps"), _RATE_UNITS)
    if not value:
        raise ValueError(f"{text!r} is not a rate: write a number and kbit, mbit or gbit, as 10mbit")
    return value


def _share(text: str) -> int:
    value = _scaled(text, {"": PER_MILLION // 100, "%": PER_MILLION // 100})
    if value is None or value > PER_MILLION:
        raise ValueError(f"{text!r} is not a share: write per cent from 0 to 100, as 0.1%")
    return value


def _mtu(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 68 <= int(text) <= 65535:
        raise ValueError(f"{text!r} is not an MTU: write bytes from 68 to 65535")
    return int(text)


_SETTINGS: Final = {
    "delay": ("delay", span),
    "jitter": ("jitter", span),
    "loss": ("loss_ppm", _share),
    "reorder": ("reorder_ppm", _share),
    "corrupt": ("corrupt_ppm", _share),
    "rate": ("rate_bps", _rate),
    "mtu": ("mtu", _mtu),
}
NAMES: Final = tuple(_SETTINGS)


def changed(old: Impairment, name: str, text: str) -> Impairment:
    """One setting written over; `ValueError` with a sentence for a name or value that is not understood."""
    if name not in _SETTINGS:
        raise ValueError(f"{name!r} is not a setting of a link: there are {', '.join(NAMES)}")
    field, read = _SETTINGS[name]
    return old._replace(**{field: read(text.strip().lower())})


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
