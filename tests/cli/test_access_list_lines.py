"""Access lists as they are typed: where a line goes, what takes it away, how each release prints it, what `?` says."""

from __future__ import annotations

import pytest

from iosh.base.addr import IPv4
from iosh.cli.configure import Configurator, Fate, Outcome
from iosh.cli.help import help_text
from iosh.cli.load import load
from iosh.cli.notation import grammar
from iosh.cli.render import running_config
from iosh.config.check import check
from iosh.config.model import Config
from iosh.config.model_acl import AceKey
from iosh.config.store import Store

LIST = ("ip access-list extended x",)


def typed(*lines: str, version: str = "17.15") -> tuple[Store, Outcome]:
    store = Store(Config(version=version))
    configurator = Configurator(store)
    outcomes = [configurator.line(line) for line in lines]
    return store, outcomes[-1]


def printed(*lines: str, version: str = "17.15") -> list[str]:
    store, outcome = typed(*lines, version=version)
    assert outcome.fate is Fate.TAKEN, outcome
    return [line.strip() for line in running_config(store.running) if "access-list" in line or line[0] == " "]


def test_a_line_without_a_number_goes_ten_after_the_last() -> None:
    assert printed(*LIST, "25 permit ip any any", "deny esp any any") == [
        "ip access-list extended x",
        "25 permit ip any any",
        "35 deny   esp any any",
    ]


def test_a_line_with_a_number_goes_between_and_a_number_is_taken_once() -> None:
    lines = (*LIST, "permit tcp any any", "permit udp any any", "15 permit icmp any any")
    assert printed(*lines)[1:] == ["10 permit tcp any any", "15 permit icmp any any", "20 permit udp any any"]
    _, outcome = typed(*lines, "15 permit gre any any")
    assert (outcome.fate, outcome.text) == (Fate.REFUSED, ("% Duplicate sequence number.",))


def test_a_line_said_twice_stands_once() -> None:
    store, _ = typed(*LIST, "permit tcp any any eq 80", "permit tcp any any eq www")
    assert list(store.running.access_lists.extended["x"].entries) == [AceKey(10)]


@pytest.mark.parametrize("gone", ["no 20", "no 20 permit udp any any", "no permit udp any any", "no permit 17 any any"])
def test_no_takes_a_line_by_its_number_or_by_what_it_says(gone: str) -> None:
    assert printed(*LIST, "permit tcp any any", "permit udp any any", gone)[1:] == ["10 permit tcp any any"]


def test_no_of_half_a_line_is_incomplete_and_of_one_not_there_refused() -> None:
    assert typed(*LIST, "permit udp any any", "no permit udp any")[1].fate is Fate.INCOMPLETE
    assert typed(*LIST, "permit udp any any", "no permit tcp any any")[1].fate is Fate.REFUSED
    assert typed(*LIST, "permit udp any any", "no 77")[1].fate is Fate.TAKEN


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("permit ip 10.0.0.1 0.0.0.0 any", "permit ip host 10.0.0.1 any"),
        ("permit ip 10.0.0.1 255.255.255.255 any", "permit ip any any"),
        ("permit ip 10.0.0.77 0.0.0.255 any", "permit ip 10.0.0.0 0.0.0.255 any"),
        ("permit tcp any eq 80 any", "permit tcp any eq www any"),
        ("permit icmp any any 8", "permit icmp any any echo"),
        ("permit icmp any any 3 3", "permit icmp any any port-unreachable"),
        ("permit icmp any any 3 99", "permit icmp any any 3 99"),
        ("permit 47 any any", "permit gre any any"),
        ("permit ip any any log dscp 46", "permit ip any any dscp ef log"),
        ("perm tc any h 10.0.0.1 eq telnet estab", "permit tcp any host 10.0.0.1 eq telnet established"),
    ],
)
def test_a_line_is_kept_in_ioss_words(said: str, kept: str) -> None:
    assert printed(*LIST, said)[1:] == [f"10 {kept}"]


def test_a_host_of_a_standard_list_is_its_address() -> None:
    lines = ("ip access-list standard s", "permit host 10.0.0.1", "deny 10.0.0.2", "permit 10.0.0.3 0.0.0.0")
    assert printed(*lines)[1:] == ["10 permit 10.0.0.1", "20 deny   10.0.0.2", "30 permit 10.0.0.3"]


def test_a_remark_stands_before_the_line_that_comes_after_it() -> None:
    lines = (*LIST, "permit tcp any any", "remark then the rest", "permit ip any any")
    assert printed(*lines)[1:] == ["10 permit tcp any any", "20 remark then the rest", "20 permit ip any any"]
    assert printed(*lines, "no remark then the rest")[1:] == ["10 permit tcp any any", "20 permit ip any any"]


