"""A router as a box with a power cord: storage and ports stay, the `Router` in it is built anew at every boot.

A box is a node of the world. A reload drops the carrier of every cable in it, takes `BOOT` of virtual time, and starts
a new router from the startup-config then in storage, as on the first boot. Between the two nothing answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from iosh.base.time import SECOND, Instant
from iosh.cli.load import Complaint, load
from iosh.router.keylog import KeyLog
from iosh.router.ports import Port, Storage
from iosh.router.router import Router
from iosh.underlay.sim.cable import Cable
from iosh.underlay.sim.world import World

BOOT: Final = 5 * SECOND
STARTUP: Final = "nvram:startup-config"


class Box:
    """One router of a lab. `router` is the one running now, or while booting the one that ran last."""

    def __init__(self, world: World, name: str, ports: dict[str, Port], storage: Storage) -> None:
        self.name = name
        self.ports = ports
        self.storage = storage
        self.cables: list[Cable] = []
        self.boots = 0
        self.complaints: list[Complaint] = []
        self._world = world
        self._ready_at: Instant | None = None
        self._unplugged: list[Cable] = []
        self.keys: KeyLog | None = None
        self.router = self._boot(world.now)

    @property
    def is_booting(self) -> bool:
        """Is the router between reload and prompt?"""
        return self._ready_at is not None

    def receive(self, port: str, frames: Sequence[bytes], now: Instant) -> None:
        if self._ready_at is None:
            self.router.receive(port, frames, now)

    def carrier(self, port: str, up: bool, now: Instant) -> None:
        if self._ready_at is None:
            self.router.carrier(port, up, now)

    def wake(self, now: Instant) -> None:
        if self._ready_at is not None:
            if now >= self._ready_at:
                self._ready_at = None
                self.router = self._boot(now)
                self._plug()
        elif self.router.reload_requested:
            self._unplug(now)
        else:
            self.router.wake(now)

    def due(self) -> Instant | None:
        if self._ready_at is not None:
            return self._ready_at
        return 0 if self.router.reload_requested else self.router.due()

    def _boot(self, now: Instant) -> Router:
        text = (self.storage.read(STARTUP) or b"").decode("utf-8", "replace")
        config, self.complaints = load(text, list(self.ports))
        rng = self._world.rng.fork(f"{self.name}/boot {self.boots}")
        self.boots += 1
        router = Router(config, self.ports, self.storage, rng, now, self._world.epoch_s)
        if self.keys is not None:
            router.protect.witness = self.keys.installed
        return router

    def record_keys(self) -> KeyLog:
        """Keep the keys of all SAs from now on, over reloads too, for reading captures."""
        if self.keys is None:
            self.keys = KeyLog()
            self.router.protect.witness = self.keys.installed
        self.keys.collect(self.router.ike)
        return self.keys

    def _unplug(self, now: Instant) -> None:
        if self.keys is not None:
            self.keys.collect(self.router.ike)
        self._ready_at = now + BOOT
        self._unplugged = [cable for cable in self.cables if cable.is_up]
        for cable in self._unplugged:
            cable.cut()

    def _plug(self) -> None:
        for cable in self._unplugged:
            if not cable.is_up:
                cable.heal()
        self._unplugged = []
