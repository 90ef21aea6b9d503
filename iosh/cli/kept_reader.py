"""Reads the `kept_*.ios` files: lines that are kept and printed back. They are many, so none is read until needed.

A file is cut into blocks, a block for each first word of a mode, and when that is read, what stands below it is cut in
the same way. A block is read when something below its word is first asked for, a mode of its own when it is first
entered or listed. The notation stands in `grammar/README.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final, NamedTuple

from iosh.cli import shape
from iosh.cli.tree import LAST, Keep, KeptLines, Mode, Node, Printed, Run, split_spelling
from iosh.cli.types import INTERFACE, INTERFACE_KIND, type_of

_MODE: Final = re.compile(r'mode ([\w-]+)(?: in (\S+)\s+"([^"]*)")?((?:\s+\w+="[^"]*")*)\s*\Z')
_SETTING: Final = re.compile(r'(\w+)="([^"]*)"')
# Keywords before a secret; between them may stand the number of its type.
_SECRETS: Final = ("authentication-key", "key", "key-string", "md5", "pac", "password", "secret", "server-key")
_COLUMNS: Final = re.compile(r"\s{2,}")
_SECTION: Final = "..."
_INDENT: Final = 2
_EVERYWHERE: Final = (
    ("default", "Set a command to its defaults", None),
    ("exit", "Exit from this configuration mode", Run("do", "exit")),
    ("no", "Negate a command or set its defaults", None),
)

Places = list[Any]  # of nodes, lines of `!` and further such lists, in the order of the running-config


class Block(NamedTuple):
    """Lines that wait to be read, with their numbers, and where what they say prints."""

    file: str
    lines: list[tuple[int, str]]
    printing: Places


class KeptReader:
    """What the grammar's builder does not read itself. Its trees and its printing order are the builder's."""

    def __init__(self, modes: dict[str, Mode], printing: dict[str, Places]) -> None:
        self._modes = modes
        self._printing = printing
        self._sections: dict[tuple[str, str], Places] = {}
        self._waiting: dict[Node, list[Block]] = {}
        self._own: dict[str, None] = {}  # modes that are declared in these files alone
        self._interfaces: list[Node] = []  # just read
        self._names = 0
        self._source = ("", 0)

    def section(self, mode: str, name: str) -> Places:
        """The kept lines that print at one place: where another file says `... name`."""
        return self._sections.setdefault((mode, name), [])

    def read(self, file: str, text: str) -> None:
        """Cut a file into blocks."""
        mode, places, node = "", [], None
        for number, line in _whole_lines(text):
            if line.startswith("mode ") and (entered := _MODE.match(line)):
                mode = self._enter(entered)
                places, node = self._printing[mode], None
            elif line.startswith(_SECTION):
                name = line.removeprefix(_SECTION).strip()
                places = self.section(mode, name) if name else self._printing[mode]
            elif mode in self._own:
                root = self._modes[mode].root
                blocks = self._waiting.setdefault(root, [Block(file, [], places)])
                blocks[-1].lines.append((number, line))
            elif line == "!":
                places.append(line)
            elif line[0] == " ":
                assert node is not None
                self._waiting[node][-1].lines.append((number, line))
            else:
                node = self._await(self._modes[mode].root, file, [(number, line)], places)

    def sleep(self) -> None:
        """All that waits, waits from now on."""
        for node, blocks in self._waiting.items():
            node.sleep(lambda node=node, blocks=blocks: self._wake(node, blocks))  # type: ignore[misc]
        self._waiting = {}

    def printed(self) -> Mapping[str, tuple[Printed, ...]]:
        """What prints in each mode."""
        return _Printing(self._printing, self._modes)

    # --- cutting ---

    def _enter(self, match: re.Match[str]) -> str:
        name, parent, prompt, settings = match.groups()
        if prompt is not None:
            if name in self._modes:
                raise ValueError(f"mode {name} is declared already")
            more = dict(_SETTING.findall(settings))
            heading = more.get("heading", "Configure commands:")
            self._modes[name] = Mode(
                name, parent, prompt, {}, heading, more.get("close"), Node("", None), more.get("open")
            )
            self._printing[name] = []
            self._own[name] = None
        return name

    def _await(self, parent: Node, file: str, lines: list[tuple[int, str]], places: Places) -> Node:
        """Let lines wait at the keyword they begin with, which is known at once, and its help."""
        columns = _COLUMNS.split(lines[0][1].partition("-> ")[0].strip())
        word = columns[0].split()[0]
        self._source = file, lines[0][0]
        node = self._keyword(parent, word)
        if not node.help and columns[0] == word and len(columns) > 1 and columns[1][0] != "[":
            node.help = columns[1]
        block = Block(file, lines, [])
        places.append(block.printing)
        self._waiting.setdefault(node, []).append(block)
        return node

    # --- reading ---

    def _wake(self, node: Node, blocks: list[Block]) -> None:
        if node.parent is None:
            for word, text, meaning in _EVERYWHERE:
                common = self._keyword(node, word)
                common.help, common.meaning = text, meaning
        for block in blocks:
            if node.parent is None:
                self._below([node], block)
            else:
                self._block([node.parent], block)
        for step in self._interfaces:
            _two_words(step)
        self._interfaces.clear()
        self.sleep()
        node.finish(None, node.level)

    def _block(self, parents: list[Node], block: Block) -> None:
        """Read the first line; what stands below it, as far as it can't wait."""
        (number, line), below = block.lines[0], block.lines[1:]
        self._source = block.file, number
        try:
            ends = self._line(parents, line.strip(), bool(below), block.printing)
        except (ValueError, IndexError) as error:
            raise ValueError(f"{block.file}:{number}: {error}: {line.strip()}") from error
        if below:
            self._below(ends, block._replace(lines=below))

    def _below(self, parents: list[Node], block: Block) -> None:
        can_wait = len(parents) == 1 and not self._is_below_option(parents[0])
        for lines in _groups(block.lines):
            if lines[0][1] == "!":
                block.printing.append("!")
            elif can_wait and _is_worth_waiting(lines):
                self._await(parents[0], block.file, lines, block.printing)
            else:
                self._block(parents, block._replace(lines=lines))

    def _line(self, parents: list[Node], line: str, follows: bool, printing: Places) -> list[Node]:
        left, arrow, meaning = line.partition("-> ")
        columns = _COLUMNS.split(left.strip())
        ends = shape.plant(parents, shape.read(columns[0]), self._grow)
        keep = _meaning(meaning.strip()) if arrow else None if follows else Keep()
        for node in ends:
            for column in columns[1:]:
                if column[0] == "[":
                    node.qualify(column[1:-1])
                elif not node.help:
                    node.help = column
            if node in parents:  # nothing but options of what stands above
                continue
            if keep is not None and node.meaning is None:
                node.meaning = keep
                if isinstance(keep, Keep):
                    printing.append(node)
            elif keep is not None and isinstance(node.meaning, Keep):
                raise ValueError("said twice")
        return ends

    def _grow(self, parent: Node, word: shape.Word, option: bool, chosen: bool) -> Node:
        token_type = type_of(word.text)
        if token_type is None:
            node = self._keyword(parent, word.text, option, word.slot)
        else:
            node = next((child for child in parent.children if _same(child, word, option)), None) or self._argument(
                parent, word, option
            )
        node.slot, node.loose = word.slot, word.loose
        if node.name is None and self._is_below_option(node):
            node.name, node.constant = self._new_name(), True
        if "!" in word.mark or (token_type is None and not chosen):
            node.attributes["key"] = ""
        return node

    def _keyword(self, parent: Node, text: str, option: bool = False, slot: int = LAST) -> Node:
        word, _, printed = text.partition("/")
        for child in parent.children:
            if child.word == word and child.type is None and child.option == option and child.slot == slot:
                return child
        node = Node(word, parent, None)
        node.printed = printed or word
        node.option, node.source = option, self._source
        parent.children.append(node)
        return node

    def _argument(self, parent: Node, word: shape.Word, option: bool) -> Node:
        node = Node(word.text, parent, type_of(word.text))
        node.name, node.source = self._new_name(), self._source
        if word.text in ("WORD", "LINE") and _is_secret(parent):
            node.attributes["secret"] = ""
        if node.type is INTERFACE:
            self._interfaces.append(node)
        if "+" in word.mark:
            node.item = "*" if option else "+"
        else:
            node.option = option
        parent.children.append(node)
        return node

    def _is_below_option(self, node: Node) -> bool:
        return any(step.optional for step in node.trail())

    def _new_name(self) -> str:
        self._names += 1
        return f"#{self._names}"


