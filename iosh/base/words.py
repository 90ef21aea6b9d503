"""The words IOS has for numbers in IP headers: protocols, ports, ICMP messages, precedences, code points.

Each table is in the order of `?`, from word to number; texts use the word where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PROTOCOLS: Final = {
    "ahp": 51,
    "eigrp": 88,
    "esp": 50,
    "gre": 47,
    "icmp": 1,
    "igmp": 2,
    "ipinip": 4,
    "nos": 94,
    "ospf": 89,
    "pcp": 108,
    "pim": 103,
    "sctp": 132,
    "tcp": 6,
    "udp": 17,
}

TCP_PORTS: Final = {
    "bgp": 179,
    "chargen": 19,
    "cmd": 514,
    "daytime": 13,
    "discard": 9,
    "domain": 53,
    "echo": 7,
    "exec": 512,
    "finger": 79,
    "ftp": 21,
    "ftp-data": 20,
    "gopher": 70,
    "hostname": 101,
    "ident": 113,
    "irc": 194,
    "klogin": 543,
    "kshell": 544,
    "login": 513,
    "lpd": 515,
    "msrpc": 135,
    "nntp": 119,
    "onep-plain": 15001,
    "onep-tls": 15002,
    "pim-auto-rp": 496,
    "pop2": 109,
    "pop3": 110,
    "smtp": 25,
    "sunrpc": 111,
    "syslog": 601,
    "tacacs": 49,
    "talk": 517,
    "telnet": 23,
    "time": 37,
    "uucp": 540,
    "whois": 43,
    "www": 80,
}

UDP_PORTS: Final = {
    "biff": 512,
    "bootpc": 68,
    "bootps": 67,
    "discard": 9,
    "dnsix": 195,
    "domain": 53,
    "echo": 7,
    "isakmp": 500,
    "mobile-ip": 434,
    "nameserver": 42,
    "netbios-dgm": 138,
    "netbios-ns": 137,
    "netbios-ss": 139,
    "non500-isakmp": 4500,
    "ntp": 123,
    "pim-auto-rp": 496,
    "rip": 520,
    "ripv6": 521,
    "snmp": 161,
    "snmptrap": 162,
    "sunrpc": 111,
    "syslog": 514,
    "tacacs": 49,
    "talk": 517,
    "tftp": 69,
    "time": 37,
    "who": 513,
    "xdmcp": 177,
}

# Type and code; without a code, all of that type.
ICMP_MESSAGES: Final[dict[str, tuple[int, int | None]]] = {
    "administratively-prohibited": (3, 13),
    "alternate-address": (6, None),
    "conversion-error": (31, None),
    "dod-host-prohibited": (3, 10),
    "dod-net-prohibited": (3, 9),
    "echo": (8, None),
    "echo-reply": (0, None),
    "general-parameter-problem": (12, 0),
    "host-isolated": (3, 8),
    "host-precedence-unreachable": (3, 14),
    "host-redirect": (5, 1),
    "host-tos-redirect": (5, 3),
    "host-tos-unreachable": (3, 12),
    "host-unknown": (3, 7),
    "host-unreachable": (3, 1),
    "information-reply": (16, None),
    "information-request": (15, None),
    "mask-reply": (18, None),
    "mask-request": (17, None),
    "mobile-redirect": (32, None),
    "net-redirect": (5, 0),
    "net-tos-redirect": (5, 2),
    "net-tos-unreachable": (3, 11),
    "net-unreachable": (3, 0),
    "network-unknown": (3, 6),
    "no-room-for-option": (12, 2),
    "option-missing": (12, 1),
    "packet-too-big": (3, 4),
    "parameter-problem": (12, None),
    "port-unreachable": (3, 3),
    "precedence-unreachable": (3, 15),
    "protocol-unreachable": (3, 2),
    "reassembly-timeout": (11, 1),
    "redirect": (5, None),
    "router-advertisement": (9, None),
    "router-solicitation": (10, None),
    "source-quench": (4, None),
    "source-route-failed": (3, 5),
    "time-exceeded": (11, None),
    "timestamp-reply": (14, None),
    "timestamp-request": (13, None),
    "traceroute": (30, None),
    "ttl-exceeded": (11, 0),
    "unreachable": (3, None),
}

PRECEDENCES: Final = {
    "critical": 5,
    "flash": 3,
    "flash-override": 4,
    "immediate": 2,
    "internet": 6,
    "network": 7,
    "priority": 1,
    "routine": 0,
}

TOS: Final = {"max-reliability": 2, "max-throughput": 4, "min-delay": 8, "min-monetary-cost": 1, "normal": 0}

CODE_POINTS: Final = {
    **{f"af{group}{drop}": group << 3 | drop << 1 for group in range(1, 5) for drop in range(1, 4)},
    **{f"cs{group}": group << 3 for group in range(1, 8)},
    "default": 0,
    "ef": 46,
}

# Names that say the same port of both.
TCP_UDP_PORTS: Final = {word: port for word, port in TCP_PORTS.items() if UDP_PORTS.get(word) == port}

# By the whole octet: copied flag, class and number.
IP_OPTIONS: Final = {
    "add-ext": 147,
    "com-security": 134,
    "dps": 151,
    "encode": 15,
    "eool": 0,
    "ext-ip": 145,
    "ext-security": 133,
    "finn": 205,
    "imitd": 144,
    "lsr": 131,
    "mtup": 11,
    "mtur": 12,
    "no-op": 1,
    "nsapa": 150,
    "record-route": 7,
    "router-alert": 148,
    "sdb": 149,
    "security": 130,
    "ssr": 137,
    "stream-id": 136,
    "timestamp": 68,
    "traceroute": 82,
    "ump": 152,
    "visa": 142,
    "zsu": 10,
}

TCP_FLAGS: Final = {"ack": 0x10, "fin": 0x01, "psh": 0x08, "rst": 0x04, "syn": 0x02, "urg": 0x20}


def word_of(table: Mapping[str, int], number: int) -> str:
    """The word for a number, or its digits."""
    return next((word for word, value in table.items() if value == number), str(number))
