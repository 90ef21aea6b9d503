"""The program as people call it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples/dmvpn-phase3"


def iosh(*arguments: str | Path, typed: str = "", home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    if home is not None:
        environment |= {"HOME": str(home), "XDG_DATA_HOME": ""}
    return subprocess.run(
        [sys.executable, "-m", "iosh.shell.door", *map(str, arguments)],
        input=typed, capture_output=True, text=True, timeout=120, env=environment, check=False,
    )  # fmt: skip


def test_help_names_every_way_in() -> None:
    text = iosh("--help").stdout
    for word in ("[STARTUP-CONFIG] | COMMAND", "console", "lab", "check", "--version"):
        assert word in text
    options = iosh("lab", "--help").stdout
    for option in ("--exec", "--script", "--until", "--seed", "--speed", "--pcap", "--keys", "--json"):
        assert option in options


def test_it_says_which_it_is() -> None:
    assert iosh("--version").stdout.startswith("iosh ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing.cfg"], "there is no file 'nothing.cfg', and no command of that name"),
        (["chek", "hub.cfg"], "No such command 'chek'. Did you mean 'check'?"),
        (["lab"], "Missing argument 'TOPOLOGY'"),
        (["lab", "none.clab.yml"], "none.clab.yml: cannot be read: No such file or directory"),
        (["--nvram"], "Option '--nvram' requires an argument"),
    ],
)
def test_a_mistake_on_the_command_line_is_a_sentence_and_status_2(arguments: list[str], sentence: str) -> None:
    done = iosh(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_router_keeps_its_startup_config_in_the_persons_data_folder(tmp_path: Path) -> None:
    first = iosh(typed="enable\nconfigure terminal\nhostname KEPT\nend\nwrite memory\n", home=tmp_path)
    assert first.returncode == 0
    assert first.stdout.startswith("Router>enable\nRouter#configure terminal\n")
    assert first.stderr == ""
    saved = tmp_path / ".local/share/iosh/nvram/startup-config"
    assert saved.stat().st_mode & 0o777 == 0o600
    again = iosh(typed="enable\nshow startup-config\n", home=tmp_path)
    assert again.stdout.startswith("KEPT>enable\n")
    assert "hostname KEPT" in again.stdout


def test_a_router_boots_with_a_file_and_says_what_it_did_not_understand(tmp_path: Path) -> None:
    config = tmp_path / "r1.cfg"
    config.write_text("hostname FROMFILE\njolly\ninterface GigabitEthernet0/7\n no shutdown\n")
    done = iosh(config, typed="show ip interface brief\nexit\nnever reached\n")
    assert done.stdout.startswith("FROMFILE>")
    assert "GigabitEthernet0/7" in done.stdout
    assert "never reached" not in done.stdout
    assert done.stderr == f"{config}:2:1: not understood\n"


def test_what_is_saved_to_memory_only_is_said(tmp_path: Path) -> None:
    config = tmp_path / "r1.cfg"
    config.write_text("hostname R1\n")
    typed = "enable\nwrite memory\n"
    assert "in memory only; --nvram DIR keeps it" in iosh(config, typed=typed).stderr
    nvram = tmp_path / "nvram"
    assert iosh(config, "--nvram", nvram, typed=typed).stderr == ""
    refused = iosh(config, "--nvram", nvram, typed=typed)
    assert refused.returncode == 2
    assert "holds a startup-config already" in refused.stderr
    assert iosh("--nvram", nvram, typed="enable\n").stdout.startswith("R1>")


def test_a_line_not_taken_on_standard_input_is_told_by_the_status() -> None:
    assert iosh(EXAMPLES / "hub.cfg", typed="show clock\n").returncode == 0
    assert iosh(EXAMPLES / "hub.cfg", typed="show bogus\n").returncode == 1


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m iosh.shell.door lab {EXAMPLES / 'dmvpn-phase3.clab.yml'} --exec 'hub: show run'"
    done = subprocess.run(
        ["sh", "-c", f"{command} 2>&1 | head -1"], capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stdout + done.stderr


def test_the_prompt_does_without_what_it_does_not_need() -> None:
    code = (
        "import sys, iosh.shell.door, iosh.shell.console, iosh.shell.repl\n"
        "print([name for name in ('scapy', 'rich', 'typer', 'yaml', 'netaddr') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_demonstration_ends_well_without_a_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "iosh.shell.demo", str(EXAMPLES / "dmvpn-phase3.clab.yml")],
        capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    for text in ("HUB#show dmvpn", "Every spoke is registered", "0% packet loss", "SPOKE1#show dmvpn", "DT1"):
        assert text in done.stdout


def test_the_demonstration_says_what_went_wrong(tmp_path: Path) -> None:
    for file in EXAMPLES.iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    spoke = tmp_path / "spoke2.cfg"
    spoke.write_text(spoke.read_text().replace("pre-shared-key Not", "pre-shared-key Another"))
    done = subprocess.run(
        [sys.executable, "-m", "iosh.shell.demo", str(tmp_path / "dmvpn-phase3.clab.yml")],
        capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 1
    assert "demo: the cloud did not form:\n  spoke2 Tunnel0: no IPsec session with" in done.stderr
