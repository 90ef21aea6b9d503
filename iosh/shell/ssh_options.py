"""`ip ssh server …` in the words of asyncssh: which algorithms a router's SSH server offers.

What is configured narrows the server's own choice; what is not says nothing. IOS's names are those of the protocol, but
for the two GCM ciphers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from iosh.config.model_ssh import Ssh

if TYPE_CHECKING:
    from asyncssh import SSHKey

# What a client that has not logged in can make us compute stays small: no groups beyond 4096 bits.
KEX: Final = (
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group14-sha1",
)
_SMALL_GROUPS: Final = ("diffie-hellman-group14-sha256", "diffie-hellman-group14-sha1")
_GCM: Final = {name: f"{name}@openssh.com" for name in ("aes128-gcm", "aes256-gcm")}
METHODS: Final = ("publickey", "keyboard", "password")


def options(ssh: Ssh, keys: Sequence[SSHKey]) -> dict[str, Any]:
    """What to tell the server; all of it, so that what is configured no more is forgotten."""
    kex = ssh.kex or KEX
    if ssh.dh_min_bits > 2048:
        kex = tuple(name for name in kex if name not in _SMALL_GROUPS) or kex
    return {
        "kex_algs": list(kex),
        "encryption_algs": [_GCM.get(name, name) for name in ssh.encryption] or (),
        "mac_algs": list(ssh.mac) or (),
        "server_host_keys": [key for key in keys if not ssh.hostkey or _said(ssh, key)] or list(keys),
    }


def _said(ssh: Ssh, key: SSHKey) -> bool:
    """Is this kind of host key among those configured? An RSA key signs in several ways."""
    kind = key.get_algorithm()
    return any(name == kind or (kind == "ssh-rsa" and name.startswith("rsa-")) for name in ssh.hostkey)


def offers(ssh: Ssh, method: str) -> bool:
    """May users prove who they are in this way? With a public key, where somebody has one."""
    if method == "publickey" and not any(chain.users for chain in ssh.pubkey_chains.values()):
        return False
    return method in (ssh.authentication or METHODS)
