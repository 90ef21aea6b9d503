"""NAPALM's `ios` driver reads a router of a living cloud: every getter it has, held against `| json` of the same show.

What a router does not have, IOS answers in a way the driver understands as none: `NONE` lists it. What NAPALM itself
does not do for IOS is in `NOT_IN_THE_DRIVER`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

napalm = pytest.importorskip("napalm", reason="napalm is not installed (extra: clients)")

FURNISHED = {
    "internet": "lldp run\nntp master 3\n",
    "spoke1": """\
ip domain name example.net
lldp run
username admin privilege 15 secret admin
username guest password guest
ip ssh pubkey-chain
 username admin
  key-hash ssh-rsa 0123456789ABCDEF0123456789ABCDEF admin@laptop
vrf definition GUEST
 rd 65000:1
 address-family ipv4
 exit-address-family
interface Loopback5
 vrf forwarding GUEST
 ip address 10.55.0.1 255.255.255.0
interface Loopback6
 description Two networks
 ip address 10.66.0.1 255.255.255.0
 ip address 10.67.0.1 255.255.255.128 secondary
interface Loopback7
 shutdown
router bgp 65001
 bgp log-neighbor-changes
 neighbor 10.255.0.1 remote-as 65000
 neighbor 10.255.0.1 description HUB
ip sla 7
 icmp-echo 10.255.0.1 source-ip 10.255.0.11
 tag TO THE HUB
 frequency 10
 history lives-kept 1
 history buckets-kept 20
ip sla schedule 7 life forever start-time now
snmp-server community public RO 10
snmp-server community secret RW
snmp-server location A rack
snmp-server contact Somebody
line vty 0 4
 exec-timeout 0 0
 login local
