"""Settling by key: what a line changes is settled, and nothing else is looked at; the end is the same as at a boot."""

from __future__ import annotations

from typing import Any

import pytest

from iosh.base.addr import IPv4
from iosh.base.rng import Rng
from iosh.cli.configure import Configurator
from iosh.cli.load import load
from iosh.cli.render import running_config
from iosh.config.model import Config
from iosh.config.store import Store
from iosh.router import wanted
from iosh.router.ports import MemoryStorage
from iosh.router.router import Router
from iosh.router.settle import FAMILIES, PASSIVE


def router_of(text: str) -> Router:
    config, complaints = load(text)
    assert not complaints
    return Router(config, {}, MemoryStorage(), Rng(1), 0)


def typed(router: Router, *lines: str) -> None:
    """Lines at a console, each settled before the next."""
    configurator = Configurator(router.store)
    for line in lines:
        configurator.line(line)
        router.settle(0)


LINES = (
    "interface Loopback0",
    "ip address 192.0.2.1 255.255.255.0",
    "interface Loopback1",
    "ip address 198.51.100.1 255.255.255.0",
    "interface Tunnel0",
    "ip address 10.0.0.1 255.255.255.0",
    "ip nhrp network-id 1",
    "tunnel source Loopback0",
    "tunnel mode gre multipoint",
    "interface Tunnel1",
    "ip unnumbered Loopback1",
    "tunnel source Loopback0",
    "tunnel destination 198.51.100.9",
    "exit",
    "ip route 10.1.0.0 255.255.0.0 10.0.0.2",
    "ip route 10.2.0.0 255.255.0.0 10.0.0.3 250",
    "ip route 10.2.0.0 255.255.0.0 Null0",
    "no ip route 10.1.0.0 255.255.0.0 10.0.0.2",
    "ip route 10.1.0.0 255.255.0.0 198.51.100.7",
    "interface Loopback1",
    "no ip address",
    "ip address 203.0.113.1 255.255.255.0",
    "interface Loopback0",
    "ip address 192.0.2.2 255.255.255.0",
    "interface Tunnel0",
    "shutdown",
    "no shutdown",
    "no interface Tunnel1",
    "no ip route 10.2.0.0 255.255.0.0 10.0.0.3 250",
)


def state(router: Router) -> dict[str, Any]:
    forwarding = router.forwarding
    return {
        "interfaces": {
            name: (one.settings, one.link_state, one.protocol) for name, one in forwarding.interfaces.items()
        },
        "routes": {prefix: [(r.way, r.distance) for r in one.routes] for prefix, one in forwarding.rib.active.items()},
        "sources": {tunnel.name: tunnel.local for tunnel in forwarding._plane.tunnels},
        "nhrp": {name: machine.settings for name, machine in router.nhrp.items()},
    }


@pytest.mark.parametrize("count", range(1, len(LINES) + 1))
def test_line_by_line_ends_where_a_boot_from_the_same_text_does(count: int) -> None:
    router = router_of("")
    typed(router, *LINES[:count])
    assert state(router) == state(router_of("\n".join(running_config(router.config))))


def test_one_route_more_touches_one_route(monkeypatch: pytest.MonkeyPatch) -> None:
    router = router_of("\n".join(f"ip route 10.{n}.0.0 255.255.0.0 Null0" for n in range(200)))
    made: list[object] = []
    plain = wanted.static_route
    monkeypatch.setattr(wanted, "static_route", lambda key, route: made.append(key) or plain(key, route))
    typed(router, "ip route 172.16.0.0 255.255.0.0 Null0")
    assert len(made) == 1
    assert len(router.forwarding.rib.active) == 201


def test_one_interface_line_makes_one_interfaces_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    router = router_of("\n".join(f"interface Loopback{n}\n ip address 10.0.{n}.1 255.255.255.255" for n in range(99)))
    made: list[str] = []
    plain = wanted.interface_settings
    monkeypatch.setattr(wanted, "interface_settings", lambda one, given: made.append(one.name) or plain(one, given))
    typed(router, "interface Loopback7", "description seven")
    assert made == ["Loopback7"]


def test_what_stays_as_it_is_takes_no_settling() -> None:
    router = router_of("hostname R1")
    typed(router, "hostname R1")
    assert isinstance(router.store, Store) and router.store.take() == ()


def test_every_field_of_the_configuration_says_whom_it_concerns() -> None:
    assert sorted((*FAMILIES, *PASSIVE)) == sorted(Config.__dataclass_fields__)


def test_a_kept_line_settles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    router = router_of("interface Loopback0\n ip address 10.0.0.1 255.255.255.255")
    made: list[str] = []
    plain = wanted.interface_settings
    monkeypatch.setattr(wanted, "interface_settings", lambda *one: made.append("made") or plain(*one))
    typed(router, "snmp-server location here")
    assert router.config.kept and not made


def test_one_tunnel_line_makes_one_tunnels_nhrp_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    router = router_of("\n".join(f"interface Tunnel{number}\n ip nhrp network-id 1" for number in range(50)))
    made: list[str] = []
    real = wanted.nhrp_settings

    def counted(config: Config, names: Any, sources: Any) -> Any:
        settings = real(config, names, sources)
        made.extend(settings)
        return settings

    monkeypatch.setattr(wanted, "nhrp_settings", counted)
    typed(router, "interface Tunnel7", "ip nhrp holdtime 77")
    assert made == ["Tunnel7"] and router.nhrp["Tunnel7"].settings.holdtime_s == 77


def test_interfaces_stand_in_order_whenever_they_came() -> None:
    router = router_of("")
    for name in ("Tunnel5", "Loopback9", "Tunnel1", "Loopback2", "Tunnel3"):
        typed(router, f"interface {name}")
    typed(router, "no interface Tunnel3")
    tunnels = ["Tunnel1", "Tunnel5"]
    assert list(router.forwarding.interfaces) == ["Loopback2", "Loopback9", *tunnels, "Null0"]


def test_a_next_hop_server_known_by_name_is_where_ip_host_says() -> None:
    router = router_of("")
    typed(router, *LINES[:9], "ip nhrp nhs 10.0.0.9 nbma Hub.example.net multicast")
    (registration,) = router.nhrp["Tunnel0"].client.registrations.values()
    assert registration.nhs.nbma is None
    typed(router, "ip host hub.example.net 203.0.113.9 203.0.113.10")
    assert [one.nhs.nbma for one in router.nhrp["Tunnel0"].client.registrations.values()] == [IPv4.parse("203.0.113.9")]
    typed(router, "no ip host hub.example.net")
    assert [one.nhs.nbma for one in router.nhrp["Tunnel0"].client.registrations.values()] == [None]
