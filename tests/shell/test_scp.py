"""SCP as it is spoken over a channel, and with OpenSSH's rules about who may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iosh.router.files import FLASH_BYTES, FileError, Url
from iosh.shell.cabinet import LARGEST
from iosh.shell.scp import Request, Scp, request


class Cabinet:
    """Files in a dictionary."""

    def __init__(self, **files: bytes) -> None:
        self.files = {f"flash:{name}": content for name, content in files.items()}

    def read(self, url: Url) -> bytes:
        if url.name not in self.files:
            raise FileError("No such file or directory")
        return self.files[url.name]

    def write(self, url: Url, content: bytes) -> None:
        if url.device != "flash":
            raise FileError("Permission denied")
        self.files[url.name] = content

    def is_folder(self, url: Url) -> bool:
        return not url.path

    def free(self, device: str) -> int:
        return FLASH_BYTES if device == "flash" else 10


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("scp -t flash:/x", Request(True, "flash:/x")),
        ("scp -v -f 'flash:/a b'", Request(False, "flash:/a b")),
        ("/usr/bin/scp -qt .", Request(True, ".")),
        ("scp flash:/x", None),
        ("scp -tf flash:/x", None),
        ("show clock", None),
        ("scp -t 'open", None),
        ("", None),
    ],
)
def test_requests_are_told_from_commands(command: str, expected: Request | None) -> None:
    assert request(command) == expected


def test_a_file_is_taken() -> None:
    cabinet = Cabinet()
    one = Scp(Request(True, "flash:/x.cfg"), cabinet)
    assert one.begin() == b"\0"
    assert one.feed(b"T1 0 1 0\n") == b"\0"
    assert one.feed(b"C0644 5 other.cfg\n") == b"\0"
    assert one.feed(b"hel") == b""
    assert one.feed(b"lo\0") == b"\0"
    assert cabinet.files == {"flash:x.cfg": b"hello"}
    one.finish()
    assert one.status == 0


def test_a_place_without_a_name_takes_the_clients_name_and_several_files() -> None:
    cabinet = Cabinet()
    one = Scp(Request(True, "flash:"), cabinet)
    one.begin()
    assert one.feed(b"C0644 1 a.cfg\nA\0C0600 0 ../b.cfg\n\0") == b"\0" * 4
    assert cabinet.files == {"flash:a.cfg": b"A", "flash:b.cfg": b""}


def test_a_file_is_given() -> None:
    one = Scp(Request(False, "flash:/x.cfg"), Cabinet(**{"x.cfg": b"hello"}))
    assert one.begin() == b""
    assert one.feed(b"\0") == b"C0644 5 x.cfg\n"
    assert one.feed(b"\0") == b"hello\0"
    assert one.status is None
    assert one.feed(b"\0") == b"" and one.status == 0


def test_a_file_is_given_under_the_name_it_was_asked_by() -> None:
    one = Scp(Request(False, "flash:x.cfg"), Cabinet(**{"x.cfg": b"hello"}))
    assert one.feed(b"\0") == b"C0644 5 flash:x.cfg\n"


@pytest.mark.parametrize(
    ("wanted", "said", "answer"),
    [
        (Request(True, "moon:/x"), b"C0644 1 x\n", b"moon:/x: no such file system"),
        (Request(True, "nvram:/x"), b"C0644 11 x\n", b"No space left on device"),
        (Request(True, "flash:/x"), b"C0644 %d x\n" % (LARGEST + 1), b"No space left on device"),
        (Request(True, "nvram:/x"), b"C0644 1 x\nA\0", b"Permission denied"),
        (Request(True, "flash:/x"), b"D0755 0 dir\n", b"there are no folders here"),
        (Request(True, "flash:/x"), b"C0644 -1 x\n", b"protocol error"),
        (Request(True, "flash:/x"), b"nonsense\n", b"protocol error"),
        (Request(True, "flash:/x"), b"C" * 5000, b"protocol error"),
    ],
)
def test_what_cannot_be_taken_is_said(wanted: Request, said: bytes, answer: bytes) -> None:
    one = Scp(wanted, Cabinet())
    one.begin()
    heard = one.feed(said)
    assert answer in heard and b"\x01scp: " in heard and one.status == 1
    assert one.feed(b"C0644 1 y\n") == b""


def test_a_file_that_is_not_there_is_said() -> None:
    one = Scp(Request(False, "flash:/x"), Cabinet())
    assert one.begin() == b""
    assert one.feed(b"\0") == b"\x01scp: flash:/x: No such file or directory\n" and one.status == 1


def test_a_transfer_cut_short_writes_nothing() -> None:
    cabinet = Cabinet()
    one = Scp(Request(True, "flash:/x"), cabinet)
    one.begin()
    one.feed(b"C0644 10 x\nhalf")
    one.finish()
    assert one.status == 1 and not cabinet.files


@given(st.binary(max_size=300), st.integers(1, 20))
def test_it_does_not_matter_where_the_network_cuts(content: bytes, size: int) -> None:
    cabinet = Cabinet()
    one = Scp(Request(True, "flash:/x"), cabinet)
    data = b"C0644 %d x\n" % len(content) + content + b"\0"
    said = one.begin() + b"".join(one.feed(data[at : at + size]) for at in range(0, len(data), size))
    assert said == b"\0\0\0" and cabinet.files["flash:x"] == content


@given(st.lists(st.sampled_from([b"C0644 3 x\n", b"abc", b"\0", b"T0\n", b"\n", b"\xff"]), max_size=8), st.booleans())
def test_no_bytes_break_it(parts: list[bytes], sink: bool) -> None:
    one = Scp(Request(sink, "flash:/x"), Cabinet(x=b"there"))
    one.begin()
    for part in parts:
        one.feed(part)
    one.finish()
    assert one.status in (0, 1)
