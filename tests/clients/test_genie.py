"""Every show that iosh has and Cisco's genie knows, read by its parser from a living cloud, held against `| json`.

A new show is tried by itself: the commands are those of genie's parsers that the grammar understands. What does not
fit is said in `UNREAD`, one by one, with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from iosh.base.time import clock
from iosh.cli.notation import grammar
from iosh.cli.parse import Verdict, parse

Pairs = Iterator[tuple[Any, Any]]

# --- what is tried

FULLER = """\
dir flash:
show access-lists WEB
show archive config differences flash:before.cfg system:running-config
show archive config incremental-diffs flash:before.cfg
show arp GigabitEthernet1
show cdp neighbors GigabitEthernet1
show cdp neighbors GigabitEthernet1 detail
show crypto ikev2 profile DMVPN
show crypto ikev2 sa local 198.51.100.2
show crypto ikev2 sa local 198.51.100.2 detail
show crypto ikev2 sa remote 192.0.2.2
show crypto ikev2 sa remote 192.0.2.2 detail
show crypto ipsec sa interface Tunnel0
show crypto ipsec sa peer 192.0.2.2
show crypto ipsec sa peer 192.0.2.2 detail
show crypto session interface Tunnel0 detail
show crypto session remote 192.0.2.2
show crypto session remote 192.0.2.2 detail
show dmvpn interface Tunnel0
show interfaces Tunnel0
show interfaces Tunnel0 description
show interfaces Tunnel0 stats
show interfaces Tunnel0 summary
show ip access-lists WEB
show ip cef 10.255.0.1
show ip cef 10.255.0.1 detail
show ip interface Tunnel0
show ip nhrp nhs Tunnel0
show ip nhrp nhs Tunnel0 detail
show ip nhrp traffic
show ip nhrp traffic detail
show ip route 10.255.0.1
show ip route static
show ip sla statistics 1
show lldp interface GigabitEthernet1
show lldp neighbors GigabitEthernet1 detail
show monitor capture CAP buffer
show running-config interface Tunnel0
""".splitlines()
EIGRP = """\
router eigrp 100
 network 10.255.0.0 0.0.0.255
 network 10.77.0.0 0.0.255.255
"""
HUB = f"""\
{EIGRP}lldp run
cdp run
ntp master 3
"""
SPOKE = f"""\
{EIGRP}lldp run
cdp run
ntp server 192.0.2.2
ip domain name example.net
ip host mirror 10.77.0.9
vrf definition RED
 rd 65000:1
 address-family ipv4
 exit-address-family
ip access-list extended WEB
 10 permit tcp any host 10.1.0.10 eq 443
 20 deny ip 10.9.0.0 0.0.255.255 any
ip access-list standard INSIDE
 10 permit 10.1.0.0 0.0.0.255
interface Loopback1
 description A network of its own
 ip address 10.77.0.1 255.255.255.0
 ip address 10.78.0.1 255.255.255.0 secondary
interface Loopback2
 shutdown
interface Loopback3
 vrf forwarding RED
 ip address 10.79.0.1 255.255.255.0
interface GigabitEthernet1
 ip nat outside
interface GigabitEthernet2
 ip nat inside
 ip access-group WEB out
ip nat inside source list INSIDE interface GigabitEthernet1 overload
ip dhcp excluded-address 10.1.0.1 10.1.0.9
ip dhcp pool LAN
 network 10.1.0.0 255.255.255.0
 default-router 10.1.0.1
ip sla 1
 icmp-echo 192.0.2.2
 frequency 5
ip sla schedule 1 life forever start-time now
track 1 interface GigabitEthernet1 line-protocol
archive
 path flash:saved
 log config
  logging enable
