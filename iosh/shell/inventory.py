"""Inventories of a lab's routers for Ansible, Nornir and pyATS, so that a program finds what the lab opened.

They are YAML whose values are written as JSON, which is YAML too. Name and password stand there only where they are the
lab's own; a router whose configuration has users needs them from you. The files are for their owner alone.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from iosh.shell.serve import Reach, Service

_PRIVATE: Final = 0o600


def write(folder: Path, service: Service) -> list[str]:
    """Write them below a folder; the names of the files. `OSError` if they cannot be written."""
    reached = {one.node: one for one in reversed(service.reached)}  # SSH before telnet
    files: dict[str, Any] = {
        "ansible/hosts.yml": _ansible(service, reached),
        "nornir/hosts.yaml": {name: _nornir(service, one) for name, one in sorted(reached.items())},
        "nornir/groups.yaml": {"iosh": {"platform": "ios"}},
        "nornir/defaults.yaml": {},
        "pyats/testbed.yaml": _pyats(service, reached),
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"---\n{_yaml(content)}\n")
    return list(files)


def _yaml(value: Any, depth: int = 0) -> str:
    if not isinstance(value, dict) or not value:
        return json.dumps(value)
    lines = []
    for key, item in value.items():
        below = _yaml(item, depth + 1)
        lines.append(f"{'  ' * depth}{key}:" + (f"\n{below}" if isinstance(item, dict) and item else f" {below}"))
    return "\n".join(lines)


def _login(service: Service, node: str) -> tuple[str, str] | None:
    """Name and password, where the router takes the lab's own."""
    gate = next(gate for gate in service.gates if gate.box.name == node)
    return (service.wanted.user.name, service.wanted.user.password) if gate.is_open else None


def _ansible(service: Service, reached: dict[str, Reach]) -> dict[str, Any]:
    hosts: dict[str, Any] = {}
    for name, one in sorted(reached.items()):
        hosts[name] = {"ansible_host": one.host, "ansible_port": one.port}
        login = _login(service, name)
        if login is not None:
            hosts[name] |= {"ansible_user": login[0], "ansible_password": login[1]}
    variables = {
        "ansible_connection": "ansible.netcommon.network_cli",
        "ansible_network_os": "cisco.ios.ios",
        "ansible_host_key_checking": False,
    }
    return {"all": {"children": {"iosh": {"hosts": hosts, "vars": variables}}}}


def _nornir(service: Service, one: Reach) -> dict[str, Any]:
    host: dict[str, Any] = {"hostname": one.host, "port": one.port, "groups": ["iosh"]}
    login = _login(service, one.node)
    return host | ({"username": login[0], "password": login[1]} if login is not None else {})


def _pyats(service: Service, reached: dict[str, Reach]) -> dict[str, Any]:
    """A device is called as its prompt calls it: unicon builds its patterns from the name."""
    devices: dict[str, Any] = {}
    for name, one in sorted(reached.items()):
        options = {"arguments": {"learn_hostname": True}}
        way = {"protocol": one.protocol, "ip": one.host, "port": one.port} | options
        device: dict[str, Any] = {"os": "iosxe", "type": "router", "connections": {"cli": way}}
        login = _login(service, name)
        if login is not None:
            device["credentials"] = {"default": {"username": login[0], "password": login[1]}}
        devices[service.lab.boxes[name].router.config.hostname] = device
    return {"testbed": {"name": service.lab.topology.name}, "devices": devices}
