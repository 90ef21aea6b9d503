"""`show ntp associations [detail]` and `show ntp status`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import MILLISECOND, SECOND, Instant, Span
from iosh.proto.ntp.machine import MASTER, STRATUM_MAX, Association, NtpMachine, Sample
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_OFF: Final = "%NTP is not enabled."
_UNKNOWN_DISPERSION_MS: Final = 15937
_SAMPLES: Final = 8
_PRECISION: Final = SECOND >> 10
_NO_STAMP: Final = "00000000.00000000"
_NEVER: Final = "00:00:00.000 UTC Mon Jan 1 1900"


@dataclass(frozen=True, slots=True)
class Server:
    """One server; times of None: it never answered."""

    address: IPv4
    mark: str  # "*" followed, "+" could be, "" not
    reference: str
    stratum: int
    heard_s: int | None
    poll_s: int
    reach: int
    delay_ns: Span
    offset_ns: Span
    dispersion_ns: Span | None


@dataclass(frozen=True, slots=True)
class Associations:
    """`show ntp associations`."""

    enabled: bool
    servers: tuple[Server, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """`show ntp status`; `reference` None: the clock follows nobody."""

    enabled: bool
    stratum: int
    reference: IPv4 | None
    uptime_ns: Span
    reference_time: str | None
    reference_stamp: str | None
    offset_ns: Span
    root_delay_ns: Span
    root_dispersion_ns: Span
    peer_dispersion_ns: Span
    poll_s: int
    updated_s: int | None  # seconds ago


def associations(router: Router, now: Instant) -> Associations:
    """All servers, the own clock among them if others may follow it."""
    machine = router.services.ntp.get("")
    if machine is None:
        return Associations(False, ())
    found = []
    if machine.settings.master is not None:
        mark = "*" if machine.peer is None else "+"
        found.append(Server(MASTER, mark, ".LOCL.", machine.settings.master - 1, 0, 16, 0o377, 0, 0, MILLISECOND))
    found += [_server(machine, one, now) for _, one in sorted(machine.associations.items())]
    return Associations(True, tuple(found))


def _server(machine: NtpMachine, one: Association, now: Instant) -> Server:
    return Server(
        one.settings.address,
        "*" if one is machine.peer else "+" if one.usable else "",
        _reference(one),
        one.stratum,
        None if one.last_heard is None else (now - one.last_heard) // SECOND,
        1 << one.poll,
        one.reach,
        one.best.delay_ns,
        one.best.offset_ns,
        None if one.last_heard is None else one.dispersion_ns(now),
    )


def _reference(one: Association) -> str:
    if one.last_heard is not None and 1 < one.stratum < STRATUM_MAX and one.reference_id != b"LOCL":
        return str(IPv4.unpack(one.reference_id))
    if one.reference_id == b"LOCL":
        return str(MASTER)
    name = one.reference_id.rstrip(b"\0").decode("ascii", "replace")
    return f".{name}." if name else ".INIT."


@dataclass(frozen=True, slots=True)
class ServerDetail:
    """One server in full; times of None: it never answered."""

    server: Server
    followed: bool
    usable: bool
    peer_poll_s: int
    root_delay_ns: Span
    root_dispersion_ns: Span
    distance_ns: Span
    version: int
    number: int
    received: str | None
    received_stamp: str | None
    jitter_ns: Span
    samples: int
    delays_ns: tuple[Span, ...]
    offsets_ns: tuple[Span, ...]
    poll_range: tuple[int, int]


@dataclass(frozen=True, slots=True)
class AssociationsDetail:
    """`show ntp associations detail`."""

    enabled: bool
    servers: tuple[ServerDetail, ...]


def detail(router: Router, now: Instant) -> AssociationsDetail:
    """The servers asked, in the order of their addresses."""
    machine = router.services.ntp.get("")
    if machine is None:
        return AssociationsDetail(False, ())
    found = [
        _detail(router, machine, one, number, now)
        for number, (_, one) in enumerate(sorted(machine.associations.items()), 1)
    ]
    return AssociationsDetail(True, tuple(found))


def _detail(router: Router, machine: NtpMachine, one: Association, number: int, now: Instant) -> ServerDetail:
    heard = one.last_heard
    samples = [*reversed(one.samples), *[Sample(0, 0)] * _SAMPLES][:_SAMPLES]
    return ServerDetail(
        _server(machine, one, now),
        one is machine.peer,
        one.usable,
        1 << one.poll,
        one.root_delay_ns,
        one.root_dispersion_ns,
        one.distance_ns(now),
        one.settings.version,
        number,
        router.clock.text(heard) if heard is not None else None,
        machine.stamp_text(heard) if heard is not None else None,
        _jitter(one),
        len(one.samples),
        tuple(sample.delay_ns for sample in samples),
        tuple(sample.offset_ns for sample in samples),
        (one.settings.min_poll, one.settings.max_poll),
    )


def _jitter(one: Association) -> Span:
    """How much the offsets differ from the best one, root mean square; no less than the clock's precision."""
    best = one.best.offset_ns
    squares = [(sample.offset_ns - best) ** 2 for sample in one.samples if sample is not one.best]
    return max(_PRECISION, isqrt(sum(squares) // len(squares))) if squares else _PRECISION


def status(router: Router, now: Instant) -> Status:
    """How well the clock is held."""
    machine = router.services.ntp.get("")
    if machine is None:
        return Status(False, STRATUM_MAX, None, 0, None, None, 0, 0, 0, 0, 0, None)
    peer, updated = machine.peer, machine.updated
    held = machine.reference is not None
    return Status(
        True,
        machine.stratum,
        machine.reference,
        now - machine.started,
        router.clock.text(updated) if updated is not None else None,
        machine.stamp_text(updated) if updated is not None else None,
        machine.offset_ns if held else 0,
        machine.root_delay_ns(),
        machine.root_dispersion_ns(now),
        peer.dispersion_ns(now) if peer is not None else 0,
        1 << peer.poll if peer is not None else 64,
        None if updated is None else (now - updated) // SECOND,
    )


def associations_text(view: Associations) -> Iterator[str]:
    if not view.enabled:
        yield _OFF
        return
    yield ""
    yield "  address         ref clock       st   when   poll reach  delay  offset   disp"
    for one in view.servers:
        when = "-" if one.heard_s is None else str(one.heard_s)
        dispersion = f"{_UNKNOWN_DISPERSION_MS}." if one.dispersion_ns is None else _ms(one.dispersion_ns)
        yield (
            f"{one.mark:1}~{one.address:<16}{one.reference:<16}{one.stratum:>2}{when:>7}{one.poll_s:>7}{one.reach:>6o}"
            f"{_ms(one.delay_ns)[:6]:>7}{_ms(one.offset_ns)[:7]:>8}{dispersion[:6]:>7}"
        )
    yield " * sys.peer, # selected, + candidate, - outlyer, x falseticker, ~ configured"


def detail_text(view: AssociationsDetail) -> Iterator[str]:
    if not view.enabled:
        yield _OFF
        return
    for one in view.servers:
        server = one.server
        sane = "sane, valid" if one.usable else "insane, invalid"
        followed = ", our_master" if one.followed else ""
        yield f"{server.address} configured, ipv4{followed}, {sane}, stratum {server.stratum}"
        received = f"{one.received_stamp or _NO_STAMP} ({one.received or _NEVER})"
        yield f"ref ID {server.reference:<15}, time {received}"
        yield f"our mode client, peer mode server, our poll intvl {server.poll_s}, peer poll intvl {one.peer_poll_s}"
        yield (
            f"root delay {_ms(one.root_delay_ns, 2)} msec, root disp {_ms(one.root_dispersion_ns, 2)}, "
            f"reach {server.reach:o}, sync dist {_ms(one.distance_ns, 2)}"
        )
        dispersion = f"{_UNKNOWN_DISPERSION_MS}.00" if server.dispersion_ns is None else _ms(server.dispersion_ns, 2)
        yield (
            f"delay {_ms(server.delay_ns, 2)} msec, offset {_ms(server.offset_ns, 4)} msec, "
            f"dispersion {dispersion}, jitter {_ms(one.jitter_ns, 2)} msec"
        )
        yield f"precision 2**10, version {one.version}"
        yield f"assoc id {one.number}, assoc name {server.address}"
        yield f"org time {_NO_STAMP} ({_NEVER})"
        yield f"rec time {received}"
        yield f"xmt time {received}"
        yield "filtdelay = " + "".join(f"{_ms(span, 2):>8}" for span in one.delays_ns)
        yield "filtoffset =" + "".join(f"{_ms(span, 2):>8}" for span in one.offsets_ns)
        errors = [_ms(_PRECISION, 2)] * one.samples + ["16000.0"] * (_SAMPLES - one.samples)
        yield "filterror = " + "".join(f"{error:>8}" for error in errors)
        yield f"minpoll = {one.poll_range[0]}, maxpoll = {one.poll_range[1]}"
        yield ""


def status_text(view: Status) -> Iterator[str]:
    if not view.enabled:
        yield _OFF
        return
    if view.reference is None:
        yield f"Clock is unsynchronized, stratum {view.stratum}, no reference clock"
    else:
        yield f"Clock is synchronized, stratum {view.stratum}, reference is {view.reference}"
    yield "nominal freq is 250.0000 Hz, actual freq is 250.0000 Hz, precision is 2**10"
    yield f"ntp uptime is {view.uptime_ns * 100 // SECOND} (1/100 of seconds), resolution is 4000"
    if view.reference_time is not None:
        yield f"reference time is {view.reference_stamp} ({view.reference_time})"
    else:
        yield f"reference time is {_NO_STAMP} ({_NEVER})"
    yield f"clock offset is {_ms(view.offset_ns, 4)} msec, root delay is {_ms(view.root_delay_ns, 2)} msec"
    yield (
        f"root dispersion is {_ms(view.root_dispersion_ns, 2)} msec, "
        f"peer dispersion is {_ms(view.peer_dispersion_ns, 2)} msec"
    )
    state = "'CTRL' (Normal Controlled Loop)" if view.reference is not None else "'NSET' (Never set)"
    yield f"loopfilter state is {state}, drift is 0.000000000 s/s"
    ago = "never" if view.updated_s is None else f"{view.updated_s} sec ago"
    yield f"system poll interval is {view.poll_s}, last update was {ago}."


def _ms(span: Span, places: int = 3) -> str:
    """Nanoseconds as milliseconds with so many places."""
    whole, rest = divmod(abs(span), MILLISECOND)
    sign = "-" if span < 0 else ""
    return f"{sign}{whole}.{rest:06d}"[: len(sign) + len(str(whole)) + 1 + places]


SHOWS: Final = {
    "associations": Show(associations, associations_text),
    "detail": Show(detail, detail_text),
    "status": Show(status, status_text),
}
