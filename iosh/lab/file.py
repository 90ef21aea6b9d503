"""A containerlab topology file, read: names, nodes, links, and iosh's own settings of a link.

Understood: `name`; `topology` with `nodes`, `kinds`, `groups`, `defaults` and `links`. A node takes its settings from
itself, then its group, its kind and the defaults, as containerlab does; `exec` lines of all four are run, and
`startup-config` is a path beside the topology file or the text itself. A link is `endpoints: ["a:eth1", "b:eth1"]` or
the long form with `type: veth`; iosh's own settings (`link_settings.py`) stand in its `vars: {iosh: {delay: 10ms}}` or
`labels: {iosh-delay: 10ms}`, which containerlab accepts and does nothing with. One of the two endpoints may be outside:
`host:NAME` and `macvlan:NAME` as containerlab has them, or any word of `iosh.underlay.linux.nio`.

Fields of containerlab that mean nothing without containers (`image`, `binds`, `ports`, ...) are accepted by name and
listed once, but for `image`. Anything else in the file is an error with its line. Not supported: `mgmt-net:`, the long
form of links to the host, `vxlan`, startup-configs behind a URL, environment variables and templates in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from iosh.lab import kinds
from iosh.lab.kinds import Kind
from iosh.lab.link_settings import changed
from iosh.lab.marked import Document, Value
from iosh.lab.remark import LabRefused, Remark
from iosh.lab.topology import End, Line, Link, Node, Topology, WayOut
from iosh.underlay.sim.cable import PLAIN, CableSettings

_NODE_FIELDS: Final = {"kind", "type", "group", "startup-config", "exec", "image", "labels"}
# Containerlab's other node fields: understood, and without effect where there is no container.
_IDLE_NODE_FIELDS: Final = {
    "SANs", "aliases", "auto-remove", "binds", "cap-add", "certificate", "cmd", "components", "config", "cpu",
    "cpu-set", "credentials", "devices", "dns", "enforce-startup-config", "entrypoint", "env", "env-files",
    "extras", "healthcheck", "image-pull-policy", "kernel", "license", "link-apply-mode", "memory", "mgmt-ipv4",
    "mgmt-ipv6", "mgmt_ipv4", "mgmt_ipv6", "network-mode", "ports", "position", "publish", "restart-policy",
    "runtime", "sandbox", "security-opt", "shm-size", "stages", "startup-delay", "suppress-startup-config",
    "sysctls", "ulimits", "user", "wait-for",
}  # fmt: skip
_IDLE_TOP_FIELDS: Final = {"debug", "mgmt", "prefix", "settings"}
_IDLE_LINK_FIELDS: Final = {"ipv4", "ipv6"}
_OUTSIDE: Final = ("borrow", "host", "macvlan", "packet", "pcap", "tap", "udp", "unix")
_CAPTURES: Final = re.compile(r"(?<=^pcap:)[^,]+|(?<=,record=)[^,]+")


def read(path: Path | str) -> Topology:
    """The topology in a file; `LabRefused` names everything that is not understood."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LabRefused([Remark(str(path), 0, 0, _reason(error))]) from error
    return parse(text, str(path), path.parent)


def parse(text: str, file: str, folder: Path) -> Topology:
    """The topology in a text; paths in it are beside `folder`."""
    reader = _Reader(Document(text, file), folder)
    topology = reader.topology()
    if reader.document.remarks:
        raise LabRefused(sorted(reader.document.remarks, key=lambda remark: (remark.line, remark.column)))
    return topology


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"is not UTF-8 text: {error.reason} at byte {error.start}"
    return f"cannot be read: {error.strerror or error}"


