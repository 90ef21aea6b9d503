"""A connection that speaks telnet and leads to a line of a router, from the network or from the control socket."""

from __future__ import annotations

import asyncio

from iosh.lab.box import Box
from iosh.shell.remote import House, Person, RemoteLine
from iosh.shell.telnet_codec import TelnetServer


class TelnetLine(asyncio.Protocol):
    """What both have: the codec, the window's size, and the line once somebody sits at it."""

    def __init__(self) -> None:
        self._codec = TelnetServer()
        self._line: RemoteLine | None = None
        self._size = (0, 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._line is not None:
            self._line.gone()

    def data_received(self, data: bytes) -> None:
        heard = self._codec.feed(data)
        if heard.answer:
            self._transport.write(heard.answer)
        if heard.size is not None:
            self._size = heard.size
            self._resized()
        if heard.keys and self._line is not None:
            self._line.receive(heard.keys)
        elif heard.keys:
            self._typed_before(heard.keys)

    def pause_writing(self) -> None:
        if self._line is not None:
            self._line.choke(True)

    def resume_writing(self) -> None:
        if self._line is not None:
            self._line.choke(False)

    def _resized(self) -> None:
        if self._line is not None:
            self._line.tty.resize(*self._size)

    def _typed_before(self, keys: bytes) -> None:
        """Keys before anybody sits at the line."""

    def _sit_down(self, house: House, box: Box, line: str, person: Person) -> None:
        self._line = RemoteLine(house, box, line, person, self._write, self._transport.close, self._reading)
        self._line.open(*self._size)

    def _write(self, data: bytes) -> None:
        self._transport.write(data.replace(b"\xff", b"\xff\xff"))

    def _reading(self, on: bool) -> None:
        if on:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()
