"""A security association's two halves: `OutboundSa` seals, `InboundSa` opens (RFC 4303 sections 3.3 and 3.4).

A packet, after the IP (and UDP) header; the ICV covers all before it, encryption all from the payload to the trailer:

     0                   1                   2                   3
    |                  security parameters index                    |
    |                       sequence number                         |
    |  initialization vector (GCM 8, CBC 16, NULL 0) ...            |
    |  payload ...                                                  |
    |          |  padding 1, 2, 3 ...  | pad length |  next header  |
    |  integrity check value (12 to 32) ...                         |

An SA knows its keys, its sequence numbers, what it carried and where its lifetime ends. It sets no deadline and
reads no clock: `lifetime` says when it should be replaced (soft) and must not be used (hard), the router rings.
What it refuses it counts by name in `counters` and raises as a `Refused`; whoever handles lists uses `seal_all` and
`open_all`, which leaves out what is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from struct import Struct
from typing import Final, Literal, NamedTuple

from cryptography.exceptions import InvalidTag

from iosh.base.addr import UNSPECIFIED, IPv4
from iosh.base.errors import ProtocolError
from iosh.base.rng import Rng
from iosh.base.time import Instant
from iosh.proto.esp.replay import ReplayWindow
from iosh.proto.esp.sheet import Sheet, can_have_sheets, sheet
from iosh.proto.esp.suite import HEADER, TRAILER, Keys, Suite
from iosh.proto.esp.transform import GcmOpener, GcmSealer, opener, sealer
from iosh.wire.lines import Matrix, column, numbers

LAST_SEQUENCE: Final = 0xFFFFFFFF
SOFT_SEQUENCE: Final = 0xF0000000  # time to think of a successor
NEVER: Final = 1 << 62
INNER_HEADER: Final = 20  # IPv4 without options
_HEAD: Final = Struct("!II")
_SEQUENCE: Final = Struct("!4xI")
_PADDING: Final = tuple(bytes(range(1, size + 1)) for size in range(256))
# Padding, its length and the next header, by next header and size: one lookup per packet.
_TRAILERS: Final = tuple(
    tuple(_PADDING[size] + bytes((size, next_header)) for size in range(16)) for next_header in range(256)
)


class Refused(ProtocolError):
    """A packet this SA will not pass; `reason` is the counter's name too."""

    name = "refused"

    def __init__(self) -> None:
        super().__init__(self.name)


class Replayed(Refused):
    """The sequence number was seen, is too old, or is zero."""

    name = "replay"


class NotAuthentic(Refused):
    """The integrity check value is wrong."""

    name = "integrity"


class Garbled(Refused):
    """Too short, not whole blocks, or a trailer that cannot be."""

    name = "malformed"


class Expired(Refused):
    """The hard lifetime is over."""

    name = "expired"


class Exhausted(Refused):
    """The last sequence number was used: only a new SA can go on."""

    name = "sequence overflow"


class Lifetime(NamedTuple):
    """Where an SA's life ends: bytes and packets it may carry, instants it may reach.

    At a soft end a new SA is to be negotiated, at a hard end this one is dead.
    """

    soft_bytes: int = NEVER
    hard_bytes: int = NEVER
    soft_packets: int = NEVER
    hard_packets: int = NEVER
    soft_at: Instant = NEVER
    hard_at: Instant = NEVER


FOREVER: Final = Lifetime()


