"""Ansible's collection cisco.ios against routers of a lab, by the lab's inventory and playbooks as users write them.

What should last is run twice, the second time by the other SSH library: nothing may change then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PLAYBOOKS = Path(__file__).parent / "playbooks"
SOURCE = """\
ip host mirror 10.77.0.9
interface Loopback61
 ip mtu 1400
"""

Play = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def play(inventory: Path, run_client: Callable[..., str]) -> Play:
    """`play("config", "libssh", backup=…)` runs a playbook and says of each task: ok, changed, or what else."""

    def run(name: str, library: str, **variables: object) -> dict[str, str]:
        given = {**variables, "ansible_network_cli_ssh_type": library}
        words = [word for key, value in given.items() for word in ("--extra-vars", f"{key}={value}")]
        hosts = str(inventory / "ansible" / "hosts.yml")
        said = run_client(
            "ansible",
            "ansible-playbook",
            *("--inventory", hosts, str(PLAYBOOKS / f"{name}.yml"), *words),
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_HOST_KEY_CHECKING="False",
        )
        assert re.search(r"unreachable=0 +failed=0", said), said
        return dict(re.findall(r"TASK \[(.+?)\].*?^(ok|changed|fatal|skipping): \[", said, re.MULTILINE | re.DOTALL))

    return run


def changed(tasks: dict[str, str]) -> list[str]:
    return [name for name, outcome in tasks.items() if outcome == "changed"]


def test_facts_and_resources_are_gathered(play: Play, tmp_path: Path) -> None:
    play("facts", "libssh", output=tmp_path / "facts.json")
    found: dict[str, Any] = json.loads((tmp_path / "facts.json").read_text())
    assert (found["ansible_net_hostname"], found["ansible_net_iostype"]) == ("SPOKE1", "IOS-XE")
    assert found["ansible_net_operatingmode"] == "autonomous"
    assert found["ansible_net_version"].startswith("17.")
    assert found["ansible_net_filesystems"] == ["flash:"]
    assert "10.255.0.11" in found["ansible_net_all_ipv4_addresses"]
    assert found["ansible_net_interfaces"]["Tunnel0"]["operstatus"] == "up"
    resources = found["ansible_network_resources"]
    assert resources["hostname"] == {"hostname": "SPOKE1"}
    addresses = {each["name"]: each.get("ipv4") for each in resources["l3_interfaces"]}
    assert addresses["GigabitEthernet2"] == [{"address": "10.1.0.1/24"}]
    routes = resources["static_routes"][0]["address_families"][0]["routes"]
    assert {"dest": "0.0.0.0/0", "next_hops": [{"forward_router_address": "198.51.100.1"}]} in routes
    assert resources["lacp"] == {"system": {"priority": 32768}}


def test_commands_wait_answer_prompts_and_see_refusals(play: Play) -> None:
    tasks = play("commands", "paramiko")
    assert tasks["a refusal"] == "fatal"
    assert changed(tasks) == []


def test_lines_are_configured_once(play: Play, tmp_path: Path) -> None:
    source = tmp_path / "lines.cfg"
    source.write_text(SOURCE)
    first = play("config", "paramiko", source=source, backup=tmp_path)
    assert len(changed(first)) >= 7
    kept = (tmp_path / "spoke2.cfg").read_text()
    assert "description by ansible" in kept and "is of a lab" in kept and "Rob0t" not in kept
    assert changed(play("config", "libssh", source=source, backup=tmp_path)) == []


def test_resources_are_configured_once(play: Play) -> None:
    assert len(changed(play("resources", "libssh"))) == 8
    assert changed(play("resources", "paramiko")) == []


def test_every_state_of_a_resource_does_what_it_says(play: Play) -> None:
    assert "fatal" not in play("states", "libssh").values()
