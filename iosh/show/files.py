"""`show file systems`, `show flash:` and the listings of `dir`: what files there are, and where there is room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.calendar import MONTHS, moment
from iosh.base.time import Instant
from iosh.router.files import Device
from iosh.show.registry import Show

DEFAULT: Final = "flash:"


@dataclass(frozen=True, slots=True)
class Listed:
    """One file; `date` is when it was last written, UTC."""

    number: int
    name: str
    size: int
    date: str
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Directory:
    """A file system's files and its room in bytes."""

    path: str
    files: tuple[Listed, ...]
    total: int
    free: int


@dataclass(frozen=True, slots=True)
class FileSystems:
    """All file systems."""

    systems: tuple[Device, ...]


def directory(router: Any, device: str, folder: str = "", recursive: bool = False) -> Directory:
    """What `dir DEVICE:` lists, or of a folder there."""
    files = router.files
    listed = tuple(
        Listed(file.number, file.name, file.size, _date(router.epoch_s, file.written), file.folder)
        for file in files.listing(device, folder, recursive)
    )
    return Directory(f"{device}:/{folder}{'/' if folder else ''}", listed, files.size(device), files.free(device))


def directory_text(value: Directory) -> Iterator[str]:
    """`   11  -rw-             1304  Nov 14 2023 22:13:20 +00:00  candidate.txt`"""
    yield f"Directory of {value.path}"
    yield ""
    if not value.files:
        yield "No files in directory"
    for file in value.files:
        kind = "drwx" if file.folder else "-rw-"
        yield f"{file.number:5}  {kind}  {file.size:15}  {file.date:>20} +00:00  {file.name}"
    yield ""
    yield f"{value.total} bytes total ({value.free} bytes free)"


def flash(router: Any, now: Instant) -> Directory:
    """`show flash:`"""
    return directory(router, "flash", recursive=True)


def flash_text(value: Directory) -> Iterator[str]:
    """The listing with its own heading and footer."""
    yield "-#- --length-- ---------date/time--------- path"
    for number, file in enumerate(value.files, 1):
        yield f"{number:3} {file.size:10} {file.date}.0000000000 +00:00 {file.name}"
    yield ""
    yield f"{value.free} bytes available ({value.total - value.free} bytes used)"


def systems(router: Any, now: Instant) -> FileSystems:
    """`show file systems`"""
    return FileSystems(tuple(router.files.devices()))


def systems_text(value: FileSystems) -> Iterator[str]:
    """The star marks where names without a file system are looked up."""
    yield "File Systems:"
    yield ""
    yield "       Size(b)       Free(b)      Type  Flags  Prefixes"
    for one in value.systems:
        size, free = ("-" if number is None else str(number) for number in (one.size, one.free))
        star = "*" if one.prefix == DEFAULT else " "
        yield f"{star}{size:>13} {free:>13} {one.kind:>9} {one.flags:>6}   {one.prefix}"
    yield ""


def _date(epoch_s: int, at: Instant) -> str:
    when = moment(epoch_s, at)
    return f"{MONTHS[when.month - 1]} {when.day} {when.year} {when.time_text[:8]}"


SHOWS: Final = {"systems": Show(systems, systems_text), "flash": Show(flash, flash_text)}
