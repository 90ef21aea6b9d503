"""Reads the files of `grammar/` into command trees. The notation is described in `grammar/README.md`."""

from __future__ import annotations

import re
from functools import lru_cache
from pkgutil import get_data
from typing import Any, Final

from iosh.cli.kept_reader import KeptReader
from iosh.cli.tree import LAST, Assign, Enter, Entry, Grammar, Meaning, Mode, Node, Run, split_spelling
from iosh.cli.types import INTERFACE, type_of

# Configuration files in the order of the running-config.
ORDER: Final = (
    "config.ios",
    "vrf.ios",
    "kept_boot.ios",
    "aaa.ios",
    "kept_box.ios",
    "clock.ios",
    "config_ip.ios",
    "dhcp.ios",
    "kept_dhcp.ios",
    "kept_features.ios",
    "object_groups.ios",
    "users.ios",
    "keys.ios",
    "kept_wan.ios",
    "kept_discovery.ios",
    "archive.ios",
    "services.ios",
    "kept_policy.ios",
    "kept_classes.ios",
    "kept_crypto.ios",
    "crypto.ios",
    "kept_ikev2.ios",
    "interface.ios",
    "kept_interface.ios",
    "kept_routing.ios",
    "kept_ip.ios",
    "services_interface.ios",
    "nat.ios",
    "routes.ios",
    "ssh.ios",
    "acl.ios",
    "services_ip.ios",
    "kept_lists.ios",
    "kept_acl.ios",
    "acl_numbered.ios",
    "kept_maps.ios",
    "kept_end.ios",
    "kept_voice.ios",
    "kept_phones.ios",
    "config_end.ios",
    "kept_line.ios",
    "kept_last.ios",
    "services_end.ios",
    "time_range.ios",
    "views.ios",
)
# Exec commands, read when the first of them is looked up: at start nobody asks.
EXEC: Final = (
    "exec.ios",
    "exec_files.ios",
    "exec_archive.ios",
    "exec_sessions.ios",
    "capture.ios",
    "show.ios",
    "show_lines.ios",
    "show_absent.ios",
    "show_vrf.ios",
    "show_lists.ios",
    "show_platform.ios",
    "show_ip.ios",
    "show_acl.ios",
    "show_interfaces.ios",
    "show_dhcp.ios",
    "show_nhrp.ios",
    "show_crypto.ios",
    "show_services.ios",
    "show_eigrp.ios",
)

_COLUMNS = re.compile(r"\s{2,}")
_MODE = re.compile(r'mode (\S+)(?: in (\S+))?(?:\s+"([^"]*)")?((?:\s+\w+="[^"]*")*)\s*\Z')
_SETTING = re.compile(r'(\w+)="([^"]*)"')
_PART = re.compile(r"part (\w+)\s*\Z")
_TOKEN = re.compile(r"(?:(\d)\.(?!\d))?([?*+]?)([^:\s]+?)(?::([\w]+)(=\S*|&)?)?\Z")
_PLACE = re.compile(r"([\w.]+)(?:\[([\w ]+)\])?(?:\s*\{([\w ]+|\*)\})?\Z")
_INDENT: Final = 2


class GrammarError(Exception):
    """A grammar file that does not keep to the notation: our bug, found by the first test that loads it."""


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    """The whole command language."""
    builder = Builder()
    for name in ORDER:
        read = builder.kept.read if name.startswith("kept_") else builder.read
        read(name, _text(name))
    return builder.finish(("exec", EXEC))


@lru_cache(maxsize=1)
def glossary() -> dict[str, str]:
    """Help for words whose line says none."""
    lines = (
        _COLUMNS.split(line.strip(), 1)
        for line in _text("glossary.ios").splitlines()
        if line and not line.startswith("#")
    )
    return {words[0]: words[-1] for words in lines}


def _text(name: str) -> str:
    data = get_data("iosh.grammar", name)
    assert data is not None
    return data.decode()


