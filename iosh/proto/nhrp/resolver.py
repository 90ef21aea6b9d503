"""Asking who stands behind an address (RFC 2332 section 5.2.1), and the shortcuts that follow.

A question is asked for a destination a traffic indication names (phase 3), or for a next hop the data plane does not
know (phase 2). It goes along the routed path, else to the best next hop server, and is repeated after 2, 4, 8 … seconds
while its incomplete entry lives: three minutes, as does the negative entry after a refusal. An answer is a pair of
entries, the peer's tunnel address and the prefix behind it; they become active (mapping, route) once the socket to the
peer stands. In the last two minutes of its life (at most the last third) an entry that data still uses is asked for
again; an idle one goes silently.
"""

from __future__ import annotations

from dataclasses import dataclass

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import SECOND, Instant
from iosh.proto.machine import Path
from iosh.proto.nhrp import describe
from iosh.proto.nhrp.cache import DYNAMIC, INCOMPLETE, STATIC, Cache, CacheEntry, Mark
from iosh.proto.nhrp.client import Client
from iosh.proto.nhrp.link import Link
from iosh.wire.nhrp import Cie, Code, ErrorCode, Extension, ExtensionKind, Flag, Kind, Message, cie_extension

NEGATIVE_SPAN = 180 * SECOND
_WATCH_SPAN = 120 * SECOND
_LAST_LOOK_SPAN = 2 * SECOND
_LONGEST_WAIT_S = 64
_MOST_INCOMPLETE = 1024


@dataclass(slots=True)
class Question:
    """A resolution request on its way."""

    target: IPv4
    request_id: int
    wait_s: int = 1
    renews: Prefix | None = None  # the entry whose life it is to prolong


