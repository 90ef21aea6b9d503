"""Habits that keep simulations repeatable, secrets quiet and the project free of its birthplace."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

BELOW_UNDERLAY = {"base", "wire", "proto", "config", "router", "show", "cli"}

# The classes of one letter keep this file from matching itself.
BIRTHPLACE = re.compile(r"/wo[r]k/|far[m]-bench|\.librar[y]|pypi-mor[e]|/roo[t]/")


def test_no_set_is_walked_where_its_order_could_be_seen(modules: list[Any]) -> None:
    wrong = []
    for module in modules:
        if module.floor not in BELOW_UNDERLAY | {"underlay"}:
            continue
        for node in ast.walk(module.tree):
            loops = [node] if isinstance(node, ast.For | ast.comprehension) else []
            for loop in loops:
                walked = loop.iter
                is_set = isinstance(walked, ast.Set | ast.SetComp) or (
                    isinstance(walked, ast.Call) and getattr(walked.func, "id", "") in ("set", "frozenset")
                )
                if is_set:
                    wrong.append(f"{module.path}:{walked.lineno}: a set is walked; sort it")
    assert not wrong, "\n".join(wrong)


def test_below_the_underlay_nobody_hashes_text_or_prints(modules: list[Any]) -> None:
    wrong = []
    for module in modules:
        if module.floor not in BELOW_UNDERLAY:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("print", "open", "input"):
                wrong.append(f"{module.path}:{node.lineno}: {ast.unparse(node.func)}()")
    assert not wrong, "\n".join(wrong)


def test_nobody_swallows_every_exception(modules: list[Any]) -> None:
    wrong = []
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler):
                names = [ast.unparse(node.type)] if node.type else ["everything"]
                if names[0] in ("everything", "Exception", "BaseException"):
                    wrong.append(f"{module.path}:{node.lineno}: catches {names[0]}")
    assert not wrong, "\n".join(wrong)


def test_no_unfinished_marks_are_left(modules: list[Any]) -> None:
    mark = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b")
    wrong = [
        f"{module.path}:{number}"
        for module in modules
        for number, line in enumerate(module.lines, 1)
        if mark.search(line)
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_committed_names_the_workplace(root: Path) -> None:
    try:
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    wrong = []
    for name in listing.stdout.decode().split("\0"):
        path = root / name
        if not name or not path.is_file() or path.suffix in (".pcap", ".png"):
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if BIRTHPLACE.search(line):
                wrong.append(f"{name}:{number}: {line.strip()[:80]}")
    assert not wrong, "\n".join(wrong)


def test_the_top_level_holds_only_what_it_should(root: Path) -> None:
    listing = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, check=False, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    top = {name.split("/")[0] for name in listing.stdout.splitlines()}
    allowed = {"iosh", "grammar", "tests", "examples", "setup.cfg", "pyproject.toml", "README.md", "LICENSE"}
    allowed |= {"Makefile", ".ci", "ARCHITECTURE.md", ".gitignore"}
    assert top <= allowed
