"""Parser views: who makes them, what they open, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

CONFIG = (
    "aaa new-model\nenable secret 0 r00troot\n"
    "parser view LOOK\n secret 0 looking\n commands exec include show version\n commands exec include all show ip\n"
    "parser view PORTS\n secret 0 portports\n commands exec include configure terminal\n"
    " commands configure include interface\n commands interface include all ip address\n"
    " commands interface include shutdown\n"
    "parser view BOTH superview\n secret 0 superduper\n view LOOK\n view PORTS\n"
)


def in_view(desk: Callable[..., Any], name: str, secret: str, config: str = CONFIG) -> Any:
    one = desk(config)
    one.console.terminal.length = 0
    one.types(f"enable view {name}".rstrip(), secret)
    return one


def test_a_view_opens_what_it_includes_and_nothing_else(desk: Callable[..., Any]) -> None:
    one = in_view(desk, "LOOK", "looking")
    assert one.console.mode_prompt == "Router#"
    assert one.type("show parser view") == "Current view is 'LOOK'\n"
    assert "uptime" in one.type("show version")
    assert "Interface" in one.type("show ip interface brief")
    for refused in (
        "show running-config",
        "configure terminal",
        "show clock",
        "reload in 5",
        "debug all",
        "copy run start",
    ):
        assert "% Invalid input detected" in one.type(refused)
    listed = one.console.help("")
    assert "  show " in listed and "  enable " in listed and "configure" not in listed and "reload" not in listed
    assert "  ip " in one.console.help("show ") and "running-config" not in one.console.help("show ")


def test_a_superview_has_what_its_views_have(desk: Callable[..., Any]) -> None:
    one = in_view(desk, "BOTH", "superduper")
    assert "uptime" in one.type("show version")
    one.types("configure terminal", "interface Loopback1", "ip address 10.9.9.9 255.255.255.255")
    assert one.console.router.config.interfaces["Loopback1"].ip.address is not None
    assert "% Invalid input" in one.type("description x")
    assert "% Invalid input" in one.type("hostname X")
    one.types("shutdown", "end")
    assert one.console.mode_prompt == "Router#"


def test_views_are_made_in_the_root_view_and_named_in_the_log(desk: Callable[..., Any]) -> None:
    one = desk("enable secret 0 r00troot\naaa new-model\n")
    one.types("enable", "r00troot", "configure terminal")
    assert one.type("parser view A") == "No view Active! Switch to View Context\n"
    one.types("end", "enable view", "r00troot")
    assert one.type("show parser view") == "Current view is 'root'\n"
    assert one.type("show privilege") == "Currently in View Context with view 'root'\n"
    one.type("configure terminal")
    one.type("parser view A")
    assert one.type("commands exec include ping") == "% Password not set for the view A\n"
    one.types("secret 0 apple", "commands exec include ping", "exit", "parser view S superview", "secret 0 x")
    assert one.type("view NONE") == "View 'NONE' does not exist\n"
    assert "% Invalid input" in one.type("commands exec include ping")
    one.types("view A", "end")
    log = "\n".join(one.console.router.logbook.lines)
    assert "%PARSER-6-VIEW_SWITCH: successfully set to view 'root'." in log
    assert "%PARSER-6-VIEW_CREATED: view 'A' successfully created." in log
    assert "%PARSER-6-SUPER_VIEW_CREATED: super view 'S' successfully created." in log
    assert "%PARSER-6-SUPER_VIEW_EDIT_ADD: view A added to superview S." in log
    assert one.type("show parser view all").splitlines() == [
        "Views/SuperViews Present in System:",
        " A",
        " S *",
        "-------(*) represent superview-------",
    ]
    one.types("configure terminal", "no parser view S", "end")
    assert "%PARSER-6-SUPER_VIEW_DELETED: super view 'S' successfully deleted." in "\n".join(
        one.console.router.logbook.lines
    )


def test_views_need_aaa_and_the_right_secret(desk: Callable[..., Any]) -> None:
    assert desk("").type("enable view") == "% AAA must be configured.\n"
    one = in_view(desk, "LOOK", "wrong")
    assert one.console.view is None and one.console.prompt == "Router>"
    assert in_view(desk, "NOWHERE", "looking").console.view is None
    one = in_view(desk, "", "r00troot")
    assert one.console.view == "root"
    one.types("enable view LOOK", "looking")
    assert one.console.view == "LOOK"
    one.types("enable", "r00troot")
    assert one.console.view is None and "Current configuration" in one.type("show running-config")


def test_what_one_view_has_exclusively_no_other_has(desk: Callable[..., Any]) -> None:
    config = CONFIG + "parser view OWN\n secret 0 ownown\n commands exec include-exclusive show version\n"
    assert "% Invalid input" in in_view(desk, "LOOK", "looking", config).type("show version")
    assert "uptime" in in_view(desk, "OWN", "ownown", config).type("show version")


def test_an_inclusive_view_has_all_but_what_it_excludes(desk: Callable[..., Any]) -> None:
    config = CONFIG + "parser view ALMOST inclusive\n secret 0 almost\n commands exec exclude show version\n"
    one = in_view(desk, "ALMOST", "almost", config)
    assert "% Invalid input" in one.type("show version")
    assert "UTC" in one.type("show clock")


def test_a_view_sees_of_the_configuration_what_it_could_type(desk: Callable[..., Any]) -> None:
    config = CONFIG.replace("parser view BOTH", " commands exec include show running-config\nparser view BOTH")
    config += (
        "username ann secret 0 apple123\ninterface Loopback5\n description hidden\n ip address 10.5.5.5 255.0.0.0\n"
    )
    text = in_view(desk, "PORTS", "portports", config).type("show running-config")
    assert "interface Loopback5\n ip address 10.5.5.5 255.0.0.0\n" in text
    for secret in ("hidden", "username", "secret", "parser view", "enable"):
        assert secret not in text


@pytest.mark.parametrize("authorized", [True, False])
def test_a_user_begins_in_his_view_where_the_shell_is_authorized(desk: Callable[..., Any], authorized: bool) -> None:
    config = f"{CONFIG}username eve view LOOK secret 0 evening\naaa authentication login default local\n"
    if authorized:
        config += "aaa authorization exec default local\naaa authorization console\n"
    one = desk(config)
    one.types("eve", "evening")
    assert (one.console.view, one.console.mode_prompt) == (("LOOK", "Router#") if authorized else (None, "Router>"))