class Builder:
    """Grows the trees file by file."""

    def __init__(self) -> None:
        self._modes: dict[str, Mode] = {}
        self._printing: dict[str, list[Any]] = {}  # as `kept_reader.Places`
        self.kept = KeptReader(self._modes, self._printing)
        self._parts: dict[str, Node] = {}
        self._mode: Mode | None = None  # None in a part
        self._trail: list[Node] = []
        self._order = 0
        self._source = ("", 0)

    def read(self, name: str, text: str) -> None:
        """Take in one file."""
        self._mode, self._trail = None, []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            self._source = name, number
            try:
                self._line(line.rstrip())
            except (GrammarError, ValueError, IndexError) as error:
                raise GrammarError(f"{name}:{number}: {error}: {line.strip()}") from error

    def finish(self, *later: tuple[str, tuple[str, ...]]) -> Grammar:
        """The trees, ready to be walked. `later`: modes, and the files of each to read when it is first asked for."""
        for mode in self._modes.values():
            _complete(mode.root)
        self.kept.sleep()
        for name, files in later:
            root = self._modes[name].root
            root.sleep(lambda root=root, files=files: self._wake(root, files))  # type: ignore[misc]
        return Grammar(self._modes, self.kept.printed())

    def _wake(self, root: Node, files: tuple[str, ...]) -> None:
        for name in files:
            self.read(name, _text(name))
        _complete(root)

    def _line(self, line: str) -> None:
        if line.startswith("mode ") and line[5] != " ":
            self._enter(line)
            return
        part = _PART.match(line)
        if part is not None:
            self._mode, self._trail = None, [Node("", None)]
            self._parts[part[1]] = self._trail[0]
            return
        if not self._trail:
            raise GrammarError("no mode yet")
        if line == "!" and self._mode is not None:
            self._printing[self._mode.name].append("!")
            return
        if line.startswith("... ") and self._mode is not None:
            self._printing[self._mode.name].append(self.kept.section(self._mode.name, line.removeprefix("... ")))
            return
        self._order += 1
        indent = len(line) - len(line.lstrip())
        depth, odd = divmod(indent, _INDENT)
        if odd or depth >= len(self._trail):
            raise GrammarError("indentation")
        del self._trail[depth + 1 :]
        if line.lstrip().startswith("@"):
            self._insert(self._trail[depth], line.strip())
        else:
            self._trail.append(self._node(self._trail[depth], line.strip()))

    def _insert(self, parent: Node, line: str) -> None:
        """The lines of a part, each with the attributes said here."""
        name, *columns = _COLUMNS.split(line)
        for node in self._parts[name[1:]].children:
            twin = self._copied(node, parent)
            for column in columns:
                twin.qualify(column[1:-1])

    def _copied(self, node: Node, parent: Node) -> Node:
        twin = Node(node.word, parent, node.type)
        for field in (
            "printed",
            "name",
            "constant",
            "joins",
            "option",
            "item",
            "slot",
            "loose",
            "help",
            "place",
            "span",
            "level",
            "source",
        ):
            setattr(twin, field, getattr(node, field))
        twin.attributes = dict(node.attributes)
        parent.children.append(twin)
        if node.meaning is not None:
            self._means(twin, node.meaning)
        for child in node.children:
            self._copied(child, twin)
        return twin

    def _enter(self, line: str) -> None:
        match = _MODE.match(line)
        if match is None:
            raise GrammarError("not a mode line")
        name, parent, prompt, settings = match.groups()
        if prompt is not None:
            more = dict(_SETTING.findall(settings))
            heading = more.get("heading", "Configure commands:")
            if name in self._modes:
                raise GrammarError("mode declared already")
            prompts = {key.removeprefix("on_"): text for key, text in more.items() if key.startswith("on_")}
            self._modes[name] = Mode(name, parent, prompt, prompts, heading, more.get("close"), Node("", None))
            self._printing[name] = []
        if name not in self._modes:
            raise GrammarError("mode not declared")
        self._mode = self._modes[name]
        self._trail = [self._mode.root]

    def _node(self, parent: Node, line: str) -> Node:
        left, _, meaning = line.partition("-> ")
        columns = _COLUMNS.split(left.strip())
        node = self._token(parent, columns[0])
        for column in columns[1:]:
            if column.startswith("[") and column.endswith("]"):
                node.qualify(column[1:-1])
            elif not node.help:
                node.help = column
        if meaning:
            self._mean(node, meaning.strip())
        return node

    def _token(self, parent: Node, text: str) -> Node:
        match = _TOKEN.match(text)
        if match is None:
            raise GrammarError("not a token")
        slot, prefix, word, name, keep = match.groups()
        word, _, printed = word.partition("/") if word[0].islower() else (word, "", "")
        place, option = int(slot or LAST), prefix == "?" or slot is not None
        for child in parent.children:
            if child.word == word and child.name == name and child.option == option and child.slot == place:
                return child
            if child.word == word and child.type is None and child.slot == place:
                raise GrammarError("the same keyword, kept otherwise")
        node = Node(word, parent, type_of(word))
        node.printed = printed.replace("_", " ") or word
        node.name = name
        node.option, node.slot, node.loose = option, place, prefix == "?"
        node.item = prefix if prefix in "*+" else ""
        node.joins = keep == "&"
        if name is not None and node.type is None:
            node.constant = _constant(word, keep)
        node.source = self._source
        parent.children.append(node)
        return node

    def _mean(self, node: Node, text: str) -> None:
        if node.meaning is not None:
            raise GrammarError("said twice")
        self._means(node, _meaning(text))

    def _means(self, node: Node, meaning: Meaning) -> None:
        node.meaning = meaning
        node.order = self._order
        if self._mode is not None and not isinstance(meaning, Run) and node.inline is None:
            self._printing[self._mode.name].append(node)


