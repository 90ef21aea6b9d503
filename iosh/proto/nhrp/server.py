"""Registrations of others (RFC 2332 section 5.2.3): the next hop server.

A client is registered at the NBMA address it is *seen* at; what it claims is kept beside (Cisco's NAT extension tells
it back). A unique entry is not given to another claimed NBMA address before it expires (code 14); an address of ours or
one mapped statically elsewhere is prohibited (code 4). Cisco registers hosts only; so does this server (code 4).
"""

from __future__ import annotations

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import SECOND, Instant
from iosh.proto.machine import Path
from iosh.proto.nhrp import describe
from iosh.proto.nhrp.cache import DYNAMIC, STATIC, Cache, CacheEntry, Mark
from iosh.proto.nhrp.client import DownReason
from iosh.proto.nhrp.link import Link
from iosh.proto.nhrp.replication import Replication
from iosh.wire.nhrp import Cie, Code, Extension, ExtensionKind, Flag, Kind, Message, cie_extension, replaced


class Server:
    """The registrar of one tunnel."""

    def __init__(self, link: Link, cache: Cache, replication: Replication) -> None:
        self._link = link
        self._cache = cache
        self._replication = replication

    def requested(self, message: Message, path: Path, now: Instant) -> None:
        """A registration request for us."""
        entries = message.cies or (Cie(),)
        answers = tuple(cie._replace(code=self._register(message, cie, path, now)) for cie in entries)
        nameless = message.destination in (message.source, 0)  # `nhs dynamic`: the client learns our address
        reply = message._replace(
            kind=Kind.REGISTRATION_REPLY,
            destination=self._link.address if nameless else message.destination,
            cies=answers,
            extensions=self._reply_extensions(message, path),
            hops=255,
        )
        self._link.trace(
            "NHRP: Sending Registration Reply if_in {} vrf: global(0x0) dst {} nbma {} code: {}",
            path.interface,
            message.source,
            path.remote,
            describe.code_name(answers[0].code),
        )
        self._link.send(reply, path.remote, now)

    def gone(self, entry: CacheEntry) -> None:
        """A registered entry has been removed from the cache."""
        if entry.nbma is not None:
            self._replication.client_gone(entry.nbma)
        self._report(entry, "NHC_DOWN", f"is DOWN, Reason: {DownReason.EXTERNAL}(NHRP: no error)")

    def _register(self, message: Message, cie: Cie, path: Path, now: Instant) -> int:
        """Register what one CIE says; the code to answer."""
        address = cie.protocol or message.source
        claimed = cie.nbma or message.source_nbma
        code = self._judge(address, claimed, cie)
        if code != Code.SUCCESS:
            self._link.desk.counters[f"registration refused, code {code}"] += 1
            return code
        old = self._cache.host(address)
        if old is not None and Mark.REGISTERED not in old.marks:
            old = None
        marks = Mark.REGISTERED | Mark.NHOP
        if message.flags & Flag.UNIQUE:
            marks |= Mark.UNIQUE
        entry = CacheEntry(
            Prefix(address, 32),
            address,
            DYNAMIC,
            old.created if old is not None and old.nbma == path.remote else now,
            nbma=path.remote,
            claimed=claimed if claimed != path.remote else None,
            expires=now + (cie.holding_s or self._link.settings.holdtime_s) * SECOND,
            marks=marks | (Mark.NAT if claimed != path.remote else Mark.NONE),
            mtu=cie.mtu,
        )
        self._replace(old, entry, path.remote, now)
        return Code.SUCCESS

    def _judge(self, address: IPv4, claimed: IPv4, cie: Cie) -> int:
        network = self._link.settings.network
        if cie.prefix_length != 32 or network is None or address not in network or address == self._link.address:
            return Code.PROHIBITED
        old = self._cache.host(address)
        if old is None or old.nbma is None:
            return Code.SUCCESS
        same = (old.claimed or old.nbma) == claimed
        if old.type == STATIC:
            return Code.SUCCESS if same else Code.PROHIBITED
        if Mark.UNIQUE in old.marks and not same:
            return Code.ALREADY_REGISTERED
        return Code.SUCCESS

    def _replace(self, old: CacheEntry | None, entry: CacheEntry, nbma: IPv4, now: Instant) -> None:
        """In place of the client's earlier registration, if it had one; the log tells of a new place only."""
        static = self._cache.host(entry.next_hop)
        if static is not None and static.type == STATIC:
            return  # the configuration already says the same
        self._cache.put(entry)
        self._cache.activate(entry, now)
        if old is not None and old.nbma == nbma:
            return
        if old is not None and old.nbma is not None:
            self._replication.client_gone(old.nbma)
        self._link.trace("NHRP: Adding Tunnel Endpoints (VPN: {}, NBMA: {})", entry.next_hop, nbma)
        self._replication.client_added(nbma)
        self._report(entry, "NHC_UP", "is UP")

    def _reply_extensions(self, message: Message, path: Path) -> tuple[Extension, ...]:
        settings, observed = self._link.settings, path.remote
        own = Cie(prefix=32, mtu=settings.mtu, holding_s=settings.holdtime_s)
        responder = cie_extension(
            ExtensionKind.RESPONDER, [own._replace(nbma=self._link.nbma, protocol=self._link.address)]
        )
        extensions = message.extensions
        if message.extension(ExtensionKind.RESPONDER) is not None:
            extensions = replaced(extensions, responder)
        nat = message.extension(ExtensionKind.NAT)
        if nat is not None and message.flags & Flag.NAT and observed != message.source_nbma:
            seen = Cie(prefix=32, mtu=settings.mtu, nbma=observed, protocol=message.source)
            extensions = replaced(extensions, cie_extension(ExtensionKind.NAT, [*nat.cies[:1], seen]))
        return extensions

    def _report(self, entry: CacheEntry, mnemonic: str, ending: str) -> None:
        link = self._link
        link.desk.report(
            "DMVPN",
            5,
            f"NHRP_{mnemonic}",
            f"{link.settings.interface}: Next Hop Client : (Tunnel: {entry.next_hop} NBMA: {entry.nbma}) "
            f"for (Tunnel: {link.address} NBMA: {link.nbma}) {ending}",
        )
