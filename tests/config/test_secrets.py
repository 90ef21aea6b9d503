"""Passwords as stored, against published examples and against passlib where that is installed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.rng import Rng
from iosh.config import type6
from iosh.config.secrets import acceptable, hashed, revealed, verify
from iosh.config.type6 import opened, sealed

PUBLISHED = [  # hashcat's example hashes (modes 9200, 9300, 500, 5700) and the best known type 7
    (8, "$8$TnGX/fE4KGHOVU$pEhnEvxrvaynpi8j4f.EMHr6M.FzU8xnZnBr/tJdFWk", "hashcat"),
    (9, "$9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6", "hashcat"),
    (5, "$1$28772684$iEwNOgGugqO9.bIz5sk8k/", "hashcat"),
    (4, "2btjjy78REtmYkkW0csHUbJZOstRXoWdX1mGrmmfeHI", "hashcat"),
    (7, "094F471A1A0A", "cisco"),
    # Cisco's own test vectors, of its published encoder (CiscoDevNet/Type-6-Password-Encode)
    (8, "$8$J5J/1K3e8gk974$HRezVpnMZOhOU2uxFTv.79S1U1PpMScizwXS3Z1Dx1s", "cisco123"),
    (9, "$9$ihSswXDbk0kaVK$o.uyR2nMrWtjMkrQwBXUR5lVuVt/KzG23rmYvshODXI", "cisco123"),
    (0, "cisco", "cisco"),
]
text = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@pytest.mark.parametrize(("kind", "stored", "password"), PUBLISHED)
def test_published_examples_verify_and_nothing_else_does(kind: int, stored: str, password: str) -> None:
    assert verify(kind, stored, password)
    assert not verify(kind, stored, password + "x")
    assert not verify(kind, stored, "")
    assert acceptable(kind, stored)


@pytest.mark.parametrize("kind", [0, 5, 7, 8, 9])
def test_what_is_made_here_verifies_here(kind: int) -> None:
    rng = Rng(kind)
    one, other = hashed(kind, "K3y!", rng), hashed(kind, "K3y!", rng)
    assert verify(kind, one, "K3y!") and not verify(kind, one, "k3y!")
    assert acceptable(kind, one)
    assert (one == other) == (kind == 0), "each has a salt of its own"
    assert kind == 0 or "K3y!" not in one


def test_type_6_says_nothing_without_the_master_key() -> None:
    assert acceptable(6, "WiUVK^fMFCM")
    assert not verify(6, "WiUVK^fMFCM", "WiUVK^fMFCM")
    assert opened("NdUI^_YP[VEPG[MT_bfTEFNZYFCYe\\R\\M", "another") is None


def test_type_6_is_ciscos() -> None:
    stored = "NdUI^_YP[VEPG[MT_bfTEFNZYFCYe\\R\\M"  # the test vector of its published encoder
    assert opened(stored, "cisco123") == "password"
    assert type6._sealed("password", "cisco123", type6._bytes(stored)[:8]) == stored  # type: ignore[index]


@given(text, text, st.integers(0, 99))
def test_type_6_comes_back_under_its_master_key_only(password: str, master: str, seed: int) -> None:
    stored = sealed(password, master, Rng(seed))
    assert opened(stored, master) == password
    assert opened(stored, master + "x") is None
    assert opened(stored[:-3], master) is None


@given(st.text(max_size=60))
def test_what_is_not_type_6_is_refused(junk: str) -> None:
    assert opened(junk, "master") is None


@pytest.mark.parametrize(
    ("kind", "stored"),
    [(5, "$9$a$b"), (5, "$1$$b"), (5, "$1$a$"), (8, "plain"), (9, "$9$salt$h sh"), (7, "0"), (7, "09Z"), (7, "xx0A")],
)
def test_text_of_another_form_is_not_taken_for_encrypted(kind: int, stored: str) -> None:
    assert not acceptable(kind, stored)
    assert not verify(kind, stored, "cisco")


@given(text, st.integers(0, 99))
def test_type_7_comes_back(password: str, seed: int) -> None:
    assert revealed(hashed(7, password, Rng(seed))) == password


@given(text, st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_md5_crypt_and_type_7_are_those_of_passlib(password: str, seed: int) -> None:
    passlib = pytest.importorskip("passlib.hash")
    assert passlib.md5_crypt.verify(password, hashed(5, password, Rng(seed)))
    assert passlib.cisco_type7.decode(hashed(7, password, Rng(seed))) == password
