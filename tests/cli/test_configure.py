"""Configuration mode: modes and falling back to parents, `no` of a line and of a part of it, banners, refusals."""

from __future__ import annotations

import pytest

from iosh.base.addr import IPv4
from iosh.cli.configure import Configurator, Fate
from iosh.cli.render import running_config
from iosh.config.model import Config, LineKey, new_line
from iosh.config.model_aaa import Password
from iosh.config.store import ABSENT, Store


def configured(*lines: str, version: str = "17.15") -> Store:
    store = Store(Config(version=version))
    configurator = Configurator(store)
    for line in lines:
        outcome = configurator.line(line)
        assert outcome.fate is Fate.TAKEN, (line, outcome)
    return store


def last(*lines: str) -> tuple[Fate, tuple[str, ...], str]:
    configurator = Configurator(Store(Config()))
    outcome = [configurator.line(line) for line in lines][-1]
    return outcome.fate, outcome.text, configurator.prompt


def test_a_global_command_typed_in_a_mode_leaves_it() -> None:
    assert last("interface Tunnel0", "hostname R1")[2] == "(config)#"
    assert last("interface Tunnel0", "interface Tunnel1")[2] == "(config-if)#"


def test_a_mode_falls_back_to_its_parent_not_only_to_the_top() -> None:
    lines = ["crypto ikev2 keyring K", "peer A", "address 10.0.0.1", "peer B"]
    assert last(*lines)[2] == "(config-ikev2-keyring-peer)#"
    assert list(configured(*lines).running.crypto.ikev2.keyrings["K"].peers) == ["A", "B"]


def test_exit_goes_up_one_mode_and_end_leaves() -> None:
    assert last("crypto ikev2 keyring K", "peer A", "exit")[2] == "(config-ikev2-keyring)#"
    assert last("crypto ikev2 keyring K", "peer A", "end")[0] is Fate.LEFT
    assert last("exit")[0] is Fate.LEFT


def test_modes_prompt_as_ios_does() -> None:
    assert last("interface gi1.15")[2] == "(config-subif)#"
    assert last("crypto ipsec transform-set T esp-aes esp-sha-hmac")[2] == "(cfg-crypto-trans)#"
    assert last("crypto ipsec profile P")[2] == "(ipsec-profile)#"
    assert last("line vty 0 4")[2] == "(config-line)#"


def test_no_needs_only_the_part_of_a_line_that_says_which() -> None:
    store = configured(
        "interface Tunnel0",
        "ip address 10.0.0.1 255.255.255.0",
        "ip nhrp nhs 10.0.0.9 nbma 192.0.2.9 multicast",
        "ip nhrp map 10.0.0.8 192.0.2.8",
        "tunnel source gi1",
        "tunnel key 5",
        "no ip address",
        "no ip nhrp nhs 10.0.0.9",
        "no ip nhrp map 10.0.0.8",
        "no tunnel source",
        "no tunnel key",
    )
    assert store.running == configured("interface Tunnel0").running


def test_no_of_too_little_is_incomplete() -> None:
    assert last("interface Tunnel0", "no ip")[0] is Fate.INCOMPLETE
    assert last("interface Tunnel0", "no ip nhrp map")[0] is Fate.INCOMPLETE
    assert last("no")[0] is Fate.INCOMPLETE
    assert last("interface Tunnel0", "no ip address 10.0.0.1")[0] is Fate.INCOMPLETE


def test_default_gives_back_what_no_took() -> None:
    store = configured("interface Loopback0", "no ip redirects", "no ip unreachables", "default ip redirects")
    assert store.running.interfaces["Loopback0"].ip.redirects
    assert not store.running.interfaces["Loopback0"].ip.unreachables


def test_default_interface_makes_it_new_in_its_place() -> None:
    store = configured("interface gi1", "ip mtu 1400", "shutdown", "interface gi2", "default interface gi1")
    assert store.running == configured("interface gi1", "interface gi2").running


