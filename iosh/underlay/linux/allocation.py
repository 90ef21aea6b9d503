"""How the C library keeps memory: trains of 64 kB come and go by the thousand, and giving each back to the kernel costs
more than sealing what is in it, for every page has to be cleared anew.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import Final

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt(3)
_KEPT: Final = 16 << 20


def keep_freed_memory() -> None:
    """Let some of what is freed stay ours. Other C libraries than glibc have no such word: nothing happens."""
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)
        library.mallopt(_MMAP_THRESHOLD, _KEPT)
