"""`show parser dump`: what this router understands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosh.base.time import Instant
from iosh.cli.output import Output
from iosh.cli.reference import dump, modes

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action

_NAMES: Final = {"configure": "config"}


def _dump(console: Console, now: Instant, mode: str) -> Output | bool:
    names = modes()
    wanted = names if mode == "all" else (_NAMES.get(mode, mode),)
    if wanted[0] not in names:
        console.write(f"% {mode} is not a mode; there are: {' '.join(names)}\n")
        return False
    return Output([line for name in wanted for line in dump(name)])


ACTIONS: Final[dict[str, Action]] = {"show_parser_dump": _dump}
