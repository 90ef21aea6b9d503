"""ESP in transport mode by scapy, with the keys that strongSwan wrote down: pings out of the GRE tunnel are answered.

Called with the file of the keys and this end's outer address.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

from scapy.layers.inet import GRE, ICMP, IP
from scapy.layers.ipsec import ESP, SecurityAssociation

ENCRYPTION, INTEGRITY = "AES-CBC", "SHA2-256-128"
ECHO, ECHO_REPLY = 8, 0


def main(keys: str, local: str) -> None:
    by_spi, towards = {}, {}
    for line in Path(keys).read_text().splitlines():
        one = json.loads(line)
        ciphers = {"crypt_algo": ENCRYPTION, "crypt_key": bytes.fromhex(one["enc"]["key"])}
        checks = {"auth_algo": INTEGRITY, "auth_key": bytes.fromhex(one["auth"]["key"])}
        sa = SecurityAssociation(ESP, spi=int(one["spi"], 16), **ciphers, **checks)
        if one["dst"] == local:
            by_spi[sa.spi] = sa
        else:
            towards[one["dst"]] = sa
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ESP)
    raw.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
    print("ready", flush=True)
    while True:
        sealed = IP(raw.recv(65535))
        clear = by_spi[sealed[ESP].spi].decrypt(sealed)
        ping = clear[GRE].payload
        if ping[ICMP].type == ECHO:
            answer = IP(src=ping.dst, dst=ping.src) / ICMP(type=ECHO_REPLY, id=ping[ICMP].id, seq=ping[ICMP].seq)
            outer = IP(src=local, dst=sealed.src) / GRE() / answer / ping[ICMP].payload
            raw.sendto(bytes(towards[sealed.src].encrypt(IP(bytes(outer)))), (sealed.src, 0))


main(*sys.argv[1:])
