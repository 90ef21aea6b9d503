"""No secret reaches a log, a history, a trace, or a level that may not see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

SECRETS = {
    "username": "username eve password {0}",
    "secret": "username max secret {0}",
    "algorithm": "username moe algorithm-type sha256 secret {0}",
    "enable": "enable secret {0}",
    "level": "enable password level 5 {0}",
    "master": "key config-key password-encrypt {0}",
    "view": "parser view A|secret {0}",
    "line": "line vty 0 4|password {0}",
    "psk": "crypto ikev2 keyring K|peer P|pre-shared-key {0}",
    "isakmp": "crypto isakmp key {0} address 10.0.0.1",
    "snmp": "snmp-server community {0} RO",
    "tacacs": "tacacs server T|key 7 {0}",
    "chain": "key chain C|key 1|key-string {0}",
    "bgp": "router bgp 65000|neighbor 10.0.0.1 remote-as 65000|neighbor 10.0.0.1 password {0}",
    "ospf": "interface Tunnel0|ip ospf message-digest-key 1 md5 {0}",
    "nhrp": "interface Tunnel0|ip nhrp authentication {0}",
}
LOOKS = (
    "show running-config",
    "show running-config | json",
    "show startup-config",
    "show history",
    "show history all",
    "show logging",
    "show archive log config all",
    "show users",
    "show login failures",
    "show tech-support",
)


@pytest.fixture
def said(desk: Callable[..., Any]) -> Iterator[tuple[Any, dict[str, str]]]:
    """A router to which every secret was typed, in every way that is remembered."""
    logging = "archive\n log config\n  logging enable\n  hidekeys\n  notify syslog\nlogging buffered 65536\n"
    one = desk(f"aaa new-model\n{logging}")
    one.console.terminal.length = 0
    one.types("enable", "enable view", "configure terminal")
    typed = {name: f"Hid{number}en" for number, name in enumerate(SECRETS)} | {"master": "Hiddenmaster"}
    for name, lines in SECRETS.items():
        one.types(*lines.format(typed[name]).split("|"), "end", "configure terminal")
    one.type("end")
    one.type("write memory")
    yield one, typed


def test_no_log_and_no_history_holds_a_secret(said: tuple[Any, dict[str, str]]) -> None:
    one, typed = said
    remembered = "\n".join(
        [
            *one.router.logbook.lines,
            *one.console.history,
            *one.console.config_history,
            *(line for _, line in one.console.typed),
            one.type("show archive log config all"),
            one.type("show history all"),
        ]
    )
    assert "*****" in remembered
    for name, secret in typed.items():
        assert secret not in remembered, name


@pytest.mark.parametrize("level", [1, 7])
def test_no_lower_level_sees_a_secret(said: tuple[Any, dict[str, str]], level: int) -> None:
    one, typed = said
    config = one.router.config
    stored = [user.text for user in config.users.values()] + [config.views["A"].secret.text]
    one.types("configure terminal", "privilege exec level 7 show running-config", "end")
    one.console.level, one.console.view = level, None
    shown = "".join(one.type(line) for line in LOOKS)
    for name, secret in [*typed.items(), *(("stored", text) for text in stored)]:
        assert secret not in shown, name


def test_the_master_key_is_nowhere_to_be_read(said: tuple[Any, dict[str, str]]) -> None:
    one, typed = said
    for line in (*LOOKS, "dir nvram:", "more nvram:private-config", "copy nvram:private-config flash:x", ""):
        assert typed["master"] not in one.type(line)
