"""One IKE SA: its keys, its two message counters, what is under way on it and what hangs from it.

Requests of ours go one at a time (window of 1, RFC 7296 section 2.3), are repeated with growing waits and given up;
answers of ours are kept and repeated to whoever repeats the request bit by bit. What requests and answers mean is the
business of the exchanges.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import SECOND, Instant
from iosh.proto.ike import trace
from iosh.proto.ike.context import Context
from iosh.proto.ike.exchange import Exchange, Received
from iosh.proto.ike.fragment import Assembly, seal_message
from iosh.proto.ike.keys import IkeKeys, SaKeys
from iosh.proto.ike.natt import Nat
from iosh.proto.ike.report import aborted
from iosh.proto.ike.settings import Gate, Identity, IkeProfile
from iosh.proto.ike.suite import IkeSuite, Seal, make_seal
from iosh.proto.machine import SendDatagram
from iosh.wire.ikev2 import (
    IKE_SA_INIT,
    Encrypted,
    Fragment,
    Message,
    Payload,
    decode_payloads,
    encode_payloads,
    payload_type,
)
from iosh.wire.isakmp import (
    FLAG_INITIATOR,
    FLAG_RESPONSE,
    NAT_PORT,
    NON_ESP_MARKER,
    VERSION_2,
    Header,
)

if TYPE_CHECKING:
    from iosh.proto.ike.child import ChildSa
    from iosh.proto.ike.session import Session

CHILDLESS: Final = 120 * SECOND  # how long an IKE SA without any CHILD SA is kept for another try
LINGER: Final = 30 * SECOND  # how long a dead SA still repeats its last answer


class State(Enum):
    """Where an IKE SA is in its life."""

    INIT = "INIT"  # IKE_SA_INIT is under way
    AUTH = "AUTH"  # keys are there, the peer is not proven
    READY = "READY"
    REKEYED = "REKEYED"  # another one has taken its place; waits to be deleted
    DELETING = "DELETING"  # we asked the peer to delete it
    GONE = "GONE"  # only here to repeat its last answer


class IkeSa:
    """An IKE SA, from the first message to the last repeated answer."""

    def __init__(
        self,
        context: Context,
        initiator: bool,
        local: tuple[IPv4, int],
        remote: tuple[IPv4, int],
        peer_spi: int,
        now: Instant,
        own_spi: int | None = None,
    ) -> None:
        self.context = context
        self.number = context.take_number()
        self.session_id = 0
        self.initiator = initiator  # did we begin it?
        self.local, self.local_port = local
        self.remote, self.remote_port = remote
        self.own_spi = own_spi if own_spi is not None else context.ike_spi()
        self.peer_spi = peer_spi
        self.state = State.INIT
        self.created = now
        self.ready_at: Instant | None = None
        self.last_heard = now
        self.hard_at: Instant | None = None

        self.session: Session | None = None
        self.gate: Gate | None = None
        self.profile: IkeProfile | None = None
        self.local_identity: Identity | None = None
        self.remote_identity: Identity | None = None
        self.children: dict[int, ChildSa] = {}  # by inbound SPI

        self.suite: IkeSuite | None = None
        self.keys: SaKeys | None = None
        self.ni = self.nr = b""
        self.first_sent = self.first_received = b""  # the two IKE_SA_INIT messages, as AUTH covers them
        self.nat = Nat()
        self.can_fragment = False
        self._seal_out: Seal | None = None
        self._seal_in: Seal | None = None
        self._assembly = {False: Assembly(), True: Assembly()}  # requests, answers

        self.rival: tuple[IkeSa, bytes] | None = None  # the peer's replacement while ours is under way, lowest nonce
        self.current: Exchange | None = None
        self.queue: deque[Exchange] = deque()
        self._next_id = 0
        self._sent: list[bytes] = []
        self._attempt = 0
        self._awaiting = False

        self._expected_id = 0
        self._answering: tuple[int, int, bytes] | None = None  # exchange type, message id, request as it came
        self._answered: tuple[int, bytes, list[bytes]] | None = None  # message id, request, our answer

    # --- what it is ----------------------------------------------------------------------------------------------

    @property
    def spi_i(self) -> int:
        """The SPI of whoever began."""
        return self.own_spi if self.initiator else self.peer_spi

    @property
    def spi_r(self) -> int:
        """The SPI of whoever answered."""
        return self.peer_spi if self.initiator else self.own_spi

    @property
    def is_ready(self) -> bool:
        return self.state is State.READY

    @property
    def was_ready(self) -> bool:
        """Was the peer ever proven?"""
        return self.ready_at is not None

    def set_keys(self, suite: IkeSuite, keys: SaKeys) -> None:
        """From here on messages are encrypted."""
        self.suite, self.keys = suite, keys
        ours = make_seal(suite, keys.ei, keys.ai), make_seal(suite, keys.er, keys.ar)
        self._seal_out, self._seal_in = ours if self.initiator else ours[::-1]
        told = self.wireshark_keys
        if told is not None and self.context.witness is not None:
            self.context.witness(told)

    @property
    def message_ids(self) -> tuple[int, int]:
        """The ids of our next request and of the peer's."""
        return self._next_id, self._expected_id

    @property
    def wireshark_keys(self) -> IkeKeys | None:
        """What it takes to read this SA's messages."""
        if self.suite is None or self.keys is None:
            return None
        keys, suite = self.keys, self.suite
        return IkeKeys(self.spi_i, self.spi_r, *suite.cipher, suite.integrity, keys.ei, keys.er, keys.ai, keys.ar)

    # --- requests of ours ----------------------------------------------------------------------------------------

    def start(self, exchange: Exchange, now: Instant) -> None:
        """Do this exchange when those before it are through."""
        self.queue.append(exchange)
        self._go_on(now)

    def send_request(self, payloads: tuple[Payload, ...], now: Instant) -> None:
        """The current exchange's request is built."""
        assert self.current is not None
        self._sent = self._pack(self.current.type, self._next_id, False, payloads)
        if self.current.type == IKE_SA_INIT:
            self.first_sent = self._sent[0]
        self._attempt = 0
        self._awaiting = True
        self._transmit(self._sent)
        self._wait(now)

    def repeat(self, now: Instant) -> None:
        """No answer in time: once more, or never again."""
        if self.current is None or not self._awaiting:
            return
        self._attempt += 1
        if self._attempt >= len(self.current.waits_s):
            self.context.desk.counters["retransmissions given up"] += 1
            if self.was_ready:
                self.context.trace_error(self, self.current.silence)
                self.die(self.current.silence, now)
            else:
                aborted(self, self.current.silence, now)
            return
        self.context.trace(self, f"Retransmitting packet, attempt {self._attempt}")
        self.context.desk.counters["retransmissions"] += 1
        self._transmit(self._sent)
        self._wait(now)

    def expects(self, message_id: int, exchange: int) -> bool:
        """Is this the answer we wait for?"""
        return (
            self.current is not None
            and self._awaiting
            and message_id == self._next_id
            and exchange == self.current.type
        )

    def answer_came(self, message: Received, now: Instant) -> None:
        """The answer to the current request, authentic and well formed."""
        assert self.current is not None
        self._awaiting = False
        self.context.desk.no_ring(("repeat", self.own_spi))
        if self.current.process(message, now):
            self.done(now)

    def done(self, now: Instant) -> None:
        """The current exchange is through."""
        self.current = None
        self._next_id += 1
        self._go_on(now)

    def skip(self, now: Instant) -> None:
        """The current exchange found nothing left to ask for."""
        self.current = None
        self._go_on(now)

    def _go_on(self, now: Instant) -> None:
        if self.current is None and self.queue and self.state is not State.GONE:
            self.current = self.queue.popleft()
            self.current.begin(now)

    def _wait(self, now: Instant) -> None:
        assert self.current is not None
        wait = self.current.waits_s[self._attempt]
        self.context.desk.ring_at(("repeat", self.own_spi), now + wait * SECOND)

    # --- requests of the peer's ----------------------------------------------------------------------------------

    def is_repeated(self, message_id: int, raw: bytes) -> bool:
        """Did we answer this already? Then the answer goes out again, if the request is the same bit by bit."""
        if self._answered is None or message_id != self._answered[0]:
            return False
        if raw == self._answered[1]:
            self.context.desk.counters["answers repeated"] += 1
            self._transmit(self._answered[2])
        return True

    def asks(self, message: Received) -> bool:
        """Take up a request, if its turn has come and it is not being answered already."""
        header = message.header
        if header.message_id != self._expected_id or self._answering is not None:
            return False
        self._answering = header.exchange, header.message_id, message.raw
        return True

    def respond(self, payloads: tuple[Payload, ...]) -> None:
        """Answer the request taken up last."""
        assert self._answering is not None
        exchange, message_id, raw = self._answering
        self._answering = None
        sent = self._pack(exchange, message_id, True, payloads)
        if exchange == IKE_SA_INIT:
            self.first_sent = sent[0]
        self._answered = message_id, raw, sent
        self._expected_id = message_id + 1
        self._transmit(sent)

    # --- bytes ---------------------------------------------------------------------------------------------------

    def open(self, message: Message, raw: bytes) -> Received | None:
        """Decrypt and decode a message; None while pieces are missing. Raises `NotAuthentic` and `Malformed`."""
        last = message.payloads[-1] if message.payloads else None
        if self._seal_in is None or not isinstance(last, Encrypted | Fragment):
            return None
        at = len(raw) - len(last.data)
        if isinstance(last, Encrypted):
            plain = self._seal_in.open(raw[:at], last.data)
            return Received(message.header, message.payloads[:-1] + decode_payloads(last.inner, plain), raw)
        return self._collect(message.header, last, raw, at)

    def _collect(self, header: Header, piece: Fragment, raw: bytes, at: int) -> Received | None:
        assembly = self._assembly[header.is_response]
        if self._seal_in is None or not self.can_fragment or assembly.has(header.message_id, piece):
            return None
        whole = assembly.add(header.message_id, piece, self._seal_in.open(raw[:at], piece.data))
        return None if whole is None else Received(header, decode_payloads(*whole), raw)

    def _pack(self, exchange: int, message_id: int, response: bool, payloads: tuple[Payload, ...]) -> list[bytes]:
        flags = (FLAG_INITIATOR if self.initiator else 0) | (FLAG_RESPONSE if response else 0)
        header = Header(self.spi_i, self.spi_r, 0, VERSION_2, exchange, flags, message_id, 0)
        trace.sending(self, header, payloads)
        if exchange == IKE_SA_INIT or self._seal_out is None:
            return [Message(header, payloads).encode()]
        inner = payload_type(payloads[0]) if payloads else 0
        mtu = self.context.settings.fragmentation_mtu if self.can_fragment else None
        return seal_message(header, inner, encode_payloads(payloads), self._seal_out, mtu, self.context.desk.rng)

    def _transmit(self, datagrams: list[bytes]) -> None:
        marker = NON_ESP_MARKER if self.local_port == NAT_PORT else b""
        for datagram in datagrams:
            self.context.desk.counters["messages sent"] += 1
            self.context.desk.put(
                SendDatagram(self.local, self.remote, self.local_port, self.remote_port, marker + datagram)
            )

    # --- the end -------------------------------------------------------------------------------------------------

    def die(self, reason: str, now: Instant) -> None:
        """Gone on our side, with its children. A peer that repeats its request still gets the same answer."""
        if self.state is State.GONE:
            return
        self.state = State.GONE
        context = self.context
        abandoned = [one for one in (self.current, *self.queue) if one is not None]
        self.current, self._awaiting = None, False
        self.queue.clear()
        for kind in ("repeat", "half-open", "duplicate", "rekey", "expire", "dpd", "keepalive", "childless", "retry"):
            context.desk.no_ring((kind, self.own_spi))
        for child in list(self.children.values()):
            child.remove(reason, now)
        for exchange in abandoned:
            exchange.abandon(reason, now)
        context.half_open.pop((self.remote, self.peer_spi), None)
        context.forget_proven(self)
        if self.session is not None:
            self.session.sa_gone(self, reason, now)
        context.free_number(self.number)
        if self._answered is None:
            self.forget()
        else:
            context.desk.ring_at(("linger", self.own_spi), now + LINGER)

    def hand_over(self, new: IkeSa, now: Instant) -> None:
        """Children and waiting exchanges go over to the IKE SA that replaces this one."""
        for child in list(self.children.values()):
            child.move_to(new)
        waiting = list(self.queue)
        self.queue.clear()
        for exchange in waiting:
            if exchange.moves:
                exchange.sa = new
                new.start(exchange, now)
        for kind in ("rekey", "dpd", "keepalive", "duplicate", "childless"):
            self.context.desk.no_ring((kind, self.own_spi))

    def wait_for_child(self, now: Instant) -> None:
        """An IKE SA without any CHILD SA goes, if it stays so."""
        if not self.children and self.is_ready:
            self.context.desk.ring_at(("childless", self.own_spi), now + CHILDLESS)

    def forget(self) -> None:
        """Out of the table: nothing will be repeated any more."""
        self.context.sas.pop(self.own_spi, None)
