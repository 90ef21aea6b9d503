"""From one configuration to another: the commands that lead there, and the difference as text.

Both configurations are printed by the grammar, so lines are compared in one spelling, each under its parents. Which
lines must be taken away is not guessed: the lines that are missing are typed into a copy, and what the copy then
prints too much is what no new line took the place of. Every command is tried on a copy before it is given out, so a
refused one (an address that another interface still has) is tried again when what stood in its way is gone.

Order matters among the entries of a table (`ip nhrp map`), and among the blocks within a block: the first peer of a
keyring that fits is taken. It does not among global blocks, which are found by name (`interface`): to type one again
would take it from those who use it, for the looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from itertools import takewhile
from typing import Any, Final, NamedTuple

from iosh.base import interface_name
from iosh.cli.configure import Configurator, Fate, Level, Outcome
from iosh.cli.notation import grammar
from iosh.cli.output import AMBIGUOUS, INCOMPLETE, caret
from iosh.cli.parse import Verdict, parse, words_of
from iosh.cli.render import running_config
from iosh.cli.tree import Enter, Entry
from iosh.config.model import Config
from iosh.config.store import ABSENT, Place, Store

PASSES: Final = 5

Path = tuple[str, ...]  # a line and, before it, the lines it stands under


class Refused(NamedTuple):
    """A command the router did not take, and its words about it."""

    line: str
    text: tuple[str, ...]


class Way(NamedTuple):
    """How to get from one configuration to another."""

    passes: tuple[tuple[Path, ...], ...]  # commands in their order
    refused: tuple[Refused, ...]

    @property
    def lines(self) -> list[str]:
        """The commands as one types them, indented under the lines that enter their modes."""
        return [line for steps in self.passes for line in typed(steps)]


def commands(old: Config, new: Config, hardware: frozenset[str] | None = None) -> list[str]:
    """The commands that turn `old` into `new`. To be taken by `apply`: a line without indentation is global."""
    return way(old, new, hardware).lines


def way(old: Config, new: Config, hardware: frozenset[str] | None = None) -> Way:
    """`commands`, with what was refused on the way. `hardware` names the physical interfaces there are."""
    return _Search(_apart_from(new, old), _apart_from(old, new), hardware).run()


def _apart_from(other: Config, config: Config) -> Config:
    """A configuration without the interfaces and routes that the other one has as well: nothing is to be done about
    them, and in large configurations they are nearly all. Physical interfaces stay: others may hang from them.
    """
    interfaces = {
        name: interface
        for name, interface in config.interfaces.items()
        if interface_name.kind(name) in interface_name.PHYSICAL
        or repr(other.interfaces.get(name)) != repr(interface)  # `==` would not see the order of a table
    }
    routes = {key: route for key, route in config.routes.items() if other.routes.get(key) != route}
    return replace(config, interfaces=interfaces, routes=routes)


def apply(configurator: Configurator, lines: Iterable[str]) -> list[Refused]:
    """Type lines as a configuration file has them, up to its `end`; what was not taken."""
    refused: list[Refused] = []
    indented = indents = False
    for line in lines:
        if configurator.collecting:
            configurator.line(line)
            continue
        body = line.strip()
        if not body or body.startswith("!"):
            continue
        if body == "end":
            break
        if not line[0].isspace() and (indented or (indents and configurator.outdented(line))):
            configurator.home()
        indented = line[0].isspace()
        indents = indents or indented
        outcome = configurator.line(line)
        if outcome.fate not in (Fate.TAKEN, Fate.LEFT):
            refused.append(Refused(body, _words(line, outcome)))
    configurator.home()
    return refused


def _words(line: str, outcome: Outcome) -> tuple[str, ...]:
    """What IOS prints about a line of a file it does not take."""
    if outcome.fate is Fate.INVALID:
        return (line, *caret(outcome.column).splitlines())
    if outcome.fate is Fate.INCOMPLETE:
        return (line, *INCOMPLETE.splitlines())
    if outcome.fate is Fate.AMBIGUOUS:
        return (AMBIGUOUS.format(line.strip()).rstrip("\n"),)
    return outcome.text


def contextual(old: Iterable[str], new: Iterable[str]) -> list[str]:
    """Lines that came (`+`), then lines that went (`-`), each below the lines it stands under: the order is IOS's."""
    before, after = outline(old), outline(new)
    came, went = ([path for path in one if path not in other] for one, other in ((after, before), (before, after)))
    return [*_marked("+", came), *_marked("-", went)]


def _marked(mark: str, paths: list[Path]) -> Iterator[str]:
    shown: Path = ()
    for path in paths:
        parents = path[:-1]
        common = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(shown, parents, strict=False))))
        yield from (" " * depth + parents[depth] for depth in range(common, len(parents)))
        shown = path
        first, *more = path[-1].split("\n")
        yield f"{' ' * len(parents)}{mark}{first}"
        yield from (f"{mark}{line}" for line in more)


