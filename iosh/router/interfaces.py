"""Interfaces as the router runs them: what each was told to be (`InterfaceSettings`) and what it is (`InterfaceState`).

Physical ports with their 802.1Q sub-interfaces, loopbacks and Null0 are here; tunnels add to it in
`iosh.router.tunnel`. The state holds what the forwarding path needs in plain attributes, and the counters and rates
that `show interfaces` prints. Rates decay as IOS's do, reckoned from samples five seconds apart, in integers.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from iosh.base.addr import IPv4, Prefix
from iosh.base.interface_name import PHYSICAL, kind
from iosh.base.time import SECOND, Instant
from iosh.proto.arp.machine import Arp
from iosh.router.acl import AccessList
from iosh.router.ports import Port
from iosh.wire import cdp, ethernet
from iosh.wire.train import Frame

if TYPE_CHECKING:
    from iosh.router.vrf import Vrf

SAMPLE: Final = 5 * SECOND
UNTAGGED: Final = -1  # the key of the native VLAN in `vlans`

_ARP: Final = ethernet.ARP.to_bytes(2, "big")

BANDWIDTH_KBIT: Final = {
    "Ethernet": 10_000,
    "FastEthernet": 100_000,
    "GigabitEthernet": 1_000_000,
    "TenGigabitEthernet": 10_000_000,
    "Loopback": 8_000_000,
    "Null": 10_000_000,
    "Tunnel": 100,
}
DELAY_US: Final = {"Ethernet": 1000, "FastEthernet": 100, "Loopback": 5000, "Null": 0, "Tunnel": 50_000}


class InterfaceAddress(NamedTuple):
    """An address and the length of its network."""

    address: IPv4
    length: int

    @property
    def prefix(self) -> Prefix:
        return Prefix.of(self.address, self.length)


class TunnelSettings(NamedTuple):
    """`tunnel …`, and what NHRP's configuration means to the forwarding path."""

    multipoint: bool = False
    source_interface: str | None = None
    source_address: IPv4 | None = None
    destination: IPv4 | None = None
    key: int | None = None
    checksum: bool = False
    sequence: bool = False
    ttl: int = 255
    tos: int | None = None  # None: copied from the inner packet
    path_mtu_discovery: bool = False
    protected: bool = False  # by an IPsec profile: nothing goes out in the clear, nothing in the clear is let in
    profile: str | None = None  # the IPsec profile's name, for display
    network_id: int | None = None  # NHRP's
    redirect: bool = False  # `ip nhrp redirect`
    vrf: str = ""  # `tunnel vrf`: where the outer packets are routed


class InterfaceSettings(NamedTuple):
    """One interface as configured; the router makes it from the model. `mtu` None means the kind's own."""

    name: str
    description: str | None = None
    shutdown: bool = False
    address: InterfaceAddress | None = None
    by_dhcp: bool = False  # the address is, or will be, a DHCP server's
    secondary: tuple[InterfaceAddress, ...] = ()
    unnumbered: str | None = None
    mtu: int | None = None
    ip_mtu: int | None = None
    redirects: bool = True
    unreachables: bool = True
    proxy_arp: bool = True
    adjust_mss: int | None = None
    mac: bytes | None = None
    vlan: int | None = None
    inner: int | None = None  # the VLAN of a second tag
    native: bool = False
    bandwidth_kbit: int | None = None
    delay_us: int | None = None
    arp_timeout_s: int = 14400
    load_interval_s: int = 300
    keepalive_s: int | None = None
    access_in: str | None = None  # `ip access-group`
    access_out: str | None = None
    nat: str | None = None  # "inside" | "outside"
    tunnel: TunnelSettings | None = None
    vrf: str = ""  # the global table


def vlan_key(vlan: int, inner: int | None = None) -> int:
    """Under which a sub-interface stands in `vlans`: its tag, or both of them."""
    return vlan | (inner or 0) << 12


