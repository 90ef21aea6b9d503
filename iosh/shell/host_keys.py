"""The key pairs a router comes with, so that SSH finds a host key though nobody has generated any: made when first
needed, then kept, so that clients find the same ones again.

RSA (for clients of any age) and Ed25519, in OpenSSH's format without a passphrase, two files for each router of a lab.
Where they are kept is a storage whose files are their owner's alone (`underlay/linux/storage.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from iosh.base.keys import RSA
from iosh.router.key_pairs import ED25519, SUPPLIED, KeyPair
from iosh.router.ports import Storage

if TYPE_CHECKING:
    from asyncssh import SSHKey

_RSA_BITS: Final = 2048
_KEYS: Final[Mapping[str, tuple[str, int, dict[str, Any]]]] = {
    RSA: ("ssh-rsa", _RSA_BITS, {"key_size": _RSA_BITS}),
    ED25519: ("ssh-ed25519", 256, {}),
}


def supplied(storage: Storage, node: str) -> list[KeyPair]:
    """The pairs of a router in a storage; those that are missing or spoilt are made and written there, or `OSError`."""
    pairs = []
    for kind, (algorithm, bits, how) in _KEYS.items():
        key = _kept(storage, f"nvram:ssh_host_{kind}_key.{node}", algorithm, how)
        private = key.export_private_key("pkcs8-der")
        pairs.append(KeyPair(SUPPLIED, kind, bits, 0, private=private))
    return pairs


def signing(pairs: list[KeyPair]) -> list[SSHKey]:
    """The same for an SSH server."""
    import asyncssh

    return [asyncssh.import_private_key(pair.private) for pair in pairs]


def _kept(storage: Storage, name: str, algorithm: str, how: dict[str, Any]) -> SSHKey:
    import asyncssh

    content = storage.read(name)
    try:
        if content is not None:
            return asyncssh.import_private_key(content)
    except asyncssh.KeyImportError:
        pass
    key = asyncssh.generate_private_key(algorithm, comment="iosh", **how)
    storage.write(name, key.export_private_key("openssh"))
    return key
