"""The Internet checksum (RFC 1071), and its incremental update (RFC 1624) for fields rewritten in flight.

The one's complement sum of 16-bit words is the whole number modulo 65535, which Python divides in one C call.
"""

from __future__ import annotations


def internet_checksum(data: bytes) -> int:
    """The checksum to put into a message whose checksum field is zero; 0 for a message whose checksum is right."""
    total = int.from_bytes(data, "big")
    if len(data) & 1:
        total <<= 8
    if not total:
        return 0xFFFF
    return 0xFFFF - (total % 0xFFFF or 0xFFFF)


def updated(checksum: int, old: int, new: int) -> int:
    """The checksum after one 16-bit word of the message went from `old` to `new` (RFC 1624, equation 3)."""
    total = (~checksum & 0xFFFF) + (~old & 0xFFFF) + new
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(source: int, destination: int, protocol: int, length: int) -> bytes:
    """What UDP and TCP sum in front of themselves (RFC 768, RFC 9293 section 3.1)."""
    return (source << 64 | destination << 32 | protocol << 16 | length).to_bytes(12, "big")
