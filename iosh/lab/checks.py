"""Has the cloud formed? Every spoke registered with its servers, every wanted session up; and if not, why not.

`Watch` asks cheaply while a lab runs: it looks at one router that is not there yet, not at all of them each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from iosh.base.addr import IPv4
from iosh.base.time import SECOND, Span
from iosh.lab.box import Box
from iosh.lab.build import Lab

LIMIT: Span = 300 * SECOND
_EVERY: Span = SECOND // 10


class Trouble(NamedTuple):
    """Why one tunnel of one node is not up."""

    node: str
    interface: str
    reason: str

    def __str__(self) -> str:
        return f"{self.node} {self.interface}: {self.reason}"


def troubles(lab: Lab) -> list[Trouble]:
    """What keeps the cloud from being whole; empty when it is."""
    return [trouble for box in lab.boxes.values() for trouble in _of_box(box)]


def is_cloud(lab: Lab) -> bool:
    """Is any tunnel of this lab to register with a server at all?"""
    return any(
        interface.nhrp is not None and interface.nhrp.nhs
        for box in lab.boxes.values()
        for interface in box.router.config.interfaces.values()
    )


def run_until_formed(lab: Lab, limit: Span = LIMIT) -> bool:
    """Run the lab until its cloud has formed, or `limit` has passed. False if it has not formed then."""
    watch = Watch(lab)
    return lab.world.run_while(lambda: not watch.formed(), lab.world.now + limit, _EVERY)


class Watch:
    """Whether a cloud has formed, asked again and again."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._waiting = list(lab.boxes.values())

    def formed(self) -> bool:
        """Is all up now?"""
        while self._waiting:
            if next(_of_box(self._waiting[-1]), None) is not None:
                return False
            self._waiting.pop()
        if troubles(self._lab):  # something fell while others came up
            self._waiting = list(self._lab.boxes.values())
            return False
        return True


def _of_box(box: Box) -> Iterator[Trouble]:
    if box.is_booting:
        yield Trouble(box.name, "", "is booting")
        return
    router = box.router
    told: set[tuple[str, IPv4 | None]] = set()
    for name, machine in router.nhrp.items():
        state = router.forwarding.interfaces[name]
        if router.config.interfaces[name].shutdown:
            continue
        if not state.protocol:
            yield Trouble(box.name, name, "the line protocol is down: has its tunnel source an address, and is it up?")
            continue
        for address, registration in machine.client.registrations.items():
            if not registration.up:
                nbma = machine.client.nbma_of(registration.nhs)
                told.add((name, nbma))
                yield Trouble(box.name, name, _why_unregistered(box, name, address, nbma, registration.unanswered))
    for name, nbma in router.protect.wanted:
        if (name, nbma) not in router.protect.up and (name, nbma) not in told:
            yield Trouble(box.name, name, f"no IPsec session with {nbma} ({router.protect.why_down(name, nbma)})")


def _why_unregistered(box: Box, name: str, address: IPv4, nbma: IPv4 | None, unanswered: int) -> str:
    protect = box.router.protect
    tunnel = box.router.config.interfaces[name].tunnel
    if nbma is None:
        return f"no NBMA address is known for next hop server {address}"
    if tunnel is not None and tunnel.protection is not None and not protect.is_ready(name, nbma):
        return f"no IPsec session with next hop server {address} at {nbma} ({protect.why_down(name, nbma)})"
    return f"next hop server {address} at {nbma} has not accepted the registration, {unanswered} requests unanswered"
