"""Make what runs equal to what is wanted, touching only what differs. Absence is deletion: the engine has no `no`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from iosh.base.time import Instant


class Settled(Protocol):
    """What is asked of a machine here: a part of `iosh.proto.machine.Machine`."""

    @property
    def settings(self) -> Any: ...
    def settle(self, settings: Any, now: Instant) -> bool: ...
    def stop(self, now: Instant) -> None: ...


K = TypeVar("K", bound=Hashable)
M = TypeVar("M", bound=Settled)


def reconcile(
    running: dict[K, M],
    wanted: Mapping[K, Any],
    build: Callable[[K, Any, Instant], M],
    now: Instant,
    asked: Iterable[K] | None = None,
) -> None:
    """Stop machines no longer wanted, let the others settle in flight, build what is missing.

    A machine that cannot take its new settings in flight (`settle` answers False) is stopped and built anew. Of those
    that run all are `asked` whether they are wanted still, or only some, where the others did not change.
    """
    for key in [key for key in (running if asked is None else asked) if key not in wanted]:
        running.pop(key).stop(now)
    for key, settings in wanted.items():
        machine = running.get(key)
        if machine is not None and (machine.settings == settings or machine.settle(settings, now)):
            continue
        if machine is not None:
            machine.stop(now)
        running[key] = build(key, settings, now)
