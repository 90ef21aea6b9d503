"""What the router does with each effect a machine may put: one handler a kind, found by type.

This is the only place where one machine's words reach another. Handlers are short; judgement belongs to the machines.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Final

from iosh.base import interface_name
from iosh.base.record import Syslog
from iosh.base.time import Instant
from iosh.proto import machine as common
from iosh.proto.dhcp import effects as dhcp
from iosh.proto.eigrp.effects import SendEigrp
from iosh.proto.icmp.arrival import Finished, Say
from iosh.proto.ike import effects as ike
from iosh.proto.nhrp.effects import Fallback, Relay
from iosh.proto.ntp.machine import AdjustClock, ClockHeld
from iosh.proto.sla.operation import Completed, Listen
from iosh.proto.track.machine import TrackChanged, TrackPoll
from iosh.router import punts

if TYPE_CHECKING:
    from iosh.router.router import Router

Handler = Callable[["Router", Hashable, Any, Instant], None]


# --- packets -----------------------------------------------------------------------------------------------------


def _send_frame(router: Router, key: Hashable, effect: common.SendFrame, now: Instant) -> None:
    router.forwarding.send_frame(effect.interface, effect.frame, now)


def _send_packet(router: Router, key: Hashable, effect: common.SendPacket, now: Instant) -> None:
    router.forwarding.send(effect.packet, now, effect.vrf)


def _send_datagram(router: Router, key: Hashable, effect: common.SendDatagram, now: Instant) -> None:
    router.forwarding.send_datagram(effect, now)


def _send_over_tunnel(router: Router, key: Hashable, effect: common.SendOverTunnel, now: Instant) -> None:
    router.forwarding.send_over_tunnel(effect.interface, effect.nbma, effect.protocol_type, effect.payload, now)


def _ike_received(router: Router, key: Hashable, punt: punts.IkeReceived, now: Instant) -> None:
    router.ike.receive(punt.payload, punt.path, now)


def _nhrp_received(router: Router, key: Hashable, punt: punts.NhrpReceived, now: Instant) -> None:
    machine = router.nhrp.get(punt.path.interface)
    if machine is not None:
        machine.receive(punt.message, punt.path, now)
    else:
        router.forwarding.counters["nhrp.not_configured"] += 1


def _dhcp_received(router: Router, key: Hashable, punt: punts.DhcpReceived, now: Instant) -> None:
    router.dhcp.received(punt, now)


def _send_on_link(router: Router, key: Hashable, effect: dhcp.SendOnLink, now: Instant) -> None:
    router.forwarding.send_on_link(effect, now)


def _leased(router: Router, key: Hashable, effect: dhcp.Leased, now: Instant) -> None:
    router.dhcp.leased(effect, now)
    router.routing.settle(now)


def _bindings_changed(router: Router, key: Hashable, effect: dhcp.BindingsChanged, now: Instant) -> None:
    router.dhcp.bindings_changed(now)


def _lease_lost(router: Router, key: Hashable, effect: dhcp.LeaseLost, now: Instant) -> None:
    router.dhcp.lost(effect, now)
    router.routing.settle(now)


def _icmp_arrived(router: Router, key: Hashable, punt: punts.IcmpArrived, now: Instant) -> None:
    router.actions.icmp_arrived(punt, now)
    router.services.icmp_arrived(punt, now)
    router.dhcp.icmp_arrived(punt, now)
    if router.debugging and "ip icmp" in router.debugging:
        router.actions.debug_icmp(punt, now)


# --- tunnels: next hops, shortcuts, sockets ----------------------------------------------------------------------


def _map(router: Router, key: Hashable, effect: common.Map, now: Instant) -> None:
    router.forwarding.map(effect.interface, effect.address, effect.nbma)


def _unmap(router: Router, key: Hashable, effect: common.Unmap, now: Instant) -> None:
    router.forwarding.unmap(effect.interface, effect.address)


def _replicate(router: Router, key: Hashable, effect: common.Replicate, now: Instant) -> None:
    router.forwarding.replicate(effect.interface, effect.peers)


def _learn(router: Router, key: Hashable, effect: common.Learn, now: Instant) -> None:
    router.forwarding.learn(effect.interface, effect.prefix, effect.next_hop, now)


def _forget(router: Router, key: Hashable, effect: common.Forget, now: Instant) -> None:
    router.forwarding.forget(effect.interface, effect.prefix, now)


def _send_eigrp(router: Router, key: Hashable, effect: SendEigrp, now: Instant) -> None:
    router.routing.send_eigrp(effect, now)


def _eigrp_received(router: Router, key: Hashable, punt: punts.EigrpReceived, now: Instant) -> None:
    router.routing.eigrp_received(punt, now)


def _routes_changed(router: Router, key: Hashable, effect: common.RoutesChanged, now: Instant) -> None:
    router.routing.routes_changed(effect, now)
    for machine in router.nhrp.values():
        machine.prefix_changed(effect.prefix, now)


def _routes_moved(router: Router, key: Hashable, punt: punts.RoutesMoved, now: Instant) -> None:
    router.routing.routes_moved(now)


def _fallback(router: Router, key: Hashable, effect: Fallback, now: Instant) -> None:
    router.forwarding.fallback(effect.interface, effect.address)


def _relay(router: Router, key: Hashable, effect: Relay, now: Instant) -> None:
    machine = router.nhrp.get(effect.interface)
    if machine is not None:
        machine.relayed(effect.message, effect.next_hop, now)


def _redirect_due(router: Router, key: Hashable, punt: punts.RedirectDue, now: Instant) -> None:
    machine = router.nhrp.get(punt.interface)
    if machine is not None:
        machine.redirect_due(punt.packet, punt.nbma, now)


def _next_hop_unknown(router: Router, key: Hashable, punt: punts.NextHopUnknown, now: Instant) -> None:
    machine = router.nhrp.get(punt.interface)
    if machine is not None:
        machine.next_hop_unknown(punt.address, now)


def _sa_missing(router: Router, key: Hashable, punt: punts.SaMissing, now: Instant) -> None:
    router.protect.missing(punt.interface, punt.nbma, now)


def _source_changed(router: Router, key: Hashable, punt: punts.SourceChanged, now: Instant) -> None:
    if punt.interface in router.config.interfaces:
        router.settle_tunnels(now, (punt.interface,))


def _open_socket(router: Router, key: Hashable, effect: common.OpenSocket, now: Instant) -> None:
    router.protect.open(effect, now)


def _close_socket(router: Router, key: Hashable, effect: common.CloseSocket, now: Instant) -> None:
    router.protect.close(effect, now)


# --- protection --------------------------------------------------------------------------------------------------


def _install_sa(router: Router, key: Hashable, effect: ike.InstallSa, now: Instant) -> None:
    router.protect.install(effect, now)


def _use_sa(router: Router, key: Hashable, effect: ike.UseSa, now: Instant) -> None:
    router.protect.use(effect)


def _move_sa(router: Router, key: Hashable, effect: ike.MoveSa, now: Instant) -> None:
    router.protect.move(effect)


def _remove_sa(router: Router, key: Hashable, effect: ike.RemoveSa, now: Instant) -> None:
    router.protect.remove(effect)


def _session_up(router: Router, key: Hashable, effect: ike.SessionUp, now: Instant) -> None:
    router.protect.session_up(effect, now)


def _session_down(router: Router, key: Hashable, effect: ike.SessionDown, now: Instant) -> None:
    router.protect.session_down(effect, now)


def _lifetime_crossed(router: Router, key: Hashable, punt: punts.SaLifetimeCrossed, now: Instant) -> None:
    router.protect.lifetime_crossed((punt.interface, punt.remote), punt.spi, punt.inbound, punt.hard, now)


def _compute(router: Router, key: Hashable, effect: common.Compute, now: Instant) -> None:
    at_once = True

    def done(result: Any, at: Instant) -> None:
        if router.is_off:
            return
        router.ike.computed(effect.name, result, at)
        if not at_once:  # else what comes of it is carried out with the rest of the tray
            router.work(at)

    router.computer.submit(effect.work, effect.arguments, done, now)
    at_once = False


def _not_ipsec(router: Router, key: Hashable, punt: punts.NotIpsec, now: Instant) -> None:
    text = (
        f"Rec'd packet not an IPSEC packet. (ip) vrf/dest_addr= /{punt.local}, src_addr= {punt.remote}, "
        f"prot= {punt.protocol}"
    )
    router.logbook.record(Syslog("CRYPTO", 4, "RECVD_PKT_NOT_IPSEC", text), now)


def _invalid_spi(router: Router, key: Hashable, punt: punts.InvalidSpi, now: Instant) -> None:
    text = (
        f"decaps: rec'd IPSEC packet has invalid spi for destaddr={punt.local}, prot=50, "
        f"spi=0x{punt.spi:X}({punt.spi}), srcaddr={punt.remote}"
    )
    router.logbook.record(Syslog("CRYPTO", 4, "RECVD_PKT_INV_SPI", text), now)
    router.ike.invalid_spi_seen(punt.spi, punt.local, punt.remote, now)


# --- what is said ------------------------------------------------------------------------------------------------


def _report(router: Router, key: Hashable, effect: common.Report, now: Instant) -> None:
    router.logbook.record(effect.message, now)


def _debug(router: Router, key: Hashable, effect: common.Debug, now: Instant) -> None:
    router.logbook.record(effect.line, now)


def _link_changed(router: Router, key: Hashable, punt: punts.LinkChanged, now: Instant) -> None:
    if interface_name.parent(punt.interface) is not None:
        return  # IOS is silent about them without `logging event subif-link-status`
    if punt.state == "administratively down":
        text = f"Interface {punt.interface}, changed state to administratively down"
        router.logbook.record(Syslog("LINK", 5, "CHANGED", text), now)
    else:
        text = f"Interface {punt.interface}, changed state to {punt.state}"
        router.logbook.record(Syslog("LINK", 3, "UPDOWN", text), now)


def _protocol_changed(router: Router, key: Hashable, punt: punts.ProtocolChanged, now: Instant) -> None:
    if interface_name.parent(punt.interface) is None:
        state = "up" if punt.up else "down"
        text = f"Line protocol on Interface {punt.interface}, changed state to {state}"
        router.logbook.record(Syslog("LINEPROTO", 5, "UPDOWN", text), now)
    router.dhcp.link_changed(punt.interface, punt.up, now)
    machine = router.nhrp.get(punt.interface)
    if machine is not None:
        machine.link_changed(punt.up, now)
    router.services.interface_changed(punt.interface, now)
    router.routing.settle(now)
    router.routes_changed(now)


def _say(router: Router, key: Hashable, effect: Say, now: Instant) -> None:
    router.actions.said(key, effect.text)


def _finished(router: Router, key: Hashable, effect: Finished, now: Instant) -> None:
    router.actions.finished(key)


def _completed(router: Router, key: Hashable, effect: Completed, now: Instant) -> None:
    router.services.completed(effect, now)


def _poll_track(router: Router, key: Hashable, effect: TrackPoll, now: Instant) -> None:
    router.services.poll_track(effect.number, now)


def _track_changed(router: Router, key: Hashable, effect: TrackChanged, now: Instant) -> None:
    router.services.track_changed(effect, now)


def _discovery_received(router: Router, key: Hashable, punt: punts.DiscoveryReceived, now: Instant) -> None:
    router.services.discovery_received(punt, now)


def _datagram_received(router: Router, key: Hashable, punt: punts.DatagramReceived, now: Instant) -> None:
    router.services.datagram_received(punt, now)


def _segment_received(router: Router, key: Hashable, punt: punts.SegmentReceived, now: Instant) -> None:
    router.services.segment_received(punt, now)


def _listen(router: Router, key: Hashable, effect: Listen, now: Instant) -> None:
    router.forwarding.listen(effect.port, effect.on, effect.tcp)


def _adjust_clock(router: Router, key: Hashable, effect: AdjustClock, now: Instant) -> None:
    router.clock.shift(effect.offset_ns)
    router.time_ranges.settle(now)


def _clock_held(router: Router, key: Hashable, effect: ClockHeld, now: Instant) -> None:
    router.clock.held(effect.held)


HANDLERS: Final[dict[type, Handler]] = {
    common.SendFrame: _send_frame,
    common.SendPacket: _send_packet,
    common.SendDatagram: _send_datagram,
    common.SendOverTunnel: _send_over_tunnel,
    common.Map: _map,
    common.Unmap: _unmap,
    common.Replicate: _replicate,
    common.Learn: _learn,
    common.Forget: _forget,
    common.RoutesChanged: _routes_changed,
    common.OpenSocket: _open_socket,
    common.CloseSocket: _close_socket,
    common.Compute: _compute,
    common.Report: _report,
    common.Debug: _debug,
    SendEigrp: _send_eigrp,
    Fallback: _fallback,
    Relay: _relay,
    Say: _say,
    Finished: _finished,
    ike.InstallSa: _install_sa,
    ike.UseSa: _use_sa,
    ike.MoveSa: _move_sa,
    ike.RemoveSa: _remove_sa,
    ike.SessionUp: _session_up,
    ike.SessionDown: _session_down,
    dhcp.SendOnLink: _send_on_link,
    dhcp.Leased: _leased,
    dhcp.LeaseLost: _lease_lost,
    dhcp.BindingsChanged: _bindings_changed,
    punts.DhcpReceived: _dhcp_received,
    punts.IkeReceived: _ike_received,
    punts.EigrpReceived: _eigrp_received,
    punts.RoutesMoved: _routes_moved,
    punts.NhrpReceived: _nhrp_received,
    punts.DatagramReceived: _datagram_received,
    punts.SegmentReceived: _segment_received,
    Listen: _listen,
    AdjustClock: _adjust_clock,
    ClockHeld: _clock_held,
    punts.DiscoveryReceived: _discovery_received,
    punts.IcmpArrived: _icmp_arrived,
    punts.RedirectDue: _redirect_due,
    punts.NextHopUnknown: _next_hop_unknown,
    punts.SourceChanged: _source_changed,
    punts.SaMissing: _sa_missing,
    punts.SaLifetimeCrossed: _lifetime_crossed,
    punts.NotIpsec: _not_ipsec,
    punts.InvalidSpi: _invalid_spi,
    punts.LinkChanged: _link_changed,
    punts.ProtocolChanged: _protocol_changed,
    Completed: _completed,
    TrackChanged: _track_changed,
    TrackPoll: _poll_track,
}
