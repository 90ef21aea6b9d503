"""The running configuration as something that changes: every write is journalled; the startup-config lives in storage.

The router takes the journal when it settles, and recomputes what reads a changed part. Text is not made here
(`iosh.cli.render` makes it); a startup-config is kept as the text that was given.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final, NamedTuple, Protocol

from iosh.base.rng import Rng
from iosh.base.time import Instant
from iosh.config.model import Config

STARTUP: Final = "nvram:startup-config"
PRIVATE: Final = "nvram:private-config"  # the master key of type 6, which no running-config prints
NVRAM_BYTES: Final = 131072

# Field names and dictionary keys from `Config` down: ("interfaces", "Tunnel0", "ip", "mtu").
Place = tuple[Hashable, ...]


class _Absent:
    """What stands where a dictionary has no entry."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


class Change(NamedTuple):
    """One write. `old` or `new` is `ABSENT` where a dictionary entry came or went."""

    place: Place
    old: Any
    new: Any


class Later(Exception):
    """A line wants something computed that takes long. Compute it elsewhere, give it to `Store.computed`, and say the
    line again. Nothing is changed yet."""

    def __init__(self, key: Hashable, work: Callable[[], str]) -> None:
        super().__init__()
        self.key = key
        self.work = work


class Files(Protocol):
    """What the store needs of a router's storage."""

    def read(self, name: str) -> bytes | None: ...
    def write(self, name: str, content: bytes) -> None: ...
    def delete(self, name: str) -> None: ...


class Store:
    """Running and startup configuration of one router."""

    __slots__ = (
        "_computed",
        "_files",
        "_journal",
        "changed_at",
        "changed_by",
        "indexes",
        "master_key",
        "modified",
        "patient",
        "rng",
        "root_view",
        "running",
    )

    def __init__(self, running: Config, files: Files | None = None, rng: Rng | None = None) -> None:
        self.running = running
        self.rng = rng or Rng("salts")  # for what is hashed as it is typed
        self.changed_at: Instant | None = None
        self.changed_by = ""
        self.modified = False  # since it was started or saved
        self.indexes: dict[str, Any] = {}  # what `rules` keeps to answer quickly; may be dropped at any time
        self.patient = False  # whoever types now can wait: what takes long is raised as `Later`
        self.root_view = True  # and may make parser views: a configuration that is loaded may
        self._computed: dict[Hashable, str] = {}
        self._files = files
        self._journal: list[Change] = []
        private = files.read(PRIVATE) if files is not None else None
        self.master_key = private.decode(errors="replace") if private is not None else None

    def put(self, place: Place, value: Any) -> None:
        """Write one field or dictionary entry; writing what is there already changes nothing."""
        owner, last = self._owner(place)
        if isinstance(owner, dict):
            old = owner.get(last, ABSENT)
            owner[last] = value
        else:
            old = getattr(owner, last)
            setattr(owner, last, value)
        if old is ABSENT or old != value:
            self._note(Change(place, old, value))

    def remove(self, place: Place) -> bool:
        """Take one dictionary entry away; False if there was none."""
        owner, last = self._owner(place)
        old = owner.pop(last, ABSENT)
        if old is ABSENT:
            return False
        self._note(Change(place, old, ABSENT))
        return True

    def renew(self, place: Place) -> None:
        """What stands there means something else now, though its text is the same."""
        value = self.at(place)
        self._note(Change(place, value, value))

    def at(self, place: Place) -> Any:
        """What stands at a place: the object of a mode, a field's value."""
        value: Any = self.running
        step: Any
        for step in place:
            value = value[step] if isinstance(value, dict) else getattr(value, step)
        return value

    def take(self) -> tuple[Change, ...]:
        """The journal since it was last taken."""
        journal = tuple(self._journal)
        self._journal.clear()
        return journal

    @property
    def dirty(self) -> bool:
        """Has anything been written since the journal was taken?"""
        return bool(self._journal)

    def compute(self, key: Hashable, work: Callable[[], str]) -> str:
        """What `work` makes: now, or `Later`. `work` reads values only, so that it may run in a thread."""
        if key in self._computed:
            return self._computed.pop(key)
        if self.patient:
            raise Later(key, work)
        return work()

    def computed(self, key: Hashable, result: str) -> None:
        """The result for which a line waited."""
        self._computed[key] = result

    def touched(self, by: str, now: Instant) -> None:
        """Somebody left configuration mode: what `! Last configuration change at … by …` says."""
        self.changed_at = now
        self.changed_by = by

    @property
    def startup(self) -> str | None:
        """The startup-config's text, or None."""
        content = self._files.read(STARTUP) if self._files is not None else None
        return content.decode(errors="replace") if content is not None else None

    def save(self, text: str) -> None:
        """Keep `text` as the startup-config."""
        if self._files is not None:
            self._files.write(STARTUP, text.encode())
            if self.master_key is not None:
                self._files.write(PRIVATE, self.master_key.encode())
            else:
                self._files.delete(PRIVATE)
        self.modified = False

    def erase(self) -> None:
        """`write erase`."""
        if self._files is not None:
            self._files.delete(STARTUP)

    def _note(self, change: Change) -> None:
        self._journal.append(change)
        self.modified = True

    def _owner(self, place: Place) -> tuple[Any, Any]:
        return self.at(place[:-1]), place[-1]
