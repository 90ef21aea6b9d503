"""Who is let in, and with what privilege: the line's own login, AAA's local methods, enable."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from iosh.cli.load import load
from iosh.cli.login import Asks, asks, claim, enable_claim, enable_guarded
from iosh.config.store import Store

USERS = "username ann privilege 15 secret 5 $1$28772684$iEwNOgGugqO9.bIz5sk8k/\nusername bob password 7 094F471A1A0A\n"
AAA = "aaa new-model\naaa authentication login default local\n"


def router(text: str) -> Any:
    config, complaints = load(text)
    assert complaints == []
    return SimpleNamespace(config=config, store=Store(config), login_watch=SimpleNamespace(locked={}))


def authenticate(one: Any, user: str, password: str, line: str = "vty0") -> int | None:
    """The level that name and password give."""
    found = claim(one, user, line)
    return found.level if found.proved(password) else None


def enable_allowed(one: Any, level: int, password: str) -> bool:
    return enable_claim(one, level).proved(password)


def test_login_local_knows_users_by_their_secrets() -> None:
    one = router(f"{USERS}username eve nopassword\nline vty 0 4\n login local\n")
    assert asks(one, "vty0") == Asks(name=True, password=True)
    assert authenticate(one, "ann", "hashcat") == 15
    assert authenticate(one, "bob", "cisco") == 1
    assert authenticate(one, "eve", "whatever") == 1
    for user, password in (("ann", "cisco"), ("ann", ""), ("bob", "hashcat"), ("", ""), ("nobody", "hashcat")):
        assert authenticate(one, user, password) is None


def test_a_users_own_level_wins_over_the_lines() -> None:
    one = router(f"{USERS}username low privilege 0 password x\nline vty 0 4\n login local\n privilege level 7\n")
    assert [authenticate(one, *each) for each in (("ann", "hashcat"), ("bob", "cisco"), ("low", "x"))] == [15, 7, 0]


def test_a_line_with_login_wants_its_own_password() -> None:
    one = router("line vty 0 4\n password cisco\n login\nline vty 5 9\n login\nline con 0\nline vty 10\n no login\n")
    assert asks(one, "vty0") == Asks(name=False, password=True)
    assert authenticate(one, "", "cisco", "vty4") == 1
    assert authenticate(one, "", "Cisco", "vty4") is None
    assert asks(one, "vty5").refuses and authenticate(one, "", "", "vty5") is None
    assert asks(one, "con0") == Asks(name=False, password=False)
    assert authenticate(one, "", "", "vty10") == 1


def test_aaa_wants_exec_authorization_for_a_users_level() -> None:
    assert authenticate(router(USERS + AAA), "ann", "hashcat") == 1
    local = router(f"{USERS}{AAA}aaa authorization exec default local\nline con 0\n login authentication default\n")
    assert authenticate(local, "ann", "hashcat") == 15
    assert authenticate(local, "ann", "hashcat", "con0") == 1
    local.config.aaa.authorization_console = True
    assert authenticate(local, "ann", "hashcat", "con0") == 15


@pytest.mark.parametrize(
    ("methods", "user", "password", "level"),
    [
        ("local", "ann", "hashcat", 1),
        ("group tacacs+ local", "ann", "hashcat", 1),
        ("group tacacs+ group radius", "ann", "hashcat", None),
        ("local none", "ann", "wrong", None),
        ("group radius none", "anybody", "", 1),
        ("enable", "anybody", "sesame", 1),
        ("line enable", "anybody", "sesame", 1),
        ("line enable", "anybody", "hashcat", None),
    ],
)
def test_methods_are_asked_until_one_answers(methods: str, user: str, password: str, level: int | None) -> None:
    one = router(
        f"{USERS}enable password sesame\naaa new-model\naaa authentication login REMOTE {methods}\n"
        "line vty 0 4\n login authentication REMOTE\n"
    )
    assert authenticate(one, user, password) == level


def test_without_a_list_aaa_asks_remote_lines_only() -> None:
    one = router(USERS + "aaa new-model\n")
    assert asks(one, "con0") == Asks(name=False, password=False)
    assert asks(one, "vty3") == Asks(name=True, password=True)
    assert authenticate(one, "ann", "hashcat", "vty3") == 1


def test_the_enable_secret_wins_over_the_enable_password() -> None:
    one = router("enable password first\n")
    assert enable_allowed(one, 15, "first")
    both = router("enable password first\nenable secret second\n")
    assert not enable_allowed(both, 15, "first")
    assert enable_allowed(both, 15, "second")


def test_levels_have_guards_of_their_own() -> None:
    one = router("enable secret level 5 five\nenable secret fifteen\n")
    assert enable_guarded(one, 5) and enable_guarded(one, 15) and not enable_guarded(one, 7)
    assert enable_allowed(one, 5, "five") and not enable_allowed(one, 5, "fifteen")
    assert not enable_allowed(one, 7, "five")


def test_aaa_can_ask_for_no_enable_password() -> None:
    one = router("enable secret x\naaa new-model\naaa authentication enable default none\n")
    assert not enable_guarded(one, 15) and enable_allowed(one, 15, "")
