"""`ping` and `traceroute`: names and sources resolved, the extended dialogues, the machines started."""

from __future__ import annotations

import string
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

from iosh.base.addr import IPv4
from iosh.base.interface_name import canonical
from iosh.base.time import Instant
from iosh.cli.dialogue import Answer, Dialogue, Question, asked, asked_yes
from iosh.config.model import host_address
from iosh.router.actions import PingSettings, TracerouteSettings
from iosh.show.vrf import defined, missing

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action

_UNKNOWN: Final = "% Unrecognized host or address, or protocol not running.\n"
_BAD_SOURCE: Final = "% Invalid source address- IP address not on any of our up interfaces\n"


def _ping(
    console: Console,
    now: Instant,
    destination: str,
    source: IPv4 | str | None = None,
    repeat: int = 5,
    size: int = 100,
    timeout_s: int = 2,
    df: bool = False,
    tos: int = 0,
    pattern: str = "ABCD",
    vrf: str | None = None,
) -> bool:
    ends = _ends(console, destination, source, vrf)
    if ends is None:
        return False
    address, own = ends
    filling = _hex(pattern)
    if filling is None:
        console.write("% Invalid data pattern\n")
        return False
    settings = PingSettings(address, own, source is not None, repeat, size, timeout_s, df, tos, filling, vrf or "")
    console.run(lambda done: console.router.start(settings, console.write, done, now))
    return True


def _ends(
    console: Console, destination: str, source: IPv4 | str | None, vrf: str | None
) -> tuple[IPv4, IPv4 | None] | None:
    """Whom to, and from which address (None: nothing leads there); None when the answer was a refusal."""
    if vrf is not None and vrf not in defined(console.router.config):
        console.write(f"{missing(vrf)}\n")
        return None
    address = _resolve(console, destination)
    if address is None:
        return None
    own = _source(console, source, address, vrf or "")
    return None if own is None and source is not None else (address, own)


def _traceroute(
    console: Console,
    now: Instant,
    destination: str,
    source: IPv4 | str | None = None,
    timeout_s: int = 3,
    probes: int = 3,
    minimum_ttl: int = 1,
    maximum_ttl: int = 30,
    port: int = 33434,
    numeric: bool = True,  # addresses are never given names
    vrf: str | None = None,
) -> bool:
    ends = _ends(console, destination, source, vrf)
    if ends is None:
        return False
    address, own = ends
    name = destination if str(address) != destination else None
    settings = TracerouteSettings(
        address, own, name, timeout_s, probes, max(1, minimum_ttl), max(minimum_ttl, maximum_ttl), port, vrf or ""
    )
    console.run(lambda done: console.router.start(settings, console.write, done, now))
    return True


# --- dialogues ---------------------------------------------------------------------------------------------------


def _ping_dialogue(console: Console, now: Instant) -> Dialogue:
    destination = yield from _asked_target(console, "ping")
    if destination is None:
        return False
    wanted: dict[str, Any] = {"destination": destination}
    for name, label, default, low, high in _PING_NUMBERS:
        number = yield from _number(console, label, default, low, high)
        if number is None:
            return False
        wanted[name] = number
    extended = yield Question("Extended commands [n]: ")
    if not extended.text.strip().lower().startswith("y"):
        return _ping(console, extended.now, **wanted)
    return (yield from _extended_ping(console, wanted))


def _extended_ping(console: Console, wanted: dict[str, Any]) -> Dialogue:
    yield from asked_yes("Ingress ping", "n")
    source = yield from asked("Source address or interface", "")
    if source:
        wanted["source"] = source
    yield from asked("DSCP Value", "0")
    tos = yield from _number(console, "Type of service", "0", 0, 255)
    if tos is None:
        return False
    wanted["tos"] = tos
    wanted["df"] = yield from asked_yes("Set DF bit in IP header?", "no")
    yield from asked_yes("Validate reply data?", "no")
    pattern = yield from asked("Data pattern", "0x0000ABCD")
    wanted["pattern"] = pattern
    yield from asked("Loose, Strict, Record, Timestamp, Verbose", "none")
    last: Answer = yield Question("Sweep range of sizes [n]: ")
    return _ping(console, last.now, **wanted)


