"""Authentication: digests of packets, as IOS reckons them.

MD5 is taken over the packet with its checksum 0 and the key, padded to sixteen bytes, in the place of the digest; of a
hello without a list of topologies only as far as there, of other packets without as many bytes at their end as the key
is short of sixteen (so IOS's published digests have it; one over the whole packet is accepted, too). HMAC-SHA-256 is
taken over the packet with checksum and digest 0, its key being a line feed, the password and the sender's address in
dotted decimal.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from iosh.base.addr import IPv4
from iosh.proto.eigrp.settings import AuthenticationSettings, Key
from iosh.wire import eigrp
from iosh.wire.eigrp import Authentication, Eigrp, Opcode, Tlv

MD5: Final = 2
SHA256: Final = 3
SIZES: Final = {MD5: 16, SHA256: 32}
TLV_SIZE: Final = 56  # the larger of the two
_DIGEST_AT: Final = eigrp.HEADER_SIZE + 24
_KEY_SIZE: Final = 16


def signed(head: Eigrp, body: bytes, settings: AuthenticationSettings | None, local: IPv4) -> bytes:
    """A packet, with the TLV of its digest first where that is asked for and there is a key."""
    if settings is None or not settings.keys:
        return eigrp.packet(head, body)
    key = settings.keys[0]
    kind = MD5 if settings.mode == "md5" else SHA256
    blank = Authentication(kind, key.number if kind == MD5 else 0, 0, bytes(SIZES[kind])).encode()
    data = eigrp.unsummed(eigrp.packet(head, blank + body))
    return eigrp.summed(_with(data, _digest(data, kind, key, local, head.opcode == Opcode.HELLO)))


def is_genuine(data: bytes, read: Eigrp, settings: AuthenticationSettings | None, remote: IPv4) -> bool:
    """Does a packet carry the digest that is asked for? Where none is asked for it may carry what it will."""
    if settings is None:
        return True
    found = read.tlvs[0] if read.tlvs else None
    kind = MD5 if settings.mode == "md5" else SHA256
    if not isinstance(found, Authentication) or found.kind != kind or len(found.digest) != SIZES[kind]:
        return False
    blank = _with(eigrp.unsummed(data), bytes(SIZES[kind]))
    plain = read.opcode == Opcode.HELLO and not any(
        isinstance(tlv, eigrp.Unknown) and tlv.type in (Tlv.TID_LIST, 0x00F5) for tlv in read.tlvs
    )
    keys = [key for key in settings.keys if kind == SHA256 or key.number == found.key_id]
    digests = [_digest(blank, kind, key, remote, plain) for key in keys]
    if kind == MD5 and not plain:
        digests += [_md5(blank, key, len(blank)) for key in keys]
    return any(hmac.compare_digest(each, found.digest) for each in digests)


def _with(data: bytes, digest: bytes) -> bytes:
    return data[:_DIGEST_AT] + digest + data[_DIGEST_AT + len(digest) :]


def _digest(data: bytes, kind: int, key: Key, sender: IPv4, plain_hello: bool) -> bytes:
    if kind == SHA256:
        return hmac.digest(b"\n" + key.secret + str(sender).encode(), data, hashlib.sha256)
    return _md5(data, key, 0 if plain_hello else len(data) - max(0, _KEY_SIZE - len(key.secret)))


def _md5(data: bytes, key: Key, end: int) -> bytes:
    """Over the packet as far as `end`, the key in the digest's place."""
    rest = data[_DIGEST_AT + SIZES[MD5] : max(end, _DIGEST_AT + SIZES[MD5])]
    return hashlib.md5(data[:_DIGEST_AT] + key.secret.ljust(_KEY_SIZE, b"\0") + rest).digest()
