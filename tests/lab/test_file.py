"""Containerlab topologies read: what is understood, what is without effect, what is wrong and on which line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iosh.base.time import MILLISECOND
from iosh.lab.file import parse, read
from iosh.lab.remark import LabRefused
from iosh.lab.topology import Topology
from iosh.underlay.sim.cable import PLAIN, CableSettings

ROOT = Path(__file__).resolve().parents[2]

TWO_ROUTERS = """\
name: two
topology:
  nodes:
    r1: {kind: cisco_c8000v}
    r2: {kind: cisco_iol}
  links:
    - endpoints: ["r1:eth1", "r2:e0/1"]
"""


SOUND = TWO_ROUTERS + "      vars: &v {iosh: {delay: 10ms}}\n      labels: {<<: *v, iosh-loss: 1%}\n"


def topology(text: str, folder: Path = ROOT) -> Topology:
    return parse(text, "lab.clab.yml", folder)


def remarks(text: str, folder: Path = ROOT) -> list[str]:
    with pytest.raises(LabRefused) as refused:
        topology(text, folder)
    return [str(remark) for remark in refused.value.remarks]


def test_the_example_is_read_whole() -> None:
    lab = read(ROOT / "examples/dmvpn-phase3/dmvpn-phase3.clab.yml")
    assert lab.name == "dmvpn-phase3"
    assert list(lab.nodes) == ["internet", "hub", "spoke1", "spoke2", "server", "pc1", "pc2"]
    assert lab.nodes["hub"].startup.startswith("version 17")
    assert lab.nodes["pc1"].exec[0].text == "ip addr add 10.1.0.10/24 dev eth1"
    ends = [" ".join(map(str, link.ends)) for link in lab.links]
    assert ends[0] == "hub:GigabitEthernet1 internet:GigabitEthernet1"
    assert ends[3] == "hub:GigabitEthernet2 server:eth1"
    assert lab.links[1].settings == CableSettings(delay=10 * MILLISECOND)
    assert lab.notes == ()


def test_a_link_may_lead_outside() -> None:
    words = (
        "host:iosh0",
        "macvlan:eth3",
        "tap:iosh0",
        "udp:127.0.0.1:1-127.0.0.1:2",
        "borrow:eth0",
    )
    for word in words:
        lab = topology(TWO_ROUTERS.replace("r2:e0/1", word))
        assert [(str(way.end), way.word, way.line) for way in lab.outside] == [("r1:GigabitEthernet2", word, 7)]
        assert lab.links == ()
    capture = TWO_ROUTERS.replace("r2:e0/1", "pcap:a.pcap,record=/tmp/b.pcap,fast")
    (way,) = parse(capture, "lab.clab.yml", Path("labs")).outside
    assert way.word == "pcap:labs/a.pcap,record=/tmp/b.pcap,fast"
    assert remarks(TWO_ROUTERS.replace("r2:e0/1", "tap:a").replace("r1:eth1", "tap:b")) == [
        "lab.clab.yml:7:18: a link needs a node at one end"
    ]


def test_both_names_of_an_interface_lead_to_it() -> None:
    link = topology(TWO_ROUTERS).links[0]
    assert [str(end) for end in link.ends] == ["r1:GigabitEthernet2", "r2:Ethernet0/1"]
    assert link.settings == PLAIN


def test_a_node_inherits_from_group_kind_and_defaults_in_that_order() -> None:
    lab = topology("""\
name: heirs
topology:
  defaults: {kind: linux, group: nobody}
  kinds:
    linux: {exec: [ip addr add 10.0.0.1/24 dev eth1]}
    iosh: {startup-config: "hostname KIND\\n"}
  groups:
    core: {kind: iosh, startup-config: "hostname GROUP\\n"}
  nodes:
    a:
    b: {kind: iosh}
    c: {group: core}
    d: {group: core, startup-config: "hostname OWN\\n"}
