"""What real devices printed, against what iosh prints of the same values.

For each sample of ntc-templates whose command iosh has: its values, put into our view, must come out as its text. What
differs is said in `SAMPLES`, line by line and with the reason; each difference must be there, or it is stale. Blanks at
the ends of lines are not compared. Samples of things that iosh has not, or that other tests hold, are in `ELSEWHERE`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from iosh.base.addr import IPv4, Prefix
from iosh.base.interface_name import kind
from iosh.base.time import SECOND
from iosh.cli.load import load
from iosh.router.archive import Saved
from iosh.show import (
    access_lists,
    adjacency,
    archive,
    arp,
    clock,
    dhcp,
    dmvpn,
    files,
    hosts,
    interfaces,
    ip_cef,
    ip_interface,
    ip_route,
    ipv6_interface,
    logging,
    platform,
    processes,
    users,
    version,
)

GOLDENS = Path(__file__).resolve().parents[3] / "shared" / "goldens" / "ntc"
A, P = IPv4.parse, Prefix.parse
Rows = list[dict[str, Any]]


class Different(NamedTuple):
    """Where their text (or ours) is another: a pattern, what it is replaced by, and why."""

    pattern: str
    instead: str
    why: str
    ours: bool = False


class Sample(NamedTuple):
    """How our text of a sample is made, and how it differs."""

    lines: Callable[[Rows, str], Iterable[str]]
    differences: tuple[Different, ...] = ()


def span(text: str) -> int | None:
    """`never`, `00:05:45`, `1d18h`, `7w0d`, `3y16w` as nanoseconds."""
    if text == "never":
        return None
    if ":" in text:
        hours, minutes, seconds = map(int, text.split(":"))
        return (hours * 3600 + minutes * 60 + seconds) * SECOND
    unit = {"y": 365 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600}
    return sum(int(count) * unit[letter] for count, letter in re.findall(r"(\d+)([ywdh])", text)) * SECOND


# --- our text of their values


def access(rows: Rows, text: str) -> Iterator[str]:
    """The lists as configuration, which gives the values; and what each line matched."""
    lines = [re.sub(r",? wildcard bits| *\(.*?\)", "", line) for line in text.splitlines()]
    commands = [
        re.sub(r"(\w+) IP access list (.*)", lambda m: f"ip access-list {m[1].lower()} {m[2]}", line) for line in lines
    ]
    config, complaints = load("\n".join(commands))
    assert not complaints
    matches = iter([int(found[1]) if (found := re.search(r"\((\d+) match", line)) else 0 for line in text.splitlines()])
    known = {True: config.access_lists.standard, False: config.access_lists.extended}
    views = []
    for line in lines:
        head = re.match(r"(\w+) IP access list (.*)", line)
        if head is not None:
            entries = known[head[1] == "Standard"][head[2]].entries
            next(matches)
            seen = tuple(
                access_lists.AccessLine(key.sequence, ace, next(matches)) for key, ace in entries.items() if ace
            )
            views.append(access_lists.AccessListView(head[2], head[1] == "Standard", seen))
    return access_lists.text(access_lists.AccessListsView(tuple(views)))


def adjacencies(rows: Rows, text: str) -> Iterator[str]:
    found = []
    references = re.findall(r"\((\d+)\)", text)
    for row, count in zip((row for row in rows if row["endpoint"] in text), references, strict=True):
        header = bytes.fromhex("".join(row["rewrite_headers"])) or bytes(1)
        below = (row["recursive_interface"], A(row["recursive_nexthop"])) if row["recursive_nexthop"] else None
        is_tunnel = row["interface"].startswith("Tunnel")
        found.append(adjacency.Adjacency(row["interface"], A(row["endpoint"]), header, is_tunnel, below, int(count)))
    return adjacency.table_text(adjacency.Adjacencies(tuple(found), "Encap" in text))


def archives(rows: Rows, text: str) -> Iterator[str]:
    if not rows[0]["filenames"]:
        return archive.text(archive.Archive(0, None, ()))
    saved = tuple(Saved(n, name) for n, name in enumerate(rows[0]["filenames"]))
    maximum = int(re.findall(r"allowed is (\d+)", text)[0])
    return archive.text(archive.Archive(maximum, rows[0]["next_filename"], saved))


def arp_entries(rows: Rows, text: str) -> Iterator[str]:
    lines = []
    for line in re.findall(r"(?m)^Internet.*", text):
        words = line.split()
        age, mac = None if words[2] == "-" else int(words[2]), None if words[3] == "Incomplete" else words[3]
        lines.append(arp.ArpLine(A(words[1]), age, mac, words[5] if len(words) > 5 else ""))
    return arp.table_text(arp.ArpTable(tuple(lines)))


def boot(rows: Rows, text: str) -> Iterator[str]:
    return platform.boot_text(platform.Boot(rows[0]["boot_path"], rows[0]["boot_path"]))


def brief(rows: Rows, text: str) -> Iterator[str]:
    lines = [
        ip_interface.BriefLine(
            row["interface"],
            None if row["ip_address"] == "unassigned" else A(row["ip_address"]),
            row["status"],
            row["proto"],
            "NVRAM",
        )
        for row in rows
    ]
    return ip_interface.brief_text(ip_interface.IpInterfaceBrief(tuple(lines)))


def cef(rows: Rows, text: str) -> Iterator[str]:
    entries: list[ip_cef.CefEntry] = []
    for line in text.splitlines()[1:]:
        match = re.match(r"(\S*)\s+(no route|\S+)\s*(\S*)", line)
        assert match is not None
        prefix, hop, interface = match.groups()
        named = {"0.0.0.0": "null"}.get(hop, hop)
        known = named in ("drop", "receive", "attached", "no route", "null")
        way = ip_cef.CefWay(named if known else "nexthop", None if known else A(hop), interface or None)
        if prefix:
            entries.append(ip_cef.CefEntry(P(prefix), (way,)))
        else:
            entries[-1] = ip_cef.CefEntry(entries[-1].prefix, (*entries[-1].ways, way))
    return ip_cef.table_text(ip_cef.IpCef(tuple(entries)))


def cef_detail(rows: Rows, text: str) -> Iterator[str]:
    entries = []
    for block in re.split(r"(?m)^(?=\d)", text)[1:]:
        head, *rest = block.splitlines()
        match = re.match(r"(\S+), epoch (\d+)(?:, flags \[(.*?)\])?", head)
        assert match is not None
        ways = []
        for line in rest:
            words = line.split()
            match words:
                case ["nexthop", hop, interface]:
                    ways.append(ip_cef.CefWay("nexthop", A(hop), interface))
                case ["attached", "to", interface]:
                    ways.append(ip_cef.CefWay("attached", None, interface))
                case ["receive", "for", interface]:
                    ways.append(ip_cef.CefWay("receive", None, interface))
                case ["drop"] | ["receive"] | ["no", "route"]:
                    ways.append(ip_cef.CefWay(" ".join(words)))
        flags = tuple(match[3].split(", ")) if match[3] else ()
        entries.append(ip_cef.CefEntry(P(match[1]), tuple(ways), flags))
        epoch = int(match[2])
    return ip_cef.table_text(ip_cef.IpCef(tuple(entries), True, epoch))


def clocks(rows: Rows, text: str) -> Iterator[str]:
    time = "{time} {timezone} {dayweek} {month} {day} {year}".format(**rows[0])
    return clock.text(clock.Clock(0, time, text[0], None, None))


def cpu(rows: Rows, text: str) -> Iterator[str]:
    def share(row: dict[str, Any], name: str) -> int:
        return int(row[name].replace(".", ""))

    table = tuple(
        processes.Process(
            int(row["process_pid"]),
            int(row["process_runtime"]),
            int(row["process_invoked"]),
            int(row["process_cpu_time_for_invocation"]),
            share(row, "process_cpu_usage_5_sec"),
            share(row, "process_cpu_usage_1_min"),
            share(row, "process_cpu_usage_5_min"),
            int(row["process_tty"]),
            row["process_name"],
        )
        for row in rows
    )
    names = ("cpu_usage_5_sec", "cpu_interruption_5_sec", "cpu_usage_1_min", "cpu_usage_5_min")
    return processes.cpu_text(processes.ProcessesCpu(*(int(rows[0][name]) for name in names), table))


def descriptions(rows: Rows, text: str) -> Iterator[str]:
    lines = [
        interfaces.DescriptionLine(row["port"], row["status"], row["protocol"], row["description"]) for row in rows
    ]
    return interfaces.description_text(interfaces.InterfacesDescription(tuple(lines)))


def dhcp_bindings(rows: Rows, text: str) -> Iterator[str]:
    found = [
        dhcp.BindingRow(A(row["ip_address"]), row["hardware_address"], row["expiration"], row["type"], "", "", "")
        for row in rows
    ]
    return dhcp.bindings_text(dhcp.Bindings(tuple(found)))


def directory(rows: Rows, text: str) -> Iterator[str]:
    listed = tuple(
        files.Listed(int(row["id"]), row["name"], int(row["size"]), row["date_time"].removesuffix(" +00:00"))
        for row in rows
        if row["name"]
    )
    path = re.findall(r"Directory of (\S+)", text)[0]
    return files.directory_text(files.Directory(path, listed, int(rows[0]["total_size"]), int(rows[0]["total_free"])))


def dmvpns(rows: Rows, text: str) -> Iterator[str]:
    peers = tuple(
        dmvpn.DmvpnPeer(
            A(row["peer_nbma"]),
            (
                dmvpn.DmvpnRow(
                    A(row["peer_tunnel"]),
                    P(row["peer_tunnel"] + "/32"),
                    row["state"],
                    span(row["uptime"]),
                    row["attribute"],
                ),
            ),
        )
        for row in rows
    )
    return dmvpn.text(dmvpn.Dmvpn((dmvpn.DmvpnTunnel("Tunnel100", "Spoke", peers),)))


def file_systems(rows: Rows, text: str) -> Iterator[str]:
    found = []
    for line in re.findall(r"(?m)^.*:$", text)[1:]:
        size, free, sort, flags, prefix = line.lstrip("* ").split()
        numbers = [None if number == "-" else int(number) for number in (size, free)]
        found.append(files.Device(prefix, sort, flags, *numbers))
    return files.systems_text(files.FileSystems(tuple(found)))


def host_summary(rows: Rows, text: str) -> Iterator[str]:
    cached = int(rows[0]["local_cache_entries"])
    return hosts.summary_text(hosts.Hosts(rows[0]["default_domain"], True, (("", IPv4(0)),) * cached))


def interface_blocks(rows: Rows, text: str) -> Iterator[str]:
    return interfaces.full_text(interfaces.Interfaces(tuple(map(interface, re.split(r"(?m)^(?=\S)", text)[1:]))))


def interface(block: str) -> interfaces.InterfaceView:
    """One interface of `show interfaces`, from the text itself: the parsed form has too little."""

    def found(pattern: str, default: str = "") -> str:
        match = re.search(pattern, block, re.MULTILINE)
        return match[1].rstrip() if match is not None else default

    def number(pattern: str) -> int:
        return int(found(pattern, "0"))

    name = found(r"^(\S+) is")
    status, protocol = found(r"is ([a-z ]+), line"), found(r"protocol is (\w+)")
    counters = interfaces.InterfaceCounters(
        input_bits_s=number(r"input rate (\d+)"),
        input_packets_s=number(r"input rate .* (\d+) packets"),
        output_bits_s=number(r"output rate (\d+)"),
        output_packets_s=number(r"output rate .* (\d+) packets"),
        in_packets=number(r"(\d+) packets input"),
        in_bytes=number(r"packets input, (\d+)"),
        in_broadcasts=number(r"Received (\d+)"),
        in_errors=number(r"(\d+) input errors"),
        runts=number(r"(\d+) runts"),
        frame_errors=number(r"(\d+) frame,"),
        overruns=number(r"(\d+) overrun"),
        out_packets=number(r"(\d+) packets output"),
        out_bytes=number(r"packets output, (\d+)"),
        out_drops=number(r"output drops: (\d+)"),
        resets=number(r"(\d+) interface resets"),
        unknown_protocols=number(r"(\d+) unknown protocol"),
        drops={},
    )
    address, mac = found(r"Internet address is ([\d.]+)"), found(r"address is (\S+) \(bia")
    interval = found(r"^  (\d+ \w+) input rate", "5 minute")
    return interfaces.InterfaceView(
        name=name,
        kind=kind(name),
        status=status,
        protocol=protocol,
        is_ethernet=bool(mac),
        mac=mac,
        burnt_in=found(r"\(bia (\S+)\)"),
        description=found(r"Description: (.*)") or None,
        address=A(address) if address else None,
        length=number(r"Internet address is .*/(\d+)"),
        unnumbered=None,
        mtu=number(r"MTU (\d+)"),
        bandwidth_kbit=number(r"BW (\d+)"),
        delay_us=number(r"DLY (\d+)"),
        vlan=number(r"Vlan ID +(\d+)") or None,
        inner_vlan=None,
        is_trunk="., loopback" in block,
        transmit_load=number(r"txload (\d+)"),
        receive_load=number(r"rxload (\d+)"),
        is_subinterface="." in name,
        keepalive_s=number(r"Keepalive set \((\d+)") or None,
        arp_timeout_s=14400,
        load_interval_s=int(interval.split()[0]) * (60 if "minute" in interval else 1),
        last_input_ns=span(found(r"Last input (\S+),", "never")),
        last_output_ns=span(found(r", output (\S+), output hang", "never")),
        cleared_ns=None,
        counters=counters,
        tunnel=None,
    )


def inventories(rows: Rows, text: str) -> Iterator[str]:
    parts = tuple(platform.Part(row["name"], row["descr"], row["pid"], row["vid"], row["sn"]) for row in rows)
    return platform.inventory_text(platform.Inventory(parts))


def ip_interfaces(rows: Rows, text: str) -> Iterator[str]:
    found = []
    for block in re.split(r"(?m)^(?=\S)", text)[1:]:
        head = re.match(r"(\S+) is (.*), line protocol is (\w+)", block)
        assert head is not None
        addresses = [(A(each), int(size)) for each, size in re.findall(r"address is ([\d.]+)/(\d+)", block)]
        addresses += [(A(each), int(size)) for each, size in re.findall(r"Secondary address ([\d.]+)/(\d+)", block)]
        own, length = addresses[0] if addresses else (None, 0)
        found.append(ip_interface_of(head.groups(), own, length, addresses[1:], block))
    return ip_interface.full_text(ip_interface.IpInterfaces(tuple(found)))


def ip_interface_of(
    head: tuple[str, ...], own: IPv4 | None, length: int, secondary: list[tuple[IPv4, int]], block: str
) -> ip_interface.IpInterfaceView:
    mtu, vrf = re.search(r"MTU is (\d+)", block), re.search(r'(?m)^  VPN .*"(.*)"', block)
    nat = re.search(r"interface in domain (\w+)", block)
    values: dict[str, Any] = {
        "name": head[0],
        "status": head[1],
        "protocol": head[2],
        "address": own,
        "length": length,
        "secondary": tuple(secondary),
        "unnumbered": None,
        "mtu": int(mtu[1]) if mtu else 0,
        "proxy_arp": "  Proxy ARP is enabled" in block,
        "redirects": "redirects are always" in block,
        "unreachables": "unreachables are always" in block,
        "adjust_mss": 1360 if "TCP Adjust MSS" in block else None,
        "method": "manual" if "by setup command" in block else "NVRAM",
        "access_in": None,
        "access_out": None,
        "nat": nat[1] if nat else None,
        "vrf": vrf[1] if vrf else None,
    }
    return ip_interface.IpInterfaceView(**values)


def ipv6_brief(rows: Rows, text: str) -> Iterator[str]:
    lines = []
    for row in rows:
        addresses = () if row["ipv6_address"] == ["unassigned"] else tuple(row["ipv6_address"])
        lines.append(ipv6_interface.BriefLine(row["interface"], row["admin"], row["protocol"], addresses))
    return ipv6_interface.brief_text(ipv6_interface.Ipv6Interfaces(tuple(lines)))


def log(rows: Rows, text: str) -> Iterator[str]:
    def destination(name: str) -> logging.Destination:
        match = re.search(rf"{name} logging: +level (\w+), (\d+) messages", text)
        return (
            logging.Destination(logging.LEVELS.index(match[1]), int(match[2]))
            if match
            else logging.Destination(None, 0)
        )

    size, _, lines = text.partition("Log Buffer (")[2].partition(" bytes):\n")
    places = (destination("Console"), destination("Monitor"), destination("Buffer"))
    return logging.text(logging.Log(True, *places, int(size), tuple(lines.strip("\n").splitlines())))


def memory(rows: Rows, text: str) -> Iterator[str]:
    (row,) = rows
    pools = [
        processes.Pool(name, 0, *(int(number) for number in numbers), 0)
        for name, *numbers in re.findall(r"(\w+) Pool Total: +(\d+) Used: +(\d+) Free: +(\d+)", text)
    ]
    table = [
        processes.MemoryProcess(*(int(number) for number in numbers), name.rstrip())
        for *numbers, name in re.findall(r"(?m)^ *(\d+)" + r" +(\d+)" * 6 + r" (\S.*)$", text)
    ]
    total = int(re.findall(r"(\d+) Total", text)[0])
    assert [each.name for each in table] == row["process"]
    return processes.memory_text(processes.ProcessesMemory(tuple(pools), tuple(table), total))


def route_summary(rows: Rows, text: str) -> Iterator[str]:
    found = [
        ip_route.SourceSummary(row["route_source"], int(row["networks"]), int(row["subnets"]))
        for row in rows
        if re.search(rf"(?m)^{row['route_source']} ", text) and row["route_source"] not in ("internal", "Total")
    ]
    majors = int(re.findall(r"internal +(\d+)", text)[0])
    return ip_route.summary_text(ip_route.IpRouteSummary(tuple(found), majors))


def routes(rows: Rows, text: str) -> Iterator[str]:
    (first,) = [row for row in rows if row["protocol"] == "C"]
    inside = P("192.168.1.0/24")
    own = ip_route.RouteLine("connected", inside, 0, 0, (ip_route.Via(None, first["nexthop_if"]),))
    local = ip_route.RouteLine("local", P("192.168.1.1/32"), 0, 0, (ip_route.Via(None, first["nexthop_if"]),))
    network = ip_route.Network(inside, 2, 2, False, (own, local))
    return ip_route.table_text(ip_route.IpRoute(A("192.168.1.2"), True, (network,)))


def seats(rows: Rows, text: str) -> Iterator[str]:
    found = []
    for row in rows:
        star, number, sort, index = re.findall(r"(\*?)\s*(\d+) (\w+) (\d+)", row["line"])[0]
        idle = span(row["idle"]) or 0
        taken = row["hosts"] == "idle"
        found.append(
            users.LineUse(int(number), sort, int(index), bool(star), taken, row["user"], idle, row["location"], 0)
        )
    return users.users_text(tuple(found))


def versions(rows: Rows, text: str) -> Iterator[str]:
    """The lines that all releases have, in their order."""
    (row,) = rows
    uptime = sum(
        int(row[f"uptime_{unit}s"] or 0) * size
        for unit, size in (("year", 365 * 86400), ("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60))
    )
    view = version.Version(
        hostname=row["hostname"],
        iosh="0",
        release=row["version"],
        uptime_ns=uptime * SECOND,
        restarted=row["restarted"],
        serial=(row["serial"] or [""])[0],
        memory_bytes=0,
        interfaces=(),
        nvram_bytes=0,
    )
    said = "\n".join(version.text(view))
    wanted = re.findall(r"(?m)^(\S+ uptime is|System restarted|Processor board ID|Configuration register)", text)
    return (line for line in said.splitlines() if line.startswith(tuple(wanted)))


# --- the samples

HARDWARE = "names hardware that iosh has not"
OLDER = "an older release's wording"
NO_COUNT = "what iosh does not count, because it cannot happen there"


def gone(pattern: str, why: str, ours: bool = False) -> Different:
    """Lines of theirs that iosh has not."""
    return Different(rf"(?m)^{pattern}(?:\n|\Z)", "", why, ours)


def read_as(pattern: str, instead: str, why: str) -> Different:
    """A value that iosh's form has no place for."""
    return Different(rf"(?m)^{pattern}$", instead, why)