def test_numbers_print_as_the_release_prints_them() -> None:
    lines = (
        "access-list 10 remark office",
        "access-list 10 permit 10.0.0.0 0.0.0.255",
        "access-list 101 permit gre any any",
    )
    assert printed(*lines, version="15.9") == list(lines)
    assert printed(*lines) == [
        "ip access-list standard 10",
        "10 remark office",
        "10 permit 10.0.0.0 0.0.0.255",
        "ip access-list extended 101",
        "10 permit gre any any",
    ]
    assert printed(*LIST, "permit ip any any", version="15.9") == ["ip access-list extended x", "permit ip any any"]


def test_a_list_in_one_line_is_taken_away_in_one_line() -> None:
    lines = ("access-list 10 permit 10.0.0.1", "access-list 10 permit 10.0.0.2")
    assert printed(*lines, "no access-list 10 permit 10.0.0.1")[1:] == ["20 permit 10.0.0.2"]
    assert printed(*lines, "no access-list 10") == []
    assert typed("access-list 10")[1].fate is Fate.INCOMPLETE
    assert typed("no access-list 10 permit any")[0].running.access_lists.standard == {}


def test_a_number_says_which_kind_a_list_is() -> None:
    for line in ("ip access-list standard 101", "ip access-list extended 10", "ip access-list standard 5000"):
        _, outcome = typed(line)
        assert (outcome.fate, outcome.text) == (Fate.REFUSED, ("% Invalid access list name.",)), line
    _, outcome = typed("ip access-list standard x", *LIST)
    assert outcome.fate is Fate.REFUSED
    assert typed("access-list 3000 permit any")[1].fate is Fate.INVALID


def test_resequence_numbers_anew_and_keeps_remarks_with_their_lines() -> None:
    lines = (*LIST, "permit tcp any any", "remark r", "permit udp any any", "ip access-list resequence x 100 5")
    assert printed(*lines)[1:] == ["100 permit tcp any any", "105 remark r", "105 permit udp any any"]
    assert typed("ip access-list resequence y 1 1")[1].fate is Fate.REFUSED


def test_a_wrong_word_gets_its_caret_where_it_stands() -> None:
    line = "permit tcp any host 10.0.0.1 eq nonsense"
    _, outcome = typed(*LIST, line)
    assert (outcome.fate, outcome.column) == (Fate.INVALID, line.index("nonsense"))
    _, outcome = typed(*LIST, "permit tcp any established")
    assert outcome.fate is Fate.INVALID
    assert typed(*LIST, "permit tcp any")[1].fate is Fate.INCOMPLETE


def test_help_says_what_may_come_at_each_place() -> None:
    root = grammar().modes["access_list_extended"].root

    def tokens(text: str) -> list[str]:
        return [row.split()[0] for row in help_text(text, root).splitlines() if row.strip()]

    assert tokens("permit tcp ") == ["A.B.C.D", "any", "host", "object-group"]
    assert tokens("permit tcp any ") == ["A.B.C.D", "any", "eq", "gt", "host", "lt", "neq", "object-group", "range"]
    assert "<cr>" in tokens("permit tcp any any ") and "established" in tokens("permit tcp any any ")
    assert tokens("permit tcp any any eq ")[:3] == ["<0-65535>", "bgp", "chargen"]
    assert tokens("permit tcp any any eq ec") == ["echo"]
    assert tokens("permit icmp any any echo-") == ["echo-reply"]


def test_lines_of_real_spokes_come_back_as_they_were() -> None:
    text = [
        "interface Ethernet0/0",
        " ip address 172.16.255.1 255.255.255.0",
        " ip access-group 101 in",
        " ip access-group OUT out",
        " ip nat inside",
        "ip nat translation udp-timeout 30",
        "ip nat pool P 203.0.113.10 203.0.113.20 prefix-length 24",
        "ip nat inside source list nat-acl interface Ethernet0/3 overload",
        "ip nat inside source static tcp 10.0.0.5 22 interface Ethernet0/3 2222",
        "ip nat inside source static 10.0.0.6 203.0.113.30",
        "ip access-list standard snmp_acl",
        " permit 172.16.255.254",
        "ip access-list extended nat-acl",
        " permit ip 172.16.255.0 0.0.0.255 any",
    ]
    config, complaints = load("\n".join(["version 15.7", *text]))
    assert complaints == []
    out = [line for line in running_config(config) if line.strip() != "!"]
    assert [line for line in out if line in text] == text
    assert config.nat.pools["P"].first == IPv4.parse("203.0.113.10")


def test_what_is_named_and_not_there_is_found() -> None:
    config, _ = load(
        "interface Ethernet0/0\n ip access-group gone in\n ip nat inside\n"
        "ip nat inside source list none interface Ethernet0/9 overload\n"
        "ip nat inside source list here pool P\nip nat inside source route-map R interface Ethernet0/0 overload\n"
        "ip access-list standard here\n permit any\n"
    )
    assert [finding.sentence for finding in check(config)] == [
        "access list gone is not defined, and lets everything through",
        "access list none is not defined: nothing is translated",
        "interface Ethernet0/9 is not defined",
        "NAT pool P is not defined: nothing is translated",
        "route-map R is not defined: nothing is translated",
        "no interface has `ip nat outside`: nothing is translated",
    ]
