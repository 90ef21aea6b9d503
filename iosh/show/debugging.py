"""`show debugging`, and what can be debugged: each topic the machines ask about, and what IOS calls it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.time import Instant
from iosh.show.registry import Show

TOPICS: Final = {
    "dhcp detail": "DHCP client activity",
    "eigrp fsm": "EIGRP Finite State Machine",
    "eigrp packets": "EIGRP Packet",
    "ip dhcp server events": "DHCP server event",
    "ip icmp": "ICMP packet",
    "ip nat": "IP NAT",
    "nhrp cache": "NHRP cache operations",
    "nhrp error": "NHRP errors",
    "nhrp extension": "NHRP extension processing",
    "nhrp packet": "NHRP activity",
    "crypto ikev2": "IKEv2 default",
}
FAMILIES: Final = {"nhrp": "NHRP protocol"}  # `debug nhrp`: all of these, said in one sentence

_GROUPS: Final = {
    "dhcp": "DHCP",
    "eigrp": "EIGRP",
    "ip": "Generic IP",
    "nhrp": "NHRP",
    "crypto": "Cryptographic Subsystem",
}


@dataclass(frozen=True, slots=True)
class Debugging:
    """The topics that are on."""

    topics: tuple[str, ...]


def view(router: Any, now: Instant) -> Debugging:
    """What is on, in the order of `TOPICS`."""
    return Debugging(tuple(topic for topic in TOPICS if topic in router.debugging))


def text(value: Debugging) -> Iterator[str]:
    """A paragraph for each family."""
    for word, name in _GROUPS.items():
        topics = [topic for topic in value.topics if topic.split()[0] == word]
        if topics:
            yield f"{name}:"
            for topic in topics:
                yield f"  {TOPICS[topic]} debugging is on"
            yield ""


SHOWS: Final = {"": Show(view, text)}
