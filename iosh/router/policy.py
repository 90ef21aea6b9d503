"""What an interface lets through, and under which address: access groups and translation, at the two places IOS has
them. On the way in: access list, then outside addresses back to inside ones, then routing. On the way out: inside
addresses to outside ones, then the access list. Packets of the router's own are translated where a rule wants them, and
not filtered on the way out.

Interfaces that have none of this never come here. What a line with `log` matches is reported at once, and then every
five minutes for each flow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from iosh.base.addr import IPv4, mac_text
from iosh.base.time import SECOND, Instant
from iosh.base.words import PROTOCOLS, word_of
from iosh.router.acl import AccessList, AclSettings
from iosh.router.acl_line import Line
from iosh.router.interfaces import InterfaceState
from iosh.router.nat import DEADLINE as NAT
from iosh.router.nat import Nat
from iosh.router.nat_rewrite import flow_of
from iosh.router.nat_table import NatSettings
from iosh.router.plane import Plane
from iosh.router.reflexive import Reflexive
from iosh.wire import icmp, ipv4

LOG: Final = "acl log"
REFLEXIVE: Final = "acl reflexive"
LOG_INTERVAL: Final = 300 * SECOND
LOG_LIMIT: Final = 1024


class Logged(NamedTuple):
    """A flow that a line with `log` matched."""

    access_list: str
    standard: bool
    permit: bool
    protocol: int
    source: str
    destination: str
    by: str  # ` (GigabitEthernet1 0011.2233.4455)` of `log-input`


class Policy:
    """The access lists and the translations of one router's forwarding path."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self.access_lists: dict[str, AccessList] = {}
        self.nat = Nat(self._wants, self._address_of, self._ring)
        self.reflexive: dict[str, Reflexive] = {}
        self._logged: dict[Logged, int] = {}
        self._log_threshold = 0
        self._reflexive_s = 300
        self._active: Collection[str] = ()

    # --- from the configuration --------------------------------------------------------------------------------------

    def settle_access_lists(
        self, wanted: dict[str, AclSettings], log_threshold: int = 0, reflexive_s: int = 300
    ) -> None:
        """All lists as configured; those that did not change keep what they have."""
        before = self.access_lists
        self._log_threshold, self._reflexive_s = log_threshold, reflexive_s
        self.access_lists = {
            name: had
            if had is not None and had.settings == each
            else AccessList(each, had, self.reflexive, self._active)
            for name, each in wanted.items()
            for had in (before.get(name),)
        }
        reflecting = {ace.reflect for each in wanted.values() for _, ace in each.lines}
        for name in [name for name in self.reflexive if name not in reflecting]:
            del self.reflexive[name]
        self.place(self._plane.interfaces.values())

    def keep_time(self, active: Collection[str]) -> None:
        """These time ranges are active now, and no others."""
        self._active = active
        for each in self.access_lists.values():
            each.keep_time(active)

    def settle_nat(self, wanted: NatSettings, now: Instant) -> None:
        """The rules of translation as configured."""
        self.nat.settle(wanted, now)
        self.place(self._plane.interfaces.values())

    def place(self, interfaces: Iterable[InterfaceState]) -> None:
        """What these interfaces have to ask about the packets they carry."""
        active = self.nat.active
        self.nat.readdress()
        for state in interfaces:
            settings = state.settings
            state.filter_in = self._filter(settings.access_in)
            state.filter_out = self._filter(settings.access_out)
            state.checks_in = state.filter_in is not None or (active and settings.nat == "outside")
            state.checks_out = state.filter_out is not None or (active and settings.nat == "outside")

    def _filter(self, name: str | None) -> AccessList | None:
        found = self.access_lists.get(name) if name is not None else None
        return found if found is not None and found.lines else None

    # --- packets -----------------------------------------------------------------------------------------------------

    def came_in(self, interface: InterfaceState, packet: bytes, now: Instant) -> bytes | None:
        """A packet that arrived, as routing is to see it; None: it goes no further."""
        if interface.filter_in is not None and not self._admitted(interface.filter_in, packet, interface, now):
            self._plane.drop("acl.in_denied", interface)
            self._plane.errors.unreachable(icmp.ADMINISTRATIVELY_PROHIBITED, packet, interface, now)
            return None
        if interface.settings.nat != "outside" or not self.nat.active:
            return packet
        translated = self.nat.inward(packet, now)
        destination = int.from_bytes(packet[16:20], "big")
        if translated is packet:
            if self.nat.owns(destination) and not self._plane.is_ours(destination, interface.vrf):
                self._plane.drop("nat.no_translation", interface)
                return None
            return packet
        self._debug(interface, packet, translated)
        return translated

    def goes_out(
        self, interface: InterfaceState, packet: bytes, came_by: InterfaceState | None, now: Instant
    ) -> bytes | None:
        """A routed packet, as the next network is to see it; None: it goes no further."""
        wanted = packet
        if interface.settings.nat == "outside" and (came_by is None or came_by.settings.nat == "inside"):
            translated = self.nat.outward(packet, now, interface.name) if self.nat.active else packet
            if translated is None:
                self._plane.drop("nat.cannot_translate", interface)
                self._plane.errors.unreachable(icmp.HOST_UNREACHABLE, packet, came_by, now)
                return None
            if translated is not packet:
                self._debug(came_by, packet, translated)
            wanted = translated
        if came_by is None or interface.filter_out is None:
            return wanted
        if self._admitted(interface.filter_out, wanted, came_by, now):
            return wanted
        self._plane.drop("acl.out_denied", interface)
        self._plane.errors.unreachable(icmp.ADMINISTRATIVELY_PROHIBITED, packet, came_by, now)
        return None

    def wake(self, name: str, now: Instant) -> None:
        """One of the deadlines `NAT`, `LOG` and `REFLEXIVE`."""
        if name == NAT:
            self.nat.wake(now)
            return
        if name == REFLEXIVE:
            self._forget_reflexive(now)
            return
        still = {flow: 0 for flow, count in self._logged.items() if count}
        for flow, count in self._logged.items():
            if count:
                self._report(flow, count)
        self._logged = still
        if still:
            self._plane.desk.ring_at(LOG, now + LOG_INTERVAL)

    # --- access lists ------------------------------------------------------------------------------------------------

    def _admitted(self, access_list: AccessList, packet: bytes, came_by: InterfaceState, now: Instant) -> bool:
        line = access_list.match(packet)
        if line is None:
            return False
        if line.log is not None:
            self._log(access_list, line, packet, came_by, now)
        if line.ace.evaluate is not None:
            self.reflexive[line.ace.evaluate].came_in(packet, now)
        elif line.ace.reflect is not None and line.permit:
            self._reflect(line.ace.reflect, line.ace.reflect_s or self._reflexive_s, packet, now)
        return line.permit

    def _reflect(self, name: str, seconds: int, packet: bytes, now: Instant) -> None:
        """What went out may be answered."""
        self.reflexive.setdefault(name, Reflexive()).went_out(packet, seconds * SECOND, now)
        if self._plane.desk.rings_at(REFLEXIVE) is None:
            self._plane.desk.ring_at(REFLEXIVE, now + seconds * SECOND)

    def _forget_reflexive(self, now: Instant) -> None:
        ends = [at for each in self.reflexive.values() if (at := each.forget(now)) is not None]
        if ends:
            self._plane.desk.ring_at(REFLEXIVE, max(min(ends), now + SECOND))

    def _log(
        self, access_list: AccessList, line: Line, packet: bytes, came_by: InterfaceState, now: Instant
    ) -> None:  # fmt: skip
        settings = access_list.settings
        source, destination = (str(IPv4.unpack(packet[at : at + 4])) for at in (12, 16))
        at = (packet[0] & 15) << 2
        told = not int.from_bytes(packet[6:8], "big") & ipv4.OFFSET and len(packet) >= at + 4
        if packet[9] in (ipv4.TCP, ipv4.UDP):
            one, other = (int.from_bytes(packet[at + skip : at + skip + 2], "big") if told else 0 for skip in (0, 2))
            source, destination = f"{source}({one})", f"{destination}({other})"
        elif packet[9] == ipv4.ICMP and told:
            destination = f"{destination} ({packet[at]}/{packet[at + 1]})"
        by = ""
        if line.log == "log-input":
            by = f" ({came_by.name}{f' {mac_text(came_by.sender)}' if came_by.sender else ''})"
        flow = Logged(settings.name, settings.standard, line.permit, packet[9], source, destination, by)
        count = self._logged.get(flow)
        if count is not None:
            self._logged[flow] = count + 1
            if count + 1 == self._log_threshold:
                self._logged[flow] = 0
                self._report(flow, count + 1)
            return
        if len(self._logged) >= LOG_LIMIT:
            self._plane.counters["acl.log_overflow"] += 1
            return
        self._logged[flow] = 0
        self._report(flow, 1)
        if self._plane.desk.rings_at(LOG) is None:
            self._plane.desk.ring_at(LOG, now + LOG_INTERVAL)

    def _report(self, flow: Logged, count: int) -> None:
        did = "permitted" if flow.permit else "denied"
        packets = f"{count} packet{'s' if count > 1 else ''}"
        if flow.standard:
            self._plane.desk.report(
                "SEC", 6, "IPACCESSLOGS", f"list {flow.access_list} {did} {flow.source.partition('(')[0]} {packets} "
            )
            return
        mnemonic = {ipv4.TCP: "P", ipv4.UDP: "P", ipv4.ICMP: "DP"}.get(flow.protocol, "NP")
        named = flow.protocol in (ipv4.TCP, ipv4.UDP, ipv4.ICMP)
        protocol = word_of(PROTOCOLS, flow.protocol) if named else str(flow.protocol)
        text = f"list {flow.access_list} {did} {protocol} {flow.source}{flow.by} -> {flow.destination}, {packets} "
        self._plane.desk.report("SEC", 6, f"IPACCESSLOG{mnemonic}", text)

    # --- translation -------------------------------------------------------------------------------------------------

    def _wants(self, access_list: str, packet: bytes) -> bool:
        """Does a rule's list want this packet translated? A list that is not there wants nothing."""
        found = self.access_lists.get(access_list)
        if found is None or not found.lines:
            return False
        line = found.match(packet)
        return line is not None and line.permit

    def _address_of(self, interface: str) -> IPv4 | None:
        state = self._plane.interfaces.get(interface)
        return state.address.address if state is not None and state.address is not None else None

    def _ring(self, at: Instant | None) -> None:
        if at is None:
            self._plane.desk.no_ring(NAT)
        else:
            self._plane.desk.ring_at(NAT, at)

    def _debug(self, came_by: InterfaceState | None, before: bytes, after: bytes) -> None:
        """`debug ip nat [detailed]`: one packet translated."""
        desk = self._plane.desk
        if desk.debugging("ip nat detailed"):
            side = "o" if came_by is not None and came_by.settings.nat == "outside" else "i"
            flow = flow_of(before)
            told = "" if flow is None else f"({IPv4(flow.source)}, {flow.source_port}) -> "
            told += "" if flow is None else f"({IPv4(flow.destination)}, {flow.destination_port})"
            protocol = word_of(PROTOCOLS, before[9])
            desk.debug("ip nat detailed", f"NAT: {side}: {protocol} {told} [{int.from_bytes(before[4:6], 'big')}]")
        if not desk.debugging("ip nat"):
            return
        ends = []
        for letter, at in (("s", 12), ("d", 16)):
            old, new = (str(IPv4.unpack(packet[at : at + 4])) for packet in (before, after))
            ends.append(f"{letter}={old}" if old == new else f"{letter}={old}->{new}")
        star = "" if before[12:16] != after[12:16] else "*"
        number = int.from_bytes(before[4:6], "big")
        desk.debug("ip nat", f"NAT{star}: {', '.join(ends)} [{number}]")
