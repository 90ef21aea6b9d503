"""Keys kept for reading captures: each once, the latest."""

from __future__ import annotations

import pytest

from iosh.proto.ike.machine import IkeKeys
from iosh.router import keylog


def keys(spi: int) -> IkeKeys:
    return IkeKeys(spi, 1, 20, 256, 0, b"\1" * 36, b"\2" * 36, b"", b"")


def test_a_key_is_noted_once_and_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keylog, "KEPT", 3)
    log = keylog.KeyLog()
    for spi in (1, 2, 2, 3, 4, 5):
        log.keyed(keys(spi))
    assert [line[:16] for line in log.ike] == [f"{spi:016x}" for spi in (3, 4, 5)]
    assert log.esp == {}


def test_a_follower_is_told_each_key_once() -> None:
    told: list[tuple[str, str]] = []
    log = keylog.KeyLog()
    log.follower = lambda table, line: told.append((table, line[:16]))
    for spi in (1, 2, 2):
        log.keyed(keys(spi))
    assert told == [(keylog.IKE, f"{spi:016x}") for spi in (1, 2)]
