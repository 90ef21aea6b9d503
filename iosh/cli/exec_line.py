"""One exec line: understood, filtered, carried out, or refused in IOS's words.

Commands bound in the grammar to `show NAME` are found in the registry of shows, `router VERB` among the router's
actions, `do ACTION` in the tables of `exec_*.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from iosh.base.time import Instant
from iosh.cli import pipes
from iosh.cli.dialogue import Dialogue
from iosh.cli.notation import grammar
from iosh.cli.output import AMBIGUOUS, INCOMPLETE, Output, caret
from iosh.cli.parse import Parsed, Verdict, Word, parse, words_of
from iosh.cli.privilege import EXEC, access, expanded, level_of
from iosh.cli.tree import Node, Run
from iosh.show.plain import plain
from iosh.show.registry import find

if TYPE_CHECKING:
    from iosh.cli.console import Console

Result = bool | Dialogue | Output
Action = Callable[..., "bool | Dialogue | Output | None"]

FAMILIES: Final = (
    "exec_session",
    "exec_config",
    "exec_files",
    "exec_copy",
    "exec_archive",
    "exec_reload",
    "exec_parser",
    "exec_probe",
    "exec_debug",
    "exec_tech",
    "exec_lines",
    "exec_login",
    "exec_keys",
    "exec_key_files",
)
PRIVILEGED: Final = 15
_UNDEBUG: Final = "undebug"
_FILTERED: Final = ("show", "more", "dir")


def execute(console: Console, line: str, indent: int, now: Instant) -> Result:
    """Do what an exec line says. `indent` is where the line begins on the screen, for the caret."""
    config = console.router.config
    if not line.strip() or line.lstrip().startswith("!"):
        return True
    if line[0] != " ":
        line = expanded(config, EXEC, line)
    command, bar = pipes.split(line)
    words = words_of(command)
    if not words:
        return True
    root, words, off = undebugged(words)
    parsed = parse(command, root, level=access(config, console.level, view=console.view), words=words)
    head = parsed.state.node.ends if parsed.verdict is Verdict.OK else None
    if head is None:
        return _refuse(console, parsed, line, indent, off)
    run = head.meaning
    assert isinstance(run, Run)
    kept = {**dict(run.constants), **parsed.values, **({"off": True} if off else {})}
    begins = head.trail()[0].word
    if bar is not None and begins not in _FILTERED:
        console.write(caret(indent + bar))
        return False
    if config.aaa.authorization_commands and not console.may(level_of(config, head)):
        return False
    try:
        through = pipes.read(line, bar, console.privileged) if bar is not None else ()
    except pipes.BadPipe as bad:
        return _bad_pipe(console, bad, indent)
    result = _run(console, run, kept, now)
    for pipe in through:
        if isinstance(result, Output):
            result = _piped(console, result, pipe, now)
    if begins == "show" and console.terminal.timestamps and isinstance(result, Output):
        return result._replace(lines=chain(_stamp(console, now), result.lines))
    return result


def _stamp(console: Console, now: Instant) -> Iterator[str]:
    """What `terminal exec prompt timestamp` puts before the output of a show command."""
    load, clock = console.router.figures.load(), console.router.clock
    five_s, one_min, five_min = (share // 100 for share in (load.five_s, load.one_min, load.five_min))
    yield f"Load for five secs: {five_s}%/0%; one minute: {one_min}%; five minutes: {five_min}%"
    source = f"Time source is {clock.source}" if clock.source is not None else "No time source"
    yield f"{source}, {clock.text(now)}"
    yield ""


def undebugged(words: list[Word]) -> tuple[Node, list[Word], bool]:
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
    result = action(run.name)(console, now, **kept)
    return True if result is None else result


def action(name: str) -> Action:
    """The function behind `do NAME`; the families are imported when first needed."""
    for family in FAMILIES:
        found: Action | None = import_module(f"iosh.cli.{family}").ACTIONS.get(name)
        if found is not None:
            return found
    raise LookupError(name)


def _piped(console: Console, output: Output, pipe: pipes.Pipe, now: Instant) -> Output | bool:
    if pipe.url:
        from iosh.cli.exec_files import formatted, redirected

        return redirected(console, output, pipe, now) if pipe.modifier != "format" else formatted(console, pipe.url)
    if pipe.modifier == "json":
        value = output.value if output.value is not None else list(output.lines)
        return Output(json.dumps(plain(value), indent=2).splitlines(), value)
    return Output(pipe.filter(output.lines))


# --- refusals ----------------------------------------------------------------------------------------------------


def _refuse(console: Console, parsed: Parsed, line: str, indent: int, off: bool) -> bool:
    if parsed.verdict is Verdict.AMBIGUOUS:
        console.write(AMBIGUOUS.format(line.strip()))
    elif parsed.verdict is Verdict.INCOMPLETE:
        (node, *_) = (state.node for state in parsed.states)
        if "subcommands" in node.attributes:
            console.write(f'% Type "{node.word} ?" for a list of subcommands\n')
        else:
            console.write(INCOMPLETE)
    elif not off and len(words_of(line)) == 1 and parsed.column < len(line.rstrip()):
        _translate(console, line.strip())
    else:
        console.write(caret(indent + parsed.column))
    return False


def _translate(console: Console, word: str) -> None:
    """A single unknown word is taken for the name of a host to connect to."""
    if console.router.config.domain_lookup:
        console.write(f'Translating "{word}"...domain server (255.255.255.255)\n (no answer)\n\n')
    else:
        console.write("% Bad IP address or host name\n")
    console.write("% Unknown command or computer name, or unable to find computer address\n")


def _bad_pipe(console: Console, bad: pipes.BadPipe, indent: int) -> bool:
    if bad.column is not None:
        console.write(caret(indent + bad.column))
    else:
        console.write(f"{bad.sentence}\n" if bad.sentence else INCOMPLETE)
    return False
