"""netmiko against a router of a lab over SSH: what its users do all day."""

from __future__ import annotations

import threading
from typing import Any

import pytest

netmiko = pytest.importorskip("netmiko", reason="netmiko is not installed (extra: clients)")


def connect(port: int, **how: Any) -> Any:
    given = {"username": "admin", "password": "admin", "secret": "admin", **how}
    return netmiko.ConnectHandler(device_type="cisco_ios", host="127.0.0.1", port=port, **given)


def test_a_config_set_is_taken_shown_and_taken_back(lab_ports: dict[str, int]) -> None:
    with connect(lab_ports["spoke2"]) as router:
        said = router.send_config_set(["interface Loopback77", "description " + "x" * 300, "no description"])
        assert "%" not in said
        assert "interface Loopback77" in router.send_command("show running-config interface Loopback77")
        assert "%" not in router.send_config_set(["no interface Loopback77"])


def test_the_cloud_is_seen_through_textfsm(lab_ports: dict[str, int]) -> None:
    with connect(lab_ports["hub"]) as router:
        peers = router.send_command("show dmvpn", use_textfsm=True)
        assert {peer["state"] for peer in peers} == {"UP"}
        assert "!!!!!" in router.send_command(f"ping {peers[0]['peer_tunnel']}", read_timeout=30)


def test_a_wrong_password_is_an_authentication_error(lab_ports: dict[str, int]) -> None:
    with pytest.raises(netmiko.NetmikoAuthenticationException):
        connect(lab_ports["internet"], password="wrong")


def test_twenty_sessions_at_once(lab_ports: dict[str, int]) -> None:
    names = list(lab_ports)
    said: list[str] = []

    def one(number: int) -> None:
        with connect(lab_ports[names[number % len(names)]]) as router:
            said.append(router.send_command("show version"))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum("uptime is" in text for text in said) == 20
