"""`show crypto ipsec sa [peer A | interface X] [detail]`, `show crypto ipsec profile|transform-set`, as IOS-XE 17 does.

A flow is one session: all GRE between two NBMA addresses. Its packet counters go on when SAs are replaced; AH and
compression do not exist, their empty sections are printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import SECOND, Instant
from iosh.proto.esp.suite import suite
from iosh.proto.ike.child import ChildSa, ChildState
from iosh.proto.ike.session import Session
from iosh.proto.ike.settings import DEFAULT_TRANSFORM_SET, ENCR_AES_GCM_16, TransformSet, transform_set_of_words
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_IP: Final = 20
_UDP: Final = 8


@dataclass(frozen=True, slots=True)
class EspSa:
    """One half of a pair. Lifetimes are what remains; kilobytes None: no such end."""

    spi: int
    transform: str
    mode: str
    udp_encapsulated: bool
    connection: int
    life_kilobytes: int | None
    life_s: int
    iv_bytes: int
    replay_window: int
    status: str


@dataclass(frozen=True, slots=True)
class Flow:
    """All GRE between two NBMA addresses."""

    interface: str
    local: IPv4
    remote: IPv4
    remote_port: int
    packets_out: int
    packets_in: int
    replayed: int
    not_authentic: int
    malformed: int
    outbound_spi: int
    plaintext_mtu: int
    path_mtu: int
    source_interface: str
    group: int | None
    inbound: tuple[EspSa, ...]
    outbound: tuple[EspSa, ...]


@dataclass(frozen=True, slots=True)
class IpsecSas:
    """`show crypto ipsec sa`."""

    flows: tuple[Flow, ...]
    detail: bool


def sas(
    router: Router, now: Instant, detail: bool = False, peer: IPv4 | None = None, interface: str | None = None
) -> IpsecSas:
    """All flows, those with one peer, or those of one tunnel."""
    chosen = [
        session
        for session in router.ike.sessions()
        if peer in (None, session.remote.plain) and interface in (None, session.interface)
    ]
    chosen.sort(key=lambda session: (session.interface, session.remote))
    return IpsecSas(tuple(_flow(router, session, now) for session in chosen), detail)


def _flow(router: Router, session: Session, now: Instant) -> Flow:
    counts = router.protect.counts((session.interface, session.remote), session.children)
    children = sorted(session.children.values(), key=lambda child: child is not session.current)
    source, mtu = _source(router, session.local)
    current = session.current
    port = next((sa.remote_port for sa in session.sas.values()), 500)
    return Flow(
        session.interface,
        session.local,
        session.remote,
        port,
        counts.packets_out,
        counts.packets_in,
        counts.replayed,
        counts.not_authentic,
        counts.malformed,
        current.outbound_spi if current is not None else 0,
        _plaintext_mtu(current, mtu) if current is not None else mtu,
        mtu,
        source,
        current.terms.group if current is not None else None,
        tuple(_half(router, child, True, now) for child in children),
        tuple(_half(router, child, False, now) for child in children),
    )


def _half(router: Router, child: ChildSa, inbound: bool, now: Instant) -> EspSa:
    pair = router.protect.pairs.get(child.inbound_spi)
    half = None if pair is None else pair.inbound if inbound else pair.outbound
    kilobytes = child.gate.lifetime_kilobytes
    chosen = child.terms.transform_set
    return EspSa(
        child.inbound_spi if inbound else child.outbound_spi,
        transform_words(chosen),
        child.terms.mode,
        child.encap is not None,
        2 * child.number + (0 if inbound else 1),
        None if kilobytes is None else max(0, kilobytes - (half.bytes if half is not None else 0) // 1024),
        max(0, child.hard_at - now) // SECOND,
        8 if chosen.cipher.id == ENCR_AES_GCM_16 else 16 if chosen.cipher.key_bits else 0,
        child.gate.replay_window,
        "ACTIVE" if child.state is not ChildState.DELETING else "DELETING",
    )


def _source(router: Router, local: IPv4) -> tuple[str, int]:
    """The interface that has this address, and its MTU."""
    for state in router.forwarding.interfaces.values():
        if any(one.address == local for one in state.addresses):
            return state.name, state.ip_mtu
    return "(none)", 1500


def _plaintext_mtu(child: ChildSa, mtu: int) -> int:
    chosen = child.terms.transform_set
    room = mtu - _IP - (_UDP if child.encap is not None else 0)
    inside = suite(*chosen.cipher, chosen.integrity).largest(room)
    return inside + (_IP if child.terms.mode == "transport" else 0)


def transform_words(chosen: TransformSet) -> str:
    """The transforms as `show` names them: `esp-256-aes esp-sha256-hmac`."""
    words = []
    for word in chosen.words:
        name, _, size = word.partition(" ")
        words.append(f"esp-{size}-aes" if name == "esp-aes" and size not in ("", "128") else word)
    return " ".join(words)


def sas_text(view: IpsecSas) -> Iterator[str]:
    interface = None
    for flow in view.flows:
        if flow.interface != interface:
            interface = flow.interface
            yield ""
            yield f"interface: {flow.interface}"
            yield f"    Crypto map tag: {flow.interface}-head-0, local addr {flow.local}"
        yield ""
        yield from _flow_lines(flow, view.detail)


def _flow_lines(flow: Flow, detail: bool) -> Iterator[str]:
    yield "   protected vrf: (none)"
    yield f"   local  ident (addr/mask/prot/port): ({flow.local}/255.255.255.255/47/0)"
    yield f"   remote ident (addr/mask/prot/port): ({flow.remote}/255.255.255.255/47/0)"
    yield f"   current_peer {flow.remote} port {flow.remote_port}"
    yield "     PERMIT, flags={origin_is_acl,}"
    yield from _counter_lines(flow, detail)
    yield ""
    yield f"     local crypto endpt.: {flow.local}, remote crypto endpt.: {flow.remote}"
    yield (
        f"     plaintext mtu {flow.plaintext_mtu}, path mtu {flow.path_mtu}, ip mtu {flow.path_mtu},"
        f" ip mtu idb {flow.source_interface}"
    )
    yield f"     current outbound spi: 0x{flow.outbound_spi:X}({flow.outbound_spi})"
    yield f"     PFS (Y/N): {'Y' if flow.group else 'N'}, DH group: {f'group{flow.group}' if flow.group else 'none'}"
    yield ""
    for direction, halves in (("inbound", flow.inbound), ("outbound", flow.outbound)):
        yield f"     {direction} esp sas:"
        for half in halves:
            yield from _half_lines(half, f"{flow.interface}-head-0")
        yield ""
        yield f"     {direction} ah sas:"
        yield ""
        yield f"     {direction} pcp sas:"
        yield ""


def _counter_lines(flow: Flow, detail: bool) -> Iterator[str]:
    out, received = flow.packets_out, flow.packets_in
    yield f"    #pkts encaps: {out}, #pkts encrypt: {out}, #pkts digest: {out}"
    yield f"    #pkts decaps: {received}, #pkts decrypt: {received}, #pkts verify: {received}"
    yield "    #pkts compressed: 0, #pkts decompressed: 0"
    yield "    #pkts not compressed: 0, #pkts compr. failed: 0"
    yield "    #pkts not decompressed: 0, #pkts decompress failed: 0"
    if not detail:
        yield f"    #send errors 0, #recv errors {flow.replayed + flow.not_authentic + flow.malformed}"
        return
    yield "    #pkts no sa (send) 0, #pkts invalid sa (rcv) 0"
    yield f"    #pkts encaps failed (send) 0, #pkts decaps failed (rcv) {flow.malformed}"
    yield f"    #pkts invalid prot (recv) 0, #pkts verify failed: {flow.not_authentic}"
    yield "    #pkts invalid identity (recv) 0, #pkts invalid len (rcv) 0"
    yield "    #pkts replay rollover (send): 0, #pkts replay rollover (rcv) 0"
    yield f"    ##pkts replay failed (rcv): {flow.replayed}"
    yield "    #pkts tagged (send): 0, #pkts untagged (rcv): 0"
    yield "    #pkts not tagged (send): 0, #pkts not untagged (rcv): 0"
    yield "    #pkts internal err (send): 0, #pkts internal err (recv) 0"


def _half_lines(half: EspSa, crypto_map: str) -> Iterator[str]:
    mode = half.mode.capitalize() + (" UDP-Encaps" if half.udp_encapsulated else "")
    yield f"      spi: 0x{half.spi:X}({half.spi})"
    yield f"        transform: {half.transform} ,"
    yield f"        in use settings ={{{mode}, }}"
    yield (
        f"        conn id: {half.connection}, flow_id: ESG:{half.connection}, sibling_flags FFFFFFFF80004008,"
        f" crypto map: {crypto_map}"
    )
    if half.life_kilobytes is None:
        yield f"        sa timing: remaining key lifetime (sec): {half.life_s}"
    else:
        yield f"        sa timing: remaining key lifetime (k/sec): ({half.life_kilobytes}/{half.life_s})"
    yield f"        IV size: {half.iv_bytes} bytes"
    if half.replay_window:
        yield f"        replay detection support: Y  replay window size: {half.replay_window}"
    else:
        yield "        replay detection support: N"
    yield f"        Status: {half.status}({half.status})"


@dataclass(frozen=True, slots=True)
class TransformSetView:
    """One transform set; `default` is IOS's own."""

    name: str
    transforms: str
    mode: str


