"""Dead peer detection, NAT keepalives and hints that a peer lost its state (RFC 7296 section 2.4, RFC 3948 section 4).

`periodic` asks whenever nothing was heard for an interval; `on-demand` only when something was sent meanwhile. What ESP
heard and sent is read when the deadline rings, not told per packet.
"""

from __future__ import annotations

from typing import Final

from iosh.base.time import SECOND, Instant
from iosh.proto.ike.child import ChildSa
from iosh.proto.ike.informational import DeleteChild, Liveness
from iosh.proto.ike.sa import IkeSa
from iosh.proto.ike.settings import DEFAULT_NAT_KEEPALIVE_S, Dpd
from iosh.proto.machine import SendDatagram
from iosh.wire.isakmp import NAT_KEEPALIVE

_RETRIES: Final = 5
_HINTED_WAITS_S: Final = (2, 2, 2, 2, 2)


def arm(sa: IkeSa, now: Instant) -> None:
    """An IKE SA stands: look after its peer."""
    dpd = wanted(sa)
    if dpd is not None:
        sa.context.desk.ring_at(("dpd", sa.own_spi), now + dpd.interval_s * SECOND)
    if sa.nat.local:
        sa.context.desk.ring_at(("keepalive", sa.own_spi), now + _keepalive_s(sa) * SECOND)


def interval_over(sa: IkeSa, now: Instant) -> None:
    """Look whether the peer gave a sign of life; ask it if not; look again later."""
    dpd = wanted(sa)
    if dpd is None or not sa.is_ready:
        return
    heard, sent = _traffic(sa)
    interval = dpd.interval_s * SECOND
    if now - heard < interval:
        sa.context.desk.ring_at(("dpd", sa.own_spi), heard + interval)
        return
    sa.context.desk.ring_at(("dpd", sa.own_spi), now + interval)
    if dpd.periodic or sent > heard:
        ask(sa, (dpd.retry_s,) * _RETRIES, now)


def ask(sa: IkeSa, waits_s: tuple[int, ...], now: Instant) -> None:
    """Is the peer there? Nothing, if something is under way that will tell as well."""
    if sa.current is None and not sa.queue:
        sa.start(Liveness(sa, waits_s), now)


def hinted(sa: IkeSa, now: Instant) -> None:
    """Somebody, who need not be our peer, says that our peer lost its state: ask, but believe only silence."""
    if sa.is_ready:
        sa.context.desk.counters["hints of lost state"] += 1
        ask(sa, _HINTED_WAITS_S, now)


def keepalive(sa: IkeSa, now: Instant) -> None:
    """Keep the NAT in front of us from forgetting."""
    if sa.is_ready and sa.nat.local:
        sa.context.desk.put(SendDatagram(sa.local, sa.remote, sa.local_port, sa.remote_port, NAT_KEEPALIVE))
        sa.context.desk.ring_at(("keepalive", sa.own_spi), now + _keepalive_s(sa) * SECOND)


def idle_over(child: ChildSa, now: Instant) -> None:
    """Delete a CHILD SA that carried nothing for its idle time, or look again when that may be over."""
    sa, context = child.ike, child.session.context
    if child.gate.idle_time_s is None:
        return
    idle = child.gate.idle_time_s * SECOND
    last = max(child.created, *(context.traffic(child.inbound_spi) or (0, 0)))
    if now - last < idle:
        context.desk.ring_at(("child-idle", child.inbound_spi), last + idle)
        return
    sa.start(DeleteChild(sa, child, "Idle"), now)
    child.remove("Idle", now)
    sa.wait_for_child(now)


def wanted(sa: IkeSa) -> Dpd | None:
    """The profile's `dpd`, or the global one."""
    return (sa.profile.dpd if sa.profile is not None else None) or sa.context.settings.dpd


def _keepalive_s(sa: IkeSa) -> int:
    return sa.context.settings.nat_keepalive_s or DEFAULT_NAT_KEEPALIVE_S


def _traffic(sa: IkeSa) -> tuple[Instant, Instant]:
    """When the peer was last heard, by IKE or ESP, and when ESP last went to it."""
    heard, sent = sa.last_heard, 0
    for spi in sa.children:
        facts = sa.context.traffic(spi)
        if facts is not None:
            heard, sent = max(heard, facts[0]), max(sent, facts[1])
    return heard, sent
