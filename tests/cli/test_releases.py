"""What the `version` line decides: which words there are, and which defaults are not said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iosh.cli.check import check
from iosh.cli.configure import Configurator, Fate
from iosh.cli.load import load
from iosh.cli.releases import Span, span
from iosh.cli.render import running_config
from iosh.config.model import Config
from iosh.config.store import Store

TEXT = """\
crypto isakmp policy 10
 encr 3des
 hash md5
 group 2
crypto ikev2 proposal P
 encryption aes-cbc-256 3des
 integrity sha256 md5
 group 14 5
crypto ipsec transform-set TS esp-3des esp-md5-hmac
crypto ipsec profile IP
 set pfs group2
"""
WEAK = ["3des", "md5", "2", "3des", "md5", "5", "esp-3des", "group2"]  # the first of each line; `group2` is ambiguous
SHIELD = "crypto engine compliance shield disable"
TUNNEL = "interface Tunnel0\n ip nhrp network-id 1\n"


def refused(text: str) -> list[str]:
    """The words at fault that other releases have."""
    return [one.reason.split(": ")[1].split()[0] for one in check(text) if " is there before " in one.reason]


@pytest.mark.parametrize("version", ["15.7", "16.9", "17.3", "17.10"])
def test_releases_before_17_11_take_weak_algorithms_and_print_them(version: str) -> None:
    config, complaints = load(f"version {version}\n{TEXT}")
    assert complaints == []
    printed = running_config(config)
    for line in (" encr 3des", " hash md5", " group 14 5", "crypto ipsec transform-set TS esp-3des esp-md5-hmac "):
        assert line in printed
    assert load("\n".join(printed)) == (config, [])


@pytest.mark.parametrize("head", ["version 17.11\n", "version 17.15\n", ""])
def test_later_releases_and_a_fresh_router_refuse_each_of_them(head: str) -> None:
    assert refused(head + TEXT) == WEAK


def test_a_router_whose_compliance_shield_is_down_takes_them() -> None:
    config, complaints = load(f"version 17.15\n{SHIELD}\n{TEXT}")
    assert complaints == []
    printed = running_config(config)
    assert printed.index(SHIELD) < printed.index("crypto isakmp policy 10")
    assert load("\n".join(printed)) == (config, [])


def test_check_says_which_releases_have_the_word() -> None:
    (found,) = check("version 17.15\ncrypto ipsec transform-set TS esp-aes esp-md5-hmac\n")
    assert found.reason == (f"not understood by release 17.15: esp-md5-hmac is there before 17.11, or after `{SHIELD}`")
    (found, *_) = check("version 12.4\ncrypto ikev2 proposal P\n")
    assert found.reason == "not understood by release 12.4: ikev2 is there since 15.1"
    (found,) = check("version 17.15\ncrypto ipsec transform-set TS esp-foo\n")
    assert found.reason == "not understood"


def test_a_typed_version_line_changes_the_language_at_once() -> None:
    store = Store(Config())
    configurator = Configurator(store)
    weak = "crypto ipsec transform-set TS esp-3des esp-sha-hmac"
    assert configurator.line(weak).fate is Fate.INVALID
    assert configurator.line("version 15.7").fate is Fate.TAKEN
    assert configurator.line(weak).fate is Fate.TAKEN
    assert configurator.line("version 17.15").fate is Fate.TAKEN
    configurator.home()
    assert configurator.line(weak).fate is Fate.INVALID


@pytest.mark.parametrize(
    ("lines", "typed", "listed"),
    [
        (["version 15.7"], "crypto ipsec transform-set TS esp-", True),
        (["version 17.10"], "crypto ipsec transform-set TS ", True),
        ([], "crypto ipsec transform-set TS ", False),
        ([SHIELD], "crypto ipsec transform-set TS ", True),
        (["version 15.7", "crypto isakmp policy 10"], "encr ", True),
        (["crypto isakmp policy 10"], "encr ", False),
    ],
)
def test_help_and_tab_know_only_the_words_of_the_release(
    lines: list[str], typed: str, listed: bool, desk: Callable[..., Any]
) -> None:
    one = desk()
    one.types("enable", "configure terminal", *lines)
    assert ("3des" in one.console.help(typed)) == listed
    begun = f"{typed.removesuffix('esp-')}{'3d' if typed == 'encr ' else 'esp-3'}"
    assert (one.console.complete(begun) is not None) == listed


def test_what_stands_can_be_taken_away_in_every_release() -> None:
    config, _ = load(f"version 15.7\n{TEXT}")
    config.version = "17.15"
    store = Store(config)
    configurator = Configurator(store)
    assert configurator.line("no crypto ipsec transform-set TS esp-3des esp-md5-hmac").fate is Fate.TAKEN
    assert config.crypto.ipsec.transform_sets == {}


@pytest.mark.parametrize("line", ["version", "version seventeen", "version 17"])
def test_a_version_that_is_none_changes_nothing(line: str) -> None:
    store = Store(Config())
    assert Configurator(store).line(line).fate is not Fate.TAKEN
    assert store.running == Config()


HIDDEN = {
    "15.4": {" ip nhrp map multicast dynamic", " ip nhrp shortcut", " ip nhrp holdtime 600"},
    "15.7": {" ip nhrp shortcut", " ip nhrp holdtime 600"},
    "16.9": set(),
    "17.15": set(),
}


@pytest.mark.parametrize(("version", "said"), HIDDEN.items())
def test_what_is_on_by_default_is_said_only_where_it_is_not(version: str, said: set[str]) -> None:
    lines = " ip nhrp map multicast dynamic\n ip nhrp shortcut\n ip nhrp holdtime 600\n"
    config, complaints = load(f"version {version}\n{TUNNEL}{lines}")
    assert complaints == []
    assert {line for line in running_config(config) if line.startswith(" ip nhrp")} == said | {" ip nhrp network-id 1"}
    nhrp = config.interfaces["Tunnel0"].nhrp
    assert nhrp is not None and nhrp.shortcut and nhrp.map_multicast_dynamic and nhrp.holdtime_s == 600


def test_what_is_off_prints_as_no_where_it_is_on_by_default() -> None:
    off = f"{TUNNEL} no ip nhrp shortcut\n"
    assert " no ip nhrp shortcut" in running_config(load(f"version 17.15\n{off}")[0])
    assert " no ip nhrp shortcut" not in running_config(load(f"version 15.7\n{off}")[0])


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("12.4", {"no service password-encryption", "access-list 7 permit 10.0.0.1"}),
        ("15.7", {"no service password-encryption", "access-list 7 permit 10.0.0.1", " mode tunnel"}),
        ("17.15", {"ip access-list standard 7", " 10 permit 10.0.0.1", " mode tunnel"}),
    ],
)
def test_each_release_prints_its_own_forms(version: str, said: set[str]) -> None:
    text = f"version {version}\ncrypto ipsec transform-set TS esp-aes esp-sha-hmac\naccess-list 7 permit 10.0.0.1\n"
    printed = running_config(load(text)[0])
    every = {
        "no service password-encryption",
        "access-list 7 permit 10.0.0.1",
        "ip access-list standard 7",
        " 10 permit 10.0.0.1",
        " mode tunnel",
    }
    assert every & set(printed) == said


def test_spans_are_compared_as_numbers() -> None:
    assert span("since 15.10").holds("15.11") and not span("since 15.10").holds("15.9")
    assert span("until 17.11 or crypto.weak") == Span(until="17.11", unless="crypto.weak")
    for wrong in ("from 16", "until then", "until 16 if x"):
        with pytest.raises(ValueError, match="span"):
            span(wrong)