def test_one_source_replaces_the_other() -> None:
    tunnel = (
        configured("interface Tunnel0", "tunnel source gi1", "tunnel source 10.0.0.1")
        .running.interfaces["Tunnel0"]
        .tunnel
    )
    assert tunnel is not None
    assert (tunnel.source_interface, tunnel.source_address) == (None, IPv4.parse("10.0.0.1"))


def test_an_address_and_unnumbered_exclude_each_other() -> None:
    store = configured(
        "interface Loopback0", "interface Tunnel0", "ip address 10.0.0.1 255.255.255.0", "ip unnumbered lo0"
    )
    assert " ip unnumbered Loopback0" in running_config(store.running)
    assert not [line for line in running_config(store.running) if "10.0.0.1" in line]


def test_a_banner_goes_on_over_lines_and_ends_at_its_delimiter() -> None:
    store = configured("banner motd ^C", "Keep out!", "! not a comment", "^C", "hostname R1", "banner exec #one line#")
    assert store.running.banners == {"motd": "\nKeep out!\n! not a comment\n", "exec": "one line"}
    assert store.running.hostname == "R1"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["interface lo0", "ip address 10.0.0.1 255.0.255.0"], "Bad mask 0xFF00FF00 for address 10.0.0.1"),
        (["interface lo0", "ip address 10.0.0.0 255.255.255.0"], "Bad mask /24 for address 10.0.0.0"),
        (["interface lo0", "ip address 10.0.0.255 255.255.255.0"], "Bad mask /24 for address 10.0.0.255"),
        (["interface lo0", "ip address 239.1.1.1 255.255.255.0"], "Not a valid host address - 239.1.1.1"),
        (["ip route 10.0.0.1 255.255.255.0 192.0.2.1"], "%Inconsistent address and mask"),
        (["hostname 1st"], "% Hostname contains one or more illegal characters."),
        (
            ["interface Tunnel0", "ip nhrp authentication 123456789"],
            "% Authentication string must be 8 characters or less",
        ),
        (["interface lo0", "no ip address 10.0.0.1 255.255.255.0"], "Invalid address"),
        (["no ip route 10.0.0.0 255.0.0.0 192.0.2.1"], "%No matching route to delete"),
        (["no interface gi1"], "% Removal of physical interfaces is not permitted"),
        (["line vty 5 3"], "% Bad line range"),
        (["line vty 0 4", "no line vty 0 4"], "% Can't delete last 5 VTY lines"),
        (
            ["track 5 list boolean and", "object 1 not", "track 5 list threshold weight"],
            "Cannot change tracked object 5 - delete old config first",
        ),
        (
            ["interface Tunnel0", "tunnel destination 192.0.2.1", "tunnel mode gre multipoint"],
            "Tunnel destination and this mode cannot be configured together.",
        ),
    ],
)
def test_ios_refuses_in_its_own_words_and_leaves_the_model_alone(lines: list[str], sentence: str) -> None:
    store = Store(Config())
    configurator = Configurator(store)
    for line in lines[:-1]:
        configurator.line(line)
    store.take()
    outcome = configurator.line(lines[-1])
    assert (outcome.fate, outcome.text) == (Fate.REFUSED, (sentence,))
    assert store.take() == ()


def test_no_of_the_console_line_leaves_it_with_its_defaults() -> None:
    store = configured("line con 0", "exec-timeout 0 0", "no line con 0")
    assert store.running.lines == {LineKey("con", 0): new_line("con")}


def test_default_of_a_transform_set_keeps_its_transforms() -> None:
    store = configured(
        "crypto ipsec transform-set TS esp-aes 256", "mode transport", "default crypto ipsec transform-set TS"
    )
    assert "crypto ipsec transform-set TS esp-aes 256 " in running_config(store.running)
    assert " mode transport" not in running_config(store.running)


def test_networks_may_not_overlap_until_the_other_is_gone() -> None:
    store = configured("interface lo0", "ip address 10.0.0.1 255.255.0.0", "interface lo1")
    configurator = Configurator(store)
    configurator.line("interface lo1")
    inside = "ip address 10.0.7.1 255.255.255.0"
    assert configurator.line(inside).text == ("% 10.0.7.0 overlaps with Loopback0",)
    around = "ip address 10.9.9.9 255.0.0.0"
    assert configurator.line(around).text == ("% 10.0.0.0 overlaps with Loopback0",)
    configurator.line("no interface lo0")
    configurator.line("interface lo1")
    assert configurator.line(inside).fate is Fate.TAKEN


