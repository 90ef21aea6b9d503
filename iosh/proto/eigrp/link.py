"""One interface: hellos, and the reliable transport over it.

A packet that all neighbours here are to get leaves once, to the group. Whoever still has an earlier one to acknowledge
gets it later by itself: a hello before it names those (the sequence TLV), and the packet is for the others only
(conditional receive). Retransmissions are for one neighbour each. One packet at a time is on its way to each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from iosh.base.addr import IPv4, Prefix
from iosh.base.interface_name import short
from iosh.base.time import SECOND, Instant
from iosh.proto.eigrp import digest
from iosh.proto.eigrp.advert import Advert, written
from iosh.proto.eigrp.describe import kind, lines
from iosh.proto.eigrp.effects import SendEigrp
from iosh.proto.eigrp.peer import RETRIES, Item, Peer
from iosh.proto.eigrp.settings import EigrpSettings, LinkSettings
from iosh.proto.machine import Desk
from iosh.wire import eigrp
from iosh.wire.eigrp import Eigrp, Flag, Opcode

SOFTWARE: Final = (25, 0)
CLASSIC_TLVS: Final = (1, 2)
WIDE_TLVS: Final = (2, 0)
HELLO: Final = "hello"
RETRANSMIT: Final = "retransmit"
_IP_HEADER: Final = 20
_NAMED_AT_ONCE: Final = 200  # neighbours a sequence TLV names at most
_JITTER: Final = 20  # of a hello interval: a twentieth


class Link:
    """An interface that EIGRP runs on. `told` is what neighbours here know of us, `changed` what they do not yet."""

    def __init__(
        self, settings: LinkSettings, process: EigrpSettings, desk: Desk, next_sequence: Callable[[], int]
    ) -> None:
        self.settings = settings
        self.process = process
        self.peers: dict[IPv4, Peer] = {}
        self.up: dict[IPv4, Peer] = {}
        self.touched: dict[IPv4, Peer] = {}  # those something is to be said to
        self.told: dict[Prefix, Advert] = {}
        self.changed: dict[Prefix, Advert] = {}
        self.counters: Counter[str] = Counter()
        self._desk = desk
        self._next_sequence = next_sequence

    @property
    def interface(self) -> str:
        return self.settings.interface

    def came_up(self, peer: Peer) -> None:
        """A neighbour that gets our routes from now on."""
        peer.up = True
        self.up[peer.address] = peer

    def owes_ack(self, peer: Peer) -> None:
        """It is to hear that we have its packet, by the next of ours or by an acknowledgment alone."""
        peer.owes_ack = True
        self.touched[peer.address] = peer

    def is_wide(self, peer: Peer) -> bool:
        """Which form of routes this neighbour gets."""
        return self.process.wide and peer.is_wide

    # --- hellos

    def hello_due(self, now: Instant) -> None:
        """Time to say hello, to everybody or to the neighbours that are named."""
        if self.settings.passive:
            return
        for address in self.settings.neighbors or (eigrp.GROUP,):
            self.hello(address, now)
        span = self.settings.hello_s * SECOND
        self._desk.ring_at((HELLO, self.interface), now + span - self._desk.rng.below(span // _JITTER))

    def hello(self, destination: IPv4, now: Instant, more: tuple[eigrp.General, ...] = ()) -> None:
        """A hello; `more` TLVs come last, and it is out of turn for them."""
        process = self.process
        self.counters["hellos"] += 1
        self.counters["expedited hellos"] += bool(more)
        tlvs: list[eigrp.General] = [
            eigrp.Parameter(process.k, self.settings.hold_s),
            eigrp.SoftwareVersion(SOFTWARE, WIDE_TLVS if process.wide else CLASSIC_TLVS),
        ]
        if process.stub is not None:
            tlvs.append(eigrp.StubInfo(process.stub))
        self._send(Eigrp(Opcode.HELLO, process.autonomous_system), destination, (*tlvs, *more), now)

    def goodbye(self, now: Instant) -> None:
        """Farewell to everybody here."""
        if self.settings.passive:
            return
        head = Eigrp(Opcode.HELLO, self.process.autonomous_system)
        parameter = eigrp.Parameter(eigrp.GOODBYE, self.settings.hold_s)
        for address in self.settings.neighbors or (eigrp.GROUP,):
            self._send(head, address, (parameter, eigrp.SoftwareVersion(SOFTWARE, CLASSIC_TLVS)), now)

    def terminate(self, address: IPv4, now: Instant) -> None:
        """Tell one neighbour that it is none any more."""
        self.hello(address, now, (eigrp.PeerTermination((address,)),))

    # --- the reliable transport: sending

    def begin(self, peer: Peer, now: Instant) -> None:
        """A new neighbour: the first update, with nothing in it."""
        self._queue(peer, Opcode.UPDATE, Flag.INIT, b"")
        self._transmit(peer, now)

    def post(self, opcode: int, adverts: Mapping[Prefix, Advert], peers: list[Peer], last: int, now: Instant) -> None:
        """Routes to these neighbours, in as many packets as it takes, the last of them with the flags `last`."""
        for wide in (False, True):
            group = [peer for peer in peers if self.is_wide(peer) is wide]
            if not group:
                continue
            together = len(group) == len(self.up) > 1 and not self.settings.neighbors
            bodies = list(self._bodies(adverts, wide))
            self.counters["packetized"] += len(bodies)
            for number, body in enumerate(bodies, 1):
                flags = last if number == len(bodies) else 0
                if together:
                    self._multicast(opcode, flags, body, group, now)
                else:
                    for peer in group:
                        self._queue(peer, opcode, flags, body)
                        if len(peer.queue) == 1:
                            self._transmit(peer, now)

    def flush(self, now: Instant) -> None:
        """What is to be said goes into packets; then what is still to be acknowledged is."""
        if self.changed:
            changed, self.changed = self.changed, {}
            if self.up:
                self.post(Opcode.UPDATE, changed, list(self.up.values()), 0, now)
        if not self.touched:
            return
        touched, self.touched = list(self.touched.values()), {}
        self._flush_queries([peer for peer in touched if peer.queries], now)
        for peer in touched:
            for opcode, waiting in (
                (Opcode.SIA_QUERY, peer.sia_queries),
                (Opcode.REPLY, peer.replies),
                (Opcode.SIA_REPLY, peer.sia_replies),
            ):
                if waiting:
                    adverts = dict(waiting)
                    waiting.clear()
                    self.post(opcode, adverts, [peer], 0, now)
            if peer.owes_ack:
                self._acknowledge(peer, now)

    def _flush_queries(self, asked: list[Peer], now: Instant) -> None:
        if len(asked) == len(self.up) > 1 and all(peer.queries == asked[0].queries for peer in asked):
            queries = dict(asked[0].queries)
            for peer in asked:
                peer.queries.clear()
            self.post(Opcode.QUERY, queries, asked, 0, now)
        for peer in asked:
            if peer.queries:
                queries = dict(peer.queries)
                peer.queries.clear()
                self.post(Opcode.QUERY, queries, [peer], 0, now)

    def _bodies(self, adverts: Mapping[Prefix, Advert], wide: bool) -> Iterator[bytes]:
        """Route TLVs, as many as fit together; at least one body, be it empty."""
        room = self.settings.mtu - _IP_HEADER - eigrp.HEADER_SIZE
        if self.settings.authentication is not None:
            room -= digest.TLV_SIZE
        parts: list[bytes] = []
        size = 0
        for prefix, told in adverts.items():
            tlv = written(prefix, told, wide)
            if parts and size + len(tlv) > room:
                yield b"".join(parts)
                parts, size = [], 0
            parts.append(tlv)
            size += len(tlv)
        yield b"".join(parts)

    def _queue(self, peer: Peer, opcode: int, flags: int, body: bytes) -> Item:
        item = Item(self._next_sequence(), opcode, flags, body)
        peer.queue.append(item)
        return item

    def _multicast(self, opcode: int, flags: int, body: bytes, peers: list[Peer], now: Instant) -> None:
        item = Item(self._next_sequence(), opcode, flags, body)
        busy = [peer for peer in peers if peer.queue]
        idle = [peer for peer in peers if not peer.queue]
        for peer in peers:
            peer.queue.append(item)
        if len(busy) > _NAMED_AT_ONCE:
            for peer in idle:
                self._transmit(peer, now)
            return
        if not idle:
            return
        if busy:
            named = eigrp.Sequence(tuple(peer.address for peer in busy))
            self.hello(eigrp.GROUP, now, (named, eigrp.MulticastSequence(item.sequence)))
            flags |= Flag.CONDITIONAL_RECEIVE
            self.counters["conditional"] += 1
        head = Eigrp(opcode, self.process.autonomous_system, flags, item.sequence)
        self._send_body(head, eigrp.GROUP, body, now)
        self.counters["reliable multicasts"] += 1
        for peer in idle:
            self._sent(peer, now)

    def _transmit(self, peer: Peer, now: Instant) -> None:
        """The first of the queue, to this neighbour alone."""
        item = peer.queue[0]
        head = Eigrp(item.opcode, self.process.autonomous_system, item.flags, item.sequence, peer.received)
        peer.owes_ack = False
        self._send_body(head, peer.address, item.body, now)
        self.counters["reliable unicasts"] += 1
        self._sent(peer, now)

    def _sent(self, peer: Peer, now: Instant) -> None:
        if not peer.retries:
            peer.sent_at = now
        self._desk.ring_at((RETRANSMIT, self.interface, peer.address), now + peer.backed_off())

    def retransmit_due(self, peer: Peer, now: Instant) -> bool:
        """No acknowledgment: once more; False: that was the last time."""
        if peer.retries >= RETRIES:
            return False
        peer.retries += 1
        peer.retransmitted += 1
        self.counters["retransmissions"] += 1
        self._transmit(peer, now)
        return True

    def acknowledged(self, peer: Peer, number: int, now: Instant) -> None:
        """A neighbour has this packet: measure, and send it the next."""
        if not peer.queue or peer.queue[0].sequence != number:
            return
        peer.queue.popleft()
        if not peer.retries:
            peer.measured(now - peer.sent_at)
        peer.retries = 0
        self._desk.no_ring((RETRANSMIT, self.interface, peer.address))
        if peer.queue:
            self._transmit(peer, now)

    def forget(self, peer: Peer) -> None:
        """A neighbour is gone."""
        for table in (self.peers, self.up, self.touched):
            table.pop(peer.address, None)
        self._desk.no_ring((RETRANSMIT, self.interface, peer.address))

    # --- the reliable transport: receiving

    def takes(self, peer: Peer, read: Eigrp) -> bool:
        """Is this reliable packet new, and for us? One that we have already is acknowledged once more."""
        if read.flags & Flag.CONDITIONAL_RECEIVE:
            if peer.conditional != read.sequence:
                self.counters["not for us"] += 1
                return False
            peer.conditional = None
        self.owes_ack(peer)
        if not 0 < (read.sequence - peer.received) & 0xFFFFFFFF < 0x80000000:
            self.counters["out of sequence"] += 1
            return False
        peer.received = read.sequence
        return True

    def _acknowledge(self, peer: Peer, now: Instant) -> None:
        peer.owes_ack = False
        self.counters["acknowledgments"] += 1
        head = Eigrp(Opcode.HELLO, self.process.autonomous_system, acknowledgment=peer.received)
        self._send(head, peer.address, (), now)

    # --- packets

    def _send(self, head: Eigrp, destination: IPv4, tlvs: tuple[eigrp.General, ...], now: Instant) -> None:
        self._send_body(head, destination, b"".join(tlv.encode() for tlv in tlvs), now)

    def _send_body(self, head: Eigrp, destination: IPv4, body: bytes, now: Instant) -> None:
        data = digest.signed(head, body, self.settings.authentication, self.settings.address)
        self._desk.counters[f"sent {kind(head)}"] += 1
        if self._desk.debugging("eigrp packets"):
            peer = destination if destination != eigrp.GROUP else None
            for line in lines("Sending", short(self.interface), peer, head, len(data)):
                self._desk.debug("eigrp packets", line)
        self._desk.put(SendEigrp(self.interface, self.settings.address, destination, data))
