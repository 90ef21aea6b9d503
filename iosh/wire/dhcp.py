"""The Dynamic Host Configuration Protocol (RFC 2131, options RFC 2132), for clients on Ethernet.

Options are kept as bytes by their code, in the order met; one that is split into several is put together (RFC 3396),
and those in the `file` and `sname` fields are read where option 52 says they are there. BOOTP without the magic cookie
and other hardware than Ethernet are `Malformed`. Not here: relay agent information (option 82) is carried as it is, the
names in `sname` and `file` are dropped, authentication (RFC 3118) is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.wire.reader import Reader

SERVER_PORT: Final = 67
CLIENT_PORT: Final = 68

REQUEST_OP: Final = 1
REPLY_OP: Final = 2

DISCOVER: Final = 1
OFFER: Final = 2
REQUEST: Final = 3
DECLINE: Final = 4
ACK: Final = 5
NAK: Final = 6
RELEASE: Final = 7
INFORM: Final = 8
NAMES: Final = ("", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM")

PAD: Final = 0
SUBNET_MASK: Final = 1
ROUTERS: Final = 3
DNS_SERVERS: Final = 6
HOST_NAME: Final = 12
DOMAIN_NAME: Final = 15
NETBIOS_SERVERS: Final = 44
NETBIOS_NODE: Final = 46
REQUESTED_ADDRESS: Final = 50
LEASE_TIME: Final = 51
OVERLOAD: Final = 52
MESSAGE_TYPE: Final = 53
SERVER_ID: Final = 54
PARAMETERS: Final = 55
MESSAGE: Final = 56
MAXIMUM_SIZE: Final = 57
RENEWAL_TIME: Final = 58
REBINDING_TIME: Final = 59
CLASS_ID: Final = 60
CLIENT_ID: Final = 61
BOOT_FILE: Final = 67
RELAY_INFORMATION: Final = 82
END: Final = 255

INFINITE: Final = 0xFFFFFFFF

_HEADER = Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
_COOKIE: Final = b"\x63\x82\x53\x63"
_BROADCAST: Final = 0x8000
_LEAST: Final = 300  # bytes: BOOTP relays and servers of old drop what is shorter
_OPTION_MOST: Final = 255


class Dhcp(NamedTuple):
    """One message.

     0                   1                   2                   3
    |  op     |  htype=1   |  hlen=6  |        hops            |
    |                          xid                              |
    |        secs          |B|          flags                   |
    |  ciaddr (4)    yiaddr (4)     siaddr (4)     giaddr (4)   |
    |  chaddr (16)       sname (64)           file (128)     ...
    |  63 82 53 63 |  code  length  value ...  |  ...  |  255   |
    """

    op: int
    xid: int
    mac: bytes
    options: dict[int, bytes]
    secs: int = 0
    broadcast: bool = False
    client: IPv4 = IPv4(0)  # ciaddr: the client's own, while it may use it
    yours: IPv4 = IPv4(0)  # yiaddr
    server: IPv4 = IPv4(0)  # siaddr
    gateway: IPv4 = IPv4(0)  # giaddr: the relay agent's
    hops: int = 0

    @classmethod
    def decode(cls, data: bytes) -> Dhcp:
        r = Reader(data, "dhcp")
        op, htype, hlen, hops, xid, secs, flags, *addresses, mac, sname, file, cookie = r.unpack(_HEADER)
        if op not in (REQUEST_OP, REPLY_OP):
            raise r.refuse("op")
        if (htype, hlen) != (1, 6):
            raise r.refuse("hardware type")
        if cookie != _COOKIE:
            raise r.refuse("cookie")
        options: dict[int, bytes] = {}
        _read_options(Reader(r.rest(), "dhcp options"), options)
        overload = options.pop(OVERLOAD, b"\0")
        if overload[-1:] in (b"\1", b"\3"):
            _read_options(Reader(file, "dhcp options in file"), options)
        if overload[-1:] in (b"\2", b"\3"):
            _read_options(Reader(sname, "dhcp options in sname"), options)
        client, yours, server, gateway = map(IPv4.unpack, addresses)
        broadcast = bool(flags & _BROADCAST)
        return cls(op, xid, mac[:6], options, secs, broadcast, client, yours, server, gateway, hops)

    def encode(self) -> bytes:
        flags = _BROADCAST if self.broadcast else 0
        packed = (self.client.packed, self.yours.packed, self.server.packed, self.gateway.packed)
        head = _HEADER.pack(
            self.op, 1, 6, self.hops, self.xid, self.secs, flags, *packed, self.mac, b"", b"", _COOKIE
        )  # fmt: skip
        body = b"".join(_written(code, value) for code, value in self.options.items())
        return (head + body + bytes((END,))).ljust(_LEAST, b"\0")

    @property
    def type(self) -> int:
        """The kind of message, 0 where option 53 is missing or strange."""
        value = self.options.get(MESSAGE_TYPE, b"")
        return value[0] if len(value) == 1 and value[0] < len(NAMES) else 0

    def address(self, code: int) -> IPv4 | None:
        """An option that holds one address, or the first of several."""
        value = self.options.get(code, b"")
        return IPv4.unpack(value[:4]) if len(value) >= 4 and len(value) % 4 == 0 else None

    def addresses(self, code: int) -> tuple[IPv4, ...]:
        """An option that holds addresses."""
        value = self.options.get(code, b"")
        return tuple(IPv4.unpack(value[at : at + 4]) for at in range(0, len(value) - 3, 4))

    def number(self, code: int) -> int | None:
        """An option that holds a 32-bit number."""
        value = self.options.get(code, b"")
        return int.from_bytes(value, "big") if len(value) == 4 else None

    def text(self, code: int) -> str:
        """An option that holds text; what is not printable ASCII becomes `?`."""
        value = self.options.get(code, b"").rstrip(b"\0")
        return "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in value)

    @property
    def client_id(self) -> bytes:
        """What the client is known by: option 61, else its hardware address behind the type."""
        return self.options.get(CLIENT_ID) or b"\1" + self.mac


def packed(addresses: Iterable[IPv4]) -> bytes:
    """The value of an option that holds addresses."""
    return b"".join(address.packed for address in addresses)


def _read_options(r: Reader, options: dict[int, bytes]) -> None:
    while r.left:
        code = r.take(1)[0]
        if code == END:
            return
        if code == PAD:
            continue
        if not r.left:
            raise Malformed(f"{r.place} length", 0)
        size = r.take(1)[0]
        options[code] = options.get(code, b"") + r.take(size)


def _written(code: int, value: bytes) -> bytes:
    """One option; a long one in pieces."""
    pieces = [value[at : at + _OPTION_MOST] for at in range(0, len(value), _OPTION_MOST)] or [b""]
    return b"".join(bytes((code, len(piece))) + piece for piece in pieces)