class _Reader:
    def __init__(self, document: Document, folder: Path) -> None:
        self.document = document
        self.folder = folder
        self.nodes: dict[str, Node] = {}
        self.idle: dict[str, int] = {}  # field without effect -> line of its first use
        self.taken: dict[tuple[str, str], int] = {}

    def topology(self) -> Topology:
        document = self.document
        name = ""
        links: list[Link | WayOut] = []
        if document.root is not None:
            top = document.mapping(document.root)
            document.check_keys(document.root, top, {"name", "topology"} | _IDLE_TOP_FIELDS)
            self._note_idle(top, _IDLE_TOP_FIELDS)
            for needed in ("name", "topology"):
                if needed not in top:
                    document.wrong(document.root, f"the file has no {needed!r}")
            name = (document.text(top["name"]) or "") if "name" in top else ""
            if "topology" in top:
                links = self._body(top["topology"])
        notes = tuple(
            Remark(document.file, line, 0, f"{field!r} has no effect here") for field, line in sorted(self.idle.items())
        )
        inside = tuple(link for link in links if isinstance(link, Link))
        outside = tuple(link for link in links if isinstance(link, WayOut))
        return Topology(name, document.file, self.nodes, inside, notes, outside)

    def _body(self, body: Value) -> list[Link | WayOut]:
        document = self.document
        parts = document.mapping(body)
        document.check_keys(body, parts, {"nodes", "kinds", "groups", "defaults", "links"})
        defaults = self._fields(parts["defaults"]) if "defaults" in parts else {}
        by_kind, by_group = self._table(parts, "kinds"), self._table(parts, "groups")
        for name in by_kind:
            if kinds.find(name) is None:
                document.wrong(document.keys(parts["kinds"])[name], _unknown_kind(name))
        if "nodes" not in parts:
            document.wrong(body, "topology has no 'nodes'")
            return []
        places = document.keys(parts["nodes"])
        for name, value in document.mapping(parts["nodes"]).items():
            node = self._node(name, places.get(name, value), self._fields(value), defaults, by_kind, by_group)
            if node is not None:
                self.nodes[name] = node
        return list(self._links(parts["links"])) if "links" in parts else []

    # --- nodes ---------------------------------------------------------------------------------------------------

    def _table(self, parts: dict[str, Value], name: str) -> dict[str, dict[str, Value]]:
        if name not in parts:
            return {}
        return {key: self._fields(value) for key, value in self.document.mapping(parts[name]).items()}

    def _fields(self, value: Value) -> dict[str, Value]:
        """The fields of a node or of what it inherits from, known ones only."""
        fields = self.document.mapping(value)
        self.document.check_keys(value, fields, _NODE_FIELDS | _IDLE_NODE_FIELDS)
        self._note_idle(fields, _IDLE_NODE_FIELDS)
        return {name: field for name, field in fields.items() if name in _NODE_FIELDS}

    def _note_idle(self, fields: dict[str, Value], idle: Iterable[str]) -> None:
        for name, value in fields.items():
            if name in idle:
                self.idle.setdefault(name, value.line)

    def _node(
        self,
        name: str,
        place: Value,
        own: dict[str, Value],
        defaults: dict[str, Value],
        by_kind: dict[str, dict[str, Value]],
        by_group: dict[str, dict[str, Value]],
    ) -> Node | None:
        document = self.document
        group_field = own.get("group") or defaults.get("group")
        group = by_group.get(document.text(group_field) or "", {}) if group_field else {}
        kind_field = own.get("kind") or group.get("kind") or defaults.get("kind")
        if kind_field is None:
            document.wrong(place, f"node {name!r} has no kind")
            return None
        kind_name = document.text(kind_field) or ""
        kind = kinds.find(kind_name)
        if kind is None:
            document.wrong(kind_field, _unknown_kind(kind_name))
            return None
        levels = (defaults, by_kind.get(kind_name, {}), group, own)
        fields = {field: value for level in levels for field, value in level.items()}
        if "type" in fields:
            self._check_type(kind, fields["type"])
        execs = [line for level in levels if "exec" in level for line in self._exec(level["exec"])]
        if execs and kind.role != "station":
            document.wrong(fields["exec"], f"'exec' is understood on linux nodes only; {name!r} is {kind.name}")
        startup = self._startup(kind, fields["startup-config"]) if "startup-config" in fields else ("", "", 0)
        return Node(name, kind, *startup, tuple(execs), place.line)

    def _check_type(self, kind: Kind, value: Value) -> None:
        word = (self.document.text(value) or "").lower()
        if word in kind.refused_types:
            self.document.wrong(value, f"type {word!r} of {kind.name} is not here: {kind.refused_types[word]}")
        elif word not in ("", "router", "iol", "autonomous"):
            self.idle.setdefault("type", value.line)

    def _exec(self, value: Value) -> Iterator[Line]:
        for item in self.document.sequence(value):
            text = self.document.text(item)
            if text is not None:
                yield Line(text.strip(), item.line)

    def _startup(self, kind: Kind, value: Value) -> tuple[str, str, int]:
        text = self.document.text(value) or ""
        if kind.role != "router":
            self.document.wrong(value, f"a {kind.name} node takes no startup-config")
            return "", "", 0
        if "\n" in text:
            return text, self.document.file, value.line
        if "://" in text:
            self.document.wrong(value, "a startup-config behind a URL is not fetched: give a file beside the topology")
            return "", "", 0
        path = self.folder / Path(text).expanduser()
        try:
            return path.read_text(encoding="utf-8"), str(path), 0
        except (OSError, UnicodeDecodeError) as error:
            self.document.wrong(value, f"startup-config {text} {_reason(error)}")
            return "", "", 0

    # --- links ---------------------------------------------------------------------------------------------------

    def _links(self, value: Value) -> Iterator[Link | WayOut]:
        for item in self.document.sequence(value):
            fields = self.document.mapping(item)
            if not self._is_veth(fields):
                continue
            self.document.check_keys(item, fields, {"type", "endpoints", "mtu", "labels", "vars"} | _IDLE_LINK_FIELDS)
            self._note_idle(fields, _IDLE_LINK_FIELDS)
            if "endpoints" not in fields:
                self.document.wrong(item, "the link has no 'endpoints'")
                continue
            long_form = "type" in fields
            places = list(self.document.sequence(fields["endpoints"]))
            outside = [] if long_form else [word for word in map(self._outside, places) if word is not None]
            ends = [self._end(end, long_form) for end in places if long_form or self._outside(end) is None]
            if len(places) != 2:
                self.document.wrong(fields["endpoints"], f"a link has two endpoints, not {len(places)}")
            elif len(outside) == 2:
                self.document.wrong(fields["endpoints"], "a link needs a node at one end")
            elif outside and ends[0] is not None:
                yield WayOut(ends[0], self._beside(outside[0]), item.line)
            elif len(ends) == 2 and ends[0] is not None and ends[1] is not None:
                yield Link((ends[0], ends[1]), self._cable(fields), item.line)

    def _outside(self, value: Value) -> str | None:
        """The endpoint's word, if it is no node's."""
        word = value.node.value if isinstance(value.node.value, str) else ""
        scheme = word.partition(":")[0]
        return word if scheme in _OUTSIDE and scheme not in self.nodes else None

    def _beside(self, word: str) -> str:
        """A capture's files are beside this one."""
        if not word.startswith("pcap:"):
            return word
        return _CAPTURES.sub(lambda file: str(self.folder / Path(file[0]).expanduser()), word)

    def _is_veth(self, fields: dict[str, Value]) -> bool:
        if "type" not in fields:
            return True
        word = self.document.text(fields["type"]) or ""
        if word != "veth":
            self.document.wrong(fields["type"], f"link type {word!r} is not here: only veth, a cable between two nodes")
        return word == "veth"

    def _end(self, value: Value, long_form: bool) -> End | None:
        document = self.document
        mac = None
        if long_form:
            fields = document.mapping(value)
            document.check_keys(value, fields, {"node", "interface", "mac"} | _IDLE_LINK_FIELDS)
            self._note_idle(fields, _IDLE_LINK_FIELDS)
            if "node" not in fields or "interface" not in fields:
                document.wrong(value, "an endpoint in the long form needs 'node' and 'interface'")
                return None
            node_name, word = document.text(fields["node"]) or "", document.text(fields["interface"]) or ""
            mac = self._mac(fields["mac"]) if "mac" in fields else None
        else:
            text = document.text(value)
            if text is None:
                return None
            node_name, colon, word = text.partition(":")
            if not colon or not word:
                document.wrong(value, f"{text!r} is not an endpoint: write node:interface")
                return None
        return self._plug(value, node_name, word.strip(), mac)

    def _plug(self, value: Value, node_name: str, word: str, mac: bytes | None) -> End | None:
        node = self.nodes.get(node_name)
        if node is None:
            self.document.wrong(value, f"there is no node {node_name!r}")
            return None
        try:
            port = node.kind.port(word)
        except kinds.BadName as error:
            self.document.wrong(value, f"{node_name} ({node.kind.name}): {error}")
            return None
        if (node_name, port) in self.taken:
            before = self.taken[node_name, port]
            self.document.wrong(value, f"{port} of {node_name} already has a cable, from line {before}")
            return None
        self.taken[node_name, port] = value.line
        return End(node_name, port, mac)

    def _mac(self, value: Value) -> bytes | None:
        text = self.document.text(value) or ""
        digits = text.replace(":", "").replace("-", "").replace(".", "")
        try:
            mac = bytes.fromhex(digits)
        except ValueError:
            mac = b""
        if len(mac) == 6 and not mac[0] & 1:
            return mac
        self.document.wrong(
            value, f"{text!r} is not the MAC address of a station: write six bytes, as 02:00:00:00:00:01"
        )
        return None

    def _cable(self, fields: dict[str, Value]) -> CableSettings:
        wanted: dict[str, Value] = {}
        if "mtu" in fields:
            wanted["mtu"] = fields["mtu"]
        if "labels" in fields:
            for name, value in self.document.mapping(fields["labels"]).items():
                if name.startswith("iosh-"):
                    wanted[name.removeprefix("iosh-")] = value
        if "vars" in fields:
            variables = self.document.mapping(fields["vars"])
            if "iosh" in variables:
                wanted |= self.document.mapping(variables["iosh"])
        settings = PLAIN
        for name, value in wanted.items():
            text = self.document.text(value)
            if text is None:
                continue
            try:
                settings = changed(settings, name, text)
            except ValueError as error:
                self.document.wrong(value, str(error))
        return settings


def _unknown_kind(name: str) -> str:
    return f"kind {name!r} does not run here: there are {', '.join(kinds.KINDS)}"
