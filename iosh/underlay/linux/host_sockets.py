"""The sockets by which we speak from an address that is the host's: UDP 500 and 4500, raw ESP, GRE and ICMP.

While they are open the host leaves what comes there to us: no port unreachable for UDP, no protocol unreachable for ESP
(50) and GRE (47). Packets come whole, put together by the host; a UDP packet's header is made here from what its
socket tells. What is sent keeps its own IP header (`IPPROTO_RAW`), but for trains of UDP, which Linux cuts
(`UDP_SEGMENT`) as it joins them for us (`UDP_GRO`), and for packets longer than the interface takes, which it
fragments. UDP from another port opens a socket for that, so that its answers come here; of these the oldest gives way.

The host answers pings and speaks TCP itself. Of ICMP we hear replies and errors about what we may have sent.
Needs CAP_NET_RAW, and CAP_NET_BIND_SERVICE for port 500.
"""

from __future__ import annotations

import errno
import select
import socket
from collections import Counter
from struct import Struct
from typing import Final

from iosh.base.addr import IPv4
from iosh.underlay.linux.nio import BATCH, CannotOpen, Overruns
from iosh.wire import icmp, ipv4
from iosh.wire.train import Train

IKE_PORTS: Final = (500, 4500)
MOST_PORTS: Final = 64  # beside those

_SEGMENT, _GRO = 103, 104  # udp(7)
_SOL_RAW, _ICMP_FILTER = 255, 1  # raw(7)
_HEARD: Final = (icmp.ECHO_REPLY, icmp.UNREACHABLE, icmp.TIME_EXCEEDED, icmp.PARAMETER_PROBLEM)
_TELL_TTL: Final = 12  # ip(7): IP_RECVTTL
_MTU_DISCOVER, _MTU, _CUT_IF_NEEDED, _AS_IT_IS = 10, 14, 0, 3  # IP_PMTUDISC_DONT, IP_PMTUDISC_PROBE
_INT: Final = Struct("i")
_SHORT: Final = Struct("H")
_UDP: Final = Struct("!HHHH")
_HEADERS: Final = ipv4.HEADER_SIZE + _UDP.size
_LARGEST: Final = 65_535
_BUFFER: Final = 4 << 20
_ANCILLARY: Final = 3 * socket.CMSG_SPACE(_INT.size)
_LOST: Final = {errno.EAGAIN: "buffer full", errno.ENOBUFS: "buffer full", errno.EPERM: "refused by the host"}


class TooBig(Exception):
    """The packet must not be cut, and the interface takes no more than so many bytes."""


