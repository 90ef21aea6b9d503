"""A console line of a router: lines in, text out, and a prompt. No keyboard, no screen, no clock.

The owner says which router is the current one (after a reload it is another), feeds lines with the time and shows what
is written. `busy` is true while a ping runs; `paging` while ` --More-- ` stands; `asking` while a command waits for an
answer. What commands do stands in `exec_*.py`; how lines are understood in `parse`, `configure` and `help`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from iosh.base.record import Syslog
from iosh.base.time import Instant
from iosh.cli import login
from iosh.cli.archiving import follow, note_command
from iosh.cli.configure import Configurator, Fate, Outcome
from iosh.cli.console_login import console_login
from iosh.cli.dialogue import CONFIRM, Answer, Dialogue, GaveUp, Question
from iosh.cli.output import AMBIGUOUS, INCOMPLETE, Output, caret
from iosh.cli.pager import PROMPT, Pager
from iosh.cli.tcl import MORE, Tcl
from iosh.cli.views import ROOT
from iosh.config.model import LineKey, LineSettings
from iosh.config.store import Later
from iosh.router.files import Url
from iosh.router.lines import Seat

NAME_IN_CONFIG: Final = 20  # characters of the hostname in configuration prompts
ORDINARY: Final = 1  # the privilege level of a user who is nothing more
TYPED: Final = 100  # lines `show history all` remembers
INTERRUPT: Final = "\x03"
BREAK: Final = "\x1e"
_GRAVE: Final = 2  # the severity up to which messages break into a line, where `logging synchronous` says no other


Elsewhere = Callable[[Callable[[], Any], Callable[[Any], None]], None]  # what to compute, and who is told


class Owner(Protocol):
    """Who has the router."""

    router: Any


@dataclass(slots=True)
class Terminal:
    """Settings of this session: `terminal …`."""

    length: int = 24
    width: int = 80
    monitor: bool = False
    history: bool = True
    history_size: int = 20
    editing: bool = True
    escape: int | str | None = None  # as `LineSettings.escape_character`
    escape_soft: bool = False  # it waits until what was typed before it is done
    length_set: bool = False  # by `terminal length`: the size of the window matters no more
    width_set: bool = False
    timestamps: bool = False  # every show command says the load and the time first


class Console:
    """One line of a router: `con0`, or `vty0` for a remote session."""

    def __init__(
        self,
        owner: Owner,
        line: str = "con0",
        write: Callable[[str], None] = print,
        user: str = "",
        location: str = "",
        hang_up: Callable[[], None] | None = None,
    ) -> None:
        self.line = line
        self.user = user  # who logged in, and from where
        self.location = location
        self.finished: Callable[[], None] | None = None  # called when a command that took time has ended
        self.elsewhere: Elsewhere | None = None  # where what takes long is computed; None: here and now
        self._hang_up = hang_up or self.detach
        self._put = write
        self._fresh_line = True  # the screen's cursor stands at a line's beginning
        self._severity: int | None = None  # of the message being written
        self.ended = False  # `exit` or `logout`
        self.free = False  # a remote line may be enabled though no password is set
        self._owner = owner
        self._boot()

    def _boot(self) -> None:
        """A session on the router there is now."""
        self.router = self._owner.router
        settings = self.settings()
        self.level = settings.privilege_level
        self.place = Url("flash", "", "flash:")  # where `cd` has led
        self.view: str | None = None  # the parser view one is in; None: what the level opens
        self.terminal = Terminal(
            history=settings.history,
            history_size=settings.history_size,
            editing=settings.editing,
            escape=settings.escape_character,
            escape_soft=settings.escape_soft,
            monitor=settings.monitor,
            timestamps=settings.exec_prompt_timestamp,
        )
        if settings.length is not None:
            self.terminal.length = settings.length
        if settings.width is not None:
            self.terminal.width = settings.width
        self.configurator: Configurator | None = None
        self.tcl: Tcl | None = None
        self.history: deque[str] = deque(maxlen=self.terminal.history_size)
        self.typed: deque[tuple[Instant, str]] = deque(maxlen=TYPED)  # in any mode, secrets left out
        self.config_history: deque[str] = deque(maxlen=self.terminal.history_size)
        self._dialogue: Dialogue | None = None
        self._question: Question | None = None
        self._pager: Pager | None = None
        self._break_off: Callable[[Instant], None] | None = None
        self._running = False
        self._settling = True
        self.router.logbook.subscribe(self._logged)
        if follow not in self.router.followers:
            self.router.followers.append(follow)
        self.seat = Seat(self.line, self.user, self.location, self.router.started, self._hang_up, self.write)
        self.router.lines.take(self.seat)
        self._banner("motd")
        self.locked = self.line.startswith("con") and login.guarded(self.router, self.line)
        if self.locked:
            self._banner("login")
            self._ask_login()
        else:
            self._banner("exec")

    # --- what the owner sees -----------------------------------------------------------------------------------------

    @property
    def prompt(self) -> str:
        """What stands before the cursor."""
        if self.busy:
            return ""
        if self.paging:
            return PROMPT
        if self._question is not None:
            return self._question.text
        return self.mode_prompt

    @property
    def mode_prompt(self) -> str:
        """Hostname and mode."""
        name = self.router.config.hostname
        if self.configurator is not None:
            if self.configurator.collecting and not self.configurator.prompt:
                return ""
            return f"{name[:NAME_IN_CONFIG]}{self.configurator.prompt}"
        if self.tcl is not None:
            return f"{name}{self.tcl.prompt}" if self.tcl.prompt else MORE
        return f"{name}{'#' if self.level > ORDINARY or self.view is not None else '>'}"

    @property
    def busy(self) -> bool:
        """Does a command run that answers later?"""
        return self._running

    @property
    def paging(self) -> bool:
        """Does ` --More-- ` wait for a key? Feed it as a line: a blank, `q`, nothing for Enter."""
        return self._pager is not None

    @property
    def asking(self) -> bool:
        """Does a command wait for an answer?"""
        return self._question is not None

    @property
    def secret(self) -> bool:
        """Must the answer not be echoed?"""
        return self._question is not None and self._question.secret

    @property
    def confirming(self) -> bool:
        """Is the answer a single key?"""
        return self._question is not None and self._question.text.endswith(CONFIRM.strip())

    @property
    def composing(self) -> bool:
        """Is a text of several lines typed, that Ctrl-Z ends?"""
        return self._question is not None and self._question.open

    @property
    def breaks(self) -> tuple[str, ...]:
        """Keys that break off a command: Ctrl-C, and the line's escape character. A BREAK comes as Ctrl-^."""
        escape = self.terminal.escape
        if escape == "NONE" or self.terminal.escape_soft:
            return (INTERRUPT,)
        return INTERRUPT, chr(escape) if isinstance(escape, int) else BREAK

    @property
    def source(self) -> str:
        """Who and where, as messages say it: `console`, `admin on vty0 (192.0.2.9)`."""
        if self.line.startswith("con"):
            return f"{self.user} on console" if self.user else "console"
        where = f"{self.line} ({self.location})" if self.location else self.line
        return f"{self.user} on {where}" if self.user else where

    @property
    def recent(self) -> deque[str]:
        """What was typed in this kind of mode, oldest first. Nothing where histories are off."""
        if not self.terminal.history:
            return deque()
        return self.history if self.configurator is None else self.config_history

    @property
    def configuring(self) -> bool:
        """Is this a configuration mode?"""
        return self.configurator is not None

    @property
    def privileged(self) -> bool:
        """Does nothing stand between this user and any command?"""
        return self.level >= login.PRIVILEGED and self.view in (None, ROOT)

    @property
    def synchronous(self) -> bool:
        """Does what is being written leave the line that is being typed whole?"""
        wanted = self.settings().logging_synchronous
        if wanted is None or wanted.level == "all":
            return False
        graver = _GRAVE if wanted.level is None else int(wanted.level)
        return self._severity is None or self._severity > graver

    def settings(self) -> LineSettings:
        """This line's configuration."""
        kind, number = self.line.rstrip("0123456789"), int(self.line.lstrip("abcdefghijklmnopqrstuvwxyz") or 0)
        lines: dict[LineKey, LineSettings] = self.router.config.lines
        for key, found in lines.items():
            if key.kind == kind and key.first <= number <= (key.first if key.last is None else key.last):
                return found
        return LineSettings()

    # --- what the owner does -----------------------------------------------------------------------------------------

    def feed(self, line: str, now: Instant) -> bool:
        """One line typed. False: the router did not take it."""
        if self._owner.router is not self.router:
            self._boot()
        self.seat.heard = now
        if line in (INTERRUPT, BREAK):
            self.interrupt(now)
            return True
        if self.busy:
            return False
        if self._pager is not None:
            self._pager.key(line)
            self._pager = self._pager if self._pager.waiting else None
            return True
        if self._dialogue is not None:
            return self._answer(Answer(line, now))
        if line.endswith("\x1a"):
            return self._control_z(line[:-1], now)
        return self._command(line, now)

    def paste(self, lines: Iterable[str], now: Instant) -> bool:
        """Many lines at once: the router acts on what they configure when all are in. False: one was not taken."""
        self._settling = False
        try:
            taken = [self.feed(line, now) for line in lines]
            return all(taken)
        finally:
            self._settling = True
            self.settle(now)

    def fit(self, lines: int, columns: int) -> None:
        """The window has this size: what the line's configuration does not say, and `terminal …` has not."""
        settings, terminal = self.settings(), self.terminal
        if settings.length is None and lines and not terminal.length_set:
            terminal.length = lines
        if settings.width is None and columns and not terminal.width_set:
            terminal.width = columns

    def sat_down(self, now: Instant) -> None:
        """The session begins now, not at the router's start."""
        self.seat.since = self.seat.heard = now

    def interrupt(self, now: Instant) -> None:
        """Ctrl-C or Ctrl-^: stops a ping, gives up a dialogue or a page, leaves configuration."""
        if self._break_off is not None:
            self._break_off(now)
        elif self._pager is not None:
            self._pager = None
        elif self.locked:
            self.write("\n")
            self._ask_login()
        elif self._dialogue is not None:
            dialogue, self._dialogue, self._question, self._running = self._dialogue, None, None, False
            try:
                dialogue.throw(GaveUp())
            except (GaveUp, StopIteration):
                pass
            self.write("\n")
        elif self.configurator is not None:
            self.leave_configuration(now)
        elif self.tcl is not None:
            self.tcl.give_up()

    def help(self, typed: str) -> str:
        """What `?` prints after `typed`: a list is followed by an empty line."""
        from iosh.cli.console_help import help_text

        return help_text(self, typed) + "\n"

    def complete(self, typed: str) -> str | None:
        """What Tab makes of `typed`; None where it cannot be completed."""
        from iosh.cli.console_help import completion

        return completion(self, typed)

    def attach(self) -> None:
        """The owner has another router now: this session begins anew there."""
        if self._owner.router is not self.router:
            self._boot()

    def detach(self) -> None:
        """This session is over: hear no more."""
        self.ended = True
        self.router.logbook.unsubscribe(self._logged)
        self.router.config_lock.release(self.seat)
        self.router.lines.free(self.seat)

    # --- what commands use -------------------------------------------------------------------------------------------

    def write(self, text: str) -> None:
        """Put text on the screen."""
        if text:
            self._fresh_line = text.endswith("\n")
            self._put(text)

    def show(self, lines: Iterable[str], page: bool = True) -> None:
        """Print lines, page by page where the terminal has a length."""
        pager = Pager(lines, self.terminal.length if page else 0, self.write)
        pager.start()
        self._pager = pager if pager.waiting else None

    def run(self, begin: Callable[[Callable[[], None]], Callable[[Instant], None]]) -> None:
        """Begin something that ends later: `begin(done)` returns how to break it off."""
        self._running = True
        break_off = begin(self._done)
        self._break_off = break_off if self._running else None

    def configure(self) -> None:
        """Enter configuration mode."""
        self.configurator = Configurator(self.router.store, frozenset(self.router.ports), self.level, self.view)
        self.configurator.asks = True
        self.router.archive.sessions += 1

    def leave_configuration(self, now: Instant) -> None:
        """Back to exec; the change is noted and logged."""
        self.configurator = None
        self.router.config_lock.release(self.seat)
        self.router.store.touched(self.user, now)
        self.router.logbook.record(Syslog("SYS", 5, "CONFIG_I", f"Configured from console by {self.source}"), now)

    def confirmed(self, line: str, now: Instant) -> bool:
        """A configuration line about which the console had asked: carry it out."""
        configurator = self.configurator
        assert configurator is not None
        configurator.asks = False
        outcome = configurator.line(line)
        configurator.asks = True
        self.settle(now)
        self._tell(outcome, line, len(self.mode_prompt))
        return outcome.fate is Fate.TAKEN

    def may(self, level: int) -> bool:
        """Does AAA authorize commands of that level here? If not it is said."""
        if self.free or login.may_command(self.router, self.line, self.user, level):
            return True
        self.write("Command authorization failed.\n\n")
        return False

    def settle(self, now: Instant) -> None:
        """Have the router act on what was written."""
        if self._settling and self.router.store.dirty:
            self.router.settle(now)

    def execute(self, line: str, now: Instant) -> bool:
        """Do what an exec line says."""
        return self._executed(line, len(self.mode_prompt), now)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _command(self, line: str, now: Instant) -> bool:
        if self.configurator is not None:
            return self._configured(self.configurator, line, now)
        if self.tcl is not None:
            return self.tcl.line(line, now)
        if line.strip():
            self.history.append(line.strip())
            self.typed.append((now, line.strip()))
        return self.execute(line, now)

    def _executed(self, line: str, indent: int, now: Instant) -> bool:
        from iosh.cli.exec_line import execute

        if self.router.store.dirty:  # a paste goes on to exec: it must see what it configured
            self.router.settle(now)
        return self._began(execute(self, line, indent, now))

    def _began(self, result: bool | Dialogue | Output | None) -> bool:
        """What became of a command: its lines, or its questions."""
        if isinstance(result, Output):
            self.show(result.lines, result.page)
            return True
        if result is None or isinstance(result, bool):
            return result is not False
        self._dialogue = result
        return self._advance(None)

    def _configured(self, configurator: Configurator, line: str, now: Instant) -> bool:
        prompt = self.mode_prompt
        remember = bool(line.strip()) and not configurator.collecting
        if remember and self.router.config.aaa.authorization_config_commands and not self.may(login.PRIVILEGED):
            return False
        store = self.router.store
        store.patient, store.root_view = self.elsewhere is not None, self.view == ROOT
        try:
            outcome = configurator.line(line)
        except Later as later:
            return self._later(later, configurator, line, now)
        finally:
            store.patient, store.root_view = False, True
        if remember:
            self.config_history.append(configurator.shown)
            self.typed.append((now, configurator.shown))
        self.settle(now)
        if outcome.fate is Fate.TAKEN and self.router.config.archive:
            note_command(self, configurator.shown, now)
        if outcome.action is not None:
            from iosh.cli.exec_line import action

            name, kept = outcome.action
            return self._began(action(name)(self, now, **kept))
        if outcome.fate is Fate.EXEC:
            return self._executed(" " * outcome.column + outcome.text[0], len(prompt), now)
        if outcome.fate is Fate.LEFT:
            self.leave_configuration(now)
        self._tell(outcome, line, len(prompt))
        return outcome.fate in (Fate.TAKEN, Fate.LEFT)

    def _later(self, later: Later, configurator: Configurator, line: str, now: Instant) -> bool:
        """The line is said again when what it wants is computed."""

        def computed(result: str) -> None:
            self._running = False
            if self.configurator is configurator and not self.ended:
                self.router.store.computed(later.key, result)
                self._configured(configurator, line, now)
            if not self._running:
                self._done()

        assert self.elsewhere is not None
        self._running = True
        self.elsewhere(later.work, computed)
        return True

    def _tell(self, outcome: Outcome, line: str, indent: int) -> None:
        if outcome.fate is Fate.INVALID:
            self.write(caret(indent + outcome.column))
        elif outcome.fate is Fate.INCOMPLETE:
            self.write(INCOMPLETE)
        elif outcome.fate is Fate.AMBIGUOUS:
            self.write(AMBIGUOUS.format(line.strip()))
        else:
            self.write("".join(text + "\n" for text in outcome.text))

    def _banner(self, kind: str) -> None:
        settings = self.settings()
        wanted = settings.motd_banner if kind == "motd" else settings.exec_banner if kind == "exec" else True
        if wanted and kind in self.router.config.banners:
            self.write(self.router.config.banners[kind] + "\n")

    def _ask_login(self) -> None:
        """Nobody is logged in: no way past a name and a password."""
        self._dialogue = console_login(self)
        self._question = next(self._dialogue)

    def let_in(self, user: str, level: int, view: str | None = None) -> None:
        """Somebody gave the right name and password."""
        self.locked = False
        self.user = self.seat.user = user
        self.level, self.view = level, view
        self._banner("exec")

    def _control_z(self, line: str, now: Instant) -> bool:
        taken = self._command(line, now) if line.strip() else True
        if self.configurator is not None:
            self.leave_configuration(now)
        return taken

    def _answer(self, answer: Answer) -> bool:
        proof = self._question.proof if self._question is not None else None
        if proof is None:
            return self._advance(answer)
        if self.elsewhere is None:
            return self._advance(answer._replace(proved=proof(answer.text)))
        dialogue = self._dialogue

        def proved(result: bool) -> None:
            if self._dialogue is dialogue and not self.ended:
                self._running = False
                self._advance(answer._replace(proved=result))
                self._done()

        self._running, self._question = True, None
        self.elsewhere(lambda: proof(answer.text), proved)
        return True

    def _advance(self, answer: Answer | None) -> bool:
        """Let the dialogue go on to its next question or its end."""
        dialogue = self._dialogue
        assert dialogue is not None
        self._question = None
        try:
            self._question = next(dialogue) if answer is None else dialogue.send(answer)
        except StopIteration as end:
            self._dialogue = None
            return bool(end.value)
        return True

    def _done(self) -> None:
        self._running = False
        self._break_off = None
        if self.finished is not None:
            self.finished()

    def _logged(self, line: str, severity: int, is_debug: bool) -> None:
        """A message of the router: the console shows those of its level, other lines only with `terminal monitor`."""
        if self.ended:
            return
        logging = self.router.config.logging
        level = logging.console_level if self.line.startswith("con") else logging.monitor_level
        if not logging.on or level is None or severity > level:
            return
        if self.line.startswith("con") or self.terminal.monitor:
            self._severity = severity
            self.write(f"{line}\n" if self._fresh_line else f"\n{line}\n")
            self._severity = None
