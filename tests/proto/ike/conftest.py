"""Two IKE machines, a wire between them that tests may bend, and virtual time."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from iosh.base.addr import IPv4, Prefix
from iosh.base.rng import Rng
from iosh.base.time import MILLISECOND, SECOND
from iosh.base.timers import Timers
from iosh.proto.ike.effects import InstallSa, MoveSa, RemoveSa, SessionDown, SessionUp, UseSa
from iosh.proto.ike.machine import Ike, IkeKeys
from iosh.proto.ike.settings import (
    DEFAULT_TRANSFORM_SET,
    Gate,
    IkePolicy,
    IkeProfile,
    IkeSettings,
    Keyring,
    KeyringPeer,
    RemoteMatch,
    proposal_of_words,
)
from iosh.proto.machine import Compute, Debug, Desk, Path, Report, SendDatagram
from iosh.wire.ikev2 import EXCHANGES
from iosh.wire.isakmp import NAT_PORT, Header
from iosh.wire.reader import Reader

A, B = IPv4.parse("192.0.2.1"), IPv4.parse("192.0.2.2")
TUNNEL = "Tunnel0"
ANY = Prefix(IPv4(0), 0)
DELAY = 10 * MILLISECOND

Bend = Callable[["End", SendDatagram], "list[SendDatagram] | None"]


def settings_of(local: IPv4, **changes: Any) -> IkeSettings:
    """A plain configuration: group 19, AES-CBC-256, SHA-256, one keyring for everybody, transport mode."""
    gate_changes = changes.pop("gate", {})
    profile_changes = changes.pop("profile", {})
    key = changes.pop("key", b"cisco123")
    groups = changes.pop("groups", (19,))
    encryption = changes.pop("encryption", ("aes-cbc-256",))
    integrity = changes.pop("integrity", ("sha256",))
    prf = changes.pop("prf", ("sha256",))
    peers = changes.pop("peers", (KeyringPeer("ANY", ANY, local_key=key, remote_key=key),))
    gate = Gate(TUNNEL, local, "PROF", (DEFAULT_TRANSFORM_SET,), "IKE", lifetime_kilobytes=None)
    profile = IkeProfile("IKE", (RemoteMatch("any"),), keyring="KR")
    base = IkeSettings(
        {"P": proposal_of_words("P", encryption, integrity, prf, groups)},
        {"POL": IkePolicy("POL", ("P",))},
        {"KR": Keyring("KR", peers)},
        {"IKE": replace(profile, **profile_changes)},
        {TUNNEL: replace(gate, **gate_changes)},
    )
    return replace(base, **changes)


class End:
    """One machine, its desk, and what it said."""

    def __init__(self, name: str, address: IPv4, settings: IkeSettings, seed: int) -> None:
        self.name = name
        self.address = address
        self.seed = seed
        self.debugging = False
        self.traffic: dict[int, tuple[int, int]] = {}
        self.effects: list[Any] = []
        self.begin(settings)

    def begin(self, settings: IkeSettings) -> None:
        """A new machine, as after a reload: nothing is remembered."""
        self.tray: deque[tuple[Any, Any]] = deque()
        self.timers = Timers()
        self.seed += 1000
        desk = Desk(self.name, self.tray, self.timers, Rng(self.seed), lambda topic: self.debugging)
        self.ike = Ike(desk, settings, self.traffic.get)
        self.witnessed: list[IkeKeys] = []
        self.ike.witness_keys(self.witnessed.append)
        self.pairs: dict[int, InstallSa] = {}
        self.using: dict[IPv4, int] = {}

    def said(self, kind: type) -> list[Any]:
        """Effects of one type, in order."""
        return [one for one in self.effects if isinstance(one, kind)]

    @property
    def is_up(self) -> bool:
        return bool(self.pairs)

    @property
    def debug(self) -> list[str]:
        return [one.line.text for one in self.said(Debug)]

    @property
    def log(self) -> list[str]:
        return [str(one.message) for one in self.said(Report)]


class Pair:
    """A and B, and everything on the way between them."""

    def __init__(self, a: IkeSettings, b: IkeSettings, seed: int = 1) -> None:
        self.a, self.b = End("a", A, a, seed), End("b", B, b, seed + 1)
        self.now = 0
        self.flight: list[tuple[int, int, End, SendDatagram]] = []
        self.sent: list[tuple[str, str]] = []
        self.datagrams: list[tuple[int, str, SendDatagram]] = []
        self.bend: Bend = lambda end, datagram: None
        self._count = 0

    def other(self, end: End) -> End:
        return self.b if end is self.a else self.a

    def want(self, end: End | None = None) -> Pair:
        end = end or self.a
        end.ike.wanted(TUNNEL, end.address, self.other(end).address, self.now)
        self.settle()
        return self

    def up(self) -> Pair:
        """Both ends up, by A's wish."""
        self.want().run(2)
        assert self.a.is_up and self.b.is_up
        return self

    def settle(self) -> None:
        """Obey the effects of both ends."""
        while self.a.tray or self.b.tray:
            for end in (self.a, self.b):
                while end.tray:
                    self._obey(end, end.tray.popleft()[1])

    def run(self, seconds: float) -> Pair:
        """Let time pass."""
        until = self.now + int(seconds * SECOND)
        while True:
            self.settle()
            dues = [at for at in (self.a.timers.due(), self.b.timers.due()) if at is not None]
            dues += [self.flight[0][0]] if self.flight else []
            if not dues or min(dues) > until:
                self.now = until
                return self
            self.now = min(dues)
            self._step()

    def _step(self) -> None:
        if self.flight and self.flight[0][0] <= self.now:
            _, _, end, datagram = heapq.heappop(self.flight)
            ports = datagram.remote_port, datagram.local_port
            end.ike.receive(datagram.payload, Path("Gi1", "", datagram.remote, datagram.local, *ports), self.now)
            return
        for end in (self.a, self.b):
            name = end.timers.pop(self.now)
            if name is not None:
                end.ike.wake(name[1], self.now)
                return

    def _obey(self, end: End, effect: Any) -> None:
        end.effects.append(effect)
        match effect:
            case Compute(name, work, arguments):
                end.ike.computed(name, work(*arguments), self.now)
            case SendDatagram():
                self._send(end, effect)
            case InstallSa():
                assert effect.inbound_spi not in end.pairs
                end.pairs[effect.inbound_spi] = effect
                if effect.use:
                    end.using[effect.remote] = effect.outbound_spi
            case UseSa():
                assert effect.outbound_spi in [one.outbound_spi for one in end.pairs.values()]
                end.using[effect.remote] = effect.outbound_spi
            case RemoveSa():
                del end.pairs[effect.inbound_spi]
                if not end.pairs:
                    end.using.clear()
                else:
                    assert end.using[effect.remote] != effect.outbound_spi, "the pair in use went away"
            case MoveSa():
                end.pairs[effect.inbound_spi] = end.pairs[effect.inbound_spi]._replace(encap=effect.encap)

    def _send(self, end: End, datagram: SendDatagram) -> None:
        self.datagrams.append((self.now, end.name, datagram))
        self.sent.append((end.name, arrow(datagram)))
        bent = self.bend(end, datagram)
        for one in [datagram] if bent is None else bent:
            self._count += 1
            heapq.heappush(self.flight, (self.now + DELAY, self._count, self.other(end), one))

    @property
    def arrows(self) -> str:
        """What was said, as `a:INIT b:init`: requests large, answers small."""
        return " ".join(f"{name}:{what}" for name, what in self.sent)

    def agree(self) -> None:
        """Both ends hold the same pairs with the same keys, and send on pairs the other receives on."""
        ours = {(p.inbound_spi, p.outbound_spi, p.inbound_key, p.outbound_key) for p in self.a.pairs.values()}
        theirs = {(p.outbound_spi, p.inbound_spi, p.outbound_key, p.inbound_key) for p in self.b.pairs.values()}
        assert ours == theirs
        for end in (self.a, self.b):
            for spi in end.using.values():
                assert spi in self.other(end).pairs

    def ups(self, end: End) -> int:
        return len(end.said(SessionUp))

    def downs(self, end: End) -> int:
        return len(end.said(SessionDown))


def header_of(datagram: SendDatagram) -> Header:
    payload = datagram.payload
    return Header.decode(Reader(payload[4:] if datagram.local_port == NAT_PORT else payload, "test"))


def arrow(datagram: SendDatagram) -> str:
    if datagram.payload == b"\xff":
        return "keepalive"
    header = header_of(datagram)
    words = {"IKE_SA_INIT": "INIT", "IKE_AUTH": "AUTH", "CREATE_CHILD_SA": "CREATE", "INFORMATIONAL": "INFO"}
    word = words.get(EXCHANGES.get(header.exchange, ""), "?")
    return word.lower() if header.is_response else word


@pytest.fixture
def make_pair() -> Callable[..., Pair]:
    """`make_pair(a={…}, b={…})`: changes to either end's settings."""

    def build(a: dict[str, Any] | None = None, b: dict[str, Any] | None = None, seed: int = 1) -> Pair:
        return Pair(settings_of(A, **(a or {})), settings_of(B, **(b or {})), seed)

    return build
