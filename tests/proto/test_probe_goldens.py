"""Ping and traceroute against what real routers printed: the machines are answered as the sample's packets were."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Hashable
from typing import Any

import pytest

from iosh.base.addr import IPv4
from iosh.base.rng import Rng
from iosh.base.time import MILLISECOND
from iosh.base.timers import Timers
from iosh.proto.icmp.arrival import Finished, IcmpArrived, Say
from iosh.proto.icmp.ping import Ping, PingSettings
from iosh.proto.icmp.traceroute import Traceroute, TracerouteSettings
from iosh.proto.machine import Desk, SendPacket
from iosh.wire import icmp
from iosh.wire.icmp import Icmp, Quoted
from iosh.wire.ipv4 import Ipv4

OURS = IPv4.parse("192.0.2.1")
HOP = IPv4.parse("192.0.2.254")


class Stage:
    """A machine, the time, and its text so far."""

    def __init__(self, machine: type[Any], settings: Any) -> None:
        self._tray: deque[tuple[Hashable, Any]] = deque()
        self._timers = Timers()
        self._machine = machine(settings, Desk("probe", self._tray, self._timers, Rng(7)))
        self._now = 0
        self._last = b""
        self.text = ""
        self._machine.start(self._now)
        self._collect()

    def _collect(self) -> None:
        while self._tray:
            match self._tray.popleft()[1]:
                case Say(text):
                    self.text += text
                case SendPacket(packet):
                    self._last = packet
                case Finished():
                    pass

    def silence(self) -> None:
        """Until the probe is given up."""
        due = self._timers.due()
        assert due is not None
        self._now = due
        key = self._timers.pop(due)
        assert isinstance(key, tuple)
        self._machine.wake(key[1], due)
        self._collect()

    def answer(self, source: IPv4, ms: int, message: Icmp, quoted: Quoted | None = None) -> None:
        self._now += ms * MILLISECOND
        self._machine.icmp_arrived(IcmpArrived(source, OURS, message, quoted, 255, "Ethernet0/0"), self._now)
        self._collect()

    def echo(self, ms: int) -> None:
        request = Icmp.decode(Ipv4.decode(self._last).payload)
        self.answer(HOP, ms, Icmp(icmp.ECHO_REPLY, 0, request.rest, request.data))

    def error(self, source: IPv4, ms: int, kind: int, code: int) -> None:
        data = icmp.quotation(self._last)
        self.answer(source, ms, Icmp(kind, code, 0, data), Quoted.decode(data))


# --- ping

IMPOSSIBLE = (
    r", round-trip min/avg/max = \S+ ms",
    "",
    "no echo came back, so no round trip was measured: typed by hand",
)
PINGS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "cisco_ios_ping": (),
    "cisco_ios_ping_200": (),
    "cisco_ios_ping_df": (),
    "cisco_ios_ping_df_fail": (IMPOSSIBLE,),
    "cisco_ios_ping_fail": (IMPOSSIBLE,),
    "cisco_ios_ping_mix": (),
    "cisco_ios_ping_quench": (),
    "cisco_ios_ping_source": (),
    "cisco_ios_ping_source_df": (),
    "cisco_ios_ping_source_df_fail": (IMPOSSIBLE,),
    "cisco_ios_ping_source_fail": (IMPOSSIBLE,),
    "cisco_ios_ping_unreachable": (),
}
PINGS_NOT = {"cisco_ios_ping_directed_broadcast": "iosh prints one mark for each request, not each who answers it"}
UNREACHABLES = {"U": (icmp.UNREACHABLE, icmp.HOST_UNREACHABLE), "Q": (icmp.SOURCE_QUENCH, 0)}


def trips(text: str, count: int) -> list[int]:
    """Round trips whose least, mean and greatest are those said."""
    found = re.search(r"= (\d+)/(\d+)/(\d+) ms", text)
    if found is None or not count:
        return []
    least, mean, most = map(int, found.groups())
    if count == 1:
        return [mean]
    between = (mean * count + count - 1 - least - most) // max(1, count - 2)
    return [least, most, *[between] * (count - 2)]


@pytest.mark.parametrize("name", PINGS)
def test_a_ping_prints_what_the_sample_prints(goldens: Any, name: str) -> None:
    text = goldens.text(f"ping/{name}")
    marks = "".join(re.findall(r"(?m)^[!.UQ]+$", text))
    repeat, size, destination, timeout = re.findall(r"Sending (\d+), (\d+)-byte .* to (\S+), .* (\d+) seconds", text)[0]
    source = re.search(r"source address of (\S+)", text)
    settings = PingSettings(
        IPv4.parse(destination), IPv4.parse(source[1]) if source else OURS, source is not None, int(repeat), int(size),
        int(timeout), "DF bit" in text,
    )  # fmt: skip
    stage = Stage(Ping, settings)
    times = iter(trips(text, marks.count("!")))
    for mark in marks:
        if mark == "!":
            stage.echo(next(times))
        elif mark == ".":
            stage.silence()
        else:
            stage.error(HOP, 1, *UNREACHABLES[mark])
    goldens.compare(f"ping/{name}", stage.text, *PINGS[name])


# --- traceroute

NAMES = (r"(?m)^( *\d*) +[\w.-]+ \(([\d.]+)\)", r"\1 \2", "iosh asks nobody for the names of hops")
LABELS = (r" \[MPLS: [^\]]*\]", "", "labels of a provider: iosh does not read ICMP's extensions")
NO_VRF = (r"\n\n", "\nVRF info: (vrf in name/id, vrf out name/id)\n", "IOS before 15 knew no VRFs here")
TRACES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "cisco_ios_traceroute_1": (),
    "cisco_ios_traceroute_3": (NAMES,),
    "cisco_ios_traceroute_4": (NAMES,),
    "cisco_ios_traceroute_5": (LABELS, NAMES),
    "cisco_ios_traceroute_6": (NO_VRF,),
    "cisco_ios_traceroute_dns": (NAMES,),
    "cisco_ios_traceroute_ip": (LABELS, NAMES),
}
TRACES_NOT = {"cisco_ios_traceroute_2": "put together of traces with three probes and with ten"}


@pytest.mark.parametrize("name", TRACES)
def test_a_traceroute_prints_what_the_sample_prints(goldens: Any, name: str) -> None:
    text = goldens.text(f"traceroute/{name}")
    target = re.search(r"Tracing the route to (?:(\S+) \()?([\d.]+)", text)
    assert target is not None
    hops = re.findall(r"(?ms)^ *(\d+) (.*?)(?=^ *\d+ |\Z)", text.partition("\n  " if "VRF" not in text else "id)\n")[2])
    probes = max(len(re.findall(r"\*|msec|!H", rest)) for _, rest in hops)
    settings = TracerouteSettings(
        IPv4.parse(target[2]), OURS, target[1], probes=probes, minimum_ttl=int(hops[0][0]), maximum_ttl=int(hops[-1][0])
    )
    stage = Stage(Traceroute, settings)
    for number, rest in hops:
        speaker = OURS
        last = number == hops[-1][0]
        for word in re.findall(r"\*|!H|\d+ msec|\d+\.\d+\.\d+\.\d+(?=\)? )", rest):
            if word == "*":
                stage.silence()
            elif word == "!H":
                stage.error(speaker, 1, icmp.UNREACHABLE, icmp.HOST_UNREACHABLE)
            elif word.endswith("msec"):
                kind = (icmp.UNREACHABLE, icmp.PORT_UNREACHABLE) if last else (icmp.TIME_EXCEEDED, icmp.TTL_EXCEEDED)
                stage.error(speaker, int(word.split()[0]), *kind)
            else:
                speaker = IPv4.parse(word)
    goldens.compare(f"traceroute/{name}", stage.text, *TRACES[name])


def test_every_sample_is_held_or_has_its_reason(goldens: Any) -> None:
    assert goldens.loose("ping", PINGS.keys() | PINGS_NOT.keys()) == []
    assert goldens.loose("traceroute", TRACES.keys() | TRACES_NOT.keys()) == []
