"""Telnet: what in the byte stream is keys, and what is negotiation (RFC 854, 855; options of RFC 857, 858, 1073).

::

    IAC WILL|WONT|DO|DONT option          IAC SB option ... IAC SE          IAC IAC = one byte 255

A server that echoes and suppresses go-ahead, asks for the window size, and refuses everything else. Not here: TTYPE,
line mode, encryption; urgent data is read like other data.
"""

from __future__ import annotations

from typing import Final, NamedTuple

IAC: Final = 255
DONT, DO, WONT, WILL, SB, SE = 254, 253, 252, 251, 250, 240
BREAK: Final = 243
INTERRUPT_PROCESS: Final = 244
ECHO, SUPPRESS_GO_AHEAD, NAWS = 1, 3, 31

OPENING: Final = bytes((IAC, WILL, ECHO, IAC, WILL, SUPPRESS_GO_AHEAD, IAC, DO, SUPPRESS_GO_AHEAD, IAC, DO, NAWS))

_ASKED: Final = {(DO, ECHO), (DO, SUPPRESS_GO_AHEAD), (WILL, SUPPRESS_GO_AHEAD), (WILL, NAWS)}
_LONGEST: Final = 64  # bytes of a subnegotiation that are kept


class Heard(NamedTuple):
    """What some bytes held: keys, what to answer, and the window's size (lines, columns) if it was told."""

    keys: bytes
    answer: bytes
    size: tuple[int, int] | None


class TelnetServer:
    """The server's side of one connection."""

    __slots__ = ("_command", "_option", "_refused", "_sub")

    def __init__(self) -> None:
        self._command = 0  # IAC seen, or a verb that waits for its option
        self._sub: bytearray | None = None
        self._option = False  # the next byte of a subnegotiation follows an IAC
        self._refused: dict[tuple[int, int], None] = {}

    def feed(self, data: bytes) -> Heard:
        """Bytes from the client."""
        if IAC not in data and not self._command and self._sub is None:
            return Heard(data, b"", None)
        keys, answer = bytearray(), bytearray()
        size: tuple[int, int] | None = None
        for byte in data:
            if self._sub is not None:
                size = self._inside(byte) or size
            elif not self._command:
                if byte == IAC:
                    self._command = IAC
                else:
                    keys.append(byte)
            elif self._command == IAC:
                self._verb(byte, keys)
            else:
                answer += self._reply(self._command, byte)
                self._command = 0
        return Heard(bytes(keys), bytes(answer), size)

    def _verb(self, byte: int, keys: bytearray) -> None:
        self._command = 0
        if byte == IAC:
            keys.append(IAC)
        elif byte == SB:
            self._sub, self._option = bytearray(), False
        elif byte in (DO, DONT, WILL, WONT):
            self._command = byte
        elif byte in (BREAK, INTERRUPT_PROCESS):
            keys.append(0x1E)

    def _reply(self, verb: int, option: int) -> bytes:
        """Refuse, once each, what we have not asked for."""
        if verb in (DONT, WONT) or (verb, option) in _ASKED or (verb, option) in self._refused:
            return b""
        self._refused[verb, option] = None
        return bytes((IAC, WONT if verb == DO else DONT, option))

    def _inside(self, byte: int) -> tuple[int, int] | None:
        """A byte of a subnegotiation; the window's size once that is complete."""
        assert self._sub is not None
        if self._option:
            self._option = False
            if byte == SE:
                sub, self._sub = bytes(self._sub), None
                if len(sub) == 5 and sub[0] == NAWS:
                    return int.from_bytes(sub[3:5], "big"), int.from_bytes(sub[1:3], "big")
                return None
        elif byte == IAC:
            self._option = True
            return None
        if len(self._sub) < _LONGEST:
            self._sub.append(byte)
        return None
