"""Files at the prompt: what clients look for in the words, what is asked, what is refused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest

Desk = Callable[..., Any]


@pytest.fixture
def quiet(desk: Desk) -> Any:
    """A privileged session that is asked little."""
    session = desk("file prompt quiet")
    session.types("enable", "terminal length 0")
    return session


def test_a_file_is_listed_with_its_size_in_the_third_column(quiet: Any) -> None:
    quiet.type("copy running-config flash:/one.cfg")
    rows = [line.split() for line in quiet.type("dir flash:/one.cfg").splitlines() if line.endswith("one.cfg")]
    assert rows[0] == ["Directory", "of", "flash:/one.cfg"] and rows[1][:2] == ["11", "-rw-"]
    listing = quiet.type("dir flash:")
    assert re.search(r"Directory of flash:/", listing) and re.search(r"\((\d+) bytes free\)", listing)
    size = int(next(line.split()[2] for line in listing.splitlines() if line.endswith("  one.cfg")))
    assert size == len(quiet.storage.read("flash:one.cfg"))


def test_a_missing_file_is_an_error_every_client_knows(quiet: Any) -> None:
    for command in ("dir flash:/no", "more flash:/no", "verify /md5 flash:/no", "copy flash:/no running-config"):
        assert quiet.type(command) == "%Error opening flash:/no (No such file or directory)\n"
        assert not quiet.taken
    assert quiet.type("delete flash:/no") == "%Error deleting flash:/no (No such file or directory)\n"


def test_a_signature_is_computed_and_compared(quiet: Any) -> None:
    quiet.storage.write("flash:f", b"hello\n")
    digest = hashlib.md5(b"hello\n").hexdigest()
    assert quiet.type("verify /md5 flash:/f").splitlines()[-1] == f"verify /md5 (flash:/f) = {digest}"
    assert quiet.type(f"verify /md5 flash:/f {digest}").splitlines()[-1] == f"Verified (flash:/f) = {digest}"
    assert quiet.type("verify /md5 flash:/f 12").startswith(".Done!\n%Error verifying flash:/f\n") and not quiet.taken


def test_what_was_copied_away_can_be_copied_back(quiet: Any) -> None:
    quiet.types(
        "copy running-config flash:a", "copy flash:a nvram:b", "copy nvram:b bootflash:c", "copy flash:c startup-config"
    )
    contents = [quiet.storage.read(name) for name in ("flash:a", "nvram:b", "flash:c", "nvram:startup-config")]
    assert len(set(contents)) == 1 and contents[0].endswith(b"end\n")
    assert quiet.type("copy startup-config running-config").endswith("bytes/sec)\n") and quiet.taken
    quiet.types("copy null: flash:a", "copy flash:a null:")
    assert quiet.storage.read("flash:a") == b""


def test_quiet_asks_nothing_and_alert_asks_before_it_overwrites(desk: Desk) -> None:
    session = desk()
    session.types("enable", "copy running-config flash:a", "")
    session.types("copy running-config flash:a", "")
    assert session.console.prompt == "Do you want to over write? [confirm]"
    session.type("n")
    assert session.console.prompt == "Router#"
    session.types("configure terminal", "file prompt quiet", "end")
    assert session.type("copy running-config flash:a").endswith("bytes/sec)\n")
    assert session.type("delete flash:a") == "" and session.storage.read("flash:a") is None


def test_a_merge_says_what_it_does_not_take_and_takes_the_rest(quiet: Any) -> None:
    quiet.storage.write(
        "flash:m", b"hostname M\nnonsense here\ninterface Loopback0\n ip address 10.0.0.1\nend\nhostname N\n"
    )
    said = quiet.type("copy flash:m running-config")
    assert "nonsense here\n^\n% Invalid input detected at '^' marker." in said.replace("  ^", "^").replace(" ^", "^")
    assert " ip address 10.0.0.1\n% Incomplete command." in said and not quiet.taken
    assert quiet.router.config.hostname == "M" and "Loopback0" in quiet.router.config.interfaces


def test_names_that_are_no_names_are_refused(quiet: Any) -> None:
    for name in ("flash:.x", "flash:a/b", "flash:../a/b", "nvram:.hidden", "system:x"):
        assert quiet.type(f"copy running-config {name}").startswith("%Error opening") and not quiet.taken
    assert quiet.storage.names() == []


def test_what_does_not_fit_is_refused(quiet: Any) -> None:
    quiet.storage.write("flash:big", b"x" * 140_000)
    assert quiet.type("copy flash:big nvram:big") == "%Error opening nvram:big (No space left on device)\n"


def test_keys_of_servers_are_nobodys_to_read(quiet: Any) -> None:
    quiet.storage.write("nvram:ssh_host_rsa_key", b"secret")
    assert "ssh_host" not in quiet.type("dir nvram:")
    for command in (
        "more nvram:ssh_host_rsa_key",
        "copy nvram:ssh_host_rsa_key flash:k",
        "delete /force nvram:ssh_host_rsa_key",
    ):
        assert quiet.type(command).startswith("%Error")
    assert quiet.storage.read("nvram:ssh_host_rsa_key") == b"secret"


def test_tcl_writes_a_file_as_netmiko_sends_it(quiet: Any) -> None:
    quiet.type("tclsh")
    assert quiet.console.prompt == "Router(tcl)#"
    quiet.types('puts [open "flash:/f" w+] {first', " set {x}", "last}")
    assert quiet.console.prompt == "Router(tcl)#"
    assert quiet.storage.read("flash:f") == b"first\n set {x}\nlast\n"
    assert "Directory of flash:/" in quiet.type("dir")
    quiet.type('puts [open "flash:/f" a] {more}')
    assert quiet.storage.read("flash:f").endswith(b"last\nmore\n")
    assert quiet.type('puts [open "foo:/f" w] {x}').startswith("couldn't open")
    quiet.type("tclquit")
    assert quiet.console.prompt == "Router#"


def test_tcl_forgets_unclosed_braces_when_interrupted(quiet: Any) -> None:
    quiet.types("tclsh", "puts {half")
    assert quiet.console.prompt == "+>"
    quiet.console.interrupt(quiet.now)
    assert quiet.console.prompt == "Router(tcl)#"


def test_listings_filter_and_become_json(quiet: Any) -> None:
    quiet.types("copy running-config flash:a", "copy running-config flash:b")
    assert len(quiet.type("dir | include -rw-").splitlines()) == 2
    assert '"name": "a"' in quiet.type("dir flash: | json")
    assert quiet.type("more flash:a | count hostname") == "Number of lines which match regexp = 1\n"
    assert '"prefix": "flash:"' in quiet.type("show file systems | json")


def test_output_goes_into_files_behind_a_bar(quiet: Any) -> None:
    assert quiet.type("show history | redirect flash:out") == "" and quiet.taken
    began = quiet.storage.read("flash:out").decode()
    assert quiet.type("show version | include image | tee /append flash:out").startswith("System image file")
    assert quiet.type("show privilege | append flash:out") == ""
    assert quiet.storage.read("flash:out").decode() == (
        f'{began}System image file is "flash:iosh"\nCurrent privilege level is 15\n'
    )
    assert quiet.type("more flash:out | include image|level | count .") == "Number of lines which match regexp = 2\n"


def test_what_cannot_be_written_behind_a_bar_is_said(quiet: Any) -> None:
    assert quiet.type("show clock | redirect tftp://192.0.2.1/x").endswith("(Network is unreachable)\n")
    assert quiet.type("show clock | redirect foo:x") == "%Error opening foo:x (Invalid argument)\n"
    assert quiet.type("show clock | format flash:no.odm").endswith("(No such file or directory)\n")
    quiet.type("disable")
    assert "Invalid input" in quiet.type("show clock | redirect flash:clock")


def test_folders_are_made_walked_and_taken_away(quiet: Any) -> None:
    assert quiet.type("mkdir logs") == "Created dir flash:/logs\n"
    assert "File exists" in quiet.type("mkdir flash:/logs")
    assert "No such file or directory" in quiet.type("mkdir flash:/no/where")
    quiet.types("cd logs", "mkdir old", "copy running-config a.cfg", "copy a.cfg old", "copy a.cfg flash:/top.cfg")
    assert quiet.type("pwd") == "flash:/logs/\n"
    assert quiet.storage.read("flash:logs/old/a.cfg") == quiet.storage.read("flash:top.cfg") is not None
    rows = [line.split() for line in quiet.type("dir").splitlines() if line.endswith(("old", "a.cfg"))]
    assert [(row[1], row[-1]) for row in rows] == [("-rw-", "a.cfg"), ("drwx", "old")]
    assert "  logs/old/a.cfg\n" in quiet.type("dir /recursive flash:")
    assert "hostname" in quiet.type("more ../logs/old/a.cfg")
    assert "Directory not empty" in quiet.type("rmdir flash:/logs")
    assert "Is a directory" in quiet.type("delete old")
    quiet.types("cd flash:", "rename logs/a.cfg logs/b.cfg", "delete /force /recursive logs/old")
    assert quiet.storage.names() == ["flash:logs/", "flash:logs/b.cfg", "flash:top.cfg"]
    quiet.types("delete /force logs/b.cfg", "rmdir logs")
    assert quiet.storage.names() == ["flash:top.cfg"]
    assert "No such file" in quiet.type("cd logs") and not quiet.taken
    assert "Invalid argument" in quiet.type("copy top.cfg nvram:x/y")
    quiet.type("copy top.cfg flash:../../up.cfg")  # there is nothing above
    assert quiet.storage.names() == ["flash:top.cfg", "flash:up.cfg"]


def test_mkdir_and_rmdir_ask(desk: Desk) -> None:
    session = desk()
    session.types("enable", "mkdir logs")
    assert session.console.prompt == "Create directory filename [logs]? "
    assert session.type("") == "Created dir flash:/logs\n"
    session.type("rmdir logs")
    assert session.console.prompt == "Remove directory filename [logs]? "
    session.type("")
    assert session.console.prompt == "Delete flash:/logs? [confirm]"
    assert session.type("") == "Removed dir flash:/logs\n"
