"""A clock that can be waited on as a file (timerfd_create(2), which Python has from 3.13 on only)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import time
from typing import Final

from iosh.base.time import SECOND, Instant

_MONOTONIC: Final = time.CLOCK_MONOTONIC
_ABSOLUTE: Final = 1  # TFD_TIMER_ABSTIME


class Timer:
    """Readable from a chosen instant of `time.monotonic_ns` on, until `quiet`."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._file = int(self._libc.timerfd_create(_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC))
        if self._file < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")

    def fileno(self) -> int:
        return self._file

    def ring_at(self, at: Instant) -> None:
        """Once; what is past rings now."""
        times = (ctypes.c_long * 4)(0, 0, *divmod(max(at, 1), SECOND))  # struct itimerspec: interval, value
        self._libc.timerfd_settime(self._file, _ABSOLUTE, times, None)

    def quiet(self) -> None:
        """It was heard."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._file, 8)

    def close(self) -> None:
        os.close(self._file)
