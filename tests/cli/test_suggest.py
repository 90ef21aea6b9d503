"""Where `iosh check` finds a word that is not understood, it says the nearest spelling, and none if none is near."""

from __future__ import annotations

import pytest

from iosh.cli.check import check
from iosh.cli.load import load


def reasons(*lines: str) -> list[str]:
    return [complaint.reason for complaint in check("\n".join(lines)) if complaint.severity == "error"]


@pytest.mark.parametrize(
    ("door", "line", "meant"),
    [
        ("interface Tunnel0", "tunel protection ipsec profile P", "tunnel"),
        ("interface Tunnel0", "tunnel protektion ipsec profile P", "tunnel protection"),
        ("interface Tunnel0", "ip nhrp authentikation DMVPN-01", "ip nhrp authentication"),
        (
            "interface Tunnel0",
            "ip nhrp nhs 10.0.0.1 nbma 192.0.2.1 mutlicast",
            "ip nhrp nhs 10.0.0.1 nbma 192.0.2.1 multicast",
        ),
        ("interface Tunnel0", "no shutdwon", "no shutdown"),
        ("interface Tunnel0", "rotuer eigrp 100", "router"),  # a line of global configuration
        ("ip access-list extended A", "permit tcp any any eq telent", "permit tcp any any eq telnet"),
        ("ipv6 access-list A", "permit tcp any any establisehd", "permit tcp any any established"),
        ("line vty 0 4", "transport input shs", "transport input ssh"),
        ("interface Tunnel0", "tunnel source Lopback0", "tunnel source Loopback0"),
    ],
)
def test_a_misspelt_word_is_told_its_nearest_spelling(door: str, line: str, meant: str) -> None:
    assert reasons(door, f" {line}") == [f"not understood, did you mean `{meant}`?"]


@pytest.mark.parametrize("line", ["zzz", "ip xyzzy", "ip mtu 99999999", "ip address 10.0.0.1 255.255.255.0 third"])
def test_nothing_is_said_where_nothing_is_near(line: str) -> None:
    assert reasons("interface Tunnel0", f" {line}") == ["not understood"]


def test_the_spelling_with_which_the_whole_line_is_understood_wins() -> None:
    """`address` and `access-group` are both near; one of them takes two addresses."""
    assert reasons("interface Tunnel0", " ip acdress 10.0.0.1 255.255.255.0") == [
        "not understood, did you mean `ip address`?"
    ]


def test_a_router_that_boots_does_not_guess() -> None:
    (complaint,) = load("interface Tunnel0\n tunel source Loopback0")[1]
    assert complaint.reason == "not understood"
