"""Commands about a configuration's history: archive config, configure replace, confirm, revert, and what differs."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Final, NamedTuple

from iosh.base.time import Instant, Span
from iosh.cli import archiving
from iosh.cli.configure import Configurator
from iosh.cli.dialogue import Dialogue, Question
from iosh.cli.difference import apply, commands, contextual, in_case_of
from iosh.cli.exec_copy import fetched
from iosh.cli.output import Output
from iosh.cli.render import running_config
from iosh.cli.running import changed, locked_out, running_text
from iosh.config.store import Store
from iosh.router.courier import remote
from iosh.router.files import RUNNING, STARTUP, FileError, parse

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action

_NOT_ON: Final = " Archive feature not enabled\n"
_NOTHING_PENDING: Final = "%No Rollback Confirmed Change pending\n"
_WARNING: Final = """This will apply all necessary additions and deletions
to replace the current running configuration with the
contents of the specified configuration file, which is
assumed to be a complete configuration, not a partial
configuration. """


def _archive_config(console: Console, now: Instant) -> bool:
    if archiving.save(console.router, now) is None:
        console.write(_NOT_ON)
        return False
    return True


def _text(console: Console, url: str) -> str | None:
    """A configuration as text; None when the console was told why there is none."""
    where = parse(url)
    if where.name == RUNNING:
        return running_text(console.router)
    try:
        if where.is_network:
            raise FileError("Network is unreachable")
        content: bytes = console.router.files.read(where)
    except FileError as error:
        console.write(f"%Error opening {url} ({error})\n")
        return None
    return content.decode(errors="replace")


# --- replace, confirm, revert -------------------------------------------------------------------------------------


class _Wishes(NamedTuple):
    """The words after `configure replace URL`."""

    url: str
    ignorecase: bool
    lines: bool
    revert: bool
    minutes: int | None


def _replace(
    console: Console,
    now: Instant,
    url: str,
    force: bool = False,
    ignorecase: bool = False,
    lines: bool = False,
    revert: bool = False,
    minutes: int | None = None,
    nolock: bool = False,
) -> Dialogue:
    wishes = _Wishes(url, ignorecase, lines, revert, minutes)
    far = parse(url).is_network
    text = None if not nolock and locked_out(console) else "" if far else _text(console, url)
    if text is None or not (far or _is_valid(console, text)):
        return False
    if not force:
        answer = yield Question(f"{_WARNING}Enter Y if you are sure you want to proceed. ? [no]: ")
        now = answer.now
        if not answer.text.strip().lower().startswith("y"):
            return False
    if not far:
        return _replaced(console, text, wishes, now)

    def come(content: bytes, at: Instant, span: Span) -> None:
        text = content.decode(errors="replace")
        if _is_valid(console, text):
            _replaced(console, text, wishes, at)

    return fetched(console, remote(url), now, come)


def _is_valid(console: Console, text: str) -> bool:
    if archiving.understood(console.router, text)[0].written:
        return True
    console.write("%The input file is not a valid config file.\n")
    return False


def _replaced(console: Console, text: str, wishes: _Wishes, now: Instant) -> bool:
    if wishes.minutes is not None and not archiving.begin(console, wishes.minutes, False, now):
        return False
    original = archiving.back_up(console, now) if wishes.revert else ""
    if original is None:
        return False
    replaced = archiving.replace(console.router, text, wishes.revert, now, wishes.ignorecase)
    console.write("".join(f"{line}\n" for line in archiving.report(replaced, wishes.lines, original)))
    if replaced.done:
        changed(console, wishes.url, now)
    elif wishes.minutes is not None:
        archiving.forget(console.router)
    return not replaced.failed


def _configure_terminal_revert(console: Console, now: Instant, minutes: int, idle: bool = False) -> bool:
    if locked_out(console) or not archiving.begin(console, minutes, idle, now):
        return False
    console.write("Enter configuration commands, one per line.  End with CNTL/Z.\n")
    console.configure()
    return True


def _confirm(console: Console, now: Instant) -> bool:
    if console.router.archive.pending is None:
        console.write(_NOTHING_PENDING)
        return False
    archiving.confirm(console, now)
    return True


def _revert(console: Console, now: Instant, minutes: int | None = None, idle: bool = False) -> bool:
    pending = console.router.archive.pending
    if pending is None:
        console.write(_NOTHING_PENDING)
        return False
    if minutes is None:
        archiving.revert(console, now)
    else:
        archiving.arm(console, pending._replace(configured=now, minutes=minutes, idle=idle), now)
    return True


# --- differences --------------------------------------------------------------------------------------------------


def _lines(console: Console, text: str) -> list[str]:
    """A configuration in the grammar's spelling; lines it does not know follow as they are, below those above them."""
    loaded, _ = archiving.understood(console.router, text)
    unknown = frozenset(one.line for one in loaded.complaints if one.severity == "error")
    return [*running_config(loaded.config), *_with_parents(text, unknown)]


def _with_parents(text: str, numbers: frozenset[int]) -> Iterator[str]:
    above: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        indent = len(line) - len(line.lstrip())
        while above and above[-1][0] >= indent:
            above.pop()
        above.append((indent, line))
        if number in numbers:
            yield from (each for _, each in above)


def _show_differences(
    console: Console, now: Instant, old: str | None = None, new: str = RUNNING, ignorecase: bool = False
) -> Output | bool:
    texts = [_text(console, url) for url in (old or STARTUP, new)]
    if texts[0] is None or texts[1] is None:
        return False
    before, after = (_lines(console, text) for text in texts if text is not None)
    found = contextual(before, in_case_of(before, after) if ignorecase else after)
    return Output(["!Contextual Config Diffs:", *(found or ["!No changes were found"]), ""], found)


def _show_incremental(console: Console, now: Instant, url: str, ignorecase: bool = False) -> Output | bool:
    text = _text(console, url)
    if text is None:
        return False
    router = console.router
    hardware = frozenset(router.ports)
    merged = Store(deepcopy(router.config))
    lines = text.splitlines()
    refused = apply(
        Configurator(merged, hardware), in_case_of(running_config(router.config), lines) if ignorecase else lines
    )
    found = [*commands(router.config, merged.running, hardware), *(one.line for one in refused)]
    if not found:
        return Output(["!List of Commands:", "!No changes were found", ""], found)
    return Output(["!List of Commands:", *found, "end", ""], found)


ACTIONS: Final[dict[str, Action]] = {
    "archive_config": _archive_config,
    "configure_replace": _replace,
    "configure_terminal_revert": _configure_terminal_revert,
    "configure_confirm": _confirm,
    "configure_revert": _revert,
    "show_differences": _show_differences,
    "show_incremental": _show_incremental,
}