class Resolver:
    """The questions and shortcuts of one tunnel."""

    def __init__(self, link: Link, cache: Cache, client: Client) -> None:
        self._link = link
        self._cache = cache
        self._client = client
        self._questions: dict[IPv4, Question] = {}

    # --- asking ------------------------------------------------------------------------------------------------------

    def redirected(self, target: IPv4, now: Instant) -> None:
        """Data for this host took a detour."""
        entry = self._cache.host(target)
        if entry is not None and entry.type == INCOMPLETE:
            entry.hits += 1
            return
        known, route = self._cache.lookup(target), self._link.facts.route(target)
        if known is None or (route is not None and route.prefix.length > known.prefix.length):
            self._ask(target, None, now)

    def next_hop_unknown(self, address: IPv4, now: Instant) -> None:
        """The data plane has a packet for a next hop on this tunnel it has no mapping for."""
        entry = self._cache.host(address)
        if entry is not None:
            if entry.type == INCOMPLETE:
                entry.hits += 1
            return
        covering = self._cache.lookup(address)
        if covering is not None and covering.type == STATIC:
            host = Prefix(address, 32)
            entry = CacheEntry(host, address, STATIC, now, covering.nbma, marks=Mark.IMPLICIT)
            self._cache.put(entry)
            self._cache.activate(entry, now)
            return
        network = self._link.settings.network
        if self._link.active and network is not None and address in network and address != self._link.address:
            self._ask(address, None, now)

    def note_unknown(self, address: IPv4, now: Instant) -> None:
        """Somebody we do not know spoke to us: IOS shows it as an incomplete entry."""
        network = self._link.settings.network
        if network is not None and address in network and self._cache.host(address) is None:
            self._put_incomplete(address, now)

    def woken(self, target: IPv4, now: Instant) -> None:
        """A question went unanswered: ask again while anybody waits for it."""
        question = self._questions.get(target)
        if question is None:
            return
        entry = self._cache.remote.get(question.renews or Prefix(target, 32))
        if entry is None or not self._link.active or (question.renews is None and entry.type != INCOMPLETE):
            self._drop(question)
            return
        self._send(question, now)

    def _ask(self, target: IPv4, renews: Prefix | None, now: Instant) -> None:
        if target in self._questions or self._link.settings.server_only:
            return
        if renews is None and not self._put_incomplete(target, now):
            return
        question = self._questions[target] = Question(target, self._link.ids.next(), renews=renews)
        self._send(question, now)

    def _put_incomplete(self, address: IPv4, now: Instant) -> bool:
        """False: there are as many as there may be."""
        if self._cache.incomplete >= _MOST_INCOMPLETE:
            self._link.desk.counters["resolution limit"] += 1
            return False
        end = now + NEGATIVE_SPAN
        self._cache.put(CacheEntry(Prefix(address, 32), address, INCOMPLETE, now, expires=end, marks=Mark.NEGATIVE))
        return True

    def _send(self, question: Question, now: Instant) -> None:
        question.wait_s = min(_LONGEST_WAIT_S, question.wait_s * 2)
        wait = question.wait_s * SECOND * (800 + self._link.desk.rng.below(201)) // 1000
        self._link.desk.ring_at(("resolve", question.target), now + wait)
        nbma = self._toward(question.target)
        if nbma is None:
            self._encapsulation_failed(question.target)
            return
        if not self._link.ready(nbma):
            self._link.want(nbma)
        settings, public = self._link.settings, self._client.public_nbma
        nat = [] if public is None else [Cie(prefix=32, mtu=settings.mtu, nbma=public, protocol=self._link.address)]
        request = Message(
            Kind.RESOLUTION_REQUEST,
            Flag.ROUTER | Flag.AUTHORITATIVE | Flag.SOURCE_STABLE | Flag.NAT,
            question.request_id,
            self._link.nbma,
            self._link.address,
            question.target,
            (Cie(prefix=32, mtu=settings.mtu, holding_s=settings.holdtime_s),),
            (
                Extension(ExtensionKind.RESPONDER),
                *self._link.records(),
                cie_extension(ExtensionKind.NAT, nat),
            ),
        )
        self._link.send(request, nbma, now)

    def _toward(self, target: IPv4) -> IPv4 | None:
        """The NBMA address a question goes to: the routed next hop's, else a server's."""
        route = self._link.facts.route(target)
        if route is not None and route.interface == self._link.settings.interface:
            nbma = self._cache.nbma_of(route.next_hop or target)
            if nbma is not None:
                return nbma
        server = self._client.best()
        return None if server is None else server.nbma

    def _encapsulation_failed(self, target: IPv4) -> None:
        link = self._link
        link.desk.counters["encapsulation failed"] += 1
        link.desk.report(
            "DMVPN",
            3,
            "DMVPN_NHRP_ERROR",
            f" {link.settings.interface}: NHRP Encap Error for  Resolution Request , "
            f"Reason:  {describe.error_name(ErrorCode.PROTOCOL_ERROR)} on (Tunnel: {target} NBMA: {link.nbma})",
        )

    # --- answers -----------------------------------------------------------------------------------------------------

    def replied(self, message: Message, path: Path, now: Instant) -> bool:
        """A resolution reply for us; False if it answers nothing we asked."""
        question = self._questions.get(message.destination)
        if question is None or question.request_id != message.request_id:
            return False
        cie = message.cies[0] if message.cies else Cie(code=Code.NO_BINDING)
        peer = cie.protocol
        if cie.code != Code.SUCCESS or cie.nbma is None or peer is None or peer == self._link.address:
            self._refused(question, describe.code_name(cie.code), now)
            return True
        self._drop(question)
        self._remove_incomplete(question.target)
        nbma = self._observed(message, cie.nbma, peer, path)
        self._install(question, cie, peer, nbma, now)
        return True

    def failed(self, request_id: int, code: int, now: Instant) -> bool:
        """An error indication about one of our questions."""
        for question in self._questions.values():
            if question.request_id == request_id:
                self._refused(question, describe.error_name(code), now)
                return True
        return False

    def _refused(self, question: Question, why: str, now: Instant) -> None:
        """Nobody there: a negative entry, for as long as that lives the question is not asked again."""
        self._link.desk.debug("nhrp error", f"NHRP: Resolution of {question.target} failed: {why}")
        self._drop(question)
        if question.renews is not None:
            entry = self._cache.remote.get(question.renews)
            if entry is not None:
                self._cache.remove(entry)
        self._put_incomplete(question.target, now)

    def _drop(self, question: Question) -> None:
        self._questions.pop(question.target, None)
        self._link.desk.no_ring(("resolve", question.target))

    def _remove_incomplete(self, target: IPv4) -> None:
        entry = self._cache.host(target)
        if entry is not None and entry.type == INCOMPLETE:
            self._cache.remove(entry)

    def _observed(self, message: Message, claimed: IPv4, peer: IPv4, path: Path) -> IPv4:
        """Where the peer really is: what the NAT extension says, or an address nobody else is known at."""
        nat = message.extension(ExtensionKind.NAT)
        for cie in nat.cies if nat is not None else ():
            if cie.protocol == peer and cie.nbma is not None:
                return cie.nbma
        others = [entry for entry in self._cache.of_nbma(path.remote) if entry.next_hop != peer]
        return claimed if others or self._client.is_server(path.remote) else path.remote

    def _install(self, question: Question, cie: Cie, peer: IPv4, nbma: IPv4, now: Instant) -> None:
        settings = self._link.settings
        expires = now + (cie.holding_s or settings.holdtime_s) * SECOND
        claimed = cie.nbma if cie.nbma != nbma else None
        marks = Mark.ROUTER | (Mark.NAT if claimed is not None else Mark.NONE)
        known = self._cache.complete(peer)
        route = self._link.facts.route(question.target)
        if known is not None and known.type == STATIC and route is not None and route.next_hop == peer:
            return  # the peer is the next hop already: there is nothing to shorten
        pair = []
        if known is None or (known.type != STATIC and Mark.REGISTERED not in known.marks):
            routed = Mark.RIB if settings.shortcut else Mark.NONE
            pair.append(
                CacheEntry(Prefix(peer, 32), peer, DYNAMIC, now, nbma, claimed, expires, marks | Mark.NHOP | routed)
            )
        if question.target != peer and settings.shortcut:
            covering = route.prefix if route is not None else Prefix.of(question.target, 0)
            prefix = Prefix.of(question.target, max(cie.prefix_length, covering.length))
            routed = Mark.NHO if prefix == covering else Mark.RIB
            pair.append(CacheEntry(prefix, peer, DYNAMIC, now, nbma, claimed, expires, marks | routed))
            self._forget_renewed(question, prefix)
        for entry in pair:
            entry.mtu = cie.mtu
            entry.asked = question.target if question.target != peer and not entry.is_next_hop else peer
            self._keep(entry, now)
        self._link.want(nbma)
        if self._link.ready(nbma):
            self.socket_opened(nbma, now)

    def _forget_renewed(self, question: Question, prefix: Prefix) -> None:
        """The answer to a renewal speaks of another prefix than before."""
        old = self._cache.remote.get(question.renews) if question.renews not in (None, prefix) else None
        if old is not None and not old.is_next_hop:
            self._cache.remove(old)

    def _keep(self, entry: CacheEntry, now: Instant) -> None:
        old = self._cache.remote.get(entry.prefix)
        if old is not None and old.type == DYNAMIC and old.next_hop == entry.next_hop:
            entry.created = old.created
        self._cache.put(entry)
        self.watch(entry, now)

    # --- the life of a shortcut --------------------------------------------------------------------------------------

    def socket_opened(self, nbma: IPv4, now: Instant) -> None:
        """Traffic may go there directly now: next hops first, then the prefixes behind them."""
        entries = self._cache.of_nbma(nbma)
        for entry in sorted(entries, key=lambda entry: not entry.is_next_hop):
            self._cache.activate(entry, now)

    def watch(self, entry: CacheEntry, now: Instant) -> None:
        """Look whether an entry is in use when its end is near."""
        if entry.expires is not None:
            span = min(_WATCH_SPAN, (entry.expires - now) // 3)
            entry.baseline = None
            self._link.desk.ring_at(("watch", entry.prefix), entry.expires - span)

    def looked(self, prefix: Prefix, now: Instant) -> None:
        """The watch rings: is the entry used? Then ask again before it ends."""
        entry = self._cache.remote.get(prefix)
        if entry is None or entry.expires is None:
            return
        packets = self._link.facts.shortcut_packets(prefix)
        if entry.baseline is None:
            entry.baseline = packets
            entry.marks &= ~Mark.USED
        elif packets > entry.baseline:
            entry.marks |= Mark.USED
            self._ask(entry.asked or entry.next_hop, prefix, now)
            return
        left = entry.expires - now
        if left >= _LAST_LOOK_SPAN:
            self._link.desk.ring_at(("watch", prefix), now + left // 2)

    def expired(self, entry: CacheEntry) -> None:
        """An entry came to its end: it goes, and with a next hop what lies behind it."""
        question = self._questions.get(entry.asked or entry.prefix.network)
        if question is not None:
            self._drop(question)
        self._cache.remove(entry)
        if entry.is_next_hop:
            for behind in self._cache.via(entry.next_hop):
                if behind.type == DYNAMIC:
                    self._cache.remove(behind)

    def forget_questions(self) -> None:
        """The tunnel cannot speak any more."""
        for question in list(self._questions.values()):
            self._drop(question)
