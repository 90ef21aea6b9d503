"""`iosh lab TOPOLOGY`: build it, then put a person at its consoles or carry out commands and print what they gave."""

from __future__ import annotations

import asyncio
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Final, NamedTuple

from iosh.base.time import SECOND
from iosh.lab import keys
from iosh.lab.build import EPOCH_S, Lab, build
from iosh.lab.checks import LIMIT, is_cloud, run_until_formed, troubles
from iosh.lab.file import read
from iosh.lab.link_settings import span
from iosh.lab.remark import LabRefused
from iosh.shell.console import say, talk
from iosh.shell.door import settle
from iosh.shell.lab_commands import Refused, tap_of
from iosh.shell.pump import Pump
from iosh.shell.script import BadScript, Performance, Step, from_lines, from_options
from iosh.shell.serve import CannotServe, Doors, Service, Wanted, key_storage, wanted
from iosh.shell.session import LAB_HINT, Session
from iosh.underlay.linux.nio import CannotOpen

_SCRIPTS_BEGIN: Final = 60 * SECOND
_WRONG, _FAILED = 2, 1


class Wishes(NamedTuple):
    """What was asked for on the command line."""

    topology: Path
    execute: tuple[str, ...] = ()
    script: Path | None = None
    until: str | None = None
    seed: int = 0
    speed: str | None = None
    pcap: Path | None = None
    keys: Path | None = None
    json: bool = False
    doors: Doors | None = None
    inventory: Path | None = None


class _Usage(Exception):
    """The command line asks for something that cannot be; the text is a sentence."""


def run_lab(wishes: Wishes) -> int:
    """Do what was asked for; the exit status."""
    try:
        steps = _steps(wishes)
        terminal = not steps and not wishes.script and sys.stdin.isatty() and sys.stdout.isatty()
        speed = _speed(wishes.speed)
        doors = _doors(wishes, bool(steps or wishes.script))
        live = terminal or doors is not None
        until = _until(wishes.until, live)
        if wishes.json and not (wishes.execute or wishes.script):
            raise _Usage("--json is about what --exec and --script give: there is neither")
        topology = read(wishes.topology)
        if topology.outside and (not live or until):
            raise _Usage("a lab with links to the outside goes by the clock: --exec, --script and --until do not")
        lab = build(topology, wishes.seed, int(time.time()) if live else EPOCH_S)
    except LabRefused as refused:
        print(refused, file=sys.stderr)
        return _WRONG
    except (_Usage, BadScript, CannotServe, CannotOpen) as error:
        print(f"iosh: {error}", file=sys.stderr)
        return _WRONG
    for remark in lab.remarks:
        print(remark, file=sys.stderr)
    session = Session(lab, Pump(lab.world, speed, on_real_wires=bool(lab.patches)), first_node(lab), say)
    if doors is not None:
        session.service = Service(lab, session.pump, doors, key_storage(), wishes.inventory)
    return _run(wishes, session, steps, terminal, until)


def _run(wishes: Wishes, session: Session, steps: list[Step], terminal: bool, until: int | None) -> int:
    settle()
    lab = session.lab
    keys.record(lab)
    try:
        if wishes.pcap is not None:
            _capture_all(session, wishes.pcap)
        formed = _begin(lab, until)
        if steps or wishes.script:
            session.pump.hold()
            performance = Performance(session, wishes.json)
            asyncio.run(performance.perform(steps))
            status = _FAILED if performance.failed else 0
        else:
            session.pump.resume()
            if terminal:
                print(f"{lab.topology.name}: {', '.join(lab.topology.nodes)}. You are at {session.node}.\n{LAB_HINT}")
            status = asyncio.run(talk(session, terminal))
        session.quit()
        if wishes.keys is not None:
            keys.write(lab, wishes.keys)
    except (Refused, CannotServe) as refused:
        print(f"iosh: {refused}", file=sys.stderr)
        return _WRONG
    except BrokenPipeError:
        raise  # nobody reads on
    except OSError as error:
        print(f"iosh: {error.filename}: {error.strerror}", file=sys.stderr)
        return _WRONG
    return status if formed else status or _FAILED


def first_node(lab: Lab) -> str:
    """Where a person begins: the hub if one is called so, else the first router."""
    for name in lab.boxes:
        if name.lower().startswith("hub"):
            return name
    return next(iter([*lab.boxes, *lab.hosts]), "")


def _doors(wishes: Wishes, scripted: bool) -> Wanted | None:
    doors = wanted(wishes.doors) if wishes.doors is not None else None
    if doors is not None and scripted:
        raise _Usage("--ssh and --telnet are for those who come; --exec and --script end the lab before they do")
    if doors is None and wishes.inventory is not None:
        raise _Usage("--inventory says where routers are reached: give --ssh or --telnet too")
    return doors


def _steps(wishes: Wishes) -> list[Step]:
    steps = from_options(wishes.execute)
    if wishes.script is not None:
        try:
            lines = wishes.script.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise _Usage(f"{wishes.script} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise _Usage(f"{wishes.script} is not UTF-8 text") from None
        steps += from_lines(lines, str(wishes.script))
    return steps


def _speed(text: str | None) -> Fraction:
    try:
        speed = Fraction(text or "1")
    except (ValueError, ZeroDivisionError):
        speed = Fraction(0)
    if speed <= 0:
        raise _Usage(f"--speed {text}: write how many times faster than real time, as 10")
    return speed


def _until(text: str | None, terminal: bool) -> int | None:
    """Virtual time to let pass first; None: until the cloud has formed."""
    if text is None:
        return 0 if terminal else _SCRIPTS_BEGIN
    if text == "formed":
        return None
    try:
        return span(text)
    except ValueError as error:
        raise _Usage(f"--until: {error}; or formed") from None


def _begin(lab: Lab, until: int | None) -> bool:
    """Let that much time pass. False: the cloud was to form and has not."""
    if until is not None:
        lab.world.run_until(until)
        return True
    if not is_cloud(lab):
        print("iosh: no tunnel of this lab has a next hop server: there is no cloud to form", file=sys.stderr)
        return False
    if run_until_formed(lab):
        return True
    print(f"iosh: the cloud has not formed in {LIMIT // SECOND} s:", file=sys.stderr)
    for trouble in troubles(lab):
        print(f"  {trouble}", file=sys.stderr)
    return False


def _capture_all(session: Session, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for cable in session.lab.cables:
        ends = "--".join(f"{end.node}-{end.name.replace('/', '_')}" for end in (cable.a, cable.b))
        file = folder / f"{ends}.pcap"
        session.taps[str(file)] = tap_of(session.lab, cable, file)