def _traceroute_dialogue(console: Console, now: Instant) -> Dialogue:
    destination = yield from _asked_target(console, "trace")
    if destination is None:
        return False
    wanted: dict[str, Any] = {"destination": destination}
    yield from asked_yes("Ingress traceroute", "n")
    source = yield from asked("Source address or interface", "")
    if source:
        wanted["source"] = source
    yield from asked("DSCP Value", "0")
    yield from asked_yes("Numeric display", "n")
    for name, label, default, low, high in _TRACEROUTE_NUMBERS:
        number = yield from _number(console, label, default, low, high)
        if number is None:
            return False
        wanted[name] = number
    last: Answer = yield Question("Loose, Strict, Record, Timestamp, Verbose[none]: ")
    return _traceroute(console, last.now, **wanted)


_PING_NUMBERS: Final = (
    ("repeat", "Repeat count", "5", 1, 2147483647),
    ("size", "Datagram size", "100", 36, 18024),
    ("timeout_s", "Timeout in seconds", "2", 0, 3600),
)
_TRACEROUTE_NUMBERS: Final = (
    ("timeout_s", "Timeout in seconds", "3", 0, 3600),
    ("probes", "Probe count", "3", 1, 65535),
    ("minimum_ttl", "Minimum Time to Live", "1", 0, 255),
    ("maximum_ttl", "Maximum Time to Live", "30", 1, 255),
    ("port", "Port Number", "33434", 0, 65535),
)


def _asked_target(console: Console, command: str) -> Generator[Question, Answer, str | None]:
    """How both dialogues begin: the protocol, and a destination that can be resolved; None when one was refused."""
    protocol = yield from asked("Protocol", "ip")
    if protocol != "ip":
        console.write(f'% Unknown protocol - "{protocol}", type "{command} ?" for help\n')
        return None
    destination = yield from asked("Target IP address", "")
    return destination if _resolve(console, destination) is not None else None


def _number(console: Console, label: str, default: str, low: int, high: int) -> Generator[Question, Answer, int | None]:
    text = yield from asked(label, default)
    if text.isascii() and text.isdigit() and low <= int(text) <= high:
        return int(text)
    console.write(f"% A decimal number between {low} and {high}.\n")
    return None


# --- names and sources -------------------------------------------------------------------------------------------


def _resolve(console: Console, name: str) -> IPv4 | None:
    """An address, or a name of `ip host`."""
    try:
        return IPv4.parse(name)
    except ValueError:
        pass
    found = host_address(console.router.config, name)
    if found is None:
        if name and console.router.config.domain_lookup:
            console.write(f'Translating "{name}"...domain server (255.255.255.255)\n (no answer)\n\n')
        console.write(_UNKNOWN)
    return found


def _source(console: Console, source: IPv4 | str | None, destination: IPv4, vrf: str) -> IPv4 | None:
    """Our address to send from: the one chosen, or the one the route leads out by."""
    forwarding = console.router.forwarding
    if source is None:
        found: IPv4 | None = forwarding.source_for(destination, vrf)
        return found
    try:
        address = source if isinstance(source, IPv4) else IPv4.parse(source)
    except ValueError:
        return _interface_source(console, str(source), vrf)
    if forwarding.is_ours(address, vrf):
        return address
    console.write(_BAD_SOURCE)
    return None


def _interface_source(console: Console, source: str, vrf: str) -> IPv4 | None:
    try:
        state = console.router.forwarding.interfaces.get(canonical(source))
    except ValueError:
        state = None
    if state is None or state.address is None or state.settings.vrf != vrf:
        console.write("% Invalid source interface - Interface does not exist or has no IP address\n")
        return None
    found: IPv4 = state.address.address
    return found


def _hex(text: str) -> int | None:
    digits = text.lower().removeprefix("0x")
    if not digits or any(digit not in string.hexdigits for digit in digits):
        return None
    return int(digits, 16) & 0xFFFF


ACTIONS: Final[dict[str, Action]] = {
    "ping": _ping,
    "ping_dialogue": _ping_dialogue,
    "traceroute": _traceroute,
    "traceroute_dialogue": _traceroute_dialogue,
}
