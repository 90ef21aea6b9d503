"""The doors of a lab to the network: which router listens where, over SSH and telnet, and who keeps the sessions.

A place is `2201` (the first router there on 127.0.0.1, the next on 2202, …), `ADDRESS:2201` (the same on another
address), or `127.0.1.1:2222+` (one port, the next router on 127.0.1.2); port 0 takes any that is free.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from iosh.lab.build import Lab
from iosh.router.ports import MemoryStorage, Storage
from iosh.shell.gate import Brake, DefaultUser, Gate
from iosh.shell.pump import Pump
from iosh.shell.remote import House
from iosh.underlay.linux.storage import DirectoryStorage
from iosh.underlay.linux.workers import compute

if TYPE_CHECKING:
    from iosh.router.key_pairs import KeyPair
    from iosh.router.router import Router

_LAST_PORT: Final = 65535
_FREE_PORTS: Final = 1024

_Opener = Callable[[Gate, str, int], Awaitable[int]]


class Place(NamedTuple):
    """Where the first router listens, and what counts up for the next: ports, or addresses."""

    host: str
    port: int
    addresses: bool = False

    def of(self, index: int) -> tuple[str, int]:
        """Where the router with that number listens."""
        if self.addresses:
            return str(ipaddress.ip_address(self.host) + index), self.port
        return self.host, self.port + index if self.port else 0


class Doors(NamedTuple):
    """What the command line says of doors, as written."""

    ssh: str | None = None
    telnet: str | None = None
    user: str | None = None

    @property
    def none(self) -> bool:
        """Is nothing said?"""
        return self == Doors()


class Wanted(NamedTuple):
    """Which doors are to be opened, and who may enter where a configuration names nobody."""

    ssh: Place | None = None
    telnet: Place | None = None
    user: DefaultUser = DefaultUser()


class Reach(NamedTuple):
    """How a router is reached."""

    node: str
    protocol: str  # "ssh" | "telnet"
    host: str
    port: int


class CannotServe(Exception):
    """A door that cannot be opened or understood; the text is a sentence."""


class CannotListen(CannotServe):
    """A door that is understood and cannot be opened. `permission`: for want of the right to."""

    def __init__(self, sentence: str, permission: bool) -> None:
        super().__init__(sentence)
        self.permission = permission


def place(text: str) -> Place:
    """A place as written on the command line."""
    counted = text.endswith("+")
    host, colon, port = text.removesuffix("+").rpartition(":")
    try:
        address = str(ipaddress.ip_address(host.strip("[]"))) if colon else "127.0.0.1"
        number = int(port)
        if not 0 <= number <= _LAST_PORT or (counted and not number):
            raise ValueError
    except ValueError:
        raise CannotServe(f"{text!r} is no place to listen: write a port, ADDRESS:PORT, or ADDRESS:PORT+") from None
    return Place(address, number, counted)


def default_user(text: str) -> DefaultUser:
    """`NAME:PASSWORD` as written on the command line."""
    name, colon, password = text.partition(":")
    if not name or not colon or not password:
        raise CannotServe("write the user as NAME:PASSWORD")
    return DefaultUser(name, password, chosen=True)


def wanted(doors: Doors) -> Wanted | None:
    """What the command line asks for; `CannotServe` if that cannot be, None if it asks for no door."""
    if doors.ssh is None and doors.telnet is None:
        if doors.user is not None:
            raise CannotServe("--user says who may log in: give --ssh or --telnet too")
        return None
    ssh, telnet = (place(text) if text is not None else None for text in (doors.ssh, doors.telnet))
    return Wanted(ssh, telnet, default_user(doors.user) if doors.user is not None else DefaultUser())


def key_storage() -> Storage:
    """Where host keys of labs are kept: with the program's own data (XDG base directory specification)."""
    home = os.environ.get("XDG_DATA_HOME", "")
    base = Path(home) if os.path.isabs(home) else Path.home() / ".local" / "share"
    return DirectoryStorage(base / "iosh" / "ssh")


def _refusal(where: Place, name: str, error: Exception) -> CannotListen:
    number, permission = getattr(error, "errno", None), isinstance(error, PermissionError)
    reason = os.strerror(number) if number else error
    need = f" (ports below {_FREE_PORTS} need the capability CAP_NET_BIND_SERVICE)" if permission else ""
    return CannotListen(f"cannot listen on {where.host} port {where.port} for {name}: {reason}{need}", permission)


