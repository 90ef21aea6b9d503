"""A startup-config parsed, applied and printed back, and how that grows; ciscoconfparse2 reading the same file beside.

iosh looks every word up, makes typed values and refuses what is wrong; `applied` is a router booted from them.
ciscoconfparse2 finds each line's parent and children. It lives in an environment of its own (`make clients`).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from iosh.base.rng import Rng
from iosh.cli.load import load
from iosh.cli.render import running_config
from iosh.router.ports import MemoryStorage
from iosh.router.router import Router

SIZES = (1_000, 10_000, 100_000)
ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / ".clients" / "ciscoconfparse2" / "bin" / "python"
PROGRAM = ROOT / "tests" / "clients" / "programs" / "ccp_time.py"


def text(lines: int) -> str:
    """A config of that many lines: interfaces as IOS prints them, then static routes."""
    parts = ["hostname BENCH"]
    for number in range(lines // 10):
        parts += [
            f"interface Loopback{number}",
            f" description number {number}",
            f" ip address 10.{number >> 8 & 255}.{number & 255}.1 255.255.255.255",
            " ip mtu 1400",
            "!",
        ]
    number = 0
    while len(parts) < lines:
        parts.append(f"ip route 172.{16 + (number >> 16)}.{number >> 8 & 255}.{number & 255} 255.255.255.255 Null0")
        number += 1
    return "\n".join(parts) + "\n"


def beside(source: str) -> float | None:
    """Seconds of ciscoconfparse2, or None without it."""
    if not CLIENT.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.cfg"
        file.write_text(source)
        done = subprocess.run([str(CLIENT), str(PROGRAM), str(file)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def measured(lines: int) -> str:
    source = text(lines)
    began = perf_counter()
    config, complaints = load(source)
    parsed = perf_counter()
    assert not complaints, complaints[0]
    Router(config, {}, MemoryStorage(), Rng(1), 0)
    applied = perf_counter()
    rendered = running_config(config)
    done = perf_counter()
    row = f"{lines:>7}{parsed - began:>9.2f}{lines / (parsed - began):>9.0f}{applied - parsed:>10.2f}"
    row += f"{done - applied:>9.2f}{len(rendered) / (done - applied):>9.0f}"
    other = beside(source)
    return row + (f"{other:>17.2f}{other / (applied - began):>8.1f} x" if other is not None else "")


def main() -> None:
    print("a startup-config to a running router, and back to text")
    if not CLIENT.exists():
        print("ciscoconfparse2 is not installed (make clients): skipped", file=sys.stderr)
    print(
        f"{'lines':>7}{'parsed s':>9}{'lines/s':>9}{'applied s':>10}{'shown s':>9}{'lines/s':>9}"
        f"{'ciscoconfparse2 s':>18}{'its/ours':>9}"
    )
    for lines in SIZES:
        print(measured(lines), flush=True)


if __name__ == "__main__":
    main()