LOGGING = (
    read_as(r"(Syslog.*dropped, )\d+( messages rate-limited.*)", r"\g<1>0\2", NO_COUNT),
    read_as(
        r"(    Trap logging: level )\w+, \d+( message lines logged)", r"\1informational, 0\2", "counted per server"
    ),
    Different(r"(Log Buffer \(.*\n)\n", r"\1", "their buffer begins in the middle of a line", ours=True),
)
LOG_SERVERS = gone(
    r"        Logging to (?:.*\n)(?:              .*\n)*?              filtering disabled", "no server is given"
)
VERSION = (
    Different(
        r"(?m)^(?!\S+ uptime is|System restarted|Processor board ID|Configuration register).*\n?",
        "",
        "the rest names Cisco's software, its licences and its hardware; iosh says what it is instead",
    ),
)
REGISTER = Different(r"(register is) 0x\w+", r"\1 0x2102", "iosh has no register to turn")
ADJACENCY = (
    Different(r"(?m)^IP .* (?:227\.0\.0\.0|point2point)\(.*\n(?:  .*\n)*", "", "of multicast, or without an address"),
    Different(r"\d+ packets, \d+ bytes", "0 packets, 0 bytes", "iosh counts by interface and route instead"),
    Different(r"sev-epoch \d+", "sev-epoch 0", "there is one epoch of events"),
)
CEF = (
    Different(r"for distributed and running", "and running", "a distributed platform"),
    gone(r" +(?:Covered dependent prefixes.*|need deagg.*|notify cover.*|Interface source.*|Adj source.*"
         r"|Dependent covered.*|2 IPL sources.*)", "sources of an entry, kept for debugging"),
)  # fmt: skip
INTERFACES = (
    Different(r"(?m)^(  Hardware is )[^,\n]*,", r"\1vNIC,", HARDWARE),
    Different(r"(?m)^  (?:Unknown|Full Duplex), (?:Unknown|(\d+Mbps)), link.*", r"  Full Duplex, \1, link", HARDWARE),
    Different(r"(?m)^(  Full Duplex, )(?:10000Mbps)?, link.*", r"\1 link", "Unknown where nothing is plugged in"),
    Different(r"(?m)^(  Full Duplex, )(?:10000Mbps), link.*", r"\1 link", HARDWARE, ours=True),
    Different(r"(, link) type.*", r"\1", HARDWARE, ours=True),
    gone(r"  (?:out|in)put flow-control.*", HARDWARE),
    gone(r"  output flow-control.*", HARDWARE, ours=True),
    Different(r"Keepalive not supported", "Keepalive not set", HARDWARE),
    Different(r"Input queue: 0/75/", "Input queue: 0/375/", "a management port's queue"),
    Different(r"0 watchdog, \d+ multicast", "0 watchdog, 0 multicast", "multicast is not counted apart"),
    gone(r"     Output 0 broadcasts.*", "only some drivers of the platform count them"),
    gone(r"     Output 0 broadcasts.*", "as theirs", ours=True),
    Different(r"\d+ lost carrier", "0 lost carrier", NO_COUNT),
)
CRYPTO = "a crypto map's, or of a tunnel whose VRFs differ"
GROUPS = gone(r"  Multicast reserved groups joined.*", "HSRP's, OSPF's and PIM's groups")
MEDIUM = "Full Duplex, 1000Mbps, link type is auto, media type is Virtual"

