"""`show ip ssh` and `show ssh`: what the router's SSH server offers, and who is in by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Final

from iosh.base.time import Instant
from iosh.router.lines import SshServer
from iosh.show.registry import Show

_KEY_COLUMNS: Final = 76


@dataclass(frozen=True, slots=True)
class Server:
    """The SSH server. `offer` is None where no door is open."""

    offer: SshServer | None
    time_out_s: int
    retries: int


@dataclass(frozen=True, slots=True)
class Connection:
    """One direction of a session."""

    number: int
    direction: str  # "IN" | "OUT"
    encryption: str
    mac: str
    user: str


def server(router: Any, now: Instant) -> Server:
    """What `show ip ssh` tells."""
    config = router.config
    return Server(router.lines.ssh, config.ssh.time_out_s, config.ssh.authentication_retries)


def server_text(value: Server) -> Iterator[str]:
    """`show ip ssh`."""
    offer = value.offer
    yield f"SSH {'Disabled' if offer is None else 'Enabled'} - version 2.0"
    if offer is not None:
        yield f"Authentication methods:{','.join(offer.methods)}"
        yield f"Hostkey Algorithms:{','.join(offer.host_keys)}"
        yield f"Encryption Algorithms:{','.join(offer.encryptions)}"
        yield f"MAC Algorithms:{','.join(offer.macs)}"
        yield f"KEX Algorithms:{','.join(offer.key_exchanges)}"
    yield f"Authentication timeout: {value.time_out_s} secs; Authentication retries: {value.retries}"
    if offer is None:
        yield "IOS Keys in SECSH format(ssh-rsa, base64 encoded): NONE"
        return
    yield f"IOS Keys in SECSH format(ssh-rsa, base64 encoded): {offer.rsa_name}"
    yield f"Modulus Size : {offer.rsa_bits} bits"
    yield from wrap(offer.rsa_key, _KEY_COLUMNS, break_on_hyphens=False)


def sessions(router: Any, now: Instant) -> tuple[Connection, ...]:
    """Both directions of every session, by line."""
    found = []
    for name in router.lines.names():
        seat = router.lines.seats.get(name)
        if seat is None or seat.ssh is None:
            continue
        number, ssh = int(name[3:]), seat.ssh
        found.append(Connection(number, "IN", ssh.encryption_in, ssh.mac_in, seat.user))
        found.append(Connection(number, "OUT", ssh.encryption_out, ssh.mac_out, seat.user))
    return tuple(found)


def sessions_text(value: tuple[Connection, ...]) -> Iterator[str]:
    """`show ssh`."""
    if not value:
        yield "%No SSHv2 server connections running."
        return
    yield "Connection Version Mode Encryption  Hmac         State                 Username"
    for one in value:
        yield (
            f"{one.number:<10} 2.0     {one.direction:<4} {one.encryption:<11} {one.mac:<12} "
            f"{'Session started':<21} {one.user}"
        )


SHOWS: Final = {"server": Show(server, server_text), "sessions": Show(sessions, sessions_text)}
