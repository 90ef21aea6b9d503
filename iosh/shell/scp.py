"""SCP's server side, as `scp -t` and `scp -f` speak it over a channel: files to and from a router's file systems.

    client -> us (sink)      C0644 SIZE NAME\\n, SIZE bytes, NUL; T… (times) is taken and forgotten
    us -> client (source)    the same the other way round
    every step is answered by NUL, or by 1 and a sentence

Not here: whole folders (a file into one is), patterns, and OpenSSH's newer way over SFTP (`sftp.py`; `scp -O`
chooses this one). Here is no socket; a file is held in memory until it is whole, then written at once.
"""

from __future__ import annotations

import shlex
from typing import Final, NamedTuple, Protocol

from iosh.router.files import FileError, Url
from iosh.shell.cabinet import LARGEST, place

_LINE: Final = 4096  # bytes of one message
_OK: Final = b"\0"
_WARNING: Final = b"\1"


class Request(NamedTuple):
    """What `scp -t PATH` or `scp -f PATH` asks for."""

    sink: bool
    path: str


class Files(Protocol):
    """Where the files are."""

    def read(self, url: Url) -> bytes: ...
    def write(self, url: Url, content: bytes) -> None: ...
    def free(self, device: str) -> int: ...
    def is_folder(self, url: Url) -> bool: ...


def request(command: str) -> Request | None:
    """The request in an exec channel's command; None if it is another command."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if not words or words[0].rpartition("/")[2] != "scp":
        return None
    flags = "".join(word[1:] for word in words[1:] if word.startswith("-") and len(word) > 1)
    paths = [word for word in words[1:] if not word.startswith("-")]
    if ("t" in flags) == ("f" in flags) or len(paths) > 1:
        return None
    return Request("t" in flags, paths[0] if paths else "")


class Scp:
    """One transfer. `feed` takes what the client sends and gives what to answer; `status` is set at its end."""

    def __init__(self, wanted: Request, cabinet: Files, denied: str = "") -> None:
        self._wanted = wanted
        self._denied = denied  # why nothing is given or taken
        self._cabinet = cabinet
        self._heard = bytearray()
        self._left: int | None = None  # bytes of the file that are still to come; 0: its NUL
        self._content = bytearray()
        self._url: Url | None = None
        self._opened = False  # a source has told of its file
        self.status: int | None = None

    def begin(self) -> bytes:
        """What we say first."""
        if self._wanted.sink:
            return self._refuse(self._denied) if self._denied else _OK
        return b""

    def feed(self, data: bytes) -> bytes:
        """Bytes from the client."""
        if self.status is not None:
            return b""
        self._heard += data
        return self._receive() if self._wanted.sink else self._send()

    def finish(self) -> None:
        """The client has said all it will."""
        if self.status is None:
            self.status = 0 if self._wanted.sink and self._left is None and not self._heard else 1

    # --- giving ------------------------------------------------------------------------------------------------------

    def _send(self) -> bytes:
        out = b""
        while self._heard and self.status is None:
            if self._heard[0]:
                self.status = 1
            elif not self._opened:
                out += self._open()
            elif self._content:
                out += bytes(self._content)
                self._content.clear()
            else:
                self.status = 0
            del self._heard[0]
        return out

    def _open(self) -> bytes:
        self._opened = True
        if self._denied:
            return self._refuse(self._denied)
        path = self._wanted.path
        try:
            url = place(path)
            content = self._cabinet.read(url)
        except ValueError:
            return self._refuse(f"{path}: no such file system")
        except FileError as error:
            return self._refuse(f"{path}: {error}")
        self._content = bytearray(content + _OK)
        name = path.rpartition("/")[2] or url.device  # OpenSSH takes nothing but the end of what it asked for
        return f"C0644 {len(content)} {name}\n".encode()

    # --- taking ------------------------------------------------------------------------------------------------------

    def _receive(self) -> bytes:
        out = b""
        while self.status is None:
            if self._left is None:
                line, end, rest = bytes(self._heard).partition(b"\n")
                if not end:
                    return out + (self._refuse("protocol error") if len(line) > _LINE else b"")
                self._heard = bytearray(rest)
                out += self._message(line.decode("utf-8", "replace"))
            elif self._left:
                part = self._heard[: self._left]
                if not part:
                    return out
                self._content += part
                self._left -= len(part)
                del self._heard[: len(part)]
            elif self._heard:
                del self._heard[0]
                out += self._whole()
            else:
                return out
        return out

    def _message(self, line: str) -> bytes:
        kind, rest = line[:1], line[1:].split(" ", 2)
        if kind == "T":
            return _OK
        if kind == "D":
            return self._refuse("there are no folders here")
        if kind != "C" or len(rest) != 3 or not rest[1].isascii() or not rest[1].isdigit() or len(rest[1]) > 18:
            return self._refuse("protocol error")
        size = int(rest[1])
        try:
            self._url = self._target(rest[2])
        except ValueError:
            return self._refuse(f"{self._wanted.path}: no such file system")
        if size > min(LARGEST, self._cabinet.free(self._url.device)):
            return self._refuse(f"{self._url.typed}: No space left on device")
        self._left, self._content = size, bytearray()
        return _OK

    def _target(self, name: str) -> Url:
        """Where a file goes: the path asked for, or the client's name for it where that names a folder."""
        url = place(self._wanted.path)
        if not self._cabinet.is_folder(url):
            return url
        return url.at(f"{url.path}/{name.rpartition('/')[2].rpartition(':')[2]}")

    def _whole(self) -> bytes:
        assert self._url is not None
        self._left = None
        try:
            self._cabinet.write(self._url, bytes(self._content))
        except (FileError, ValueError) as error:
            return self._refuse(f"{self._url.typed}: {error}")
        except OSError as error:
            return self._refuse(f"{self._url.typed}: {error.strerror}")
        return _OK

    def _refuse(self, sentence: str) -> bytes:
        self.status = 1
        return _WARNING + f"scp: {sentence}\n".encode()
