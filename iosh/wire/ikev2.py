"""IKEv2 payloads as values (RFC 7296 section 3; fragments RFC 7383 section 2.5).

One NamedTuple per payload iosh reads; others (certificates, EAP, configuration) stay `Opaque` and are written back
as they came. Encryption is not done here: `Encrypted` and `Fragment` hold ciphertext. Numbers are IANA's.
"""

from __future__ import annotations

from struct import Struct
from typing import Any, Final, NamedTuple, TypeAlias

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.wire.isakmp import HEADER_SIZE, VERSION_2, Header, Raw, decode_chain, encode_chain
from iosh.wire.reader import Reader

# Exchange types.
IKE_SA_INIT: Final = 34
IKE_AUTH: Final = 35
CREATE_CHILD_SA: Final = 36
INFORMATIONAL: Final = 37
EXCHANGES: Final = {34: "IKE_SA_INIT", 35: "IKE_AUTH", 36: "CREATE_CHILD_SA", 37: "INFORMATIONAL"}

# Payload types.
SA: Final = 33
KE: Final = 34
IDI: Final = 35
IDR: Final = 36
CERT: Final = 37
CERTREQ: Final = 38
AUTH: Final = 39
NONCE: Final = 40
NOTIFY: Final = 41
DELETE: Final = 42
VENDOR: Final = 43
TSI: Final = 44
TSR: Final = 45
SK: Final = 46
CP: Final = 47
EAP: Final = 48
SKF: Final = 53
PAYLOADS: Final = {
    SA: "SA", KE: "KE", IDI: "IDi", IDR: "IDr", CERT: "CERT", CERTREQ: "CERTREQ", AUTH: "AUTH", NONCE: "N",
    NOTIFY: "NOTIFY", DELETE: "DELETE", VENDOR: "VID", TSI: "TSi", TSR: "TSr", SK: "ENCR", CP: "CFG", EAP: "EAP",
    SKF: "FRAG",
}  # fmt: skip

# Protocols.
PROTOCOL_NONE: Final = 0
PROTOCOL_IKE: Final = 1
PROTOCOL_AH: Final = 2
PROTOCOL_ESP: Final = 3

# Transform types and the attribute that carries a key length.
ENCR: Final = 1
PRF: Final = 2
INTEG: Final = 3
DH: Final = 4
ESN: Final = 5
KEY_LENGTH: Final = 14

# Identification types and authentication methods.
ID_IPV4: Final = 1
ID_FQDN: Final = 2
ID_EMAIL: Final = 3
ID_KEY_ID: Final = 11
AUTH_PSK: Final = 2

