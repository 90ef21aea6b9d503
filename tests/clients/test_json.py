"""Every show of the grammar, asked of a router in a cloud: what answers with text answers with a value under `| json`.

The value is what the text was made of. Where a value is text itself, because what is shown is text, stands in `TEXT`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from iosh.cli.notation import grammar
from iosh.cli.tree import Node, Run

SETTING = """\
lldp run
cdp run
ntp server 192.0.2.2
ip host mirror 10.77.0.9
vrf definition RED
 rd 65000:1
 address-family ipv4
ip access-list extended WEB
 permit tcp any host 10.1.0.10 eq 443
ip access-list standard INSIDE
 permit 10.1.0.0 0.0.0.255
ip prefix-list WEB permit 10.0.0.0/8
ipv6 prefix-list WEB permit 2001:db8::/32
ipv6 access-list WEB
 permit ipv6 any any
route-map WEB permit 10
class-map match-all WEB
 match any
policy-map WEB
 class WEB
object-group network WEB
 host 10.1.0.10
time-range WEB
 periodic daily 8:00 to 17:00
interface GigabitEthernet1
 ip nat outside
interface GigabitEthernet2
 ip nat inside
 ip access-group WEB out
ip nat inside source list INSIDE interface GigabitEthernet1 overload
ip dhcp pool WEB
 network 10.1.0.0 255.255.255.0
ip sla 1
 icmp-echo 192.0.2.2
ip sla schedule 1 life forever start-time now
track 1 interface GigabitEthernet1 line-protocol
logging buffered 8192
archive
 path flash:saved
"""
TYPED = {  # in the place of what is not a keyword, whatever of it has an answer
    "A.B.C.D": ("192.0.2.2", "198.51.100.2", "10.255.0.1", "198.51.100.1"),
    "A.B.C.D/nn": ("10.0.0.0/8",),
    "INTERFACE": ("Tunnel0", "GigabitEthernet1"),
    "URL": ("flash:before.cfg",),
    "WORD": ("WEB", "DMVPN", "RED", "default", "HUB", "CAP", "exec", "internet", "mirror"),
    "FLASH": ("flash:",),
}
TEXT = {
    "more": "a file's lines",
    "show startup-config": "the file's lines: they need not be what a router understands",
    "show running-config partition": "lines that are kept as they were typed",
    "show parser dump": "the grammar is text",
}
SHOWS = [
    node
    for word in ("show", "dir", "more")
    for node in grammar().modes["exec"].root.exact[word].walk()
    if isinstance(node.meaning, Run) and not node.virtual
]


def path(node: Node) -> str:
    return " ".join(step.word for step in node.trail())


def spellings(node: Node) -> Iterator[str]:
    """The line, with each of the values that may stand in it."""
    words = [
        TYPED.get(step.word) or ((step.word[1:].partition("-")[0],) if step.word.startswith("<") else (step.word,))
        for step in node.trail()
    ]
    return (" ".join(each) for each in product(*words))


@pytest.fixture(scope="module")
def ask(make_cloud: Callable[..., Any]) -> Callable[[str], str | None]:
    """What a spoke says to a command; None if it is refused."""
    cloud = make_cloud({"internet": "lldp run\ncdp run\n", "spoke1": SETTING})
    cloud.text("spoke1", "archive config")
    for what in ("interface GigabitEthernet2 both", "match any", "start"):
        cloud.text("spoke1", f"monitor capture CAP {what}")
    cloud.let_a_shortcut_form()

    def asked(command: str) -> str | None:
        answer = cloud.runner.execute("spoke1", command)
        return answer.text if answer.taken else None

    return asked


def answered(ask: Callable[[str], str | None], node: Node) -> tuple[str, str]:
    """The first spelling that has an answer with text, and the answer; without one the first that is taken."""
    taken = ("", "")
    for command in spellings(node):
        text = ask(command)
        if text is not None and (not taken[0] or text.strip()):
            taken = command, text
        if taken[1].strip():
            break
    return taken


def test_what_answers_with_text_answers_with_a_value(ask: Callable[[str], str | None]) -> None:
    """One that prints nothing has a value as well: that of the empty table."""
    refused, silent, textual = [], [], []
    for node in SHOWS:
        command, text = answered(ask, node)
        if not command:
            refused.append(path(node))
            continue
        value = json.loads(ask(f"{command} | json") or "")
        lines = text.splitlines()
        if isinstance(value, list) and value and all(isinstance(each, str) and each in lines for each in value):
            textual.append(command)
        if not text.strip():
            silent.append(command)
    assert refused == []
    assert [command for command in textual if not command.startswith(tuple(TEXT))] == []
    assert [start for start in TEXT if not any(command.startswith(start) for command in textual)] == []
    assert len(SHOWS) - len(silent) >= 550, silent
