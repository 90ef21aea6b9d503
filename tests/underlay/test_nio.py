"""Ways out: what goes in at one end comes out at the other, and what cannot be is said."""

from __future__ import annotations

import socket

import pytest

from iosh.base.rng import OsRng
from iosh.router.ports import OVERRUN
from iosh.underlay.linux.nio import CannotOpen, open_nio
from iosh.underlay.linux.patch import Patch
from iosh.underlay.sim.world import World

MAC = b"\x02\x00\x00\x00\x00\x09"
FRAMES = [bytes(60), b"\xff" * 1514]


def read(nio, count):
    """That many frames, however the kernel hands them over."""
    frames: list[bytes] = []
    while len(frames) < count:
        got = nio.read()
        assert got, f"{len(frames)} of {count} frames came, {nio.drops}"
        frames += got
    return frames


@pytest.fixture
def udp_pair():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as a, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as b:
        a.bind(("127.0.0.1", 0))
        b.bind(("127.0.0.1", 0))
        near, far = a.getsockname()[1], b.getsockname()[1]
    ends = [open_nio(f"udp:127.0.0.1:{one}-127.0.0.1:{other}", MAC) for one, other in ((near, far), (far, near))]
    yield ends
    for end in ends:
        end.close()


def test_frames_cross_a_udp_cable(udp_pair):
    one, other = udp_pair
    one.write(FRAMES)
    assert read(other, 2) == FRAMES
    assert other.read() == []


def test_a_stranger_on_a_udp_cable_is_counted_and_not_heard(udp_pair):
    one, _ = udp_pair
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"frame", ("127.0.0.1", int(one.word.partition("-")[0].rpartition(":")[2])))
    assert (one.read(), one.errors) == ([], {"stranger": 1})


def test_nobody_at_the_other_end_is_counted_and_no_harm(tmp_path):
    nio = open_nio(f"unix:{tmp_path}/x:{tmp_path}/y", MAC)
    nio.write(FRAMES)
    assert (nio.read(), nio.drops) == ([], {"nobody there": 2})
    nio.close()


def test_a_full_buffer_is_a_counted_drop(tmp_path):
    ends = [open_nio(f"unix:{tmp_path}/{a}:{tmp_path}/{b}", MAC) for a, b in ("xy", "yx")]
    ends[0].write(FRAMES * 1000)
    assert ends[0].drops["buffer full"] > 0
    assert read(ends[1], 2)[:2] == FRAMES
    for end in ends:
        end.close()


def test_what_comes_faster_than_it_is_taken_is_counted(udp_pair):
    one, other = udp_pair
    one.write([bytes(1500)] * 4000)
    other.look()
    other.look()
    taken = []
    while got := other.read():
        taken += got
    assert other.errors == {OVERRUN: 4000 - len(taken)} and taken


def test_frames_cross_between_two_socket_files(tmp_path):
    ends = [open_nio(f"unix:{tmp_path}/{a}:{tmp_path}/{b}", MAC) for a, b in ("xy", "yx")]
    ends[1].write(FRAMES)
    assert read(ends[0], 2) == FRAMES
    for end in ends:
        end.close()
    assert list(tmp_path.iterdir()) == []


def test_the_socket_file_of_a_killed_process_is_taken_over(tmp_path):
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    dead.bind(str(tmp_path / "x"))
    dead.close()
    nio = open_nio(f"unix:{tmp_path}/x:{tmp_path}/y", MAC)
    nio.close()


@pytest.mark.parametrize(
    "word",
    [
        "udp:127.0.0.1:1", "udp:127.0.0.1:0-127.0.0.1:2", "udp:127.0.0.1:1-[::1]:2", "udp:here:1-there:2",
        "unix:onlyone", "unix::x", "no interface", "a-name-longer-than-fifteen", "", "vxlan:7", "nowhere0",
    ],
)  # fmt: skip
def test_what_is_no_way_out_is_refused_with_a_sentence(word):
    with pytest.raises(CannotOpen) as refused:
        open_nio(word, MAC)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) > 20


def test_a_seeded_world_stays_off_real_wires(udp_pair):
    world = World(seed=7)
    with pytest.raises(ValueError, match="seeded"):
        Patch(world, world.port("r", "e0"), udp_pair[0])


def test_a_patched_port_has_carrier_sends_and_hears(udp_pair, witness):
    world = World(rng=OsRng())
    port, node = witness(world, "r")
    patch = Patch(world, port, udp_pair[0])
    world.run_for(1)
    assert node.carriers == [(0, "e0", True)]
    port.send(FRAMES)
    assert read(udp_pair[1], 2) == FRAMES
    udp_pair[1].write(FRAMES)
    while patch.read():
        pass
    assert [frame for _, _, frame in node.heard] == FRAMES


def test_a_router_without_power_is_not_heard(udp_pair, witness):
    world = World(rng=OsRng())
    port, node = witness(world, "r")
    patch = Patch(world, port, udp_pair[0])
    world.run_for(1)
    patch.cut()
    world.run_for(1)
    port.send(FRAMES)
    udp_pair[1].write(FRAMES)
    assert (patch.read(), node.heard, udp_pair[1].read()) == (True, [], [])
    patch.heal()
    world.run_for(1)
    assert [up for _, _, up in node.carriers] == [True, False, True]
