"""A terminal at a line of a router: bytes in, bytes out, as a program or a person at the other end sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iosh.base.record import Syslog
from iosh.base.time import MILLISECOND, SECOND
from iosh.cli.tty import Tty

CONFIG = "hostname R1\ninterface GigabitEthernet1\n ip address 192.0.2.1 255.255.255.0\n"


class Seat:
    """Somebody at a terminal of a router."""

    def __init__(self, desk: Any, line: str = "vty0", level: int = 15, length: int = 0, width: int = 0) -> None:
        self.desk = desk
        self.chunks: list[bytes] = []
        self.woken = 0
        self.clock = 0
        self.tty = Tty(desk, line, self.chunks.append, self._wake, "admin", "192.0.2.9")
        self.tty.console.level = level
        self.tty.console.terminal.length = length
        self.tty.console.terminal.width = width
        self.tty.open(0)

    def _wake(self) -> None:
        self.woken += 1

    def read(self) -> str:
        text = b"".join(self.chunks).decode()
        self.chunks.clear()
        return text

    def send(self, data: str, after: int = SECOND) -> str:
        """Send in one piece; what came back."""
        self.read()
        self.clock += after
        self.tty.receive(data.encode(), self.desk.now, self.clock)
        while self.woken:
            self.woken = 0
            self.tty.go_on(self.desk.now)
        return self.read()

    def drawn(self, change: Callable[[], None]) -> str:
        """What a change of the window puts on it."""
        self.read()
        change()
        return self.read()

    def log(self, text: str) -> str:
        self.read()
        self.desk.router.logbook.record(Syslog("SYS", 5, "TEST", text), self.desk.now)
        return self.read()


@pytest.fixture
def seat(desk: Callable[..., Any]) -> Callable[..., Seat]:
    return lambda config=CONFIG, **how: Seat(desk(config), **how)


def test_the_prompt_ends_the_first_output(seat: Callable[..., Seat]) -> None:
    assert seat().read() == "R1#"
    assert seat(level=1).read() == "R1>"
    assert seat(config="banner motd ^hello^\n" + CONFIG).read() == "hello\r\nR1#"


def test_each_key_is_echoed_before_the_next_and_enter_is_a_line_end(seat: Callable[..., Seat]) -> None:
    one = seat()
    assert [one.send(key) for key in "show"] == ["s", "h", "o", "w"]
    assert one.send("\r") == '\r\n% Type "show ?" for a list of subcommands\r\nR1#'


def test_enter_is_cr_or_lf_or_both_together(seat: Callable[..., Seat]) -> None:
    one = seat()
    assert one.send("\r") == "\r\nR1#"
    assert one.send("\n") == "\r\nR1#"
    assert one.send("\r\n") == "\r\nR1#"
    assert one.send("\r") + one.send("\n", after=20 * MILLISECOND) == "\r\nR1#"
    assert one.send("\r") + one.send("\n", after=60 * MILLISECOND) == "\r\nR1#" * 2
    assert one.send("\r\n\r\n") == "\r\nR1#" * 2
    assert one.send("\n\n") == "\r\nR1#" * 2
    assert one.send("\r\0") == "\r\nR1#"
    assert one.send("\0") == ""


def test_output_and_prompt_come_in_one_piece(seat: Callable[..., Seat]) -> None:
    one = seat()
    one.read()
    one.tty.receive(b"show running-config\n", one.desk.now, 1)
    assert len(one.chunks) == 1
    text = one.read()
    assert text.startswith("show running-config\r\nBuilding configuration...\r\n") and text.endswith("end\r\n\r\nR1#")
    assert "\n" not in text.replace("\r\n", "") and "\x1b" not in text


def test_a_question_mark_helps_at_once_and_the_line_stands_again(seat: Callable[..., Seat]) -> None:
    one = seat()
    text = one.send("show clo?")
    assert text == "show clo?\r\n  clock  Display the system clock\r\n\r\nR1#show clo"
    assert one.send("ck\n").startswith("ck\r\n*")


def test_help_that_fills_more_than_a_page_is_paged_and_the_line_stands_again(seat: Callable[..., Seat]) -> None:
    one = seat(length=5)
    text = one.send("show ?")
    assert text.endswith(" --More-- ") and text.count("\r\n") == 5
    assert one.send("q").endswith("R1#show ")


def test_tab_completes_on_a_new_line_or_rings(seat: Callable[..., Seat]) -> None:
    one = seat()
    assert one.send("sh clo\t") == "sh clo\r\nR1#sh clock "
    assert one.send("x\t") == "x\a\r\nR1#sh clock x"


def test_the_pager_waits_for_single_keys_and_leaves_no_trace(seat: Callable[..., Seat]) -> None:
    one = seat(length=4)
    gone = "\b" * 10 + " " * 10 + "\b" * 10
    assert one.send("show running-config\n").endswith(" --More-- ")
    assert one.send("\r").startswith(gone)
    page = one.send(" ")
    assert page.startswith(gone) and page.count("\r\n") == 3 and page.endswith(" --More-- ")
    assert one.send("q") == gone + "R1#"


def test_the_pager_goes_on_filtered(seat: Callable[..., Seat]) -> None:
    one = seat(length=4)
    one.send("show running-config\n")
    assert one.send("/^interf").endswith("/^interf")
    assert "\r\ninterface GigabitEthernet1\r\n" in one.send("\n")


def test_typed_ahead_is_kept_while_a_command_runs(seat: Callable[..., Seat]) -> None:
    one = seat()
    one.send("ping 192.0.2.77 repeat 1\nshow clock\nshow privi")
    assert one.tty.waiting and one.tty.console.busy
    one.desk.run(one.desk.now + 5 * SECOND)
    assert one.woken
    one.tty.go_on(one.desk.now)
    text = one.read()
    assert "Success rate is 0 percent (0/1)\r\nR1#show clock\r\n*" in text and text.endswith("R1#show privi")


@pytest.mark.parametrize("key", ["\x1e", "\x03"])
def test_a_break_ends_what_runs_and_forgets_what_was_typed(seat: Callable[..., Seat], key: str) -> None:
    one = seat()
    one.send("ping 192.0.2.77 repeat 100\nreload\n")
    assert one.tty.console.busy
    text = one.send(key)
    assert "Success rate is 0 percent" in text and text.endswith("\r\nR1#")
    assert not one.desk.router.reload_requested and not one.tty.waiting


def test_ctrl_z_carries_out_the_line_and_leaves_configuration(seat: Callable[..., Seat]) -> None:
    one = seat()
    one.send("configure terminal\ninterface Loopback7\n")
    assert one.send("description hello\x1a") == "description hello^Z\r\nR1#"
    assert one.desk.router.config.interfaces["Loopback7"].description == "hello"
    assert one.send("\x1a") == ""


def test_ctrl_c_drops_the_line_and_leaves_configuration(seat: Callable[..., Seat]) -> None:
    one = seat()
    assert one.send("reload\x03") == "reload^C\r\nR1#"
    one.send("configure terminal\n")
    assert one.send("hostname X\x03") == "hostname X^C\r\nR1#"
    assert one.desk.router.config.hostname == "R1"


def test_a_confirmation_takes_one_key(seat: Callable[..., Seat]) -> None:
    one = seat()
    one.log("hello")
    assert one.send("clear logging\n").endswith("Clear logging buffer [confirm]")
    assert one.send("n") == "n\r\nR1#"
    assert one.desk.router.logbook.lines
    one.send("clear logging\n")
    assert one.send("\n") == "\r\nR1#"
    assert not one.desk.router.logbook.lines


def test_a_password_is_not_echoed(seat: Callable[..., Seat]) -> None:
    one = seat(config=f"enable secret 0 letmein\n{CONFIG}", level=1)
    assert one.send("enable\n") == "enable\r\nPassword: "
    assert one.send("letmein") == ""
    assert one.send("\n") == "\r\nR1#"


def test_a_banner_is_text_with_question_marks_and_all(seat: Callable[..., Seat]) -> None:
    one = seat()
    one.send("configure terminal\nbanner motd #\nwho are you?\tsay\n#\n")
    assert one.desk.router.config.banners["motd"].strip() == "who are you?\tsay"


def test_messages_come_only_after_terminal_monitor(seat: Callable[..., Seat]) -> None:
    one = seat()
    assert one.log("unheard") == ""
    one.send("terminal monitor\n")
    one.send("sh clo")
    assert one.log("heard") == "\r\n%SYS-5-TEST: heard\r\n"
    assert one.send("c") == "c"


def test_with_logging_synchronous_the_line_stands_again_after_a_message(seat: Callable[..., Seat]) -> None:
    one = seat(config=f"{CONFIG}line vty 0 4\n logging synchronous\n")
    one.send("terminal monitor\n")
    one.send("sh clo")
    text = one.log("heard")
    assert text.startswith("\b" * len("R1#sh clo")) and text.endswith("heard\r\nR1#sh clo")


@pytest.mark.parametrize(
    ("level", "whole"), [("", True), (" level 5", False), (" level all", False), (" limit 9", True)]
)
def test_grave_messages_break_into_the_line_all_the_same(seat: Callable[..., Seat], level: str, whole: bool) -> None:
    one = seat(f"{CONFIG}line vty 0 4\n logging synchronous{level}\n")
    one.send("terminal monitor\r")
    one.send("show ver")
    assert one.log("hello").endswith("R1#show ver") is whole


def test_a_terminal_that_does_not_read_gets_no_messages_and_obeys_later(seat: Callable[..., Seat]) -> None:
    one = seat()
    one.send("terminal monitor\n")
    one.tty.held = True
    assert one.log("unheard") == "" and one.send("show clock\n") == ""
    one.tty.held = False
    one.tty.go_on(one.desk.now)
    assert one.read().startswith("show clock\r\n*")


def test_two_thousand_pasted_lines_are_all_taken_and_others_have_their_turn(seat: Callable[..., Seat]) -> None:
    one = seat()
    lines = "".join(f"ip host h{number} 192.0.2.1\r\n" for number in range(2000))
    one.tty.receive(b"configure terminal\r\n", 0, 0)
    one.tty.receive(lines.encode(), 0, 1)
    turns = 0
    while one.woken:
        one.woken = 0
        turns += 1
        one.tty.go_on(0)
    assert turns >= 50
    assert len(one.desk.router.config.hosts) == 2000


def test_a_line_of_a_thousand_characters_is_taken(seat: Callable[..., Seat]) -> None:
    one = seat()
    one.send("configure terminal\ninterface Loopback7\n")
    one.send(f"description {'x' * 1100}\n")
    assert len(one.desk.router.config.interfaces["Loopback7"].description or "") == 1100


def test_letters_cut_in_two_by_the_network_are_put_together(seat: Callable[..., Seat]) -> None:
    one = seat()
    one.send("configure terminal\ninterface Loopback7\ndescription ")
    for byte in "é".encode():
        one.tty.receive(bytes([byte]), 0, 0)
    assert one.read() == "é"


def test_the_windows_size_counts_until_terminal_says_otherwise(seat: Callable[..., Seat]) -> None:
    one = seat(length=24)
    one.tty.resize(50, 132)
    assert (one.tty.console.terminal.length, one.tty.console.terminal.width) == (50, 132)
    one.send("terminal length 0\nterminal width 511\n")
    one.tty.resize(24, 80)
    assert (one.tty.console.terminal.length, one.tty.console.terminal.width) == (0, 511)


def test_leaving_configuration_says_who_and_from_where(seat: Callable[..., Seat]) -> None:
    one = seat()
    one.send("configure terminal\nend\n")
    assert one.desk.router.logbook.lines[-1].endswith(
        "%SYS-5-CONFIG_I: Configured from console by admin on vty0 (192.0.2.9)"
    )
    assert " by admin" in one.send("show running-config | include Last\n")


def test_users_and_lines_are_listed_and_cleared(desk: Callable[..., Any]) -> None:
    here = desk(CONFIG)
    one, two = Seat(here, "vty0"), Seat(here, "vty1")
    text = one.send("show users\n")
    assert "*  2 vty 0     admin      idle                 00:00:00   192.0.2.9\r\n" in text
    assert "   3 vty 1     admin      idle " in text
    assert one.send("show line vty 1\n").count("VTY") == 1
    assert one.send("clear line vty 1\n").endswith("[confirm]")
    assert one.send("\n") == "\r\n [OK]\r\nR1#"
    assert two.tty.ended and "vty1" not in here.router.lines.seats


def test_without_editing_only_keys_that_delete_to_the_left_do_something(seat: Callable[..., Seat]) -> None:
    one = seat()
    one.send("terminal no editing\r")
    assert "Editing is disabled." in one.send("show terminal\r")
    one.send("show privilegX\x02\x01\x1bb\x7f\x7fe")
    assert one.tty.editor.text == "show privilege"
    assert "level is 15" in one.send("\r")
    one.send("terminal editing\r")
    one.send("how\x01s")
    assert one.tty.editor.text == "show"


def test_the_configuration_of_the_line_is_how_its_sessions_begin(seat: Callable[..., Seat]) -> None:
    lines = "line vty 0 4\n no editing\n history size 2\n escape-character !\n length 0\n width 100\n location rack 7\n"
    one = seat(CONFIG + lines, length=24)
    shown = one.send("show terminal | include Location|Editing|History|Escape|x +none\r")
    assert 'Location: "rack 7"' in shown and "Editing is disabled." in shown and "history size is 2." in shown
    assert " !x " in shown
    assert " escape-character 33\r\n" in one.send("show running-config | begin line vty\r")
    assert one.send("show history\r").count("\r\n  ") == 2
    one.send("terminal no history\r")
    assert "\r\n  " not in one.send("show history\r")


def test_the_configuration_of_the_line_may_have_it_monitor_and_say_the_time(seat: Callable[..., Seat]) -> None:
    one = seat(CONFIG + "line vty 0 4\n monitor\n exec prompt timestamp\n")
    assert "%SYS-5-TEST: hello" in one.log("hello")
    assert "Load for five secs" in one.send("show privilege\r")
    one.send("terminal default exec prompt timestamp\r")
    assert "Load for five secs" not in one.send("show privilege\r")


def test_a_line_being_typed_stands_again_when_the_window_changes(seat: Callable[..., Seat]) -> None:
    one = seat()
    one.tty.resize(24, 80)
    one.send("x" * 70)
    narrower = one.drawn(lambda: one.tty.resize(24, 60))
    assert narrower.startswith("\r\nR1#$xxx") and len(narrower.strip()) < 60
    wider = one.drawn(lambda: one.tty.resize(24, 100))
    assert "\n" not in wider and wider.replace("\b", "").startswith("x" * 70)
    assert one.drawn(lambda: one.tty.resize(30, 100)) == ""
    one.send("\x15")
    assert one.drawn(lambda: one.tty.resize(24, 50)) == ""


def test_an_escape_character_breaks_off_instead_of_ctrl_shift_6(seat: Callable[..., Seat]) -> None:
    one = seat()
    one.send("terminal escape-character 27\r")
    one.send("ping 192.0.2.2 repeat 1000\r")
    assert one.send("\x1e") == ""
    assert "Success rate is 0 percent" in one.send("\x1b")
    one.send("\x15terminal escape-character soft ~\r")  # one that waits its turn
    assert one.send("ping 192.0.2.2 repeat 1000\r~").endswith("\r\n")
    assert "Success rate is 0 percent" in one.send("\x03")
    one.send("\x15terminal escape-character DEFAULT\r")
    one.send("ping 192.0.2.2 repeat 1000\r")
    assert "Success rate is 0 percent" in one.send("\x1ex")
    assert one.tty.editor.text == ""  # the x of Ctrl-^ x


def test_a_message_to_all_lines_ends_with_ctrl_z_and_is_confirmed(desk: Callable[..., Any]) -> None:
    router = desk(CONFIG)
    ann, bob = Seat(router, "vty0"), Seat(router, "vty1")
    bob.send("show pri")
    assert "Enter message, end with CTRL/Z; abort with CTRL/C:\r\n" in ann.send("send *\r")
    assert ann.send("lunch?\rnow\x1a").endswith("now^Z\r\nSend message? [confirm]")
    bob.read()
    assert ann.send("\r").endswith("R1#")
    assert "\a***\r\n***\r\n*** Message from tty2 to all terminals:\r\n***\r\nlunch?\r\nnow\r\n" in bob.read()
    assert bob.tty.editor.text == "show pri"


def test_a_message_to_one_line_is_heard_there_alone_and_ctrl_c_gives_it_up(desk: Callable[..., Any]) -> None:
    router = desk(CONFIG)
    ann, bob = Seat(router, "vty0"), Seat(router, "vty1")
    ann.send("send vty 1\rgo away\x1a")
    ann.send("\r")
    assert "*** Message from tty2 to tty3:" in bob.read() and "tty3" not in ann.send("\r")
    ann.send("send 3\rnever")
    ann.send("\x03")
    assert ann.send("show privilege\r").count("level is 15") == 1 and bob.read() == ""
    assert "%Invalid line number" in ann.send("send 1999\r")


def test_send_log_writes_a_message_of_its_level(seat: Callable[..., Seat]) -> None:
    one = seat()
    one.send("send log 5 maintenance begins\r")
    shown = one.send("show logging | include USERLOG\r")
    assert "%SYS-5-USERLOG_NOTICE: Message from tty2(user id: admin): maintenance begins" in shown


def test_a_line_is_shown_in_detail(seat: Callable[..., Seat]) -> None:
    one = seat(
        CONFIG + "line vty 0 4\n exec-timeout 5 0\n absolute-timeout 60\n session-timeout 7\n logout-warning 30\n"
    )
    shown = one.send("show line vty 3\r")
    assert 'Line 5, Location: "", Type: ""' in shown and "Status: No Exit Banner" in shown
    assert "00:05:00     00:07:00                     01:00:00 not set" in shown
    assert "Time since activation" in one.send("show line vty 0\r")
