"""A room one can look over: sizes of modules and functions, and an essay at every door."""

from __future__ import annotations

import ast
from typing import Any

MODULE_LINES = 600
FUNCTION_LINES = 70


def test_no_module_grows_past_its_limit(modules: list[Any]) -> None:
    long = [f"{module.path}: {len(module.lines)} lines" for module in modules if len(module.lines) > MODULE_LINES]
    assert not long, "\n".join(long)


def test_no_function_grows_past_its_limit(modules: list[Any]) -> None:
    long = []
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > FUNCTION_LINES:
                    long.append(f"{module.path}:{node.lineno}: {node.name} has {size} lines")
    assert not long, "\n".join(long)


def test_every_module_says_what_it_is(modules: list[Any]) -> None:
    silent = [
        module.path
        for module in modules
        if not ast.get_docstring(module.tree) and (module.lines or module.name.count(".") > 1)
    ]
    assert not silent, "\n".join(silent)


def test_every_public_class_says_what_it_is(modules: list[Any]) -> None:
    silent = [
        f"{module.path}:{node.lineno}: {node.name}"
        for module in modules
        for node in module.tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not silent, "\n".join(silent)