ntp server 198.51.100.1
""",
}
NONE: dict[str, Any] = {
    "get_bgp_neighbors": {},
    "get_bgp_neighbors_detail": {},
    "get_ipv6_neighbors_table": [],
    "get_mac_address_table": [],
    "get_optics": {},
    "get_vlans": {},
}
NOT_IN_THE_DRIVER = ("get_firewall_policies", "get_probes_results")


@pytest.fixture(scope="module")
def device(serve: Callable[..., Any], furnish: Callable[..., Path]) -> Iterator[Any]:
    """The driver, logged in at a spoke that has something for every getter."""
    with serve(furnish(FURNISHED), "--speed", "10") as ports:
        options = {"port": ports["spoke1"], "secret": "admin"}
        with napalm.get_network_driver("ios")("127.0.0.1", "admin", "admin", optional_args=options) as driver:
            yield driver


def value(device: Any, command: str) -> Any:
    return json.loads(device.device.send_command(f"{command} | json"))


def until(device: Any, getter: str) -> Any:
    """What a getter gives once there is something, such as a neighbour heard of."""
    for _ in range(600):
        found = getattr(device, getter)()
        if found:
            return found
        time.sleep(0.1)
    pytest.fail(f"{getter} stays empty")


# --- the box


def test_no_getter_is_left_out() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    names = [name for name in dir(napalm.get_network_driver("ios")) if name.startswith("get_")]
    assert names and [name for name in names if name not in here] == []


@pytest.mark.parametrize("getter", NONE)
def test_what_a_router_does_not_have_is_none(device: Any, getter: str) -> None:
    assert getattr(device, getter)() == NONE[getter]


@pytest.mark.parametrize("getter", NOT_IN_THE_DRIVER)
def test_the_driver_does_not_do_all_that_napalm_names(device: Any, getter: str) -> None:
    with pytest.raises(NotImplementedError):
        getattr(device, getter)()


def test_facts(device: Any) -> None:
    before = value(device, "show version")
    facts = device.get_facts()
    after = value(device, "show version")
    assert before["uptime_ns"] / 1e9 - 60 < facts.pop("uptime") <= after["uptime_ns"] / 1e9
    release = facts.pop("os_version")
    assert f"Version {before['release']}," in release
    assert facts == {
        "vendor": "Cisco",
        "hostname": "SPOKE1",
        "fqdn": "SPOKE1.example.net",
        "model": "IOSH",
        "serial_number": before["serial"],
        "interface_list": [each["name"] for each in value(device, "show ip interface brief")["interfaces"]],
    }


def test_the_environment_is_the_processs(device: Any) -> None:
    found = device.get_environment()
    pools = value(device, "show memory statistics")["pools"]
    assert found["memory"]["available_ram"] == sum(pool["total"] for pool in pools)
    assert 0 < found["memory"]["used_ram"] < found["memory"]["available_ram"]
    assert 0 <= found["cpu"][0]["%usage"] <= 100
    assert found["temperature"] == {"invalid": {"is_alert": False, "is_critical": False, "temperature": -1.0}}


def test_users_have_levels_stored_passwords_and_keys(device: Any) -> None:
    users = device.get_users()
    assert {name: user["level"] for name, user in users.items()} == {"admin": 15, "guest": 1}
    assert users["admin"]["password"].startswith("$9$") and users["guest"]["password"] == "guest"
    assert users["admin"]["sshkeys"] == ["ssh-rsa 0123456789ABCDEF0123456789ABCDEF admin@laptop"]


def test_snmp(device: Any) -> None:
    assert device.get_snmp_information() == {
        "chassis_id": value(device, "show version")["serial"],
        "community": {"public": {"mode": "ro", "acl": "10"}, "secret": {"mode": "rw", "acl": "N/A"}},
        "contact": "Somebody",
        "location": "A rack",
    }


# --- interfaces


def test_interfaces(device: Any) -> None:
    found = device.get_interfaces()
    wanted = value(device, "show interfaces")["interfaces"]
    assert list(found) == [each["name"] for each in wanted]
    for each in wanted:
        mac = each["mac"].replace(".", "") if each["is_ethernet"] else ""
        assert found[each["name"]] == {
            "is_enabled": each["status"] != "administratively down",
            "is_up": each["protocol"] == "up",
            "description": each["description"] or "",
            "mac_address": ":".join(mac[at : at + 2] for at in range(0, len(mac), 2)).upper(),
            "last_flapped": -1.0,
            "mtu": each["mtu"],
            "speed": each["bandwidth_kbit"] / 1000,
        }
    assert not found["Loopback7"]["is_enabled"] and found["Tunnel0"]["is_up"]


def test_addresses(device: Any) -> None:
    wanted: dict[str, Any] = {}
    for each in value(device, "show ip interface")["interfaces"]:
        if each["address"]:
            pairs = [(each["address"], each["length"]), *each["secondary"]]
            wanted[each["name"]] = {"ipv4": {address: {"prefix_length": length} for address, length in pairs}}
    assert device.get_interfaces_ip() == wanted
    assert wanted["Loopback6"] == {"ipv4": {"10.66.0.1": {"prefix_length": 24}, "10.67.0.1": {"prefix_length": 25}}}


COUNTERS = {
    "rx_unicast_packets": "in_packets",
    "rx_octets": "in_bytes",
    "tx_unicast_packets": "out_packets",
    "tx_octets": "out_bytes",
    "tx_discards": "out_drops",
}


def test_counters_lie_between_two_looks_at_them(device: Any) -> None:
    before, found, after = (
        value(device, "show interfaces")["interfaces"],
        device.get_interfaces_counters(),
        value(device, "show interfaces")["interfaces"],
    )
    assert list(found) == [each["name"] for each in before]
    for low, high in zip(before, after, strict=True):
        counted = found[low["name"]]
        for theirs, ours in COUNTERS.items():
            assert low["counters"][ours] <= counted[theirs] <= high["counters"][ours], (low["name"], theirs)
        assert counted["rx_errors"] == counted["tx_errors"] == 0
    assert found["Tunnel0"]["rx_octets"] > 0


# --- neighbours and routes


def test_neighbours_by_lldp(device: Any) -> None:
    until(device, "get_lldp_neighbors")
    (wanted,) = value(device, "show lldp neighbors detail")["neighbours"]
    assert device.get_lldp_neighbors() == {"GigabitEthernet1": [{"hostname": "INTERNET", "port": "Gi2"}]}
    ((interface, (found,)),) = device.get_lldp_neighbors_detail().items()
    assert (interface, found["remote_system_name"]) == (wanted["local_interface"], wanted["name"])
    assert found["remote_port_description"] == wanted["port_description"] == "To SPOKE1"
    assert found["remote_chassis_id"].replace(":", "").lower() == wanted["chassis"].replace(".", "")
    assert (found["remote_system_capab"], found["remote_system_enable_capab"]) == (["bridge", "router"], ["router"])
    assert device.get_lldp_neighbors_detail(interface="GigabitEthernet1") == {interface: [found]}


def test_neighbours_by_arp_and_those_of_a_vrf(device: Any) -> None:
    found = [(each["ip"], each["interface"]) for each in device.get_arp_table()]
    assert found == [(each["address"], each["interface"]) for each in value(device, "show arp")["entries"]]
    assert ("198.51.100.1", "GigabitEthernet1") in found
    assert device.get_arp_table(vrf="GUEST") == device.get_arp_table(vrf="NOBODY") == []


def test_network_instances(device: Any) -> None:
    instances = device.get_network_instances()
    brief = [each["name"] for each in value(device, "show ip interface brief")["interfaces"]]
    assert list(instances["default"]["interfaces"]["interface"]) == [name for name in brief if name != "Loopback5"]
    assert instances["GUEST"] == device.get_network_instances(name="GUEST")
    assert instances["GUEST"] == {
        "name": "GUEST",
        "type": "L3VRF",
        "state": {"route_distinguisher": "65000:1"},
        "interfaces": {"interface": {"Loopback5": {}}},
    }


def test_a_static_route_a_connected_one_and_none(device: Any) -> None:
    (static,) = device.get_route_to("10.0.0.0/8")["10.0.0.0/8"]
    assert (static["protocol"], static["next_hop"], static["age"]) == ("static", "10.255.0.1", "")
    (connected,) = device.get_route_to("10.1.0.0/24")["10.1.0.0/24"]
    assert (connected["protocol"], connected["outgoing_interface"]) == ("connected", "GigabitEthernet2")
    assert device.get_route_to("192.168.0.0/16") == {"192.168.0.0/16": []}
    assert list(device.get_route_to("10.9.9.9")) == ["10.0.0.0/8"]
    assert device.get_route_to("10.0.0.0/8", protocol="bgp") == {"10.0.0.0/8": []}


def test_a_shortcut_is_a_route_with_an_age(device: Any) -> None:
    for _ in range(100):
        device.ping("10.2.0.10", source="10.1.0.1", timeout=1, count=1)
        found = device.get_route_to("10.2.0.0/24")["10.2.0.0/24"]
        if found:
            break
    (route,) = found
    assert (route["protocol"], route["next_hop"], route["outgoing_interface"]) == ("nhrp", "10.255.0.12", "Tunnel0")
    assert route["age"] >= 0 and route["preference"] == 255


# --- services


def test_ntp(device: Any) -> None:
    assert device.get_ntp_servers() == {"198.51.100.1": {}}
    for _ in range(600):
        (found,) = device.get_ntp_stats()
        if found["synchronized"]:
            break
        time.sleep(0.1)
    (wanted,) = value(device, "show ntp associations")["servers"]
    assert (found["remote"], found["referenceid"]) == (wanted["address"], wanted["reference"])
    assert (found["stratum"], found["hostpoll"], found["synchronized"]) == (3, wanted["poll_s"], True)
    assert found["delay"] == pytest.approx(wanted["delay_ns"] / 1e6, abs=0.01)
    assert device.get_ntp_peers() == {"198.51.100.1": {}}


def test_probes(device: Any) -> None:
    assert device.get_probes_config() == {
        "7": {
            "TO THE HUB": {
                "probe_type": "icmp-ping",
                "target": "10.255.0.1",
                "source": "10.255.0.11",
                "probe_count": 20,
                "test_interval": 10,
            }
        }
    }


def test_bgp_as_it_is_configured(device: Any) -> None:
    assert device.get_bgp_config()["_"]["local_as"] == 65001
    (neighbour,) = device.get_bgp_config()["_"]["neighbors"].items()
    assert neighbour[0] == "10.255.0.1"
    assert (neighbour[1]["remote_as"], neighbour[1]["description"]) == (65000, "HUB")


# --- the configuration, and what is asked in passing


def test_the_configuration_whole_full_and_without_its_secrets(device: Any) -> None:
    found = device.get_config()
    assert found["candidate"] == "" and found["startup"].startswith("Using ") and found["startup"].endswith("end")
    lines = found["running"].splitlines()
    shown = device.device.send_command("show running-config").splitlines()
    assert lines[-1] == "end" and [line for line in lines if line] == [line for line in shown if line][2:]
    full = device.get_config(retrieve="running", full=True)["running"].splitlines()
    assert len(full) > len(lines) and " ip redirects" in full and " ip redirects" not in lines
    sanitized = device.get_config(retrieve="running", sanitized=True)["running"]
    assert "$9$" not in sanitized and "username admin privilege 15 secret 9 <removed>" in sanitized


def test_commands_in_a_row(device: Any) -> None:
    said = device.cli(["show privilege", "show clock", "show nothing"])
    assert said["show privilege"] == "Current privilege level is 15"
    assert "% Invalid input detected" in said["show nothing"]


def test_compliance_is_judged(device: Any) -> None:
    wanted = [
        {"get_facts": {"hostname": "SPOKE1"}},
        {"get_interfaces_ip": {"Tunnel0": {"ipv4": {"10.255.0.11": {"prefix_length": 24}}}}},
        {"get_ntp_servers": {"_mode": "strict", "198.51.100.1": {}}},
    ]
    assert device.compliance_report(validation_source=wanted)["complies"]
    assert not device.compliance_report(validation_source=[{"get_facts": {"hostname": "HUB"}}])["complies"]


def test_a_ping_that_arrives_and_pings_that_do_not(device: Any) -> None:
    arrived = device.ping("10.255.0.1", source="10.1.0.1", count=3, size=200)["success"]
    assert (arrived["probes_sent"], arrived["packet_loss"], len(arrived["results"])) == (3, 0, 3)
    assert arrived["rtt_min"] >= 30  # there are 5 and 10 ms of cable each way
    lost = device.ping("10.1.0.99", count=2, timeout=1)["success"]
    assert (lost["probes_sent"], lost["packet_loss"]) == (2, 2)
    elsewhere = device.ping("10.255.0.1", vrf="GUEST", count=1, timeout=1)["success"]
    assert elsewhere["packet_loss"] == 1
    assert device.ping("10.255.0.1", vrf="NOBODY")["error"] == "% IP routing table NOBODY does not exist"
    assert device.ping("10.255.0.1", source="10.99.0.1")["error"].startswith("% Invalid source")
    assert "% Unrecognized host" in device.ping("nowhere")["error"]


def test_a_trace_has_every_hop(device: Any) -> None:
    hops = device.traceroute("203.0.113.2")["success"]
    seen = [{probe["ip_address"] for probe in hop["probes"].values()} - {""} for hop in hops.values()]
    assert list(hops) == [1, 2] and seen == [{"198.51.100.1"}, {"203.0.113.2"}]
    assert hops[2]["probes"][1]["rtt"] >= 40
    assert device.traceroute("nowhere") == {"error": "unknown host nowhere"}


def test_a_session_is_alive_until_it_is_closed(device: Any) -> None:
    assert device.is_alive() == {"is_alive": True}
    port = device.netmiko_optional_args["port"]
    other = napalm.get_network_driver("ios")("127.0.0.1", "admin", "admin", optional_args={"port": port})
    other.open()
    assert other.is_alive() == {"is_alive": True}
    other.close()
    assert other.is_alive() == {"is_alive": False}
