"""Digests that IOS made, as they are published (John the Ripper's tests): a packet that has one is genuine."""

from __future__ import annotations

import pytest

from iosh.base.addr import IPv4
from iosh.proto.eigrp.digest import is_genuine, signed
from iosh.proto.eigrp.settings import AuthenticationSettings, Key
from iosh.wire import eigrp
from iosh.wire.eigrp import Authentication, Eigrp, Opcode, Parameter

HELLO = Parameter((1, 0, 1, 0, 0, 0), 15)
FROM = IPv4.parse("10.0.0.2")
MORE = "0001000c010001000000000f000400080500030000f5000c0000000400000000"
SHA_MORE = "0001000c010001000000000f000400080f00020000f5000a000000020000"


def packet(system: int, kind: int, key_id: int, digest: str, more: bytes) -> bytes:
    head = Eigrp(Opcode.HELLO, system)
    return eigrp.packet(head, Authentication(kind, key_id, 0, bytes.fromhex(digest)).encode() + more)


@pytest.mark.parametrize(
    ("system", "digest", "password", "more"),
    [
        (42, "1a42aaf8ebe2f766100ea1fa05a5fa55", "password12345", HELLO.encode()),
        (42, "f29e7d44351d37e6fc71e2aacca63d28", "1234567812345", HELLO.encode()),
        (42, "61f237e29d28538a372f01121f2cd12f", "123456789012345678901234567890", HELLO.encode()),
        (1, "212acb1cb76b31a810a9752c5cf6f554", "ninja", HELLO.encode()),
        (42, "560c87396267310978883da92c0cff90", "password12345", bytes.fromhex(MORE)),
    ],
)
def test_md5_of_ios(system: int, digest: str, password: str, more: bytes) -> None:
    data = packet(system, 2, 1, digest, more)
    right = AuthenticationSettings("md5", (Key(1, password.encode()),))
    assert is_genuine(data, Eigrp.decode(data), right, FROM)
    wrong = AuthenticationSettings("md5", (Key(1, b"other"),))
    assert not is_genuine(data, Eigrp.decode(data), wrong, FROM)


def test_hmac_sha_256_of_ios() -> None:
    digest = "cff66484cea20c6f58f175f8c004fc6d73be72090e53429c2616309aca38d5f3"
    data = packet(10, 3, 0, digest, bytes.fromhex(SHA_MORE))
    right = AuthenticationSettings("sha256", (Key(0, b"password12345"),))
    assert is_genuine(data, Eigrp.decode(data), right, FROM)
    assert not is_genuine(data, Eigrp.decode(data), right, IPv4.parse("10.0.0.3")), "another sender's"


@pytest.mark.parametrize("mode", ["md5", "sha256"])
@pytest.mark.parametrize("opcode", [Opcode.HELLO, Opcode.UPDATE])
def test_ours_are_genuine_and_a_changed_update_is_not(mode: str, opcode: Opcode) -> None:
    settings = AuthenticationSettings(mode, (Key(3, b"secret"), Key(4, b"next")))
    data = signed(Eigrp(opcode, 9, sequence=5), HELLO.encode() * 2, settings, FROM)
    assert is_genuine(data, Eigrp.decode(data), settings, FROM)
    forged = eigrp.summed(eigrp.unsummed(data[:-13] + b"\x99" + data[-12:]))
    assert is_genuine(forged, Eigrp.decode(forged), settings, FROM) == (mode == "md5" and opcode == Opcode.HELLO)


def test_a_key_that_is_on_its_way_out_is_accepted_by_its_number() -> None:
    old = AuthenticationSettings("md5", (Key(1, b"old"),))
    both = AuthenticationSettings("md5", (Key(2, b"new"), Key(1, b"old")))
    data = signed(Eigrp(Opcode.UPDATE, 9), b"", old, FROM)
    assert is_genuine(data, Eigrp.decode(data), both, FROM)
