"""A hub that is killed in the middle of traffic and started again from its startup-config: every spoke comes back."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

NBMA = {"hub": "192.0.2", "spoke1": "198.51.100", "spoke2": "203.0.113"}
LANS = {"hub": ("server", "10.0.0"), "spoke1": ("pc1", "10.1.0"), "spoke2": ("pc2", "10.2.0")}
SERVER, PC2 = "10.0.0.10", "10.2.0.10"
# What the example's configs promise: dpd 20 5 on-demand finds a dead peer 20 s after it was last heard, with five
# retries 5 s apart; a registration that was not answered is sent again after 1, 2, 4 ... 32 s.
PROMISED_S = 20 + 5 * 5 + 32


@pytest.fixture
def cloud(hosts: Any, site: Any, examples: Callable[[str], str]) -> dict[str, Any]:
    """The example's hub and spokes, each with a host on its LAN; this kernel is the Internet."""
    hosts.host("internet")
    hosts.on("internet", "sysctl", "-qw", "net.ipv4.ip_forward=1")
    for name, (station, lan) in LANS.items():
        hosts.host(name)
        hosts.host(station)
        hosts.join("internet", name, name, "wan")
        hosts.address("internet", name, f"{NBMA[name]}.1/24")
        hosts.join(station, "eth0", name, "lan")
        hosts.address(station, "eth0", f"{lan}.10/24", f"{lan}.1")

    def start(name: str) -> Any:
        return site.start(name, examples(name), "Gi1=wan", "Gi2=lan", on=hosts.namespace(name))

    routers = {name: start(name) for name in LANS}
    return routers | {"start": start}


class Pinging:
    """Echo requests five times a second; when the answers came, by the host's clock."""

    def __init__(self, hosts: Any, station: str, to: str) -> None:
        self._process: subprocess.Popen[str] = hosts.begin(station, "ping", "-D", "-i", "0.2", "-W", "1", to)

    def answers(self) -> list[float]:
        """End it."""
        self._process.send_signal(signal.SIGINT)
        said = self._process.communicate(timeout=10)[0]
        return [float(found) for found in re.findall(r"\[(\d+\.\d+)\] \d+ bytes from", said)]


def test_every_spoke_comes_back_to_a_hub_that_was_killed(
    hosts: Any, site: Any, cloud: dict[str, Any], capsys: Any
) -> None:
    for spoke in ("spoke1", "spoke2"):
        cloud[spoke].wait_for("UP", "show dmvpn | include 192.0.2.2")
    hosts.on("pc1", "ping", "-c", "3", "-w", "10", PC2)
    cloud["spoke1"].wait_for(" D", "show dmvpn | include 203.0.113.2")
    to_server = {station: Pinging(hosts, station, SERVER) for station in ("pc1", "pc2")}
    across = Pinging(hosts, "pc1", PC2)
    time.sleep(2)
    cloud["hub"].stop(signal.SIGKILL)
    killed = time.time()
    (site.folder / "iosh" / "hub").unlink()  # what it could not take away: `start` is to wait for the new one
    hub = cloud["start"]("hub")
    restarted = time.time()
    for address in ("198.51.100.2", "203.0.113.2"):
        hub.wait_for(address, "show dmvpn | include UP", patience_s=PROMISED_S)
    time.sleep(2)
    across_meanwhile = [at for at in across.answers() if killed < at < restarted]
    assert len(across_meanwhile) > 1, "traffic between spokes needs no hub"
    for station, pinging in to_server.items():
        back = min(at for at in pinging.answers() if at > restarted)
        with capsys.disabled():
            print(
                f"\n{station}: {back - killed:.1f} s after the kill, {back - restarted:.1f} s after the start", end=""
            )
        assert back - restarted < PROMISED_S
