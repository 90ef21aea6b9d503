"""Startup-configs as people paste them, and real ones of other people's."""

from __future__ import annotations

from pathlib import Path

import pytest

from iosh.cli.check import check
from iosh.cli.load import Complaint, load
from iosh.cli.render import running_config
from iosh.config.model import LineKey

CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpus"
WRITTEN_BY_IOS = ("01", "05", "06", "08", "17")

PASTED = """R1#show running-config
Building configuration...

Current configuration : 1304 bytes
!
! Last configuration change at 18:40:55 UTC Wed Apr 30 2025 by admin
!
version 17.9
hostname R1
!
banner motd ^C
interface Tunnel9
^C
interface Tunnel0
 ip address 10.0.0.1 255.255.255.0
 ip nhrp network-id 1
!
reuter ospf 1
 network 10.0.0.0 0.0.0.255 area 0
!
ip route 0.0.0.0 0.0.0.0 192.0.2.1
end
hostname NOT-ANY-MORE
"""


def corpus(name: str) -> str:
    files = sorted(CORPUS.glob(f"{name}-*.cfg"))
    if not files:
        pytest.skip("the corpus of real configurations is not here")
    return files[0].read_text()


def test_headings_comments_banners_and_end_are_what_they_are() -> None:
    config, complaints = load(PASTED)
    assert config.hostname == "R1"
    assert list(config.interfaces) == ["Tunnel0"]
    assert config.banners == {"motd": "\ninterface Tunnel9\n"}
    assert list(config.routes)
    assert complaints == [
        Complaint(18, 2, 4, "not understood"),
        Complaint(19, 1, 33, "belongs to line 18, which is not understood"),
    ]


def test_each_kind_of_bad_line_is_named_with_place_and_reason() -> None:
    text = "interface Tunnel0\n ip nhrp\n ip mtu 1\n no\n d 5\n ip address 10.0.0.1 255.0.255.0\n"
    _, complaints = load(text)
    assert [(c.line, c.column, c.length, c.reason) for c in complaints] == [
        (2, 1, 7, "incomplete"),
        (3, 8, 1, "not understood"),
        (4, 1, 2, "incomplete"),
        (5, 1, 3, "ambiguous"),
        (6, 1, 31, "Bad mask 0xFF00FF00 for address 10.0.0.1"),
    ]


def test_hardware_the_text_leaves_out_comes_up_shut_down() -> None:
    config, _ = load(
        "interface GigabitEthernet1\n ip address 10.0.0.1 255.255.255.0\n", ["GigabitEthernet1", "GigabitEthernet2"]
    )
    assert not config.interfaces["GigabitEthernet1"].shutdown
    assert config.interfaces["GigabitEthernet2"].shutdown
    assert list(config.lines) == [LineKey("con", 0), LineKey("aux", 0), LineKey("vty", 0, 4)]


@pytest.mark.parametrize("name", ["01", "05", "06", "08", "10", "14", "17"])
def test_a_real_configuration_prints_and_reads_back_the_same(name: str) -> None:
    config, _ = load(corpus(name))
    printed = running_config(config)
    again, complaints = load("\n".join(printed))
    assert complaints == []
    assert again == config
    assert running_config(again) == printed


@pytest.mark.parametrize("name", WRITTEN_BY_IOS)
def test_what_ios_wrote_and_we_understand_comes_back_line_for_line(name: str) -> None:
    text = corpus(name)
    config, complaints = load(text)
    bad = {complaint.line for complaint in complaints}
    wanted = [
        line.rstrip()
        for number, line in enumerate(text.splitlines(), 1)
        if number not in bad and line.strip(" !") and not line.startswith(("!", "Using", "Building", "Current"))
    ]
    printed = [line.rstrip() for line in running_config(config) if line.strip(" !")]
    if name == "17":  # pasted in two parts, without heading or end
        wanted = [line for line in wanted[:-2] if "multicast dynamic" not in line]
        heading = ("version", "hostname", "no aaa", "end", " ip pim nbma-mode")
        printed = [line for line in printed if not line.startswith(heading)]
    if name == "08":  # of an IOS-XE that called itself 15.5, and did not print it
        printed.remove("no service password-encryption")
    assert printed == wanted


def test_names_that_are_used_and_not_defined_are_pointed_at() -> None:
    text = """crypto ikev2 profile P
 match identity remote address 0.0.0.0
 authentication local pre-share
 authentication remote pre-share
 keyring local NOWHERE
crypto ipsec profile I
 set transform-set T1 T2
 set ikev2-profile Q
interface Tunnel0
 tunnel source gi9
 tunnel protection ipsec profile MISSPELT
ip route 10.0.0.0 255.0.0.0 Tunnel7
"""
    found = [(c.line, c.column, c.reason, c.severity) for c in check(text)]
    assert found == [
        (5, 15, "IKEv2 keyring NOWHERE is not defined", "warning"),
        (7, 19, "transform set T1 is not defined", "warning"),
        (7, 22, "transform set T2 is not defined", "warning"),
        (8, 19, "IKEv2 profile Q is not defined", "warning"),
        (10, 1, "interface GigabitEthernet9 is not defined", "warning"),
        (11, 33, "IPsec profile MISSPELT is not defined", "warning"),
        (12, 28, "interface Tunnel7 is not defined", "warning"),
    ]


def test_blocks_that_cannot_work_are_named() -> None:
    text = "crypto ikev2 proposal X\n encryption aes-cbc-256\ncrypto ikev2 profile P\n keyring local default\n"
    reasons = [complaint.reason for complaint in check(text)]
    assert "IKEv2 proposal X has no integrity, group" in reasons
    assert (
        "IKEv2 profile P is incomplete: it has no match identity, authentication local, authentication remote"
        in reasons
    )


def test_a_configuration_without_fault_has_no_complaint() -> None:
    assert check("hostname R1\ninterface Loopback0\n ip address 10.0.0.1 255.255.255.255\n") == []


def test_a_line_further_out_or_a_bang_leaves_the_modes_inside_an_interface() -> None:
    text = """\
version 17.9
interface GigabitEthernet1
 service instance 10 ethernet
  encapsulation dot1q 10
 shutdown
!
interface GigabitEthernet2
 service instance 10 ethernet
 !
 shutdown
!
router bgp 65000
 !
 address-family ipv4
  neighbor 10.0.0.1 activate
 exit-address-family
"""
    config, complaints = load(text)
    assert complaints == []
    assert config.interfaces["GigabitEthernet1"].shutdown and config.interfaces["GigabitEthernet2"].shutdown


def test_the_address_of_an_interface_that_is_shut_down_may_overlap_in_either_order() -> None:
    up = ["interface Loopback0", " ip address 10.0.0.1 255.255.255.0"]
    shut = ["interface Loopback1", " ip address 10.0.0.2 255.255.255.0", " shutdown"]
    for text in ([*up, *shut], [*shut, *up]):
        config, complaints = load("\n".join(text))
        assert complaints == []
        assert all(interface.ip.address is not None for interface in config.interfaces.values())
    _, complaints = load("\n".join([*up, *shut[:2]]))
    assert [complaint.line for complaint in complaints] == [4]
