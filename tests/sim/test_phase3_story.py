"""The story of a phase 3 cloud, told in virtual time on the startup-configs of `examples/dmvpn-phase3`."""

from __future__ import annotations

import re
from typing import Any

HUB, SPOKE1, SPOKE2 = "192.0.2.2", "198.51.100.2", "203.0.113.2"
OTHER = "198.51.100.130 255.255.255.128"


def rows(text: str) -> list[list[str]]:
    """The rows of `show dmvpn`, split into words: NBMA, tunnel, state, time, attributes, with the count first."""
    found, below = [], False
    for line in text.splitlines():
        if below and line.strip():
            found.append(line.split())
        below = below or line.startswith(" -----")
    return found


def use_shortcut(cloud: Any) -> None:
    """Traffic between the spokes' LANs until it goes direct."""
    cloud.ping("pc1", "10.2.0.10")
    cloud.run(2)


def test_spokes_register_and_the_hub_lists_them(cloud: Any) -> None:
    assert [row[:4] + row[5:] for row in rows(cloud.show("hub", "show dmvpn"))] == [
        ["1", SPOKE1, "10.255.0.11", "UP", "D"],
        ["1", SPOKE2, "10.255.0.12", "UP", "D"],
    ]
    assert [row[:4] + row[5:] for row in rows(cloud.show("spoke1", "show dmvpn"))] == [
        ["1", HUB, "10.255.0.1", "UP", "S"]
    ]
    assert "NHRP_NHS_UP" in cloud.log("spoke1") and "NHRP_NHC_UP" in cloud.log("hub")
    assert "RE  NBMA Address: 192.0.2.2" in cloud.show("spoke1", "show ip nhrp nhs")


def test_everything_between_the_sites_is_encrypted(cloud: Any) -> None:
    seen: set[int] = set()

    def watch(frames: Any, at: int) -> None:
        seen.update(frame[23] for frame in frames if frame[12:14] == b"\x08\x00")

    for cable in cloud.lab.cables[:3]:
        cable.watch(watch)
    use_shortcut(cloud)
    assert seen == {17, 50}, "IKE's UDP and ESP, and no GRE in the clear"


def test_the_first_packets_go_by_the_hub_and_the_next_one_hop_shorter(cloud: Any) -> None:
    before = cloud.hops("pc1", "10.2.0.10")
    assert before[:2] == ["10.1.0.1", "10.255.0.1"], "by the hub"
    cloud.run(2)
    after = cloud.hops("pc1", "10.2.0.10")
    assert after == ["10.1.0.1", "10.255.0.12", "10.2.0.10"]
    assert "0% packet loss" in cloud.ping("pc1", "10.2.0.10")


def test_no_packet_is_lost_while_the_shortcut_is_made(cloud: Any) -> None:
    assert "20 packets transmitted, 20 received" in cloud.type("pc1", "ping -c 20 -i 0.1 10.2.0.10")


def test_the_shortcut_is_seen_in_every_table(cloud: Any) -> None:
    use_shortcut(cloud)
    table = rows(cloud.show("spoke1", "show dmvpn"))
    assert [row[-1] for row in table if "10.255.0.12" in row] == ["DT1", "DT1"], "its prefix, and itself"
    assert {row[1] for row in table if len(row) == 6} == {HUB, SPOKE2}
    routes = cloud.show("spoke1", "show ip route")
    assert re.search(r"^H +10\.2\.0\.0/24 \[250/\d+\] via 10\.255\.0\.12, \S+, Tunnel0$", routes, re.M)
    assert re.search(r"^10\.2\.0\.0/24 via 10\.255\.0\.12$", cloud.show("spoke1", "show ip nhrp"), re.M)
    assert f"Peer: {SPOKE2} port 500" in cloud.show("spoke1", "show crypto session")
    assert "10.2.0.0/24" not in cloud.show("hub", "show ip nhrp"), "the hub needs no shortcut"


def test_a_static_route_of_the_same_prefix_keeps_its_place_and_gets_another_next_hop(make_cloud: Any) -> None:
    cloud = make_cloud(spoke1={"ip route 10.0.0.0 255.0.0.0 10.255.0.1": "ip route 10.2.0.0 255.255.255.0 10.255.0.1"})
    cloud.form()
    use_shortcut(cloud)
    routes = cloud.show("spoke1", "show ip route next-hop-override")
    assert re.search(r"^S   % +10\.2\.0\.0/24 \[1/0\] via 10\.255\.0\.1", routes, re.M), routes
    assert re.search(r"^ +\[NHO\]\[1/255\] via 10\.255\.0\.12, \S+, Tunnel0$", routes, re.M), routes
    assert cloud.hops("pc1", "10.2.0.10") == ["10.1.0.1", "10.255.0.12", "10.2.0.10"]


def test_an_idle_shortcut_expires_and_the_next_packet_makes_it_again(cloud: Any) -> None:
    use_shortcut(cloud)
    cloud.run(700)
    assert "10.2.0.0/24" not in cloud.show("spoke1", "show ip nhrp")
    assert len(rows(cloud.show("spoke1", "show dmvpn"))) == 1
    assert cloud.hops("pc1", "10.2.0.10")[1] == "10.255.0.1"
    cloud.run(2)
    assert cloud.hops("pc1", "10.2.0.10")[1] == "10.255.0.12"


