"""What `debug eigrp packets` says of a packet, and the words IOS has for what happens to neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from iosh.base.addr import IPv4
from iosh.wire.eigrp import Eigrp, Exterior, ExternalProtocol, Flag, Opcode, Stub

NEW: Final = "new adjacency"
HOLD: Final = "holding time expired"
RETRIES: Final = "retry limit exceeded"
GOODBYE: Final = "Interface Goodbye received"
TERMINATED: Final = "Interface PEER-TERMINATION received"
RESTARTED: Final = "peer restarted"
K_VALUES: Final = "K-value mismatch"
INTERFACE_DOWN: Final = "interface down"
STUCK: Final = "stuck in active"
CLEARED: Final = "manually cleared"
SHUTDOWN: Final = "address-family shutdown"
PEER_CHANGED: Final = "peer info changed"

_FLAGS: Final = {
    Flag.INIT: "INIT",
    Flag.CONDITIONAL_RECEIVE: "CR",
    Flag.RESTART: "RESTART",
    Flag.END_OF_TABLE: "EOT",
}


_STUB: Final = (
    (Stub.CONNECTED, "CONNECTED"),
    (Stub.STATIC, "STATIC"),
    (Stub.SUMMARY, "SUMMARY"),
    (Stub.REDISTRIBUTED, "REDISTRIBUTED"),
    (Stub.RECEIVE_ONLY, "RECEIVE-ONLY"),
)
_SOURCES: Final = {ExternalProtocol.STATIC: "Rstatic", ExternalProtocol.CONNECTED: "Rconnected"}


def stub_words(flags: int | None) -> tuple[str, ...] | None:
    """What a stub advertises; None: it is none."""
    return None if flags is None else tuple(word for flag, word in _STUB if flags & flag)


def external_source(exterior: Exterior | None) -> str:
    """IOS's word for where a route of our own was redistributed from."""
    return _SOURCES.get(exterior.protocol, "Redistributed") if exterior is not None else "Redistributed"


def kind(read: Eigrp) -> str:
    """IOS's word for what a packet is."""
    if read.is_acknowledgment:
        return "ACK"
    try:
        return Opcode(read.opcode).name.replace("_", "-")
    except ValueError:
        return f"OPCODE {read.opcode}"


def lines(verb: str, interface: str, peer: IPv4 | None, read: Eigrp, size: int) -> Iterator[str]:
    """A packet sent or received."""
    whom = f" nbr {peer}" if peer is not None else ""
    yield f"EIGRP: {verb} {kind(read)} on {interface} - paklen {size}{whom}"
    flags = "|".join(word for flag, word in _FLAGS.items() if read.flags & flag) or "NULL"
    yield (
        f"  AS {read.autonomous_system}, Flags 0x{read.flags:X}:({flags}), Seq {read.sequence}/{read.acknowledgment} "
        "interfaceQ 0/0 iidbQ un/rely 0/0"
    )
