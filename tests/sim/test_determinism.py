"""Same seed, same digest, whatever `PYTHONHASHSEED` is; another seed, another digest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

RUN = """
import sys
from iosh.base.time import SECOND
from iosh.lab.build import build
from iosh.lab.checks import run_until_formed
from iosh.lab.file import read
lab = build(read(sys.argv[1]), int(sys.argv[2]))
assert run_until_formed(lab)
lab.hosts["pc1"].feed("ping -c 5 10.2.0.10", lab.world.now)
lab.world.touch("pc1")
lab.world.run_for(700 * SECOND)
print(lab.world.digest())
"""
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "dmvpn-phase3" / "dmvpn-phase3.clab.yml"


def digest(seed: int, hash_seed: int) -> str:
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
    command = [sys.executable, "-c", RUN, str(EXAMPLE), str(seed)]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_a_seed_repeats_and_another_differs() -> None:
    one = digest(seed=1, hash_seed=0)
    assert one.strip() and digest(seed=1, hash_seed=4242) == one
    assert digest(seed=2, hash_seed=0) != one
