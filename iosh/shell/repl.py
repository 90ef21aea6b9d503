"""The prompt of a person at a terminal, with prompt_toolkit: keys as on an IOS console.

`?` helps at once, Tab completes, Ctrl-Z ends configuration, Ctrl-C drops the line (and leaves configuration), Ctrl-^
and Ctrl-C stop a ping; histories of exec and configuration are separate. What is pasted is fed line by line, its last
unfinished line stays to be edited; keys typed while a command runs are kept for the next prompt. Messages that routers
log meanwhile are printed above the prompt. Without a terminal `plain.py` is used instead.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import deque
from typing import Any, Final, Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import create_input
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.patch_stdout import patch_stdout

_BREAKS: Final = (Keys.ControlCircumflex, Keys.ControlC)
_FILTERS: Final = ("/", "+", "-")  # keys of the pager that a pattern follows
_LOOK: Final = 0.01  # seconds between looks at whether a command is done


class Talker(Protocol):
    """What a person talks to: consoles of routers behind one another."""

    ended: bool

    @property
    def prompt(self) -> str: ...
    @property
    def configuring(self) -> bool: ...
    @property
    def paging(self) -> bool: ...
    @property
    def busy(self) -> bool: ...
    @property
    def secret(self) -> bool: ...

    async def feed(self, line: str) -> None: ...
    def interrupt(self) -> None: ...
    def size(self, lines: int, columns: int) -> None: ...
    def help(self, typed: str) -> str: ...
    def complete(self, typed: str) -> str | None: ...


async def converse(talker: Talker) -> None:
    """Prompt, read, feed, until the talker has ended."""
    await _Repl(talker).run()


class _Repl:
    def __init__(self, talker: Talker) -> None:
        self._talker = talker
        self._pasted: deque[str] = deque()
        self._rest = ""  # an unfinished pasted line, to be edited
        keys = self._keys()
        self._exec: PromptSession[str] = PromptSession(history=InMemoryHistory(), key_bindings=keys)
        self._config: PromptSession[str] = PromptSession(history=InMemoryHistory(), key_bindings=keys)
        self._dialogue: PromptSession[str] = PromptSession(history=InMemoryHistory())
        self._pager: PromptSession[str] = PromptSession(key_bindings=_any_key(), erase_when_done=True)

    async def run(self) -> None:
        talker = self._talker
        while not talker.ended:
            size = self._exec.app.output.get_size()
            talker.size(size.rows, size.columns)
            if self._pasted and not talker.paging:
                line = self._pasted.popleft()
                print(f"{talker.prompt}{line}")
            else:
                try:
                    line = await self._read()
                except EOFError:
                    return
                except KeyboardInterrupt:
                    line = "\x03"
            await self._obey(line)

    async def _read(self) -> str:
        talker = self._talker
        with patch_stdout(raw=True):
            if talker.paging:
                key = await self._pager.prompt_async(talker.prompt)
                return key + await self._dialogue.prompt_async(key) if key in _FILTERS else key
            if talker.secret:
                return await self._dialogue.prompt_async(talker.prompt, is_password=True)
            session = self._config if talker.configuring else self._exec
            rest, self._rest = self._rest, ""
            return await session.prompt_async(lambda: talker.prompt, default=rest)

    async def _obey(self, line: str) -> None:
        """Feed a line and wait until it is done: Ctrl-^ or Ctrl-C break it off, other keys are kept."""
        talker = self._talker
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, talker.interrupt)  # the prompt has its own and took ours away
        feeding = loop.create_task(talker.feed(line))
        await asyncio.sleep(0)
        if not feeding.done() or talker.busy:
            await self._watch(feeding)
        try:
            await feeding
        except asyncio.CancelledError:
            if not feeding.cancelled():
                raise

    async def _watch(self, feeding: asyncio.Task[None]) -> None:
        talker = self._talker
        typed = create_input()

        def read() -> None:
            presses = typed.read_keys()
            if any(press.key in _BREAKS for press in presses):
                feeding.cancel()
                talker.interrupt()
            else:
                store_typeahead(typed, presses)

        with typed.raw_mode(), typed.attach(read):
            while not feeding.done() or talker.busy:
                sys.stdout.flush()
                await asyncio.sleep(_LOOK)

    # --- keys ---------------------------------------------------------------------------------------------------------

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        keys.add("?")(self._question)
        keys.add("tab")(self._tab)
        keys.add("c-z")(self._end)
        keys.add(Keys.BracketedPaste)(self._paste)
        keys.add("c-v")(self._literally)
        keys.add("c-d")(_delete_or_leave)
        return keys

    def _question(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        typed = buffer.document.text_before_cursor
        text = self._talker.help(typed)
        run_in_terminal(
            lambda: print(f"{self._talker.prompt}{typed}?\n{text}", end="" if text.endswith("\n") else "\n")
        )

    def _tab(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        whole = self._talker.complete(buffer.document.text_before_cursor)
        if whole is None:
            event.app.output.bell()
            return
        buffer.delete_before_cursor(len(buffer.document.text_before_cursor))
        buffer.insert_text(whole)

    def _end(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.text.strip():
            self._pasted.appendleft("end")
            buffer.validate_and_handle()
        elif self._talker.configuring:
            buffer.text = "end"
            buffer.validate_and_handle()

    def _paste(self, event: KeyPressEvent) -> None:
        first, *others = event.data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        buffer = event.current_buffer
        buffer.insert_text(first)
        if others:
            *whole, self._rest = others
            self._pasted.extend(whole)
            buffer.validate_and_handle()

    def _literally(self, event: KeyPressEvent) -> None:
        """Ctrl-V: the next key is text, `?` too."""
        event.app.quoted_insert = True


def _delete_or_leave(event: KeyPressEvent) -> None:
    """Ctrl-D deletes; on an empty line it ends the program, as in other shells."""
    if event.current_buffer.text:
        event.current_buffer.delete()
    else:
        event.app.exit(exception=EOFError)


def _any_key() -> KeyBindings:
    keys = KeyBindings()

    @keys.add(Keys.Any)
    @keys.add("enter")
    @keys.add("c-c")
    def _pressed(event: KeyPressEvent) -> None:
        key: Any = event.key_sequence[0].key
        data = {"c-m": "\r", "c-c": "\x03"}.get(str(getattr(key, "value", key)), event.data)
        event.app.exit(result=data)

    return keys
