"""SSH to the routers of a lab: a server for each; a shell, one command, or files.

`password` and `keyboard-interactive` are offered, and `publickey` where a user has one (`ip ssh pubkey-chain`). Host
keys are the router's key pairs (RSA signs with SHA-1 too, for old clients); without any it turns everybody away. A few
wrong passwords end a connection, and so do many keys. Connections that have not logged in are bounded in number, the
oldest gives way, and end after `ip ssh time-out`. No forwarding, no agent, no X11, no compression, no environment. What
a client does once it is in stands in `ssh_session.py`.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Final

import asyncssh

from iosh.router.key_pairs import KeyPair
from iosh.router.lines import SshServer, SshSession
from iosh.router.router import Router
from iosh.shell.gate import Gate
from iosh.shell.host_keys import signing
from iosh.shell.remote import House, Person
from iosh.shell.ssh_options import offers, options
from iosh.shell.ssh_session import Session

HALF_OPEN: Final = 512  # connections that have not logged in, of all routers together
SILENT_S: Final = 2.0  # a client that has not said a word for so long is none
KEYS: Final = 10  # public keys a client may try
_RECOMMENDED: Final = 14  # DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE (RFC 4253)
_VERSION: Final = "iosh"
_SHOWN: Final = 128  # characters of a message that a client had a say in

_METHODS: Final = {"publickey": "publickey", "keyboard": "keyboard-interactive", "password": "password"}

Challenge = tuple[str, str, str, Sequence[tuple[str, bool]]]


def _protection(connection: asyncssh.SSHServerConnection) -> SshSession:
    """What a connection has agreed on."""
    names = ("recv_cipher", "recv_mac", "send_cipher", "send_mac")
    return SshSession(*(str(connection.get_extra_info(name) or "") for name in names))


def offer(options: asyncssh.SSHServerConnectionOptions, router: Router, keys: list[asyncssh.SSHKey]) -> SshServer:
    """What `show ip ssh` tells of these options."""
    rsa, pair = keys[0], router.key_pairs.for_ssh(router.config)[0]
    return SshServer(
        methods=tuple(name for method, name in _METHODS.items() if offers(router.config.ssh, method)),
        host_keys=_names(algorithm for key in keys for algorithm in key.sig_algorithms),
        encryptions=_names(options.encryption_algs),
        macs=_names(options.mac_algs),
        key_exchanges=_names(options.kex_algs),
        rsa_name=pair.label,
        rsa_bits=pair.bits,
        rsa_key=" ".join(rsa.export_public_key().decode().split()[:2]),
    )


def _names(algorithms: Iterable[bytes]) -> tuple[str, ...]:
    """Without the dialects of one vendor."""
    return tuple(name for name in (algorithm.decode() for algorithm in algorithms) if "@ssh.com" not in name)


class SshDoors:
    """The SSH servers of a lab."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._half_open: dict[asyncssh.SSHServerConnection, float] = {}  # since when; infinity: a name is given
        self._servers: list[asyncssh.SSHAcceptor] = []
        self._options: dict[str, Any] = {
            "server_version": _VERSION,
            "compression_algs": None,
            "login_timeout": 0,  # the router's own `ip ssh time-out` counts
            "encoding": None,
            "line_editor": False,
            "agent_forwarding": False,
            "x11_forwarding": False,
            "gss_host": None,
        }
        logging.getLogger("asyncssh").setLevel(logging.CRITICAL)  # a guest's mistakes are not news at the console

    async def open(self, gate: Gate, host: str, port: int) -> int:
        """Listen for one router; the port it became. `OSError` if that cannot be."""
        how = {**self._options, "server_factory": partial(_Guest, self, gate)}
        follower = _Follower(gate, how)
        server = await asyncssh.listen(host, port, reuse_address=True, **how, **follower.told)
        self._servers.append(server)
        follower.server = server
        gate.box.booted.append(follower.boot)
        self._house.watchers.append(follower.look)
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
        """Somebody has connected; one who has not logged in makes room."""
        if len(self._half_open) >= HALF_OPEN:
            leaver = self._leaver()
            del self._half_open[leaver]
            leaver.abort()
        self._half_open[connection] = time.monotonic()

    def asking(self, connection: asyncssh.SSHServerConnection) -> None:
        """Somebody has given a name, and is about to prove it: such leave last."""
        if connection in self._half_open:
            self._half_open[connection] = math.inf

    def _leaver(self) -> asyncssh.SSHServerConnection:
        """Who makes room: the oldest who has long been silent, for a client speaks at once; else the oldest who has not
        given a name; else the oldest."""
        before = time.monotonic() - SILENT_S
        silent = (
            one for one, at in self._half_open.items() if at < before and one.get_extra_info("client_version") is None
        )
        nameless = (one for one, at in self._half_open.items() if at != math.inf)
        return next(silent, None) or next(nameless, None) or next(iter(self._half_open))

    def settled(self, connection: asyncssh.SSHServerConnection) -> None:
        """Somebody has logged in or gone."""
        self._half_open.pop(connection, None)


