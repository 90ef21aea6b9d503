"""A router's key pairs: RSA and elliptic curves, made by `crypto key generate`, with which its SSH server signs.

They live from when they are made; `write memory` puts them into private NVRAM, as IOS does, and a router that boots
takes them from there. One that has never saved any has those that came with it (`supply`), so that its SSH server can
be reached at once; removing all of them and saving is remembered. Private keys go into that file and nowhere else.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Final

from iosh.base.keys import RSA, on_paper, public_of
from iosh.base.rng import Rng
from iosh.base.time import Instant
from iosh.config.model import Config
from iosh.router.ports import Storage

KEYS: Final = "nvram:private-keys"
SUPPLIED: Final = "iosh-supplied"  # the label of pairs that nobody has made here
ED25519: Final = "ed25519"  # is only ever supplied
GENERAL: Final = "general"
SSH_LEAST: Final = 768  # bits of an RSA key with which SSH 2 goes


@dataclass(frozen=True, slots=True)
class KeyPair:
    """`private` is PKCS #8, DER; `made_ns` the civil time it was made at."""

    label: str
    kind: str
    bits: int
    made_ns: int
    usage: str = GENERAL  # "general" | "signature" | "encryption"
    exportable: bool = False
    private: bytes = field(default=b"", repr=False)

    @property
    def public(self) -> bytes:
        """The public key, as X.509 writes it (SubjectPublicKeyInfo, DER)."""
        return public_of(self.private)


def key_name(config: Config) -> str:
    """What a router's key pairs are called where nobody says: its own full name."""
    return f"{config.hostname}.{config.domain_name}" if config.domain_name else config.hostname


class KeyRing:
    """All key pairs of one router, in the order they were made."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._saved = storage.read(KEYS)
        self._pairs: list[KeyPair] = list(_read(self._saved)) if self._saved is not None else []
        self._touched = False
        self.changed: Callable[[], None] = lambda: None  # told whenever there are others

    def __iter__(self) -> Iterator[KeyPair]:
        return iter(self._pairs)

    def of(self, kind: str, label: str | None = None) -> list[KeyPair]:
        """The pairs of a kind, or those of one name."""
        return [pair for pair in self._pairs if pair.kind == kind and label in (None, pair.label)]

    def add(self, pair: KeyPair) -> None:
        """A pair was made; one of its name and usage gives way, and so do those for both usages or for one."""
        self._pairs = [
            old
            for old in self._pairs
            if (old.label, old.kind) != (pair.label, pair.kind)
            or (old.usage != pair.usage and GENERAL not in (old.usage, pair.usage))
        ]
        self._pairs.append(pair)
        self._touched = True
        self.changed()

    def remove(self, kind: str, label: str | None = None) -> None:
        """`crypto key zeroize`: away with all of a kind, or those of one name; and with the last RSA pair what was
        supplied beside it."""
        gone = self.of(kind, label)
        self._pairs = [pair for pair in self._pairs if pair not in gone]
        if not self.of(RSA):
            self._pairs = [pair for pair in self._pairs if pair.kind != ED25519]
        self._touched = True
        self.changed()

    def supply(self, pairs: Iterable[KeyPair]) -> None:
        """What the router comes with, unless it has saved pairs (or that it has none)."""
        if self._saved is None and not self._touched:
            self._pairs = list(pairs)
            self.changed()

    def for_ssh(self, config: Config) -> list[KeyPair]:
        """What an SSH server signs with: the RSA pair that is named for it, else the first that nobody supplied, else
        any; and with one that was made here, the curves that were made here. Without any it is disabled."""
        label = config.ssh.rsa_keypair or key_name(config)
        able = [pair for pair in self.of(RSA) if pair.bits >= SSH_LEAST and pair.usage != "encryption"]
        able.sort(key=lambda pair: (pair.label != label, pair.label == SUPPLIED))
        if not able:
            return []
        supplied = able[0].label == SUPPLIED
        curves = [pair for pair in self._pairs if pair.kind != RSA and (pair.label == SUPPLIED) is supplied]
        return [able[0], *curves]

    def save(self) -> None:
        """Into private NVRAM, if any was made or removed; what was supplied is not the router's own to keep."""
        if self._touched:
            self._saved = _written(pair for pair in self._pairs if pair.label != SUPPLIED)
            self._storage.write(KEYS, self._saved)


def _written(pairs: Iterable[KeyPair]) -> bytes:
    listed = [{**asdict(pair), "private": b64encode(pair.private).decode()} for pair in pairs]
    return json.dumps(listed, indent=1).encode()


def _read(content: bytes) -> Iterator[KeyPair]:
    """What is spoilt is no key."""
    try:
        for one in json.loads(content):
            pair = KeyPair(**{**one, "private": b64decode(one["private"], validate=True)})
            public_of(pair.private)  # raises for what is none
            yield pair
    except (ValueError, TypeError, KeyError):
        return


class PaperSmith:
    """Makes keys from a router's dice, at once, so that a simulated run repeats: they protect nothing."""

    def forge(self, kind: str, bits: int, rng: Rng, done: Callable[[bytes, Instant], None], now: Instant) -> None:
        done(on_paper(kind, bits, rng), now)
