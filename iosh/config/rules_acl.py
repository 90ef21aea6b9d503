"""What an access list takes: which numbers are which kind, where a line goes that names no place, and how a line that
can be said in several ways is kept in one.

Rules here complete what was typed (`Asked.kept`): the line is then carried out as if it had been typed in full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from iosh.base.addr import BROADCAST, IPv4, Prefix, length_of
from iosh.base.errors import ConfigRefused
from iosh.base.words import ICMP_MESSAGES
from iosh.config.model_acl import AccessList, Ace, AceKey, NetworkGroup, ServiceGroup

if TYPE_CHECKING:
    from iosh.config.rules import Asked
    from iosh.config.store import Place

STEP: Final = 10
LAST_SEQUENCE: Final = 2147483647
_STANDARD: Final = ((1, 99), (1300, 1999))
_EXTENDED: Final = ((100, 199), (2000, 2699))
_EVERYTHING: Final = IPv4(BROADCAST)


def sort_entries(key: AceKey) -> tuple[int, bool]:
    """Lines by number, remarks before the line they belong to."""
    return key.sequence, key.remark is None


def sort_lists(name: str) -> tuple[bool, int]:
    """Numbers first; names as they came."""
    return not name.isdigit(), int(name) if name.isdigit() else 0


def _within(name: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= int(name) <= high for low, high in ranges)


def standard_list(asked: Asked) -> list[str]:
    """`ip access-list standard X`, `access-list N`."""
    return _list(asked, _STANDARD, asked.store.running.access_lists.extended, "extended")


def extended_list(asked: Asked) -> list[str]:
    """`ip access-list extended X`, `access-list N`."""
    return _list(asked, _EXTENDED, asked.store.running.access_lists.standard, "standard")


def _list(asked: Asked, numbers: tuple[tuple[int, int], ...], others: dict[str, AccessList], kind: str) -> list[str]:
    name = str(asked.kept["name"])
    if asked.no:
        return []
    if name[:1].isdigit() and not (name.isdigit() and _within(name, numbers)):
        raise ConfigRefused("% Invalid access list name.")
    if name in others:
        raise ConfigRefused(f"% A named {kind} IP access list with this name already exists")
    return []


def standard_line(asked: Asked) -> list[str]:
    """`[N] permit|deny …` of a standard list."""
    _canonical_address(asked.kept, "source")
    if "source_host" in asked.kept:
        asked.kept["source"] = asked.kept.pop("source_host")
    return _line(asked)


def extended_line(asked: Asked) -> list[str]:
    """`[N] permit|deny …` of an extended list."""
    for end in ("source", "destination"):
        _canonical_address(asked.kept, end)
    _canonical_message(asked.kept)
    if "flags" in asked.kept:
        _one_of_each(asked.kept["flags"])
    return _line(asked)


def _one_of_each(flags: tuple[str, ...]) -> None:
    if len({flag[1:] for flag in flags}) != len(flags):
        raise ConfigRefused("% Duplicate TCP flag")


def evaluate(asked: Asked) -> list[str]:
    """`[N] evaluate NAME`."""
    return _line(asked)


def _line(asked: Asked) -> list[str]:
    kept = asked.kept
    wanted = Ace(**{name: kept[name] for name in Ace._fields if name in kept})
    lines = _lines(asked)
    same = lines.find(wanted)
    if asked.no:
        if "sequence" not in kept and same is None:
            raise ConfigRefused("%Error: entry not found")
        kept.setdefault("sequence", same.sequence if same is not None else 0)
        return []
    if same is not None:
        kept["sequence"] = same.sequence  # it is there already
    elif "sequence" not in kept:
        kept["sequence"] = lines.next_sequence()
    elif AceKey(kept["sequence"]) in lines.entries:
        raise ConfigRefused("% Duplicate sequence number.")
    lines.add(AceKey(kept["sequence"]), wanted)
    return []


def remark(asked: Asked) -> list[str]:
    """`[N] remark TEXT`: before the line of that number, or the next line to come."""
    kept, text, lines = asked.kept, str(asked.kept["remark"]), _lines(asked)
    if "sequence" not in kept:
        found = lines.find(text)
        if asked.no and found is None:
            raise ConfigRefused("%Error: entry not found")
        kept["sequence"] = found.sequence if found is not None else lines.next_sequence()
    if not asked.no:
        lines.add(AceKey(kept["sequence"], text), text)
    return []


class Lines:
    """The lines of an access list by what they say, so that the thousandth costs no more than the first. What is found
    is held against the model."""

    __slots__ = ("_keys", "_last", "entries")

    def __init__(self, entries: dict[AceKey, Ace | None]) -> None:
        self.entries = entries
        self._read()

    def _read(self) -> None:
        self._keys: dict[Ace | str | None, AceKey] = {}
        self._last = 0  # the highest number of a line
        for key, ace in self.entries.items():
            self.add(key, ace if key.remark is None else key.remark)

    def add(self, key: AceKey, said: Ace | str | None) -> None:
        """Take in a line that is being written: its conditions, or a remark's text."""
        self._keys.setdefault(said, key)
        if key.remark is None:
            self._last = max(self._last, key.sequence)

    def find(self, said: Ace | str) -> AceKey | None:
        """The line that says this already."""
        key = self._keys.get(said)
        if key is not None and not (key in self.entries and said in (key.remark, self.entries[key])):
            self._read()
            key = self._keys.get(said)
        return key

    def next_sequence(self) -> int:
        """Where a line goes that names no place: ten after the last one."""
        if self._last and AceKey(self._last) not in self.entries:
            self._read()
        if self._last + STEP > LAST_SEQUENCE:
            raise ConfigRefused("% Sequence number exceeds the maximum.")
        return self._last + STEP


