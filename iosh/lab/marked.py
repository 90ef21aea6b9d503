"""YAML read with its places: every key and value knows its line, and what is not understood is remarked on.

PyYAML composes the text into nodes that carry marks; nothing is constructed into Python objects but plain text,
lists and mappings as they are asked for. Anchors, aliases and merge keys (`<<`) work.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import yaml

from iosh.lab.remark import Remark


class Value(NamedTuple):
    """One value of the document, with the node that holds its place."""

    node: yaml.Node
    place: str  # how to call it: `topology.nodes.hub.kind`

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    @property
    def column(self) -> int:
        return int(self.node.start_mark.column) + 1

    @property
    def empty(self) -> bool:
        """`key:` with nothing behind it."""
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag == "tag:yaml.org,2002:null"


class Document:
    """A YAML file being read. Every reading method returns something usable and remarks on what it had to leave out."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.remarks: list[Remark] = []
        self.root: Value | None = None
        self._loader = yaml.SafeLoader(text)
        try:
            node = self._loader.get_single_node()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            reason = ", ".join(part for part in (error.context, error.problem) if part)
            self.remarks.append(Remark(file, line, column, f"not YAML: {reason}"))
        except (yaml.YAMLError, RecursionError) as error:
            self.remarks.append(Remark(file, 0, 0, f"not YAML: {error}"))
        else:
            if node is None:
                self.remarks.append(Remark(file, 1, 0, "the file is empty"))
            else:
                self.root = Value(node, "")

    def wrong(self, value: Value, sentence: str) -> None:
        """Remark on a value."""
        self.remarks.append(Remark(self.file, value.line, value.column, sentence))

    def mapping(self, value: Value) -> dict[str, Value]:
        """Keys to values, in order; empty for a key with nothing behind it. A key said twice is remarked on."""
        node = value.node
        if value.empty:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.wrong(value, f"{value.place or 'the file'} must be a mapping of names to values")
            return {}
        own = sum(key.tag != "tag:yaml.org,2002:merge" for key, _ in node.value)
        try:
            self._loader.flatten_mapping(node)
        except yaml.constructor.ConstructorError as error:
            self.wrong(value, f"{error.problem}")
            return {}
        found: dict[str, Value] = {}
        merged = len(node.value) - own
        for index, (key, child) in enumerate(node.value):
            if not isinstance(key, yaml.ScalarNode):
                self.wrong(Value(key, ""), "a name must be plain text")
                continue
            name = str(key.value)
            if name in found and index > merged:
                self.wrong(Value(key, ""), f"{name!r} is said twice")
            found[name] = Value(child, f"{value.place}.{name}" if value.place else name)
        return found

    def keys(self, value: Value) -> dict[str, Value]:
        """The keys of a mapping themselves, for remarks on a key."""
        if not isinstance(value.node, yaml.MappingNode):
            return {}
        return {str(key.value): Value(key, f"{value.place}.{key.value}") for key, _ in value.node.value}

    def sequence(self, value: Value) -> Iterator[Value]:
        """The items of a list."""
        if value.empty:
            return
        if not isinstance(value.node, yaml.SequenceNode):
            self.wrong(value, f"{value.place} must be a list")
            return
        for index, child in enumerate(value.node.value):
            yield Value(child, f"{value.place}[{index}]")

    def text(self, value: Value) -> str | None:
        """A scalar as text; numbers and booleans as they are written."""
        if isinstance(value.node, yaml.ScalarNode) and not value.empty:
            return str(value.node.value)
        self.wrong(value, f"{value.place} must be text")
        return None

    def check_keys(self, value: Value, found: dict[str, Value], known: set[str]) -> None:
        """Remark on every key that is not known."""
        places = self.keys(value)
        for name in found:
            if name not in known:
                where = f" in {value.place}" if value.place else ""
                self.wrong(places.get(name, found[name]), f"{name!r}{where} is not understood")
