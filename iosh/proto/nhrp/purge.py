"""Purges (RFC 2332 section 5.2.5): what we told is no longer so, or what we were told is not.

Sent to each router that asked, when the prefix we answered with is gone or the operator clears it; without wish for a
reply, as Cisco does. Obeyed when the sender owns what it takes back, or is one of our servers.
"""

from __future__ import annotations

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import Instant
from iosh.proto.machine import Path
from iosh.proto.nhrp.cache import DYNAMIC, Cache, CacheEntry, Mark
from iosh.proto.nhrp.client import Client
from iosh.proto.nhrp.link import Link
from iosh.wire.nhrp import Cie, Flag, Kind, Message


class Purge:
    """The purges of one tunnel."""

    def __init__(self, link: Link, cache: Cache, client: Client) -> None:
        self._link = link
        self._cache = cache
        self._client = client

    # --- ours --------------------------------------------------------------------------------------------------------

    def prefix_changed(self, prefix: Prefix, now: Instant) -> None:
        """The routing table changed there: take back the answers that are no longer true."""
        for entry in list(self._cache.local.values()):
            if entry.prefix.network in prefix or prefix.network in entry.prefix:
                self._check(entry, now)

    def withdraw(self, entry: CacheEntry, now: Instant) -> None:
        """Take back one answer."""
        self._cache.remove_local(entry)
        for requester in entry.requesters:
            self._send(entry.prefix, requester, now)

    def withdraw_all(self, now: Instant) -> None:
        """Take back all answers."""
        for entry in list(self._cache.local.values()):
            self.withdraw(entry, now)

    def _check(self, entry: CacheEntry, now: Instant) -> None:
        if entry.prefix == Prefix(self._link.address, 32):
            return
        route = self._link.facts.route(entry.prefix.network)
        gone = route is None or route.prefix.length != entry.prefix.length
        if gone or (route and self._link.facts.network_id(route.interface) == self._link.settings.network_id):
            self.withdraw(entry, now)

    def _send(self, prefix: Prefix, requester: IPv4, now: Instant) -> None:
        entry = self._cache.complete(requester)
        nbma = entry.nbma if entry is not None else None
        if nbma is None or not self._link.ready(nbma):
            server = self._client.best()
            nbma = server.nbma if server is not None else None
        if nbma is None or not self._link.active:
            self._link.desk.counters["purge without path"] += 1
            return
        told = Cie(prefix=prefix.length, mtu=self._link.settings.mtu, nbma=self._link.nbma, protocol=prefix.network)
        request = Message(
            Kind.PURGE_REQUEST,
            Flag.NO_REPLY,
            self._link.ids.next(),
            self._link.nbma,
            self._link.address,
            requester,
            (told,),
            self._link.records(),
        )
        self._link.send(request, nbma, now)

    # --- others' -----------------------------------------------------------------------------------------------------

    def requested(self, message: Message, path: Path, now: Instant) -> None:
        """A purge request for us."""
        for cie in message.cies:
            prefix = Prefix.of(cie.protocol or message.source, cie.prefix_length)
            entry = self._cache.remote.get(prefix)
            if entry is None or entry.type != DYNAMIC:
                self._link.desk.counters["purge of unknown entry"] += 1
            elif not self._may(message, entry, path):
                self._link.desk.counters["purge refused"] += 1
            else:
                self._cache.remove(entry)
        if not message.flags & Flag.NO_REPLY:
            self._link.send(message._replace(kind=Kind.PURGE_REPLY, hops=255), path.remote, now)

    def _may(self, message: Message, entry: CacheEntry, path: Path) -> bool:
        if entry.next_hop != message.source:
            return self._client.is_server(path.remote) and Mark.REGISTERED not in entry.marks
        return entry.nbma == path.remote or (entry.claimed or entry.nbma) == message.source_nbma
