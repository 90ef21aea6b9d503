"""ESP against strongSwan's own in live traffic: `kernel-libipsec`, tunnel mode in UDP 4500, between loopbacks."""

from __future__ import annotations

import re

import pytest

LIBIPSEC = {"encap": "yes", "mode": "tunnel", "policies": "yes", "local": "10.1.0.1", "remote": "10.2.0.1"}
LAN = "interface GigabitEthernet2\n ip address 10.3.0.1 255.255.255.0\ninterface Tunnel0\n ip mtu 1300"


def counts_of_theirs(charon):
    """Packets in and out."""
    return [int(number) for number in re.findall(r"(\d+) packets", charon.sas)]


def counts_of_ours(router):
    """Packets out and in: what is in for them."""
    said = router.ask("show crypto ipsec sa")
    return [int(re.search(rf"#pkts {word}: (\d+)", said)[1]) for word in ("encaps", "decaps")]


@pytest.mark.parametrize("suite", ["gcm", "cbc"])
def test_pings_and_a_bulk_transfer_are_counted_by_both(meeting, hosts, suite):
    hosts.host("lan")
    hosts.join("lan", "eth0", "ours", "lan0")
    hosts.address("lan", "eth0", "10.3.0.2/24", "10.3.0.1")
    hosts.address("peer", "lo", "10.1.0.1/32")
    hosts.on("peer", "ip", "route", "add", "10.2.0.1", "via", "10.99.0.2")
    charon = meeting.charon(suite, fake=False, **LIBIPSEC)
    tunnel = {"mode": "tunnel", "source": "Loopback0", "destination": "10.1.0.1"}
    router = meeting.router(suite, more=LAN, lan="Gi2=lan0", **tunnel)
    router.wait_for("UP-ACTIVE", "show crypto session")
    assert "TUNNEL-in-UDP" in charon.sas
    meeting.gre_end("10.1.0.1", "10.2.0.1", "10.255.0.1/24")
    said = router.ask("ping 10.255.0.1 repeat 200 size 1300")
    assert "Success rate is 100 percent (200/200)" in said, said
    assert counts_of_theirs(charon) == counts_of_ours(router) == [200, 200]
    sent, taken = hosts.transfer("lan", "peer", "10.255.0.1")
    assert sent == taken
    theirs, ours = counts_of_theirs(charon), counts_of_ours(router)
    assert 1500 < theirs[0] <= ours[0], "two megabytes; what its queues drop, TCP sends again"
    assert 300 < theirs[1] == ours[1]
