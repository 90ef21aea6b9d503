"""100 000 random and mutated frames thrown at a running hub leave it forwarding, every drop counted, nothing lost."""

from __future__ import annotations

from typing import Any

from iosh.base.rng import Rng
from iosh.underlay.sim.fault import FrameMutator

FRAMES = 100_000
BATCH = 100


def recorded(cloud: Any) -> list[bytes]:
    """What the hub's Internet port hears while the cloud forms and works: the seeds of the mutations."""
    frames: list[bytes] = []
    cloud.lab.cable("hub:GigabitEthernet1").watch(lambda some, at: frames.extend(some))
    cloud.form()
    cloud.ping("pc1", "10.2.0.10")
    cloud.run(700)
    return frames[:300]


def test_a_flood_of_garbage_leaves_the_hub_forwarding(make_cloud: Any) -> None:
    cloud = make_cloud()
    seeds = recorded(cloud)
    hub = cloud.router("hub")
    mutator = FrameMutator(Rng("flood"), seeds)
    before = sum(hub.forwarding.counters.values())
    for batch in range(FRAMES // BATCH):
        port = "GigabitEthernet1" if batch % 4 else "GigabitEthernet2"
        hub.receive(port, [mutator.frame() for _ in range(BATCH)], cloud.world.now)
        cloud.world.touch("hub")
        cloud.world.run_for(1_000_000)
    drops = {name: count for name, count in hub.forwarding.counters.items() if count}
    assert sum(drops.values()) - before >= FRAMES * 9 // 10, drops
    cloud.run(200)
    assert "3 received" in cloud.ping("pc1", "10.0.0.10")
    assert "3 received" in cloud.ping("pc2", "10.1.0.10")
