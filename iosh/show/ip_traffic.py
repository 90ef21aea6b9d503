"""`show ip traffic`: what the forwarding path counted. The text has IOS's lines; the value has every counter by name,
so `show ip traffic | json` tells of each drop why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iosh.base.time import Instant
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

# IOS counts these whether or not they are configured. The router's forwarding path meets none of them.
_NOT_SPOKEN = """\
OSPF statistics:
  Last clearing of OSPF traffic counters never

  Rcvd: 0 total, 0 checksum errors
        0 hello, 0 database desc, 0 link state req
        0 link state updates, 0 link state acks

  Sent: 0 total
        0 hello, 0 database desc, 0 link state req
        0 link state updates, 0 link state acks

PIMv2 statistics: Sent/Received
  Total: 0/0, 0 checksum errors, 0 format errors
  Registers: 0/0 (0 non-rp, 0 non-sm-group), Register Stops: 0/0,  Hellos: 0/0
  Join/Prunes: 0/0, Asserts: 0/0, grafts: 0/0
  Bootstraps: 0/0, Candidate_RP_Advertisements: 0/0
  Queue drops: 0
  State-Refresh: 0/0

IGMP statistics: Sent/Received
  Total: 0/0, Format errors: 0/0, Checksum errors: 0/0
  Host Queries: 0/0, Host Reports: 0/0, Host Leaves: 0/0
  DVMRP: 0/0, PIM: 0/0
  Queue drops: 0

TCP statistics:
  Rcvd: 0 total, 0 checksum errors, 0 no port
  Sent: 0 total

EIGRP-IPv4 statistics:
  Rcvd: 0 total
  Sent: 0 total
"""


@dataclass(frozen=True)
class IpTraffic:
    """All counters; `count` answers 0 for what never happened."""

    counters: dict[str, int]

    def count(self, *names: str) -> int:
        return sum(self.counters.get(name, 0) for name in names)


def traffic(router: Router, now: Instant) -> IpTraffic:
    return IpTraffic(dict(sorted(router.forwarding.counters.items())))


def traffic_text(view: IpTraffic) -> Iterator[str]:
    yield from _ip_text(view)
    yield ""
    yield from _icmp_text(view)
    yield ""
    count = view.count
    yield "UDP statistics:"
    yield (
        f"  Rcvd: {count('udp.received')} total, {count('udp.malformed')} checksum errors,"
        f" {count('udp.no_port')} no port 0 finput"
    )
    yield f"  Sent: {count('udp.sent')} total, 0 forwarded broadcasts"
    yield ""
    yield from _NOT_SPOKEN.splitlines()
    yield ""
    yield "ARP statistics:"
    yield (
        f"  Rcvd: {count('arp.requests_received')} requests, {count('arp.replies_received')} replies, 0 reverse,"
        f" {count('arp.other_received', 'arp.malformed')} other"
    )
    replies = count("arp.replies_sent", "arp.announcements_sent")
    proxied = count("arp.proxy_replies_sent")
    yield f"  Sent: {count('arp.requests_sent')} requests, {replies} replies ({proxied} proxy), 0 reverse"
    yield f"  Drop due to input queue full: {count('arp.table_full', 'arp.queue_full')}"


def _ip_text(view: IpTraffic) -> Iterator[str]:
    count = view.count
    yield "IP statistics:"
    yield f"  Rcvd:  {count('ip.received')} total, {count('ip.delivered')} local destination"
    yield (
        f"         {count('ip.bad_header', 'ip.too_short')} format errors, {count('ip.bad_checksum')} checksum errors,"
        f" {count('ip.ttl_expired')} bad hop count"
    )
    yield f"         {count('ip.unknown_protocol')} unknown protocol, 0 not a gateway"
    yield "         0 security failures, 0 bad options, 0 with options"
    yield "  Opts:  0 end, 0 nop, 0 basic security, 0 loose source route"
    yield "         0 timestamp, 0 extended security, 0 record route"
    yield "         0 stream ID, 0 strict source route, 0 alert, 0 cipso, 0 ump"
    yield "         0 other, 0 ignored"
    lost = count("reassembly.overlapped", "reassembly.inconsistent", "reassembly.bad", "reassembly.overflow")
    yield (
        f"  Frags: {count('reassembly.reassembled')} reassembled, {count('reassembly.timeout')} timeouts,"
        f" {lost} couldn't reassemble"
    )
    yield (
        f"         {count('ip.fragmented')} fragmented, {count('ip.fragments_created')} fragments,"
        f" {count('ip.df_too_big', 'tunnel.df_too_big')} couldn't fragment"
    )
    yield "         0 invalid hole"
    yield "  Bcast: 0 received, 0 sent"
    yield "  Mcast: 0 received, 0 sent"
    yield f"  Sent:  {count('ip.sent')} generated, {count('ip.forwarded')} forwarded"
    yield (
        f"  Drop:  {count('arp.queue_dropped')} encapsulation failed, {count('tunnel.unresolved')} unresolved,"
        f" {count('ip.no_adjacency', 'tunnel.no_destination')} no adjacency"
    )
    yield (
        f"         {count('ip.no_route', 'ip.no_route_for_our_own')} no route, 0 unicast RPF,"
        f" {count('ip.null_route', 'ip.martian', 'ip.directed_broadcast')} forced drop"
    )
    yield "         0 options denied"
    yield "  Drop:  0 packets with source IP address zero"
    yield "  Drop:  0 packets with internal loop back IP address"
    yield f"         {count('ip.unicast_in_broadcast_frame')} physical broadcast"


def _icmp_text(view: IpTraffic) -> Iterator[str]:
    def received(kind: int) -> int:
        return view.count(f"icmp.type_{kind}_received")

    count = view.count
    yield "ICMP statistics:"
    yield (
        f"  Rcvd: 0 format errors, {count('icmp.malformed')} checksum errors, {received(5)} redirects,"
        f" {received(3)} unreachable"
    )
    yield f"        {received(8)} echo, {received(0)} echo reply, 0 mask requests, 0 mask replies, {received(4)} quench"
    yield (
        f"        {received(12)} parameter, {received(13)} timestamp, {received(14)} timestamp replies,"
        " 0 info request, 0 other"
    )
    yield "        0 irdp solicitations, 0 irdp advertisements"
    yield f"        {received(11)} time exceeded, 0 info replies"
    yield (
        f"  Sent: {count('icmp.redirects_sent')} redirects, {count('icmp.unreachables_sent')} unreachable,"
        f" {count('icmp.echos_sent')} echo, {count('icmp.echo_replies_sent')} echo reply"
    )
    yield "        0 mask requests, 0 mask replies, 0 quench, 0 timestamp, 0 timestamp replies"
    yield f"        0 info reply, {count('icmp.time_exceededs_sent')} time exceeded, 0 parameter problem"
    yield "        0 irdp solicitations, 0 irdp advertisements"


SHOWS = {"": Show(traffic, traffic_text)}
