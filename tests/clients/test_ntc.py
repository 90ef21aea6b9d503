"""Every show that iosh has and ntc-templates knows, read by its template from a living cloud, held against `| json`.

A new show is tried by itself: the commands are those of the templates that the grammar understands. A template that
ends in `^. -> Error` refuses lines it does not know, so parsing is half the test. Then each cell must be among the
values, and of the shows that matter every row what it should be (`SAME`). What does not fit is said in `UNREAD`,
`EMPTY` and `UNHELD`, one by one, with the reason.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iosh.base.interface_name import canonical
from iosh.base.time import clock
from iosh.cli.notation import grammar
from iosh.cli.parse import Verdict, parse

try:
    import ntc_templates
    from ntc_templates.parse import parse_output
except ImportError:
    if os.environ.get("CI") == "true":
        raise
    pytest.skip("ntc-templates is not installed (pip install 'iosh[clients]')", allow_module_level=True)

Rows = list[dict[str, Any]]

# --- what is tried

TEMPLATES = Path(ntc_templates.__file__).parent / "templates"
KNOWN = sorted(path.stem.removeprefix("cisco_ios_").replace("_", " ") for path in TEMPLATES.glob("cisco_ios_*.textfsm"))
FULLER = {  # templates whose command takes more words
    "show running-config interface": "show running-config interface Tunnel0",
    "ping": "ping 10.255.0.1",
    "traceroute": "traceroute 10.255.0.1",
}
MORE = {"show adjacency detail": "show adjacency"}  # another command that the template reads
NEIGHBOR = """\
lldp run
cdp run
"""
EIGRP = """\
router eigrp 100
 network 10.255.0.0 0.0.0.255
 network 10.77.0.0 0.0.255.255
"""
SETTING = f"""\
{NEIGHBOR}{EIGRP}ip domain name example.net
ip host mirror 10.77.0.9
ip access-list extended WEB
 10 permit tcp any host 10.1.0.10 eq 443
 20 deny ip 10.9.0.0 0.0.255.255 any
vrf definition RED
 rd 65000:1
 address-family ipv4
ip prefix-list LAN seq 5 permit 10.0.0.0/8 le 24
route-map OUT permit 10
 match ip address prefix-list LAN
class-map match-all VOICE
 match dscp ef
policy-map EDGE
 class VOICE
  priority percent 20
object-group network SERVERS
 host 10.1.0.10
alias exec nh show ip nhrp
archive
 path flash:saved
ip access-list standard INSIDE
 10 permit 10.1.0.0 0.0.0.255
interface GigabitEthernet1
 ip nat outside
interface GigabitEthernet2
 ip nat inside
ip nat inside source list INSIDE interface GigabitEthernet1 overload
ip dhcp pool HOST
 host 10.1.0.77 255.255.255.0
 client-identifier 0102.0304.0506.07
interface GigabitEthernet2.20
 encapsulation dot1Q 20
 vrf forwarding RED
 ip address 10.1.20.1 255.255.255.0
interface Loopback1
 description A network of its own
 ip address 10.77.0.1 255.255.255.0
 ip address 10.78.0.1 255.255.255.0 secondary
interface Loopback2
 shutdown