""")
    assert lab.nodes["a"].kind.name == "linux"
    assert [line.text for line in lab.nodes["a"].exec] == ["ip addr add 10.0.0.1/24 dev eth1"]
    assert [lab.nodes[name].startup for name in "bcd"] == ["hostname KIND\n", "hostname GROUP\n", "hostname OWN\n"]


def test_a_startup_config_may_stand_in_the_file_itself_and_keeps_its_lines() -> None:
    lab = topology("""\
name: inline
topology:
  nodes:
    r1:
      kind: iosh
      startup-config: |
        hostname INLINE
        bogus
""")
    node = lab.nodes["r1"]
    assert node.startup == "hostname INLINE\nbogus\n"
    assert (node.startup_file, node.startup_offset) == ("lab.clab.yml", 6)


def test_a_startup_config_file_stands_beside_the_topology(tmp_path: Path) -> None:
    (tmp_path / "r1.cfg").write_text("hostname FILE\n")
    text = "name: x\ntopology:\n  nodes:\n    r1: {kind: iosh, startup-config: r1.cfg}\n"
    assert topology(text, tmp_path).nodes["r1"].startup == "hostname FILE\n"
    assert remarks(text.replace("r1.cfg", "r2.cfg"), tmp_path) == [
        "lab.clab.yml:4:38: startup-config r2.cfg cannot be read: No such file or directory"
    ]


def test_settings_of_a_link_stand_in_vars_or_labels_and_mtu_where_containerlab_has_it() -> None:
    lab = topology(TWO_ROUTERS.replace(
        '    - endpoints: ["r1:eth1", "r2:e0/1"]',
        """\
    - endpoints: ["r1:eth1", "r2:e0/1"]
      mtu: 1500
      labels: {owner: me, iosh-loss: 1%}
      vars: {colour: blue, iosh: {delay: 20ms, rate: 2mbit}}""",
    ))  # fmt: skip
    assert lab.links[0].settings == CableSettings(mtu=1500, loss_ppm=10_000, delay=20 * MILLISECOND, rate_bps=2_000_000)


def test_the_long_form_of_a_link_takes_a_mac_address() -> None:
    lab = topology("""\
name: long
topology:
  nodes: {r1: {kind: cisco_vios}, br: {kind: bridge}}
  links:
    - type: veth
      endpoints:
        - {node: r1, interface: Gi0, mac: "02:00:00:00:00:07"}
        - {node: br, interface: whatever}
""")
    first, second = lab.links[0].ends
    assert (str(first), first.mac) == ("r1:GigabitEthernet0/1", bytes.fromhex("020000000007"))
    assert (str(second), second.mac) == ("br:whatever", None)


def test_anchors_and_merge_keys_work() -> None:
    lab = topology("""\
name: anchors
topology:
  nodes:
    r1: &router {kind: iosh, startup-config: "hostname A\\n"}
    r2: {<<: *router, startup-config: "hostname B\\n"}
""")
    assert lab.nodes["r2"].kind.name == "iosh"
    assert lab.nodes["r2"].startup == "hostname B\n"


def test_what_has_no_effect_is_listed_once_but_for_images() -> None:
    lab = topology("""\
name: idle
prefix: ""
mgmt: {network: mine}
topology:
  nodes:
    r1: {kind: cisco_iol, image: "x:1", mgmt-ipv4: 172.20.20.2, env: {A: 1}}
    r2: {kind: cisco_iol, image: "x:1", mgmt-ipv4: 172.20.20.3}
