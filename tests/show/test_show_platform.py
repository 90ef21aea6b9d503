"""The box as hardware and what it costs, read the way automation reads it."""

from __future__ import annotations

import re
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from iosh.base.time import MILLISECOND, SECOND
from iosh.router.ports import History, Load, Memory, PaperFigures, Peak
from iosh.show import platform, processes
from iosh.show.registry import find


class Busy(PaperFigures):
    """A process that did something."""

    def cpu_ns(self, uptime: int) -> int:
        return 1500 * MILLISECOND

    def load(self) -> Load:
        return Load(3417, 250, 99)

    def history(self, uptime: int) -> History:
        return History((8700, 500, 400), (Peak(2000, 10_000),), ())

    def memory(self) -> Memory:
        return Memory(4_000_000_000, 100_000_000, 150_000_000)


@pytest.fixture
def router() -> Any:
    counters = Counter({"ip.received": 90, "arp.requests_received": 6})
    return SimpleNamespace(
        figures=Busy(),
        started=0,
        ports={"Ethernet0/0": SimpleNamespace(mac=bytes((0xAA, 0xBB, 0xCC, 0, 1, 0)))},
        forwarding=SimpleNamespace(counters=counters),
        nhrp={"Tunnel0": SimpleNamespace(link=SimpleNamespace(traffic=SimpleNamespace(received=Counter({3: 2}))))},
        ike=SimpleNamespace(desk=SimpleNamespace(counters=Counter({"messages received": 4}))),
        logbook=SimpleNamespace(counts=[0, 1, 2]),
    )


def shown(router: Any, name: str, **arguments: Any) -> list[str]:
    show = find(name)
    return list(show.text(show.view(router, 100 * SECOND, **arguments)))


def test_processor_time_is_the_processs_and_the_calls_are_the_parts(router: Any) -> None:
    assert shown(router, "processes.cpu") == [
        "CPU utilization for five seconds: 34%/0%; one minute: 2%; five minutes: 0%",
        " PID Runtime(ms)   Invoked      uSecs   5Sec   1Min   5Min TTY Process",
        "   1        1500       105      14285 34.17%  2.50%  0.99%   0 iosh",
        "   2           0         6          0  0.00%  0.00%  0.00%   0 ARP Input",
        "   3           0        90          0  0.00%  0.00%  0.00%   0 IP Input",
        "   4           0         2          0  0.00%  0.00%  0.00%   0 NHRP",
        "   5           0         4          0  0.00%  0.00%  0.00%   0 Crypto IKEv2",
        "   6           0         3          0  0.00%  0.00%  0.00%   0 Logger",
    ]


@pytest.mark.parametrize("by", ["5sec", "1min", "5min"])
def test_the_busiest_process_comes_first_when_sorted(router: Any, by: str) -> None:
    rows = processes.cpu(router, SECOND, by=by).processes
    assert [row.pid for row in rows] == [1, 2, 3, 4, 5, 6]


def test_memory_has_the_two_pools_that_napalm_adds_up(router: Any) -> None:
    lines = shown(router, "processes.statistics")
    rows = {line.split()[0]: [int(word) for word in line.split()[2:]] for line in lines[1:]}
    assert rows["Processor"] == [4_000_000_000, 100_000_000, 3_900_000_000, 3_850_000_000, 3_900_000_000]
    assert rows["lsmpi_io"][0] == rows["lsmpi_io"][1] + rows["lsmpi_io"][2]


def test_memory_reads_in_ansibles_columns(router: Any) -> None:
    (line,) = [line for line in shown(router, "processes.statistics") if "Processor" in line]
    found = re.findall(r"\s(\d+)\s", line)
    assert (found[0], found[3]) == ("4000000000", "3850000000")  # as the module takes them


def test_what_is_held_adds_up_to_the_total(router: Any) -> None:
    view = processes.memory(router, SECOND)
    assert sum(row.holding for row in view.processes) == view.total == view.pools[0].used
    assert shown(router, "processes.memory")[:2] == [
        "Processor Pool Total: 4000000000 Used:  100000000 Free: 3900000000",
        " lsmpi_io Pool Total:    3149400 Used:    3148576 Free:        824",
    ]


def test_the_inventory_and_show_version_have_one_serial_number(router: Any) -> None:
    first = platform.inventory(router, SECOND).parts[0]
    assert first.serial == platform.serial(router) and re.fullmatch(r"9IOSH\d{6}", first.serial)
    assert shown(router, "platform.inventory")[:2] == [
        'NAME: "Chassis", DESCR: "iosh Virtual Router Chassis"',
        f"PID: IOSH              , VID: V00, SN: {first.serial}",
    ]


def test_the_slots_run_since_boot(router: Any) -> None:
    assert shown(router, "platform.platform")[-2:] == [
        "R0        IOSH                ok, active            00:01:40          ",
        "F0        IOSH                ok, active            00:01:40          ",
    ]


def test_what_boots_next_and_what_alarms(router: Any) -> None:
    assert shown(router, "platform.boot")[-5] == "BOOT variable = flash:iosh;"
    assert shown(router, "platform.environment")[0] == "Number of Critical alarms:  0"


def test_a_simulated_machine_costs_the_same_in_every_run() -> None:
    figures = PaperFigures()
    assert (figures.cpu_ns(100 * SECOND), figures.load().five_s) == (SECOND, 100)
    assert figures.memory() == PaperFigures().memory()


def test_the_history_is_bars_with_their_heights_above(router: Any) -> None:
    lines = [line.rstrip() for line in shown(router, "cpu_history")]
    assert lines[2:4] == ["      8", "      754"]
    assert lines[4:14] == ["  100", *(f"{level:>5} *" for level in range(90, 10, -10)), "   10 **"]
    assert lines[19:23] == ["      1", "      0", "      0", "  100 *"]
    assert lines[30:33] == ["   20 #", "   10 #", lines[14]]


def test_a_simulated_machine_has_the_same_past_in_every_run() -> None:
    past = PaperFigures().history(3700 * SECOND)
    assert (len(past.seconds), len(past.minutes), len(past.hours)) == (60, 60, 1)
