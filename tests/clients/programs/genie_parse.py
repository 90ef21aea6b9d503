"""Genie's parsers on outputs there are: python genie_parse.py FILE, where FILE holds [[command, text], …] as JSON.

Prints a list of what each parser found, or of its complaint (a text), as JSON. Without a FILE: the commands of IOS-XE
that genie has parsers for, `{…}` where they take an argument.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import genie.libs.parser
from genie.conf.base import Device


def commands() -> list[str]:
    parsers = json.loads((Path(genie.libs.parser.__file__).parent / "parsers.json").read_text())
    return [name for name, entry in parsers.items() if "folders" in entry and "iosxe" in entry["folders"]]


def parsed(device: Any, command: str, text: str) -> Any:
    try:
        return device.parse(command, output=text)
    except Exception as error:  # a parser fails in its own ways, and the test is to see each
        return f"{type(error).__name__}: {error}"


if len(sys.argv) == 1:
    print(json.dumps(commands()))
else:
    device = Device("any", os="iosxe")
    device.custom.abstraction = {"order": ["os"]}
    given = json.loads(Path(sys.argv[1]).read_text())
    print(json.dumps([parsed(device, command, text) for command, text in given], default=str))
