"""OpenSSH's own clients: one command with its exit status, files by `sftp` and by both ways of `scp`, host keys."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.skipif(shutil.which("ssh-keyscan") is None, reason="OpenSSH is not installed")


@pytest.fixture
def openssh(lab_ports: dict[str, int], tmp_path: Path) -> Run:
    """Run one of OpenSSH's programs against the hub, as the lab's user, who is asked for a password."""
    ask = tmp_path / "ask"
    ask.write_text("#!/bin/sh\necho admin\n")
    ask.chmod(0o700)
    environment = {**os.environ, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":none"}
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "PubkeyAuthentication=no"]
    options += [f"Port={lab_ports['hub']}", "BatchMode=no"]

    def run(program: str, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        command = [program, "-F", "/dev/null", *(f"-o{option}" for option in options), *arguments]
        return subprocess.run(
            command, input=said, capture_output=True, text=True, check=False, timeout=30, env=environment, cwd=tmp_path
        )

    return run


def test_one_command_gives_its_output_and_exit_status(openssh: Run) -> None:
    done = openssh("ssh", "admin@127.0.0.1", "show version")
    assert done.returncode == 0 and "uptime is" in done.stdout
    done = openssh("ssh", "admin@127.0.0.1", "show nonsense")
    assert done.returncode == 1 and "% Invalid input" in done.stdout


def test_files_go_by_sftp_and_both_ways_of_scp(openssh: Run, tmp_path: Path) -> None:
    content = "! a file\n" * 5000
    (tmp_path / "up.cfg").write_text(content)
    enable = "configure terminal\nip scp server enable\nend\nexit\n"
    assert openssh("ssh", "-T", "admin@127.0.0.1", said=enable).returncode == 0
    for name, old in (("new", ()), ("old", ("-O",))):
        assert openssh("scp", *old, "up.cfg", f"admin@127.0.0.1:flash:/{name}.cfg").returncode == 0
        assert openssh("scp", *old, f"admin@127.0.0.1:flash:/{name}.cfg", f"{name}.back").returncode == 0
        assert (tmp_path / f"{name}.back").read_text() == content
    assert openssh("scp", "admin@127.0.0.1:running-config", "running.cfg").returncode == 0
    assert "ip scp server enable\n" in (tmp_path / "running.cfg").read_text()
    batch = "pwd\nls\nget old.cfg sftp.back\nrm new.cfg\nrm old.cfg\nls /\n"
    done = openssh("sftp", "-b-", "admin@127.0.0.1", said=batch)
    assert done.returncode == 0, done.stderr
    assert "Remote working directory: /flash:" in done.stdout and "new.cfg" in done.stdout and "nvram:" in done.stdout
    assert (tmp_path / "sftp.back").read_text() == content
    assert openssh("scp", "admin@127.0.0.1:flash:/new.cfg", "gone").returncode == 1


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_host_keys_of_both_kinds_are_found(lab_ports: dict[str, int], kind: str) -> None:
    command = ["ssh-keyscan", "-T", "10", "-t", kind, "-p", str(lab_ports["hub"]), "127.0.0.1"]
    assert kind in subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout


def test_a_stranger_without_a_password_runs_nothing(lab_ports: dict[str, int]) -> None:
    options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"]
    command = ["ssh", *(f"-o{option}" for option in options), "-p", str(lab_ports["hub"]), "admin@127.0.0.1"]
    done = subprocess.run([*command, "show version"], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 255 and done.stdout == "" and "Permission denied" in done.stderr