def test_networks_of_interfaces_that_are_shut_down_may_overlap_until_they_come_up() -> None:
    store = configured("interface lo0", "ip address 10.0.0.1 255.255.0.0", "shutdown")
    configurator = Configurator(store)
    for line in ("interface lo1", "ip address 10.0.7.1 255.255.255.0", "interface lo0"):
        assert configurator.line(line).fate is Fate.TAKEN
    refused = configurator.line("no shutdown")
    assert refused.text == ("% 10.0.0.0 overlaps with Loopback1\nLoopback0: incorrect IP address assignment",)
    assert store.running.interfaces["Loopback0"].shutdown
    for line in ("interface lo1", "shutdown", "interface lo0", "no shutdown", "interface lo1"):
        assert configurator.line(line).fate is Fate.TAKEN
    assert configurator.line("no shutdown").fate is Fate.REFUSED


def test_two_tags_are_a_subinterface_of_their_own() -> None:
    configurator = Configurator(configured("interface gi1.10", "encapsulation dot1Q 10 second-dot1q 5"))
    configurator.line("interface gi1.20")
    assert configurator.line("encapsulation dot1Q 10 second-dot1q 5").fate is Fate.REFUSED
    for bad in ("five", "0", "7,4095"):
        refused = configurator.line(f"encapsulation dot1Q 10 second-dot1q {bad}")
        assert refused.text == ("Command rejected: Bad VLAN list",)
    assert configurator.line("encapsulation dot1Q 10 second-dot1q any").fate is Fate.TAKEN


def test_a_lan_subinterface_has_no_ip_before_it_has_a_vlan() -> None:
    configurator = Configurator(configured("interface lo0", "ip address 10.0.7.1 255.255.255.0"))
    configurator.line("interface gi1.10")
    for line in ("ip address 10.0.0.1 255.255.255.0", "ip address dhcp", "ip address dhcp hostname X"):
        assert "only allowed if that" in configurator.line(line).text[0], line
    assert configurator.line("ip unnumbered lo0").fate is Fate.REFUSED
    configurator.line("encapsulation dot1Q 10 second-dot1q 20")
    assert configurator.line("ip address dhcp").fate is Fate.TAKEN


def test_one_vlan_has_one_subinterface() -> None:
    configurator = Configurator(configured("interface gi1.10", "encapsulation dot1Q 10", "interface gi1.20"))
    configurator.line("interface gi1.20")
    assert configurator.line("encapsulation dot1Q 10").fate is Fate.REFUSED
    configurator.line("interface gi2.10")
    assert configurator.line("encapsulation dot1Q 10").fate is Fate.TAKEN


def test_only_interfaces_there_are_can_be_configured() -> None:
    configurator = Configurator(Store(Config()), frozenset({"GigabitEthernet1"}))
    assert configurator.line("interface GigabitEthernet2").fate is Fate.REFUSED
    assert configurator.line("interface GigabitEthernet1").fate is Fate.TAKEN


def test_a_wider_range_of_lines_takes_the_place_of_a_narrower_one() -> None:
    assert list(configured("line vty 0 4", "line vty 0 15").running.lines) == [LineKey("vty", 0, 15)]


def test_what_another_session_took_away_is_left() -> None:
    store = configured("interface Tunnel0")
    one, other = Configurator(store), Configurator(store)
    one.line("interface Tunnel0")
    other.line("no interface Tunnel0")
    assert one.line("hostname R1").fate is Fate.TAKEN
    assert one.line("interface Tunnel0").fate is Fate.TAKEN
    other.line("no interface Tunnel0")
    assert one.line("ip mtu 1400").fate is Fate.INVALID


