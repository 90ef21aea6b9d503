"""Access lists: the compiled matcher against one that takes every word literally, and what they do to packets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.base.time import SECOND
from iosh.base.words import ICMP_MESSAGES, PROTOCOLS
from iosh.cli.load import load
from iosh.config.model_acl import Ace
from iosh.proto.machine import Report
from iosh.router.acl import REMEMBERED, AccessList, AclSettings, permits, settings_of
from iosh.router.reflexive import Reflexive
from iosh.wire import icmp, ipv4
from iosh.wire.icmp import Icmp
from iosh.wire.ipv4 import Ipv4
from iosh.wire.tcp import Tcp
from iosh.wire.udp import Udp

A = IPv4.parse
ADDRESSES = [A("10.0.0.1"), A("10.0.0.2"), A("10.0.1.1"), A("192.0.2.7")]
PORTS = [22, 53, 80, 1024, 5000]
WILDCARDS = [A("0.0.0.3"), A("0.0.0.255"), A("0.0.255.0"), A("0.255.0.255")]


# --- an oracle that knows nothing of masks, keys and caches -----------------------------------------------------------


def literally(ace: Ace, packet: Ipv4) -> bool:
    """Does this line take this packet, word by word?"""
    if ace.protocol != "ip" and packet.protocol != PROTOCOLS.get(ace.protocol, -1):
        return False
    if not (_address(ace, "source", packet.source) and _address(ace, "destination", packet.destination)):
        return False
    tos = packet.tos
    for wanted, value in ((ace.dscp, tos // 4), (ace.precedence, tos // 32), (ace.tos, tos // 2 % 16)):
        if wanted is not None and wanted != value:
            return False
    ttl = packet.ttl
    by_ttl = {"eq": ttl == 64, "neq": ttl != 64, "gt": ttl > 64, "lt": ttl < 64, "range": 64 <= ttl <= 200}
    if ace.ttl_operator and not by_ttl[ace.ttl_operator]:
        return False
    if (ace.any_option and not packet.options) or (ace.option is not None and ace.option not in packet.options[:1]):
        return False
    if ace.fragments:
        return packet.offset > 0
    transport = _transport(ace)
    if packet.offset and transport:
        return ace.action == "permit"
    return all(word(packet.payload) for word in transport)


def _address(ace: Ace, end: str, address: IPv4) -> bool:
    if getattr(ace, f"{end}_any"):
        return True
    if getattr(ace, f"{end}_host") is not None:
        return bool(getattr(ace, f"{end}_host") == address)
    wanted, wildcard = getattr(ace, end), getattr(ace, f"{end}_wildcard")
    return all((wildcard >> bit) & 1 or (wanted ^ address) >> bit & 1 == 0 for bit in range(32))


def _transport(ace: Ace) -> list[Any]:
    words: list[Any] = []
    for place, end in ((0, "source"), (2, "destination")):
        operator, ports = getattr(ace, f"{end}_operator"), getattr(ace, f"{end}_ports")
        low, high = getattr(ace, f"{end}_low"), getattr(ace, f"{end}_high")
        test = {
            "eq": lambda port, ports=ports: port in ports,
            "neq": lambda port, ports=ports: port not in ports,
            "gt": lambda port, low=low: port > low,
            "lt": lambda port, high=high: port < high,
            "range": lambda port, low=low, high=high: low <= port <= high or high <= port <= low,
        }.get(operator)
        if test is not None:
            words.append(lambda data, at=place, test=test: len(data) >= at + 2 and test(data[at] * 256 + data[at + 1]))
    if ace.established:
        words.append(lambda data: len(data) > 13 and data[13] & 0x14)
    if ace.syn:
        words.append(lambda data: len(data) > 13 and data[13] & 0x02)
    if ace.flags_match:
        bits = {"ack": 16, "fin": 1, "syn": 2}
        enough = all if ace.flags_match == "match-all" else any
        signed = [(bits[flag[1:]], flag[0] == "+") for flag in ace.flags]
        words.append(lambda data: len(data) > 13 and enough((data[13] & bit > 0) is on for bit, on in signed))
    if ace.icmp_message is not None:
        kind, code = ICMP_MESSAGES[ace.icmp_message]
        words.append(lambda data: len(data) > 1 and data[0] == kind and code in (None, data[1]))
    return words


@st.composite
def ends(draw: Any, end: str) -> dict[str, Any]:
    match draw(st.sampled_from(("any", "host", "wildcard"))):
        case "any":
            return {f"{end}_any": True}
        case "host":
            return {f"{end}_host": draw(st.sampled_from(ADDRESSES))}
    wildcard = draw(st.sampled_from(WILDCARDS))
    return {end: IPv4(draw(st.sampled_from(ADDRESSES)) & ~wildcard), f"{end}_wildcard": wildcard}


@st.composite
def operators(draw: Any, end: str) -> dict[str, Any]:
    operator = draw(st.sampled_from((None, "eq", "neq", "gt", "lt", "range")))
    ports = st.sampled_from(PORTS)
    said: dict[str, Any] = {f"{end}_operator": operator}
    if operator in ("eq", "neq"):
        said[f"{end}_ports"] = tuple(draw(st.lists(ports, min_size=1, max_size=3)))
    if operator in ("gt", "range"):
        said[f"{end}_low"] = draw(ports)
    if operator in ("lt", "range"):
        said[f"{end}_high"] = draw(ports)
    return said


@st.composite
def aces(draw: Any) -> Ace:
    protocol = draw(st.sampled_from(("ip", "tcp", "udp", "icmp", "gre")))
    said = {"action": draw(st.sampled_from(("permit", "deny"))), "protocol": protocol}
    said |= draw(ends("source")) | draw(ends("destination"))
    if protocol in ("tcp", "udp"):
        said |= draw(operators("source")) | draw(operators("destination"))
    if protocol == "tcp":
        said |= {"established": draw(st.booleans()), "syn": draw(st.booleans())}
        said["flags_match"] = draw(st.sampled_from((None, None, "match-all", "match-any")))
        said["flags"] = ("+ack", "-fin") if said["flags_match"] else ()
    if protocol == "icmp":
        said["icmp_message"] = draw(st.sampled_from((None, "echo", "unreachable", "port-unreachable")))
    said["dscp"] = draw(st.sampled_from((None, None, 46)))
    said["precedence"] = draw(st.sampled_from((None, None, 5)))
    said["any_option"] = draw(st.sampled_from((False, False, True)))
    said["option"] = draw(st.sampled_from((None, None, 1, 7)))
    said["ttl_operator"] = draw(st.sampled_from((None, None, "eq", "gt", "lt", "neq", "range")))
    if said["ttl_operator"]:
        said["ttl_low"] = 64
        said["ttl_high"] = 200 if said["ttl_operator"] == "range" else None
    said["fragments"] = draw(st.sampled_from((False, False, True)))
    return Ace(**said)


@st.composite
def packets(draw: Any) -> Ipv4:
    source, destination = draw(st.sampled_from(ADDRESSES)), draw(st.sampled_from(ADDRESSES))
    protocol = draw(st.sampled_from((ipv4.TCP, ipv4.UDP, ipv4.ICMP, ipv4.GRE)))
    one, other = draw(st.sampled_from(PORTS)), draw(st.sampled_from(PORTS))
    payload = {
        ipv4.TCP: Tcp(one, other, 1, 2, draw(st.sampled_from((2, 16, 18, 4, 1)))).encode(source, destination),
        ipv4.UDP: Udp(one, other, b"x").encode(source, destination),
        ipv4.ICMP: Icmp(draw(st.sampled_from((0, 3, 8))), draw(st.sampled_from((0, 3))), one, b"").encode(),
        ipv4.GRE: b"\0\0\x08\0",
    }[protocol]
    offset = draw(st.sampled_from((0, 0, 8)))
    tos = draw(st.sampled_from((0, 0xB8, 0xA0)))
    options = draw(st.sampled_from((b"", b"", b"\x01\x01\x01\x00")))
    cut = draw(st.sampled_from((None, None, 1)))
    ttl = draw(st.sampled_from((1, 64, 255)))
    return Ipv4(source, destination, protocol, payload[:cut], ttl, tos, offset=offset, options=options)


@given(st.lists(aces(), max_size=6), st.lists(packets(), min_size=1, max_size=12))
@settings(max_examples=300, deadline=None)
def test_a_compiled_list_says_what_its_words_say(lines: list[Ace], seen: list[Ipv4]) -> None:
    compiled = AccessList(AclSettings("x", False, tuple(enumerate(lines, 1))))
    counts = [0] * len(lines)
    for packet in [*seen, *seen]:
        first = next((number for number, ace in enumerate(lines) if literally(ace, packet)), None)
        if first is not None:
            counts[first] += 1
        wanted = not lines or (first is not None and lines[first].action == "permit")
        assert compiled.permits(packet.encode()) is wanted
    assert [line.matches for line in compiled.lines] == counts


def test_what_was_found_is_remembered_within_bounds() -> None:
    compiled = AccessList(AclSettings("x", False, ((1, Ace(source_any=True, destination_any=True)),)))
    for number in range(REMEMBERED + 10):
        compiled.permits(ipv4.packet(number + 1, 1, ipv4.UDP, bytes(8)))
    assert len(compiled._found) == 10
    assert compiled.lines[0].matches == REMEMBERED + 10


# --- from the configuration -------------------------------------------------------------------------------------------

CONFIG = """
access-list 10 permit 10.0.0.0 0.0.0.255
ip access-list standard hosts
 deny 10.0.0.1
 remark the rest
 permit any
