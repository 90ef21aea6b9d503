"""What IOS answers about things that are not configured, and here cannot be yet: routing protocols, gateways'
redundancy, switching, SNMP, IKEv1.

A program asks every router about them; the answer of one without them is a sentence, a heading or nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.show.registry import Show

_ETHERCHANNEL: Final = """\
Flags:  D - down        P/bndl - bundled in port-channel
        I - stand-alone s/susp - suspended
        H - Hot-standby (LACP only)
        R - Layer3      S - Layer2
        U - in use      f - failed to allocate aggregator

        M - not in use, minimum links not met
        u - unsuitable for bundling
        w - waiting to be aggregated
        d - default port


Number of channel-groups in use: 0
Number of aggregators:           0

Group  Port-channel  Protocol    Ports
------+-------------+-----------+-----------------------------------------------
"""
_SPANNING_TREE_SUMMARY: Final = """\
Name                   Blocking Listening Learning Forwarding STP Active
---------------------- -------- --------- -------- ---------- ----------
Total                        0         0        0          0          0
"""
_MAC_TABLE: Final = """\
          Mac Address Table
-------------------------------------------

Vlan    Mac Address       Type        Ports
----    -----------       --------    -----
Total Mac Addresses for this criterion: 0
"""
_VTP: Final = """\
VTP Version capable             : 1 to 3
VTP version running             : 1
VTP Domain Name                 :
VTP Pruning Mode                : Disabled
VTP Traps Generation            : Disabled

Feature VLAN:
--------------
VTP Operating Mode                : Off
Maximum VLANs supported locally   : 0
Number of existing VLANs          : 0
Configuration Revision            : 0
"""
_BUFFERS: Final = """\
Buffer elements:
     0 in free list
     0 hits, 0 misses, 0 created

Public buffer pools:

Interface buffer pools:

Header pools:
"""
_STANDBY: Final = """\
                     P indicates configured to preempt.
                     |
Interface   Grp  Pri P State   Active          Standby         Virtual IP"""
_ISAKMP: Final = "dst             src             state          conn-id status"
_IPV6_NEIGHBORS: Final = "IPv6 Address                              Age Link-layer Addr State Interface"
_VRRP: Final = "  Interface          Grp  A-F Pri  Time Own Pre State   Master addr/Group addr"
_GLBP: Final = "Interface   Grp  Fwd Pri State    Address         Active router   Standby router"
_SNMP: Final = "%SNMP agent not enabled"

SENTENCES: Final = {
    "nothing": "",
    "bgp": "% BGP not active",
    "snmp": _SNMP,
    "isakmp": f"IPv4 Crypto ISAKMP SA\n{_ISAKMP}\n\nIPv6 Crypto ISAKMP SA\n",
    "isakmp_keys": "Keyring      Hostname/Address                            Preshared Key\n",
    "dynamic_maps": "No crypto map templates found.",
    "standby": _STANDBY,
    "vrrp": _VRRP,
    "glbp": _GLBP,
    "spanning_tree": "\nNo spanning tree instances exist.\n",
    "spanning_tree_summary": _SPANNING_TREE_SUMMARY,
    "mac_table": _MAC_TABLE,
    "etherchannel": _ETHERCHANNEL,
    "vtp": _VTP,
    "buffers": _BUFFERS,
    "tcp": "TCB       Local Address               Foreign Address             (state)",
    "ipv6_neighbors": _IPV6_NEIGHBORS,
}


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing to show; `sentence` is what IOS says of it, empty where it says nothing."""

    sentence: str


def _answer(sentence: str) -> Show:
    """The same to everybody, whatever more was asked."""

    def view(
        router: Any,
        now: Instant,
        neighbor: IPv4 | None = None,
        interface: str | None = None,
        vrf: str | None = None,
        network: IPv4 | None = None,
        mask: IPv4 | None = None,
    ) -> Absent:
        return Absent(sentence)

    return Show(view, text)


def text(value: Absent) -> Iterator[str]:
    """The sentence, if there is one."""
    if value.sentence:
        yield from value.sentence.split("\n")


SHOWS: Final = {name: _answer(sentence) for name, sentence in SENTENCES.items()}
