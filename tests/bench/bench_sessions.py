"""A crowd at one router's SSH door: 1 000 connections that never log in, then 200 sessions at once, then one more.

The program runs as a user starts it; the crowd is this process. Told are the seconds of a login and the milliseconds
from a key to its echo, before the crowd and in it. Of the 1 000 the router keeps as many as it bears and lets the
oldest go. Users have scrypt secrets: 200 proofs of some 50 ms are part of the crowd's logins.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import asyncssh

HALF_OPEN = 1000
SESSIONS = 200
KEYS = 40
CONFIG = (
    "hostname R1\nusername ann privilege 15 secret 0 apple\n"
    "line vty 0 240\n login local\n exec-timeout 0 0\nip ssh time-out 120\n"
)


class Session:
    """A shell that has come to its prompt."""

    def __init__(self, connection: asyncssh.SSHClientConnection, process: Any) -> None:
        self.connection = connection
        self._process = process

    async def until(self, end: str) -> str:
        return str(await asyncio.wait_for(self._process.stdout.readuntil(re.compile(end)), 120))

    async def echo_ms(self) -> float:
        """From a key to its echo."""
        began = perf_counter()
        self._process.stdin.write("s")
        await self.until("s")
        took = (perf_counter() - began) * 1000
        self._process.stdin.write("\x15")
        return took


async def entered(port: int) -> tuple[Session, float]:
    """A session, and the seconds from connecting to its prompt."""
    began = perf_counter()
    connection = await asyncssh.connect(
        "127.0.0.1", port, username="ann", password="apple", known_hosts=None, client_keys=None, config=None,
        login_timeout=0, agent_path=None,
    )  # fmt: skip
    session = Session(connection, await connection.create_process(term_type="vt100", term_size=(511, 1000)))
    await session.until("#")
    return session, perf_counter() - began


async def told(what: str, session: Session, login: list[float]) -> None:
    echoes = [await session.echo_ms() for _ in range(KEYS)]
    worst = max(login)
    print(
        f"{what:<44}{median(login):7.2f} s{worst:8.2f} s{median(echoes):9.1f} ms{quantiles(echoes, n=20)[-1]:9.1f} ms"
    )


async def crowd(port: int) -> None:
    print(f"{'':<44}{'login':>9}{'slowest':>10}{'echo':>12}{'19 of 20':>12}")
    first, took = await entered(port)
    await told("alone", first, [took])
    silent = []
    for number in range(HALF_OPEN):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        if number % 2:
            writer.write(b"SSH-2.0-crowd\r\n")
        silent.append(writer)
    one, took = await entered(port)
    await told(f"{HALF_OPEN} half-open", one, [took])
    many = await asyncio.gather(*(entered(port) for _ in range(SESSIONS)))
    await told(f"and {SESSIONS} sessions that came at once", first, [took for _, took in many])
    one, took = await entered(port)
    await told("and one more", one, [took])
    echoes = await asyncio.gather(*(session.echo_ms() for session, _ in many))
    print(f"a key of each of the {SESSIONS} at once: {max(echoes):.0f} ms to the last echo")
    for writer in silent:
        writer.close()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    with tempfile.TemporaryDirectory() as home:
        config = Path(home) / "r1.cfg"
        config.write_text(CONFIG)
        environment = {**os.environ, "XDG_DATA_HOME": home, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "iosh.shell.door", str(config), "--ssh", "0"]
        program = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=environment
        )
        try:
            assert program.stdout is not None
            found = next(match for line in program.stdout if (match := re.search(r"ssh 127\.0\.0\.1 port (\d+)", line)))
            asyncio.run(crowd(int(found[1])))
        finally:
            program.send_signal(signal.SIGTERM)
            program.wait(20)


if __name__ == "__main__":
    main()
