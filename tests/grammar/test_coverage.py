"""Every line of the configuration grammar is said by some configuration in tests/data/configs.

A line that says several words (`(permit|deny) A.B.C.D`) counts when one of them was said. What is new in `grammar/`
belongs into a configuration there: into one of `every-…` if no other has a place for it, or, if it prints otherwise
than it is typed, into `as_typed/`.
"""

from __future__ import annotations

from pathlib import Path

from iosh.cli.configure import Configurator, Fate
from iosh.cli.notation import grammar
from iosh.cli.parse import passed, words_of
from iosh.cli.tree import Node, Run
from iosh.config.model import Config
from iosh.config.store import Store

CONFIGS = sorted((Path(__file__).parents[1] / "data" / "configs").glob("**/*.cfg"))
Source = tuple[str, int]


def test_every_line_of_the_grammar_is_said_by_some_configuration() -> None:
    said = {node for path in CONFIGS for node in nodes_said(path.read_text(encoding="utf-8"))}
    sources: dict[Source, list[Node]] = {}
    names: dict[Source, str] = {}
    for name, mode in grammar().modes.items():
        for node in mode.root.walk() if name != "exec" else ():
            if node.source is not None and not node.virtual and configures(node):
                sources.setdefault(node.source, []).append(node)
                words = " ".join(step.word for step in node.trail())
                names.setdefault(node.source, f"grammar/{node.source[0]}:{node.source[1]}: {name}: {words}")
    silent = [names[source] for source, nodes in sources.items() if said.isdisjoint(nodes)]
    assert not silent, "no configuration says:\n" + "\n".join(sorted(silent))


def configures(node: Node) -> bool:
    """Does a command of configuration end here or below?"""
    return any(below.ends is not None and not isinstance(below.ends.meaning, Run) for below in node.walk())


def nodes_said(text: str) -> set[Node]:
    """The tokens of the grammar that the lines of a configuration go through."""
    said: set[Node] = set()
    configurator = Configurator(Store(Config()))
    for line in text.splitlines():
        words = words_of(line)
        if configurator.collecting:
            configurator.line(line)
        elif words and words[0].text[0] != "!" and words[0].text != "end":
            if line[0] != " ":
                configurator.home()
            _, parsed = configurator.lookup(line, words[words[0].text == "no" :])
            for state in parsed.states[:1]:
                said |= set(passed(state))
            assert configurator.line(line).fate is Fate.TAKEN, line
    return said