SAMPLES: dict[str, Sample] = {
    "dir/cisco_ios_dir": Sample(
        directory,
        (
            Different(r"(?m)^( *\d+  )d(rw)x", r"\1-\2-", "iosh's flash has no directories"),
            Different(r"-rw  -", "-rw-", "a slip of whoever typed the sample"),
        ),
    ),
    "dir/cisco_ios_dir_no_files": Sample(directory),
    "show_access-list/cisco_ios_show_access-list": Sample(
        access,
        (
            gone(r"    1[67] deny .*", "an extended list's lines in a standard list: put together by hand"),
            Different(r"10.10.10.10 0.0.0.255", "10.10.10.0 0.0.0.255", "IOS clears what the wildcard covers"),
        ),
    ),
    "show_access-list/cisco_ios_show_access-list3": Sample(access),
    "show_adjacency/show_adjacency_short": Sample(adjacencies),
    "show_adjacency/show_adjacency_detail_iosxe": Sample(adjacencies, ADJACENCY),
    "show_archive/cisco_ios_show_archive": Sample(archives),
    "show_archive/cisco_ios_show_archive_filelist": Sample(archives),
    "show_arp/cisco_ios_show_arp": Sample(arp_entries),
    "show_boot/cisco_ios_show_boot_gibraltar": Sample(
        boot,
        (
            gone(r"-+", "the number of a switch in its stack"),
            gone(r"Switch 1", "the number of a switch in its stack"),
            Different(r"(?m)^BOOT variable does not exist", "BOOT variable = flash:packages.conf;", "it was never set"),
            Different(r"(?m)^(BOOT .*\.conf)\b *$", r"\1;", "the list of images ends in a semicolon on routers"),
            Different(r"Enable Break = yes", "Enable Break = no", "iosh has no break key"),
        ),
    ),
    "show_clock/cisco_ios_show_clock": Sample(clocks),
    "show_clock/cisco_ios_show_clock_2": Sample(clocks),
    "show_dmvpn/cisco_ios_show_dmvpn": Sample(
        dmvpns,
        (
            Different(r"\t", "        ", "their tabs were expanded", ours=True),
            Different(r", B - BGP", "", "a later release's legend", ours=True),
            Different(r", I2 - Temporary", "", "a later release's legend", ours=True),
        ),
    ),
    "show_file_systems/show_file_systems": Sample(file_systems),
    "show_hosts_summary/cisco_ios_show_hosts_summary": Sample(
        host_summary,
        (Different(r"127.0.0.2, 127.0.0.3", "255.255.255.255", "the name servers are not part of our view"),),
    ),
    "show_interfaces/cisco_ios_show_interfaces_01": Sample(interface_blocks, INTERFACES),
    "show_interfaces/cisco_ios_show_interfaces3": Sample(
        interface_blocks,
        (
            Different(
                r"(?ms)^FastEthernet0/1/0 is.*",
                "",
                "an HWIC's ports; the loopback is held by test_ip_shows.py; IOS 12's tunnels say less of themselves",
            ),
            Different(r"MV96340 Ethernet", "vNIC", HARDWARE),
            Different(r"(?:Full Duplex, 100Mbps|Auto Duplex, Auto Speed), media type is T", MEDIUM, HARDWARE),
            Different(
                r"is XON, input flow-control is XON", "is unsupported, input flow-control is unsupported", HARDWARE
            ),
            Different(r"Input queue: 0/75/", "Input queue: 0/375/", HARDWARE),
            Different(r"\(\d+ IP multicasts\)", "(0 IP multicasts)", "multicast is not counted apart"),
            gone(r"     Output 0 broadcasts.*", "only some drivers of the platform count them", ours=True),
            Different(r"\d+ lost carrier", "0 lost carrier", NO_COUNT),
        ),
    ),
    "show_interfaces_description/cisco_ios_show_interfaces_description": Sample(descriptions),
    "show_inventory/cisco_ios_show_inventory": Sample(inventories),
    "show_ip_access-lists/cisco_ios_show_ip_access-lists_969": Sample(
        access,
        (
            gone(r"    80 .* eq telnet ssh http 8080 .*", "IOS has no names `ssh` and `http` for ports"),
            gone(r"    90 .* match-all .*", "`match-all` is not understood yet"),
            gone(r"    30 .* established log \(tag = tag_name\)", "line 20 but for its tag"),
            Different(r"deny 10.1.1.2 ", "deny   10.1.1.2 ", "standard lists have this column everywhere else"),
            Different(r"\(inactive\)", "(active)", "a time range is taken to be always active"),
            Different(r"10.1.1.0 0.0.255.255", "10.1.0.0 0.0.255.255", "IOS clears what the wildcard covers"),
            Different(r"ttl-exceeded  \(", "ttl-exceeded (", "a slip of whoever typed the sample"),
            Different(r" log \(tag = \w+\)", " log", "tags of log messages are not understood yet"),
        ),
    ),
    "show_ip_dhcp_binding/cisco_ios_show_ip_dhcp_binding": Sample(dhcp_bindings),
    "show_ip_cef/show_ip_cef_c2800_v1": Sample(cef),
    "show_ip_cef/show_ip_cef_c2800_v2": Sample(
        cef, (Different(r"(?m)^(.{19})", r"\1 ", "a narrower column before 15.x"),)
    ),
    "show_ip_cef/show_ip_cef_c2900_v1": Sample(cef),
    "show_ip_cef/show_ip_cef_c3750": Sample(cef),
    "show_ip_cef/show_ip_cef_c3850_v1": Sample(cef),
    "show_ip_cef/show_ip_cef_c3850_v2": Sample(cef),
    "show_ip_cef_detail/show_ip_cef_detail_c2800_v1": Sample(
        cef_detail,
        (
            *CEF[1:],
            gone(r" +(?:NetFlow: .*|Interest List:|- ipv4fib .*)", "IOS 15 tells NetFlow's part of every entry"),
            Different(r"\b842\b", "15", "most of the 842 entries were cut from the sample"),
            Different(r"(?m)(epoch 0, flags) (.*)$", r"\1 [\2]", "the brackets came with a later release"),
        ),
    ),
    "show_ip_cef_detail/show_ip_cef_detail_c3850_v1": Sample(
        cef_detail,
        (
            *CEF,
            Different(r"\b39\b", "15", "most of the 39 entries were cut from the sample"),
            Different(r"epoch 3", "epoch 2", "an entry that was not updated yet"),
        ),
    ),
    "show_ip_cef_detail/show_ip_cef_detail_c3850_v2": Sample(cef_detail, CEF[:1]),
    "show_ip_interface/cisco_ios_show_ip_interface": Sample(
        ip_interfaces,
        (
            Different(r"(?ms)^Tunnel5001 is.*", "", "what follows are tunnels in VRFs, bridge domains, nested tags"),
            GROUPS,
            Different(
                r"determined by configuration file", "determined by non-volatile memory", "loaded by TFTP at boot"
            ),
            Different(r"Virtual Fragment Reassembly, IPSec input classification, IPSec input vrf switch, ", "", CRYPTO),
            gone(r"  Output features: IPSec.*", CRYPTO),
        ),
    ),
    "show_ip_interface/cisco_ios_show_ip_interface3": Sample(
        ip_interfaces,
        (
            gone(
                r"  (?:Post encapsulation features|Output features|Sampled Netflow|IP (?:Routed|Bridged) Flow|"
                r"IP multicast multilayer).*",
                HARDWARE,
            ),
            gone(r"  (?:Out|In)\w+ Common access list.*", "not in this older release", ours=True),
        ),
    ),
    "show_ip_interface/cisco_ios_show_ip_interface7": Sample(
        ip_interfaces,
        (
            GROUPS,
            gone(r"  IP Clear Dont Fragment is \w+", "not in iosh's release"),
            Different(r"Virtual Fragment Reassembly, IPSec input classification, MCI", "MCI", CRYPTO),
            gone(r"  Output features: IPSec.*", CRYPTO),
        ),
    ),
    "show_ip_interface_brief/cisco_ios_show_ip_interface_brief": Sample(
        brief,
        (Different(r"(?m)^(.{22})    ", r"\1", "columns made wider for long names elsewhere"),),
    ),
    "show_ip_route/cisco_ios_show_ip_route1": Sample(
        routes,
        (
            gone(r"Tue May 22.*\n", "a time stamp of the terminal (`exec prompt timestamp`)"),
            Different(r"(?s)Codes: .*?\n\n", "", "17.x has more codes: the legend is the one captured of it"),
            Different(r"(?s)Codes: .*?\n\n", "", "as theirs", ours=True),
        ),
    ),
    "show_ip_route_summary/cisco_ios_show_ip_route_summary": Sample(
        route_summary,
        (
            Different(
                r"(?m)^(eigrp .* 0 +)\d+ +\d+$", r"\1", "17.x takes 312 bytes for a route; 160 besides are EIGRP's"
            ),
            Different(r"(?m)^(eigrp .* 0 +)\d+ +\d+$", r"\1", "as theirs", ours=True),
            gone(r"ospf.*\n.*\n.*", "a routing protocol iosh does not run yet"),
            Different(r"(?m)^((?:connected|static).*\b)\d+$", r"\1", "17.x takes 312 bytes for a route, this one 288"),
            Different(r"(?m)^((?:connected|static).*\b)\d+$", r"\1", "as theirs", ours=True),
            Different(r"(?m)^(internal +24).*", r"\1", "EIGRP's memory is in it, which iosh does not reckon"),
            Different(r"(?m)^(internal +24).*", r"\1", "as theirs", ours=True),
            gone(r"Total .*", "OSPF's route is in it, and EIGRP's memory"),
            gone(r"Total .*", "as theirs", ours=True),
        ),
    ),
    "show_ipv6_interface_brief/cisco_ios_show_ipv6_interface_brief": Sample(ipv6_brief),
    "show_logging/cisco_ios_show_logging_1": Sample(log, (*LOGGING, gone(r"    File logging: disabled", OLDER))),
    "show_logging/cisco_ios_show_logging_2": Sample(log, (*LOGGING, LOG_SERVERS, gone(r"ESM: .*\n", OLDER))),
    "show_logging/cisco_ios_show_logging_3": Sample(log, (*LOGGING[:2], LOG_SERVERS)),
    "show_logging/cisco_ios_show_logging_4": Sample(log, (*LOGGING[:2], LOG_SERVERS)),
    "show_logging/cisco_ios_show_logging_5": Sample(
        log, (*LOGGING, LOG_SERVERS, Different(r"size \(8192", "size (4096", "`logging exception` is not acting"))
    ),
    "show_processes_cpu/cisco_ios_show_processes_cpu": Sample(cpu),
    "show_processes_memory_sorted/cisco_ios_show_processes_memory_sorted": Sample(memory),
    "show_users/cisco_ios_show_users": Sample(seats),
    "show_users/cisco_ios_show_users_all": Sample(seats),
    **{f"show_version/cisco_ios_show_version{n}": Sample(versions, VERSION) for n in ("", 2, 5)},
    **{f"show_version/cisco_ios_show_version{n}": Sample(versions, (*VERSION, REGISTER)) for n in (1, 3, 4, 6)},
    "show_version/cisco_ios_show_version_01": Sample(
        versions, (*VERSION, Different(r", with hardware revision 0000", "", HARDWARE))
    ),
}

