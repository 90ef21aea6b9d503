"""A spoke whose NBMA address is a DHCP server's to give: it registers with it, and again when it is another."""

from __future__ import annotations

from typing import Any

POOL = """ip dhcp excluded-address 198.51.100.1 198.51.100.9
!
ip dhcp pool CUSTOMERS
 network 198.51.100.0 255.255.255.0
 default-router 198.51.100.1
 dns-server 198.51.100.53
 domain-name example.net
 lease 0 0 10
!
interface GigabitEthernet1
"""
BY_DHCP = {
    " ip address 198.51.100.2 255.255.255.0": " ip address dhcp",
    "ip route 0.0.0.0 0.0.0.0 198.51.100.1\n": "",
    " ip nhrp shortcut": " ip nhrp registration no-unique\n ip nhrp shortcut",
}
FIRST, SECOND = "198.51.100.10", "198.51.100.11"


def leased(make_cloud: Any, **more: Any) -> Any:
    cloud = make_cloud(internet={"interface GigabitEthernet1\n": POOL}, spoke1=BY_DHCP | more)
    cloud.form()
    return cloud


def test_a_spoke_gets_its_nbma_address_and_registers_with_it(make_cloud: Any) -> None:
    cloud = leased(make_cloud)
    assert f"DHCP-6-ADDRESS_ASSIGN: Interface GigabitEthernet1 assigned DHCP address {FIRST}" in cloud.log("spoke1")
    brief = cloud.show("spoke1", "show ip interface brief")
    assert f"GigabitEthernet1       {FIRST}   YES DHCP   up                    up" in brief
    assert "S*    0.0.0.0/0 [254/0] via 198.51.100.1" in cloud.show("spoke1", "show ip route")
    assert FIRST in cloud.show("hub", "show dmvpn")
    assert "0% packet loss" in cloud.ping("pc1", "10.2.0.10")


def test_a_lease_is_renewed_without_a_trace_in_the_cloud(make_cloud: Any) -> None:
    cloud = leased(make_cloud)
    before = cloud.log("spoke1")
    cloud.run(1500)
    assert cloud.log("spoke1") == before, "ten minutes' lease, renewed every five"
    statistics = cloud.show("internet", "show ip dhcp server statistics")
    assert "DHCPDISCOVER         1" in statistics and "DHCPREQUEST          6" in statistics


def test_another_address_is_registered_at_once(make_cloud: Any) -> None:
    cloud = leased(make_cloud)
    cloud.type("internet", f"clear ip dhcp binding {FIRST}")
    cloud.configure("internet", f"ip dhcp excluded-address {FIRST}")
    cloud.run(330)
    assert SECOND in cloud.show("spoke1", "show ip interface brief")
    cloud.run(60)
    table = cloud.show("hub", "show dmvpn")
    assert SECOND in table and FIRST not in table
    assert f"{SECOND} port 500" in cloud.show("hub", "show crypto session")
    cloud.ping("pc1", "10.2.0.10")
    assert "0% packet loss" in cloud.ping("pc1", "10.2.0.10")


def test_no_lease_no_tunnel_and_back(make_cloud: Any) -> None:
    cloud = leased(make_cloud)
    cloud.type("spoke1", "release dhcp GigabitEthernet1")
    cloud.run(2)
    assert "unassigned      YES DHCP" in cloud.show("spoke1", "show ip interface brief")
    assert "No lease" not in cloud.show("spoke1", "show dhcp lease")
    assert "0.0.0.0/0" not in cloud.show("spoke1", "show ip route")
    assert FIRST not in cloud.show("internet", "show ip dhcp binding")
    assert "Line protocol on Interface Tunnel0, changed state to down" in cloud.log("spoke1")
    cloud.type("spoke1", "renew dhcp GigabitEthernet1")
    cloud.form()
    assert "0% packet loss" in cloud.ping("pc1", "10.2.0.10")


def test_an_address_is_given_back_when_it_is_configured_away(make_cloud: Any) -> None:
    cloud = leased(make_cloud)
    cloud.configure("spoke1", "interface GigabitEthernet1", "ip address 198.51.100.2 255.255.255.0")
    cloud.run(5)
    assert FIRST not in cloud.show("internet", "show ip dhcp binding")
    assert "198.51.100.2    YES manual" in cloud.show("spoke1", "show ip interface brief")


