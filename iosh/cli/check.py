"""`iosh check`: everything in a configuration's text that the router would not take, or could not work with; and, once
for each family of commands, what it keeps and does not act on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iosh.base.interface_name import KEPT, kind
from iosh.cli.keep import Family, families
from iosh.cli.load import Complaint, Loaded, read
from iosh.cli.suggest import nearest
from iosh.config.check import Finding
from iosh.config.check import check as findings
from iosh.config.eigrp import idle_families
from iosh.config.kept import Kept, KeptKey
from iosh.config.store import Place
from iosh.router.wanted_crypto import transform_sets

_IN_CONFIG = ("config",)
_ELSEWHERE = (
    "ikev2-policy",
    "ikev2-keyring",
    "ikev2-profile",
    "transform-set",
    "ipsec-profile",
    "sla",
    "vrf",
    "ip-vrf",
)


def check(text: str, hardware: Iterable[str] | None = None) -> list[Complaint]:
    """All complaints in the order of the lines: errors about one, warnings about the whole. Then the notes."""
    loaded = read(text, hardware, nearest=nearest)
    lines = text.splitlines()
    troubles = [*loaded.complaints, *(_complaint(finding, loaded, lines) for finding in findings(loaded.config))]
    return [*sorted(troubles), *sorted(_notes(loaded, lines))]


def _notes(loaded: Loaded, lines: list[str]) -> Iterator[Complaint]:
    """One for each family, at its first line."""
    told: dict[str, int] = {}
    idle = {place: f"{words}: not acting yet" for place, words in idle_families(loaded.config)}
    for place, number in loaded.written.items():
        sentence = _kept_interface(place) or _kept_field(place) or _kept_line(loaded, place) or _idle_set(loaded, place)
        sentence = sentence or idle.get(place) or (_below_acting(loaded, place) if place[:4] not in idle else None)
        if sentence is not None:
            told[sentence] = min(number, told.get(sentence, number))
    for sentence, number in told.items():
        line = lines[number - 1]
        yield Complaint(number, len(line) - len(line.lstrip()), len(line.strip()), sentence, "note")


def _kept_interface(place: Place) -> str | None:
    if len(place) == 2 and place[0] == "interfaces" and kind(str(place[1])) in KEPT:
        return f"interface {kind(str(place[1]))}: kept, never up"
    return None


def _kept_field(place: Place) -> str | None:
    return "ip address negotiated: kept, no effect here" if place[-2:] == ("ip", "negotiated") else None


def _idle_set(loaded: Loaded, place: Place) -> str | None:
    """A transform set of algorithms that are not here: AH, compression, and those of old."""
    ipsec = loaded.config.crypto.ipsec
    if place[:-1] != ("crypto", "ipsec", "transform_sets") or place[-1] not in ipsec.transform_sets:
        return None
    return None if place[-1] in transform_sets(ipsec) else f"transform set {place[-1]}: not acting yet"


def _kept_line(loaded: Loaded, place: Place) -> str | None:
    """What to say of a line that is only kept. What stands under one goes with it."""
    key = place[-1] if len(place) > 1 else None
    if not isinstance(key, KeptKey) or place.index("kept") != len(place) - 2:
        return None
    owner: object = loaded.config
    for step in place[:-1]:
        owner = owner.get(step) if isinstance(owner, dict) else getattr(owner, str(step), None)
    if not isinstance(owner, dict) or key not in owner:
        return None
    modes = {"kept": _IN_CONFIG, "interfaces": ("interface",), "lines": ("line",)}.get(str(place[0]), _ELSEWHERE)
    family = next((found for mode in modes if (found := families(mode).get(key.slot))), Family(key.slot, False))
    if family.acts:
        return None
    return f"{family.name}: {'not acting yet' if family.later else 'kept, no effect here'}"


def _below_acting(loaded: Loaded, place: Place) -> str | None:
    """What to say of a line that is only kept, in a mode whose own line acts."""
    if place[:1] != ("kept",) or not isinstance(place[-1], KeptKey) or len(place) < 4:
        return None
    mode, table = _IN_CONFIG[0], loaded.config.kept
    for step in place[1:-1:2]:
        assert isinstance(step, KeptKey)
        owner = table.get(step)
        if not isinstance(owner, Kept) or not families(mode)[step.slot].acts:
            return None
        mode, table = owner.mode, owner.kept
    family = families(mode).get(place[-1].slot)
    if family is None or family.acts or place[-1] not in table:
        return None
    return f"{place[1].slot if isinstance(place[1], KeptKey) else ''} {family.name}: not acting yet"


def _complaint(finding: Finding, loaded: Loaded, lines: list[str]) -> Complaint:
    """A finding about a part of the model, placed at the line that wrote it."""
    number = loaded.written.get(finding.place, 1)
    line = lines[number - 1]
    column = line.find(finding.word)
    if column < 0:  # written otherwise there: `gi1` for GigabitEthernet1
        return Complaint(number, len(line) - len(line.lstrip()), len(line.strip()), finding.sentence, "warning")
    return Complaint(number, column, len(finding.word), finding.sentence, "warning")
