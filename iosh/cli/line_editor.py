"""The line editor of an IOS terminal: keys in, text and backspaces out. It never sends an escape sequence.

Every key is echoed at once. The screen is brought up to date by difference: what follows the first changed character is
written again, backspaces bring the cursor where it belongs; so a character typed at the end is that one character on
the wire. A line longer than the terminal is wide scrolls sideways by ten and shows `$` where it goes on (not where the
width is 0 or beyond 510, as programs set it). `?`, Tab, Enter, Ctrl-Z, Ctrl-C and Ctrl-^ are for the owner: `key`
returns them. Not here: what is done with a line, the pager, letters that are two columns wide.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final

LONGEST: Final = 4096  # characters of a line; more are refused with the bell
NO_SCROLLING: Final = 511  # columns from which on a terminal is a program
BELL: Final = "\a"

_SCROLL: Final = 10
_ROOM_AT_LEAST: Final = 2 * _SCROLL
_REMEMBERED: Final = 10  # deleted texts
_ESCAPE: Final = "\x1b"
_LONGEST_ESCAPE: Final = 16


class Press(Enum):
    """A key the editor leaves to its owner."""

    ENTER = "\r"
    HELP = "?"
    TAB = "\t"
    END = "\x1a"
    INTERRUPT = "\x03"
    BREAK = "\x1e"


_PRESSES: Final = {press.value: press for press in Press} | {"\n": Press.ENTER}


class LineEditor:
    """One line being typed behind a prompt."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.text = ""
        self.cursor = 0
        self.width = 80
        self.plain = False  # `no editing`: keys that delete to the left, and no more
        self.literal = False  # nothing is for the owner but Enter: `?` and Tab are text
        self._write = write
        self._prompt = ""
        self._hidden = False
        self._shown = ""  # what stands on the screen after the prompt, and where its cursor is
        self._column = 0
        self._left = 0  # characters scrolled out
        self._cuts: deque[str] = deque(maxlen=_REMEMBERED)
        self._pasted = (0, 0, 0)  # where Ctrl-Y put text, how much, and which of `_cuts`
        self._history: Sequence[str] = ()
        self._at = 0
        self._draft = ""
        self._escape = ""
        self._quoted = False

    # --- what the owner asks for -------------------------------------------------------------------------------------

    def begin(self, prompt: str, history: Sequence[str] = (), text: str = "", hidden: bool = False) -> None:
        """Prompt for a new line; `text` is there already."""
        self.text, self.cursor = text, len(text)
        self._prompt = prompt.rpartition("\n")[2]
        self._hidden = hidden
        self._history, self._at, self._draft = history, len(history), ""
        self._escape, self._quoted = "", False
        self._write(prompt)
        self._draw()

    def redisplay(self) -> None:
        """Prompt and text again, where the screen's cursor stands at a line's beginning."""
        self._write(self._prompt)
        self._draw()

    def erase(self) -> None:
        """Take prompt and text off the screen; the cursor stands at the line's beginning."""
        width = len(self._prompt) + len(self._shown)
        back = "\b" * (len(self._prompt) + self._column)
        self._write(f"{back}{' ' * width}{back and chr(8) * width}")
        self._shown, self._column = "", 0

    def resize(self, width: int) -> None:
        """The screen is so wide now. What does not fit any more the terminal has broken: it stands again below."""
        wider, self.width = width > self.width, width
        if not self._shown:
            return
        if wider:
            self._left = 0
            self._refresh()
        elif 0 < width <= len(self._prompt) + len(self._shown):
            self._again()

    @property
    def before(self) -> str:
        """What stands left of the cursor."""
        return self.text[: self.cursor]

    def replace_before(self, text: str) -> None:
        """Tab has found more: put this left of the cursor. Shown with the next `redisplay`."""
        self.text = text + self.text[self.cursor :]
        self.cursor = len(text)

    def type(self, text: str) -> None:
        """Put text at the cursor."""
        self._insert(text)
        self._refresh()

    def place(self, text: str, cursor: int, prompt: str, width: int) -> None:
        """Somebody else draws the line: this is it, and where its cursor stands, behind which prompt, how wide."""
        self._left = 0 if width > self.width else self._left
        self.text, self.cursor, self.width = text, cursor, width
        self._prompt = prompt

    def key(self, key: str) -> Press | None:
        """One key. What it returns is for the owner; the editor has done nothing then."""
        if self._quoted:
            self._quoted = False
            self._insert(key)
        elif self._escape or (key == _ESCAPE and not self.literal and not self.plain):
            self._escaped(key)
        elif key in ("\r", "\n"):
            return Press.ENTER
        elif not self.literal and key in _PRESSES:
            return _PRESSES[key]
        elif not self.literal and key == "\x16":
            self._quoted = True
        elif key in _EDITING:
            if not self.plain or key in _PLAIN:
                _EDITING[key](self)
        elif key >= " " or self.literal:
            self._insert(key)
        self._refresh()
        return None

    # --- changing the line -------------------------------------------------------------------------------------------

    def _insert(self, text: str) -> None:
        if len(self.text) + len(text) > LONGEST:
            self._write(BELL)
            return
        self.text = self.text[: self.cursor] + text + self.text[self.cursor :]
        self.cursor += len(text)

    def _delete(self, start: int, end: int, remember: bool = True) -> None:
        if remember and end > start:
            self._cuts.appendleft(self.text[start:end])
        self.text = self.text[:start] + self.text[end:]
        self.cursor = start

    def _word_start(self) -> int:
        at = self.cursor
        while at and self.text[at - 1].isspace():
            at -= 1
        while at and not self.text[at - 1].isspace():
            at -= 1
        return at

    def _word_end(self) -> int:
        at = self.cursor
        while at < len(self.text) and self.text[at].isspace():
            at += 1
        while at < len(self.text) and not self.text[at].isspace():
            at += 1
        return at

    def _move(self, to: int) -> None:
        self.cursor = max(0, min(len(self.text), to))

    def _delete_left(self) -> None:
        if self.cursor:
            self._delete(self.cursor - 1, self.cursor, remember=False)

    def _delete_here(self) -> None:
        self._delete(self.cursor, min(len(self.text), self.cursor + 1), remember=False)

    def _swap(self) -> None:
        at = min(self.cursor, len(self.text) - 1)
        if at > 0:
            self.text = self.text[: at - 1] + self.text[at] + self.text[at - 1] + self.text[at + 1 :]
            self.cursor = at + 1

    def _yank(self) -> None:
        if self._cuts:
            self._pasted = (self.cursor, len(self._cuts[0]), 0)
            self._insert(self._cuts[0])

    def _yank_older(self) -> None:
        """Instead of what Ctrl-Y has just put there, what was deleted before it."""
        start, size, which = self._pasted
        if self._cuts and size and self.cursor == start + size:
            which = (which + 1) % len(self._cuts)
            self._delete(start, start + size, remember=False)
            self._insert(self._cuts[which])
            self._pasted = (start, len(self._cuts[which]), which)

    def _change_case(self, change: Callable[[str], str]) -> None:
        end = self._word_end()
        self.text = self.text[: self.cursor] + change(self.text[self.cursor : end]) + self.text[end:]
        self.cursor = end

    def _recall(self, step: int) -> None:
        at = self._at + step
        if not 0 <= at <= len(self._history):
            self._write(BELL)
            return
        if self._at == len(self._history):
            self._draft = self.text
        self._at = at
        self.text = self._history[at] if at < len(self._history) else self._draft
        self.cursor = len(self.text)

    def _again(self) -> None:
        """Ctrl-R, Ctrl-L: the line once more on a new line."""
        self._write("\n")
        self.redisplay()

    # --- escape sequences --------------------------------------------------------------------------------------------

    def _escaped(self, key: str) -> None:
        sequence = self._escape + key
        self._escape = ""
        if sequence == _ESCAPE or sequence in (f"{_ESCAPE}[", f"{_ESCAPE}O"):
            self._escape = sequence
        elif len(sequence) == 2:
            act = _ESCAPED.get(key.lower())
            if act is not None:
                act(self)
        elif not "@" <= key <= "~" and len(sequence) < _LONGEST_ESCAPE:
            self._escape = sequence
        else:
            act = _ARROWS.get(sequence[2:])
            if act is not None:
                act(self)

    def _quote(self) -> None:
        self._quoted = True

    # --- the screen --------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        """All of it, after the prompt was written."""
        self._shown, self._column = "", 0
        self._refresh()

    def _refresh(self) -> None:
        """Bring the screen from what it shows to what it should show."""
        shown, column = self.window()
        here, old = self._column, self._shown
        if shown == old and column == here:
            return
        out: list[str] = []
        if shown != old:
            same = _common(shown, old)
            out.append("\b" * (here - same) if here > same else old[here:same])
            blanks = max(0, len(old) - len(shown))
            out.append(shown[same:] + " " * blanks)
            here = len(shown) + blanks
        out.append("\b" * (here - column) if here > column else shown[here:column])
        self._shown, self._column = shown, column
        self._write("".join(out))

    def window(self) -> tuple[str, int]:
        """The part of the line to be seen, and the cursor's place in it. It moves when the cursor leaves it."""
        if self._hidden:
            return "", 0
        text = self.text if self.text.isprintable() else "".join(c if c.isprintable() else "^" for c in self.text)
        room = self.width - len(self._prompt) - 1
        if not 0 < self.width < NO_SCROLLING or room < _ROOM_AT_LEAST or self.plain:
            return text, self.cursor
        while self.cursor - self._left >= room - 1:
            self._left += _SCROLL
        while self._left and self.cursor <= self._left:
            self._left = max(0, self._left - _SCROLL)
        shown = text[self._left : self._left + room]
        if self._left:
            shown = "$" + shown[1:]
        if len(text) > self._left + room:
            shown = shown[:-1] + "$"
        return shown, self.cursor - self._left


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    if one.startswith(other):
        return len(other)
    at = 0
    for left, right in zip(one, other):
        if left != right:
            break
        at += 1
    return at


