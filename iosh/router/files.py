"""The file systems an operator sees: `flash:` (also `bootflash:`), `nvram:`, `null:` and `system:`, over a router's
storage.

Only flash has folders, which a storage knows by a slash at the end of their names. A file's date is that of its last
writing since the router started, or the start itself. Keys the program keeps in NVRAM for its servers are nobody's to
list or read here. `system:running-config` is made by whoever prints configurations; it is only named here.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from iosh.base.time import Instant
from iosh.config.store import NVRAM_BYTES, PRIVATE
from iosh.router.key_pairs import KEYS
from iosh.router.ports import Storage

FLASH_BYTES: Final = 7_897_796_608
LOCAL: Final = ("flash", "nvram", "null", "system")
NETWORK: Final = ("tftp", "rcp", "ftp", "http", "scp", "sftp", "https")
RUNNING: Final = "system:running-config"
STARTUP: Final = "nvram:startup-config"

_ALIASES: Final = {"bootflash": "flash", "disk0": "flash"}
_STEP: Final = r"[A-Za-z0-9_][\w.+-]{0,126}"
_NAME: Final = re.compile(rf"{_STEP}(?:/{_STEP}){{0,7}}\Z", re.ASCII)
_PRIVATE: Final = ("nvram:ssh_host_", PRIVATE, KEYS)
_SIZES: Final = {"flash": FLASH_BYTES, "nvram": NVRAM_BYTES}


class Url(NamedTuple):
    """A place for a file; `path` is empty where only the file system was named."""

    device: str
    path: str
    typed: str

    @property
    def name(self) -> str:
        """As the storage knows it."""
        return f"{self.device}:{self.path}"

    @property
    def is_network(self) -> bool:
        """Is it somewhere else?"""
        return self.device in NETWORK

    def at(self, path: str) -> Url:
        """Another file there."""
        return parse(path) if ":" in path else Url(self.device, path.strip("/"), f"{self.device}:{path}")


def parse(text: str) -> Url:
    """`flash:x`, `flash:/x`, `x`; ValueError for a file system there is not."""
    scheme, colon, path = text.partition(":")
    if not colon:
        return Url("flash", text.strip("/"), text)
    device = _ALIASES.get(scheme.lower(), scheme.lower())
    if device not in LOCAL + NETWORK:
        raise ValueError(text)
    return Url(device, path if device in NETWORK else path.strip("/"), text)


class File(NamedTuple):
    """A line of `dir`."""

    number: int
    name: str
    size: int
    written: Instant
    folder: bool = False


class Device(NamedTuple):
    """A line of `show file systems`; sizes are None where there is nothing to fill."""

    prefix: str
    kind: str
    flags: str
    size: int | None = None
    free: int | None = None


class FileError(Exception):
    """What a file system says about a request it cannot meet: `No such file or directory`."""


class Files:
    """One router's files."""

    def __init__(self, storage: Storage, now: Instant) -> None:
        self._storage = storage
        self._started = now
        self._written: dict[str, Instant] = {}

    def read(self, url: Url) -> bytes:
        """A file's content."""
        if url.device == "null":
            return b""
        content = self._storage.read(url.name) if self._is_ours(url) else None
        if content is None:
            raise FileError("No such file or directory")
        return content

    def exists(self, url: Url) -> bool:
        """Is there such a file?"""
        return self._is_ours(url) and self._storage.read(url.name) is not None

    def write(self, url: Url, content: bytes, now: Instant) -> None:
        """Make or replace a file."""
        if url.device == "null":
            return
        if not self._is_ours(url):
            raise FileError("Permission denied" if url.device == "system" else "Invalid argument")
        if self.is_folder(url):
            raise FileError("Is a directory")
        if not self._has_room(url):
            raise FileError("No such file or directory")
        there = len(self.read(url)) if self.exists(url) else 0
        if len(content) - there > self.free(url.device):
            raise FileError("No space left on device")
        self._storage.write(url.name, content)
        self.note(url.name, now)

    def delete(self, url: Url) -> None:
        """Take a file away."""
        if not self.exists(url):
            raise FileError("Is a directory" if url.path and self.is_folder(url) else "No such file or directory")
        self._storage.delete(url.name)

    def is_folder(self, url: Url) -> bool:
        """Is there such a folder? A file system is one."""
        if not url.path or url.device != "flash":
            return not url.path
        return self._is_ours(url) and self._storage.read(f"{url.name}/") is not None

    def make_folder(self, url: Url, now: Instant) -> None:
        """`mkdir`"""
        if url.device != "flash" or not self._is_ours(url):
            raise FileError("Invalid argument")
        if self.exists(url) or self.is_folder(url):
            raise FileError("File exists")
        if not self._has_room(url):
            raise FileError("No such file or directory")
        self._storage.write(f"{url.name}/", b"")
        self.note(f"{url.name}/", now)

    def remove_folder(self, url: Url) -> None:
        """`rmdir`"""
        if not url.path or not self.is_folder(url):
            raise FileError("Not a directory" if self.exists(url) else "No such file or directory")
        if self.listing(url.device, url.path):
            raise FileError("Directory not empty")
        self._storage.delete(f"{url.name}/")

    def remove_tree(self, url: Url) -> None:
        """`delete /recursive`: a folder and all that is in it, or a file."""
        if not url.path or not self.is_folder(url):
            self.delete(url)
            return
        for file in reversed(self.listing(url.device, url.path, recursive=True)):
            inner = url.at(f"{url.path}/{file.name}")
            self.remove_folder(inner) if file.folder else self.delete(inner)
        self.remove_folder(url)

    def listing(self, device: str, folder: str = "", recursive: bool = False) -> list[File]:
        """The files and folders in one, by name; or all below it."""
        prefix = f"{device}:{folder}/" if folder else f"{device}:"
        names = [
            name
            for name in self._storage.names()
            if name.startswith(prefix)
            and name != prefix
            and _is_public(name)
            and (recursive or "/" not in name[len(prefix) : -1])
        ]
        return [
            File(
                number,
                name[len(prefix) :].rstrip("/"),
                len(self._storage.read(name) or b""),
                self.written(name),
                name.endswith("/"),
            )
            for number, name in enumerate(names, 11)
        ]

    def written(self, name: str) -> Instant:
        """When a file was last written, as far as is known."""
        return self._written.get(name, self._started)

    def note(self, name: str, now: Instant) -> None:
        """A file was written by somebody else than `write`."""
        self._written[name] = now

    def size(self, device: str) -> int:
        """Bytes a file system can hold."""
        return _SIZES.get(device, 0)

    def free(self, device: str) -> int:
        """Bytes that are left of it."""
        used = sum(
            len(self._storage.read(name) or b"") for name in self._storage.names() if name.startswith(f"{device}:")
        )
        return max(0, self.size(device) - used)

    def devices(self) -> list[Device]:
        """All file systems, as `show file systems` lists them."""
        return [
            Device("system:", "opaque", "rw"),
            Device("null:", "opaque", "rw"),
            Device("flash:", "disk", "rw", self.size("flash"), self.free("flash")),
            Device("nvram:", "nvram", "rw", self.size("nvram"), self.free("nvram")),
            *(Device(f"{name}:", "network", "rw") for name in NETWORK),
        ]

    def _has_room(self, url: Url) -> bool:
        """Is there a folder for it?"""
        folder = url.path.rpartition("/")[0]
        return not folder or self._storage.read(f"{url.device}:{folder}/") is not None

    def _is_ours(self, url: Url) -> bool:
        return (
            (url.device == "flash" or "/" not in url.path)
            and url.device in _SIZES
            and _NAME.match(url.path) is not None
            and _is_public(url.name)
        )


def _is_public(name: str) -> bool:
    return not name.startswith(_PRIVATE)