class Sa:
    """What both halves have. `interface`, `local` and `remote` say whose it is; `encap` are the UDP ports
    (ours, the peer's) where a NAT is in the way. `last_used` is written by the forwarding, once per batch.
    `bytes` counts payloads, as the lifetime does.
    """

    __slots__ = (
        "_next_bytes",
        "_next_packets",
        "bytes",
        "counters",
        "encap",
        "installed",
        "interface",
        "last_used",
        "lifetime",
        "local",
        "packets",
        "remote",
        "spi",
        "suite",
    )

    def __init__(
        self,
        spi: int,
        suite: Suite,
        interface: str,
        local: IPv4,
        remote: IPv4,
        encap: tuple[int, int] | None,
        lifetime: Lifetime,
        now: Instant,
    ) -> None:
        self.spi = spi
        self.suite = suite
        self.interface = interface
        self.local = local
        self.remote = remote
        self.encap = encap
        self.installed = now
        self.last_used = now
        self.packets = 0
        self.bytes = 0
        self.counters: Counter[str] = Counter()
        self.lifetime = lifetime
        self._next_bytes = min(lifetime.soft_bytes, lifetime.hard_bytes)
        self._next_packets = min(lifetime.soft_packets, lifetime.hard_packets)

    def crossed(self) -> Literal["soft", "hard"] | None:
        """Which end of the lifetime traffic has reached since the last question, if any; each is told once.

        Ask after a batch: two comparisons in the common case.
        """
        if self.bytes < self._next_bytes and self.packets < self._next_packets:
            return None
        if self.is_spent:
            self._next_bytes = self._next_packets = NEVER
            return "hard"
        self._next_bytes, self._next_packets = self.lifetime.hard_bytes, self.lifetime.hard_packets
        return "soft"

    @property
    def is_spent(self) -> bool:
        """Has traffic reached a hard end of the lifetime? Such an SA refuses all packets."""
        return self.bytes >= self.lifetime.hard_bytes or self.packets >= self.lifetime.hard_packets

    def _refuse(self, kind: type[Refused]) -> Refused:
        self.counters[kind.name] += 1
        return kind()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(0x{self.spi:08x}, {self.suite.name}, {self.local} {self.remote})"


class OutboundSa(Sa):
    """Seals payloads under increasing sequence numbers, whose end is an end of its lifetime too.

    In `tunnel_mode` a payload is a whole IP packet: whoever seals puts the inner header before what it carries.
    """

    __slots__ = ("_hard_bytes", "_last_packet", "_seal", "_trailer_align", "tunnel_mode")

    def __init__(
        self,
        spi: int,
        suite: Suite,
        keys: Keys,
        rng: Rng,
        *,
        tunnel_mode: bool = False,
        interface: str = "",
        local: IPv4 = UNSPECIFIED,
        remote: IPv4 = UNSPECIFIED,
        encap: tuple[int, int] | None = None,
        lifetime: Lifetime = FOREVER,
        now: Instant = 0,
    ) -> None:
        lifetime = lifetime._replace(
            soft_packets=min(lifetime.soft_packets, SOFT_SEQUENCE),
            hard_packets=min(lifetime.hard_packets, LAST_SEQUENCE),
        )
        super().__init__(spi, suite, interface, local, remote, encap, lifetime, now)
        self.tunnel_mode = tunnel_mode
        self._seal = sealer(suite, keys, rng)
        self._trailer_align = suite.align - 1
        self._hard_bytes = lifetime.hard_bytes
        self._last_packet = lifetime.hard_packets

    @property
    def sequence(self) -> int:
        """The last sequence number used; 0 at first."""
        return self.packets

    def overhead(self, size: int) -> int:
        """What ESP, in tunnel mode with the inner header, adds to `size`, without the outer IP and UDP headers."""
        inner = INNER_HEADER if self.tunnel_mode else 0
        return inner + self.suite.overhead(inner + size)

    def seal(self, payload: bytes, next_header: int) -> bytes:
        """The ESP packet of a payload. Raises `Expired` or `Exhausted`, nothing else."""
        sequence = self.packets + 1
        if sequence > self._last_packet or self.bytes >= self._hard_bytes:
            raise self._refuse(Exhausted if sequence > LAST_SEQUENCE else Expired)
        size = len(payload)
        self.packets = sequence
        self.bytes += size
        trailer = _TRAILERS[next_header][-(size + TRAILER) & self._trailer_align]
        return self._seal(_HEAD.pack(self.spi, sequence), sequence, payload + trailer)

    def has_room(self, packets: int, size: int) -> bool:
        """May that many packets, of that many bytes at most, be sealed before an end of its life?"""
        return self.packets + packets <= self._last_packet and self.bytes + size < self._hard_bytes

    def seal_all(self, payloads: Sequence[bytes], next_header: int) -> list[bytes]:
        """The ESP packets of payloads for which there is room."""
        seal, head, spi = self._seal, _HEAD.pack, self.spi
        trailers, align = _TRAILERS[next_header], self._trailer_align
        first = self.packets + 1
        self.packets += len(payloads)
        self.bytes += sum(map(len, payloads))
        return [
            seal(head(spi, sequence), sequence, payload + trailers[-(len(payload) + TRAILER) & align])
            for sequence, payload in enumerate(payloads, first)
        ]

    def sheet(self, size: int) -> Sheet | None:
        """Where many payloads of `size` bytes go that `seal_sheet` is to seal, if it can be had."""
        if not isinstance(self._seal, GcmSealer) or not can_have_sheets():
            return None
        return sheet(size + self.suite.padding(size) + TRAILER)

    def seal_sheet(self, payloads: Sheet, size: int, count: int, next_header: int) -> bytes:
        """The ESP packets, one after another, of the first `count` payloads, for which there is room."""
        assert isinstance(self._seal, GcmSealer)
        trailer = _TRAILERS[next_header][-(size + TRAILER) & self._trailer_align]
        first = self.packets + 1
        self.packets += count
        self.bytes += size * count
        return payloads.seal(self._seal.cipher, self._seal.salt, self.spi, first, count, trailer)


