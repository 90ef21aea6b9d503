"""ESP of a Linux cloud (strongSwan's keys, the kernel's ESP), recorded: it opens to what went in."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from iosh.proto.esp.sa import InboundSa
from iosh.proto.esp.suite import Keys, Suite, suite

DATA = Path(__file__).parent.parent / "data"
SUITES = {"ipsec-gcm": suite(20, 128, 0), "ipsec-cbc-sha256": suite(12, 256, 12)}


def packets(path: Path) -> Iterator[tuple[str, str, int, bytes]]:
    """Source, destination, protocol and payload of each IPv4 packet in a file."""
    from scapy.utils import RawPcapReader

    with RawPcapReader(str(path)) as reader:
        for frame, _ in reader:
            if frame[12:14] == b"\x08\x00":
                packet = frame[14 : 14 + int.from_bytes(frame[16:18], "big")]
                head = (packet[0] & 15) * 4
                source, destination = (".".join(map(str, packet[at : at + 4])) for at in (12, 16))
                yield source, destination, packet[9], packet[head:]


def inbound(name: str, chosen: Suite) -> dict[int, tuple[str, str, InboundSa]]:
    """The SAs of the `esp_sa` file beside a capture, by SPI, with their addresses."""
    found = {}
    with (DATA / f"{name}.wireshark" / "esp_sa").open() as lines:
        for _, source, destination, spi, _, cipher, _, check in csv.reader(lines):
            keys = Keys(bytes.fromhex(cipher[2:]), bytes.fromhex(check[2:]))
            found[int(spi, 16)] = source, destination, InboundSa(int(spi, 16), chosen, keys)
    return found


@pytest.mark.parametrize(("name", "chosen"), SUITES.items(), ids=list(SUITES))
def test_every_packet_opens_to_what_the_clear_capture_holds(name: str, chosen: Suite) -> None:
    sas = inbound(name, chosen)
    opened, seen = [], 0
    for source, destination, protocol, data in packets(DATA / f"{name}.pcap"):
        if protocol != 50:
            opened.append((source, destination, protocol, data))
            continue
        seen += 1
        expected_source, expected_destination, sa = sas[int.from_bytes(data[:4], "big")]
        assert (source, destination) == (expected_source, expected_destination)
        opened.append((source, destination, *sa.open(data)))
    assert seen > 50
    assert opened == list(packets(DATA / f"{name}-clear.pcap"))
    assert all(not sa.counters for _, _, sa in sas.values())
    assert sum(sa.packets for _, _, sa in sas.values()) == seen
