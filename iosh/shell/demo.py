"""The story of `make demo`: a phase 3 cloud built, brought up, used, and watched while its way gets shorter.

At a terminal it ends at the hub's prompt. Without one it ends with status 0, or with 1 and the reason if the cloud did
not form, a ping was lost or the way did not get shorter.
"""

from __future__ import annotations

import asyncio
import sys
import time
import warnings
from pathlib import Path
from typing import Final

from rich.console import Console as Screen
from rich.markup import escape

from iosh.base.time import MILLISECOND
from iosh.lab import keys
from iosh.lab.build import EPOCH_S, Lab, build
from iosh.lab.checks import run_until_formed, troubles
from iosh.lab.file import read
from iosh.lab.remark import LabRefused
from iosh.lab.run import Runner
from iosh.shell.console import say, talk
from iosh.shell.lab_commands import help_text
from iosh.shell.pump import Pump
from iosh.shell.session import Session

_HUB, _SPOKE, _STATION, _FAR = "hub", "spoke1", "pc1", "10.2.0.10"
_VIA_HUB: Final = "10.255.0.1 "


class Failed(Exception):
    """The demonstration did not show what it should; the text says what."""


class _Story:
    def __init__(self, lab: Lab, screen: Screen) -> None:
        self._lab = lab
        self._runner = Runner(lab)
        self._screen = screen

    def tell(self) -> None:
        """All of it; `Failed` where the lab does not play along."""
        self._heading("Before: the routers have booted, nothing has been sent")
        self._type(_HUB, "show dmvpn")
        self._heading("The spokes build IKEv2 sessions to the hub and register")
        self._bring_up()
        self._type(_HUB, "show dmvpn")
        self._type(_HUB, "show crypto session")
        self._heading("A station behind SPOKE1 looks for one behind SPOKE2: the first way leads through the hub")
        first = self._type(_STATION, f"traceroute -q 1 {_FAR}")
        self._heading("The hub has told them to talk directly; a tunnel from spoke to spoke stands")
        ping = self._type(_STATION, f"ping -c 5 {_FAR}")
        second = self._type(_STATION, f"traceroute -q 1 {_FAR}")
        self._type(_SPOKE, "show dmvpn")
        self._type(_SPOKE, "show ip route")
        if " 0% packet loss" not in ping:
            raise Failed("packets were lost between the LANs")
        if _VIA_HUB not in first or _VIA_HUB in second:
            raise Failed("the way between the spokes did not get shorter")

    def _bring_up(self) -> None:
        began = time.monotonic_ns()
        formed = run_until_formed(self._lab)
        took = (time.monotonic_ns() - began) // MILLISECOND
        if not formed:
            raise Failed("\n  ".join(["the cloud did not form:", *map(str, troubles(self._lab))]))
        virtual = self._lab.world.now // MILLISECOND
        self._say(f"Every spoke is registered after {virtual} ms of the lab's time, {took} ms of yours.\n")

    def _type(self, node: str, command: str) -> str:
        self._say(f"[bold]{escape(self._runner.prompt(node) + command)}[/bold]")
        answer = self._runner.execute(node, command)
        print(answer.text)
        if not answer.taken:
            raise Failed(f"{node} did not take {command!r}")
        return answer.text

    def _heading(self, text: str) -> None:
        self._screen.print(f"\n[bold]=== {text} ===[/bold]\n", soft_wrap=True)

    def _say(self, text: str) -> None:
        self._screen.print(text, soft_wrap=True)


def main() -> int:
    """Tell the story; the exit status."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("examples/dmvpn-phase3/dmvpn-phase3.clab.yml")
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    screen = Screen(highlight=False)
    try:
        began = time.monotonic_ns()
        lab = build(read(path), epoch_s=int(time.time()) if terminal else EPOCH_S)
        took = (time.monotonic_ns() - began) // MILLISECOND
        keys.record(lab)
        for remark in lab.remarks:
            print(remark)
        routers, stations = len(lab.boxes), len(lab.hosts)
        print(f"{path}: {routers} routers, {stations} stations, {len(lab.cables)} cables, built in {took} ms.\n")
        _Story(lab, screen).tell()
    except LabRefused as refused:
        print(refused, file=sys.stderr)
        return 1
    except Failed as failed:
        print(f"demo: {failed}", file=sys.stderr)
        return 1
    if terminal:
        screen.print("\n[bold]=== Your turn: you are at HUB's console ===[/bold]\n")
        print(":SPOKE1 moves to a spoke, :pc1 to a station, ? helps at once, :quit ends it.\n" + help_text())
        asyncio.run(talk(Session(lab, Pump(lab.world), _HUB, say), terminal))
    return 0


if __name__ == "__main__":
    sys.exit(main())
