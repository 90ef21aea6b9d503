"""The prompt without a terminal: lines from standard input, prompts and answers to standard output, as IOS echoes them.

Time is virtual and stands still between lines: a ping takes as long as it must, `:run 60s` lets a minute pass. There is
no pager and no editing. The exit status tells whether every line was taken.
"""

from __future__ import annotations

from typing import TextIO

from iosh.lab.run import PATIENCE
from iosh.shell.session import Session


async def converse(session: Session, lines: TextIO, write: TextIO) -> int:
    """Prompt for and feed every line; returns the exit status."""
    session.size(0, 0)
    while not session.ended:
        write.write(session.prompt)
        write.flush()
        line = lines.readline()
        text = line.rstrip("\r\n")
        write.write(f"{text}\n")
        if not line:
            session.quit()
            break
        await session.feed(text)
        await session.carried()
        session.wait(PATIENCE)
    write.flush()
    return 1 if session.refused else 0
