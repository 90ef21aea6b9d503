"""Daemons of a Linux host as neighbours: chrony gives and takes the time, lldpd hears and says who is on the cable."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROUTER = """hostname R
cdp run
lldp run
interface GigabitEthernet1
 ip address 10.1.0.1 255.255.255.0
 no shutdown
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that daemons without rights of root can enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def host(hosts: Any, site: Any) -> Iterator[Any]:
    """A host `box` at 10.1.0.2 on a cable to the router `r`, what begins on it, and the router."""
    hosts.host("box")
    hosts.host("middle")
    hosts.join("box", "eth0", "middle", "to-box")
    hosts.address("box", "eth0", "10.1.0.2/24")
    begun = []

    def begin(program: str, *options: str) -> Any:
        if shutil.which(program) is None:
            assert os.environ.get("CI") != "true", program
            pytest.skip(f"needs {program}")
        begun.append(hosts.begin("box", program, *options))
        return begun[-1]

    def router(more: str = "") -> Any:
        return site.start("r", ROUTER + more, "Gi1=to-box", on=hosts.namespace("middle"))

    yield hosts, router, begin
    for process in begun:
        process.terminate()
        process.wait(10)


def test_the_clock_follows_chrony(host: Any, tmp_path: Any) -> None:
    _, router, begin = host
    file = tmp_path / "chrony.conf"
    file.write_text(f"local stratum 3\nallow\ncmdport 0\npidfile {tmp_path}/chrony.pid\n")
    begin("chronyd", "-x", "-d", "-f", str(file))
    running = router("ntp server 10.1.0.2 prefer\n")
    said = running.wait_for("Clock is synchronized, stratum 4, reference is 10.1.0.2", "show ntp status")
    assert "%NTP" not in said
    assert "*~10.1.0.2        127.127.1.1      3" in running.ask("show ntp associations")
    assert "Time source is NTP" in running.ask("show clock detail")


def test_chrony_follows_the_clock_of_a_master(host: Any) -> None:
    _, router, begin = host
    router("ntp master 5\n")
    client = begin("chronyd", "-Q", "-t", "20", "server 10.1.0.1 iburst")
    said = client.communicate(timeout=40)[0]
    assert client.returncode == 0 and "System clock wrong by" in said, said
    assert abs(float(said.split("wrong by ")[1].split()[0])) < 1, said


def test_lldpd_and_the_router_hear_each_other_by_lldp_and_cdp(host: Any, open_folder: Path) -> None:
    hosts, router, begin = host
    socket = str(open_folder / "lldpd.socket")
    running = router()
    begin("lldpd", "-d", "-cc", "-I", "eth0", "-u", socket)
    said, ends = "", time.monotonic() + 30
    while ("LLDP" not in said or "CDPv2" not in said) and time.monotonic() < ends:
        running.ask("configure terminal", "no lldp run", "no cdp run", "lldp run", "cdp run", "end")
        time.sleep(1)
        said = hosts.on("box", "lldpcli", "-u", socket, "show", "neighbors", "details", "hidden", check=False)
    for line in ("SysName:      R", "MgmtIP:       10.1.0.1", "PortDescr:    GigabitEthernet1", "CDPv2"):
        assert line in said, said
    hosts.on("box", "lldpcli", "-u", socket, "configure", "lldp", "tx-interval", "1")
    assert "10.1.0.2" in running.wait_for("eth0", "show lldp neighbors detail")
    assert "10.1.0.2" in running.wait_for("eth0", "show cdp neighbors detail")
