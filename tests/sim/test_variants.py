"""Other clouds than the example's: spokes behind a NAT, two hubs, IOS's defaults, tunnel mode, point-to-point GRE."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from iosh.base.addr import IPv4
from iosh.base.time import SECOND
from iosh.lab.build import Lab, build
from iosh.lab.checks import run_until_formed
from iosh.lab.kinds import KINDS
from iosh.lab.run import Runner
from iosh.lab.topology import End, Link, Node, Topology
from iosh.underlay.sim.cable import PLAIN, Cable
from iosh.underlay.sim.nat import INSIDE, OUTSIDE, Nat
from iosh.underlay.sim.switch import Switch

PROPOSAL = """crypto ikev2 proposal GCM
 encryption aes-gcm-256
 prf sha384
 group 19
!
crypto ikev2 policy DMVPN
 proposal GCM
!
"""
PROFILE = """crypto ipsec transform-set GCM esp-gcm 256
 mode transport
!
crypto ipsec profile DMVPN
 set transform-set GCM
 set ikev2-profile DMVPN
"""
PROTECTION = "tunnel protection ipsec profile"


def behind_nat(example: Topology, *spokes: str) -> tuple[Lab, Nat]:
    """The example with spokes at 192.168.1.11 and .12, behind a NAT that has the public address spoke 1 had."""
    nodes = dict(example.nodes)
    for name in spokes:
        text, public = nodes[name].startup, "198.51.100." if name == "spoke1" else "203.0.113."
        text = text.replace(f"{public}2 ", f"192.168.1.1{name[-1]} ").replace(f"{public}1", "192.168.1.1")
        nodes[name] = replace(nodes[name], startup=text)
    moved = [{name, "internet"} for name in spokes]
    links = tuple(link for link in example.links if {end.node for end in link.ends} not in moved)
    assert len(links) == len(example.links) - len(spokes)
    lab = build(replace(example, nodes=nodes, links=links), 1)
    world = lab.world
    ports = {side: world.port("nat", side) for side in (INSIDE, OUTSIDE)}
    inside, outside, gateway = (IPv4.parse(each) for each in ("192.168.1.1", "198.51.100.2", "198.51.100.1"))
    nat = Nat(dict(ports), (inside, 24), (outside, 24), gateway)
    switch = Switch({name: world.port("switch", name) for name in ("up", *spokes)})
    world.place("nat", nat)
    world.place("switch", switch)
    Cable(world, ports[INSIDE], world.port("switch", "up"), PLAIN)
    Cable(world, ports[OUTSIDE], world.port("internet", "GigabitEthernet2"), PLAIN)
    for name in spokes:
        Cable(world, world.port("switch", name), world.port(name, "GigabitEthernet1"), PLAIN)
    return lab, nat


def test_a_spoke_behind_a_nat_speaks_through_port_4500_and_directly_to_other_spokes(example: Topology) -> None:
    lab, _ = behind_nat(example, "spoke1")
    runner = Runner(lab)
    assert run_until_formed(lab)
    assert "10.255.0.11    UP 00:00:00    DN" in runner.execute("hub", "show dmvpn").text
    entry = runner.execute("hub", "show ip nhrp 10.255.0.11").text
    assert "NBMA address: 198.51.100.2 " in entry and "(Claimed NBMA address: 192.168.1.11)" in entry
    assert "Peer: 198.51.100.2 port 4500 " in runner.execute("hub", "show crypto session").text
    assert " 0% packet loss" in runner.execute("pc2", "ping -c 5 10.1.0.10").text
    path = runner.execute("pc2", "traceroute -n -q 1 10.1.0.10").text.splitlines()
    assert [line.split()[1] for line in path[1:]] == ["10.2.0.1", "10.255.0.11", "10.1.0.10"]
    assert "198.51.100.2        10.255.0.11    UP" in runner.execute("spoke2", "show dmvpn").text
    lab.world.run_for(3600 * SECOND)
    assert " 0% packet loss" in runner.execute("pc2", "ping -c 5 10.1.0.10").text


def test_two_spokes_behind_one_nat_are_told_apart_and_meet_at_the_hub(example: Topology) -> None:
    lab, nat = behind_nat(example, "spoke1", "spoke2")
    runner = Runner(lab)
    assert run_until_formed(lab)

    def all_reach_all() -> bool:
        pings = [("server", "10.1.0.10"), ("server", "10.2.0.10"), ("pc1", "10.2.0.10"), ("pc2", "10.1.0.10")]
        said = [runner.execute(node, f"ping -c 5 {to}").text for node, to in pings]
        return all(" 0% packet loss" in text for text in said)

    def heals() -> bool:
        """Dead peers are detected on demand: when something is to be sent to them."""
        all_reach_all()
        lab.world.run_for(90 * SECOND)
        return all_reach_all()

    assert all_reach_all()
    table = runner.execute("hub", "show dmvpn").text
    assert "     2 198.51.100.2        10.255.0.11    UP" in table
    assert "                           10.255.0.12    UP" in table
    sessions = runner.execute("hub", "show crypto session remote 198.51.100.2").text
    assert sessions.count("Session status: UP-ACTIVE") == 2
    path = runner.execute("pc1", "traceroute -n -q 1 10.2.0.10").text.splitlines()
    assert [line.split()[1] for line in path[1:]] == ["10.1.0.1", "10.255.0.1", "10.255.0.12", "10.2.0.10"]
    lab.world.run_for(2 * 3600 * SECOND)
    assert all_reach_all()
    nat.forget()  # new mappings, perhaps with each other's ports
    assert heals()
    for node in ("spoke1", "hub"):
        lab.boxes[node].power_cycle(lab.world.now)
        lab.world.touch(node)
        assert heals()
    assert runner.execute("hub", "clear crypto session remote 198.51.100.2").taken
    lab.world.run_for(20 * SECOND)
    assert all_reach_all()
    hub = lab.boxes["hub"].router
    assert len(hub.ike.sas()) == len(hub.ike.sessions()) == len(hub.protect.pairs) == 2


def test_ios_defaults_are_enough(make_cloud: Any) -> None:
    edit = {
        PROPOSAL: "",
        PROFILE: "crypto ipsec profile default\n set ikev2-profile DMVPN\n",
        f"{PROTECTION} DMVPN": f"{PROTECTION} default",
    }
    cloud = make_cloud(hub=edit, spoke1=edit, spoke2=edit)
    cloud.form()
    assert " 0% packet loss" in cloud.ping("pc1", "10.2.0.10")
    assert "Encr: AES-CBC, keysize: 256, PRF: SHA512, Hash: SHA512, DH Grp:19" in cloud.show(
        "spoke1", "show crypto ikev2 sa"
    )
    assert "transform: esp-aes esp-sha-hmac ," in cloud.show("spoke1", "show crypto ipsec sa")


def test_tunnel_mode_costs_an_ip_header_and_works(make_cloud: Any) -> None:
    edit = {" mode transport\n": " mode tunnel\n"}
    cloud = make_cloud(hub=edit, spoke1=edit, spoke2=edit)
    cloud.form()
    assert " 0% packet loss" in cloud.ping("pc1", "10.2.0.10")
    shown = cloud.show("spoke1", "show crypto ipsec sa peer 192.0.2.2")
    assert "in use settings ={Tunnel, }" in shown and "plaintext mtu 1446," in shown


def test_a_spoke_with_two_hubs_registers_with_both(make_cloud: Any) -> None:
    """The second hub is spoke 2, which answers as any NHS does."""
    nhs = " ip nhrp nhs 10.255.0.1 nbma 192.0.2.2 multicast\n"
    cloud = make_cloud(spoke1={nhs: nhs + " ip nhrp nhs 10.255.0.12 nbma 203.0.113.2 multicast\n"})
    cloud.form()
    servers = cloud.show("spoke1", "show ip nhrp nhs").splitlines()[2:]
    assert [line.split()[:2] for line in servers] == [["10.255.0.1", "RE"], ["10.255.0.12", "RE"]]
    assert "Type:Hub/Spoke, NHRP Peers:2," in cloud.show("spoke2", "show dmvpn")
    cloud.lab.cable("hub:eth1").cut()
    assert "Success rate is 0 percent" in cloud.type("spoke1", "ping 10.255.0.1 repeat 40")
    servers = cloud.show("spoke1", "show ip nhrp nhs").splitlines()[2:]
    assert [line.split()[:2] for line in servers] == [["10.255.0.1", "E"], ["10.255.0.12", "RE"]]


def point_to_point(number: int) -> str:
    other = 3 - number
    return f"""hostname R{number}
