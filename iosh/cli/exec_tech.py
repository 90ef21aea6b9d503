"""`show tech-support`: many shows in one, for whoever must help from afar. Secrets are taken out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from iosh.base.time import Instant
from iosh.cli.exec_line import Action, execute
from iosh.cli.output import Output

if TYPE_CHECKING:
    from iosh.cli.console import Console

COMMANDS: Final = (
    "show clock",
    "show version",
    "show inventory",
    "show platform",
    "show running-config",
    "show interfaces",
    "show ip interface",
    "show ip interface brief",
    "show ip route",
    "show ip route summary",
    "show ip cef",
    "show adjacency detail",
    "show arp",
    "show ip traffic",
    "show dmvpn detail",
    "show ip nhrp",
    "show ip nhrp nhs detail",
    "show ip nhrp multicast",
    "show ip nhrp traffic",
    "show crypto ikev2 sa detailed",
    "show crypto ikev2 stats",
    "show crypto ipsec sa",
    "show crypto session detail",
    "show processes cpu",
    "show processes memory",
    "show logging",
)
_SECRET: Final = re.compile(
    r"^(\s*.*?\b(?:pre-shared-key(?: local| remote)?(?: hex)?|password|secret|key-string|nhrp authentication"
    r"|community|crypto isakmp key)(?: \d(?= ))?) \S+"
)


def _tech_support(console: Console, now: Instant) -> Output:
    outputs: dict[str, Output] = {}
    for command in COMMANDS:
        output = execute(console, command, 0, now)
        assert isinstance(output, Output), command
        outputs[command] = output
    return Output(_lines(outputs), _values(outputs))


def _lines(outputs: dict[str, Output]) -> Iterator[str]:
    for command, output in outputs.items():
        yield ""
        yield f"------------------ {command} ------------------"
        yield ""
        yield from map(_without_secrets, output.lines)


def _values(outputs: dict[str, Output]) -> dict[str, Any]:
    """The views; the configuration is left out, for it holds the keys."""
    return {command: output.value for command, output in outputs.items() if command != "show running-config"}


def _without_secrets(line: str) -> str:
    return _SECRET.sub(r"\1 <removed>", line)


ACTIONS: Final[dict[str, Action]] = {"show_tech_support": _tech_support}