SHOWN_ELSEWHERE = "held by test_crypto_shows.py"
SWITCH = "of a switch's ports, VLANs and line cards"
ELSEWHERE = {
    "show_access-list/cisco_ios_show_access-list2": "pasted without its indentation; the others have these lines",
    "show_adjacency/show_adjacency_detail_iosg1": "the same form as show_adjacency_detail_iosxe, of multicast mostly",
    "show_boot/cisco_ios_show_boot": SWITCH,
    "show_boot/cisco_ios_show_boot2": SWITCH,
    "show_boot/cisco_ios_show_boot_optimization": SWITCH,
    "show_crypto_ipsec_sa_detail/cisco_ios_show_crypto_ipsec_sa_detail": SHOWN_ELSEWHERE,
    "show_crypto_ipsec_sa_detail/cisco_ios_show_crypto_ipsec_sa_detail_2": "the first sample with SAs pasted in twice",
    "show_crypto_ipsec_sa_detail/cisco_ios_show_crypto_ipsec_sa_detail_3": "the first sample with other sibling flags",
    "show_crypto_session_detail/cisco_ios_show_crypto_session_detail": "IKEv1, which iosh does not speak yet",
    "show_crypto_session_detail/cisco_ios_show_crypto_session_detail_ikev2": SHOWN_ELSEWHERE,
    "show_interfaces/cisco_ios_show_interfaces": "IOSv's layer 2 ports, with lines of their own",
    "show_interfaces/cisco_ios_show_interfaces2": SWITCH,
    "show_interfaces/cisco_ios_show_interfaces4": SWITCH,
    "show_interfaces/cisco_ios_show_interfaces5": "port-channels",
    "show_interfaces/cisco_ios_show_interfaces6": SWITCH,
    "show_ip_access-lists/cisco_ios_show_ip_access-lists": "held by test_access_lists.py",
    "show_ip_access-lists/cisco_ios_show_ip_access-lists_954": "held by test_access_lists.py",
    "show_ip_access-lists/cisco_ios_show_ip_access-lists_964": "held by test_access_lists.py",
    "show_ip_access-lists/cisco_ios_show_ip_access-lists_1104": "held by test_access_lists.py",
    "show_ip_access-lists/cisco_ios_show_ip_access-lists_fixed": "held by test_access_lists.py",
    "show_ip_arp/cisco_ios_show_ip_arp": "columns of a manual, not of a device; show_arp has the device's",
    "show_ip_cef/show_ip_cef_disabled": "CEF cannot be turned off",
    "show_ip_cef_detail/show_ip_cef_detail_c2800_v2": "IOS 12.4's form, which has nothing in common",
    "show_ip_cef_detail/show_ip_cef_detail_c2900_v1": "NetFlow lines of IOS 15 at every entry",
    "show_ip_cef_detail/show_ip_cef_detail_c3750": SWITCH,
    "show_ip_interface/cisco_ios_show_ip_interface2": SWITCH,
    "show_ip_interface/cisco_ios_show_ip_interface4": "IOS 12.4's dialers and serial lines",
    "show_ip_interface/cisco_ios_show_ip_interface5": "an address by IKEv2 mode configuration",
    "show_ip_interface/cisco_ios_show_ip_interface6": SWITCH,
    "show_ip_interface/cisco_ios_show_ip_interface8": SWITCH,
    "show_ip_nat_translations/show_ip_nat_translations": "columns squeezed by hand; the IOL capture has ours",
    "show_ip_route/cisco_ios_show_ip_route": "EIGRP, OSPF, BGP and IS-IS in IOS 12's columns; the IOL capture has ours",
    "show_ip_route/cisco_ios_show_ip_route_vrf": "BGP's routes, leaked between VRFs",
    "show_ip_route/cisco_ios_show_ip_route_wildcard": "BGP's routes, in tables of VRFs that are only kept",
    "show_ip_route_summary/cisco_ios_show_ip_route_summary2": "IOS 15's sizes; EIGRP, OSPF, BGP and IS-IS",
    "show_ip_route_summary/cisco_ios_show_ip_route_summary3": "IOS 12's columns",
    "show_version/cisco_ios_show_version_special_build": "a switch stack's",
}
ELSEWHERE_ALL = {
    **dict.fromkeys(("ping", "traceroute"), "held by tests/proto/test_probe_goldens.py"),
    **dict.fromkeys(
        (
            "show_ip_eigrp_interfaces_detail",
            "show_ip_eigrp_neighbors",
            "show_ip_eigrp_neighbors_detail",
            "show_ip_eigrp_topology",
        ),
        "held by test_eigrp_shows.py",
    ),
    **dict.fromkeys(
        ("show_cdp_neighbors", "show_cdp_neighbors_detail", "show_lldp_neighbors", "show_lldp_neighbors_detail"),
        "held by test_discovery_goldens.py",
    ),
    **dict.fromkeys(
        ("show_running-config_partition_access-list", "show_running-config_partition_route-map"),
        "held by tests/cli/test_partition_goldens.py",
    ),
    **dict.fromkeys(
        (
            "show_aliases",
            "show_ip_prefix-list",
            "show_ip_vrf_interfaces",
            "show_ipv6_access-lists",
            "show_object-group",
            "show_policy-map",
            "show_route-map",
            "show_vrf",
            "show_vrf_detail",
        ),
        "held by test_list_goldens.py",
    ),
    "show_running-config_interface": "configuration of a provider's edge; iosh's is held by tests/cli/test_load.py",
}


