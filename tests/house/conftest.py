"""What the house rules are read from: every module of the project, parsed once."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Module(NamedTuple):
    """One source file: dotted name, path below the project, lines and syntax tree."""

    name: str
    path: str
    lines: list[str]
    tree: ast.Module

    @property
    def floor(self) -> str:
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""

    def imports(self) -> list[tuple[str, int]]:
        """Every module imported, also inside functions, with its line. `from a import b` gives `a.b` and `a`."""
        found: list[tuple[str, int]] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [(alias.name, node.lineno) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}:{node.lineno}: relative import"
                found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
        return found


def _read(path: Path) -> Module:
    relative = path.relative_to(ROOT)
    name = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
    text = path.read_text()
    return Module(name, str(relative), text.splitlines(), ast.parse(text))


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    """Every module of `iosh`, sorted by path."""
    return [_read(path) for path in sorted((ROOT / "iosh").rglob("*.py"))]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
