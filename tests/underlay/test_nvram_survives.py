"""NVRAM over `kill -9`: whatever moment it comes, what is read afterwards is the old file or the new one, whole."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from iosh.underlay.linux.storage import DirectoryStorage

WRITER = """
import sys
from iosh.underlay.linux.storage import DirectoryStorage
storage = DirectoryStorage(sys.argv[1])
for number in range(1_000_000):
    storage.write("nvram:startup-config", b"%07d\\n" % number * 40_000)
    print(number, flush=True)
"""
LINES = 40_000


@pytest.mark.parametrize("seed", range(8))
def test_a_killed_writer_leaves_one_file_or_the_other(tmp_path: Path, seed: int) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"0\n"
    time.sleep(random.Random(seed).uniform(0, 0.05))
    writer.send_signal(signal.SIGKILL)
    said = writer.stdout.read().split()
    writer.wait()
    last = int(said[-1]) if said else 0
    storage = DirectoryStorage(tmp_path)
    content = storage.read("nvram:startup-config")
    assert content is not None
    lines = content.splitlines()
    assert len(lines) == LINES and len(set(lines)) == 1
    assert int(lines[0]) in (last, last + 1)
    assert storage.names() == ["nvram:startup-config"]
    storage.write("nvram:startup-config", b"after\n")
    assert storage.read("nvram:startup-config") == b"after\n"
