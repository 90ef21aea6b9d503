"""`show aaa`: the lists of methods, and who is in. There are no servers: their groups never answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.time import SECOND, Instant
from iosh.config.model_aaa import Aaa
from iosh.show.registry import Show

_AUTHENTICATION: Final = ("LOGIN", "ENABLE", "PPP", "SGBP", "ARAP", "DOT1X", "WEBAUTH", "8021X", "EAPOUDP")
_AUTHORIZATION: Final = (
    "SHELL", "NET", "CONN", "IPMOBILE", "RM", "CONFIG", "COMMAND", "PREAUTH", "SUBSCRIBER_SERVICE", "PREPAID",
    "CREDENTIAL_DOWNLOAD", "AUTH_PROXY", "FLTSV", "POLICY_IF",
)  # fmt: skip
_ACCOUNTING: Final = (
    "SHELL", "COMMAND", "NET", "CONN", "SYSTEM", "RESOURCE", "RM", "AUTH_PROXY", "DOT1X", "IDENTITY",
)  # fmt: skip
_PERMANENT: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "authen": {
        "Permanent Enable None": ("enable", "none"),
        "Permanent Enable": ("enable",),
        "Permanent None": ("none",),
        "Permanent Local": ("local",),
        "Permanent rcmd": ("rcmd",),
    },
    "author": {"local-list": ("local",)},
    "acct": {"Permanent None": ("none",)},
}
_NOBODY: Final = "*not available*"
_NO_DATA: Final = ("0", "EXEC", "CONN", "NET", "CMD", "SYSTEM", "VRRS")


@dataclass(frozen=True, slots=True)
class MethodList:
    """One list of a queue."""

    name: str
    methods: tuple[str, ...]
    alive: bool  # not only servers


@dataclass(frozen=True, slots=True)
class Queue:
    """The lists for one service."""

    kind: str  # "authen" | "author" | "acct"
    name: str
    lists: tuple[MethodList, ...]


@dataclass(frozen=True, slots=True)
class MethodLists:
    """`show aaa method-lists`: the queues by kind, and below them what is always there."""

    queues: tuple[Queue, ...]
    permanent: tuple[Queue, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody at a line."""

    session: int
    user: str
    address: str
    idle_s: int
    method: str


def lists(router: Any, now: Instant, kind: str | None = None) -> MethodLists:
    """All lists, or those of one kind."""
    aaa: Aaa = router.config.aaa
    found: dict[str, tuple[tuple[str, ...], dict[str, dict[str, tuple[str, ...]]]]] = {
        "authen": (_AUTHENTICATION, {"LOGIN": aaa.authentication_login, "ENABLE": aaa.authentication_enable}),
        "author": (
            _AUTHORIZATION,
            {
                "SHELL": aaa.authorization_exec,
                "NET": aaa.authorization_network,
                "COMMAND": {f"{key.list}_{key.level}": methods for key, methods in aaa.authorization_commands.items()},
            },
        ),
        "acct": (_ACCOUNTING, {}),
    }
    chosen = [one for one in found if kind in (None, one)]
    queues = tuple(
        Queue(one, f"AAA_ML_{one.upper()}_{name}", _lists(found[one][1].get(name, {})))
        for one in chosen
        for name in found[one][0]
    )
    return MethodLists(queues, tuple(Queue(one, "", _lists(_PERMANENT[one])) for one in chosen))


def _lists(configured: Mapping[str, tuple[str, ...]]) -> tuple[MethodList, ...]:
    return tuple(
        MethodList(name, methods, any(not method.startswith("group ") for method in methods))
        for name, methods in configured.items()
    )


def lists_text(view: MethodLists) -> Iterator[str]:
    for permanent in view.permanent:
        for queue in view.queues:
            if queue.kind == permanent.kind:
                yield f"{queue.kind} queue={queue.name}"
                yield from map(_list_text, queue.lists)
        yield "permanent lists"
        yield from map(_list_text, permanent.lists)


def _list_text(one: MethodList) -> str:
    words = "  ".join(
        f"SERVER_GROUP {method.removeprefix('group ')}" if method.startswith("group ") else method.upper()
        for method in one.methods
    )
    return f"  name={one.name} valid=TRUE id=0 :state={'ALIVE' if one.alive else 'DEAD'} : {words}"


def sessions(router: Any, now: Instant) -> tuple[int, tuple[Session, ...]]:
    """How many there were since the start, and those who are in."""
    seats = sorted(router.lines.seats.values(), key=lambda seat: int(seat.number))
    return router.lines.sessions, tuple(
        Session(
            seat.number,
            seat.user or _NOBODY,
            seat.location or "0.0.0.0",
            (now - seat.heard) // SECOND,
            "LOCAL" if seat.user else "NONE",
        )
        for seat in seats
    )


def sessions_text(view: tuple[int, tuple[Session, ...]]) -> Iterator[str]:
    total, found = view
    yield f"Total sessions since last reload: {total}"
    for one in found:
        yield f"Session Id: {one.session}"
        yield f"   Unique Id: {one.session}"
        yield f"   User Name: {one.user}"
        yield f"   IP Address: {one.address}"
        yield f"   Idle Time: {one.idle_s}"
        yield "   CT Call Handle: 0"


def users(router: Any, now: Instant) -> tuple[Session, ...]:
    """`show aaa user all`"""
    return sessions(router, now)[1]


def users_text(view: tuple[Session, ...]) -> Iterator[str]:
    for one in view:
        yield "-" * 50
        yield f"Unique id {one.session} is currently in use."
        yield ""
        yield from (f"No data for type {kind}" for kind in _NO_DATA)
        yield "Debg: No data available"
        yield "Radi: No data available"
        yield f"Authen: service=LOGIN type=ASCII method={one.method}"
        yield "Kerb: No data available"
        yield "Meth: No data available"
        yield "Preauth: No Preauth data."
        yield "General:"
        yield f"  Unique Id = {one.session:08X}"
        yield f"  Session Id = {one.session:08X}"
        yield f"  Session Server Key = {0:08X}"
        yield "PerU: No data available"


SHOWS: Final = {
    "lists": Show(lists, lists_text),
    "sessions": Show(sessions, sessions_text),
    "users": Show(users, users_text),
}
