"""What the parts of one router's IKE share: the desk, the wishes, and the tables of everything that stands."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Final

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.proto.ike.backoff import Backoff
from iosh.proto.ike.cookie import Cookies
from iosh.proto.ike.keys import IkeKeys
from iosh.proto.ike.settings import Identity, IkeSettings
from iosh.proto.machine import Compute, Desk

if TYPE_CHECKING:
    from iosh.proto.ike.child import ChildSa
    from iosh.proto.ike.sa import IkeSa
    from iosh.proto.ike.session import Session

TOPIC: Final = "crypto ikev2"
_LOWEST_ESP_SPI: Final = 256  # RFC 4303 section 2.1: 1 to 255 are reserved

# When an SA last received and last sent, by inbound SPI; None if nobody knows it.
Traffic = Callable[[int], tuple[Instant, Instant] | None]


class Context:
    """Tables by key, numbers to give out, and the way to have something computed."""

    def __init__(self, desk: Desk, settings: IkeSettings, traffic: Traffic) -> None:
        self.desk = desk
        self.settings = settings
        self.traffic = traffic
        self.sas: dict[int, IkeSa] = {}  # by our SPI
        self.sessions: dict[tuple[str, IPv4], Session] = {}  # by interface and peer
        self.children: dict[int, ChildSa] = {}  # by inbound SPI
        self.half_open: dict[tuple[IPv4, int], int] = {}  # peer, its SPI: our SPI
        self.proven: dict[tuple[IPv4, Identity], dict[int, IkeSa]] = {}  # by our address and the peer's identity
        self.backoff = Backoff()
        self.cookies = Cookies(desk.rng)
        self.witness: Callable[[IkeKeys], None] | None = None  # who keeps keys for reading captures, if anybody asked
        self._free_numbers: list[int] = []
        self._numbers = 0
        self._sessions = 0
        self._children = 0
        self._sharers = 0
        self._computations: dict[int, Callable[[Any, Instant], None]] = {}
        self._asked = 0

    def compute(
        self, work: Callable[..., Any], arguments: tuple[Any, ...], then: Callable[[Any, Instant], None]
    ) -> None:
        """Have a long computation done; `then(result, now)` goes on with it."""
        self._asked += 1
        self._computations[self._asked] = then
        self.desk.put(Compute(("ike", self._asked), work, arguments))

    def computed(self, name: Hashable, result: Any, now: Instant) -> None:
        """Go on where `compute` was asked for."""
        then = self._computations.pop(name[1], None) if isinstance(name, tuple) else None
        if then is not None:
            then(result, now)

    def ike_spi(self) -> int:
        """An SPI of ours nobody uses."""
        while True:
            spi = int.from_bytes(self.desk.rng.bytes(8), "big")
            if spi and spi not in self.sas:
                return spi

    def esp_spi(self) -> int:
        """An inbound SPI nobody uses."""
        while True:
            spi = self.desk.rng.between(_LOWEST_ESP_SPI, 0xFFFFFFFF)
            if spi not in self.children:
                return spi

    def remember_proven(self, sa: IkeSa) -> None:
        """The peer of this IKE SA is who it says."""
        if sa.remote_identity is not None:
            self.proven.setdefault((sa.local, sa.remote_identity), {})[sa.own_spi] = sa

    def forget_proven(self, sa: IkeSa) -> None:
        """This IKE SA is gone."""
        if sa.remote_identity is None:
            return
        members = self.proven.get((sa.local, sa.remote_identity))
        if members is not None and members.pop(sa.own_spi, None) is not None and not members:
            del self.proven[sa.local, sa.remote_identity]

    def take_number(self) -> int:
        """The lowest free SA number, as `show` counts them."""
        if self._free_numbers:
            return heapq.heappop(self._free_numbers)
        self._numbers += 1
        return self._numbers

    def free_number(self, number: int) -> None:
        """Nobody is called so any more."""
        heapq.heappush(self._free_numbers, number)

    def session_number(self) -> int:
        """A session number, never given twice."""
        self._sessions += 1
        return self._sessions

    def sharer_number(self) -> int:
        """A number for one more peer behind the same address, never given twice."""
        self._sharers += 1
        return self._sharers

    def child_number(self) -> int:
        """A CHILD SA's number, never given twice; IOS begins at 1000."""
        self._children += 1
        return 1000 + self._children

    def trace(self, sa: IkeSa | None, text: str) -> None:
        """A line of `debug crypto ikev2`."""
        if self.desk.debugging(TOPIC):
            whose = f"(SESSION ID = {sa.session_id},SA ID = {sa.number}):" if sa is not None else ""
            self.desk.debug(TOPIC, f"IKEv2:{whose}{text}")

    def trace_error(self, sa: IkeSa | None, text: str) -> None:
        """A line of `debug crypto ikev2` about something that went wrong."""
        if self.desk.debugging(TOPIC):
            whose = f"(SESSION ID = {sa.session_id},SA ID = {sa.number}):" if sa is not None else ""
            self.desk.debug(TOPIC, f"IKEv2-ERROR:{whose}: {text}")
