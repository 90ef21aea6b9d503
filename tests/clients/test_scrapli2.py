"""The second scrapli, a program of its own under the old name, against a router of a lab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_answers_come_whole_and_refusals_are_seen(lab_ports: dict[str, int], ask_client: Callable[..., Any]) -> None:
    said = ask_client("scrapli2", "scrapli2_read.py", "127.0.0.1", lab_ports["hub"], "show version", "show nonsense")
    failed, text = said["show version"]
    assert not failed and "hub uptime is" in text.lower()
    failed, text = said["show nonsense"]
    assert failed and "% Invalid input detected" in text
