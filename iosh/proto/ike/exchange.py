"""An exchange of ours: a request that is built when its turn comes, and the reading of its answer.

One is under way per IKE SA (window of 1); `sa.py` sends, repeats and matches. `begin` may have something computed
first; `process` returns False when it goes on computing, and then says `sa.done(now)` itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from iosh.base.time import Instant
from iosh.wire.ikev2 import FIRST_STATUS, Notify, Payload
from iosh.wire.isakmp import Header

if TYPE_CHECKING:
    from iosh.proto.ike.child import ChildSa
    from iosh.proto.ike.sa import IkeSa

# Seconds to wait for an answer: the request is repeated after each but the last.
WAITS_S: Final = (2, 4, 8, 16, 32)


class Received(NamedTuple):
    """A message that was read and, where it is encrypted, authenticated."""

    header: Header
    payloads: tuple[Payload, ...]
    raw: bytes  # the datagram, or the last piece of it


class Exchange(ABC):
    """One request of ours."""

    type: ClassVar[int]
    waits_s: tuple[int, ...] = WAITS_S
    silence: ClassVar[str] = "Maximum number of retransmissions reached"  # what it means if no answer ever comes
    moves: ClassVar[bool] = True  # does it go over to the IKE SA that replaces its own?
    child: ChildSa | None = None  # the CHILD SA it is about, where there is one

    def __init__(self, sa: IkeSa) -> None:
        self.sa = sa

    def begin(self, now: Instant) -> None:
        """Our turn has come."""
        self.sa.send_request(self.build(), now)

    @abstractmethod
    def build(self) -> tuple[Payload, ...]:
        """The request's payloads."""

    @abstractmethod
    def process(self, message: Received, now: Instant) -> bool:
        """The answer is here. True when that ends the exchange."""

    def abandon(self, reason: str, now: Instant) -> None:  # noqa: B027
        """The IKE SA died first."""


def error_of(payloads: tuple[Payload, ...]) -> Notify | None:
    """The first error notify, if there is any."""
    return next((one for one in payloads if isinstance(one, Notify) and one.type < FIRST_STATUS), None)


def notify_of(payloads: tuple[Payload, ...], kind: int) -> Notify | None:
    """The first notify of this type."""
    return next((one for one in payloads if isinstance(one, Notify) and one.type == kind), None)