class HostSockets:
    """All sockets of one address. `ready` is where they say that something came; `drops` counts what does not leave."""

    def __init__(self, address: IPv4, ready: select.epoll, drops: Counter[str]) -> None:
        self.address = address
        self._host = str(address)
        self._ready = ready
        self._drops = drops
        self._buffer = memoryview(bytearray(_LARGEST))
        self._raw: dict[int, socket.socket] = {}
        self._udp: dict[int, socket.socket] = {}
        self._overruns: dict[int, Overruns] = {}  # by file number, as all who listen
        self._by_number: dict[int, tuple[socket.socket, int]] = {}  # and the UDP port, 0 for raw ones
        try:
            self._out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        except PermissionError:
            raise _missing(self._host, "CAP_NET_RAW") from None
        self._out.setblocking(False)
        self._out.setsockopt(socket.IPPROTO_IP, _MTU_DISCOVER, _AS_IT_IS)
        try:
            for protocol in (ipv4.ESP, ipv4.GRE, ipv4.ICMP):
                self._raw[protocol] = self._open(socket.SOCK_RAW, protocol, 0)
            for port in IKE_PORTS:
                self._udp[port] = self._open(socket.SOCK_DGRAM, 0, port)
        except CannotOpen:
            self.close()
            raise
        heard = ~sum(1 << kind for kind in _HEARD)
        self._raw[ipv4.ICMP].setsockopt(_SOL_RAW, _ICMP_FILTER, _INT.pack(heard))

    def close(self) -> None:
        for own in (self._out, *self._raw.values(), *self._udp.values()):
            own.close()

    def _open(self, kind: int, protocol: int, port: int) -> socket.socket:
        own = socket.socket(socket.AF_INET, kind, protocol)
        own.setblocking(False)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        own.setsockopt(socket.IPPROTO_IP, _MTU_DISCOVER, _CUT_IF_NEEDED)
        if port:
            for option in (_TELL_TTL, socket.IP_RECVTOS):
                own.setsockopt(socket.IPPROTO_IP, option, 1)
            own.setsockopt(socket.IPPROTO_UDP, _GRO, 1)
        try:
            own.bind((self._host, port))
        except OSError as error:
            own.close()
            if error.errno == errno.EACCES:
                raise _missing(self._host, "CAP_NET_BIND_SERVICE") from None
            if error.errno == errno.EADDRINUSE:
                raise CannotOpen(f"another program has UDP port {port} of {self._host}") from None
            raise CannotOpen(f"{self._host} cannot be borrowed: {error.strerror}") from None
        self._by_number[own.fileno()] = own, port
        self._overruns[own.fileno()] = Overruns(own)
        self._ready.register(own.fileno(), select.EPOLLIN)
        return own

    # --- in ---------------------------------------------------------------------------------------------------------

    def receive(self, number: int) -> list[bytes | Train]:
        """What is at the socket of this file number, a batch at most."""
        own, port = self._by_number[number]
        arrived: list[bytes | Train] = []
        take = self._take_udp if port else self._take_raw
        while len(arrived) < BATCH:
            try:
                packet = take(own, port)
            except BlockingIOError:
                break
            if packet is not None:
                arrived.append(packet)
        return arrived

    def overruns(self) -> int:
        """How many came faster than they were taken, since this was asked last."""
        return sum(one.since() for one in self._overruns.values())

    def _take_raw(self, own: socket.socket, _: int) -> bytes | None:
        size = own.recv_into(self._buffer)
        packet = bytes(self._buffer[:size])
        return packet if packet[9] != ipv4.ICMP or self._concerns_us(packet) else None

    def _take_udp(self, own: socket.socket, port: int) -> bytes | Train:
        size, ancillary, _, (host, sender) = own.recvmsg_into((self._buffer,), _ANCILLARY)
        told = {(level, kind): value for level, kind, value in ancillary}
        ttl = told.get((socket.IPPROTO_IP, socket.IP_TTL), b"\x40")
        tos = told.get((socket.IPPROTO_IP, socket.IP_TOS), b"\0")
        datagram = _UDP.pack(sender, port, _UDP.size + size, 0) + self._buffer[:size]
        source = int.from_bytes(socket.inet_aton(host), "big")
        packet = ipv4.packet(source, self.address, ipv4.UDP, datagram, _number(ttl), _number(tos))
        each = _number(told.get((socket.IPPROTO_UDP, _GRO), b""))
        return Train(packet, each) if 0 < each < size else packet

    def _concerns_us(self, packet: bytes) -> bool:
        """A reply to a ping, or an error about a packet such as ours: the host has its own."""
        body = packet[(packet[0] & 15) << 2 :]
        if body[0] == icmp.ECHO_REPLY:
            return True
        quoted = body[8:]
        if len(quoted) < _HEADERS:
            return False
        if quoted[9] == ipv4.UDP:
            return int.from_bytes(quoted[20:22], "big") in self._udp
        return quoted[9] in self._raw

    # --- out --------------------------------------------------------------------------------------------------------

    def send(self, packet: bytes) -> None:
        """`TooBig` if the host must not cut it and cannot send it whole."""
        if packet[9] == ipv4.UDP and not self._may_speak(int.from_bytes(packet[20:22], "big")):
            return
        host = socket.inet_ntoa(packet[16:20])
        try:
            self._out.sendto(packet, (host, 0))
        except OSError as error:
            if error.errno == errno.EMSGSIZE:
                self._send_too_big(packet, host)
            else:
                self._lost(error)

    def send_train(self, train: Train) -> bool:
        """Many at once; False where the host cannot, and nothing was sent."""
        packet = train.packet
        source, destination, _, _ = _UDP.unpack_from(packet, ipv4.HEADER_SIZE)
        own = self._udp.get(source)
        if own is None:
            return False
        marks = [*_marks(packet), (socket.IPPROTO_UDP, _SEGMENT, _SHORT.pack(train.size))]
        try:
            own.sendmsg((memoryview(packet)[_HEADERS:],), marks, 0, (socket.inet_ntoa(packet[16:20]), destination))
        except OSError as error:
            if error.errno not in _LOST:
                return False
            self._drops[_LOST[error.errno]] += train.segments
        return True

    def _may_speak(self, port: int) -> bool:
        """Is there a socket for answers to this port of ours?"""
        if port in self._udp:
            return True
        try:
            self._udp[port] = self._open(socket.SOCK_DGRAM, 0, port)
        except CannotOpen:
            self._drops["port in use"] += 1
            return False
        if len(self._udp) > MOST_PORTS + len(IKE_PORTS):
            oldest = list(self._udp)[len(IKE_PORTS)]
            number = self._udp[oldest].fileno()
            del self._by_number[number], self._overruns[number]
            self._udp.pop(oldest).close()
        return True

    def _send_too_big(self, packet: bytes, host: str) -> None:
        """For the host to fragment, by the socket of its protocol."""
        flags = int.from_bytes(packet[6:8], "big")
        if flags & ipv4.DF:
            raise TooBig(self._largest(host))
        own, begin, port = self._raw.get(packet[9]), (packet[0] & 15) << 2, 0
        if packet[9] == ipv4.UDP:
            source, port, _, _ = _UDP.unpack_from(packet, begin)
            own, begin = self._udp.get(source), begin + _UDP.size
        if own is None or flags or begin > _HEADERS:  # a fragment itself, or with options
            self._drops["too big"] += 1
            return
        try:
            own.sendmsg((packet[begin:],), _marks(packet), 0, (host, port))
        except OSError as error:
            self._lost(error)

    @staticmethod
    def _largest(host: str) -> int:
        """What the host knows of the way there."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((host, 9))
            return probe.getsockopt(socket.IPPROTO_IP, _MTU)

    def _lost(self, error: OSError) -> None:
        self._drops[_LOST.get(error.errno or 0, "no way there")] += 1


def _marks(packet: bytes) -> list[tuple[int, int, bytes]]:
    """What a header says beside addresses, for a socket that makes its own."""
    tos = (socket.IPPROTO_IP, socket.IP_TOS, _INT.pack(packet[1]))
    return [(socket.IPPROTO_IP, socket.IP_TTL, _INT.pack(packet[8])), tos]


def _number(value: bytes) -> int:
    """Of as many bytes as the kernel took for it, in the machine's own order."""
    return (
        _INT.unpack(value)[0] if len(value) == _INT.size else _SHORT.unpack(value)[0] if len(value) == 2 else sum(value)
    )


def _missing(host: str, capability: str) -> CannotOpen:
    return CannotOpen(
        f"borrowing {host} needs the capability {capability}: run as root, or grant it to the program", True
    )
