"""The messages of IP SLA: control messages as open responders know them, and the packets of `udp-jitter`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.base.time import MILLISECOND, SECOND
from iosh.wire.sla import GRANTED, PROBE_SIZE, Control, Probe, day_ms

ASKED = Control(IPv4.parse("192.0.2.2"), 16384, 30)


def test_version_address_and_port_stand_where_a_responder_looks_for_them() -> None:
    data = ASKED.encode()
    assert (data[0], data[16:20], data[20:22]) == (1, bytes([192, 0, 2, 2]), (16384).to_bytes(2, "big"))
    granted = ASKED._replace(status=GRANTED).encode()
    assert (len(granted), granted[3], granted[4:12]) == (24, 8, bytes(8))


@given(st.binary(max_size=64))
def test_whatever_comes_is_a_message_or_malformed(data: bytes) -> None:
    for kind in (Control, Probe):
        try:
            kind.decode(data)
        except Malformed:
            continue


@pytest.mark.parametrize("message", [ASKED, Probe(7, 1234, 5678, 6)])
def test_what_is_written_is_read_and_what_is_cut_short_is_malformed(message: Control | Probe) -> None:
    data = message.encode()
    assert type(message).decode(data + b"padding") == message
    for size in range(len(data)):
        with pytest.raises(Malformed):
            type(message).decode(data[:size])


def test_stamps_count_from_midnight() -> None:
    assert day_ms(86_400 * SECOND * 20_000 + 5 * MILLISECOND) == 5
    assert len(Probe(1, 0).encode()) == PROBE_SIZE