"""

# --- what is not, and why

UNREAD = {
    "show platform": "the template is of a Catalyst stack (`Switch Ports Model …`), iosh prints a router's slots",
    "show running-config interface": "the template knows neither `tunnel …` nor the `end` that IOS prints last",
    "show snmp community": "IOS says `%SNMP agent not enabled`, which the template does not know",
    "show snmp group": "as of `show snmp community`",
}
ROUTING = "routing protocols do not act yet"
SWITCHING = "there is no switching"
EMPTY = {  # read without a leftover line, but there are no rows: what it is about is not here
    "show dhcp lease": "no interface has its address by DHCP",
    "show etherchannel summary": SWITCHING,
    "show ip bgp": ROUTING,
    "show ip bgp neighbors": ROUTING,
    "show ip bgp summary": ROUTING,
    "show ip bgp vpnv4 all neighbors": ROUTING,
    "show ip ospf database": ROUTING,
    "show ip ospf database network": ROUTING,
    "show ip ospf database router": ROUTING,
    "show ip ospf interface brief": ROUTING,
    "show ip ospf neighbor": ROUTING,
    "show ip ospf neighbor detail": ROUTING,
    "show ipv6 neighbors": "IPv6 does not act yet",
    "show license status": "there is nothing to license",
    "show mac-address-table": SWITCHING,
    "show snmp user": "there is no SNMP",
    "show spanning-tree": SWITCHING,
    "show standby": "gateways' redundancy does not act yet",
    "show standby brief": "gateways' redundancy does not act yet",
    "show vlan": "a router's is of sub-interfaces; the template wants a switch's",
    "show vrrp brief": "gateways' redundancy does not act yet",
}
NO_SHOW = ("ping 10.255.0.1", "traceroute 10.255.0.1")  # they are done, and have no value
SAID = "the same on every router: said, not known"
UNIT = "the value is in another unit, or together with its unit"
WORD = "a word for what the value says otherwise"
SUM = "reckoned from the values when it is printed"
PIECE = "a piece of a value that is a text, or several values in one word"
UNHELD = {  # columns whose cells are not among the values, as they stand
    "dir": {"permissions": SAID, "date_time": WORD},
    "show access-list": dict.fromkeys(("type", "source", "destination"), PIECE),
    "show adjacency detail": {"rewrite_headers": PIECE},
    "show aliases": {"mode": WORD},
    "show archive": {"state": WORD},
    "show arp": {"protocol": SAID, "type": SAID},
    "show boot": {
        **dict.fromkeys(("enable_break", "manual_boot", "timeout_config_download", "boot_mode"), SAID),
        **dict.fromkeys(("boot_path", "current_boot_variables"), PIECE),
    },
    "show cdp neighbors detail": {"neighbor_description": PIECE},
    "show crypto session detail": dict.fromkeys(("fvrf", "ivrf", "description", "permit", "origin"), SAID),
    "show hosts summary": {
        "name_servers": SAID,
        "dynamic_cache_entries": SAID,
        "local_cache_entries": SUM,
        "default_domain": WORD,
    },
    "show interfaces": {
        **dict.fromkeys(("hardware_type", "duplex", "speed", "media_type", "last_output_hang"), SAID),
        **dict.fromkeys(("queue_strategy", "queue_max"), SAID),
        **dict.fromkeys(("bandwidth", "delay"), UNIT),
        **dict.fromkeys(("encapsulation", "last_input", "last_output"), WORD),
    },
    "show ip access-lists": dict.fromkeys(("acl_type", "src_any", "dst_any"), WORD),
    "show ip arp": {"protocol": SAID, "type": SAID},
    "show ip interface brief": {"ip_address": WORD},
    "show ip eigrp interfaces detail": {
        **dict.fromkeys(("topologies_advertised", "next_xmit_serial"), SAID),
        **dict.fromkeys(("authentication_mode", "split_horizon"), WORD),
        **dict.fromkeys(("mean_srtt", "mcast_flow_timer"), UNIT),
    },
    "show ip eigrp neighbors": dict.fromkeys(("hold", "srtt", "rto"), UNIT),
    "show ip eigrp neighbors detail": {**dict.fromkeys(("hold", "srtt", "rto"), UNIT), "version": PIECE},
    "show ip eigrp topology": {"code": WORD},
    "show ip prefix-list": {"network": PIECE, "netmask": PIECE},
    "show ip route": {"protocol": WORD, "flag": WORD},
    "show ip route summary": {
        **dict.fromkeys(("overhead", "memory", "networks", "subnets"), SUM),
        "name": SAID,
        "route_source": SAID,
    },
    "show ipv6 interface brief": {"ipv6_address": WORD},
    "show lldp neighbors detail": {"neighbor_description": PIECE},
    "show logging": dict.fromkeys(("month", "time", "facility", "severity", "mnemonic", "message"), PIECE),
    "show processes cpu": dict.fromkeys(
        ("process_cpu_usage_5_sec", "process_cpu_usage_1_min", "process_cpu_usage_5_min"), UNIT
    ),
    "show redundancy": {
        **dict.fromkeys(
            (
                *("switchovers", "standby_failures", "last_switchover_reason", "hardware_mode"),
                *("configured_redundancy_mode", "operating_redundancy_mode", "maintenance_mode"),
                *("communication_status", "active_slot", "active_software_state", "active_boot_directory"),
                *("active_boot_file", "active_config_register", "standby_status"),
            ),
            SAID,
        ),
        **dict.fromkeys(("system_uptime_minutes", "active_uptime_minutes"), UNIT),
    },
    "show route-map": {"match_clauses": WORD},
    "show users": {"line": PIECE},
    "show version": {
        **dict.fromkeys(("software_image", "release", "rommon", "reload_reason", "config_register"), SAID),
        **dict.fromkeys(("uptime", "uptime_minutes"), UNIT),
    },
    "show vrf detail": {"vpn_id": SAID},
}
UNREAD_WITH_SEVERAL_PEERS = {
    # IOS-XE prints `interface:` once and a flow for each peer below it, as genie's samples of DMVPN hubs have it; after
    # the SAs of a flow the template takes nothing but another `interface:`. So it reads a hub's flows one at a time.
    "show crypto ipsec sa detail": "the template's own limit: one flow an interface",
}


def understood(command: str) -> bool:
    return parse(command, grammar().modes["exec"].root).verdict is Verdict.OK


COMMANDS = {FULLER.get(name, name): name for name in KNOWN} | MORE
TRIED = [command for command in COMMANDS if understood(command)]


@pytest.fixture(scope="module")
def cloud(make_cloud: Callable[..., Any]) -> Any:
    """The example's cloud with a few things configured, then with a shortcut in it."""
    made = make_cloud({"spoke1": SETTING, "internet": NEIGHBOR, "hub": NEIGHBOR + EIGRP})
    made.let_a_shortcut_form()
    made.text("pc1", "ping -c 1 198.51.100.1")
    return made


