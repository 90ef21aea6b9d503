"""hier_config works out what leads from one configuration to another: pushed into a router, nothing is left to do.

Pairs are the project's sample configurations and examples, said by a router of one release. Where the router's own text
is the goal, the router arrives at it to the letter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterable
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
SAMPLES = sorted((ROOT / "tests/data/configs").glob("*.cfg")) + sorted((ROOT / "examples").rglob("*.cfg"))
RELEASES = {"12": "12.4", "15": "15.7", "16": "16.12", "17": "17.9"}  # hier_config does not push `version …`
PORTS = tuple(
    {
        port: None
        for file in SAMPLES
        for port in re.findall(r"(?m)^interface ((?:Gigabit|Fast)?Ethernet[\d/]+)", file.read_text())
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
LEFT = {  # what hier_config itself does not get right; what it leaves for ever, and why
    **dict.fromkeys(
        (
            "no banner exec ^CAuthorised users only^C",
            "banner exec ^CAuthorised users only^C\nbanner login ^CLog in with your own name^C",
        ),
        "it reads a banner of one line on to the end of the next banner",
    ),
    **dict.fromkeys(
        ("no shutdown", "shutdown"),
        "it leaves no sub-mode, so what follows `service-family …` lands in there if it is known there",
    ),
}
LEFT_IN = {"no shutdown": "service-family ipv6 autonomous-system 5", "shutdown": "router eigrp CORE"}

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


def paths(lines: Iterable[str], step: int) -> dict[tuple[str, ...], None]:
    """Every line with those it stands below; `step`: blanks a level."""
    above: list[str] = []
    found = {}
    for line in lines:
        depth = (len(line) - len(line.lstrip())) // step
        above[depth:] = [line.strip()]
        found[tuple(above)] = None
    return found


def opposite(path: tuple[str, ...]) -> tuple[str, ...]:
    *above, line = path
    return (*above, line.removeprefix("no ") if line.startswith("no ") else f"no {line}")


def unsaid(path: tuple[str, ...], now: Container[tuple[str, ...]], wanted: Container[tuple[str, ...]]) -> bool:
    """Is it a line that is on or off and printed either way, and the wanted configuration, a shortened one, says
    neither? What is asked for is taken, and the line is printed the other way.
    """
    return opposite(path) in now and not {path, opposite(path)} & set(wanted)


def of_generation(text: str) -> str:
    """As the router of that generation that takes all samples says it; a port keeps the style it came with."""
    text = re.sub(r"(?m)^version (\d+).*", lambda found: f"version {RELEASES[found[1]]}", text)
    return taken(text.replace("interface GigabitEthernet0/1 type serial", "interface GigabitEthernet0/1"))


def test_any_sample_becomes_any_other_of_its_generation(hier: Hier) -> None:
    """In three passes: an address may have to leave one interface before it can come to another."""
    samples = [of_generation(file.read_text()) for file in SAMPLES]
    pairs = [(one, two) for one, two in permutations(samples, 2) if one.split(".")[0] == two.split(".")[0]]
    assert len(pairs) >= 180
    for _ in range(3):
        pairs = [(push(now, lines)[0], wanted) for (now, wanted), lines in zip(pairs, hier(pairs), strict=True)]
    left: dict[str, str] = {}
    for (now, wanted), lines in zip(pairs, hier(pairs), strict=True):
        there, goal = (paths(text.splitlines(), 1) for text in (now, wanted))
        for path in paths(lines, 2):
            if path[-1] in LEFT or (path not in there and not unsaid(path, there, goal)):
                left[path[-1]] = path[-2] if len(path) > 1 else ""
    assert left == dict.fromkeys(LEFT, "") | LEFT_IN
