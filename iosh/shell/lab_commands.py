"""Commands outside IOS's own command space: lines that begin with a colon. They act on the lab, not on a router.

No IOS command begins with `:`, so nothing is taken from it. Words may be abbreviated as long as they are unambiguous;
`:SPOKE1` alone goes to that node. Each error is one sentence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from iosh.base.time import clock
from iosh.lab import keys
from iosh.lab.build import Lab
from iosh.lab.link_settings import NAMES, changed, span, span_text, words
from iosh.shell.pump import Pump
from iosh.underlay.sim.cable import Cable
from iosh.underlay.sim.tap import Tap

if TYPE_CHECKING:  # without --ssh or --telnet there is none
    from iosh.shell.serve import Service


class Refused(Exception):
    """A lab command that cannot be obeyed; the text is the sentence to print."""


class Person(Protocol):
    """Who gives lab commands: somebody at a console, or a script."""

    lab: Lab
    pump: Pump
    taps: dict[str, Tap]
    service: Service | None
    node: str

    def write(self, text: str) -> object: ...
    def go(self, node: str) -> None: ...
    def quit(self) -> None: ...


class Command(NamedTuple):
    """One lab command: its words for help, what it is for, what it does with the words after it."""

    usage: str
    help: str
    act: Callable[[Person, list[str]], Awaitable[None]]


async def obey(person: Person, line: str) -> None:
    """Carry out one line that begins with a colon; `Refused` if it cannot be."""
    found = line.strip().removeprefix(":").split()
    if not found or found == ["?"]:
        found = ["help"]
    word, rest = found[0], found[1:]
    names = [name for name in COMMANDS if name.startswith(word.lower())]
    if word.lower() in COMMANDS:
        names = [word.lower()]
    node = person.lab.find(word)
    if node is not None and not rest and (not names or word.lower() not in COMMANDS):
        _move(person, node)
    elif len(names) == 1:
        await COMMANDS[names[0]].act(person, rest)
    elif names:
        raise Refused(f":{word} is ambiguous: {', '.join(':' + name for name in names)}")
    else:
        raise Refused(f"there is no lab command :{word} and no node of that name; :help lists what there is")


def complete(lab: Lab, typed: str) -> str | None:
    """`:cu` completed to `:cut `, also names of nodes and links; None if that is not unique."""
    head, blank, last = typed[1:].rpartition(" ")
    if not blank:
        choices = [*COMMANDS, *lab.topology.nodes]
    elif head.split()[0] in ("cut", "heal", "set", "capture"):
        choices = [f"{end.node}:{end.name}" for cable in lab.cables for end in (cable.a, cable.b)]
    else:
        choices = list(lab.topology.nodes)
    fitting = list(dict.fromkeys(choice for choice in choices if choice.lower().startswith(last.lower())))
    return f":{head}{blank}{fitting[0]} " if len(fitting) == 1 else None


def _one(words_given: list[str], what: str) -> str:
    if len(words_given) != 1:
        raise Refused(f"give {what}")
    return words_given[0]


def _none(words_given: list[str]) -> None:
    if words_given:
        raise Refused(f"nothing is expected after it, not {' '.join(words_given)!r}")


def _cable(person: Person, text: str) -> Cable:
    try:
        return person.lab.cable(text)
    except ValueError as error:
        raise Refused(str(error)) from None


def _ends(cable: Cable) -> str:
    return f"{cable.a.node}:{cable.a.name} -- {cable.b.node}:{cable.b.name}"


# --- the lab ----------------------------------------------------------------------------------------------------------


async def _nodes(person: Person, rest: list[str]) -> None:
    _none(rest)
    lab = person.lab
    width = max(map(len, lab.topology.nodes))
    for name, node in lab.topology.nodes.items():
        box = lab.boxes.get(name)
        host = f" {box.router.config.hostname}" if box else ""
        state = " (booting)" if box and box.is_booting else ""
        mark = "*" if name == person.node else " "
        reached = f"  {person.service.reach(name)}" if person.service is not None else ""
        person.write(f"{mark} {name:<{width}}  {node.kind.name:<14}{host}{state}{reached}\n")


async def _go(person: Person, rest: list[str]) -> None:
    word = _one(rest, "the name of a node, as :go SPOKE1")
    node = person.lab.find(word)
    if node is None:
        raise Refused(f"there is no node {word!r}: there are {', '.join(person.lab.topology.nodes)}")
    _move(person, node)


def _move(person: Person, node: str) -> None:
    if node in person.lab.switches:
        raise Refused(f"{node} is a switch: it has no console")
    person.go(node)


async def _quit(person: Person, rest: list[str]) -> None:
    _none(rest)
    person.quit()


async def _help(person: Person, rest: list[str]) -> None:
    _none(rest)
    person.write(help_text())


def help_text() -> str:
    """What `:help` and `:?` print."""
    width = max(len(command.usage) for command in COMMANDS.values())
    lines = [f"  {command.usage:<{width}}  {command.help}" for command in COMMANDS.values()]
    return "Lab commands:\n" + "".join(f"{line}\n" for line in lines)


# --- time -------------------------------------------------------------------------------------------------------------


async def _speed(person: Person, rest: list[str]) -> None:
    if not rest:
        lag = ", and the lab is too busy to keep it" if person.pump.is_behind else ""
        person.write(f"Time runs {_times(person.pump.speed)}{lag}.\n")
        return
    word = _one(rest, "how many times faster than real time, as :speed 10").lower().removesuffix("x")
    try:
        speed = Fraction(word)
        if not Fraction(1, 1000) <= speed <= 100_000:
            raise ValueError
    except (ValueError, ZeroDivisionError):
        raise Refused(f"{word!r} is not a speed from 0.001 to 100000") from None
    person.pump.set_speed(speed)
    person.write(f"Time runs {_times(speed)}.\n")


def _times(speed: Fraction) -> str:
    return "in real time" if speed == 1 else f"{float(speed):g} times real time"


async def _pause(person: Person, rest: list[str]) -> None:
    _none(rest)
    person.pump.pause()
    person.write("Time stands still; :resume lets it go on, :run 10s lets a while pass.\n")


async def _resume(person: Person, rest: list[str]) -> None:
    _none(rest)
    person.pump.resume()
    person.write(f"Time runs {_times(person.pump.speed)}.\n")


async def _run(person: Person, rest: list[str]) -> None:
    word = _one(rest, "how long, as :run 60s")
    try:
        much = span(word if not word.isdigit() else f"{word}s")
    except ValueError as error:
        raise Refused(str(error)) from None
    try:
        await person.pump.run_for(much)
    except asyncio.CancelledError:
        person.write(f"Broken off; the lab is {clock(person.lab.world.now)} old.\n")
        raise
    person.write(f"{span_text(much)} passed; the lab is {clock(person.lab.world.now)} old.\n")


# --- cables -----------------------------------------------------------------------------------------------------------


async def _links(person: Person, rest: list[str]) -> None:
    _none(rest)
    shown = [_ends(cable) for cable in person.lab.cables]
    width = max(map(len, shown), default=0)
    for cable, text in zip(person.lab.cables, shown):
        said = words(cable.settings)
        lost = ", ".join(f"{n} {name}" for drops in cable.drops().values() for name, n in drops.items() if n)
        parts = ["up" if cable.is_up else "cut", *([said] if said else []), *([f"dropped: {lost}"] if lost else [])]
        person.write(f"  {text:<{width}}  {'; '.join(parts)}\n")


async def _cut(person: Person, rest: list[str]) -> None:
    cable = _cable(person, _one(rest, "one end of the link, as :cut HUB:eth1"))
    if not cable.is_up:
        raise Refused(f"{_ends(cable)} is cut already")
    cable.cut()
    person.write(f"{_ends(cable)} is cut.\n")


async def _heal(person: Person, rest: list[str]) -> None:
    cable = _cable(person, _one(rest, "one end of the link, as :heal HUB:eth1"))
    if cable.is_up:
        raise Refused(f"{_ends(cable)} is not cut")
    cable.heal()
    person.write(f"{_ends(cable)} is whole again.\n")


async def _set(person: Person, rest: list[str]) -> None:
    if len(rest) != 3:
        raise Refused(f"give a link, a setting and a value, as :set HUB:eth1 loss 5%; settings: {', '.join(NAMES)}")
    cable = _cable(person, rest[0])
    try:
        cable.settle(changed(cable.settings, rest[1], rest[2]))
    except ValueError as error:
        raise Refused(str(error)) from None
    person.write(f"{_ends(cable)}: {words(cable.settings) or 'a plain cable'}.\n")


# --- files ------------------------------------------------------------------------------------------------------------


async def _capture(person: Person, rest: list[str]) -> None:
    if rest == ["stop"]:
        if not person.taps:
            raise Refused("nothing is being captured")
        for file, tap in person.taps.items():
            tap.close()
            person.write(f"{file}: {tap.frames} frames.\n")
        person.taps.clear()
        return
    if not rest:
        for file, tap in person.taps.items():
            tap.flush()
            person.write(f"{file}: {tap.frames} frames so far.\n")
        if not person.taps:
            person.write("Nothing is being captured.\n")
        return
    if len(rest) != 2:
        raise Refused("give a link and a file, as :capture HUB:eth1 hub.pcap, or :capture stop")
    cable, file = _cable(person, rest[0]), rest[1]
    if file in person.taps:
        raise Refused(f"{file} is being written already; :capture stop ends it")
    person.taps[file] = tap_of(person.lab, cable, Path(file))
    person.write(f"Capturing {_ends(cable)} into {file}; :capture stop ends it.\n")


def tap_of(lab: Lab, cable: Cable, path: Path) -> Tap:
    """A cable's frames into a file; `Refused` if it cannot be written."""
    try:
        return Tap(lab.world, cable, str(path))
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}") from None


