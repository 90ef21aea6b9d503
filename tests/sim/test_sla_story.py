"""IP SLA between two routers: one measures, the other answers; and what it makes of what is lost or closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iosh.cli.configure import Configurator
from iosh.config.model import Config
from iosh.config.store import Store

END = "interface GigabitEthernet1\n ip address 192.0.2.{number} 255.255.255.0\n no shutdown"
MEASURES = """
ip sla 1
 udp-echo 192.0.2.2 2000
ip sla 2
 udp-jitter 192.0.2.2 16384 num-packets 20
 frequency 10
ip sla 3
 tcp-connect 192.0.2.2 80
ip sla 4
 udp-echo 192.0.2.2 7 control disable
ip sla 5
 tcp-connect 192.0.2.2 22 control disable
track 2 ip sla 2 reachability
"""


@pytest.fixture
def lab(make_town: Callable[..., Any]) -> Any:
    made = make_town("a:eth1 b:eth1", a=END.format(number=1) + MEASURES, b=END.format(number=2))
    made.run(10)
    return made


def started(lab: Any, *answers: str) -> Any:
    lab.type("b", "configure terminal", *answers, "end")
    schedules = [f"ip sla schedule {number} life forever start-time now" for number in range(1, 6)]
    lab.type("a", "configure terminal", *schedules, "end")
    lab.run(12)
    return lab.router("a").services.operations


def codes(operations: Any) -> dict[int, str]:
    return {number: one.code for number, one in operations.items()}


def test_the_responder_opens_what_it_is_asked_for_and_no_more(lab: Any) -> None:
    operations = started(lab, "ip sla responder")
    assert codes(operations) == {1: "OK", 2: "OK", 3: "OK", 4: "No connection", 5: "No connection"}
    assert lab.show("a", "show track 2 | include Reachability is").strip() == "Reachability is Up"
    said = lab.show("b", "show ip sla responder")
    assert "General IP SLA Responder is: Enabled\nNumber of control message received: 4 Number of errors: 0" in said
    assert "        192.0.2.1 [" in said
    lab.type("b", "configure terminal", "no ip sla responder", "end")
    lab.run(70)
    assert codes(operations)[2] == "No connection"
    assert not lab.router("b").forwarding.listening
    assert lab.show("a", "show track 2 | include Reachability is").strip() == "Reachability is Down"


def test_without_a_responder_there_is_no_connection(lab: Any) -> None:
    found = codes(started(lab))
    assert found.pop(4) == "Timeout"  # of the port unreachables in a row only the first was sent
    assert set(found.values()) == {"No connection"}


def test_permanent_ports_answer_without_control_messages(lab: Any) -> None:
    lines = ("ip sla responder udp-echo port 7", "ip sla responder tcp-connect ipaddress 192.0.2.2 port 22")
    operations = started(lab, *lines)
    assert codes(operations) == {1: "No connection", 2: "No connection", 3: "No connection", 4: "OK", 5: "OK"}
    assert "192.0.2.2         22" in lab.show("b", "show ip sla responder")


def test_jitter_counts_every_packet_and_says_so(lab: Any) -> None:
    started(lab, "ip sla responder")
    said = lab.show("a", "show ip sla statistics 2")
    assert "Type of operation: udp-jitter" in said and "        Number Of RTT: 20 " in said
    assert "        Number of SD Jitter Samples: 19\n        Number of DS Jitter Samples: 19\n" in said
    assert "        Loss Source to Destination: 0\n        Loss Destination to Source: 0\n" in said
    lab.type("b", "configure terminal", "access-list 101 permit udp any any eq 1967", "interface GigabitEthernet1")
    lab.type("b", "ip access-group 101 in", "end")
    lab.run(30)
    assert "Tail Drop: 0" not in lab.show("a", "show ip sla statistics 2")
    summary = lab.show("a", "show ip sla summary")
    assert "udp-jitter  192.0.2.2" in summary and "tcp-connect 192.0.2.2" in summary


def test_the_kinds_stand_in_configuration_and_application(lab: Any) -> None:
    said = lab.show("a", "show ip sla configuration 2")
    assert "Type of operation to perform: udp-jitter\n" in said
    assert "Target port/Source port: 16384/0\n" in said
    assert "Packet Interval (milliseconds)/Number of packets: 20/20\n" in said and "Control Packets: enabled" in said
    assert "icmpEcho, udpEcho, jitter, tcpConnect" in lab.show("a", "show ip sla application")
    lab.type("a", "configure terminal", "ip sla 2", "icmp-echo 192.0.2.2", "end")
    assert "udp-jitter" not in lab.show("a", "show running-config | section ip sla 2")


def test_the_prompt_says_at_once_what_is_measured() -> None:
    configurator = Configurator(Store(Config()))
    configurator.line("ip sla 9")
    for line, prompt in (
        ("icmp-echo 192.0.2.2", "(config-ip-sla-echo)#"),
        ("udp-echo 192.0.2.2 2000", "(config-ip-sla-udp)#"),
        ("tcp-connect 192.0.2.2 80", "(config-ip-sla-tcp)#"),
        ("udp-jitter 192.0.2.2 2000 codec g711alaw", "(config-ip-sla-jitter)#"),
    ):
        configurator.line(line)
        assert configurator.prompt == prompt


def test_a_codec_speaks_for_twenty_seconds(lab: Any) -> None:
    lab.type("a", "configure terminal", "ip sla 9", "udp-jitter 192.0.2.2 2000 codec g711alaw", "end")
    said = lab.show("a", "show ip sla configuration 9")
    assert "Packet Interval (milliseconds)/Number of packets: 20/1000\n" in said
    assert "Request size (ARR data portion): 172\n" in said
