"""Who may import whom (ARCHITECTURE.md), and who may touch the outside world."""

from __future__ import annotations

from typing import Any

FLOORS = {
    "": {"base", "wire", "proto", "config", "router", "show", "cli", "underlay", "lab", "shell"},
    "base": set(),
    "wire": {"base"},
    "proto": {"base", "wire"},
    "config": {"base"},
    "router": {"base", "wire", "proto", "config"},
    "show": {"base", "config", "proto", "router"},
    "cli": {"base", "config", "show", "router"},
    "underlay": {"base", "wire", "router"},
    "lab": {"base", "config", "router", "underlay", "cli"},
    "shell": {"base", "cli", "show", "lab", "underlay", "config", "router"},
}

# Modules of the outside world, and the floors (or single modules) that may use them.
OUTSIDE = {
    "time": ("iosh.shell", "iosh.underlay.linux"),
    "datetime": ("iosh.shell", "iosh.underlay.linux"),
    "random": (),
    "secrets": (),
    "os": ("iosh.base.rng", "iosh.shell", "iosh.underlay.linux", "iosh.lab"),
    "socket": ("iosh.underlay.linux", "iosh.shell"),
    "select": ("iosh.underlay.linux", "iosh.shell"),
    "threading": ("iosh.underlay.linux",),
    "asyncio": ("iosh.shell", "iosh.underlay.linux"),
    "subprocess": (),
    "pathlib": ("iosh.lab", "iosh.shell", "iosh.underlay.linux"),
    "scapy": ("iosh.underlay", "iosh.lab", "iosh.shell"),
    "prompt_toolkit": ("iosh.shell",),
    "rich": ("iosh.shell",),
    "typer": ("iosh.shell",),
    "asyncssh": ("iosh.shell",),
    "yaml": ("iosh.lab",),
    "netaddr": ("iosh.base.addr", "iosh.lab"),
    "cryptography": (
        "iosh.proto",
        "iosh.wire.wireshark",
        "iosh.config.type6",
        "iosh.base.keys",
        "iosh.base.pem",
        "iosh.underlay.linux",
    ),
}

THIRD_PARTY_AT_HOME_LAZILY = ("scapy", "netaddr")


def test_a_floor_imports_only_the_floors_below_it(modules: list[Any]) -> None:
    wrong = []
    for module in modules:
        for name, line in module.imports():
            parts = name.split(".")
            if parts[0] != "iosh" or len(parts) < 2 or parts[1] == module.floor:
                continue
            if parts[1] not in FLOORS[module.floor]:
                wrong.append(f"{module.path}:{line}: {module.floor} may not import {name}")
    assert not wrong, "\n".join(wrong)


def test_the_underlay_knows_of_the_router_only_its_ports(modules: list[Any]) -> None:
    wrong = [
        f"{module.path}:{line}: {name}"
        for module in modules
        if module.floor == "underlay"
        for name, line in module.imports()
        if name.startswith("iosh.router") and not name.startswith("iosh.router.ports")
    ]
    assert not wrong, "\n".join(wrong)


def test_packages_of_proto_never_import_one_another(modules: list[Any]) -> None:
    wrong = []
    for module in modules:
        if module.floor != "proto" or module.name.count(".") < 2:
            continue
        own = module.name.split(".")[2]
        for name, line in module.imports():
            parts = name.split(".")
            if parts[:2] == ["iosh", "proto"] and len(parts) > 2 and parts[2] not in (own, "machine"):
                wrong.append(f"{module.path}:{line}: {own} may not import {name}")
    assert not wrong, "\n".join(wrong)


def test_the_outside_world_is_touched_only_where_it_may_be(modules: list[Any]) -> None:
    wrong = []
    for module in modules:
        for name, line in module.imports():
            allowed = OUTSIDE.get(name.split(".")[0])
            if allowed is None:
                continue
            if not any(module.name == place or module.name.startswith(place + ".") for place in allowed):
                wrong.append(f"{module.path}:{line}: {module.name} may not import {name}")
    assert not wrong, "\n".join(wrong)


def test_only_the_standard_library_and_declared_packages_are_imported(modules: list[Any], root: Any) -> None:
    import configparser
    import sys

    setup = configparser.ConfigParser()
    setup.read(root / "setup.cfg")
    declared = {line.split(">")[0].strip() for line in setup["options"]["install_requires"].splitlines() if line}
    known = {"PyYAML": "yaml"}
    packages = {known.get(name, name) for name in declared} | {"iosh"}
    wrong = [
        f"{module.path}:{line}: {name}"
        for module in modules
        for name, line in module.imports()
        if name.split(".")[0] not in packages and name.split(".")[0] not in sys.stdlib_module_names
    ]
    assert not wrong, "\n".join(wrong)


def test_scapy_and_netaddr_are_imported_lazily(modules: list[Any]) -> None:
    wrong = []
    for module in modules:
        for node in module.tree.body:
            names = [alias.name for alias in getattr(node, "names", [])] + [getattr(node, "module", None) or ""]
            if any(name.split(".")[0] in THIRD_PARTY_AT_HOME_LAZILY for name in names):
                wrong.append(f"{module.path}:{node.lineno}")
    assert not wrong, "\n".join(wrong)
