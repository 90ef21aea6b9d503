"""Interface names and aliases, as containerlab documents them for each kind."""

from __future__ import annotations

import pytest

from iosh.lab.kinds import BadName, find

NAMES = [
    ("iosh", "eth1", "GigabitEthernet1"),
    ("iosh", "eth12", "GigabitEthernet12"),
    ("iosh", "gi0/1", "GigabitEthernet0/1"),
    ("iosh", "Ethernet0/3", "Ethernet0/3"),
    ("iosh", "te1/1", "TenGigabitEthernet1/1"),
    ("cisco_c8000v", "eth1", "GigabitEthernet2"),
    ("cisco_c8000v", "Gi2", "GigabitEthernet2"),
    ("cisco_c8000v", "GigabitEthernet 3", "GigabitEthernet3"),
    ("cisco_csr1000v", "eth3", "GigabitEthernet4"),
    ("vr-csr", "eth1", "GigabitEthernet2"),
    ("cisco_iol", "eth1", "Ethernet0/1"),
    ("cisco_iol", "eth3", "Ethernet0/3"),
    ("cisco_iol", "eth4", "Ethernet1/0"),
    ("cisco_iol", "eth5", "Ethernet1/1"),
    ("cisco_iol", "e1/3", "Ethernet1/3"),
    ("cisco_vios", "eth1", "GigabitEthernet0/1"),
    ("cisco_vios", "eth2", "GigabitEthernet0/2"),
    ("cisco_vios", "Gi0", "GigabitEthernet0/1"),
    ("cisco_vios", "GigabitEthernet1", "GigabitEthernet0/2"),
    ("cisco_vios", "Gi0/1", "GigabitEthernet0/1"),
    ("bridge", "br-eth7", "br-eth7"),
    ("linux", "eth0.5", "eth0.5"),
]

REFUSED = [
    ("iosh", "eth0", "management"),
    ("iosh", "Tunnel0", "not a physical interface"),
    ("iosh", "Gi1.10", "not a physical interface"),
    ("iosh", "nonsense", "neither"),
    ("cisco_c8000v", "Gi1", "management interface"),
    ("cisco_c8000v", "eth0", "GigabitEthernet1"),
    ("cisco_c8000v", "Gi0/0", "has no GigabitEthernet0/0"),
    ("cisco_c8000v", "e0/1", "has no Ethernet0/1"),
    ("cisco_iol", "e0/0", "management interface"),
    ("cisco_iol", "e0/4", "has no Ethernet0/4"),
    ("cisco_iol", "Gi2", "has no GigabitEthernet2"),
    ("cisco_vios", "eth0", "GigabitEthernet0/0"),
    ("cisco_vios", "Gi1/0", "has no GigabitEthernet1/0"),
    ("linux", "a b", "not the name"),
]


@pytest.mark.parametrize(("kind", "word", "name"), NAMES)
def test_an_interface_is_called_what_the_node_calls_it(kind: str, word: str, name: str) -> None:
    found = find(kind)
    assert found is not None
    assert found.port(word) == name


@pytest.mark.parametrize(("kind", "word", "reason"), REFUSED)
def test_a_name_the_kind_does_not_have_is_refused_with_the_reason(kind: str, word: str, reason: str) -> None:
    found = find(kind)
    assert found is not None
    with pytest.raises(BadName, match=reason):
        found.port(word)


@pytest.mark.parametrize(
    ("kind", "startup", "ports"),
    [
        ("iosh", "interface gi3\ninterface Tunnel0\n", ["GigabitEthernet1", "GigabitEthernet3"]),
        (
            "cisco_c8000v",
            "interface GigabitEthernet3.10\n",
            ["GigabitEthernet1", "GigabitEthernet2", "GigabitEthernet3"],
        ),
        ("cisco_c8000v", "interface Ethernet0/1\n", ["GigabitEthernet1", "GigabitEthernet2"]),
        ("cisco_iol", "", [f"Ethernet0/{unit}" for unit in range(4)]),
        ("cisco_iol", "interface Ethernet1/2\n", [f"Ethernet{slot}/{unit}" for slot in (0, 1) for unit in range(4)]),
        ("cisco_vios", "interface GigabitEthernet0/0\n", ["GigabitEthernet0/0", "GigabitEthernet0/1"]),
        ("cisco_vios", "interface GigabitEthernet0/3\n", [f"GigabitEthernet0/{unit}" for unit in (0, 1, 3)]),
    ],
)
def test_a_box_has_its_management_port_what_is_cabled_and_what_its_config_names(
    kind: str, startup: str, ports: list[str]
) -> None:
    found = find(kind)
    assert found is not None
    assert found.hardware([found.port("eth1")], startup) == ports


def test_a_kind_that_is_not_here_is_not_found() -> None:
    assert find("nokia_srlinux") is None
