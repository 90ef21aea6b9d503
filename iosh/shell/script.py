"""Commands for a lab from the command line or a file, and what they gave, as text or as one JSON list.

hub: show dmvpn                a command at the console of a node (any case; also its hostname)
spoke1: configure terminal     lines set in under it go to the same console
  interface Loopback7          or answer what the command asks
  end
:run 60s                       a lab command (`lab_commands.py`)
# or ! at the start            a comment
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any, NamedTuple

from iosh.lab.run import NoSuchNode, Runner
from iosh.shell import lab_commands
from iosh.shell.lab_commands import Refused
from iosh.shell.session import Session


class Step(NamedTuple):
    """One command: for a node, or for the lab where `node` is empty. `place` says where it was written."""

    node: str
    command: str
    place: str


class BadScript(Exception):
    """A line that is neither a node's command nor the lab's; the text says where and why."""


def from_options(texts: Iterable[str]) -> list[Step]:
    """The steps given by `--exec`."""
    return [_step(text, f"--exec {text!r}") for text in texts]


def from_lines(lines: Iterable[str], file: str) -> list[Step]:
    """The steps of a script."""
    steps: list[Step] = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text[0] in "#!":
            continue
        if line[0].isspace():
            if not steps or not steps[-1].node:
                raise BadScript(f"{file}:{number}: the line is set in, but no node's command is above it")
            steps[-1] = steps[-1]._replace(command=f"{steps[-1].command}\n{text}")
        else:
            steps.append(_step(text, f"{file}:{number}"))
    return steps


def _step(text: str, place: str) -> Step:
    if text.startswith(":"):
        return Step("", text, place)
    node, colon, command = text.partition(":")
    if not colon or len(node.split()) != 1:
        raise BadScript(f"{place}: write NODE: COMMAND, or a lab command that begins with a colon")
    return Step(node.strip(), command.strip(), place)


class Performance:
    """Steps carried out one after the other. `failed` counts those that were refused."""

    def __init__(self, session: Session, as_json: bool) -> None:
        self._session = session
        self._runner = Runner(session.lab)
        self._as_json = as_json
        self._answers: list[dict[str, Any]] = []
        self.failed = 0

    async def perform(self, steps: Iterable[Step]) -> None:
        """Carry out the steps; what they say goes to standard output, commands themselves to standard error."""
        for step in steps:
            if self._session.ended:
                break
            try:
                if step.node:
                    self._at_node(step)
                else:
                    await self._for_lab(step)
            except (NoSuchNode, Refused) as refused:
                self.failed += 1
                print(f"{step.place}: {refused}", file=sys.stderr)
            except BrokenPipeError:
                raise  # nobody reads on
            except OSError as error:
                self.failed += 1
                print(f"{step.place}: {error.filename}: {error.strerror}", file=sys.stderr)
        if self._as_json:
            json.dump(self._answers, sys.stdout, indent=2)
            print()

    def _at_node(self, step: Step) -> None:
        if not self._as_json:
            for line in step.command.splitlines() or [""]:
                print(f"{self._prompt(step.node)}{line}", file=sys.stderr)
        answer = None
        if self._as_json and _is_show(step.command):
            asked = self._runner.execute(step.node, f"{step.command} | json")
            answer = asked if asked.taken else None
        answer = answer or self._runner.execute(step.node, step.command)
        if not answer.taken:
            self.failed += 1
            print(f"{step.place}: {answer.node} did not take {step.command!r}", file=sys.stderr)
        if self._as_json:
            self._answers.append({
                "node": answer.node, "command": step.command, "taken": answer.taken, "output": _value(answer.text),
            })  # fmt: skip
        else:
            sys.stdout.write(answer.text)
            sys.stdout.flush()

    async def _for_lab(self, step: Step) -> None:
        said: list[str] = []
        self._session.write = said.append
        await lab_commands.obey(self._session, step.command)
        if self._as_json:
            self._answers.append({"command": step.command, "taken": True, "output": "".join(said)})
        else:
            print(step.command, file=sys.stderr)
            sys.stdout.write("".join(said))

    def _prompt(self, node: str) -> str:
        name = self._session.lab.find(node)
        return "" if name is None or name in self._session.lab.switches else self._runner.prompt(node)


def _is_show(command: str) -> bool:
    word = command.split(maxsplit=1)[0].lower() if command.split() else ""
    return len(word) > 1 and "show".startswith(word) and "|" not in command and "\n" not in command


def _value(text: str) -> Any:
    """The value in an answer that is JSON, else its text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
