"""`show crypto ikev2 sa|session|proposal|policy|profile|stats`, as IOS-XE 17 prints them.

Not here: certificates, EAP, AAA and virtual templates, which profiles do not have; what IOS prints of them when unused
is printed. IPv6 SAs do not exist; their empty section is printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import SECOND, Instant
from iosh.proto.ike import group
from iosh.proto.ike.child import ChildSa
from iosh.proto.ike.sa import IkeSa, State
from iosh.proto.ike.settings import (
    DEFAULT_POLICY,
    DEFAULT_PROPOSAL,
    ENCR_3DES,
    ENCR_AES_CBC,
    ENCR_AES_GCM_16,
    ENCR_NULL,
    Cipher,
    Dpd,
    IkeProfile,
    IkeProposal,
)
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_STATUS: Final = {
    State.INIT: "IN-NEG",
    State.AUTH: "IN-NEG",
    State.READY: "READY",
    State.REKEYED: "READY",
    State.DELETING: "DELETE",
    State.GONE: "DELETE",
}
_ENCRYPTION: Final = {ENCR_AES_CBC: "AES-CBC", ENCR_AES_GCM_16: "AES-GCM", ENCR_NULL: "NULL", ENCR_3DES: "3DES"}
_HASH: Final = {0: "None", 2: "SHA96", 12: "SHA256", 13: "SHA384", 14: "SHA512"}
_PRF: Final = {2: "SHA1", 5: "SHA256", 6: "SHA384", 7: "SHA512"}
_INTEGRITY: Final = {2: "SHA96", 12: "SHA256", 13: "SHA384", 14: "SHA512"}
_HEAD: Final = "Tunnel-id Local                 Remote                fvrf/ivrf            Status "


@dataclass(frozen=True, slots=True)
class Ikev2Algorithms:
    """What protects an IKE SA, in IOS's words."""

    encryption: str
    key_bits: int
    prf: str
    hash: str
    group: int


@dataclass(frozen=True, slots=True)
class Ikev2Child:
    """A CHILD SA under its IKE SA."""

    local: IPv4
    remote: IPv4
    inbound_spi: int
    outbound_spi: int
    encryption: str
    key_bits: int
    hash: str
    mode: str


@dataclass(frozen=True, slots=True)
class Ikev2Sa:
    """One IKE SA."""

    number: int
    session: int
    local: IPv4
    local_port: int
    remote: IPv4
    remote_port: int
    status: str
    algorithms: Ikev2Algorithms | None
    life_s: int
    active_s: int
    local_spi: int
    remote_spi: int
    local_id: str
    remote_id: str
    requests_sent: int
    requests_received: int
    dpd_interval_s: int
    dpd_retry_s: int
    fragmentation: bool
    nat: str  # "", "inside", "outside", "both"
    initiator: bool
    children: tuple[Ikev2Child, ...]


@dataclass(frozen=True, slots=True)
class Ikev2Sas:
    """`show crypto ikev2 sa`, `show crypto ikev2 session`."""

    sas: tuple[Ikev2Sa, ...]
    detail: bool


def sas(
    router: Router, now: Instant, detail: bool = False, local: IPv4 | None = None, remote: IPv4 | None = None
) -> Ikev2Sas:
    """All IKE SAs, or those of one address."""
    chosen = [sa for sa in router.ike.sas() if local in (None, sa.local) and remote in (None, sa.remote)]
    return Ikev2Sas(tuple(_sa(sa, now) for sa in chosen), detail)


def _sa(sa: IkeSa, now: Instant) -> Ikev2Sa:
    sent, received = sa.message_ids
    dpd = (sa.profile.dpd if sa.profile is not None else None) or sa.context.settings.dpd or Dpd(0, 0)
    algorithms = None
    if sa.suite is not None:
        suite = sa.suite
        algorithms = Ikev2Algorithms(
            _ENCRYPTION[suite.cipher.id], suite.cipher.key_bits, _PRF[suite.prf], _HASH[suite.integrity], suite.group
        )
    return Ikev2Sa(
        sa.number,
        sa.session_id,
        sa.local,
        sa.local_port,
        sa.remote,
        sa.remote_port,
        _STATUS[sa.state],
        algorithms,
        sa.profile.lifetime_s if sa.profile is not None else 86400,
        (now - (sa.ready_at if sa.ready_at is not None else sa.created)) // SECOND,
        sa.own_spi,
        sa.peer_spi,
        str(sa.local_identity or sa.local),
        str(sa.remote_identity or sa.remote),
        sent,
        received,
        dpd.interval_s,
        dpd.retry_s,
        sa.can_fragment,
        {(False, False): "", (True, False): "inside", (False, True): "outside", (True, True): "both"}[sa.nat],
        sa.initiator,
        tuple(_child(child) for child in sa.children.values()),
    )


