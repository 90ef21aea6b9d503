"""What a client that has logged in by SSH does in a channel: a shell at a vty, one command, or files."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncssh

from iosh.cli.console import Console
from iosh.lab.box import Box
from iosh.shell import scp
from iosh.shell.cabinet import Cabinet
from iosh.shell.remote import House, Person, RemoteLine


class Session(asyncssh.SSHServerSession[bytes]):
    """One channel."""

    def __init__(self, house: House, box: Box, person: Person) -> None:
        self._house = house
        self._box = box
        self._person = person
        self._size = (0, 0)
        self._channel: Any = None
        self._line: RemoteLine | None = None
        self._errand: Errand | Transfer | FileSession | None = None

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def pty_requested(self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Any) -> bool:
        self._size = (term_size[1], term_size[0])
        return True

    def shell_requested(self) -> bool:
        return self._vty() is not None

    def exec_requested(self, command: str) -> bool:
        wanted = scp.request(command)
        if wanted is not None:
            self._errand = Transfer(self._cabinet(), self._channel, wanted)
            return True
        line = self._vty()
        if line is None:
            return False
        self._errand = Errand(self._house, self._box, line, self._person, self._channel, command)
        return True

    def subsystem_requested(self, subsystem: str) -> bool:
        if subsystem == "sftp" and not self._box.is_booting:
            self._errand = FileSession(self._cabinet(), self._channel)
        return self._errand is not None

    def session_started(self) -> None:
        if self._errand is not None:
            self._errand.begin()
            return
        line = self._vty()
        if line is None:  # the last one was taken in between
            self._channel.close()
            return
        self._line = RemoteLine(
            self._house, self._box, line, self._person, self._channel.write, self._closed, self._reading
        )
        self._line.open(*self._size)

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        if self._line is not None:
            self._line.tty.resize(height, width)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if self._line is not None:
            self._line.receive(data)
        elif self._errand is not None:
            self._errand.answer(data)

    def eof_received(self) -> bool:
        if self._line is not None:
            self._line.gone()
        elif self._errand is not None:
            self._errand.no_more()
        return True

    def break_received(self, msec: int) -> bool:
        if self._line is not None:
            self._line.receive(b"\x1e")
        return True

    def pause_writing(self) -> None:
        self._choke(True)

    def resume_writing(self) -> None:
        self._choke(False)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._line is not None:
            self._line.gone()
        elif self._errand is not None:
            self._errand.give_up()

    def _choke(self, choked: bool) -> None:
        if self._line is not None:
            self._line.choke(choked)
        elif isinstance(self._errand, FileSession):
            self._errand.choke(choked)

    def _cabinet(self) -> Cabinet:
        return Cabinet(self._house, self._box, self._person)

    def _vty(self) -> str | None:
        return None if self._box.is_booting else self._box.router.lines.free_vty()

    def _closed(self) -> None:
        self._channel.exit(0)

    def _reading(self, on: bool) -> None:
        if on:
            self._channel.resume_reading()
        else:
            self._channel.pause_reading()


class Errand:
    """`ssh ROUTER 'show version'`: one command, what it prints, and whether it was taken as the exit status.

    What it asks is answered by lines of standard input; where there are none, it is given up.
    """

    def __init__(self, house: House, box: Box, line: str, person: Person, channel: Any, command: str) -> None:
        self._house = house
        self._box = box
        self._channel = channel
        self._command = command
        self._answers = ""
        self._complete = False  # standard input has ended
        self._taken = True
        self._over = False
        self.console = Console(box, line, self._said, person.name, person.address, self.give_up)
        person.sit_down(self.console, house.lab.world.now)
        self.console.terminal.length = 0
        self.console.finished = self._wake

    def begin(self) -> None:
        """Carry it out."""
        self._house.pump.catch_up()
        self._feed(self._command)
        self._go_on()

    def answer(self, data: bytes) -> None:
        """More of standard input."""
        self._answers = (self._answers + data.decode("utf-8", "replace").replace("\r\n", "\n"))[-65536:]
        self._go_on()

    def no_more(self) -> None:
        """Standard input has ended."""
        self._complete = True
        self._go_on()

    def give_up(self) -> None:
        """The client has gone."""
        if not self._over:
            self._over = True
            self.console.interrupt(self._house.lab.world.now)
            self.console.detach()
            self._house.lab.world.touch(self._box.name)

    def _wake(self) -> None:
        asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        console = self.console
        while not self._over and not console.busy:
            if not console.asking:
                self._end()
                return
            line, end, rest = self._answers.partition("\n")
            if not end and not self._complete:
                return
            if not end and not line:
                self._taken = False
                console.interrupt(self._house.lab.world.now)
                continue
            self._answers = rest
            self._feed(line)

    def _feed(self, line: str) -> None:
        try:
            self._taken = self.console.feed(line, self._house.lab.world.now) and self._taken
        except OSError as error:
            self._taken = False
            self._said(f"%Error: {error.filename or 'a file'}: {error.strerror or error}\n")
        self._house.lab.world.touch(self._box.name)
        if self.console.asking:
            self._said(f"{self.console.prompt}\n")

    def _end(self) -> None:
        self._over = True
        self.console.detach()
        self._channel.exit(0 if self._taken else 1)

    def _said(self, text: str) -> None:
        if not self._channel.is_closing():
            self._channel.write(text.replace("\n", "\r\n").encode())


class Transfer:
    """`scp -O` to or from the router."""

    def __init__(self, cabinet: Cabinet, channel: Any, wanted: scp.Request) -> None:
        self._channel = channel
        self._scp = scp.Scp(wanted, cabinet, cabinet.denied)

    def begin(self) -> None:
        """The first word."""
        self._say(self._scp.begin())

    def answer(self, data: bytes) -> None:
        """More from the client."""
        self._say(self._scp.feed(data))

    def no_more(self) -> None:
        """The client has said all."""
        self._scp.finish()
        self._say(b"")

    def give_up(self) -> None:
        """The client has gone."""
        self._scp.finish()

    def _say(self, data: bytes) -> None:
        if self._channel.is_closing():
            return
        if data:
            self._channel.write(data)
        if self._scp.status is not None:
            self._channel.exit(self._scp.status)


class FileSession:
    """`sftp`, and `scp` as OpenSSH speaks it today: asyncssh's server of the protocol, over our files."""

    def __init__(self, cabinet: Cabinet, channel: Any) -> None:
        from asyncssh.stream import SSHServerStreamSession

        from iosh.shell.sftp import VERSION, Sftp

        self._sftp = Sftp(channel, cabinet)
        self._stream: Any = SSHServerStreamSession(None, lambda _: self._sftp, VERSION)
        self._stream.connection_made(channel)

    def begin(self) -> None:
        """The client may speak."""
        self._stream.session_started()

    def answer(self, data: bytes) -> None:
        """More from the client."""
        self._stream.data_received(data, None)

    def no_more(self) -> None:
        """The client has said all."""
        self._stream.eof_received()

    def choke(self, choked: bool) -> None:
        """The client reads too slowly, or reads again."""
        if choked:
            self._stream.pause_writing()
        else:
            self._stream.resume_writing()

    def give_up(self) -> None:
        """The client has gone."""
        self._sftp.broken = True
        self._stream.connection_lost(None)
