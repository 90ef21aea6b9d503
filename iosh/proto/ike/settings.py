"""What the operator wants of IKE, as frozen values the router makes from the configuration, and IOS's defaults.

Configuration words become IANA numbers here (`proposal_of_words`, `transform_set_of_words`), so that whoever reads
the configuration needs no table of its own. Keys are bytes and never shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from iosh.base.addr import IPv4, Prefix
from iosh.base.errors import ConfigRefused
from iosh.wire import ikev2

ENCR_3DES: Final = 3
ENCR_NULL: Final = 11
ENCR_AES_CBC: Final = 12
ENCR_AES_GCM_16: Final = 20
PRF_SHA1: Final = 2
PRF_SHA256: Final = 5
PRF_SHA384: Final = 6
PRF_SHA512: Final = 7
INTEG_NONE: Final = 0
INTEG_SHA1_96: Final = 2
INTEG_SHA256_128: Final = 12
INTEG_SHA384_192: Final = 13
INTEG_SHA512_256: Final = 14
GROUPS: Final = (2, 5, 14, 15, 16, 19, 20, 21)


class Cipher(NamedTuple):
    """An encryption transform: IANA id and key length in bits (0 for NULL)."""

    id: int
    key_bits: int


ENCRYPTION_WORDS: Final = {
    "aes-cbc-128": Cipher(ENCR_AES_CBC, 128),
    "aes-cbc-192": Cipher(ENCR_AES_CBC, 192),
    "aes-cbc-256": Cipher(ENCR_AES_CBC, 256),
    "aes-gcm-128": Cipher(ENCR_AES_GCM_16, 128),
    "aes-gcm-256": Cipher(ENCR_AES_GCM_16, 256),
}
INTEGRITY_WORDS: Final = {
    "sha1": INTEG_SHA1_96,
    "sha256": INTEG_SHA256_128,
    "sha384": INTEG_SHA384_192,
    "sha512": INTEG_SHA512_256,
}
PRF_WORDS: Final = {"sha1": PRF_SHA1, "sha256": PRF_SHA256, "sha384": PRF_SHA384, "sha512": PRF_SHA512}
ESP_ENCRYPTION_WORDS: Final = {
    "esp-null": Cipher(ENCR_NULL, 0),
    "esp-aes": Cipher(ENCR_AES_CBC, 128),
    "esp-aes 128": Cipher(ENCR_AES_CBC, 128),
    "esp-aes 192": Cipher(ENCR_AES_CBC, 192),
    "esp-aes 256": Cipher(ENCR_AES_CBC, 256),
    "esp-gcm": Cipher(ENCR_AES_GCM_16, 128),
    "esp-gcm 128": Cipher(ENCR_AES_GCM_16, 128),
    "esp-gcm 192": Cipher(ENCR_AES_GCM_16, 192),
    "esp-gcm 256": Cipher(ENCR_AES_GCM_16, 256),
}
ESP_INTEGRITY_WORDS: Final = {
    "esp-sha-hmac": INTEG_SHA1_96,
    "esp-sha256-hmac": INTEG_SHA256_128,
    "esp-sha384-hmac": INTEG_SHA384_192,
    "esp-sha512-hmac": INTEG_SHA512_256,
}


class IkeProposal(NamedTuple):
    """`crypto ikev2 proposal`: what may protect the IKE SA, each list in order of preference."""

    name: str
    encryption: tuple[Cipher, ...]
    integrity: tuple[int, ...]  # empty with AES-GCM
    prf: tuple[int, ...]
    groups: tuple[int, ...]


class IkePolicy(NamedTuple):
    """`crypto ikev2 policy`: proposals for a local address; an empty `match_local` matches every address."""

    name: str
    proposals: tuple[str, ...]
    match_local: tuple[IPv4, ...] = ()
    match_fvrf: str | None = None


class Identity(NamedTuple):
    """Who a peer says it is: an IANA identification type and its bytes."""

    kind: int
    data: bytes

    @classmethod
    def of_address(cls, address: IPv4) -> Identity:
        return cls(ikev2.ID_IPV4, address.packed)

    @property
    def address(self) -> IPv4 | None:
        """The address, if that is what it is."""
        return IPv4.unpack(self.data) if self.kind == ikev2.ID_IPV4 and len(self.data) == 4 else None

    def __str__(self) -> str:
        if self.address is not None:
            return str(self.address)
        if self.kind in (ikev2.ID_FQDN, ikev2.ID_EMAIL, ikev2.ID_KEY_ID):
            return "".join(chr(byte) if 32 < byte < 127 else "." for byte in self.data)
        return self.data.hex()


def identity_of_words(kind: str, text: str) -> Identity:
    """`identity local fqdn|email|key-id TEXT`, `identity local address A`."""
    if kind == "address":
        return Identity.of_address(IPv4.parse(text))
    number = {"fqdn": ikev2.ID_FQDN, "email": ikev2.ID_EMAIL, "key-id": ikev2.ID_KEY_ID}[kind]
    return Identity(number, text.encode())


@dataclass(frozen=True, slots=True)
class KeyringPeer:
    """A `peer` of a keyring: whom the keys are for (addresses, or an identity) and the keys."""

    name: str
    prefix: Prefix | None = None
    identity: Identity | None = None
    local_key: bytes | None = field(default=None, repr=False)  # what we prove ourselves with
    remote_key: bytes | None = field(default=None, repr=False)  # what the peer proves itself with


class Keyring(NamedTuple):
    """`crypto ikev2 keyring`."""

    name: str
    peers: tuple[KeyringPeer, ...]


class RemoteMatch(NamedTuple):
    """`match identity remote …`: kind `address`, `fqdn`, `fqdn domain`, `email`, `key-id` or `any`."""

    kind: str
    prefix: Prefix | None = None
    text: str = ""


class Dpd(NamedTuple):
    """`dpd INTERVAL RETRY periodic|on-demand`."""

    interval_s: int
    retry_s: int = 2
    periodic: bool = False


@dataclass(frozen=True, slots=True)
class IkeProfile:
    """`crypto ikev2 profile`. Authentication words are as typed: `pre-share`, or None where not configured."""

    name: str
    match_remote: tuple[RemoteMatch, ...] = ()
    match_local: tuple[IPv4, ...] = ()
    match_fvrf: str | None = None
    identity_local: Identity | None = None
    authentication_local: str | None = "pre-share"
    authentication_remote: str | None = "pre-share"
    keyring: str | None = None
    lifetime_s: int = 86400
    dpd: Dpd | None = None
    nat_force_encap: bool = False


class TransformSet(NamedTuple):
    """`crypto ipsec transform-set`. `mode` is `tunnel`, `transport` or `transport require`."""

    name: str
    cipher: Cipher
    integrity: int  # INTEG_NONE with AES-GCM
    mode: str = "tunnel"
    words: tuple[str, ...] = ()  # as configured, for show


@dataclass(frozen=True, slots=True)
class Gate:
    """One protected tunnel: its `tunnel source` address and what its ipsec profile says.

    `ike_profile` None means the ipsec profile names no IKEv2 profile: IOS would use IKEv1.
    """

    interface: str
    local: IPv4
    ipsec_profile: str
    transform_sets: tuple[TransformSet, ...]
    ike_profile: str | None
    pfs_group: int | None = None
    lifetime_s: int = 3600
    lifetime_kilobytes: int | None = 4608000
    idle_time_s: int | None = None
    replay_window: int = 64  # 0: no replay detection
    responder_only: bool = False


@dataclass(frozen=True, slots=True)
class IkeSettings:
    """All of it. Dictionaries are keyed by name (`gates` by interface) and never changed after construction."""

    proposals: dict[str, IkeProposal]
    policies: dict[str, IkePolicy]
    keyrings: dict[str, Keyring]
    profiles: dict[str, IkeProfile]
    gates: dict[str, Gate]
    dpd: Dpd | None = None
    cookie_challenge: int | None = None  # half-open SAs from which a cookie is asked for
    fragmentation_mtu: int | None = None  # None: off
    nat_keepalive_s: int | None = None
    limit_max_sa: int | None = None
    limit_max_in_negotiation_sa: int | None = None
    logging_session: bool = False
    invalid_spi_recovery: bool = False  # begin with whoever sends by an SA we have lost

    def forces_encapsulation(self, local: IPv4) -> bool:
        """Is there to be a NAT in front of this address of ours, whether there is one or not? Asked before a peer
        has said who it is, so any profile of a tunnel with that source counts."""
        wanted = (self.profiles.get(gate.ike_profile or "") for gate in self.gates.values() if gate.local == local)
        return any(profile is not None and profile.nat_force_encap for profile in wanted)


# IOS-XE 17's own: used where the operator names nothing.
DEFAULT_PROPOSAL: Final = IkeProposal(
    "default",
    (Cipher(ENCR_AES_CBC, 256),),
    (INTEG_SHA512_256, INTEG_SHA384_192),
    (PRF_SHA512, PRF_SHA384),
    (19, 14, 21, 5),
)
DEFAULT_POLICY: Final = IkePolicy("default", ("default",), match_fvrf="any")
DEFAULT_TRANSFORM_SET: Final = TransformSet(
    "default", Cipher(ENCR_AES_CBC, 128), INTEG_SHA1_96, "transport", ("esp-aes", "esp-sha-hmac")
)
DEFAULT_IPSEC_PROFILE: Final = "default"  # transform set `default`, lifetimes 3600 s and 4608000 kB, no PFS
DEFAULT_NAT_KEEPALIVE_S: Final = 20


def proposal_of_words(
    name: str, encryption: tuple[str, ...], integrity: tuple[str, ...], prf: tuple[str, ...], groups: tuple[int, ...]
) -> IkeProposal:
    """A proposal from configuration words. Without `prf` the integrity algorithms name it too, as on IOS."""
    return IkeProposal(
        name,
        tuple(ENCRYPTION_WORDS[word] for word in encryption),
        tuple(INTEGRITY_WORDS[word] for word in integrity),
        tuple(PRF_WORDS[word] for word in prf or integrity),
        groups,
    )


def is_complete(proposal: IkeProposal) -> bool:
    """Does it say enough to be offered? AES-GCM needs no integrity, everything else does."""
    needs_integrity = any(cipher.id != ENCR_AES_GCM_16 for cipher in proposal.encryption)
    return bool(
        proposal.encryption and proposal.groups and proposal.prf and (proposal.integrity or not needs_integrity)
    )


def transform_set_of_words(name: str, transforms: tuple[str, ...], mode: str) -> TransformSet:
    """A transform set from configuration words, `("esp-aes 256", "esp-sha256-hmac")`."""
    ciphers = [ESP_ENCRYPTION_WORDS[word] for word in transforms if word in ESP_ENCRYPTION_WORDS]
    checks = [ESP_INTEGRITY_WORDS[word] for word in transforms if word in ESP_INTEGRITY_WORDS]
    if len(ciphers) + len(checks) != len(transforms) or len(ciphers) != 1 or len(checks) > 1:
        raise ConfigRefused(f"ERROR: Incompatible transforms in transform set {name}")
    combined = ciphers[0].id == ENCR_AES_GCM_16
    if combined == bool(checks):
        raise ConfigRefused(f"ERROR: Incompatible transforms in transform set {name}")
    return TransformSet(name, ciphers[0], checks[0] if checks else INTEG_NONE, mode, transforms)
