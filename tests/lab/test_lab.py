"""A lab built and run: the example's cloud, reloads, cut cables, what a cloud that does not form says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from iosh.base.time import SECOND
from iosh.lab import keys
from iosh.lab.box import BOOT, GOODBYE
from iosh.lab.build import Lab, build
from iosh.lab.checks import is_cloud, run_until_formed, troubles
from iosh.lab.file import parse, read
from iosh.lab.remark import LabRefused
from iosh.lab.run import Runner
from iosh.lab.swarm import LARGEST, swarm

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/dmvpn-phase3/dmvpn-phase3.clab.yml"


def example(**changes: tuple[str, str]) -> Lab:
    """The example, with a piece of a node's startup-config changed by name of the node."""
    text = EXAMPLE.read_text()
    topology = parse(text, "example", EXAMPLE.parent)
    for name, (old, new) in changes.items():
        startup = topology.nodes[name].startup
        assert old in startup
        object.__setattr__(topology.nodes[name], "startup", startup.replace(old, new))
    return build(topology, seed=7)


def ask(lab: Lab, station: str, command: str) -> str:
    said: list[str] = []
    host = lab.hosts[station]
    host.write = said.append
    host.feed(command, lab.world.now)
    lab.world.touch(station)
    assert lab.world.run_while(lambda: host.busy, lab.world.now + 120 * SECOND)
    return "".join(said)


def test_the_example_loads_without_a_remark_and_forms_its_cloud() -> None:
    lab = build(read(EXAMPLE), seed=1)
    assert lab.remarks == []
    assert is_cloud(lab)
    assert troubles(lab)
    assert run_until_formed(lab)
    assert troubles(lab) == []


def test_stations_reach_each_other_and_the_way_gets_shorter() -> None:
    lab = example()
    assert run_until_formed(lab)
    before = ask(lab, "pc1", "traceroute -q 1 10.2.0.10")
    assert " 0% packet loss" in ask(lab, "pc1", "ping -c 3 10.2.0.10")
    after = ask(lab, "pc1", "traceroute -q 1 10.2.0.10")
    assert "10.255.0.1 " in before
    assert "10.255.0.1 " not in after
    assert after.splitlines()[-1].startswith(" 3  10.2.0.10")


def test_a_reload_takes_its_time_drops_the_carrier_and_the_cloud_heals() -> None:
    lab = example()
    assert run_until_formed(lab)
    hub, internet = lab.boxes["hub"], lab.boxes["internet"].router
    first = hub.router
    first.reload_requested = True
    lab.world.touch("hub")
    lab.world.run_for(GOODBYE + BOOT // 2)
    assert hub.is_booting
    assert not internet.forwarding.interfaces["GigabitEthernet1"].protocol
    assert [trouble.reason for trouble in troubles(lab) if trouble.node == "hub"] == ["is booting"]
    lab.world.run_for(BOOT + SECOND)
    assert hub.router is not first
    assert hub.boots == 2
    assert internet.forwarding.interfaces["GigabitEthernet1"].protocol
    assert run_until_formed(lab)
    assert " 0% packet loss" in ask(lab, "pc1", "ping -c 1 10.0.0.10")


def test_a_power_cycle_says_no_goodbye_and_heals_too() -> None:
    lab = example()
    assert run_until_formed(lab)
    lab.boxes["hub"].power_cycle(lab.world.now)
    lab.world.touch("hub")
    lab.world.run_for(2 * BOOT)
    assert troubles(lab) == []  # the spokes do not know yet
    ask(lab, "pc1", "ping -c 60 10.0.0.10")
    assert " 0% packet loss" in ask(lab, "pc1", "ping -c 1 10.0.0.10")


def test_a_reload_starts_from_what_is_in_storage() -> None:
    lab = example()
    hub = lab.boxes["hub"]
    hub.storage.write("nvram:startup-config", b"hostname OTHER\n")
    hub.router.reload_requested = True
    lab.world.touch("hub")
    lab.world.run_for(2 * BOOT)
    assert hub.router.config.hostname == "OTHER"


def test_a_cable_is_found_by_either_name_of_its_ends() -> None:
    lab = example()
    cable = lab.cable("HUB:eth1")
    assert lab.cable("hub:gi1") is cable
    assert lab.cable("internet:Gi1") is cable
    assert lab.cable("pc1") is lab.cable("pc1:eth1")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mars:eth1", "there is no node 'mars' in this lab"),
        ("hub:eth9", "'hub:eth9' is no cable's end; hub has hub:GigabitEthernet1, hub:GigabitEthernet2"),
        ("hub", "'hub' is no cable's end; hub has hub:GigabitEthernet1, hub:GigabitEthernet2"),
        ("hub:Tunnel0", "hub: Tunnel0 is not a physical interface, so no cable fits it"),
    ],
)
def test_a_cable_that_is_not_there_is_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as refused:
        example().cable(text)
    assert str(refused.value) == reason