def _groups(lines: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Each line that stands no deeper than the first, with the deeper ones after it."""
    depth = _depth(lines[0][1])
    begins = [position for position, (_, line) in enumerate(lines) if _depth(line) <= depth]
    for begin, end in pairwise([*begins, len(lines)]):
        yield lines[begin:end]


def _depth(line: str) -> int:
    return (len(line) - len(line.lstrip())) // _INDENT


def _is_worth_waiting(lines: list[tuple[int, str]]) -> bool:
    """Does it begin with a keyword that everything else in these lines is below?"""
    word, *more = _COLUMNS.split(lines[0][1].strip(), 1)[0].split(None, 1)
    is_keyword = "(" not in word and "[" not in word and word[-1] != "!" and type_of(word) is None
    return is_keyword and (len(lines) > 1 or bool(more))


def _whole_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, with their numbers; `@name` stands for the lines after `part name`."""
    parts: dict[str, list[tuple[int, str]]] = {}
    part: list[tuple[int, str]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.lstrip().startswith("#"):
            continue
        if line.startswith("part "):
            part = parts.setdefault(line.removeprefix("part ").strip(), [])
            continue
        if line.startswith("mode ") and _MODE.match(line):
            part = None
        name = line.lstrip()
        indent = " " * (len(line) - len(name))
        said = [(at, indent + text) for at, text in parts[name[1:].strip()]] if name[0] == "@" else [(number, line)]
        if part is not None:
            part += said
        else:
            yield from said


class _Printing(Mapping[str, tuple[Printed, ...]]):
    """The printing order of the modes, each put together when it is first asked for."""

    def __init__(self, places: dict[str, Places], modes: dict[str, Mode]) -> None:
        self._places = places
        self._modes = modes
        self._made: dict[str, tuple[Printed, ...]] = {}

    def __getitem__(self, name: str) -> tuple[Printed, ...]:
        if name not in self._made:
            for _ in self._modes[name].root.walk():
                pass
            self._made[name] = tuple(_gathered(_flat(self._places[name])))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _flat(places: Places) -> Iterator[Node | str]:
    for place in places:
        if isinstance(place, list):
            yield from _flat(place)
        else:
            yield place


def _gathered(flat: Iterator[Node | str]) -> Iterator[Printed]:
    """Kept lines that stand together, together."""
    heads: list[Node] = []
    for place in flat:
        if isinstance(place, Node) and isinstance(place.meaning, Keep):
            heads.append(place)
            continue
        if heads:
            yield KeptLines(heads)
            heads = []
        yield place
    if heads:
        yield KeptLines(heads)


def _same(child: Node, word: shape.Word, option: bool) -> bool:
    if child.word != word.text or child.slot != word.slot:
        return False
    return child.item == ("*" if option else "+") if "+" in word.mark else not child.item and child.option == option


def _two_words(node: Node) -> None:
    """As `notation` does for acting lines, once for each name a value is kept under."""
    assert node.parent is not None
    if not any(twin.type is INTERFACE_KIND and twin.name == node.name for twin in node.parent.children):
        split_spelling(node)


def _meaning(text: str) -> Keep | Run:
    """`kept`, `either`, `off`, `mode NAME`, `exit`."""
    verb, _, mode = text.partition(" ")
    if text == "exit":
        return Run("do", "exit")
    if verb not in ("kept", "either", "off", "mode") or bool(mode) != (verb == "mode"):
        raise ValueError("not a meaning of a kept line")
    return Keep("" if verb in ("kept", "mode") else verb, mode)


def _is_secret(node: Node) -> bool:
    """Is a word that follows this one a password or a key?"""
    said = [step.word for step in node.trail() if step.type is None and not step.word.isdigit()]
    return bool(said) and (said[-1] in _SECRETS or said[:1] + said[-1:] == ["snmp-server", "community"])
