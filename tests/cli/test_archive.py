"""The archive, replacing configurations, changes to be confirmed: in virtual time, at the prompt."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from iosh.base.time import SECOND
from iosh.cli.load import load
from iosh.cli.render import running_config

MINUTE = 60 * SECOND
EXAMPLES = sorted((Path(__file__).parent.parent.parent / "examples").glob("*/*.cfg"))
CORPUS = sorted((Path(__file__).parents[1] / "data" / "configs").glob("*.cfg"))
CORPUS_PAIRS = list(zip(CORPUS, CORPUS[1:] + CORPUS[:1], strict=True))  # each is left once and come to once
NOTHING = "!Contextual Config Diffs:\n!No changes were found\n\n"
Desk = Callable[..., Any]


@pytest.fixture
def session(desk: Desk) -> Any:
    """A privileged session on a router with an archive."""
    session = desk("hostname R\nfile prompt quiet\narchive\n path flash:archive\n maximum 3\n")
    session.types("enable", "terminal length 0")
    return session


def logged(session: Any) -> list[str]:
    return [line for line in session.router.logbook.lines if "ARCHIVE_DIFF" in line]


def test_without_a_path_there_is_no_archive(desk: Desk) -> None:
    session = desk()
    session.type("enable")
    assert session.type("show archive") == " Archive feature not enabled\n"
    assert "not enabled" in session.type("archive config") and not session.taken
    assert session.type("configure terminal revert timer 1").startswith("%Please turn config archive on")
    assert session.console.prompt == "Router#"


def test_the_archive_keeps_as_many_copies_as_it_may(session: Any) -> None:
    for _ in range(5):
        session.type("archive config")
    files = [name for name in session.storage.names() if name.startswith("flash:archive-")]
    assert len(files) == 3 and [name[-1] for name in files] == ["2", "3", "4"]
    table = session.type("show archive")
    assert "There are currently 3 archive configurations saved.\n" in table
    assert "named flash:archive-<timestamp>-5\n" in table
    assert table.splitlines()[-1].endswith("-4 <- Most Recent")
    assert session.storage.read(files[0]).endswith(b"end\n")


def test_the_table_parses_with_the_template_automation_uses(session: Any) -> None:
    parse = pytest.importorskip("ntc_templates.parse").parse_output
    session.type("archive config")
    (row,) = parse("cisco_ios", "show archive", session.type("show archive"))
    assert row["current_index"] == "1" and len(row["filenames"]) == 1
    assert row["next_filename"] == "flash:archive-<timestamp>-1"


def test_writing_to_memory_archives_where_that_is_wanted(session: Any) -> None:
    session.type("write memory")
    assert session.router.archive.saved == []
    session.types("configure terminal", "archive", "write-memory", "path flash:$h-copy", "end", "write memory")
    (saved,) = session.router.archive.saved
    assert saved.file.startswith("flash:R-copy-Nov-14-")


def test_a_period_archives_again_and_again_and_follows_its_setting(session: Any) -> None:
    session.types("configure terminal", "archive", "time-period 10", "end")
    session.run(session.now + 25 * MINUTE)
    assert len(session.router.archive.saved) == 2
    session.types("configure terminal", "archive", "time-period 1", "end")
    session.run(session.now + MINUTE)
    assert len(session.router.archive.saved) == 3
    session.types("configure terminal", "archive", "no time-period", "end")
    assert session.router.appointments.when("archive period") is None


@pytest.mark.parametrize("pair", list(permutations(EXAMPLES, 2)), ids=lambda pair: "-".join(one.stem for one in pair))
def test_replacing_any_example_by_any_other_leaves_no_difference(desk: Desk, pair: tuple[Path, Path]) -> None:
    session = desk(pair[0].read_text())
    session.storage.write("flash:new", pair[1].read_bytes())
    session.types("enable", "terminal length 0")
    said = session.type("configure replace flash:new force")
    assert re.search("Total number of passes: [12]\nRollback Done\n", said) and "rror" not in said
    assert session.type("show archive config differences flash:new") == NOTHING
    assert session.type("show archive config incremental-diffs flash:new").startswith("!List of Commands:\n!No changes")
    assert "Total number of passes: 0" in session.type("configure replace flash:new force")


@pytest.mark.parametrize("pair", CORPUS_PAIRS, ids=lambda pair: "-".join(one.stem for one in pair))
def test_replacing_what_other_routers_hold_leaves_no_difference(desk: Desk, pair: tuple[Path, Path]) -> None:
    open_console = "aaa authorization console\n", ""  # or nobody at it, not logged in, could say another command
    texts = [path.read_text().replace(*open_console) for path in pair]
    ports = sorted(set(re.findall(r"(?:[A-Z]\w+Ethernet|Serial)\d[\d/:]*", "\n".join(texts))))
    session = desk("", ports)
    session.types("enable", "terminal length 0")
    for text in texts:
        saved = "\n".join(running_config(load(text, ports)[0]))  # on a router with the ports of both
        session.storage.write("flash:new", saved.encode())
        said = session.type("configure replace flash:new force")
        assert "\nRollback Done\n" in said and "aborted" not in said
        assert session.type("show archive config differences flash:new") == NOTHING


def test_a_replacement_asks_first(session: Any) -> None:
    session.storage.write("flash:new", b"hostname NEW\nend\n")
    session.type("configure replace flash:new")
    assert session.console.prompt.endswith("Enter Y if you are sure you want to proceed. ? [no]: ")
    session.type("")
    assert session.router.config.hostname == "R"
    session.types("configure replace flash:new list", "y")
    assert session.router.config.hostname == "NEW" and session.router.config.archive == {}


def test_what_is_no_configuration_is_refused(session: Any) -> None:
    session.storage.write("flash:picture", bytes(range(256)))
    assert session.type("configure replace flash:picture force") == "%The input file is not a valid config file.\n"
    assert "No such file" in session.type("configure replace flash:absent force")


def test_on_error_the_original_stays_where_that_is_wanted(session: Any) -> None:
    session.storage.write("flash:new", b"hostname NEW\nfoo bar\nend\n")
    said = session.type("configure replace flash:new force revert trigger error")
    assert "foo bar\n" in said and "original configuration has been successfully restored" in said
    assert session.router.config.hostname == "R" and not session.taken
    said = session.type("configure replace flash:new force")
    assert "foo bar\n" in said and session.router.config.hostname == "NEW"


def test_without_an_archive_there_is_nothing_to_go_back_to(desk: Desk) -> None:
    session = desk("hostname R\n")
    session.types("enable", "copy running-config flash:now.cfg", "")
    said = session.type("configure replace flash:now.cfg force revert trigger error")
    assert said.startswith("%Please turn config archive on") and not session.taken


def test_on_error_the_rest_is_applied_where_nothing_else_is_wanted(session: Any) -> None:
    session.storage.write("flash:bad", b"hostname B\nbogus\nend\n")
    said = session.type("configure replace flash:bad force")
    assert "Rollback aborted after 5 passes\n" in said and "********\nbogus\n********\n" in said
    assert session.console.prompt == "B#"


def test_a_replacement_that_failed_leaves_nothing_to_be_confirmed(session: Any) -> None:
    session.storage.write("flash:bad", b"hostname B\nbogus\nend\n")
    session.type("configure replace flash:bad force revert trigger error timer 5")
    assert session.console.prompt == "R#"
    assert "No Rollback Confirmed Change pending" in session.type("show archive config rollback timer")


def test_a_new_block_is_not_told_what_it_is_without_already(session: Any) -> None:
    session.storage.write("flash:merge", b"interface Loopback9\n shutdown\n")
    said = session.type("show archive config incremental-diffs flash:merge")
    assert said.splitlines() == ["!List of Commands:", "interface Loopback9", " shutdown", "end", ""]


def test_a_line_that_is_not_understood_stands_where_it_was_in_a_difference(session: Any) -> None:
    session.storage.write("flash:new", b"interface Loopback9\n bogus\n shutdown\nend\n")
    said = session.type("show archive config differences system:running-config flash:new")
    assert "+interface Loopback9\n +no ip address\n +shutdown\n +bogus\n" in said


def test_a_change_that_is_not_confirmed_is_taken_back_in_time(session: Any) -> None:
    session.types("configure terminal revert timer 3", "hostname CHANGED", "interface Loopback7", "end")
    session.written.clear()
    begun = session.now
    session.run(begun + 3 * MINUTE)
    assert session.router.config.hostname == "R" and "Loopback7" not in session.router.config.interfaces
    shown = "".join(session.written)
    assert "Rollback Confirmed Change: rolling to:flash:archive-" in shown
    assert "!List of Rollback Commands:\nno interface Loopback7\nhostname R\nend\n" in shown
    kinds = [line.split("CHG_")[1].split(":")[0] for line in logged(session)]
    assert kinds == ["BACKUP", "START_ABSTIMER", "WARNING_ABSTIMER", "ROLLBACK_START"]
    assert session.type("show archive config rollback timer") == "%No Rollback Confirmed Change pending\n"


def test_a_remote_session_is_not_broken_into_when_its_change_is_taken_back(desk: Desk) -> None:
    session = desk("hostname R\nfile prompt quiet\narchive\n path flash:archive\n", line="vty0")
    session.types("enable", "configure terminal revert timer 1", "hostname CHANGED", "end")
    session.written.clear()
    session.run(session.now + MINUTE)
    assert session.router.config.hostname == "R" and session.written == []


def test_a_confirmed_change_stays(session: Any) -> None:
    session.types("configure terminal revert timer 1", "hostname KEPT", "end")
    timer = session.type("show archive config rollback timer")
    assert "Timer type: absolute timer\nTimer value: 1 min\nUser: console\n" in timer
    session.type("configure confirm")
    session.run(session.now + 5 * MINUTE)
    assert session.router.config.hostname == "KEPT"
    assert session.type("configure confirm") == "%No Rollback Confirmed Change pending\n"


def test_the_timer_can_be_set_anew_or_ended_at_once(session: Any) -> None:
    session.types("configure terminal revert timer 1", "hostname A", "end", "configure revert timer 10")
    session.run(session.now + 5 * MINUTE)
    assert session.router.config.hostname == "A"
    session.type("configure revert now")
    assert session.router.config.hostname == "R"
    assert session.type("configure revert now") == "%No Rollback Confirmed Change pending\n"


def test_an_idle_timer_counts_from_the_last_key(session: Any) -> None:
    session.types("configure terminal revert timer idle 2", "hostname IDLE", "end")
    for _ in range(4):
        session.run(session.now + MINUTE)
        session.type("show clock")
    assert session.router.config.hostname == "IDLE"
    session.run(session.now + 3 * MINUTE)
    assert session.router.config.hostname == "R"
    assert "if session has been idle for 2 minutes" in logged(session)[1]


def test_a_replacement_with_a_timer_goes_back(session: Any) -> None:
    session.storage.write("flash:new", b"hostname NEW\nend\n")
    session.type("configure replace flash:new force timer 2")
    assert session.router.config.hostname == "NEW"
    session.run(session.now + 2 * MINUTE)
    assert session.router.config.hostname == "R" and session.router.config.file_prompt == "quiet"


def test_the_log_of_commands_keeps_no_secret(session: Any) -> None:
    session.types(
        "configure terminal", "archive", "log config", "logging enable", "logging size 3", "notify syslog", "exit"
    )
    session.types(
        "exit", "enable secret Hush-Hush", "interface Tunnel0", "ip nhrp authentication Hush", "tunnel key 100", "end"
    )
    shown = session.type("show archive log config all")
    assert "Hush" not in shown and "ip nhrp authentication *****" in shown and "tunnel key 100" in shown
    assert len(session.router.archive.log) == 3
    assert not any("Hush" in line for line in session.router.logbook.lines)
    assert session.type("show archive log config all provisioning").splitlines()[-1] == "tunnel key 100"


def test_incremental_differences_are_what_a_merge_would_do(session: Any) -> None:
    session.storage.write("flash:m", b"hostname R\nno ip domain lookup\nip domain name x.y\nwhat is this\n")
    said = session.type("show archive config incremental-diffs flash:m ignorecase")
    assert said == "!List of Commands:\nno ip domain lookup\nip domain name x.y\nwhat is this\nend\n\n"
    assert session.router.config.domain_lookup


def test_differences_default_to_startup_against_running(session: Any) -> None:
    session.type("write memory")
    assert session.type("show archive config differences") == NOTHING
    session.types("configure terminal", "hostname S", "end")
    assert session.type("show archive config differences") == "!Contextual Config Diffs:\n+hostname S\n-hostname R\n\n"


def test_on_error_what_was_done_is_really_taken_back(session: Any) -> None:
    session.types("configure terminal", "interface Loopback7", "description seven", "end")
    before = deepcopy(session.router.config)
    settled: list[str] = []
    session.router.followers.append(lambda router, now: settled.append(router.config.hostname))
    session.storage.write("flash:new", b"hostname NEW\nfoo bar\ninterface Loopback8\nend\n")
    said = session.type("configure replace flash:new force revert trigger error timer 5")
    assert "Failed to apply command foo bar\n" in said and settled == ["NEW", "R"]
    assert session.router.config == before and session.router.archive.pending is None


def test_a_trigger_may_be_the_timer_alone(session: Any) -> None:
    session.storage.write("flash:new", b"hostname NEW\nfoo bar\nend\n")
    session.type("configure replace flash:new nolock revert trigger timer 2 force")
    assert session.router.config.hostname == "NEW"
    session.run(session.now + 2 * MINUTE)
    assert session.router.config.hostname == "R"


def test_case_does_not_count_where_it_is_ignored(session: Any) -> None:
    session.types("configure terminal", "interface Loopback7", "description Seven")
    session.types("ip address 10.7.0.1 255.0.0.0", "end")
    text = session.type("more system:running-config")
    other = text.replace("description Seven", "description SEVEN").replace("hostname R", "hostname r")
    session.storage.write("flash:new", other.encode())
    differences = session.type("show archive config differences system:running-config flash:new")
    assert "+hostname r\n" in differences and " +description SEVEN\n" in differences
    assert session.type("show archive config differences system:running-config flash:new ignorecase") == NOTHING
    assert "No changes" in session.type("show archive config incremental-diffs flash:new ignorecase")
    assert "Total number of passes: 0" in session.type("configure replace flash:new force ignorecase")
    assert session.router.config.hostname == "R"
    session.storage.write("flash:new", other.replace("10.7.0.1", "10.7.0.2").encode())
    said = session.type("configure replace flash:new force ignorecase list")
    assert "interface Loopback7\n ip address 10.7.0.2 255.0.0.0\nend\n" in said and "SEVEN" not in said


def test_the_log_of_commands_is_shown_by_number_and_by_who_typed(session: Any) -> None:
    session.types("configure terminal", "archive", "log config", "logging enable", "end")
    session.types("configure terminal", "hostname A", "hostname B", "end", "configure terminal", "hostname C", "end")
    commands = [line.split("|")[1] for line in session.type("show archive log config all").splitlines()[1:]]
    assert commands[-3:] == ["hostname A", "hostname B", "hostname C"]
    first = len(commands) - 2
    assert session.type(f"show archive log config {first} {first + 1} provisioning") == "hostname A\nhostname B\n"
    assert session.type("show archive log config user console all provisioning").endswith("hostname C\n")
    assert session.type("show archive log config user nobody all provisioning") == ""
    last = session.router.archive.sessions
    assert session.type(f"show archive log config user console session {last} all provisioning") == "hostname C\n"
    assert "Number of entries in the log-queue: " in session.type("show archive log config statistics")
    session.type("clear archive log config")
    assert session.type("show archive log config all provisioning") == ""
