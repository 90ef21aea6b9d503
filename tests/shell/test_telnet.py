"""Telnet as a client sees it: the login, a session, and what a stranger can and cannot do."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from iosh.lab.build import build
from iosh.lab.kinds import KINDS
from iosh.lab.topology import Node, Topology
from iosh.router.ports import MemoryStorage
from iosh.shell import telnet
from iosh.shell.inventory import write
from iosh.shell.pump import Pump
from iosh.shell.serve import Place, Service, Wanted
from iosh.shell.telnet_codec import OPENING

USERS = "username ann privilege 15 secret 0 apple\nline vty 0 4\n login local\n"


@asynccontextmanager
async def served(config: str = "") -> AsyncIterator[Service]:
    node = Node("R1", KINDS["iosh"], f"hostname R1\n{config}", "cfg", 0, (), 0)
    lab = build(Topology("lab", "lab", {"R1": node}, ()))
    assert lab.remarks == []
    pump = Pump(lab.world)
    service = Service(lab, pump, Wanted(telnet=Place("127.0.0.1", 0)), MemoryStorage())
    await service.open()
    pouring = asyncio.create_task(pump.pour())
    try:
        yield service
    finally:
        pouring.cancel()
        service.close()
        await asyncio.sleep(0)


class Client:
    """A telnet client that knows no options."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def until(self, end: str) -> str:
        async with asyncio.timeout(10):
            return (await self.reader.readuntil(end.encode())).decode("latin-1").replace(OPENING.decode("latin-1"), "")

    async def send(self, text: str, end: str) -> str:
        self.writer.write(text.encode())
        return await self.until(end)

    async def rest(self) -> bytes:
        async with asyncio.timeout(10):
            return await self.reader.read()


async def called(service: Service) -> Client:
    one = service.reached[0]
    return Client(*await asyncio.open_connection(one.host, one.port))


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 60))


def test_name_and_password_are_asked_and_the_session_is_as_over_ssh() -> None:
    async def story() -> None:
        async with served(f"banner login ^keep out^\n{USERS}") as service:
            one = await called(service)
            assert await one.until("name: ") == "keep out\r\n\r\nUser Access Verification\r\n\r\nUsername: "
            assert await one.send("ann\r\0", "word: ") == "ann\r\nPassword: "
            assert await one.send("apple\r\0", "R1#") == "\r\nR1#"
            assert (await one.send("show privilege\r\0", "R1#")).startswith("show privilege\r\nCurrent")
            assert await one.send("exit\r\n", "\n") == "exit\r\n"
            assert await one.rest() == b""

    run(story())


def test_what_is_typed_ahead_of_the_login_is_kept() -> None:
    async def story() -> None:
        async with served() as service:
            one = await called(service)
            one.writer.write(b"admin\r\nadmin\r\nterminal length 0\r\nshow privilege\r\n")
            assert "level is 15\r\nR1#" in await one.until("level is 15\r\nR1#")

    run(story())


def test_three_wrong_passwords_end_it() -> None:
    async def story() -> None:
        async with served(USERS) as service:
            one = await called(service)
            for _ in range(2):
                await one.send("ann\r\n", "word: ")
                assert await one.send("wrong\r\n", "name: ") == "\r\n% Login invalid\r\n\r\nUsername: "
            await one.send("ann\r\n", "word: ")
            one.writer.write(b"wrong\r\n")
            assert (await one.rest()).endswith(b"% Bad passwords\r\n")

    run(story())


def test_nothing_typed_before_the_login_is_a_command() -> None:
    async def story() -> None:
        async with served(USERS) as service:
            one = await called(service)
            one.writer.write(b"\r\n" * 5000 + b"configure terminal\r\nhostname X\r\n" + b"?\t\x1a\x1e" * 50)
            await asyncio.sleep(1.2)
            router = service.lab.boxes["R1"].router
            assert router.config.hostname == "R1" and not router.lines.seats

    run(story())


def test_half_open_calls_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telnet, "HALF_OPEN", 8)

    async def story() -> None:
        async with served() as service:
            idle = [await called(service) for _ in range(30)]
            one = await called(service)
            await one.send("admin\r\n", "word: ")
            assert (await one.send("admin\r\n", "R1#")).endswith("R1#")
            assert b"Username" in await idle[0].rest()

    run(story())


def test_the_window_size_is_taken_before_and_after_the_login() -> None:
    async def story() -> None:
        async with served() as service:
            one = await called(service)
            one.writer.write(bytes((255, 250, 31, 0, 132, 0, 7, 255, 240)))
            await one.send("admin\r\n", "word: ")
            await one.send("admin\r\n", "R1#")
            assert "Length: 7 lines, Width: 132" in await one.send("show terminal\r\n", " --More-- ")
            one.writer.write(b"q" + bytes((255, 250, 31, 0, 80, 0, 50, 255, 240)))
            assert "Length: 50 lines, Width: 80" in await one.send("show terminal\r\n", "Monitor")

    run(story())


def test_inventories_say_where_routers_are_and_who_may_log_in(tmp_path: Path) -> None:
    async def story() -> None:
        async with served() as service:
            port = service.reached[0].port
            files = write(tmp_path, service)
            found = {name: yaml.safe_load((tmp_path / name).read_text()) for name in files}
            host = {"ansible_host": "127.0.0.1", "ansible_port": port}
            login = {"ansible_user": "admin", "ansible_password": "admin"}
            assert found["ansible/hosts.yml"]["all"]["children"]["iosh"]["hosts"] == {"R1": host | login}
            assert found["nornir/hosts.yaml"]["R1"]["username"] == "admin"
            way = found["pyats/testbed.yaml"]["devices"]["R1"]["connections"]["cli"]
            assert (way["protocol"], way["ip"], way["port"]) == ("telnet", "127.0.0.1", port)
            assert all(stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600 for name in files)

    run(story())


def test_inventories_hold_no_password_of_a_router_that_has_users(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(USERS) as service:
            for name in write(tmp_path, service):
                assert "apple" not in (tmp_path / name).read_text() and "admin" not in (tmp_path / name).read_text()

    run(story())
