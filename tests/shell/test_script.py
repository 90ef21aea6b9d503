"""Commands for a lab from options and files, carried out in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iosh.shell.lab import Wishes, run_lab
from iosh.shell.script import BadScript, Step, from_lines, from_options

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/dmvpn-phase3/dmvpn-phase3.clab.yml"


def run(capsys: pytest.CaptureFixture[str], *commands: str, **wishes: Any) -> tuple[int, str, str]:
    wishes.setdefault("until", "formed")
    status = run_lab(Wishes(wishes.pop("topology", EXAMPLE), commands, **wishes))
    out, err = capsys.readouterr()
    return status, out, err


def test_lines_set_in_belong_to_the_command_above_them() -> None:
    lines = ["# a comment", "hub: configure terminal", "  interface Loopback7", "", "  end", "! another", ":run 60s"]
    assert from_lines(lines, "x.txt") == [
        Step("hub", "configure terminal\ninterface Loopback7\nend", "x.txt:2"),
        Step("", ":run 60s", "x.txt:7"),
    ]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["  end"], "x:1: the line is set in, but no node's command is above it"),
        ([":run 1s", "  end"], "x:2: the line is set in"),
        (["show version"], "x:1: write NODE: COMMAND, or a lab command"),
        (["show ip route: yes"], "x:1: write NODE: COMMAND"),
    ],
)
def test_a_line_for_nobody_is_refused_with_its_place(lines: list[str], reason: str) -> None:
    with pytest.raises(BadScript) as refused:
        from_lines(lines, "x")
    assert str(refused.value).startswith(reason)


def test_an_option_may_hold_any_command() -> None:
    assert from_options(["hub: show run | include ^ip route: x"])[0].command == "show run | include ^ip route: x"


def test_what_a_command_says_is_standard_output_and_the_command_itself_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, err = run(capsys, "SPOKE1: show ip interface brief | include Tunnel", "pc1: ip addr")
    assert status == 0
    assert out.splitlines()[0].split() == ["Tunnel0", "10.255.0.11", "YES", "NVRAM", "up", "up"]
    assert out.splitlines()[1] == "eth1     10.1.0.10/24"
    assert err == "SPOKE1#show ip interface brief | include Tunnel\npc1:~# ip addr\n"


@pytest.mark.parametrize("command", ["hub: show bogus", "hub: show", "mars: show clock", ":cut mars", "pc1: ls"])
def test_a_refused_command_fails_the_run_and_says_where(capsys: pytest.CaptureFixture[str], command: str) -> None:
    status, _, err = run(capsys, command, "hub: show clock", until="0s")
    assert status == 1
    assert f"--exec {command!r}: " in err
    assert "HUB#show clock" in err  # what follows is still carried out


def test_a_script_changes_the_lab_and_sees_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = tmp_path / "story.txt"
    script.write_text(
        "spoke1: configure terminal\n"
        "  interface Loopback7\n"
        "  ip address 10.77.0.1 255.255.255.255\n"
        "  end\n"
        "spoke1: ping 10.77.0.1\n"
        ":cut spoke1:eth1\n"
        ":run 30s\n"
        "spoke1: show ip interface brief | include GigabitEthernet1\n"
        ":heal spoke1:eth1\n"
        "spoke1: write memory\n"
        "spoke1: reload\n"
        "spoke1: show running-config interface Loopback7\n"
    )
    status, out, err = run(capsys, script=script)
    assert (status, [line for line in err.splitlines() if str(script) in line]) == (0, [])
    assert "Success rate is 100 percent (5/5)" in out
    assert "30s passed" in out
    assert "GigabitEthernet1" in out and "down" in out
    assert out.rstrip().endswith("interface Loopback7\n ip address 10.77.0.1 255.255.255.255\nend")


def test_all_answers_are_one_json_list(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "spoke1: show dmvpn", "pc1: ip addr", ":nodes", "hub: show nonsense", json=True)
    answers = json.loads(out)
    assert status == 1
    assert [answer["taken"] for answer in answers] == [True, True, True, False]
    assert answers[0]["node"] == "spoke1"
    assert answers[0]["output"]["tunnels"][0]["peers"][0]["nbma"] == "192.0.2.2"
    assert answers[1]["output"] == "eth1     10.1.0.10/24\n"


def test_a_cloud_that_does_not_form_is_said_with_the_reason(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for file in EXAMPLE.parent.iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    hub = tmp_path / "hub.cfg"
    hub.write_text(hub.read_text().replace("tunnel key 100", "tunnel key 7"))
    status, _, err = run(capsys, "hub: show clock", topology=tmp_path / EXAMPLE.name)
    assert status == 1
    assert "iosh: the cloud has not formed in 300 s:\n  spoke1 Tunnel0: next hop server 10.255.0.1" in err


def test_a_lab_without_a_cloud_cannot_wait_for_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    topology = tmp_path / "one.clab.yml"
    topology.write_text("name: one\ntopology:\n  nodes:\n    r1: {kind: iosh}\n")
    status, out, err = run(capsys, "r1: show clock", topology=topology)
    assert status == 1
    assert "there is no cloud to form" in err
    assert run(capsys, "r1: show clock", topology=topology, until="1s")[0] == 0
    assert out.startswith("*")


def test_every_link_is_captured_and_the_keys_are_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, _, _ = run(capsys, "pc1: ping -c 3 10.2.0.10", pcap=tmp_path / "pcap", keys=tmp_path / "keys")
    assert status == 0
    files = sorted(file.name for file in (tmp_path / "pcap").iterdir())
    assert len(files) == 6
    assert files[0] == "hub-GigabitEthernet1--internet-GigabitEthernet1.pcap"
    assert all((tmp_path / "pcap" / file).stat().st_size > 24 for file in files)
    assert (tmp_path / "keys/esp_sa").read_text().count("AES-GCM") >= 6


def test_the_same_seed_prints_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    commands = ("spoke1: show ip nhrp detail", "hub: show logging", "hub: show clock")
    assert run(capsys, *commands, seed=5) == run(capsys, *commands, seed=5)


@pytest.mark.parametrize(
    ("wishes", "reason"),
    [
        ({"topology": Path("/dev/null")}, "/dev/null:1: the file is empty"),
        ({"until": "soon"}, "--until: 'soon' is not a time"),
        ({"speed": "0"}, "--speed 0: write how many times faster"),
        ({"speed": "1/0"}, "--speed 1/0: write how many times faster"),
        ({"script": Path("/nonexistent/script")}, "/nonexistent/script cannot be read: No such file or directory"),
        ({"topology": Path("/nonexistent/x.clab.yml")}, "/nonexistent/x.clab.yml: cannot be read"),
        ({"pcap": Path("/proc/nowhere")}, "/proc/nowhere: "),
    ],
)
def test_what_cannot_be_is_one_sentence_and_status_2(
    capsys: pytest.CaptureFixture[str], wishes: dict[str, Any], reason: str
) -> None:
    status, out, err = run(capsys, "hub: show clock", **{"until": "0s"} | wishes)
    assert (status, out) == (2, "")
    assert reason in err
    assert "Traceback" not in err


def test_json_of_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, json=True)
    assert (status, err) == (2, "iosh: --json is about what --exec and --script give: there is neither\n")
