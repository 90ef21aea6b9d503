"""A port of a world patched to the outside: what the port sends leaves by a `Nio`, what comes in there arrives at it.

To the world it is an end of a cable, so a router on a real wire is the same object as in a simulation. Real peers make
keys and nonces meet strangers: a world whose dice are seeded is refused (third of the sixteen decisions).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from iosh.base.time import Instant
from iosh.underlay.linux.nio import Nio
from iosh.underlay.sim.world import SimPort, World


class Patch:
    """Joins one port and one way out, as `Cable` joins two ports. `cut` and `heal` are the router's own power."""

    __slots__ = ("is_up", "nio", "port")

    def __init__(self, world: World, port: SimPort, nio: Nio) -> None:
        if world.rng.seeded:
            raise ValueError("a world with seeded randomness stays off real wires: its keys could be guessed")
        self.port = port
        self.nio = nio
        self.is_up = True
        port.takes_trains = nio.takes_trains
        port.drops, port.errors = nio.drops, nio.errors
        port.ear = nio.hear
        nio.hear(port.hears)
        self._plug()

    def carry(self, frames: Sequence[bytes], at: Instant) -> None:
        """Out, at once."""
        self.nio.write(frames)

    def read(self) -> bool:
        """In, what is there. True: and there may be more."""
        frames = self.nio.read()
        if frames and self.port.carrier:
            self.port.arrive(cast(list[bytes], frames))
        return bool(frames)

    def look(self) -> None:
        """Does the outside still have a cable for us?"""
        self.nio.look()
        self._plug()

    def cut(self) -> None:
        """The router's power is off."""
        self.is_up = False
        self._plug()

    def heal(self) -> None:
        """And on again."""
        self.is_up = True
        self._plug()

    def _plug(self) -> None:
        live = self.is_up and self.nio.carrier
        if live != self.port.is_plugged:
            self.port.plug(self if live else None)
