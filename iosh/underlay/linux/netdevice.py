"""What Linux tells and lets be set of a network interface: number, state, addresses (netdevice(7))."""

from __future__ import annotations

import fcntl
import hashlib
import socket
import struct
from array import array
from pathlib import Path
from typing import Final

from iosh.base.addr import IPv4, length_of

_GET_FLAGS, _SET_FLAGS, _GET_ADDRESS = 0x8913, 0x8914, 0x8927
_LIST_ADDRESSES, _GET_MASK = 0x8912, 0x891B
_UP, _RUNNING = 0x1, 0x40
_ETHERNET: Final = 1
_REQUEST: Final = struct.Struct("16sH22x")
_PLACE: Final = struct.Struct("16sH2x4s16x")  # an interface request with an IPv4 socket address
_OUTPUT_DROPS: Final = 11  # in /proc/net/dev: eight columns for what comes, then bytes, packets, errs, drop
_MOST: Final = 1024  # addresses of a host


def index(name: str) -> int:
    """Its number, 0 if there is no such interface."""
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return 0


def is_running(name: str) -> bool:
    """Is it up, with a cable?"""
    try:
        flags = _flags(name)
    except OSError:
        return False
    return flags & (_UP | _RUNNING) == _UP | _RUNNING


def is_ethernet(name: str) -> bool:
    """Does it carry Ethernet frames? (`lo` and tunnels do not, or only by name.)"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        answer = fcntl.ioctl(door, _GET_ADDRESS, _REQUEST.pack(name.encode(), 0))
    return bool(_REQUEST.unpack(answer)[1] == _ETHERNET)


def set_up(name: str) -> None:
    """`ip link set NAME up`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        fcntl.ioctl(door, _SET_FLAGS, _REQUEST.pack(name.encode(), _flags(name) | _UP))


def lost_on_the_way_out(name: str) -> int:
    """Frames that the host dropped instead of sending them by this interface (proc_pid_net(5))."""
    for line in Path("/proc/net/dev").read_text().splitlines():
        label, _, figures = line.strip().partition(":")
        if label == name:
            return int(figures.split()[_OUTPUT_DROPS])
    return 0


def addresses() -> list[tuple[str, IPv4]]:
    """The IPv4 addresses of all interfaces by label (`eth0`, `eth0:1`), each interface's first one first."""
    room = array("B", bytes(_MOST * _PLACE.size))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        filled = fcntl.ioctl(door, _LIST_ADDRESSES, struct.pack("iP", len(room), room.buffer_info()[0]))
    size = struct.unpack_from("i", filled)[0]
    found = _PLACE.iter_unpack(room.tobytes()[: size - size % _PLACE.size])
    return [(label.rstrip(b"\0").decode(), IPv4.unpack(address)) for label, _, address in found]


def mask_length(label: str, address: IPv4) -> int:
    """How long the network of this address is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        request = _PLACE.pack(label.encode(), socket.AF_INET, address.packed)
        mask = _PLACE.unpack(fcntl.ioctl(door, _GET_MASK, request))[2]
    return length_of(IPv4.unpack(mask))


def _flags(name: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        answer = fcntl.ioctl(door, _GET_FLAGS, _REQUEST.pack(name.encode(), 0))
    return int(_REQUEST.unpack(answer)[1])


def stable_mac(*words: str) -> bytes:
    """A locally administered MAC address that stays the same on this machine for the same words, and is no other's."""
    try:
        machine = Path("/etc/machine-id").read_bytes()
    except OSError:
        machine = socket.gethostname().encode()
    digest = hashlib.blake2b("\0".join(words).encode(), key=machine[:64], digest_size=5).digest()
    return b"\x02" + digest
