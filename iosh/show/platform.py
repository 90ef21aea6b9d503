"""`show inventory`, `show platform`, `show boot` and `show environment`: the box as hardware, of which there is none.

What clients read of it (product, serial number, states) stands where IOS-XE puts it, and says `IOSH`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.time import Instant, Span, clock
from iosh.router.product import MODEL
from iosh.show.registry import Show
from iosh.show.version import serial

if TYPE_CHECKING:
    from iosh.router.router import Router

REVISION: Final = "V00"
IMAGE: Final = "flash:iosh"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing one could hold in the hand, if there were any."""

    name: str
    description: str
    product: str
    revision: str
    serial: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """`show inventory`."""

    parts: tuple[Part, ...]


def inventory(router: Router, now: Instant) -> Inventory:
    number = serial(router)
    return Inventory(
        (
            Part("Chassis", "iosh Virtual Router Chassis", MODEL, REVISION, number),
            Part("module R0", "iosh Virtual Route Processor", MODEL, REVISION, number),
            Part("module F0", "iosh Virtual Embedded Services Processor", MODEL, "", ""),
        )
    )


def inventory_text(view: Inventory) -> Iterator[str]:
    for part in view.parts:
        yield f'NAME: "{part.name}", DESCR: "{part.description}"'
        yield f"PID: {part.product:<18}, VID: {part.revision}, SN: {part.serial}"
        yield ""


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot and since when what is in it runs."""

    name: str
    product: str
    state: str
    inserted_ns: Span


@dataclass(frozen=True, slots=True)
class Platform:
    """`show platform`."""

    chassis: str
    slots: tuple[Slot, ...]


def platform(router: Router, now: Instant) -> Platform:
    uptime = now - router.started
    return Platform(MODEL, tuple(Slot(name, MODEL, "ok, active", uptime) for name in ("R0", "F0")))


def platform_text(view: Platform) -> Iterator[str]:
    yield f"Chassis type: {view.chassis:<20}"
    yield ""
    yield "Slot      Type                State                 Insert time (ago) "
    yield "--------- ------------------- --------------------- ----------------- "
    for slot in view.slots:
        yield f"{slot.name:<9} {slot.product:<19} {slot.state:<21} {clock(slot.inserted_ns):<17} "


@dataclass(frozen=True, slots=True)
class Boot:
    """`show boot`: what is started now, and what would be at the next reload."""

    image: str
    next_image: str


def boot(router: Router, now: Instant) -> Boot:
    return Boot(IMAGE, IMAGE)


def boot_text(view: Boot) -> Iterator[str]:
    yield "Current Boot Variables:"
    yield f"BOOT variable = {view.image};"
    yield ""
    yield "Boot Variables on next reload:"
    yield f"BOOT variable = {view.next_image};"
    yield "Manual Boot = no"
    yield "Enable Break = no"
    yield "Boot Mode = DEVICE"
    yield "iPXE Timeout = 0"


@dataclass(frozen=True, slots=True)
class Environment:
    """`show environment`: alarms; a virtual box has no sensors."""

    critical: int
    major: int
    minor: int


def environment(router: Router, now: Instant) -> Environment:
    return Environment(0, 0, 0)


def environment_text(view: Environment) -> Iterator[str]:
    yield f"Number of Critical alarms:  {view.critical}"
    yield f"Number of Major alarms:     {view.major}"
    yield f"Number of Minor alarms:     {view.minor}"
    yield ""


SHOWS: Final = {
    "inventory": Show(inventory, inventory_text),
    "platform": Show(platform, platform_text),
    "boot": Show(boot, boot_text),
    "environment": Show(environment, environment_text),
}
