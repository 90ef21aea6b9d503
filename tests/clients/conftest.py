"""A lab served over SSH by the program itself, as a user starts it, for clients that know nothing of us."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "examples" / "dmvpn-phase3" / "dmvpn-phase3.clab.yml"


@pytest.fixture(scope="session")
def lab_ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Where each router of the example cloud takes SSH, once the cloud has formed."""
    command = [sys.executable, "-m", "iosh.shell.door", "lab", str(LAB), "--ssh", "0", "--until", "formed"]
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path_factory.mktemp("data")), "PYTHONUNBUFFERED": "1"}
    program = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True
    )
    try:
        yield _ports(program)
    finally:
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == 0


def _ports(program: subprocess.Popen[str]) -> dict[str, int]:
    assert program.stdout is not None
    ports: dict[str, int] = {}
    said: list[str] = []
    patience = threading.Timer(60, program.terminate)
    patience.start()
    for line in program.stdout:
        said.append(line)
        found = re.match(r"\s+(\S+)\s+ssh 127\.0\.0\.1 port (\d+)", line)
        if found:
            ports[found[1]] = int(found[2])
        elif "log in as" in line:
            patience.cancel()
            return ports
    pytest.fail("the lab did not open its doors:\n" + "".join(said))
