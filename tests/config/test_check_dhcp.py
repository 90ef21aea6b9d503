"""What `iosh check` says of a spoke whose NBMA address may change."""

from __future__ import annotations

from iosh.cli.check import check

SPOKE = """interface GigabitEthernet1
 ip address dhcp
interface Tunnel0
 ip address 10.0.0.2 255.255.255.0
 ip nhrp network-id 1
 ip nhrp nhs 10.0.0.1 nbma 192.0.2.2 multicast
 tunnel source GigabitEthernet1
 tunnel mode gre multipoint
"""


def test_a_spoke_with_a_changing_address_had_better_not_register_it_for_good() -> None:
    (complaint,) = check(SPOKE)
    assert (complaint.line, complaint.severity) == (7, "warning")
    assert "no-unique" in complaint.reason
    assert check(SPOKE.replace("network-id 1\n", "network-id 1\n ip nhrp registration no-unique\n")) == []
    assert check(SPOKE.replace("address dhcp", "address 192.0.2.9 255.255.255.0")) == []
