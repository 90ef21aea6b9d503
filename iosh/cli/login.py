"""Who may come in, and how far: names and passwords held against the configuration, by AAA's local methods or the line.

With `aaa new-model` the list of the line (or the default one) is tried method by method: `local`, `enable`, `line` and
`none` are known here; a `group` of servers never answers, so the next method is asked. Without it the line's own
`login` decides. What is not there: accounting, server groups, one-time users. Nothing here remembers or logs attempts;
that is `iosh.router.login_watch`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from iosh.config import secrets
from iosh.config.model import Config, LineSettings, new_line
from iosh.config.model_aaa import EnableKey, Password, User

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


def authenticate(router: Any, user: str, password: str, line: str = "vty0") -> int | None:
    """The privilege level that name and password give at a line, or None if they do not let in."""
    config: Config = router.config
    settings = settings_of(config, line)
    if not config.aaa.new_model:
        return _without_aaa(config, settings, user, password)
    for method in _login_methods(config, settings):
        if method in ("local", "local-case"):
            return _authorized(config, settings, user) if _is_user(config, user, password) else None
        if method == "line" and settings.password is not None:
            return settings.privilege_level if _opens(settings.password, password) else None
        if method == "enable" and _guard(config, PRIVILEGED) is not None:
            return settings.privilege_level if _enables(config, PRIVILEGED, password) else None
        if method == "none":
            return settings.privilege_level
    return None


def enable_guarded(router: Any, level: int) -> bool:
    """Is there a password between a user and this privilege level?"""
    config: Config = router.config
    if config.aaa.new_model and config.aaa.authentication_enable.get(_DEFAULT, ("enable",))[0] == "none":
        return False
    return _guard(config, level) is not None


def enable_allowed(router: Any, level: int, password: str, line: str = "con0") -> bool:
    """Does this password lead to this privilege level?"""
    config: Config = router.config
    methods = config.aaa.authentication_enable.get(_DEFAULT, ("enable",)) if config.aaa.new_model else ("enable",)
    for method in methods:
        if method == "none":
            return True
        if method == "enable" and _guard(config, level) is not None:
            return _enables(config, level, password)
        own = settings_of(config, line).password
        if method == "line" and own is not None:
            return _opens(own, password)
    return False


def _login_methods(config: Config, settings: LineSettings) -> tuple[str, ...]:
    """The list of a line. Where none is defined the console asks nobody, and other lines know the local users."""
    lists = config.aaa.authentication_login
    name = settings.login_authentication or _DEFAULT
    return lists.get(name) or lists.get(_DEFAULT) or (("none",) if settings.kind == "con" else ("local",))


def _without_aaa(config: Config, settings: LineSettings, user: str, password: str) -> int | None:
    if settings.login is None:
        return settings.privilege_level
    if settings.login == "local":
        return _level(config, settings, user) if _is_user(config, user, password) else None
    if settings.password is not None and _opens(settings.password, password):
        return settings.privilege_level
    return None


def _authorized(config: Config, settings: LineSettings, user: str) -> int:
    """The level a shell begins with: without exec authorization it is the line's."""
    aaa = config.aaa
    lists = aaa.authorization_exec
    methods = lists.get(settings.authorization_exec or _DEFAULT, ())
    known = [method for method in methods if not method.startswith("group ")]
    if not known or (settings.kind == "con" and not aaa.authorization_console):
        return settings.privilege_level
    return _level(config, settings, user) if known[0] in ("local", "if-authenticated") else settings.privilege_level


def _level(config: Config, settings: LineSettings, user: str) -> int:
    """A user's own level, if one is configured; else the line's."""
    own = config.users.get(user, User()).privilege
    return own if own != _USER else settings.privilege_level


def _is_user(config: Config, user: str, password: str) -> bool:
    found = config.users.get(user)
    if found is not None and found.how == "nopassword":
        return True
    known = found is not None and found.text is not None
    kind, stored = (found.encryption or 0, found.text or "") if found is not None and known else _NOBODY
    return secrets.verify(kind, stored, password) and known


def _guard(config: Config, level: int) -> Password | None:
    """What stands before a privilege level: its secret, else its password."""
    key = None if level == PRIVILEGED else level
    return config.enable.get(EnableKey("secret", key)) or config.enable.get(EnableKey("password", key))


def _enables(config: Config, level: int, password: str) -> bool:
    guard = _guard(config, level)
    return guard is not None and _opens(guard, password)


def _opens(stored: Password, typed: str) -> bool:
    return secrets.verify(stored.encryption or 0, stored.text, typed)
