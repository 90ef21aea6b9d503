"""A lab served over SSH by the program itself, as a user starts it, for clients that know nothing of us.

Clients that cannot share our environment have one each, which `make clients` makes from `environments/NAME.txt`. There
run the `programs/` beside these tests, each a small script such as a user of that client writes, that prints what it
found as JSON for the test to judge.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from iosh.base.time import SECOND
from iosh.lab.build import build
from iosh.lab.checks import run_until_formed
from iosh.lab.file import read
from iosh.lab.run import Runner

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "examples" / "dmvpn-phase3" / "dmvpn-phase3.clab.yml"
PROGRAMS = Path(__file__).parent / "programs"


Served = Callable[..., AbstractContextManager[dict[str, int]]]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """`with serve(TOPOLOGY, "--speed", "10") as ports:` says where each router takes SSH, once the cloud has formed.

    With `--telnet 0` there is also `ports["hub telnet"]`.
    """

    @contextmanager
    def served(topology: Path, *options: str) -> Iterator[dict[str, int]]:
        doors = ("--ssh", "0", "--until", "formed")
        program = subprocess.Popen(
            [sys.executable, "-m", "iosh.shell.door", "lab", str(topology), *doors, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "XDG_DATA_HOME": str(tmp_path_factory.mktemp("data")), "PYTHONUNBUFFERED": "1"},
            text=True,
        )
        try:
            yield _ports(program)
        finally:
            program.send_signal(signal.SIGTERM)
            assert program.wait(20) == 0

    return served


@pytest.fixture(scope="session")
def furnish(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, str]], Path]:
    """The example's cloud with more lines in some routers' configurations; its topology."""

    def furnished(more: dict[str, str]) -> Path:
        folder = tmp_path_factory.mktemp("lab")
        for file in LAB.parent.iterdir():
            text = file.read_text(encoding="utf-8")
            if file.stem in more:
                text = text.removesuffix("end\n") + more[file.stem] + "end\n"
            (folder / file.name).write_text(text, encoding="utf-8")
        return folder / LAB.name

    return furnished


@pytest.fixture(scope="session")
def lab_ports(serve: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Where each router of the example cloud takes SSH."""
    with serve(LAB, "--inventory", str(tmp_path_factory.getbasetemp() / "inventory")) as ports:
        yield ports


@pytest.fixture(scope="session")
def inventory(lab_ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the inventories that the lab wrote."""
    assert lab_ports
    return tmp_path_factory.getbasetemp() / "inventory"


def _ports(program: subprocess.Popen[str]) -> dict[str, int]:
    assert program.stdout is not None
    ports: dict[str, int] = {}
    said: list[str] = []
    patience = threading.Timer(60, program.terminate)
    patience.start()
    for line in program.stdout:
        said.append(line)
        found = re.match(r"\s+(\S+)\s+(ssh|telnet) 127\.0\.0\.1 port (\d+)", line)
        if found:
            ports[found[1] if found[2] == "ssh" else f"{found[1]} telnet"] = int(found[3])
        elif "log in as" in line:
            patience.cancel()
            return ports
    pytest.fail("the lab did not open its doors:\n" + "".join(said))


class Cloud:
    """The example's cloud in virtual time, something configured in its routers: what they show, text and value."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._lab = build(read(LAB), seed=1)
        self.runner = Runner(self._lab)
        assert run_until_formed(self._lab)
        for node, lines in settings.items():
            for line in ("configure terminal", *lines.splitlines(), "end", "write memory"):
                self.text(node, line)
            self.text(node, "copy running-config flash:before.cfg")
            self.text(node, "")

    def let_a_shortcut_form(self) -> None:
        self.text("pc1", "ping -c 3 10.2.0.10")
        self.run_for(7)

    def run_for(self, seconds: int) -> None:
        self._lab.world.run_for(seconds * SECOND)

    def text(self, node: str, command: str) -> str:
        answer = self.runner.execute(node, command)
        assert answer.taken, f"{node}: {command}: {answer.text}"
        return answer.text

    def value(self, node: str, command: str) -> Any:
        return json.loads(self.text(node, f"{command} | json"))


@pytest.fixture(scope="session")
def make_cloud() -> type[Cloud]:
    return Cloud


@pytest.fixture(scope="session")
def run_client(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs a program of a client's own environment, `run_client("genie", "python", …)`, and returns what it printed.

    Without that environment the test skips; in CI it must be there (`tests/conftest.py`).
    """
    home = tmp_path_factory.mktemp("home")

    def run(name: str, program: str, *arguments: str, timeout: float = 600, **variables: str) -> str:
        folder = ROOT / ".clients" / name / "bin"
        if not (folder / program).exists():
            pytest.skip(f"{name} is not installed (make clients)")
        kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
        path = f"{folder}{os.pathsep}{kept['PATH']}"
        done = subprocess.run(
            [str(folder / program), *arguments],
            env={**kept, "HOME": str(home), "PATH": path, **variables},
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
        return done.stdout

    return run


@pytest.fixture(scope="session")
def ask_client(run_client: Callable[..., str]) -> Callable[..., Any]:
    """`ask_client("genie", "genie_parse.py", …)` runs one of `programs/` and returns the value it printed as JSON."""

    def ask(name: str, program: str, *arguments: object, **how: Any) -> Any:
        said = run_client(name, "python", str(PROGRAMS / program), *(str(each) for each in arguments), **how)
        return json.loads(said)

    return ask
