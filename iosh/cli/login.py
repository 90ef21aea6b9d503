"""Who may come in, and how far: names held against the configuration, by AAA's local methods or the line.

A name at a line leads to a `Claim`: what must be proved, and what that gives. It is made of values only, so whoever has
a real loop may prove it in a thread: the good ways to keep a password take some 50 ms. With `aaa new-model` the list of
the line (or the default one) is tried method by method: `local`, `local-case`, `enable`, `line` and `none` are known
here; a `group` of servers never answers, so the next method is asked. Without it the line's own `login` decides. Not
there: accounting, server groups, one-time users. Attempts are remembered by `iosh.router.login_watch`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from iosh.config import secrets, type6
from iosh.config.model import Config, LineSettings, new_line
from iosh.config.model_aaa import CommandList, EnableKey, Password, User

PRIVILEGED: Final = 15
_USER: Final = 1
_DEFAULT: Final = "default"

# Held against when a name is not known, so that an unknown name takes as long as a wrong password.
_NOBODY: Final = (secrets.SCRYPT, "$9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6")


class Asks(NamedTuple):
    """What a line asks for before it lets anybody in."""

    name: bool
    password: bool
    refuses: bool = False  # nobody can come in: a password is wanted and none is set


class Claim(NamedTuple):
    """What must be proved, and what that gives: a privilege level, in a parser view perhaps."""

    level: int
    kind: int | None = None  # None: nothing
    stored: str = ""
    hopeless: bool = False  # no password is right
    view: str | None = None

    def proved(self, password: str) -> bool:
        """Is this the password? It may take its time."""
        return (self.kind is None or secrets.verify(self.kind, self.stored, password)) and not self.hopeless


_REFUSED: Final = Claim(0, *_NOBODY, hopeless=True)


def settings_of(config: Config, line: str) -> LineSettings:
    """The configuration of a line by its name, `con0` or `vty3`."""
    kind, number = line[:3], int(line[3:] or 0)
    for key, found in config.lines.items():
        if key.kind == kind and key.first <= number <= (key.first if key.last is None else key.last):
            return found
    return new_line(kind)


def asks(router: Any, line: str) -> Asks:
    """What somebody at this line is asked for."""
    config: Config = router.config
    settings = settings_of(config, line)
    if config.aaa.new_model:
        methods = _login_methods(config, settings)
        if methods[0] == "none":
            return Asks(False, False)
        by_name = any(method not in ("enable", "line") for method in methods)
        return Asks(by_name, True)
    if settings.login is None:
        return Asks(False, False)
    if settings.login == "local":
        return Asks(True, True)
    return Asks(False, settings.password is not None, settings.password is None and line.startswith("vty"))


def guarded(router: Any, line: str) -> bool:
    """Does this line ask anything?"""
    return asks(router, line) != Asks(False, False)


def claim(router: Any, user: str, line: str = "vty0") -> Claim:
    """What somebody of this name must prove at a line."""
    config: Config = router.config
    settings = settings_of(config, line)
    if not config.aaa.new_model:
        return _without_aaa(router, settings, user)
    for method in _login_methods(config, settings):
        if method in ("local", "local-case"):
            name = user_named(config, user, method == "local-case")
            own = _authorized(config, settings)
            return user_claim(router, name, _level(config, settings, name) if own else settings.privilege_level, own)
        if method == "line" and settings.password is not None:
            return _claim(router, settings.privilege_level, settings.password)
        guard = _guard(config, PRIVILEGED) if method == "enable" else None
        if guard is not None:
            return _claim(router, settings.privilege_level, guard)
        if method == "none":
            return Claim(settings.privilege_level)
    return _REFUSED


def user_claim(router: Any, name: str, level: int, in_view: bool = True) -> Claim:
    """What a user must prove for this level; a name that nobody has, or that is locked out, proves nothing."""
    found: User | None = router.config.users.get(name)
    if found is None or found.how is None or name in router.login_watch.locked:
        return _REFUSED
    view = found.view if in_view else None
    if found.how == "nopassword":
        return Claim(level, view=view)
    return _claim(router, level, Password(found.text or "", found.encryption))._replace(view=view)


def user_named(config: Config, typed: str, exact: bool = False) -> str:
    """The user's name as configured: capitals do not matter to `local`, but one written as typed comes first."""
    if exact or typed in config.users:
        return typed
    return next((name for name in config.users if name.lower() == typed.lower()), typed)


