"""NVRAM and flash in a directory: private, whole, and never outside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from iosh.underlay.linux.storage import DirectoryStorage


def test_what_is_written_is_read_back_by_another(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "nvram"
    DirectoryStorage(folder).write("nvram:startup-config", b"hostname R1\n")
    DirectoryStorage(folder).write("flash:/x.txt", b"x")
    storage = DirectoryStorage(folder)
    assert storage.read("nvram:startup-config") == b"hostname R1\n"
    assert storage.read("flash:x.txt") == b"x"
    assert storage.names() == ["flash:x.txt", "nvram:startup-config"]


def test_nothing_is_made_before_something_is_written(tmp_path: Path) -> None:
    storage = DirectoryStorage(tmp_path / "nvram")
    assert storage.read("nvram:startup-config") is None
    assert storage.names() == []
    storage.delete("nvram:startup-config")
    assert not (tmp_path / "nvram").exists()


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    folder = tmp_path / "nvram"
    storage = DirectoryStorage(folder)
    storage.write("nvram:startup-config", b"1")
    storage.write("nvram:startup-config", b"2")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "startup-config").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in folder.iterdir()] == ["startup-config"]


def test_a_write_that_fails_leaves_the_old_file_and_no_rubbish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = DirectoryStorage(tmp_path)
    storage.write("nvram:startup-config", b"old")

    def fail(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("iosh.underlay.linux.storage.os.replace", fail)
    with pytest.raises(OSError, match="No space left"):
        storage.write("nvram:startup-config", b"new")
    assert storage.read("nvram:startup-config") == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["startup-config"]


def test_a_deleted_file_is_gone(tmp_path: Path) -> None:
    storage = DirectoryStorage(tmp_path)
    storage.write("nvram:startup-config", b"x")
    storage.delete("nvram:startup-config")
    assert storage.read("nvram:startup-config") is None


@pytest.mark.parametrize("name", ["", "nvram:", "../x", "nvram:../x", "nvram:a/b", "nvram:.hidden", "tftp:x", "x\0y"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a file name"):
        DirectoryStorage(tmp_path).write(name, b"x")


def test_flash_has_folders_that_last_though_they_are_empty(tmp_path: Path) -> None:
    storage = DirectoryStorage(tmp_path)
    storage.write("flash:logs/", b"")
    storage.write("flash:logs/old/", b"")
    storage.write("flash:logs/x", b"x")
    again = DirectoryStorage(tmp_path)
    assert again.names() == ["flash:logs/", "flash:logs/old/", "flash:logs/x"]
    assert again.read("flash:logs/") == b"" and again.read("flash:no/") is None and again.read("flash:logs") is None
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("*"))
    again.delete("flash:logs/old/")
    assert again.names() == ["flash:logs/", "flash:logs/x"]
    for name in ("nvram:a/b", "flash:../x", "flash:a/../../x", "flash:/a//b"):
        with pytest.raises(ValueError, match="not a file name"):
            again.read(name)
