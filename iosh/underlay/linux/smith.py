"""Keys made with the machine's randomness, by a worker thread: forwarding and sessions go on meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from iosh.base.keys import EXPONENT, RSA, curve_of, der
from iosh.base.rng import Rng
from iosh.base.time import Instant
from iosh.router.ports import Computer


class SystemSmith:
    """A `Smith`; `computer` is where it works."""

    def __init__(self, computer: Computer) -> None:
        self._computer = computer

    def forge(self, kind: str, bits: int, rng: Rng, done: Callable[[bytes, Instant], None], now: Instant) -> None:
        self._computer.submit(_forged, (kind, bits), done, now)


def _forged(kind: str, bits: int) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    return der(rsa.generate_private_key(EXPONENT, bits) if kind == RSA else ec.generate_private_key(curve_of(bits)))
