"""Where the program begins. The commonest way in, one router at a prompt, is opened without typer, whose import would
be a good part of the wait for the first prompt; everything else, help and mistakes too, is `main.py`'s.
"""

from __future__ import annotations

import gc
import sys
import warnings

_COMMANDS = ("console", "lab", "run", "attach", "check", "reference")


def settle() -> None:
    """What stands now stays: leave it out of every garbage collection to come."""
    gc.freeze()
    gc.enable()


def main() -> None:
    """The program `iosh`."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # libraries' words to programmers, in the middle of a person's console
    gc.disable()  # importing and building make no garbage worth looking for; `settle` ends it
    try:
        _open(sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        sys.stderr.close()
        raise SystemExit(141) from None


def _open(arguments: list[str]) -> None:
    if not arguments or (len(arguments) == 1 and arguments[0][:1] != "-" and arguments[0] not in _COMMANDS):
        from pathlib import Path

        from iosh.shell.console import run_console

        raise SystemExit(run_console(Path(arguments[0]) if arguments else None, None))
    from iosh.shell.main import app

    app(prog_name="iosh")


if __name__ == "__main__":
    main()
