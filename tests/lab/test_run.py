"""Commands typed at a lab's consoles without a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from iosh.lab.build import build
from iosh.lab.file import read
from iosh.lab.run import NoSuchNode, Runner

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/dmvpn-phase3/dmvpn-phase3.clab.yml"


def runner() -> Runner:
    return Runner(build(read(EXAMPLE), seed=1))


def test_a_console_is_privileged_and_has_no_pager() -> None:
    answer = runner().execute("HUB", "show running-config")
    assert answer.taken
    assert answer.node == "hub"
    assert answer.text.count("\n") > 40
    assert answer.text.endswith("end\n\n")


def test_a_session_goes_on_where_the_last_command_left_it() -> None:
    run = runner()
    run.execute("hub", "configure terminal")
    run.execute("hub", "interface Loopback3")
    assert run.prompt("hub") == "HUB(config-if)#"
    run.execute("hub", "description here\nend")
    assert " description here\n" in run.execute("hub", "show running-config interface Loopback3").text


def test_messages_of_the_router_come_between_only_where_they_were_asked_for() -> None:
    run = runner()
    assert "%" not in run.execute("hub", "ping 10.255.0.11 repeat 1").text.replace("percent", "")
    run = runner()
    run.execute("hub", "terminal monitor")
    text = run.execute("hub", "ping 10.255.0.11 repeat 1").text
    assert "%DMVPN-5-NHRP_NHC_UP: Tunnel0" in text
    assert "%DMVPN-5-NHRP_NHS_UP" not in text  # another router's


def test_a_question_gets_its_default_or_the_next_line() -> None:
    run = runner()
    assert "Clear logging buffer [confirm]" in run.execute("hub", "clear logging").text
    run.execute("hub", "configure terminal\nhostname NEW\nend")
    asked = run.execute("hub", "reload\nno")
    assert asked.taken
    assert run.lab.boxes["hub"].boots == 2
    assert run.prompt("hub") == "HUB#"


def test_a_question_without_a_default_is_given_up_and_said() -> None:
    run = runner()
    run.execute("hub", "configure terminal\nhostname NEW\nend")
    answer = run.execute("hub", "reload")
    assert not answer.taken
    assert "the question has no default" in answer.text
    assert run.prompt("hub") == "NEW#"


def test_stations_and_switches_are_nodes_too_and_others_are_not() -> None:
    run = runner()
    assert run.execute("pc1", "ip addr").text == "eth1     10.1.0.10/24\n"
    assert run.prompt("pc1") == "pc1:~# "
    with pytest.raises(NoSuchNode, match="there is no node 'mars': there are internet, hub"):
        run.execute("mars", "show clock")
