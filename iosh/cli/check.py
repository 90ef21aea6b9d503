"""`iosh check`: everything in a configuration's text that the router would not take, or could not work with."""

from __future__ import annotations

from collections.abc import Iterable

from iosh.cli.load import Complaint, Loaded, read
from iosh.config.check import Finding
from iosh.config.check import check as findings


def check(text: str, hardware: Iterable[str] | None = None) -> list[Complaint]:
    """All complaints, in the order of the lines: about single lines errors, about the whole warnings."""
    loaded = read(text, hardware)
    lines = text.splitlines()
    return sorted([*loaded.complaints, *(_complaint(finding, loaded, lines) for finding in findings(loaded.config))])


def _complaint(finding: Finding, loaded: Loaded, lines: list[str]) -> Complaint:
    """A finding about a part of the model, placed at the line that wrote it."""
    number = loaded.written.get(finding.place, 1)
    line = lines[number - 1]
    column = line.find(finding.word)
    if column < 0:  # written otherwise there: `gi1` for GigabitEthernet1
        return Complaint(number, len(line) - len(line.lstrip()), len(line.strip()), finding.sentence, "warning")
    return Complaint(number, column, len(finding.word), finding.sentence, "warning")