class Counters:
    """What `show interfaces` counts. `drops` says by name why packets of this interface went nowhere."""

    __slots__ = (
        "cleared",
        "drops",
        "in_broadcasts",
        "in_bytes",
        "in_errors",
        "in_packets",
        "last_input",
        "last_output",
        "others",
        "out_bytes",
        "out_packets",
        "resets",
        "unknown_protocols",
    )

    def __init__(self) -> None:
        self.in_packets = self.in_bytes = self.in_broadcasts = self.in_errors = 0
        self.out_packets = self.out_bytes = self.resets = self.unknown_protocols = 0
        self.last_input: Instant | None = None
        self.last_output: Instant | None = None
        self.cleared: Instant | None = None
        self.drops: Counter[str] = Counter()
        self.others: Counter[tuple[str, str]] = Counter()  # frames that are not IPv4, among all: see `count_other`

    def clear(self, now: Instant) -> None:
        """`clear counters`. When something was last seen stays known."""
        last_input, last_output = self.last_input, self.last_output
        self.__init__()  # type: ignore[misc]
        self.last_input, self.last_output, self.cleared = last_input, last_output, now


class Rate:
    """Bits and packets a second of one direction, decaying with the load interval."""

    __slots__ = ("_bytes", "_packets", "bits", "packets")

    def __init__(self) -> None:
        self.bits = 0  # a second, times 1000: small rates must not be lost to rounding
        self.packets = 0
        self._bytes = 0
        self._packets = 0

    def sample(self, total_bytes: int, total_packets: int, periods: int, interval_s: int) -> None:
        """Totals so far, `periods` samples after the last; what came is taken to have come in the first of them."""
        bits = max(0, total_bytes - self._bytes) * 8000 // 5
        packets = max(0, total_packets - self._packets) * 1000 // 5
        self._bytes, self._packets = total_bytes, total_packets
        for _ in range(min(periods, interval_s * 4)):
            self.bits += (bits - self.bits) * 5 // interval_s
            self.packets += (packets - self.packets) * 5 // interval_s
            bits = packets = 0


