"""ESP in live traffic: against strongSwan's own (`kernel-libipsec`: tunnel mode in UDP 4500, between loopbacks), and in
transport mode against scapy's with the keys strongSwan wrote down.
"""

from __future__ import annotations

import re

LIBIPSEC = {"encap": "yes", "mode": "tunnel", "policies": "yes", "local": "10.1.0.1", "remote": "10.2.0.1"}
LAN = "interface GigabitEthernet2\n ip address 10.3.0.1 255.255.255.0\ninterface Tunnel0\n ip mtu 1300"


def counts_of_theirs(charon):
    """Packets in and out."""
    return [int(number) for number in re.findall(r"(\d+) packets", charon.sas)]


def counts_of_ours(router):
    """Packets out and in: what is in for them."""
    said = router.ask("show crypto ipsec sa")
    return [int(re.search(rf"#pkts {word}: (\d+)", said)[1]) for word in ("encaps", "decaps")]


def test_pings_and_a_bulk_transfer_are_counted_by_both(meeting, hosts):
    hosts.host("lan")
    hosts.join("lan", "eth0", "ours", "lan0")
    hosts.address("lan", "eth0", "10.3.0.2/24", "10.3.0.1")
    hosts.address("peer", "lo", "10.1.0.1/32")
    hosts.on("peer", "ip", "route", "add", "10.2.0.1", "via", "10.99.0.2")
    charon = meeting.charon(fake=False, **LIBIPSEC)
    router = meeting.router(mode="tunnel", source="Loopback0", destination="10.1.0.1", more=LAN, lan="Gi2=lan0")
    router.wait_for("UP-ACTIVE", "show crypto session")
    assert "TUNNEL-in-UDP" in charon.sas
    meeting.beside("gre_end.py", "10.1.0.1", "10.2.0.1", "10.255.0.1/24")
    said = router.ask("ping 10.255.0.1 repeat 200 size 1300")
    assert "Success rate is 100 percent (200/200)" in said, said
    assert counts_of_theirs(charon) == counts_of_ours(router) == [200, 200]
    sent, taken = hosts.transfer("lan", "peer", "10.255.0.1")
    assert sent == taken
    theirs, ours = counts_of_theirs(charon), counts_of_ours(router)
    assert 1500 < theirs[0] <= ours[0], "two megabytes; what its queues drop, TCP sends again"
    assert 300 < theirs[1] == ours[1]


def test_in_transport_mode_scapy_answers_with_the_keys_of_strongswan(meeting):
    charon = meeting.charon("cbc")
    router = meeting.router("cbc")
    router.wait_for("UP-ACTIVE", "show crypto session")
    meeting.beside("esp_end.py", str(charon.folder / "keys.jsonl"), "10.99.0.1")
    said = router.ask("ping 10.255.0.1 repeat 20 size 1000")
    assert "Success rate is 100 percent (20/20)" in said, said
