"""Logging in at the console, `enable` with its password, and what is remembered of attempts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iosh.base.time import SECOND

USER = "username ann privilege 15 secret s3same\n"


def test_a_console_with_login_local_lets_nobody_past_without_a_name(desk: Callable[..., Any]) -> None:
    one = desk(f"{USER}banner exec ^CWelcome^C\nline con 0\n login local\n")
    assert one.console.prompt == "Username: " and not one.console.secret
    one.type("ann")
    assert one.console.prompt == "Password: " and one.console.secret
    assert one.type("wrong") == "% Login invalid\n\n"
    for interruption in ("\x03", "\x1a", "show version"):
        one.type(interruption)
        assert one.console.locked and one.console.mode_prompt not in (one.console.prompt,)
    one.console.interrupt(one.now)
    assert one.console.prompt == "Username: "
    one.type("ann")
    assert "Welcome" in one.type("s3same")
    assert one.console.prompt == "Router#" and one.console.user == "ann"
    assert "s3same" not in "".join(one.console.history)


def test_a_console_with_a_password_asks_for_it_alone(desk: Callable[..., Any]) -> None:
    one = desk("line con 0\n password cisco\n login\n")
    assert one.console.prompt == "Password: "
    one.types("no", "no")
    assert one.type("no").startswith("% Bad passwords\n")
    one.type("cisco")
    assert one.console.prompt == "Router>"


def test_enable_asks_three_times(desk: Callable[..., Any]) -> None:
    one = desk("enable secret s3same\n")
    one.type("enable")
    assert one.console.prompt == "Password: " and one.console.secret
    one.types("a", "b")
    assert one.type("c") == "% Bad secrets\n\n" and not one.taken
    assert one.console.prompt == "Router>"
    one.types("enable", "s3same")
    assert one.console.prompt == "Router#"
    one.types("disable 3", "enable 2")
    assert one.console.level == 2, "down needs no password"


def test_enable_with_a_password_or_under_aaa_refuses_in_its_own_words(desk: Callable[..., Any]) -> None:
    old = desk("enable password s3same\n")
    assert old.types("enable", "a", "b", "c") == "% Bad passwords\n\n"
    aaa = desk("enable secret s3same\naaa new-model\n")
    assert aaa.types("enable", "a") == "% Access denied\n\n"


def test_a_remote_line_is_not_enabled_where_no_password_is_set(desk: Callable[..., Any]) -> None:
    one = desk()
    one.console.location = "192.0.2.9"
    one.console.line = "vty0"
    assert one.type("enable") == "% No password set\n"


def test_a_secret_typed_is_nowhere_but_hashed(desk: Callable[..., Any]) -> None:
    one = desk()
    one.types("enable", "terminal length 0", "configure terminal", "username ann secret Tr0ub4dor", "end")
    shown = one.type("show running-config") + one.type("show logging") + one.type("show running-config | json")
    assert "username ann secret 9 $9$" in shown and "Tr0ub4dor" not in shown


def test_too_many_failures_make_the_router_deaf_for_a_while(desk: Callable[..., Any]) -> None:
    one = desk("login block-for 60 attempts 3 within 10\nlogin on-failure log\nlogin on-success log\n")
    watch = one.router.login_watch
    for second in (1, 20, 25):
        watch.failed("eve", "192.0.2.9", 22, second * SECOND)
    assert not watch.quiet(25 * SECOND), "the first is too long ago"
    watch.failed("eve\n", "192.0.2.9", 22, 26 * SECOND)
    assert watch.quiet(85 * SECOND) and not watch.quiet(86 * SECOND)
    one.router.work(26 * SECOND)
    one.run(90 * SECOND)
    watch.succeeded("ann", "192.0.2.9", 22, 90 * SECOND)
    one.router.work(90 * SECOND)
    logged = one.types("enable", "terminal length 0", "show logging")
    where = "[user: eve?] [Source: 192.0.2.9] [localport: 22] [Reason: Login Authentication Failed]"
    assert f"%SEC_LOGIN-4-LOGIN_FAILED: Login failed {where} at " in logged
    assert (
        f"%SEC_LOGIN-1-QUIET_MODE_ON: Still timeleft for watching failures is 4 secs, {where} [ACL: sl_def_acl]"
        in logged
    )
    assert "%SEC_LOGIN-5-QUIET_MODE_OFF: Quiet Mode is OFF, because block period timed out at " in logged
    assert "%SEC_LOGIN-5-LOGIN_SUCCESS: Login Success [user: ann]" in logged


AUTHORIZED = f"{USER}username bob password pear\naaa new-model\naaa authentication login default none\n"


def at_vty(desk: Callable[..., Any], config: str, user: str) -> Any:
    one = desk(f"{AUTHORIZED}{config}", line="vty0")
    one.console.user, one.console.level = user, 15
    return one


def test_commands_of_a_level_are_for_whom_the_local_database_knows(desk: Callable[..., Any]) -> None:
    config = "aaa authorization commands 15 default group tacacs+ local\n"
    assert "Building configuration" in at_vty(desk, config, "Bob").type("show running-config")
    stranger = at_vty(desk, config, "eve")
    assert stranger.type("show running-config") == "Command authorization failed.\n\n" and not stranger.taken
    assert "Current privilege level is 15" in stranger.type("show privilege")
    assert "Command authorization failed" in stranger.type("configure terminal")
    assert "% Invalid input" in stranger.type("show nonsense")


def test_a_list_of_the_line_and_a_command_that_was_moved_count(desk: Callable[..., Any]) -> None:
    lists = "aaa authorization commands 7 STRICT local\nline vty 0 4\n authorization commands 7 STRICT\n"
    stranger = at_vty(desk, f"privilege exec level 7 show clock\n{lists}", "eve")
    assert "Command authorization failed" in stranger.type("show clock")
    assert "Building configuration" in stranger.type("show running-config")


def test_methods_that_ask_nobody(desk: Callable[..., Any]) -> None:
    for method, user, allowed in (
        ("none", "", True),
        ("if-authenticated", "eve", True),
        ("if-authenticated", "", False),
    ):
        one = at_vty(desk, f"aaa authorization commands 1 default group radius {method}\n", user)
        assert ("Current privilege level" in one.type("show privilege")) is allowed
    assert "failed" in at_vty(desk, "aaa authorization commands 1 default group radius\n", "bob").type("show privilege")


def test_configuration_commands_are_authorized_only_if_asked_for(desk: Callable[..., Any]) -> None:
    lists = "aaa authorization commands 15 default local\n"
    one = at_vty(desk, lists, "bob")
    one.type("configure terminal")
    one.console.user = "eve"
    one.type("hostname FREE")
    assert one.router.config.hostname == "FREE"
    one.router.config.aaa.authorization_config_commands = True
    assert one.type("hostname NOT") == "Command authorization failed.\n\n"
    assert one.router.config.hostname == "FREE"


def test_the_console_is_exempt_unless_it_is_named(desk: Callable[..., Any]) -> None:
    config = f"{AUTHORIZED}aaa authorization commands 1 default local\n"
    assert "Current privilege level" in desk(config).type("show privilege")
    assert "failed" in desk(f"{config}aaa authorization console\n").type("show privilege")


def test_lists_of_methods_and_sessions_are_shown(desk: Callable[..., Any]) -> None:
    one = desk(f"{AUTHORIZED}aaa authorization exec default group ISE local\naaa authorization commands 15 X local\n")
    one.console.level, one.console.terminal.length = 15, 0
    shown = one.type("show aaa method-lists all")
    assert "authen queue=AAA_ML_AUTHEN_LOGIN\n  name=default valid=TRUE id=0 :state=ALIVE : NONE\n" in shown
    assert "  name=default valid=TRUE id=0 :state=ALIVE : SERVER_GROUP ISE  LOCAL\n" in shown
    assert "queue=AAA_ML_AUTHOR_COMMAND\n  name=X_15 valid=TRUE" in shown
    assert "authen queue" not in one.type("show aaa method-lists authorization")
    said = one.type("show aaa sessions")
    assert said.startswith("Total sessions since last reload: 1\nSession Id: 1\n   Unique Id: 1\n")
    assert "Authen: service=LOGIN type=ASCII method=NONE" in one.type("show aaa user all")
    assert one.type("show aaa servers") == ""
