"""scrapli 1 against a router of a lab: the modes it moves between, its transports, what it takes for a failure."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

core = pytest.importorskip("scrapli.driver.core", reason="scrapli 1 is not installed (extra: clients)")

TOPOLOGY = Path(__file__).resolve().parents[2] / "examples" / "dmvpn-phase3" / "dmvpn-phase3.clab.yml"
HOW: dict[str, Any] = {
    "host": "127.0.0.1",
    "auth_username": "admin",
    "auth_password": "admin",
    "auth_secondary": "admin",
    "auth_strict_key": False,
    "timeout_ops": 60,
}


def open_to(port: int, transport: str = "paramiko") -> Any:
    return core.IOSXEDriver(**HOW, port=port, transport=transport)


def test_it_moves_between_all_modes(lab_ports: dict[str, int]) -> None:
    with open_to(lab_ports["spoke1"]) as router:
        for level, prompt in (
            ("exec", "SPOKE1>"),
            ("privilege_exec", "SPOKE1#"),
            ("configuration", "SPOKE1(config)#"),
            ("exec", "SPOKE1>"),
            ("tclsh", "SPOKE1(tcl)#"),
            ("privilege_exec", "SPOKE1#"),
        ):
            router.acquire_priv(level)
            assert router.get_prompt() == prompt


@pytest.mark.parametrize("transport", ["system", "paramiko"])
def test_lines_are_configured_and_a_wrong_one_stops_the_rest(lab_ports: dict[str, int], transport: str) -> None:
    with open_to(lab_ports["spoke1"], transport) as router:
        lines = ["interface Loopback71", "description one by one", "ip address 10.71.0.1 255.255.255.255"]
        assert not router.send_configs(lines).failed
        wrong = router.send_configs(["interface Loopback71", "not a command", "description never"], stop_on_failed=True)
        assert wrong.failed and len(wrong) == 2
        assert "one by one" in router.send_command("show running-config interface Loopback71").result
        many = [f"ip route 198.19.{number}.0 255.255.255.0 Null0" for number in range(50)]
        assert not router.send_configs(many, eager=True).failed
        count = router.send_command("show running-config | count ^ip route 198.19").result
        assert count == "Number of lines which match regexp = 50"
        assert not router.send_configs([f"no {line}" for line in many] + ["no interface Loopback71"]).failed
        assert router.send_command("show nonsense").failed


def test_a_question_is_answered(lab_ports: dict[str, int]) -> None:
    with open_to(lab_ports["spoke1"]) as router:
        answers = [("clear logging", "Clear logging buffer [confirm]"), ("", "SPOKE1#")]
        assert not router.send_interactive(answers).failed
        copied = router.send_interactive(
            [("copy running-config startup-config", "Destination filename [startup-config]?"), ("", "SPOKE1#")]
        )
        assert "[OK]" in copied.result


def test_tables_come_by_textfsm(lab_ports: dict[str, int]) -> None:
    pytest.importorskip("ntc_templates")
    with open_to(lab_ports["hub"]) as router:
        peers = router.send_command("show dmvpn").textfsm_parse_output()
        assert {peer["state"] for peer in peers} == {"UP"} and len(peers) == 2


def test_its_asyncssh_transport_runs_four_routers_at_once(lab_ports: dict[str, int]) -> None:
    async def hostname(port: int) -> str:
        async with core.AsyncIOSXEDriver(**HOW, port=port, transport="asyncssh") as router:
            answer = await router.send_command("show running-config | include ^hostname")
            return str(answer.result)

    async def everywhere() -> list[str]:
        return list(await asyncio.gather(*map(hostname, lab_ports.values())))

    names = sorted(f"hostname {name.upper()}" for name in lab_ports)
    assert sorted(asyncio.run(everywhere())) == names


def test_a_router_answers_by_telnet_too(serve: Any) -> None:
    with (
        serve(TOPOLOGY, "--telnet", "0") as ports,
        core.IOSXEDriver(**HOW, port=ports["spoke1 telnet"], transport="telnet") as router,
    ):
        assert "uptime is" in router.send_command("show version").result