def test_a_node_is_found_in_any_case_and_by_its_hostname() -> None:
    lab = example(spoke1=("hostname SPOKE1", "hostname Nairobi"))
    assert lab.find("Spoke1") == "spoke1"
    assert lab.find("nairobi") == "spoke1"
    assert lab.find("INTERNET") == "internet"
    assert lab.find("nobody") is None


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (" pre-shared-key Not", " pre-shared-key Another", "no IPsec session with next hop server 10.255.0.1"),
        (
            "  pre-shared-key Not-A-Secret-In-A-Lab\n",
            "",
            "(IKE: No preshared key for 192.0.2.2 in keyring DMVPN)",
        ),
        (" protection ipsec profile DMVPN", " protection ipsec profile dmvpn", "is the one it names defined?)"),
        (" esp-gcm 256", " esp-aes esp-sha-hmac", "(IPSEC: Received error notify NO_PROPOSAL_CHOSEN)"),
        (" tunnel key 100", " tunnel key 101", "next hop server 10.255.0.1 at 192.0.2.2 has not accepted"),
        (" ip nhrp authentication DMVPN-01", " ip nhrp authentication wrong", "has not accepted the registration"),
        (" tunnel source GigabitEthernet1", " tunnel source Loopback7", "the line protocol is down"),
        ("nbma 192.0.2.2 multicast", "", "no NBMA address is known for next hop server 10.255.0.1"),
    ],
)
def test_a_cloud_that_does_not_form_says_where_and_why(old: str, new: str, reason: str) -> None:
    lab = example(spoke1=(old, new))
    assert not run_until_formed(lab, 30 * SECOND)
    assert lab.world.now == 30 * SECOND
    (line,) = [str(trouble) for trouble in troubles(lab) if trouble.node == "spoke1"]
    assert line.startswith("spoke1 Tunnel0: ") and reason in line


def test_a_config_line_not_understood_is_remarked_on_with_its_file_and_line() -> None:
    lab = example(spoke2=("interface GigabitEthernet2\n", "jolly line\ninterface GigabitEthernet2\n"))
    [remark] = lab.remarks
    assert remark.file.endswith("spoke2.cfg")
    number = lab.topology.nodes["spoke2"].startup.splitlines().index("jolly line") + 1
    assert (remark.line, remark.column, remark.sentence) == (number, 1, "not understood")


def test_an_exec_line_not_understood_is_refused_with_its_line() -> None:
    text = EXAMPLE.read_text().replace("- ip route add default via 10.1.0.1", "- iptables -F")
    with pytest.raises(LabRefused) as refused:
        build(parse(text, "x.clab.yml", EXAMPLE.parent))
    number = text.splitlines().index("        - iptables -F") + 1
    assert str(refused.value) == (
        f"x.clab.yml:{number}: pc1: 'iptables -F': only ip addr, ip route and ip link commands are understood"
    )


def test_a_mac_address_in_the_topology_is_the_ports() -> None:
    text = EXAMPLE.read_text().replace("interface: GigabitEthernet2}", 'interface: Gi2, mac: "02:00:00:00:00:99"}')
    lab = build(parse(text, "x.clab.yml", EXAMPLE.parent))
    assert lab.boxes["hub"].ports["GigabitEthernet2"].mac == bytes.fromhex("020000000099")
    macs = [port.mac for box in lab.boxes.values() for port in box.ports.values()]
    assert len(set(macs)) == len(macs)


def test_the_same_seed_is_the_same_run_and_another_is_not() -> None:
    def digest(seed: int) -> str:
        lab = build(read(EXAMPLE), seed)
        lab.world.run_until(20 * SECOND)
        return lab.world.digest()

    assert digest(3) == digest(3)
    assert digest(3) != digest(4)


