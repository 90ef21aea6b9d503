"""Errors by blame. `Malformed` and `ProtocolError` are the peer's, `ConfigRefused` the user's;
anything else that escapes is a defect of iosh and must fail the test that meets it.
"""

from __future__ import annotations


class Malformed(Exception):
    """Bytes that do not decode. `place` names protocol and field, `size` the bytes that were there."""

    def __init__(self, place: str, size: int) -> None:
        super().__init__(place, size)
        self.place = place
        self.size = size

    def __str__(self) -> str:
        return f"malformed {self.place} ({self.size} bytes)"


class ProtocolError(Exception):
    """A well-formed message the protocol forbids; `reason` is for logs, `answer` what to tell the peer, if anything."""

    def __init__(self, reason: str, answer: object = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answer = answer


class ConfigRefused(Exception):
    """A line the router will not take; `sentence` is what IOS prints."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
