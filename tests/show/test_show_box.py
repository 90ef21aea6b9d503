"""Shows of the box itself, read the way automation reads them."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from iosh.base.addr import IPv4, Prefix
from iosh.base.record import DebugLine, Syslog
from iosh.base.time import SECOND
from iosh.config.model import Config, HostAddresses, NhrpMapKey
from iosh.router.civil import CivilClock
from iosh.router.logbook import Logbook, LogSettings
from iosh.router.ports import PaperFigures
from iosh.show.plain import plain
from iosh.show.registry import find
from iosh.show.text import spelled

EPOCH_S = 1_700_000_000
DAY_S = 86_400


def router(**config: Any) -> Any:
    ports = {"GigabitEthernet1": SimpleNamespace(mac=bytes(6)), "GigabitEthernet2": SimpleNamespace(mac=bytes(6))}
    return SimpleNamespace(
        config=Config(**config),
        ports=ports,
        started=0,
        epoch_s=EPOCH_S,
        clock=CivilClock(EPOCH_S),
        debugging={"nhrp packet": None, "ip icmp": None},
        figures=PaperFigures(),
        logbook=Logbook(CivilClock(EPOCH_S), 0, LogSettings()),
    )


def shown(name: str, box: Any, now: int = 0) -> list[str]:
    show = find(name)
    return list(show.text(show.view(box, now)))


def test_show_version_says_what_ansible_napalm_and_netmiko_look_for() -> None:
    text = "\n".join(shown("version", router(hostname="R1"), (9 * DAY_S + 7 * 3600 + 5 * 60) * SECOND))
    assert re.search(r"Cisco IOS XE Software", text)  # netmiko tells cisco_xe by it
    assert re.search(r"Cisco IOS Software.*, Version (\S+),", text)
    assert re.search(r"^R1 uptime is 1 week, 2 days, 7 hours, 5 minutes$", text, re.M)
    assert re.search(r"^[Cc]isco (\S+).+bytes of .*memory", text, re.M)
    assert re.search(r"Processor board ID (\S+)", text)
    assert re.search(r'image file is "(.+)"', text)
    assert re.search(r"^2 Gigabit Ethernet interfaces$", text, re.M)
    assert re.search(r"Configuration register is (0x\w+)", text)


def test_show_version_does_not_pretend_to_be_ciscos() -> None:
    text = "\n".join(shown("version", router()))
    assert "This is iosh" in text and "not a product of Cisco Systems" in text


def test_durations_are_spelled_without_empty_units() -> None:
    assert spelled(0) == "0 minutes"
    assert spelled(61 * SECOND) == "1 minute"
    assert spelled(366 * DAY_S * SECOND) == "1 year, 1 day"


def test_show_clock_is_starred_until_a_server_sets_it() -> None:
    assert shown("clock", router(), 1_500_000_000) == ["*22:13:21.500 UTC Tue Nov 14 2023"]


def test_show_logging_counts_by_level_and_prints_the_buffer() -> None:
    box = router()
    box.config.logging.console_level = 4
    box.logbook.record(Syslog("LINK", 3, "UPDOWN", "Interface Tunnel0, changed state to up"), SECOND)
    box.logbook.record(DebugLine("nhrp packet", "NHRP: something"), 2 * SECOND)
    lines = shown("logging", box)
    assert "    Console logging: level warnings, 1 messages logged, xml disabled," in lines
    assert "    Buffer logging:  level debugging, 2 messages logged, xml disabled," in lines
    assert lines[-2:] == [
        "*Nov 14 22:13:21.000: %LINK-3-UPDOWN: Interface Tunnel0, changed state to up",
        "*Nov 14 22:13:22.000: NHRP: something",
    ]


def test_an_entry_of_several_lines_is_several_lines_to_filters_and_the_pager() -> None:
    box = router()
    box.logbook.record(DebugLine("crypto ikev2", "IKEv2:Sending Packet \nPayload contents: \n SA KE N \n"), SECOND)
    assert shown("logging", box)[-4:] == [
        "*Nov 14 22:13:21.000: IKEv2:Sending Packet ",
        "Payload contents: ",
        " SA KE N ",
        "",
    ]


def test_what_is_off_is_said_to_be_disabled() -> None:
    box = router()
    box.config.logging.console_level = None
    box.config.logging.buffered = False
    lines = shown("logging", box)
    assert "    Console logging: disabled" in lines
    assert "    Buffer logging:  disabled, xml disabled," in lines


def test_show_debugging_groups_what_is_on() -> None:
    assert shown("debugging", router()) == [
        "Generic IP:",
        "  ICMP packet debugging is on",
        "",
        "NHRP:",
        "  NHRP activity debugging is on",
        "",
    ]


HUB = HostAddresses(IPv4.parse("192.0.2.1"))


def test_show_hosts_names_domain_and_hosts() -> None:
    text = "\n".join(shown("hosts", router(domain_name="example.net", hosts={"hub": HUB})))
    assert "Default domain is example.net" in text
    assert re.search(r"^hub +None +\(perm, OK\) +0 +IP +192\.0\.2\.1$", text, re.M)


def test_any_value_is_plain_for_json() -> None:
    address = IPv4.parse("10.0.0.1")
    value = {
        "address": address,
        "prefix": Prefix.of(address, 8),
        "mac": bytes.fromhex("aabbcc000100"),
        "key": b"\x01\x02",
        "key of records": {NhrpMapKey(address): 5},
        "tuple": (1, None, True, "x"),
    }
    assert plain(value) == {
        "address": "10.0.0.1",
        "prefix": "10.0.0.0/8",
        "mac": "aabb.cc00.0100",
        "key": "0102",
        "key of records": [{"key": {"address": "10.0.0.1", "mask": None, "multicast": None}, "value": 5}],
        "tuple": [1, None, True, "x"],
    }
    assert plain(Config())["hostname"] == "Router"
