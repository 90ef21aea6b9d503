"""The other end of a GRE tunnel, in user space: the kernel's interface `gre0` to a raw socket, and back.

For kernels without GRE. Called with the outer addresses, its own first, and the address of `gre0` with its length.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import struct
import subprocess
import sys

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
GRE_OF_IPV4 = b"\0\0\x08\0"
IP_HEADER = 20


def main(local: str, remote: str, inside: str) -> None:
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"gre0", IFF_TUN | IFF_NO_PI))
    for command in (f"addr add {inside} dev gre0", "link set gre0 up mtu 1300", "route add default dev gre0"):
        subprocess.run(["ip", *command.split()], check=True)
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_GRE)
    raw.bind((local, 0))
    raw.connect((remote, 0))
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([tun, raw], [], [])
        if tun in ready:
            packet = os.read(tun, 2048)
            if packet[0] >> 4 == 4:
                raw.send(GRE_OF_IPV4 + packet)
        if raw in ready:
            packet = raw.recv(2048)[IP_HEADER:]
            if packet.startswith(GRE_OF_IPV4):
                os.write(tun, packet[len(GRE_OF_IPV4) :])


main(*sys.argv[1:])
