"""`make bench-wire`: a protected tunnel between two routers on veth, beside other programs that make one.

    client ── left ══ right ── server        four network namespaces, iperf3 in the outer two

Each contestant connects the same two hosts across the same wire; they take turns, so that what else the machine does
meets all alike. Printed are medians, and iosh's as ratios to each other's beside what is aimed at. Needs root, iperf3,
ping, openssl, and of charon with kernel-libipsec (Debian's strongswan-charon, strongswan-swanctl,
libcharon-extra-plugins), wireguard-go with wg, and openvpn what is to be measured: what is not installed is named and
left out. ROUNDS and SECONDS_EACH in the environment make it longer.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = os.environ.get("SECONDS_EACH", "3")
HOSTS = ("client", "left", "right", "server")
TICKS = os.sysconf("SC_CLK_TCK")
STRONGSWAN = Path(__file__).parents[1] / "interop" / "strongswan" / "conftest.py"


def sh(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


class Bed:
    """The namespaces and what runs in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._prefix = f"wire{os.getpid()}"
        self._running: list[subprocess.Popen[bytes]] = []

    def on(self, host: str, *command: str, check: bool = True) -> str:
        return sh("ip", "netns", "exec", self._prefix + host, *command, check=check)

    def namespace(self, host: str) -> str:
        return self._prefix + host

    def begin(self, host: str, *command: str, **how: str) -> subprocess.Popen[bytes]:
        words = ["ip", "netns", "exec", self._prefix + host, *command]
        with open(self.folder / f"{host}.log", "ab") as log:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | how)
        self._running.append(process)
        return process

    def up(self) -> None:
        for host in HOSTS:
            sh("ip", "netns", "add", self._prefix + host)
            self.on(host, "ip", "link", "set", "lo", "up")
        for one, device, other, far in (
            ("client", "eth0", "left", "lan"), ("left", "wan", "right", "wan"), ("server", "eth0", "right", "lan"),
        ):  # fmt: skip
            self.on(one, "ip", "link", "add", device, "type", "veth", "peer", far, "netns", self._prefix + other)
            self.on(one, "ip", "link", "set", device, "up")
            self.on(other, "ip", "link", "set", far, "up")
        for host, lan in (("client", 1), ("server", 2)):
            self.on(host, "ip", "addr", "add", f"10.{lan}.0.2/24", "dev", "eth0")
            self.on(host, "ip", "route", "add", "default", "via", f"10.{lan}.0.1")

    def as_hosts(self) -> None:
        """For contestants that let the kernel forward: addresses on both sides of both."""
        for host, lan in (("left", 1), ("right", 2)):
            self.on(host, "ip", "addr", "add", f"10.{lan}.0.1/24", "dev", "lan")
            self.on(host, "ip", "addr", "add", f"192.0.2.{lan}/24", "dev", "wan")
            self.on(host, "sysctl", "-qw", "net.ipv4.ip_forward=1")

    def wait_for_device(self, host: str, name: str) -> None:
        for _ in range(100):
            if name in self.on(host, "ip", "-br", "link"):
                return
            time.sleep(0.1)
        raise SystemExit(f"{host} has no {name} after 10 s")

    def down(self) -> None:
        for process in self._running:
            process.send_signal(signal.SIGTERM)
        for process in self._running:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
        self._running.clear()
        for host in HOSTS:
            for pid in sh("ip", "netns", "pids", self._prefix + host, check=False).split():
                os.kill(int(pid), signal.SIGKILL)
            sh("ip", "netns", "del", self._prefix + host, check=False)


class Contestant(ABC):
    """A way from client to server. `needs`: programs and other files."""

    name = ""
    needs: tuple[str, ...] = ()

    @abstractmethod
    def begin(self, bed: Bed) -> None: ...


class Veth(Contestant):
    """The kernel forwards in the clear: what the machine can do at most."""

    name = "bare veth"

    def begin(self, bed: Bed) -> None:
        bed.as_hosts()
        bed.on("left", "ip", "route", "add", "10.2.0.0/24", "via", "192.0.2.2")
        bed.on("right", "ip", "route", "add", "10.1.0.0/24", "via", "192.0.2.1")


