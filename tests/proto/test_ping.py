"""Ping and traceroute as timetables: what they send, and what they print, character by character."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Any

from iosh.base.addr import IPv4
from iosh.base.rng import Rng
from iosh.base.time import MILLISECOND, SECOND
from iosh.base.timers import Timers
from iosh.proto.icmp.arrival import Finished, IcmpArrived, Say
from iosh.proto.icmp.ping import Ping, PingSettings
from iosh.proto.icmp.traceroute import Traceroute, TracerouteSettings
from iosh.proto.machine import Desk, SendPacket
from iosh.wire import icmp, ipv4
from iosh.wire.icmp import Icmp, Quoted
from iosh.wire.ipv4 import Ipv4
from iosh.wire.udp import Udp

ME, THEM, HOP, HOP2 = map(IPv4.parse, ("10.0.2.1", "10.0.3.1", "192.0.2.1", "192.0.2.2"))


class Stage:
    """A machine, time, its text so far, and the packet it waits for an answer to."""

    def __init__(self, machine: type[Any], settings: Any) -> None:
        self.tray: deque[tuple[Hashable, Any]] = deque()
        self.timers = Timers()
        self.machine = machine(settings, Desk("probe", self.tray, self.timers, Rng(7)))
        self.now = 5 * SECOND
        self.text = ""
        self.sent: list[Ipv4] = []
        self.finished = False
        self.machine.start(self.now)
        self._collect()

    def _collect(self) -> None:
        while self.tray:
            match self.tray.popleft()[1]:
                case Say(text):
                    self.text += text
                case SendPacket(packet):
                    self.sent.append(Ipv4.decode(packet))
                case Finished():
                    assert not self.finished
                    self.finished = True
                case other:
                    raise AssertionError(other)

    def after(self, ms: int) -> Stage:
        end = self.now + ms * MILLISECOND
        while (due := self.timers.due()) is not None and due <= end:
            self.now = due
            key = self.timers.pop(due)
            assert isinstance(key, tuple)
            self.machine.wake(key[1], due)
            self._collect()
        self.now = end
        return self

    def error(self, kind: int, code: int, source: IPv4 = HOP, ms: int = 1) -> Stage:
        """A router on the way complains of the last packet."""
        self.after(ms)
        data = icmp.quotation(self.sent[-1].encode())
        arrival = IcmpArrived(source, ME, Icmp(kind, code, 0, data), Quoted.decode(data), 255, "Ethernet0/0")
        self.machine.icmp_arrived(arrival, self.now)
        self._collect()
        return self

    def echoed(self, ms: int = 1, back: int = 0) -> Stage:
        """The destination answers the last packet, or an earlier one."""
        self.after(ms)
        request = Icmp.decode(self.sent[-1 - back].payload)
        reply = Icmp(icmp.ECHO_REPLY, 0, request.rest, request.data)
        self.machine.icmp_arrived(IcmpArrived(THEM, ME, reply, None, 255, "Ethernet0/0"), self.now)
        self._collect()
        return self


HEADING = "Type escape sequence to abort.\nSending 5, 100-byte ICMP Echos to 10.0.3.1, timeout is 2 seconds:\n"


def ping(**kw: Any) -> Stage:
    return Stage(Ping, PingSettings(THEM, kw.pop("source", ME), **kw))


def test_five_echoes_answered_are_the_captured_text() -> None:
    stage = ping(source_named=True)
    for ms in (1, 1, 3, 1, 1):
        assert not stage.finished
        stage.echoed(ms)
    assert stage.finished
    assert stage.text == (
        HEADING + "Packet sent with a source address of 10.0.2.1 \n!!!!!\n"
        "Success rate is 100 percent (5/5), round-trip min/avg/max = 1/1/3 ms\n"
    )


def test_a_request_is_as_large_as_asked_and_filled_with_the_pattern() -> None:
    packet = ping(size=41, df=True, tos=0xB8, pattern=0x1234).sent[0]
    echo = Icmp.decode(packet.payload)
    assert (packet.source, packet.destination, packet.dont_fragment, packet.tos) == (ME, THEM, True, 0xB8)
    assert (len(packet.encode()), echo.type, echo.sequence) == (41, icmp.ECHO, 0)
    assert echo.data == bytes.fromhex("1234123412341234123412341234")[:13]


def test_each_kind_of_silence_and_refusal_has_its_character() -> None:
    stage = ping(repeat=6, df=True).after(1999)
    assert stage.text.endswith("DF bit set\n") and len(stage.sent) == 1
    stage.after(1)
    assert stage.text.endswith("\n.") and len(stage.sent) == 2
    stage.error(3, 1).error(3, 4).error(4, 0).error(11, 0).error(12, 0)
    assert stage.text.endswith("\n.UMQ&?\nSuccess rate is 0 percent (0/6)\n") and stage.finished


def test_a_late_or_foreign_answer_changes_nothing() -> None:
    stage = ping(repeat=2).after(2000)
    said = stage.text
    stage.echoed(back=1)
    stage.machine._identifier ^= 1
    stage.echoed()
    assert stage.text == said and stage.machine.received == 0


def test_without_a_route_nothing_is_sent_and_all_time_out() -> None:
    stage = ping(source=None, repeat=3).after(10_000)
    assert not stage.sent and stage.text.endswith("\n...\nSuccess rate is 0 percent (0/3)\n")


def test_a_long_row_is_broken_after_seventy_and_one_broken_off_gets_its_summary() -> None:
    stage = ping(repeat=200)
    for _ in range(75):
        stage.echoed()
    stage.machine.stop(stage.now)
    stage._collect()
    tail = f"{'!' * 70}\n!!!!!\nSuccess rate is 100 percent (75/75), round-trip min/avg/max = 1/1/1 ms\n"
    assert stage.text.endswith(tail) and stage.finished and stage.timers.due() is None


# --- traceroute


def traceroute(**kw: Any) -> Stage:
    return Stage(Traceroute, TracerouteSettings(THEM, kw.pop("source", ME), **kw))


TRACING = "Type escape sequence to abort.\nTracing the route to 10.0.3.1\nVRF info: (vrf in name/id, vrf out name/id)\n"


def test_two_hops_with_a_rate_limited_end_are_printed_as_ios_does() -> None:
    stage = traceroute()
    stage.error(11, 0, HOP, 4).error(11, 0, HOP, 4).error(11, 0, HOP, 0)
    stage.error(3, 3, THEM, 1).after(3000).error(3, 3, THEM, 2)
    assert stage.text == TRACING + "  1 192.0.2.1 4 msec 4 msec 0 msec\n  2 10.0.3.1 1 msec *  2 msec\n"
    assert stage.finished and stage.timers.due() is None


def test_each_probe_has_its_time_to_live_and_port() -> None:
    stage = traceroute(port=40000)
    for _ in range(4):
        stage.error(11, 0)
    ports = [Udp.decode(packet.payload, ME, THEM).destination for packet in stage.sent]
    assert ports == [40000, 40001, 40002, 40003, 40004]
    assert [packet.ttl for packet in stage.sent] == [1, 1, 1, 2, 2]


def test_silence_and_several_speakers_on_one_hop() -> None:
    stage = traceroute(maximum_ttl=2).after(9000)
    stage.error(11, 0, HOP).error(11, 0, HOP2).error(11, 0, HOP2)
    assert stage.text == TRACING + "  1  *  *  * \n  2 192.0.2.1 1 msec\n    192.0.2.2 1 msec 1 msec\n"
    assert stage.finished


def test_an_unreachable_ends_it_with_its_mark() -> None:
    stage = traceroute().error(3, 1, HOP).after(3000).error(3, 1, HOP)
    assert stage.text == TRACING + "  1 192.0.2.1 !H  *  !H \n" and stage.finished
    assert traceroute(probes=1).error(3, 13).text.endswith("  1 192.0.2.1 !A \n")
    assert traceroute(probes=1).error(3, 0).text.endswith("  1 192.0.2.1 !N \n")


def test_a_foreign_error_changes_nothing_and_a_break_ends_it() -> None:
    stage = traceroute(name="spoke", minimum_ttl=5)
    stage.sent[-1] = stage.sent[-1]._replace(payload=Udp(1, 2, b"").encode(ME, THEM))
    stage.error(11, 0)
    stage.machine.stop(stage.now)
    stage._collect()
    assert "to spoke (10.0.3.1)\n" in stage.text and stage.text.endswith("id)\n  5\n") and stage.finished
    assert len(stage.sent) == 1 and stage.sent[0].protocol == ipv4.UDP
