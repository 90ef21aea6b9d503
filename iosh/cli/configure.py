"""Configuration mode: takes lines one by one, keeps the stack of modes, writes into the store.

Used alike by the console, by the loader of a startup-config and by `iosh check`. A line is looked up in the mode it was
typed in, then in that mode's parents; found there, it leaves to them. Here is no output: a line's `Outcome` says what
became of it, and what IOS prints about it.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, NamedTuple

from iosh.base.errors import ConfigRefused
from iosh.cli import bind, keep
from iosh.cli.notation import grammar
from iosh.cli.parse import Parsed, State, Verdict, Word, ends, parse, passed, unsecret, values, words_of
from iosh.cli.privilege import PRIVILEGED, access, expanded
from iosh.cli.releases import Where
from iosh.cli.tree import Enter, Keep, Mode, Node, Run
from iosh.config.rules import COMMANDS, RULES, Asked, places_of
from iosh.config.store import Place, Store

_NEGATIONS: Final = ("no", "default")
_DEFAULT_LEAST: Final = 3  # letters of `default`; fewer could be `description`, `delay`, `destination`


class Fate(Enum):
    """What became of a line."""

    TAKEN = "taken"
    EXEC = "exec"  # `do …`: for the caller to run
    LEFT = "left"  # `end`, or `exit` from global configuration
    REFUSED = "refused"
    INVALID = "invalid"
    INCOMPLETE = "incomplete"
    AMBIGUOUS = "ambiguous"


class Outcome(NamedTuple):
    """`column` is where an invalid line fails; `text` holds IOS's refusal, notices, or the command after `do`; `action`
    what the console is to do (an exec action and its arguments): it may ask, and takes its time."""

    fate: Fate
    column: int = 0
    text: tuple[str, ...] = ()
    action: tuple[str, dict[str, Any]] | None = None


_TAKEN: Final = Outcome(Fate.TAKEN)
_FATES: Final = {
    Verdict.INVALID: Fate.INVALID,
    Verdict.INCOMPLETE: Fate.INCOMPLETE,
    Verdict.AMBIGUOUS: Fate.AMBIGUOUS,
}


class Level(NamedTuple):
    """One mode of the stack: where its object stands, and which conditions hold there."""

    mode: Mode
    place: Place
    places: Where

    @property
    def prompt(self) -> str:
        """What stands after the hostname."""
        return next((text for place, text in self.mode.prompts.items() if place in self.places), self.mode.prompt)


class _Text(NamedTuple):
    """A banner or a key being typed: what ends it, whose line it is, and its lines so far. A key is ended by a line of
    its own, and has a prompt."""

    delimiter: str
    level: Level
    state: State
    name: str
    lines: list[str]
    prompt: str = ""


def _is_in_full(parsed: Parsed, words: list[Word]) -> bool:
    """Are its keywords typed to their last letter, up to the first argument?"""
    for step, word in zip(parsed.state.node.trail(), words, strict=False):
        if step.type is not None:
            return True
        if step.folded != word.text.lower():
            return False
    return True


class Configurator:
    """The lines of one configuration session."""

    def __init__(
        self, store: Store, hardware: frozenset[str] | None = None, level: int = PRIVILEGED, view: str | None = None
    ) -> None:
        self._store = store
        self._hardware = hardware
        self._level = level
        self._view = view  # the parser view of who types
        self.asks = False  # somebody is there who can be asked before something is taken away
        self._said: tuple[str, State | None] = ("", None)  # the last line, and how it was read
        self._modes = grammar().modes
        self._text: _Text | None = None
        self.stack: list[Level] = [Level(self._modes["config"], (), Where((), store.running))]

    @property
    def shown(self) -> str:
        """The last line without its secrets: for histories and logs."""
        line, state = self._said
        return (unsecret(line, state) if state is not None else line).strip()

    @property
    def prompt(self) -> str:
        """What stands after the hostname."""
        return self._text.prompt if self._text is not None else self.stack[-1].prompt

    @property
    def collecting(self) -> bool:
        """Is the next line a banner's text?"""
        return self._text is not None

    def home(self) -> None:
        """Back to global configuration."""
        del self.stack[1:]

    def outdented(self, line: str) -> bool:
        """Is this, in a text that indents what stands in a mode, a global line, though the mode might take it too?"""
        if len(self.stack) == 1:
            return False
        words = words_of(line)
        words = words[words[0].text.lower() == "no" :]
        parsed = parse(line, self.stack[0].mode.root, words=words)
        head = ends(parsed.state) if parsed.verdict is Verdict.OK else None
        return head is not None and not isinstance(head.meaning, Run)

    def line(self, line: str) -> Outcome:
        """Take one line."""
        if self._text is not None:
            return self._collect(self._text, line)
        self._said = line, None
        words = words_of(line)
        if not words or words[0].text.startswith("!"):
            return _TAKEN
        if self._store.running.aliases:
            line = expanded(self._store.running, self.stack[-1].mode.name, line)
            words = words_of(line)
        while not self._stands(self.stack[-1]):  # another session took it away
            self.stack.pop()
        first = words[0].text.lower()
        if first == "do" and len(words) > 1:
            return Outcome(Fate.EXEC, words[1].at, (line[words[1].at :],))
        if first == "no" or (len(first) >= _DEFAULT_LEAST and "default".startswith(first)):
            if len(words) == 1:
                return Outcome(Fate.INCOMPLETE)
            return self._negate(line, words[1:], first != "no")
        return self._affirm(line, words)

    def lookup(self, line: str, words: list[Word], negated: bool = False) -> tuple[int, Parsed]:
        """The level of the stack that understands a line, and how; else the best failure. After `no` the beginning of
        a line will do, and words of every release: what stands can be taken away.
        """
        best: tuple[int, Parsed] | None = None
        for index in range(len(self.stack) - 1, -1, -1):
            level = self.stack[index]
            reach = access(self._store.running, self._level, level.mode.name, self._view)
            places = frozenset(level.places) if negated else level.places
            parsed = parse(line, level.mode.root, places, reach, words)
            if parsed.states:
                self._said = line, parsed.states[0]
            ambiguous = best is not None and best[1].verdict is Verdict.AMBIGUOUS
            if parsed.verdict is Verdict.OK and (not ambiguous or _is_in_full(parsed, words)):
                return index, parsed
            if parsed.verdict is Verdict.INCOMPLETE and best is None:
                return index, parsed
            if negated and parsed.verdict is Verdict.INCOMPLETE:
                return index, parsed
            if best is None or (parsed.column > best[1].column and not ambiguous):
                best = index, parsed
        assert best is not None
        return best

    def of_other_releases(self, line: str) -> Node | None:
        """The word for which a line is refused, where it is one that other releases have."""
        for level in reversed(self.stack):
            parsed = parse(line, level.mode.root, frozenset(level.places), self._level)
            if parsed.verdict is Verdict.OK:
                said = (step for step in passed(parsed.state) if step.span and not step.span.covers(level.places))
                return next(said, None)
        return None

    def _level_of(self, mode: str, place: Place) -> Level:
        """A mode and the conditions of the object it is about."""
        return Level(self._modes[mode], place, Where(places_of(self._store.at(place)), self._store.running))

    def _stands(self, level: Level) -> bool:
        try:
            self._store.at(level.place)
        except KeyError:
            return False
        return True

    def _affirm(self, line: str, words: list[Word]) -> Outcome:
        index, parsed = self.lookup(line, words)
        if parsed.verdict is not Verdict.OK:
            return Outcome(_FATES[parsed.verdict], parsed.column)
        head = parsed.state.node.ends
        assert head is not None
        if isinstance(head.meaning, Run) and head.meaning.name in ("end", "exit"):
            return self._leave(head.meaning.name)
        level = self.stack[index]
        kept = values(parsed.state)
        if "ended" in head.attributes:
            prompt = level.prompt.replace("-user", "-data")
            self._text = _Text(head.attributes["ended"], level, parsed.state, "text", [], prompt)
            return _TAKEN
        if isinstance(head.meaning, Run):
            return self._act(level, head.meaning.name, {**dict(head.meaning.constants), **kept})
        if "text" in parsed.state.node.attributes:
            return self._begin_text(level, parsed.state, kept)
        if isinstance(head.meaning, Keep):
            return self._keep(level, head, parsed.state, kept)
        return self._carry_out(level, head, kept)

    def _act(self, level: Level, name: str, kept: dict[str, Any]) -> Outcome:
        """A line that does something at once and leaves nothing behind to print."""
        if name not in COMMANDS:
            return Outcome(Fate.TAKEN, action=(name, kept))
        try:
            notices = COMMANDS[name](Asked(self._store, level.place, self._store.at(level.place), kept, False, None))
        except ConfigRefused as refusal:
            return Outcome(Fate.REFUSED, text=(refusal.sentence,))
        return Outcome(Fate.TAKEN, text=tuple(notices))

    def _keep(self, level: Level, head: Node, state: State, kept: dict[str, Any]) -> Outcome:
        """A line that is only kept."""
        try:
            notices = self._ask(level, head, kept, no=False)
        except ConfigRefused as refusal:
            return Outcome(Fate.REFUSED, text=(refusal.sentence,))
        entered = keep.write(self._store, level.place, head, state)
        del self.stack[self.stack.index(level) + 1 :]
        if entered is not None and isinstance(head.meaning, Keep):
            self.stack.append(self._level_of(head.meaning.mode, entered))
        return Outcome(Fate.TAKEN, text=tuple(notices)) if notices else _TAKEN

    def _carry_out(self, level: Level, head: Node, kept: dict[str, Any]) -> Outcome:
        try:
            if head.inline is not None:
                return self._carry_out_inline(level, head.inline, head, kept)
            notices = self._ask(level, head, kept, no=False)
        except ConfigRefused as refusal:
            return Outcome(Fate.REFUSED, text=(refusal.sentence,))
        entered = bind.write(self._store, level.place, head, kept)
        del self.stack[self.stack.index(level) + 1 :]
        if entered is not None and isinstance(head.meaning, Enter):
            self.stack.append(self._level_of(head.meaning.mode, entered))
        elif level.mode.prompts:  # what was said may have made it another place: `icmp-echo` in an `ip sla`
            self.stack[-1] = self._level_of(level.mode.name, level.place)
        return Outcome(Fate.TAKEN, text=tuple(notices)) if notices else _TAKEN

    def _carry_out_inline(self, level: Level, outer: Node, head: Node, kept: dict[str, Any]) -> Outcome:
        """A line that holds a line of another mode: as if that mode had been entered for it alone."""
        notices = self._ask(level, outer, kept, no=False)
        inner = self._inner(level, outer, kept)
        is_new = not self._stands(inner)
        bind.write(self._store, level.place, outer, kept)
        try:
            notices += self._ask(inner, head, kept, no=False)
        except ConfigRefused:
            if is_new:
                self._store.remove(inner.place)
            raise
        bind.write(self._store, inner.place, head, kept)
        del self.stack[self.stack.index(level) + 1 :]
        return Outcome(Fate.TAKEN, text=tuple(notices))

    def _inner(self, level: Level, outer: Node, kept: dict[str, Any]) -> Level:
        """The mode a line of another mode belongs to, which is not entered."""
        assert isinstance(outer.meaning, Enter)
        place = bind.place_of(self._store, level.place, outer, kept)
        return Level(self._modes[outer.meaning.mode], place, Where((), self._store.running))

    def _ask(self, level: Level, head: Node, kept: dict[str, Any], no: bool) -> list[str]:
        rule = head.attributes.get("rule")
        if rule is None:
            return []
        return RULES[rule](Asked(self._store, level.place, self._store.at(level.place), kept, no, self._hardware))

    def _negate(self, line: str, words: list[Word], default: bool) -> Outcome:
        index, parsed = self.lookup(line, words, negated=True)
        if parsed.verdict in (Verdict.INVALID, Verdict.AMBIGUOUS):
            return Outcome(_FATES[parsed.verdict], parsed.column)
        level = self.stack[index]
        for state in parsed.states:
            kept = values(state)
            node = state.node
            if node.ends is not None and ends(state) is None:
                continue
            outer = node.inline
            if outer is not None:
                level = self._inner(self.stack[index], outer, kept)
                if not self._stands(level):
                    return _TAKEN
            head = node.ends or node
            if self.asks and not default and "asks" in head.attributes:
                return Outcome(Fate.TAKEN, action=(head.attributes["asks"], {**kept, "line": line}))
            if isinstance(head.meaning, Run):  # it left nothing behind
                return Outcome(Fate.INVALID, words[0].at)
            try:
                asked = not default or not isinstance(head.meaning, Enter)
                notices = self._ask(level, head, kept, no=True) if asked else []
            except ConfigRefused as refusal:
                return Outcome(Fate.REFUSED, text=(refusal.sentence,))
            if self._take_away(level, state, kept, default):
                del self.stack[index + 1 :]
                return Outcome(Fate.TAKEN, text=tuple(notices)) if notices else _TAKEN
        return Outcome(Fate.INCOMPLETE)

    def _take_away(self, level: Level, state: State, kept: dict[str, Any], default: bool) -> bool:
        head = state.node.ends
        real = head is None or not isinstance(head.meaning, Keep)
        if real and bind.erase(self._store, level.place, state.node, kept, default):
            return True
        return keep.erase(self._store, level.place, state, default)

    def _leave(self, name: str) -> Outcome:
        if name == "end" or len(self.stack) == 1:
            self.home()
            return Outcome(Fate.LEFT)
        self.stack.pop()
        return _TAKEN

    def _begin_text(self, level: Level, state: State, kept: dict[str, Any]) -> Outcome:
        """`banner motd ^C`: the first character (or a typed `^C`) ends the text, on this line or a later one."""
        name = state.node.name or ""
        raw = kept[name]
        delimiter = "^C" if raw.startswith("^C") else raw[0]
        text, end, _ = raw[len(delimiter) :].partition(delimiter)
        if end:
            head = state.node.ends
            assert head is not None
            return self._carry_out(level, head, {**kept, name: text})
        self._text = _Text(delimiter, level, state, name, [text])
        return Outcome(Fate.TAKEN, text=(f"Enter TEXT message.  End with the character '{delimiter}'.",))

    def _collect(self, text: _Text, line: str) -> Outcome:
        head = text.state.node.ends
        assert head is not None
        if isinstance(head.meaning, Run):
            if line.strip() not in (text.delimiter, "quit"):
                text.lines.append(line)
                return _TAKEN
            self._text = None
            return self._act(text.level, head.meaning.name, {text.name: "\n".join(text.lines)})
        body, end, _ = line.partition(text.delimiter)
        text.lines.append(body)
        if not end:
            return _TAKEN
        self._text = None
        return self._carry_out(text.level, head, {**values(text.state), text.name: "\n".join(text.lines)})