def _complete(root: Node) -> None:
    _complete_sources(root)
    _split_spellings(root)
    root.finish()


def _split_spellings(root: Node) -> None:
    """Every interface may be said in one word or two."""
    for node in [node for node in root.walk() if node.type is INTERFACE]:
        split_spelling(node)


def _complete_sources(root: Node) -> None:
    """A field that takes "the line's kept value": which one, or `True`."""
    for node in root.walk():
        if isinstance(node.meaning, Assign) and node.meaning.fields[0][1] == "?":
            names = [step.name for step in node.trail() if step.name]
            names += [child.name for child in node.children if child.optional and child.name]
            if len(set(names)) > 1:
                raise GrammarError(f"which value of {node}?")
            path = node.meaning.fields[0][0]
            node.meaning = Assign(((path, names[0]),)) if names else Assign(((path, None),), constant=True)


def _constant(word: str, keep: str | None) -> Any:
    if keep is None:
        return True
    text = keep[1:].replace("_", " ") if keep != "&" else ""
    text = text or word
    return int(text) if text.isdigit() and keep != "&" else text


def _meaning(text: str) -> Meaning:
    verb, _, rest = text.partition(" ")
    if verb in ("show", "do", "router"):
        name, *settings = rest.split()
        return Run(verb, name, tuple((key, _value(value)) for key, _, value in (s.partition("=") for s in settings)))
    if verb in ("mode", "line") and not rest.startswith("="):
        mode, _, rest = rest.partition(" ")
        path, key, record = _path(rest)
        return Enter(mode, path, key, record, inline=verb == "line")
    if " = " in text:
        field, _, constant = text.partition(" = ")
        return Assign(((_path(field)[0], None),), _value(constant.strip()))
    if "," in text:
        paths = [tuple(field.strip().split(".")) for field in text.split(",")]
        return Assign(tuple((path, path[-1]) for path in paths))
    path, key, record = _path(text)
    if key:
        return Entry(path, key, record)
    if record:
        return Assign(((path, None),), record=record)
    return Assign(((path, "?"),))


def _path(text: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    match = _PLACE.match(text.strip())
    if match is None:
        raise GrammarError("not a meaning")
    path, key, record = match.groups()
    return tuple(path.split(".")), tuple((key or "").split()), tuple((record or "").split())


def _value(text: str) -> Any:
    if text.isdigit():
        return int(text)
    if text.startswith('"'):
        return text.strip('"')
    return {"true": True, "false": False, "none": None}.get(text, text)
