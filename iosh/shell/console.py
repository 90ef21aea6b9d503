"""`iosh [STARTUP-CONFIG]`: one router, its NVRAM, a prompt."""

from __future__ import annotations

import os
import sys
import termios
import time
import tty
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from iosh.lab.box import STARTUP
from iosh.lab.build import Lab, build
from iosh.lab.kinds import KINDS
from iosh.lab.topology import Node, Topology
from iosh.router.ports import MemoryStorage, Storage
from iosh.shell.door import settle
from iosh.shell.pump import Pump
from iosh.shell.session import Session
from iosh.underlay.linux.storage import DirectoryStorage

if TYPE_CHECKING:  # imported when doors are asked for
    from iosh.shell.serve import Doors

_NAME: Final = "router"
_PORTS: Final = tuple(f"GigabitEthernet{number}" for number in range(1, 5))


class _NotBooted(Exception):
    """The router cannot be started; the text is a sentence."""


def run_console(startup_config: Path | None, nvram: Path | None, doors: Doors | None = None) -> int:
    """Run until the person leaves; the exit status."""
    try:
        text, storage = _storage(startup_config, nvram)
        lab = _lab(text, storage, str(startup_config or "startup-config"))
    except (_NotBooted, OSError) as error:
        print(f"iosh: {error}", file=sys.stderr)
        return 2
    for remark in lab.remarks:
        print(remark, file=sys.stderr)
    pump = Pump(lab.world)
    session = Session(lab, pump, _NAME, say, single=True)
    status = _talk(session, doors, storage)
    if startup_config is not None and nvram is None and storage.read(STARTUP) != text.encode():
        print("What was saved to NVRAM was in memory only; --nvram DIR keeps it.", file=sys.stderr)
    return status


def _talk(session: Session, doors: Doors | None, storage: Storage) -> int:
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if doors is None or doors.none:
        if terminal:
            with _prompt_standing(session.prompt):
                import asyncio

                import iosh.shell.repl  # noqa: F401
        else:
            import asyncio
        return asyncio.run(talk(session, terminal))
    import asyncio

    from iosh.shell.serve import CannotServe, Service, key_storage, wanted

    keys = storage if isinstance(storage, DirectoryStorage) else key_storage()
    try:
        found = wanted(doors)
        if found is not None:
            session.service = Service(session.lab, session.pump, found, keys)
        return asyncio.run(talk(session, terminal))
    except CannotServe as error:
        print(f"iosh: {error}", file=sys.stderr)
        return 2


def say(text: str) -> None:
    """Onto the screen, whoever stands in for standard output at the time: above the prompt while there is one."""
    sys.stdout.write(text)


async def talk(session: Session, terminal: bool) -> int:
    """Talk to a session at a terminal, in real time, or else line by line from standard input."""
    if session.single:
        from iosh.shell.courier import employ

        employ(session)
    if session.service is not None:
        await session.service.open()
        say(session.service.opening)
        if not terminal:
            settle()
            return await session.service.serve(session.pour())
    if not terminal:
        from iosh.shell import plain

        settle()
        session.pump.hold()
        return await plain.converse(session, sys.stdin, sys.stdout)
    import asyncio

    from iosh.shell import repl
    from iosh.underlay.linux.workers import begin

    session.elsewhere = begin
    settle()
    talking = asyncio.create_task(repl.converse(session))
    pouring = asyncio.create_task(session.pour())
    try:
        done, _ = await asyncio.wait((talking, pouring), return_when=asyncio.FIRST_COMPLETED)
        for task in done:  # time must not stop unnoticed: what went wrong in the lab ends the program
            task.result()
    finally:
        talking.cancel()
        pouring.cancel()
        session.quit()
        if session.service is not None:
            session.service.close()
    return 0


@contextmanager
def _prompt_standing(prompt: str) -> Iterator[None]:
    """Let the prompt stand on the screen while event loop and line editor load; what is typed meanwhile is kept."""
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard, termios.TCSADRAIN)
    try:
        sys.stdout.write(prompt)
        sys.stdout.flush()
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
        sys.stdout.write("\r\x1b[K")
        sys.stdout.flush()


def _storage(startup_config: Path | None, nvram: Path | None) -> tuple[str, Storage]:
    """What the router boots with, and where it keeps its files."""
    if startup_config is None:
        storage = DirectoryStorage(nvram or _data_folder())
        return (storage.read(STARTUP) or b"").decode("utf-8", "replace"), storage
    try:
        text = startup_config.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _NotBooted(
            f"there is no file {str(startup_config)!r}, and no command of that name (iosh --help)"
        ) from None
    except UnicodeDecodeError:
        raise _NotBooted(f"{startup_config} is not UTF-8 text") from None
    if nvram is None:
        return text, MemoryStorage()
    storage = DirectoryStorage(nvram)
    if storage.read(STARTUP) is not None:
        raise _NotBooted(f"{nvram} holds a startup-config already: leave out {startup_config}, or give another folder")
    return text, storage


def _data_folder() -> Path:
    """Where the XDG base directory specification has a program's own data."""
    home = os.environ.get("XDG_DATA_HOME", "")
    base = Path(home) if os.path.isabs(home) else Path.home() / ".local" / "share"
    return base / "iosh" / "nvram"


def _lab(text: str, storage: Storage, file: str) -> Lab:
    def hardware(linked: Iterable[str], startup: str) -> list[str]:
        return KINDS["iosh"].hardware((), startup) or list(_PORTS)

    kind = KINDS["iosh"]._replace(hardware=hardware)
    node = Node(_NAME, kind, text, file, 0, (), 0)
    seed = int.from_bytes(os.urandom(8), "big")
    return build(Topology(_NAME, file, {_NAME: node}, ()), seed, int(time.time()), {_NAME: storage})
