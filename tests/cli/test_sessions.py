"""Sessions beside one another: the lock of configuration mode, who is named in the log, users locked out, `login`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iosh.base.time import SECOND
from iosh.cli.console import Console
from iosh.router.files import parse

LOCKED = "Configuration mode locked exclusively. The lock will be cleared once you exit out of configuration mode"
ELSEWHERE = "Configuration mode locked exclusively by user 'unknown' process '3' from terminal '0'. Please try later.\n"


def beside(one: Any, user: str = "bob", line: str = "vty0") -> tuple[Console, list[str]]:
    """Another session at the same router, privileged, and what it is shown."""
    written: list[str] = []
    console = Console(one, line, written.append, user, "192.0.2.9")
    console.level = 15
    return console, written


def typed(other: tuple[Console, list[str]], now: int, *lines: str) -> str:
    for line in lines:
        other[1].clear()
        other[0].feed(line, now)
    return "".join(other[1])


def test_auto_locks_configuration_for_the_first_who_enters_it(desk: Callable[..., Any]) -> None:
    one = desk("configuration mode exclusive auto\n")
    other = beside(one)
    one.type("enable")
    assert one.type("configure terminal").startswith(LOCKED)
    assert typed(other, one.now, "configure terminal") == ELSEWHERE
    assert not other[0].configuring
    one.router.files.write(parse("flash:x.cfg"), b"hostname Other\n", one.now)
    assert typed(other, one.now, "copy flash:x.cfg running-config", "") == ELSEWHERE
    assert typed(other, one.now, "configure replace flash:x.cfg force") == ELSEWHERE
    assert one.router.config.hostname == "Router"
    assert "Rollback Done" in typed(other, one.now, "configure replace flash:x.cfg nolock force")
    assert one.router.config.hostname == "Other" and one.router.config_lock.holder is one.console.seat
    one.router.files.write(parse("flash:y.cfg"), b"configuration mode exclusive auto\n", one.now)
    assert "Rollback Done" in typed(other, one.now, "configure replace flash:y.cfg nolock force")
    one.type("end")
    assert typed(other, one.now, "configure terminal").startswith(LOCKED)
    other[0].detach()
    assert one.type("configure terminal").startswith(LOCKED)


def test_manual_locks_on_demand(desk: Callable[..., Any]) -> None:
    one = desk("configuration mode exclusive manual\n")
    other = beside(one)
    one.types("enable", "configure terminal")
    assert "Enter configuration" in typed(other, one.now, "configure terminal")
    one.type("end")
    assert typed(other, one.now, "end", "configure terminal lock").startswith(LOCKED)
    text = one.type("configure terminal")
    assert "locked exclusively by user 'bob'" in text and "from terminal '2'" in text


def test_the_lock_is_shown(desk: Callable[..., Any]) -> None:
    one = desk("configuration mode exclusive auto\n")
    other = beside(one)
    assert "State             : FREE\n" in typed(other, 5 * SECOND, "show configuration lock")
    typed(other, 5 * SECOND, "configure terminal")
    text = typed(other, 9 * SECOND, "do show configuration lock")
    for line in ("User              : bob", "TTY               : 2", "Type              : EXCLUSIVE"):
        assert f"{line}\n" in text
    assert "Remote ip address : 192.0.2.9\n" in text and "Lock active time (in Sec) : 4\n" in text


def test_the_log_names_who_configured_and_from_where(desk: Callable[..., Any]) -> None:
    one = desk("")
    typed(beside(one), SECOND, "configure terminal", "end")
    one.types("enable", "configure terminal", "end")
    log = [line for line in one.router.logbook.lines if "CONFIG_I" in line]
    assert log[0].endswith("Configured from console by bob on vty0 (192.0.2.9)")
    assert log[1].endswith("Configured from console by console")


AAA = (
    "aaa new-model\naaa authentication login default local\n"
    "aaa authorization exec default local\naaa authorization console\n"
)
USERS = "username ann privilege 15 secret 0 apple\nusername bob secret 0 pear\n"
LOCK = "aaa local authentication attempts max-fail 2\n"


def test_who_fails_too_often_is_locked_out_until_somebody_clears_it(desk: Callable[..., Any]) -> None:
    one = desk(f"{AAA}{LOCK}{USERS}")
    one.types("bob", "no", "bob", "no", "bob", "pear")
    assert one.console.locked
    assert "%AAA-5-USER_LOCKED: User bob locked out on authentication failure" in "\n".join(one.router.logbook.lines)
    one.types("ann", "apple")
    assert "bob" in one.type("show aaa local user lockout")
    assert "bob" in one.type("show login failures") and "LOCAL" in one.type("show login failures")
    one.type("clear aaa local user lockout username bob")
    assert "%AAA-5-USER_UNLOCKED: User bob unlocked by" in "\n".join(one.router.logbook.lines)
    one.types("login", "bob", "pear")
    assert (one.console.user, one.console.level) == ("bob", 1)


def test_the_administrator_is_never_locked_out(desk: Callable[..., Any]) -> None:
    one = desk(f"{AAA}{LOCK}{USERS}")
    one.types("ann", "no", "ann", "no", "ann", "no", "ann", "apple")
    assert one.console.user == "ann" and one.router.login_watch.locked == {}


def test_too_many_failures_in_a_minute_are_logged(desk: Callable[..., Any]) -> None:
    one = desk(f"security authentication failure rate 3 log\n{AAA}{USERS}")
    one.types("x", "no", "x", "no", "x", "no")
    assert any("%LOGIN-3-TOOMANY_AUTHFAILS: Too many" in line for line in one.router.logbook.lines)


def test_login_as_nobody_ends_the_session(desk: Callable[..., Any]) -> None:
    one = desk(f"{USERS}line con 0\n login local\n")
    one.types("ann", "apple", "login")
    assert one.types("bob", "no", "bob", "no", "bob", "no") == "% Login invalid\n\n"
    assert one.console.ended


@pytest.mark.parametrize("line", ["username eve secret abc", "enable secret abc", "enable password abc"])
def test_short_passwords_are_refused(desk: Callable[..., Any], line: str) -> None:
    one = desk("security passwords min-length 8\n")
    one.types("enable", "configure terminal")
    sentence = "% Password too short - must be at least 8 characters. Password configuration failed\n"
    assert one.type(line) == sentence
    assert one.type(f"{line}defgh") == ""


def test_local_knows_names_in_any_case_and_local_case_does_not(desk: Callable[..., Any]) -> None:
    for method, user in (("local", "ann"), ("local-case", "")):
        one = desk(f"aaa new-model\naaa authentication login default {method}\n{USERS}")
        one.types("ANN", "apple")
        assert one.console.user.lower() == user


def test_type_6_takes_the_place_of_clear_text_and_opens(desk: Callable[..., Any]) -> None:
    one = desk("username eve password evening\nenable password 7 094F471A1A0A\nline con 0\n password letmein\n login\n")
    one.types("letmein", "enable", "cisco", "configure terminal")
    assert one.type("key config-key password-encrypt short") != ""
    one.types(
        "key config-key password-encrypt masterkey", "password encryption aes", "username new password night", "end"
    )
    one.console.terminal.length = 0
    text = one.type("show running-config")
    assert text.count(" password 6 ") == 4 and "password encryption aes\n" in text
    for secret in ("evening", "letmein", "night", "masterkey"):
        assert secret not in text and secret not in one.type("show history all")
    one.types("write memory", "disable", "enable")
    one.type("cisco")
    assert one.console.level == 15
    startup = one.storage.read("nvram:startup-config").decode()
    assert "masterkey" not in startup and "private" not in one.type("dir nvram:")
    assert "Error" in one.type("more nvram:private-config")
    one.boot(startup)
    one.console.attach()
    one.type("letmein")
    assert not one.console.locked, "the master key is kept apart, and outlives a reload"


def test_show_commands_say_load_and_time_where_that_is_wanted(desk: Callable[..., Any]) -> None:
    one = desk()
    one.type("terminal exec prompt timestamp")
    load, time, blank, privilege, *_ = one.type("show privilege").splitlines()
    assert load == "Load for five secs: 1%/0%; one minute: 1%; five minutes: 1%"
    assert time.startswith("No time source, *") and time.endswith("2023") and blank == ""
    assert privilege == "Current privilege level is 1"
    one.type("terminal no exec prompt timestamp")
    assert one.type("show privilege") == "Current privilege level is 1\n"
