"""The command tree: what `notation` builds, `parse` walks, `help` lists and `render` prints from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from iosh.cli.releases import Span, span
from iosh.cli.types import INTERFACE_KIND, INTERFACE_NUMBER, Type

# What a node that waits to be read does not have yet.
_GROWN: Final = ("children", "conditional", "ends", "exact", "must", "required")

LAST: Final = 99  # the place of an option that has none in a fixed order


class Assign(NamedTuple):
    """Fields of the mode's object. `source` is the kept value's name, or None for `True`."""

    fields: tuple[tuple[tuple[str, ...], str | None], ...]
    constant: Any = None  # one field only
    record: tuple[str, ...] = ()  # one field only: built from these kept values


class Entry(NamedTuple):
    """One entry of a dictionary field: its key and the record of the rest, by names of kept values."""

    path: tuple[str, ...]
    key: tuple[str, ...]
    rest: tuple[str, ...] = ()


class Enter(NamedTuple):
    """Goes into a mode whose object is an entry of a dictionary field. `inline`: not into it, but what follows on the
    line is a line of that mode."""

    mode: str
    path: tuple[str, ...]
    key: tuple[str, ...]
    rest: tuple[str, ...] = ()
    inline: bool = False


class Run(NamedTuple):
    """An exec command. `verb` is `show`, `do` or `router`."""

    verb: str
    name: str
    constants: tuple[tuple[str, Any], ...] = ()


class Keep(NamedTuple):
    """A line that is kept as it is (`iosh.cli.keep`). `style`: `""`, `either` (`no …` is kept too) or `off` (only
    `no …` is); `mode`: which one it leads into."""

    style: str = ""
    mode: str = ""


Meaning = Assign | Entry | Enter | Run | Keep


class Node:
    """One token of a command, and what may follow it."""

    __slots__ = (
        "attributes",
        "children",
        "conditional",
        "constant",
        "ends",
        "exact",
        "folded",
        "grow",
        "help",
        "inline",
        "item",
        "joins",
        "level",
        "loose",
        "meaning",
        "must",
        "name",
        "option",
        "order",
        "parent",
        "place",
        "printed",
        "required",
        "slot",
        "source",
        "span",
        "type",
        "virtual",
        "word",
    )

    def __init__(self, word: str, parent: Node | None, token_type: Type | None = None) -> None:
        self.word = word  # keyword, or the type's label
        self.folded = word.lower()
        self.printed = word
        self.parent = parent
        self.type = token_type
        self.help = ""
        self.name: str | None = None  # under which the value is kept
        self.constant: Any = None  # what a keyword keeps; None: nothing to keep or the type's value
        self.joins = False  # a list item's further word
        self.option = False
        self.item = ""  # "*" or "+": may be repeated
        self.slot = LAST  # of an option: its place in the order, where there is one
        self.loose = False  # and that place may stay empty
        self.place: str | None = None  # condition
        self.span: Span | None = None  # the releases that have it; None: all
        self.level = 1
        self.virtual = False  # a second spelling (`Tunnel 0`), never printed
        self.attributes: dict[str, str] = {}
        self.meaning: Meaning | None = None
        self.order = 0  # where in the files the meaning stands
        self.source: tuple[str, int] | None = None  # file and number of the line that says this token first
        self.inline: Node | None = None  # the beginning of a line that holds a line of another mode, if in such a line
        if parent is not None:
            holds = isinstance(parent.meaning, Enter) and parent.meaning.inline
            self.inline = parent if holds else parent.inline
        self.children: list[Node] = []
        self.grow: Callable[[], None] | None = None  # reads what stands below, when it is first asked for
        # --- made by `finish`
        self.ends: Node | None = None  # the node whose meaning a command has that ends here
        self.required = False  # something must follow before an option is complete
        self.must: tuple[int, ...] = ()  # the places of its options that must be filled
        self.exact: dict[str, Node] = {}  # keywords that a whole word can only mean
        self.conditional = True  # does what may come next depend on the place, the release or the level?

    def __repr__(self) -> str:
        return f"<{' '.join(node.word for node in self.trail())}>"

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            """What is below a node that sleeps: wake it."""
            if name not in _GROWN or self.grow is None:
                raise AttributeError(name)
            self.wake()
            return getattr(self, name)

    def sleep(self, grow: Callable[[], None]) -> None:
        """Have the rest read by `grow` when it is first asked for."""
        below = self.children

        def wake() -> None:
            self.children = below
            grow()

        self.grow = wake
        for name in _GROWN:
            delattr(self, name)

    def wake(self) -> None:
        """Read what stands below, if that waits to be read."""
        grow, self.grow = self.grow, None
        if grow is not None:
            grow()

    def qualify(self, text: str) -> None:
        """Take in attributes, as they stand between brackets."""
        for attribute in text.split(","):
            name, _, value = attribute.strip().partition(" ")
            if name == "on":
                self.place = value
            elif name == "level":
                self.level = int(value)
            elif name in ("since", "until"):
                said = span(f"{name} {value}")
                self.span = said if self.span is None else Span(*map(max, self.span, said))
            else:
                self.attributes[name] = value

    def trail(self) -> list[Node]:
        """The nodes from the first word to this one."""
        nodes: list[Node] = []
        node: Node | None = self
        while node is not None and node.parent is not None:
            nodes.append(node)
            node = node.parent
        return nodes[::-1]

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        self.wake()
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def optional(self) -> bool:
        """Is it one of a group (options, list items, words in a fixed order) that goes on when it is complete?"""
        return self.option or bool(self.item)

    def pending(self, taken: Collection[Node] = ()) -> int:
        """The first place among its options that must be filled and is not, after those taken; `LAST` for none."""
        filled = self.filled(taken)
        return next((slot for slot in self.must if slot > filled), LAST)

    def filled(self, taken: Collection[Node]) -> int:
        """How far in the order of its options the words taken have come."""
        return max((node.slot for node in taken if node.slot < LAST), default=0)

    def finish(self, head: Node | None = None, level: int = 1) -> None:
        """Work out, once the tree is whole, where a command may end and which keywords stand below."""
        self.level = max(self.level, level)
        if self.grow is not None:
            return
        self.ends = None
        self.required = any(not child.optional or child.item == "+" for child in self.children)
        self.must = tuple(sorted({child.slot for child in self.children if child.slot < LAST and not child.loose}))
        base = self if self.meaning is not None else head
        if base is not None and (self.meaning is not None or not self.required):
            self.ends = base
        if any(child.item == "+" for child in self.children) and self is base:
            self.ends = None
        if isinstance(self.meaning, Enter) and self.meaning.inline:
            base = self.ends = None
        keywords = Counter(child.folded for child in self.children if child.type is None)
        self.exact = {
            child.folded: child
            for child in self.children
            if child.type is None and not child.optional and keywords[child.folded] == 1
        }
        self.conditional = self.parent is None or any(
            child.place is not None or child.span is not None or child.level > self.level for child in self.children
        )
        if not self.virtual or self.type is INTERFACE_KIND:
            for child in self.children:
                child.finish(base if child.optional else head, self.level)


@cache
def trail_of(node: Node) -> tuple[Node, ...]:
    """`trail` in a tree that is whole."""
    return tuple(node.trail())


def split_spelling(node: Node) -> None:
    """`Tunnel 0` beside `Tunnel0`: two tokens beside an interface's one, that share what follows it."""
    assert node.parent is not None
    kind = Node("INTERFACE KIND", node.parent, INTERFACE_KIND)
    number = Node("INTERFACE NUMBER", kind, INTERFACE_NUMBER)
    for twin in (kind, number):
        twin.name, twin.place, twin.span, twin.level, twin.virtual = node.name, node.place, node.span, node.level, True
    kind.option, kind.item, kind.help = node.option, node.item, node.help
    number.children, number.meaning, number.attributes = node.children, node.meaning, node.attributes
    kind.children.append(number)
    node.parent.children.append(kind)


class Mode(NamedTuple):
    """A configuration mode (or exec): its commands, its prompt, its parent."""

    name: str
    parent: str | None
    prompt: str
    prompts: dict[str, str]  # others, by the `[on …]` condition under which they stand
    heading: str
    close: str | None
    root: Node
    open: str | None = None  # the line printed before each instance


class KeptLines:
    """Kept lines that print one after another. `order` is made by `iosh.cli.keep` when it is first needed."""

    __slots__ = ("heads", "order")

    def __init__(self, heads: list[Node]) -> None:
        self.heads = heads
        self.order: Any = None


Printed = Node | str | KeptLines


class Grammar(NamedTuple):
    """All modes, and for each its lines that print, in the order of the files."""

    modes: dict[str, Mode]
    printing: Mapping[str, tuple[Printed, ...]]  # nodes with a configuration meaning, lines of `!`
