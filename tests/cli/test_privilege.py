"""Moved commands and aliases: what a level may type, what it is shown, and what histories keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MOVED = """enable secret level 5 f1ve
privilege exec level 5 show running-config
privilege exec level 5 configure terminal
privilege exec level 1 show
privilege configure level 5 interface
privilege interface level 5 description
privilege interface level 5 shutdown
interface GigabitEthernet1
 description Uplink
 ip address 192.0.2.1 255.255.255.0
 shutdown
"""


def at_five(desk: Callable[..., Any]) -> Any:
    one = desk(MOVED)
    one.types("terminal length 0", "enable 5", "f1ve")
    assert one.console.prompt == "Router#" and one.console.level == 5
    return one


def test_a_moved_command_is_there_at_its_level_and_not_below(desk: Callable[..., Any]) -> None:
    below = desk(MOVED)
    assert "Invalid input" in below.type("show running-config")
    assert "configure" not in below.console.help("")
    one = at_five(desk)
    one.type("show running-config")
    assert one.taken
    one.type("show startup-config")
    assert not one.taken, "its brothers stay where they were"
    assert "configure" in one.console.help("") and "reload" not in one.console.help("")


def test_only_what_was_moved_can_be_configured(desk: Callable[..., Any]) -> None:
    one = at_five(desk)
    one.types("configure terminal", "interface gi1", "description Down for now", "no shutdown")
    assert one.taken
    for line in ("ip address 192.0.2.2 255.255.255.0", "no ip address", "hostname X", "username x privilege 15"):
        one.type(line)
        assert not one.taken, line
    assert "hostname" not in one.console.help("") and "description" in one.console.help("")
    one.types("exit", "end")
    interface = one.router.config.interfaces["GigabitEthernet1"]
    assert interface.description == "Down for now" and not interface.shutdown
    assert str(interface.ip.address.address) == "192.0.2.1"


def test_a_lower_level_is_shown_what_it_could_type(desk: Callable[..., Any]) -> None:
    one = at_five(desk)
    for command in ("show running-config", "show running-config | json"):
        shown = one.type(command)
        assert "interface GigabitEthernet1" in shown and "Uplink" in shown
        assert not any(word in shown for word in ("secret", "192.0.2.1", "hostname", "privilege"))


def test_a_word_that_leads_to_a_moved_command_moves_with_it(desk: Callable[..., Any]) -> None:
    one = desk("privilege exec level 7 show clock\n")
    one.type("show version")
    assert not one.taken, "as IOS has it: `show` is level 7 now"
    one.type("enable")
    one.type("show version")
    assert one.taken


def test_with_all_everything_below_moves(desk: Callable[..., Any]) -> None:
    one = desk("privilege exec all level 3 clear\n")
    one.console.level = 3
    one.type("clear arp-cache")
    assert one.taken
    plain = desk("privilege exec level 3 clear\n")
    plain.console.level = 3
    plain.type("clear arp-cache")
    assert not plain.taken


def test_aliases_stand_for_the_first_word_of_a_line(desk: Callable[..., Any]) -> None:
    one = desk(
        "alias exec sc show clock\nalias configure gi interface GigabitEthernet1\nalias interface d description\n"
    )
    for line in ("sc", "s clock"):
        assert "UTC Tue Nov 14 2023" in one.type(line)
    one.types("enable", "configure terminal", "gi", "d for a rainy day", "end")
    assert one.router.config.interfaces["GigabitEthernet1"].description == "for a rainy day"
    shown = one.type("show aliases")
    assert "  sc                    show clock\n" in shown and "Interface configuration mode aliases:\n" in shown


def test_no_history_or_config_log_keeps_a_secret(desk: Callable[..., Any]) -> None:
    one = desk("archive\n log config\n  logging enable\n  notify syslog\n")
    one.types("enable", "terminal length 0", "configure terminal")
    one.types(
        "username ann priv 15 sec Tr0ub4dor&3",
        "enable sec Tr0ub4dor&3",
        "no enable password Tr0ub4dor&3",
        "line vty 0 4",
        "pass Tr0ub4dor&3",
        "crypto ikev2 keyring K",
        "peer P",
        "pre local Tr0ub4dor&3",
        "end",
    )
    kept = "\n".join([*one.console.history, *one.console.config_history, *one.router.logbook.lines])
    kept += one.type("show archive log config all")
    assert "Tr0ub4dor" not in kept and "username ann priv 15 sec *****" in kept
