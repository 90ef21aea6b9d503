"""Where `show` commands are found: by module and name, imported when first asked for.

A family is a module of `iosh.show` with a table `SHOWS`; grammar names an entry as `nhrp.brief`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple


class Show(NamedTuple):
    """One show command: `view(router, now, **arguments)` gives a frozen value, `text(value)` its lines."""

    view: Callable[..., Any]
    text: Callable[[Any], Iterator[str]]


def find(name: str) -> Show:
    """`nhrp.brief` is `SHOWS["brief"]` of `iosh.show.nhrp`; `dmvpn` is `SHOWS[""]` of `iosh.show.dmvpn`."""
    module, _, entry = name.partition(".")
    shows: dict[str, Show] = import_module(f"iosh.show.{module}").SHOWS
    return shows[entry]
