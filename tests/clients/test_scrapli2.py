"""The second scrapli, another program under the old name, against a router of a lab, by OpenSSH and by libssh2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.mark.parametrize("transport", ["bin", "ssh2"])
def test_a_session(lab_ports: dict[str, int], ask_client: Callable[..., Any], transport: str) -> None:
    met = ask_client("scrapli2", "scrapli2_session.py", lab_ports["hub"], transport)
    failed, text = met["show version"]
    assert not failed and "HUB uptime is" in text
    failed, text = met["show nonsense"]
    assert failed and "% Invalid input detected" in text
    assert met["prompts"] == ["HUB>", "HUB#", "HUB(config)#", "HUB#"]
    assert (met["refused"], met["refused again"]) == (False, False)
    assert " description by scrapli 2" in met["configured"]
    assert "Clear logging buffer [confirm]" in met["confirmed"]