ip access-list extended ssh
 permit tcp host 10.0.0.1 any eq 22
ip access-list extended empty
"""


@pytest.mark.parametrize(
    ("name", "address", "allowed"),
    [
        ("10", "10.0.0.9", True),
        ("10", "10.0.1.9", False),
        ("hosts", "10.0.0.1", False),
        ("hosts", "10.0.0.2", True),
        ("ssh", "10.0.0.1", True),
        ("ssh", "10.0.0.2", False),
        ("empty", "10.0.0.2", True),
        ("nowhere", "10.0.0.2", True),
        (None, "10.0.0.2", True),
    ],
)
def test_an_access_class_says_who_may_come(name: str | None, address: str, allowed: bool) -> None:
    config, complaints = load(CONFIG)
    assert complaints == []
    assert permits(config, name, A(address)) is allowed


def test_remarks_are_no_lines_and_lists_come_numbers_first() -> None:
    config, _ = load(CONFIG)
    found = settings_of(config)
    assert list(found) == ["10", "hosts", "ssh", "empty"]
    assert [number for number, _ in found["hosts"].lines] == [10, 20]


# --- in the forwarding path -------------------------------------------------------------------------------------------

Line = tuple[Any, Any, Any, Any]


def apply(node: Any, **lists: str) -> None:
    """Lists by name, in the language of the configuration."""
    text = "".join(f"ip access-list extended {name}\n{body}\n" for name, body in lists.items())
    config, complaints = load(text)
    assert complaints == []
    node.forwarding.settle_access_lists(settings_of(config))


def test_what_a_list_denies_on_the_way_in_is_answered_as_prohibited(line: Line) -> None:
    net, west, middle, _ = line
    middle.interface("Ethernet0/0", "10.0.1.254/24", access_in="x")
    apply(middle, x=" deny icmp any host 10.0.2.1\n permit ip any any")
    assert west.echo("10.0.1.1", "10.0.2.1") == ["10.0.1.254 " + _prohibited(west)]
    assert middle.drops("acl.in_denied") == 1
    assert west.echo("10.0.1.1", "10.0.1.254") == ["10.0.1.254 reply"]
    middle.interface("Ethernet0/0", "10.0.1.254/24", access_in="x", unreachables=False)
    net.after(1000)
    assert west.echo("10.0.1.1", "10.0.2.1") == []


def _prohibited(node: Any) -> str:
    return str(Icmp(icmp.UNREACHABLE, icmp.ADMINISTRATIVELY_PROHIBITED, 0, _quoted(node)))


def _quoted(node: Any) -> bytes:
    """What the error says of the last echo this node sent, one hop later."""
    frame = next(frame for frame in reversed(node.ports["Ethernet0/0"].seen) if frame[12:14] == b"\x08\x00")
    return icmp.quotation(frame[14:])


def test_the_way_out_is_filtered_for_others_and_not_for_the_router_itself(line: Line) -> None:
    _, west, middle, _ = line
    middle.interface("Ethernet0/1", "10.0.2.254/24", access_out="x")
    apply(middle, x=" deny ip any any")
    west.echo("10.0.1.1", "10.0.2.1")
    assert middle.drops("acl.out_denied") == 1
    assert middle.echo("10.0.2.254", "10.0.2.1") == ["10.0.2.1 reply"]


@pytest.mark.parametrize("lists", [{}, {"x": ""}])
def test_a_list_that_is_not_there_or_empty_lets_everything_through(line: Line, lists: dict[str, str]) -> None:
    _, west, middle, _ = line
    middle.interface("Ethernet0/0", "10.0.1.254/24", access_in="x")
    apply(middle, **lists)
    assert west.echo("10.0.1.1", "10.0.2.1") == ["10.0.2.1 reply"]
    assert not middle.forwarding.interfaces["Ethernet0/0"].checks_in


def test_a_list_takes_effect_when_it_is_written_and_keeps_its_counts_when_lines_are_added(line: Line) -> None:
    _, west, middle, _ = line
    middle.interface("Ethernet0/0", "10.0.1.254/24", access_in="x")
    apply(middle, x=" 10 permit icmp any any echo")
    west.echo("10.0.1.1", "10.0.2.1")
    apply(middle, x=" 10 permit icmp any any echo\n 20 permit ip any any")
    west.echo("10.0.1.1", "10.0.2.1")
    compiled = middle.forwarding.policy.access_lists["x"]
    assert [line.matches for line in compiled.lines] == [2, 0]
    compiled.clear()
    assert [line.matches for line in compiled.lines] == [0, 0]


def test_a_line_with_log_is_told_at_once_and_then_every_five_minutes(line: Line) -> None:
    net, west, middle, _ = line
    middle.interface("Ethernet0/0", "10.0.1.254/24", access_in="x")
    apply(middle, x=" deny icmp any host 10.0.2.1 log\n permit ip any any")
    for _ in range(3):
        west.echo("10.0.1.1", "10.0.2.1")
    said = "%SEC-6-IPACCESSLOGDP: list x denied icmp 10.0.1.1 -> 10.0.2.1 (8/0), {}"
    assert [str(report.message).strip() for report in middle.heard(Report)] == [said.format("1 packet")]
    net.after(300_000)
    assert [str(report.message).strip() for report in middle.heard(Report)] == [said.format("2 packets")]
    net.after(300_000)
    assert middle.heard(Report) == []
    assert middle.timers.when(("forwarding", "acl log")) is None


def test_log_input_names_interface_and_sender_and_ports_stand_in_brackets(line: Line) -> None:
    _, west, middle, _ = line
    middle.interface("Ethernet0/0", "10.0.1.254/24", access_in="x")
    apply(middle, x=" permit udp any any log-input\n permit ip any any log")
    source, destination = A("10.0.1.1"), A("10.0.2.1")
    west.send(ipv4.packet(source, destination, ipv4.UDP, Udp(7, 9, b"").encode(source, destination)))
    west.send(ipv4.packet(source, destination, ipv4.GRE, bytes(4)))
    assert [str(report.message).strip() for report in middle.heard(Report)] == [
        "%SEC-6-IPACCESSLOGP: list x permitted udp 10.0.1.1(7) (Ethernet0/0 0200.0000.0000) -> 10.0.2.1(9), 1 packet",
        "%SEC-6-IPACCESSLOGNP: list x permitted 47 10.0.1.1 -> 10.0.2.1, 1 packet",
    ]


# --- object groups -------------------------------------------------------------------------------------------------

GROUPS = """
object-group network lan
 10.0.0.0 255.255.255.0
 host 10.0.1.7
 range 10.0.2.10 10.0.2.20
 group-object more