@pytest.mark.parametrize("protected", [False, True])
def test_a_swarm_forms(protected: bool) -> None:
    lab = build(swarm(12, protected), seed=1)
    assert lab.remarks == []
    assert run_until_formed(lab)
    assert len(lab.boxes["hub"].router.protect.up) == (12 if protected else 0)


def test_a_swarm_too_large_for_its_addresses_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 16000 spokes"):
        swarm(LARGEST + 1)


def test_keys_are_written_for_their_owner_alone_and_cover_sas_that_are_gone(tmp_path: Path) -> None:
    lab = example()
    keys.record(lab)
    assert run_until_formed(lab)
    lab.boxes["spoke1"].router.reload_requested = True
    lab.world.touch("spoke1")
    lab.world.run_for(2 * BOOT)
    assert run_until_formed(lab)
    esp, ike = keys.write(lab, tmp_path / "profile")
    assert esp >= 6
    assert ike >= 3
    for name, count in (("esp_sa", esp), ("ikev2_decryption_table", ike)):
        file = tmp_path / "profile" / name
        assert len([line for line in file.read_text().splitlines() if not line.startswith("#")]) == count
        assert file.stat().st_mode & 0o777 == 0o600


def test_keys_followed_are_in_the_files_as_soon_as_they_are_made(tmp_path: Path) -> None:
    lab = example()
    keys.follow(lab.boxes["hub"], tmp_path / "profile")
    assert run_until_formed(lab)
    log = lab.boxes["hub"].record_keys()
    for name, lines in (("esp_sa", log.esp), ("ikev2_decryption_table", log.ike)):
        file = tmp_path / "profile" / name
        assert file.read_text().splitlines()[1:] == list(lines) != []
        assert file.stat().st_mode & 0o777 == 0o600


def test_keys_of_somebody_else_are_not_written_over(tmp_path: Path) -> None:
    lab = example()
    keys.record(lab)
    keys.write(lab, tmp_path)
    keys.write(lab, tmp_path)
    (tmp_path / "esp_sa").write_text('"IPv4","*","*","*","NULL","","NULL",""\n')
    with pytest.raises(FileExistsError, match="holds keys that iosh did not write"):
        keys.write(lab, tmp_path)


def test_a_topology_of_licensed_images_runs_unchanged() -> None:
    kinds = {"a": "cisco_c8000v", "b": "cisco_csr1000v", "c": "cisco_iol", "d": "cisco_vios"}
    ports = {"a": "GigabitEthernet2", "b": "GigabitEthernet2", "c": "Ethernet0/1", "d": "GigabitEthernet0/1"}
    lines = ["name: licensed", "topology:", "  nodes:"]
    for number, (name, kind) in enumerate(kinds.items(), 1):
        lines += [
            f"    {name}:",
            f"      kind: {kind}",
            f"      image: vrnetlab/{kind}:17.12.01",
            "      startup-config: |",
            f"        hostname {name.upper()}",
            f"        interface {ports[name]}",
            f"         ip address 10.0.0.{number} 255.255.255.0",
            "         no shutdown",
        ]
    lines += ["    lan: {kind: bridge}", "  links:"]
    lines += [f'    - endpoints: ["{name}:eth1", "lan:{name}"]' for name in kinds]
    lab = build(parse("\n".join(lines), "licensed.clab.yml", ROOT))
    assert lab.remarks == []
    runner = Runner(lab)
    lab.world.run_for(2 * SECOND)
    for name in kinds:
        for number in range(1, 5):
            answer = runner.execute(name, f"ping 10.0.0.{number} repeat 2")
            assert "Success rate is 100 percent" in answer.text or "50 percent" in answer.text, answer.text


def test_a_router_without_a_startup_config_has_its_nodes_name_and_its_cables_up() -> None:
    text = "name: x\ntopology:\n  nodes:\n    r_1: {kind: iosh}\n    br: {kind: bridge}\n"
    lab = build(parse(text + '  links:\n    - endpoints: ["r_1:eth2", "br:1"]\n', "x", ROOT))
    lab.world.run_for(SECOND)
    assert Runner(lab).prompt("r_1") == "r-1#"
    assert lab.boxes["r_1"].router.forwarding.interfaces["GigabitEthernet2"].protocol