_EDITING: Final[dict[str, Callable[[LineEditor], None]]] = {
    "\x01": lambda line: line._move(0),
    "\x02": lambda line: line._move(line.cursor - 1),
    "\x04": LineEditor._delete_here,
    "\x05": lambda line: line._move(len(line.text)),
    "\x06": lambda line: line._move(line.cursor + 1),
    "\x08": LineEditor._delete_left,
    "\x0b": lambda line: line._delete(line.cursor, len(line.text)),
    "\x0c": LineEditor._again,
    "\x0e": lambda line: line._recall(1),
    "\x10": lambda line: line._recall(-1),
    "\x12": LineEditor._again,
    "\x14": LineEditor._swap,
    "\x15": lambda line: line._delete(0, line.cursor),
    "\x17": lambda line: line._delete(line._word_start(), line.cursor),
    "\x18": lambda line: line._delete(0, line.cursor),
    "\x19": LineEditor._yank,
    "\x7f": LineEditor._delete_left,
}

_PLAIN: Final = "\x08\x0c\x12\x15\x17\x18\x7f"

_ESCAPED: Final[dict[str, Callable[[LineEditor], None]]] = {
    "b": lambda line: line._move(line._word_start()),
    "c": lambda line: line._change_case(str.title),
    "d": lambda line: line._delete(line.cursor, line._word_end()),
    "f": lambda line: line._move(line._word_end()),
    "l": lambda line: line._change_case(str.lower),
    "q": LineEditor._quote,
    "u": lambda line: line._change_case(str.upper),
    "y": LineEditor._yank_older,
}

# Keys that change the line or move in it, but for those of the history; for an owner that draws the line itself.
CONTROLS: Final = tuple(key for key in _EDITING if key not in "\x0c\x0e\x10\x12")
ESCAPES: Final = tuple(f"{_ESCAPE}{letter}" for letter in _ESCAPED)

_ARROWS: Final[dict[str, Callable[[LineEditor], None]]] = {
    "A": lambda line: line._recall(-1),
    "B": lambda line: line._recall(1),
    "C": lambda line: line._move(line.cursor + 1),
    "D": lambda line: line._move(line.cursor - 1),
    "H": lambda line: line._move(0),
    "F": lambda line: line._move(len(line.text)),
    "1~": lambda line: line._move(0),
    "3~": LineEditor._delete_here,
    "4~": lambda line: line._move(len(line.text)),
}
