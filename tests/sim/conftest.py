"""The cloud of `examples/dmvpn-phase3`, built in memory, with edits to its configs as a test wishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from iosh.base.time import SECOND
from iosh.lab.build import Lab, build
from iosh.lab.checks import run_until_formed
from iosh.lab.file import Topology, parse, read
from iosh.lab.run import Runner
from iosh.router.router import Router

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "dmvpn-phase3" / "dmvpn-phase3.clab.yml"

Edits = Mapping[str, Mapping[str, str]]  # node: {old text: new text}


class Cloud:
    """A lab with the words tests use of it."""

    def __init__(self, topology: Topology, seed: int) -> None:
        self.lab: Lab = build(topology, seed)
        self.world = self.lab.world
        self._runner = Runner(self.lab)

    def run(self, span_s: int) -> None:
        """Let virtual time pass."""
        self.world.run_for(span_s * SECOND)

    def form(self) -> None:
        """Run until every spoke is registered and every session up."""
        assert run_until_formed(self.lab), self.show("spoke1", "show dmvpn")

    def router(self, node: str) -> Router:
        return self.lab.boxes[node].router

    def type(self, node: str, *lines: str) -> str:
        """Type lines at a node's console, each taken; what the last of them printed."""
        text = ""
        for line in lines:
            answer = self._runner.execute(node, line)
            assert answer.taken, f"{node}: {line}: {answer.text}"
            text = answer.text
        return text

    def configure(self, node: str, *lines: str) -> None:
        self.type(node, "configure terminal", *lines, "end")

    def power_cycle(self, node: str) -> None:
        """As `reload`, with no question asked."""
        self.router(node).reload_requested = True
        self.world.touch(node)

    def show(self, node: str, command: str) -> str:
        return self.type(node, command)

    def log(self, node: str) -> str:
        """The router's logging buffer."""
        return "\n".join(self.router(node).logbook.lines)

    def ping(self, node: str, destination: str) -> str:
        """From a station: the answer's summary line."""
        return self.type(node, f"ping -c 3 {destination}")

    def hops(self, node: str, destination: str) -> list[str]:
        """From a station: who answered each probe's time-to-live, first probe of each hop."""
        lines = self.type(node, f"traceroute -n -q 1 {destination}").splitlines()
        return [line.split()[1] for line in lines if line[:3].strip().isdigit()]


def edited(topology: Topology, edits: Edits) -> Topology:
    """The topology with texts of its configs replaced; an edit that finds nothing is the test's mistake."""
    nodes = dict(topology.nodes)
    for name, changes in edits.items():
        text = nodes[name].startup
        for old, new in changes.items():
            assert old in text, f"{name}: {old!r} is not in its config"
            text = text.replace(old, new)
        nodes[name] = replace(nodes[name], startup=text)
    return replace(topology, nodes=nodes)


@pytest.fixture(scope="session")
def example() -> Topology:
    return read(EXAMPLE)


@pytest.fixture
def make_cloud(example: Topology) -> Callable[..., Cloud]:
    """`make_cloud(hub={"old": "new"}, seed=7)`: a cloud at instant 0."""

    def make(seed: int = 1, **edits: Mapping[str, str]) -> Cloud:
        return Cloud(edited(example, edits), seed)

    return make


@pytest.fixture
def cloud(make_cloud: Callable[..., Cloud]) -> Cloud:
    """The example's cloud, formed."""
    made = make_cloud()
    made.form()
    return made


@pytest.fixture
def make_town(tmp_path: Path) -> Callable[..., Cloud]:
    """`make_town("a:eth1 b:eth1", a="ip config", b="...")`: routers with these configs and cables, at instant 0."""

    def make(*cables: str, seed: int = 1, **configs: str) -> Cloud:
        nodes = []
        for name, config in configs.items():
            (tmp_path / f"{name}.cfg").write_text(f"hostname {name}\n{config}\nend\n")
            nodes.append(f"    {name}: {{kind: iosh, startup-config: {name}.cfg}}\n")
        links = [f"    - endpoints: [{', '.join(repr(end) for end in cable.split())}]\n" for cable in cables]
        text = "name: town\ntopology:\n  nodes:\n" + "".join(nodes) + "  links:\n" + "".join(links)
        return Cloud(parse(text, "town", tmp_path), seed)

    return make
