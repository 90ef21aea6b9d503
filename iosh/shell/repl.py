"""The prompt of a person at a terminal, with prompt_toolkit: keys as on an IOS console.

The line is changed by the same editor that serves remote terminals (`cli/line_editor.py`); prompt_toolkit reads keys
and draws. `?` helps at once, Tab completes, Ctrl-Z ends configuration, Ctrl-C drops the line (and leaves
configuration), Ctrl-^ and Ctrl-C stop a ping; histories of exec and configuration are separate, Ctrl-S searches them.
What is pasted is fed line by line, its last unfinished line stays to be edited; keys typed while a command runs are
kept for the next prompt. Messages that routers log meanwhile are printed above the prompt. Without a terminal
`plain.py` is used instead.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import deque
from string import ascii_lowercase
from typing import Final, Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application, run_in_terminal
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, is_searching
from prompt_toolkit.history import DummyHistory, InMemoryHistory
from prompt_toolkit.input import create_input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.bindings.search import reverse_incremental_search, start_reverse_incremental_search
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.patch_stdout import patch_stdout

from iosh.cli.line_editor import BELL, CONTROLS, ESCAPES, LineEditor

_ENTER: Final = (Keys.ControlM, Keys.ControlJ)
_FILTERS: Final = ("/", "+", "-")  # keys of the pager that a pattern follows
_LOOK: Final = 0.01  # seconds between looks at whether a command is done
_KEEP: Final = 1.0  # and at whether the line has been silent for too long


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
    def confirming(self) -> bool: ...
    @property
    def busy(self) -> bool: ...
    @property
    def secret(self) -> bool: ...
    @property
    def asking(self) -> bool: ...
    @property
    def composing(self) -> bool: ...
    @property
    def editing(self) -> bool: ...
    @property
    def breaks(self) -> tuple[str, ...]: ...
    @property
    def width(self) -> int: ...
    @property
    def remembered(self) -> int: ...

    async def feed(self, line: str) -> None: ...
    def interrupt(self) -> None: ...
    def heard(self) -> None: ...
    def overdue(self) -> bool: ...
    def time_out(self) -> None: ...
    def size(self, lines: int, columns: int) -> None: ...
    def explain(self, typed: str) -> None: ...
    def complete(self, typed: str) -> str | None: ...


async def converse(talker: Talker) -> None:
    """Prompt, read, feed, until the talker has ended."""
    with (
        create_input().raw_mode()
    ):  # between prompts too: what is typed then waits, and Ctrl-Z does not stop the program
        one = _Repl(talker)
        keeping = asyncio.create_task(one.keep())
        try:
            await one.run()
        finally:
            keeping.cancel()


class _Sideways(Processor):
    """Draws of the line what fits beside the prompt, as the editor sees it: `$` where it goes on."""

    def __init__(self, talker: Talker, editor: LineEditor) -> None:
        self._talker = talker
        self._editor = editor

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        document, editor = transformation_input.document, self._editor
        editor.place(document.text, document.cursor_position, self._talker.prompt, self._talker.width)
        shown, column = editor.window()
        left = document.cursor_position - column
        return Transformation([("", shown)], lambda at: max(0, min(at - left, len(shown))), lambda at: at + left)


class _Nothing(Processor):
    """A password is not shown, nor how long it is."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        return Transformation([], lambda at: 0, lambda at: 0)


