"""tshark reads our IKE: in the clear, and with the exported keys also what is encrypted; nothing is malformed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from iosh.wire.wireshark import ikev2_decryption

HARNESS = Path(__file__).parent.parent / "proto" / "ike" / "conftest.py"
pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def harness():
    spec = importlib.util.spec_from_file_location("ike_harness", HARNESS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def frame(datagram) -> bytes:
    """The datagram in UDP, IPv4 and Ethernet."""
    payload = datagram.payload
    udp = struct.pack("!HHHH", datagram.local_port, datagram.remote_port, 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    return bytes(12) + b"\x08\x00" + ip + datagram.local.packed + datagram.remote.packed + udp


def dissect(folder: Path, pair) -> str:
    """What `tshark -V` says of everything the two said, with A's keys."""
    capture = folder / "ike.pcap"
    with capture.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for at, _, datagram in pair.datagrams:
            data = frame(datagram)
            out.write(struct.pack("<IIII", at // 10**9, at % 10**9 // 1000, len(data), len(data)) + data)
    lines = []
    for keys in pair.a.witnessed:
        spis = keys.initiator_spi.to_bytes(8, "big"), keys.responder_spi.to_bytes(8, "big")
        lines.append(ikev2_decryption(*spis, *keys[2:]))
    (folder / "ikev2_decryption_table").write_text("\n".join(lines) + "\n")
    environment = {**os.environ, "WIRESHARK_CONFIG_DIR": str(folder)}
    command = ["tshark", "-r", str(capture), "-V", "-o", "ip.check_checksum:FALSE"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("encryption", "integrity"), [("aes-cbc-256", ("sha256",)), ("aes-cbc-128", ("sha1",)), ("aes-gcm-256", ())]
)
def test_a_whole_life_of_a_session_is_read(tmp_path: Path, encryption: str, integrity: tuple[str, ...]) -> None:
    ike = harness()
    wish = {"encryption": (encryption,), "integrity": integrity, "gate": {"pfs_group": 19}}
    pair = ike.Pair(ike.settings_of(ike.A, **wish), ike.settings_of(ike.B, **wish)).up()
    (child,) = pair.a.ike.sas()[0].children.values()
    pair.a.ike.sa_expired(child.inbound_spi, False, pair.now)
    pair.run(1)
    pair.a.ike.wake(("rekey", pair.a.ike.sas()[0].own_spi), pair.now)
    pair.run(1)
    pair.a.ike.stop(pair.now)
    pair.run(1)
    text = dissect(tmp_path, pair)
    assert "Malformed" not in text and "Bogus" not in text
    assert text.count("Internet Security Association and Key Management Protocol") == len(pair.datagrams) == 14
    for seen in (
        "Identification - Initiator", "Identification - Responder", "Authentication (39)",
        "Traffic Selector - Initiator", "USE_TRANSPORT_MODE", "INITIAL_CONTACT", "REKEY_SA", "Payload: Delete (42)",
    ):  # fmt: skip
        assert seen in text, seen
    assert "Incorrect" not in text and "[incorrect" not in text.lower()


def test_pieces_and_nat_traversal_are_read(tmp_path: Path) -> None:
    ike = harness()
    wish = {"fragmentation_mtu": 200}
    pair = ike.Pair(ike.settings_of(ike.A, **wish), ike.settings_of(ike.B, **wish)).want().run(1)
    text = dissect(tmp_path, pair)
    assert "Malformed" not in text
    assert "Encrypted and Authenticated Fragment" in text
    assert "IKEV2_FRAGMENTATION_SUPPORTED" in text
