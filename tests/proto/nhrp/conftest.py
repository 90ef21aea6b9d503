"""Test doubles: a stage for one NHRP machine, and a cloud that carries the effects of several."""

from __future__ import annotations

import heapq
from collections import Counter, deque

import pytest

from iosh.base.addr import IPv4, Prefix
from iosh.base.record import Syslog
from iosh.base.rng import Rng
from iosh.base.time import MILLISECOND, SECOND
from iosh.base.timers import Timers
from iosh.proto.machine import CloseSocket, Debug, Desk, OpenSocket, Path, Report, SendOverTunnel
from iosh.proto.nhrp.machine import Nhrp, RouteFact
from iosh.proto.nhrp.settings import NhrpSettings, NhsSettings
from iosh.wire import nhrp

HUB, HUB_NBMA = IPv4.parse("172.16.0.1"), IPv4.parse("203.0.113.2")
ONE, ONE_NBMA = IPv4.parse("172.16.0.2"), IPv4.parse("198.51.100.2")
TWO, TWO_NBMA = IPv4.parse("172.16.0.3"), IPv4.parse("198.51.100.6")
TUNNEL = "Tunnel0"


class NoJitter(Rng):
    """Dice that always say "no reduction"."""

    def below(self, bound):
        return bound - 1


class WorldFacts:
    """What the router would know: routes, networks, sockets, packets."""

    def __init__(self, routes=(), networks=None):
        self.routes = dict(routes)
        self.networks = networks or {TUNNEL: 1}
        self.standing = set()
        self.packets = Counter()

    def route(self, destination):
        covering = [prefix for prefix in self.routes if destination in prefix]
        if not covering:
            return None
        prefix = max(covering, key=lambda prefix: prefix.length)
        return RouteFact(prefix, *self.routes[prefix])

    def network_id(self, interface):
        return self.networks.get(interface)

    def shortcut_packets(self, prefix):
        return self.packets[prefix]

    def ready(self, nbma):
        return nbma in self.standing


class Node:
    """One machine with its tray, deadlines and facts."""

    def __init__(self, name, settings, facts, debugging=()):
        self.name = name
        self.facts = facts
        self.tray = deque()
        self.timers = Timers()
        self.done = []  # effects other than packets and logs
        self.logs = []
        self.debug = []
        self.heard = []  # decoded messages that came
        self.sent = []  # decoded messages that left, with NBMA, and their bytes
        self.trace = []  # kinds of messages that left and mnemonics of log lines, in order
        self.desk = Desk(name, self.tray, self.timers, NoJitter(0), lambda topic: topic in debugging)
        self.machine = Nhrp(settings, self.desk, facts, 0)

    @property
    def cache(self):
        return self.machine.cache.remote

    def texts(self):
        """Log lines so far, and forget them."""
        lines = [str(line) for line in self.logs]
        self.logs.clear()
        return lines

    def effects(self):
        """Effects so far, and forget them."""
        found, self.done = self.done, []
        return found


class Cloud:
    """Carries what machines put out: packets in 5 ms, sockets in 50 ms."""

    def __init__(self):
        self.now = 0
        self.nodes = {}  # by NBMA address as seen by others
        self.seen_as = {}  # translated: node name -> NBMA address others see
        self.queue = []
        self.count = 0
        self.dead_sockets = set()  # frozenset of two NBMA addresses
        self.lost = lambda source, nbma, message: False

    def add(self, nbma, name, settings, facts=None, **more):
        node = Node(name, settings, facts or WorldFacts(), **more)
        node.nbma = nbma
        self.nodes[nbma] = node
        return node

    def start(self):
        for node in self.nodes.values():
            node.machine.link_changed(True, self.now)
        self.pump()
        return self

    def run_until(self, seconds):
        end = int(seconds * SECOND)
        while True:
            self.pump()
            due = [node.timers.due() for node in self.nodes.values()]
            times = [at for at in due if at is not None] + ([self.queue[0][0]] if self.queue else [])
            at = min(times, default=end + 1)
            if at > end:
                break
            self.now = max(self.now, at)
            self.step()
        self.now = end
        return self

    def step(self):
        while self.queue and self.queue[0][0] <= self.now:
            heapq.heappop(self.queue)[2]()
            self.pump()
        for node in self.nodes.values():
            while (name := node.timers.pop(self.now)) is not None:
                node.machine.wake(name[1], self.now)
        self.pump()

    def pump(self):
        for node in self.nodes.values():
            while node.tray:
                self.carry(node, node.tray.popleft()[1])

    def later(self, span, what):
        self.count += 1
        heapq.heappush(self.queue, (self.now + span, self.count, what))

    def carry(self, node, effect):
        match effect:
            case Report(Syslog() as message):
                node.logs.append(message)
                node.trace.append(message.mnemonic)
            case Debug(line):
                node.debug.append(line.text)
            case SendOverTunnel(_, nbma, kind, payload):
                assert kind == nhrp.PROTOCOL_TYPE
                self.packet(node, nbma, payload)
            case OpenSocket(_, nbma):
                self.later(50 * MILLISECOND, lambda: self.socket(node, nbma, True))
            case CloseSocket(_, nbma):
                node.done.append(effect)
                self.later(MILLISECOND, lambda: self.socket(node, nbma, False))
            case _:
                node.done.append(effect)

    def packet(self, node, nbma, payload):
        message = nhrp.decode(payload)
        node.sent.append((message, nbma, payload))
        node.trace.append(message.kind.name)
        peer = self.nodes.get(nbma)
        protected = node.machine.settings.protected
        if peer is None or self.lost(node, nbma, message) or (protected and nbma not in node.facts.standing):
            return
        path = Path(TUNNEL, "", nbma, node.nbma)

        def arrive():
            peer.heard.append(message)
            peer.machine.receive(payload, path, self.now)

        self.later(5 * MILLISECOND, arrive)

    def socket(self, node, nbma, up):
        peer = self.nodes.get(nbma)
        if up and (peer is None or frozenset((node.nbma, nbma)) in self.dead_sockets):
            return
        for here, there in ((node, nbma), (peer, node.nbma)):
            if here is None or (there in here.facts.standing) == up:
                continue
            if up:
                here.facts.standing.add(there)
                here.machine.socket_opened(there, self.now)
            else:
                here.facts.standing.discard(there)
                here.machine.socket_closed(there, "closed", self.now)
        self.pump()