crypto ikev2 keyring K
 peer P
  address 10.0.12.{other}
  pre-shared-key Not-A-Secret-In-A-Lab
crypto ikev2 profile P
 match identity remote address 10.0.12.{other}
 authentication remote pre-share
 authentication local pre-share
 keyring local K
crypto ipsec profile X
 set ikev2-profile P
interface GigabitEthernet1
 no shutdown
interface GigabitEthernet1.12
 encapsulation dot1Q 12
 ip address 10.0.12.{number} 255.255.255.0
interface Tunnel1
 ip address 172.16.1.{number} 255.255.255.252
 tunnel source GigabitEthernet1.12
 tunnel destination 10.0.12.{other}
 tunnel key 7
interface Tunnel2
 ip address 172.16.2.{number} 255.255.255.252
 tunnel source GigabitEthernet1.12
 tunnel destination 10.0.12.{other}
 tunnel key 8
 tunnel checksum
 tunnel sequence-datagrams
 tunnel protection ipsec profile X
end
"""


def test_point_to_point_tunnels_share_a_sub_interface_by_their_keys_in_the_clear_and_protected() -> None:
    nodes = {f"r{n}": Node(f"r{n}", KINDS["iosh"], point_to_point(n), f"r{n}.cfg", 0, (), 0) for n in (1, 2)}
    link = Link((End("r1", "GigabitEthernet1"), End("r2", "GigabitEthernet1")), PLAIN, 0)
    lab = build(Topology("p2p", "p2p", nodes, (link,)))
    assert lab.remarks == []
    runner = Runner(lab)
    lab.world.run_for(5 * SECOND)
    for tunnel, largest in ((1, 1472), (2, 1464)):
        ping = f"ping 172.16.{tunnel}.2"
        assert "Success rate is 100 percent" in runner.execute("r1", ping).text
        assert "Success rate is 100 percent" in runner.execute("r1", f"{ping} size 3000").text
        shown = runner.execute("r1", f"show interfaces tunnel{tunnel}").text
        assert f"Tunnel transport MTU {largest} bytes" in shown
    assert "Success rate is 100 percent" in runner.execute("r1", "ping 172.16.1.2 size 1472 df-bit").text
    assert "M.M.M" in runner.execute("r1", "ping 172.16.2.2 size 1473 df-bit").text
    sessions = runner.execute("r1", "show crypto session").text
    assert sessions.count("Session status: UP-ACTIVE") == 1 and "Interface: Tunnel2" in sessions
    runner.execute("r2", "clear crypto session")
    assert "Success rate is 100 percent" not in runner.execute("r1", "ping 172.16.2.2").text
    assert "Success rate is 100 percent" in runner.execute("r1", "ping 172.16.2.2").text  # a packet has asked for it
