"""CDP and LLDP on the wire: both ways, against scapy and tshark, and against anything else."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.wire import cdp, lldp
from iosh.wire.cdp import Cdp
from iosh.wire.lldp import Ident, Lldp

MAC = bytes.fromhex("0200000000aa")
ADDRESS = IPv4.parse("192.0.2.1")
TOLD = Cdp(
    "hub.example.com", "GigabitEthernet1", 180, "cisco IOSH", 0x29, "some software", (ADDRESS,), (ADDRESS,), 7, True
)
SAID = Lldp(
    Ident(lldp.CHASSIS_MAC, MAC), Ident(lldp.PORT_NAME, b"Gi1"), 120, "to the hub", "hub", "software", (0x14, 0x10),
    (ADDRESS,),
)  # fmt: skip

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), min_size=1, max_size=40)
ADDRESSES = st.lists(st.integers(0, 0xFFFFFFFF).map(IPv4), max_size=3).map(tuple)
TOLDS = st.builds(
    Cdp, TEXT, TEXT, st.integers(0, 255), TEXT, st.integers(0, 0xFFFFFFFF), TEXT, ADDRESSES, ADDRESSES,
    st.none() | st.integers(0, 0xFFFF), st.none() | st.booleans(), st.just(2),
)  # fmt: skip
IDENTS = st.builds(Ident, st.integers(1, 7), st.binary(min_size=1, max_size=255))
SAIDS = st.builds(
    Lldp, IDENTS, IDENTS, st.integers(0, 0xFFFF), st.none() | TEXT, st.none() | TEXT, st.none() | TEXT,
    st.none() | st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)), ADDRESSES,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(TOLDS)
@example(TOLD)
def test_a_cdp_message_reads_back(message: Cdp) -> None:
    frame = cdp.frame(MAC, message.encode())
    padded = frame + bytes(max(0, 60 - len(frame)))
    assert cdp.payload(padded[12:]) == message.encode()
    assert Cdp.decode(message.encode()) == message


@settings(max_examples=200, deadline=None)
@given(SAIDS)
@example(SAID)
def test_an_lldpdu_reads_back_with_padding_behind_it(message: Lldp) -> None:
    assert Lldp.decode(message.encode() + bytes(20)) == message


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=120), st.data())
def test_anything_else_is_malformed_and_nothing_else(junk: bytes, data: st.DataObject) -> None:
    for decode, good in ((Cdp.decode, TOLD.encode()), (Lldp.decode, SAID.encode())):
        at = data.draw(st.integers(0, len(good)))
        for message in (junk, good[:at] + junk, good[:at] + junk + good[at + len(junk) :]):
            try:
                decode(message)
            except Malformed:
                pass
    cdp.payload(junk)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_damage_inside_a_valid_checksum_is_malformed_and_nothing_else(body: bytes) -> None:
    data = b"\x02\xb4\0\0" + body
    sealed = data[:2] + cdp.checksum(data).to_bytes(2, "big") + data[4:]
    try:
        Cdp.decode(sealed)
    except Malformed as refusal:
        assert "checksum" not in str(refusal)


def test_what_must_be_there_must_be_there() -> None:
    with pytest.raises(Malformed, match="without device or port"):
        Cdp.decode(Cdp("", "Gi1").encode())
    with pytest.raises(Malformed, match="checksum"):
        Cdp.decode(TOLD.encode()[:-1] + b"\x07")
    with pytest.raises(Malformed, match="order"):
        Lldp.decode(SAID.encode()[9:])
    with pytest.raises(Malformed, match="said twice"):
        Lldp.decode(SAID.encode()[:-2] + SAID.encode())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("device", ["hub", "hubs", "hub\u00e9", "hubz\u00ff"])  # both parities, and a signed last byte
def test_scapy_reads_our_cdp_and_agrees_on_the_checksum(device: str) -> None:
    contrib = pytest.importorskip("scapy.contrib.cdp")
    for message in (TOLD._replace(device=device), Cdp(device, "x\u00ff")):
        data = message.encode()
        heard = contrib.CDPv2_HDR(data)
        assert (heard.vers, heard.ttl) == (2, 180)
        assert heard[contrib.CDPMsgDeviceID].val == device.encode()
        del heard.cksum
        assert bytes(heard)[2:4] == data[2:4]


def test_scapy_reads_our_lldp() -> None:
    contrib = pytest.importorskip("scapy.contrib.lldp")
    heard = contrib.LLDPDU(SAID.encode())
    assert heard[contrib.LLDPDUChassisID].id == "02:00:00:00:00:aa"
    assert heard[contrib.LLDPDUPortID].id == b"Gi1"
    assert heard[contrib.LLDPDUTimeToLive].ttl == 120
    assert heard[contrib.LLDPDUSystemName].system_name == b"hub"
    capabilities = heard[contrib.LLDPDUSystemCapabilities]
    assert (capabilities.router_available, capabilities.router_enabled, capabilities.mac_bridge_enabled) == (1, 1, 0)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not here")
def test_tshark_reads_both_without_a_complaint(tmp_path: Path) -> None:
    frames = [
        cdp.frame(MAC, message.encode())
        for message in (
            TOLD,
            TOLD._replace(device="hub"),
            TOLD._replace(software="odd\u00ff"),
            TOLD._replace(port="e0"),
        )
    ]
    frames.append(lldp.frame(MAC, SAID.encode()))
    data = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")
    for frame in frames:
        data += bytes(8) + len(frame).to_bytes(4, "little") * 2 + frame
    (tmp_path / "both.pcap").write_bytes(data)
    said = subprocess.run(
        ["tshark", "-n", "-V", "-r", tmp_path / "both.pcap"], capture_output=True, text=True, check=True
    ).stdout
    assert said.count("[correct]") == 4
    assert "Malformed" not in said and "incorrect" not in said
    assert "Device ID: hub.example.com" in said and "Platform: cisco IOSH" in said
    assert "System Name = hub" in said or "System Name: hub" in said