class _Repl:
    def __init__(self, talker: Talker) -> None:
        self._talker = talker
        self._pasted: deque[str] = deque()
        self._rest = ""  # typed already at the next prompt: before `?`, or the end of a paste
        self._asked: str | None = None  # what stood before a `?`
        self._editor = LineEditor(self._ring)
        self._exec = self._line()
        self._config = self._line()
        self._dialogue: PromptSession[str] = PromptSession(history=DummyHistory(), key_bindings=self._answer_keys())
        self._password: PromptSession[str] = PromptSession(history=DummyHistory(), input_processors=[_Nothing()])
        self._pager: PromptSession[str] = PromptSession(key_bindings=_any_key(), erase_when_done=True)
        self._confirm: PromptSession[str] = PromptSession(key_bindings=_any_key())
        self._overdue = False  # nobody has typed for too long
        self._prompts = (self._exec, self._config, self._dialogue, self._password, self._pager, self._confirm)
        for prompt in self._prompts:
            prompt.app.key_processor.before_key_press += lambda _: talker.heard()

    def _line(self) -> PromptSession[str]:
        """A prompt for commands, with a history."""
        sideways = _Sideways(self._talker, self._editor)
        session: PromptSession[str] = PromptSession(
            history=InMemoryHistory(), key_bindings=self._keys(), input_processors=[sideways]
        )
        session.app.before_render += self._measure
        return session

    def _measure(self, app: Application[str]) -> None:
        size = app.output.get_size()
        self._talker.size(size.rows, size.columns)

    async def keep(self) -> None:
        """Leave a prompt at which nobody has typed for too long. Cancelled by whoever started it."""
        while True:
            await asyncio.sleep(_KEEP)
            if not self._overdue and self._talker.overdue():
                self._overdue = True
                for app in (session.app for session in self._prompts):
                    if app.future is not None and not app.future.done():
                        app.exit(result="")

    async def run(self) -> None:
        talker = self._talker
        while not talker.ended:
            self._measure(self._exec.app)
            if self._overdue:
                self._overdue = False
                self._pasted.clear()
                self._rest, self._asked = "", None
                talker.time_out()
                continue
            if self._asked is not None and not talker.paging:
                typed, self._asked = self._asked, None
                talker.explain(typed)
                continue
            ahead = self._ahead()
            if ahead is not None:
                line = ahead
                print(f"{talker.prompt}{line}")
            else:
                try:
                    line = await self._read()
                except EOFError:
                    return
                except KeyboardInterrupt:
                    line = "\x03"
                if self._asked is not None or self._overdue:
                    continue
            await self._obey(line)

    def _ahead(self) -> str | None:
        """A whole line that came before its prompt, pasted or typed ahead: it need not be drawn key by key."""
        talker = self._talker
        if talker.paging:
            return None
        if self._pasted:
            return self._pasted.popleft()
        if talker.asking or self._rest:
            return None
        session = self._config if talker.configuring else self._exec
        presses = get_typeahead(session.app.input)
        for at, press in enumerate(presses):
            if press.key in _ENTER:
                store_typeahead(session.app.input, presses[at + 1 :])
                line = "".join(one.data for one in presses[:at])
                session.history.append_string(line)
                return line
            if not press.data.isprintable() or press.data == "?":
                break
        store_typeahead(session.app.input, presses)
        return None

    async def _read(self) -> str:
        talker = self._talker
        with patch_stdout(raw=True):
            if talker.paging:
                key = await self._pager.prompt_async(talker.prompt)
                return key + await self._dialogue.prompt_async(key) if key in _FILTERS else key
            if talker.confirming:
                return await self._confirm.prompt_async(talker.prompt)
            if talker.secret:
                return await self._password.prompt_async(talker.prompt)
            if talker.asking:
                return await self._dialogue.prompt_async(talker.prompt)
            session = self._config if talker.configuring else self._exec
            rest, self._rest = self._rest, ""
            typed = session.history.get_strings()
            self._editor.begin("", typed[max(0, len(typed) - talker.remembered) :])
            self._editor.plain = not talker.editing
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
            if any(press.data in talker.breaks for press in presses):
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
        for key in CONTROLS:
            keys.add(f"c-{chr(ord(key) + 96)}" if key < " " else "backspace", eager=True)(self._edit)
        for letter in (sequence[1:] for sequence in ESCAPES):
            keys.add("escape", letter)(self._edit)
            keys.add("escape", letter.upper())(self._edit)
        for key in ("up", "down", "c-p", "c-n"):
            keys.add(key, filter=~is_searching)(self._recall)
        keys.add("c-l")(self._again)
        keys.add("c-r", filter=~is_searching)(self._again)
        keys.add("c-s", filter=~is_searching)(start_reverse_incremental_search)
        keys.add("c-s", filter=is_searching)(reverse_incremental_search)
        keys.add("?")(self._question)
        keys.add("tab")(self._tab)
        keys.add("c-z")(self._end)
        keys.add("c-c", filter=~is_searching)(_drop)
        keys.add(Keys.BracketedPaste)(self._paste)
        keys.add("c-v")(_literally)
        keys.add("escape", "q")(_literally)
        return keys

    def _answer_keys(self) -> KeyBindings:
        """At a question."""
        keys = KeyBindings()
        keys.add("c-c")(_drop)
        keys.add("c-z", filter=Condition(lambda: self._talker.composing))(_finish)
        return keys

    def _edit(self, event: KeyPressEvent) -> None:
        """A key that the editor knows: prompt_toolkit has the line, the editor changes it."""
        buffer, editor = event.current_buffer, self._editor
        if event.data == "\x04" and not buffer.text:
            event.app.exit(exception=EOFError)  # on an empty line it ends the program, as in other shells
            return
        editor.place(buffer.text, buffer.cursor_position, self._talker.prompt, self._talker.width)
        for press in event.key_sequence:
            editor.key(press.data)
        buffer.document = Document(editor.text, editor.cursor)

    def _recall(self, event: KeyPressEvent) -> None:
        """Through the history."""
        buffer, editor = event.current_buffer, self._editor
        editor.place(buffer.text, buffer.cursor_position, self._talker.prompt, self._talker.width)
        editor.key("\x10" if event.key_sequence[0].key in (Keys.Up, Keys.ControlP) else "\x0e")
        buffer.document = Document(editor.text, editor.cursor)

    def _ring(self, text: str) -> None:
        if text == BELL:
            self._exec.app.output.bell()

    def _again(self, event: KeyPressEvent) -> None:
        """The line once more below itself."""
        text = f"{self._talker.prompt}{self._editor.window()[0]}"
        run_in_terminal(lambda: print(text))

    def _question(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        self._asked, self._rest = buffer.document.text_before_cursor, buffer.text
        buffer.document = Document(f"{self._asked}?")
        event.app.exit(result="")

    def _tab(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        whole = self._talker.complete(buffer.document.text_before_cursor)
        if whole is None:
            event.app.output.bell()
            return
        buffer.delete_before_cursor(len(buffer.document.text_before_cursor))
        buffer.insert_text(whole)

    def _end(self, event: KeyPressEvent) -> None:
        """Ctrl-Z: what is typed is carried out, then configuration is left."""
        if self._talker.configuring:
            event.current_buffer.append_to_history()
            _finish(event)

    def _paste(self, event: KeyPressEvent) -> None:
        first, *others = event.data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        buffer = event.current_buffer
        buffer.insert_text(first)
        if others:
            *whole, self._rest = others
            self._pasted.extend(whole)
            buffer.validate_and_handle()


def _literally(event: KeyPressEvent) -> None:
    """Ctrl-V: the next key is text, `?` too."""
    event.app.quoted_insert = True


def _finish(event: KeyPressEvent) -> None:
    """Ctrl-Z after the last line."""
    line = event.current_buffer.text
    event.current_buffer.document = Document(f"{line}^Z")
    event.app.exit(result=f"{line}\x1a")


def _drop(event: KeyPressEvent) -> None:
    """Ctrl-C."""
    event.current_buffer.document = Document(f"{event.current_buffer.text}^C")
    event.app.exit(result="\x03")


def _any_key() -> KeyBindings:
    keys = KeyBindings()

    def _pressed(event: KeyPressEvent) -> None:
        event.app.exit(result=event.data)

    keys.add(Keys.Any)(_pressed)
    for letter in ascii_lowercase:  # the editing keys of a prompt are nearer than any key
        keys.add(f"c-{letter}")(_pressed)
    for name in ("up", "down", "left", "right", "home", "end", "delete"):
        keys.add(name)(_pressed)
    return keys