def view_claim(router: Any, name: str) -> Claim:
    """What must be proved to enter a parser view; one that does not exist, or has no secret, is not entered."""
    found = router.config.views.get(name)
    secret = found.secret if found is not None else None
    return _REFUSED if secret is None else _claim(router, PRIVILEGED, secret)._replace(view=name)


def enable_guarded(router: Any, level: int) -> bool:
    """Is there a password between a user and this privilege level?"""
    config: Config = router.config
    if config.aaa.new_model and config.aaa.authentication_enable.get(_DEFAULT, ("enable",))[0] == "none":
        return False
    return _guard(config, level) is not None


def enable_claim(router: Any, level: int, line: str = "con0") -> Claim:
    """What must be proved for this privilege level."""
    config: Config = router.config
    methods = config.aaa.authentication_enable.get(_DEFAULT, ("enable",)) if config.aaa.new_model else ("enable",)
    for method in methods:
        if method == "none":
            return Claim(level)
        guard = _guard(config, level) if method == "enable" else None
        own = settings_of(config, line).password if method == "line" else None
        stored = guard or own
        if stored is not None:
            return _claim(router, level, stored)
    return _REFUSED


def may_command(router: Any, line: str, user: str, level: int) -> bool:
    """Does command authorization let this user of a line give commands of that level? Who is in the local database may;
    a group of servers never answers."""
    config: Config = router.config
    aaa = config.aaa
    if not aaa.new_model or (line.startswith("con") and not aaa.authorization_console):
        return True
    name = settings_of(config, line).authorization_commands.get(level, _DEFAULT)
    methods = aaa.authorization_commands.get(CommandList(level, name))
    known = next((method for method in methods or ("none",) if not method.startswith("group ")), None)
    if known == "local":
        return user_named(config, user) in config.users
    return known == "none" or (known == "if-authenticated" and bool(user))


def _login_methods(config: Config, settings: LineSettings) -> tuple[str, ...]:
    """The list of a line. Where none is defined the console asks nobody, and other lines know the local users."""
    lists = config.aaa.authentication_login
    name = settings.login_authentication or _DEFAULT
    return lists.get(name) or lists.get(_DEFAULT) or (("none",) if settings.kind == "con" else ("local",))


def _without_aaa(router: Any, settings: LineSettings, user: str) -> Claim:
    if settings.login is None:
        return Claim(settings.privilege_level)
    if settings.login == "local":
        name = user_named(router.config, user)
        return user_claim(router, name, _level(router.config, settings, name), in_view=False)
    return _REFUSED if settings.password is None else _claim(router, settings.privilege_level, settings.password)


def _authorized(config: Config, settings: LineSettings) -> bool:
    """Does a shell begin with what is configured for its user? Without exec authorization it is as the line says."""
    aaa = config.aaa
    lists = aaa.authorization_exec
    methods = lists.get(settings.authorization_exec or _DEFAULT, ())
    known = [method for method in methods if not method.startswith("group ")]
    if not known or (settings.kind == "con" and not aaa.authorization_console):
        return False
    return known[0] in ("local", "if-authenticated")


def _level(config: Config, settings: LineSettings, user: str) -> int:
    """A user's own level, if one is configured; else the line's."""
    own = config.users.get(user, User()).privilege
    return own if own != _USER else settings.privilege_level


def _guard(config: Config, level: int) -> Password | None:
    """What stands before a privilege level: its secret, else its password."""
    key = None if level == PRIVILEGED else level
    return config.enable.get(EnableKey("secret", key)) or config.enable.get(EnableKey("password", key))


def _claim(router: Any, level: int, stored: Password) -> Claim:
    if stored.encryption != secrets.ENCRYPTED:
        return Claim(level, stored.encryption or secrets.CLEAR, stored.text)
    master = router.store.master_key
    clear = type6.opened(stored.text, master) if master is not None else None
    return _REFUSED if clear is None else Claim(level, secrets.CLEAR, clear)
