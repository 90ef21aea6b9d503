"""Options of the test run."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write transcripts anew from what the consoles say now")


# Programs and packages that judge our bytes and text: elsewhere their tests skip, in CI they must be there.
PEERS = ("ssh", "ssh-keyscan", "tshark")
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
