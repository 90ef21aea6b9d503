"""`show hosts`: the default domain and the names given by `ip host`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.show.registry import Show


@dataclass(frozen=True, slots=True)
class Hosts:
    """Names and addresses, as configured."""

    domain: str | None
    lookup: bool
    hosts: tuple[tuple[str, tuple[IPv4, ...]], ...]


def view(router: Any, now: Instant) -> Hosts:
    """From the configuration."""
    config = router.config
    return Hosts(
        config.domain_name,
        config.domain_lookup,
        tuple((name, (one.address, *one.more)) for name, one in config.hosts.items()),
    )


def text(value: Hosts) -> Iterator[str]:
    """As IOS prints it."""
    yield f"Default domain is {value.domain}" if value.domain else "Default domain is not set"
    yield f"Name/address lookup uses {'domain service' if value.lookup else 'static mappings'}"
    yield "Name servers are 255.255.255.255"
    yield ""
    yield "Codes: UN - unknown, EX - expired, OK - OK, ?? - revalidate"
    yield "       temp - temporary, perm - permanent"
    yield "       NA - Not Applicable None - Not defined"
    yield ""
    yield "Host                      Port  Flags      Age Type   Address(es)"
    for name, addresses in value.hosts:
        yield f"{name:<25} None  (perm, OK)  0   IP    {addresses[0]}"
        yield from (f"{'':<54}{address}" for address in addresses[1:])


def summary_text(value: Hosts) -> Iterator[str]:
    """`show hosts summary`; what was looked up is not kept, so nothing is cached."""
    yield f"Default domain is {value.domain}" if value.domain else "Default domain is not set"
    yield "Name servers are 255.255.255.255"
    yield f"Local cache entries: {len(value.hosts)}"
    yield "Dynamic cache entries: 0"


SHOWS: Final = {"": Show(view, text), "summary": Show(view, summary_text)}
