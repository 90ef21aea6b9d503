"""SSH to the routers of a lab: a server for each, passwords only, a shell or one command.

`password` and `keyboard-interactive` are offered; host keys are RSA (signing with SHA-1 too, for old clients) and
Ed25519. A few wrong passwords end a connection. Connections that have not logged in are bounded in number, the oldest
gives way, and after `ip ssh time-out`. No forwarding, no agent, no X11, no compression, no public keys. What a client
does once it is in stands in `ssh_session.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final

import asyncssh

from iosh.router.lines import SshServer, SshSession
from iosh.router.router import Router
from iosh.shell.gate import Gate
from iosh.shell.remote import House, Person
from iosh.shell.ssh_session import Session

HALF_OPEN: Final = 512  # connections that have not logged in, of all routers together
_RECOMMENDED: Final = 14  # DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE (RFC 4253)
_VERSION: Final = "iosh"

# What a client that has not logged in can make us compute stays small: no groups beyond 4096 bits.
_KEX: Final = (
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
    "diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,diffie-hellman-group16-sha512,"
    "diffie-hellman-group14-sha1"
)


Challenge = tuple[str, str, str, Sequence[tuple[str, bool]]]


def _protection(connection: asyncssh.SSHServerConnection) -> SshSession:
    """What a connection has agreed on."""
    names = ("recv_cipher", "recv_mac", "send_cipher", "send_mac")
    return SshSession(*(str(connection.get_extra_info(name) or "") for name in names))


def offer(options: asyncssh.SSHServerConnectionOptions, keys: list[asyncssh.SSHKey]) -> SshServer:
    """What `show ip ssh` tells of these options."""
    rsa = next(key for key in keys if key.get_algorithm() == "ssh-rsa")
    return SshServer(
        methods=("keyboard-interactive", "password"),
        host_keys=_names(algorithm for key in keys for algorithm in key.sig_algorithms),
        encryptions=_names(options.encryption_algs),
        macs=_names(options.mac_algs),
        key_exchanges=_names(options.kex_algs),
        rsa_bits=_modulus_bits(rsa.public_data),
        rsa_key=" ".join(rsa.export_public_key().decode().split()[:2]),
    )


def _modulus_bits(public: bytes) -> int:
    """Of an RSA key (RFC 4253 section 6.6): the algorithm's name, exponent and modulus, each behind its length."""
    for _ in range(2):
        public = public[4 + int.from_bytes(public[:4], "big") :]
    return int.from_bytes(public[4:], "big").bit_length()


def _names(algorithms: Iterable[bytes]) -> tuple[str, ...]:
    """Without the dialects of one vendor."""
    return tuple(name for name in (algorithm.decode() for algorithm in algorithms) if "@ssh.com" not in name)


class SshDoors:
    """The SSH servers of a lab."""

    def __init__(self, house: House, keys: list[asyncssh.SSHKey]) -> None:
        self._house = house
        self._half_open: dict[asyncssh.SSHServerConnection, None] = {}
        self._servers: list[asyncssh.SSHAcceptor] = []
        self._keys = keys
        self._options = asyncssh.SSHServerConnectionOptions(
            server_host_keys=keys,
            server_version=_VERSION,
            kex_algs=_KEX,
            compression_algs=None,
            login_timeout=0,  # the router's own `ip ssh time-out` counts
            encoding=None,
            line_editor=False,
            agent_forwarding=False,
            x11_forwarding=False,
            gss_host=None,
        )
        logging.getLogger("asyncssh").setLevel(logging.CRITICAL)  # a guest's mistakes are not news at the console

    async def open(self, gate: Gate, host: str, port: int) -> int:
        """Listen for one router; the port it became. `OSError` if that cannot be."""
        server = await asyncssh.listen(
            host, port, options=self._options, server_factory=lambda: _Guest(self, gate), reuse_address=True
        )
        self._servers.append(server)
        offered = offer(self._options, self._keys)

        def announce(router: Router) -> None:
            router.lines.ssh = offered

        gate.box.booted.append(announce)
        announce(gate.box.router)
        return server.get_port()

    def close(self) -> None:
        """Listen no more, and close what is open."""
        for server in self._servers:
            server.close()
        for session in tuple(self._house.sessions):
            session.gone()

    # --- what guests tell --------------------------------------------------------------------------------------------

    @property
    def house(self) -> House:
        return self._house

    def entered(self, connection: asyncssh.SSHServerConnection) -> None:
        """Somebody has connected; one who has not logged in makes room: the silent before those who speak SSH."""
        if len(self._half_open) >= HALF_OPEN:
            silent = (one for one in self._half_open if one.get_extra_info("client_version") is None)
            leaver = next(silent, None) or next(iter(self._half_open))
            del self._half_open[leaver]
            leaver.abort()
        self._half_open[connection] = None

    def settled(self, connection: asyncssh.SSHServerConnection) -> None:
        """Somebody has logged in or gone."""
        self._half_open.pop(connection, None)


class _Guest(asyncssh.SSHServer):
    """One connection."""

    def __init__(self, doors: SshDoors, gate: Gate) -> None:
        self._doors = doors
        self._gate = gate
        self._connection: Any = None
        self._address, self._port = "", 0
        self._name = ""
        self._level = 0
        self._failures = 0

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._address = str(conn.get_extra_info("peername")[0])
        self._port = int(conn.get_extra_info("sockname")[1])
        self._doors.entered(conn)
        if not self._gate.admits("ssh", self._address):
            conn.abort()
        time_out = self._gate.box.router.config.ssh.time_out_s
        self._timer = asyncio.get_running_loop().call_later(time_out, conn.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self._doors.settled(self._connection)

    def begin_auth(self, username: str) -> bool:
        banner = self._gate.box.router.config.banners.get("login")
        if banner and not self._name:
            self._connection.send_auth_banner(banner.replace("\n", "\r\n") + "\r\n")
        self._name = username
        return True

    def auth_completed(self) -> None:
        self._timer.cancel()
        self._doors.settled(self._connection)

    def public_key_auth_supported(self) -> bool:
        return False

    def password_auth_supported(self) -> bool:
        return True

    def kbdint_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        level = await self._gate.judge(username, password, self._address, self._port)
        if level is None:
            self._failures += 1
            if self._failures >= self._gate.tries:
                self._connection.disconnect(_RECOMMENDED, "Too many authentication failures")
            return False
        self._level = level
        return True

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Challenge:
        return "", "", "", [("Password: ", False)]

    async def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        return len(responses) == 1 and await self.validate_password(username, responses[0])

    def session_requested(self) -> asyncssh.SSHServerSession[bytes]:
        person = Person(self._name, self._level, self._address, self._gate.is_open, _protection(self._connection))
        return Session(self._doors.house, self._gate.box, person)
