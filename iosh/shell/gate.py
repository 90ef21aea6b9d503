"""Who comes in from the network: names and passwords held against the configuration, guesses slowed, failures logged.

A router whose configuration says who may come in (users, AAA, the password of its vtys) asks for that; `no login` lets
nobody in from a network without a user's password. One that names nobody knows the program's user (`--user`, else
`admin` with the password `admin`, and that one only from this machine itself): a lab's routers are meant to be reached.

After three failures in a row from an address its attempts, right or wrong, wait for one another, each longer than the
one before; so guessing on many connections at once is no faster. A wrong answer never comes sooner than a while after
the question, whether the name exists or not.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.calendar import moment
from iosh.base.record import Syslog
from iosh.cli.login import Claim, asks, claim, settings_of, user_claim
from iosh.config.rules_ssh import digest_of
from iosh.config.secrets import CLEAR
from iosh.router.acl import permits
from iosh.underlay.linux.workers import compute

if TYPE_CHECKING:
    from iosh.lab.box import Box
    from iosh.underlay.sim.world import World

FREE_FAILURES: Final = 3  # before attempts have to wait
LONGEST_WAIT: Final = 16.0  # seconds
_FIRST_WAIT: Final = 0.5
_ANSWER_AFTER: Final = 0.3  # a wrong password is never refused sooner
_FORGET_AFTER: Final = 60.0
_QUEUE: Final = 60.0  # seconds of waiting beyond which an attempt is refused unread
_ADDRESSES: Final = 4096  # remembered; the oldest is forgotten first
_PRIVILEGED: Final = 15
_LINE: Final = "vty0"  # all vtys ask the same
_SHOWN: Final = 64  # characters of a name in a message
_TOO_LONG: Final = 1024  # characters of a name or password that nobody has


class DefaultUser(NamedTuple):
    """Who may log in where the configuration has no users. `chosen`: somebody asked for it, so from anywhere."""

    name: str = "admin"
    password: str = "admin"
    chosen: bool = False


class _Trouble:
    """What an address has got wrong lately."""

    __slots__ = ("failures", "last", "next_turn")

    def __init__(self) -> None:
        self.failures = 0
        self.last = 0.0
        self.next_turn = 0.0


class Brake:
    """How long the next attempt from an address has to wait. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._troubles: dict[str, _Trouble] = {}

    def wait(self, address: str) -> float | None:
        """Seconds until an attempt made now may be judged; None: too many wait already."""
        trouble = self._troubles.get(address)
        now = self._clock()
        if trouble is None:
            return 0.0
        if now - max(trouble.last, trouble.next_turn) > _FORGET_AFTER:
            del self._troubles[address]
            return 0.0
        if trouble.failures < FREE_FAILURES:
            return 0.0
        turn = max(now, trouble.next_turn)
        if turn - now > _QUEUE:
            return None
        steps = min(trouble.failures - FREE_FAILURES, 10)
        trouble.next_turn = turn + min(LONGEST_WAIT, _FIRST_WAIT * 2.0**steps)
        return turn - now

    def failed(self, address: str) -> None:
        """A name or password was wrong."""
        trouble = self._troubles.pop(address, None) or _Trouble()
        trouble.failures += 1
        trouble.last = self._clock()
        self._troubles[address] = trouble
        if len(self._troubles) > _ADDRESSES:
            del self._troubles[next(iter(self._troubles))]