def transform_sets(router: Router, now: Instant, name: str | None = None) -> tuple[TransformSetView, ...]:
    """The default and the configured transform sets."""
    found = [DEFAULT_TRANSFORM_SET]
    for key, one in router.config.crypto.ipsec.transform_sets.items():
        found.append(transform_set_of_words(key, one.transforms, one.mode))
    return tuple(
        TransformSetView(one.name, transform_words(one), one.mode) for one in found if name in (None, one.name)
    )


def transform_sets_text(view: tuple[TransformSetView, ...]) -> Iterator[str]:
    for one in view:
        mode = one.mode.partition(" ")[0].capitalize()
        yield f"Transform set {one.name}: {{ {one.transforms}  }} "
        yield f"   will negotiate = {{ {mode},  }}, "
        yield "   "


@dataclass(frozen=True, slots=True)
class IpsecProfileView:
    """One ipsec profile."""

    name: str
    ikev2_profile: str | None
    lifetime_s: int
    lifetime_kilobytes: int | None
    responder_only: bool
    pfs: str | None
    transform_sets: tuple[TransformSetView, ...]


def profiles(router: Router, now: Instant, name: str | None = None) -> tuple[IpsecProfileView, ...]:
    """IOS's default and the configured ipsec profiles."""
    ipsec = router.config.crypto.ipsec
    sets = {one.name: one for one in transform_sets(router, now)}
    default = IpsecProfileView(
        "default", None, ipsec.lifetime_s, ipsec.lifetime_kilobytes, False, None, (sets["default"],)
    )
    found = [] if "default" in ipsec.profiles else [default]
    for key, one in ipsec.profiles.items():
        kilobytes = one.lifetime_kilobytes or ipsec.lifetime_kilobytes
        found.append(
            IpsecProfileView(
                key,
                one.ikev2_profile,
                one.lifetime_s or ipsec.lifetime_s,
                None if one.lifetime_kilobytes_disable else kilobytes,
                one.responder_only,
                one.pfs,
                tuple(sets[word] for word in one.transform_sets or ("default",) if word in sets),
            )
        )
    return tuple(one for one in found if name in (None, one.name))


