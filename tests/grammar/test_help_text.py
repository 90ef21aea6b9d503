"""Every word of the language has a line of help."""

from __future__ import annotations

from iosh.cli.help import text_of
from iosh.cli.notation import grammar


def test_no_word_is_listed_without_help() -> None:
    bare = []
    for name, mode in grammar().modes.items():
        for node in mode.root.walk():
            if node.word and not node.virtual and not text_of(node).strip():
                bare.append(f"{name}: {node}")
    assert bare == []