def rows_of(command: str, text: str) -> Rows:
    """As the template reads it; it raises at a line it does not know."""
    found: Rows = parse_output(platform="cisco_ios", command=COMMANDS[command], data=text)
    return found


# --- what must be the same: of the rows, and of the value


def column(rows: Rows, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def _adjacency(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    whole = value["adjacencies"]
    yield column(rows, "interface", "endpoint"), [(each["interface"], each["address"]) for each in whole]
    if value["detail"]:
        headers = ["".join(row["rewrite_headers"]).lower() for row in rows]
        yield headers, [(each["header"] or "").replace(".", "") for each in whole]


def _arp(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    names = ("address", "age_min", "hardware_address") if "address" in rows[0] else ("ip_address", "age", "mac_address")
    wanted = [
        (line["address"], "-" if line["age_min"] is None else str(line["age_min"]), line["mac"])
        for line in value["entries"]
    ]
    yield column(rows, *names), wanted
    yield [row["interface"] for row in rows], [line["interface"] for line in value["entries"]]


def _access_lists(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    names = ("acl_name", "line_num") if "acl_name" in rows[0] else ("name", "sn")  # two templates for one text
    found = column(rows, *names, "action", "protocol")
    lines = [("WEB", "10", "permit", "tcp"), ("WEB", "20", "deny", "ip")]
    yield [line for line in found if line[1] and line[0] == "WEB"], lines


def _boot(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    yield rows[0]["boot_path"], value["next_image"] + ";"


def _cef(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    wanted = [each["prefix"] for each in value["entries"]]
    yield [f"{row['ip_address']}/{row['prefix_length']}" for row in rows], wanted
    hops = {each["prefix"]: [way["next_hop"] for way in each["ways"]] for each in value["entries"]}
    for row in rows:
        if row["nexthop"] and re.fullmatch(r"[\d.]+", row["nexthop"][0]):
            yield row["nexthop"], hops[f"{row['ip_address']}/{row['prefix_length']}"]


def _crypto_session(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    wanted = [
        (each["interface"], each["status"], each["remote"], each["local"], clock(each["uptime"]), each["phase1_id"])
        for each in value["sessions"]
    ]
    yield column(rows, "interface", "session_status", "peer", "local_ip", "uptime", "phase1_id"), wanted
    yield [int(row["active_sa"]) for row in rows], [each["active_sas"] for each in value["sessions"]]


def _dmvpn(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    wanted = [
        (peer["nbma"], row["tunnel"], row["state"], row["attributes"])
        for tunnel in value["tunnels"]
        for peer in tunnel["peers"]
        for row in peer["rows"][:1]  # the template drops the further rows of a peer: `DT1` below `DT2`
    ]
    yield column(rows, "peer_nbma", "peer_tunnel", "state", "attribute"), wanted


def _cdp(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    brief = "mgmt_address" not in rows[0]
    wanted = [(each["device"], each["local_interface"], each["port"]) for each in value["neighbours"]]
    found = column(rows, "neighbor_name", "local_interface", "neighbor_interface")
    yield [(name, *(canonical(one) if brief else one for one in ports)) for name, *ports in found], wanted
    if not brief:
        yield (
            column(rows, "mgmt_address", "platform"),
            [(each["addresses"][0], each["platform"]) for each in value["neighbours"]],
        )


def _lldp(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    wanted = [(each["name"], each["local_interface"], "".join(each["enabled"])) for each in value["neighbours"]]
    yield [(row["neighbor_name"], canonical(row["local_interface"]), row["capabilities"]) for row in rows], wanted
    if "chassis_id" in rows[0]:
        names = ("chassis", "port", "port_description")
        wanted = [tuple(each[name] for name in names) for each in value["neighbours"]]
        yield column(rows, "chassis_id", "neighbor_port_id", "neighbor_interface"), wanted


def _clock(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    (row,) = rows
    yield "{time} {timezone} {dayweek} {month} {day} {year}".format(**row), value["time"]


def _dir(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    yield column(rows, "name", "size"), [(file["name"], str(file["size"])) for file in value["files"]] or [("", "")]
    yield column(rows[:1], "total_size", "total_free"), [(str(value["total"]), str(value["free"]))]


def _file_systems(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    systems = [each for each in value["systems"] if each["prefix"] != "flash:"]  # the template drops what has a star
    wanted = [(each["prefix"], each["flags"], str(each["size"] or "-")) for each in systems]
    yield column(rows, "prefixes", "flags", "size"), wanted


def _hosts(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    yield rows[0]["local_cache_entries"], str(len(value["hosts"]))
    if value["domain"]:
        yield rows[0]["default_domain"], value["domain"]


def _interfaces(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    for row, each in zip(rows, value["interfaces"], strict=True):
        count = each["counters"]
        yield (
            (row["interface"], row["link_status"], row["protocol_status"]),
            (
                each["name"],
                each["status"],
                each["protocol"],
            ),
        )
        yield (row["ip_address"], row["mtu"]), (each["address"] or "", str(each["mtu"]))
        yield row["description"], each["description"] or ""
        yield row["mac_address"], each["mac"] if each["is_ethernet"] else ""
        yield (row["bandwidth"], row["delay"]), (f"{each['bandwidth_kbit']} Kbit", f"{each['delay_us']} usec")
        if "." not in each["name"]:  # a sub-interface says less, and otherwise
            packets = str(count["in_packets"]), str(count["out_packets"])
            yield (row["input_packets"], row["output_packets"]), packets
            yield row["queue_output_drops"], str(count["out_drops"])


def _interfaces_description(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    wanted = [(line["name"], line["status"], line["description"]) for line in value["interfaces"]]
    yield [(canonical(row["port"]), row["status"], row["description"]) for row in rows], wanted


def _interfaces_status(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    wanted = [(line["name"], line["description"], line["status"], line["speed"]) for line in value["ports"]]
    yield [(canonical(row["port"]), row["name"], row["status"], row["speed"]) for row in rows], wanted


def _inventory(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    names = ("name", "description", "product", "revision", "serial")
    wanted = [tuple(part[name] for name in names) for part in value["parts"]]
    yield column(rows, "name", "descr", "pid", "vid", "sn"), wanted


def _eigrp_neighbors(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    (process,) = value["processes"]
    names = ("ip_address", "interface", "uptime", "srtt", "rto", "seq_num")
    wanted = [
        (peer["address"], peer["interface"], clock(peer["up_ns"]), *times, str(peer["sequence"]))
        for peer in process["rows"]
        for times in [[str(peer[name] // 1_000_000) for name in ("srtt_ns", "rto_ns")]]
    ]
    yield [(address, canonical(port), *rest) for address, port, *rest in column(rows, *names)], wanted


def _eigrp_topology(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    (process,) = value["processes"]
    for row, entry in zip(rows, process["rows"], strict=True):
        yield f"{row['network']}/{row['prefix_length']}", entry["prefix"]
        yield (row["successors"], row["fd"]), (str(entry["successors"]), str(entry["feasible"]))
        yield row["adv_router"], [way["via"] for way in entry["ways"]]
        yield row["out_interface"], [way["interface"] for way in entry["ways"]]
        yield row["adv_rd"], [str(way["reported"]) for way in entry["ways"] if way["reported"]]


def _eigrp_interfaces(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    (process,) = value["processes"]
    wanted = [
        (port["interface"], *(str(each) for each in (port["peers"], port["hello_s"], port["counters"]["hellos"])))
        for port in process["rows"]
    ]
    found = column(rows, "interface", "peers", "hello_interval", "hellos_sent")
    yield [(canonical(port), *rest) for port, *rest in found], wanted


def _ip_interface(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    for row, each in zip(rows, value["interfaces"], strict=True):
        addresses = [each["address"], *(address for address, _ in each["secondary"])] if each["address"] else []
        yield (row["interface"], row["link_status"]), (each["name"], each["status"])
        yield row["ip_address"], addresses
        yield row["mtu"], str(each["mtu"]) if addresses else ""


def _ip_interface_brief(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    wanted = [
        (line["name"], line["address"] or "unassigned", line["status"], line["protocol"])
        for line in value["interfaces"]
    ]
    yield column(rows, "interface", "ip_address", "status", "proto"), wanted


def _ip_route(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    routes = [route for line in value["lines"] for route in line.get("routes", [line])]
    codes = {"connected": "C", "local": "L", "static": "S", "nhrp": "H", "eigrp": "D"}
    wanted = [
        (codes[route["source"].partition(" ")[0]], route["prefix"], way["next_hop"] or "", way["interface"] or "")
        for route in routes
        for way in route["ways"]
        if route["override"] is None  # the template drops what is marked `%`
    ]
    yield (
        [
            (row["protocol"], f"{row['network']}/{row['prefix_length']}", row["nexthop_ip"], row["nexthop_if"])
            for row in rows
        ],
        wanted,
    )


def _ip_route_summary(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    wanted = [(line["source"], str(line["networks"]), str(line["subnets"])) for line in value["sources"]]
    yield column(rows, "route_source", "networks", "subnets")[: len(wanted)], wanted


def _ipsec_sas(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    spis = [half["spi"] for flow in value["flows"] for half in (*flow["inbound"], *flow["outbound"])]
    yield [int(row["sa_spi_hex"], 16) for row in rows], spis
    yield int(rows[0]["pkts_encaps"]), value["flows"][0]["packets_out"]


def _ipv6_interface_brief(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    wanted = [(line["name"], line["status"], line["protocol"]) for line in value["interfaces"]]
    yield column(rows, "interface", "admin", "protocol"), wanted


def _logging(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    names = re.compile(r"%(\w+)-(\d)-(\w+): ")
    wanted = [found.groups() for line in value["lines"] if (found := names.search(line))]
    yield column(rows, "facility", "severity", "mnemonic"), wanted


def _memory(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    pool = value["pools"][0]
    figures = [str(pool[name]) for name in ("total", "used", "free")]
    yield [rows[0][name] for name in ("memory_total", "memory_used", "memory_free")], figures
    yield rows[0]["process"], [process["name"] for process in value["processes"]]
    yield rows[0]["process_holding"], [str(process["holding"]) for process in value["processes"]]


def _processes(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    yield rows[0]["cpu_usage_1_min"], str(value["one_min"])
    wanted = [(str(process["pid"]), str(process["invoked"]), process["name"]) for process in value["processes"]]
    yield column(rows, "process_pid", "process_invoked", "process_name"), wanted


def _version(rows: Rows, value: Any) -> Iterator[tuple[Any, Any]]:
    (row,) = rows
    yield (row["version"], row["hostname"]), (value["release"], value["hostname"])
    yield (row["serial"], row["restarted"]), ([value["serial"]], value["restarted"])
    yield (row["hardware"], row["config_register"]), (["IOSH"], "0x2102")


SAME: dict[str, Callable[[Rows, Any], Iterator[tuple[Any, Any]]]] = {
    "show access-list": _access_lists,
    "show adjacency": _adjacency,
    "show adjacency detail": _adjacency,
    "show arp": _arp,
    "show boot": _boot,
    "dir": _dir,
    "show cdp neighbors": _cdp,
    "show cdp neighbors detail": _cdp,
    "show clock": _clock,
    "show crypto session detail": _crypto_session,
    "show dmvpn": _dmvpn,
    "show file systems": _file_systems,
    "show hosts summary": _hosts,
    "show interfaces": _interfaces,
    "show interfaces description": _interfaces_description,
    "show interfaces status": _interfaces_status,
    "show inventory": _inventory,
    "show ip access-lists": _access_lists,
    "show ip arp": _arp,
    "show ip cef": _cef,
    "show ip cef detail": _cef,
    "show ip eigrp interfaces detail": _eigrp_interfaces,
    "show ip eigrp neighbors": _eigrp_neighbors,
    "show ip eigrp neighbors detail": _eigrp_neighbors,
    "show ip eigrp topology": _eigrp_topology,
    "show ip interface": _ip_interface,
    "show ip interface brief": _ip_interface_brief,
    "show ip route": _ip_route,
    "show ip route summary": _ip_route_summary,
    "show ipv6 interface brief": _ipv6_interface_brief,
    "show lldp neighbors": _lldp,
    "show lldp neighbors detail": _lldp,
    "show logging": _logging,
    "show processes cpu": _processes,
    "show processes memory sorted": _memory,
    "show version": _version,
}


def told(value: Any) -> Iterator[str]:
    """Every name and scalar of a value, as a template might have it: whole, its words, a number, a time, an address."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from (key, *told(part))
    elif isinstance(value, list):
        for part in value:
            yield from told(part)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from (str(value), f"0x{value:X}", clock(abs(value)))
    elif isinstance(value, str):
        yield from (value, *value.split(), *value.split("/"))


def cells(rows: Rows) -> Iterator[tuple[str, str]]:
    """Column and text of all that a template found."""
    for row in rows:
        for name, cell in row.items():
            for each in cell if isinstance(cell, list) else [cell]:
                parts = each.values() if isinstance(each, dict) else [each]
                yield from ((name, str(part).strip()) for part in parts if str(part).strip() not in ("", "-", "None"))


def whole(cell: str) -> str:
    """An interface's name in full."""
    try:
        return canonical(cell)
    except ValueError:
        return cell


# --- the tests


@pytest.mark.parametrize("node", ["spoke1", "hub"])
@pytest.mark.parametrize("command", TRIED)
def test_a_show_is_read_by_its_template(cloud: Any, node: str, command: str) -> None:
    name = COMMANDS[command]
    if name in UNREAD or name in UNREAD_WITH_SEVERAL_PEERS:
        with pytest.raises(Exception, match="State Error raised"):
            rows_of(command, cloud.text(node, command))
        return
    text = cloud.text(node, command)
    rows = rows_of(command, text)
    if command in SAME:
        assert rows or node != "spoke1", text  # what is held against values must not be empty
    if rows and command in SAME:
        for ours, theirs in SAME[command](rows, cloud.value(node, command)):
            assert ours == theirs


@pytest.mark.parametrize("node", ["spoke1", "hub"])
def test_the_sas_of_several_peers_are_read_flow_by_flow(cloud: Any, node: str) -> None:
    text, value = (ask(node, "show crypto ipsec sa detail") for ask in (cloud.text, cloud.value))
    head, *flows = re.split(r"(?m)^(?=   protected vrf:)", text)
    assert len(flows) == len(value["flows"]) == 2
    for flow, wanted in zip(flows, value["flows"], strict=True):
        for ours, theirs in _ipsec_sas(rows_of("show crypto ipsec sa detail", head + flow), {"flows": [wanted]}):
            assert ours == theirs


@pytest.mark.parametrize("command", TRIED)
def test_what_a_template_finds_is_among_the_values(cloud: Any, command: str) -> None:
    """Generic: whatever stands in a cell stands in the value of the same command. The columns in `UNHELD` do not."""
    name = COMMANDS[command]
    if name in UNREAD or name in UNREAD_WITH_SEVERAL_PEERS or command in NO_SHOW:
        return
    unheld: set[str] = set()
    found = 0
    for node in ("spoke1", "hub"):
        rows = rows_of(command, cloud.text(node, command))
        known = {text.lower() for text in told(cloud.value(node, command))}
        for column_, cell in cells(rows):
            found += 1
            if not {cell.lower(), whole(cell).lower()} & known:
                unheld.add(column_)
    assert unheld == set(UNHELD.get(command, ()))
    assert bool(found) is not (command in EMPTY)


def test_what_dmvpn_clients_need_is_among_what_is_tried() -> None:
    assert set(SAME) <= set(TRIED)
    assert len(TRIED) >= 81
