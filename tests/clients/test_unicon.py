"""Cisco's unicon holds a session with a router of a lab, found by the testbed that the lab writes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def met(inventory: Path, ask_client: Callable[..., Any]) -> Any:
    if shutil.which("ssh") is None:
        pytest.skip("unicon types into OpenSSH's client")
    return ask_client("genie", "unicon_session.py", inventory / "pyats" / "testbed.yaml", "HUB")


def test_the_hostname_is_learnt_and_the_version_read(met: Any) -> None:
    assert (met["hostname"], met["state"]) == ("HUB", "enable")
    assert met["version"].startswith("17.")
    assert met["interfaces"]["Tunnel0"]["status"] == "up"
    assert "Tunnel0" in met["learnt"]


def test_refusals_are_failures(met: Any) -> None:
    assert "[Ii]nvalid (command|input)" in met["wrong command"]
    assert "[Ii]nvalid (command|input" in met["wrong line"]


def test_lines_go_in_one_by_one_and_in_bulk_and_out_again(met: Any) -> None:
    lines = met["configured"].splitlines()
    assert lines[-3:-1] == [" description by unicon", " ip address 10.55.0.1 255.255.255.255"]
    assert met["routes in bulk"] == "Number of lines which match regexp = 60"
    assert met["taken back"] == ""


def test_dialogues_are_answered(met: Any) -> None:
    assert "Success rate is 100 percent (5/5)" in met["ping"]
    assert met["saved"] == "hostname HUB"
    assert "[confirm]" in met["confirmed"]


def test_it_leaves_privileged_mode_comes_back_and_hangs_up(met: Any) -> None:
    assert met["disabled"] == "disable"
    assert met["connected"] is False
