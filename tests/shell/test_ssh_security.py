"""What a stranger can do at the SSH door, how guesses are met, and what public keys open."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import asyncssh
import paramiko
import pytest

from iosh.config import secrets
from iosh.config.rules_ssh import digest_of
from iosh.shell import ssh
from iosh.shell.ssh import KEYS

LOCAL = "username ann privilege 15 secret 0 apple\nusername bob secret 0 pear\nline vty 0 4\n login local\n"


def stranger(service: Any) -> paramiko.Transport:
    """A client that has exchanged keys and not logged in."""
    transport = paramiko.Transport((service.reached[0].host, service.reached[0].port))
    transport.start_client(timeout=10)
    return transport


def outside(doorway: Any, config: str, deed: Any) -> Any:
    """Do something that waits, in a thread, while the lab runs; the service, and what the deed gave."""
    given: list[Any] = []

    async def story() -> None:
        async with doorway.served(config) as service:
            given.append(await asyncio.to_thread(deed, service))
            given.append("\n".join(doorway.router(service).logbook.lines))
            given.append(list(doorway.router(service).lines.seats))

    doorway.run(story())
    return given


def test_none_is_refused_and_says_which_methods_there_are(doorway: Any) -> None:
    def deed(service: Any) -> list[str]:
        transport = stranger(service)
        with pytest.raises(paramiko.BadAuthenticationType) as refusal:
            transport.auth_none("ann")
        transport.close()
        return sorted(refusal.value.allowed_types)

    assert outside(doorway, LOCAL, deed)[0] == ["keyboard-interactive", "password"]


@pytest.mark.parametrize("kind", ["session", "direct-tcpip", "auth-agent@openssh.com", "x11"])
def test_no_channel_opens_before_the_login(doorway: Any, kind: str) -> None:
    def deed(service: Any) -> bool:
        transport = stranger(service)
        with pytest.raises((paramiko.SSHException, EOFError)):
            transport.open_channel(kind, ("127.0.0.1", 22), ("127.0.0.1", 1), timeout=5)
        alive = transport.is_active()
        transport.close()
        return alive

    alive, _, seats = outside(doorway, LOCAL, deed)
    assert not alive and seats == []


def test_no_global_request_is_met_before_the_login(doorway: Any) -> None:
    def deed(service: Any) -> bool:
        transport = stranger(service)
        message = paramiko.Message()
        for part in (b"\x50",):  # SSH_MSG_GLOBAL_REQUEST: tcpip-forward
            message.add_bytes(part)
        message.add_string("tcpip-forward")
        message.add_boolean(True)
        message.add_string("127.0.0.1")
        message.add_int(0)
        transport._send_message(message)  # type: ignore[attr-defined]
        transport.join(5)
        return transport.is_active()

    assert outside(doorway, LOCAL, deed)[0] is False


def test_what_is_not_offered_is_refused_after_the_login_too(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served(LOCAL) as service, doorway.login(service, "ann", "apple") as connection:
            for subsystem in ("netconf", "shell", "../sftp"):
                with pytest.raises(asyncssh.ChannelOpenError):
                    await connection.create_process(subsystem=subsystem)
            done = await connection.run("show privilege", env={"LD_PRELOAD": "/tmp/x.so"})
            assert done.stdout == "Current privilege level is 15\r\n"
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.open_unix_connection("/tmp/x")
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.create_process(x11_forwarding=True)

    doorway.run(story())


def test_a_crowd_that_never_logs_in_leaves_room_for_those_who_do(doorway: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh, "HALF_OPEN", 24)

    async def story() -> None:
        async with doorway.served("line vty 0 40\n") as service:
            reach = service.reached[0]
            crowd = []
            for number in range(80):
                _, writer = await asyncio.open_connection(reach.host, reach.port)
                if number % 2:
                    writer.write(b"SSH-2.0-crowd\r\n")
                crowd.append(writer)
            connections = await asyncio.gather(*(doorway.login(service) for _ in range(20)))
            shells = [await connection.create_process(term_type="vt100") for connection in connections]
            for shell in shells:
                async with asyncio.timeout(10):
                    await shell.stdout.readuntil("#")
            assert len(doorway.router(service).lines.seats) == 20
            for connection in connections:
                connection.close()
            for writer in crowd:
                writer.close()

    doorway.run(story())


# --- guessing ------------------------------------------------------------------------------------------------------


async def refused(doorway: Any, service: Any, name: str = "ann", password: str = "guess") -> None:
    with pytest.raises((asyncssh.PermissionDenied, asyncssh.DisconnectError)):
        await doorway.login(service, name, password, preferred_auth="password")


def test_a_guesser_is_logged_and_meets_quiet_mode(doorway: Any) -> None:
    config = f"login block-for 60 attempts 2 within 60\nlogin on-failure log\nlogin on-success log\n{LOCAL}"

    async def story() -> None:
        async with doorway.served(config) as service:
            for password in ("one", "two"):
                await refused(doorway, service, "ann", password)
            await refused(doorway, service, "ann", "apple")
            log = "\n".join(doorway.router(service).logbook.lines)
            assert "%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: ann] [Source: 127.0.0.1]" in log
            assert "%SEC_LOGIN-1-QUIET_MODE_ON: Still timeleft for watching failures is" in log
            assert "[ACL: sl_def_acl]" in log and "LOGIN_SUCCESS" not in log
            assert "one" not in log.replace("done", "") and "two" not in log and "apple" not in log

    doorway.run(story())


def test_whom_the_quiet_modes_list_permits_still_comes_in(doorway: Any) -> None:
    config = (
        "login block-for 60 attempts 1 within 60\nlogin quiet-mode access-class CALM\n"
        f"ip access-list standard CALM\n permit 127.0.0.0 0.255.255.255\n{LOCAL}"
    )

    async def story() -> None:
        async with doorway.served(config) as service:
            await refused(doorway, service)
            assert doorway.router(service).login_watch.quiet_until is not None
            async with doorway.login(service, "ann", "apple") as connection:
                assert (await connection.run("show privilege")).exit_status == 0

    doorway.run(story())


def test_access_class_turns_away_before_a_word_is_said(doorway: Any) -> None:
    config = f"access-list 7 deny any\n{LOCAL} access-class 7 in\n"

    async def story() -> None:
        async with doorway.served(config) as service:
            with pytest.raises((ConnectionError, asyncssh.Error)):
                await doorway.login(service, "ann", "apple")

    doorway.run(story())


def test_a_password_is_proved_beside_the_loop(doorway: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times: at the login, at `enable`, and where a line of configuration wants a hash made. Each waits for what
    only the loop can do meanwhile."""
    alive = threading.Event()
    alive.set()  # the configuration is loaded before there is a loop
    verify, salted = secrets.verify, secrets.salted

    def waiting(function: Any) -> Any:
        def wait(*arguments: Any) -> Any:
            assert alive.wait(10), "the loop stood still"
            return function(*arguments)

        return wait

    monkeypatch.setattr(secrets, "verify", waiting(verify))
    monkeypatch.setattr(secrets, "salted", waiting(salted))

    async def story() -> None:
        async with doorway.served(f"enable secret 0 letmein\n{LOCAL}") as service:

            async def beating() -> None:
                while True:
                    alive.set()
                    alive.clear()  # only who waits at this moment, in another thread, goes on
                    await asyncio.sleep(0.005)

            beat = asyncio.create_task(beating())
            async with doorway.login(service, "bob", "pear") as connection:
                text = (await connection.run("enable", input="letmein\n")).stdout
                assert text == "Password: \r\n"
                process = await connection.create_process(term_type="vt100")
                process.stdin.write("enable\nletmein\nconfigure terminal\nusername new secret fresh\nend\nexit\n")
                async with asyncio.timeout(10):
                    await process.stdout.read()
            user = doorway.router(service).config.users["new"]
            assert user.encryption == 9 and verify(9, user.text or "", "fresh")
            beat.cancel()

    doorway.run(story())