def _child(child: ChildSa) -> Ikev2Child:
    chosen, session = child.terms.transform_set, child.session
    return Ikev2Child(
        session.local,
        session.remote,
        child.inbound_spi,
        child.outbound_spi,
        _ENCRYPTION[chosen.cipher.id],
        chosen.cipher.key_bits,
        _HASH[chosen.integrity],
        child.terms.mode,
    )


def sas_text(view: Ikev2Sas) -> Iterator[str]:
    yield " IPv4 Crypto IKEv2  SA "
    yield ""
    if view.sas:
        yield _HEAD
    for sa in view.sas:
        yield from _sa_lines(sa)
        if view.detail:
            yield from _detail_lines(sa)
        yield ""
    yield " IPv6 Crypto IKEv2  SA "
    yield ""


def _sa_lines(sa: Ikev2Sa) -> Iterator[str]:
    local, remote = f"{sa.local}/{sa.local_port}", f"{sa.remote}/{sa.remote_port}"
    yield f"{sa.number:<9} {local:<21} {remote:<21} {'none/none':<20} {sa.status:<6} "
    if sa.algorithms is not None:
        one = sa.algorithms
        ciphers = f"Encr: {one.encryption}, keysize: {one.key_bits}, PRF: {one.prf}, Hash: {one.hash}"
        yield f"      {ciphers}, DH Grp:{one.group}, Auth sign: PSK, Auth verify: PSK"
    yield f"      Life/Active Time: {sa.life_s}/{sa.active_s} sec"


def _detail_lines(sa: Ikev2Sa) -> Iterator[str]:
    done = "Negotiation done" if sa.status == "READY" else "Initiator waiting for response"
    nat = f"detected {sa.nat}" if sa.nat else "not detected"
    yield f"      CE id: {1000 + sa.number}, Session-id: {sa.session}"
    yield f"      Status Description: {done}"
    yield f"      Local spi: {sa.local_spi:016X}       Remote spi: {sa.remote_spi:016X}"
    yield f"      Local id: {sa.local_id}"
    yield f"      Remote id: {sa.remote_id}"
    for word in ("req msg id", "next msg id", "req queued"):
        title = f"{word}:"
        yield f"      Local {title:<12} {sa.requests_sent:<14} Remote {title:<12} {sa.requests_received:<9} "
    yield "      Local window:      1              Remote window:      1         "
    yield f"      DPD configured for {sa.dpd_interval_s} seconds, retry {sa.dpd_retry_s}"
    yield f"      IETF Std Fragmentation {'enabled' if sa.fragmentation else ' not  configured'}."
    yield "      Dynamic Route Update: disabled"
    yield "      Extended Authentication not configured."
    yield f"      NAT-T is {nat}  "
    yield "      Cisco Trust Security SGT is disabled"
    yield f"      Initiator of SA : {'Yes' if sa.initiator else 'No'}"


def sessions_text(view: Ikev2Sas) -> Iterator[str]:
    yield " IPv4 Crypto IKEv2 Session "
    yield ""
    for number in dict.fromkeys(sa.session for sa in view.sas):
        members = [sa for sa in view.sas if sa.session == number]
        children = [child for sa in members for child in sa.children]
        status = "UP-ACTIVE" if children else "UP-IDLE" if members[0].status == "READY" else "DOWN-NEGOTIATING"
        yield (f"Session-id:{number}, Status:{status}, IKE count:{len(members)}, CHILD count:{len(children)}")
        yield ""
        yield _HEAD
        for sa in members:
            yield from _sa_lines(sa)
            if view.detail:
                yield from _detail_lines(sa)
        for child in children:
            yield from _child_lines(child, view.detail)
        yield ""
    yield " IPv6 Crypto IKEv2 Session "
    yield ""


def _child_lines(child: Ikev2Child, detail: bool) -> Iterator[str]:
    yield f"Child sa: local selector  {child.local}/0 - {child.local}/65535"
    yield f"          remote selector {child.remote}/0 - {child.remote}/65535"
    yield f"          ESP spi in/out: 0x{child.inbound_spi:X}/0x{child.outbound_spi:X}  "
    if detail:
        yield "          AH spi in/out: 0x0/0x0  "
        yield "          CPI in/out: 0x0/0x0  "
        yield f"          Encr: {child.encryption}, keysize: {child.key_bits}, esp_hmac: {child.hash}"
        yield f"          ah_hmac: None, comp: IPCOMP_NONE, mode {child.mode}"