class InterfaceState:
    """One interface as it runs: link (`line`) and line protocol (`protocol`) are up or down since an instant."""

    def __init__(self, settings: InterfaceSettings, port: Port | None, parent: InterfaceState | None, vrf: Vrf) -> None:
        self.name = settings.name
        self.kind = kind(settings.name)
        self.parent = parent
        self.port = port
        self.join(vrf)
        self.mac = b""
        self.line = False
        self.protocol = False
        self.reported = "down"  # the link state last told
        self.routed: tuple[tuple[IPv4, Prefix], ...] = ()  # the addresses whose routes are in the table
        self.line_changed: Instant | None = None
        self.protocol_changed: Instant | None = None
        self.counters = Counters()
        self.input_rate = Rate()
        self.output_rate = Rate()
        self._sampled: Instant = 0
        self.vlans: dict[int, InterfaceState] = {}  # of a physical port: its sub-interfaces, see `vlan_key`
        self.arp: Arp | None = None
        self.outgoing: list[Frame] = []  # frames of the batch at hand
        self.borrowed: InterfaceAddress | None = None  # of the interface named by `ip unnumbered`
        self.filter_in: AccessList | None = None
        self.filter_out: AccessList | None = None
        self.checks_in = self.checks_out = False  # are there packets to ask `Policy` about?
        self.sender = b""  # of the frame being taken in, where its packet is to be checked
        self.take(settings)

    def take(self, settings: InterfaceSettings) -> None:
        """New settings; addresses, states and counters are the caller's to follow up."""
        self.settings = settings
        self.tunnel = settings.tunnel
        self.mtu: int = settings.mtu or (self.parent.mtu if self.parent else self.default_mtu)
        self.ip_mtu: int = settings.ip_mtu or self.mtu  # the largest IP packet that leaves in one piece
        self.adjust_mss = settings.adjust_mss
        burnt_in = self.port.mac if self.port else bytes(6)
        self.burnt_in: bytes = self.parent.burnt_in if self.parent else burnt_in
        before = self.mac
        self.mac = settings.mac or (self.parent.mac if self.parent else self.burnt_in)
        if self.port is not None and self.mac != before:
            self.port.hear(self.mac)

    def join(self, vrf: Vrf) -> None:
        """Packets that come in here are looked up in this VRF from now on."""
        self.vrf = vrf
        self.fib = vrf.fib

    def count_other(self, frame: bytes, way: str) -> None:
        """A frame of another protocol than IPv4, counted among all before; `way` is `in` or `out`."""
        at = ethernet.payload_at(frame)
        ethertype = frame[at - 2 : at]
        protocol = "ARP" if ethertype == _ARP else "CDP" if frame[:6] == cdp.GROUP else "Other"
        for state in (self, self.parent) if self.parent is not None else (self,):
            state.counters.others[protocol, way] += 1
            state.counters.others[protocol, f"{way} bytes"] += len(frame)

    @property
    def default_mtu(self) -> int:
        """The kind's own MTU."""
        return 1514 if self.kind == "Loopback" else 1500

    @property
    def address(self) -> InterfaceAddress | None:
        """The primary address; a borrowed one on an unnumbered interface."""
        return self.borrowed if self.settings.unnumbered else self.settings.address

    @property
    def addresses(self) -> tuple[InterfaceAddress, ...]:
        """Primary first, then the secondary ones."""
        address = self.address
        return (address, *self.settings.secondary) if address else ()

    @property
    def tags(self) -> bytes:
        """What stands before the ethertype of its frames."""
        settings = self.settings
        if settings.vlan is None or settings.native:
            return b""
        return b"".join(b"\x81\x00" + vlan.to_bytes(2, "big") for vlan in (settings.vlan, settings.inner) if vlan)

    @property
    def is_ethernet(self) -> bool:
        """Does it speak Ethernet, with ARP?"""
        return self.kind in PHYSICAL

    @property
    def bandwidth_kbit(self) -> int:
        if self.settings.bandwidth_kbit is not None:
            return self.settings.bandwidth_kbit
        return self.parent.bandwidth_kbit if self.parent else BANDWIDTH_KBIT.get(self.kind, 100_000)

    @property
    def delay_us(self) -> int:
        if self.settings.delay_us is not None:
            return self.settings.delay_us
        return self.parent.delay_us if self.parent else DELAY_US.get(self.kind, 10)

    @property
    def link_state(self) -> str:
        """`up`, `down` or `administratively down`."""
        if self.settings.shutdown:
            return "administratively down"
        return "up" if self.line else "down"

    def wants_line(self) -> bool:
        """Should the link be up, from what can be seen of the port?"""
        if self.settings.shutdown:
            return False
        if self.parent is not None:
            return self.parent.line
        return self.port.carrier if self.port is not None else not self.is_ethernet

    def wants_protocol(self) -> bool:
        """Should the line protocol be up, now that the link is as it is?"""
        return self.line and (self.parent is None or self.parent.protocol)

    def drop(self, name: str) -> None:
        """A packet of this interface goes nowhere, for this reason."""
        self.counters.drops[name] += 1

    def clear_counters(self, now: Instant) -> None:
        """`clear counters`: the port's own, too."""
        self.counters.clear(now)
        if self.port is not None and self.parent is None:
            self.port.drops.clear()
            self.port.errors.clear()

    def sample(self, now: Instant) -> None:
        """Brings the rates up to date; called when traffic is seen and when they are shown."""
        periods = (now - self._sampled) // SAMPLE
        if periods <= 0:
            return
        self._sampled += periods * SAMPLE
        counters, interval_s = self.counters, self.settings.load_interval_s
        self.input_rate.sample(counters.in_bytes, counters.in_packets, periods, interval_s)
        self.output_rate.sample(counters.out_bytes, counters.out_packets, periods, interval_s)
