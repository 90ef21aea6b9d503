"""Junk for a router on a cable: good frames of all it speaks, damaged at random but repeatably, a round for each line.

Called with the interface and how many frames a round has. After each round the router is asked for its MAC address,
which it says when all of the round is behind it; `alive` or `dead` is printed, and how many frames were sent so far.
One in ten is a super-frame whose virtio-net header (checksum and segments still to be made) says anything that this
kernel lets pass.
"""

from __future__ import annotations

import contextlib
import logging
import random
import socket
import struct
import sys

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import GRE, ICMP, IP, TCP, UDP, IPOption
from scapy.layers.ipsec import ESP
from scapy.layers.isakmp import ISAKMP
from scapy.layers.l2 import ARP, Dot1Q, Dot3, Ether
from scapy.packet import Raw

US, ROUTER, TAG = "10.1.0.7", "10.1.0.1", 0x8100
IP_AT = 14
PATIENCE_S = 15
NHRP_REGISTRATION = bytes.fromhex(
    "00010800000000000000ff000034000001030400040400000001000000010a0100070aff00070aff000100ff0578001c200000000080030000"
)
SOL_PACKET, VNET_HDR = 263, 15
VNET = struct.Struct("<BBHHHH")  # flags, kind of segments, length of headers, of a segment, checksum from, and where
KINDS = (0, 1, 1, 1, 3, 4, 5, 0x81, 0x85, 255)
CDP = bytes.fromhex(
    "02b4000000010005620002001100000001010 1cc0004 0a010007".replace(" ", "") + "0003000665740004000800000001"
)
IKE = ISAKMP(init_cookie=b"initspi!", version=0x20, exch_type=34, flags=8, next_payload=33)


def samples(mac: bytes) -> list[bytes]:
    """One good frame of each kind; UDP without a checksum, so that damage is not found at once."""
    to_us, to_all = Ether(src="02:00:00:00:00:07", dst=mac.hex(":")), Ether(src="02:00:00:00:00:07", dst=b"\xff" * 6)
    ip = IP(src=US, dst=ROUTER)
    nhrp = Raw(b"\0\0\x20\x01" + NHRP_REGISTRATION)
    body = bytes(range(1, 200))
    frames = [
        to_all / ARP(psrc=US, pdst=ROUTER),
        to_us / ip / ICMP() / body,
        to_us / ip / ICMP(type=3, code=4, nexthopmtu=600) / bytes(IP(src=ROUTER, dst=US, proto=47) / body[:8]),
        to_us / ip / TCP(dport=22, flags="S"),
        to_us / ip / UDP(sport=500, dport=500, chksum=0) / IKE / body,
        to_us / ip / UDP(sport=4500, dport=4500, chksum=0) / (b"\0\0\0\0" + bytes(IKE) + body),
        to_us / ip / UDP(sport=4500, dport=4500, chksum=0) / ESP(spi=0x1234, seq=1, data=body),
        to_us / ip / UDP(sport=4500, dport=4500, chksum=0) / b"\xff",
        to_us / ip / ESP(spi=0x1234, seq=1, data=body),
        to_us / IP(src=US, dst=ROUTER, proto=47) / nhrp,
        to_us / ip / GRE() / IP(src="10.255.0.7", dst="10.255.0.1") / ICMP() / body,
        to_us / ip / UDP(sport=123, dport=123, chksum=0) / bytes([0x24, *range(47)]),
        to_us / IP(src=US, dst=ROUTER, flags="MF", frag=0, proto=17) / body[:64],
        to_us / IP(src=US, dst=ROUTER, frag=8, proto=17) / body[64:],
        to_us / IP(src=US, dst=ROUTER, ihl=15, options=[IPOption(b"\x07\x27\x04" + bytes(36))], proto=1) / body,
        to_us / IP(src=US, dst="10.12.0.9") / UDP(dport=53, chksum=0) / body,
        to_all / Dot1Q(vlan=12) / ARP(psrc="10.12.0.7", pdst="10.12.0.1"),
        to_us / Dot1Q(vlan=12) / IP(src="10.12.0.7", dst="10.12.0.1") / ICMP() / body,
        to_all / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67, chksum=0)
        / BOOTP(chaddr=b"\2\0\0\0\0\7") / DHCP(options=[("message-type", "discover"), "end"]),
        Ether(src="02:00:00:00:00:07", dst="01:80:c2:00:00:0e", type=0x88CC)
        / bytes.fromhex("02070402000000000704030567690031060200780000"),
        Dot3(src="02:00:00:00:00:07", dst="01:00:0c:cc:cc:cc") / bytes.fromhex("aaaa0300000c2000") / CDP,
    ]  # fmt: skip
    return [bytes(frame) for frame in frames]


