"""hier_config works out what leads from one configuration to another: pushed into a router, nothing is left to do.

Pairs are the project's sample configurations and examples of one release. Where the router's own text is the goal, the
router arrives at it to the letter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from iosh.cli.configure import Configurator
from iosh.cli.difference import apply
from iosh.cli.load import load
from iosh.cli.render import running_config
from iosh.config.store import Store

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    *("core-iosxe-17.6-aaa", "edge-ios-15.4-acl-nat", "edge-iosxe-17.9-acl", "hub-iosxe-16.9-bgp-zbf"),
    *("hub-iosxe-17-named-eigrp", "spoke-ios-15.2-fvrf", "spoke-ios-15.7-nat-qos"),
)
SAMPLES = [ROOT / f"tests/data/configs/{name}.cfg" for name in NAMES] + sorted((ROOT / "examples").rglob("*.cfg"))
PORTS = tuple(
    {
        port: None
        for file in SAMPLES
        for port in re.findall(r"(?m)^interface ((?:Gigabit|Fast)?Ethernet[\d/]+)$", file.read_text())
    }
)
SPOKE = ROOT / "examples" / "dmvpn-phase3" / "spoke1.cfg"

EDITS = (  # what stands in the spoke's configuration, and what shall
    ("hostname SPOKE1", "hostname SPOKE-ONE\n!\nip domain name example.net"),
    ("no ip domain lookup", "ip name-server 192.0.2.53"),
    (" dpd 20 5 on-demand", " lifetime 43200\n dpd 30 5 periodic"),
    (" description DMVPN phase 3 spoke", " description A spoke\n bandwidth 10000"),
    (" ip mtu 1400", " ip mtu 1380"),
    (" ip nhrp authentication DMVPN-01", " ip nhrp authentication DMVPN-02\n ip nhrp holdtime 300"),
    (" tunnel key 100", " tunnel key 200"),
    (
        "interface GigabitEthernet2\n description LAN",
        "interface Loopback0\n ip address 10.66.0.1 255.255.255.255\n!\n"
        "interface GigabitEthernet2\n ip access-group WEB in",
    ),
    (
        "ip route 10.0.0.0 255.0.0.0 10.255.0.1",
        "ip route 10.0.0.0 255.0.0.0 10.255.0.1 50 name lan\nip route 198.18.0.0 255.254.0.0 Null0\n!\n"
        "logging trap warnings\n!\nip access-list extended WEB\n permit tcp any any eq www\n deny   ip any any log",
    ),
    (" logging synchronous", " exec-timeout 5 0"),
)
EITHER_WAY = {  # IOS prints each of these on or off, and the samples that say neither are shortened
    *("ip http server", "ip http secure-server", "ip cef", "ipv6 cef", "ip virtual-reassembly in"),
    *("mgcp behavior rsip-range tgcp-only", "mgcp package-capability res-package", "service call-home"),
    *("platform qfp utilization monitor load 80", "logging buffered", "logging monitor"),
}

Hier = Callable[[list[tuple[str, str]]], list[list[str]]]


@pytest.fixture(scope="module")
def hier(ask_client: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Hier:
    file = tmp_path_factory.mktemp("hier") / "pairs.json"

    def remediations(pairs: list[tuple[str, str]]) -> list[list[str]]:
        file.write_text(json.dumps(pairs))
        lines: list[list[str]] = ask_client("hier_config", "hier_remediate.py", file)
        return lines

    return remediations


def taken(text: str) -> str:
    """As a router prints it."""
    loaded, complaints = load(text, PORTS)
    assert complaints == []
    return printed(Store(loaded))


def printed(store: Store) -> str:
    return "".join(f"{line}\n" for line in running_config(store.running))


def push(text: str, lines: list[str]) -> tuple[str, list[Any]]:
    store = Store(load(text, PORTS)[0])
    refused = apply(Configurator(store, frozenset(PORTS)), lines)
    return printed(store), refused


def test_an_edited_configuration_is_arrived_at_and_left_again(hier: Hier) -> None:
    before = wanted = taken(SPOKE.read_text())
    for old, new in EDITS:
        assert f"{old}\n" in wanted, old
        wanted = wanted.replace(f"{old}\n", f"{new}\n", 1)
    wanted = taken(wanted)
    forth, back = hier([(before, wanted), (wanted, before)])
    assert push(before, forth) == (wanted, [])
    assert push(wanted, back) == (before, [])
    assert hier([(wanted, wanted), (before, before)]) == [[], []]


def test_any_sample_becomes_any_other_of_its_release(hier: Hier) -> None:
    """In three passes: an address may have to leave one interface before it can come to another."""
    samples = [taken(file.read_text()) for file in SAMPLES]
    pairs = [(one, two) for one, two in permutations(samples, 2) if one.split(".")[0] == two.split(".")[0]]
    assert len(pairs) >= 40
    for _ in range(3):
        pairs = [(push(now, lines)[0], wanted) for (now, wanted), lines in zip(pairs, hier(pairs), strict=True)]
    left = [line.strip().removeprefix("no ") for lines in hier(pairs) for line in lines]
    assert {line for line in left if not line.startswith("interface ")} <= EITHER_WAY
