"""What the router refuses about SSH, and how a public key that is pasted becomes the hash by which it is known."""

from __future__ import annotations

import hashlib
import re
import struct
from base64 import b64decode
from typing import TYPE_CHECKING, Final

from iosh.base.errors import ConfigRefused
from iosh.config.model_ssh import KeyComment, PublicKey

if TYPE_CHECKING:
    from iosh.config.rules import Asked

ALGORITHMS: Final = ("ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256")
_DIGEST: Final = re.compile(r"[0-9A-Fa-f]{32}\Z")


def digest_of(blob: bytes) -> str:
    """The hash of a public key, as `key-hash` writes it: a name for a key, not a protection."""
    return hashlib.md5(blob, usedforsecurity=False).hexdigest().upper()


def key_hash(asked: Asked) -> list[str]:
    """`key-hash ssh-rsa HASH [comment]`."""
    if not asked.no and not _DIGEST.match(asked.kept["digest"]):
        raise ConfigRefused("%SSH: Invalid hash value")
    asked.kept["digest"] = asked.kept["digest"].upper()
    return []


def key_string(asked: Asked) -> list[str]:
    """The lines of a public key, in OpenSSH's form or its base 64 alone; what follows it is its comment."""
    words = asked.kept["text"].split()
    if words and words[0] in ALGORITHMS:
        del words[0]
    for count in range(1, len(words) + 1):
        key = _key("".join(words[:count]))
        if key is not None:
            comment = " ".join(words[count:]) or None
            asked.store.put((*asked.place, "hashes", key), KeyComment(comment))
            return []
    raise ConfigRefused("%SSH: Failed to decode the Key Value")


def _key(text: str) -> PublicKey | None:
    """The key of a base 64 text, if it is one and whole."""
    try:
        blob = b64decode(text, validate=True)
        (size,) = struct.unpack_from("!I", blob)
        algorithm = blob[4 : 4 + size].decode("ascii")
    except (ValueError, struct.error):
        return None
    return PublicKey(algorithm, digest_of(blob)) if algorithm in ALGORITHMS and _whole(blob) else None


def _whole(blob: bytes) -> bool:
    """Is it made of strings with their lengths, and nothing else?"""
    at = 0
    while at + 4 <= len(blob):
        at += 4 + int(struct.unpack_from("!I", blob, at)[0])
    return at == len(blob)


RULES: Final = {"key_hash": key_hash}
