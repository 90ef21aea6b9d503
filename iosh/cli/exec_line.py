"""One exec line: understood, filtered, carried out, or refused in IOS's words.

Commands bound in the grammar to `show NAME` are found in the registry of shows, `router VERB` among the router's
actions, `do ACTION` in the tables of `exec_*.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from iosh.base.time import Instant
from iosh.cli import help as helping
from iosh.cli import pipes
from iosh.cli.configure import Configurator
from iosh.cli.dialogue import Dialogue
from iosh.cli.notation import grammar
from iosh.cli.output import Output
from iosh.cli.parse import Parsed, Verdict, Word, parse, words_of
from iosh.cli.tree import Mode, Node, Run
from iosh.show.plain import plain
from iosh.show.registry import find

if TYPE_CHECKING:
    from iosh.cli.console import Console

Result = bool | Dialogue | Output
Action = Callable[..., "bool | Dialogue | Output | None"]

CARET: Final = "% Invalid input detected at '^' marker.\n\n"
INCOMPLETE: Final = "% Incomplete command.\n\n"

_FAMILIES: Final = ("exec_session", "exec_config", "exec_probe", "exec_debug")
_UNDEBUG: Final = "undebug"


def execute(console: Console, line: str, indent: int, now: Instant) -> Result:
    """Do what an exec line says. `indent` is where the line begins on the screen, for the caret."""
    command, bar = pipes.split(line)
    words = words_of(command)
    if not words or words[0].text.startswith("!"):
        return True
    root, words, off = _undebug(words)
    parsed = parse(command, root, level=console.level, words=words)
    head = parsed.state.node.ends if parsed.verdict is Verdict.OK else None
    if head is None:
        return _refuse(console, parsed, line, indent, off)
    run = head.meaning
    assert isinstance(run, Run)
    kept = {**dict(run.constants), **parsed.values, **({"off": True} if off else {})}
    if bar is None:
        return _run(console, run, kept, now)
    try:
        pipe = pipes.read(line, bar)
    except pipes.BadPipe as bad:
        return _bad_pipe(console, bad, indent)
    result = _run(console, run, kept, now)
    if not isinstance(result, Output):
        _point(console, indent + bar)
        return False
    return _piped(result, pipe)


def _undebug(words: list[Word]) -> tuple[Node, list[Word], bool]:
    """`undebug X` and `no debug X` are `debug X`, turned off."""
    root = grammar().modes["exec"].root
    first = words[0].text.lower()
    if _UNDEBUG.startswith(first) and len(words) > 1:
        return root.exact["debug"], words[1:], True
    if first == "no" and len(words) > 2 and len(words[1].text) > 2 and "debug".startswith(words[1].text.lower()):
        return root.exact["debug"], words[2:], True
    return root, words, False


def _run(console: Console, run: Run, kept: dict[str, Any], now: Instant) -> Result:
    if run.verb == "show":
        show = find(run.name)
        view = show.view(console.router, now, **kept)
        return Output(show.text(view), view)
    if run.verb == "router":
        lines = getattr(console.router.actions, run.name)(now, **kept)
        return Output(lines or (), page=False)
    result = _action(run.name)(console, now, **kept)
    return True if result is None else result


def _action(name: str) -> Action:
    """The function behind `do NAME`; the families are imported when first needed."""
    for family in _FAMILIES:
        found: Action | None = import_module(f"iosh.cli.{family}").ACTIONS.get(name)
        if found is not None:
            return found
    raise LookupError(name)


def _piped(output: Output, pipe: pipes.Pipe) -> Output:
    if pipe.modifier == "json":
        value = output.value if output.value is not None else list(output.lines)
        return Output(json.dumps(plain(value), indent=2).splitlines(), value)
    return Output(pipe.filter(output.lines), output.value)


# --- refusals ----------------------------------------------------------------------------------------------------


def _refuse(console: Console, parsed: Parsed, line: str, indent: int, off: bool) -> bool:
    if parsed.verdict is Verdict.AMBIGUOUS:
        console.write(f'% Ambiguous command:  "{line.strip()}"\n')
    elif parsed.verdict is Verdict.INCOMPLETE:
        (node, *_) = (state.node for state in parsed.states)
        if "subcommands" in node.attributes:
            console.write(f'% Type "{node.word} ?" for a list of subcommands\n')
        else:
            console.write(INCOMPLETE)
    elif not off and len(words_of(line)) == 1 and parsed.column < len(line.rstrip()):
        _translate(console, line.strip())
    else:
        _point(console, indent + parsed.column)
    return False


def _translate(console: Console, word: str) -> None:
    """A single unknown word is taken for the name of a host to connect to."""
    if console.router.config.domain_lookup:
        console.write(f'Translating "{word}"...domain server (255.255.255.255)\n (no answer)\n\n')
    else:
        console.write(f'Translating "{word}"\n\n% Bad IP address or host name\n')
    console.write("% Unknown command or computer name, or unable to find computer address\n")


def _bad_pipe(console: Console, bad: pipes.BadPipe, indent: int) -> bool:
    if bad.column is not None:
        _point(console, indent + bad.column)
    else:
        console.write(f"{bad.sentence}\n" if bad.sentence else INCOMPLETE)
    return False


def _point(console: Console, column: int) -> None:
    console.write(" " * column + "^\n" + CARET)


# --- help --------------------------------------------------------------------------------------------------------


def help_text(console: Console, typed: str) -> str:
    """What `?` prints at the console."""
    _, bar = pipes.split(typed)
    if bar is not None and console.configurator is None:
        return _pipe_help(typed, bar)
    root, places, text, heading, level = _place(console, typed)
    return helping.help_text(text, root, places, level, heading)


def completion(console: Console, typed: str) -> str | None:
    """What Tab makes of a line at the console."""
    root, places, text, _, level = _place(console, typed)
    whole = helping.completion(text, root, places, level)
    start = len(typed) - len(typed.split()[-1]) if typed.split() else 0
    return typed[:start] + whole[start:] if whole is not None else None


def _place(console: Console, typed: str) -> tuple[Node, Collection[str], str, str | None, int]:
    """Where in which tree the cursor stands; words already dealt with (`no`, `do`) are blanked out of the line."""
    words, _ = helping.split(typed)
    first = words[0].text.lower() if words else ""
    configurator = console.configurator
    exec_mode = grammar().modes["exec"]
    if configurator is not None and first != "do":
        return _config_place(configurator, typed, words, first)
    if configurator is not None:
        return exec_mode.root, (), _blanked(typed, words[0]), exec_mode.heading, 15
    if words:
        root, rest, off = _undebug([*words, Word("", 0)])
        if off:
            dealt = words[: len(words) + 1 - len(rest)]
            text = typed
            for word in dealt:
                text = _blanked(text, word)
            return root, (), text, None, console.level
    return exec_mode.root, (), typed, exec_mode.heading, console.level


def _config_place(
    configurator: Configurator, typed: str, words: list[Word], first: str
) -> tuple[Node, Collection[str], str, str | None, int]:
    text = _blanked(typed, words[0]) if first in ("no", "default") else typed
    level = configurator.stack[-1]
    mode: Mode = level.mode
    return mode.root, level.places, text, mode.heading, 15


def _blanked(typed: str, word: Word) -> str:
    return typed[: word.at] + " " * len(word.text) + typed[word.at + len(word.text) :]


def _pipe_help(typed: str, bar: int) -> str:
    text = typed[bar + 1 :]
    words = text.split()
    if not words or (len(words) == 1 and not text[-1].isspace()):
        rows = {
            name: help_ for name, help_ in pipes.MODIFIERS.items() if not words or name.startswith(words[0].lower())
        }
        return f"{helping.layout(rows)}\n" if rows else helping.UNRECOGNIZED
    return f"{helping.layout({'LINE': 'Regular Expression'})}\n"