CONFIG = """hostname {name}
crypto ikev2 proposal P
 encryption aes-gcm-128
 prf sha256
 group 19
crypto ikev2 policy P
 proposal P
crypto ikev2 keyring K
 peer ANY
  address 0.0.0.0 0.0.0.0
  pre-shared-key measured
crypto ikev2 profile P
 match identity remote address 0.0.0.0
 authentication remote pre-share
 authentication local pre-share
 keyring local K
{nat}crypto ipsec transform-set T esp-gcm
 mode transport
crypto ipsec profile P
 set transform-set T
 set ikev2-profile P
interface Tunnel0
 ip address 10.255.0.{own} 255.255.255.0
 ip mtu 1400
 ip tcp adjust-mss 1360
 ip nhrp network-id 1
{nhs} tunnel source GigabitEthernet1
 tunnel mode gre multipoint
 tunnel key 100
 tunnel protection ipsec profile P
interface GigabitEthernet1
 ip address 192.0.2.{own} 255.255.255.0
 no shutdown
interface GigabitEthernet2
 ip address 10.{own}.0.1 255.255.255.0
 no shutdown
ip route 10.{peer}.0.0 255.255.255.0 10.255.0.{peer}
"""


class Iosh(Contestant):
    """mGRE, NHRP and ESP with AES-128-GCM, as a router does it."""

    name = "iosh, ESP"
    nat = ""
    tcp_aims: Mapping[str, str] = {"strongSwan libipsec": "(2)"}
    port = "Gi1=wan"

    def begin(self, bed: Bed) -> None:
        runtime = str(bed.folder / "run")
        for host, own, peer, nhs in (
            ("left", 1, 2, ""), ("right", 2, 1, " ip nhrp nhs 10.255.0.1 nbma 192.0.2.1 multicast\n"),
        ):  # fmt: skip
            file = bed.folder / f"{host}.cfg"
            file.write_text(CONFIG.format(name=host, own=own, peer=peer, nhs=nhs, nat=self.nat))
            command = [sys.executable, "-m", "iosh.shell.door", "run", str(file)]
            bed.begin(host, *command, "--port", self.port, "--port", "Gi2=lan", XDG_RUNTIME_DIR=runtime)


class IoshNat(Iosh):
    """The same in UDP, as through a NAT: there Linux takes many packets at once."""

    name = "iosh, ESP in UDP"
    nat = " nat force-encap\n"
    tcp_aims: Mapping[str, str] = {"strongSwan libipsec": "(6)", "wireguard-go": "(5)", "OpenVPN, AES-128-GCM": "(3)"}


class IoshBorrowed(IoshNat):
    """The same from the host's own address, by its sockets."""

    name = "iosh, borrowed NAT-T"
    port = "Gi1=borrow:wan"

    def begin(self, bed: Bed) -> None:
        for host, own in (("left", 1), ("right", 2)):
            bed.on(host, "ip", "addr", "add", f"192.0.2.{own}/24", "dev", "wan")
        super().begin(bed)


class StrongSwan(Contestant):
    """ESP in user space behind a TUN device: it knows tunnel mode in UDP only, so there is neither GRE nor NHRP."""

    name = "strongSwan libipsec"
    needs = ("/usr/lib/ipsec/charon", "swanctl", "/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so")
    wishes: Mapping[str, str] = {
        "ike": "aes128gcm16-prfsha256-ecp256", "esp": "aes128gcm16", "mode": "tunnel", "encap": "yes",
        "policies": "yes", "dpd_s": "0", "psk": "measured",
    }  # fmt: skip

    def begin(self, bed: Bed) -> None:
        bed.as_hosts()
        charons = {}
        for host, own, peer in (("left", 1, 2), ("right", 2, 1)):
            ends = {"local": f"192.0.2.{own}", "remote": f"192.0.2.{peer}"}
            nets = {"local_ts": f"10.{own}.0.0/24", "remote_ts": f"10.{peer}.0.0/24"}
            folder = bed.folder / f"charon-{host}"
            charons[host] = self._charon()(folder, bed.namespace(host), None, **self.wishes, **ends, **nets)
        charons["left"].say("--initiate", "--child", "c", "--timeout", "15")

    @staticmethod
    def _charon() -> Any:
        """What the tests start it by."""
        spec = importlib.util.spec_from_file_location("strongswan", STRONGSWAN)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.Charon


