"""DHCP's shows, and those of who logs in, on routers of their own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import SECOND
from iosh.config.model import Config
from iosh.config.model_aaa import Login, LoginBlock
from iosh.proto.dhcp.client import State
from iosh.proto.dhcp.effects import Lease
from iosh.proto.dhcp.leases import Binding, Client, Conflict, DhcpServerSettings, Leases, Pool
from iosh.show.plain import plain
from iosh.show.registry import find

EPOCH_S = 1_700_000_000
SERVER = IPv4.parse("192.0.2.1")
DATABASE = SimpleNamespace(agents=())


def at(last: int) -> IPv4:
    return IPv4(SERVER + last - 1)


def router(**more: Any) -> Any:
    pools = (Pool("LAN", Prefix.parse("192.0.2.0/24")), Pool("PRINTER", host=at(9)))
    leases = Leases(DhcpServerSettings(pools, ((at(1), at(4)),)), lambda address: False)
    mac = bytes.fromhex("aabbcc000100")
    client = Client(b"\1" + mac, mac)
    leases.bind(Binding(at(5), "LAN", Client(b"\0cisco-aabb.cc00.0100-Gi1", mac), "Gi1", False, True, 3600 * SECOND))
    leases.bind(Binding(at(9), "PRINTER", client, "Gi1", True, True, None))
    leases.conflicts[at(7)] = Conflict(0, "Gratuitous ARP")
    counters = {"discover_received": 3, "ack_sent": 2, "expired": 1, "renewals": 4}
    server = SimpleNamespace(settings=leases.settings, leases=leases, counters=counters)
    return SimpleNamespace(
        dhcp=SimpleNamespace(server=server, clients={}, relay=None, database=DATABASE),
        epoch_s=EPOCH_S,
        **more,
    )


def shown(name: str, box: Any, now: int = 0, **arguments: Any) -> list[str]:
    show = find(name)
    value = show.view(box, now, **arguments)
    assert isinstance(plain(value), dict)
    return [line.rstrip() for line in show.text(value)]


def test_an_address_kept_for_one_is_listed_before_he_was_heard() -> None:
    box = router()
    pools = (Pool("HOST", host=at(8), client_id=b"\1abcdef"), Pool("NOBODY", host=at(10)))
    box.dhcp.server.leases.settings = DhcpServerSettings(pools)
    (row,) = find("dhcp.binding").view(box, 0, address=at(8)).bindings
    assert (row.expiration, row.type, row.state) == ("Infinite", "Manual", "Selecting")
    assert shown("dhcp.binding", box, address=at(10)) == shown("dhcp.binding", box, address=at(11))


def test_bindings_are_listed_with_long_identifiers_over_several_lines() -> None:
    lines = shown("dhcp.binding", router())
    assert lines[1:4] == [
        "IP address          Client-ID/              Lease expiration        Type",
        "                    Hardware address/",
        "                    User name",
    ]
    assert lines[4:] == [
        "192.0.2.5           0063.6973.636f.2d61.    Nov 14 2023 11:13 PM    Automatic",
        "                    6162.622e.6363.3030.",
        "                    2e30.3130.302d.4769.",
        "                    31",
        "192.0.2.9           01aa.bbcc.0001.00       Infinite                Manual",
    ]
    assert len(shown("dhcp.binding", router(), address=at(9))) == 5


def test_a_pool_says_what_is_left_of_it() -> None:
    lines = shown("dhcp.pool", router())
    assert lines[1] == "Pool LAN :" and "Pool PRINTER :" in lines
    assert " Total addresses                : 254" in lines and " Excluded addresses             : 4" in lines
    row = " 192.0.2.1            192.0.2.1        - 192.0.2.254       1     / 4     / 254"
    assert row in lines


def test_statistics_and_conflicts() -> None:
    lines = shown("dhcp.statistics", router())
    for line in (
        "Address pools        2",
        "Automatic bindings   1",
        "Manual bindings      1",
        "Renew messages       4",
    ):
        assert line in lines
    assert "DHCPDISCOVER         3" in lines and "DHCPACK              2" in lines
    assert shown("dhcp.conflict", router())[1] == "192.0.2.7         Gratuitous ARP     Nov 14 2023 10:13 PM"


def test_a_router_without_a_server_has_nothing_to_list() -> None:
    box = SimpleNamespace(dhcp=SimpleNamespace(server=None, clients={}, relay=None, database=DATABASE), epoch_s=EPOCH_S)
    assert len(shown("dhcp.binding", box)) == 4 and shown("dhcp.pool", box) == [] and shown("dhcp.lease", box) == []
    assert "DHCPDISCOVER         0" in shown("dhcp.statistics", box)


def test_a_lease_as_the_client_has_it() -> None:
    lease = Lease(at(5), 24, SERVER, (SERVER,), (), "", 3600, 1800, 3150, 1800 * SECOND, None, None)
    settings = SimpleNamespace(client_id=b"\0cisco-aabb.cc00.0100-Gi1", hostname="R1")
    client = SimpleNamespace(
        lease=lease, settings=settings, state=State.BOUND, xid=0x1E3, tries=0, next_timer=lambda: 1800 * SECOND
    )
    box = SimpleNamespace(dhcp=SimpleNamespace(server=None, clients={"GigabitEthernet1": client}))
    assert shown("dhcp.lease", box, 60 * SECOND) == [
        "Temp IP addr: 192.0.2.5  for peer on Interface: GigabitEthernet1",
        "Temp  sub net mask: 255.255.255.0",
        "   DHCP Lease server: 192.0.2.1, state: 5 Bound",
        "   DHCP transaction id: 1E3",
        "   Lease: 3600 secs,  Renewal: 1800 secs,  Rebind: 3150 secs",
        "Temp default-gateway addr: 192.0.2.1",
        "   Next timer fires after: 00:29:00",
        "   Retry count: 0   Client-ID: cisco-aabb.cc00.0100-Gi1",
        "   Client-ID hex dump: 636973636F2D616162622E636330302E",
        "                       303130302D476931",
        "   Hostname: R1",
    ]


def test_show_login_says_how_guessing_is_met() -> None:
    watch = SimpleNamespace(failures=[5 * SECOND], total=1, quiet_until=None, quiet=lambda now: False)
    box = SimpleNamespace(config=Config(login=Login(block=LoginBlock(60, 3, 10))), login_watch=watch)
    lines = shown("login", box, 8 * SECOND)
    assert "     If more than 2 login failures occur in 10 seconds or less," in lines
    assert "         Time remaining: 7 seconds." in lines
    watch.quiet, watch.quiet_until = (lambda now: True), 20 * SECOND
    assert "     Will remain in Quiet-Mode for 12 seconds." in shown("login", box, 8 * SECOND)
    off = SimpleNamespace(config=Config(), login_watch=watch)
    assert shown("login", off)[-1] == "     Router NOT enabled to watch for login Attacks"