def profiles_text(view: tuple[IpsecProfileView, ...]) -> Iterator[str]:
    for one in view:
        yield f"IPSEC profile {one.name}"
        if one.ikev2_profile is not None:
            yield f"\tIKEv2 Profile: {one.ikev2_profile}"
        kilobytes = "disabled" if one.lifetime_kilobytes is None else str(one.lifetime_kilobytes)
        yield f"\tSecurity association lifetime: {kilobytes} kilobytes/{one.lifetime_s} seconds"
        yield f"\tResponder-Only (Y/N): {'Y' if one.responder_only else 'N'}"
        yield f"\tPFS (Y/N): {'Y' if one.pfs else 'N'}"
        if one.pfs:
            yield f"\tDH group:  {one.pfs}"
        yield "\tMixed-mode : Disabled"
        yield "\tTransform sets={ "
        for chosen in one.transform_sets:
            yield f"\t\t{chosen.name}:  {{ {chosen.transforms}  }} , "
        yield "\t}"
        yield ""


@dataclass(frozen=True, slots=True)
class IpsecLifetime:
    """`show crypto ipsec security-association lifetime`."""

    seconds: int
    kilobytes: int


def lifetime(router: Router, now: Instant) -> IpsecLifetime:
    """The lifetimes profiles have where they name none."""
    ipsec = router.config.crypto.ipsec
    return IpsecLifetime(ipsec.lifetime_s, ipsec.lifetime_kilobytes)


def lifetime_text(view: IpsecLifetime) -> Iterator[str]:
    yield f"Security association lifetime: {view.kilobytes} kilobytes/{view.seconds} seconds"


SHOWS = {
    "sa": Show(sas, sas_text),
    "transform_set": Show(transform_sets, transform_sets_text),
    "profile": Show(profiles, profiles_text),
    "lifetime": Show(lifetime, lifetime_text),
}