class InboundSa(Sa):
    """Opens packets of one SPI, each at most once. `window` is 64 to 1024, or 0 for no replay check."""

    __slots__ = ("_align", "_fixed", "_hard_bytes", "_hard_packets", "_least", "_open", "window")

    def __init__(
        self,
        spi: int,
        suite: Suite,
        keys: Keys,
        *,
        window: int = 64,
        interface: str = "",
        local: IPv4 = UNSPECIFIED,
        remote: IPv4 = UNSPECIFIED,
        encap: tuple[int, int] | None = None,
        lifetime: Lifetime = FOREVER,
        now: Instant = 0,
    ) -> None:
        super().__init__(spi, suite, interface, local, remote, encap, lifetime, now)
        self._open = opener(suite, keys)
        self.window = ReplayWindow(window) if window else None
        self._align = suite.align - 1
        self._fixed = HEADER + suite.iv + suite.icv
        self._least = self._fixed + suite.align
        self._hard_bytes, self._hard_packets = lifetime.hard_bytes, lifetime.hard_packets

    def open(self, packet: bytes) -> tuple[int, bytes]:
        """Next header and payload of an ESP packet, SPI included. Raises a `Refused`, nothing else."""
        size = len(packet)
        if size < self._least or size - self._fixed & self._align:
            raise self._refuse(Garbled)
        if self.bytes >= self._hard_bytes or self.packets >= self._hard_packets:
            raise self._refuse(Expired)
        (sequence,) = _SEQUENCE.unpack_from(packet)
        window = self.window
        if window is not None and not window.is_fresh(sequence):
            raise self._refuse(Replayed)
        plain = self._open(packet)
        if plain is None:
            raise self._refuse(NotAuthentic)
        if window is not None:
            window.accept(sequence)
        padding = plain[-TRAILER]
        end = len(plain) - TRAILER - padding
        if end < 0 or plain[end:-TRAILER] != _PADDING[padding]:
            raise self._refuse(Garbled)
        self.packets += 1
        self.bytes += end
        return plain[-1], plain[:end]

    def open_sheet(self, packets: Matrix) -> tuple[int, Matrix, int] | None:
        """Next header, plaintexts and their length without the trailer, of ESP packets of one length.

        None, and nothing was done, unless all are authentic, new, in order, and end alike.
        """
        count, size = packets.shape
        if not isinstance(self._open, GcmOpener) or not can_have_sheets():
            return None
        if size < self._least or size - self._fixed & self._align:
            return None
        sequences, window = column(packets, 4, 4), self.window
        first = int(sequences[0])
        if not (sequences == first + numbers(count)).all() or (window is not None and first <= window.top):
            return None
        opened = sheet(size - self._fixed)
        try:
            opened.open(self._open.cipher, self._open.salt, packets)
        except InvalidTag:
            return None
        plain = opened.plain[:count]
        trailer = plain[0].tobytes()
        padding = trailer[-TRAILER]
        end = len(trailer) - TRAILER - padding
        if end < 0 or trailer[end:-TRAILER] != _PADDING[padding] or (plain[:, end:] != plain[0, end:]).any():
            return None
        if self.bytes + end * (count - 1) >= self._hard_bytes or self.packets + count > self._hard_packets:
            return None
        if window is not None:
            window.accept_run(first, count)
        self.packets += count
        self.bytes += end * count
        return trailer[-1], plain, end

    def open_all(self, packets: Sequence[bytes], refused: Callable[[str], None]) -> list[tuple[int, bytes]]:
        """Next header and payload of each packet that passes; `refused` hears by name of the others."""
        opened = []
        for packet in packets:
            try:
                opened.append(self.open(packet))
            except Refused as refusal:
                refused(refusal.name)
        return opened