# Notify types: errors below 16384, status from there on.
UNSUPPORTED_CRITICAL_PAYLOAD: Final = 1
INVALID_IKE_SPI: Final = 4
INVALID_MAJOR_VERSION: Final = 5
INVALID_SYNTAX: Final = 7
INVALID_MESSAGE_ID: Final = 9
INVALID_SPI: Final = 11
NO_PROPOSAL_CHOSEN: Final = 14
INVALID_KE_PAYLOAD: Final = 17
AUTHENTICATION_FAILED: Final = 24
SINGLE_PAIR_REQUIRED: Final = 34
NO_ADDITIONAL_SAS: Final = 35
TS_UNACCEPTABLE: Final = 38
TEMPORARY_FAILURE: Final = 43
CHILD_SA_NOT_FOUND: Final = 44
INITIAL_CONTACT: Final = 16384
SET_WINDOW_SIZE: Final = 16385
NAT_DETECTION_SOURCE_IP: Final = 16388
NAT_DETECTION_DESTINATION_IP: Final = 16389
COOKIE: Final = 16390
USE_TRANSPORT_MODE: Final = 16391
REKEY_SA: Final = 16393
ESP_TFC_PADDING_NOT_SUPPORTED: Final = 16394
FRAGMENTATION_SUPPORTED: Final = 16430
FIRST_STATUS: Final = 16384
NOTIFIES: Final = {
    1: "UNSUPPORTED_CRITICAL_PAYLOAD", 4: "INVALID_IKE_SPI", 5: "INVALID_MAJOR_VERSION", 7: "INVALID_SYNTAX",
    9: "INVALID_MESSAGE_ID", 11: "INVALID_SPI", 14: "NO_PROPOSAL_CHOSEN", 17: "INVALID_KE_PAYLOAD",
    24: "AUTHENTICATION_FAILED", 34: "SINGLE_PAIR_REQUIRED", 35: "NO_ADDITIONAL_SAS",
    36: "INTERNAL_ADDRESS_FAILURE", 37: "FAILED_CP_REQUIRED", 38: "TS_UNACCEPTABLE", 39: "INVALID_SELECTORS",
    43: "TEMPORARY_FAILURE", 44: "CHILD_SA_NOT_FOUND", 16384: "INITIAL_CONTACT", 16385: "SET_WINDOW_SIZE",
    16386: "ADDITIONAL_TS_POSSIBLE", 16387: "IPCOMP_SUPPORTED", 16388: "NAT_DETECTION_SOURCE_IP",
    16389: "NAT_DETECTION_DESTINATION_IP", 16390: "COOKIE", 16391: "USE_TRANSPORT_MODE",
    16392: "HTTP_CERT_LOOKUP_SUPPORTED", 16393: "REKEY_SA", 16394: "ESP_TFC_PADDING_NOT_SUPPORTED",
    16395: "NON_FIRST_FRAGMENTS", 16396: "MOBIKE_SUPPORTED", 16404: "MULTIPLE_AUTH_SUPPORTED",
    16406: "REDIRECT_SUPPORTED", 16418: "CHILDLESS_IKEV2_SUPPORTED", 16420: "IKEV2_MESSAGE_ID_SYNC_SUPPORTED",
    16430: "IKEV2_FRAGMENTATION_SUPPORTED", 16431: "SIGNATURE_HASH_ALGORITHMS",
}  # fmt: skip

_PROPOSAL: Final = Struct("!BBHBBBB")
_TRANSFORM: Final = Struct("!BBHBBH")
_ATTRIBUTE: Final = Struct("!HH")
_KE: Final = Struct("!HH")
_KIND: Final = Struct("!BBH")
_NOTIFY: Final = Struct("!BBH")
_DELETE: Final = Struct("!BBH")
_SELECTORS: Final = Struct("!B3s")
_SELECTOR: Final = Struct("!BBHHH")
_FRAGMENT: Final = Struct("!HH")
_TS_IPV4: Final = 7
_FINAL, _MORE_PROPOSALS, _MORE_TRANSFORMS = 0, 2, 3
_SHORT: Final = 0x8000  # an attribute whose value stands in the length's place


class Transform(NamedTuple):
    """One algorithm: | last/more | reserved | length || type | reserved | id || attributes |.

    `key_bits` is 0 where no key length is given. `extra` are attributes that are not a key length, as they came.
    """

    type: int
    id: int
    key_bits: int = 0
    extra: bytes = b""

    @classmethod
    def decode(cls, r: Reader) -> tuple[Transform, bool]:
        more, _, size, kind, _, number = r.unpack(_TRANSFORM)
        if size < _TRANSFORM.size or more not in (_FINAL, _MORE_TRANSFORMS):
            raise r.refuse("transform")
        attributes = Reader(r.take(size - _TRANSFORM.size), r.place)
        key_bits, extra = 0, b""
        while attributes.left:
            name, value = attributes.unpack(_ATTRIBUTE)
            if name == _SHORT | KEY_LENGTH and key_bits == 0 and value:
                key_bits = value
                continue
            extra += _ATTRIBUTE.pack(name, value) + (b"" if name & _SHORT else attributes.take(value))
        return cls(kind, number, key_bits, extra), bool(more)

    def encode(self, more: bool) -> bytes:
        attributes = (_ATTRIBUTE.pack(_SHORT | KEY_LENGTH, self.key_bits) if self.key_bits else b"") + self.extra
        head = _MORE_TRANSFORMS if more else _FINAL
        return _TRANSFORM.pack(head, 0, _TRANSFORM.size + len(attributes), self.type, 0, self.id) + attributes