def test_a_used_shortcut_stays(cloud: Any) -> None:
    use_shortcut(cloud)
    for _ in range(70):
        cloud.run(20)
        assert "3 received" in cloud.ping("pc1", "10.2.0.10")
    assert cloud.hops("pc1", "10.2.0.10")[1] == "10.255.0.12"
    assert cloud.log("hub").count("NHC_UP") == 2, "and nobody had to register anew"


def test_a_hub_reload_heals_by_itself(cloud: Any) -> None:
    cloud.type("hub", "write memory")
    cloud.power_cycle("hub")
    cloud.run(4)
    assert "0 received" in cloud.ping("pc1", "10.0.0.10")
    cloud.run(180)
    assert [row[3] for row in rows(cloud.show("hub", "show dmvpn"))] == ["UP", "UP"]
    assert "3 received" in cloud.ping("pc1", "10.0.0.10")
    assert "3 received" in cloud.ping("pc2", "10.1.0.10")


def test_a_cut_link_is_noticed_and_heals(cloud: Any) -> None:
    cable = cloud.lab.cable("spoke1:GigabitEthernet1")
    cable.cut()
    cloud.run(60)
    assert "Line protocol on Interface Tunnel0, changed state to down" in cloud.log("spoke1")
    cable.heal()
    cloud.run(150)
    assert "3 received" in cloud.ping("pc1", "10.0.0.10")


def readdress(cloud: Any) -> None:
    """Spoke 1 gets another NBMA address, and the Internet a way to it."""
    cloud.configure("internet", "interface GigabitEthernet2", "ip address 198.51.100.129 255.255.255.128")
    cloud.configure(
        "spoke1",
        "no ip route 0.0.0.0 0.0.0.0 198.51.100.1",
        "interface GigabitEthernet1",
        "ip address 198.51.100.130 255.255.255.128",
        "exit",
        "ip route 0.0.0.0 0.0.0.0 198.51.100.129",
    )


def test_a_spoke_with_a_new_address_registers_again(make_cloud: Any) -> None:
    cloud = make_cloud(spoke1={" ip nhrp shortcut": " ip nhrp registration no-unique\n ip nhrp shortcut"})
    cloud.form()
    readdress(cloud)
    cloud.run(60)
    assert ["1", "198.51.100.130", "10.255.0.11", "UP"] in [row[:4] for row in rows(cloud.show("hub", "show dmvpn"))]
    assert "3 received" in cloud.ping("pc1", "10.0.0.10")


def test_a_unique_spoke_with_a_new_address_is_refused_until_the_old_entry_dies(make_cloud: Any) -> None:
    cloud = make_cloud(hub={" dpd 20 5 on-demand\n": ""}, spoke1={" dpd 20 5 on-demand\n": ""})
    cloud.form()
    cloud.configure("internet", "interface GigabitEthernet2", "ip address 198.51.100.129 255.255.255.128")
    box = cloud.lab.boxes["spoke1"]
    startup = box.storage.read("nvram:startup-config").decode().replace("198.51.100.2 255.255.255.0", OTHER)
    box.storage.write("nvram:startup-config", startup.replace("198.51.100.1\n", "198.51.100.129\n").encode())
    cable = cloud.lab.cable("spoke1:GigabitEthernet1")
    cable.cut()  # so that the hub does not hear it say goodbye
    cloud.power_cycle("spoke1")
    cloud.run(6)
    cable.heal()
    cloud.run(100)
    assert "unique address registered already(14)" in cloud.log("spoke1")
    assert [row[1] for row in rows(cloud.show("hub", "show dmvpn")) if row[2] == "10.255.0.11"] == [SPOKE1]
    cloud.run(620)
    assert ["198.51.100.130", "UP"] in [row[1:4:2] for row in rows(cloud.show("hub", "show dmvpn"))]


def test_hours_pass_with_rekeys_and_no_loss(cloud: Any) -> None:
    for _ in range(30):
        cloud.run(1000)
        assert "3 received" in cloud.ping("pc1", "10.0.0.10")
    assert cloud.log("spoke1").count("NHRP_NHS_UP") == 1


def test_what_is_said_at_the_loss_of_the_source_names_the_address_it_had(cloud: Any) -> None:
    cloud.configure("spoke1", "interface GigabitEthernet1", "shutdown")
    log = cloud.log("spoke1")
    assert (
        "%DMVPN-5-NHRP_NHS_DOWN: Tunnel0: Next Hop Server : (Tunnel: 10.255.0.1 NBMA: 192.0.2.2 ) "
        "for (Tunnel: 10.255.0.11 NBMA: 198.51.100.2) is DOWN, Reason: External(NHRP: no error)"
    ) in log
    assert "local address : 198.51.100.2 remote address : 192.0.2.2 socket is DOWN" in log
    assert "0.0.0.0" not in log
    cloud.configure("spoke1", "interface GigabitEthernet1", "no shutdown")
    cloud.run(20)
    assert " 0% packet loss" in cloud.ping("pc1", "10.2.0.10")
