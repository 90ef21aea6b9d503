"""A DHCP relay agent (RFC 1542, RFC 2131) with the relay agent information option (RFC 3046).

What a client says on an interface with helper addresses goes to each of them, with that interface's address as
`giaddr`; what a server answers to that address goes out on the interface. With `information option` a request is
marked with the address and interface it came by, and the mark is taken off the answer. A request that is marked
already and comes from no other agent is dropped unless the interface is trusted; one from another agent is treated as
`policy` says. Not here: other broadcasts than DHCP, VRFs, `information option vpn`, server identifier override.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from iosh.base.addr import BROADCAST, IPv4
from iosh.base.errors import Malformed
from iosh.proto.dhcp.effects import SendOnLink
from iosh.proto.machine import Desk, Path, SendDatagram
from iosh.wire import dhcp
from iosh.wire.dhcp import Dhcp

_HOPS_MOST: Final = 16
_REMOTE_ID: Final = 2
_MARK_HEAD: Final = b"\0\1\0\0"  # port type, version, reserved


class RelayInterface(NamedTuple):
    """One interface: its own address, its number in the marks, and where requests go."""

    address: IPv4
    number: int
    helpers: tuple[IPv4, ...]
    trusted: bool = False


class RelaySettings(NamedTuple):
    """`ip helper-address` of all interfaces, and `ip dhcp relay information …`."""

    interfaces: tuple[tuple[str, RelayInterface], ...] = ()
    marks: bool = False  # `information option`
    policy: str = "replace"  # "drop" | "keep" | "replace"
    trust_all: bool = False
    checks: bool = True


class Relay:
    """One router's relay agent: it keeps no state but counters."""

    def __init__(self, settings: RelaySettings, desk: Desk) -> None:
        self.settings = settings
        self.interfaces = dict(settings.interfaces)
        self._desk = desk
        self._by_address = {each.address: name for name, each in settings.interfaces}

    @property
    def counters(self) -> dict[str, int]:
        """Messages passed on by name, and why others were not."""
        return self._desk.counters

    def receive(self, data: bytes, path: Path, served: bool = False) -> bool:
        """A datagram came to port 67. False: it is nothing for a relay agent. `served`: requests from there are a
        server's of our own to answer."""
        asks = path.interface in self.interfaces and not served
        try:
            message = Dhcp.decode(data)
        except Malformed:
            self.counters["malformed"] += asks
            return asks
        if message.op == dhcp.REPLY_OP:
            return self._answered(message)
        if not asks:
            return False
        self._asked(message, self.interfaces[path.interface])
        return True

    def _asked(self, message: Dhcp, at: RelayInterface) -> None:
        """A client, or another agent, asks."""
        if message.hops >= _HOPS_MOST:
            self.counters["too_many_hops"] += 1
            return
        options = self._marked(message, at)
        if options is None:
            return
        gateway = message.gateway or at.address
        passed = message._replace(hops=message.hops + 1, gateway=gateway, options=options).encode()
        for helper in at.helpers:
            self.counters[f"{dhcp.NAMES[message.type].lower()}_forwarded"] += 1
            self._desk.put(SendDatagram(at.address, helper, dhcp.SERVER_PORT, dhcp.SERVER_PORT, passed))

    def _marked(self, message: Dhcp, at: RelayInterface) -> dict[int, bytes] | None:
        """The options with our mark, as configured; None: the message is not to be passed on."""
        settings, options = self.settings, message.options
        if dhcp.RELAY_INFORMATION in options:
            if not message.gateway:
                if not (at.trusted or settings.trust_all):
                    self.counters["untrusted"] += 1
                    return None
                return options
            if settings.marks and settings.policy == "drop":
                self.counters["marked_already"] += 1
                return None
            if not settings.marks or settings.policy == "keep":
                return options
        if not settings.marks:
            return options
        own = _MARK_HEAD + at.address.packed + bytes((at.number & 0xFF, 0, 0, 0))
        return {**options, dhcp.RELAY_INFORMATION: bytes((_REMOTE_ID, len(own))) + own}

    def _answered(self, message: Dhcp) -> bool:
        """A server answers a client of ours."""
        name = self._by_address.get(message.gateway)
        if name is None:
            return False
        options = dict(message.options)
        mark = options.pop(dhcp.RELAY_INFORMATION, None) if self.settings.marks else None
        if mark is not None and self.settings.checks and self.interfaces[name].address.packed not in mark:
            self.counters["mark_of_another"] += 1
            return True
        kind = dhcp.NAMES[message.type].lower()
        self.counters[f"{kind}_forwarded"] += 1
        everybody = message.broadcast or not message.yours
        remote = BROADCAST if everybody else message.yours
        self._desk.put(
            SendOnLink(
                name, message.gateway, remote, dhcp.SERVER_PORT, dhcp.CLIENT_PORT,
                message._replace(options=options).encode(), None if everybody else message.mac,
            )
        )  # fmt: skip
        return True
