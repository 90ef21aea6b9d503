"""Lines of configuration loaded a second, and how that grows; rendering them back beside it."""

from __future__ import annotations

from time import perf_counter

from iosh.cli.load import load
from iosh.cli.render import running_config

SIZES = (1_000, 10_000, 100_000)


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


def main() -> None:
    print("a startup-config to a configuration, and back to text")
    print(f"{'lines':>7} {'load s':>7} {'lines/s':>8} {'render s':>8} {'lines/s':>8}")
    for lines in SIZES:
        source = text(lines)
        began = perf_counter()
        config, complaints = load(source)
        loaded = perf_counter()
        assert not complaints, complaints[0]
        rendered = running_config(config)
        done = perf_counter()
        row = f"{lines:>7} {loaded - began:>7.2f} {lines / (loaded - began):>8.0f}"
        print(f"{row} {done - loaded:>8.2f} {len(rendered) / (done - loaded):>8.0f}", flush=True)


if __name__ == "__main__":
    main()
