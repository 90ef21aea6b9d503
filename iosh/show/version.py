"""`show version` in IOS-XE's layout: what automation reads of it (release, uptime, image, model, serial number,
memory) stands where IOS puts it. It says plainly that this is iosh; figures of a machine that is not
there are kept small.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Any, Final

from iosh.base.calendar import moment
from iosh.base.interface_name import kind
from iosh.base.time import Instant, Span
from iosh.config.store import NVRAM_BYTES
from iosh.router.product import MODEL, RELEASE, SOFTWARE
from iosh.show.registry import Show
from iosh.show.text import plural, spelled

_KINDS: Final = {
    "Ethernet": "Ethernet",
    "FastEthernet": "FastEthernet",
    "GigabitEthernet": "Gigabit Ethernet",
    "TenGigabitEthernet": "Ten Gigabit Ethernet",
}


@dataclass(frozen=True, slots=True)
class Version:
    """What the box says of itself."""

    hostname: str
    iosh: str
    release: str
    uptime_ns: Span
    restarted: str
    serial: str
    memory_bytes: int
    interfaces: tuple[tuple[str, int], ...]
    nvram_bytes: int


def view(router: Any, now: Instant) -> Version:
    """The box now."""
    kinds = Counter(kind(name) for name in router.ports)
    return Version(
        hostname=router.config.hostname,
        iosh=_installed(),
        release=RELEASE,
        uptime_ns=now - router.started,
        restarted=moment(router.epoch_s, router.started).change_text,
        serial=serial(router),
        memory_bytes=router.figures.memory().total,
        interfaces=tuple((name, kinds[word]) for word, name in _KINDS.items() if kinds[word]),
        nvram_bytes=NVRAM_BYTES,
    )


def serial(router: Any) -> str:
    """The chassis' number: the same for the same hardware addresses."""
    first_mac = min((port.mac for port in router.ports.values()), default=b"")
    return f"9IOSH{zlib.crc32(first_mac) % 10**6:06d}"


def text(value: Version) -> Iterator[str]:
    """As IOS-XE prints it."""
    yield f"Cisco IOS XE Software, Version {value.release}"
    yield SOFTWARE
    yield f"This is iosh {value.iosh}, free software that speaks the language of Cisco IOS;"
    yield "it is not a product of Cisco Systems. Licence: GPL-2.0-or-later."
    yield "Copyright (c) 2026-2026 by the authors of iosh"
    yield ""
    yield ""
    yield "ROM: IOS-XE ROMMON"
    yield ""
    yield f"{value.hostname} uptime is {spelled(value.uptime_ns)}"
    yield f"Uptime for this control processor is {spelled(value.uptime_ns)}"
    yield "System returned to ROM by reload"
    yield f"System restarted at {value.restarted}"
    yield 'System image file is "flash:iosh"'
    yield "Last reload reason: Reload Command"
    yield ""
    yield ""
    memory = f"{value.memory_bytes // 1024}K/3075K"
    yield f"cisco {MODEL} (VXE) processor (revision VXE) with {memory} bytes of memory."
    yield f"Processor board ID {value.serial}"
    yield "Router operating mode: Autonomous"
    for name, count in value.interfaces:
        yield plural(count, f"{name} interface")
    yield f"{value.nvram_bytes // 1024}K bytes of non-volatile configuration memory."
    yield ""
    yield "Configuration register is 0x2102"
    yield ""


def _installed() -> str:
    try:
        return installed("iosh")
    except PackageNotFoundError:
        return "from source"


SHOWS: Final = {"": Show(view, text)}
