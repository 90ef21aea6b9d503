"""The example's cloud in three processes, joined by UDP cables, shows what it shows in one."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PIECES = {"hub": ("hub", "internet"), "spoke1": ("spoke1",), "spoke2": ("spoke2",)}
ROUTERS = ("hub", "spoke1", "spoke2")
PING = "ping 10.2.0.10 source 10.1.0.1 repeat 20"
SHOWS = ("show dmvpn", "show ip nhrp", "show ip route nhrp")
PATIENCE_S = 60
IOSH = (sys.executable, "-m", "iosh.shell.door")


def free_ports(kind, count):
    doors = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
    for door in doors:
        door.bind(("127.0.0.1", 0))
    numbers = [door.getsockname()[1] for door in doors]
    for door in doors:
        door.close()
    return numbers


def timeless(text):
    """The lines, without what differs from run to run."""
    return [re.sub(r"\d\d:\d\d:\d\d", "TT:TT:TT", line).rstrip() for line in text.splitlines() if line.strip()]


@pytest.fixture
def pieces(tmp_path):
    """Three labs, each in its process; asks a router by SSH."""
    cables = free_ports(socket.SOCK_DGRAM, 4)
    doors, running = {}, []
    for piece, routers in PIECES.items():
        text = (EXAMPLES / "dmvpn-processes" / f"{piece}.clab.yml").read_text()
        text = text.replace("../dmvpn-phase3", str(EXAMPLES / "dmvpn-phase3"))
        text = re.sub(r"127\.0\.0\.1:700(\d)", lambda found: f"127.0.0.1:{cables[int(found[1]) - 1]}", text)
        file = tmp_path / f"{piece}.clab.yml"
        file.write_text(text)
        first = free_ports(socket.SOCK_STREAM, 1)[0]
        doors |= {router: first + number for number, router in enumerate(routers)}
        with (tmp_path / f"{piece}.log").open("wb") as log:
            command = [*IOSH, "lab", str(file), "--ssh", str(first)]
            running.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
    yield lambda router, command: asyncio.run(asked(doors[router], command))
    for process in running:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(20) for process in running] == [0, 0, 0]


async def asked(port, command):
    import asyncssh

    options = {"known_hosts": None, "username": "admin", "password": "admin", "client_keys": None}
    async with asyncssh.connect("127.0.0.1", port, **options) as line:
        return str((await line.run(command)).stdout)


def until(pieces, router, command, word):
    ends = time.monotonic() + PATIENCE_S
    said = ""
    while word not in said and time.monotonic() < ends:
        try:
            said = pieces(router, command)
        except OSError:  # it does not listen yet
            time.sleep(0.2)
    assert word in said, said


def test_in_three_processes_the_cloud_shows_what_it_shows_in_one(pieces):
    for spoke in ("spoke1", "spoke2"):
        until(pieces, spoke, "show dmvpn", "UP")
    until(pieces, "spoke1", PING, "Success rate is 100")
    until(pieces, "spoke1", "show dmvpn", "203.0.113.2")
    questions = [(router, show) for router in ROUTERS for show in SHOWS]
    apart = "".join(pieces(router, show) for router, show in questions)

    whole = [*IOSH, "lab", str(EXAMPLES / "dmvpn-phase3" / "dmvpn-phase3.clab.yml"), "--until", "formed"]
    for router, line in (("spoke1", PING), *questions):
        whole += ["--exec", f"{router}: {line}"]
    done = subprocess.run(whole, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_S)
    together = done.stdout.partition("Success rate")[2].partition("\n")[2]
    assert timeless(apart) == timeless(together)
    assert apart.count("203.0.113.2") > 4
