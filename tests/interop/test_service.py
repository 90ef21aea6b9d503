"""`iosh run` under a service manager: the unit in `examples/linux/`, its rights, exit statuses, signals, journal."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "linux"
PROGRAM = [sys.executable, "-m", "iosh.shell.door"]
ROUTER = "hostname {}\ninterface GigabitEthernet1\n ip address 10.1.0.{} 255.255.255.0\n no shutdown\n"
TUNNEL = """crypto ikev2 keyring K
 peer ANY
  address 0.0.0.0 0.0.0.0
  pre-shared-key Not-A-Secret
crypto ikev2 profile P
 match identity remote address 0.0.0.0
 authentication remote pre-share
 authentication local pre-share
 keyring local K
crypto ipsec profile P
 set ikev2-profile P
interface Tunnel0
 ip address 10.255.0.{} 255.255.255.0
 tunnel source GigabitEthernet1
 tunnel destination 10.1.0.{}
 tunnel protection ipsec profile P
"""


@pytest.fixture(scope="module")
def unit() -> configparser.SectionProxy:
    """The unit's section `Service`."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(EXAMPLE / "iosh@.service")
    return parser["Service"]


@pytest.fixture
def cable() -> Callable[[], tuple[str, str]]:
    """Both ends of a new UDP cable."""

    def lay() -> tuple[str, str]:
        doors = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for door in doors:
            door.bind(("127.0.0.1", 0))
        one, other = (f"127.0.0.1:{door.getsockname()[1]}" for door in doors)
        for door in doors:
            door.close()
        return f"Gi1=udp:{one}-{other}", f"Gi1=udp:{other}-{one}"

    return lay


def run(site: Any, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, "run", *words], env=site.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=30,
    )  # fmt: skip


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    text = (EXAMPLE / "iosh@.service").read_text().replace("/usr/local/bin/iosh", shutil.which("true") or "")
    (tmp_path / "iosh@.service").write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "iosh@hub.service")], capture_output=True, text=True
    )
    assert (done.returncode, str(tmp_path) in done.stderr) == (0, False), done.stderr


def test_the_units_command_line_runs_with_the_units_rights(
    unit: configparser.SectionProxy, hosts: Any, site: Any, tmp_path: Path
) -> None:
    hosts.host("box")
    hosts.on("box", "ip", "link", "add", "eth1", "type", "veth", "peer", "eth9")
    for folder in ("iosh", "data/iosh"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data" / "iosh" / "hub.cfg").write_text(ROUTER.format("HUB", 1) + "interface GigabitEthernet2\n")
    ports = next(line for line in (EXAMPLE / "ports.conf").read_text().splitlines() if line.startswith("PORTS="))
    variables = {"%t": str(tmp_path), "%S": str(tmp_path / "data"), "%i": "hub", "$PORTS": ports[6:].strip('"')}
    words, settings = unit["ExecStart"], unit["Environment"]
    for name, value in variables.items():
        words, settings = words.replace(name, value), settings.replace(name, value)
    rights = ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in unit["CapabilityBoundingSet"].split())
    environment = os.environ | dict(word.split("=", 1) for word in settings.split())
    log = tmp_path / "journal"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, log.open("wb") as journal:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        told = os.fstat(journal.fileno())
        environment |= {"NOTIFY_SOCKET": str(tmp_path / "notify"), "JOURNAL_STREAM": f"{told.st_dev}:{told.st_ino}"}
        command = ["ip", "netns", "exec", hosts.namespace("box"), "setpriv", f"--bounding-set=-all,{rights}"]
        command += ["--inh-caps=-all", *PROGRAM, *shlex.split(words)[1:]]
        service = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=journal)
        try:
            assert manager.recv(99) == b"READY=1"
            assert (tmp_path / "iosh" / "hub").is_socket()
            service.send_signal(signal.SIGTERM)
            assert manager.recv(99) == b"STOPPING=1"
            assert service.wait(20) == 0
        finally:
            service.kill()
    said = log.read_text().splitlines()
    assert any(line.startswith("<3>") and "GigabitEthernet2, changed state to up" in line for line in said), said
    assert all(line[0] == "<" and line[2] == ">" for line in said), said


def test_the_unit_does_not_try_again_what_would_fail_again(
    unit: configparser.SectionProxy, site: Any, tmp_path: Path
) -> None:
    config = tmp_path / "r.cfg"
    config.write_text(ROUTER.format("R", 1))
    hopeless = [int(word) for word in unit["RestartPreventExitStatus"].split()]
    for words in (
        [],
        ["nofile.cfg", "--port", "Gi1=eth0"],
        [str(config)],
        [str(config), "--port", "Gi1=carrier:pigeon"],
    ):
        assert run(site, *words).returncode in hopeless
    absent = run(site, str(config), "--port", "Gi1=nowhere0")
    assert absent.returncode not in (0, *hopeless), absent.stderr


def test_a_port_that_nothing_configures_and_an_interface_without_one_are_told(site: Any, cable: Any) -> None:
    near, _ = cable()
    router = site.start("r", ROUTER.format("R", 1), near.replace("Gi1", "Gi7"))
    router.ask("show version")
    said = router.log.read_text()
    assert "nothing configures GigabitEthernet7, which has a --port: it is shut down" in said
    assert "GigabitEthernet1 has no --port, so it is never up" in said


def test_a_second_one_of_a_name_is_refused_before_it_touches_a_port(site: Any, cable: Any) -> None:
    near, _ = cable()
    router = site.start("r", ROUTER.format("R", 1), near)
    second = run(site, str(site.folder / "r.cfg"), "--port", near)
    assert (second.returncode, second.stderr.split(":")[:2]) == (2, ["iosh", " a router of the name r runs already"])
    attach = subprocess.run([*PROGRAM, "attach", "x"], env=site.environment, capture_output=True, text=True, timeout=30)
    assert attach.returncode == 2 and "no router of the name x runs here; these run: " in attach.stderr
    assert router.stop() == 0


def test_hangup_makes_the_configuration_what_the_file_says(site: Any, cable: Any) -> None:
    router = site.start("r", ROUTER.format("OLD", 1), cable()[0])
    config = site.folder / "r.cfg"
    config.write_text(ROUTER.format("NEW", 9) + "no such line\n")
    router.process.send_signal(signal.SIGHUP)
    router.wait_for("10.1.0.9", "show ip interface brief")
    assert "NEW>" in router.ask("show clock")
    assert "not taken: no such line" in router.log.read_text()
    config.write_text("")
    router.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert "NEW>" in router.ask("show clock")
    assert router.stop() == 0


@pytest.mark.parametrize("formed", [False, True], ids=["while it forms", "when it has formed"])
def test_the_end_is_clean_however_often_it_is_asked_for(site: Any, cable: Any, formed: bool) -> None:
    ends = cable()
    config = [ROUTER.format(name, own) + TUNNEL.format(own, peer) for name, own, peer in (("A", 1, 2), ("B", 2, 1))]
    one, other = (site.start(name, text, end) for name, text, end in zip("ab", config, ends, strict=True))
    if formed:
        one.wait_for("UP-ACTIVE", "show crypto session")
    one.process.send_signal(signal.SIGTERM)
    assert one.stop() == 0
    if formed:
        assert "UP-ACTIVE" not in other.wait_for("DOWN", "show crypto session")
    assert other.stop(signal.SIGINT) == 0
    assert "Traceback" not in one.log.read_text() + other.log.read_text()
