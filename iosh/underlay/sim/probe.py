"""What a station finds out about a path: `Ping` and `Trace`, filled while the world runs; their text as on Linux."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.time import MILLISECOND, Instant, Span
from iosh.wire.icmp import (
    FRAGMENTATION_NEEDED,
    HOST_UNREACHABLE,
    NET_UNREACHABLE,
    PORT_UNREACHABLE,
    PROTOCOL_UNREACHABLE,
    TIME_EXCEEDED,
    UNREACHABLE,
    Icmp,
)

TRACE_PORT: Final = 33434
_ICMP_HEADER: Final = 8
_REASONS: Final = {
    NET_UNREACHABLE: "Destination Net Unreachable",
    HOST_UNREACHABLE: "Destination Host Unreachable",
    PROTOCOL_UNREACHABLE: "Destination Protocol Unreachable",
    PORT_UNREACHABLE: "Destination Port Unreachable",
}
_MARKS: Final = {NET_UNREACHABLE: " !N", HOST_UNREACHABLE: " !H", PROTOCOL_UNREACHABLE: " !P", PORT_UNREACHABLE: ""}


class Echoed(NamedTuple):
    """One answer to a ping: who answered, after how long, with what time to live left."""

    sequence: int
    source: IPv4
    ttl: int
    after: Span


class Refusal(NamedTuple):
    """An ICMP error instead of an answer; `source` None: the station itself found no way."""

    sequence: int
    source: IPv4 | None
    reason: str


class Hop(NamedTuple):
    """One probe of a trace: who answered it, or nobody, and the unreachable code if it was one."""

    ttl: int
    source: IPv4 | None
    after: Span
    code: int | None


@dataclass(slots=True)
class Ping:
    """`count` echoes of `size` data bytes, one each `interval`; done when each is answered or given up."""

    destination: IPv4
    source: IPv4
    count: int
    size: int
    interval: Span
    timeout: Span
    ttl: int
    dont_fragment: bool
    started: Instant
    last_sent: Instant = 0
    sent: int = 0
    pending: dict[int, Instant] = field(default_factory=dict)  # when each unanswered one was sent
    echoed: list[Echoed] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    is_done: bool = False

    @property
    def received(self) -> int:
        """How many came back."""
        return len(self.echoed)


@dataclass(slots=True)
class Trace:
    """A UDP traceroute: `queries` probes for each time to live, one after the other, until the destination answers."""

    destination: IPv4
    source: IPv4
    queries: int
    timeout: Span
    most: int
    started: Instant
    hops: list[Hop] = field(default_factory=list)
    sent_at: Instant = 0
    is_done: bool = False

    @property
    def ttl(self) -> int:
        """Of the probe under way."""
        return len(self.hops) // self.queries + 1

    @property
    def port(self) -> int:
        """Where the probe under way goes: each has a port of its own."""
        return TRACE_PORT + len(self.hops)

    @property
    def path(self) -> list[IPv4 | None]:
        """Who answered at each distance; None where nobody did."""
        near = [self.hops[at : at + self.queries] for at in range(0, len(self.hops), self.queries)]
        return [next((hop.source for hop in hops if hop.source is not None), None) for hops in near]

    def add(self, hop: Hop) -> None:
        """The probe under way was answered or given up."""
        self.hops.append(hop)
        if len(self.hops) % self.queries == 0:
            reached = any(each.code is not None for each in self.hops[-self.queries :])
            self.is_done = reached or hop.ttl >= self.most


def reason(message: Icmp) -> str:
    """An ICMP error in ping's words."""
    if message.type == TIME_EXCEEDED:
        return "Time to live exceeded"
    if message.type == UNREACHABLE and message.code == FRAGMENTATION_NEEDED:
        return f"Frag needed and DF set (mtu = {message.next_hop_mtu})"
    if message.type == UNREACHABLE:
        return _REASONS.get(message.code, f"Dest Unreachable, Bad Code: {message.code}")
    return f"ICMP type {message.type} code {message.code}"


def ping_text(ping: Ping) -> Iterator[str]:
    """What `ping` prints on Linux."""
    yield f"PING {ping.destination} ({ping.destination}) {ping.size}({ping.size + 28}) bytes of data."
    size = ping.size + _ICMP_HEADER
    lines = [(e.sequence, _echo_line(e, size)) for e in ping.echoed]
    lines += [(r.sequence, f"From {r.source or ping.source} icmp_seq={r.sequence} {r.reason}") for r in ping.refused]
    yield from (line for _, line in sorted(lines))
    lost = 100 * (ping.sent - ping.received) // ping.sent if ping.sent else 0
    errors = f", +{len(ping.refused)} errors" if ping.refused else ""
    took = max(0, ping.last_sent - ping.started) // MILLISECOND
    yield ""
    yield f"--- {ping.destination} ping statistics ---"
    yield f"{ping.sent} packets transmitted, {ping.received} received{errors}, {lost}% packet loss, time {took}ms"
    if ping.echoed:
        spans = [echo.after for echo in ping.echoed]
        yield f"rtt min/avg/max = {_ms(min(spans))}/{_ms(sum(spans) // len(spans))}/{_ms(max(spans))} ms"


def _echo_line(echo: Echoed, size: int) -> str:
    return f"{size} bytes from {echo.source}: icmp_seq={echo.sequence} ttl={echo.ttl} time={_ms(echo.after)} ms"


def trace_text(trace: Trace) -> Iterator[str]:
    """What `traceroute -n` prints on Linux."""
    yield f"traceroute to {trace.destination} ({trace.destination}), {trace.most} hops max"
    for at in range(0, len(trace.hops), trace.queries):
        hops = trace.hops[at : at + trace.queries]
        line, shown = f"{hops[0].ttl:>2} ", None
        for hop in hops:
            if hop.source is None:
                line += " *"
                continue
            line += f" {hop.source} " if hop.source != shown else " "
            shown = hop.source
            line += f" {_ms(hop.after)} ms" + ("" if hop.code is None else _MARKS.get(hop.code, f" !{hop.code}"))
        yield line


def _ms(span: Span) -> str:
    return f"{span // MILLISECOND}.{span % MILLISECOND // 1000:03d}"
