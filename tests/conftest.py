"""Options of the test run."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write transcripts anew from what the consoles say now")


# Programs and packages that judge our bytes and text: elsewhere their tests skip, in CI they must be there.
PEERS = ("ssh", "ssh-keyscan", "tshark", "ip", "ping", "traceroute", "chronyd", "lldpd")
CLIENTS = ("napalm", "netmiko", "ntc_templates", "scrapli")
ENVIRONMENTS = Path(__file__).parent / "clients" / "environments"
MADE = Path(__file__).resolve().parents[1] / ".clients"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Under CI=true a missing peer is a failure."""
    if os.environ.get("CI") != "true":
        return
    missing = [name for name in PEERS if shutil.which(name) is None]
    missing += [name for name in CLIENTS if find_spec(name) is None]
    wanted = sorted(path.stem for path in ENVIRONMENTS.glob("*.txt"))
    missing += [f"{name} (make clients)" for name in wanted if not (MADE / name / ".made").exists()]
    if missing:
        raise pytest.UsageError(f"in CI these must be installed: {', '.join(missing)}")


class Goldens:
    """Samples of real devices' outputs, other people's, read where they lie; by the names of ntc-templates."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def text(self, name: str) -> str:
        return (self._folder / f"{name}.raw").read_text()

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The values in a sample."""
        rows: list[dict[str, Any]] = yaml.safe_load((self._folder / f"{name}.yml").read_text())["parsed_sample"]
        return rows

    def compare(self, name: str, ours: str, *differences: tuple[str, str, str]) -> None:
        """Our text must be the sample's, but for the differences: a pattern in theirs, what stands there, and why.

        A pattern that begins with `ours:` is one in ours. Each must be there, or it is stale. Blanks at the ends of
        lines are not compared: most samples have lost them.
        """
        theirs = self.text(name)
        for pattern, instead, why in differences:
            if pattern.startswith("ours:"):
                ours, count = re.subn(pattern.removeprefix("ours:"), instead, ours)
            else:
                theirs, count = re.subn(pattern, instead, theirs)
            assert count, f"nothing differs any more: {pattern}: {why}"
        assert _tidy(ours) == _tidy(theirs)

    def loose(self, folder: str, known: Iterable[str] | Mapping[str, Any]) -> list[str]:
        """The samples of one command that are neither held nor excused."""
        return [path.stem for path in sorted((self._folder / folder).glob("*.raw")) if path.stem not in known]


def _tidy(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").rstrip().splitlines()]


@pytest.fixture(scope="session")
def goldens() -> Goldens:
    folder = Path(__file__).resolve().parents[2] / "shared" / "goldens" / "ntc"
    if not folder.is_dir():
        pytest.skip("the captured outputs are not at hand")
    return Goldens(folder)
