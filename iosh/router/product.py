"""What the box is called where somebody asks: model, release, and the text neighbours are told."""

from __future__ import annotations

from typing import Final

MODEL: Final = "IOSH"
RELEASE: Final = "17.15.1"
SOFTWARE: Final = (
    f"Cisco IOS Software [IOSXE], iosh Software (IOSH-UNIVERSALK9-M), Version {RELEASE}, RELEASE SOFTWARE (fc1)"
)
DESCRIPTION: Final = f"{SOFTWARE}\nThis is iosh, free software; it is not a product of Cisco Systems."
