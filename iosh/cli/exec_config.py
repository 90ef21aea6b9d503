"""Commands about configurations: configure, show, copy, write, erase, reload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from iosh.base.record import Syslog
from iosh.base.time import Instant
from iosh.cli.dialogue import Dialogue, Question, confirmed
from iosh.cli.output import Output
from iosh.cli.privilege import visible
from iosh.cli.render import heading, running_config, size_of, startup_heading
from iosh.cli.running import locked_out, merge, save

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action

_LOCKED: Final = (
    "Configuration mode locked exclusively. The lock will be cleared once you exit out of configuration mode using "
    "end/exit\n"
)
_ABSENT: Final = "startup-config is not present"


def _configure(console: Console, now: Instant, lock: bool = False) -> bool:
    if locked_out(console):
        return False
    if lock or console.router.config.config_exclusive == "auto":
        console.router.config_lock.take(console.seat, now)
        console.write(_LOCKED)
    console.write("Enter configuration commands, one per line.  End with CNTL/Z.\n")
    console.configure()
    return True


def _configure_dialogue(console: Console, now: Instant) -> Dialogue:
    answer = yield Question("Configuring from terminal, memory, or network [terminal]? ")
    wanted = answer.text.strip().lower() or "terminal"
    if "terminal".startswith(wanted):
        return _configure(console, answer.now)
    if "memory".startswith(wanted):
        _merge_startup(console, answer.now)
        return True
    console.write('?Must be "terminal", "memory" or "network"\n')
    return False


_PARTITIONS: Final = {"access-list": ("access-list", "ip access-list", "ipv6 access-list"), "route-map": ("route-map",)}


def _show_running(
    console: Console, now: Instant, interface: str | None = None, everything: bool = False, linenum: bool = False
) -> Output | bool:
    router = console.router
    config = router.config
    if interface is None:
        changed = (router.store.changed_at, router.store.changed_by)
        lines = [
            *heading(config, changed if changed[0] is not None else None, router.epoch_s),
            *running_config(config, everything=everything),
        ]
        value: Any = config
    else:
        if interface not in config.interfaces:
            console.write("% Invalid interface\n")
            return False
        lines = ["!", *running_config(config, ("interfaces", interface))]
        value = config.interfaces[interface]
    if not console.privileged:
        value = lines = visible(config, console.level, lines, console.view)
    size = size_of(lines)
    if linenum:
        lines = [f"{number:5} : {line}" for number, line in enumerate(lines, 1)]
    return Output(["Building configuration...", "", f"Current configuration : {size} bytes", *lines, ""], value)


def _show_partition(console: Console, now: Instant, partition: str) -> Output:
    """`show running-config partition …`: the lines of one kind, in the order of the configuration."""
    config = console.router.config
    whole = list(running_config(config))
    lines, inside = [], False
    for line in whole if console.privileged else visible(config, console.level, whole, console.view):
        if not line.startswith(" "):
            inside = line.startswith(_PARTITIONS[partition])
        if inside:
            lines.append(line)
    lines = ["!", f"Configuration of Partition - {partition} ", "!", "!", "!", *lines, "!", "!", "end"]
    return Output(
        ["Building configuration...", "", f"Current configuration : {size_of(lines)} bytes", *lines, ""], lines
    )


def _show_startup(console: Console, now: Instant) -> Output | bool:
    text = console.router.store.startup
    if text is None:
        console.write(_ABSENT + "\n")
        return True
    lines = text.splitlines()
    return Output([startup_heading(len(text.encode())), *lines], lines)


def _merge_startup(console: Console, now: Instant) -> bool:
    text = console.router.store.startup
    if text is None:
        console.write("%Error opening nvram:startup-config (No such file or directory)\n")
        return False
    return merge(console, text, "memory", now)


def _configure_memory(console: Console, now: Instant) -> bool:
    return _merge_startup(console, now)


def _erase(console: Console, now: Instant) -> Dialogue:
    answer = yield from confirmed("Erasing the nvram filesystem will remove all configuration files! Continue?")
    if answer is None:
        return False
    console.router.store.erase()
    console.write("[OK]\nErase of nvram: complete\n")
    console.router.logbook.record(Syslog("SYS", 7, "NV_BLOCK_INIT", "Initialized the geometry of nvram"), answer.now)
    return True


def _write_network(console: Console, now: Instant) -> bool:
    console.write("This command has been replaced by the command:\n         'copy system:/running-config <url>'\n")
    return False


ACTIONS: Final[dict[str, Action]] = {
    "configure": _configure,
    "configure_dialogue": _configure_dialogue,
    "configure_memory": _configure_memory,
    "show_running": _show_running,
    "show_partition": _show_partition,
    "show_startup": _show_startup,
    "write_memory": save,
    "write_network": _write_network,
    "erase_startup": _erase,
}
