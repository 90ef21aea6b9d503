"""Three routers in processes of their own form a cloud over veth, Linux between them; tshark reads the wire."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections import Counter

import pytest

ADDRESSES = {"hub": "192.0.2", "spoke1": "198.51.100", "spoke2": "203.0.113"}


@pytest.fixture(scope="module")
def tshark():
    found = shutil.which("tshark")
    if found is None:
        assert os.environ.get("CI") != "true", "needs tshark"
        pytest.skip("needs tshark")
    return found


@pytest.fixture
def cloud(hosts, site, without_stations):
    """Started one by one by the test, each on the cable to the host that is the Internet."""
    hosts.host("net")
    hosts.on("net", "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
    for name, network in ADDRESSES.items():
        hosts.host(name)
        hosts.join("net", name, name, "eth0")
        hosts.address("net", name, f"{network}.1/24")

    def start(name):
        options = ("--keys", str(site.folder / f"keys-{name}"))
        return site.start(name, without_stations(name), "Gi1=eth0", on=hosts.namespace(name), options=options)

    return start


def test_a_cloud_forms_and_tshark_opens_all_of_it_with_our_keys(cloud, hosts, site, tshark):
    file = site.folder / "spoke1.pcap"
    capture = hosts.begin("net", tshark, "-i", "spoke1", "-w", str(file))
    while "Capturing" not in capture.stdout.readline():
        pass
    routers = {name: cloud(name) for name in ADDRESSES}
    for spoke in ("spoke1", "spoke2"):
        routers[spoke].wait_for("UP", "show dmvpn | include 192.0.2.2")
    routers["spoke1"].wait_for("!!!!!", "ping 10.2.0.1 source 10.1.0.1")
    routers["spoke1"].wait_for("203.0.113.2", "show dmvpn | include UP.*D")
    routers["spoke1"].ask("ping 10.2.0.1 source 10.1.0.1 size 1300")
    assert routers["spoke1"].stop() == 0
    assert "198.51.100.2" not in routers["hub"].ask("show crypto session | include Peer")
    capture.send_signal(signal.SIGINT)
    capture.communicate(timeout=10)

    def look(*arguments):
        profile = os.environ | {"WIRESHARK_CONFIG_DIR": str(site.folder / "keys-spoke1")}
        words = [tshark, "-r", str(file), "-o", "esp.enable_encryption_decode:TRUE"]
        words += ["-o", "esp.enable_authentication_check:TRUE", *arguments]
        return subprocess.run(words, env=profile, check=True, capture_output=True, text=True).stdout

    frames = look("-T", "fields", "-e", "frame.protocols").splitlines()
    seen = Counter(protocol for frame in frames for protocol in frame.split(":"))
    assert seen["isakmp"] >= 8 and seen["nhrp"] > 3 and seen["esp"] >= 15, seen
    assert seen["gre"] == seen["esp"], f"every ESP packet opens: {seen}"
    assert look("-Y", "esp.icv_bad == 1 || (_ws.malformed && !nhrp.code)") == ""
    negotiated = look("-Y", "isakmp.exchangetype == 35", "-V")
    assert negotiated.count("Payload: Authentication (39)") >= 4, "each end's with the hub, and with the other spoke"
    farewell = look("-Y", "isakmp.exchangetype == 37", "-V")
    assert "Payload: Delete (42)" in farewell
