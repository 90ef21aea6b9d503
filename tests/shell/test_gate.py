"""Who comes in: what the configuration says, the program's own user, and how guesses are slowed."""

from __future__ import annotations

import asyncio

import pytest

from iosh.lab.build import Lab, build
from iosh.lab.kinds import KINDS
from iosh.lab.topology import Node, Topology
from iosh.shell.gate import FREE_FAILURES, LONGEST_WAIT, Brake, DefaultUser, Gate, is_local

USERS = "username ann privilege 15 secret 0 apple\nusername bob password 0 pear\nline vty 0 4\n login local\n"


def lab_of(config: str) -> Lab:
    node = Node("R1", KINDS["iosh"], config, "r1.cfg", 0, (), 0)
    return build(Topology("one", "one", {"R1": node}, ()))


def gate_of(config: str, user: DefaultUser | None = None) -> Gate:
    lab = lab_of(config)
    assert lab.remarks == []
    return Gate(lab.boxes["R1"], lab.world, Brake(), user or DefaultUser())


def judged(gate: Gate, name: str, password: str, address: str = "127.0.0.1") -> int | None:
    given = asyncio.run(gate.judge(name, password, address, 22))
    return None if given is None else given.level


def test_a_router_that_names_nobody_knows_the_programs_user_from_this_machine_only() -> None:
    gate = gate_of("hostname R1\n")
    assert judged(gate, "admin", "admin") == 15
    assert judged(gate, "admin", "admin", "::1") == 15
    assert judged(gate, "admin", "admin", "192.0.2.9") is None
    assert judged(gate, "admin", "") is None
    assert judged(gate, "root", "admin") is None


def test_a_user_who_was_asked_for_comes_in_from_anywhere() -> None:
    gate = gate_of("hostname R1\n", DefaultUser("eve", "secret", chosen=True))
    assert judged(gate, "eve", "secret", "192.0.2.9") == 15
    assert judged(gate, "admin", "admin") is None


def test_configured_users_shut_the_programs_user_out() -> None:
    gate = gate_of(USERS)
    assert judged(gate, "ann", "apple", "192.0.2.9") == 15
    assert judged(gate, "bob", "pear", "192.0.2.9") == 1
    assert judged(gate, "admin", "admin") is None
    assert judged(gate, "ann", "pear") is None


def test_aaa_decides_the_level() -> None:
    config = USERS.replace(" login local\n", "") + "aaa new-model\naaa authentication login default local\n"
    assert judged(gate_of(config), "ann", "apple") == 1
    config += "aaa authorization exec default local\n"
    assert judged(gate_of(config), "ann", "apple") == 15


@pytest.mark.parametrize("line", [" no login\n", " login\n"])
def test_nobody_comes_in_from_a_network_without_a_password(line: str) -> None:
    gate = gate_of(f"username ann privilege 15 secret 0 apple\nline vty 0 4\n{line}")
    assert judged(gate, "ann", "") is None
    assert judged(gate, "anybody", "anything") is None
    assert judged(gate, "ann", "apple") == 15


def test_a_lines_password_lets_in() -> None:
    gate = gate_of("line vty 0 4\n password seven\n login\n")
    assert judged(gate, "", "seven") == 1
    assert judged(gate, "admin", "admin") is None


def test_transport_input_decides_which_door_is_open() -> None:
    gate = gate_of("line vty 0 4\n transport input ssh\n")
    assert gate.admits("ssh", "127.0.0.1") and not gate.admits("telnet", "127.0.0.1")
    assert not gate_of("line vty 0 4\n transport input none\n").admits("ssh", "127.0.0.1")
    assert gate_of("hostname R1\n").admits("telnet", "127.0.0.1")


def test_access_class_decides_from_where() -> None:
    gate = gate_of("access-list 10 permit 192.0.2.0 0.0.0.255\nline vty 0 98\n access-class 10 in\n")
    assert gate.admits("ssh", "192.0.2.77")
    assert not gate.admits("ssh", "198.51.100.1") and not gate.admits("telnet", "127.0.0.1")
    assert not gate.admits("ssh", "2001:db8::1")


def test_a_failure_is_logged_without_the_password() -> None:
    gate = gate_of(USERS)
    judged(gate, "ann\n%SYS-0-FAKE: x", "my secret word", "192.0.2.9")
    (line,) = [line for line in gate.box.router.logbook.lines if "LOGIN_FAILED" in line]
    assert "%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: ann?%SYS-0-FAKE: x] [Source: 192.0.2.9]" in line
    assert "my secret word" not in line


def test_login_block_for_shuts_the_door_for_a_while() -> None:
    gate = gate_of(f"{USERS}login block-for 60 attempts 2 within 60\n")
    for _ in range(2):
        assert judged(gate, "ann", "wrong") is None
    assert any("QUIET_MODE_ON" in line for line in gate.box.router.logbook.lines)
    assert judged(gate, "ann", "apple") is None


class Clock:
    """Seconds, by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_guesses_wait_longer_and_longer_and_for_one_another() -> None:
    clock = Clock()
    brake = Brake(clock)
    for _ in range(FREE_FAILURES):
        assert brake.wait("a") == 0
        brake.failed("a")
    waits = [brake.wait("a") for _ in range(4)]  # at once, on four connections
    assert waits == [0, 0.5, 1.0, 1.5]
    brake.failed("a")
    clock.now = 2.0
    assert [brake.wait("a"), brake.wait("a")] == [0, 1.0]
    assert brake.wait("b") == 0


def test_waits_are_bounded_and_a_crowd_is_refused() -> None:
    clock = Clock()
    brake = Brake(clock)
    for _ in range(100):
        brake.failed("a")
    waits = [brake.wait("a") for _ in range(6)]
    assert waits[:4] == [0, LONGEST_WAIT, 2 * LONGEST_WAIT, 3 * LONGEST_WAIT]
    assert waits[-1] is None


def test_an_address_is_forgiven_after_a_minute_of_quiet() -> None:
    clock = Clock()
    brake = Brake(clock)
    for _ in range(10):
        brake.failed("a")
    brake.wait("a")
    clock.now = 200.0
    assert [brake.wait("a") for _ in range(3)] == [0, 0, 0]


def test_what_is_remembered_of_addresses_is_bounded() -> None:
    brake = Brake(Clock())
    for number in range(10_000):
        brake.failed(f"10.0.{number >> 8}.{number & 255}")
    assert len(brake._troubles) <= 4096


def test_only_loopback_is_this_machine() -> None:
    assert is_local("127.9.9.9") and is_local("::1")
    assert not is_local("10.0.0.1") and not is_local("fe80::1%eth0") and not is_local("nonsense")
