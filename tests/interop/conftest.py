"""Real wires for a test: network namespaces as hosts, veth between them, and iosh processes on both."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE_S = 20.0
RUN = ("-m", "iosh.shell.door")
# The same program for whom time passes faster: what takes minutes on a router is there to be seen.
HURRIED = """import functools, iosh.shell.door, iosh.shell.run as run
run.Pump = functools.partial(run.Pump, speed={})
iosh.shell.door.main()"""

# Sends or takes TCP in one namespace; the peer is told on the command line. Prints the digest of what went by.
SENDER = """import hashlib, socket, sys
data = bytes(range(256)) * 8192
line = socket.create_connection((sys.argv[1], 5001), 10)
line.sendall(data); line.shutdown(socket.SHUT_WR)
print(hashlib.sha256(data).hexdigest())
"""
TAKER = """import hashlib, socket
door = socket.create_server(("0.0.0.0", 5001)); door.settimeout(20)
print("ready", flush=True)
line, _ = door.accept(); digest = hashlib.sha256()
while data := line.recv(65536): digest.update(data)
print(digest.hexdigest())
"""


class Running:
    """A router in a process of its own."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._environment = environment
        with log.open("ab") as file:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=file, env=environment)

    def ask(self, *lines: str) -> str:
        """What its console says to these lines."""
        attach = [sys.executable, "-m", "iosh.shell.door", "attach", self.name]
        text = "".join(f"{line}\n" for line in ("enable", "terminal length 0", *lines))
        done = subprocess.run(attach, input=text, env=self._environment, capture_output=True, text=True, timeout=30)
        return done.stdout + done.stderr

    def wait_for(self, word: str, *lines: str, patience_s: float = PATIENCE_S) -> str:
        """Ask until the answer has this word."""
        answer = ""
        ends = time.monotonic() + patience_s
        while word not in answer and time.monotonic() < ends:
            answer = self.ask(*lines)
        assert word in answer, f"{self.name}: no {word!r} in {answer}\n{self.log.read_text()}"
        return answer

    def stop(self, how: int = signal.SIGTERM) -> int:
        """End it; the exit status."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_S)


class Site:
    """Where routers run: their configs, their sockets, their logs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {"XDG_RUNTIME_DIR": str(folder), "XDG_DATA_HOME": str(folder / "data")}
        self._running: list[Running] = []

    def start(
        self, name: str, config: str, *ports: str, on: str | None = None, hurry: int = 1, options: tuple[str, ...] = ()
    ) -> Running:
        """`iosh run` with this startup-config, in the namespace `on`, its time `hurry` times faster, and up."""
        file = self.folder / f"{name}.cfg"
        if not file.exists():
            file.write_text(config)
        inside = ["ip", "netns", "exec", on] if on else []
        words = [*options, *(word for port in ports for word in ("--port", port))]
        program = RUN if hurry == 1 else ("-c", HURRIED.format(hurry))
        command = [*inside, sys.executable, *program, "run", str(file), *words]
        running = Running(name, command, self.environment, self.folder / f"{name}.log")
        self._running.append(running)
        ends = time.monotonic() + PATIENCE_S
        while not (self.folder / "iosh" / name).exists() and time.monotonic() < ends:
            assert running.process.poll() is None, running.log.read_text()
            time.sleep(0.02)
        return running

    def close(self) -> None:
        for running in self._running:
            if running.process.poll() is None:
                running.stop(signal.SIGKILL)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Routers that run as processes."""
    site = Site(tmp_path)
    yield site
    site.close()


class Hosts:
    """Linux hosts: network namespaces, joined by veth."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def host(self, name: str) -> str:
        """A new one; the namespace's name."""
        own = f"iosh{os.getpid()}{name}"
        self._do("ip", "netns", "add", own)
        self._names[name] = own
        self.on(name, "ip", "link", "set", "lo", "up")
        return own

    def join(self, one: str, device: str, other: str, other_device: str) -> None:
        """A cable between two hosts, both ends up."""
        self.on(one, "ip", "link", "add", device, "type", "veth", "peer", other_device, "netns", self._names[other])
        self.on(one, "ip", "link", "set", device, "up")
        self.on(other, "ip", "link", "set", other_device, "up")

    def address(self, name: str, device: str, address: str, gateway: str | None = None) -> None:
        self.on(name, "ip", "addr", "add", address, "dev", device)
        if gateway is not None:
            self.on(name, "ip", "route", "add", "default", "via", gateway)

    def on(self, name: str, *command: str, check: bool = True) -> str:
        """What a command says there."""
        return self._do("ip", "netns", "exec", self._names[name], *command, check=check)

    def begin(self, name: str, *command: str, stdin: int | None = None) -> subprocess.Popen[str]:
        """A command that goes on."""
        words = ["ip", "netns", "exec", self._names[name], *command]
        return subprocess.Popen(words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def transfer(self, one: str, other: str, address: str) -> tuple[str, str]:
        """Two megabytes by TCP to the other's address; the digest of what was sent and of what arrived."""
        taker = self.begin(other, sys.executable, "-c", TAKER)
        assert taker.stdout is not None and taker.stdout.readline() == "ready\n"
        sent = self.on(one, sys.executable, "-c", SENDER, address)
        return sent.strip(), taker.communicate(timeout=30)[0].strip()

    def namespace(self, name: str) -> str:
        return self._names[name]

    def close(self) -> None:
        for name in self._names.values():
            self._do("ip", "netns", "del", name, check=False)

    @staticmethod
    def _do(*command: str, check: bool = True) -> str:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert not check or done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr


def _why_no_hosts() -> str | None:
    if os.geteuid() != 0:
        return "needs root for network namespaces"
    missing = [program for program in ("ip", "ping", "traceroute") if shutil.which(program) is None]
    return f"needs {', '.join(missing)}" if missing else None


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    """Hosts, for root on Linux."""
    why = _why_no_hosts()
    if why is not None:
        assert os.environ.get("CI") != "true", why
        pytest.skip(why)
    hosts = Hosts()
    yield hosts
    hosts.close()


@pytest.fixture(scope="session")
def examples() -> Callable[[str], str]:
    """The startup-configs of the DMVPN example."""
    folder = Path(__file__).resolve().parents[2] / "examples" / "dmvpn-phase3"
    return lambda name: (folder / f"{name}.cfg").read_text()


@pytest.fixture(scope="session")
def without_stations(examples: Callable[[str], str]) -> Callable[[str], str]:
    """The example's LANs have stations; here a loopback stands in for both. Spokes look after their hub often."""

    def config(name: str) -> str:
        text = examples(name).replace("interface GigabitEthernet2", "interface Loopback0")
        text = text.replace(" negotiation auto\n", "").replace("dpd 20 5 on-demand", "dpd 10 2 periodic")
        return text.replace(" ip nhrp shortcut\n", " ip nhrp shortcut\n ip nhrp registration timeout 2\n")

    return config