# --- public keys ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys() -> list[asyncssh.SSHKey]:
    return [asyncssh.generate_private_key(kind) for kind in ("ssh-rsa", "ssh-ed25519", "ssh-ed25519")]


def chain(name: str, key: asyncssh.SSHKey, as_hash: bool) -> str:
    public = key.export_public_key("openssh").decode().strip()
    hashed = f"  key-hash {key.get_algorithm()} {digest_of(key.public_data)} home\n"
    line = hashed if as_hash else f"  key-string\n{public[:60]}\n{public[60:]}\n  exit\n"
    return f"ip ssh pubkey-chain\n username {name}\n{line}"


@pytest.mark.parametrize("as_hash", [True, False])
@pytest.mark.parametrize("which", [0, 1])
def test_a_public_key_opens_for_its_user_alone(
    doorway: Any, keys: list[asyncssh.SSHKey], which: int, as_hash: bool
) -> None:
    key = keys[which]

    async def story() -> None:
        config = f"login on-success log\nip ssh logging events\n{LOCAL}!\n{chain('ann', key, as_hash)}"
        async with doorway.served(config) as service:
            how = {"preferred_auth": "publickey", "password": None}
            async with doorway.login(service, "ann", client_keys=[key], **how) as connection:
                assert (await connection.run("show privilege")).stdout == "Current privilege level is 15\r\n"
            for name, other in (("ann", keys[2]), ("bob", key), ("nobody", key)):
                with pytest.raises((asyncssh.PermissionDenied, asyncssh.DisconnectError)):
                    await doorway.login(service, name, client_keys=[other], **how)
            log = "\n".join(doorway.router(service).logbook.lines)
            assert "%SEC_LOGIN-5-LOGIN_SUCCESS: Login Success [user: ann] [Source: 127.0.0.1]" in log
            assert "%SSH-5-SSH2_USERAUTH: User 'ann' authentication for SSH2 Session from 127.0.0.1" in log

    doorway.run(story())


