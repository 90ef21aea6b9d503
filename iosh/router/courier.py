"""Files on other machines, and the door through which they come and go.

The transfer itself is the outside world's: a `Courier` carries whole files, not packets of this router. A router of a
simulated lab has none, since its packets end in the lab.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from iosh.base.time import Instant

_URL: Final = re.compile(
    r"(?P<scheme>\w+):(?://?)?(?:(?P<user>[^/@:]*)(?::(?P<password>[^/@]*))?@)?(?P<host>\[[^]]*\]|[^/:@]*)"
    r"(?::(?P<port>\d{1,5}))?(?:/(?P<path>.*))?\Z"
)
WITH_USERS: Final = ("scp", "sftp", "ftp")


class Remote(NamedTuple):
    """What a URL names; what it leaves out is empty. The password goes into no text."""

    scheme: str
    host: str = ""
    path: str = ""
    user: str = ""
    password: str | None = None
    port: int | None = None

    def __repr__(self) -> str:
        return f"Remote({self})"

    def __str__(self) -> str:
        place = f"{self.host}:{self.port}" if self.port is not None else self.host
        return f"{self.scheme}://{f'{self.user}@' if self.user else ''}{place}/{self.path}"

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return self.path.rpartition("/")[2]


class Delivery(NamedTuple):
    """What became of a transfer: the file that came, or why it did not, in IOS's words."""

    content: bytes = b""
    error: str | None = None


Ended = Callable[[Delivery, Instant], None]


class Courier(Protocol):
    """Carries files. Both return how to give up, after which `ended` is not called any more."""

    def fetch(self, file: Remote, ended: Ended) -> Callable[[], None]: ...

    def send(self, file: Remote, content: bytes, ended: Ended) -> Callable[[], None]: ...


def remote(text: str) -> Remote:
    """`tftp:`, `tftp://192.0.2.1/r1-confg`, `scp://admin@192.0.2.1//home/admin/x`; ValueError for what is no URL."""
    match = _URL.match(text)
    if match is None:
        raise ValueError(text)
    port = int(match["port"]) if match["port"] else None
    return Remote(
        match["scheme"].lower(),
        match["host"].strip("[]"),
        match["path"] or "",
        match["user"] or "",
        match["password"],
        port,
    )
