"""`?` and Tab in IOS's layout; what an IOL 17.15.1 lists for the NHRP commands bounds what we list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iosh.cli.help import UNRECOGNIZED, layout

IOL = {
    "ip nhrp ": "attribute authentication bfd block-next-hop-override cache connect holdtime interest map max-send "
    "multicast network-id nhs path process-delay record redirect registration reject resolution responder send-routed "
    "server-only shortcut summary-map trigger-svc use",
    "ip nhrp registration ": "differential no-unique req-def-map timeout",
    "ip nhrp map ": "A.B.C.D multicast",
    "ip nhrp map multicast ": "A.B.C.D X:X:X:X::X dynamic",
    "ip nhrp nhs ": "A.B.C.D cluster dynamic fallback",
    "ip nhrp nhs 10.0.0.1 ": "cluster nbma priority <cr>",
    "ip nhrp nhs 10.0.0.1 nbma 192.0.2.1 ": "cluster multicast priority <cr>",
    "ip nhrp holdtime ": "<1-65535>",
    "ip nhrp network-id ": "<1-4294967295>",
    "ip nhrp authentication ": "WORD",
    "ip nhrp redirect ": "interest timeout <cr>",
    "ip nhrp shortcut ": "virtual-template <cr>",
    "tunnel mode gre ": "ip ipv6 multipoint",
    "tunnel key ": "<0-4294967295>",
    "tunnel protection ": "ipsec psk",
    "tunnel protection ipsec profile P ": "ikev2-profile isakmp-profile shared <cr>",
    "crypto ipsec ": "df-bit exclude fragmentation ike ipv4-deny nat-transparency optional profile "
    "security-association session-key transform-set",
}


def tokens(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[2] != " "]


@pytest.mark.parametrize("typed", IOL)
def test_what_help_lists_is_listed_by_ios_too_and_in_its_order(typed: str, desk: Callable[..., Any]) -> None:
    one = desk()
    one.types("enable", "configure terminal")
    if not typed.startswith("crypto"):
        one.type("interface Tunnel0")
    ours = tokens(one.console.help(typed))
    theirs = IOL[typed].split()
    assert ours and [token for token in theirs if token in ours] == ours
    assert ("<cr>" in ours) == ("<cr>" in theirs)


def test_the_list_is_aligned_sorted_and_wrapped_below_itself() -> None:
    rows = {
        "zebra": "Z",
        "WORD": "Any",
        "<1-9>": "Number",
        "<cr>": "<cr>",
        "|": "Output modifiers",
        "a-long-one": "w " * 40,
    }
    text = layout(rows)
    assert tokens(text) == ["<1-9>", "WORD", "a-long-one", "zebra", "|", "<cr>"]
    assert "  WORD        Any" in text.splitlines()
    wrapped = [line for line in text.splitlines() if line.startswith(" " * 14)]
    assert wrapped and all(len(line) <= 79 for line in text.splitlines())


def test_a_bare_question_begins_with_the_modes_heading(desk: Callable[..., Any]) -> None:
    one = desk()
    assert one.console.help("").startswith("Exec commands:\n  ")
    one.types("enable", "conf t")
    assert one.console.help("").startswith("Configure commands:\n")
    one.type("int tu0")
    assert one.console.help("").startswith("Interface configuration commands:\n")
    assert one.console.help("do ").startswith("Exec commands:\n")


def test_a_word_not_yet_whole_lists_those_it_may_become(desk: Callable[..., Any]) -> None:
    one = desk()
    assert tokens(one.console.help("sh")) == ["show"]
    assert tokens(one.console.help("show in")) == ["interfaces", "inventory"]


def test_no_match_is_said_in_ioss_words(desk: Callable[..., Any]) -> None:
    one = desk()
    assert one.console.help("zz") == UNRECOGNIZED + "\n"
    assert one.console.help("show zz ") == UNRECOGNIZED + "\n"


def test_help_reaches_behind_no_do_and_the_bar(desk: Callable[..., Any]) -> None:
    one = desk()
    one.types("enable", "conf t", "int tu0")
    assert "redirects" in tokens(one.console.help("no ip "))
    assert "clock" in tokens(one.console.help("do show "))
    one.type("end")
    rest = ["begin", "count", "exclude", "format", "include", "json", "redirect", "section", "tee"]
    assert tokens(one.console.help("show clock | ")) == ["append", *rest]
    assert tokens(one.console.help("show clock | include a | tee ")) == ["URL"]
    assert tokens(one.console.help("show clock | inc ")) == ["LINE"]
    assert "|" in tokens(one.console.help("show clock "))
    assert "nhrp" in tokens(one.console.help("undebug "))
    assert "packet" in tokens(one.console.help("no debug nhrp "))


def test_interface_kinds_are_listed_and_their_numbers(desk: Callable[..., Any]) -> None:
    one = desk()
    one.types("enable", "conf t")
    kinds = tokens(one.console.help("interface "))
    assert kinds == sorted(kinds) and "Tunnel" in kinds and "GigabitEthernet" in kinds
    assert tokens(one.console.help("interface tunnel ")) == ["<0-2147483647>"]


def test_what_exists_only_elsewhere_is_not_listed(desk: Callable[..., Any]) -> None:
    one = desk()
    one.types("enable", "conf t", "int gi1")
    assert "tunnel" not in tokens(one.console.help(""))
    one.type("int tu0")
    assert "negotiation" not in tokens(one.console.help(""))


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("sho", "show "),
        ("show clo", "show clock "),
        ("sh ip int", "sh ip interface "),
        ("e", None),  # enable, exit
        ("zz", None),
        ("show ", None),
        ("ping 10.0.0.1 rep", "ping 10.0.0.1 repeat "),
    ],
)
def test_tab_completes_a_word_that_begins_just_one(typed: str, completed: str | None, desk: Callable[..., Any]) -> None:
    assert desk().console.complete(typed) == completed


def test_tab_knows_modes_and_prefixes(desk: Callable[..., Any]) -> None:
    one = desk()
    one.types("enable", "conf t")
    assert one.console.complete("int") == "interface "
    assert one.console.complete("interface tun") == "interface Tunnel "
    one.type("int tu0")
    assert one.console.complete("no ip nh") == "no ip nhrp "
    assert one.console.complete("do sho") == "do show "
