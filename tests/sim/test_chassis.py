"""What programs ask of slots, licences, drivers, VLANs and sockets, at the console of a router with a neighbour."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

Town = Callable[..., Any]
ROUTER = """
ntp master 3
interface GigabitEthernet1
 ip address 192.0.2.1 255.255.255.0
 no shutdown
interface GigabitEthernet1.20
 encapsulation dot1Q 20
 ip address 192.0.3.1 255.255.255.0
"""


@pytest.fixture
def lab(make_town: Town) -> Any:
    made = make_town("a:eth1 b:eth1", a=ROUTER, b=ROUTER.replace(".1 ", ".2 "))
    made.run(5)
    return made


def test_one_processor_has_nobody_beside_it(lab: Any) -> None:
    lines = lab.show("a", "show redundancy").splitlines()
    assert "                 Hardware Mode = Simplex" in lines and "              Standby failures = 0" in lines
    assert re.search(r"my state = 13 -ACTIVE", lab.show("a", "show redundancy states"))


def test_the_udi_is_the_chassis_of_the_inventory(lab: Any) -> None:
    serial = json.loads(lab.show("a", "show inventory | json"))["parts"][0]["serial"]
    row = lab.show("a", "show license udi").splitlines()[2].split()
    assert row == ["*", "IOSH", serial, f"IOSH:{serial}"]
    assert "No licenses in use" in lab.show("a", "show license summary")


def test_a_driver_counts_what_its_port_counts(lab: Any) -> None:
    lab.type("a", "ping 192.0.2.2")
    value = json.loads(lab.show("a", "show controllers GigabitEthernet1 | json"))
    (one,) = value["controllers"]
    assert f"rx_good_packets {one['counters']['in_packets']}" in lab.show("a", "show controllers").splitlines()
    assert one["counters"]["in_packets"] >= 4


def test_vlans_are_those_of_sub_interfaces(lab: Any) -> None:
    text = lab.show("a", "show vlan")
    assert "Virtual LAN ID:  20 (IEEE 802.1Q Encapsulation)" in text
    assert "   vLAN Trunk Interface:   GigabitEthernet1.20" in text and "192.0.3.1" in text
    lab.configure("a", "no interface GigabitEthernet1.20")
    assert lab.show("a", "show vlans").startswith("No Virtual LANs configured.")


def test_sockets_are_where_services_answer(lab: Any) -> None:
    ports = [int(line.split()[3]) for line in lab.show("a", "show udp").splitlines()[1:]]
    assert ports == [123, 500, 4500]
    assert lab.show("a", "show ip sockets") == lab.show("a", "show udp")


def test_what_is_started_is_the_image(lab: Any) -> None:
    assert lab.show("a", "show bootvar").splitlines()[0] == "BOOT variable = flash:iosh,1;"