def _lines(asked: Asked) -> Lines:
    """The index of the list a line belongs to, made from what stands there."""
    known: dict[Place, Lines] = asked.store.indexes.setdefault("access lists", {})
    entries: dict[AceKey, Ace | None] = asked.owner.entries
    lines = known.get(asked.place)
    if lines is None or lines.entries is not entries:
        lines = known[asked.place] = Lines(entries)
    return lines


def _canonical_address(kept: dict[str, Any], end: str) -> None:
    """`A 0.0.0.0` is `host A`, `A 255.255.255.255` is `any`; bits the wildcard covers are dropped."""
    address, wildcard = kept.get(end), kept.get(f"{end}_wildcard")
    if wildcard is None:
        return
    if wildcard == _EVERYTHING:
        del kept[end], kept[f"{end}_wildcard"]
        kept[f"{end}_any"] = True
    elif wildcard == 0:
        del kept[f"{end}_wildcard"]
        kept[f"{end}_host"] = kept.pop(end)
    else:
        kept[end] = IPv4(address & ~wildcard & 0xFFFFFFFF)


def _canonical_message(kept: dict[str, Any]) -> None:
    """ICMP's numbers are kept as the word for them."""
    if "icmp_type" not in kept:
        return
    wanted = kept["icmp_type"], kept.get("icmp_code")
    word = next((word for word, numbers in ICMP_MESSAGES.items() if numbers == wanted), None)
    if word is not None:
        del kept["icmp_type"]
        kept.pop("icmp_code", None)
        kept["icmp_message"] = word


def resequence(asked: Asked) -> list[str]:
    """`ip access-list resequence X START STEP`."""
    lists = asked.store.running.access_lists
    name, start, step = asked.kept["name"], asked.kept["start"], asked.kept["step"]
    kind = "standard" if name in lists.standard else "extended"
    access_list = getattr(lists, kind).get(name)
    if access_list is None:
        raise ConfigRefused(f"% Access-list {name} does not exist")
    renumbered: dict[AceKey, Ace | None] = {}
    sequence = start
    for key, one in sorted(access_list.entries.items(), key=lambda entry: sort_entries(entry[0])):
        if sequence > LAST_SEQUENCE:
            raise ConfigRefused("% Sequence number exceeds the maximum.")
        renumbered[AceKey(sequence, key.remark)] = one
        sequence += step if key.remark is None else 0
    asked.store.put(("access_lists", kind, name, "entries"), renumbered)
    return []


# --- object groups -----------------------------------------------------------------------------------------------


def group_network(asked: Asked) -> list[str]:
    """`A.B.C.D MASK` in a network group: the network of it; with all bits, `host`."""
    kept = asked.kept
    try:
        length = length_of(kept["mask"])
    except ValueError:
        raise ConfigRefused("% Invalid network mask") from None
    if length == 32:
        del kept["mask"]
        kept["host"] = kept.pop("address")
    else:
        kept["address"] = Prefix.of(kept["address"], length).network
    return []


def group_range(asked: Asked) -> list[str]:
    """`range A B` in a network group."""
    if asked.kept["last"] < asked.kept["first"]:
        raise ConfigRefused("% Start address must be lower than end address")
    return []


def group_ports(asked: Asked) -> list[str]:
    """`tcp … range A B` in a service group: the lower port first."""
    for low, high in (("low", "high"), ("source_low", "source_high")):
        if low in asked.kept and high in asked.kept:
            asked.kept[low], asked.kept[high] = sorted((asked.kept[low], asked.kept[high]))
    return []


def group_message(asked: Asked) -> list[str]:
    """`icmp …` in a service group."""
    _canonical_message(asked.kept)
    return []


def group_nested(asked: Asked) -> list[str]:
    """`group-object NAME`: not one that, however deep, has this group in it."""
    if asked.no:
        return []
    table: dict[str, NetworkGroup | ServiceGroup] = asked.store.at(asked.place[:2])
    mine, reached, todo = asked.place[2], set[str](), [str(asked.kept["group"])]
    while todo:
        name = todo.pop()
        if name == mine:
            raise ConfigRefused("% Recursive object-group nesting is not allowed")
        if name in table and name not in reached:
            reached.add(name)
            todo += [member.group for member in table[name].members if member.group is not None]
    return []
