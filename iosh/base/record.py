"""What a router says to its operator, as values: syslog messages and debug lines."""

from __future__ import annotations

from typing import NamedTuple


class Syslog(NamedTuple):
    """`%DMVPN-5-NHRP_NHS_UP: text`. Severity 0 (emergency) to 7 (debugging), as RFC 5424 and IOS count."""

    facility: str
    severity: int
    mnemonic: str
    text: str

    def __str__(self) -> str:
        return f"%{self.facility}-{self.severity}-{self.mnemonic}: {self.text}"


class DebugLine(NamedTuple):
    """One line of a `debug` command; `topic` is the command's name, as `nhrp packet`."""

    topic: str
    text: str

    def __str__(self) -> str:
        return self.text