def damaged(good: bytes, dice: random.Random) -> bytes:
    """Some bytes are others, or it is cut or longer; half of the time the IP header's checksum is right nonetheless."""
    frame = bytearray(good)
    for _ in range(dice.randrange(6)):
        frame[dice.randrange(12, len(frame))] = dice.randrange(256)
    if dice.random() < 0.2:
        del frame[dice.randrange(IP_AT, len(frame)) :]
    if dice.random() < 0.1 and len(frame) < 1400:
        frame += dice.randbytes(dice.randrange(1, 1401 - len(frame)))
    if dice.random() < 0.5 and len(frame) > IP_AT + 60:
        at = IP_AT + (4 if frame[12:14] == TAG.to_bytes(2, "big") else 0)
        frame[at + 10 : at + 12] = b"\0\0"
        words = sum(int.from_bytes(frame[n : n + 2], "big") for n in range(at, at + (frame[at] & 15) * 4, 2))
        frame[at + 10 : at + 12] = (0xFFFF - words % 0xFFFF).to_bytes(2, "big")
    return bytes(frame)


def super_frame(mac: bytes, dice: random.Random) -> bytes:
    """TCP in one piece of any length, and a header about it that need not be true."""
    ip = IP(src=US, dst=dice.choice((ROUTER, "10.12.0.9")))
    frame = (
        Ether(src="02:00:00:00:00:07", dst=mac.hex(":")) / ip / TCP(dport=22, flags="A") / bytes(dice.randrange(9000))
    )
    numbers = [dice.choice((0, 1, 14, 34, 50, 54, 1400, dice.randrange(65536))) for _ in range(4)]
    return VNET.pack(dice.choice((0, 1, 2, 255)), dice.choice(KINDS), *numbers) + damaged(bytes(frame), dice)


def answer(line: socket.socket) -> bytes | None:
    """The router's MAC address, if it says so. (What it answered to junk may leave no room for the first answer.)"""
    request = Ether(src="02:00:00:00:00:07", dst=b"\xff" * 6) / ARP(hwsrc="02:00:00:00:00:07", psrc=US, pdst=ROUTER)
    for _ in range(PATIENCE_S):
        line.send(bytes(request))
        try:
            while True:
                frame = line.recv(2048)
                if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2" and frame[28:32] == socket.inet_aton(ROUTER):
                    return frame[6:12]
        except TimeoutError:
            continue
    return None


def main(device: str, count: int) -> None:
    line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    line.bind((device, 0))
    line.settimeout(1)
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    raw.bind((device, 0))
    raw.setsockopt(SOL_PACKET, VNET_HDR, 1)
    dice = random.Random(7)
    mac = answer(line)
    good = samples(mac or b"\xff" * 6)
    sent = 0
    for _ in sys.stdin:
        for _ in range(count):
            if dice.random() < 0.1:
                with contextlib.suppress(OSError):  # the kernel says what cannot be at all
                    raw.send(super_frame(mac or b"\xff" * 6, dice))
                    sent += 1
            else:
                line.send(damaged(dice.choice(good), dice))
                sent += 1
        print("alive" if answer(line) else "dead", sent, flush=True)


logging.getLogger("scapy").setLevel(logging.ERROR)
main(sys.argv[1], int(sys.argv[2]))
