"""The store: journalled writes, what counts as modified, the startup-config in storage."""

from __future__ import annotations

from iosh.base.addr import IPv4
from iosh.config.model import Config, fresh, new_interface, release
from iosh.config.store import ABSENT, Change, Store
from iosh.router.ports import MemoryStorage

HOST = ("hosts", "hub")


def test_a_write_is_journalled_once_and_only_if_it_changes_something() -> None:
    store = Store(Config())
    store.put(("hostname",), "R1")
    store.put(("hostname",), "R1")
    store.put(HOST, IPv4(1))
    assert store.dirty and store.modified
    assert store.take() == (Change(("hostname",), "Router", "R1"), Change(HOST, ABSENT, IPv4(1)))
    assert not store.dirty and store.take() == ()


def test_taking_away_what_is_not_there_is_no_change() -> None:
    store = Store(Config())
    assert not store.remove(HOST)
    store.put(HOST, IPv4(1))
    assert store.remove(HOST)
    assert store.take()[-1] == Change(HOST, IPv4(1), ABSENT)


def test_saving_ends_being_modified_and_erasing_leaves_nothing() -> None:
    files = MemoryStorage()
    store = Store(Config(), files)
    assert store.startup is None
    store.put(("hostname",), "R1")
    store.save("hostname R1\n")
    assert store.startup == "hostname R1\n" and not store.modified
    assert files.names() == ["nvram:startup-config"]
    store.erase()
    assert store.startup is None


def test_two_fresh_configurations_share_nothing() -> None:
    one, other = Store(Config()), Store(Config())
    one.put(("interfaces", "Loopback0"), new_interface("Loopback0", "17.15"))
    assert other.running.interfaces == {}


def test_what_is_on_by_default_follows_the_release() -> None:
    def nhrp(version: str) -> tuple[bool, bool, int]:
        settings = new_interface("Tunnel0", version).nhrp
        assert settings is not None
        return settings.map_multicast_dynamic, settings.shortcut, settings.holdtime_s

    assert nhrp("15.4") == (False, False, 7200)
    assert nhrp("15.9") == (True, False, 7200)
    assert nhrp("17.15") == (True, True, 600)
    assert release("15.10") > release("15.9")
    assert fresh(Config, None, "15.4").version == "15.4"