def in_case_of(old: Iterable[str], new: Iterable[str]) -> list[str]:
    """`new`, where its lines differ from those of `old` by nothing but capital letters, in the case of `old`."""
    known = {_folded(path): path for path in outline(old)}
    paths: list[Path] = []
    for path in outline(new):
        depth = next((depth for depth in range(len(path), 0, -1) if _folded(path[:depth]) in known), 0)
        paths.append((*known[_folded(path[:depth])], *path[depth:]) if depth else path)
    return list(typed(paths))


def _folded(path: Path) -> Path:
    return tuple(line.lower() for line in path)


def outline(lines: Iterable[str]) -> dict[Path, None]:
    """Every line of a configuration with the lines it stands under, in order; comments and `end` left out."""
    found: dict[Path, None] = {}
    above: list[tuple[int, str]] = []
    rest = iter(lines)
    for line in rest:
        body = line.strip()
        if not body or body.startswith("!") or body == "end":
            continue
        indent = len(line) - len(line.lstrip())
        while above and above[-1][0] >= indent:
            above.pop()
        body = _with_text(body, rest)
        above.append((indent, body))
        found[tuple(one for _, one in above)] = None
    return found


# --- banners: lines that are text -----------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _text_heads() -> tuple[str, ...]:
    """The words before a text of several lines: `banner motd `."""
    return tuple(
        " ".join(step.printed for step in node.trail()[:-1]) + " "
        for mode in grammar().modes.values()
        for node in mode.root.walk()
        if "text" in node.attributes
    )


def _with_text(line: str, rest: Iterator[str]) -> str:
    """A line with the lines of the text that begins on it."""
    head = next((head for head in _text_heads() if line.startswith(head)), None)
    if head is None:
        return line
    delimiter = "^C" if line.startswith("^C", len(head)) else line[len(head)]
    lines = [line]
    if delimiter not in line[len(head) + len(delimiter) :]:
        for more in rest:
            lines.append(more)
            if delimiter in more:
                break
    return "\n".join(lines)


def typed(steps: Iterable[Path]) -> Iterator[str]:
    """Commands with the lines that enter their modes."""
    shown: Path = ()
    for path in steps:
        parents = path[:-1]
        if shown[: len(parents)] != parents:
            for depth, parent in enumerate(parents):
                if shown[: depth + 1] != parents[: depth + 1]:
                    yield " " * depth + parent
        first, *more = path[-1].split("\n")
        yield " " * len(parents) + first
        yield from more
        shown = path


# --- the search -----------------------------------------------------------------------------------------------------


class _Desk:
    """A copy of a configuration, and somebody who types into it."""

    def __init__(self, config: Config, hardware: frozenset[str] | None) -> None:
        self.store = Store(deepcopy(config))
        self.configurator = Configurator(self.store, hardware)
        self._parents: Path = ()
        self._lines: dict[Path, None] | None = None  # what it prints, until something is typed

    def lines(self) -> dict[Path, None]:
        """What it prints."""
        if self._lines is None:
            self._lines = outline(running_config(self.store.running))
        return self._lines

    @property
    def stands(self) -> tuple[Path, list[Level]]:
        """The lines that lead to where it is, and the modes entered."""
        return self._parents, self.configurator.stack[1:]

    def enter(self, parents: Path) -> None:
        """Go to the mode these lines lead to."""
        if parents != self._parents:
            self.configurator.home()
            for line in parents:
                self.configurator.line(line)
            self._parents = parents

    def type(self, path: Path) -> Outcome:
        """One command, under its parents; a text line by line."""
        self._lines = None
        self.enter(path[:-1])
        first, *more = path[-1].split("\n")
        outcome = self.configurator.line(first)
        for line in more:
            outcome = self.configurator.line(line)
        depth = len(self.configurator.stack) - 1
        if depth not in (len(path), len(path) - 1):  # another mode's line
            self.configurator.home()
            depth = 0
        self._parents = path[:depth]
        return outcome


def _takes(level: Level, line: str) -> bool:
    """Would a command be taken for one of this mode?"""
    words = words_of(line)
    words = words[words[0].text in ("no", "default") :]
    return parse(line, level.mode.root, frozenset(level.places), words=words).verdict is not Verdict.INVALID


