"""A person in a lab: consoles, moving between them, lab commands, without a keyboard."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from pathlib import Path

import pytest

from iosh.base.time import SECOND
from iosh.lab.build import build
from iosh.lab.checks import run_until_formed
from iosh.lab.file import read
from iosh.shell.console import talk
from iosh.shell.pump import Pump
from iosh.shell.session import LAB_HINT, Session

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/dmvpn-phase3/dmvpn-phase3.clab.yml"


class Person:
    """Types at a session whose time stands still between lines."""

    def __init__(self, formed: bool = False) -> None:
        self.lab = build(read(EXAMPLE), seed=1)
        if formed:
            assert run_until_formed(self.lab)
        self._printed: list[str] = []
        self.session = Session(self.lab, Pump(self.lab.world), "hub", self._printed.append)
        self.session.pump.pause()

    def type(self, *lines: str) -> str:
        """What the last of the lines made appear."""
        for line in lines:
            self._printed.clear()
            asyncio.run(self.session.feed(line))
            self.session.wait(3600 * SECOND)
        return "".join(self._printed)


def test_a_person_begins_at_a_console_and_moves_to_others() -> None:
    person = Person()
    assert person.session.prompt == "HUB>"
    person.type("enable", ":SPOKE1")
    assert person.session.prompt == "SPOKE1>"
    person.type(":go pc2")
    assert person.session.prompt == "pc2:~# "
    person.type(":hub")
    assert person.session.prompt == "HUB#"


def test_a_node_is_reached_by_its_hostname_too_and_a_command_wins_over_a_node() -> None:
    person = Person()
    person.type("enable", "configure terminal", "hostname Nodes", "end", ":spoke1", ":nodes")
    assert person.session.node == "spoke1"
    person.type(":go Nodes")
    assert person.session.node == "hub"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (":bogus", "there is no lab command :bogus and no node of that name; :help lists what there is"),
        (":s", ":s is ambiguous: :set, :speed"),
        (":go mars", "there is no node 'mars': there are internet, hub, spoke1, spoke2, server, pc1, pc2"),
        (":go", "give the name of a node, as :go SPOKE1"),
        (":cut", "give one end of the link, as :cut HUB:eth1"),
        (":cut hub:eth7", "'hub:eth7' is no cable's end; hub has hub:GigabitEthernet1, hub:GigabitEthernet2"),
        (":heal hub:eth1", "hub:GigabitEthernet1 -- internet:GigabitEthernet1 is not cut"),
        (":speed never", "'never' is not a speed from 0.001 to 100000"),
        (":speed 0", "'0' is not a speed from 0.001 to 100000"),
        (":run", "give how long, as :run 60s"),
        (":run fast", "'fast' is not a time: write a number and ns, us, ms, s, m or h, as 10ms"),
        (":set hub:eth1 loss", "give a link, a setting and a value, as :set HUB:eth1 loss 5%; settings: "),
        (":set hub:eth1 loss all", "'all' is not a share: write per cent from 0 to 100, as 0.1%"),
        (":set hub:eth1 colour red", "'colour' is not a setting of a link: there are delay"),
        (":capture hub:eth1", "give a link and a file, as :capture HUB:eth1 hub.pcap, or :capture stop"),
        (":capture hub:eth1 /nonexistent/x.pcap", "/nonexistent/x.pcap cannot be written: No such file or directory"),
        (":capture stop", "nothing is being captured"),
        (":keys", "give a folder for the key files, as :keys captures"),
        (":keys /proc/nowhere", "/proc/nowhere cannot be written: "),
        (":pause now", "nothing is expected after it, not 'now'"),
    ],
)
def test_a_lab_command_that_cannot_be_obeyed_is_one_sentence(line: str, sentence: str) -> None:
    person = Person()
    said = person.type(line)
    assert said.startswith(sentence)
    assert said.count("\n") == 1
    assert person.session.refused == 1


def test_a_cable_is_cut_and_healed_and_its_routers_see_it() -> None:
    person = Person(formed=True)
    assert person.type(":cut HUB:eth1") == "hub:GigabitEthernet1 -- internet:GigabitEthernet1 is cut.\n"
    person.type("enable", ":run 1s")
    assert "down                  down" in person.type("show ip interface brief | include GigabitEthernet1")
    assert person.type(":cut internet:gi1").endswith("is cut already\n")
    assert "  cut; delay 5ms" in person.type(":links")
    assert person.type(":heal hub:Gi1").endswith("is whole again.\n")
    assert person.type(":run 1s").endswith("1s passed; the lab is 00:00:02 old.\n")
    assert "up                    up" in person.type("show ip interface brief | include GigabitEthernet1")


def test_a_cable_is_changed_and_what_it_loses_is_told() -> None:
    person = Person(formed=True)
    assert person.type(":set pc1 loss 100%") == "spoke1:GigabitEthernet2 -- pc1:eth1: loss 100%.\n"
    assert " 100% packet loss" in person.type(":pc1", "ping -c 2 10.1.0.1")
    assert "dropped: 3 loss" in person.type(":links")
    person.type(":set pc1 loss 0", ":pc1")
    assert " 0% packet loss" in person.type("ping -c 2 10.1.0.1")


def test_a_capture_is_written_and_counted(tmp_path: Path) -> None:
    person = Person(formed=True)
    file = tmp_path / "pc1.pcap"
    assert person.type(f":capture pc1 {file}").startswith("Capturing spoke1:GigabitEthernet2 -- pc1:eth1 into ")
    assert person.type(f":capture hub:eth1 {file}").endswith("is being written already; :capture stop ends it\n")
    person.type(":pc1", "ping -c 2 10.1.0.1")
    assert person.type(":capture") == f"{file}: 6 frames so far.\n"
    assert person.type(":capture stop") == f"{file}: 6 frames.\n"
    assert file.stat().st_size > 6 * 42


def test_time_is_run_and_paused_and_hurried() -> None:
    person = Person()
    assert person.type(":speed") == "Time runs in real time.\n"
    assert person.type(":speed 10x") == "Time runs 10 times real time.\n"
    assert person.type(":run 1.5h").endswith("5400s passed; the lab is 01:30:00 old.\n")
    assert person.type(":run 5") == "5s passed; the lab is 01:30:05 old.\n"
    assert person.type(":resume") == "Time runs 10 times real time.\n"
    assert person.type(":pause").startswith("Time stands still")


def test_help_mentions_the_labs_commands_only_where_there_is_a_lab() -> None:
    person = Person()
    assert person.session.help("").endswith(LAB_HINT)
    assert LAB_HINT not in person.session.help("show ")
    assert ":capture NODE:PORT FILE" in person.session.help(":")
    person.session.single = True
    assert LAB_HINT not in person.session.help("")


def test_lab_commands_nodes_and_ports_are_completed() -> None:
    complete = Person().session.complete
    assert complete(":cap") == ":capture "
    assert complete(":cut hub:GigabitEthernet2") == ":cut hub:GigabitEthernet2 "
    assert complete(":cut serv") == ":cut server:eth1 "
    assert complete(":cut hub:G") is None
    assert complete(":go SPOKE1") == ":go spoke1 "
    assert complete("sh") == "show "


def test_a_reload_is_waited_for_and_the_console_begins_anew() -> None:
    person = Person(formed=True)
    person.type("enable", "reload")
    assert person.session.prompt.endswith("[confirm]")
    said = person.type("")
    assert "Reload requested by console" in said
    assert person.session.prompt == "HUB>"
    assert person.lab.boxes["hub"].boots == 2


def test_leaving_a_console_of_a_lab_does_not_end_the_lab() -> None:
    person = Person()
    assert "HUB con0 is now available" in person.type("exit")
    assert not person.session.ended
    assert person.session.prompt == "HUB>"
    person.type(":quit")
    assert person.session.ended


def test_a_colon_is_the_labs_only_where_a_command_may_stand() -> None:
    person = Person()
    person.type("enable", "configure terminal", "banner motd ^C", ":nodes", "^C")
    assert person.session.refused == 0
    assert ":nodes" in person.type("do show running-config | include nodes")


def test_a_long_output_waits_for_a_key_at_the_terminals_height() -> None:
    person = Person()
    person.session.size(10, 80)
    said = person.type("enable", "show running-config")
    assert said.count("\n") == 9
    assert person.session.paging
    assert person.session.prompt == " --More-- "
    assert person.type(" ").count("\n") == 9
    person.type("q")
    assert not person.session.paging


def test_storage_that_cannot_be_written_is_said_and_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person()

    def full(name: str, content: bytes) -> None:
        raise OSError(28, "No space left on device", name)

    monkeypatch.setattr(person.lab.boxes["hub"].storage, "write", full)
    assert "%Error: nvram:startup-config: No space left on device" in person.type("enable", "write memory")
    assert person.type("show clock").startswith("*")


def test_a_defect_in_the_lab_ends_the_program_instead_of_stopping_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sit(session: Session) -> None:
        await asyncio.sleep(3600)

    def break_down() -> None:
        raise AssertionError("a defect")

    monkeypatch.setattr("iosh.shell.repl.converse", sit)
    monkeypatch.setattr("iosh.shell.console._prompt_standing", nullcontext)
    person = Person()
    person.session.pump.resume()
    person.lab.world.call_later(1, break_down)
    with pytest.raises(AssertionError, match="a defect"):
        asyncio.run(talk(person.session, terminal=True))


def test_while_time_passes_by_the_clock_the_figures_are_those_of_this_process() -> None:
    person = Person()
    on_paper = person.type("show memory statistics")
    assert on_paper == person.type("show memory statistics")

    async def a_moment() -> None:
        pouring = asyncio.create_task(person.session.pour())
        await asyncio.sleep(0.02)
        pouring.cancel()

    asyncio.run(a_moment())
    assert person.type("show memory statistics") != on_paper
    assert person.type("show processes cpu").startswith("CPU utilization for five seconds: ")
