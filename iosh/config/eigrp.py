"""`router eigrp …`, `ip … eigrp N` and `key chain …` as values, read from the lines as they are kept.

They stand in the configuration as text because the same modes hold much that does not act here (VRFs, IPv6, service
families, lists). A classic process is `router eigrp N`; a named one is an address family `ipv4` of the default VRF in a
`router eigrp NAME`, with its interfaces' settings under `af-interface`. Both become an `EigrpProcess`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from iosh.base.addr import BROADCAST, IPv4, Prefix, length_of
from iosh.base.interface_name import canonical
from iosh.config.kept import Kept, KeptKey
from iosh.config.model import Config, Interface
from iosh.config.secrets import revealed

DEFAULT_INTERFACE: Final = "default"
STUB_WORDS: Final = ("connected", "static", "summary", "redistributed", "receive-only")

_CHAIN: Final = "key chain"
_CLEAR: Final = "0"


class SeedMetric(NamedTuple):
    """`metric BANDWIDTH DELAY RELIABILITY LOAD MTU`."""

    bandwidth_kbit: int
    delay_tens_us: int
    reliability: int
    load: int
    mtu: int


class Network(NamedTuple):
    """`network A [WILDCARD]`: which interface addresses it covers."""

    address: int
    wildcard: int

    def covers(self, address: int) -> bool:
        return (address ^ self.address) & ~self.wildcard & 0xFFFFFFFF == 0


class SummaryAddress(NamedTuple):
    """`summary-address A M [DISTANCE]`."""

    prefix: Prefix
    distance: int = 5


@dataclass(frozen=True, slots=True)
class EigrpInterface:
    """What is said of EIGRP on one interface; None: not said."""

    authentication: str | None = None  # "md5" | "hmac-sha-256"
    password: str | None = field(default=None, repr=False)
    key_chain: str | None = None
    hello_s: int | None = None
    hold_s: int | None = None
    bandwidth_percent: int | None = None
    split_horizon: bool | None = None
    next_hop_self: bool | None = None
    passive: bool | None = None
    shutdown: bool | None = None
    summaries: tuple[SummaryAddress, ...] = ()


@dataclass(frozen=True, slots=True)
class EigrpProcess:
    """One process of IPv4 in the default VRF. `stub`: the words said, None if it is no stub."""

    autonomous_system: int
    name: str | None = None
    networks: tuple[Network, ...] = ()
    neighbors: tuple[tuple[IPv4, str], ...] = ()
    interfaces: tuple[tuple[str, EigrpInterface], ...] = ()  # of a named process, `default` among them
    passive_default: bool = False
    passive: tuple[tuple[str, bool], ...] = ()
    weights: tuple[int, ...] = (1, 0, 1, 0, 0, 0)
    maximum_hops: int = 100
    rib_scale: int = 128
    variance: int = 1
    maximum_paths: int = 4
    distance_internal: int = 90
    distance_external: int = 170
    default_metric: SeedMetric | None = None
    redistribute: tuple[tuple[str, SeedMetric | None], ...] = ()  # "connected", "static"
    router_id: IPv4 | None = None
    stub: tuple[str, ...] | None = None
    log_changes: bool = True
    active_min: int | None = 3
    shutdown: bool = False


def processes(config: Config) -> dict[int, EigrpProcess]:
    """All processes that may run, by autonomous system."""
    found: dict[int, EigrpProcess] = {}
    for key, kept in config.kept.items():
        if key.slot != "router eigrp":
            continue
        name = key.words[0]
        if name.isdigit():
            found[int(name)] = _read(EigrpProcess(int(name)), kept.kept.values())
            continue
        off = any(line.line == "shutdown" for line in kept.kept.values())
        for family in kept.kept.values():
            number = _family_number(family)
            if number is not None:
                process = _read(EigrpProcess(number, name, shutdown=off), family.kept.values())
                found[number] = replace(process, shutdown=off or process.shutdown)
    return found


def idle_families(config: Config) -> Iterator[tuple[tuple[object, ...], str]]:
    """The address families that are kept only, with the place where they stand: of a VRF, IPv6, services."""
    for key, kept in config.kept.items():
        if key.slot == "router eigrp" and not key.words[0].isdigit():
            for inner, family in kept.kept.items():
                if inner.slot.startswith("address-family") and _family_number(family) is None:
                    yield ("kept", key, "kept", inner), family.line.partition(" autonomous")[0]


def _family_number(family: Kept) -> int | None:
    """The autonomous system of an address family that runs here."""
    match family.line.split():
        case ["address-family", "ipv4", "autonomous-system", number]:
            return int(number)
        case ["address-family", "ipv4", "unicast", "autonomous-system", number]:
            return int(number)
    return None


def _read(process: EigrpProcess, lines: Iterable[Kept]) -> EigrpProcess:
    """A process with what these lines say."""
    for kept in lines:
        words = kept.line.split()
        on = words[0] != "no"
        process = _read_line(process, words if on else words[1:], on, kept)
    return process


def _read_line(process: EigrpProcess, words: list[str], on: bool, kept: Kept) -> EigrpProcess:
    match words:
        case ["network", address, *rest]:
            return replace(process, networks=(*process.networks, _network(address, rest)))
        case ["neighbor", address, interface] if address.count(".") == 3 and interface[0].isupper():
            return replace(process, neighbors=(*process.neighbors, (IPv4.parse(address), canonical(interface))))
        case ["passive-interface", "default"]:
            return replace(process, passive_default=on)
        case ["passive-interface", interface]:
            return replace(process, passive=(*process.passive, (canonical(interface), on)))
        case ["eigrp", *rest]:
            return _read_eigrp(process, rest, on)
        case ["metric", *rest]:
            return _read_metric(process, rest)
        case ["redistribute", "connected" | "static" as source, *rest]:
            metric = _metric(rest[1:6]) if rest[:1] == ["metric"] else None
            return replace(process, redistribute=(*process.redistribute, (source, metric)))
        case ["af-interface", interface]:
            name = interface if interface == DEFAULT_INTERFACE else canonical(interface)
            return replace(process, interfaces=(*process.interfaces, (name, _interface(kept.kept.values()))))
        case ["topology", "base"]:
            return _read(process, kept.kept.values())
        case ["shutdown"]:
            return replace(process, shutdown=on)
    return _read_figure(process, words)


def _read_figure(process: EigrpProcess, words: list[str]) -> EigrpProcess:
    match words:
        case ["variance", number]:
            return replace(process, variance=int(number))
        case ["maximum-paths", number]:
            return replace(process, maximum_paths=int(number))
        case ["distance", "eigrp", internal, external]:
            return replace(process, distance_internal=int(internal), distance_external=int(external))
        case ["default-metric", *rest]:
            return replace(process, default_metric=_metric(rest))
        case ["timers", "active-time", minutes]:
            return replace(process, active_min=int(minutes) if minutes.isdigit() else None)
    return process


def _read_eigrp(process: EigrpProcess, words: list[str], on: bool) -> EigrpProcess:
    match words:
        case ["router-id", address]:
            return replace(process, router_id=IPv4.parse(address))
        case ["stub", *kinds]:
            said = tuple(word for word in kinds if word in STUB_WORDS)
            return replace(process, stub=said or ("connected", "summary"))
        case ["log-neighbor-changes"]:
            return replace(process, log_changes=on)
    return process


def _read_metric(process: EigrpProcess, words: list[str]) -> EigrpProcess:
    match words:
        case ["weights", _, *k]:
            return replace(process, weights=tuple(int(each) for each in [*k, "0"][:6]))
        case ["maximum-hops", number]:
            return replace(process, maximum_hops=int(number))
        case ["rib-scale", number]:
            return replace(process, rib_scale=int(number))
    return process


def _network(address: str, rest: list[str]) -> Network:
    """Without a wildcard the classful network; a mask typed for a wildcard is turned round, as IOS does."""
    first = IPv4.parse(address)
    if not rest:
        length = 8 if first >> 31 == 0 else 16 if first >> 30 == 2 else 24
        return Network(Prefix.of(first, length).network, (1 << 32 - length) - 1)
    wildcard = IPv4.parse(rest[0])
    return Network(first, ~wildcard & 0xFFFFFFFF if wildcard >> 31 and wildcard != BROADCAST else wildcard)


def _metric(words: list[str]) -> SeedMetric:
    return SeedMetric(*(int(word) for word in words[:5]))


# --- interfaces


def of_interface(interface: Interface, autonomous_system: int) -> EigrpInterface:
    """What `ip … eigrp N` says on an interface, to a classic process."""
    lines = []
    for key, kept in interface.kept.items():
        if "eigrp" in key.slot.split() and key.slot.startswith("ip "):
            words = kept.line.split()
            on = words[0] != "no"
            words = words[1:] if on else words[2:]
            at = words.index("eigrp")
            if words[at + 1] == str(autonomous_system):
                text = " ".join([*words[:at], *words[at + 2 :]])
                lines.append(Kept(text if on else f"no {text}"))
    return _interface(lines)


def _interface(lines: Iterable[Kept]) -> EigrpInterface:
    found = EigrpInterface()
    for kept in lines:
        words = kept.line.split()
        on = words[0] != "no"
        match words if on else words[1:]:
            case ["authentication", "mode", "md5"]:
                found = replace(found, authentication="md5")
            case ["authentication", "mode", "hmac-sha-256", *rest]:
                found = replace(found, authentication="hmac-sha-256", password=_secret(rest))
            case ["authentication", "key-chain", name]:
                found = replace(found, key_chain=name)
            case ["hello-interval", number]:
                found = replace(found, hello_s=int(number))
            case ["hold-time", number]:
                found = replace(found, hold_s=int(number))
            case ["bandwidth-percent", number]:
                found = replace(found, bandwidth_percent=int(number))
            case ["split-horizon"]:
                found = replace(found, split_horizon=on)
            case ["next-hop-self", *_]:
                found = replace(found, next_hop_self=on)
            case ["passive-interface"]:
                found = replace(found, passive=on)
            case ["shutdown"]:
                found = replace(found, shutdown=on)
            case ["summary-address", *rest]:
                found = replace(found, summaries=(*found.summaries, _summary(rest)))
    return found


def _summary(words: list[str]) -> SummaryAddress:
    if "/" in words[0]:
        prefix, rest = Prefix.parse(words[0]), words[1:]
    else:
        prefix, rest = Prefix.of(IPv4.parse(words[0]), length_of(IPv4.parse(words[1]))), words[2:]
    return SummaryAddress(prefix, int(rest[0]) if rest[:1] and rest[0].isdigit() else 5)


# --- keys


def key_chain(config: Config, name: str) -> tuple[tuple[int, str], ...]:
    """The keys of a chain that have a text, by number."""
    kept = config.kept.get(KeptKey(_CHAIN, (name,)))
    found = []
    for key, entry in kept.kept.items() if kept is not None else ():
        for line in entry.kept.values():
            if key.slot == "key" and line.line.startswith("key-string "):
                text = _secret(line.line.split(" ")[1:])
                if text is not None:
                    found.append((int(key.words[0]), text))
    return tuple(sorted(found))


def _secret(words: list[str]) -> str | None:
    """A secret as typed: in clear text, or type 7; None where it cannot be read."""
    if words[0] == "7" and len(words) > 1:
        return revealed(words[1])
    if words[0] == "6" and len(words) > 1:
        return None
    return " ".join(words[1:] if words[0] == _CLEAR and len(words) > 1 else words)
