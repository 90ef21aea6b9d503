"""NTP on the wire: both ways, against scapy, and against anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.errors import Malformed
from iosh.base.time import SECOND
from iosh.wire import ntp
from iosh.wire.ntp import Ntp

STAMP = st.integers(0, 2**64 - 1)
WORD = st.integers(0, 2**32 - 1)
MESSAGES = st.builds(
    Ntp, st.integers(0, 7), st.integers(0, 255), STAMP, STAMP, STAMP, STAMP, st.binary(min_size=4, max_size=4),
    st.integers(0, 3), st.integers(1, 4), st.integers(-128, 127), st.integers(-128, 127), WORD, WORD,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(MESSAGES, st.binary(max_size=30))
def test_a_message_reads_back_whatever_follows_it(message: Ntp, more: bytes) -> None:
    assert Ntp.decode(message.encode() + more) == message


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_anything_else_is_malformed_and_nothing_else(junk: bytes) -> None:
    try:
        Ntp.decode(junk)
    except Malformed:
        assert len(junk) < 48 or not 1 <= junk[0] >> 3 & 7 <= 4


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 4_200_000_000 * SECOND))
def test_a_time_survives_being_a_stamp_to_the_nanosecond(unix_ns: int) -> None:
    assert abs(ntp.unix_ns(ntp.timestamp(unix_ns)) - unix_ns) <= 1


def test_stamps_are_those_of_rfc_5905() -> None:
    assert ntp.timestamp(0) >> 32 == 2208988800  # 1 Jan 1970
    assert ntp.timestamp(63104 * 86400 * SECOND) >> 32 == (2208988800 + 63104 * 86400) % 2**32  # in era 1
    assert ntp.short(SECOND) == 0x10000
    assert ntp.span_ns(0x8000) == SECOND // 2


@pytest.mark.filterwarnings("ignore")
def test_scapy_reads_ours() -> None:
    layer = pytest.importorskip("scapy.layers.ntp")
    message = Ntp(ntp.CLIENT, 3, ntp.timestamp(1_795_409_633 * SECOND), poll=7, root_delay=0x18000)
    heard = layer.NTPHeader(message.encode())
    assert (heard.mode, heard.version, heard.stratum, heard.poll) == (3, 4, 3, 7)
    assert int(heard.sent) == (1_795_409_633 + 2208988800) % 2**32
    assert float(heard.delay) == 1.5
    assert Ntp.decode(bytes(layer.NTPHeader(mode=4, stratum=2, version=3))).stratum == 2
