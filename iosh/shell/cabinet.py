"""A router's files as a client of SCP or SFTP has them: privileged users alone, where `ip scp server enable` says so.

`flash:` with its folders, `nvram:` and `system:`; of the files a client names, the last file system in the path counts
(`/flash:/nvram:x` is nvram's), a bare name is flash's, `running-config` and `startup-config` are themselves. What is
written to the running-config is merged into it, as a copy onto it is. Not here: protocols; keys of the servers.
"""

from __future__ import annotations

from typing import Final

from iosh.base.record import Syslog
from iosh.cli.configure import Configurator
from iosh.cli.difference import apply
from iosh.cli.privilege import PRIVILEGED
from iosh.cli.running import running_text
from iosh.lab.box import Box
from iosh.router.files import LOCAL, RUNNING, STARTUP, FileError, Url, parse
from iosh.shell.remote import House, Person

LARGEST: Final = 64 << 20  # bytes of one file
DISABLED: Final = "Administratively disabled."
UNPRIVILEGED: Final = "Privilege denied."

_CONFIGS: Final = {"running-config": RUNNING, "startup-config": STARTUP}


def place(path: str) -> Url:
    """Where a client's path leads; an empty path is the file system itself. ValueError for one there is not."""
    device, steps = "flash:", [""]
    for step in path.split("/"):
        name, colon, rest = step.partition(":")
        if colon:
            device, steps = f"{name}:", [rest]
        elif step == "..":
            del steps[-1:]
        elif step != ".":
            steps.append(step)
    file = "/".join(step for step in steps if step)
    if file in _CONFIGS and device == "flash:":
        return parse(_CONFIGS[file])
    url = parse(f"{device}{file}")
    if url.device not in LOCAL:
        raise ValueError(path)
    return url


class Cabinet:
    """The files of one router, for one person."""

    def __init__(self, house: House, box: Box, person: Person) -> None:
        self._house = house
        self._box = box
        self._person = person

    @property
    def denied(self) -> str:
        """Why nothing is given or taken; empty where it is."""
        if not self._box.router.config.ssh.scp_server:
            return DISABLED
        return UNPRIVILEGED if self._person.level < PRIVILEGED or self._person.view is not None else ""

    def read(self, url: Url) -> bytes:
        """A file's content; `FileError` if there is none."""
        if url.name == RUNNING:
            return running_text(self._box.router).encode()
        return bytes(self._box.router.files.read(url))

    def write(self, url: Url, content: bytes) -> None:
        """Make or replace a file, or merge it into the running-config."""
        self._house.pump.catch_up()
        if url.name == RUNNING:
            self._merge(content.decode(errors="replace"))
        else:
            self._box.router.files.write(url, content, self._house.lab.world.now)

    def delete(self, url: Url) -> None:
        """Take a file away."""
        self._box.router.files.delete(url)

    def free(self, device: str) -> int:
        """Bytes a file there may have."""
        return LARGEST if device in ("null", "system") else min(LARGEST, int(self._box.router.files.free(device)))

    def exists(self, url: Url) -> bool:
        """Is there such a file?"""
        return url.name == RUNNING or self._box.router.files.exists(url)

    def is_folder(self, url: Url) -> bool:
        """Is there such a folder?"""
        return self._box.router.files.is_folder(url)

    def make_folder(self, url: Url) -> None:
        """Make a folder."""
        self._box.router.files.make_folder(url, self._house.lab.world.now)

    def remove_folder(self, url: Url) -> None:
        """Take an empty folder away."""
        self._box.router.files.remove_folder(url)

    def names(self, url: Url) -> list[str]:
        """What is in a folder."""
        if url.device == "system":
            return [RUNNING.partition(":")[2]]
        return [file.name for file in self._box.router.files.listing(url.device, url.path)]

    def size(self, url: Url) -> int:
        """Bytes of a file; `FileError` if there is none."""
        return len(self.read(url))

    def written_s(self, url: Url) -> int:
        """When it was written last, in seconds since 1970, as far as is known."""
        router = self._box.router
        at = self._house.lab.world.now if url.name == RUNNING else router.files.written(url.name)
        return int(router.clock.utc_ns(at) // 1_000_000_000)

    def _merge(self, text: str) -> None:
        router, now, person = self._box.router, self._house.lab.world.now, self._person
        refused = apply(Configurator(router.store, frozenset(router.ports)), text.splitlines())
        router.settle(now)
        router.store.touched(person.name, now)
        told = f"Configured from scp by {person.name} ({person.address})"
        router.logbook.record(Syslog("SYS", 5, "CONFIG_I", told), now)
        self._house.lab.world.touch(self._box.name)
        if refused:
            raise FileError(f"{len(refused)} lines were not taken")