def test_a_user_locked_out_has_no_key_either(doorway: Any, keys: list[asyncssh.SSHKey]) -> None:
    config = f"aaa new-model\naaa local authentication attempts max-fail 1\n{LOCAL}!\n{chain('bob', keys[1], True)}"

    async def story() -> None:
        async with doorway.served(config.replace(" login local\n", "")) as service:
            how = {"preferred_auth": "publickey", "password": None, "client_keys": [keys[1]]}
            async with doorway.login(service, "bob", **how):
                pass
            await refused(doorway, service, "bob")
            with pytest.raises((asyncssh.PermissionDenied, asyncssh.DisconnectError)):
                await doorway.login(service, "bob", **how)

    doorway.run(story())


def test_not_every_key_on_earth_may_be_tried(doorway: Any, keys: list[asyncssh.SSHKey]) -> None:
    many = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(KEYS + 3)]

    async def story() -> None:
        async with doorway.served(f"{LOCAL}!\n{chain('ann', keys[1], True)}") as service:
            with pytest.raises(asyncssh.DisconnectError, match="Too many authentication failures"):
                await doorway.login(service, "ann", None, client_keys=[*many, keys[1]])

    doorway.run(story())


def test_the_configured_algorithms_and_methods_are_offered_and_no_others(doorway: Any) -> None:
    config = (
        "ip ssh server algorithm encryption aes256-gcm\nip ssh server algorithm kex ecdh-sha2-nistp256\n"
        f"ip ssh server algorithm hostkey ssh-ed25519\nip ssh server algorithm authentication keyboard\n{LOCAL}"
    )

    async def story() -> None:
        async with doorway.served(config) as service:
            async with doorway.login(service, "ann", "apple") as connection:
                assert connection.get_extra_info("send_cipher") == "aes256-gcm@openssh.com"
                assert connection.get_server_host_key().get_algorithm() == "ssh-ed25519"
            for narrow in ({"encryption_algs": "aes128-ctr"}, {"kex_algs": "curve25519-sha256"}):
                with pytest.raises(asyncssh.KeyExchangeFailed):
                    await doorway.login(service, "ann", "apple", **narrow)
            await refused(doorway, service, "ann", "apple")

    doorway.run(story())


def test_a_change_of_the_algorithms_holds_for_the_next_client(doorway: Any) -> None:
    async def story() -> None:
        async with doorway.served(LOCAL) as service:
            async with doorway.login(service, "ann", "apple") as connection:
                process = await connection.create_process(term_type="vt100")
                lines = "configure terminal", "ip ssh server algorithm encryption aes256-ctr", "end", "exit"
                process.stdin.write("\n".join([*lines, ""]))
                await process.stdout.read()
            for look in service.house.watchers:
                look()
            async with doorway.login(service, "ann", "apple") as connection:
                assert connection.get_extra_info("send_cipher") == "aes256-ctr"

    doorway.run(story())
