"""IOS's words for NHRP: the lines of `debug nhrp packet` and `debug nhrp extension`, names of types and codes.

The authentication string is never printed.
"""

from __future__ import annotations

from collections.abc import Iterator

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.wire.nhrp import Cie, Code, ErrorCode, Extension, ExtensionKind, Flag, Indication, Kind, Message

KINDS = {
    Kind.RESOLUTION_REQUEST: "Resolution Request",
    Kind.RESOLUTION_REPLY: "Resolution Reply",
    Kind.REGISTRATION_REQUEST: "Registration Request",
    Kind.REGISTRATION_REPLY: "Registration Reply",
    Kind.PURGE_REQUEST: "Purge Request",
    Kind.PURGE_REPLY: "Purge Reply",
    Kind.ERROR_INDICATION: "Error Indication",
    Kind.TRAFFIC_INDICATION: "Traffic Indication",
}
_CODES = {
    Code.SUCCESS: "no error",
    Code.PROHIBITED: "administratively prohibited",
    Code.INSUFFICIENT_RESOURCES: "insufficient resources",
    Code.NO_BINDING_FRR: "no binding exists",
    Code.NO_BINDING: "no binding exists",
    Code.NOT_UNIQUE: "binding exists is not unique",
    Code.ALREADY_REGISTERED: "unique address registered already",
}
_ERRORS = {
    ErrorCode.UNRECOGNIZED_EXTENSION: "unrecognized extension",
    ErrorCode.LOOP_DETECTED_FRR: "loop detected",
    ErrorCode.LOOP_DETECTED: "loop detected",
    ErrorCode.UNREACHABLE: "protocol address unreachable",
    ErrorCode.PROTOCOL_ERROR: "protocol generic error",
    ErrorCode.SDU_SIZE_EXCEEDED: "SDU size exceeded",
    ErrorCode.INVALID_EXTENSION: "invalid extension",
    ErrorCode.INVALID_RESOLUTION_REPLY: "invalid resolution reply received",
    ErrorCode.AUTHENTICATION_FAILURE: "authentication failure",
    ErrorCode.HOP_COUNT_EXCEEDED: "hop count exceeded",
}
_EXTENSIONS = {
    ExtensionKind.RESPONDER: "Responder Address Extension",
    ExtensionKind.FORWARD_TRANSIT: "Forward Transit NHS Record Extension",
    ExtensionKind.REVERSE_TRANSIT: "Reverse Transit NHS Record Extension",
    ExtensionKind.AUTHENTICATION: "Authentication Extension",
    ExtensionKind.VENDOR: "Vendor-Private Extension",
    ExtensionKind.NAT: "NAT address Extension",
}
_RESOLUTION_FLAGS: tuple[tuple[int, str], ...] = (
    (Flag.ROUTER, "router"),
    (Flag.AUTHORITATIVE, "auth"),
    (Flag.DESTINATION_STABLE, "dst-stable"),
    (Flag.RESOLUTION_UNIQUE, "unique"),
    (Flag.SOURCE_STABLE, "src-stable"),
    (Flag.NAT, "nat"),
)
_REGISTRATION_FLAGS: tuple[tuple[int, str], ...] = ((Flag.UNIQUE, "unique"), (Flag.NAT, "nat"))
_PURGE_FLAGS: tuple[tuple[int, str], ...] = ((Flag.NO_REPLY, "no-reply"),)


def code_name(code: int) -> str:
    """`no error(0)`."""
    return f"{_CODES.get(code, 'unknown')}({code})"


def code_words(code: int) -> str:
    """`administratively prohibited`."""
    return _CODES.get(code, "unknown")


def error_name(code: int) -> str:
    """`authentication failure (11)`, as syslog messages have it."""
    return f"{_ERRORS.get(code, 'unknown')} ({code})"


def addressee(message: Message | Indication) -> IPv4:
    """Whom a packet is for: a reply goes to the source its header copies from the request."""
    replies = (Kind.RESOLUTION_REPLY, Kind.REGISTRATION_REPLY, Kind.PURGE_REPLY)
    return message.source if message.kind in replies else message.destination


