"""SFTP over a router's files, for `sftp` and for OpenSSH's `scp` of today (version 3, asyncssh's codec).

The root holds the file systems as folders (`flash:`, `nvram:`, `system:`); a session begins in `flash:`. A file that is
read is the one there was when it was opened; one that is written is put in its place whole, when the client closes it.
Attributes that are set are forgotten. Not here: links, locks. Nothing of the machine we run on can be reached:
every request of asyncssh's server that would touch its files is answered here, or refused.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import AsyncIterator
from typing import Any, Final

import asyncssh
from asyncssh import SFTPAttrs, SFTPName

from iosh.router.files import FileError, Url
from iosh.shell.cabinet import LARGEST, Cabinet, place

VERSION: Final = 3
OPEN_AT_ONCE: Final = 16  # files of one session

_ROOT: Final = "/"
_DEVICES: Final = ("flash", "nvram", "system")
_FILE: Final = stat.S_IFREG | 0o600
_FOLDER: Final = stat.S_IFDIR | 0o700


class _Open:
    """A file that is open: all of it."""

    def __init__(self, url: Url, content: bytes, room: int, writing: bool, appending: bool) -> None:
        self.url = url
        self.content = bytearray(content)
        self.room = room  # bytes it may grow to
        self.writing = writing
        self.appending = appending

    def seek(self, offset: int, whence: int) -> int:
        """Where its next data or hole is: it has none of these."""
        if offset >= len(self.content):
            raise OSError(errno.ENXIO, "Beyond the end")
        return offset if whence == os.SEEK_DATA else len(self.content)


class Sftp(asyncssh.SFTPServer):
    """One session of one person."""

    def __init__(self, chan: Any, cabinet: Cabinet) -> None:
        super().__init__(chan)
        self._cabinet = cabinet
        self._files: dict[_Open, None] = {}
        self.broken = False  # the client has gone in the middle: what is half written is not kept

    # --- files -------------------------------------------------------------------------------------------------------

    def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        url = self._file(path)
        if len(self._files) >= OPEN_AT_ONCE:
            raise asyncssh.SFTPFailure("Too many open files")
        writing = bool(pflags & asyncssh.FXF_WRITE)
        there = self._cabinet.exists(url)
        if writing and there and pflags & asyncssh.FXF_EXCL:
            raise asyncssh.SFTPFailure("File exists")
        if not there and not pflags & asyncssh.FXF_CREAT:
            raise asyncssh.SFTPNoSuchFile("No such file or directory")
        begins_empty = not there or (writing and pflags & asyncssh.FXF_TRUNC)
        content = b"" if begins_empty else self._content(url)
        room = (
            min(LARGEST, self._cabinet.free(url.device) + (self._cabinet.size(url) if there else 0)) if writing else 0
        )
        opened = _Open(url, content, room, writing, bool(pflags & asyncssh.FXF_APPEND))
        self._files[opened] = None
        return opened

    def open56(self, path: bytes, desired_access: int, flags: int, attrs: SFTPAttrs) -> object:
        raise NotImplementedError

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        return bytes(_opened(file_obj).content[offset : offset + size])

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        opened = _opened(file_obj)
        if not opened.writing:
            raise asyncssh.SFTPPermissionDenied("The file is open for reading")
        offset = len(opened.content) if opened.appending else offset
        if offset + len(data) > opened.room:
            raise asyncssh.SFTPFailure("No space left on device")
        if offset > len(opened.content):
            opened.content.extend(bytes(offset - len(opened.content)))
        opened.content[offset : offset + len(data)] = data
        return len(data)

    def close(self, file_obj: object) -> None:
        opened = _opened(file_obj)
        self._files.pop(opened, None)
        if opened.writing and not self.broken:
            self._allow()
            try:
                self._cabinet.write(opened.url, bytes(opened.content))
            except (FileError, ValueError) as error:
                raise asyncssh.SFTPFailure(str(error)) from None

    def remove(self, path: bytes) -> None:
        try:
            self._cabinet.delete(self._file(path))
        except FileError as error:
            raise asyncssh.SFTPNoSuchFile(str(error)) from None

    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        try:
            self._cabinet.make_folder(self._file(path))
        except FileError as error:
            raise asyncssh.SFTPFailure(str(error)) from None

    def rmdir(self, path: bytes) -> None:
        url = self._spot(path)
        try:
            if url is None:
                raise FileError("Is a directory")
            self._cabinet.remove_folder(url)
        except FileError as error:
            raise asyncssh.SFTPFailure(str(error)) from None

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        if self._cabinet.exists(self._file(newpath)):
            raise asyncssh.SFTPFailure("File exists")
        self.posix_rename(oldpath, newpath)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        source, target = self._file(oldpath), self._file(newpath)
        try:
            self._cabinet.write(target, self._content(source))
            self._cabinet.delete(source)
        except FileError as error:
            raise asyncssh.SFTPFailure(str(error)) from None

    def exit(self) -> None:
        """The client has said all: `scp` wants to hear that it went well."""
        if not self.broken:
            self.channel.exit(0)

    # --- what there is -----------------------------------------------------------------------------------------------

    def stat(self, path: bytes) -> SFTPAttrs:
        url = self._spot(path)
        if url is None or self._cabinet.is_folder(url):
            return SFTPAttrs(permissions=_FOLDER, nlink=1)
        if not self._cabinet.exists(url):
            raise asyncssh.SFTPNoSuchFile("No such file or directory")
        at = self._cabinet.written_s(url)
        return SFTPAttrs(size=self._cabinet.size(url), permissions=_FILE, atime=at, mtime=at, nlink=1)

    lstat = stat

    def fstat(self, file_obj: object) -> SFTPAttrs:
        return SFTPAttrs(size=len(_opened(file_obj).content), permissions=_FILE)

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        url = self._spot(path)
        if url is not None and not self._cabinet.is_folder(url):
            raise asyncssh.SFTPFailure("Not a directory")
        names = [f"{device}:" for device in _DEVICES] if url is None else self._cabinet.names(url)
        folder = f"{url.device}:/{url.path}/" if url is not None else ""
        for name in (".", "..", *names):
            step = name if url is None or name.startswith(".") else f"{folder}{name}"
            attrs = SFTPAttrs(permissions=_FOLDER, nlink=1) if name.startswith(".") else self.stat(step.encode())
            yield SFTPName(name.encode(), attrs=attrs)

    def realpath(self, path: bytes) -> bytes:
        url = self._spot(path)
        return _ROOT.encode() if url is None else f"/{url.device}:{'/' if url.path else ''}{url.path}".encode()

    def format_user(self, uid: int | None) -> str:
        return "-"

    def format_group(self, gid: int | None) -> str:
        return "-"

    # --- taken and forgotten -----------------------------------------------------------------------------------------

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        self._allow()

    lsetstat = setstat

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        opened = _opened(file_obj)
        if opened.writing and attrs.size is not None and attrs.size <= len(opened.content):
            del opened.content[attrs.size :]

    def fsync(self, file_obj: object) -> None:
        """It is whole when it is closed, and not before."""

    # --- refused -----------------------------------------------------------------------------------------------------

    def readlink(self, path: bytes) -> bytes:
        raise NotImplementedError

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        raise NotImplementedError

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        raise NotImplementedError

    def lock(self, file_obj: object, offset: int, length: int, flags: int) -> None:
        raise NotImplementedError

    def unlock(self, file_obj: object, offset: int, length: int) -> None:
        raise NotImplementedError

    def statvfs(self, path: bytes) -> Any:
        raise NotImplementedError

    def fstatvfs(self, file_obj: object) -> Any:
        raise NotImplementedError

    # --- inside ------------------------------------------------------------------------------------------------------

    def _allow(self) -> None:
        denied = self._cabinet.denied
        if denied:
            raise asyncssh.SFTPPermissionDenied(denied)

    def _spot(self, path: bytes) -> Url | None:
        """A file or file system; None is the root that holds them."""
        self._allow()
        text = path.decode("utf-8", "replace")
        if (text.startswith("/") and not text.strip("/")) or text.rstrip("/").endswith("/.."):
            return None
        try:
            return place(text)
        except ValueError:
            raise asyncssh.SFTPNoSuchFile("No such file system") from None

    def _file(self, path: bytes) -> Url:
        url = self._spot(path)
        if url is None or self._cabinet.is_folder(url):
            raise asyncssh.SFTPFailure("Is a directory")
        return url

    def _content(self, url: Url) -> bytes:
        try:
            return self._cabinet.read(url)
        except FileError as error:
            raise asyncssh.SFTPNoSuchFile(str(error)) from None


def _opened(file_obj: object) -> _Open:
    assert isinstance(file_obj, _Open)
    return file_obj