def _supply(pairs: list[KeyPair], router: Router) -> None:
    router.key_pairs.supply(pairs)


class Service:
    """The doors of a lab."""

    def __init__(self, lab: Lab, pump: Pump, wanted: Wanted, keys: Storage, inventory: Path | None = None) -> None:
        self.lab = lab
        self.wanted = wanted
        self.reached: list[Reach] = []
        self.gates: list[Gate] = []
        self._inventory = inventory
        self._keys = keys
        self._remark = ""
        self._brake = Brake()
        self.house = House(lab, pump)
        self._keeping: asyncio.Task[None] | None = None
        self._closing: list[Callable[[], None]] = []

    async def open(self) -> None:
        """Listen for every router; `CannotServe` if one cannot."""
        if self.wanted.ssh is not None:
            from iosh.shell.ssh import SshDoors

            await self._supply_keys()
            ssh = SshDoors(self.house)
            self._closing.append(ssh.close)
            await self._listen(ssh.open, "ssh", self.wanted.ssh)
        if self.wanted.telnet is not None:
            from iosh.shell.telnet import TelnetDoors

            telnet = TelnetDoors(self.house)
            self._closing.append(telnet.close)
            await self._listen(telnet.open, "telnet", self.wanted.telnet)
        self._keeping = asyncio.get_running_loop().create_task(self.house.keep())
        if self._inventory is not None:
            from iosh.shell.inventory import write

            write(self._inventory, self)

    async def serve(self, pouring: Coroutine[Any, Any, None]) -> int:
        """Nothing but this, until somebody ends the program: there is no console."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
        pour, end = loop.create_task(pouring), loop.create_task(ended.wait())
        try:
            await asyncio.wait((pour, end), return_when=asyncio.FIRST_COMPLETED)
            if pour.done():
                pour.result()
        finally:
            pour.cancel()
            end.cancel()
            self.close()
        return 0

    def close(self) -> None:
        """Close every door and every session."""
        if self._keeping is not None:
            self._keeping.cancel()
        for close in self._closing:
            close()
        for session in tuple(self.house.sessions):
            session.gone()

    @property
    def opening(self) -> str:
        """What is said at the start: who is reached where, a line each, and as whom."""
        width = max((len(one.node) for one in self.reached), default=0)
        lines = [f"  {one.node:<{width}}  {one.protocol} {one.host} port {one.port}" for one in self.reached]
        user = self.wanted.user
        if any(gate.is_open for gate in self.gates):
            secret = "the password given" if user.chosen else f"the password {user.password}"
            lines.append(f"  Where a config names no user, log in as {user.name} with {secret}.")
        if self._remark:
            lines.append(f"  {self._remark}")
        return "".join(f"{line}\n" for line in lines)

    def reach(self, node: str) -> str:
        """How one router is reached, for a list of nodes."""
        return ", ".join(f"{one.protocol} {one.host}:{one.port}" for one in self.reached if one.node == node)

    async def _listen(self, open_: _Opener, protocol: str, where: Place) -> None:
        for index, (name, box) in enumerate(self.lab.boxes.items()):
            gate = Gate(box, self.lab.world, self._brake, self.wanted.user)
            self.gates.append(gate)
            try:
                host, port = where.of(index)
                got = await open_(gate, host, port)
            except (OSError, OverflowError, ValueError) as error:
                raise _refusal(where, name, error) from None
            self.reached.append(Reach(name, protocol, host, got))

    async def _supply_keys(self) -> None:
        """Every router has a host key, also after a reload, unless it has saved what it generated."""
        pairs = await asyncio.gather(*(compute(partial(self._supplied, node)) for node in self.lab.boxes))
        for box, own in zip(self.lab.boxes.values(), pairs, strict=True):
            box.booted.append(partial(_supply, own))
            _supply(own, box.router)

    def _supplied(self, node: str) -> list[KeyPair]:
        from iosh.shell.host_keys import supplied

        try:
            return supplied(self._keys, node)
        except OSError as error:
            self._remark = f"The SSH host keys are for this run only: {error.filename}: {error.strerror}"
            return supplied(MemoryStorage(), node)
