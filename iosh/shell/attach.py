"""`iosh attach NAME`: this terminal at the console of a router that `iosh run` started. Ctrl-] lets go of it."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import struct
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from iosh.shell.control import place_of, running
from iosh.shell.telnet_codec import IAC, NAWS, SB, SE, TelnetServer

_LET_GO: Final = b"\x1d"
_CHUNK: Final = 65536


def run_attach(name: str) -> int:
    """Stay until the person or the router ends it; the exit status."""
    path = place_of(name)
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            others = ", ".join(running())
            hint = f"these run: {others}" if others else f"none is found in {path.parent}"
            print(f"iosh: no router of the name {name} runs here; {hint}", file=sys.stderr)
            return 2
        except OSError as error:
            print(f"iosh: {path}: {error.strerror}", file=sys.stderr)
            return 2
        if not sys.stdin.isatty():
            return _pour(line)
        print(f"Attached to {name}; Ctrl-] lets go.")
        with _raw_terminal(), _told_of_size(line):
            _relay(line)
    print("\nDetached.")
    return 0


def _relay(line: socket.socket) -> None:
    keyboard, screen = sys.stdin.fileno(), sys.stdout.fileno()
    codec = TelnetServer()
    line.sendall(_size())
    while True:
        ready, _, _ = select.select([keyboard, line], [], [])
        if keyboard in ready:
            typed = os.read(keyboard, _CHUNK)
            if not typed or _LET_GO in typed:
                return
            line.sendall(_escaped(typed))
        if line in ready:
            data = line.recv(_CHUNK)
            if not data:
                return
            os.write(screen, codec.feed(data).keys)


def _pour(line: socket.socket) -> int:
    """Without a terminal: what standard input says is typed, and what is answered printed, to the end of both."""
    codec = TelnetServer()
    line.sendall(_told(0, 0) + _escaped(sys.stdin.buffer.read().replace(b"\n", b"\r")))
    line.shutdown(socket.SHUT_WR)
    while data := line.recv(_CHUNK):
        sys.stdout.buffer.write(codec.feed(data).keys.replace(b"\r\n", b"\n"))
        sys.stdout.buffer.flush()
    print()
    return 0


@contextmanager
def _raw_terminal() -> Iterator[None]:
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    tty.setraw(keyboard)
    try:
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


@contextmanager
def _told_of_size(line: socket.socket) -> Iterator[None]:
    """The router hears of every new size of the window."""
    before = signal.signal(signal.SIGWINCH, lambda *_: line.sendall(_size()))
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


def _size() -> bytes:
    answer = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, bytes(8))
    lines, columns, _, _ = struct.unpack("HHHH", answer)
    return _told(lines, columns)


def _told(lines: int, columns: int) -> bytes:
    size = columns.to_bytes(2, "big") + lines.to_bytes(2, "big")
    return bytes((IAC, SB, NAWS)) + _escaped(size) + bytes((IAC, SE))


def _escaped(data: bytes) -> bytes:
    return data.replace(b"\xff", b"\xff\xff")
