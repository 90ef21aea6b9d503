"""A capture is replayed as it was recorded, whoever wrote it, and what cannot be replayed is refused in a sentence."""

from __future__ import annotations

import gzip
import select
import struct
import time

import pytest

from iosh.underlay.linux.nio import CannotOpen, open_nio

MAC = bytes(6)
FRAMES = [bytes((n,)) * 60 for n in range(1, 4)]
TIMES_MS = [0, 30, 31]


def capture(order="<", nano=False, linktype=1, kept=None):
    """A file of the frames, seen 0, 30 and 31 ms after a moment close to the end of a second."""
    parts = [struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, 65535, linktype)]
    for at, frame in zip(TIMES_MS, FRAMES, strict=True):
        second, rest = divmod(1_700_000_000_980 + at, 1000)
        size = len(frame) if kept is None else kept
        fraction = rest * (1_000_000 if nano else 1000)
        parts += [struct.pack(order + "IIII", second, fraction, size, len(frame)), frame[:size]]
    return b"".join(parts)


def block(kind, body):
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def capture_ng():
    header = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack("<HHI", 1, 0, 65535))
    packets = []
    for at, frame in zip(TIMES_MS, FRAMES, strict=True):
        stamp = (1_700_000_000_980 + at) * 1000
        packets.append(block(6, struct.pack("<IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, 60, 60) + frame))
    statistics = block(5, struct.pack("<III", 0, 0, 0))
    return b"".join((header, interface, *packets, statistics))


def replayed(nio):
    """All frames with when they came, in milliseconds, from when it began."""
    poll, found = select.poll(), []
    poll.register(nio.fileno(), select.POLLIN)
    nio.look()
    began = time.monotonic_ns()
    while poll.poll(400):
        for frame in nio.read():
            found.append(((time.monotonic_ns() - began) // 1_000_000, frame))
    return found


@pytest.mark.parametrize(
    "content",
    [
        capture(), capture(">"), capture(nano=True), capture(">", nano=True), capture_ng(),
        gzip.compress(capture()),
    ],
    ids=["little endian", "big endian", "nanoseconds", "big endian nanoseconds", "pcapng", "gzip"],
)  # fmt: skip
def test_frames_come_with_their_recorded_spacing(tmp_path, content):
    (tmp_path / "in.pcap").write_bytes(content)
    nio = open_nio(f"pcap:{tmp_path}/in.pcap", MAC)
    found = replayed(nio)
    nio.close()
    assert [frame for _, frame in found] == FRAMES
    assert all(came >= at for (came, _), at in zip(found, TIMES_MS, strict=True)), found
    assert found[0][0] < found[1][0]


def test_fast_they_come_at_once(tmp_path):
    (tmp_path / "in.pcap").write_bytes(capture())
    nio = open_nio(f"pcap:{tmp_path}/in.pcap,fast", MAC)
    nio.look()
    assert nio.read() == FRAMES
    assert nio.carrier
    nio.close()


def test_nothing_comes_before_the_first_look(tmp_path):
    (tmp_path / "in.pcap").write_bytes(capture())
    nio = open_nio(f"pcap:{tmp_path}/in.pcap,fast", MAC)
    assert nio.read() == []
    nio.close()


def test_frames_kept_in_part_are_counted_and_left_out(tmp_path):
    (tmp_path / "in.pcap").write_bytes(capture(kept=40))
    nio = open_nio(f"pcap:{tmp_path}/in.pcap,fast", MAC)
    nio.look()
    assert (nio.read(), nio.errors) == ([], {"kept in part": 3})
    nio.close()


def test_what_is_sent_is_recorded_or_counted(tmp_path):
    (tmp_path / "in.pcap").write_bytes(capture())
    for word, drops in (("", {"not recorded": 3}), (f",record={tmp_path}/out.pcap", {})):
        nio = open_nio(f"pcap:{tmp_path}/in.pcap{word}", MAC)
        nio.write(FRAMES)
        nio.close()
        assert nio.drops == drops
    again = open_nio(f"pcap:{tmp_path}/out.pcap,fast", MAC)
    again.look()
    assert again.read() == FRAMES
    again.close()


@pytest.mark.parametrize(
    ("content", "word", "said"),
    [
        (capture()[:-1], "", "in.pcap is cut short after 2 frames"),
        (capture()[:-61], "", "in.pcap is cut short after 2 frames"),
        (capture_ng()[:-60], "", "in.pcap is cut short after 2 frames"),
        (capture()[:20], "", "in.pcap is no capture file"),
        (b"version 17.15\n", "", "in.pcap is no capture file"),
        (b"", "", "in.pcap is no capture file"),
        (b"\x1f\x8bjunk", "", "in.pcap is no capture file"),
        (gzip.compress(capture() * 99)[:-30], "", "in.pcap is cut short"),
        (capture(linktype=113), "", "other frames than Ethernet (link type 113)"),
        (None, "", "in.pcap cannot be read: No such file"),
        (capture(), ",slow", "write pcap:FILE, with ,fast or ,record=FILE"),
        (capture(), ",record={}/in.pcap", "record to another file"),
        (capture(), ",record={}/no/where", "cannot be written"),
    ],
)
def test_what_cannot_be_replayed_is_refused_in_a_sentence(tmp_path, content, word, said, capfd):
    if content is not None:
        (tmp_path / "in.pcap").write_bytes(content)
    with pytest.raises(CannotOpen) as refused:
        open_nio(f"pcap:{tmp_path}/in.pcap{word.format(tmp_path)}", MAC)
    assert said in str(refused.value)
    assert capfd.readouterr().err == ""
