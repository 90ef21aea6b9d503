"""What the operator asks of a running router: ping and traceroute as machines that talk to a screen, and the verbs
behind `clear` and `debug`.

Verbs are named as the grammar names them (`router clear_nhrp`); each returns the lines it prints.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.calendar import MONTHS, month_days, unix_s
from iosh.base.record import DebugLine, Syslog
from iosh.base.time import Instant
from iosh.base.words import PROTOCOLS
from iosh.proto.icmp.arrival import IcmpArrived
from iosh.proto.icmp.ping import Ping, PingSettings
from iosh.proto.icmp.traceroute import Traceroute, TracerouteSettings
from iosh.wire import icmp

if TYPE_CHECKING:
    from iosh.router.router import Router

__all__ = ["Action", "Actions", "PingSettings", "TracerouteSettings"]

Action = PingSettings | TracerouteSettings

_ICMP_WORDS = {
    icmp.ECHO_REPLY: "echo reply rcvd, src {source}, dst {destination}",
    icmp.TIME_EXCEEDED: "time exceeded rcvd from {source}",
}


class _Screen(NamedTuple):
    write: Callable[[str], None]
    done: Callable[[], None]


class Actions:
    """The actions of one router. `running` are the ping and traceroute machines under way, by number."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._count = 0
        self._screens: dict[int, _Screen] = {}
        self.running: dict[int, Ping | Traceroute] = {}

    # --- ping and traceroute -----------------------------------------------------------------------------------------

    def start(
        self, action: Action, write: Callable[[str], None], done: Callable[[], None], now: Instant
    ) -> Callable[[Instant], None]:
        """Start one; the answer breaks it off when called."""
        self._count += 1
        number, desk = self._count, self._router.desk(("action", self._count))
        machine = Ping(action, desk) if isinstance(action, PingSettings) else Traceroute(action, desk)
        self.running[number] = machine
        self._screens[number] = _Screen(write, done)
        machine.start(now)

        def interrupt(at: Instant) -> None:
            if number in self.running:
                machine.stop(at)
                self._router.work(at)

        return interrupt

    def icmp_arrived(self, arrival: IcmpArrived, now: Instant) -> None:
        """An ICMP answer or error came to this router."""
        for machine in tuple(self.running.values()):
            machine.icmp_arrived(arrival, now)

    def said(self, key: Hashable, text: str) -> None:
        """A machine has words for the screen it was started from."""
        self._screens[_number(key)].write(text)

    def finished(self, key: Hashable) -> None:
        """A machine is done."""
        number = _number(key)
        self.running.pop(number, None)
        self._screens.pop(number).done()

    def debug_icmp(self, arrival: IcmpArrived, now: Instant) -> None:
        """A line of `debug ip icmp` for what arrived."""
        words = _ICMP_WORDS.get(arrival.message.type, "type {type}, code {code} rcvd from {source}")
        text = "ICMP: " + words.format(
            source=arrival.source,
            destination=arrival.destination,
            type=arrival.message.type,
            code=arrival.message.code,
        )
        self._router.logbook.record(DebugLine("ip icmp", text), now)

    # --- clear -------------------------------------------------------------------------------------------------------

    def clear_nhrp(
        self,
        now: Instant,
        address: IPv4 | None = None,
        mask: IPv4 | None = None,
        interface: str | None = None,
    ) -> Sequence[str]:
        """`clear ip nhrp [A [M] | TunnelN]`."""
        for name, machine in self._router.nhrp.items():
            if interface in (None, name):
                machine.clear(now, address, mask)
        return self._done(now)

    def clear_eigrp_neighbors(
        self, now: Instant, address: IPv4 | None = None, interface: str | None = None
    ) -> Sequence[str]:
        """`clear ip eigrp neighbors [A | INTERFACE]`."""
        for machine in self._router.routing.eigrp.values():
            machine.clear(interface, address, now)
        return self._done(now)

    def clear_nhrp_shortcut(self, now: Instant) -> Sequence[str]:
        """`clear ip nhrp shortcut`."""
        for machine in self._router.nhrp.values():
            machine.clear_shortcuts(now)
        return self._done(now)

    def clear_nhrp_counters(self, now: Instant, interface: str | None = None) -> Sequence[str]:
        """`clear ip nhrp counters [interface TunnelN]`."""
        for name, machine in self._router.nhrp.items():
            if interface in (None, name):
                machine.clear_counters()
        return ()

    def clear_dmvpn_session(
        self,
        now: Instant,
        interface: str | None = None,
        nbma: IPv4 | None = None,
        tunnel: IPv4 | None = None,
        static: bool = False,
    ) -> Sequence[str]:
        """`clear dmvpn session [interface T] [peer {nbma|tunnel} A] [static]`."""
        for name, machine in self._router.nhrp.items():
            if interface in (None, name):
                machine.clear_sessions(now, nbma, tunnel, static)
        return self._done(now)

    def clear_ikev2_sa(self, now: Instant, remote: IPv4 | None = None) -> Sequence[str]:
        """`clear crypto ikev2 sa [remote A]`, `clear crypto session [remote A]`."""
        self._router.ike.clear(now, remote)
        return self._done(now)

    def clear_crypto_sa(self, now: Instant, peer: IPv4 | None = None) -> Sequence[str]:
        """`clear crypto sa [peer A]`."""
        self._router.ike.clear_children(now, peer)
        return self._done(now)

    def clear_counters(self, now: Instant, interface: str | None = None) -> Sequence[str]:
        """`clear counters [INTERFACE]`."""
        self._router.forwarding.clear_counters(interface, now)
        return ()

    def clear_arp(self, now: Instant) -> Sequence[str]:
        """`clear arp-cache`."""
        self._router.forwarding.clear_arp(now)
        return self._done(now)

    def clear_config_log(self, now: Instant) -> Sequence[str]:
        """`clear archive log config`"""
        self._router.archive.log.clear()
        return ()

    def clear_access_lists(self, now: Instant, name: str | None = None) -> Sequence[str]:
        """`clear access-list counters [X]`."""
        for each in self._router.forwarding.policy.access_lists.values():
            if name in (None, each.settings.name):
                each.clear()
        return ()

    def clear_nat(self, now: Instant) -> Sequence[str]:
        """`clear ip nat translation *`."""
        self._router.forwarding.policy.nat.clear()
        return ()

    def clear_nat_some(
        self,
        now: Instant,
        global_address: IPv4,
        local: IPv4,
        protocol: str | None = None,
        global_port: int | None = None,
        local_port: int | None = None,
    ) -> Sequence[str]:
        """`clear ip nat translation [tcp|udp] inside G [PORT] L [PORT]`."""
        number = PROTOCOLS[protocol] if protocol is not None else None
        ports = (local_port, global_port) if local_port is not None and global_port is not None else None
        gone = self._router.forwarding.policy.nat.clear_some(local, global_address, number, ports)
        return () if gone else ("%Translation not found",)

    def clear_nat_statistics(self, now: Instant) -> Sequence[str]:
        """`clear ip nat statistics`."""
        self._router.forwarding.policy.nat.clear_statistics()
        return ()

    # --- monitor capture -------------------------------------------------------------------------------------------

    def capture(self, now: Instant, name: str, **said: Any) -> Sequence[str]:
        """`monitor capture NAME [interface …] [match …] [buffer …] [limit …] [access-list …]`."""
        return self._router.captures.configure(now, name, said)

    def capture_reset(self, now: Instant, name: str, what: str, **said: Any) -> Sequence[str]:
        """`no monitor capture NAME match|access-list|limit|buffer`."""
        return self._router.captures.reset(now, name, what)

    def capture_detach(self, now: Instant, name: str, interface: str) -> Sequence[str]:
        """`no monitor capture NAME interface I`."""
        return self._router.captures.detach(now, name, interface)

    def capture_start(self, now: Instant, name: str) -> Sequence[str]:
        """`monitor capture NAME start`."""
        return self._router.captures.start(now, name)

    def capture_stop(self, now: Instant, name: str) -> Sequence[str]:
        """`monitor capture NAME stop`."""
        return self._router.captures.stop(now, name)

    def capture_clear(self, now: Instant, name: str) -> Sequence[str]:
        """`monitor capture NAME clear`."""
        return self._router.captures.clear(now, name)

    def capture_export(self, now: Instant, name: str, url: str) -> Sequence[str]:
        """`monitor capture NAME export flash:x.pcap`."""
        return self._router.captures.export(now, name, url)

    def capture_remove(self, now: Instant, name: str) -> Sequence[str]:
        """`no monitor capture NAME`."""
        return self._router.captures.remove(now, name)

    # --- the clock ---------------------------------------------------------------------------------------------------

    def set_clock(self, now: Instant, time: str, day: int, month: str, year: int) -> Sequence[str]:
        """`clock set hh:mm:ss D MONTH Y`: the time on the wall."""
        clock = self._router.clock
        try:
            hour, minute, second = (int(part) for part in time.split(":"))
        except ValueError:
            return ("% Invalid time: hh:mm:ss",)
        number = MONTHS.index(month) + 1
        if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60) or day > month_days(year, number):
            return ("% Invalid time: hh:mm:ss",)
        before = clock.text(now, fraction=False)
        clock.set(clock.from_local(unix_s(year, number, day, hour * 3600 + minute * 60 + second)), now)
        self._router.time_ranges.settle(now)
        after = clock.text(now, fraction=False)
        text = (
            f"System clock has been updated from {before.lstrip('*.')} to {after}, configured from console by console."
        )
        self._router.logbook.record(Syslog("SYS", 6, "CLOCKUPDATE", text), now)
        return ()

    def clear_logging(self, now: Instant) -> Sequence[str]:
        """`clear logging`."""
        self._router.logbook.clear()
        return ()

    # --- DHCP --------------------------------------------------------------------------------------------------------

    def clear_dhcp_binding(self, now: Instant, address: IPv4 | None = None, every: bool = False) -> Sequence[str]:
        """`clear ip dhcp binding {A | *}`."""
        server = self._router.dhcp.server
        if server is not None and not server.clear_binding(address, now) and address is not None:
            return ("% Address not found in DHCP database",)
        return self._done(now)

    def clear_dhcp_conflict(self, now: Instant, address: IPv4 | None = None, every: bool = False) -> Sequence[str]:
        """`clear ip dhcp conflict {A | *}`."""
        server = self._router.dhcp.server
        if server is not None:
            server.clear_conflict(address, now)
        return ()

    def clear_dhcp_statistics(self, now: Instant) -> Sequence[str]:
        """`clear ip dhcp server statistics`."""
        server = self._router.dhcp.server
        if server is not None:
            server.counters.clear()
        return ()

    def renew_dhcp(self, now: Instant, interface: str) -> Sequence[str]:
        """`renew dhcp INTERFACE`."""
        client = self._router.dhcp.clients.get(interface)
        if client is None:
            return ("% Interface does not have a DHCP originated address",)
        client.renew(now)
        return self._done(now)

    def release_dhcp(self, now: Instant, interface: str) -> Sequence[str]:
        """`release dhcp INTERFACE`."""
        client = self._router.dhcp.clients.get(interface)
        if client is None or client.lease is None:
            return ("% Interface does not have a DHCP originated address",)
        client.release(now)
        return self._done(now)

    def _done(self, now: Instant) -> Sequence[str]:
        self._router.work(now)
        return ()


def _number(key: Hashable) -> int:
    assert isinstance(key, tuple) and isinstance(key[1], int)
    return key[1]
