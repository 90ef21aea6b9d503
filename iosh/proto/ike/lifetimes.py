"""When SAs are replaced and when they end.

Lifetimes are not negotiated (RFC 7296 section 2.8): each side replaces what comes near its own end. The soft end lies
some percent before the hard one, jittered, and earlier for the side that asked for the SA, so that two ends with the
same lifetime seldom collide.
"""

from __future__ import annotations

from typing import Final

from iosh.base.rng import Rng
from iosh.base.time import SECOND, Instant

_INITIATOR: Final = (850, 890)  # per mille of the lifetime
_RESPONDER: Final = (910, 950)
_UNIT: Final = 1000


def _soft_per_mille(initiator: bool, rng: Rng) -> int:
    return rng.between(*(_INITIATOR if initiator else _RESPONDER))


def in_seconds(lifetime_s: int, initiator: bool, now: Instant, rng: Rng) -> tuple[Instant, Instant]:
    """The soft and the hard end of an SA that begins now."""
    span = lifetime_s * SECOND
    return now + span * _soft_per_mille(initiator, rng) // _UNIT, now + span


def in_bytes(kilobytes: int | None, initiator: bool, rng: Rng) -> tuple[int | None, int | None]:
    """The soft and the hard end in bytes carried; None where traffic sets no end."""
    if kilobytes is None:
        return None, None
    hard = kilobytes * 1024
    return hard * _soft_per_mille(initiator, rng) // _UNIT, hard
