"""The entries the configuration names: `ip nhrp map`, `ip nhrp nhs`. They never expire; none without a network id."""

from __future__ import annotations

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import Instant
from iosh.proto.nhrp.cache import STATIC, Cache, CacheEntry
from iosh.proto.nhrp.link import Link


class Statics:
    """The static entries of one tunnel."""

    def __init__(self, link: Link, cache: Cache) -> None:
        self._link = link
        self._cache = cache

    def settle(self, now: Instant) -> None:
        """Make the cache's static entries those that are configured."""
        wanted = self._wanted()
        for entry in [entry for entry in self._cache.remote.values() if entry.type == STATIC]:
            if entry.prefix not in wanted:
                self._cache.remove(entry)
        for prefix, (nbma, preference) in wanted.items():
            old = self._cache.remote.get(prefix)
            if old is None or (old.type, old.nbma, old.preference) != (STATIC, nbma, preference):
                entry = CacheEntry(prefix, prefix.network, STATIC, now, nbma, preference=preference)
                self._cache.put(entry)
                self._cache.activate(entry, now)

    def want(self) -> None:
        """The sockets to those the configuration names."""
        if self._link.active:
            for entry in self._cache.remote.values():
                if entry.type == STATIC and entry.nbma is not None and not self._link.ready(entry.nbma):
                    self._link.want(entry.nbma)

    def _wanted(self) -> dict[Prefix, tuple[IPv4, int]]:
        settings = self._link.settings
        if settings.network_id is None:
            return {}
        wanted = {item.prefix: (item.nbma, item.preference) for item in settings.maps}
        for nhs in settings.nhs:
            nbma = nhs.nbma if settings.multipoint else nhs.nbma or settings.destination
            if nbma is not None:
                wanted[Prefix(nhs.address, 32)] = nbma, 255
        return wanted