async def _keys(person: Person, rest: list[str]) -> None:
    folder = Path(_one(rest, "a folder for the key files, as :keys captures"))
    try:
        esp, ike = keys.write(person.lab, folder)
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror}") from None
    person.write(f"Keys of {esp} ESP and {ike} IKE security associations are in {folder}.\n")


async def _inventory(person: Person, rest: list[str]) -> None:
    folder = Path(_one(rest, "a folder for the inventories, as :inventory inventory"))
    if person.service is None:
        raise Refused("no router is reached from outside: begin the lab with --ssh")
    from iosh.shell.inventory import write

    try:
        files = write(folder, person.service)
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror}") from None
    person.write(f"Written to {folder}: {', '.join(files)}.\n")


COMMANDS: Final[dict[str, Command]] = {
    "nodes": Command(":nodes", "what stands in the lab", _nodes),
    "go": Command(":go NODE", "move to a node's console; also :NODE", _go),
    "links": Command(":links", "the cables, what they do and what they dropped", _links),
    "cut": Command(":cut NODE:PORT", "cut a cable", _cut),
    "heal": Command(":heal NODE:PORT", "make it whole again", _heal),
    "set": Command(":set NODE:PORT SETTING VALUE", f"change a cable: {', '.join(NAMES)}", _set),
    "speed": Command(":speed [N]", "run time N times faster than the wall clock", _speed),
    "pause": Command(":pause", "stop time", _pause),
    "resume": Command(":resume", "let time go on", _resume),
    "run": Command(":run SPAN", "let a while pass as fast as it goes, as :run 60s", _run),
    "capture": Command(":capture NODE:PORT FILE", "write a cable's frames to a pcap file; :capture stop", _capture),
    "keys": Command(":keys FOLDER", "write the IKE and ESP keys for Wireshark", _keys),
    "inventory": Command(":inventory FOLDER", "write inventories for Ansible, Nornir and pyATS", _inventory),
    "help": Command(":help", "this list; also :?", _help),
    "quit": Command(":quit", "end the lab", _quit),
}
