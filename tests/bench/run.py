"""`make bench`: every `bench_*.py` beside this file, each in a process of its own, or those named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    names = sys.argv[1:] or sorted(path.stem for path in HERE.glob("bench_*.py"))
    worst = 0
    for name in names:
        print(f"--- {name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, str(HERE / f"{name}.py")]).returncode)
        print(flush=True)
    return worst


if __name__ == "__main__":
    sys.exit(main())
