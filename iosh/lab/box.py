"""A router as a box with a power cord: storage and ports stay, the `Router` in it is built anew at every boot.

A box is a node of the world. At a reload the router says goodbye to its peers and falls silent; `GOODBYE` later the
carrier of every cable in it drops, and `BOOT` later a new router starts from the startup-config then in storage, as on
the first boot. `power_cycle` is the same without the goodbye.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from iosh.base.time import SECOND, Instant
from iosh.cli.archiving import follow
from iosh.cli.load import Complaint, load
from iosh.router.keylog import KeyLog
from iosh.router.ports import Computer, Figures, Port, Smith, Storage
from iosh.router.router import Router
from iosh.underlay.sim.world import World

GOODBYE: Final = SECOND
BOOT: Final = 5 * SECOND
STARTUP: Final = "nvram:startup-config"


class Wire(Protocol):
    """What is plugged into a router: a cable, or a patch to the outside."""

    is_up: bool

    def cut(self) -> None: ...

    def heal(self) -> None: ...


class Box:
    """One router of a lab. `router` is the one running now, or while booting the one that ran last."""

    def __init__(self, world: World, name: str, ports: dict[str, Port], storage: Storage) -> None:
        self.name = name
        self.ports = ports
        self.storage = storage
        self.cables: list[Wire] = []
        self.boots = 0
        self.complaints: list[Complaint] = []
        self._world = world
        self._unplug_at: Instant | None = None
        self._ready_at: Instant | None = None
        self._unplugged: list[Wire] = []
        self.keys: KeyLog | None = None
        self.figures: Figures | None = None  # None: on paper
        self.computer: Computer | None = None  # None: at once
        self.smith: Smith | None = None  # None: on paper
        self.booted: list[Callable[[Router], None]] = []  # told of every router that boots from now on
        self.router = self._boot(world.now)

    @property
    def is_booting(self) -> bool:
        """Is the router between reload and prompt?"""
        return self._unplug_at is not None or self._ready_at is not None

    def receive(self, port: str, frames: Sequence[bytes], now: Instant) -> None:
        if not self.is_booting:
            self.router.receive(port, frames, now)

    def carrier(self, port: str, up: bool, now: Instant) -> None:
        if not self.is_booting:
            self.router.carrier(port, up, now)

    def wake(self, now: Instant) -> None:
        if self._unplug_at is not None:
            if now >= self._unplug_at:
                self.power_cycle(now)
        elif self._ready_at is not None:
            if now >= self._ready_at:
                self._ready_at = None
                self.router.is_off = True
                self.router = self._boot(now)
                self._plug()
        elif self.router.reload_requested:
            self.router.stop(now)
            self._unplug_at = now + GOODBYE
        else:
            self.router.wake(now)

    def due(self) -> Instant | None:
        if self.is_booting:
            return self._unplug_at or self._ready_at
        return 0 if self.router.reload_requested else self.router.due()

    def power_cycle(self, now: Instant) -> None:
        """Pull the plug and put it back: no goodbye. Tell the world with `touch`."""
        if self._ready_at is not None:
            return
        self._unplug_at = None
        self._ready_at = now + BOOT
        self._unplugged = [cable for cable in self.cables if cable.is_up]
        for cable in self._unplugged:
            cable.cut()

    def _boot(self, now: Instant) -> Router:
        text = (self.storage.read(STARTUP) or b"").decode("utf-8", "replace")
        rng = self._world.rng.fork(f"{self.name}/boot {self.boots}")
        config, self.complaints = load(text, list(self.ports), rng.fork("startup-config"))
        self.boots += 1
        helpers = self.figures, self.computer, self.smith
        router = Router(config, self.ports, self.storage, rng, now, self._world.epoch_s, *helpers)
        router.followers.append(follow)
        follow(router, now)
        if self.keys is not None:
            self.keys.attach(router)
        for told in self.booted:
            told(router)
        return router

    def measure(self, figures: Figures) -> None:
        """Show these figures from now on, over reloads too, instead of those on paper."""
        self.figures = self.router.figures = figures

    def compute_by(self, computer: Computer) -> None:
        """Have long computations done there from now on, over reloads too."""
        self.computer = self.router.computer = computer

    def forge_by(self, smith: Smith) -> None:
        """Have keys made there from now on, over reloads too, instead of on paper."""
        self.smith = self.router.smith = smith

    def record_keys(self) -> KeyLog:
        """Keep the keys of all SAs from now on, over reloads too, for reading captures."""
        if self.keys is None:
            self.keys = KeyLog()
            self.keys.attach(self.router)
            self.keys.collect(self.router.ike)
        return self.keys

    def _plug(self) -> None:
        for cable in self._unplugged:
            if not cable.is_up:
                cable.heal()
        self._unplugged = []
