"""`show ntp associations` and `show ntp status`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import MILLISECOND, SECOND, Instant, Span
from iosh.proto.ntp.machine import MASTER, STRATUM_MAX, Association, NtpMachine
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_OFF: Final = "%NTP is not enabled."
_UNKNOWN_DISPERSION_MS: Final = 15937


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
        yield "reference time is 00000000.00000000 (00:00:00.000 UTC Mon Jan 1 1900)"
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


SHOWS: Final = {"associations": Show(associations, associations_text), "status": Show(status, status_text)}