class Proposal(NamedTuple):
    """One offer: | last/more | reserved | length || number | protocol | SPI size | transforms || SPI | transforms |."""

    number: int
    protocol: int
    spi: bytes
    transforms: tuple[Transform, ...]

    @classmethod
    def decode(cls, r: Reader) -> tuple[Proposal, bool]:
        more, _, size, number, protocol, spi_size, count = r.unpack(_PROPOSAL)
        if size < _PROPOSAL.size or more not in (_FINAL, _MORE_PROPOSALS):
            raise r.refuse("proposal")
        inside = Reader(r.take(size - _PROPOSAL.size), r.place)
        spi = inside.take(spi_size)
        transforms, following = [], count > 0
        while following:
            transform, following = Transform.decode(inside)
            transforms.append(transform)
        if inside.left or len(transforms) != count:
            raise inside.refuse("transform count")
        return cls(number, protocol, spi, tuple(transforms)), bool(more)

    def encode(self, more: bool) -> bytes:
        last = len(self.transforms) - 1
        inside = self.spi + b"".join(one.encode(at != last) for at, one in enumerate(self.transforms))
        head = _MORE_PROPOSALS if more else _FINAL
        size = _PROPOSAL.size + len(inside)
        return _PROPOSAL.pack(head, 0, size, self.number, self.protocol, len(self.spi), len(self.transforms)) + inside


class SecurityAssociation(NamedTuple):
    """SA payload: proposals in order of preference; in an answer exactly one."""

    proposals: tuple[Proposal, ...]

    @classmethod
    def decode(cls, body: bytes) -> SecurityAssociation:
        r = Reader(body, "IKEv2 SA")
        found, more = [], True
        while more:
            proposal, more = Proposal.decode(r)
            found.append(proposal)
        if r.left:
            raise r.refuse("end")
        return cls(tuple(found))

    def encode(self) -> bytes:
        last = len(self.proposals) - 1
        return b"".join(one.encode(at != last) for at, one in enumerate(self.proposals))


class KeyExchange(NamedTuple):
    """KE payload: | group | reserved || public value |."""

    group: int
    data: bytes

    @classmethod
    def decode(cls, body: bytes) -> KeyExchange:
        r = Reader(body, "IKEv2 KE")
        group, _ = r.unpack(_KE)
        return cls(group, r.rest())

    def encode(self) -> bytes:
        return _KE.pack(self.group, 0) + self.data


class Identification(NamedTuple):
    """IDi and IDr: | type | reserved || data |. `initiator` says which of the two."""

    initiator: bool
    kind: int
    data: bytes

    @classmethod
    def decode(cls, body: bytes, initiator: bool) -> Identification:
        r = Reader(body, "IKEv2 ID")
        kind, _, _ = r.unpack(_KIND)
        return cls(initiator, kind, r.rest())

    def encode(self) -> bytes:
        return _KIND.pack(self.kind, 0, 0) + self.data


class Authentication(NamedTuple):
    """AUTH payload: | method | reserved || data |."""

    method: int
    data: bytes

    @classmethod
    def decode(cls, body: bytes) -> Authentication:
        r = Reader(body, "IKEv2 AUTH")
        method, _, _ = r.unpack(_KIND)
        return cls(method, r.rest())

    def encode(self) -> bytes:
        return _KIND.pack(self.method, 0, 0) + self.data


class Nonce(NamedTuple):
    """Ni, Nr: 16 to 256 bytes."""

    data: bytes

    @classmethod
    def decode(cls, body: bytes) -> Nonce:
        if not 16 <= len(body) <= 256:
            raise Malformed("IKEv2 nonce", len(body))
        return cls(body)

    def encode(self) -> bytes:
        return self.data


