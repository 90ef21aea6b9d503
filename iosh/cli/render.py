"""The running-config as text: a walk over the grammar that asks the model what each line would have to say.

Lines come in the order of the grammar's files; entries of one table come in the table's own order, each printed by the
first line that can say all of it. Nothing is printed by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from iosh.base.calendar import moment
from iosh.base.time import Instant
from iosh.cli import keep
from iosh.cli.bind import Said, attribute, entry_said, negated, reach, spoken
from iosh.cli.notation import grammar
from iosh.cli.releases import span
from iosh.cli.tree import Assign, Enter, Entry, Grammar, KeptLines, Node, trail_of
from iosh.cli.types import Type
from iosh.config.model import Config, LineKey, LineSettings, fresh
from iosh.config.rules import SORTS, places_of
from iosh.config.store import NVRAM_BYTES

BANNER_ENDS: Final = ("^C", "#", "%", "@", "~", "\x03")  # the first one the text does not hold


def running_config(config: Config, only: tuple[str, object] | None = None, everything: bool = False) -> list[str]:
    """Every line of the configuration, `version` to `end`; or of one entry of a table (`("interfaces", "Tunnel0")`).
    `everything` prints what is at its default too.
    """
    lines = list(_Printer(grammar(), config, only, everything).mode("config", config, ""))
    return [*lines, "end"]


def heading(config: Config, changed: tuple[Instant, str] | None, epoch_s: int) -> list[str]:
    """The comment lines that say when the configuration was last changed, and by whom."""
    if changed is None:
        return ["!"]
    at, by = changed
    return ["!", f"! Last configuration change at {moment(epoch_s, at).change_text}{' by ' + by if by else ''}", "!"]


def size_of(lines: list[str]) -> int:
    """Bytes of a configuration's text."""
    return sum(len(line) + 1 for line in lines)


def startup_heading(size: int) -> str:
    """`Using 1304 out of 131072 bytes`"""
    return f"Using {size} out of {NVRAM_BYTES} bytes"


class _Printer:
    """One walk. Fresh objects, from which defaults are taken, are made once for each class and release."""

    def __init__(
        self, language: Grammar, config: Config, only: tuple[str, object] | None, everything: bool = False
    ) -> None:
        self._everything = everything
        self._language = language
        self._config = config
        self._version = config.version
        self._only = only
        self._fresh: dict[tuple[type, object], Any] = {}

    def mode(self, name: str, owner: Any, indent: str) -> Iterator[str]:
        """The lines of one mode's object."""
        pristine = self._pristine(owner)
        places = places_of(owner)
        done: set[object] = set()
        only = self._only if not indent else None
        for entry in self._language.printing[name]:
            if isinstance(entry, str):
                if only is None:
                    yield indent + entry
                continue
            if isinstance(entry, KeptLines):
                if only is None and owner.kept:
                    yield from self._kept(entry, owner, indent)
                continue
            if not _stands(entry, places, self._config):
                continue
            meaning = entry.meaning
            if isinstance(meaning, Assign):
                written = tuple(path for path, _ in meaning.fields)
                if only is None and written not in done:
                    for line in _assigned(owner, pristine, entry, indent, self._version):
                        done.add(written)
                        yield line
                    if self._everything and written not in done:
                        default = _defaulted(owner, pristine, entry)
                        if default is not None:
                            done.add(written)
                            yield indent + default
                continue
            assert isinstance(meaning, Entry | Enter)
            apart = "apart" in entry.attributes
            if (meaning.path, apart) in done or (only is not None and meaning.path != (only[0],)):
                continue
            done.add((meaning.path, apart))
            yield from self._table(name, owner, meaning.path, indent, apart)

    def _kept(self, lines: KeptLines, owner: Any, indent: str) -> Iterator[str]:
        for _, kept in keep.entries(lines, owner.kept):
            mode = self._language.modes[kept.mode] if kept.mode else None
            if mode is not None and mode.open is not None:
                yield indent + mode.open
            yield indent + kept.line
            if mode is not None:
                yield from self.mode(mode.name, kept, indent + " ")
                if mode.close is not None:
                    yield indent + mode.close

    def _table(self, name: str, owner: Any, path: tuple[str, ...], indent: str, apart: bool) -> Iterator[str]:
        speakers = _speakers(self._language, name, path)
        table = reach(owner, path)
        sort = speakers[0].attributes.get("sort")
        entries = table.items() if sort is None else sorted(table.items(), key=lambda entry: SORTS[sort](entry[0]))
        for key, value in entries:
            if self._only is not None and not indent and key != self._only[1]:
                continue
            for node in speakers:
                meaning = node.meaning
                assert isinstance(meaning, Entry | Enter)
                if not self._in_release(node):
                    continue
                line = line_of(node, entry_said(type(owner), meaning, key, value))
                if line is None:
                    continue
                if ("apart" in node.attributes) != apart:  # another place prints it
                    break
                if isinstance(meaning, Enter) and meaning.inline:
                    yield from self.mode(meaning.mode, value, f"{indent}{line} ")
                    break
                yield from _indented(line, indent)
                if isinstance(meaning, Enter):
                    yield from self.mode(meaning.mode, value, indent + " ")
                    close = self._language.modes[meaning.mode].close
                    if close is not None and (self._only is None or indent):
                        yield indent + close
                break
            else:
                raise AssertionError(f"no line of the grammar says {'.'.join(path)}[{key}]")

    def _in_release(self, node: Node) -> bool:
        """Does the release that wrote the text print this form? `[print since 16]`, `[print until 16]`."""
        said = attribute(node, "print")
        return said is None or said.startswith("no") or span(said).holds(self._version)

    def _pristine(self, owner: Any) -> Any:
        name: Any = LineKey(owner.kind, 0) if isinstance(owner, LineSettings) else getattr(owner, "name", "")
        key = (type(owner), name.rstrip("0123456789/.") if isinstance(name, str) else name)
        if key not in self._fresh:
            self._fresh[key] = fresh(type(owner), name, self._version)
        return self._fresh[key]


