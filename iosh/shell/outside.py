"""The ports of a lab that are on real wires: read when something comes in, looked at twice a second, in the event loop.

What comes in acts at once, at the world's time by the clock; the pump is told when it has to come sooner for that.
Long computations of these labs' routers are done by worker threads.
"""

from __future__ import annotations

import asyncio
from typing import Final

from iosh.base.time import Instant
from iosh.lab.build import Lab
from iosh.shell.pump import Pump
from iosh.underlay.linux.patch import Patch
from iosh.underlay.linux.workers import Workers

_LOOK: Final = 0.5  # seconds


async def watch(lab: Lab, pump: Pump) -> None:
    """Carry frames in until cancelled; then say goodbye to the routers' peers and close the ports."""
    loop = asyncio.get_running_loop()
    workers = Workers(lambda: _now(pump), lambda: _settled(lab, pump))
    for box in lab.boxes.values():
        box.compute_by(workers)
    for patch in lab.patches:
        loop.add_reader(patch.nio.fileno(), _read, patch, pump)
    try:
        while True:
            await asyncio.sleep(_LOOK)
            pump.catch_up()
            for patch in lab.patches:
                patch.look()
            pump.poke()
    finally:
        for patch in lab.patches:
            loop.remove_reader(patch.nio.fileno())
        farewell(lab, pump)
        workers.close()
        for patch in lab.patches:
            patch.nio.close()


def farewell(lab: Lab, pump: Pump) -> None:
    """Tell the peers of every router with a port on a real wire that it goes: they need not find out."""
    pump.catch_up()
    for name in dict.fromkeys(patch.port.node for patch in lab.patches):
        box = lab.boxes.get(name)
        if box is not None and not box.is_booting:
            box.router.stop(lab.world.now)


def _read(patch: Patch, pump: Pump) -> None:
    pump.catch_up()
    patch.read()
    pump.poke()


def _now(pump: Pump) -> Instant:
    pump.catch_up()
    return pump.world.now


def _settled(lab: Lab, pump: Pump) -> None:
    for name in lab.boxes:
        lab.world.touch(name)
    pump.poke()
