"""Routers in processes of their own, joined by cables of UDP: the cloud forms as in one process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest


def udp_ports(count: int) -> list[int]:
    """Free ones, taken from the kernel all at once so that they differ."""
    doors = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for door in doors:
        door.bind(("127.0.0.1", 0))
    numbers = [door.getsockname()[1] for door in doors]
    for door in doors:
        door.close()
    return numbers


class Cables:
    """The UDP cables of the example: each spoke's and the hub's to the Internet."""

    NAMES = ("hub", "spoke1", "spoke2")

    def __init__(self) -> None:
        numbers = udp_ports(6)
        self._pairs = {name: (numbers[2 * n], numbers[2 * n + 1]) for n, name in enumerate(self.NAMES)}

    def of(self, name: str) -> str:
        near, far = self._pairs[name]
        return f"Gi1=udp:127.0.0.1:{near}-127.0.0.1:{far}"

    def of_internet(self) -> list[str]:
        return [
            f"Gi{n}=udp:127.0.0.1:{self._pairs[name][1]}-127.0.0.1:{self._pairs[name][0]}"
            for n, name in enumerate(self.NAMES, 1)
        ]


@pytest.fixture
def cloud(site, examples, without_stations):
    cables = Cables()
    routers = {"internet": site.start("internet", examples("internet"), *cables.of_internet())}
    for name in Cables.NAMES:
        routers[name] = site.start(name, without_stations(name), cables.of(name))
    return routers


def test_a_cloud_of_processes_forms_and_spokes_meet_directly(cloud):
    for spoke in ("spoke1", "spoke2"):
        cloud[spoke].wait_for("UP", "show dmvpn | include 192.0.2.2")
    ping = "ping 10.2.0.1 source 10.1.0.1"
    assert "Success rate is 100 percent" in cloud["spoke1"].wait_for("!!!!!", ping)
    cloud["spoke1"].wait_for(" D", ping, "show dmvpn | include 203.0.113.2")
    assert "203.0.113.2" in cloud["spoke1"].ask("show crypto session | include Active|Peer|203")


def test_a_router_that_is_stopped_says_goodbye(cloud):
    cloud["hub"].wait_for("198.51.100.2", "show crypto session | include Peer")
    assert cloud["spoke1"].stop() == 0
    assert "198.51.100.2" not in cloud["hub"].ask("show crypto session | include Peer")


@pytest.mark.parametrize(
    ("port", "status", "sentence"),
    [
        ("Gi1=nowhere0", 69, "there is no interface nowhere0 on this host"),
        ("Gi1=lo", 69, "lo is not an Ethernet interface"),
        ("Gi1=udp:127.0.0.1:1-", 2, "write udp:LOCAL:PORT-REMOTE:PORT"),
        ("Tunnel0=udp:127.0.0.1:1-127.0.0.1:2", 2, "Tunnel0 is not a physical interface"),
        ("eth1", 2, "write INTERFACE=WAY"),
    ],
)
def test_a_port_that_cannot_be_had_is_one_sentence(tmp_path, port, status, sentence):
    (tmp_path / "r.cfg").write_text("hostname R\n")
    command = [sys.executable, "-m", "iosh.shell.door", "run", str(tmp_path / "r.cfg"), "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
    assert (done.returncode, len(done.stderr.splitlines())) == (status, 1), done.stderr
    assert sentence in done.stderr


def test_keys_are_not_written_over_somebody_elses(tmp_path):
    (tmp_path / "r.cfg").write_text("hostname R\n")
    (tmp_path / "esp_sa").write_text("mine\n")
    near, far = udp_ports(2)
    command = [sys.executable, "-m", "iosh.shell.door", "run", str(tmp_path / "r.cfg"), "--keys", str(tmp_path)]
    command += ["--port", f"Gi1=udp:127.0.0.1:{near}-127.0.0.1:{far}"]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
    said = f"iosh: --keys: {tmp_path / 'esp_sa'}: holds keys that iosh did not write\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_write_memory_writes_the_config_file_for_the_next_start(site):
    near, far = udp_ports(2)
    running = site.start("keeper", "hostname R\n", f"Gi1=udp:127.0.0.1:{near}-127.0.0.1:{far}")
    running.wait_for("[OK]", "configure terminal", "hostname KEPT", "end", "write memory")
    assert "hostname KEPT" in (site.folder / "keeper.cfg").read_text()
    assert os.stat(site.folder / "keeper.cfg").st_mode & 0o077 == 0


def test_a_capture_is_replayed_to_a_router_and_its_answers_recorded(site, tmp_path):
    from scapy.all import ARP, ICMP, IP, Ether, rdpcap, wrpcap

    asker, router = "02:00:00:00:00:07", "02:00:00:00:00:01"
    asked = [
        Ether(src=asker, dst="ff:ff:ff:ff:ff:ff") / ARP(hwsrc=asker, psrc="10.1.0.7", pdst="10.1.0.1"),
        Ether(src=asker, dst=router) / IP(src="10.1.0.7", dst="10.1.0.1") / ICMP(id=1, seq=7) / b"echo",
    ]
    wrpcap(str(tmp_path / "in.pcap"), asked)
    config = "interface GigabitEthernet1\n mac-address 0200.0000.0001\n ip address 10.1.0.1 255.255.255.0\n no shut\n"
    running = site.start("r", config, f"Gi1=pcap:{tmp_path}/in.pcap,record={tmp_path}/out.pcap")
    running.wait_for(" 10.1.0.7 ", "show ip arp")
    assert running.stop() == 0
    answers = [frame for frame in rdpcap(str(tmp_path / "out.pcap")) if frame.dst == asker]
    assert [frame[ARP].hwsrc for frame in answers if ARP in frame] == [router]
    assert [(frame[ICMP].type, frame[ICMP].seq) for frame in answers if ICMP in frame] == [(0, 7)]
