"""Files of other machines, carried by this machine's own network: what `copy tftp: flash:` and its like need.

tftp by tftpy, scp and sftp by asyncssh, http, https and ftp by the standard library; whatever blocks does so in a
thread. Servers' SSH keys are not checked, as IOS does not check them. Errors are put into IOS's words.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from iosh.base.time import Instant
from iosh.router.courier import Delivery, Ended, Remote
from iosh.router.router import Router

if TYPE_CHECKING:
    from iosh.shell.session import Session

MOST_BYTES: Final = 64 << 20  # of one file: it is held in memory
_PATIENCE_S: Final = 10
_TFTP_PORT: Final = 69
_FTP_PORT: Final = 21
_TIMED_OUT: Final = "Timed out"
_TOO_BIG: Final = "No space left on device"
_ABSENT: Final = "No such file or directory"


class NetworkCourier:
    """Carries files in tasks of the running loop. `clock` says when they arrive."""

    def __init__(self, clock: Callable[[], Instant]) -> None:
        self._clock = clock
        self._tasks: dict[asyncio.Task[bytes], None] = {}

    def fetch(self, file: Remote, ended: Ended) -> Callable[[], None]:
        return self._carry(_fetch(file), ended)

    def send(self, file: Remote, content: bytes, ended: Ended) -> Callable[[], None]:
        return self._carry(_send(file, content), ended)

    async def arrived(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    def _carry(self, work: Coroutine[Any, Any, bytes], ended: Ended) -> Callable[[], None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None

        def done(task: asyncio.Task[bytes]) -> None:
            del self._tasks[task]
            if not task.cancelled():
                error = task.exception()
                delivery = Delivery(task.result()) if error is None else Delivery(error=_in_words(error))
                ended(delivery, self._clock())

        task.add_done_callback(done)

        def give_up() -> None:
            task.cancel()

        return give_up


def employ(session: Session) -> None:
    """Let files of other machines come and go at the routers of a session, over reloads too."""
    pump = session.pump

    def now() -> Instant:
        pump.catch_up()
        return pump.world.now

    courier = session.courier = NetworkCourier(now)

    def attach(router: Router) -> None:
        router.courier = courier

    for box in session.lab.boxes.values():
        box.booted.append(attach)
        attach(box.router)


async def _fetch(file: Remote) -> bytes:
    match file.scheme:
        case "tftp":
            return await asyncio.to_thread(_tftp, file, None)
        case "http" | "https" | "ftp":
            return await asyncio.to_thread(_open, file)
        case "sftp" | "scp":
            return await _over_ssh(file, None)
    raise OSError(0, "Protocol not supported")


async def _send(file: Remote, content: bytes) -> bytes:
    match file.scheme:
        case "tftp":
            await asyncio.to_thread(_tftp, file, content)
        case "http" | "https":
            await asyncio.to_thread(_open, file, content)
        case "ftp":
            await asyncio.to_thread(_store, file, content)
        case "sftp" | "scp":
            await _over_ssh(file, content)
        case _:
            raise OSError(0, "Protocol not supported")
    return content


def _tftp(file: Remote, content: bytes | None) -> bytes:
    import tftpy

    logging.getLogger("tftpy").setLevel(logging.CRITICAL)
    client = tftpy.TftpClient(file.host, file.port or _TFTP_PORT, flock=False)
    if content is not None:
        client.upload(file.path, BytesIO(content), timeout=_PATIENCE_S, retries=1)
        return content
    got = _Bounded()
    client.download(file.path, got, timeout=_PATIENCE_S, retries=1)
    return got.getvalue()


class _Bounded(BytesIO):
    """Memory that does not grow for ever; what tftpy closes is still to be read."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > MOST_BYTES:
            raise OSError(0, _TOO_BIG)
        return super().write(data)

    def close(self) -> None:
        """Not yet."""


def _open(file: Remote, content: bytes | None = None) -> bytes:
    from urllib.parse import quote
    from urllib.request import HTTPBasicAuthHandler, HTTPPasswordMgrWithDefaultRealm, Request, build_opener

    place = file.host if file.port is None else f"{file.host}:{file.port}"
    who = f"{quote(file.user)}:{quote(file.password or '')}@" if file.user and file.scheme == "ftp" else ""
    url = f"{file.scheme}://{who}{place}/{quote(file.path, safe='/?&=')}"
    passwords = HTTPPasswordMgrWithDefaultRealm()
    if file.user:
        passwords.add_password(None, url, file.user, file.password or "")
    opener = build_opener(HTTPBasicAuthHandler(passwords))
    request = Request(url, data=content, method="GET" if content is None else "PUT")
    with opener.open(request, timeout=_PATIENCE_S) as answer:
        got: bytes = answer.read(MOST_BYTES + 1)
    if len(got) > MOST_BYTES:
        raise OSError(0, _TOO_BIG)
    return got


def _store(file: Remote, content: bytes) -> None:
    from ftplib import FTP

    with FTP(timeout=_PATIENCE_S) as server:
        server.connect(file.host, file.port or _FTP_PORT)
        server.login(file.user, file.password or "")
        server.storbinary(f"STOR {file.path}", BytesIO(content))


async def _over_ssh(file: Remote, content: bytes | None) -> bytes:
    from tempfile import TemporaryDirectory

    import asyncssh

    options: dict[str, Any] = {"known_hosts": None, "client_keys": None, "agent_path": None, "config": None}
    options |= {"username": file.user, "password": file.password, "connect_timeout": _PATIENCE_S}
    async with asyncssh.connect(file.host, file.port or (), **options) as server:
        with TemporaryDirectory() as folder:
            here = Path(folder, "file")
            if content is not None:
                here.write_bytes(content)
            if file.scheme == "scp":
                there = (server, file.path)
                await (asyncssh.scp(there, here) if content is None else asyncssh.scp(here, there))
            else:
                async with server.start_sftp_client() as client:
                    await (client.get(file.path, here) if content is None else client.put(here, file.path))
            if here.stat().st_size > MOST_BYTES:
                raise OSError(0, _TOO_BIG)
            return here.read_bytes()


_WORDS: Final = (  # by what an error is called or says, the first that fits
    ("timeout", _TIMED_OUT),
    ("timed out", _TIMED_OUT),
    ("404", _ABSENT),
    ("not found", _ABSENT),
    ("no such file", _ABSENT),
    ("sftpnosuchfile", _ABSENT),
    ("refused", "Connection refused"),
    ("permission", "Permission denied"),
    ("401", "Permission denied"),
    ("530", "Permission denied"),
    ("gaierror", "Unknown host"),
    ("name or service", "Unknown host"),
    ("unreachable", "Network is unreachable"),
    ("no space", _TOO_BIG),
    ("not supported", "Protocol not supported"),
)


def _in_words(error: BaseException) -> str:
    """What IOS would say of it. An error's own text may hold a password, so it is not repeated."""
    text = f"{type(error).__name__} {error}".lower()
    return next((words for mark, words in _WORDS if mark in text), "Undefined error")
