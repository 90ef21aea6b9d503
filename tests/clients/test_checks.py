"""The ready-made checks for netmiko and scrapli, run in place as programs of their own against a router of a lab.

They are not part of the project and skip where they, or the client, are absent. The router is given one of everything
they read, so that little is left to skip: what still is stands in `NOTHING_THERE`, with the reason. The router has one
peer, since the template for `show crypto ipsec sa detail` reads no more (see `test_ntc.py`).
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

netmiko = pytest.importorskip("netmiko", reason="netmiko is not installed (extra: clients)")

CHECKS = Path(__file__).resolve().parents[3] / "shared" / "clients"

ONE_OF_EVERYTHING = """\
cdp run
vrf definition RED
 rd 65000:1
 address-family ipv4
 exit-address-family
ip access-list extended WEB
 permit tcp any host 10.1.0.10 eq 443
logging buffered 16384
archive
 path flash:saved
 log config
 end
"""
NOTHING_THERE = {
    "textfsm: show ip bgp": "routing protocols do not act yet",
    "textfsm: show ip bgp summary": "routing protocols do not act yet",
    "textfsm: show ip eigrp neighbors": "routing protocols do not act yet",
    "textfsm: show ip ospf neighbor": "routing protocols do not act yet",
    "textfsm: show snmp user": "there is no SNMP",
    "textfsm: show logging": "scrapli 1's check clears the buffer just before",
    "autodetect": "asks every vendor's command in turn: two minutes, and `test_netmiko.py` does it with one",
}


@pytest.fixture(scope="module")
def furnished(lab_ports: dict[str, int]) -> int:
    """The port of a router that has something to show wherever a check looks."""
    place: dict[str, Any] = {"device_type": "cisco_ios", "host": "127.0.0.1", "username": "admin", "password": "admin"}
    with netmiko.ConnectHandler(**place, port=lab_ports["internet"]) as neighbour:
        assert "%" not in neighbour.send_config_set(["cdp run"])
    with netmiko.ConnectHandler(**place, port=lab_ports["spoke1"]) as router:
        assert "%" not in router.send_config_set(ONE_OF_EVERYTHING.splitlines())
        assert "%" not in router.send_command("archive config", read_timeout=30)
        for _ in range(200):
            if "entries displayed : 1" in router.send_command("show cdp neighbors"):
                return lab_ports["spoke1"]
            time.sleep(0.1)
    pytest.fail("the neighbour is not seen")


def script(program: str) -> Path:
    found = CHECKS / program
    if not found.is_file():
        pytest.skip("the ready-made checks are not here")
    return found


def judge(said: str) -> None:
    assert dict(re.findall(r"^FAIL (.+?) \(\d+\.\d+s\): (.*)$", said, re.MULTILINE)) == {}
    skipped = dict(re.findall(r"^SKIP ([^:\n]+(?:: show [\w ]+)?):? ?(.*)$", said, re.MULTILINE))
    assert {step: why for step, why in skipped.items() if step not in NOTHING_THERE} == {}
    assert re.search(r"^(\d+) passed, 0 failed", said, re.MULTILINE), said[-2000:]


def check(program: str, port: int, *options: str) -> None:
    command = [sys.executable, "-B", str(script(program)), "127.0.0.1", str(port), "admin", "admin", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=CHECKS)
    judge(done.stdout + done.stderr)


def test_netmiko_is_at_home(furnished: int) -> None:
    check("netmiko_check.py", furnished)


@pytest.mark.parametrize("transport", ["system", "paramiko"])
def test_scrapli_is_at_home(furnished: int, transport: str) -> None:
    pytest.importorskip("scrapli")
    pytest.importorskip("ntc_templates")
    check("scrapli_check.py", furnished, "--transport", transport)


@pytest.mark.parametrize("transport", ["bin", "ssh2"])
def test_the_second_scrapli_is_at_home(furnished: int, run_client: Callable[..., str], transport: str) -> None:
    place = ("127.0.0.1", str(furnished), "admin", "admin")
    judge(run_client("scrapli2", "python", "-B", str(script("scrapli_check.py")), *place, "--transport", transport))
