"""Capture files of our own bytes, as scapy reads them."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.time import SECOND
from iosh.wire.pcap import SNAP, capture_file

FRAMES = st.lists(st.tuples(st.integers(0, 4_000_000_000 * SECOND), st.binary(min_size=14, max_size=200)), max_size=8)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=100, deadline=None)
@given(FRAMES)
def test_scapy_reads_every_frame_and_its_time(frames: list[tuple[int, bytes]]) -> None:
    utils = pytest.importorskip("scapy.utils")
    with utils.RawPcapReader(io.BytesIO(capture_file((*each, len(each[1])) for each in frames))) as reader:
        assert reader.linktype == 1 and not reader.nano
        read = [(meta.sec * 10**6 + meta.usec, meta.wirelen, data) for data, meta in reader]
    assert read == [(at // 1000, len(frame), frame) for at, frame in frames]


def test_an_oversized_frame_is_cut_and_says_so() -> None:
    content = capture_file([(0, bytes(SNAP + 5), SNAP + 5)])
    assert len(content) == 24 + 16 + SNAP
    assert content[32:40] == SNAP.to_bytes(4, "little") + (SNAP + 5).to_bytes(4, "little")
