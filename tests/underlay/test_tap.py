"""Taps: what a cable carried, read back from the file by tshark and by scapy."""

from __future__ import annotations

import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from iosh.base.addr import IPv4
from iosh.base.time import SECOND
from iosh.underlay.sim.cable import Cable, CableSettings
from iosh.underlay.sim.station import Station
from iosh.underlay.sim.tap import Tap
from iosh.underlay.sim.world import World


def test_tshark_reads_a_ping_with_its_times(tmp_path: Path) -> None:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    world = World(1, epoch_s=1_700_000_000)
    file = tmp_path / "ping.pcap"
    cable = Cable(world, world.port("a", "eth0"), world.port("b", "eth0"), CableSettings(delay=1_000_001))
    for name, address in (("a", "10.0.0.1"), ("b", "10.0.0.2")):
        station = Station(dict(world.ports(name)))
        station.add_address("eth0", IPv4.parse(address), 24)
        if name == "a":
            station.ping(IPv4.parse("10.0.0.2"), 0, count=1)
        world.place(name, station)
    tap = Tap(world, cable, str(file))
    world.run_until(SECOND)
    tap.close()
    fields = ("frame.time_epoch", "_ws.col.Protocol", "_ws.malformed")
    shown = subprocess.run(
        ["tshark", "-r", str(file), "-Tfields", *(f"-e{field}" for field in fields)],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert shown.splitlines() == [
        "1700000000.000000000\tARP\t",
        "1700000000.001000001\tARP\t",
        "1700000000.002000002\tICMP\t",
        "1700000000.003000003\tICMP\t",
    ]


def test_a_closed_tap_records_nothing_more_and_the_world_goes_on(witness: Any) -> None:
    from scapy.utils import RawPcapReader

    class Kept(BytesIO):
        def close(self) -> None:
            self.kept = self.getvalue()
            super().close()

    world, file = World(), Kept()
    (a, _), (b, hearer) = witness(world, "a"), witness(world, "b")
    tap = Tap(world, Cable(world, a, b), file)
    a.send([b"first frame...", b"second frame.."])
    b.send([b"and back......"])
    tap.flush()
    tap.close()
    a.send([b"unrecorded...."])
    world.run_until(SECOND)
    frames = [frame for frame, _ in RawPcapReader(BytesIO(file.kept))]
    assert frames == [b"first frame...", b"second frame..", b"and back......"]
    assert tap.frames == 3
    assert len(hearer.heard) == 3


def test_a_tap_does_not_change_the_digest(witness: Any) -> None:
    def digest(tapped: bool) -> str:
        world = World()
        (a, _), (b, _) = witness(world, "a"), witness(world, "b")
        cable = Cable(world, a, b, CableSettings(loss_ppm=500_000))
        if tapped:
            Tap(world, cable, BytesIO())
        for n in range(50):
            a.send([bytes([n])])
        world.run_until(SECOND)
        return world.digest()

    assert digest(True) == digest(False)