class _Search:
    """Finds the way, pass by pass."""

    def __init__(self, old: Config, new: Config, hardware: frozenset[str] | None) -> None:
        self._new = new
        self._hardware = hardware
        self._wanted = outline(running_config(new))
        self._desk = _Desk(old, hardware)
        self._steps: list[Path] = []
        self._refused: dict[Path, Refused] = {}
        self._stood: tuple[Path, list[Level]] = ((), [])  # where the last command left who types them

    def run(self) -> Way:
        """All passes that still find something to do."""
        if self._desk.store.running == self._new and list(self._desk.lines()) == list(self._wanted):
            return Way((), ())
        passes: list[tuple[Path, ...]] = []
        while len(passes) < PASSES:
            self._steps.clear()
            self._refused.clear()
            self._stood = ((), [])
            self._pass()
            if not self._steps:
                break
            passes.append(tuple(self._steps))
        return Way(tuple(passes), tuple(self._refused.values()))

    def _pass(self) -> None:
        there = self._desk.lines()
        missing = [path for path in self._wanted if path not in there]
        release = [path for path in missing if path[0].startswith("version ")]
        if release:  # it decides what the others need not say
            self._add(release[0])
            there = self._desk.lines()
            missing = [path for path in self._wanted if path not in there]
        for path in reversed(self._superfluous(there, missing)):
            self._take_away(path)
        for path in missing:
            self._add(path)
        self._put_in_order()

    def _superfluous(self, there: dict[Path, None], missing: list[Path]) -> list[Path]:
        """The lines that no new line takes the place of; of a block that goes, only its first line."""
        if not any(path not in self._wanted for path in there):
            return []
        trial = _Desk(self._desk.store.running, self._hardware)
        for path in missing:
            trial.type(path)
        left = trial.lines()
        gone: list[Path] = []
        for path in there:
            if path in left and path not in self._wanted and not (gone and path[: len(gone[-1])] == gone[-1]):
                gone.append(path)
        return gone

    def _take_away(self, path: Path) -> None:
        """`no` of a line; where that would leave something else than what is wanted, `default`."""
        line = path[-1].split("\n")[0]
        if "\n" in path[-1] or line.startswith(_text_heads()):
            line = next(head for head in _text_heads() if line.startswith(head)).rstrip()
        bare = line.removeprefix("no ")
        taken: Path | None = None
        for text in (bare if bare != line else f"no {line}", f"default {bare}"):
            step = (*path[:-1], text)
            self._desk.enter(step[:-1])
            self._desk.store.take()
            outcome = self._desk.type(step)
            changes = self._desk.store.take()
            if outcome.fate is Fate.TAKEN and changes:
                taken = step
                if all(self._agrees(change.place, change.new) for change in changes):
                    break
        if taken is not None:
            self._note(taken)
        else:
            self._refused[step] = Refused(step[-1], outcome.text)

    def _note(self, path: Path) -> None:
        """One more command; where the mode the last one left off in would take it for its own, that is left first."""
        above, levels = self._stood
        depth = len(path) - 1
        if above[:depth] == path[:-1] and any(_takes(level, path[-1]) for level in levels[depth:]):
            self._steps += [(*above[:down], "exit") for down in range(len(above), depth, -1)]
        self._steps.append(path)
        self._stood = self._desk.stands

    def _agrees(self, place: Place, value: Any) -> bool:
        """Is this what is wanted there?"""
        found: Any = self._new
        for step in place:
            if isinstance(found, dict):
                found = found.get(step, ABSENT)
            else:
                found = getattr(found, str(step), ABSENT)
        return bool(found == value)

    def _add(self, path: Path) -> None:
        self._desk.enter(path[:-1])
        self._desk.store.take()
        outcome = self._desk.type(path)
        if outcome.fate is Fate.TAKEN:
            if self._desk.store.take() or not path[-1].startswith("no "):  # a new block may say `no …` by itself
                self._note(path)
        else:
            self._refused[path] = Refused(path[-1], outcome.text)

    def _put_in_order(self) -> None:
        """Entries of a table that stand in another order are taken away and typed again, with what is under them."""
        there = self._desk.lines()
        if list(there) == list(self._wanted):
            return
        for (parents, _), wanted in self._tables(self._wanted).items():
            stand = self._of_tables(there, parents, wanted)
            if stand == wanted or frozenset(stand) != frozenset(wanted):
                continue
            kept = 0
            for line in stand:
                kept += kept < len(wanted) and line == wanted[kept]
            self._type_again(parents, wanted[kept:])
            if self._of_tables(self._desk.lines(), parents, wanted) != wanted:  # a remark keeps the number it had
                self._type_again(parents, wanted)

    def _type_again(self, parents: Path, entries: list[str]) -> None:
        for line in reversed(entries):
            self._take_away((*parents, line))
        for line in entries:
            entry = (*parents, line)
            for path in [path for path in self._wanted if path[: len(entry)] == entry]:
                self._add(path)

    def _of_tables(self, there: dict[Path, None], parents: Path, wanted: list[str]) -> list[str]:
        """The lines of a table as they stand."""
        return [path[-1] for path in there if path[:-1] == parents and path[-1] in wanted]

    def _tables(self, lines: dict[Path, None]) -> dict[tuple[Path, Place], list[str]]:
        """The lines that are entries of a table, by the lines above them and the table's place."""
        tables: dict[tuple[Path, Place], list[str]] = {}
        for path in lines:
            self._desk.enter(path[:-1])
            found = self._table_of(path[-1])
            if found is not None:
                tables.setdefault((path[:-1], found), []).append(path[-1])
        return {key: entries for key, entries in tables.items() if len(entries) > 1}

    def _table_of(self, line: str) -> Place | None:
        """The place of the table an entry's line writes into."""
        configurator = self._desk.configurator
        words = words_of(line)
        if words[0].text == "no" or "\n" in line:
            return None
        index, parsed = configurator.lookup(line, words)
        head = parsed.states[0].node.ends if parsed.states else None
        if head is None or not isinstance(head.meaning, Entry | Enter):
            return None
        if isinstance(head.meaning, Enter) and (index == 0 or "sort" in head.attributes):
            return None
        return *configurator.stack[index].place, *head.meaning.path
