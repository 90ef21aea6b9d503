"""Suites by number, key sizes, and the arithmetic of ESP's overhead."""

from __future__ import annotations

import pytest

from iosh.proto.esp.suite import Keys, suite

# encryption, bits, integrity -> name, cipher key with salt, HMAC key, IV, ICV
SUITES = (
    (20, 128, 0, "AES-GCM-16-128", 20, 0, 8, 16),
    (20, 192, 0, "AES-GCM-16-192", 28, 0, 8, 16),
    (20, 256, 0, "AES-GCM-16-256", 36, 0, 8, 16),
    (12, 128, 2, "AES-CBC-128/HMAC-SHA1-96", 16, 20, 16, 12),
    (12, 192, 12, "AES-CBC-192/HMAC-SHA256-128", 24, 32, 16, 16),
    (12, 256, 13, "AES-CBC-256/HMAC-SHA384-192", 32, 48, 16, 24),
    (12, 256, 14, "AES-CBC-256/HMAC-SHA512-256", 32, 64, 16, 32),
    (11, 0, 12, "NULL/HMAC-SHA256-128", 0, 32, 0, 16),
)


@pytest.mark.parametrize("row", SUITES, ids=lambda row: str(row[3]))
def test_a_suite_knows_its_sizes(row: tuple[int, int, int, str, int, int, int, int]) -> None:
    chosen = suite(*row[:3])
    assert (chosen.name, chosen.encryption_key, chosen.integrity_key, chosen.iv, chosen.icv) == row[3:]


@pytest.mark.parametrize(
    "ids",
    [(20, 128, 12), (12, 128, 0), (11, 0, 0), (20, 64, 0), (12, 0, 2), (3, 192, 2), (20, 128, 5), (11, 128, 2)],
    ids=str,
)
def test_what_protects_nothing_or_is_unknown_is_no_suite(ids: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="ESP"):
        suite(*ids)


@pytest.mark.parametrize("row", SUITES, ids=lambda row: str(row[3]))
def test_the_largest_payload_of_a_room_fits_and_one_more_byte_does_not(row: tuple[int, int, int]) -> None:
    chosen = suite(*row[:3])
    for room in range(90, 200):
        size = chosen.largest(room)
        assert size + chosen.overhead(size) <= room < size + 1 + chosen.overhead(size + 1)


def test_padding_fills_whole_blocks() -> None:
    assert [suite(12, 128, 2).padding(size) for size in (0, 13, 14, 15, 30)] == [14, 1, 0, 15, 0]
    assert [suite(20, 128, 0).padding(size) for size in (0, 1, 2, 3, 6)] == [2, 1, 0, 3, 0]


def test_keys_are_not_printed() -> None:
    assert repr(Keys(b"topsecretkey", b"another")) == "Keys(...)"
