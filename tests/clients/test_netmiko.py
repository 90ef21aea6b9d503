"""netmiko against a router of a lab over SSH: what its users do all day."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

netmiko = pytest.importorskip("netmiko", reason="netmiko is not installed (extra: clients)")
SCPException = pytest.importorskip("scp").SCPException


LAB = Path(__file__).resolve().parents[2] / "examples" / "dmvpn-phase3" / "dmvpn-phase3.clab.yml"


@pytest.fixture(scope="module")
def lab_ports(serve: Any) -> Any:
    """A lab of its own: other clients leave users, secrets and routes on the one they share."""
    with serve(LAB) as ports:
        yield ports


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


def test_modes_are_entered_and_left(lab_ports: dict[str, int]) -> None:
    with connect(lab_ports["spoke2"]) as router:
        router.exit_enable_mode()
        assert router.find_prompt() == "SPOKE2>"
        router.enable()
        router.config_mode()
        assert router.find_prompt() == "SPOKE2(config)#"
        router.exit_config_mode()
        assert router.find_prompt() == "SPOKE2#"


def test_two_hundred_lines_go_in_and_out(lab_ports: dict[str, int]) -> None:
    lines = [f"ip route 198.18.{number}.0 255.255.255.0 Null0" for number in range(200)]
    with connect(lab_ports["spoke2"]) as router:
        assert "% " not in router.send_config_set(lines, read_timeout=60)
        assert router.send_command("show running-config | count ^ip route 198.18").endswith("= 200")
        router.send_config_set([f"no {line}" for line in lines], read_timeout=60)
        assert router.send_command("show running-config | include ^ip route 198.18") == ""


def test_a_long_hostname_is_cut_in_configuration_modes_and_found_again(lab_ports: dict[str, int]) -> None:
    with connect(lab_ports["spoke2"]) as router:
        router.send_config_set(["hostname A-VERY-LONG-HOSTNAME-FOR-IOS"])
        assert router.set_base_prompt() == "A-VERY-LONG-HOSTNAME-FOR-IOS"[: len(router.base_prompt)]
        router.config_mode()
        assert router.find_prompt() == "A-VERY-LONG-HOSTNAME(config)#"
        router.exit_config_mode()
        router.send_config_set(["hostname SPOKE2"])
        router.set_base_prompt()
        assert router.find_prompt() == "SPOKE2#"


def test_a_lone_cr_and_a_lone_lf_are_each_one_enter(lab_ports: dict[str, int]) -> None:
    with connect(lab_ports["spoke2"]) as router:
        for key in "\r\n\r\n":
            router.clear_buffer()
            router.write_channel(key)
            said = router.read_until_pattern("SPOKE2#")
            time.sleep(0.2)  # apart from each other, as a person's keys are
            assert (said + router.read_channel()).count("SPOKE2#") == 1


def test_what_it_is_is_found_out(lab_ports: dict[str, int]) -> None:
    place = {"host": "127.0.0.1", "port": lab_ports["spoke2"], "username": "admin", "password": "admin"}
    assert netmiko.SSHDetect(device_type="autodetect", **place).autodetect() == "cisco_xe"


def test_a_file_is_typed_in_by_tclsh(lab_ports: dict[str, int], tmp_path: Path) -> None:
    source = tmp_path / "typed.txt"
    source.write_text("! a file\n! of two lines\n")
    with connect(lab_ports["spoke2"]) as router:
        done = netmiko.file_transfer(
            router, source_file=str(source), dest_file="typed.txt", overwrite_file=True, inline_transfer=True
        )
        assert done["file_transferred"] and done["file_verified"]
        assert router.send_command("more flash:typed.txt").splitlines() == ["! a file", "! of two lines"]
        router.send_multiline([["clear logging", r"\[confirm\]"], ["\n", r"#"]])
