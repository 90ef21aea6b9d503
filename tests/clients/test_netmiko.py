"""netmiko against a router of a lab over SSH: what its users do all day."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

netmiko = pytest.importorskip("netmiko", reason="netmiko is not installed (extra: clients)")
SCPException = pytest.importorskip("scp").SCPException


def connect(port: int, **how: Any) -> Any:
    given = {"username": "admin", "password": "admin", "secret": "admin", **how}
    return netmiko.ConnectHandler(device_type="cisco_ios", host="127.0.0.1", port=port, **given)


def test_a_config_set_is_taken_shown_and_taken_back(lab_ports: dict[str, int]) -> None:
    with connect(lab_ports["spoke2"]) as router:
        said = router.send_config_set(["interface Loopback77", "description " + "x" * 300, "no description"])
        assert "%" not in said
        assert "interface Loopback77" in router.send_command("show running-config interface Loopback77")
        assert "%" not in router.send_config_set(["no interface Loopback77"])


def test_a_set_stops_at_what_is_refused_and_takes_a_banner_whole(lab_ports: dict[str, int]) -> None:
    with connect(lab_ports["spoke2"]) as router:
        with pytest.raises(netmiko.ConfigInvalidException, match="descripshun"):
            router.send_config_set(["interface Loopback78", "descripshun x", "shutdown"], error_pattern="% Invalid")
        router.exit_config_mode()
        router.send_config_set(["no interface Loopback78", "banner motd #", "Two lines,", "one with a hash? no", "#"])
        assert "banner motd ^C\nTwo lines,\none with a hash? no\n^C" in router.send_command("show running-config")
        router.send_config_set(["no banner motd"])


def test_what_is_saved_stands_in_the_startup_config(lab_ports: dict[str, int]) -> None:
    with connect(lab_ports["spoke2"]) as router:
        router.send_config_set(["interface Loopback79"])
        assert "[OK]" in router.save_config()
        assert "interface Loopback79" in router.send_command("show startup-config")
        router.send_config_set(["no interface Loopback79"])
        said = router.save_config(cmd="copy running-config startup-config", confirm=True, confirm_response="")
        assert "[OK]" in said and "Loopback79" not in router.send_command("show startup-config")


def test_a_file_goes_there_and_back_by_scp(lab_ports: dict[str, int], tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(bytes(range(256)) * 4000)
    names = {"source_file": str(tmp_path / "there"), "dest_file": "there.bin", "file_system": "flash:"}
    done = {"file_exists": True, "file_transferred": True, "file_verified": True}
    with connect(lab_ports["internet"]) as router:
        with pytest.raises(SCPException, match="Administratively disabled"):
            netmiko.file_transfer(router, **names)
        router.send_config_set(["ip scp server enable"])
        assert netmiko.file_transfer(router, **names) == done
        assert netmiko.file_transfer(router, **names) == {**done, "file_transferred": False}
        back = {"source_file": "there.bin", "dest_file": str(tmp_path / "back"), "direction": "get"}
        assert netmiko.file_transfer(router, **back) == done
        assert (tmp_path / "back").read_bytes() == (tmp_path / "there").read_bytes()
        (tmp_path / "there").write_bytes(b"another")
        with pytest.raises(ValueError, match="already exists"):
            netmiko.file_transfer(router, **names, overwrite_file=False)
        assert netmiko.file_transfer(router, **names, overwrite_file=True) == done
        assert "there.bin" not in router.send_command_timing("delete /force flash:there.bin")
        router.send_config_set(["no ip scp server enable"])


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
