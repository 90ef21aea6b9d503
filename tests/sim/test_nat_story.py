"""A spoke that translates its LAN to the Internet and filters what comes from there, in the cloud of the example."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

LAN = "ip address 10.1.0.1 255.255.255.0\n"
OUTSIDE = "ip address 198.51.100.2 255.255.255.0\n"
RULES = "ip nat inside source list LAN interface GigabitEthernet1 overload\n"
END = "line con 0\n"


def spoke(access_list: str, group: str = "") -> dict[str, str]:
    return {
        LAN: f"{LAN} ip nat inside\n",
        OUTSIDE: f"{OUTSIDE} ip nat outside\n{group}",
        END: f"{RULES}{access_list}{END}",
    }


# The second wants everything translated: the router's own IKE and ESP too, which are as they should be already.
LISTS = ("ip access-list standard LAN\n permit 10.1.0.0 0.0.0.255\n", "access-list 1 permit any\n")


@pytest.mark.parametrize("access_list", LISTS)
def test_the_lan_reaches_the_internet_and_the_other_sites_alike(
    make_cloud: Callable[..., Any], access_list: str
) -> None:
    edits = spoke(access_list)
    if "LAN\n" not in access_list:
        edits[END] = edits[END].replace("list LAN", "list 1")
    cloud = make_cloud(spoke1=edits)
    cloud.form()
    assert "0% packet loss" in cloud.ping("pc1", "192.0.2.1")
    assert cloud.hops("pc1", "192.0.2.2") == ["10.1.0.1", "198.51.100.1", "192.0.2.2"]
    assert "0% packet loss" in cloud.ping("pc1", "10.2.0.10")
    cloud.run(2)
    assert cloud.hops("pc1", "10.2.0.10") == ["10.1.0.1", "10.255.0.12", "10.2.0.10"]
    rows = cloud.show("spoke1", "show ip nat translations").splitlines()[1:]
    assert rows and all(" 10.1.0.10" in row for row in rows), "and nothing of the router's own"
    assert not any("10.2.0.10" in row for row in rows), "what goes into the tunnel keeps its address"
    cloud.run(400)
    assert cloud.show("spoke1", "show ip nat translations").split("\n")[0] == ""
    assert "100% packet loss" in cloud.ping("pc2", "192.0.2.1"), "where nobody translates, nobody answers"


def test_a_filter_towards_the_internet_lets_the_cloud_be(make_cloud: Callable[..., Any]) -> None:
    group = " ip access-group INTERNET in\n"
    internet = (
        "ip access-list extended INTERNET\n permit udp any any eq isakmp non500-isakmp\n permit esp any any\n"
        " permit icmp any any echo-reply\n deny ip any any log\n"
    )
    cloud = make_cloud(spoke1=spoke(LISTS[0] + internet, group))
    cloud.form()
    assert "0% packet loss" in cloud.ping("pc1", "10.0.0.10")
    assert "0% packet loss" in cloud.ping("pc1", "192.0.2.1")
    cloud.type("internet", "ping 198.51.100.2 repeat 2 timeout 1")
    cloud.run(5)
    assert "%SEC-6-IPACCESSLOGDP: list INTERNET denied icmp 198.51.100.1 -> 198.51.100.2 (8/0), 1 packet" in cloud.log(
        "spoke1"
    )
    text = cloud.show("spoke1", "show access-lists INTERNET")
    assert "40 deny ip any any log (" in text and "10 permit udp any any eq isakmp non500-isakmp (" in text
    cloud.type("spoke1", "clear access-list counters")
    assert "match" not in cloud.show("spoke1", "show access-lists INTERNET").splitlines()[-1]


def test_an_address_that_changes_takes_its_translations_with_it(make_cloud: Callable[..., Any]) -> None:
    cloud = make_cloud(spoke1=spoke(LISTS[0]))
    cloud.form()
    cloud.ping("pc1", "192.0.2.1")
    cloud.configure("spoke1", "interface GigabitEthernet1", "ip address 198.51.100.77 255.255.255.0")
    assert "10.1.0.10" not in cloud.show("spoke1", "show ip nat translations")
    assert "0% packet loss" in cloud.ping("pc1", "192.0.2.1")
    assert "198.51.100.77" in cloud.show("spoke1", "show ip nat translations")
    cloud.type("spoke1", "clear ip nat translation *")
    assert "10.1.0.10" not in cloud.show("spoke1", "show ip nat translations")


def test_a_route_map_decides_what_is_translated_and_a_changed_one_at_once(make_cloud: Callable[..., Any]) -> None:
    edits = spoke("")
    edits[END] = (
        "ip nat inside source route-map NAT interface GigabitEthernet1 overload\n"
        "ip access-list extended LAN\n permit ip 10.1.0.0 0.0.0.255 any\n"
        "ip access-list extended VPN\n permit ip any 10.0.0.0 0.255.255.255\n"
        "route-map NAT deny 10\n match ip address VPN\n!\n"
        "route-map NAT permit 20\n match ip address LAN\n match interface GigabitEthernet1\n!\n" + END
    )
    cloud = make_cloud(spoke1=edits)
    cloud.form()
    assert "0% packet loss" in cloud.ping("pc1", "192.0.2.1")
    assert "0% packet loss" in cloud.ping("pc1", "10.2.0.10")
    assert "[Id: 1] route-map NAT interface GigabitEthernet1" in cloud.show("spoke1", "show ip nat statistics")
    assert " match interface GigabitEthernet1" in cloud.show("spoke1", "show running-config")
    cloud.configure("spoke1", "no route-map NAT permit 20")
    cloud.type("spoke1", "clear ip nat translation forced")
    assert "100% packet loss" in cloud.ping("pc1", "192.0.2.1")
    assert "0% packet loss" in cloud.ping("pc1", "10.2.0.10")
