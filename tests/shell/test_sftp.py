"""SFTP as a client sees it, and what it must not see: the machine the program runs on."""

from __future__ import annotations

import asyncio
import inspect
import os
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from iosh.router.files import Url
from iosh.shell.cabinet import place
from iosh.shell.sftp import OPEN_AT_ONCE, Sftp

SCP = "ip scp server enable\n"
# What asyncssh's server does without touching a file of its own accord.
HARMLESS = {
    "channel",
    "connection",
    "env",
    "logger",
    "convert_attrs",
    "format_longname",
    "map_path",
    "reverse_map_path",
}


def test_files_go_there_and_back_and_are_listed(doorway: Any, tmp_path: Path) -> None:
    async def story() -> None:
        source, back = tmp_path / "x.cfg", tmp_path / "back.cfg"
        source.write_bytes(os.urandom(300_000))
        async with doorway.files(SCP) as (_, sftp):
            assert await sftp.getcwd() == "/flash:"
            await sftp.put(str(source), "x.cfg")
            await sftp.get("flash:/x.cfg", str(back))
            assert back.read_bytes() == source.read_bytes()
            assert {"x.cfg"} <= set(await sftp.listdir("."))
            assert {"flash:", "nvram:", "system:"} <= set(await sftp.listdir("/"))
            assert (await sftp.stat("/flash:/x.cfg")).size == 300_000
            await sftp.rename("x.cfg", "y.cfg")
            await sftp.remove("y.cfg")
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await sftp.stat("y.cfg")

    doorway.run(story())


def test_the_running_config_is_read_and_merged_into(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.files(SCP) as (service, sftp):
            async with sftp.open("running-config", "w") as file:
                await file.write("hostname Renamed\ninterface Loopback7\n description sent\n")
            async with sftp.open("/system:/running-config") as file:
                text = await file.read()
            assert "hostname Renamed\n" in text and " description sent\n" in text
            log = doorway.router(service).logbook.lines
            assert any("CONFIG_I: Configured from scp by admin (127.0.0.1)" in line for line in log)

    doorway.run(story())


@pytest.mark.parametrize(("config", "user"), [("", ("ann", "apple")), (SCP, ("bob", "pear"))])
def test_it_is_for_privileged_users_where_scp_is_enabled(doorway: Any, config: str, user: tuple[str, str]) -> None:
    async def story() -> None:
        async with doorway.files(f"{config}{doorway.USERS}", *user) as (_, sftp):
            for path in ("flash:", "nvram:startup-config", "running-config", "/"):
                with pytest.raises(asyncssh.SFTPPermissionDenied):
                    await sftp.stat(path)
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await sftp.open("flash:/x", "w")

    doorway.run(story())


def test_folders_are_those_of_the_prompt(doorway: Any, tmp_path: Path) -> None:
    async def story() -> None:
        source = tmp_path / "x.cfg"
        source.write_bytes(b"! x\n")
        async with doorway.served(SCP) as service, doorway.login(service) as connection:
            async with connection.start_sftp_client() as sftp:
                await sftp.mkdir("logs")
                await sftp.put(str(source), "logs/x.cfg")
                assert sorted(await sftp.listdir("logs")) == [".", "..", "x.cfg"]
                assert await sftp.isdir("/flash:/logs") and not await sftp.isdir("logs/x.cfg")
                await sftp.chdir("logs")
                assert await sftp.getsize("x.cfg") == 4
                with pytest.raises(asyncssh.SFTPFailure, match="not empty"):
                    await sftp.rmdir("/flash:/logs")
            await asyncssh.scp(str(source), (connection, "flash:/logs"))
            await asyncssh.scp(str(source), (connection, "flash:/logs/y.cfg"))
            text = (await connection.run("dir flash:/logs")).stdout
            assert "Directory of flash:/logs/" in text and "x.cfg" in text and "y.cfg" in text
            async with connection.start_sftp_client() as sftp:
                await sftp.remove("logs/x.cfg")
                await sftp.rename("logs/y.cfg", "z.cfg")
                await sftp.rmdir("logs")
                assert sorted(await sftp.listdir(".")) == [".", "..", "z.cfg"]

    doorway.run(story())


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../etc/passwd", "flash:/../etc/passwd", "nvram:/ssh_host_rsa_key", "http:/x"]
)
def test_what_is_not_the_routers_is_not_there(doorway: Any, path: str) -> None:
    async def story() -> None:
        async with doorway.files(SCP) as (_, sftp):
            for mode in ("r", "w"):
                with pytest.raises(asyncssh.SFTPError):
                    async with sftp.open(path, mode) as file:
                        await file.read()
            for request in (sftp.readlink(path), sftp.mkdir(path), sftp.symlink(path, "y"), sftp.statvfs(path)):
                with pytest.raises(asyncssh.SFTPError):
                    await request

    doorway.run(story())


def test_no_request_falls_through_to_the_machines_own_files() -> None:
    ours = vars(Sftp)
    inherited = {name for name, _ in inspect.getmembers(asyncssh.SFTPServer) if not name.startswith("_")}
    assert inherited - ours.keys() - HARMLESS == set()


def test_half_a_file_is_not_kept_and_not_too_many_are_open(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served(SCP) as service:
            connection = await doorway.login(service)
            sftp = await connection.start_sftp_client()
            for number in range(OPEN_AT_ONCE):
                file = await sftp.open(f"half{number}", "w")
                await file.write("half")
            with pytest.raises(asyncssh.SFTPFailure, match="Too many open files"):
                await sftp.open("one-more", "w")
            connection.abort()
            await asyncio.sleep(0.1)
            assert not [file for file in doorway.router(service).files.listing("flash") if "half" in file.name]

    doorway.run(story())


def test_an_upload_beyond_the_room_there_is_ends() -> None:
    class Full:
        denied = ""

        def is_folder(self, url: Url) -> bool:
            return False

        def exists(self, url: Url) -> bool:
            return False

        def free(self, device: str) -> int:
            return 4

    sftp = Sftp(None, Full())  # type: ignore[arg-type]
    file = sftp.open(b"x", asyncssh.FXF_WRITE | asyncssh.FXF_CREAT, asyncssh.SFTPAttrs())
    assert sftp.write(file, 0, b"1234") == 4
    with pytest.raises(asyncssh.SFTPFailure, match="No space left"):
        sftp.write(file, 4, b"5")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("x.cfg", "flash:x.cfg"),
        ("/flash:/x.cfg", "flash:x.cfg"),
        ("/flash:/nvram:startup-config", "nvram:startup-config"),
        ("running-config", "system:running-config"),
        ("startup-config", "nvram:startup-config"),
        ("bootflash:/a", "flash:a"),
        ("nvram:/../x", "nvram:x"),
    ],
)
def test_the_last_file_system_in_a_path_counts(path: str, name: str) -> None:
    found: Url = place(path)
    assert found.name == name
