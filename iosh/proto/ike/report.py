"""How a negotiation that failed is told: debug line, syslog, and the session's reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iosh.base.time import Instant

if TYPE_CHECKING:
    from iosh.proto.ike.sa import IkeSa


def aborted(sa: IkeSa, reason: str, now: Instant) -> None:
    """The negotiation of this IKE SA ends here."""
    context = sa.context
    context.desk.counters["negotiations aborted"] += 1
    context.trace_error(sa, reason)
    context.desk.report("IKEV2", 3, "NEG_ABORT", f"Negotiation aborted due to ERROR: {reason}")
    sa.die(reason, now)
