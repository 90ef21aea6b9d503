"""`show ip interface`, whole and brief."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.router.interfaces import InterfaceState
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router


@dataclass(frozen=True)
class BriefLine:
    """One interface in a row; `status` and `protocol` in IOS's words."""

    name: str
    address: IPv4 | None
    status: str
    protocol: str
    method: str = "unset"  # where the address is from


@dataclass(frozen=True)
class IpInterfaceBrief:
    """`show ip interface brief`."""

    interfaces: tuple[BriefLine, ...]


def brief(router: Router, now: Instant, interface: str | None = None) -> IpInterfaceBrief:
    return IpInterfaceBrief(
        tuple(
            BriefLine(
                state.name,
                state.address.address if state.address else None,
                state.link_state,
                "up" if state.protocol else "down",
                _method(router, state),
            )
            for state in ordered(router)
            if interface in (None, state.name)
        )
    )


def _method(router: Router, state: InterfaceState) -> str:
    if state.settings.by_dhcp:
        return "DHCP"
    if state.address is None:
        return "unset"
    return "NVRAM" if router.forwarding.has_boot_address(state) else "manual"


def ordered(router: Router) -> Iterator[InterfaceState]:
    """The interfaces as these commands list them: ports first, then loopbacks and tunnels; not Null0."""
    states = [state for state in router.forwarding.interfaces.values() if state.kind != "Null"]
    yield from (state for state in states if state.is_ethernet)
    yield from (state for state in states if not state.is_ethernet)


def brief_text(view: IpInterfaceBrief) -> Iterator[str]:
    yield "Interface              IP-Address      OK? Method Status                Protocol"
    for line in view.interfaces:
        address = str(line.address) if line.address is not None else "unassigned"
        yield f"{line.name:<22} {address:<15} YES {line.method:<6} {line.status:<21} {line.protocol:<8}"


@dataclass(frozen=True)
class IpInterfaceView:
    """One interface as IP sees it; with neither an address nor an unnumbered lender, IP is off there."""

    name: str
    status: str
    protocol: str
    address: IPv4 | None
    length: int
    secondary: tuple[tuple[IPv4, int], ...]
    unnumbered: str | None
    method: str  # as `show ip interface brief` calls it
    mtu: int
    proxy_arp: bool
    redirects: bool
    unreachables: bool
    adjust_mss: int | None
    access_in: str | None
    access_out: str | None
    nat: str | None
    vrf: str | None


@dataclass(frozen=True)
class IpInterfaces:
    """`show ip interface`."""

    interfaces: tuple[IpInterfaceView, ...]


def full(router: Router, now: Instant, interface: str | None = None) -> IpInterfaces:
    return IpInterfaces(tuple(_view(router, state) for state in ordered(router) if interface in (None, state.name)))


def _view(router: Router, state: InterfaceState) -> IpInterfaceView:
    settings, configured = state.settings, router.config.interfaces.get(state.name)
    return IpInterfaceView(
        name=state.name,
        status=state.link_state,
        protocol="up" if state.protocol else "down",
        address=state.address.address if state.address else None,
        length=state.address.length if state.address else 0,
        secondary=tuple((own.address, own.length) for own in settings.secondary),
        unnumbered=settings.unnumbered,
        method=_method(router, state),
        mtu=state.ip_mtu,
        proxy_arp=settings.proxy_arp,
        redirects=settings.redirects,
        unreachables=settings.unreachables,
        adjust_mss=settings.adjust_mss,
        access_in=settings.access_in,
        access_out=settings.access_out,
        nat=settings.nat,
        vrf=configured.vrf_name if configured is not None else None,
    )


_SWITCHING = """\
  ICMP mask replies are never sent
  IP fast switching is enabled
  IP Flow switching is disabled
  IP CEF switching is enabled
  IP CEF switching turbo vector
  IP Null turbo vector{vrf}
  Associated unicast routing topologies:
        Topology "base", operation state is UP
  IP multicast fast switching is enabled
  IP multicast distributed fast switching is disabled
  IP route-cache flags are Fast, CEF
  Router Discovery is disabled
  IP output packet accounting is disabled
  IP access violation accounting is disabled
  TCP/IP header compression is disabled
  RTP/IP header compression is disabled
  Probe proxy name replies are disabled
  Policy routing is disabled
  Network address translation is {nat}
  BGP Policy Mapping is disabled
  {features}
  IPv4 WCCP Redirect outbound is disabled
  IPv4 WCCP Redirect inbound is disabled
  IPv4 WCCP Redirect exclude is disabled"""
_DETERMINED: Final = {"DHCP": "DHCP", "manual": "setup command"}
_ACCESS = """\
  Helper address is not set
  Directed broadcast forwarding is disabled
  Outgoing Common access list is not set 
  Outgoing access list is {outbound}
  Inbound Common access list is not set 
  Inbound  access list is {inbound}"""  # noqa: W291 - the blanks are IOS's


def full_text(view: IpInterfaces) -> Iterator[str]:
    for each in view.interfaces:
        yield f"{each.name} is {each.status}, line protocol is {each.protocol}"
        if each.address is None and each.method == "DHCP":
            yield "  Internet address will be negotiated using DHCP"
        if each.address is None:
            yield "  Internet protocol processing disabled"
            continue
        if each.unnumbered is not None:
            yield f"  Interface is unnumbered. Using address of {each.unnumbered} ({each.address})"
        else:
            yield f"  Internet address is {each.address}/{each.length}"
        yield "  Broadcast address is 255.255.255.255"
        if each.unnumbered is None:
            yield f"  Address determined by {_DETERMINED.get(each.method, 'non-volatile memory')}"
        yield f"  MTU is {each.mtu} bytes"
        yield from _ACCESS.splitlines()[:2]
        for address, length in each.secondary:
            yield f"  Secondary address {address}/{length}"
        inbound, outbound = each.access_in or "not set", each.access_out or "not set"
        yield from _ACCESS.format(inbound=inbound, outbound=outbound).splitlines()[2:]
        yield f"  Proxy ARP is {'enabled' if each.proxy_arp else 'disabled'}"
        yield "  Local Proxy ARP is disabled"
        yield "  Security level is default"
        yield "  Split horizon is enabled"
        yield f"  ICMP redirects are {'always' if each.redirects else 'never'} sent"
        yield f"  ICMP unreachables are {'always' if each.unreachables else 'never'} sent"
        nat = "disabled" if each.nat is None else f"enabled, interface in domain {each.nat}"
        vrf = f'\n  VPN Routing/Forwarding "{each.vrf}"' if each.vrf is not None else ""
        yield from _SWITCHING.format(features="\n  ".join(_features(each)), nat=nat, vrf=vrf).splitlines()


def _features(each: IpInterfaceView) -> Iterator[str]:
    """What else is done to packets here, as IOS names it."""
    mss = {"TCP Adjust MSS": each.adjust_mss is not None}
    came_in = {
        "Access List": each.access_in is not None,
        "Virtual Fragment Reassembly": each.nat is not None,
        "NAT Outside": each.nat == "outside",
    }
    goes_out = {
        "NAT Inside": each.nat == "inside",
        "Post-routing NAT Outside": each.nat == "outside",
        "Access List": each.access_out is not None,
    }
    words = [word for word, on in (came_in | {"MCI Check": True} | mss).items() if on]
    yield f"Input features: {', '.join(words)}"
    words = [word for word, on in (goes_out | mss).items() if on]
    if words:
        yield f"Output features: {', '.join(words)}"


SHOWS = {"brief": Show(brief, brief_text), "full": Show(full, full_text)}
