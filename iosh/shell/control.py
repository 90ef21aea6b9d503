"""The control socket of a running router: who may open it sits at the router's console, as with a console cable.

A Unix socket in a folder of its owner's alone, so no name or password is asked for here; what `line con 0` asks for, it
asks. What goes over it is telnet (`telnet_codec.py`), because that has the window's size. One person at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from pathlib import Path
from typing import Final

from iosh.cli.login import settings_of
from iosh.lab.box import Box
from iosh.shell.remote import House, Person
from iosh.shell.telnet_codec import OPENING
from iosh.shell.telnet_line import TelnetLine

_LINE: Final = "con0"
_PRIVATE_FOLDER: Final = 0o700
_LOOK_S: Final = 0.02
_SERVICES: Final = Path("/run/iosh")


def socket_path(name: str) -> Path:
    """Where the router of that name is reached: below the user's runtime folder (XDG), root's in /run."""
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(base):
        return Path(base) / "iosh" / name
    return (_SERVICES if os.geteuid() == 0 else Path(f"/tmp/iosh-{os.geteuid()}")) / name


def is_running(name: str) -> bool:
    """Does a router of that name run here, of ours?"""
    return _answers(socket_path(name))


def place_of(name: str) -> Path:
    """The socket of that router: our own folder's, or else where services have theirs."""
    own, service = socket_path(name), _SERVICES / name
    return service if os.path.exists(service) and not os.path.exists(own) else own


def running() -> list[str]:
    """The names of the routers that run here, as far as we may look."""
    found: dict[str, None] = {}
    for folder in (socket_path("-").parent, _SERVICES):
        with contextlib.suppress(OSError):
            found |= dict.fromkeys(path.name for path in folder.iterdir() if _answers(path))
    return sorted(found)


class ControlSocket:
    """Listens for one router."""

    def __init__(self, house: House, box: Box, path: Path) -> None:
        self._house = house
        self._box = box
        self._path = path
        self._server: asyncio.Server | None = None
        self._there: dict[_Visitor, None] = {}

    async def open(self) -> None:
        """Listen; `OSError` if that cannot be, `FileExistsError` if somebody does already."""
        self._path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        if self._path.parent.stat().st_uid != os.geteuid():
            raise PermissionError(13, "the folder is somebody else's", str(self._path.parent))
        if _answers(self._path):
            raise FileExistsError(17, "a router of that name runs already", str(self._path))
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._visitor, str(self._path))
        self._path.chmod(0o600)

    def close(self) -> None:
        """Listen no more, and send whoever is there away."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        for visitor in tuple(self._there):
            visitor.close()

    def _visitor(self) -> _Visitor:
        return _Visitor(self._house, self._box, self._there)


class _Visitor(TelnetLine):
    """One connection."""

    def __init__(self, house: House, box: Box, there: dict[_Visitor, None]) -> None:
        super().__init__()
        self._house = house
        self._box = box
        self._there = there

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._transport.write(OPENING)
        self._there[self] = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._there.pop(self, None)
        super().connection_lost(exc)

    def close(self) -> None:
        """End it."""
        self._transport.close()

    def eof_received(self) -> bool:
        """No more will be typed: the session ends when all of it is done, and what is under way."""
        line = self._line
        if line is None or (not line.tty.waiting and not line.tty.console.busy) or self._transport.is_closing():
            self._transport.close()
        else:
            asyncio.get_running_loop().call_later(_LOOK_S, self.eof_received)
        return True

    def _resized(self) -> None:
        if self._line is None:  # the size is the first that a client of ours says
            self._enter()
        else:
            super()._resized()

    def _enter(self) -> None:
        box = self._box
        if box.is_booting or _LINE in box.router.lines.seats:
            why = "is starting" if box.is_booting else "has somebody at its console"
            self._write(f"{box.name} {why}: try again later.\r\n".encode())
            self._transport.close()
        else:
            level = settings_of(box.router.config, _LINE).privilege_level
            self._sit_down(self._house, box, _LINE, Person("", level, ""))


def _answers(path: Path) -> bool:
    """Does somebody listen there? The file of one that was killed is taken away."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            return False
        except OSError:
            return False
    return True