class WireGuard(Contestant):
    name = "wireguard-go"
    needs = ("wireguard-go", "wg")

    def begin(self, bed: Bed) -> None:
        bed.as_hosts()
        keys = {host: sh("wg", "genkey").strip() for host in ("left", "right")}
        for host in keys:  # one device name each: their control sockets lie in one folder
            bed.begin(host, "wireguard-go", "-f", f"wg-{host}", WG_PROCESS_FOREGROUND="1")
        for host, own, peer, other in (("left", 1, 2, "right"), ("right", 2, 1, "left")):
            device = f"wg-{host}"
            bed.wait_for_device(host, device)
            file = bed.folder / f"{host}.key"
            file.write_text(keys[host])
            public = subprocess.run(["wg", "pubkey"], input=keys[other], capture_output=True, text=True).stdout.strip()
            bed.on(host, "wg", "set", device, "listen-port", "51820", "private-key", str(file), "peer", public,
                   "endpoint", f"192.0.2.{peer}:51820", "allowed-ips", "0.0.0.0/0")  # fmt: skip
            bed.on(host, "ip", "addr", "add", f"10.255.0.{own}/24", "dev", device)
            bed.on(host, "ip", "link", "set", device, "mtu", "1400", "up")
            bed.on(host, "ip", "route", "add", f"10.{peer}.0.0/24", "via", f"10.255.0.{peer}")


class OpenVpn(Contestant):
    name = "OpenVPN, AES-128-GCM"
    needs = ("openvpn",)

    def begin(self, bed: Bed) -> None:
        bed.as_hosts()
        self._certify(bed.folder)
        common = ["--dev", "tun0", "--dev-type", "tun", "--proto", "udp", "--data-ciphers", "AES-128-GCM"]
        common += ["--tun-mtu", "1400", "--verb", "1", "--cipher", "AES-128-GCM", "--disable-dco"]
        files = ["--ca", str(bed.folder / "ca.crt"), "--dh", "none"]
        for host, own, peer, role in (("right", 2, 1, "--tls-server"), ("left", 1, 2, "--tls-client")):
            mine = ["--cert", str(bed.folder / f"{host}.crt"), "--key", str(bed.folder / f"{host}.key")]
            bed.begin(host, "openvpn", *common, *files, *mine, role, "--remote", f"192.0.2.{peer}",
                      "--ifconfig", f"10.255.0.{own}", f"10.255.0.{peer}",
                      "--route", f"10.{peer}.0.0", "255.255.255.0")  # fmt: skip

    @staticmethod
    def _certify(folder: Path) -> None:
        new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        sh(*new, "-days", "2", "-subj", "/CN=ca", "-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.crt"))
        signed = ["-CA", str(folder / "ca.crt"), "-CAkey", str(folder / "ca.key")]
        for host in ("left", "right"):
            out = ["-keyout", str(folder / f"{host}.key"), "-out", str(folder / f"{host}.crt")]
            sh(*new, "-days", "2", "-subj", f"/CN={host}", *signed, *out)


CONTESTANTS: tuple[type[Contestant], ...] = (Veth, Iosh, IoshNat, IoshBorrowed, StrongSwan, WireGuard, OpenVpn)

COMPARED = ("tcp_mbit", "udp_1400", "udp_64", "cpu_s_per_gb")
SMALL_AIMS = {StrongSwan.name: "(2.5)"}
CPU_AIMS = dict.fromkeys((StrongSwan.name, WireGuard.name, OpenVpn.name), "(< 1)")


class Figures(NamedTuple):
    """Of one round."""

    tcp_mbit: float
    cpu_s_per_gb: float
    rtt_ms: float  # while TCP runs
    udp_1400: float  # packets delivered a second, under overload
    udp_64: float
    memory_mb: float


@contextmanager
def built(contestant: Contestant) -> Iterator[Bed]:
    with tempfile.TemporaryDirectory() as folder:
        bed = Bed(Path(folder))
        try:
            bed.up()
            contestant.begin(bed)
            for _ in range(30):
                if " 0% packet loss" in bed.on("client", "ping", "-c", "1", "-W", "1", "10.2.0.2", check=False):
                    break
            else:
                logs = "".join(path.read_text() for path in bed.folder.glob("*.log"))
                raise SystemExit(f"{contestant.name}: no way through\n{logs}")
            yield bed
        finally:
            bed.down()