UNKNOWN = "of something iosh has not, or only the empty answer for"
ROUTING = "of a routing protocol iosh does not run yet"
NOT_YET = {
    "show_bfd_neighbors_details": UNKNOWN,
    "show_crypto_pki_certificates": UNKNOWN,
    "show_ip_bgp": ROUTING,
    "show_ip_bgp_neighbors": ROUTING,
    "show_ip_bgp_neighbors_advertised-routes": ROUTING,
    "show_ip_bgp_summary": ROUTING,
    "show_ip_bgp_vpnv4_all_neighbors": ROUTING,
    "show_ip_ospf_database": ROUTING,
    "show_ip_ospf_database_network": ROUTING,
    "show_ip_ospf_database_router": ROUTING,
    "show_ip_ospf_interface_brief": ROUTING,
    "show_ip_ospf_neighbor": ROUTING,
    "show_ip_ospf_neighbor_detail": ROUTING,
    "show_ipv6_neighbors": UNKNOWN,
    "show_ipv6_route": UNKNOWN,
}


def kept(text: str, differences: Iterable[Different]) -> str:
    """The text with what differs put right."""
    for pattern, instead, why, _ in differences:
        text, count = re.subn(pattern, instead, text)
        assert count, f"nothing differs any more: {pattern}: {why}"
    return text


def tidy(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").rstrip().splitlines()]


there = pytest.mark.skipif(not GOLDENS.is_dir(), reason="the captured outputs are not at hand")


@there
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_comes_out_of_its_values(name: str) -> None:
    sample = SAMPLES[name]
    rows = yaml.safe_load((GOLDENS / f"{name}.yml").read_text())["parsed_sample"]
    theirs = kept((GOLDENS / f"{name}.raw").read_text(), [each for each in sample.differences if not each.ours])
    ours = kept("\n".join(sample.lines(rows, theirs)), [each for each in sample.differences if each.ours])
    assert tidy(ours) == tidy(theirs)


@there
def test_every_sample_is_held_or_has_its_reason() -> None:
    held = SAMPLES.keys() | ELSEWHERE.keys()
    loose = [
        f"{folder.name}/{sample.stem}"
        for folder in sorted(GOLDENS.iterdir())
        if folder.is_dir() and folder.name not in ELSEWHERE_ALL.keys() | NOT_YET.keys()
        for sample in sorted(folder.glob("*.raw"))
        if f"{folder.name}/{sample.stem}" not in held
    ]
    assert not loose and not SAMPLES.keys() & ELSEWHERE.keys()
