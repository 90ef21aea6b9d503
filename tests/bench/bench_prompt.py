"""`iosh` to its first prompt at a pseudo-terminal, beside an empty Python; and how much of it is imports."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

RUNS = 7
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "dmvpn-phase3" / "spoke1.cfg"
BYTECODE = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}  # as installed
IMPORTS = "import gc; gc.disable(); import iosh.shell.door, iosh.shell.console, iosh.shell.repl"


def run(code: str) -> float:
    """Seconds of an interpreter that runs this and ends."""
    began = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=BYTECODE)
    return perf_counter() - began


def prompt(home: str, *arguments: str) -> float:
    """Seconds until `>` stands on a terminal that answers cursor queries, as terminals do."""
    began = perf_counter()
    child, file = pty.fork()
    if child == 0:
        environment = BYTECODE | {"HOME": home, "XDG_DATA_HOME": home, "TERM": "xterm"}
        os.execve(sys.executable, [sys.executable, "-m", "iosh.shell.door", *arguments], environment)
    seen = b""
    while b">" not in seen:
        if not select.select([file], [], [], 30)[0]:
            raise SystemExit(f"no prompt in 30 s, but {seen!r}")
        data = os.read(file, 65536)
        if b"\x1b[6n" in data:
            os.write(file, b"\x1b[1;1R")
        seen += data.replace(b"\x1b[>", b"")
    took = perf_counter() - began
    os.write(file, b"exit\r")
    try:
        while os.read(file, 65536):
            pass
    except OSError:  # the child's end is closed
        pass
    os.close(file)
    os.waitpid(child, 0)
    return took


def main() -> None:
    print("from process start to the first prompt, median of", RUNS)
    with tempfile.TemporaryDirectory() as home:
        rows = (
            ("python -c pass", lambda: run("pass")),
            ("imports alone", lambda: run(IMPORTS)),
            ("iosh (Router>)", lambda: prompt(home)),
            ("iosh spoke1.cfg (SPOKE1>)", lambda: prompt(home, str(EXAMPLE))),
        )
        empty = 0.0
        for name, once in rows:
            once()
            took = median(once() for _ in range(RUNS))
            empty = empty or took
            print(f"{name:<26} {took * 1000:>6.0f} ms {took / empty:>6.1f} x")


if __name__ == "__main__":
    main()
