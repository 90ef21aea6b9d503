"""The running-config as a file: its text, saving it, typing another file into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from iosh.base.record import Syslog
from iosh.base.time import MILLISECOND, SECOND, Instant, Span
from iosh.cli.configure import Configurator
from iosh.cli.difference import apply
from iosh.cli.render import heading, running_config
from iosh.router.files import STARTUP
from iosh.router.lines import line_number
from iosh.show.config_lock import process_of

if TYPE_CHECKING:
    from iosh.cli.console import Console

_HERE: Final = 10 * MILLISECOND


def running_text(router: Any) -> str:
    """The running-config as it is saved."""
    store = router.store
    changed = None if store.changed_at is None else (store.changed_at, store.changed_by)
    lines = heading(router.config, changed, router.epoch_s)
    return "\n".join([*lines, *running_config(router.config)]) + "\n"


def save(console: Console, now: Instant) -> None:
    """`write memory`"""
    console.write("Building configuration...\n")
    keep_startup(console.router, running_text(console.router), now)
    console.write("[OK]\n")


def keep_startup(router: Any, text: str, now: Instant) -> None:
    """Write the startup-config."""
    from iosh.cli.archiving import saved_to_memory

    router.store.save(text)
    router.key_pairs.save()
    router.files.note(STARTUP, now)
    saved_to_memory(router, now)


def merge(console: Console, text: str, source: str, now: Instant, span: Span | None = None) -> bool:
    """Type a file's lines into the running-config; what is not taken is said, and the rest goes on."""
    if locked_out(console):
        return False
    router = console.router
    refused = apply(Configurator(router.store, frozenset(router.ports)), text.splitlines())
    for one in refused:
        console.write("".join(f"{line}\n" for line in one.text))
    router.settle(now)
    changed(console, source, now)
    console.write(copied(len(text.encode()), span))
    return not refused


def locked_out(console: Console) -> bool:
    """Does another hold the configuration for himself? Then it is said who."""
    holder = console.router.config_lock.held_from(console.seat)
    if holder is None:
        return False
    number = line_number(holder.line)
    console.write(
        f"Configuration mode locked exclusively by user '{holder.user or 'unknown'}' process '{process_of(number)}' "
        f"from terminal '{number}'. Please try later.\n"
    )
    return True


def changed(console: Console, source: str, now: Instant) -> None:
    """Note and log who changed the configuration, and from what."""
    console.router.store.touched(console.user, now)
    text = f"Configured from {source} by {console.source}"
    console.router.logbook.record(Syslog("SYS", 5, "CONFIG_I", text), now)


def copied(size: int, span: Span | None = None) -> str:
    """The last line of a copy. A copy within the router takes no time: ten milliseconds are said."""
    taken = max(span if span is not None else _HERE, MILLISECOND)
    return f"{size} bytes copied in {taken / SECOND:.3f} secs ({size * SECOND // taken} bytes/sec)\n"
