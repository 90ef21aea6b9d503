"""Reflexive access lists: `permit … reflect NAME` lets a flow out and keeps it, `evaluate NAME` lets its answers in.

One `Reflexive` holds the flows of one name. A flow is forgotten when nothing was seen of it for its timeout; of TCP
five seconds after both ends have said FIN, and at once after a RST. Bounded in number; what is too much is not let in.
"""

from __future__ import annotations

from typing import Final

from iosh.base.time import SECOND, Instant, Span
from iosh.router.nat_rewrite import Tuple5, flow_of
from iosh.wire import ipv4, tcp

LIMIT: Final = 4096
_CLOSED: Final = 5 * SECOND


class Flow:
    """The answers to one flow: who may send them, how many came, when it is forgotten."""

    __slots__ = ("ends", "fins", "matches", "timeout")

    def __init__(self, timeout: Span, now: Instant) -> None:
        self.timeout = timeout
        self.ends = now + timeout
        self.matches = 0
        self.fins = 0  # which ends have said FIN: 1 ours, 2 theirs


class Reflexive:
    """The flows one name has let out, by what their answers say of themselves."""

    __slots__ = ("flows",)

    def __init__(self) -> None:
        self.flows: dict[Tuple5, Flow] = {}

    def knows(self, packet: bytes) -> bool:
        """Is it the answer to a flow that was let out?"""
        flow = flow_of(packet)
        return flow is not None and flow in self.flows

    def went_out(self, packet: bytes, timeout: Span, now: Instant) -> None:
        """A packet was let out."""
        told = flow_of(packet)
        if told is None:
            return
        answer = Tuple5(told.protocol, told.destination, told.destination_port, told.source, told.source_port)
        flow = self.flows.get(answer)
        if flow is None:
            if len(self.flows) >= LIMIT:
                return
            flow = self.flows[answer] = Flow(timeout, now)
        self._seen(answer, flow, packet, 1, now)

    def came_in(self, packet: bytes, now: Instant) -> None:
        """An answer was let in."""
        told = flow_of(packet)
        flow = self.flows.get(told) if told is not None else None
        if told is not None and flow is not None:
            flow.matches += 1
            self._seen(told, flow, packet, 2, now)

    def forget(self, now: Instant) -> Instant | None:
        """Drop what is too old; when to ask again."""
        for answer in [answer for answer, flow in self.flows.items() if flow.ends <= now]:
            del self.flows[answer]
        return min((flow.ends for flow in self.flows.values()), default=None)

    def _seen(self, answer: Tuple5, flow: Flow, packet: bytes, end: int, now: Instant) -> None:
        at = ((packet[0] & 15) << 2) + 13
        flags = packet[at] if answer.protocol == ipv4.TCP and at < len(packet) else 0
        if flags & tcp.FIN:
            flow.fins |= end
        if flags & tcp.RST:
            del self.flows[answer]
        elif flow.fins == 3:
            flow.ends = min(flow.ends, now + _CLOSED)
        else:
            flow.ends = now + flow.timeout
