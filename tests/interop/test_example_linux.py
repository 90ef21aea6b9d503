"""`examples/linux/`: the script does what it says and takes everything down, whenever it is stopped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "linux"


@pytest.fixture
def script(hosts: object, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The script, under way with this tree's iosh in a process group of its own. (`hosts`: root and what it needs.)"""
    program = tmp_path / "iosh"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m iosh.shell.door "$@"\n')
    program.chmod(0o755)
    running = subprocess.Popen(
        [EXAMPLE / "dmvpn.sh"], env=os.environ | {"IOSH": str(program), "TMPDIR": str(tmp_path)}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    yield running
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()


def what_is_left(script: subprocess.Popen[str], tmp_path: Path) -> list[str]:
    """Namespaces, folders and processes that the script has made."""
    names = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout.split()
    left = [name for name in names if name.startswith(f"dmvpn{script.pid}-")]
    left += [path.name for path in tmp_path.iterdir() if path.name != "iosh"]
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes()
        except OSError:  # it has just ended
            continue
        if str(tmp_path).encode() in line:
            left.append(line.decode())
    return left


def read_until(stream: IO[str] | None, text: str) -> str:
    assert stream is not None
    said = ""
    for line in stream:
        said += line
        if text in line:
            return said
    raise AssertionError(f"it never said {text!r}:\n{said}")


def test_the_script_shows_a_cloud_whose_spokes_talk_directly(script: subprocess.Popen[str], tmp_path: Path) -> None:
    said = script.communicate(timeout=120)[0]
    assert script.returncode == 0, said
    assert "3 packets transmitted, 3 received" in said
    assert re.search(r"203\.0\.113\.2 +10\.255\.0\.12 +UP \S+ +DT1", said), said
    counted = re.search(r"to spoke2: (\d+) packets, to the hub: (\d+)", said)
    assert counted is not None, said
    assert int(counted[1]) >= 100 and int(counted[2]) < 10, said
    assert what_is_left(script, tmp_path) == []


@pytest.mark.parametrize(("moment", "how"), [("Three routers", signal.SIGTERM), ("pc1 pings", signal.SIGINT)])
def test_the_script_cleans_up_when_it_is_stopped(
    script: subprocess.Popen[str], tmp_path: Path, moment: str, how: signal.Signals
) -> None:
    read_until(script.stdout, moment)
    os.killpg(script.pid, how)  # as Ctrl-C does: to all of it
    said = script.communicate(timeout=60)[0]
    assert script.returncode == 128 + how, said
    assert what_is_left(script, tmp_path) == []


def test_the_script_cleans_up_when_a_router_does_not_start(script: subprocess.Popen[str], tmp_path: Path) -> None:
    (tmp_path / "iosh").write_text("#!/bin/sh\necho it will not; exit 3\n")
    said = script.communicate(timeout=60)[0]
    assert script.returncode == 1 and "it will not" in said, said
    assert what_is_left(script, tmp_path) == []
