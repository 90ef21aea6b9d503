"""Files carried by this machine's network: from and to real servers on the loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from iosh.router.courier import Delivery, Remote
from iosh.shell.courier import NetworkCourier

LOOPBACK = "127.0.0.1"
CONTENT = bytes(range(256)) * 40


async def fetched(file: Remote) -> Delivery:
    got: list[Delivery] = []
    courier = NetworkCourier(lambda: 0)
    courier.fetch(file, lambda delivery, now: got.append(delivery))
    await courier.arrived()
    await asyncio.sleep(0)
    return got[0]


async def sent(file: Remote, content: bytes) -> Delivery:
    got: list[Delivery] = []
    courier = NetworkCourier(lambda: 0)
    courier.send(file, content, lambda delivery, now: got.append(delivery))
    await courier.arrived()
    await asyncio.sleep(0)
    return got[0]


class Shelf(BaseHTTPRequestHandler):
    """Gives what was put."""

    files: dict[str, bytes]

    def do_GET(self) -> None:
        content = self.files.get(self.path)
        self.send_response(404 if content is None else 200)
        self.end_headers()
        self.wfile.write(content or b"")

    def do_PUT(self) -> None:
        self.files[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.end_headers()

    def log_message(self, *words: Any) -> None:
        """Not a word."""


@contextlib.contextmanager
def web(files: dict[str, bytes]) -> Iterator[int]:
    server = ThreadingHTTPServer((LOOPBACK, 0), type("Here", (Shelf,), {"files": files}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_http_gives_takes_and_says_what_is_not_there() -> None:
    files = {"/r1.cfg": CONTENT}
    with web(files) as port:
        assert asyncio.run(fetched(Remote("http", LOOPBACK, "r1.cfg", port=port))) == Delivery(CONTENT)
        absent = asyncio.run(fetched(Remote("http", LOOPBACK, "r2.cfg", port=port)))
        assert absent.error == "No such file or directory"
        assert asyncio.run(sent(Remote("http", LOOPBACK, "new", port=port), b"hostname R\n")).error is None
    assert files["/new"] == b"hostname R\n"


def test_a_server_that_is_not_there_refuses() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        port = taken.getsockname()[1]
        for scheme in ("http", "ftp", "scp", "sftp"):
            file = Remote(scheme, LOOPBACK, "x", "u", "p", port)
            assert asyncio.run(fetched(file)).error == "Connection refused", scheme


class Login(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("admin", "Hush")


@pytest.mark.parametrize("scheme", ["scp", "sftp"])
def test_ssh_carries_both_ways_and_wants_the_password(tmp_path: Path, scheme: str) -> None:
    (tmp_path / "r1.cfg").write_bytes(CONTENT)

    async def story() -> None:
        key = asyncssh.generate_private_key("ssh-ed25519")
        server = await asyncssh.create_server(
            Login, LOOPBACK, 0, server_host_keys=[key], sftp_factory=True, allow_scp=True
        )
        file = Remote(scheme, LOOPBACK, str(tmp_path / "r1.cfg"), "admin", "Hush", server.get_port())
        assert await fetched(file) == Delivery(CONTENT)
        assert (await sent(file._replace(path=str(tmp_path / "new")), b"x" * 9)).error is None
        assert (await fetched(file._replace(path=str(tmp_path / "gone")))).error == "No such file or directory"
        assert (await fetched(file._replace(password="wrong"))).error == "Permission denied"
        server.close()

    asyncio.run(story())
    assert (tmp_path / "new").read_bytes() == b"x" * 9


def test_tftp_carries_both_ways(tmp_path: Path) -> None:
    tftpy = pytest.importorskip("tftpy")
    (tmp_path / "r1.cfg").write_bytes(CONTENT)
    server = tftpy.TftpServer(str(tmp_path))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    thread = threading.Thread(target=server.listen, args=(LOOPBACK, port), daemon=True)
    thread.start()
    server.is_running.wait()
    file = Remote("tftp", LOOPBACK, "r1.cfg", port=port)
    assert asyncio.run(fetched(file)) == Delivery(CONTENT)
    assert asyncio.run(sent(file._replace(path="new"), b"hostname R\n")).error is None
    assert asyncio.run(fetched(file._replace(path="gone"))).error == "No such file or directory"
    server.stop(now=True)
    thread.join()
    assert (tmp_path / "new").read_bytes() == b"hostname R\n"
