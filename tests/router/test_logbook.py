from __future__ import annotations

from iosh.base.record import DebugLine, Syslog
from iosh.base.time import SECOND
from iosh.router.civil import CivilClock
from iosh.router.logbook import Logbook, LogSettings

MESSAGE = Syslog("SYS", 5, "CONFIG_I", "Configured from console by console")


def test_a_message_is_stamped_and_kept() -> None:
    logbook = Logbook(CivilClock(1_795_409_633), 0, LogSettings())
    logbook.record(MESSAGE, 5 * SECOND)
    assert list(logbook.lines) == ["*Nov 23 04:53:58.000: %SYS-5-CONFIG_I: Configured from console by console"]
    assert logbook.counts[5] == 1


def test_stamps_follow_service_timestamps() -> None:
    for style, stamp in ((None, ""), ("uptime", "00:00:05: "), ("datetime", "*Nov 23 04:53:58: ")):
        logbook = Logbook(CivilClock(1_795_409_633), 0, LogSettings(timestamps_log=style))
        logbook.record(MESSAGE, 5 * SECOND)
        assert logbook.lines[0] == stamp + str(MESSAGE)


def test_the_buffer_is_bounded_in_bytes_and_forgets_the_oldest() -> None:
    logbook = Logbook(CivilClock(0), 0, LogSettings(timestamps_log=None, buffered_bytes=200))
    for number in range(100):
        logbook.record(Syslog("T", 6, "N", f"{number:03d}"), 0)
    assert list(logbook.lines)[-1] == "%T-6-N: 099"
    assert sum(len(line) + 1 for line in logbook.lines) <= 200
    logbook.settle(LogSettings(buffered_bytes=30))
    assert len(logbook.lines) == 2


def test_listeners_hear_severity_and_kind_until_they_leave() -> None:
    heard: list[tuple[str, int, bool]] = []
    logbook = Logbook(CivilClock(0), 0, LogSettings(timestamps_log=None, timestamps_debug=None, buffered_level=4))

    def listen(line: str, severity: int, is_debug: bool) -> None:
        heard.append((line, severity, is_debug))

    logbook.subscribe(listen)
    logbook.record(MESSAGE, 0)
    logbook.record(DebugLine("nhrp packet", "NHRP: 156 bytes out Tunnel0 "), 0)
    logbook.unsubscribe(listen)
    logbook.record(MESSAGE, 0)
    assert heard == [(str(MESSAGE), 5, False), ("NHRP: 156 bytes out Tunnel0 ", 7, True)]
    assert not logbook.lines, "severity 5 and 7 lie above the buffer's level"
