"""Questions a command asks before it goes on. A dialogue is a generator: it yields a question, is sent the answer, and
returns whether the command was carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final, NamedTuple

from iosh.base.time import Instant


class Question(NamedTuple):
    """The text stands where the prompt would; `secret` answers are not echoed. `open`: Ctrl-Z ends the last line. An
    answer is held against `proof`, which may take its time and run in a thread: it knows values only."""

    text: str
    secret: bool = False
    open: bool = False
    proof: Callable[[str], bool] | None = None


class Answer(NamedTuple):
    """What was typed, and when; `proved`: it stood the question's proof."""

    text: str
    now: Instant
    proved: bool = False


Dialogue = Generator[Question, Answer, bool]


class GaveUp(Exception):
    """Ctrl-C at a question: the dialogue ends where it stands."""


CONFIRM: Final = " [confirm]"


def confirmed(text: str) -> Generator[Question, Answer, Answer | None]:
    """`… [confirm]`: Enter or `y` goes on (the answer is returned), anything else does not."""
    answer = yield Question(text + CONFIRM)
    return answer if answer.text.strip().lower() in ("", "y", "yes") else None


def asked(label: str, default: str) -> Generator[Question, Answer, str]:
    """`Repeat count [5]: `: Enter takes what stands in brackets."""
    answer = yield Question(f"{label} [{default}]: " if default else f"{label}: ")
    return answer.text.strip() or default


def asked_yes(label: str, default: str) -> Generator[Question, Answer, bool]:
    """`Extended commands [n]: `"""
    answer = yield from asked(label, default)
    return answer.lower().startswith("y")
