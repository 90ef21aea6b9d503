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
    return list(show.text(show.view(SimpleNamespace(config=config, ports={}), 0, **arguments)))


@pytest.mark.parametrize(("about", "first"), [("bgp", "% BGP not active"), ("snmp", "%SNMP agent not enabled")])
def test_what_is_not_enabled_says_so(about: str, first: str) -> None:
    assert shown(f"absent.{about}") == [first]


def test_neighbours_of_no_process_are_none() -> None:
    assert shown("absent.nothing") == []


def test_isakmp_has_two_empty_tables() -> None:
    golden = Path(__file__).parents[3] / "shared/goldens/iol-17.15.1/show_crypto_isakmp_sa.empty.txt"
    if not golden.exists():
        pytest.skip("no goldens here")
    assert "\n".join(shown("absent.isakmp")).split() == golden.read_text().split()


def test_tables_with_nothing_in_them_have_their_heading() -> None:
    for name, heading in (("standby", "Interface   Grp  Pri P State"), ("mac_table", "Vlan    Mac Address")):
        assert any(line.startswith(heading) for line in shown(f"absent.{name}"))


def test_an_answer_does_not_mind_what_more_was_asked() -> None:
    assert shown("absent.bgp", neighbor=1) == ["% BGP not active"]


def test_snmp_tells_the_texts_of_its_lines_and_the_serial_number_for_a_chassis() -> None:
    about = "snmp-server community public RO\nsnmp-server location A rack\n"
    assert shown("snmp.chassis") == ["%SNMP agent not enabled"]
    assert shown("snmp.chassis", about)[0].startswith("9IOSH")
    assert shown("snmp.chassis", about + "snmp-server chassis-id Tag 5\n") == ["Tag 5"]
    assert shown("snmp.location", about) == ["A rack"]
    assert shown("snmp.contact", about) == [""]
