"""Fragments: cut and put together in any order, and what is refused."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.router import fragment
from iosh.router.fragment import Reassembly, fragments
from iosh.wire.ipv4 import Ipv4

A, B = IPv4.parse("10.0.0.1"), IPv4.parse("10.0.0.2")


def packet(size: int, options: bytes = b"", **fields: int) -> Ipv4:
    return Ipv4(A, B, 17, bytes(n * 7 & 255 for n in range(size)), options=options, **fields)  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 3000),
    st.integers(68, 1500),
    st.sampled_from([b"", b"\x94\x04\0\0", b"\x07\x07\x04\0\0\0\0\0"]),
    st.randoms(),
)
@example(2560, 68, b"\x94\x04\0\0", Random(0)).via("as many pieces as a datagram may have")
@example(2565, 68, b"\x94\x04\0\0", Random(0)).via("one more")
def test_what_was_cut_is_put_together_in_any_order(size: int, mtu: int, options: bytes, shuffle: Random) -> None:
    whole = packet(size, options, identification=77).encode()
    pieces = fragments(whole, mtu)
    assert all(len(piece) <= mtu for piece in pieces)
    decoded = [Ipv4.decode(piece) for piece in pieces]
    assert [piece.more_fragments for piece in decoded] == [True] * (len(pieces) - 1) + [False]
    shuffle.shuffle(pieces)
    reassembly = Reassembly(Counter())
    results = [reassembly.add(piece, 0) for piece in pieces]
    if len(pieces) > fragment.FRAGMENT_LIMIT:
        assert results == [None] * len(pieces)
    elif len(pieces) > 1:
        assert results == [None] * (len(pieces) - 1) + [whole]
        assert len(reassembly) == 0


def test_a_fragment_is_cut_again_with_its_offset_and_more_bit_kept() -> None:
    piece = Ipv4(A, B, 17, bytes(800), offset=1480, more_fragments=True)
    again = [Ipv4.decode(data) for data in fragments(piece.encode(), 420)]
    assert [(one.offset, one.more_fragments, len(one.payload)) for one in again] == [
        (1480, True, 400),
        (1880, True, 400),
    ]


def test_only_options_that_are_to_be_copied_stay_on_later_fragments() -> None:
    alert, record = b"\x94\x04\0\0", b"\x07\x07\x04\0\0\0\0\0"
    first, second = (Ipv4.decode(data) for data in fragments(packet(100, alert + record).encode(), 100))
    assert (first.options, second.options) == (alert + record, alert)


def test_a_network_too_small_for_eight_bytes_gets_none() -> None:
    assert fragments(packet(100).encode(), 27) == []


class Bench:
    """A reassembly that is fed pieces of one datagram."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.reassembly = Reassembly(self.count)

    def add(self, offset: int, size: int, more: bool = True, identification: int = 1, now: int = 0) -> bytes | None:
        piece = Ipv4(A, B, 17, bytes(size), identification=identification, offset=offset, more_fragments=more)
        return self.reassembly.add(piece.encode(), now)


def test_overlapping_fragments_lose_the_datagram_and_repeated_ones_do_not() -> None:
    bench = Bench()
    bench.add(0, 800)
    bench.add(0, 800)
    assert bench.add(800, 8, more=False) is not None
    bench.add(0, 800)
    bench.add(400, 800)
    assert len(bench.reassembly) == 0
    assert bench.count["reassembly.repeated"] == 1 and bench.count["reassembly.overlapped"] == 1


def test_a_second_end_or_a_piece_beyond_the_end_is_inconsistent() -> None:
    for offset, size, more in ((160, 8, False), (400, 8, True), (0, 16, False)):
        bench = Bench()
        bench.add(192, 8, more=False)
        bench.add(offset, size, more)
        assert len(bench.reassembly) == 0, (offset, size, more)
    bench = Bench()
    bench.add(400, 80)
    bench.add(80, 8, more=False)
    assert len(bench.reassembly) == 0


def test_pieces_that_cannot_be_are_refused() -> None:
    bench = Bench()
    bench.add(0, 0)
    bench.add(0, 13)
    bench.add(65528, 100, more=False)
    assert bench.count["reassembly.bad"] == 3 and len(bench.reassembly) == 0


def test_datagrams_are_bounded_in_number_time_and_fragments() -> None:
    bench = Bench()
    for identification in range(fragment.DATAGRAM_LIMIT + 10):
        bench.add(0, 8, identification=identification)
    assert len(bench.reassembly) == fragment.DATAGRAM_LIMIT and bench.count["reassembly.overflow"] == 10
    assert bench.reassembly.due() == fragment.TIMEOUT
    assert len(bench.reassembly.expire(fragment.TIMEOUT - 1)) == 0
    assert len(bench.reassembly.expire(fragment.TIMEOUT)) == fragment.DATAGRAM_LIMIT
    for n in range(fragment.FRAGMENT_LIMIT + 1):
        bench.add(n * 16, 8)
    assert len(bench.reassembly) == 0 and bench.reassembly.due() is None
    bench.add(8, 8)
    assert bench.reassembly.expire(fragment.TIMEOUT) == []
