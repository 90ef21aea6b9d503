"""What a lab says about a person's files: one line each, as compilers do, and the error that carries them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Remark(NamedTuple):
    """`hub.cfg:12:7: sentence`. Line and column count from 1; 0 where there is none to name."""

    file: str
    line: int
    column: int
    sentence: str

    def __str__(self) -> str:
        place = ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])
        return f"{place}: {self.sentence}"


class LabRefused(Exception):
    """A topology that cannot be built; every reason found, not only the first."""

    def __init__(self, remarks: Iterable[Remark]) -> None:
        self.remarks = tuple(remarks)
        super().__init__("\n".join(map(str, self.remarks)))
