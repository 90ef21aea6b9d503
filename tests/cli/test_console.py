"""The console as its owner sees it: prompts, privilege, paging, interruption, messages of the router."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from iosh.base.record import Syslog


def test_the_hostname_is_cut_in_configuration_prompts_only(desk: Callable[..., Any]) -> None:
    one = desk("hostname A-NAME-OF-TWENTY-FIVE-CHARS\n")
    one.type("enable")
    assert one.console.prompt == "A-NAME-OF-TWENTY-FIVE-CHARS#"
    one.type("configure terminal")
    assert one.console.prompt == "A-NAME-OF-TWENTY-FIV(config)#"


def test_a_line_with_privilege_15_lands_behind_enable(desk: Callable[..., Any]) -> None:
    assert desk("line con 0\n privilege level 15\n").console.prompt == "Router#"


def test_user_exec_does_not_know_privileged_commands(desk: Callable[..., Any]) -> None:
    one = desk()
    assert "Invalid input" in one.type("show running-config")
    assert not one.taken
    one.type("enable")
    assert "Current configuration" in one.type("show running-config") and one.taken


def test_the_caret_stands_where_ios_puts_it(desk: Callable[..., Any]) -> None:
    one = desk("hostname R3\n")
    one.types("enable", "configure terminal")
    for line, under in (("show", "how"), ("ip hxtp secure-server", "xtp"), ("interfaxe gi1", "xe")):
        caret = one.type(line).splitlines()[0]
        assert caret.index("^") == len("R3(config)#") + line.index(under)


def test_long_output_is_paged_at_the_lines_length(desk: Callable[..., Any]) -> None:
    one = desk("line con 0\n length 5\n")
    one.type("enable")
    assert len(one.type("show running-config").splitlines()) == 4
    assert one.console.prompt == " --More-- "
    assert len(one.type(" ").splitlines()) == 4
    one.type("q")
    assert one.console.prompt == "Router#"
    one.types("terminal length 0", "show running-config")
    assert not one.console.paging


def test_a_ping_keeps_the_console_busy_until_it_is_broken_off(desk: Callable[..., Any]) -> None:
    one = desk("interface GigabitEthernet1\n ip address 192.0.2.1 255.255.255.0\n")
    one.console.feed("ping 192.0.2.9 repeat 100", one.now)
    assert one.console.busy and one.console.prompt == ""
    assert not one.console.feed("show clock", one.now)
    one.run(one.now + 7 * 10**9)
    one.console.feed("\x1e", one.now)
    assert not one.console.busy
    assert "Success rate is 0 percent (0/" in "".join(one.written)


def test_control_c_gives_up_a_question_a_page_and_configuration(desk: Callable[..., Any]) -> None:
    one = desk("line con 0\n length 5\n")
    one.types("enable", "reload")
    assert one.console.asking
    one.type("\x03")
    assert one.console.prompt == "Router#" and not one.router.reload_requested
    one.types("show running-config", "\x03")
    assert one.console.prompt == "Router#"
    one.types("configure terminal", "interface Tunnel0", "\x03")
    assert one.console.prompt == "Router#"


def test_control_z_does_the_line_and_leaves(desk: Callable[..., Any]) -> None:
    one = desk()
    one.types("enable", "configure terminal", "interface Loopback5\x1a")
    assert one.console.prompt == "Router#"
    assert "Loopback5" in one.router.config.interfaces


def test_an_accepted_line_takes_effect_at_once(desk: Callable[..., Any]) -> None:
    one = desk()
    one.types("enable", "configure terminal", "interface Loopback0", "ip address 10.0.0.1 255.255.255.255")
    assert one.router.forwarding.interfaces["Loopback0"].address is not None


def test_the_console_shows_messages_of_its_level_and_others_only_on_request(desk: Callable[..., Any]) -> None:
    console, remote = desk(), desk(line="vty0")
    for one in (console, remote):
        one.types("enable", "configure terminal")
    assert "%SYS-5-CONFIG_I: Configured from console by console" in console.type("end")
    assert "%SYS" not in remote.type("end")
    remote.type("terminal monitor")
    remote.type("configure terminal")
    assert "%SYS-5-CONFIG_I" in remote.type("end")
    console.types("configure terminal", "logging console errors")
    assert console.type("end") == ""


def test_a_message_in_the_middle_of_a_line_begins_a_new_one(desk: Callable[..., Any]) -> None:
    one = desk()
    one.console.write("!!!")
    one.router.logbook.record(Syslog("SYS", 5, "TEST", "hello"), one.now)
    one.router.logbook.record(Syslog("SYS", 5, "TEST", "again"), one.now)
    one.console.write("!!\n")
    shown = "".join(one.written).splitlines()
    assert [line[-5:] for line in shown] == ["!!!", "hello", "again", "!!"]


def test_do_runs_exec_from_configuration_with_the_caret_where_it_belongs(desk: Callable[..., Any]) -> None:
    one = desk()
    one.types("enable", "configure terminal", "interface Tunnel0")
    assert "Router(config-if)#".replace("Router", "") in one.console.prompt
    assert one.type("do show clock").startswith("*")
    line = "do show clokc"
    caret = one.type(line).splitlines()[0]
    assert caret.index("^") == len(one.console.prompt) + line.index("kc")
    assert one.console.configuring


def test_the_same_show_as_json_is_its_value(desk: Callable[..., Any]) -> None:
    one = desk("hostname R9\n")
    one.types("enable", "terminal length 0")
    assert json.loads(one.type("show version | json"))["hostname"] == "R9"
    assert json.loads(one.type("show running-config | json"))["hostname"] == "R9"


def test_a_new_router_is_a_new_session(desk: Callable[..., Any]) -> None:
    one = desk()
    one.types("enable", "configure terminal", "hostname OLD")
    one.boot("hostname NEW\n")
    one.console.attach()
    assert one.console.prompt == "NEW>"


def test_what_is_saved_is_what_a_reload_finds(desk: Callable[..., Any]) -> None:
    one = desk()
    one.types(
        "enable", "terminal length 0", "configure terminal", "hostname R1", "interface Loopback0", "end", "write memory"
    )
    running = one.type("show running-config").split("!\n", 1)[1]
    one.boot(one.storage.read("nvram:startup-config").decode())
    one.console.attach()
    one.types("enable", "terminal length 0")
    assert one.type("show running-config").split("version", 1)[1] == running.split("version", 1)[1]


def test_unsaved_changes_are_asked_about_before_a_reload(desk: Callable[..., Any]) -> None:
    one = desk()
    one.types("enable", "reload")
    assert one.console.prompt == "Proceed with reload? [confirm]"
    one.types("n", "configure terminal", "hostname R2", "end", "reload")
    assert "Save? [yes/no]" in one.console.prompt
    one.types("yes", "")
    assert one.router.reload_requested
    assert b"hostname R2" in one.storage.read("nvram:startup-config")


def test_a_paste_is_acted_on_once_and_before_an_exec_command_in_it(desk: Callable[..., Any]) -> None:
    one = desk()
    settled: list[int] = []
    settle = one.router.settle
    one.router.settle = lambda now: (settled.append(now), settle(now))
    lines = ["enable", "configure terminal"]
    for number in range(20):
        lines += [f"interface Loopback{number}", f" ip address 10.0.{number}.1 255.255.255.255"]
    assert one.console.paste([*lines, "end"], one.now)
    assert len(settled) == 1
    assert one.console.paste(
        ["configure terminal", "interface Loopback99", "do show clock", "shutdown", "end"], one.now
    )
    assert len(settled) == 3


def test_banners_greet(desk: Callable[..., Any]) -> None:
    one = desk("banner motd ^CKeep out^C\n")
    written: list[str] = []
    type(one.console)(one, "vty0", written.append)
    assert written == ["Keep out\n"]


def test_only_shows_are_filtered_and_nothing_else_is_done(desk: Callable[..., Any]) -> None:
    one = desk()
    one.type("enable")
    assert "Invalid input" in one.type("write memory | include x")
    assert one.storage.read("nvram:startup-config") is None


def test_undebug_is_privileged_as_debug_is(desk: Callable[..., Any]) -> None:
    one = desk()
    one.router.debugging["ip icmp"] = None
    assert "Invalid input" in one.type("undebug all")
    assert one.router.debugging


def test_leaving_exec_ends_the_session(desk: Callable[..., Any]) -> None:
    one = desk()
    one.type("exit")
    assert one.console.ended


def test_links_are_told_of_and_sub_interfaces_are_not(desk: Callable[..., Any]) -> None:
    one = desk(
        "interface GigabitEthernet1\n no shutdown\n"
        "interface GigabitEthernet1.7\n encapsulation dot1Q 7\n ip address 10.0.7.1 255.255.255.0\n"
    )
    told = "\n".join(one.router.logbook.lines)
    assert "%LINK-3-UPDOWN: Interface GigabitEthernet1, changed state to up" in told
    assert "%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet1, changed state to up" in told
    assert "GigabitEthernet1.7" not in told
