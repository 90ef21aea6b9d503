"""The ready-made checks for netmiko and scrapli, run in place as programs of their own against a router of a lab.

They are not part of the project and skip where they, or the client, are absent. A step that fails must stand in
`NOT_YET` with the reason.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKS = Path(__file__).resolve().parents[3] / "shared" / "clients"

NOT_YET = {"textfsm: show crypto ipsec sa detail": "its template knows the lines of another release"}


def _check(program: str, port: int, *options: str) -> None:
    script = CHECKS / program
    if not script.is_file():
        pytest.skip("the ready-made checks are not here")
    command = [sys.executable, str(script), "127.0.0.1", str(port), "admin", "admin", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=CHECKS)
    failed = dict(re.findall(r"^FAIL (.+?) \(\d+\.\d+s\): (.*)$", done.stdout, re.MULTILINE))
    unexpected = {step: reason for step, reason in failed.items() if step not in NOT_YET}
    assert not unexpected, f"{unexpected}\n{done.stderr[-2000:]}"
    passed = re.search(r"^(\d+) passed, \d+ failed", done.stdout, re.MULTILINE)
    assert passed is not None and int(passed[1]) >= 20, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.skipif(importlib.util.find_spec("netmiko") is None, reason="netmiko is not installed (extra: clients)")
@pytest.mark.parametrize("options", [["--ro"], []], ids=["reading", "changing"])
def test_netmiko_is_at_home(lab_ports: dict[str, int], options: list[str]) -> None:
    _check("netmiko_check.py", lab_ports["hub"], *options)


@pytest.mark.skipif(importlib.util.find_spec("scrapli") is None, reason="scrapli is not installed (extra: clients)")
@pytest.mark.parametrize("transport", ["system", "paramiko"])
def test_scrapli_is_at_home(lab_ports: dict[str, int], transport: str) -> None:
    if importlib.util.find_spec("ntc_templates") is None:
        pytest.skip("ntc-templates are not installed")
    _check("scrapli_check.py", lab_ports["spoke1"], "--transport", transport)
