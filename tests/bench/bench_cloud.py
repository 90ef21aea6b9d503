"""What a protected cloud costs: one hub with 10, 100 and 500 spokes, from texts until every session is up.

Each size runs in a process of its own, so that memory is its own too. `x` columns say how a figure grows from the size
before, beside how the spokes grow: equal means that each spoke costs the same.
"""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter

SIZES = (10, 100, 500)


def resident_kb() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4


def measure(spokes: int) -> None:
    """In the child: build, form, and print what it took."""
    from iosh.lab.build import build
    from iosh.lab.checks import run_until_formed
    from iosh.lab.swarm import swarm

    build(swarm(1))  # what is loaded once is not a spoke's
    before_kb, began = resident_kb(), perf_counter()
    lab = build(swarm(spokes))
    built = perf_counter()
    formed = run_until_formed(lab)
    done = perf_counter()
    assert formed, "the cloud did not form"
    print(built - began, done - built, lab.world.now / 1e9, resident_kb() - before_kb, lab.world.deliveries)


def main() -> None:
    print("a protected cloud of one hub and N spokes, from startup-configs until all is up")
    titles = ("spokes", "build s", "form s", "virtual s", "kB/spoke", "frames/spoke", "x spokes", "x wall")
    print(" ".join(titles))
    last: tuple[int, float] | None = None
    for spokes in SIZES:
        child = [sys.executable, __file__, str(spokes)]
        words = subprocess.run(child, check=True, capture_output=True, text=True).stdout.split()
        build_s, form_s, virtual_s, grown_kb, frames = map(float, words)
        wall = build_s + form_s
        growth = f"{spokes / last[0]:>8.1f} {wall / last[1]:>6.1f}" if last else f"{'':>8} {'':>6}"
        row = f"{spokes:>6} {build_s:>7.2f} {form_s:>6.2f} {virtual_s:>9.2f} {grown_kb / spokes:>8.0f}"
        print(f"{row} {frames / spokes:>12.1f} {growth}", flush=True)
        last = spokes, wall


if __name__ == "__main__":
    measure(int(sys.argv[1])) if len(sys.argv) > 1 else main()
