"""`iosh check` says what is wrong with a config as compilers do."""

from __future__ import annotations

from pathlib import Path

import pytest

from iosh.shell.check import run_check

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/dmvpn-phase3"


def check(capsys: pytest.CaptureFixture[str], *files: Path) -> tuple[int, str, str]:
    status = run_check(files)
    out, err = capsys.readouterr()
    return status, out, err


def test_the_examples_have_nothing_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted(EXAMPLE.glob("*.cfg"))
    assert check(capsys, *files) == (0, "", f"{len(files)} files, no problems\n")


def test_each_mistake_is_named_with_file_line_caret_and_reason(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "r1.cfg"
    file.write_text(
        "hostname R1\n"
        "interface Tunnel0\n"
        " ip nhrp authentikation X\n"
        " ip address\n"
        " tunnel protection ipsec profile MISSING\n"
        "end\n"
    )
    status, out, err = check(capsys, file)
    assert status == 1
    assert out == (
        f"{file}:3:18: error: not understood, did you mean `ip nhrp authentication`?\n"
        " ip nhrp authentikation X\n"
        "                 ^~~~~~\n"
        f"{file}:4:2: error: incomplete\n"
        " ip address\n"
        " ^~~~~~~~~~\n"
        f"{file}:5:34: warning: IPsec profile MISSING is not defined\n"
        " tunnel protection ipsec profile MISSING\n"
        "                                 ^~~~~~~\n"
    )
    assert err == "1 file, 3 problems\n"


def test_a_topology_is_checked_with_the_configs_it_names(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert check(capsys, EXAMPLE / "dmvpn-phase3.clab.yml")[0] == 0
    (tmp_path / "r1.cfg").write_text("hostname R1\njolly\n")
    topology = tmp_path / "lab.clab.yml"
    topology.write_text(
        "name: x\ntopology:\n  nodes:\n    r1: {kind: iosh, startup-config: r1.cfg}\n"
        "    r2:\n      kind: iosh\n      startup-config: |\n        hostname R2\n        plugh\n"
    )
    status, out, _ = check(capsys, topology)
    assert status == 1
    assert f"{tmp_path / 'r1.cfg'}:2:1: error: not understood\njolly\n^~~~~\n" in out
    assert f"{topology}:9:" in out
    topology.write_text("name: x\n")
    assert check(capsys, topology) == (
        1,
        f"{topology}:1:1: the file has no 'topology'\n",
        "1 file, 1 problem\n",
    )


def test_a_file_that_cannot_be_read_is_said_and_the_others_are_checked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    binary = tmp_path / "binary.cfg"
    binary.write_bytes(b"hostname \xff\n")
    status, out, err = check(capsys, tmp_path / "none.cfg", binary, EXAMPLE / "hub.cfg")
    assert (status, out) == (2, "")
    assert f"{tmp_path / 'none.cfg'}: cannot be read: No such file or directory\n" in err
    assert f"{binary}: is not UTF-8 text" in err
    assert err.endswith("\n1 file, no problems\n")
    assert check(capsys, binary)[2].count("\n") == 1
