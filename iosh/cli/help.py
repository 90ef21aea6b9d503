"""`?` and Tab: what may come next at a place of the tree.

The list is in IOS's order (plain ASCII, `|` and `<cr>` last) and layout: two blanks, the token padded to the longest,
two blanks, the help text, wrapped with a hanging indent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from iosh.cli.notation import glossary
from iosh.cli.parse import State, Word, ends, followers, step, words_of
from iosh.cli.tree import Node, Run
from iosh.cli.types import INTERFACE, INTERFACE_KIND, INTERFACE_NUMBER, KINDS_HELP

UNRECOGNIZED: Final = "% Unrecognized command"
_CR: Final = "<cr>"
_WIDTH: Final = 79

Rows = dict[str, str]


def help_text(typed: str, root: Node, places: Collection[str] = (), level: int = 15, heading: str | None = None) -> str:
    """What `?` prints after `typed`, without the last line's end: of a list, that line is empty."""
    words, partial = split(typed)
    if not words and not partial and heading is not None:
        return f"{heading}\n{layout(rows_after([State(root)], places, level))}\n"
    states = follow(words, typed, root, places, level)
    lines = [state for state in states if state.node.type is not None and state.node.type.rest]
    if lines:  # whatever was typed since is part of it
        return f"{layout({**_rows_of(lines[0].node, lines[0]), _CR: _CR})}\n"
    if partial is not None:
        rows = {label: text for label, text in _matching(states, partial, places, level).items() if label != _CR}
        return f"{layout(rows)}\n" if rows else UNRECOGNIZED
    if not states:
        return UNRECOGNIZED
    if _torn(states):
        return f'% Ambiguous command:  "{typed.strip()}"'
    return f"{layout(rows_after(states, places, level))}\n"


def completion(typed: str, root: Node, places: Collection[str] = (), level: int = 15) -> str | None:
    """The line with its last word completed and a blank after it, or None if that word is not the start of just one."""
    words, partial = split(typed)
    if partial is None:
        return None
    states = follow(words, typed, root, places, level)
    found: dict[str, None] = {}
    for state in states:
        for node, _ in followers(state, places, level):
            for label in _completions(node, partial.text):
                found[label] = None
    exact = [label for label in found if label.lower() == partial.text.lower()]
    if len(exact or found) != 1:
        return None
    return f"{typed[: partial.at]}{(exact or list(found))[0]} "


def split(typed: str) -> tuple[list[Word], Word | None]:
    """The whole words of a line, and the one still being typed, if any."""
    words = words_of(typed)
    if words and not typed[-1].isspace():
        return words[:-1], words[-1]
    return words, None


def follow(words: Iterable[Word], line: str, root: Node, places: Collection[str], level: int) -> list[State]:
    """All readings of whole words."""
    states = [State(root)]
    for word in words:
        states, rest_of_line = step(states, word, line, places, level)
        if rest_of_line or not states:
            return states
    return states


def rows_after(states: list[State], places: Collection[str], level: int) -> Rows:
    """Every token that may follow, with its help text."""
    rows: Rows = {}
    for state in states:
        for node, _ in followers(state, places, level):
            if not {"hidden", "unlisted"} & node.attributes.keys():
                rows.update(_rows_of(node, state))
    complete = [end for state in states if (end := ends(state)) is not None]
    if any(isinstance(end.meaning, Run) and end.meaning.verb == "show" for end in complete):
        rows["|"] = "Output modifiers"
    if complete:
        rows[_CR] = _CR
    return rows


def layout(rows: Rows) -> str:
    """The list as IOS prints it."""
    width = max((len(label) for label in rows), default=0)
    lines = []
    for label in sorted(rows, key=lambda one: (one == _CR, one == "|", one)):
        indent = f"  {label.ljust(width)}  "
        lines.append("\n".join(_wrapped(indent, rows[label])).rstrip())
    return "\n".join(lines)


def _wrapped(first: str, text: str) -> Iterable[str]:
    """Long help text goes on below itself."""
    line = first
    for word in text.split(" "):
        if len(line) + len(word) > _WIDTH and line.strip() and not line.endswith(first):
            yield line.rstrip()
            line = " " * len(first)
        line += word + " "
    yield line.rstrip()


def _rows_of(node: Node, state: State) -> Rows:
    if node.type is INTERFACE:
        return {}  # its kinds are listed by the other spelling
    if node.type is INTERFACE_KIND:
        return {kind: text for kind, (text, _, _) in KINDS_HELP.items()}
    if node.type is INTERFACE_NUMBER:
        kind = state.kept[2] if state.kept is not None else ""
        _, label, text = KINDS_HELP[kind]
        return {label: text}
    if node.type is not None and node.type.choices:
        return (
            {**node.type.choices, node.type.label: node.help} if node.type.label[0] == "<" else dict(node.type.choices)
        )
    return {node.word if node.type is None else node.type.label: text_of(node)}


def text_of(node: Node) -> str:
    """Help for a word: what its line says, else the glossary, else the word itself spelt out."""
    word = node.word
    return (
        node.help
        or glossary().get("<>" if word[0] == "<" else word)
        or f"{word[0].upper()}{word[1:]}".replace("-", " ")
    )


def _matching(states: Iterable[State], partial: Word, places: Collection[str], level: int) -> Rows:
    """The keywords that begin so, or the arguments that take the word."""
    keywords: Rows = {}
    arguments: Rows = {}
    for state in states:
        for node, _ in followers(state, places, level):
            if {"hidden", "unlisted"} & node.attributes.keys():
                continue
            rows = _rows_of(node, state)
            if node.type is None or node.type is INTERFACE_KIND or (node.type.choices and not partial.text.isdigit()):
                keywords.update(
                    {label: rows[label] for label in rows if label.lower().startswith(partial.text.lower())}
                )
            elif _takes(node, partial.text):
                arguments.update(rows)
    return keywords or arguments


def _takes(node: Node, text: str) -> bool:
    assert node.type is not None
    try:
        node.type.read(text)
    except ValueError:
        return False
    return True


def _completions(node: Node, text: str) -> list[str]:
    if {"hidden", "unlisted"} & node.attributes.keys():
        return []
    labels = (
        [node.word] if node.type is None else list(KINDS_HELP if node.type is INTERFACE_KIND else node.type.choices)
    )
    return [label for label in labels if label.lower().startswith(text.lower())]


def _torn(states: list[State]) -> bool:
    """Are there several readings, as different keywords?"""
    return len({id(state.node) for state in states if state.node.type is None}) > 1
