"""The host keys of our SSH servers: made when first needed, then kept, so that clients find the same ones again.

RSA (for clients of any age) and Ed25519, in OpenSSH's format without a passphrase. Where they are kept is a storage
whose files are their owner's alone (`underlay/linux/storage.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from iosh.router.ports import Storage

if TYPE_CHECKING:
    from asyncssh import SSHKey

_RSA_BITS: Final = 3072
_KEYS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("nvram:ssh_host_rsa_key", "ssh-rsa", {"key_size": _RSA_BITS}),
    ("nvram:ssh_host_ed25519_key", "ssh-ed25519", {}),
)


def host_keys(storage: Storage) -> list[SSHKey]:
    """The keys in a storage; those that are missing or spoilt are made and written there. `OSError` if they cannot."""
    import asyncssh

    keys: list[SSHKey] = []
    for name, algorithm, how in _KEYS:
        content = storage.read(name)
        try:
            key = asyncssh.import_private_key(content) if content is not None else None
        except asyncssh.KeyImportError:
            key = None
        if key is None:
            key = asyncssh.generate_private_key(algorithm, comment="iosh", **how)
            storage.write(name, key.export_private_key("openssh"))
        keys.append(key)
    return keys