class Stage:
    """One machine and a timetable: what it sends and logs, when."""

    def __init__(self, settings, facts=None, **more):
        self.cloud = Cloud()
        self.node = self.cloud.add(settings.nbma, "one", settings, facts, **more)
        self.machine = self.node.machine
        self.machine.link_changed(True, 0)
        self.cloud.pump()

    def at(self, seconds, *expected):
        """By then this, and nothing else, has been sent and logged since the last look."""
        self.cloud.run_until(seconds)
        got, self.node.trace[:] = list(self.node.trace), []
        assert got == list(expected), (seconds, got)
        return self

    @property
    def now(self):
        return self.cloud.now

    @property
    def last(self):
        """The message sent last."""
        return self.node.sent[-1][0]

    def hears(self, message, remote):
        """A message arrives now."""
        data = message if isinstance(message, bytes) else message.encode()
        self.machine.receive(data, Path(TUNNEL, "", self.machine.link.nbma, remote), self.now)
        self.cloud.pump()
        return self


def prefix(text):
    return Prefix.parse(text)


class Kit:
    """What tests are made of."""

    HUB, HUB_NBMA, ONE, ONE_NBMA, TWO, TWO_NBMA, TUNNEL = HUB, HUB_NBMA, ONE, ONE_NBMA, TWO, TWO_NBMA, TUNNEL
    Cloud, Node, Stage, WorldFacts = Cloud, Node, Stage, WorldFacts
    prefix = staticmethod(prefix)

    @staticmethod
    def hub_settings(**more):
        base = {"network_id": 1, "redirect": True, "nbma": HUB_NBMA}
        return NhrpSettings(TUNNEL, HUB, **(base | more))

    @staticmethod
    def spoke_settings(address=ONE, nbma=ONE_NBMA, **more):
        base = {"network_id": 1, "nbma": nbma, "nhs": (NhsSettings(HUB, HUB_NBMA, True),)}
        return NhrpSettings(TUNNEL, address, **(base | more))

    @classmethod
    def phase3(cls, hub=None, spoke=None, **common):
        """A hub and two spokes; LANs 10.0.1.0/24, 10.0.2.0/24, 10.0.3.0/24; static routes by way of the hub."""
        cloud = Cloud()
        tunnel = {prefix("172.16.0.0/24"): (TUNNEL, None)}
        by_hub = {prefix("10.0.0.0/8"): (TUNNEL, HUB)}
        cloud.hub = cloud.add(
            HUB_NBMA,
            "hub",
            cls.hub_settings(**common, **(hub or {})),
            WorldFacts(
                tunnel
                | {
                    prefix("10.0.1.0/24"): ("Ethernet0/1", None),
                    prefix("10.0.2.0/24"): (TUNNEL, ONE),
                    prefix("10.0.3.0/24"): (TUNNEL, TWO),
                }
            ),
            debugging=("nhrp packet", "nhrp error", "nhrp extension", "nhrp cache"),
        )
        for name, address, nbma, lan in (("one", ONE, ONE_NBMA, "10.0.2.0/24"), ("two", TWO, TWO_NBMA, "10.0.3.0/24")):
            settings = cls.spoke_settings(address, nbma, **common, **(spoke or {}))
            facts = WorldFacts(tunnel | by_hub | {prefix(lan): ("Ethernet0/1", None)})
            setattr(cloud, name, cloud.add(nbma, name, settings, facts))
        return cloud

    @staticmethod
    def data(source, destination):
        """An IPv4 packet of data, 84 bytes, as the hub's data plane would show it."""
        head = bytes.fromhex("4500005400010000ff010000")
        echo = bytes.fromhex("0800f7ff00000000") + bytes(56)
        return head + IPv4.parse(source).packed + IPv4.parse(destination).packed + echo

    @classmethod
    def detour(cls, cloud, source="10.0.2.10", destination="10.0.3.10", nbma=ONE_NBMA):
        """A packet between spokes crosses the hub."""
        cloud.hub.machine.redirect_due(cls.data(source, destination), nbma, cloud.now)
        cloud.pump()


@pytest.fixture(scope="session")
def kit():
    return Kit