def packet(message: Message | Indication, size: int) -> Iterator[str]:
    """Fixed header, mandatory part and CIEs."""
    extensions = sum(4 + len(extension.value) for extension in message.extensions) + 4
    offset = size - extensions if message.extensions else 0
    yield f" (F) afn: AF_IP(1), type: IP(800), hop: {message.hops}, ver: 1"
    yield "     shtl: 4(NSAP), sstl: 0(NSAP)"
    yield f"     pktsz: {size} extoff: {offset}"
    if isinstance(message, Message):
        yield f' (M) flags: "{flag_words(message)}", reqid: {message.request_id}'
    elif message.kind == Kind.TRAFFIC_INDICATION:
        yield f" (M) traffic code: {'redirect' if message.code == 0 else 'unknown'}({message.code})"
    else:
        yield f" (M) error code: {_ERRORS.get(message.code, 'unknown')}({message.code}), offset: {message.offset}"
    yield f"     src NBMA: {message.source_nbma}"
    yield f"     src protocol: {message.source}, dst protocol: {message.destination}"
    if isinstance(message, Message):
        yield from _cies(message.cies)
    else:
        yield f"     Contents of nhrp {KINDS[message.kind].lower()} packet:"
        shown = message.packet if message.kind == Kind.TRAFFIC_INDICATION else _without_extensions(message.packet)
        for at in range(0, len(shown), 16):
            yield f"        {shown[at : at + 16].hex(' ')}"


def extensions(message: Message | Indication) -> Iterator[str]:
    """The lines of `debug nhrp extension`."""
    for extension in message.extensions:
        yield f"{_EXTENSIONS.get(extension.kind, 'Unknown Extension')}({extension.kind}):"
        yield from _extension(extension)


def flag_words(message: Message) -> str:
    """The flags as IOS quotes them, each followed by a blank."""
    table = _RESOLUTION_FLAGS
    if message.kind in (Kind.REGISTRATION_REQUEST, Kind.REGISTRATION_REPLY):
        table = _REGISTRATION_FLAGS
    elif message.kind in (Kind.PURGE_REQUEST, Kind.PURGE_REPLY):
        table = _PURGE_FLAGS
    return "".join(f"{word} " for flag, word in table if message.flags & flag)


def _without_extensions(quoted: bytes) -> bytes:
    """A quoted NHRP packet as far as it may be shown: extensions may hold an authentication string."""
    return quoted[: int.from_bytes(quoted[14:16], "big") or None]


def _extension(extension: Extension) -> Iterator[str]:
    if extension.kind == ExtensionKind.AUTHENTICATION:
        yield "  type:Cleartext(1), data:<not shown>"
    elif extension.kind in (
        ExtensionKind.RESPONDER,
        ExtensionKind.FORWARD_TRANSIT,
        ExtensionKind.REVERSE_TRANSIT,
        ExtensionKind.NAT,
    ):
        try:
            yield from _cies(extension.cies)
        except Malformed:
            yield f"  {extension.value.hex(' ')}"
    elif extension.value:
        yield f"  {extension.value.hex(' ')}"


def _cies(cies: tuple[Cie, ...]) -> Iterator[str]:
    for number, cie in enumerate(cies, 1):
        nbma_size, protocol_size = 4 * (cie.nbma is not None), 4 * (cie.protocol is not None)
        yield f" (C-{number}) code: {code_name(cie.code)}"
        yield f"       prefix: {cie.prefix}, mtu: {cie.mtu}, hd_time: {cie.holding_s}"
        yield (
            f"       addr_len: {nbma_size}(NSAP), subaddr_len: 0(NSAP), "
            f"proto_len: {protocol_size}, pref: {cie.preference}"
        )
        if cie.nbma is not None:
            yield f"       client NBMA: {cie.nbma}"
        if cie.protocol is not None:
            yield f"       client protocol: {cie.protocol}"
