"""NVRAM and flash as a directory: `nvram:startup-config` is the file `startup-config`, `flash:x` is `flash/x`.

A startup-config holds keys, so directories made here are their owner's alone (0700) and every file is (0600), also
while it is being written: a write goes to a new file that then takes the old one's place, so that a crash leaves one or
the other and never half of each. A router that runs on a config file of the host's has that one in its own place. Here
are no file systems inside files, no quotas and no locks: the last writer wins.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

_STEP = r"[A-Za-z0-9_][\w.+-]{0,126}"
_NAME = re.compile(rf"(?:(nvram|flash):/?)?({_STEP}(?:/{_STEP})*/?)\Z", re.ASCII)
_PRIVATE_FOLDER = 0o700


class DirectoryStorage:
    """Storage that outlives the program: files by name below one directory, made when first written to."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def read(self, name: str) -> bytes | None:
        path = self._path(name)
        if name.endswith("/"):
            return b"" if path.is_dir() else None
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def write(self, name: str, content: bytes) -> None:
        path = self._path(name)
        path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
            return
        _replace(path, content)

    def delete(self, name: str) -> None:
        path = self._path(name)
        if name.endswith("/"):
            path.rmdir()
        else:
            path.unlink(missing_ok=True)

    def names(self) -> list[str]:
        flash, found = self.folder / "flash", []
        if self.folder.is_dir():
            found += [f"nvram:{path.name}" for path in self.folder.iterdir() if path.is_file()]
        for path in flash.rglob("*") if flash.is_dir() else ():
            inside = path.relative_to(flash).as_posix()
            if path.is_file() or path.is_dir():
                found.append(f"flash:{inside}/" if path.is_dir() else f"flash:{inside}")
        return sorted(name for name in found if _NAME.match(name))

    def _path(self, name: str) -> Path:
        match = _NAME.match(name)
        if match is None or ("/" in match[2] and match[1] != "flash"):
            raise ValueError(f"not a file name: {name!r}")
        device, file = match.groups()
        return self.folder / "flash" / file if device == "flash" else self.folder / file


class ConfigFileStorage:
    """One file of the router (`name`) is a file of the host's; the others are in another storage."""

    def __init__(self, path: Path, name: str, others: DirectoryStorage) -> None:
        self._path = path
        self._name = name
        self._others = others

    def read(self, name: str) -> bytes | None:
        if name != self._name:
            return self._others.read(name)
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        if name == self._name:
            _replace(self._path, content)
        else:
            self._others.write(name, content)

    def delete(self, name: str) -> None:
        if name == self._name:
            self._path.unlink(missing_ok=True)
        else:
            self._others.delete(name)

    def names(self) -> list[str]:
        own = [self._name] if self._path.exists() else []
        return sorted({*own, *(name for name in self._others.names() if name != self._name)})


def _replace(path: Path, content: bytes) -> None:
    """A new file in the old one's place: after a crash there is one or the other, never half of each."""
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".new", dir=path.parent)  # made 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _keep(path.parent)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _keep(folder: Path) -> None:
    """A name is as lasting as its folder's last writing to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