@dataclass(frozen=True, slots=True)
class Ikev2ProposalView:
    """One proposal, in IOS's words."""

    name: str
    encryption: tuple[str, ...]
    integrity: tuple[str, ...]
    prf: tuple[str, ...]
    groups: tuple[int, ...]


def proposals(router: Router, now: Instant, name: str | None = None) -> tuple[Ikev2ProposalView, ...]:
    """The configured proposals and IOS's own."""
    configured = router.ike.settings.proposals
    found = {"default": DEFAULT_PROPOSAL, **configured}
    return tuple(_proposal(one) for one in found.values() if name in (None, one.name))


def _proposal(one: IkeProposal) -> Ikev2ProposalView:
    return Ikev2ProposalView(
        one.name,
        tuple(_cipher(cipher) for cipher in one.encryption),
        tuple(_INTEGRITY[number] for number in one.integrity) or ("none",),
        tuple(_PRF[number] for number in one.prf),
        one.groups,
    )


def _cipher(cipher: Cipher) -> str:
    return f"{_ENCRYPTION[cipher.id]}-{cipher.key_bits}"


def proposals_text(view: tuple[Ikev2ProposalView, ...]) -> Iterator[str]:
    for one in view:
        yield f" IKEv2 proposal: {one.name} "
        yield f"     Encryption : {' '.join(one.encryption)}"
        yield f"     Integrity  : {' '.join(one.integrity)}"
        yield f"     PRF        : {' '.join(one.prf)}"
        yield f"     DH Group   : {' '.join(f'DH_GROUP_{group.NAMES[n]}/Group {n}' for n in one.groups)}"


@dataclass(frozen=True, slots=True)
class Ikev2PolicyView:
    """One policy."""

    name: str
    match_fvrf: str
    match_local: tuple[IPv4, ...]
    proposals: tuple[str, ...]


def policies(router: Router, now: Instant, name: str | None = None) -> tuple[Ikev2PolicyView, ...]:
    """The configured policies and IOS's own."""
    found = {**router.ike.settings.policies, "default": router.ike.settings.policies.get("default", DEFAULT_POLICY)}
    return tuple(
        Ikev2PolicyView(one.name, one.match_fvrf or "global", one.match_local, one.proposals)
        for one in found.values()
        if name in (None, one.name)
    )


def policies_text(view: tuple[Ikev2PolicyView, ...]) -> Iterator[str]:
    for one in view:
        yield ""
        yield f" IKEv2 policy : {one.name}"
        yield f"      Match fvrf : {one.match_fvrf}"
        yield f"      Match address local : {' '.join(map(str, one.match_local)) or 'any'} "
        for proposal in one.proposals:
            yield f"      Proposal    : {proposal} "


@dataclass(frozen=True, slots=True)
class Ikev2ProfileView:
    """One profile."""

    name: str
    references: int
    fvrf: str
    match_local: tuple[IPv4, ...]
    identities: tuple[str, ...]
    identity_local: str
    authentication_local: str
    authentication_remote: str
    keyring: str
    lifetime_s: int
    dpd: str


def profiles(router: Router, now: Instant, name: str | None = None) -> tuple[Ikev2ProfileView, ...]:
    """The configured profiles."""
    found = router.ike.settings.profiles.values()
    return tuple(_profile(router, one) for one in found if name in (None, one.name))


def _profile(router: Router, one: IkeProfile) -> Ikev2ProfileView:
    identities = []
    for line in one.match_remote:
        if line.kind == "address" and line.prefix is not None:
            mask = "" if line.prefix.length == 32 else f" {line.prefix.mask}"
            identities.append(f"address {line.prefix.network}{mask}")
        else:
            identities.append(f"{line.kind} {line.text}".rstrip())
    dpd = one.dpd
    mode = "periodic" if dpd is not None and dpd.periodic else "on-demand"
    return Ikev2ProfileView(
        one.name,
        2 + sum(gate.ike_profile == one.name for gate in router.ike.settings.gates.values()),
        one.match_fvrf or "global",
        one.match_local,
        tuple(identities),
        str(one.identity_local or "none"),
        one.authentication_local or "none",
        one.authentication_remote or "none",
        one.keyring or "none",
        one.lifetime_s,
        "disabled" if dpd is None else f"interval {dpd.interval_s}, retry-interval {dpd.retry_s}, {mode}",
    )


