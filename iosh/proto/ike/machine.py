"""IKE of one router: the door where datagrams, wishes and deadlines come in.

IKEv2 with pre-shared keys (RFC 7296) for GRE tunnels: IKE_SA_INIT with cookies and group retries, IKE_AUTH,
CREATE_CHILD_SA (new, rekey, rekey of the IKE SA, collisions), INFORMATIONAL, NAT traversal, fragmentation (RFC 7383),
dead peer detection, initial contact, hints from those who lost their state. Not here: IKEv1, certificates, EAP,
configuration payloads, MOBIKE, AH, IPv6; a peer that offers them is answered as RFC 7296 says.

Messages are read in this order: header, IKE SA, repeated or due, decrypted, kept to the rules, handled. Whatever fails
on the way is counted by name and dropped, or answered where the RFC wants an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed, ProtocolError
from iosh.base.time import SECOND, Instant
from iosh.proto.ike import auth, create_child, dpd, established, informational, init, initiate, rekey_ike, trace
from iosh.proto.ike.child import ChildState
from iosh.proto.ike.context import Context, Traffic
from iosh.proto.ike.create_child import CreateChild
from iosh.proto.ike.exchange import Received
from iosh.proto.ike.informational import Complaint, DeleteChild
from iosh.proto.ike.keys import IkeKeys as IkeKeys
from iosh.proto.ike.payload_rules import check
from iosh.proto.ike.rekey_ike import RekeyIke
from iosh.proto.ike.report import aborted
from iosh.proto.ike.sa import IkeSa, State
from iosh.proto.ike.session import Session
from iosh.proto.ike.settings import IkeSettings
from iosh.proto.ike.suite import NotAuthentic
from iosh.proto.machine import Desk, Path, SendDatagram
from iosh.wire.ikev2 import (
    CREATE_CHILD_SA,
    IKE_AUTH,
    IKE_SA_INIT,
    INFORMATIONAL,
    INVALID_IKE_SPI,
    INVALID_MAJOR_VERSION,
    INVALID_SPI,
    INVALID_SYNTAX,
    PROTOCOL_IKE,
    Message,
    Notify,
    SecurityAssociation,
)
from iosh.wire.isakmp import (
    FLAG_INITIATOR,
    NAT_KEEPALIVE,
    NAT_PORT,
    NON_ESP_MARKER,
    VERSION_2,
    Header,
)
from iosh.wire.reader import Reader

_COMPLAINT_EVERY: Final = 5 * SECOND  # per peer, about SPIs nobody knows
_COMPLAINTS_KEPT: Final = 1024


class Ike:
    """One per router. Effects: SendDatagram, Compute, Report, Debug and those of `effects.py`.

    `traffic(inbound_spi)` tells when a pair of SAs last received and last sent, for DPD and idle times.
    """

    def __init__(self, desk: Desk, settings: IkeSettings, traffic: Traffic = lambda spi: None) -> None:
        self.context = Context(desk, settings, traffic)
        self._complained: dict[tuple[int, IPv4], Instant] = {}  # notify type and peer

    @property
    def desk(self) -> Desk:
        return self.context.desk

    @property
    def settings(self) -> IkeSettings:
        return self.context.settings

    # --- wishes --------------------------------------------------------------------------------------------------

    def wanted(self, interface: str, local: IPv4, remote: IPv4, now: Instant) -> None:
        """The router wants a session with `remote` on this tunnel. Said again, a session that failed is tried again.

        Answered by `SessionUp` (again, if it is up already) or `SessionDown`.
        """
        initiate.wanted(self.context, interface, local, remote, now)

    def unwanted(self, interface: str, local: IPv4, remote: IPv4, now: Instant) -> None:
        """The router no longer needs it: told to the peer and taken down."""
        session = self.context.sessions.get((interface, remote))
        if session is not None:
            session.wanted = False
            self.desk.no_ring(("again", (interface, remote)))
            self._close(session, "No longer needed", now)
            session.forget_if_idle()

    def clear(self, now: Instant, remote: IPv4 | None = None) -> None:
        """`clear crypto ikev2 sa [remote A]`, `clear crypto session [remote A]`: IKE SAs with all their children."""
        self.context.backoff.clear()
        for session in list(self.context.sessions.values()):
            if remote is None or session.remote.plain == remote:
                self._close(session, "Cleared by operator", now)

    def clear_children(self, now: Instant, remote: IPv4 | None = None) -> None:
        """`clear crypto sa [peer A]`: CHILD SAs only."""
        for child in list(self.context.children.values()):
            if remote is None or child.session.remote.plain == remote:
                child.ike.start(DeleteChild(child.ike, child, "Cleared by operator"), now)
                child.remove("Cleared by operator", now)
                child.ike.wait_for_child(now)

    def settle(self, settings: IkeSettings, now: Instant) -> bool:
        """New wishes. Sessions of gates that are gone or differ in address or profile go down; always True."""
        before, self.context.settings = self.context.settings, settings
        if settings != before:
            self.context.backoff.clear()
        for session in list(self.context.sessions.values()):
            old, new = before.gates.get(session.interface), settings.gates.get(session.interface)
            if new is None or new.local != session.local or (old is not None and old.ike_profile != new.ike_profile):
                self._close(session, "Configuration changed", now)
        for sa in self.context.sas.values():
            if sa.gate is not None:
                sa.gate = settings.gates.get(sa.gate.interface, sa.gate)
                sa.profile = settings.profiles.get(sa.gate.ike_profile or "", sa.profile)
                if sa.is_ready and self.desk.rings_at(("dpd", sa.own_spi)) is None:
                    dpd.arm(sa, now)
        return True

    def stop(self, now: Instant) -> None:
        """Delete every SA, telling the peers."""
        for session in list(self.context.sessions.values()):
            session.wanted = False
            self._close(session, "Shut down", now)

    def _close(self, session: Session, reason: str, now: Instant) -> None:
        for sa in list(session.sas.values()):
            established.close(sa, reason, now)

    # --- what is asked of it -------------------------------------------------------------------------------------

    def phase(self, interface: str, nbma: IPv4) -> str:
        """How far the session with `nbma` is, as `show dmvpn` says: `IKE`, `IPSEC` or `UP`."""
        session = self.context.sessions.get((interface, nbma))
        return session.phase if session is not None else "IKE"

    def reason(self, interface: str, nbma: IPv4) -> str:
        """Why the session with `nbma` is down, as far as known: for people."""
        session = self.context.sessions.get((interface, nbma))
        return session.reason if session is not None else ""

    def sas(self) -> list[IkeSa]:
        """IKE SAs that stand or are on the way there, by number."""
        return sorted((sa for sa in self.context.sas.values() if sa.state is not State.GONE), key=lambda sa: sa.number)

    def sessions(self) -> list[Session]:
        """Sessions, oldest first."""
        return list(self.context.sessions.values())

    def export_keys(self) -> list[IkeKeys]:
        """Keys of every IKE SA that stands, for reading captures. Nobody here remembers those of one that is gone."""
        standing = [sa.wireshark_keys for sa in self.context.sas.values() if sa.state is not State.GONE]
        return [keys for keys in standing if keys is not None]

    def witness_keys(self, witness: Callable[[IkeKeys], None]) -> None:
        """From now on `witness` is told the keys of every IKE SA as it gets them."""
        self.context.witness = witness

    # --- facts from outside --------------------------------------------------------------------------------------

    def computed(self, name: Hashable, result: Any, now: Instant) -> None:
        """A `Compute` is done."""
        self.context.computed(name, result, now)

    def sa_expired(self, spi: int, hard: bool, now: Instant) -> None:
        """The pair with this inbound SPI carried as many bytes as it was allowed to (softly or hard)."""
        self.wake(("child-hard" if hard else "child-soft", spi), now)

    def invalid_spi_seen(self, spi: int, local: IPv4, remote: IPv4, now: Instant) -> None:
        """ESP came from `remote` with an SPI nobody here knows: the peer has an SA we lost."""
        if not self._may_complain(INVALID_SPI, remote, now):
            return
        complaint = Notify(INVALID_SPI, spi.to_bytes(4, "big"))
        for sa in self._standing_with(remote):
            sa.start(Complaint(sa, complaint, None), now)
            return
        if self.settings.invalid_spi_recovery and initiate.recover(self.context, local, remote, complaint, now):
            return
        if any(gate.local == local for gate in self.settings.gates.values()):
            header = Header(0, 0, 0, VERSION_2, INFORMATIONAL, FLAG_INITIATOR, 0, 0)
            self.desk.put(SendDatagram(local, remote, 500, 500, Message(header, (complaint,)).encode()))

    def wake(self, name: Hashable, now: Instant) -> None:
        """A deadline of ours came."""
        assert isinstance(name, tuple)
        kind, whose = name
        if kind == "again":
            initiate.again(self.context, whose, now)
        elif kind.startswith("child-"):
            self._wake_child(kind, whose, now)
        elif (sa := self.context.sas.get(whose)) is not None:
            self._wake_sa(kind, sa, now)

    def _wake_sa(self, kind: str, sa: IkeSa, now: Instant) -> None:
        match kind:
            case "repeat":
                sa.repeat(now)
            case "half-open":
                sa.die("The peer never authenticated", now)
            case "linger":
                sa.forget()
            case "duplicate":
                established.settle_duplicates(sa, now)
            case "childless":
                established.still_childless(sa, now)
            case "rekey" if sa.is_ready:
                sa.start(RekeyIke(sa), now)
            case "expire" if sa.state is State.REKEYED:
                sa.die("Rekeyed", now)
            case "expire":
                established.close(sa, "Lifetime expired", now)
            case "dpd":
                dpd.interval_over(sa, now)
            case "keepalive":
                dpd.keepalive(sa, now)

    def _wake_child(self, kind: str, spi: int, now: Instant) -> None:
        child = self.context.children.get(spi)
        if child is None:
            return
        sa = child.ike
        match kind:
            case "child-soft" | "child-retry" if child.state is ChildState.STANDING and sa.is_ready:
                sa.start(CreateChild(sa, child.session, child), now)
            case "child-hard":
                sa.start(DeleteChild(sa, child, "Lifetime expired"), now)
                child.remove("Lifetime expired", now)
                sa.wait_for_child(now)
            case "child-use":
                child.session.use(child)
            case "child-idle":
                dpd.idle_over(child, now)

    # --- datagrams -----------------------------------------------------------------------------------------------

    def receive(self, data: bytes, path: Path, now: Instant) -> None:
        """A UDP payload from port 500, or from 4500 with its non-ESP marker."""
        counters = self.desk.counters
        if path.local_port == NAT_PORT:
            if data == NAT_KEEPALIVE:
                counters["NAT keepalives received"] += 1
                return
            if not data.startswith(NON_ESP_MARKER):
                counters["no non-ESP marker"] += 1
                return
            data = data[len(NON_ESP_MARKER) :]
        counters["messages received"] += 1
        try:
            self._read(data, path, now)
        except Malformed as problem:
            counters["malformed"] += 1
            self.context.trace_error(None, f"{problem} from {path.remote}")
        except NotAuthentic:
            counters["integrity check failed"] += 1
            self.context.trace_error(None, f"Integrity check failed for a packet from {path.remote}")

    def _read(self, raw: bytes, path: Path, now: Instant) -> None:
        header = Header.decode(Reader(raw, "IKE header"))
        raw = raw[: header.length]
        if header.version >> 4 != VERSION_2 >> 4:
            self._other_version(header, path)
            return
        own_spi = header.responder_spi if header.from_initiator else header.initiator_spi
        sa = self.context.sas.get(own_spi)
        if header.exchange == IKE_SA_INIT and not header.is_response and header.responder_spi == 0:
            self._begun_by_peer(header, raw, path, now)
        elif sa is None:
            self._unknown_spi(header, raw, path, now)
        elif header.from_initiator == sa.initiator or not _is_from_peer(header, sa):
            self.desk.counters["SPIs do not match"] += 1
        elif header.is_response:
            self._read_answer(sa, header, raw, path, now)
        else:
            self._read_request(sa, header, raw, path, now)

    def _begun_by_peer(self, header: Header, raw: bytes, path: Path, now: Instant) -> None:
        known = self.context.sas.get(self.context.half_open.get((path.remote, header.initiator_spi), 0))
        if known is not None:
            if not known.is_repeated(0, raw):
                self.desk.counters["requests being answered"] += 1
            return
        message = Message.decode(raw)
        if not header.from_initiator or header.initiator_spi == 0 or header.message_id != 0:
            self.desk.counters["malformed"] += 1
            return
        received = Received(header, message.payloads, raw)
        try:
            check(IKE_SA_INIT, False, message.payloads)
        except ProtocolError as problem:
            self.desk.counters["requests against the rules"] += 1
            self.context.trace_error(None, problem.reason)
            if isinstance(problem.answer, Notify):
                init.reply_plain(self.context, header, (problem.answer,), path)
            return
        init.respond(self.context, received, path, now)

    def _read_answer(self, sa: IkeSa, header: Header, raw: bytes, path: Path, now: Instant) -> None:
        if not sa.expects(header.message_id, header.exchange):
            self.desk.counters["answers not waited for"] += 1
            return
        message = Message.decode(raw)
        if header.exchange == IKE_SA_INIT:
            received: Received | None = Received(header, message.payloads, raw)
        else:
            received = self._opened(sa, message, raw, now)
        if received is None:
            return
        self._heard(sa, received, path, now)
        try:
            check(header.exchange, True, received.payloads)
        except ProtocolError as problem:
            self.desk.counters["answers against the rules"] += 1
            aborted(sa, problem.reason, now)
            return
        sa.answer_came(received, now)

    def _read_request(self, sa: IkeSa, header: Header, raw: bytes, path: Path, now: Instant) -> None:
        if sa.is_repeated(header.message_id, raw):
            return
        if sa.state is State.GONE or header.exchange == IKE_SA_INIT:
            self.desk.counters["requests out of turn"] += 1
            return
        received = self._opened(sa, Message.decode(raw), raw, now)
        if received is None:
            return
        if not sa.asks(received):
            self.desk.counters["requests out of turn"] += 1
            return
        self._heard(sa, received, path, now)
        try:
            check(header.exchange, False, received.payloads)
        except ProtocolError as problem:
            self.desk.counters["requests against the rules"] += 1
            self.context.trace_error(sa, problem.reason)
            sa.respond((problem.answer,) if isinstance(problem.answer, Notify) else ())
            if not sa.was_ready:
                aborted(sa, problem.reason, now)
            return
        self._handle(sa, received, now)

    def _opened(self, sa: IkeSa, message: Message, raw: bytes, now: Instant) -> Received | None:
        """The message decrypted; in the clear it can be no more than a hint."""
        try:
            received = sa.open(message, raw)
        except Malformed as problem:
            # Authentic, and still not to be read: the peer is told (RFC 7296 section 2.21.3).
            if not message.header.is_response and sa.asks(Received(message.header, (), raw)):
                sa.respond((Notify(INVALID_SYNTAX),))
                self.desk.counters["malformed"] += 1
                self.context.trace_error(sa, str(problem))
            return None
        clear = message.payloads
        if received is None and any(isinstance(one, Notify) and one.type == INVALID_IKE_SPI for one in clear):
            dpd.hinted(sa, now)
        return received

    def _heard(self, sa: IkeSa, received: Received, path: Path, now: Instant) -> None:
        """An authentic message came: the peer is alive, and where it came from is where it is."""
        sa.last_heard = now
        trace.received(sa, received)
        if path.remote != sa.remote:
            self.desk.counters["peer address changed"] += 1
            return
        ports = path.local_port, path.remote_port
        moved = received.header.exchange != IKE_SA_INIT and ports != (sa.local_port, sa.remote_port)
        if moved and (sa.nat.remote or not sa.was_ready):
            sa.local_port, sa.remote_port = ports
            for child in sa.children.values():
                child.ports_changed()

    def _handle(self, sa: IkeSa, message: Received, now: Instant) -> None:
        exchange = message.header.exchange
        if exchange == IKE_AUTH and sa.state is State.AUTH and not sa.initiator:
            auth.respond(sa, message, now)
        elif exchange == INFORMATIONAL:
            informational.respond(sa, message, now)
        elif exchange == CREATE_CHILD_SA and sa.was_ready:
            offered = next(one for one in message.payloads if isinstance(one, SecurityAssociation))
            if offered.proposals[0].protocol == PROTOCOL_IKE:
                rekey_ike.respond(sa, message, now)
            else:
                create_child.respond(sa, message, now)
        else:
            sa.respond((Notify(INVALID_SYNTAX),))

    # --- messages without an SA ----------------------------------------------------------------------------------

    def _unknown_spi(self, header: Header, raw: bytes, path: Path, now: Instant) -> None:
        self.desk.counters["unknown IKE SPI"] += 1
        if header.is_response:
            return
        if header.exchange == INFORMATIONAL and header.responder_spi == 0:
            clear = Message.decode(raw).payloads
            if any(isinstance(one, Notify) and one.type == INVALID_SPI for one in clear):
                for sa in self._standing_with(path.remote):
                    dpd.hinted(sa, now)
            return
        if header.responder_spi and self._may_complain(INVALID_IKE_SPI, path.remote, now):
            init.reply_plain(self.context, header, (Notify(INVALID_IKE_SPI),), path)

    def _may_complain(self, about: int, remote: IPv4, now: Instant) -> bool:
        """Complaints nobody can verify are rationed, so that nobody can have us flood a third party."""
        last = self._complained.get((about, remote))
        if last is not None and now - last < _COMPLAINT_EVERY:
            return False
        if len(self._complained) >= _COMPLAINTS_KEPT:
            self._complained.clear()
        self._complained[about, remote] = now
        return True

    def _other_version(self, header: Header, path: Path) -> None:
        self.desk.counters[f"IKE version {header.version >> 4}"] += 1
        if header.version >> 4 > VERSION_2 >> 4 and not header.is_response:
            init.reply_plain(self.context, header, (Notify(INVALID_MAJOR_VERSION),), path)

    def _standing_with(self, remote: IPv4) -> list[IkeSa]:
        sessions = (self.context.sessions.get((interface, remote)) for interface in self.settings.gates)
        return [sa for session in sessions if session is not None for sa in session.sas.values() if sa.is_ready]


def _is_from_peer(header: Header, sa: IkeSa) -> bool:
    """Does the message carry the peer's SPI? It is not known yet when the first answer comes."""
    peer_spi = header.initiator_spi if header.from_initiator else header.responder_spi
    return sa.peer_spi == peer_spi or (sa.peer_spi == 0 and header.exchange == IKE_SA_INIT)
