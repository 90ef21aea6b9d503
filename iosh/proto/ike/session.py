"""A session: everything with one peer over one tunnel, however many IKE SAs and CHILD SAs that takes at the moment.

`remote` is the peer's NBMA address as seen, or a `Shared` one where others are behind the same NAT; an IKE SA's own
`remote` is always the address itself.

The newest CHILD SA is sent on; all are received on. The router hears `SessionUp` for the first and `SessionDown` after
the last, so that rekeying, collisions and duplicates pass unnoticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.proto.ike.effects import RemoveSa, SessionDown, SessionUp, UseSa

if TYPE_CHECKING:
    from iosh.proto.ike.child import ChildSa
    from iosh.proto.ike.context import Context
    from iosh.proto.ike.sa import IkeSa
    from iosh.proto.ike.settings import Identity


class Session:
    """One peer over one tunnel."""

    __slots__ = (
        "children", "context", "current", "interface", "local", "number", "reason", "remote", "sas", "up_since",
        "wanted",
    )  # fmt: skip

    def __init__(self, context: Context, interface: str, local: IPv4, remote: IPv4, number: int) -> None:
        self.context = context
        self.interface = interface
        self.local = local
        self.remote = remote
        self.number = number
        self.wanted = False
        self.sas: dict[int, IkeSa] = {}  # by our SPI, oldest first
        self.children: dict[int, ChildSa] = {}  # by inbound SPI, oldest first
        self.current: ChildSa | None = None  # the one we send on
        self.up_since: Instant | None = None
        self.reason = ""  # why it is down

    @property
    def phase(self) -> str:
        """As `show dmvpn` says it."""
        if self.children:
            return "UP"
        return "IPSEC" if any(sa.is_ready for sa in self.sas.values()) else "IKE"

    def add(self, sa: IkeSa) -> None:
        """This IKE SA is with our peer."""
        self.sas[sa.own_spi] = sa
        sa.session = self
        sa.session_id = self.number

    def is_anothers(self, identity: Identity) -> bool:
        """Is this the session of a peer that stands and has another identity?"""
        return any(one.is_ready and one.remote_identity not in (None, identity) for one in self.sas.values())

    def child_up(self, child: ChildSa, use: bool, now: Instant) -> None:
        """A CHILD SA was installed; `use` says whether it carries what we send from now on."""
        self.children[child.inbound_spi] = child
        if use or self.current is None:
            self.current = child
        if self.up_since is None:
            self.up_since = now
            self.reason = ""
            self.context.backoff.succeeded((self.interface, self.remote))
            self.context.desk.put(SessionUp(self.interface, self.local, self.remote))
            self._log("UP", child.ike)

    def use(self, child: ChildSa) -> None:
        """Send on this one from now on."""
        if self.current is not child and child.inbound_spi in self.children:
            self.current = child
            self.context.desk.put(UseSa(self.interface, self.remote, child.outbound_spi))

    def child_down(self, child: ChildSa, reason: str, now: Instant) -> None:
        """A CHILD SA is gone."""
        if self.children.pop(child.inbound_spi, None) is None:
            return
        if self.current is child:
            self.current = None
            if self.children:
                self.use(next(reversed(self.children.values())))
        gone = RemoveSa(self.interface, self.remote, child.inbound_spi, child.outbound_spi)
        self.context.desk.put(gone)
        if not self.children:
            self.up_since = None
            self._down(reason)
            self._log("DOWN", child.ike)

    def sa_gone(self, sa: IkeSa, reason: str, now: Instant) -> None:
        """An IKE SA is gone, its children before it. Tells the router if that was the last hope."""
        self.sas.pop(sa.own_spi, None)
        if sa.initiator and not sa.was_ready and self.wanted:
            self.context.backoff.failed((self.interface, self.remote), now)
        if not sa.was_ready and not self.children and not self.sas and self.wanted:
            self._down(reason)
        self.forget_if_idle()

    def refused(self, reason: str) -> None:
        """A CHILD SA, or any SA at all, could not be had."""
        if not self.children:
            self._down(reason)

    def forget_if_idle(self) -> None:
        """Nobody wants it and nothing stands: out of the table."""
        key = self.interface, self.remote
        if not self.wanted and not self.sas and not self.children and self.context.sessions.get(key) is self:
            del self.context.sessions[key]

    def _down(self, reason: str) -> None:
        self.reason = reason
        self.context.desk.put(SessionDown(self.interface, self.local, self.remote, reason))

    def _log(self, what: str, sa: IkeSa) -> None:
        if self.context.settings.logging_session:
            text = f"Crypto tunnel v2 is {what}.  Peer {sa.remote}:{sa.remote_port}       Id: {sa.remote_identity}"
            self.context.desk.report("CRYPTO", 5, "IKEV2_SESSION_STATUS", text)
