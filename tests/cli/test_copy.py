"""`copy` from and to other machines: the dialogues of IOS, with a courier that carries when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iosh.base.time import SECOND
from iosh.router.courier import Delivery, Ended, Remote, remote


class Courier:
    """Remembers what it is to carry; `arrive` ends it."""

    def __init__(self) -> None:
        self.asked: list[tuple[Remote, bytes | None]] = []
        self.given_up = 0
        self._ended: Ended | None = None

    def fetch(self, file: Remote, ended: Ended) -> Callable[[], None]:
        return self._take(file, None, ended)

    def send(self, file: Remote, content: bytes, ended: Ended) -> Callable[[], None]:
        return self._take(file, content, ended)

    def _take(self, file: Remote, content: bytes | None, ended: Ended) -> Callable[[], None]:
        self.asked.append((file, content))
        self._ended = ended

        def give_up() -> None:
            self.given_up += 1

        return give_up

    def arrive(self, session: Any, delivery: Delivery) -> str:
        """Half a second later; what the console then says."""
        session.written.clear()
        assert self._ended is not None
        self._ended(delivery, session.now + SECOND // 2)
        return "".join(session.written)


@pytest.fixture
def courier() -> Courier:
    return Courier()


@pytest.fixture
def session(desk: Callable[..., Any], courier: Courier) -> Any:
    session = desk("hostname R1\n")
    session.types("enable", "terminal length 0")
    session.router.courier = courier
    return session


def begin(session: Any, *lines: str) -> str:
    """Type lines of which the last one begins something that ends later."""
    said = ""
    for line in lines:
        session.written.clear()
        session.now += SECOND
        session.console.feed(line, session.now)
        said += "".join(session.written)
        said += session.console.prompt if session.console.asking else ""
    return said


def test_a_file_comes_by_tftp(session: Any, courier: Courier) -> None:
    said = begin(session, "copy tftp: flash:", "192.0.2.1", "new.cfg", "")
    assert said.startswith("Address or name of remote host []? Source filename []? Destination filename [new.cfg]? ")
    assert said.endswith("Accessing tftp://192.0.2.1/new.cfg...\n") and session.console.busy
    said = courier.arrive(session, Delivery(b"hostname R2\n"))
    assert said == (
        "Loading new.cfg from 192.0.2.1: !\n[OK - 12 bytes]\n\n12 bytes copied in 0.500 secs (24 bytes/sec)\n"
    )
    assert session.storage.read("flash:new.cfg") == b"hostname R2\n" and not session.console.busy


def test_the_running_config_goes_by_scp_with_a_password_nobody_sees(session: Any, courier: Courier) -> None:
    said = begin(session, "copy running-config scp:", "192.0.2.1", "", "admin", "Hush-Hush")
    assert "Destination filename [r1-confg]? Username [R1]? Password: Writing r1-confg " in said
    assert "Hush" not in said and "Hush" not in repr(courier.asked)
    ((file, content),) = courier.asked
    assert file == Remote("scp", "192.0.2.1", "r1-confg", "admin", "Hush-Hush")
    assert content is not None and b"hostname R1\n" in content
    assert courier.arrive(session, Delivery(content)).startswith(f"!\n{len(content)} bytes copied in 0.500 secs (")


def test_a_configuration_from_a_server_is_merged(session: Any, courier: Courier) -> None:
    begin(session, "copy http://192.0.2.1:8080/new.cfg running-config", "")
    said = courier.arrive(session, Delivery(b"hostname NEW\nwhat is this\n"))
    assert session.router.config.hostname == "NEW" and "what is this\n" in said
    assert said.endswith("26 bytes copied in 0.500 secs (52 bytes/sec)\n")
    assert any("Configured from http://192.0.2.1:8080/new.cfg by" in line for line in session.router.logbook.lines)


def test_what_goes_wrong_is_said_and_nothing_is_written(session: Any, courier: Courier) -> None:
    begin(session, "copy tftp://192.0.2.1/x flash:y", "")
    said = courier.arrive(session, Delivery(error="Timed out"))
    assert said == "%Error opening tftp://192.0.2.1/x (Timed out)\n"
    assert session.storage.names() == [] and not session.console.busy
    begin(session, "copy startup-config tftp://192.0.2.1/x")
    assert courier.asked[1:] == [], "there is nothing to send"


def test_a_transfer_can_be_broken_off(session: Any, courier: Courier) -> None:
    begin(session, "copy tftp://192.0.2.1/x flash:y", "")
    said = session.type("\x03")
    assert said == "%Error opening tftp://192.0.2.1/x (Aborted)\n"
    assert courier.given_up == 1 and not session.console.busy


def test_in_quiet_mode_a_whole_command_asks_nothing(session: Any, courier: Courier) -> None:
    session.types("configure terminal", "file prompt quiet", "end")
    begin(session, "copy sftp://u:p@192.0.2.1//etc/x flash:y")
    assert courier.asked == [(Remote("sftp", "192.0.2.1", "/etc/x", "u", "p"), None)]


def test_a_configuration_is_replaced_by_a_servers(session: Any, courier: Courier) -> None:
    begin(session, "configure replace tftp://192.0.2.1/r1.cfg force")
    said = courier.arrive(session, Delivery(b"hostname BY-TFTP\nend\n"))
    assert "Rollback Done\n" in said and session.router.config.hostname == "BY-TFTP"


def test_a_lab_has_no_way_out_and_says_so(session: Any) -> None:
    session.router.courier = None
    said = session.types("copy running-config tftp:", "192.0.2.1", "")
    assert said.startswith("%Error opening tftp://192.0.2.1/r1-confg (Network is unreachable)\n% A lab's routers")
    said = session.types("copy scp://u@192.0.2.1/x flash:", "")
    assert said.startswith("%Error opening scp://u@192.0.2.1/x (Network is unreachable)\n")


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("tftp:", Remote("tftp")),
        ("tftp://192.0.2.1/a/b", Remote("tftp", "192.0.2.1", "a/b")),
        ("scp://me:secret@host.example.net:2222//abs", Remote("scp", "host.example.net", "/abs", "me", "secret", 2222)),
        ("http://[2001:db8::1]:80/x?y=1", Remote("http", "2001:db8::1", "x?y=1", port=80)),
    ],
)
def test_what_a_url_names(text: str, file: Remote) -> None:
    assert remote(text) == file
    assert "secret" not in f"{file} {file!r}"