class Gate:
    """The gate of one router."""

    def __init__(self, box: Box, world: World, brake: Brake, user: DefaultUser) -> None:
        self.box = box
        self._world = world
        self._brake = brake
        self._user = user

    async def judge(self, name: str, password: str, address: str, port: int) -> Claim | None:
        """What name and password give, or None. Takes its time."""
        asked = time.monotonic()
        wait = self._brake.wait(address)
        if wait:
            await asyncio.sleep(wait)
        refused = wait is None or self._quiet(address) or max(len(name), len(password)) > _TOO_LONG
        wanted = None if refused else self._claim(name, address)
        proved = wanted is not None and await compute(partial(wanted.proved, password))
        router, now = self.box.router, self._world.now
        if proved:
            router.login_watch.succeeded(name, address, port, now)
        elif not refused:
            self._brake.failed(address)
            self._note(name, address, port)
        router.work(now)
        self._world.touch(self.box.name)
        if wanted is not None and proved:
            return wanted
        await asyncio.sleep(max(0.0, asked + self._answer_after() - time.monotonic()))
        return None

    def known_key(self, name: str, blob: bytes, address: str) -> Claim | None:
        """What a user gets who shows that a public key is his; None where it is not this user's."""
        config = self.box.router.config
        digest = digest_of(blob)
        user = next((chain.users[name] for chain in config.ssh.pubkey_chains.values() if name in chain.users), None)
        if user is None or digest not in (key.digest for key in user.hashes) or self._quiet(address):
            return None
        wanted = self._claim(name, address)
        known = config.users.get(name)
        return None if wanted is None or wanted.hopeless or known is None or known.how is None else wanted

    def entered(self, name: str, address: str, port: int) -> None:
        """Somebody came in by a public key."""
        self.box.router.login_watch.succeeded(name, address, port, self._world.now)
        self.box.router.work(self._world.now)

    def report(self, mnemonic: str, text: str) -> None:
        """`ip ssh logging events`"""
        router = self.box.router
        if router.config.ssh.logging_events:
            router.logbook.record(Syslog("SSH", 5, mnemonic, text), self._world.now)

    def admits(self, protocol: str, address: str) -> bool:
        """Does the router take a session of this kind from there now? `transport input` and `access-class` say."""
        if self.box.is_booting:
            return False
        router = self.box.router
        settings = settings_of(router.config, router.lines.free_vty() or _LINE)
        if not settings.exec or (settings.transport_input and not {"all", protocol} & set(settings.transport_input)):
            return False
        listed = settings.access_class_in
        return listed is None or permits(router.config, listed.acl, _ipv4(address))

    @property
    def tries(self) -> int:
        """Wrong passwords that end a connection."""
        return max(1, int(self.box.router.config.ssh.authentication_retries))

    @property
    def is_open(self) -> bool:
        """Does the configuration name nobody and no password, so that the program's own user may come in?"""
        wanted = asks(self.box.router, _LINE)
        return not self.box.router.config.users and (wanted.name or not wanted.password)

    def _claim(self, name: str, address: str) -> Claim | None:
        """What somebody of this name must prove; None for a name that leads nowhere."""
        router = self.box.router
        if self.is_open:
            known = name == self._user.name and (self._user.chosen or is_local(address))
            return Claim(_PRIVILEGED, CLEAR, self._user.password, hopeless=not known)
        if asks(router, _LINE).password:
            return claim(router, name, _LINE)
        # Where the line itself asks nothing, or lets nobody in: nobody comes in from a network without a password.
        user = router.config.users.get(name)
        if user is None or user.text is None:
            return None
        return user_claim(router, name, user.privilege)

    def _quiet(self, address: str) -> bool:
        """Is this a time when nobody is let in? Whom `login quiet-mode access-class` permits is."""
        router = self.box.router
        exempt = router.config.login.quiet_access_class
        if not router.login_watch.quiet(self._world.now):
            return False
        return exempt is None or not permits(router.config, exempt, _ipv4(address))

    def _answer_after(self) -> float:
        """Seconds before which no wrong password is refused: `login delay`, which `login block-for` sets to one."""
        login = self.box.router.config.login
        configured = login.delay_s or (1 if login.block is not None else 0)
        return max(_ANSWER_AFTER, float(configured))

    def _note(self, name: str, address: str, port: int) -> None:
        """`login on-failure log` writes a message of its own; without it there is this one."""
        router, now = self.box.router, self._world.now
        router.login_watch.failed(name, address, port, now)
        if router.config.login.on_failure_log is None:
            shown = "".join(letter if letter.isprintable() else "?" for letter in name[:_SHOWN])
            text = (
                f"Login failed [user: {shown}] [Source: {address}] [localport: {port}] "
                f"[Reason: Login Authentication Failed] at {moment(router.epoch_s, now).change_text}"
            )
            router.logbook.record(Syslog("SEC_LOGIN", 4, "LOGIN_FAILED", text), now)


def _ipv4(address: str) -> IPv4:
    """A client's address for an access list; one that is not IPv4 is 0.0.0.0, which few lists permit."""
    try:
        return IPv4(int(ipaddress.IPv4Address(address.removeprefix("::ffff:"))))
    except ValueError:
        return IPv4(0)


def is_local(address: str) -> bool:
    """Does a client at this address sit at this machine?"""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False
