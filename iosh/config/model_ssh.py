"""`ip ssh …` and `ip scp …`: the settings of the router's own SSH server, and the keys its users come with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class PublicKey(NamedTuple):
    """`key-hash ssh-rsa HASH`: a key is known by the MD5 of it, in capitals."""

    algorithm: str
    digest: str


class KeyComment(NamedTuple):
    """What stands behind a key's hash."""

    comment: str | None = None


@dataclass(slots=True)
class KeyUser:
    """`username NAME` of `ip ssh pubkey-chain`."""

    hashes: dict[PublicKey, KeyComment] = field(default_factory=dict)


@dataclass(slots=True)
class KeyChain:
    """`ip ssh pubkey-chain`."""

    users: dict[str, KeyUser] = field(default_factory=dict)


@dataclass(slots=True)
class Ssh:
    """What a client meets at the door. Algorithms that are not said are the server's own choice."""

    time_out_s: int = 120
    authentication_retries: int = 3
    version: int | None = None  # 2; None: not said
    scp_server: bool = False
    logging_events: bool = False
    dh_min_bits: int = 2048
    encryption: tuple[str, ...] = ()
    mac: tuple[str, ...] = ()
    kex: tuple[str, ...] = ()
    hostkey: tuple[str, ...] = ()
    rsa_keypair: str | None = None  # with which key pair the server signs; None: the one of the router's own name
    authentication: tuple[str, ...] = ()
    pubkey_chains: dict[str, KeyChain] = field(default_factory=dict)  # one entry, "pubkey-chain"
