"""EIGRP over the example's encrypted cloud: stub spokes learn by the hub, and shortcuts stand beside the summary."""

from __future__ import annotations

from typing import Any

import pytest

LANS = {"hub": "10.0.0.0", "spoke1": "10.1.0.0", "spoke2": "10.2.0.0"}


@pytest.fixture
def routed(cloud: Any) -> Any:
    """The cloud with EIGRP in the place of its static routes."""
    cloud.configure(
        "hub", "no ip route 10.1.0.0 255.255.255.0 10.255.0.11", "no ip route 10.2.0.0 255.255.255.0 10.255.0.12"
    )
    for node, lan in LANS.items():
        if node != "hub":
            cloud.configure(node, "no ip route 10.0.0.0 255.0.0.0 10.255.0.1")
        stub = () if node == "hub" else ("eigrp stub connected",)
        networks = "network 10.255.0.0 0.0.0.255", f"network {lan} 0.0.255.255"
        cloud.configure(node, "router eigrp 100", *networks, "passive-interface GigabitEthernet2", *stub)
    cloud.configure("hub", "interface Tunnel0", "no ip split-horizon eigrp 100")
    cloud.run(30)
    return cloud


def test_spokes_reach_each_other_by_what_the_hub_told_them(routed: Any) -> None:
    assert "D        10.2.0.0/24 [90/28160256] via 10.255.0.1, " in routed.show("spoke1", "show ip route")
    assert "D        10.1.0.0/24 [90/26880256] via 10.255.0.11, " in routed.show("hub", "show ip route eigrp")
    assert "3 received" in routed.ping("pc1", "10.2.0.10")


def test_in_phase_2_the_spoke_is_the_next_hop(routed: Any) -> None:
    routed.configure("hub", "interface Tunnel0", "no ip next-hop-self eigrp 100")
    routed.run(5)
    assert "D        10.2.0.0/24 [90/28160256] via 10.255.0.12, " in routed.show("spoke1", "show ip route")
    assert "3 received" in routed.ping("pc1", "10.2.0.10")


def test_in_phase_3_a_summary_is_enough_and_the_shortcut_stands_beside_it(routed: Any) -> None:
    routed.configure("hub", "interface Tunnel0", "ip summary-address eigrp 100 10.0.0.0 255.252.0.0")
    routed.run(5)
    assert "10.0.0.0/14 is a summary, 00:00:05, Null0" in routed.show("hub", "show ip route eigrp")
    assert "10.2.0.0" not in routed.show("spoke1", "show ip route eigrp")
    assert "3 received" in routed.ping("pc1", "10.2.0.10")
    assert "H        10.2.0.0/24 [250/255] via 10.255.0.12" in routed.show("spoke1", "show ip route")


def test_who_is_silent_is_lost_and_who_comes_back_is_met(routed: Any) -> None:
    routed.configure("spoke1", "interface Tunnel0", "shutdown")
    routed.run(20)
    assert "Neighbor 10.255.0.11 (Tunnel0) is down: " in routed.log("hub")
    assert "10.1.0.0" not in routed.show("hub", "show ip route eigrp")
    routed.configure("spoke1", "interface Tunnel0", "no shutdown")
    routed.run(60)
    assert "via 10.255.0.11" in routed.show("hub", "show ip route eigrp")
    assert "Stub Peer Advertising (CONNECTED ) Routes" in routed.show("hub", "show ip eigrp neighbors detail")
