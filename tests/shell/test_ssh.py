"""SSH as a client sees it, with asyncssh at both ends and the lab moving in between."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from iosh.shell import ssh
from iosh.shell.host_keys import signing, supplied
from iosh.shell.serve import CannotServe, Doors, Place, Wanted, place, wanted
from iosh.underlay.linux.storage import DirectoryStorage


class Shell:
    """A client's shell: send, and read up to what is expected."""

    def __init__(self, process: asyncssh.SSHClientProcess[bytes]) -> None:
        self._process = process

    async def until(self, end: str) -> str:
        async with asyncio.timeout(10):
            return (await self._process.stdout.readuntil(re.compile(end.encode()))).decode()

    async def send(self, text: str, end: str = "#") -> str:
        self._process.stdin.write(text.encode())
        return await self.until(end)

    async def ended(self) -> bytes:
        async with asyncio.timeout(10):
            return await self._process.stdout.read()


async def shell(connection: asyncssh.SSHClientConnection, size: tuple[int, int] = (511, 1000)) -> Shell:
    process = await connection.create_process(term_type="vt100", term_size=size, encoding=None)
    return Shell(process)


def test_logging_in_lands_at_the_prompt_and_commands_work(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served("") as service, doorway.login(service) as connection:
            one = await shell(connection)
            assert await one.until("#") == "R1#"
            text = await one.send("show users\n", "Peer Address\r\nR1#")
            assert "vty 0     admin      idle                 00:00:00   127.0.0.1" in text

    doorway.run(story())


def test_each_key_is_echoed_alone(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served("") as service, doorway.login(service) as connection:
            one = await shell(connection)
            await one.until("#")
            for key in "show":
                assert await one.send(key, key) == key

    doorway.run(story())


def test_users_land_by_their_privilege_and_enable_asks(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served(f"enable secret 0 letmein\n{doorway.USERS}") as service:
            async with doorway.login(service, "bob", "pear") as connection:
                one = await shell(connection)
                assert await one.until(">") == "R1>"
                assert await one.send("enable\n", ": ") == "enable\r\nPassword: "
                assert await one.send("letmein\n") == "\r\nR1#"
            async with doorway.login(service, "ann", "apple") as connection:
                assert await (await shell(connection)).until("[>#]") == "R1#"

    doorway.run(story())


@pytest.mark.parametrize("way", ["password", "keyboard-interactive"])
def test_a_wrong_password_is_an_authentication_failure(doorway: Any, way: str) -> None:
    async def story() -> None:
        async with doorway.served(doorway.USERS) as service:
            with pytest.raises(asyncssh.PermissionDenied):
                await doorway.login(service, "ann", "wrong", preferred_auth=way)
            async with doorway.login(service, "ann", "apple", preferred_auth=way) as connection:
                assert (await connection.run("show privilege")).stdout == "Current privilege level is 15\r\n"
            log = service.lab.boxes["R1"].router.logbook.lines
            assert any("LOGIN_FAILED" in line and "[user: ann] [Source: 127.0.0.1]" in line for line in log)

    doorway.run(story())


def test_nothing_runs_before_the_login(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served(doorway.USERS) as service:
            with pytest.raises(asyncssh.PermissionDenied):
                await doorway.login(service, "ann", "wrong")
            with pytest.raises((asyncssh.PermissionDenied, asyncssh.DisconnectError)):
                await doorway.login(service, "", "", preferred_auth="none")
            assert not service.lab.boxes["R1"].router.lines.seats

    doorway.run(story())


def test_one_command_gives_its_output_and_whether_it_was_taken(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served("") as service, doorway.login(service) as connection:
            done = await connection.run("show running-config | include ^hostname")
            assert (done.stdout, done.exit_status) == ("hostname R1\r\n", 0)
            done = await connection.run("show nonsense")
            assert "% Invalid input" in str(done.stdout) and done.exit_status == 1
            done = await connection.run("clear logging", input="\n")
            assert done.exit_status == 0 and not service.lab.boxes["R1"].router.logbook.lines
            done = await connection.run("ping 192.0.2.1 repeat 1 timeout 1")
            assert "Success rate is 0 percent (0/1)" in str(done.stdout)
            assert not service.lab.boxes["R1"].router.lines.seats

    doorway.run(story())


def test_the_ptys_height_pages_until_terminal_length_0(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served("") as service, doorway.login(service) as connection:
            one = await shell(connection, (80, 10))
            await one.until("#")
            text = await one.send("show running-config\n", " --More-- ")
            assert text.count("\r\n") == 10
            await one.send("q")
            await one.send("terminal length 0\n")
            assert "--More--" not in await one.send("show running-config\n", "end\r\n\r\nR1#")

    doorway.run(story())


def test_the_login_banner_comes_before_the_password_and_the_others_after(doorway: Any) -> None:
    class Client(asyncssh.SSHClient):
        banner = ""

        def auth_banner_received(self, msg: str, lang: str) -> None:
            Client.banner = msg

    async def story() -> None:
        config = "banner login ^keep out^\nbanner motd ^news^\nbanner exec ^welcome^\n"
        async with doorway.served(config) as service, doorway.login(service, client_factory=Client) as connection:
            assert Client.banner == "keep out\r\n"
            assert await (await shell(connection)).until("#") == "news\r\nwelcome\r\nR1#"

    doorway.run(story())


def test_a_session_ends_by_exit_by_clear_line_and_by_a_reload(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served("") as service, doorway.login(service) as connection:
            one, two, three = await shell(connection), await shell(connection), await shell(connection)
            for each in (one, two, three):
                await each.until("#")
            assert (await one.send("exit\n", "\n")).endswith("\r\n") and await one.ended() == b""
            assert (await two.send("clear line vty 2\n", "confirm]")).endswith("[confirm]")
            await two.send("\n", "OK]")
            assert await three.ended() == b""
            await two.send("reload\n", r"confirm\]")
            await two.send("\n", "\n")
            assert await two.ended() == b""

    doorway.run(story())


def test_a_silent_line_is_closed_after_its_exec_timeout(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served("line vty 0 4\n exec-timeout 0 1\n") as service, doorway.login(service) as connection:
            one = await shell(connection)
            await one.until("#")
            began = time.monotonic()
            await one.ended()
            assert 0.9 < time.monotonic() - began < 4
            assert not service.lab.boxes["R1"].router.lines.seats

    doorway.run(story())


def test_many_sessions_work_side_by_side(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served("line vty 0 98\n exec-timeout 0 0\n") as service:

            async def one_session(number: int) -> None:
                async with doorway.login(service) as connection:
                    one = await shell(connection)
                    await one.until("#")
                    name = f"Loopback{number}"
                    await one.send(f"configure terminal\ninterface {name}\n", r"\(config-if\)#")
                    await one.send(f"description session {number}\nend\n", r"\nR1#")
                    assert f"session {number}\r\n" in await one.send(f"show run int {name}\n", "end\r\n")
                    barrier.append(number)
                    while len(barrier) < 24:
                        await asyncio.sleep(0.01)

            barrier: list[int] = []
            await asyncio.gather(*(one_session(number) for number in range(24)))
            router = service.lab.boxes["R1"].router
            assert sum(name.startswith("Loopback") for name in router.config.interfaces) == 24
            assert router.lines.uses("vty0") >= 1

    doorway.run(story())


def test_no_more_sessions_than_lines(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served("") as service, doorway.login(service) as connection:
            shells = [await shell(connection) for _ in range(16)]
            for one in shells:
                await one.until("#")
            with pytest.raises(asyncssh.ChannelOpenError):
                await shell(connection)
            assert "R1#" in await shells[0].send("\n")

    doorway.run(story())


def test_half_open_connections_give_way_and_the_router_answers(doorway: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh, "HALF_OPEN", 16)

    async def story() -> None:
        async with doorway.served("") as service:
            reach = service.reached[0]
            idle = [await asyncio.open_connection(reach.host, reach.port) for _ in range(60)]
            async with doorway.login(service) as connection:
                assert (await connection.run("show privilege")).exit_status == 0
            closed = 0
            for reader, _ in idle:
                try:
                    async with asyncio.timeout(0.2):
                        closed += await reader.read() == b"" or reader.at_eof()
                except TimeoutError:
                    pass
                except ConnectionError:
                    closed += 1
            assert closed >= 60 - 16
            for _, writer in idle:
                writer.close()

    doorway.run(story())


def test_guesses_on_many_connections_are_no_faster(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served(doorway.USERS) as service:

            async def guess(number: int) -> float:
                with pytest.raises((asyncssh.PermissionDenied, asyncssh.DisconnectError)):
                    await doorway.login(service, "ann", f"guess {number}", preferred_auth="password")
                return time.monotonic() - began

            began = time.monotonic()
            for number in range(3):
                await guess(number)
            began = time.monotonic()
            took = sorted(await asyncio.gather(*(guess(number) for number in range(5))))
            assert took[-1] >= 2.0

    doorway.run(story())


def test_three_wrong_passwords_end_the_connection(doorway: Any) -> None:
    class Stubborn(asyncssh.SSHClient):
        tries = 0

        def password_auth_requested(self) -> str:
            Stubborn.tries += 1
            return "wrong"

    async def story() -> None:
        async with doorway.served(doorway.USERS) as service:
            with pytest.raises((asyncssh.PermissionDenied, asyncssh.DisconnectError)):
                await doorway.login(
                    service,
                    "ann",
                    None,
                    client_factory=Stubborn,
                    preferred_auth="password",  # type: ignore[arg-type]
                )
            assert Stubborn.tries == 3

    doorway.run(story())


def test_what_a_stranger_learns_is_little(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served("") as service:
            reader, writer = await asyncio.open_connection(service.reached[0].host, service.reached[0].port)
            assert await reader.readline() == b"SSH-2.0-iosh\r\n"
            writer.close()
            key = await asyncssh.get_server_host_key(
                service.reached[0].host, service.reached[0].port, server_host_key_algs="ssh-rsa"
            )
            assert key is not None and key.get_algorithm() == "ssh-rsa"

    doorway.run(story())


def test_forwarding_is_refused(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served("") as service, doorway.login(service) as connection:
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.open_connection("127.0.0.1", 22)
            with pytest.raises(asyncssh.ChannelListenError):
                await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 9)

    doorway.run(story())


def test_scp_is_for_privileged_users_where_it_is_enabled(doorway: Any, tmp_path: Path) -> None:
    async def story() -> None:
        source, back = tmp_path / "x.cfg", tmp_path / "back.cfg"
        source.write_bytes(b"! hello\n" * 1000)
        async with doorway.served(f"ip scp server enable\n{doorway.USERS}", doorway.USERS) as service:
            async with doorway.login(service, "ann", "apple") as connection:
                await asyncssh.scp(str(source), (connection, "flash:/x.cfg"))
                await asyncssh.scp((connection, "flash:/x.cfg"), str(back))
                assert back.read_bytes() == source.read_bytes()
                assert "8000" in str((await connection.run("dir flash:/x.cfg")).stdout)
                with pytest.raises(asyncssh.SFTPError, match="No such file"):
                    await asyncssh.scp((connection, "flash:/y.cfg"), str(back))
                with pytest.raises(asyncssh.SFTPError, match="No such file"):
                    await asyncssh.scp((connection, "nvram:/ssh_host_rsa_key"), str(back))
            async with doorway.login(service, "bob", "pear") as connection:
                with pytest.raises(asyncssh.SFTPError, match="Privilege denied"):
                    await asyncssh.scp(str(source), (connection, "flash:/y.cfg"))
            async with doorway.login(service, "ann", "apple", node=1) as connection:
                with pytest.raises(asyncssh.SFTPError, match="Administratively disabled"):
                    await asyncssh.scp(str(source), (connection, "flash:/x.cfg"))

    doorway.run(story())


def test_host_keys_are_kept_for_their_owner_alone_and_each_router_has_its_own(tmp_path: Path) -> None:
    storage = DirectoryStorage(tmp_path / "keys")
    first = [key.get_fingerprint() for key in signing(supplied(storage, "R1"))]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "keys").rglob("*"))
    assert [key.get_fingerprint() for key in signing(supplied(storage, "R1"))] == first
    assert not set(first) & {key.get_fingerprint() for key in signing(supplied(storage, "R2"))}
    (tmp_path / "keys" / "ssh_host_ed25519_key.R1").write_text("spoilt")
    again = [key.get_fingerprint() for key in signing(supplied(storage, "R1"))]
    assert again[0] == first[0] and again[1] != first[1]


def test_the_key_a_router_makes_is_the_one_clients_see_next(doorway: Any) -> None:
    async def seen(service: Any, node: int = 0) -> str:
        async with doorway.login(service, node=node) as connection:
            return str(connection.get_server_host_key().get_fingerprint())

    async def story() -> None:
        async with doorway.served("ip domain name lab.example", "") as service:
            first = await seen(service)
            assert await seen(service, node=1) != first
            async with doorway.login(service) as connection:
                one = await shell(connection)
                await one.send("configure terminal\n", re.escape("(config)#"))
                made = await one.send("crypto key generate rsa modulus 1024\n", re.escape("(config)#"))
                assert "[OK] (elapsed time was" in made
                second = await seen(service)
                assert second != first
                text = await one.send("do show ip ssh\n", re.escape("(config)#"))
                assert "base64 encoded): R1.lab.example\r\nModulus Size : 1024 bits\r\nssh-rsa AAAA" in text
                await one.send("crypto key zeroize rsa\n", "no]: ")
                await one.send("yes\n")
                with pytest.raises((OSError, asyncssh.Error)):
                    await seen(service)
                assert "SSH Disabled - version 2.0" in await one.send("do show ip ssh\n", "NONE")

    doorway.run(story())


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("2201", [("127.0.0.1", 2201), ("127.0.0.1", 2202)]),
        ("0.0.0.0:2201", [("0.0.0.0", 2201), ("0.0.0.0", 2202)]),
        ("127.0.1.1:22+", [("127.0.1.1", 22), ("127.0.1.2", 22)]),
        ("[::1]:22", [("::1", 22), ("::1", 23)]),
        ("0", [("127.0.0.1", 0), ("127.0.0.1", 0)]),
    ],
)
def test_places_count_ports_or_addresses(text: str, places: list[tuple[str, int]]) -> None:
    assert [place(text).of(index) for index in range(2)] == places


@pytest.mark.parametrize("doors", [Doors(ssh="x"), Doors(ssh="70000"), Doors(ssh="host:22"), Doors(user="a:b")])
def test_what_cannot_be_a_door_is_said(doors: Doors) -> None:
    with pytest.raises(CannotServe):
        wanted(doors)


def test_every_router_has_its_own_door_and_a_taken_port_is_said(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served("", "") as service:
            for node in (0, 1):
                async with doorway.login(service, node=node) as connection:
                    name = str((await connection.run("show running-config | include ^hostname")).stdout)
                    assert name == f"hostname R{node + 1}\r\n"
            busy = Place("127.0.0.1", service.reached[0].port)
            with pytest.raises(CannotServe, match=r"cannot listen on 127\.0\.0\.1 port"):
                async with doorway.served("", door=Wanted(ssh=busy)):
                    pass

    doorway.run(story())


def test_what_the_server_offers_and_what_protects_a_session_are_shown(doorway: Any) -> None:
    async def story() -> None:
        async with (
            doorway.served("ip domain name lab.example\nip ssh time-out 60") as service,
            doorway.login(service) as connection,
        ):
            one = await shell(connection)
            await one.until("#")
            text = await one.send("show ip ssh\n", "\r\nR1#")
            assert "SSH Enabled - version 2.0\r\nAuthentication methods:keyboard-interactive,password" in text
            assert "Authentication timeout: 60 secs; Authentication retries: 3" in text
            assert "base64 encoded): iosh-supplied\r\nModulus Size : 2048 bits\r\nssh-rsa AAAA" in text
            cipher = connection.get_extra_info("send_cipher")
            text = await one.send("show ssh\n", "\r\nR1#")
            assert re.search(rf"\r\n0          2\.0     IN   {re.escape(cipher)} .* Session started +admin", text)

    doorway.run(story())


def test_who_does_not_log_in_within_the_time_out_is_cut_off(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served("ip ssh time-out 1") as service:
            one = service.reached[0]
            reader, _ = await asyncio.open_connection(one.host, one.port)
            async with asyncio.timeout(20):
                assert (await reader.read()).startswith(b"SSH-2.0-")
            async with doorway.login(service) as connection:
                await asyncio.sleep(1.5)
                assert "15" in str((await connection.run("show privilege")).stdout)

    doorway.run(story())
