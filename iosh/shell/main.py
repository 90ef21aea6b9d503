"""The command line of `iosh`. Only typer is imported here: what a command needs is imported when it runs.

`iosh FILE` and `iosh` alone are the command `console`; a file called as a command is written `./lab`. The program
begins in `door.py`, which opens these two without typer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

_OWN_OPTIONS = ("--help", "--version")
_USER_HELP = "Who may log in where a config has no `username`. Default: admin:admin, from this machine only."


class _ConsoleByDefault(TyperGroup):
    """A group of commands that takes anything which is not one of them for an argument of `console`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if self._is_console(args):
            args = ["console", *args]
        return super().parse_args(ctx, args)

    def _is_console(self, args: list[str]) -> bool:
        """Not a command; nor, before further words, a mistyped one."""
        if not args or args[0] in self.commands or args[0] in _OWN_OPTIONS:
            return not args
        return args[0].startswith("-") or len(args) == 1 or args[1].startswith("-") or Path(args[0]).exists()


app = typer.Typer(
    cls=_ConsoleByDefault,
    add_completion=False,
    subcommand_metavar="[STARTUP-CONFIG] | COMMAND [ARGS]...",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help"]},
    help="A Cisco-IOS-style DMVPN router, and labs of them, in one process.\n\n"
    "`iosh` or `iosh STARTUP-CONFIG` is one router at an interactive prompt; "
    "`iosh lab TOPOLOGY` is a lab from a containerlab topology file; "
    "`iosh check FILE` reads configs and says what is not understood.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"iosh {version('iosh')}")
        except PackageNotFoundError:
            typer.echo("iosh (not installed)")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Options of the program itself."""


@app.command()
def console(
    startup_config: Annotated[
        Path | None, typer.Argument(metavar="STARTUP-CONFIG", help="A config to boot with; none: what NVRAM holds.")
    ] = None,
    nvram: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where NVRAM is kept; with no STARTUP-CONFIG, your data folder.")
    ] = None,
    ssh: Annotated[str | None, typer.Option(metavar="PLACE", help="Listen for SSH: `2201` or `ADDRESS:2201`.")] = None,
    telnet: Annotated[str | None, typer.Option(metavar="PLACE", help="Listen for telnet.")] = None,
    user: Annotated[str | None, typer.Option(metavar="NAME:PASSWORD", help=_USER_HELP)] = None,
) -> None:
    """One router at an interactive prompt. This is what `iosh` does when no command is named."""
    from iosh.shell.console import run_console
    from iosh.shell.serve import Doors

    raise typer.Exit(run_console(startup_config, nvram, Doors(ssh, telnet, user)))


@app.command()
def lab(
    topology: Annotated[Path, typer.Argument(metavar="TOPOLOGY", help="A containerlab topology file, *.clab.yml.")],
    execute: Annotated[
        list[str] | None,
        typer.Option("--exec", metavar="'NODE: COMMAND'", help="Run a command and print what it says. Repeatable."),
    ] = None,
    script: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Run the lines of a file: `NODE: COMMAND`, or lab commands.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="SPAN|formed",
            help="Let that much virtual time pass first, as `60s`, or until every spoke is up. "
            "Default: nothing at a terminal, else 60s.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything random; the same seed repeats a run exactly.")] = 0,
    speed: Annotated[
        str | None, typer.Option(metavar="X", help="Virtual seconds in a second, at the prompt. Default: 1.")
    ] = None,
    pcap: Annotated[Path | None, typer.Option(metavar="DIR", help="Capture every link into a file there.")] = None,
    keys: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the IKE and ESP keys there at the end, for Wireshark.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what --exec and --script gave as one JSON list.")] = False,
    ssh: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="Listen for SSH: `2201` (the next router on 2202, ...) or `127.0.1.1:2222+` (the next on 127.0.1.2).",
        ),
    ] = None,
    telnet: Annotated[str | None, typer.Option(metavar="PLACE", help="Listen for telnet likewise.")] = None,
    user: Annotated[str | None, typer.Option(metavar="NAME:PASSWORD", help=_USER_HELP)] = None,
    inventory: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write inventories for Ansible, Nornir and pyATS there.")
    ] = None,
) -> None:
    """A lab from a containerlab topology file: a prompt on every router, or commands run and printed.

    At the prompt, lines that begin with a colon are for the lab: `:help` lists them.
    """
    from iosh.shell.lab import Wishes, run_lab
    from iosh.shell.serve import Doors

    doors = Doors(ssh, telnet, user)
    wishes = Wishes(topology, tuple(execute or ()), script, until, seed, speed, pcap, keys, json, doors, inventory)
    raise typer.Exit(run_lab(wishes))


_RUN_EXAMPLES = """Examples:

`iosh run hub.cfg --port GigabitEthernet1=eth1`  *its console, at a terminal*

`iosh run spoke1.cfg --port Gi1=eth1 --port Gi2=tap:lan0 --ssh 0.0.0.0:22`

`iosh run a.cfg --port Gi1=udp:127.0.0.1:7001-127.0.0.1:7002`  *needs no rights*

`iosh run hub.cfg --port Gi1=eth1 </dev/null 2>hub.log &`  *then* `iosh attach hub`
"""


@app.command(epilog=_RUN_EXAMPLES)
def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="The startup-config; `write memory` writes it.")],
    port: Annotated[
        list[str] | None,
        typer.Option(
            metavar="INTERFACE=WAY",
            help="A port on a real wire, as `GigabitEthernet1=eth1`. Repeatable. A way is a host interface, "
            "`borrow:NAME` (the host's own address), `tap:NAME`, `udp:LOCAL:PORT-REMOTE:PORT`, `unix:FILE:FILE` "
            "or `pcap:FILE`.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="For `iosh attach NAME`. Default: the file's without ending."),
    ] = None,
    nvram: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where its other files are kept. Default: your data folder.")
    ] = None,
    ssh: Annotated[str | None, typer.Option(metavar="PLACE", help="Listen for SSH: `2201` or `ADDRESS:2201`.")] = None,
    telnet: Annotated[str | None, typer.Option(metavar="PLACE", help="Listen for telnet.")] = None,
    user: Annotated[str | None, typer.Option(metavar="NAME:PASSWORD", help=_USER_HELP)] = None,
    keys: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write IKE and ESP keys there as they are made, for Wireshark.")
    ] = None,
) -> None:
    """One router on real network ports: with a terminal its console, without one as a service.

    SIGTERM ends it with a farewell to its peers; SIGHUP makes the running-config what CONFIG then says. Exit status:
    0 stopped, 2 wrong usage, 69 a port cannot be had, 77 for want of a capability.
    """
    from iosh.shell.run import Wishes, run_router
    from iosh.shell.serve import Doors

    raise typer.Exit(run_router(Wishes(config, tuple(port or ()), name, nvram, Doors(ssh, telnet, user), keys)))


@app.command()
def attach(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `iosh run` calls it.")],
) -> None:
    """The console of a router that `iosh run` started on this machine; Ctrl-] lets go."""
    from iosh.shell.attach import run_attach

    raise typer.Exit(run_attach(name))


@app.command()
def reference() -> None:
    """The commands iosh understands, as Markdown made from its grammar."""
    from iosh.cli.reference import markdown

    for line in markdown():
        typer.echo(line)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Startup-configs, or topology files.")],
) -> None:
    """Read configs offline and name every line that is not understood, ambiguous, incomplete or refused."""
    from iosh.shell.check import run_check

    raise typer.Exit(run_check(files))
