"""What the cloud puts on its wires, judged by tshark: nothing malformed, and ESP that opens to GRE with our keys."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from iosh.lab import keys
from iosh.lab.build import Lab, build
from iosh.lab.checks import run_until_formed
from iosh.lab.file import read
from iosh.underlay.sim.tap import Tap

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "dmvpn-phase3" / "dmvpn-phase3.clab.yml"
SECOND = 10**9


@pytest.fixture(scope="module")
def tshark() -> str:
    found = shutil.which("tshark")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("tshark is missing, and in CI it must not be")
        pytest.skip("tshark is not installed")
    return found


class Recorded:
    """A run of the example on file: captures of the Internet links, and the keys of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.profile = self.home / ".config" / "wireshark"
        self.profile.mkdir(parents=True)
        self.lab: Lab = build(read(EXAMPLE), seed=3)
        keys.record(self.lab)
        self._taps = [Tap(self.lab.world, cable, str(self.file(n))) for n, cable in enumerate(self.lab.cables[:3])]

    def file(self, number: int) -> Path:
        return self.folder / f"link{number}.pcap"

    def ping(self, destination: str) -> None:
        self.lab.hosts["pc1"].feed(f"ping -c 5 -s 1300 {destination}", self.lab.world.now)
        self.lab.world.touch("pc1")
        self.lab.world.run_for(10 * SECOND)

    def close(self) -> None:
        for tap in self._taps:
            tap.close()
        keys.write(self.lab, self.profile)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: Any) -> Recorded:
    run = Recorded(tmp_path_factory.mktemp("cloud"))
    assert run_until_formed(run.lab)
    run.ping("10.2.0.10")
    run.lab.world.run_for(4000 * SECOND)  # renewals, an expired shortcut, a rekey
    run.ping("10.2.0.10")
    run.close()
    return run


def look(tshark: str, recorded: Recorded, number: int, *arguments: str) -> str:
    environment = {"HOME": str(recorded.home), "XDG_CONFIG_HOME": str(recorded.home / ".config"), "PATH": os.defpath}
    command = [tshark, "-r", str(recorded.file(number)), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def decrypted(tshark: str, recorded: Recorded, number: int, *arguments: str) -> str:
    preferences = ("-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE")
    return look(tshark, recorded, number, *preferences, *arguments)


def protocols(text: str) -> Counter[str]:
    return Counter(name for line in text.splitlines() for name in line.split(":"))


@pytest.mark.parametrize("number", [0, 1, 2])
def test_tshark_finds_nothing_malformed_on_the_wire(tshark: str, recorded: Recorded, number: int) -> None:
    seen = protocols(decrypted(tshark, recorded, number, "-T", "fields", "-e", "frame.protocols"))
    assert seen["isakmp"] >= 4 and seen["esp"] > 10, seen
    bad = look(tshark, recorded, number, "-Y", "_ws.malformed && !nhrp.code")
    assert bad == ""


def test_our_esp_opens_to_gre_and_nhrp_with_the_keys_we_export(tshark: str, recorded: Recorded) -> None:
    for number in (0, 1, 2):
        seen = protocols(decrypted(tshark, recorded, number, "-T", "fields", "-e", "frame.protocols"))
        assert seen["gre"] == seen["esp"], f"every ESP packet of link {number} opens: {seen}"
        assert seen["nhrp"] > 3
        assert decrypted(tshark, recorded, number, "-Y", "esp.icv_bad == 1 || _ws.malformed") == ""


def test_our_nhrp_is_all_of_it_decoded(tshark: str, recorded: Recorded) -> None:
    kinds = set(decrypted(tshark, recorded, 0, "-Y", "nhrp", "-T", "fields", "-e", "nhrp.hdr.op.type").split())
    assert {"1", "2", "3", "4", "8"} <= kinds, "resolution, registration and traffic indication"
    assert decrypted(tshark, recorded, 0, "-Y", "nhrp && nhrp.hdr.chksum.status == 0") == ""


def test_our_encrypted_ike_opens_too(tshark: str, recorded: Recorded) -> None:
    text = look(tshark, recorded, 1, "-Y", "isakmp.exchangetype == 35", "-V")
    assert text.count("Decrypted Data") >= 2 and "Payload: Authentication (39)" in text
    assert "Payload: Traffic Selector - Initiator (44)" in text and "Malformed" not in text
