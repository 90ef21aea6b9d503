"""A DHCP client of one Ethernet interface (RFC 2131 section 4.4).

`discover` is repeated after 4, 8, 16, 32, 64 seconds with a second of chance either way, and then every 64; the first
offer is taken. A request that is not answered is repeated four times before it begins anew. At T1 the server that gave
the lease is asked by unicast, at T2 every server by broadcast, each time at half of what is left and not under a
minute; at the end of the lease the address is gone. A link that comes up again asks for the old address first
(INIT-REBOOT). Replies are wanted by broadcast, for the interface has no address to receive others.

Not here: probing an address before it is used (RFC 5227), FORCERENEW, INFORM, a choice among offers.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import Final, NamedTuple

from iosh.base.addr import BROADCAST, IPv4, length_of
from iosh.base.errors import Malformed
from iosh.base.time import SECOND, Instant, Span
from iosh.proto.dhcp.effects import Lease, Leased, LeaseLost, SendOnLink
from iosh.proto.machine import Desk, Path, SendDatagram
from iosh.wire import dhcp
from iosh.wire.dhcp import Dhcp

TOPIC: Final = "dhcp detail"
_RETRY: Final = "retry"
_TIMER: Final = "lease"
_FIRST_WAIT: Final = 4 * SECOND
_LONGEST_WAIT: Final = 64 * SECOND
_REQUESTS: Final = 4
_LEAST_WAIT: Final = 60 * SECOND  # between requests of a renewal
_WANTED: Final = bytes(
    (dhcp.SUBNET_MASK, dhcp.DNS_SERVERS, dhcp.DOMAIN_NAME, dhcp.ROUTERS, dhcp.LEASE_TIME,
     dhcp.RENEWAL_TIME, dhcp.REBINDING_TIME)
)  # fmt: skip
_SIZE: Final = 1152
_ANY: Final = IPv4(0)


class State(Enum):
    """RFC 2131's states, with the numbers and names `show dhcp lease` gives them."""

    INIT = (1, "Init")
    SELECTING = (3, "Selecting")
    REQUESTING = (4, "Requesting")
    BOUND = (5, "Bound")
    RENEWING = (6, "Renewing")
    REBINDING = (7, "Rebinding")
    REBOOTING = (8, "Rebooting")
    RELEASED = (10, "Released")


class DhcpClientSettings(NamedTuple):
    """`ip address dhcp …` of one interface. `lease_s` is what to ask for, None to leave it to the server."""

    interface: str
    mac: bytes
    client_id: bytes
    hostname: str
    lease_s: int | None = None
    class_id: bytes = b""
    wants_router: bool = True


