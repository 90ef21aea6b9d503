"""The keys of a lab's traffic as the two files Wireshark reads: `esp_sa` and `ikev2_decryption_table`.

They decrypt everything captured since `record`; written for their owner alone.
"""

from __future__ import annotations

import os
from pathlib import Path

from iosh.lab.build import Lab


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
    for name, lines in (("esp_sa", esp), ("ikev2_decryption_table", ike)):
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.writelines(f"{line}\n" for line in lines)
    return len(esp), len(ike)
