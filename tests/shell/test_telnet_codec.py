"""Telnet's byte stream: keys and negotiation told apart, also where the network cuts it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iosh.shell.telnet_codec import OPENING, TelnetServer

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
SIZE = bytes((IAC, SB, 31, 0, 132, 0, 50, IAC, SE))


def test_we_echo_and_ask_for_the_size() -> None:
    assert bytes((IAC, WILL, 1, IAC, WILL, 3, IAC, DO, 3, IAC, DO, 31)) == OPENING


def test_plain_keys_pass_unchanged() -> None:
    assert TelnetServer().feed(b"show clock\r\n") == (b"show clock\r\n", b"", None)


def test_a_doubled_iac_is_a_byte() -> None:
    assert TelnetServer().feed(b"a\xff\xffb").keys == b"a\xffb"


def test_the_windows_size_is_told() -> None:
    assert TelnetServer().feed(b"a" + SIZE + b"b") == (b"ab", b"", (50, 132))


def test_a_size_with_a_doubled_255_is_read() -> None:
    data = bytes((IAC, SB, 31, 0, IAC, IAC, 0, 24, IAC, SE))
    assert TelnetServer().feed(data).size == (24, 255)


def test_what_we_did_not_ask_for_is_refused_once() -> None:
    one = TelnetServer()
    assert one.feed(bytes((IAC, WILL, 24, IAC, DO, 5))).answer == bytes((IAC, DONT, 24, IAC, WONT, 5))
    assert one.feed(bytes((IAC, WILL, 24, IAC, DO, 5))).answer == b""


@pytest.mark.parametrize("verb", [(DO, 1), (DO, 3), (WILL, 3), (WILL, 31), (DONT, 1), (WONT, 24)])
def test_agreement_and_refusal_need_no_answer(verb: tuple[int, int]) -> None:
    assert TelnetServer().feed(bytes((IAC, *verb))) == (b"", b"", None)


def test_break_and_interrupt_are_the_escape_key() -> None:
    assert TelnetServer().feed(bytes((IAC, 243, IAC, 244))).keys == b"\x1e\x1e"


@given(st.lists(st.sampled_from([b"a", b"\xff\xff", SIZE, bytes((IAC, WILL, 24)), bytes((IAC, 241))]), max_size=8))
def test_it_does_not_matter_where_the_network_cuts(parts: list[bytes]) -> None:
    data = b"".join(parts)
    whole, bytewise = TelnetServer().feed(data), TelnetServer()
    pieces = [bytewise.feed(data[at : at + 1]) for at in range(len(data))]
    assert b"".join(piece.keys for piece in pieces) == whole.keys
    assert b"".join(piece.answer for piece in pieces) == whole.answer
    assert [piece.size for piece in pieces if piece.size is not None][-1:] == ([whole.size] if whole.size else [])


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    one = TelnetServer()
    assert len(one.feed(data).answer) <= 3 * len(data)
    assert len(one._sub or b"") <= 64
