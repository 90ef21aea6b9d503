"""A router: everything hangs from here. It joins the machines to each other and to the world, and owns none of their
knowledge.

Whatever comes in (frames, deadlines, carriers, a changed configuration, the operator's wishes) is handed to the part it
concerns; what the parts put into the tray in return is carried out in order until the tray is empty (`_work`). All
machines share one tray and one heap of deadlines, so a router does the work that happened and asks nobody in vain.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, Final

from iosh.base.addr import DEFAULT
from iosh.base.rng import Rng
from iosh.base.time import SECOND, Instant
from iosh.base.timers import Timers
from iosh.config.model import Config
from iosh.config.store import Store
from iosh.proto.ike.machine import Ike
from iosh.proto.machine import Desk
from iosh.proto.nhrp.machine import Nhrp, RequestIds
from iosh.proto.nhrp.settings import NhrpSettings
from iosh.router import wanted, wanted_crypto
from iosh.router.actions import Action, Actions
from iosh.router.appointments import Appointments, ReloadPlan
from iosh.router.archive import Archive
from iosh.router.capture import KEY as CAPTURES
from iosh.router.capture import Captures
from iosh.router.civil import CivilClock
from iosh.router.config_lock import ConfigLock
from iosh.router.courier import Courier
from iosh.router.dhcp import Dhcp
from iosh.router.errands import HANDLERS
from iosh.router.facts import TunnelFacts
from iosh.router.files import Files
from iosh.router.forwarding import Forwarding
from iosh.router.key_pairs import KeyRing, PaperSmith
from iosh.router.lines import Lines
from iosh.router.logbook import Logbook
from iosh.router.login_watch import LoginWatch
from iosh.router.ports import AtOnce, Computer, Figures, PaperFigures, Port, Smith, Storage
from iosh.router.protect import Protect
from iosh.router.reconcile import reconcile
from iosh.router.routing import Routing
from iosh.router.services import Services
from iosh.router.settle import settle_all, settle_changes
from iosh.router.time_ranges import KEY as TIME_RANGES
from iosh.router.time_ranges import TimeRanges
from iosh.wire.train import Frame

ERRANDS_LIMIT: Final = 1_000_000  # machines that keep each other awake are a defect of ours


class Router:
    """One router, from power-on to reload.

    `ports` are its physical ports by canonical interface name, `epoch_s` the civil time of instant 0 in seconds since
    1970. To be read by `show`: `config forwarding nhrp ike protect logbook debugging started epoch_s`.
    """

    def __init__(
        self,
        config: Config,
        ports: Mapping[str, Port],
        storage: Storage,
        rng: Rng,
        now: Instant,
        epoch_s: int = 0,
        figures: Figures | None = None,
        computer: Computer | None = None,
        smith: Smith | None = None,
    ) -> None:
        self.config = config
        self.computer: Computer = computer or AtOnce()
        self.smith: Smith = smith or PaperSmith()
        self.is_off = False  # the box it was in runs another one now
        self.figures: Figures = figures or PaperFigures()
        self.ports = ports
        self.storage = storage
        self.files = Files(storage, now)
        self.key_pairs = KeyRing(storage)
        self.courier: Courier | None = None  # to other machines' files; None in a lab
        self.store = Store(config, storage, rng.fork("salts"))
        self.started = now
        self.clock = CivilClock(epoch_s)
        self.rng = rng
        self.debugging: dict[str, None] = {}
        self.reload_requested = False
        self.reload_plan: ReloadPlan | None = None
        self.archive = Archive()
        self.followers: list[Callable[[Any, Instant], None]] = []  # told of every settling: `follower(router, now)`
        self.lines = Lines(config)
        self.config_lock = ConfigLock()
        self.logbook = Logbook(self.clock, now, wanted.log_settings(config))
        self._tray: deque[tuple[Hashable, Any]] = deque()
        self._timers = Timers()
        self._request_ids = RequestIds()
        self.appointments = Appointments(self.desk("appointments"))
        self.login_watch = LoginWatch(config, self.desk("login"), epoch_s)
        self.forwarding = Forwarding(
            ports, self._tray, self._timers, rng.fork("forwarding"), self.debugging.__contains__
        )
        self.ike = Ike(
            self.desk("ike"),
            wanted_crypto.ike_settings(config, {}, self.store.master_key),
            lambda spi: self.protect.traffic(spi),
        )
        self.nhrp: dict[str, Nhrp] = {}
        self.protect = Protect(self.forwarding, self.ike, self.nhrp, rng.fork("esp"))
        self.services = Services(self)
        self.routing = Routing(self)
        self.time_ranges = TimeRanges(self, self.desk(TIME_RANGES))
        self.captures = Captures(self, self.desk(CAPTURES))
        self.actions = Actions(self)
        self.dhcp = Dhcp(self)
        self.store.take()
        settle_all(self, now)
        self._work(now)

    @property
    def epoch_s(self) -> int:
        """The civil time of instant 0, by the clock as it is set now, in whole seconds since 1970."""
        return self.clock.epoch_ns // SECOND

    def desk(self, key: Hashable) -> Desk:
        """The desk of a machine: its own dice, the shared tray and deadlines."""
        return Desk(key, self._tray, self._timers, self.rng.fork(f"{key}"), self.debugging.__contains__)

    # --- what comes in -----------------------------------------------------------------------------------------------

    def receive(self, port: str, frames: Sequence[Frame], now: Instant) -> None:
        """Frames arrived on a port."""
        self.forwarding.receive(port, frames, now)
        if self._tray:
            self._work(now)

    def carrier(self, port: str, up: bool, now: Instant) -> None:
        """A cable came or went."""
        self.forwarding.carrier(port, up, now)
        self._work(now)

    def due(self) -> Instant | None:
        """When `wake` is next wanted, or None."""
        return self._timers.due()

    def wake(self, now: Instant) -> None:
        """Ring what is due."""
        while (name := self._timers.pop(now)) is not None:
            assert isinstance(name, tuple)
            self._machine(name[0]).wake(name[1], now)
            self._work(now)

    def settle(self, now: Instant) -> None:
        """The configuration was changed: make what runs equal to what is wanted, where the journal says it differs."""
        settle_changes(self, self.store.take(), now)
        self._work(now)
        for follower in self.followers:
            follower(self, now)

    def settle_tunnels(self, now: Instant, names: Collection[str] | None = None) -> None:
        """What depends on the tunnels' own NBMA addresses: NHRP, IKE and the sessions that are wanted. All of them, or
        those of the tunnels that changed.
        """
        sources = self.forwarding.tunnel_sources()
        self.ike.settle(wanted_crypto.ike_settings(self.config, sources, self.store.master_key), now)
        asked = self.config.interfaces if names is None else names
        running = self.nhrp if names is None else [name for name in names if name in self.nhrp]
        reconcile(self.nhrp, wanted.nhrp_settings(self.config, asked, sources), self._build_nhrp, now, running)
        for name in asked:
            if name in self.nhrp:
                self.nhrp[name].link_changed(self.forwarding.interfaces[name].protocol, now)
        self.routes_changed(now)
        self.protect.settle(asked, now)

    def routes_changed(self, now: Instant) -> None:
        """NHRP takes back the answers that may no longer be true."""
        for machine in self.nhrp.values():
            machine.prefix_changed(DEFAULT, now)

    def stop(self, now: Instant) -> None:
        """Say goodbye to every peer, before a reload or a power-off."""
        for machine in self.nhrp.values():
            machine.stop(now)
        self.services.stop(now)
        self.routing.stop(now)
        self.dhcp.stop(now)
        self._work(now)
        self.ike.stop(now)
        self._work(now)

    def start(
        self, action: Action, write: Callable[[str], None], done: Callable[[], None], now: Instant
    ) -> Callable[[Instant], None]:
        """Run a ping or traceroute; `write(text)` as it goes, `done()` at its end. Returns how to break it off."""
        interrupt = self.actions.start(action, write, done, now)
        self._work(now)
        return interrupt

    def work(self, now: Instant) -> None:
        """Carry out what is in the tray, after a verb of a machine was called from outside."""
        self._work(now)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _work(self, now: Instant) -> None:
        tray, left = self._tray, ERRANDS_LIMIT
        while tray:
            key, effect = tray.popleft()
            HANDLERS[type(effect)](self, key, effect, now)
            left -= 1
            assert left, f"machines keep each other awake: {key} {effect}"

    def _machine(self, key: Hashable) -> Any:
        match key:
            case "forwarding":
                return self.forwarding
            case "appointments":
                return self.appointments
            case "ike":
                return self.ike
            case ("nhrp", str() as interface):
                return self.nhrp[interface]
            case ("action", int() as number):
                return self.actions.running[number]
            case "dhcpd" | ("dhcp", str()):
                return self.dhcp.machine(key)
            case ("eigrp", int() as number):
                return self.routing.eigrp[number]
            case "login":
                return self.login_watch
            case "time ranges":
                return self.time_ranges
            case "captures":
                return self.captures
            case ("sla" | "responder" | "track" | "cdp" | "lldp" | "ntp", _):
                return self.services.machine(key)
        raise AssertionError(f"no machine {key!r}")

    def _build_nhrp(self, interface: str, settings: NhrpSettings, now: Instant) -> Nhrp:
        facts = TunnelFacts(self.forwarding, interface)
        return Nhrp(settings, self.desk(("nhrp", interface)), facts, now, self._request_ids)
