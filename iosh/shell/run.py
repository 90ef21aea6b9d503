"""`iosh run CONFIG --port GigabitEthernet1=eth1`: one router on real ports, until it is told to stop.

At a terminal this is its console; without one it serves, its log on standard error, until SIGTERM or SIGINT, and then
says goodbye to its peers; SIGHUP makes the configuration what the CONFIG file then says. `iosh attach NAME` reaches the
console of either kind that has nobody at it. The CONFIG file is the startup-config, so `write memory` writes it; other
files of the router are kept in a folder.

Exit status: 0 stopped, 2 the command line or the file is wrong, 69 a port cannot be had, 77 for want of a capability
(the numbers of sysexits(3)).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from iosh.lab import keys
from iosh.lab.box import STARTUP, Box
from iosh.lab.build import Lab, build
from iosh.lab.kinds import KINDS, BadName
from iosh.lab.topology import End, Node, Topology, WayOut
from iosh.router.ports import Storage
from iosh.router.router import Router
from iosh.shell.console import say, talk
from iosh.shell.control import ControlSocket, is_running, socket_path
from iosh.shell.courier import employ
from iosh.shell.door import settle
from iosh.shell.pump import Pump
from iosh.shell.reread import configure_anew
from iosh.shell.serve import CannotListen, CannotServe, Doors, Service, Wanted, wanted
from iosh.shell.session import Session
from iosh.shell.supervised import READY, STOPPING, WARNING, notify, tell
from iosh.underlay.linux.nio import BadWord, CannotOpen
from iosh.underlay.linux.patch import Patch
from iosh.underlay.linux.storage import ConfigFileStorage, DirectoryStorage

_WRONG, _UNAVAILABLE, _NO_PERMISSION = 2, 69, 77
_NOTICE: Final = 5  # how the first lines are told, whose severity is not kept


class Wishes(NamedTuple):
    """What was asked for on the command line."""

    config: Path
    ports: tuple[str, ...]
    name: str | None = None
    nvram: Path | None = None
    doors: Doors = Doors()
    keys: Path | None = None


class _Usage(Exception):
    """The command line asks for something that cannot be; the text is a sentence."""


def run_router(wishes: Wishes) -> int:
    """Run until told to stop; the exit status."""
    name = wishes.name or wishes.config.stem
    try:
        storage = _storage(wishes, name)
        found = wanted(wishes.doors) or Wanted()
        lab = _lab(wishes, name, storage)
        _record_keys(lab.boxes[name], wishes.keys)
    except (_Usage, CannotServe, BadWord) as error:
        return _refused(error, _WRONG)
    except CannotOpen as error:
        return _refused(error, _NO_PERMISSION if error.permission else _UNAVAILABLE)
    for remark in (*lab.remarks, *_unmatched(lab.boxes[name], wishes.config)):
        tell(str(remark), WARNING)
    session = Session(lab, Pump(lab.world, on_real_wires=True), name, say, single=True)
    session.service = Service(lab, session.pump, found, storage)
    try:
        return asyncio.run(_run(session))
    except CannotListen as error:
        return _refused(error, _NO_PERMISSION if error.permission else _UNAVAILABLE)
    except CannotServe as error:
        return _refused(error, _WRONG)


def _refused(sentence: object, status: int) -> int:
    tell(f"iosh: {sentence}")
    return status


def _record_keys(box: Box, folder: Path | None) -> None:
    try:
        if folder is not None:
            keys.follow(box, folder)
    except OSError as error:
        raise _Usage(f"--keys: {error.filename}: {error.strerror}") from None


def _unmatched(box: Box, config: Path) -> Iterator[str]:
    """Ports that the configuration does not speak of, and interfaces of its that have no port: mistakes, mostly."""
    named = KINDS["iosh"].hardware((), (box.storage.read(STARTUP) or b"").decode())
    patched = [wire.port.name for wire in box.cables if isinstance(wire, Patch)]
    for port in patched:
        if port not in named:
            yield f"{config}: nothing configures {port}, which has a --port: it is shut down"
    for port in named:
        if port not in patched and not box.router.config.interfaces[port].shutdown:
            yield f"{config}: {port} has no --port, so it is never up"


async def _run(session: Session) -> int:
    """SIGTERM ends it, whenever it comes; once it ends, nothing hurries it."""
    loop, running = asyncio.get_running_loop(), asyncio.current_task()
    assert running is not None
    loop.add_signal_handler(signal.SIGTERM, running.cancel)
    try:
        return await _attended(session)
    except asyncio.CancelledError:
        return 0
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)


async def _attended(session: Session) -> int:
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    service, box = session.service, session.lab.boxes[session.node]
    assert service is not None
    control = ControlSocket(service.house, box, socket_path(session.node))
    try:
        await control.open()
    except OSError as error:
        raise CannotServe(f"the control socket: {error.filename or socket_path(box.name)}: {error.strerror}") from None
    try:
        if terminal:
            return await _console(session)
        await service.open()
        employ(session)
        _log_to_stderr(box)
        _on_hangup(partial(configure_anew, session))
        settle()
        notify(READY)
        return await service.serve(session.pour())
    finally:
        notify(STOPPING)
        control.close()


async def _console(session: Session) -> int:
    """Ending it from outside, or closing its window, is as leaving it."""
    talking = asyncio.ensure_future(talk(session, terminal=True))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, talking.cancel)
    _on_hangup(talking.cancel)
    return await talking


def _on_hangup(act: Callable[[], object]) -> None:
    """`nohup` has said that nothing shall be done."""
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, act)


def _log_to_stderr(box: Box) -> None:
    """As a service manager expects it: what the console of the router would show, from boot on, over reloads too."""

    def attach(router: Router) -> None:
        def show(line: str, severity: int, is_debug: bool) -> None:
            logging = router.config.logging
            if logging.on and logging.console_level is not None and severity <= logging.console_level:
                tell(line, severity)

        for line in router.logbook.lines:
            tell(line, _NOTICE)
        router.logbook.subscribe(show)

    box.booted.append(attach)
    attach(box.router)


def _storage(wishes: Wishes, name: str) -> Storage:
    if not name or "/" in name or name.startswith("."):
        raise _Usage(f"{name!r} is no name for a router: give another with --name")
    if is_running(name):
        raise _Usage(f"a router of the name {name} runs already: `iosh attach {name}`, or give another with --name")
    storage = ConfigFileStorage(wishes.config, STARTUP, DirectoryStorage(wishes.nvram or _data_folder(name)))
    try:
        content = storage.read(STARTUP)
    except OSError as error:
        raise _Usage(f"{wishes.config} cannot be read: {error.strerror}") from None
    if content is None:
        raise _Usage(f"there is no file {str(wishes.config)!r}")
    try:
        content.decode()
    except UnicodeDecodeError:
        raise _Usage(f"{wishes.config} is not UTF-8 text") from None
    return storage


def _data_folder(name: str) -> Path:
    """With the program's own data (XDG base directory specification), root's in /var/lib."""
    home = os.environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(home):
        return Path(home) / "iosh" / name
    return Path("/var/lib/iosh" if os.geteuid() == 0 else Path.home() / ".local/share/iosh") / name


def _lab(wishes: Wishes, name: str, storage: Storage) -> Lab:
    kind = KINDS["iosh"]
    outside: list[WayOut] = []
    for text in wishes.ports:
        word, equals, way = text.partition("=")
        if not word or not equals or not way:
            raise _Usage(f"{text!r} is no port: write INTERFACE=WAY, as GigabitEthernet1=eth1")
        try:
            port = kind.port(word)
        except BadName as error:
            raise _Usage(str(error)) from None
        if any(other.end.port == port for other in outside):
            raise _Usage(f"{port} is given twice")
        outside.append(WayOut(End(name, port), way, 0))
    if not outside:
        raise _Usage("a router needs a --port on the outside; `iosh CONFIG` runs one without")
    text = (storage.read(STARTUP) or b"").decode()
    kind = kind._replace(hardware=lambda linked, _: KINDS["iosh"].hardware(linked, text))
    node = Node(name, kind, "", str(wishes.config), 0, (), 0)
    file: Final = str(wishes.config)
    return build(Topology(name, file, {name: node}, (), (), tuple(outside)), 0, int(time.time()), {name: storage})