class DhcpClient:
    """The machine of one interface."""

    def __init__(self, settings: DhcpClientSettings, desk: Desk, now: Instant) -> None:
        self.settings = settings
        self.state = State.INIT
        self.lease: Lease | None = None
        self.xid = 0
        self.tries = 0
        self._desk = desk
        self._up = False
        self._began: Instant = now
        self._offer: Dhcp | None = None

    # --- what happened -----------------------------------------------------------------------------------------------

    def link_changed(self, up: bool, now: Instant) -> None:
        """The line protocol came or went. A lease outlives its link, until it ends."""
        if up == self._up:
            return
        self._up = up
        if not up:
            self._desk.no_ring(_RETRY)
        elif self.state is not State.RELEASED:
            self._begin(State.REBOOTING if self.lease is not None else State.SELECTING, now)

    def receive(self, data: bytes, path: Path, now: Instant) -> None:
        """A datagram came to port 68 by this interface."""
        try:
            message = Dhcp.decode(data)
        except Malformed:
            self._desk.counters["malformed"] += 1
            return
        if message.op != dhcp.REPLY_OP or message.xid != self.xid or message.mac != self.settings.mac or not self._up:
            self._desk.counters["not_ours"] += 1
            return
        server = message.address(dhcp.SERVER_ID) or path.remote
        self._desk.debug(TOPIC, f"DHCP: Received a {dhcp.NAMES[message.type]} from {server} by {path.interface}")
        match message.type:
            case dhcp.OFFER if self.state is State.SELECTING:
                self._offered(message, now)
            case dhcp.ACK if self.state not in (State.INIT, State.SELECTING, State.BOUND, State.RELEASED):
                self._acknowledged(message, server, now)
            case dhcp.NAK if self.state not in (State.INIT, State.SELECTING, State.BOUND, State.RELEASED):
                self._desk.counters["refused"] += 1
                self._give_up(now)
            case _:
                self._desk.counters["unexpected"] += 1

    def wake(self, name: Hashable, now: Instant) -> None:
        """A deadline came."""
        if name == _TIMER:
            self._lease_time(now)
        elif self.state is State.SELECTING:
            self._discover(now)
        elif self.state in (State.REQUESTING, State.REBOOTING):
            if self.tries < _REQUESTS:
                self._request(now)
            elif self.state is State.REBOOTING:
                self._bound()  # nobody answers: the lease is still good
            else:
                self._begin(State.SELECTING, now)
        elif self.state in (State.RENEWING, State.REBINDING):
            self._request(now)

    def settle(self, settings: DhcpClientSettings, now: Instant) -> bool:
        """Another name is told when the lease is renewed; another identity begins anew."""
        if (settings.mac, settings.client_id) != (self.settings.mac, self.settings.client_id):
            return False
        self.settings = settings
        return True

    def stop(self, now: Instant) -> None:
        """No longer wanted: give the address back."""
        self._give_back(now)
        self._quiet()

    # --- what the operator asks for ----------------------------------------------------------------------------------

    def renew(self, now: Instant) -> None:
        """`renew dhcp`: ask the server now, or begin if there is no lease."""
        if self.lease is not None:
            self.state = State.RENEWING
            self.tries = 0
            self._new_transaction(now)
            self._request(now)
        elif self._up:
            self._begin(State.SELECTING, now)

    def release(self, now: Instant) -> None:
        """`release dhcp`: give the address back, and ask for none until `renew`."""
        self._give_back(now)
        self._quiet()
        self.state = State.RELEASED

    def next_timer(self) -> Instant | None:
        """When something is next done, or None."""
        rings = (self._desk.rings_at(_RETRY), self._desk.rings_at(_TIMER))
        return min((at for at in rings if at is not None), default=None)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _begin(self, state: State, now: Instant) -> None:
        self.state = state
        self.tries = 0
        self._offer = None
        self._new_transaction(now)
        if state is State.SELECTING:
            self._discover(now)
        else:
            self._request(now)

    def _new_transaction(self, now: Instant) -> None:
        self.xid = self._desk.rng.below(1 << 32)
        self._began = now

    def _discover(self, now: Instant) -> None:
        options = {}
        if self.settings.lease_s is not None:
            options[dhcp.LEASE_TIME] = self.settings.lease_s.to_bytes(4, "big")
        self._send(dhcp.DISCOVER, options, now)
        self._wait(now)

    def _wait(self, now: Instant) -> None:
        """The next repetition: 4, 8, 16 … 64 seconds, a second more or less."""
        wait = min(_FIRST_WAIT << self.tries, _LONGEST_WAIT)
        self.tries = min(self.tries + 1, 16)
        self._desk.ring_at(_RETRY, now + wait - SECOND + self._desk.rng.below(2 * SECOND))

    def _offered(self, offer: Dhcp, now: Instant) -> None:
        if offer.address(dhcp.SERVER_ID) is None or not _usable(offer.yours) or _length(offer) is None:
            self._desk.counters["offer_unusable"] += 1
            return
        self._offer = offer
        self.state = State.REQUESTING
        self.tries = 0
        self._request(now)

    def _request(self, now: Instant) -> None:
        """Ask for the address: of the one server chosen, of the one that gave it, or of any (RFC 2131 table 4)."""
        options = {}
        offer, lease = self._offer, self.lease
        if self.state is State.REQUESTING and offer is not None:
            options[dhcp.REQUESTED_ADDRESS] = offer.yours.packed
            options[dhcp.SERVER_ID] = offer.options[dhcp.SERVER_ID]
        elif self.state is State.REBOOTING and lease is not None:
            options[dhcp.REQUESTED_ADDRESS] = lease.address.packed
        if self.settings.lease_s is not None:
            options[dhcp.LEASE_TIME] = self.settings.lease_s.to_bytes(4, "big")
        self._send(dhcp.REQUEST, options, now)
        if self.state in (State.REQUESTING, State.REBOOTING):
            self._wait(now)
            return
        self.tries += 1
        end = lease.rebind_at if lease is not None and self.state is State.RENEWING else lease and lease.expire_at
        left: Span = (end or now) - now
        self._desk.ring_at(_RETRY, now + max(left // 2, _LEAST_WAIT))

    def _send(self, kind: int, options: dict[int, bytes], now: Instant) -> None:
        settings, lease = self.settings, self.lease
        inside = lease is not None and self.state in (State.RENEWING, State.REBINDING)
        own = lease.address if lease is not None and (inside or kind == dhcp.RELEASE) else _ANY
        written = {dhcp.MESSAGE_TYPE: bytes((kind,)), dhcp.CLIENT_ID: settings.client_id}
        if kind != dhcp.RELEASE:
            wanted = _WANTED if settings.wants_router else bytes(code for code in _WANTED if code != dhcp.ROUTERS)
            written |= {dhcp.MAXIMUM_SIZE: _SIZE.to_bytes(2, "big"), dhcp.PARAMETERS: wanted}
            if settings.class_id:
                written[dhcp.CLASS_ID] = settings.class_id
            if settings.hostname:
                written[dhcp.HOST_NAME] = settings.hostname.encode()
        secs = min((now - self._began) // SECOND, 0xFFFF)
        message = Dhcp(
            dhcp.REQUEST_OP, self.xid, settings.mac, written | options, secs, broadcast=not own, client=own
        ).encode()
        self._desk.counters[f"{dhcp.NAMES[kind].lower()}_sent"] += 1
        self._desk.debug(TOPIC, f"DHCP: Sending a {dhcp.NAMES[kind]} by {settings.interface}, xid {self.xid:X}")
        if lease is not None and (kind == dhcp.RELEASE or self.state is State.RENEWING):
            datagram = SendDatagram(own, lease.server, dhcp.CLIENT_PORT, dhcp.SERVER_PORT, message)
            self._desk.put(datagram)
        else:
            everybody = SendOnLink(
                settings.interface, own, BROADCAST, dhcp.CLIENT_PORT, dhcp.SERVER_PORT, message
            )  # fmt: skip
            self._desk.put(everybody)

    def _acknowledged(self, ack: Dhcp, server: IPv4, now: Instant) -> None:
        length, lease_s = _length(ack), ack.number(dhcp.LEASE_TIME)
        if length is None or not lease_s or not _usable(ack.yours):
            self._desk.counters["ack_unusable"] += 1
            return
        renewal_s = ack.number(dhcp.RENEWAL_TIME) or lease_s // 2
        rebinding_s = ack.number(dhcp.REBINDING_TIME) or lease_s * 7 // 8
        if not renewal_s < rebinding_s < lease_s:
            renewal_s, rebinding_s = lease_s // 2, lease_s * 7 // 8
        endless = lease_s == dhcp.INFINITE
        before = self.lease
        self.lease = Lease(
            ack.yours, length, server,
            ack.addresses(dhcp.ROUTERS) if self.settings.wants_router else (), ack.addresses(dhcp.DNS_SERVERS),
            ack.text(dhcp.DOMAIN_NAME), lease_s, renewal_s, rebinding_s,
            None if endless else now + renewal_s * SECOND,
            None if endless else now + rebinding_s * SECOND,
            None if endless else now + lease_s * SECOND,
        )  # fmt: skip
        if before is not None and (before.address, before.length) != (ack.yours, length):
            self._desk.put(LeaseLost(self.settings.interface))
        self._desk.put(Leased(self.settings.interface, self.lease))
        self._bound()

    def _bound(self) -> None:
        self.state = State.BOUND
        self.tries = 0
        self._offer = None
        self._desk.no_ring(_RETRY)
        assert self.lease is not None
        if self.lease.renew_at is not None:
            self._desk.ring_at(_TIMER, self.lease.renew_at)

    def _lease_time(self, now: Instant) -> None:
        """T1, T2 or the end."""
        lease = self.lease
        assert lease is not None and lease.expire_at is not None and lease.rebind_at is not None
        if now >= lease.expire_at:
            self._give_up(now)
        elif now >= lease.rebind_at:
            self._ask_again(State.REBINDING, lease.expire_at, now)
        else:
            self._ask_again(State.RENEWING, lease.rebind_at, now)

    def _ask_again(self, state: State, until: Instant, now: Instant) -> None:
        self._desk.ring_at(_TIMER, until)
        self.state = state
        self.tries = 0
        self._new_transaction(now)
        if self._up:
            self._request(now)

    def _give_up(self, now: Instant) -> None:
        """The address is no longer ours: begin anew."""
        if self.lease is not None:
            self.lease = None
            self._desk.put(LeaseLost(self.settings.interface))
        self._quiet()
        refused_at_once = self.state is State.REQUESTING
        if not self._up:
            self.state = State.INIT
        elif refused_at_once:  # a server that offers what it then refuses must not keep us busy
            self.state = State.SELECTING
            self.tries = 0
            self._wait(now)
        else:
            self._begin(State.SELECTING, now)

    def _give_back(self, now: Instant) -> None:
        if self.lease is None:
            return
        if self._up:
            self.xid = self._desk.rng.below(1 << 32)
            server = self.lease.server.packed
            self._send(dhcp.RELEASE, {dhcp.SERVER_ID: server}, now)
        self.lease = None
        self._desk.put(LeaseLost(self.settings.interface))

    def _quiet(self) -> None:
        self._desk.no_ring(_RETRY)
        self._desk.no_ring(_TIMER)


def _length(message: Dhcp) -> int | None:
    """The length of the network's prefix, from option 1; None where that is missing or no mask."""
    mask = message.address(dhcp.SUBNET_MASK)
    try:
        return length_of(mask) if mask else None
    except ValueError:
        return None


def _usable(address: IPv4) -> bool:
    """Can a host have this address?"""
    return 0 < address >> 24 < 224 and address >> 24 != 127