object-group network more
 host 10.0.3.3
object-group service web
 tcp eq www
 tcp-udp eq domain
 tcp source range 5000 6000
 group-object pings
object-group service pings
 icmp echo
 gre
ip access-list extended x
 permit object-group web object-group lan any
 permit tcp any object-group lan eq 22
 permit ip object-group nowhere any
"""


def grouped() -> AccessList:
    config, complaints = load(GROUPS)
    assert complaints == []
    return AccessList(settings_of(config)["x"])


@pytest.mark.parametrize(
    ("source", "destination", "payload", "line"),
    [
        ("10.0.0.9", "1.1.1.1", Tcp(1, 80, 0, 0, 2), 10),
        ("10.0.1.7", "1.1.1.1", Udp(1, 53, b""), 10),
        ("10.0.1.8", "1.1.1.1", Udp(1, 53, b""), None),
        ("10.0.2.10", "1.1.1.1", Tcp(1, 53, 0, 0, 2), 10),
        ("10.0.2.20", "1.1.1.1", Tcp(5500, 9, 0, 0, 2), 10),
        ("10.0.2.21", "1.1.1.1", Tcp(5500, 9, 0, 0, 2), None),
        ("10.0.3.3", "1.1.1.1", Tcp(4999, 9, 0, 0, 2), None),
        ("9.9.9.9", "10.0.3.3", Tcp(4999, 22, 0, 0, 2), 20),
        ("9.9.9.9", "10.0.3.4", Tcp(4999, 22, 0, 0, 2), None),
    ],
)
def test_a_group_stands_for_all_that_is_in_it(
    source: str, destination: str, payload: Tcp | Udp, line: int | None
) -> None:
    protocol = ipv4.TCP if isinstance(payload, Tcp) else ipv4.UDP
    packet = ipv4.packet(A(source), A(destination), protocol, payload.encode(A(source), A(destination)))
    found = grouped().match(packet)
    assert (found.sequence if found is not None else None) == line


def test_icmp_and_plain_protocols_stand_in_service_groups() -> None:
    compiled = grouped()
    assert compiled.permits(ipv4.packet(A("10.0.0.1"), 1, ipv4.ICMP, Icmp(icmp.ECHO, 0, 0, b"").encode()))
    assert not compiled.permits(ipv4.packet(A("10.0.0.1"), 1, ipv4.ICMP, Icmp(icmp.ECHO_REPLY, 0, 0, b"").encode()))
    assert compiled.permits(ipv4.packet(A("10.0.0.1"), 1, ipv4.GRE, bytes(4)))


@given(st.binary(max_size=40))
def test_options_of_any_make_end(options: bytes) -> None:
    kinds = list(ipv4.option_kinds(options))
    assert len(kinds) <= len(options) and kinds[:1] == list(options[:1])


# --- reflexive lists ------------------------------------------------------------------------------------------------


def test_what_was_let_out_is_answered_and_nothing_else(line: Line) -> None:
    net, west, middle, east = line
    middle.interface("Ethernet0/1", "10.0.2.254/24", access_in="back", access_out="out")
    apply(middle, out=" permit icmp any any reflect r timeout 60\n permit ip any any", back=" evaluate r")
    assert east.echo("10.0.2.1", "10.0.1.1") == ["10.0.2.254 " + _prohibited(east)]
    assert west.echo("10.0.1.1", "10.0.2.1") == ["10.0.2.1 reply"]
    (flow,) = middle.forwarding.policy.reflexive["r"].flows.values()
    assert flow.matches == 1
    net.after(61_000)
    assert middle.forwarding.policy.reflexive["r"].flows == {}
    assert middle.timers.when(("forwarding", "acl reflexive")) is None


def test_a_reset_closes_the_way_back_at_once_and_two_fins_after_five_seconds() -> None:
    out, ours, theirs = Reflexive(), A("10.0.1.1"), A("10.0.2.1")

    def goes(flags: int) -> bytes:
        return ipv4.packet(ours, theirs, ipv4.TCP, Tcp(1000, 80, 0, 0, flags).encode(ours, theirs))

    def comes(flags: int) -> bytes:
        return ipv4.packet(theirs, ours, ipv4.TCP, Tcp(80, 1000, 0, 0, flags).encode(theirs, ours))

    out.went_out(goes(0x02), 300 * SECOND, 0)
    assert out.knows(comes(0x12))
    out.went_out(goes(0x01), 300 * SECOND, SECOND)
    out.came_in(comes(0x11), 2 * SECOND)
    assert out.forget(2 * SECOND) == 7 * SECOND
    assert out.forget(7 * SECOND) is None and not out.flows
    out.went_out(goes(0x02), 300 * SECOND, 8 * SECOND)
    out.came_in(comes(0x14), 8 * SECOND)
    assert not out.flows


def test_a_threshold_tells_of_a_flow_sooner(line: Line) -> None:
    _, west, middle, _ = line
    middle.interface("Ethernet0/0", "10.0.1.254/24", access_in="x")
    config, _ = load("ip access-list extended x\n permit ip any any log\n")
    middle.forwarding.settle_access_lists(settings_of(config), log_threshold=2)
    for _ in range(5):
        west.echo("10.0.1.1", "10.0.2.1")
    counts = [str(report.message).rsplit(",", 1)[1].strip() for report in middle.heard(Report)]
    assert counts == ["1 packet", "2 packets", "2 packets"]