def test_without_no_unique_the_hub_holds_to_the_old_address_until_its_session_is_gone(make_cloud: Any) -> None:
    unique = {" ip nhrp registration no-unique\n ip nhrp shortcut": " ip nhrp shortcut"}
    by_dhcp = {old: unique.get(new, new) for old, new in BY_DHCP.items()}
    cloud = make_cloud(internet={"interface GigabitEthernet1\n": POOL}, spoke1=by_dhcp)
    cloud.form()
    cloud.type("internet", f"clear ip dhcp binding {FIRST}")
    cloud.configure("internet", f"ip dhcp excluded-address {FIRST}")
    cloud.run(305)
    assert "unique address registered already(14)" in cloud.log("spoke1")
    cloud.run(60)
    assert SECOND in cloud.show("hub", "show dmvpn")


def test_a_lease_through_shutdown_a_cut_cable_and_a_server_that_is_away(make_cloud: Any) -> None:
    cloud = leased(make_cloud)
    held = "GigabitEthernet1       {:<15} YES DHCP   {}"
    cloud.configure("spoke1", "interface GigabitEthernet1", "shutdown")
    cloud.run(2)
    assert FIRST not in cloud.show("internet", "show ip dhcp binding"), "given back"
    cloud.configure("spoke1", "interface GigabitEthernet1", "no shutdown")
    cloud.run(5)
    assert held.format(SECOND, "up") in cloud.show("spoke1", "show ip interface brief")
    cloud.lab.cables[1].cut()
    cloud.run(30)
    assert held.format(SECOND, "down") in cloud.show("spoke1", "show ip interface brief")
    cloud.lab.cables[1].heal()
    cloud.form()
    assert held.format(SECOND, "up") in cloud.show("spoke1", "show ip interface brief"), "asked for again, and given"
    cloud.configure("internet", "no service dhcp")
    cloud.run(620)
    assert held.format("unassigned", "up") in cloud.show("spoke1", "show ip interface brief")
    cloud.configure("internet", "service dhcp")
    cloud.form()
    assert "0% packet loss" in cloud.ping("pc1", "10.2.0.10")


def test_an_access_list_keeps_a_client_from_its_server(make_cloud: Any) -> None:
    guarded = {"description To SPOKE1\n": "description To SPOKE1\n ip access-group GUARD in\n"}
    pool = {"interface GigabitEthernet1\n": f"ip access-list extended GUARD\n deny udp any any eq bootps\n{POOL}"}
    cloud = make_cloud(internet=guarded | pool, spoke1=BY_DHCP)
    cloud.run(60)
    assert "unassigned      YES DHCP" in cloud.show("spoke1", "show ip interface brief")
    assert "DHCPDISCOVER         0" in cloud.show("internet", "show ip dhcp server statistics")
    cloud.configure("internet", "interface GigabitEthernet2", "no ip access-group GUARD in")
    cloud.form()
    assert FIRST in cloud.show("hub", "show dmvpn")


def test_a_subinterface_asks_with_its_tags_and_says_nothing_without(make_town: Any) -> None:
    trunk = "interface GigabitEthernet1\n no shutdown\ninterface GigabitEthernet1.1\n{}"
    tags = " encapsulation dot1Q 10 second-dot1q 20\n"
    server = f"ip dhcp pool P\n network 10.0.0.0 255.255.255.0\n{trunk.format(tags)} ip address 10.0.0.1 255.255.255.0"
    town = make_town("a:eth1 b:eth1", a=server, b=trunk.format(f"{tags} ip address dhcp"))
    town.run(20)
    assert "10.0.0.2" in town.show("b", "show ip interface brief")
    assert "Encapsulation QinQ Virtual LAN, outer ID  10, inner ID 20" in town.show("b", "show interfaces gi1.1")
    town.configure("b", "interface gi1.1", "no encapsulation dot1Q 10 second-dot1q 20")
    assert "ip address dhcp" in town.show("b", "show running-config interface gi1.1")
    sent = town.router("b").forwarding.interfaces["GigabitEthernet1"].counters.out_packets
    town.run(60)
    assert town.router("b").forwarding.interfaces["GigabitEthernet1"].counters.out_packets == sent > 0
