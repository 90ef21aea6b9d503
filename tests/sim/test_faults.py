"""What an operator sees when one thing is wrong: the states and messages measured on IOL 17.15.1."""

from __future__ import annotations

from typing import Any

SPOKE_ROW = ["192.0.2.2", "10.255.0.1"]


def row(text: str, tunnel: str) -> list[str]:
    """The row of `show dmvpn` for a tunnel address, from the NBMA address on."""
    for line in text.splitlines():
        words = line.split()
        if len(words) == 6 and words[2] == tunnel:
            return words[1:]
    return []


def spoke_state(cloud: Any) -> str:
    found = row(cloud.show("spoke1", "show dmvpn"), "10.255.0.1")
    assert found[:2] == SPOKE_ROW
    return found[2]


def test_a_wrong_pre_shared_key_leaves_the_spoke_in_ike(make_cloud: Any) -> None:
    cloud = make_cloud(spoke1={"Not-A-Secret-In-A-Lab": "Another-Secret"})
    cloud.type("spoke1", "debug crypto ikev2")
    cloud.run(120)
    assert spoke_state(cloud) == "IKE"
    assert row(cloud.show("hub", "show dmvpn"), "10.255.0.11") == []
    assert row(cloud.show("hub", "show dmvpn"), "10.255.0.12")[2] == "UP"
    assert "AUTHENTICATION_FAILED" in cloud.log("spoke1") or "Auth exchange failed" in cloud.log("spoke1")
    assert "Another-Secret" not in cloud.log("spoke1") and "Not-A-Secret" not in cloud.log("hub")


def test_a_missing_pre_shared_key_leaves_the_spoke_in_ike(make_cloud: Any) -> None:
    cloud = make_cloud(spoke1={"  pre-shared-key Not-A-Secret-In-A-Lab\n": ""})
    cloud.run(120)
    assert spoke_state(cloud) == "IKE"
    assert row(cloud.show("hub", "show dmvpn"), "10.255.0.11") == []


def test_a_hub_without_protection_leaves_the_spoke_in_ike(make_cloud: Any) -> None:
    cloud = make_cloud(hub={" tunnel protection ipsec profile DMVPN\n": ""})
    cloud.run(120)
    assert spoke_state(cloud) == "IKE"
    assert row(cloud.show("hub", "show dmvpn"), "10.255.0.11") == []


def test_a_spoke_without_protection_is_told_of_in_the_hubs_log(make_cloud: Any) -> None:
    cloud = make_cloud(spoke1={" tunnel protection ipsec profile DMVPN\n": ""})
    cloud.run(120)
    assert spoke_state(cloud) == "NHRP"
    log = cloud.log("hub")
    assert "%CRYPTO-4-RECVD_PKT_NOT_IPSEC" in log and "prot= 47" in log


def test_a_wrong_tunnel_key_leaves_the_spoke_in_nhrp_and_no_trace_on_the_hub(make_cloud: Any) -> None:
    cloud = make_cloud(spoke1={"tunnel key 100": "tunnel key 101"})
    cloud.run(120)
    assert spoke_state(cloud) == "NHRP"
    hub = cloud.router("hub")
    assert row(cloud.show("hub", "show dmvpn"), "10.255.0.11") == []
    outbound = cloud.router("spoke1").forwarding.outbound
    inbound = [sa for sa in hub.forwarding.inbound.values() if str(sa.remote) == "198.51.100.2"]
    assert next(iter(outbound.values())).packets > 0 and inbound[0].packets > 0, "encaps rise, and decaps at the hub"
    assert "198.51.100.2" not in "".join(line for line in cloud.log("hub").splitlines() if "CRYPTO_SS" not in line)


def test_wrong_nhrp_authentication_shows_as_unknown_on_the_hub(make_cloud: Any) -> None:
    cloud = make_cloud(spoke1={"ip nhrp authentication DMVPN-01": "ip nhrp authentication WRONG"})
    cloud.run(120)
    assert spoke_state(cloud) == "NHRP"
    assert row(cloud.show("hub", "show dmvpn"), "10.255.0.11") == ["UNKNOWN", "10.255.0.11", "IKE", "never", "IX"]
    log = cloud.log("hub")
    wrong = "Recieved wrong authentication string for  Registration Request , Reason:  authentication failure (11)"
    assert wrong in log
    assert "DMVPN-01" not in log and "WRONG" not in log


def test_a_hub_without_network_id_says_so(make_cloud: Any) -> None:
    cloud = make_cloud(hub={" ip nhrp network-id 1\n": ""})
    cloud.run(120)
    assert spoke_state(cloud) == "NHRP"
    assert row(cloud.show("hub", "show dmvpn"), "10.255.0.11") == []
    assert "%DMVPN-5-NHRP_NETID_UNCONFIGURED" in cloud.log("hub")


def test_a_spoke_with_a_map_but_no_nhs_never_registers(make_cloud: Any) -> None:
    lines = " ip nhrp map 10.255.0.1 192.0.2.2\n ip nhrp map multicast 192.0.2.2"
    cloud = make_cloud(spoke1={" ip nhrp nhs 10.255.0.1 nbma 192.0.2.2 multicast": lines})
    cloud.ping("pc1", "10.0.0.10")
    cloud.run(60)
    assert row(cloud.show("spoke1", "show dmvpn"), "10.255.0.1") == [*SPOKE_ROW, "NHRP", "never", "S"]
    assert "10.255.0.1" not in cloud.show("spoke1", "show ip nhrp nhs detail")


def test_the_classic_trio_forms_the_same_cloud(make_cloud: Any) -> None:
    trio = " ip nhrp map 10.255.0.1 192.0.2.2\n ip nhrp map multicast 192.0.2.2\n ip nhrp nhs 10.255.0.1"
    line = " ip nhrp nhs 10.255.0.1 nbma 192.0.2.2 multicast"
    cloud = make_cloud(spoke1={line: trio}, spoke2={line: trio})
    cloud.form()
    assert "3 received" in cloud.ping("pc1", "10.2.0.10")


def test_a_mended_fault_heals(make_cloud: Any) -> None:
    cloud = make_cloud(spoke1={"tunnel key 100": "tunnel key 101"})
    cloud.run(120)
    cloud.configure("spoke1", "interface Tunnel0", "tunnel key 100")
    cloud.run(70)
    assert spoke_state(cloud) == "UP"


def test_a_hub_that_asks_for_pfs_and_a_spoke_that_does_not_still_form_ike(make_cloud: Any) -> None:
    """The first CHILD SA of IKEv2 carries no key exchange, so PFS matters at the first rekey only (RFC 7296 1.2)."""
    cloud = make_cloud(hub={" set ikev2-profile DMVPN": " set ikev2-profile DMVPN\n set pfs group19"})
    cloud.form()


def test_a_hub_left_point_to_point_has_one_spoke_that_never_came_up(make_cloud: Any) -> None:
    cloud = make_cloud(hub={" tunnel mode gre multipoint\n": " tunnel destination 198.51.100.2\n"})
    cloud.run(40)
    assert row(cloud.show("hub", "show dmvpn"), "10.255.0.11") == [*("198.51.100.2", "10.255.0.11", "UP", "never", "D")]
    assert "10.255.0.12" not in cloud.show("hub", "show dmvpn")
    assert row(cloud.show("spoke1", "show dmvpn"), "10.255.0.1")[2] == "UP"
    assert row(cloud.show("spoke2", "show dmvpn"), "10.255.0.1")[2] == "NHRP"
