"""The keys of a lab's traffic, or of one router's, as the files Wireshark reads: `esp_sa`, `ikev2_decryption_table`.

They decrypt everything captured since `record`; written for their owner alone. Files of those names that somebody else
wrote, as in a person's Wireshark profile, are not written over.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final, TextIO

from iosh.lab.box import Box
from iosh.lab.build import Lab
from iosh.router.keylog import ESP, IKE

_HEAD: Final = "# Keys of an iosh lab or router. Who has this file reads the traffic.\n"


def record(lab: Lab) -> None:
    """Keep the keys of all security associations from now on."""
    for box in lab.boxes.values():
        box.record_keys()


def write(lab: Lab, folder: Path) -> tuple[int, int]:
    """Write what was recorded; returns how many ESP and IKE security associations it covers."""
    esp: dict[str, None] = {}
    ike: dict[str, None] = {}
    for box in lab.boxes.values():
        keys = box.record_keys()
        esp |= keys.esp
        ike |= keys.ike
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in ((ESP, esp), (IKE, ike)):
        with _begin(folder / name) as file:
            file.writelines(f"{line}\n" for line in lines)
    return len(esp), len(ike)


def follow(box: Box, folder: Path) -> None:
    """Write each key of a router there as soon as it has it, from now on."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: _begin(folder / name) for name in (ESP, IKE)}
    log = box.record_keys()
    for name, lines in ((ESP, log.esp), (IKE, log.ike)):
        files[name].writelines(f"{line}\n" for line in lines)
        files[name].flush()
    log.follower = lambda name, line: print(line, file=files[name], flush=True)


def _begin(path: Path) -> TextIO:
    if path.exists() and not path.read_bytes().startswith(_HEAD.encode()):
        raise FileExistsError(errno.EEXIST, "holds keys that iosh did not write", str(path))
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii")
    file.write(_HEAD)
    return file
