"""The grammar written out: every command it lists is one the router takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from iosh.cli.notation import grammar
from iosh.cli.parse import Verdict, parse
from iosh.cli.reference import dump, markdown, modes, usage
from iosh.shell.door import _COMMANDS
from iosh.shell.main import app

PLACES = ("tunnel", "ethernet", "main", "subinterface", "view", "superview")
SAMPLES = {
    "A.B.C.D": "10.0.0.1",
    "A.B.C.D/nn": "10.0.0.0/8",
    "H.H.H": "0011.2233.4455",
    "SLOT": "0/1",
    "<1.0-XX.YY>": "65001.1",
    "INTERFACE": "Tunnel7",
    "WORD": "w-1",
    "LINE": "some words",
    "URL": "flash:x",
    "X:X:X:X::X": "2001:db8::1",
    "X:X:X:X::X/<0-128>": "2001:db8::/32",
    "HEX": "0A1B",
    "ICMP-MESSAGE": "echo",
    "MONTH": "Nov",
    "WEEK": "1",
    "DAY": "Sun",
    "/nn": "/24",
    "DAY-NAME": "Monday",
    "TCP-FLAG": "+ack",
    "hh:mm": "05:00",
    "hh:mm:ss": "05:00:00",
}


def typed(command: str) -> str:
    """A command as one would type it: no options, a sample for each argument, the first alternative."""
    while "[" in command:
        command = re.sub(r"\s*\[[^\[\]]*\](?:\.\.\.)?", "", command)
    while "{" in command:
        command = re.sub(r"\{([^{}|]*?) \|[^{}]*\}", r"\1", command)
    command = command.replace("CHAR or <0-255>", "27")
    words = [word.removesuffix("...") for word in command.split()]
    return " ".join(_sample(word) for word in words)


def _sample(word: str) -> str:
    least = re.match(r"<(-?\d+)-", word)
    return SAMPLES.get(word) or (least[1] if least is not None else word)


@pytest.mark.parametrize("mode", modes())
def test_every_command_that_is_listed_is_understood(mode: str) -> None:
    heading, line, *commands = dump(mode)
    assert heading == f"Mode Name :{mode}" and set(line) == {"-"} and len(commands) > 1
    wrong = []
    for command in commands:
        level, _, text = command.partition(" ")
        assert level.isdigit()
        verdict = min(
            (parse(typed(text), grammar().modes[mode].root, places).verdict for places in ((), PLACES)),
            key=lambda verdict: verdict is not Verdict.OK,
        )
        if verdict is not Verdict.OK:
            wrong.append((typed(text), verdict))
    assert wrong == []


def test_options_stand_in_brackets_in_the_order_they_print() -> None:
    (node,) = [
        node
        for node in grammar().modes["interface"].root.walk()
        if [step.word for step in node.trail()] == ["ip", "nhrp", "nhs", "A.B.C.D"]
    ]
    nbma = "[nbma {A.B.C.D [multicast] | WORD [multicast]}]"
    assert usage(node) == f"ip nhrp nhs A.B.C.D {nbma} [priority <0-255>] [cluster <0-10>]"


def test_the_reference_has_a_chapter_for_every_mode() -> None:
    lines = list(markdown())
    assert lines[0] == "# Commands of iosh"
    assert [line[3:] for line in lines if line.startswith("## ")] == list(modes())
    assert "- `ip nhrp holdtime <1-65535>`: Number of seconds (on tunnel interfaces, default `600`)" in lines
    assert any(line.startswith("- `interface INTERFACE ") and "enters interface" in line for line in lines)


def test_the_program_prints_it() -> None:
    result = CliRunner().invoke(app, ["reference"])
    assert result.exit_code == 0 and result.stdout.splitlines() == list(markdown())


def test_the_way_in_knows_every_command_of_the_program() -> None:
    assert set(_COMMANDS) == set(get_command(app).commands)  # type: ignore[attr-defined]


def test_a_router_tells_what_it_understands(desk: Callable[..., Any]) -> None:
    session = desk()
    session.types("enable", "terminal length 0")
    assert "15 reload in WORD\n" in session.type("show parser dump exec | include reload")
    assert session.type("show parser dump configure").startswith("Mode Name :config\n")
    assert session.type("show parser dump all").count("Mode Name :") == len(modes())
    assert session.type("show parser dump nothing").startswith("% nothing is not a mode") and not session.taken


def test_a_running_config_with_defaults_or_numbers(desk: Callable[..., Any]) -> None:
    session = desk("interface Tunnel0")
    session.types("enable", "terminal length 0")
    everything = session.type("show running-config all")
    assert " ip nhrp holdtime 600\n" in everything and " no shutdown\n" in everything
    assert "    2 : version 17.15\n" in session.type("show running-config linenum")
    assert session.type("show running-config full") == session.type("show running-config brief")


def test_history_with_times_keeps_no_secret(desk: Callable[..., Any]) -> None:
    session = desk()
    session.types("enable", "configure terminal", "enable secret Hush", "end")
    shown = session.type("show history all")
    assert shown.startswith("CMD: 'enable' 22:13:21 UTC Tue Nov 14 2023\n")
    assert "CMD: 'enable secret *****' " in shown and "Hush" not in shown


def test_write_network_names_its_successor(desk: Callable[..., Any]) -> None:
    session = desk()
    session.type("enable")
    assert "'copy system:/running-config <url>'" in session.type("write network") and not session.taken
