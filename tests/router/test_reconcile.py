from __future__ import annotations

from typing import Any

from iosh.router.reconcile import reconcile


class Recorder:
    """A machine that says what was done to it; settings below 10 it takes in flight."""

    def __init__(self, key: str, settings: int, log: list[str]) -> None:
        self.key, self.settings, self.log = key, settings, log
        log.append(f"{key} built {settings}")

    def settle(self, settings: int, now: int) -> bool:
        if settings >= 10:
            return False
        self.log.append(f"{self.key} settled {settings}")
        self.settings = settings
        return True

    def stop(self, now: int) -> None:
        self.log.append(f"{self.key} stopped")

    def receive(self, data: bytes, path: Any, now: int) -> None: ...

    def wake(self, name: Any, now: int) -> None: ...


def test_only_what_differs_is_touched() -> None:
    log: list[str] = []
    running: dict[str, Recorder] = {}

    def want(**wanted: int) -> list[str]:
        log.clear()
        reconcile(running, wanted, lambda key, settings, now: Recorder(key, settings, log), 0)
        return list(log)

    assert want(a=1, b=2) == ["a built 1", "b built 2"]
    assert want(a=1, b=2) == []
    assert want(a=1, b=3) == ["b settled 3"]
    assert want(a=10, b=3) == ["a stopped", "a built 10"]
    assert want(b=3, c=1) == ["a stopped", "c built 1"]
    assert want() == ["b stopped", "c stopped"]
