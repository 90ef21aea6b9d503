"""The commands from one configuration to another, and the difference as text."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from iosh.cli.configure import Configurator
from iosh.cli.difference import apply, commands, contextual, way
from iosh.cli.load import load
from iosh.cli.render import running_config
from iosh.config.model import Config
from iosh.config.store import Store

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
PORTS = tuple(f"GigabitEthernet{number}" for number in range(1, 5))


def config(*lines: str) -> Config:
    loaded, complaints = load("\n".join(lines), PORTS)
    assert complaints == []
    return loaded


def arrive(old: Config, lines: list[str]) -> Config:
    store = Store(old)
    assert apply(Configurator(store, frozenset(PORTS)), lines) == []
    return store.running


def between(old: tuple[str, ...], new: tuple[str, ...]) -> list[str]:
    lines = commands(config(*old), config(*new), frozenset(PORTS))
    assert running_config(arrive(config(*old), lines)) == running_config(config(*new))
    return lines


def test_equal_configurations_need_no_command() -> None:
    assert between(("hostname A",), ("hostname A",)) == []


def test_a_value_is_written_over_and_a_lost_line_negated() -> None:
    old = ("hostname A", "interface Loopback0", " description here", " ip mtu 1400")
    new = ("hostname B", "interface Loopback0", " description there")
    assert between(old, new) == [
        "interface Loopback0",
        " no ip mtu 1400",
        "hostname B",
        "interface Loopback0",
        " description there",
    ]


def test_what_prints_as_no_is_taken_back_without_it() -> None:
    assert between(("hostname R", "no ip domain lookup"), ("hostname R",)) == ["ip domain lookup"]
    assert between(("hostname R", "no logging console"), ("hostname R",)) == ["logging console"]
    assert between(("hostname R", "logging console errors"), ("hostname R",)) == ["default logging console errors"]


def test_addresses_that_change_places_are_taken_away_first() -> None:
    one = ("interface Loopback1", " ip address 10.0.0.1 255.255.255.0")
    two = ("interface Loopback2", " ip address 10.0.1.1 255.255.255.0")
    lines = between((*one, *two), (one[0], two[1], two[0], one[1]))
    assert lines[:4] == [
        two[0],
        " no ip address 10.0.1.1 255.255.255.0",
        one[0],
        " no ip address 10.0.0.1 255.255.255.0",
    ]


def test_a_reference_goes_before_what_it_refers_to() -> None:
    profile = ("crypto ipsec profile P", " set pfs group14")
    tunnel = ("interface Tunnel0", " tunnel protection ipsec profile P")
    lines = between((*profile, *tunnel), ("interface Tunnel0",))
    assert lines == [tunnel[0], " no tunnel protection ipsec profile P", "no crypto ipsec profile P"]


def test_entries_of_a_table_come_in_the_order_wanted() -> None:
    head = "interface Tunnel0"
    first, second, third = (f" ip nhrp map 10.0.0.{n} 192.0.2.{n}" for n in (1, 2, 3))
    lines = between((head, first, second, third), (head, first, third, second))
    assert lines == [head, f" no{second}", second]
    assert between((head, first, second), (head, third, first, second))[-2:] == [first, second]


def test_blocks_within_a_block_come_in_the_order_wanted_with_their_lines() -> None:
    ring = "crypto ikev2 keyring RING"
    first, second = (
        (f" peer {name}", "  identity fqdn r1.example.net", f"  pre-shared-key {key}")
        for name, key in (("B", "one"), ("A", "two"))
    )
    assert between((ring, *second), (ring, *first, *second)) == [
        ring,
        *first,
        " no peer A",
        *second,
    ]
    assert between((ring, *second, *first), (ring, *first, *second)) == [ring, " no peer A", *second]


def test_global_blocks_stay_where_they_are() -> None:
    one, other = ("crypto ikev2 keyring ONE", " peer A"), ("crypto ikev2 keyring OTHER", " peer A")
    assert commands(config(*one, *other), config(*other, *one), frozenset(PORTS)) == []


def test_what_a_track_object_tracks_changes_by_taking_it_away() -> None:
    old = ("track 5 list threshold weight", " object 3 weight 7", " threshold weight up 200 down 10", " delay up 5")
    new = ("track 5 list threshold percentage", " delay up 5", " object 3")
    assert between(old, new) == ["no track 5 list threshold weight", *new]


def test_a_remark_comes_back_before_its_line() -> None:
    head, permits = "ip access-list extended OUT", (" permit tcp any any", " deny   ip any any")
    assert running_config(
        arrive(
            config("version 15.2", head, *permits),
            commands(config("version 15.2", head, *permits), config("version 15.2", head, " remark A", *permits)),
        )
    ) == running_config(config("version 15.2", head, " remark A", *permits))


def test_banners_keep_their_lines() -> None:
    old = ("banner motd ^Cone", "two^C", "banner exec #keep#")
    new = ("banner motd ^Cone", " three", "^C", "banner exec #keep#")
    assert between(old, new) == ["banner motd ^Cone", " three", "^C"]
    assert between(old, ("banner exec #keep#",)) == ["no banner motd"]


def test_the_release_comes_first_because_it_decides_what_goes_without_saying() -> None:
    old = ("version 15.4", "interface Tunnel0", " ip nhrp shortcut")
    new = ("version 17.15", "interface Tunnel0", " no ip nhrp shortcut")
    assert between(old, new)[0] == "version 17.15"
    between(new, old)


def test_a_physical_interface_stays_and_is_reset() -> None:
    old, new = config("interface GigabitEthernet2", " description x"), load("", PORTS[:1])[0]
    found = way(old, new, frozenset(PORTS))
    assert "default interface GigabitEthernet2" in found.lines


@pytest.mark.parametrize(
    "pair", list(permutations(sorted(EXAMPLES.glob("*/*.cfg")), 2)), ids=lambda pair: "-".join(p.stem for p in pair)
)
def test_from_any_example_to_any_other(pair: tuple[Path, Path]) -> None:
    old, new = (path.read_text().splitlines() for path in pair)
    lines = between(tuple(old), tuple(new))
    assert lines != []
    assert between(tuple(new), tuple(new)) == []


def test_the_difference_as_text_stands_under_unmarked_parents() -> None:
    old = ["hostname A", "interface Tunnel0", " ip mtu 1400", "!", "ip route 0.0.0.0 0.0.0.0 10.0.0.1", "end"]
    new = ["hostname B", "interface Tunnel0", " ip mtu 1300", " ip nhrp redirect", "interface Loopback9", " shutdown"]
    assert contextual(old, new) == [
        "+hostname B",
        "interface Tunnel0",
        " +ip mtu 1300",
        " +ip nhrp redirect",
        "+interface Loopback9",
        " +shutdown",
        "-hostname A",
        "interface Tunnel0",
        " -ip mtu 1400",
        "-ip route 0.0.0.0 0.0.0.0 10.0.0.1",
    ]
    assert contextual(new, new) == []


def test_every_line_of_a_file_is_taken_or_named(desk: Callable[..., Any]) -> None:
    store = Store(config())
    refused = apply(
        Configurator(store), ["interface Loopback0", " descript x", " wrong", "hostname Z", "end", "hostname Y"]
    )
    assert [one.line for one in refused] == ["wrong"]
    assert store.running.hostname == "Z"