def measure(bed: Bed) -> Figures:
    bed.begin("server", "iperf3", "-s")
    time.sleep(0.3)
    before = spent(bed)
    ping = subprocess.Popen(
        ["ip", "netns", "exec", bed.namespace("client"), "ping", "-i", "0.05", "-w", SECONDS, "10.2.0.2"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    tcp = iperf(bed)
    used = spent(bed) - before
    told = (ping.communicate()[0] or "").rpartition(" = ")[2]
    rtt = float(told.split("/")[1]) if told.count("/") >= 3 else 0.0
    sent = tcp["end"]["sum_received"]
    large, small = (udp_rate(iperf(bed, "-u", "-b", "0", "-l", size)) for size in ("1372", "36"))
    gigabytes = sent["bytes"] / 1e9
    return Figures(sent["bits_per_second"] / 1e6, used / gigabytes, rtt, large, small, memory(bed))


def iperf(bed: Bed, *options: str) -> dict:
    for _ in range(3):  # its control connection may be lost under overload
        told = json.loads(bed.on("client", "iperf3", "-J", "-c", "10.2.0.2", "-t", SECONDS, *options, check=False))
        if "error" not in told:
            return told
    raise SystemExit(f"iperf3: {told['error']}")


def udp_rate(told: dict) -> float:
    heard = told["end"]["sum"]
    return (heard["packets"] - heard["lost_packets"]) / heard["seconds"]


def processes(bed: Bed) -> list[str]:
    """Those in the middle: the contestant's."""
    return [pid for host in ("left", "right") for pid in sh("ip", "netns", "pids", bed.namespace(host)).split()]


def spent(bed: Bed) -> float:
    total = 0
    for pid in processes(bed):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory(bed: Bed) -> float:
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in processes(bed)]
    return max(pages, default=0) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    if os.geteuid() != 0 or shutil.which("iperf3") is None:
        print("bench-wire needs root and iperf3", file=sys.stderr)
        return 2
    taking_part = []
    for kind in CONTESTANTS:
        missing = [need for need in kind.needs if shutil.which(need) is None and not Path(need).exists()]
        if missing:
            print(f"left out: {kind.name}, for want of {', '.join(missing)}")
        else:
            taking_part.append(kind())
    found: dict[str, list[Figures]] = {contestant.name: [] for contestant in taking_part}
    for _ in range(ROUNDS):
        for contestant in taking_part:
            with built(contestant) as bed:
                found[contestant.name].append(measure(bed))
    medians = {name: Figures(*map(median, zip(*rounds, strict=True))) for name, rounds in found.items()}
    print_figures(medians)
    print_ratios(medians)
    return 0


def print_figures(medians: dict[str, Figures]) -> None:
    titles = ("TCP Mbit/s", "CPU s/GB", "RTT ms", "UDP 1400 pps", "UDP 64 pps", "MB")
    print(f"{'median of ' + str(ROUNDS):<22}" + "".join(f"{title:>14}" for title in titles))
    for name, figures in medians.items():
        print(f"{name:<22}" + "".join(f"{value:>14.1f}" for value in figures))


def print_ratios(medians: dict[str, Figures]) -> None:
    """In brackets what is aimed at; less is better of the last."""
    titles = ("TCP", "UDP 1400 pps", "UDP 64 pps", "CPU s/GB")
    for own in (kind for kind in (Iosh, IoshNat) if kind.name in medians):
        print(f"\n{own.name + ', times':<22}" + "".join(f"{title:>18}" for title in titles))
        for other, figures in medians.items():
            if other != own.name:
                aims = (own.tcp_aims.get(other, ""), "", SMALL_AIMS.get(other, ""), CPU_AIMS.get(other, ""))
                pairs = [(getattr(medians[own.name], field), getattr(figures, field)) for field in COMPARED]
                ratios = [f"{mine / its:.2f}" if its else "-" for mine, its in pairs]
                cells = [f"{ratio} {aim:>7}" for ratio, aim in zip(ratios, aims, strict=True)]
                print(f"{other:<22}{''.join(f'{cell:>18}' for cell in cells)}".rstrip())


if __name__ == "__main__":
    sys.exit(main())
