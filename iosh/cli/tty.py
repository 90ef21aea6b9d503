"""A console line with a terminal on it: bytes in, bytes out. SSH, telnet and tests give it theirs; here is no socket.

Enter is CR, LF, or both when they come together (a LF more than 50 ms after its CR is another Enter); NUL is ignored.
Keys that come while a command runs wait until it has ended, but for Ctrl-C and Ctrl-^, which break it off. The pager
and `[confirm]` take single keys. What a command prints and the prompt after it leave in one write. A message of the
router that comes while a line is typed stands on a line of its own; with `logging synchronous` prompt and text follow.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Callable
from typing import Final

from iosh.base.time import MILLISECOND, Instant
from iosh.cli.console import BREAK, INTERRUPT, Console, Owner
from iosh.cli.line_clock import WARNING, LineClock, Verdict
from iosh.cli.line_editor import BELL, LineEditor, Press
from iosh.cli.pager import PROMPT

TYPED_AHEAD: Final = 65536  # keys waiting beyond which the owner should read no more

_TOGETHER: Final = 50 * MILLISECOND
_LINES_AT_ONCE: Final = 20  # pasted lines before others have their turn
_FILTERS: Final = "/+-"  # at the pager; a line of text follows
_BREAKS: Final = (INTERRUPT, BREAK)
_ESCAPE: Final = BREAK


class Tty:
    """One session at a router's line. `put` takes what is for the screen; `wake` is called when `go_on` should be."""

    def __init__(
        self,
        owner: Owner,
        line: str,
        put: Callable[[bytes], None],
        wake: Callable[[], None],
        user: str = "",
        location: str = "",
        hang_up: Callable[[], None] | None = None,
    ) -> None:
        self._put = put
        self._wake = wake
        self._out: list[str] = []
        self._at_work = True  # in our own hands: what is written need not leave at once
        self._fresh = True  # the screen's cursor stands at a line's beginning
        self._prompted = False
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._keys: deque[str] = deque()
        self._last, self._last_at = "", 0
        self._draft = ""  # typed before `?` filled more than a page
        self._broken = False  # Ctrl-^ was the last key
        self._filter = ""  # `/`, `+` or `-` pressed at the pager
        self.clock = LineClock()
        self.editor = LineEditor(self._write)
        self.held = False  # the terminal does not read: nothing more is done for it
        self.console = Console(owner, line, self._said, user, location, hang_up)
        self.console.finished = self._wake

    # --- what the owner does -----------------------------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        """Has the session been left?"""
        return self.console.ended

    @property
    def waiting(self) -> int:
        """How many keys have not been looked at."""
        return len(self._keys)

    def open(self, heard: int) -> None:
        """Begin: the first prompt."""
        self.clock.start(heard)
        self._prompt()
        self._at_work = False
        self._flush()

    def resize(self, lines: int, columns: int) -> None:
        """The terminal has this size now: a line being typed is drawn anew in it."""
        self.console.fit(lines, columns)
        width = self.console.terminal.width
        if self._prompted and not self.console.paging and not self.held:
            self.editor.resize(width)
            self._flush()
        self.editor.width = width

    def receive(self, data: bytes, now: Instant, heard: int) -> None:
        """Bytes from the keyboard. `heard` is the wall clock in nanoseconds, for keys that come together."""
        self.clock.heard = heard
        for key in self._decoder.decode(data):
            together = key == "\n" and self._last == "\r" and heard - self._last_at <= _TOGETHER
            if key == "\0" or together:
                self._last = "" if together else self._last
                continue
            self._last, self._last_at = key, heard
            if self._broken and key in "xX":  # Ctrl-^ x
                self._broken = False
                continue
            self._broken = key == _ESCAPE
            if self.console.busy and key in self.console.breaks:
                self._keys.clear()
                self._break_off(now)
            else:
                self._keys.append(key)
        self.go_on(now)

    def go_on(self, now: Instant) -> None:
        """Look at the keys that wait, as far as may be now; prompt if a command has ended."""
        self._at_work = True
        try:
            self._work(now)
        finally:
            self._at_work = False
            self._flush()

    def overdue(self, heard: int) -> bool:
        """Is the line to be closed? Before its absolute timeout somebody is warned."""
        verdict = self.clock.look(self.console.settings(), heard, self.console.busy)
        if verdict is Verdict.WARN:
            self.notice(WARNING)
        return verdict is Verdict.CLOSE

    def notice(self, text: str) -> None:
        """Something for the screen that no command printed."""
        self._said(text)
        self._flush()

    # --- keys --------------------------------------------------------------------------------------------------------

    def _work(self, now: Instant) -> None:
        console, lines = self.console, _LINES_AT_ONCE
        while not (console.ended or console.busy or self.held or console.router.reload_requested):
            if not self._prompted:
                self._prompt()
            if not self._keys:
                return
            if not lines:
                self._wake()
                return
            key = self._keys.popleft()
            if console.paging and not self._filter:
                self._page(key, now)
            elif console.confirming:
                self._confirm(key, now)
            else:
                press = self.editor.key(key)
                if press is not None:
                    self._pressed(press, now)
                    lines -= press is Press.ENTER

    def _pressed(self, press: Press, now: Instant) -> None:
        if press is Press.ENTER:
            self._enter(self.editor.text, now)
        elif press in (Press.HELP, Press.TAB) and (self.console.asking or self._filter):
            self.editor.type(press.value if press is Press.HELP else " ")
        elif press is Press.HELP:
            self._help()
        elif press is Press.TAB:
            self._complete()
        elif press is Press.END:
            if self.console.configuring or self.console.composing:
                self._write("^Z")
                self._enter(self.editor.text + Press.END.value, now)
        elif press is Press.INTERRUPT:
            self._write("^C")
            self._filter = ""
            self._enter(Press.INTERRUPT.value, now)

    def _enter(self, line: str, now: Instant) -> None:
        self._write("\n")
        self._prompted = False
        if self._filter:
            line, self._filter = self._filter + line, ""
        if line == Press.INTERRUPT.value:
            self.console.interrupt(now)
        else:
            self.console.feed(line, now)

    def _page(self, key: str, now: Instant) -> None:
        """A key at ` --More-- `."""
        width = len(PROMPT)
        self._write("\b" * width + " " * width + "\b" * width)
        self._fresh = True
        if key in _FILTERS:
            self._filter = key
            self.editor.begin(key)
            return
        self._prompted = False
        if key in _BREAKS:
            self.console.interrupt(now)
        else:
            self.console.feed("" if key in "\r\n" else key, now)

    def _confirm(self, key: str, now: Instant) -> None:
        """A key at `[confirm]`: Enter or `y` goes on."""
        self._write("\n" if key in "\r\n" or key < " " else f"{key}\n")
        self._prompted = False
        if key in _BREAKS:
            self.console.interrupt(now)
        else:
            self.console.feed("" if key in "\r\n" else key, now)

    def _break_off(self, now: Instant) -> None:
        self._at_work = True
        self.console.interrupt(now)
        self._at_work = False

    # --- the screen --------------------------------------------------------------------------------------------------

    def _prompt(self) -> None:
        console, editor = self.console, self.editor
        prompt = console.prompt
        if not self._fresh:
            self._write("\n")
        self._prompted = True
        if console.paging:
            self._write(prompt)
            return
        configurator = console.configurator
        collecting = configurator is not None and configurator.collecting
        collecting = collecting or (console.tcl is not None and console.tcl.prompt is None)
        editor.width = console.terminal.width
        editor.literal = collecting
        editor.plain = not console.terminal.editing
        history = () if console.asking or collecting else tuple(console.recent)
        text, self._draft = self._draft, ""
        editor.begin(prompt, history, text, console.secret)

    def _help(self) -> None:
        self._write("?\n")
        typed, whole = self.editor.before, self.editor.text
        self._prompted = False
        self.console.show(self.console.help(typed).splitlines())
        self._draft = whole

    def _complete(self) -> None:
        editor = self.editor
        whole = self.console.complete(editor.before)
        if whole is None:
            self._write(BELL)
        else:
            editor.replace_before(whole)
        self._write("\n")
        editor.redisplay()

    def _said(self, text: str) -> None:
        """The console writes: a command's output, or a message that nobody asked for."""
        if not self._prompted:
            self._write(text)
        elif self.held:
            return
        elif self.console.synchronous and not self.console.paging:
            self.editor.erase()
            self._fresh = True
            self._write(text)
            self.editor.redisplay()
        else:
            self._write(text if self._fresh else f"\n{text}")
        if not self._at_work:
            self._flush()

    def _write(self, text: str) -> None:
        if text:
            self._fresh = text.endswith("\n")
            self._out.append(text)

    def _flush(self) -> None:
        if self._out:
            text, self._out = "".join(self._out), []
            self._put(text.replace("\n", "\r\n").encode())
