"""Whole sessions, prompts included. `tests/transcripts/NAME.in` is what is typed (a `?` at the end of a line asks for
help, a `<tab>` completes), `NAME.txt` what the screen shows; `pytest --update` writes the latter anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent.parent / "transcripts"


def screen(desk: Any, lines: list[str]) -> str:
    shown: list[str] = []
    typed = ""
    for line in lines:
        console = desk.console
        whole = typed + line
        typed = ""
        if whole.endswith("?") and not console.asking:
            shown.append(f"{console.prompt}{whole}\n{console.help(whole[:-1])}")
        elif whole.endswith("<tab>"):
            typed = console.complete(whole[:-5]) or whole[:-5]
            shown.append(f"{console.prompt}{whole[:-5]}\n")
        else:
            shown.append(f"{console.prompt}{whole}\n")
            shown.append(desk.type(whole))
    return "".join(shown) + desk.console.prompt + "\n"


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.in")))
def test_a_session_looks_as_it_did(name: str, desk: Callable[..., Any], request: pytest.FixtureRequest) -> None:
    lines = (FOLDER / f"{name}.in").read_text().splitlines()
    shown = screen(desk(), lines)
    kept = FOLDER / f"{name}.txt"
    if request.config.getoption("--update"):
        kept.write_text(shown)
    assert shown == kept.read_text()
