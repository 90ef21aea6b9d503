"""What IOS refuses of VRFs, and what it takes away unasked."""

from __future__ import annotations

import pytest

from iosh.cli.configure import Configurator
from iosh.cli.load import load
from iosh.cli.render import running_config
from iosh.config.store import Store

BASE = """vrf definition RED
 address-family ipv4
ip vrf OLD
interface GigabitEthernet1
 ip address 10.0.0.1 255.255.255.0
interface GigabitEthernet2
 vrf forwarding RED
 ip address 10.0.0.1 255.255.255.0
ip route vrf RED 10.9.0.0 255.255.0.0 10.0.0.9
ip route 10.9.0.0 255.255.0.0 10.0.0.9
"""


@pytest.fixture
def person() -> Configurator:
    config, complaints = load(BASE)
    assert complaints == []
    return Configurator(Store(config))


def says(person: Configurator, *lines: str) -> str:
    """What the last of these lines is answered with."""
    for line in lines:
        outcome = person.line(line)
    return "\n".join(outcome.text)


def config_of(person: Configurator) -> list[str]:
    return running_config(person._store.running)


def test_an_interface_that_changes_its_vrf_loses_its_addresses(person: Configurator) -> None:
    notice = "% Interface GigabitEthernet1 IPv4 disabled and address(es) removed due to "
    assert says(person, "interface GigabitEthernet1", "vrf forwarding RED") == notice + "enabling VRF RED"
    assert says(person, "vrf forwarding RED") == ""
    assert says(person, "ip address 10.7.0.1 255.255.255.0") == ""
    assert says(person, "vrf forwarding RED") == ""
    assert " ip address 10.7.0.1 255.255.255.0" in config_of(person)
    assert says(person, "no vrf forwarding RED") == notice + "disabling VRF RED"
    assert " ip address 10.7.0.1 255.255.255.0" not in config_of(person)


def test_networks_overlap_within_a_vrf_only(person: Configurator) -> None:
    lines = "interface GigabitEthernet3", "vrf forwarding RED", "ip address 10.0.0.7 255.255.255.0"
    assert says(person, *lines) == "% 10.0.0.0 overlaps with GigabitEthernet2"
    assert says(person, "no vrf forwarding", "ip vrf forwarding OLD", lines[2]) == ""


def test_a_vrf_is_named_in_the_form_it_is_defined_in_and_only_if_it_is(person: Configurator) -> None:
    assert says(person, "interface GigabitEthernet3", "vrf forwarding GREEN") == "% VRF GREEN does not exist"
    assert says(person, "vrf forwarding OLD") == "% Use 'ip vrf forwarding' command for VRF 'OLD'"
    assert says(person, "ip vrf forwarding RED") == "% Use 'vrf forwarding' command for VRF 'RED'"
    assert says(person, "interface Tunnel0", "tunnel vrf GREEN") == "% VRF GREEN does not exist"
    assert says(person, "ip route vrf GREEN 0.0.0.0 0.0.0.0 10.0.0.9") == "% VRF GREEN does not exist"
    assert says(person, "ip vrf RED") == "% Use 'vrf definition' command for VRF 'RED'"


def test_a_vrf_that_goes_takes_along_what_named_it(person: Configurator) -> None:
    says(person, "interface Tunnel0", "tunnel vrf RED")
    gone = "% IPv4 and IPv6 addresses from all interfaces in VRF RED have been removed"
    assert says(person, "no vrf definition RED") == gone
    assert not [line for line in config_of(person) if "RED" in line]
    assert says(person, "no ip vrf OLD") == "% IPv4 addresses from all interfaces in VRF OLD have been removed"


def test_no_of_a_route_to_a_prefix_leaves_that_of_another_table(person: Configurator) -> None:
    assert says(person, "no ip route 10.9.0.0 255.255.0.0") == ""
    assert "ip route vrf RED 10.9.0.0 255.255.0.0 10.0.0.9" in config_of(person)
    assert says(person, "no ip route 10.9.0.0 255.255.0.0") == "%No matching route to delete"
    assert says(person, "no ip route vrf RED 10.9.0.0 255.255.0.0") == ""
    assert not [line for line in config_of(person) if line.startswith("ip route")]