""")
    assert [str(note) for note in lab.notes] == [
        "lab.clab.yml:6: 'env' has no effect here",
        "lab.clab.yml:3: 'mgmt' has no effect here",
        "lab.clab.yml:6: 'mgmt-ipv4' has no effect here",
        "lab.clab.yml:2: 'prefix' has no effect here",
    ]


WRONG = [
    ("kind: cisco_iol", "kind: juniper_crpd", "5:16: kind 'juniper_crpd' does not run here: there are iosh, "),
    ("kind: cisco_iol", "kynd: cisco_iol", "5:10: 'kynd' in topology.nodes.r2 is not understood"),
    ("kind: cisco_iol", "kind: cisco_iol, type: L2", "5:33: type 'l2' of cisco_iol is not here: iosh is a router"),
    ("kind: cisco_iol", "kind: cisco_iol, kind: iosh", "5:27: 'kind' is said twice"),
    ("kind: cisco_iol", "kind: cisco_iol, exec: [ls]", "5:33: 'exec' is understood on linux nodes only"),
    ("{kind: cisco_iol}", "[iosh]", "5:9: topology.nodes.r2 must be a mapping"),
    ("{kind: cisco_iol}", "", "5:5: node 'r2' has no kind"),
    ("r1:eth1", "r9:eth1", "7:19: there is no node 'r9'"),
    ("r1:eth1", "mgmt-net:eth1", "7:19: there is no node 'mgmt-net'"),
    ("r1:eth1", "r1", "7:19: 'r1' is not an endpoint: write node:interface"),
    ("r1:eth1", "r1:Gi1", "7:19: r1 (cisco_c8000v): GigabitEthernet1 is the management interface"),
    ("r2:e0/1", "r1:Gi2", "7:30: GigabitEthernet2 of r1 already has a cable, from line 7"),
    (', "r2:e0/1"', "", "7:18: a link has two endpoints, not 1"),
    ("- endpoints", "- endpoint", "7:7: 'endpoint' in topology.links[0] is not understood"),
    ("- endpoints", "- type: macvlan\n      endpoints", "7:13: link type 'macvlan' is not here"),
    ("links:", "lynks:", "6:3: 'lynks' in topology is not understood"),
    ("name: two", "nombre: two", "1:1: 'nombre' is not understood"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "remark"), WRONG)
def test_what_is_not_understood_is_named_with_its_place(old: str, new: str, remark: str) -> None:
    found = remarks(TWO_ROUTERS.replace(old, new, 1))
    assert any(line.startswith(f"lab.clab.yml:{remark}") for line in found), found


def test_every_mistake_is_named_at_once() -> None:
    text = TWO_ROUTERS.replace("cisco_c8000v", "a").replace("cisco_iol", "b")
    assert [line.split(":")[1] for line in remarks(text)] == ["4", "5", "7", "7"]


def test_a_bad_value_of_a_link_setting_is_named() -> None:
    text = TWO_ROUTERS + "      vars: {iosh: {delay: soon, colour: blue}}\n"
    assert remarks(text) == [
        "lab.clab.yml:8:28: 'soon' is not a time: write a number and ns, us, ms, s, m or h, as 10ms",
        "lab.clab.yml:8:42: 'colour' is not a setting of a link: there are "
        "delay, loss, corrupt, reorder, rate, queue, mtu",
    ]


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("", "lab.clab.yml:1: the file is empty"),
        ("name: [", "lab.clab.yml:1:8: not YAML: while parsing a flow node"),
        ("name: " + "[" * 5000, "lab.clab.yml: not YAML: maximum recursion depth"),
        ("- a\n- b\n", "lab.clab.yml:1:1: the file must be a mapping of names to values"),
        ("name: x\n", "lab.clab.yml:1:1: the file has no 'topology'"),
    ],
)
def test_a_file_that_is_no_topology_is_refused(text: str, remark: str) -> None:
    assert any(line.startswith(remark) for line in remarks(text)), remarks(text)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LabRefused, match=r"none\.clab\.yml: cannot be read: No such file or directory"):
        read(tmp_path / "none.clab.yml")


def test_the_file_about_to_be_damaged_is_sound() -> None:
    assert topology(SOUND).links[0].settings.delay == 10 * MILLISECOND


@given(st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_damaged_file_is_read_or_refused_but_never_a_defect(data: st.DataObject) -> None:
    text = SOUND
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.text("{}[]:&*!<|>-'\"#%@, \n\tab1~", max_size=6)) + text[at + cut :]
    try:
        topology(text)
    except LabRefused as refused:
        assert refused.remarks
