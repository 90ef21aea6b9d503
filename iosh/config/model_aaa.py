"""Who may do what, as configured: users, enable secrets, AAA's local methods, login guarding, moved commands, aliases.

Passwords are kept as stored (`secrets.py`): `encryption` is the type's number, None where the line prints none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class User(NamedTuple):
    """`username NAME [privilege N] {nopassword | password | secret …}`."""

    privilege: int = 1
    how: str | None = None  # "nopassword" | "password" | "secret"
    encryption: int | None = None
    text: str | None = None
    view: str | None = None  # `view NAME`: the parser view a session begins in


class EnableKey(NamedTuple):
    """`enable secret [level N]`: no level means 15."""

    how: str  # "password" | "secret"
    level: int | None = None


class Password(NamedTuple):
    """A password that belongs to nobody: of a line, or of `enable`."""

    text: str
    encryption: int | None = None


class CommandList(NamedTuple):
    """`aaa authorization commands LEVEL LIST` is keyed by both."""

    level: int
    list: str


@dataclass(slots=True)
class Aaa:
    """`aaa …`. Lists by name; a method is a word, or `group NAME`."""

    new_model: bool = False
    local_max_fail: int | None = None  # `aaa local authentication attempts max-fail`
    login_attempts: int = 3  # `aaa authentication attempts login`
    authentication_login: dict[str, tuple[str, ...]] = field(default_factory=dict)
    authentication_enable: dict[str, tuple[str, ...]] = field(default_factory=dict)
    authorization_console: bool = False
    authorization_config_commands: bool = False
    authorization_exec: dict[str, tuple[str, ...]] = field(default_factory=dict)
    authorization_commands: dict[CommandList, tuple[str, ...]] = field(default_factory=dict)
    authorization_network: dict[str, tuple[str, ...]] = field(default_factory=dict)
    session_id: str | None = None  # "common" | "unique"


class LoginBlock(NamedTuple):
    """`login block-for SECONDS attempts N within SECONDS`."""

    block_s: int
    attempts: int
    within_s: int


class LoginLog(NamedTuple):
    """`login on-failure log [every N]`, `login on-success log [every N]`."""

    every: int | None = None


@dataclass(slots=True)
class Login:
    """`login …` in global configuration."""

    block: LoginBlock | None = None
    delay_s: int | None = None
    quiet_access_class: str | None = None
    on_failure_log: LoginLog | None = None
    on_success_log: LoginLog | None = None


@dataclass(slots=True)
class PasswordRules:
    """`security …`."""

    min_length: int | None = None
    failure_rate: int | None = None  # failures within a minute that are logged, and answered late


class PrivilegeKey(NamedTuple):
    """`privilege MODE level N COMMAND` is keyed by mode and command."""

    mode: str
    command: str


class PrivilegeLevel(NamedTuple):
    """The rest of it; `every` is the keyword `all`: the commands below too."""

    level: int
    every: bool = False


class ViewCommand(NamedTuple):
    """`commands MODE {include | include-exclusive | exclude} [all] COMMAND` is keyed by all but the `all`."""

    mode: str
    how: str
    command: str


class Reach(NamedTuple):
    """How much of a command a view has; `every` is the keyword `all`: what stands below it too."""

    every: bool = False


@dataclass(slots=True)
class ParserView:
    """`parser view NAME [superview | inclusive]`."""

    superview: bool = False
    inclusive: bool = False  # everything that is not excluded
    secret: Password | None = None
    members: dict[str, None] = field(default_factory=dict)  # a superview's views
    commands: dict[ViewCommand, Reach] = field(default_factory=dict)


class AliasKey(NamedTuple):
    """`alias MODE NAME COMMAND` is keyed by mode and name."""

    mode: str
    name: str


class AccessClass(NamedTuple):
    """`access-class ACL in`."""

    acl: str
    vrf_also: bool = False