class Notify(NamedTuple):
    """Notify payload: | protocol | SPI size | type || SPI | data |."""

    type: int
    data: bytes = b""
    protocol: int = PROTOCOL_NONE
    spi: bytes = b""

    @classmethod
    def decode(cls, body: bytes) -> Notify:
        r = Reader(body, "IKEv2 notify")
        protocol, spi_size, kind = r.unpack(_NOTIFY)
        spi = r.take(spi_size)
        return cls(kind, r.rest(), protocol, spi)

    def encode(self) -> bytes:
        return _NOTIFY.pack(self.protocol, len(self.spi), self.type) + self.spi + self.data

    @property
    def name(self) -> str:
        return NOTIFIES.get(self.type, str(self.type))


class Delete(NamedTuple):
    """Delete payload: | protocol | SPI size | count || SPIs |. The IKE SA itself is deleted without an SPI."""

    protocol: int
    spis: tuple[int, ...] = ()

    @classmethod
    def decode(cls, body: bytes) -> Delete:
        r = Reader(body, "IKEv2 delete")
        protocol, size, count = r.unpack(_DELETE)
        wanted = {PROTOCOL_IKE: 0, PROTOCOL_AH: 4, PROTOCOL_ESP: 4}.get(protocol)
        if size != wanted or r.left != size * count:
            raise r.refuse("SPIs")
        return cls(protocol, tuple(int.from_bytes(r.take(size), "big") for _ in range(count)) if size else ())

    def encode(self) -> bytes:
        size = 0 if self.protocol == PROTOCOL_IKE else 4
        spis = b"".join(spi.to_bytes(4, "big") for spi in self.spis)
        return _DELETE.pack(self.protocol, size, len(self.spis)) + spis


class Selector(NamedTuple):
    """One IPv4 traffic selector: | type 7 | protocol | length || start port | end port || first | last address |."""

    protocol: int
    start_port: int
    end_port: int
    first: IPv4
    last: IPv4


class TrafficSelectors(NamedTuple):
    """TSi and TSr: | count | reserved || selectors |. Selectors that are not IPv4 are kept in `others` as they came."""

    initiator: bool
    selectors: tuple[Selector, ...]
    others: tuple[bytes, ...] = ()

    @classmethod
    def decode(cls, body: bytes, initiator: bool) -> TrafficSelectors:
        r = Reader(body, "IKEv2 TS")
        count, _ = r.unpack(_SELECTORS)
        found, others = [], []
        for _ in range(count):
            kind, protocol, size, start, end = head = r.unpack(_SELECTOR)
            if size < _SELECTOR.size or (kind == _TS_IPV4 and size != 16):
                raise r.refuse("selector")
            addresses = r.take(size - _SELECTOR.size)
            if kind == _TS_IPV4:
                first, last = IPv4.unpack(addresses[:4]), IPv4.unpack(addresses[4:])
                found.append(Selector(protocol, start, end, first, last))
            else:
                others.append(_SELECTOR.pack(*head) + addresses)
        if r.left or count == 0:
            raise r.refuse("count")
        return cls(initiator, tuple(found), tuple(others))

    def encode(self) -> bytes:
        selectors = b"".join(
            _SELECTOR.pack(_TS_IPV4, one.protocol, 16, one.start_port, one.end_port)
            + one.first.packed
            + one.last.packed
            for one in self.selectors
        )
        count = len(self.selectors) + len(self.others)
        return _SELECTORS.pack(count, b"\0\0\0") + selectors + b"".join(self.others)


class Vendor(NamedTuple):
    """Vendor id."""

    data: bytes

    @classmethod
    def decode(cls, body: bytes) -> Vendor:
        return cls(body)

    def encode(self) -> bytes:
        return self.data


class Encrypted(NamedTuple):
    """SK: IV, ciphertext and integrity check as one; `inner` is the type of the first payload inside."""

    inner: int
    data: bytes

    def encode(self) -> bytes:
        return self.data


class Fragment(NamedTuple):
    """SKF: | fragment number | total fragments || IV, ciphertext, integrity check |."""

    inner: int
    number: int
    total: int
    data: bytes

    @classmethod
    def decode(cls, body: bytes, inner: int) -> Fragment:
        r = Reader(body, "IKEv2 fragment")
        number, total = r.unpack(_FRAGMENT)
        if not 1 <= number <= total:
            raise r.refuse("number")
        return cls(inner, number, total, r.rest())

    def encode(self) -> bytes:
        return _FRAGMENT.pack(self.number, self.total) + self.data