class _Follower:
    """Keeps one server at what its router's configuration and key pairs say of it."""

    def __init__(self, gate: Gate, always: dict[str, Any]) -> None:
        self._gate = gate
        self._always = always
        self.server: asyncssh.SSHAcceptor | None = None
        self.told: dict[str, Any] = {}
        self._pairs: list[KeyPair] = []
        self._keys: list[asyncssh.SSHKey] = []
        self.boot(gate.box.router)

    def boot(self, router: Router) -> None:
        """There is another router now."""
        router.key_pairs.changed = self.look
        self._follow(router)

    def look(self) -> None:
        """Has anything changed? It holds for those who connect from now on."""
        self._follow(self._gate.box.router)

    def _follow(self, router: Router) -> None:
        pairs = router.key_pairs.for_ssh(router.config)
        if not pairs:  # whoever comes is turned away, and sees nothing of the key that a server must have
            self._pairs, router.lines.ssh = [], None
            self.told = self.told or options(router.config.ssh, [asyncssh.generate_private_key("ssh-ed25519")])
            return
        if pairs != self._pairs:
            self._pairs, self._keys = pairs, signing(pairs)
        wanted = options(router.config.ssh, self._keys)
        if wanted != self.told or router.lines.ssh is None:
            self.told = wanted
            if self.server is not None:
                self.server.update(**wanted)
            router.lines.ssh = offer(asyncssh.SSHServerConnectionOptions(**self._always, **wanted), router, self._keys)


class _Guest(asyncssh.SSHServer):
    """One connection."""

    def __init__(self, doors: SshDoors, gate: Gate) -> None:
        self._doors = doors
        self._gate = gate
        self._connection: Any = None
        self._address, self._port = "", 0
        self._name = ""
        self._level = 0
        self._view: str | None = None
        self._failures = 0
        self._keys = 0
        self._by_key = False

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._address = str(conn.get_extra_info("peername")[0])
        self._port = int(conn.get_extra_info("sockname")[1])
        self._doors.entered(conn)
        disabled = self._gate.box.router.lines.ssh is None
        if disabled or not self._gate.admits("ssh", self._address):
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
        self._doors.asking(self._connection)
        return True

    def auth_completed(self) -> None:
        self._timer.cancel()
        self._doors.settled(self._connection)
        if self._by_key:
            self._gate.entered(self._name, self._address, self._port)
        self._report("SSH2_USERAUTH", f"User '{self._name}' authentication for SSH2 Session", "Succeeded")

    def public_key_auth_supported(self) -> bool:
        return self._offers("publickey")

    def password_auth_supported(self) -> bool:
        return self._offers("password")

    def kbdint_auth_supported(self) -> bool:
        return self._offers("keyboard")

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Is it this user's? He has yet to sign with it."""
        self._keys += 1
        if self._keys > KEYS:
            self._connection.disconnect(_RECOMMENDED, "Too many authentication failures")
            return False
        given = self._gate.known_key(username, key.public_data, self._address)
        self._by_key = given is not None
        if given is not None:
            self._level, self._view = given.level, given.view
        return self._by_key

    async def validate_password(self, username: str, password: str) -> bool:
        given = await self._gate.judge(username, password, self._address, self._port)
        if given is None:
            self._report("SSH2_USERAUTH", f"User '{username}' authentication for SSH2 Session", "Failed")
            self._failures += 1
            if self._failures >= self._gate.tries:
                self._connection.disconnect(_RECOMMENDED, "Too many authentication failures")
            return False
        self._level, self._view, self._by_key = given.level, given.view, False
        return True

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Challenge:
        return "", "", "", [("Password: ", False)]

    async def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        return len(responses) == 1 and await self.validate_password(username, responses[0])

    def _offers(self, method: str) -> bool:
        return offers(self._gate.box.router.config.ssh, method)

    def _report(self, mnemonic: str, what: str, outcome: str) -> None:
        cipher = self._connection.get_extra_info("recv_cipher")
        mac = self._connection.get_extra_info("recv_mac")
        shown = "".join(letter if letter.isprintable() else "?" for letter in what[:_SHOWN])
        where = f"from {self._address} (tty = 0) using crypto cipher '{cipher}', hmac '{mac}'"
        self._gate.report(mnemonic, f"{shown} {where} {outcome}")

    def session_requested(self) -> asyncssh.SSHServerSession[bytes]:
        self._report("SSH2_SESSION", "SSH2 Session request", "Succeeded")
        guarded = _protection(self._connection)
        person = Person(self._name, self._level, self._address, self._gate.is_open, guarded, self._view)
        return Session(self._doors.house, self._gate.box, person)
