"""VRFs are shown by their configuration."""

from __future__ import annotations

from types import SimpleNamespace

from iosh.base.addr import IPv4, Prefix
from iosh.cli.load import load
from iosh.router.vrf import Vrf
from iosh.show.registry import find


def shown(about: str, text: str, **arguments: object) -> list[str]:
    show = find(about)
    config, complaints = load(text)
    assert complaints == []
    settings = {name: SimpleNamespace(vrf=one.vrf_name or "") for name, one in config.interfaces.items()}
    states = {
        name: SimpleNamespace(name=name, address=None, protocol=True, arp=None, settings=settings[name])
        for name in config.interfaces
    }
    vrfs = {name: Vrf(name, 1, {}) for name in ("", *config.vrfs, *config.ip_vrfs)}
    for vrf in vrfs.values():
        vrf.rib.settle_interface("GigabitEthernet1", [(IPv4.parse("10.7.0.1"), Prefix.parse("10.7.0.0/24"))], 0)
    box = SimpleNamespace(config=config, forwarding=SimpleNamespace(interfaces=states, vrfs=vrfs))
    return list(show.text(show.view(box, 0, **arguments)))


VRFS = """vrf definition RED
 rd 65201:13
 address-family ipv4
  route-target export 65201:1
  route-target import 65201:2
 exit-address-family
 address-family ipv6
vrf definition BLUE
interface GigabitEthernet1
 vrf forwarding RED
interface Loopback3
 vrf forwarding RED
"""


def test_vrfs_that_are_configured_have_their_interfaces() -> None:
    assert shown("vrf", VRFS) == [
        "  Name                             Default RD            Protocols   Interfaces",
        "  BLUE                             <not set>",
        "  RED                              65201:13              ipv4,ipv6   Gi1",
        "                                                                     Lo3",
    ]
    assert shown("vrf", VRFS, old=True)[2] == "  RED                              65201:13              Gi1"


def test_the_detail_has_route_targets_and_what_is_not_active() -> None:
    blue, red = "\n".join(shown("vrf.detail", VRFS)).split("\n\n")
    assert "VRF BLUE (VRF Id = 2); default RD <not set>" in blue and "  No interfaces" in blue
    assert "Address family ipv4 unicast not active" in blue
    assert red.splitlines()[2:5] == ["  Flags: 0x180C", "  Interfaces:", f"    {'Gi1':<24} {'Lo3':<24}"]
    assert "Address family ipv6 unicast (Table ID = 0x1E000001):" in red
    assert "    RT:65201:1" in red and "  No Import VPN route-target communities" in red


def test_one_vrf_can_be_asked_for() -> None:
    assert not any("BLUE" in line for line in shown("vrf.detail", VRFS, name="RED"))


def test_interfaces_in_vrfs_are_listed_by_vrf() -> None:
    assert shown("vrf.interfaces", VRFS)[1:] == [
        "Gi1                    unassigned      RED                              up      ",
        "Lo3                    unassigned      RED                              up      ",
    ]


def test_a_table_of_a_vrf_has_its_routes_or_is_not_there() -> None:
    assert shown("vrf.routes", VRFS, vrf="GREEN") == ["% IP routing table GREEN does not exist"]
    nowhere = shown("vrf.routes", VRFS, vrf="RED", address=IPv4.parse("99.0.0.1"))
    assert nowhere == ["", "Routing Table: RED", "% Network not in table"]
    assert shown("vrf.routes", VRFS, vrf="RED", address=IPv4.parse("10.7.0.9"))[2] == "Routing entry for 10.7.0.0/24"
    table = shown("vrf.routes", VRFS, vrf="RED")
    assert table[1] == "Routing Table: RED" and "C        10.7.0.0/24 is directly connected, GigabitEthernet1" in table
    assert shown("vrf.neighbours", VRFS, vrf="RED") == []
    assert shown("vrf.neighbours", VRFS, vrf="GREEN") == ["% VRF GREEN does not exist"]