class Opaque(NamedTuple):
    """A payload iosh does not read: certificates, EAP, configuration, and what is not known at all."""

    type: int
    critical: bool
    data: bytes

    def encode(self) -> bytes:
        return self.data


Payload: TypeAlias = (
    SecurityAssociation
    | KeyExchange
    | Identification
    | Authentication
    | Nonce
    | Notify
    | Delete
    | TrafficSelectors
    | Vendor
    | Encrypted
    | Fragment
    | Opaque
)

_DECODERS: Final[dict[int, Any]] = {
    SA: SecurityAssociation.decode,
    KE: KeyExchange.decode,
    AUTH: Authentication.decode,
    NONCE: Nonce.decode,
    NOTIFY: Notify.decode,
    DELETE: Delete.decode,
    VENDOR: Vendor.decode,
    IDI: lambda body: Identification.decode(body, True),
    IDR: lambda body: Identification.decode(body, False),
    TSI: lambda body: TrafficSelectors.decode(body, True),
    TSR: lambda body: TrafficSelectors.decode(body, False),
}
_TYPES: Final = {
    SecurityAssociation: SA, KeyExchange: KE, Authentication: AUTH, Nonce: NONCE, Notify: NOTIFY, Delete: DELETE,
    Vendor: VENDOR, Encrypted: SK, Fragment: SKF,
}  # fmt: skip


def payload_type(payload: Payload) -> int:
    """The number that announces this payload."""
    if isinstance(payload, Identification):
        return IDI if payload.initiator else IDR
    if isinstance(payload, TrafficSelectors):
        return TSI if payload.initiator else TSR
    if isinstance(payload, Opaque):
        return payload.type
    return _TYPES[type(payload)]


def payload_name(payload: Payload) -> str:
    """The name debug output gives it: `SA`, `KE`, `NOTIFY(COOKIE)`."""
    if isinstance(payload, Notify):
        return f"NOTIFY({payload.name})"
    return PAYLOADS.get(payload_type(payload), f"Unknown - {payload_type(payload)}")


def _decode_payload(raw: Raw, inner: int) -> Payload:
    if raw.type == SK:
        return Encrypted(inner, raw.body)
    if raw.type == SKF:
        return Fragment.decode(raw.body, inner)
    decode = _DECODERS.get(raw.type)
    if decode is None:
        return Opaque(raw.type, raw.critical, raw.body)
    decoded: Payload = decode(raw.body)
    return decoded


def decode_payloads(first: int, data: bytes) -> tuple[Payload, ...]:
    """The payloads of a chain, as found in the clear or inside an Encrypted payload."""
    raws, inner = decode_chain(first, data, "IKEv2 payload", (SK, SKF))
    return tuple(_decode_payload(raw, inner) for raw in raws)


def encode_payloads(payloads: tuple[Payload, ...]) -> bytes:
    """The chain of these payloads."""
    last = payloads[-1] if payloads else None
    inner = last.inner if isinstance(last, Encrypted | Fragment) else 0
    return encode_chain([_raw(payload) for payload in payloads], inner)


def _raw(payload: Payload) -> Raw:
    critical = isinstance(payload, Opaque) and payload.critical
    return Raw(payload_type(payload), critical, payload.encode())


class Message(NamedTuple):
    """A whole message; what an Encrypted payload holds is not in `payloads`."""

    header: Header
    payloads: tuple[Payload, ...]

    @classmethod
    def decode(cls, data: bytes) -> Message:
        r = Reader(data, "IKEv2 header")
        header = Header.decode(r)
        if header.version >> 4 != VERSION_2 >> 4:
            raise r.refuse("version")
        return cls(header, decode_payloads(header.next_payload, r.take(header.length - HEADER_SIZE)))

    def encode(self) -> bytes:
        body = encode_payloads(self.payloads)
        first = payload_type(self.payloads[0]) if self.payloads else 0
        return self.header._replace(next_payload=first, length=HEADER_SIZE + len(body)).encode() + body
