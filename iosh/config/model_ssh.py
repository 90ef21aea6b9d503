"""`ip ssh …` and `ip scp …`: the settings of the router's own SSH server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Ssh:
    """What a client meets at the door."""

    time_out_s: int = 120
    authentication_retries: int = 3
    version: int | None = None  # 2; None: not said
    scp_server: bool = False
