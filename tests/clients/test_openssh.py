"""OpenSSH's own client: one command, and the host key's algorithms of any age."""

from __future__ import annotations

import shutil
import subprocess

import pytest

pytestmark = pytest.mark.skipif(shutil.which("ssh-keyscan") is None, reason="OpenSSH is not installed")


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_host_keys_of_both_kinds_are_found(lab_ports: dict[str, int], kind: str) -> None:
    command = ["ssh-keyscan", "-T", "10", "-t", kind, "-p", str(lab_ports["hub"]), "127.0.0.1"]
    assert kind in subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout


def test_a_stranger_without_a_password_runs_nothing(lab_ports: dict[str, int]) -> None:
    options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"]
    command = ["ssh", *(f"-o{option}" for option in options), "-p", str(lab_ports["hub"]), "admin@127.0.0.1"]
    done = subprocess.run([*command, "show version"], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 255 and done.stdout == "" and "Permission denied" in done.stderr
