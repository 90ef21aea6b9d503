"""Every exec line means something that exists and takes the values the line can keep."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

from iosh.cli.exec_line import FAMILIES
from iosh.cli.notation import grammar
from iosh.cli.tree import Node, Run
from iosh.router.actions import Actions
from iosh.show.registry import find

LEAVES = [node for node in grammar().modes["exec"].root.walk() if isinstance(node.meaning, Run) and not node.virtual]


def kept(node: Node) -> set[str]:
    """Every name the line can hand over."""
    names = {step.name for step in node.trail() if step.name}
    waiting = [child for child in node.children if child.optional]
    while waiting:
        child = waiting.pop()
        names |= {child.name} if child.name else set()
        waiting += child.children
    assert isinstance(node.meaning, Run)
    return names | {name for name, _ in node.meaning.constants}


def names(node: Node) -> str:
    return " ".join(step.word for step in node.trail())


@pytest.mark.parametrize("leaf", LEAVES, ids=names)
def test_an_exec_line_is_bound_to_something_that_takes_its_values(leaf: Node) -> None:
    run = leaf.meaning
    assert isinstance(run, Run)
    if run.verb == "show":
        function, given = find(run.name).view, ["router", "now"]
    elif run.verb == "router":
        function, given = getattr(Actions, run.name), ["self", "now"]
    else:
        tables = [import_module(f"iosh.cli.{family}").ACTIONS for family in FAMILIES]
        (function,) = (table[run.name] for table in tables if run.name in table)
        given = ["console", "now"]
    parameters = inspect.signature(function).parameters
    takes_all = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values())
    assert takes_all or kept(leaf) <= set(parameters)
    needed = {name for name, one in parameters.items() if one.default is one.empty and one.kind is not one.VAR_KEYWORD}
    assert needed <= {*given, *(step.name for step in leaf.trail()), *(name for name, _ in run.constants)}


def test_every_action_is_said_somewhere() -> None:
    bound = {leaf.meaning.name for leaf in LEAVES if isinstance(leaf.meaning, Run) and leaf.meaning.verb == "do"}
    for mode in grammar().modes.values():
        for node in mode.root.walk():
            if isinstance(node.meaning, Run):  # a console's part of configuring
                bound.add(node.meaning.name)
            if "asks" in node.attributes:
                bound.add(node.attributes["asks"])
    for family in FAMILIES:
        assert set(import_module(f"iosh.cli.{family}").ACTIONS) <= bound
