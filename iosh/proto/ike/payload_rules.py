"""Which payloads a message must and may contain: checked before any handler runs (RFC 7296 sections 1.2 to 1.5, 2.5).

An answer may always consist of error notifies alone. Payload types nobody here knows are skipped, unless their critical
bit is set. A known type where it has no business makes the message invalid.
"""

from __future__ import annotations

from typing import Final

from iosh.base.errors import ProtocolError
from iosh.wire.ikev2 import (
    AUTH,
    CERT,
    CERTREQ,
    CP,
    CREATE_CHILD_SA,
    DELETE,
    EAP,
    FIRST_STATUS,
    IDI,
    IDR,
    IKE_AUTH,
    IKE_SA_INIT,
    INFORMATIONAL,
    INVALID_SYNTAX,
    KE,
    NONCE,
    NOTIFY,
    PAYLOADS,
    SA,
    TSI,
    TSR,
    UNSUPPORTED_CRITICAL_PAYLOAD,
    VENDOR,
    Notify,
    Opaque,
    Payload,
    payload_type,
)

_MANY: Final = 64
_ONE: Final = (1, 1)
_MAYBE: Final = (0, 1)
_ANY: Final = (0, _MANY)
_FREE: Final = {NOTIFY: _ANY, VENDOR: _ANY}

REQUEST, RESPONSE = False, True
RULES: Final[dict[tuple[int, bool], dict[int, tuple[int, int]]]] = {
    (IKE_SA_INIT, REQUEST): {SA: _ONE, KE: _ONE, NONCE: _ONE, **_FREE},
    (IKE_SA_INIT, RESPONSE): {SA: _ONE, KE: _ONE, NONCE: _ONE, CERTREQ: _ANY, **_FREE},
    (IKE_AUTH, REQUEST): {
        IDI: _ONE, CERT: _ANY, CERTREQ: _ANY, IDR: _MAYBE, AUTH: _MAYBE, CP: _MAYBE,
        SA: _ONE, TSI: _ONE, TSR: _ONE, **_FREE,
    },
    (IKE_AUTH, RESPONSE): {
        IDR: _ONE, CERT: _ANY, AUTH: _ONE, EAP: _MAYBE, CP: _MAYBE,
        SA: _MAYBE, TSI: _MAYBE, TSR: _MAYBE, **_FREE,
    },
    (CREATE_CHILD_SA, REQUEST): {SA: _ONE, NONCE: _ONE, KE: _MAYBE, CP: _MAYBE, TSI: _MAYBE, TSR: _MAYBE, **_FREE},
    (CREATE_CHILD_SA, RESPONSE): {SA: _ONE, NONCE: _ONE, KE: _MAYBE, CP: _MAYBE, TSI: _MAYBE, TSR: _MAYBE, **_FREE},
    (INFORMATIONAL, REQUEST): {DELETE: _ANY, CP: _MAYBE, **_FREE},
    (INFORMATIONAL, RESPONSE): {DELETE: _ANY, CP: _MAYBE, **_FREE},
}  # fmt: skip
# The answers to IKE_SA_INIT that ask for another try.
_RETRIES: Final = (16390,)  # COOKIE


def check(exchange: int, response: bool, payloads: tuple[Payload, ...]) -> None:
    """Raise `ProtocolError` with the notify to answer, if the message does not keep the rules."""
    rules = RULES.get((exchange, response))
    if rules is None:
        raise ProtocolError(f"exchange type {exchange}", Notify(INVALID_SYNTAX))
    counts: dict[int, int] = {}
    for payload in payloads:
        kind = payload_type(payload)
        if kind not in PAYLOADS:
            if isinstance(payload, Opaque) and payload.critical:
                notify = Notify(UNSUPPORTED_CRITICAL_PAYLOAD, bytes((kind,)))
                raise ProtocolError(f"unsupported critical payload {kind}", notify)
            continue
        counts[kind] = counts.get(kind, 0) + 1
        if counts[kind] > rules.get(kind, (0, 0))[1]:
            raise ProtocolError(f"unexpected payload {PAYLOADS[kind]}", Notify(INVALID_SYNTAX))
    if response and _stands_alone(payloads):
        return
    missing = [PAYLOADS[kind] for kind, (least, _) in rules.items() if counts.get(kind, 0) < least]
    if missing:
        raise ProtocolError(f"missing payload {missing[0]}", Notify(INVALID_SYNTAX))


def _stands_alone(payloads: tuple[Payload, ...]) -> bool:
    return any(isinstance(one, Notify) and (one.type < FIRST_STATUS or one.type in _RETRIES) for one in payloads)
