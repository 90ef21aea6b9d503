"""A lease from first word to last, judged by tshark: its kinds in order, sums that are right, nothing malformed."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from iosh.base.time import SECOND
from iosh.lab.build import build
from iosh.lab.file import read
from iosh.underlay.sim.tap import Tap

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "dmvpn-phase3" / "dmvpn-phase3.clab.yml"
POOL = "ip dhcp pool A\n network 198.51.100.0 255.255.255.0\n default-router 198.51.100.1\n lease 0 0 2\n"


def test_tshark_finds_no_fault_in_a_lease(tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    if tshark is None:
        if os.environ.get("CI") == "true":
            pytest.fail("tshark is missing, and in CI it must not be")
        pytest.skip("tshark is not installed")
    topology = read(EXAMPLE)
    nodes = dict(topology.nodes)
    nodes["internet"] = replace(nodes["internet"], startup=POOL + nodes["internet"].startup)
    spoke = nodes["spoke1"].startup.replace(" ip address 198.51.100.2 255.255.255.0", " ip address dhcp")
    nodes["spoke1"] = replace(nodes["spoke1"], startup=spoke)
    lab = build(replace(topology, nodes=nodes), seed=3)
    tap = Tap(lab.world, lab.cables[1], str(tmp_path / "lease.pcap"))
    lab.world.run_for(70 * SECOND)
    lab.boxes["spoke1"].router.dhcp.clients["GigabitEthernet1"].release(lab.world.now)
    lab.boxes["spoke1"].router.work(lab.world.now)
    lab.world.touch("spoke1")
    lab.world.run_for(SECOND)
    tap.close()
    command = [
        tshark,
        "-r",
        str(tmp_path / "lease.pcap"),
        "-o",
        "udp.check_checksum:TRUE",
        "-Y",
        "dhcp",
        "-T",
        "fields",
    ]
    fields = ["dhcp.option.dhcp", "udp.checksum.status", "_ws.malformed", "_ws.expert"]
    wanted = [word for field in fields for word in ("-e", field)]
    lines = subprocess.run([*command, *wanted], capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split("\t") for line in lines] == [[kind, "1", "", ""] for kind in ("1", "2", "3", "5", "3", "5", "7")]
