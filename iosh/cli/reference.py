"""The grammar written out: `show parser dump`, one line a command, and the command reference as Markdown.

Options stand in brackets, once, in the order in which they are printed; `...` follows what may be repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from iosh.cli.bind import entry_classes, reach
from iosh.cli.notation import grammar
from iosh.cli.tree import LAST, Assign, Enter, Mode, Node, Run
from iosh.config.model import Config, fresh

_RELEASE: Final = "17.15"
_BEST: Final = 15
_PLACES: Final = {
    "tunnel": "tunnel interfaces",
    "ethernet": "Ethernet interfaces",
    "main": "main Ethernet interfaces",
    "subinterface": "sub-interfaces",
}


def modes() -> tuple[str, ...]:
    """The names `show parser dump` takes."""
    return tuple(grammar().modes)


def dump(name: str) -> Iterator[str]:
    """Every command of a mode with its privilege level: `15 clear ip nhrp`."""
    mode = grammar().modes[name]
    yield f"Mode Name :{name}"
    yield "-----------------"
    for node in _commands(mode):
        level = node.level if name == "exec" else _BEST
        yield f"{level} {usage(node)}"


def usage(node: Node) -> str:
    """A command's words: `ip nhrp map <1-5> [preference <1-255>]`."""
    words = [f"{_word(step)}..." if step.item else _word(step) for step in node.trail()]
    return " ".join([*words, *_options(node)])


def line_setting(field: str) -> str:
    """The global command that sets a field of the configuration: `crypto.weak`."""
    path = tuple(field.split("."))
    below = grammar().modes["config"].root.exact[path[0]].walk()
    return next(usage(node) for node in below if isinstance(node.meaning, Assign) and node.meaning.fields[0][0] == path)


def _commands(mode: Mode) -> Iterator[Node]:
    for node in mode.root.walk():
        listed = not any({"hidden", "unlisted"} & step.attributes.keys() or step.virtual for step in node.trail())
        holder = isinstance(node.meaning, Enter) and node.meaning.inline
        if (
            node.meaning is not None
            and listed
            and not holder
            and not any(step.optional and step.item != "+" for step in node.trail())
        ):
            yield node


def _word(node: Node) -> str:
    return node.word if node.type is None else node.type.label


def _options(node: Node) -> Iterator[str]:
    places: dict[int, list[Node]] = {}  # words in a fixed order: alternatives for each place
    for child in node.children:
        if child.virtual or not child.optional or {"hidden", "unlisted"} & child.attributes.keys():
            continue
        if child.slot < LAST:
            places.setdefault(child.slot, []).append(child)
        else:
            places[LAST + len(places)] = [child]
    for children in places.values():
        first = children[0]
        branch = _either([_branch(child) for child in children])
        if first.item == "+":
            yield f"{branch}..."
        elif first.item:
            yield f"[{branch}]..."
        else:
            must = first.slot < LAST and not first.loose
            yield branch if must else f"[{branch[1:-1] if len(children) > 1 else branch}]"


def _either(branches: list[str]) -> str:
    return branches[0] if len(branches) == 1 else "{" + " | ".join(branches) + "}"


def _branch(node: Node) -> str:
    """An option with what must follow it; alternatives in braces."""
    needed = [_branch(child) for child in node.children if not child.optional and not child.virtual]
    words = [_word(node)]
    if needed:
        words.append(_either(needed))
    return " ".join([*words, *_options(node)])


# --- Markdown -----------------------------------------------------------------------------------------------------


def markdown() -> Iterator[str]:
    """The reference, mode by mode."""
    classes = _classes()
    yield "# Commands of iosh"
    yield ""
    yield "Made from the grammar. Words may be abbreviated; `[…]` may be left out, `…...` repeated. Configuration"
    yield "commands are taken back by `no`."
    for name, mode in grammar().modes.items():
        yield ""
        yield f"## {name}"
        yield ""
        prompt = f"Router{mode.prompt}"
        yield f"Prompt `{prompt}`" + (f", within `{mode.parent}`." if mode.parent is not None else ".")
        first = ""
        for node in sorted(_commands(mode), key=lambda node: (node.trail()[0].word, node.order)):
            begins = node.trail()[0]
            if begins.word != first:
                first = begins.word
                yield ""
                yield f"### {first}"
                yield ""
                if begins.help and node is not begins:
                    yield f"{_escaped(begins.help)}."
                    yield ""
            yield f"- `{usage(node)}`{_remarks(node, classes.get(name))}"


def _remarks(node: Node, owner: type | None) -> str:
    helps = [step.help for step in node.trail() if step.help]
    said = f": {_escaped(helps[-1].rstrip('.'))}" if helps else ""
    more = []
    if isinstance(node.meaning, Run) and node.level > 1:
        more.append(f"level {node.level}")
    place = next((step.place for step in node.trail() if step.place), None)
    if place is not None:
        more.append(f"on {_PLACES.get(place, place)}")
    if isinstance(node.meaning, Enter) and not node.meaning.inline:
        more.append(f"enters {node.meaning.mode}")
    more += [step.span.text for step in node.trail() if step.span is not None]
    default = _default(node, owner)
    if default is not None:
        more.append(f"default {default}")
    return said + (f" ({', '.join(more)})" if more else "")


def _default(node: Node, owner: type | None) -> str | None:
    """The value of a line's one field on a fresh object, where there is one worth saying."""
    meaning = node.meaning
    if owner is None or not isinstance(meaning, Assign) or len(meaning.fields) != 1:
        return None
    path, source = meaning.fields[0]
    value = reach(fresh(owner, "Tunnel0", _RELEASE), path)
    if value is None or meaning.record:
        return None
    if isinstance(value, bool):
        return "on" if value and meaning.constant in (None, True) else None
    return f"`{value}`" if source is not None else None


def _classes() -> dict[str, type]:
    """The class of each mode's object, found by following the lines that enter it."""
    found: dict[str, type] = {"config": Config}
    waiting = ["config"]
    while waiting:
        name = waiting.pop()
        for node in grammar().modes[name].root.walk():
            meaning: Any = node.meaning
            if isinstance(meaning, Enter) and meaning.mode not in found:
                found[meaning.mode] = entry_classes(found[name], meaning.path)[1]
                waiting.append(meaning.mode)
    return found


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("|", "\\|").replace("*", "\\*")