def test_a_key_of_a_type_not_known_is_not_taken_for_clear_text() -> None:
    lines = ["crypto ikev2 keyring K", "peer A"]
    for line, kept in (("pre-shared-key 6 AbCdEf", Password("AbCdEf", 6)), ("pre-shared-key hex 0x0A", None)):
        store = configured(*lines, line)
        assert store.running.crypto.ikev2.keyrings["K"].peers["A"].pre_shared_key == kept
        assert f"  {line}" in running_config(store.running)
    store = configured(*lines, "pre-shared-key 0 some key")
    assert "  pre-shared-key some key" in running_config(store.running)


def test_a_banner_is_printed_with_a_delimiter_it_does_not_hold() -> None:
    assert "banner motd #a^Cb#" in running_config(configured("banner motd @a^Cb@").running)


def test_every_write_is_journalled_with_old_and_new() -> None:
    store = configured("interface Loopback0")
    store.take()
    configurator = Configurator(store)
    for line in ("interface Loopback0", "ip mtu 1400", "ip mtu 1400", "no ip mtu", "no interface Loopback0"):
        configurator.line(line)
    changes = store.take()
    assert [(change.place[-1], change.old, change.new) for change in changes[:2]] == [
        ("mtu", None, 1400),
        ("mtu", 1400, None),
    ]
    assert (changes[2].place, changes[2].new) == (("interfaces", "Loopback0"), ABSENT)


def test_what_is_hidden_by_default_depends_on_the_release() -> None:
    old = running_config(
        configured("interface Tunnel0", "ip nhrp map multicast dynamic", "ip nhrp shortcut", version="15.4").running
    )
    assert " ip nhrp map multicast dynamic" in old and " ip nhrp shortcut" in old
    new = running_config(
        configured("interface Tunnel0", "ip nhrp map multicast dynamic", "no ip nhrp shortcut").running
    )
    assert " ip nhrp map multicast dynamic" not in new and " no ip nhrp shortcut" in new


def test_maps_of_both_kinds_print_in_the_order_they_were_typed() -> None:
    lines = [
        " ip nhrp map 10.1.1.1 192.0.2.1",
        " ip nhrp map multicast 192.0.2.1",
        " ip nhrp map 10.1.1.2 192.0.2.2",
        " ip nhrp map multicast 192.0.2.2",
    ]
    printed = running_config(configured("interface Tunnel0", *lines).running)
    assert [line for line in printed if " map " in line] == lines


def test_no_ip_route_without_a_next_hop_takes_all_routes_to_the_prefix() -> None:
    routes = ("ip route 10.1.0.0 255.255.0.0 192.0.2.1", "ip route 10.1.0.0 255.255.0.0 192.0.2.2 250")
    store = configured(*routes, "ip route 10.2.0.0 255.255.0.0 192.0.2.1", "no ip route 10.1.0.0 255.255.0.0")
    assert [str(key.network) for key in store.running.routes] == ["10.2.0.0"]
    assert Configurator(store).line("no ip route 10.1.0.0 255.255.0.0").text == ("%No matching route to delete",)
    assert Configurator(store).line("no ip route 10.2.0.0").fate is Fate.INCOMPLETE


def test_an_address_the_peer_gives_stands_alone() -> None:
    head = "interface Dialer1"
    store = configured(head, "ip address 10.0.0.1 255.255.255.0", "ip address negotiated")
    assert [line for line in running_config(store.running) if "address" in line] == [" ip address negotiated"]
    configured_again = configured(head, "ip address negotiated previous", "ip address 10.0.0.1 255.255.255.0")
    assert " ip address 10.0.0.1 255.255.255.0" in running_config(configured_again.running)
    assert configured_again.running.interfaces["Dialer1"].ip.negotiated is None
    gone = configured(head, "ip address negotiated", "no ip address")
    assert " no ip address" in running_config(gone.running)


@pytest.mark.parametrize("lines", [("no exit",), ("no end",), ("interface Loopback0", "no exit")])
def test_what_leaves_nothing_behind_cannot_be_taken_back(lines: tuple[str, ...]) -> None:
    configurator = Configurator(Store(Config()))
    outcome = [configurator.line(line) for line in lines][-1]
    assert (outcome.fate, outcome.column) == (Fate.INVALID, 3)
