"""Shows of what is not there answer as IOS does where nothing is configured."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from iosh.cli.load import load
from iosh.show.registry import find


def shown(name: str, text: str = "", **arguments: object) -> list[str]:
    show = find(name)
    config, complaints = load(text)
    assert complaints == []
    return list(show.text(show.view(SimpleNamespace(config=config), 0, **arguments)))


@pytest.mark.parametrize(("about", "first"), [("bgp", "% BGP not active"), ("snmp", "%SNMP agent not enabled")])
def test_what_is_not_enabled_says_so(about: str, first: str) -> None:
    assert shown(f"absent.{about}") == [first]


def test_neighbours_of_no_process_are_none() -> None:
    assert shown("absent.nothing") == []
    assert len(shown("absent.vrfs")) == 1


def test_isakmp_has_two_empty_tables() -> None:
    golden = Path(__file__).parents[3] / "shared/goldens/iol-17.15.1/show_crypto_isakmp_sa.empty.txt"
    if not golden.exists():
        pytest.skip("no goldens here")
    assert "\n".join(shown("absent.isakmp")).split() == golden.read_text().split()


VRFS = """vrf definition RED
 rd 65201:13
 address-family ipv4
 exit-address-family
 address-family ipv6
vrf definition BLUE
interface GigabitEthernet1
 vrf forwarding RED
interface Loopback3
 vrf forwarding RED
"""


def test_vrfs_that_are_configured_have_their_interfaces() -> None:
    assert shown("absent.vrfs", VRFS) == [
        "  Name                             Default RD            Protocols   Interfaces",
        "  BLUE                             <not set>",
        "  RED                              65201:13              ipv4,ipv6   Gi1",
        "                                                                     Lo3",
    ]
    assert shown("absent.vrfs", VRFS, old=True)[2] == "  RED                              65201:13              Gi1"
