"""`iosh` to its first prompt, as a whole process, beside an empty Python; and how much of it is imports."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

RUNS = 7
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "dmvpn-phase3" / "spoke1.cfg"


def timed(command: list[str]) -> float:
    """Median seconds of a command with an empty standard input, after one warm-up."""
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"HOME": home, "XDG_DATA_HOME": home}
        spent = []
        for _ in range(RUNS + 1):
            began = perf_counter()
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, env=environment)
            spent.append(perf_counter() - began)
    return median(spent[1:])


def main() -> None:
    print("from process start to prompt and end of input, median of", RUNS)
    program = [sys.executable, "-m", "iosh.shell.main"]
    rows = (
        ("python -c pass", [sys.executable, "-c", "pass"]),
        ("imports of the program", [sys.executable, "-c", "import iosh.shell.main, iosh.lab.solo, iosh.shell.repl"]),
        ("iosh (Router>)", program),
        ("iosh spoke1.cfg", [*program, str(EXAMPLE)]),
    )
    empty = 0.0
    for name, command in rows:
        took = timed(command)
        empty = empty or took
        print(f"{name:<24} {took * 1000:>7.0f} ms {took / empty:>6.1f} x")


if __name__ == "__main__":
    main()
