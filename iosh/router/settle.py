"""From a change of the configuration to the parts it concerns: one family a top-level field of `Config`.

Settling is by key: an interface, a route or an entry that changed is settled, the others are not looked at. A field
that is not in the table concerns everything, so that a new family works before it is quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from iosh.base.record import Syslog
from iosh.base.time import Instant
from iosh.config.model import Config, StaticRouteKey
from iosh.config.store import ABSENT, Change
from iosh.router import acl, wanted, wanted_nat
from iosh.router.interfaces import InterfaceSettings
from iosh.router.rib import Route

if TYPE_CHECKING:
    from iosh.router.router import Router

Settle = Callable[["Router", Sequence[Change], Instant], None]


def settle_all(router: Router, now: Instant) -> None:
    """Everything, as at boot."""
    config = router.config
    _logging(router, (), now)
    _icmp(router, (), now)
    _access_lists(router, (), now)
    _time_ranges(router, (), now)
    _nat(router, (), now)
    _vrfs(router, (), now)
    router.forwarding.settle_interfaces(wanted.interfaces(config, router.dhcp.addresses()).values(), now)
    router.services.settle(now)
    router.forwarding.settle_statics([*router.services.static_routes(), *router.dhcp.routes()], now)
    router.dhcp.settle_clients(now)
    router.dhcp.settle_server(now)
    router.settle_tunnels(now)
    router.routing.settle(now)


def settle_changes(router: Router, changes: Iterable[Change], now: Instant) -> None:
    """What these changes concern."""
    families: dict[str, list[Change]] = {}
    for change in changes:
        families.setdefault(str(change.place[0]), []).append(change)
    if any(family not in FAMILIES and family not in PASSIVE for family in families):
        settle_all(router, now)
        return
    for family, settle in FAMILIES.items():
        if family in families:
            settle(router, families[family], now)


def _logging(router: Router, changes: Sequence[Change], now: Instant) -> None:
    router.logbook.settle(wanted.log_settings(router.config))


def _icmp(router: Router, changes: Sequence[Change], now: Instant) -> None:
    router.forwarding.settle_icmp(router.config.icmp_unreachable_rate_ms or 0)


def _access_lists(router: Router, changes: Sequence[Change], now: Instant) -> None:
    lists = router.config.access_lists
    router.forwarding.settle_access_lists(acl.settings_of(router.config), lists.log_threshold, lists.reflexive_s)


def _time_ranges(router: Router, changes: Sequence[Change], now: Instant) -> None:
    router.time_ranges.settle(now)


def _clock(router: Router, changes: Sequence[Change], now: Instant) -> None:
    router.services.settle(now)
    router.time_ranges.settle(now)


def _nat(router: Router, changes: Sequence[Change], now: Instant) -> None:
    router.forwarding.settle_nat(wanted_nat.nat_settings(router.config), now)


def _vrfs(router: Router, changes: Sequence[Change], now: Instant) -> None:
    router.forwarding.settle_vrfs((*router.config.vrfs, *router.config.ip_vrfs), now)


def _kept(router: Router, changes: Sequence[Change], now: Instant) -> None:
    """Of the kept lines some are read: route-maps by translation, EIGRP's and its keys' where they stand."""
    if any(str(getattr(change.place[1], "slot", "")).startswith("route-map ") for change in changes):
        _nat(router, changes, now)
    if any(str(getattr(change.place[1], "slot", "")) in ("router eigrp", "key chain") for change in changes):
        router.routing.settle(now)


def _interfaces(router: Router, changes: Sequence[Change], now: Instant) -> None:
    table = router.config.interfaces
    settings: dict[str, InterfaceSettings | None] = {}
    names = tuple(dict.fromkeys(str(change.place[1]) for change in changes))
    if any(name in router.dhcp.clients for name in names):
        router.dhcp.settle_clients(now)
        router.work(now)  # an address that is given back is given back while it is ours
    for name in names:
        given = router.dhcp.address(name)
        settings[name] = wanted.interface_settings(table[name], given) if name in table else None
    router.forwarding.settle_some_interfaces(settings, now)
    if any(each is not None and each.by_dhcp for each in settings.values()):
        router.dhcp.settle_clients(now)
    if any(name in router.nhrp or (each is not None and each.tunnel is not None) for name, each in settings.items()):
        router.settle_tunnels(now, names)
    router.services.interfaces_settled(settings, now)
    router.dhcp.interfaces_settled(names)
    router.routing.settle(now)


def _services(router: Router, changes: Sequence[Change], now: Instant) -> None:
    router.services.settle(now)


def _routes(router: Router, changes: Sequence[Change], now: Instant) -> None:
    table = router.config.routes
    gone: list[Route] = []
    changed: list[Route] = []
    for change in changes:
        key = change.place[1]
        assert isinstance(key, StaticRouteKey)
        if key in table:
            track = table[key].track
            there = changed if track is None or router.services.is_up(track) else gone
            there.append(wanted.static_route(key, table[key]))
        elif change.old is not ABSENT:
            gone.append(wanted.static_route(key, change.old))
    router.forwarding.settle_some_statics(gone, [*changed, *router.dhcp.routes()], now)
    router.routes_changed(now)


def _tunnels(router: Router, changes: Sequence[Change], now: Instant) -> None:
    router.settle_tunnels(now)


def _dhcp(router: Router, changes: Sequence[Change], now: Instant) -> None:
    router.dhcp.settle_server(now)


def _views(router: Router, changes: Sequence[Change], now: Instant) -> None:
    """Parser views that came, went, or became part of a superview."""
    for change in changes:
        place, made = change.place, change.new is not ABSENT
        if len(place) == 2 and (made or change.old is not ABSENT) and (change.old is ABSENT or not made):
            view = change.new if made else change.old
            kind = ("SUPER_", "super ") if view.superview else ("", "")
            mnemonic, done = ("CREATED", "created") if made else ("DELETED", "deleted")
            text = f"{kind[1]}view '{place[1]}' successfully {done}."
            router.logbook.record(Syslog("PARSER", 6, f"{kind[0]}VIEW_{mnemonic}", text), now)
        elif "members" in place and made:
            text = f"view {place[-1]} added to superview {place[1]}."
            router.logbook.record(Syslog("PARSER", 6, "SUPER_VIEW_EDIT_ADD", text), now)


FAMILIES: Final[dict[str, Settle]] = {
    "logging": _logging,
    "service_timestamps_log": _logging,
    "service_timestamps_debug": _logging,
    "icmp_unreachable_rate_ms": _icmp,
    "access_lists": _access_lists,
    "object_groups": _access_lists,
    "time_ranges": _time_ranges,
    "nat": _nat,
    "vrfs": _vrfs,
    "ip_vrfs": _vrfs,
    "kept": _kept,
    "interfaces": _interfaces,
    "hostname": _services,
    "domain_name": _services,
    "clock": _clock,
    "ntp": _services,
    "cdp": _services,
    "lldp": _services,
    "sla": _services,
    "tracks": _services,
    "routes": _routes,
    "crypto": _tunnels,
    "hosts": _tunnels,
    "dhcp": _dhcp,
    "views": _views,
}

# Read where they are needed, when they are needed.
_PERSONS: Final = ("enable", "aaa", "login", "users", "privileges", "aliases", "security")
_SESSIONS: Final = ("service_password_encryption", "password_encryption_aes", "config_exclusive", "lines", "ssh")
_FILES: Final = ("archive", "file_prompt")
PASSIVE: Final = ("version", "domain_lookup", "cef", "banners", *_PERSONS, *_SESSIONS, *_FILES)

_FIELDS = Config.__dataclass_fields__
assert all(field in _FIELDS for field in (*FAMILIES, *PASSIVE)), "a family is a field of the configuration"
