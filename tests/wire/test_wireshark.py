"""Key files: the same lines the recorded cloud has, and tshark decrypts with them what we and others seal."""

from __future__ import annotations

import csv
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from iosh.base.addr import IPv4
from iosh.base.rng import Rng
from iosh.proto.esp.sa import OutboundSa
from iosh.proto.esp.suite import Keys, Suite, suite
from iosh.wire import ipv4
from iosh.wire.ethernet import Ethernet
from iosh.wire.ipv4 import Ipv4
from iosh.wire.udp import Udp
from iosh.wire.wireshark import esp_sa, ikev2_decryption

DATA = Path(__file__).parent.parent / "data"
A, B = IPv4.parse("192.0.2.1"), IPv4.parse("192.0.2.11")
SUITES = [
    *(suite(20, bits, 0) for bits in (128, 192, 256)),
    *(suite(12, bits, check) for bits in (128, 256) for check in (2, 12, 13, 14)),
    *(suite(11, 0, check) for check in (2, 12)),
]


@pytest.mark.parametrize(("name", "ids"), [("ipsec-gcm", (20, 0)), ("ipsec-cbc-sha256", (12, 12))])
def test_lines_are_those_of_the_recorded_files(name: str, ids: tuple[int, int]) -> None:
    lines = (DATA / f"{name}.wireshark" / "esp_sa").read_text().splitlines()
    for line, (_, source, destination, spi, _, cipher, _, check) in zip(lines, csv.reader(lines), strict=True):
        keys = bytes.fromhex(cipher[2:]), bytes.fromhex(check[2:])
        line = line.replace("AES-GCM [RFC4106]", "AES-GCM with 16 octet ICV [RFC4106]")  # lets Wireshark check the ICV
        line = line.replace("ANY 128 bit authentication [no checking]", "NULL")
        assert esp_sa(IPv4.parse(source), IPv4.parse(destination), int(spi, 16), *ids, *keys) == line


@pytest.mark.parametrize("name", ["ipsec-gcm", "ipsec-cbc-sha256"])
def test_ike_lines_are_those_of_the_recorded_files(name: str) -> None:
    lines = (DATA / f"{name}.wireshark" / "ikev2_decryption_table").read_text().splitlines()
    for line, fields in zip(lines, csv.reader(lines), strict=True):
        spi_i, spi_r, ei, er, _, ai, ar, _ = fields
        keys = [bytes.fromhex(each) for each in (ei, er, ai, ar)]
        assert ikev2_decryption(bytes.fromhex(spi_i), bytes.fromhex(spi_r), 12, 256, 12, *keys) == line


# --- tshark ---------------------------------------------------------------------------------------------------------


def tshark(
    folder: Path, packets: list[Ipv4], tables: dict[str, str], fields: tuple[str, ...], check: bool = False
) -> list[str]:
    """The fields of packets as tshark sees them with these key files."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    from scapy.utils import RawPcapWriter

    profile = folder / "wireshark"
    profile.mkdir()
    for name, line in tables.items():
        (profile / name).write_text(line + "\n")
    with RawPcapWriter(str(folder / "packets.pcap"), linktype=1) as writer:
        writer.write_header(None)
        for packet in packets:
            writer.write_packet(Ethernet(bytes(6), bytes(6), 0x0800, packet.encode()).encode())
    run = subprocess.run(
        ["tshark", "-r", str(folder / "packets.pcap"), "-Tfields", *(f"-e{field}" for field in fields),
         "-oesp.enable_encryption_decode:TRUE", f"-oesp.enable_authentication_check:{str(check).upper()}"],
        env={"WIRESHARK_CONFIG_DIR": str(profile), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
        check=True,
        text=True,
    )  # fmt: skip
    assert "rror" not in run.stderr.replace("dangerous", "")
    return run.stdout.splitlines()


@pytest.mark.parametrize("check", [True, False], ids=["checked", "unchecked"])
@pytest.mark.parametrize("chosen", SUITES, ids=str)
def test_tshark_decrypts_our_esp(chosen: Suite, check: bool, tmp_path: Path) -> None:
    rng = Rng(chosen.name)
    keys = Keys(rng.bytes(chosen.encryption_key), rng.bytes(chosen.integrity_key))
    sa = OutboundSa(0xABCD1234, chosen, keys, rng)
    datagram = Udp(1234, 7, b"inside out").encode(A, B)
    packets = [Ipv4(A, B, ipv4.ESP, sa.seal(datagram, ipv4.UDP)) for _ in range(2)]
    line = esp_sa(A, B, sa.spi, chosen.encryption, chosen.integrity, *keys)
    shown = tshark(tmp_path, packets, {"esp_sa": line}, ("esp.sequence", "udp.dstport", "udp.payload"), check)
    assert shown == [f"{n}\t7\t{b'inside out'.hex()}" for n in (1, 2)]


def ike_message(encryption: int, key: bytes, check: bytes) -> bytes:
    """An INFORMATIONAL request with one notification (16404, three bytes), encrypted (RFC 7296, RFC 5282)."""
    inner = struct.pack("!BBHBBH", 0, 0, 11, 0, 0, 16404) + b"abc"
    plain = inner + bytes(-(len(inner) + 1) % 16) + bytes((-(len(inner) + 1) % 16,))
    iv, icv = (bytes(8), 16) if encryption == 20 else (bytes(16), 16)
    size = 28 + 4 + len(iv) + len(plain) + icv
    head = b"initiatr" + b"respondr" + struct.pack("!BBBBII", 46, 0x20, 37, 0x08, 0, size)
    head += struct.pack("!BBH", 41, 0, size - 28)
    if encryption == 20:
        return head + iv + AESGCM(key[:-4]).encrypt(key[-4:] + iv, plain, head)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    covered = head + iv + encryptor.update(plain) + encryptor.finalize()
    running = hmac.HMAC(check, hashes.SHA256())
    running.update(covered)
    return covered + running.finalize()[:icv]


@pytest.mark.parametrize(
    ("encryption", "bits", "integrity"), [(20, 128, 0), (20, 256, 0), (12, 128, 12), (12, 256, 12)]
)
def test_tshark_decrypts_ike(encryption: int, bits: int, integrity: int, tmp_path: Path) -> None:
    rng = Rng(f"{encryption} {bits}")
    size = bits // 8 + (4 if encryption == 20 else 0)
    ei, er = rng.bytes(size), rng.bytes(size)
    ai, ar = (rng.bytes(32), rng.bytes(32)) if integrity else (b"", b"")
    datagram = Udp(500, 500, ike_message(encryption, ei, ai)).encode(A, B)
    line = ikev2_decryption(b"initiatr", b"respondr", encryption, bits, integrity, ei, er, ai, ar)
    packets = [Ipv4(A, B, ipv4.UDP, datagram)]
    shown = tshark(tmp_path, packets, {"ikev2_decryption_table": line}, ("isakmp.notify.msgtype", "isakmp.notify.data"))
    assert shown == ["16404\t616263"]