def _speakers(language: Grammar, name: str, path: tuple[str, ...]) -> tuple[Node, ...]:
    """The lines that can print entries of one table."""
    speakers = (
        entry
        for entry in language.printing[name]
        if isinstance(entry, Node) and isinstance(entry.meaning, Entry | Enter) and entry.meaning.path == path
    )
    return tuple(sorted(speakers, key=lambda node: "apart" not in node.attributes))


def _stands(node: Node, places: frozenset[str], config: Config) -> bool:
    """Does this line print, and does it exist here?"""
    rival = node.attributes.get("absent")
    if rival is not None and reach(config, tuple(rival.removeprefix("with ").split("."))):
        return False
    if "hidden" in node.attributes or "silent" in node.attributes:
        return False
    return all(step.place is None or step.place in places for step in trail_of(node))


def _assigned(owner: Any, pristine: Any, node: Node, indent: str, version: str) -> Iterator[str]:
    if negated(owner, pristine, node, version):
        yield f"{indent}no {_unit(node)}"
        return
    said = spoken(owner, pristine, node, version)
    line = line_of(node, said) if said is not None else None
    if line is not None:
        yield from _indented(line, indent)


def _defaulted(owner: Any, pristine: Any, node: Node) -> str | None:
    """The line that says a default, if it is this one."""
    meaning = node.meaning
    assert isinstance(meaning, Assign)
    values: dict[str, Any] = {}
    for path, source in meaning.fields:
        value = reach(owner, path)
        if meaning.record or value in (None, ()) or value != reach(pristine, path):
            return None
        if value is False:
            return f"no {_unit(node)}" if source is not None or meaning.constant is True else None
        if source is not None:
            values[source] = value
        elif value != meaning.constant:
            return None
    return line_of(node, Said(values, frozenset(values)))


def _indented(line: str, indent: str) -> Iterator[str]:
    """A banner's text keeps its own lines."""
    first, *more = line.split("\n")
    yield indent + first
    yield from more


def _unit(node: Node) -> str:
    """The keywords of a line before its first argument: what `no` repeats."""
    words = []
    for step in trail_of(node):
        if step.type is not None:
            break
        words.append(step.printed)
    return " ".join(words)


# --- one line ----------------------------------------------------------------------------------------------------


def _takes(token: Type, text: str) -> bool:
    """Can this token say a text? A number cannot say a name."""
    try:
        token.read(text)
    except ValueError:
        return False
    return True


def line_of(node: Node, said: Said) -> str | None:
    """The line that ends at `node` and says all of `said`, or None if it cannot."""
    return _Line(said).whole(node)


class _Line:
    """The words of one line, and which values they have said."""

    def __init__(self, said: Said) -> None:
        self._said = said
        self._used: dict[str, str] = {}  # values said; for one put together of several words, the words so far

    def whole(self, node: Node) -> str | None:
        """All words up to `node`, then the options that are needed."""
        words: list[str] = []
        for step in trail_of(node):
            word = self._word(step)
            if word is None:
                return None
            words.append(word)
        words += self._options(node)
        if self._said.must - self._used.keys() - {attribute(node, "implied")}:
            return None
        if any(text and text != self._said.values[name] for name, text in self._used.items()):
            return None
        return " ".join(words) + (" " if "trailing" in node.attributes else "")

    def _word(self, step: Node) -> str | None:
        if step.name is None:
            return step.printed
        value = self._said.values.get(step.name)
        if value is None:
            return None
        if step.type is None:
            return step.printed if self._keyword(step, step.name, value) else None
        if isinstance(value, str) and not _takes(step.type, value):
            return None
        self._used[step.name] = ""
        if "text" in step.attributes:
            end = next(mark for mark in BANNER_ENDS if mark not in value)
            return f"{end}{value}{end}"
        return step.type.write(value)

    def _keyword(self, step: Node, name: str, value: Any) -> bool:
        if step.joins:
            said = self._used.get(name, "")
            if not isinstance(value, str) or step.constant not in value.split() or not said:
                return False
            self._used[name] = f"{said} {step.constant}"
            return True
        if isinstance(value, str) and value != step.constant and value.startswith(f"{step.constant} "):
            self._used[name] = step.constant
            return True
        self._used[name] = step.constant if isinstance(value, str) else ""
        return bool(value == step.constant) and type(value) is type(step.constant)

    def _options(self, node: Node) -> list[str]:
        words: list[str] = []
        for child in node.children:
            if child.virtual or not child.optional:
                continue
            if child.item:
                words += self._items(child)
                continue
            before = dict(self._used)
            branch = self._branch(child)
            if branch is not None and self._says_more(before):
                words += branch
            else:
                self._used = before
        return words

    def _says_more(self, before: dict[str, str]) -> bool:
        """Has the branch said something that must be said and was not?"""
        return any(self._used[name] != before.get(name) for name in self._used if name in self._said.must)

    def _items(self, child: Node) -> list[str]:
        name = child.name
        if name is None or name not in self._said.must or name in self._used:
            return []
        self._used[name] = ""
        return [child.type.write(item) if child.type else str(item) for item in self._said.values[name]]

    def _branch(self, node: Node) -> list[str] | None:
        word = self._word(node)
        if word is None:
            return None
        if all(child.optional for child in node.children):
            return [word, *self._options(node)]
        for child in node.children:
            before = dict(self._used)
            tail = None if child.optional or child.virtual else self._branch(child)
            if tail is not None:
                return [word, *tail, *self._options(node)]
            self._used = before
        return None