def profiles_text(view: tuple[Ikev2ProfileView, ...]) -> Iterator[str]:
    for one in view:
        yield ""
        yield f"IKEv2 profile: {one.name}"
        yield " Shutdown : No"
        yield f" Ref Count: {one.references}"
        yield " Match criteria: "
        yield f"  Fvrf: {one.fvrf}"
        yield f"  Local address/interface: {' '.join(map(str, one.match_local)) or 'none'}"
        yield f"  Identities: {'' if one.identities else 'none'}"
        for identity in one.identities:
            yield f"   {identity} "
        yield "  Certificate maps: none"
        yield f" Local identity: {one.identity_local}"
        yield " Remote identity: none"
        yield f" Local authentication method: {one.authentication_local}"
        yield f" Remote authentication method(s): {one.authentication_remote}"
        yield " EAP options: none"
        yield f" Keyring: {one.keyring}"
        yield " Trustpoint(s): none"
        yield f" Lifetime: {one.lifetime_s} seconds"
        yield f" DPD: {one.dpd}"
        yield " NAT-keepalive: disabled"
        yield " Ivrf: none"
        yield " Virtual-template: none"
        yield " mode auto: none"
        for word in ("AnyConnect EAP authentication mlist", "EAP authentication mlist", "authentication mlist"):
            yield f" AAA {word}: none"
        yield " AAA Accounting: none"
        yield " AAA group authorization: none"
        yield " AAA user authorization: none"


@dataclass(frozen=True, slots=True)
class SaCount:
    """IKE SAs of one direction."""

    active: int
    negotiating: int
    deleting: int


@dataclass(frozen=True, slots=True)
class Ikev2Stats:
    """`show crypto ikev2 stats`: what is there, and all that was counted; a limit of 0 is none."""

    most_sas: int
    most_negotiating: int
    incoming: SaCount
    outgoing: SaCount
    counted: dict[str, int]

    def count(self, *names: str) -> int:
        return sum(self.counted.get(name, 0) for name in names)


def stats(router: Router, now: Instant) -> Ikev2Stats:
    """Figures of the IKE machine."""
    settings = router.ike.settings

    def there(initiator: bool) -> SaCount:
        states = [_STATUS[sa.state] for sa in router.ike.sas() if sa.initiator is initiator]
        return SaCount(states.count("READY"), states.count("IN-NEG"), states.count("DELETE"))

    limits = settings.limit_max_sa or 0, settings.limit_max_in_negotiation_sa or 0
    return Ikev2Stats(*limits, there(False), there(True), dict(sorted(router.ike.desk.counters.items())))


def stats_text(view: Ikev2Stats) -> Iterator[str]:
    """Each line by the counters it sums up; refusals for want of memory, or of revoked certificates, there are none."""
    line, count = "-" * 82, view.count
    refused = count("no IKE proposal chosen", "another DH group wanted")
    crowded, invited = count("half-open limit"), count("cookies asked for")
    yield line
    yield " " * 26 + "Crypto IKEv2 SA Statistics"
    yield line
    most = f"{view.most_negotiating}/{view.most_negotiating}"
    yield f"System Resource Limit:   {0:<8} Max IKEv2 SAs: {view.most_sas:<8} Max in nego(in/out): {most}"
    for way, sas in (("incoming", view.incoming), ("outgoing", view.outgoing)):
        total = sas.active + sas.negotiating + sas.deleting
        yield f"Total {way} IKEv2 SA Count:    {total:<8} active:        {sas.active:<8} negotiating: {sas.negotiating}"
    accepted, sent = count("IKE SA requests accepted"), count("IKE SA requests sent")
    yield _requests("Incoming", count("IKE SA requests received"), accepted, refused + crowded)
    agreed, denied = count("IKE SA requests accepted by the peer"), count("IKE SA requests refused by the peer")
    yield _requests("Outgoing", sent, agreed, denied)
    yield f"Rejected IKEv2 Requests: {refused + crowded:<8} rsrc low:      {0:<8} SA limit:    {crowded}"
    yield f"IKEv2 packets dropped at dispatch: {count('malformed', 'unknown IKE SPI')}"
    yield "Incoming Requests dropped as LOW Q limit reached : 0"
    yield f"Incoming IKEV2 Cookie Challenged Requests: {invited}"
    wrong, without = count("wrong cookies"), count("no cookie")
    yield f"    accepted: {count('cookies accepted'):<8} rejected: {wrong:<8} rejected no cookie: {without}"
    yield "Total Deleted sessions of Cert Revoked Peers: 0"
    yield ""


def _requests(way: str, all_of_them: int, accepted: int, rejected: int) -> str:
    return f"{way} IKEv2 Requests: {all_of_them:<8} accepted:      {accepted:<8} rejected:    {rejected}"


SHOWS = {
    "sa": Show(sas, sas_text),
    "session": Show(sas, sessions_text),
    "proposal": Show(proposals, proposals_text),
    "policy": Show(policies, policies_text),
    "profile": Show(profiles, profiles_text),
    "stats": Show(stats, stats_text),
}