"""


# --- what is not, and why

NOT_COMMANDS = {  # understood as something else
    "show ip access-list inbound": "the list of that name",
    "show ip access-list outbound": "the list of that name",
    "traceroute": "a dialogue",
}
NO_DETAIL = "the parser wants the lines of `detail`"
EMPTY = "a table without rows is a complaint too"
UNREAD = {
    "show aaa user all": "the parser reads the counters of network sessions into a key its schema does not have",
    "show archive log config statistics": "the parser wants what memory each session takes, which nobody counts",
    "show cdp entry *": "the parser wants a VTP domain, which is a switch's",
    "show crypto ikev2 profile DMVPN": "the parser's DPD has no hyphen: `on-demand`",
    "show crypto ikev2 sa local 198.51.100.2": NO_DETAIL,
    "show crypto ikev2 sa remote 192.0.2.2": NO_DETAIL,
    "show crypto isakmp sa": EMPTY,
    "show crypto isakmp sa detail": EMPTY,
    "show environment": "its slots' sensors are hardware",
    "show ip sla application": "the parser wants limits and features that a process does not have",
    "show ip sla responder": "the parser wants the control port of version 2, which is not here",
    "show ip nhrp self": "the parser wants a metadata exchange framework, which is of SD-WAN",
    "show lldp neighbors GigabitEthernet1 detail": "the parser knows Catalyst switches only",
    "show license all": "the parser wants the version of a licensing agent, and there is none",
    "show mac address-table": EMPTY,
    "show mac address-table dynamic": EMPTY,
    "show redundancy states": "the parser wants the clients of a standby's, and there is no standby",
    "show spanning-tree summary": EMPTY,
}


class Reading(NamedTuple):
    text: str
    parsed: Any  # a text is a complaint
    value: Any


@pytest.fixture(scope="module")
def read(
    make_cloud: Callable[..., Any], ask_client: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Reading]]:
    """What each command shows at the hub and at a spoke, three times over."""
    cloud = make_cloud({"internet": "lldp run\ncdp run\n", "hub": HUB, "spoke1": SPOKE})
    cloud.text("spoke1", "archive config")
    cloud.text("pc1", "ping -c 1 198.51.100.1")
    for what in ("interface GigabitEthernet2 both", "match any", "start"):
        cloud.text("spoke1", f"monitor capture CAP {what}")
    cloud.let_a_shortcut_form()
    root = grammar().modes["exec"].root
    known = [name for name in ask_client("genie", "genie_parse.py") if "{" not in name and name not in NOT_COMMANDS]
    tried = [name for name in (*known, *FULLER) if parse(name, root).verdict is Verdict.OK]
    assert set(FULLER) <= set(tried)
    asked = [(node, name, cloud.text(node, name)) for node in ("hub", "spoke1") for name in tried]
    file = tmp_path_factory.mktemp("genie") / "outputs.json"
    file.write_text(json.dumps([(name, text) for _, name, text in asked]))
    found: dict[str, dict[str, Reading]] = {"hub": {}, "spoke1": {}}
    for (node, name, text), parsed in zip(asked, ask_client("genie", "genie_parse.py", file), strict=True):
        found[node][name] = Reading(text, parsed, cloud.value(node, name))
    return found


def named(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


# --- what must be the same: of what the parser found, and of the value


def _access_lists(found: Any, value: Any) -> Pairs:
    lines = [(each["name"], str(line["sequence"])) for each in value["lists"] for line in each["lines"]]
    extended = [(name, number) for name, number in lines if name == "WEB"]  # it does not read those of a standard list
    yield [(name, number) for name, each in found.items() for number in each.get("aces", ())], extended
    yield set(found), {each["name"] for each in value["lists"]}


def _archive(found: Any, value: Any) -> Pairs:
    seen = [each["file"] for name, each in found["archive"].items() if name.isdigit()]
    yield seen, [each["file"] for each in value.get("saved", ())]


def _arp(found: Any, value: Any) -> Pairs:
    rows = {
        (address, name, entry["link_layer_address"], entry["age"])
        for name, interface in found["interfaces"].items()
        for address, entry in interface["ipv4"]["neighbors"].items()
    }
    yield (
        rows,
        {
            (each["address"], each["interface"], each["mac"], "-" if each["age_min"] is None else str(each["age_min"]))
            for each in value["entries"]
        },
    )


def _brief(found: Any, value: Any) -> Pairs:
    rows = [
        (name, each["ip_address"], each["method"], each["status"], each["protocol"])
        for name, each in found["interface"].items()
    ]
    wanted = named(value["interfaces"], "name", "address", "method", "status", "protocol")
    yield rows, [(name, address or "unassigned", *rest) for name, address, *rest in wanted]


def _cdp(found: Any, value: Any) -> Pairs:
    rows = named([*found["index"].values()], "device_id", "local_interface", "port_id", "platform")
    yield rows, named(value["neighbours"], "device", "local_interface", "port", "platform")


def _cef(found: Any, value: Any) -> Pairs:
    rows = found["vrf"]["default"]["address_family"]["ipv4"]["prefix"]
    yield list(rows), [each["prefix"] for each in value["entries"]]
    for each in value["entries"]:
        hops = [way["next_hop"] if way["kind"] == "nexthop" else way["kind"] for way in each["ways"]]
        yield list(rows[each["prefix"]]["nexthop"]), hops


def _clock(found: Any, value: Any) -> Pairs:
    yield "{time} {timezone} {day_of_week} {month} {day} {year}".format(**found), value["time"]


def _crypto_session(found: Any, value: Any) -> Pairs:
    last = value["sessions"][-1]  # the parser keeps one for each interface
    session = found["interface"][last["interface"]]
    yield (session["profile"], session["session_status"]), (last["profile"], last["status"])


def _crypto_sockets(found: Any, value: Any) -> Pairs:
    yield found["socket_connections"]["total_socket_connections"], len(value["sessions"])


def _dir(found: Any, value: Any) -> Pairs:
    files = found["dir"]["flash:/"]["files"]
    rows = [(name, int(each["index"]), int(each["size"])) for name, each in files.items()]
    yield rows, named(value["files"], "name", "number", "size")
    yield int(found["dir"]["flash:/"]["bytes_free"]), value["free"]


def _dmvpn(found: Any, value: Any) -> Pairs:
    for tunnel in value["tunnels"]:
        view = found["interfaces"][tunnel["interface"]]
        yield (view["type"], view["nhrp_peers"]), (tunnel["role"], len(tunnel["peers"]))
        for peer in tunnel["peers"]:
            addresses = view["ent"][str(len(peer["rows"]))]["peers"][peer["nbma"]]["tunnel_addr"]
            for row in peer["rows"]:
                seen = addresses[row["tunnel"]]["attrb"][row["attributes"]]
                yield seen, {"time": clock(row["updown_ns"]), "state": row["state"]}


def _eigrp_neighbors(found: Any, value: Any) -> Pairs:
    family = found["eigrp_instance"]["100"]["vrf"]["default"]["address_family"]["ipv4"]
    rows = [
        (name, address, each["peer_handle"], each["uptime"], each["rto"], each["last_seq_number"])
        for name, interface in family["eigrp_interface"].items()
        for address, each in interface["eigrp_nbr"].items()
    ]
    wanted = [
        (each["interface"], each["address"], each["handle"], clock(each["up_ns"]), each["rto_ns"] // 1_000_000,
         each["sequence"])
        for each in value["processes"][0]["rows"]
    ]  # fmt: skip
    yield rows, wanted


def _eigrp_interfaces(found: Any, value: Any) -> Pairs:
    family = found["vrf"]["default"]["eigrp_instance"]["100"]["address_family"]["ipv4"]
    rows = [(name, each["peers"], each["mcast_flow_timer"]) for name, each in family["interface"].items()]
    ports = value["processes"][0]["rows"]
    yield rows, [(each["interface"], each["peers"], each["flow_ns"] // 1_000_000) for each in ports]


def _eigrp_topology(found: Any, value: Any) -> Pairs:
    (process,) = value["processes"]
    family = found["eigrp_instance"]["100"]["vrf"]["default"]["address_family"]["IPv4"]
    routes = family["eigrp_id"][process["process"]["router_id"]]["eigrp_routes"]
    rows = [(name, each["successor_count"], each["FD"], each["outgoing_interface"]) for name, each in routes.items()]
    wanted = [(*fixed, entry["ways"][0]["interface"]) for fixed, entry in zip(
        named(process["rows"], "prefix", "successors", "feasible"), process["rows"], strict=True
    )]  # fmt: skip
    yield rows, wanted


def _ikev2_sa(found: Any, value: Any) -> Pairs:
    for each in value["sas"]:
        seen, chosen = found["ipv4"][str(each["number"])], each["algorithms"]
        yield named([seen], "local_ip", "remote_ip", "status"), named([each], "local", "remote", "status")
        wanted = named([chosen], "encryption", "key_bits", "prf", "hash", "group")
        yield named([seen], "encryption", "keysize", "prf", "hash", "dh_group"), wanted
        yield named([seen], "life_time", "active_time"), named([each], "life_s", "active_s")


def _ikev2_sa_detail(found: Any, value: Any) -> Pairs:
    for each in value["sas"]:
        seen = found["tunnel_id"][str(each["number"])]
        spis = f"{each['local_spi']:016X}", f"{each['remote_spi']:016X}"
        yield (seen["local_spi"], seen["remote_spi"]), spis
        yield named([seen], "local_id", "remote_id", "session_id"), named([each], "local_id", "remote_id", "session")
        yield seen["dpd_configured_time"], each["dpd_interval_s"]


def _ikev2_session(found: Any, value: Any) -> Pairs:
    sessions = found["ikev2_session"]["IPv4"]
    for each, seen in zip(value["sas"], sessions.values(), strict=True):
        yield named([seen], "session_id", "tunnel_id", "remote_ip"), named([each], "session", "number", "remote")
        spis = named([*seen["child_sa"].values()], "esp_spi_in", "esp_spi_out")
        yield spis, [(f"0x{one['inbound_spi']:X}", f"0x{one['outbound_spi']:X}") for one in each["children"]]


def _ikev2_stats(found: Any, value: Any) -> Pairs:
    seen, counted = found["ikev2_statistics"], value["counted"]
    yield seen["total_incoming_sa_active"], value["incoming"]["active"]
    yield seen["total_outgoing_sa_active"], value["outgoing"]["active"]
    yield seen["incoming_requests_accept"], counted.get("IKE SA requests accepted", 0)
    yield seen["outgoing_v2_requests"], counted.get("IKE SA requests sent", 0)


def _interfaces(found: Any, value: Any) -> Pairs:
    for each in value["interfaces"]:
        seen, counters = found[each["name"]], found[each["name"]]["counters"]
        up = "administratively" not in each["status"]
        yield (
            named([seen], "enabled", "line_protocol", "mtu", "bandwidth", "delay"),
            [(up, each["protocol"], each["mtu"], each["bandwidth_kbit"], each["delay_us"])],
        )
        yield seen.get("description"), each["description"]
        yield list(seen.get("ipv4", ())), [f"{each['address']}/{each['length']}"] if each["address"] else []
        names = "in_pkts", "in_octets", "out_pkts", "out_octets"
        wanted = named([each["counters"]], "in_packets", "in_bytes", "out_packets", "out_bytes")
        yield named([counters], *names), wanted


def _interfaces_description(found: Any, value: Any) -> Pairs:
    rows = [(name, *each.values()) for name, each in found["interfaces"].items()]
    yield rows, named(value["interfaces"], "name", "status", "protocol", "description")


def _ip_interface(found: Any, value: Any) -> Pairs:
    for each in value["interfaces"]:
        seen = found[each["name"]]
        addresses = [f"{each['address']}/{each['length']}"] if each["address"] else []
        yield list(seen.get("ipv4", ())), addresses + [f"{address}/{length}" for address, length in each["secondary"]]
        yield seen["oper_status"], each["protocol"]
        if addresses:
            yield (seen["mtu"], seen["proxy_arp"]), (each["mtu"], each["proxy_arp"])


def _ip_route(found: Any, value: Any) -> Pairs:
    rows = found["vrf"]["default"]["address_family"]["ipv4"]["routes"]
    routes = [route for line in value["lines"] for route in line.get("routes", [line])]
    yield sorted(rows), sorted(route["prefix"] for route in routes)
    for route in routes:
        seen = rows[route["prefix"]]
        yield seen["source_protocol"], route["source"].partition(" ")[0]
        hops = [each["next_hop"] for each in seen["next_hop"].get("next_hop_list", {}).values()]
        yield hops, [way["next_hop"] for way in route["ways"] if way["next_hop"]]
        if hops:
            yield (seen["route_preference"], seen["metric"]), (route["distance"], route["metric"])


def _ip_route_prefix(found: Any, value: Any) -> Pairs:
    seen, route = found["entry"][value["route"]["prefix"]], value["route"]
    yield seen["known_via"], route["source"]
    yield (seen["distance"], seen["metric"]), (str(route["distance"]), str(route["metric"]))
    yield [path["interface"] for path in seen["paths"].values()], [way["interface"] for way in route["ways"]]


def _ip_route_summary(found: Any, value: Any) -> Pairs:
    sources = found["vrf"]["default"]["route_source"]
    of_processes = {"eigrp": sources.pop("eigrp", {})}  # those have one row each
    sources |= {f"{name} {number}": each for name, found in of_processes.items() for number, each in found.items()}
    rows = [(name, each["networks"], each["subnets"]) for name, each in sources.items() if name != "internal"]
    yield rows, named(value["sources"], "source", "networks", "subnets")


def _ipsec_profile(found: Any, value: Any) -> Pairs:
    profiles = found["ipsec_profile_name"]
    rows = [(name, each.get("ikev2_profile_name"), *each["tranform_sets"]) for name, each in profiles.items()]
    yield rows, [(each["name"], each["ikev2_profile"], each["transform_sets"][0]["name"]) for each in value]


def _ipsec_sa(found: Any, value: Any) -> Pairs:
    flows = found["interface"]["Tunnel0"]["ident"].values()
    for seen, each in zip(flows, value["flows"], strict=True):
        yield seen["remote_crypto_endpt"], each["remote"]
        yield named([seen], "pkts_encaps", "pkts_decaps"), named([each], "packets_out", "packets_in")
        for way, name in (("inbound", "inbound_esp_sas"), ("outbound", "outbound_esp_sas")):
            yield list(seen[name]["spi"]), [f"0x{sa['spi']:X}({sa['spi']})" for sa in each[way]]
            left = [sa["remaining_key_lifetime"].strip("()") for sa in seen[name]["spi"].values()]
            yield left, [f"{sa['life_kilobytes']}/{sa['life_s']}" for sa in each[way]]


def _lldp(found: Any, value: Any) -> Pairs:
    (each,) = value["neighbours"]
    ports = found["interfaces"][each["local_interface"]]["port_id"].values()
    (seen,) = [neighbour for port in ports for neighbour in port["neighbors"].values()]
    wanted = named([each], "name", "chassis", "port_description")
    yield named([seen], "system_name", "chassis_id", "port_description"), wanted


def _nat(found: Any, value: Any) -> Pairs:
    rows = named([*found["vrf"]["default"]["index"].values()], "protocol", "inside_global", "inside_local")
    (each,) = value["rows"]
    ends = [f"{each[end]['address']}:{each[end]['port']}" for end in ("inside_global", "inside_local")]
    yield rows, [(each["protocol"], *ends)]


def _nhrp(found: Any, value: Any) -> Pairs:
    yield list(found), [each["prefix"] for each in value["entries"]]
    for each in value["entries"]:
        seen = found[each["prefix"]]["via"][each["next_hop"]]
        yield named([seen], "type", "flags", "nbma_address"), [(each["type"], " ".join(each["flags"]), each["nbma"])]
        yield seen["tunnel"]["tunnel_name"], each["interface"]
        yield seen["tunnel"]["created"], clock(each["created_ns"])
        never = each["expire_ns"] is None
        yield seen["tunnel"]["expire"], "never expire" if never else clock(each["expire_ns"])


def _nhrp_nhs(found: Any, value: Any) -> Pairs:
    for interface, servers in value["tunnels"]:
        for each in servers:
            seen = found[interface]["nhs_ip"][each["address"]]
            yield named([seen], "nbma_address", "priority", "cluster"), named([each], "nbma", "priority", "cluster")
            yield seen["nhs_state"], "RE" if each["responding"] else "E"
            if value["detail"]:
                counted = named([each], "sent", "failed", "replies")
                yield named([seen], "req_sent", "req_failed", "reply_recv"), counted


def _nhrp_summary(found: Any, value: Any) -> Pairs:
    for name in ("total", "remote", "local"):
        names = "entries", "static_entries", "dynamic_entries", "incomplete_entries"
        yield named([found["ip_nhrp"][name]], *names), [tuple(value[name].values())]


def _nhrp_traffic(found: Any, value: Any) -> Pairs:
    for each in value["tunnels"]:
        seen = found.get("interface", found.get("statistics"))[each["interface"]]
        for way, name in (("sent", "sent"), ("received", "rcvd")):
            total, *kinds = seen[name].values()
            yield (kinds, total), (each[way], sum(each[way][:8]))


def _ntp(found: Any, value: Any) -> Pairs:
    for each in value["servers"]:
        (seen,) = found["peer"][each["address"]]["local_mode"].values()
        yield named([seen], "refid", "stratum", "poll"), named([each], "reference", "stratum", "poll_s")
        yield seen["reach"], int(f"{each['reach']:o}")
        yield (seen["delay"], seen["offset"]), (each["delay_ns"] / 10**6, each["offset_ns"] / 10**6)


def _sla(found: Any, value: Any) -> Pairs:
    rows = [
        (int(number), each["type"], each["destination"], each["return_code"]) for number, each in found["ids"].items()
    ]
    yield rows, named(value["operations"], "number", "kind", "destination", "code")


def _version(found: Any, value: Any) -> Pairs:
    seen = found["version"]
    yield named([seen], "hostname", "version", "chassis_sn"), named([value], "hostname", "release", "serial")


def _vrf(found: Any, value: Any) -> Pairs:
    rows = [(name, each["route_distinguisher"], each["interfaces"]) for name, each in found["vrf"].items()]
    yield rows, named(value["vrfs"], "name", "rd", "interfaces")


SAME: dict[str, Callable[[Any, Any], Pairs]] = {
    "dir flash:": _dir,
    "show archive": _archive,
    "show arp": _arp,
    "show cdp neighbors detail": _cdp,
    "show clock": _clock,
    "show crypto ikev2 sa": _ikev2_sa,
    "show crypto ikev2 sa detail": _ikev2_sa_detail,
    "show crypto ikev2 session": _ikev2_session,
    "show crypto ikev2 session detailed": _ikev2_session,
    "show crypto ikev2 stats": _ikev2_stats,
    "show crypto ipsec profile": _ipsec_profile,
    "show crypto ipsec sa": _ipsec_sa,
    "show crypto ipsec sa interface Tunnel0": _ipsec_sa,
    "show crypto session": _crypto_session,
    "show crypto session detail": _crypto_session,
    "show crypto sockets": _crypto_sockets,
    "show dmvpn": _dmvpn,
    "show dmvpn interface Tunnel0": _dmvpn,
    "show interfaces": _interfaces,
    "show interfaces description": _interfaces_description,
    "show ip access-lists": _access_lists,
    "show ip arp": _arp,
    "show ip cef": _cef,
    "show ip cef 10.255.0.1": _cef,
    "show ip eigrp interfaces": _eigrp_interfaces,
    "show ip eigrp neighbors": _eigrp_neighbors,
    "show ip eigrp topology": _eigrp_topology,
    "show ip interface": _ip_interface,
    "show ip interface brief": _brief,
    "show ip nat translations": _nat,
    "show ip nhrp": _nhrp,
    "show ip nhrp detail": _nhrp,
    "show ip nhrp nhs": _nhrp_nhs,
    "show ip nhrp nhs detail": _nhrp_nhs,
    "show ip nhrp summary": _nhrp_summary,
    "show ip nhrp traffic": _nhrp_traffic,
    "show ip nhrp traffic detail": _nhrp_traffic,
    "show ip route": _ip_route,
    "show ip route 10.255.0.1": _ip_route_prefix,
    "show ip route summary": _ip_route_summary,
    "show ip sla summary": _sla,
    "show lldp neighbors detail": _lldp,
    "show ntp associations": _ntp,
    "show version": _version,
    "show vrf": _vrf,
}


# --- the tests


def complaints(shows: dict[str, Reading]) -> dict[str, str]:
    """What was not understood; a parser that found nothing at all read a table without rows, or a `% …` sentence."""
    unread = {name: each.parsed for name, each in shows.items() if isinstance(each.parsed, str) and each.text.strip()}
    return {name: why for name, why in unread.items() if "Parser Output is empty" not in why}


def test_a_spokes_shows_are_all_read(read: dict[str, dict[str, Reading]]) -> None:
    unread = complaints(read["spoke1"])
    assert {name: why for name, why in unread.items() if name not in UNREAD} == {}
    assert [name for name in UNREAD if name not in unread] == []
    assert sum(isinstance(each.parsed, dict) for each in read["spoke1"].values()) >= 100


def test_a_hubs_shows_are_all_read(read: dict[str, dict[str, Reading]]) -> None:
    assert {name: why for name, why in complaints(read["hub"]).items() if name not in UNREAD} == {}
    assert all(isinstance(read["hub"][name].parsed, dict) for name in ("show dmvpn", "show ip nhrp", "show ip route"))


@pytest.mark.parametrize("command", SAME)
def test_what_genie_found_is_the_value(read: dict[str, dict[str, Reading]], command: str) -> None:
    nodes = ["spoke1"] if isinstance(read["hub"][command].parsed, str) else ["spoke1", "hub"]
    for node in nodes:
        _, parsed, value = read[node][command]
        assert isinstance(parsed, dict), parsed
        compared = list(SAME[command](parsed, value))
        assert compared
        for found, wanted in compared:
            assert found == wanted
