"""`archive`: keeping copies of the configuration, and a log of who changed what."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class ArchiveLog:
    """`log config`."""

    logging_enable: bool = False
    logging_size: int = 100
    hidekeys: bool = False
    notify_syslog: bool = False


@dataclass(slots=True)
class Archive:
    """`archive`. Its tables have one entry each, named by the word that enters the mode."""

    log: dict[str, ArchiveLog] = field(default_factory=dict)
    path: str | None = None
    maximum: int = 10
    time_period_min: int | None = None
    write_memory: bool = False
