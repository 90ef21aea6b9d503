"""What a service manager gives and wants: priorities before lines for its journal, and word of being ready or ending.

systemd says by `JOURNAL_STREAM` that standard error is its journal: there `<4>` before a line is its severity
(sd-daemon(3)), which has IOS's numbers. By `NOTIFY_SOCKET` it says where it wants to hear of states (sd_notify(3)).
Started by hand there is neither, and nothing of this is seen.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from typing import Final

ERROR, WARNING = 3, 4

READY: Final = "READY=1"
STOPPING: Final = "STOPPING=1"


def tell(line: str, severity: int = ERROR) -> None:
    """A line on standard error."""
    print(f"<{severity}>{line}" if _is_journal() else line, file=sys.stderr, flush=True)


def notify(state: str) -> None:
    """Tell whoever started us, if it asked to be told."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if place.startswith("@"):
        place = "\0" + place[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door, contextlib.suppress(OSError):
        if place:
            door.sendto(state.encode(), place)


def _is_journal() -> bool:
    told = os.environ.get("JOURNAL_STREAM")
    if told is None:
        return False
    try:
        file = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):  # closed, or no file
        return False
    return told == f"{file.st_dev}:{file.st_ino}"
