"""A startup-config's text to a configuration, naming every line that was not taken.

Text as engineers paste it: output of `show running-config` with its heading, comments, banners, abbreviations; with
indentation or without. Indented lines under one that is not understood belong to it, and are named with it. The time it
takes grows with the number of lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from iosh.base.interface_name import kind
from iosh.base.rng import Rng
from iosh.cli.configure import Configurator, Fate, Level, Outcome
from iosh.cli.reference import line_setting
from iosh.config.model import Config, LineKey, new_interface, new_line
from iosh.config.store import Place, Store

# What surrounds a configuration in the output of `show running-config` and `show startup-config`.
_AROUND: Final = re.compile(
    r"(Building configuration\.\.\.|Current configuration ?:|Using \d+ out of \d+ bytes|\S+#show )"
)

_REASONS: Final = {
    Fate.INVALID: "not understood",
    Fate.INCOMPLETE: "incomplete",
    Fate.AMBIGUOUS: "ambiguous",
}


Nearest = Callable[[Configurator, str, int], str | None]  # of a line, and the column it fails at


class Complaint(NamedTuple):
    """One line that was not taken. `line` counts from 1, `column` from 0; `length` is that of the word at fault."""

    line: int
    column: int
    length: int
    reason: str
    severity: str = "error"  # "error" | "warning" | "note"


class Loaded(NamedTuple):
    """A configuration, what was not taken of its text, and which line wrote each place of the model."""

    config: Config
    complaints: list[Complaint]
    written: dict[Place, int]


def load(text: str, hardware: Iterable[str] | None = None, rng: Rng | None = None) -> tuple[Config, list[Complaint]]:
    """Build a configuration. `hardware` names the physical interfaces there are: those the text leaves out come up shut
    down, others are refused; None takes any, and adds nothing. `rng` salts secrets that stand in clear text.
    """
    loaded = read(text, hardware, rng)
    return loaded.config, loaded.complaints


def read(
    text: str, hardware: Iterable[str] | None = None, rng: Rng | None = None, nearest: Nearest | None = None
) -> Loaded:
    """`load`, with the origin of each part. `nearest` finds what a line that is not understood may have meant."""
    names = None if hardware is None else tuple(hardware)
    config = Config()
    loader = _Loader(Store(config, rng=rng), None if names is None else frozenset(names), nearest)
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if loader.take(number, line):
            break
    if names is not None:
        _complete(config, names)
        if not loader.written:
            config.service_timestamps_debug = config.service_timestamps_log = "datetime msec"
    return Loaded(config, loader.complaints, loader.written)


def _complete(config: Config, hardware: tuple[str, ...]) -> None:
    """What every router has, whatever its startup-config says."""
    for name in hardware:
        if name not in config.interfaces:
            interface = new_interface(name, config.version)
            interface.shutdown = True
            interface.negotiation_auto = True if kind(name) == "GigabitEthernet" else None
            config.interfaces[name] = interface
    for key in (LineKey("con", 0), LineKey("aux", 0), LineKey("vty", 0, 4)):
        if not any(line.kind == key.kind for line in config.lines):
            config.lines[key] = new_line(key.kind)


class _Loader:
    """Takes lines, keeps complaints."""

    def __init__(self, store: Store, hardware: frozenset[str] | None, nearest: Nearest | None) -> None:
        self._store = store
        self._nearest = nearest
        self._configurator = Configurator(store, hardware)
        self._unknown: tuple[int, int] | None = None  # line and indentation of one not understood: what is under it
        self._indented = False  # the line before
        self._indents = False  # any line
        self._depth = 0  # indentation of the line before
        self._doors: list[tuple[Level, int]] = []  # each mode's, and the indentation of the line that led into it
        self._refused: list[tuple[Place, int, str]] = []  # lines of a mode's object
        self.complaints: list[Complaint] = []
        self.written: dict[Place, int] = {}

    def take(self, number: int, line: str) -> bool:
        """One line of the text. True: this was its `end`."""
        configurator = self._configurator
        if configurator.collecting:
            configurator.line(line)
            return False
        mode = configurator.stack[-1]
        body = line.strip()
        indent = len(line) - len(line.lstrip())
        if not body or body.startswith("!") or _AROUND.match(body):
            if body == "!" and indent:
                self._leave(indent)
            return False
        if body == "end":
            return True
        if self._belongs(number, indent, body):
            return False
        if indent == 0 and (self._indented or (self._indents and configurator.outdented(line))):
            configurator.home()
        elif 0 < indent < self._depth and not body.startswith(("exit", "quit")):
            self._leave(indent)
        self._depth = indent
        self._indented = indent > 0
        self._indents = self._indents or self._indented
        outcome = configurator.line(line)
        if outcome.fate not in (Fate.TAKEN, Fate.LEFT):
            self._complain(number, line, outcome)
            if outcome.fate is Fate.INVALID:
                self._unknown = number, indent
            elif outcome.fate is Fate.REFUSED:
                self._refused.append((configurator.stack[-1].place, number, line))
        if configurator.stack[-1] is not mode:
            self._doors = [door for door in self._doors if door[0] in configurator.stack]
            if configurator.stack[-1] not in (door[0] for door in self._doors):
                self._doors.append((configurator.stack[-1], indent))
        changes = self._store.take()
        for change in changes:
            self.written[change.place] = number
        if self._refused and any(change.place[-1] == "shutdown" and change.new is True for change in changes):
            self._again(configurator.stack[-1].place)
        return False

    def _again(self, place: Place) -> None:
        """An interface says that it is shut down after its address, which may overlap another one's then."""
        refused = [entry for entry in self._refused if entry[0] == place]
        self._refused.clear()
        for _, number, line in refused:
            if self._configurator.line(line).fate is Fate.TAKEN:
                self.complaints = [complaint for complaint in self.complaints if complaint.line != number]
                self.written.update((change.place, number) for change in self._store.take())

    def _leave(self, indent: int) -> None:
        """The modes that lines as deep as this, or deeper, led into end here: as the text shows them."""
        while self._doors and self._doors[-1][1] >= indent and len(self._configurator.stack) > 1:
            self._doors.pop()
            self._configurator.stack.pop()

    def _belongs(self, number: int, indent: int, body: str) -> bool:
        """Is this a line under one that was not understood?"""
        if self._unknown is None:
            return False
        above, depth = self._unknown
        if indent <= depth:
            self._unknown = None
            return False
        self.complaints.append(
            Complaint(number, indent, len(body), f"belongs to line {above}, which is not understood")
        )
        return True

    def _elsewhere(self, line: str) -> str:
        """Which releases would have understood, if any."""
        word = self._configurator.of_other_releases(line)
        if word is None or word.span is None:
            return ""
        said = f"not understood by release {self._store.running.version}: {word.word} is there {word.span.text}"
        return f"{said}, or after `{line_setting(word.span.unless)}`" if word.span.unless else said

    def _meant(self, line: str, outcome: Outcome) -> str:
        """The nearest spelling, where somebody asked for it."""
        if self._nearest is None or outcome.fate is not Fate.INVALID:
            return ""
        meant = self._nearest(self._configurator, line, outcome.column)
        return f", did you mean `{meant}`?" if meant is not None else ""

    def _complain(self, number: int, line: str, outcome: Outcome) -> None:
        reason = _REASONS.get(outcome.fate) or " ".join(" ".join(outcome.text).split()).lstrip("% ")
        if outcome.fate in (Fate.INVALID, Fate.AMBIGUOUS):
            reason = self._elsewhere(line) or f"{reason}{self._meant(line, outcome)}"
        start, body = len(line) - len(line.lstrip()), line.strip()
        if outcome.fate is Fate.INVALID:
            start, body = outcome.column, (line[outcome.column :].split() or [" "])[0]
        self.complaints.append(Complaint(number, start, len(body), reason))
