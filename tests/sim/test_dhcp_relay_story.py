"""Clients behind a relay agent, a server that keeps its bindings on flash, and an address that is taken already."""

from __future__ import annotations

from typing import Any

import pytest

SERVER = """ip dhcp database flash:bindings.txt write-delay 60
ip dhcp excluded-address 10.1.0.1 10.1.0.9
!
ip dhcp pool LAN
 network 10.1.0.0 255.255.255.0
 default-router 10.1.0.1
 domain-name example.net
 lease 0 1
!
interface GigabitEthernet1
 ip address 192.0.2.9 255.255.255.0
 no shutdown
ip route 10.1.0.0 255.255.255.0 192.0.2.1
"""
AGENT = """{option}interface GigabitEthernet1
 ip address 192.0.2.1 255.255.255.0
 no shutdown
interface GigabitEthernet2
 ip address 10.1.0.1 255.255.255.0
 ip helper-address 192.0.2.9
 no shutdown
"""
CLIENT = """interface GigabitEthernet1
 ip address dhcp
{more} no shutdown
"""
CABLES = ("agent:GigabitEthernet1 server:GigabitEthernet1", "agent:GigabitEthernet2 client:GigabitEthernet1")


def town(make_town: Any, option: str = "", more: str = "", seconds: int = 60) -> Any:
    made = make_town(*CABLES, server=SERVER, agent=AGENT.format(option=option), client=CLIENT.format(more=more))
    made.run(seconds)
    return made


@pytest.mark.parametrize("option", ["", "ip dhcp relay information option\n"])
def test_a_client_gets_its_address_from_beyond_the_relay_agent(make_town: Any, option: str) -> None:
    made = town(make_town, option)
    assert "10.1.0.10" in made.show("client", "show ip interface brief")
    assert "S*    0.0.0.0/0 [254/0] via 10.1.0.1" in made.show("client", "show ip route")
    assert "DHCPACK              1" in made.show("agent", "show ip dhcp server statistics").partition("Forwarded")[2]
    made.run(3600)
    assert "10.1.0.10" in made.show("client", "show ip interface brief")
    forwarded = made.show("agent", "show ip dhcp server statistics").partition("Forwarded")[2]
    assert "DHCPACK              1" in forwarded, "renewed by unicast, past the agent"
    assert "Renew messages       2" in made.show("server", "show ip dhcp server statistics")
    assert "ip helper-address 192.0.2.9" in made.show("agent", "show running-config")


def test_bindings_outlive_a_reload_of_the_server(make_town: Any) -> None:
    made = town(make_town)
    assert "bindings.txt" not in made.show("server", "dir flash:"), "not written before its delay"
    made.run(60)
    held = made.show("server", "show ip dhcp binding")
    assert "10.1.0.10" in held and "10.1.0.10 id " in made.show("server", "more flash:bindings.txt")
    made.type("server", "write memory")
    made.power_cycle("server")
    made.run(120)
    assert made.show("server", "show ip dhcp binding").splitlines()[:4] == held.splitlines()[:4]
    assert "Read     :  Never" not in made.show("server", "show ip dhcp database")


def test_an_address_somebody_uses_already_is_not_offered(make_town: Any) -> None:
    agent = AGENT.format(option="").replace("10.1.0.1 255.255.255.0\n", "10.1.0.1 255.255.255.0\n{}")
    squatter = agent.format(" ip address 10.1.0.10 255.255.255.0 secondary\n")
    made = make_town(*CABLES, server=SERVER, agent=squatter, client=CLIENT.format(more=""))
    made.run(60)
    assert "10.1.0.11" in made.show("client", "show ip interface brief")
    assert "%DHCPD-4-PING_CONFLICT: DHCP address conflict:  server pinged 10.1.0.10." in made.log("server")
    assert "10.1.0.10         Ping" in made.show("server", "show ip dhcp conflict")
    made.type("server", "clear ip dhcp conflict *")
    assert "10.1.0.10" not in made.show("server", "show ip dhcp conflict")


def test_a_client_says_what_it_is_told_to_say(make_town: Any) -> None:
    more = (
        " ip dhcp client client-id ascii branch-7\n ip dhcp client hostname seven\n"
        " ip dhcp client default-router distance 10\n ip dhcp client lease 0 2\n"
    )
    made = town(make_town, more=more)
    assert "0.0.0.0/0 [10/0] via 10.1.0.1" in made.show("client", "show ip route")
    assert "10.1.0.10           0062.7261.6e63.682d." in made.show("server", "show ip dhcp binding")
    made.configure("client", "interface GigabitEthernet1", "no ip dhcp client request router")
    made.type("client", "renew dhcp GigabitEthernet1")
    made.run(5)
    assert "0.0.0.0/0" not in made.show("client", "show ip route")
    assert " no ip dhcp client request router" in made.show("client", "show running-config")
