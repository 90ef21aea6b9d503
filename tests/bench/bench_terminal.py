"""From key to echo, from `?` to its list, from Tab to the word: with 10 lines of configuration and with 10 000.

First at the terminal line itself, without a network; then over SSH on the loopback, beside a bare asyncssh server that
echoes what it is sent. Last, an SSH login to the prompt.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from statistics import median
from time import perf_counter
from typing import Any

import asyncssh
from bench_config import text

from iosh.lab.build import Lab, build
from iosh.lab.kinds import KINDS
from iosh.lab.topology import Node, Topology
from iosh.router.ports import MemoryStorage
from iosh.shell.host_keys import signing, supplied
from iosh.shell.pump import Pump
from iosh.shell.serve import Place, Service, Wanted

SIZES = (10, 10_000)
KEYS = 400
RUNS = 30
LOGINS = 15
USER = {"username": "admin", "password": "admin", "known_hosts": None, "client_keys": None, "config": None}
STORAGE = MemoryStorage()

# name, what is typed before and not measured (# counts), the key that is, what takes it away again
EXEC = (
    ("a letter", "show ip rout", "e", "\x15"),
    ("? in exec", "", "?", "\x15"),
    ("show ip ?", "show ip ", "?", "\x15"),
    ("Tab", "show ip rou", "\t", "\x15"),
)
CONFIG = (
    ("? in config", "", "?", "\x15"),
    ("interface ?", "interface ", "?", "\x15"),
    ("ip nhrp ? (tunnel)", "ip nhrp ", "?", "\x15"),
    ("a line taken", "description number #", "\r", ""),
    ("a word refused", "descripton x", "\r", ""),
    ("do show clock", "do show clock", "\r", ""),
)


def lab_of(lines: int) -> Lab:
    startup = f"{text(lines)}interface Tunnel0\n ip nhrp network-id 1\n"
    return build(Topology("lab", "lab", {"R1": Node("R1", KINDS["iosh"], startup, "cfg", 0, (), 0)}, ()))


class Line:
    """A terminal line without a network."""

    def __init__(self, lab: Lab) -> None:
        from iosh.cli.tty import Tty

        self._lab = lab
        self.tty = Tty(lab.boxes["R1"], "vty0", lambda data: None, lambda: None)
        self.tty.console.level = 15
        self.tty.console.terminal.length = 0
        self.tty.open(0)

    def send(self, keys: str) -> None:
        self.tty.receive(keys.encode(), self._lab.world.now, 0)

    def measure(self, before: str, key: str, after: str) -> float:
        """Milliseconds, the median."""
        took = []
        for number in range(RUNS):
            self.send(before.replace("#", str(number)))
            began = perf_counter()
            self.send(key)
            took.append(perf_counter() - began)
            self.send(after)
        return median(took) * 1000


def at_the_line() -> None:
    print("at the line itself, milliseconds (median)")
    print(f"{'':<20}" + "".join(f"{size:>8} lines" for size in SIZES) + "   ratio")
    one, other = (Line(lab_of(size)) for size in SIZES)
    for cases, enter in ((EXEC, ""), (CONFIG, "configure terminal\rinterface Tunnel0\r")):
        for line in (one, other):
            line.send(enter)
        for name, before, key, after in cases:
            small, large = (line.measure(before, key, after) for line in (one, other))
            print(f"{name:<20}{small:>14.3f}{large:>14.3f}{large / small:>8.1f}", flush=True)


# --- over SSH --------------------------------------------------------------------------------------------------------


class Echo(asyncssh.SSHServer):
    """Takes the same name and password."""

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return password == USER["password"]


async def echo(process: asyncssh.SSHServerProcess[bytes]) -> None:
    process.stdout.write(b"R1#")
    while data := await process.stdin.read(1024):
        process.stdout.write(data)


async def timed(action: Callable[[], Awaitable[Any]], times: int) -> list[float]:
    took = []
    for _ in range(times):
        began = perf_counter()
        await action()
        took.append((perf_counter() - began) * 1000)
    return sorted(took)


async def keystrokes(port: int, help_too: bool) -> list[tuple[str, list[float]]]:
    async with asyncssh.connect("127.0.0.1", port, **USER) as connection:
        process = await connection.create_process(term_type="vt100", term_size=(511, 1000), encoding=None)
        await process.stdout.readuntil(re.compile(rb"#$"))

        async def key() -> None:
            process.stdin.write(b"x")
            await process.stdout.readexactly(1)

        async def ask() -> None:
            process.stdin.write(b"show ip ?")
            await process.stdout.readuntil(re.compile(rb"\r\n\r\nBENCH#show ip $"))
            process.stdin.write(b"\x15")
            await process.stdout.readuntil(re.compile(rb"(\x08+ +\x08+)$"))

        rows = [("key to echo", await timed(key, KEYS))]
        if help_too:
            process.stdin.write(b"\x15")
            await process.stdout.readuntil(re.compile(rb"\x08$"))
            rows.append(("show ip ? and back", await timed(ask, RUNS)))
    return rows


async def logins(ports: list[int]) -> list[list[float]]:
    """In turns, so that what else the machine does meets all of them."""

    async def login(port: int) -> float:
        began = perf_counter()
        async with asyncssh.connect("127.0.0.1", port, **USER) as connection:
            process = await connection.create_process(term_type="vt100", encoding=None)
            await process.stdout.readuntil(re.compile(rb"#$"))
            return (perf_counter() - began) * 1000

    rounds = [[await login(port) for port in ports] for _ in range(LOGINS)]
    return [sorted(took) for took in zip(*rounds)]


async def over_ssh() -> None:
    keys = signing(supplied(STORAGE, "R1"))
    bare = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Echo,
        server_host_keys=keys,
        process_factory=echo,
        encoding=None,
        line_editor=False,
    )
    doors: list[tuple[str, int, bool]] = [("asyncssh alone", bare.get_port(), False)]
    services, tasks = [], []
    for size in SIZES:
        lab = lab_of(size)
        pump = Pump(lab.world)
        service = Service(lab, pump, Wanted(ssh=Place("127.0.0.1", 0)), STORAGE)
        await service.open()
        tasks.append(asyncio.create_task(pump.pour()))
        services.append(service)
        doors.append((f"iosh, {size} lines", service.reached[0].port, True))
    print("\nover SSH, milliseconds (median, 99th of a hundred), client and server in one process")
    beside: dict[str, float] = {}
    logged_in = await logins([port for _, port, _ in doors])
    for (name, port, help_too), took_logins in zip(doors, logged_in):
        rows = [*await keystrokes(port, help_too), ("login to prompt", took_logins)]
        for what, took in rows:
            middle, late = median(took), took[int(len(took) * 0.99)]
            ratio = middle / beside.setdefault(what, middle)
            print(f"{name:<20}{what:<20}{middle:>9.2f}{late:>9.2f}{ratio:>8.1f} x", flush=True)
    for task in tasks:
        task.cancel()
    for service in services:
        service.close()
    bare.close()


def main() -> None:
    at_the_line()
    asyncio.run(over_ssh())


if __name__ == "__main__":
    main()
