"""What the router refuses about passwords, and how it stores them: a rule here puts the stored form in the place of
what was typed, before the line is carried out. Nothing it says holds any of the text.

Typing a password that is already the stored one changes nothing: it keeps its salt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from iosh.base.errors import ConfigRefused
from iosh.config import secrets
from iosh.config.model import release
from iosh.config.model_aaa import EnableKey, Password, User

if TYPE_CHECKING:
    from iosh.config.rules import Asked

_NOT_ENCRYPTED: Final = (
    "ERROR: The secret you entered is not a valid encrypted secret.\n"
    "To enter an UNENCRYPTED secret, do not specify type {0} encryption.\n"
    "When you properly enter an UNENCRYPTED secret, it will be encrypted."
)
_EITHER: Final = "ERROR: Can not have both a user password and a user secret.\nPlease choose one or the other."
_PRIVILEGED: Final = 15


def user(asked: Asked) -> list[str]:
    """`username NAME …`: what the line does not say stays as it was."""
    kept = asked.kept
    if asked.no:
        return []
    old = asked.store.running.users.get(kept["name"], User())
    kept.setdefault("privilege", old.privilege)
    how = kept.setdefault("how", old.how)
    if "text" not in kept:
        if how == old.how and old.text is not None:
            kept["encryption"], kept["text"] = old.encryption, old.text
        return []
    if how != "nopassword" and old.how not in (None, "nopassword", how):
        raise ConfigRefused(_EITHER)
    _store(asked, old.encryption, old.text)
    kept.setdefault("encryption", secrets.CLEAR)
    return []


def enable(asked: Asked) -> list[str]:
    """`enable {password | secret} …`."""
    kept = asked.kept
    if kept.get("level") == _PRIVILEGED:
        del kept["level"]
    if not asked.no:
        old = asked.store.running.enable.get(EnableKey(kept["how"], kept.get("level")))
        _store(asked, old.encryption if old else None, old.text if old else None)
    return []


def line_password(asked: Asked) -> list[str]:
    """`password …` under a line."""
    if not asked.no:
        old = asked.owner.password
        _store(asked, old.encryption if old else None, old.text if old else None)
    return []


def password_encryption(asked: Asked) -> list[str]:
    """`service password-encryption`: what stands in clear text is encrypted once and for all."""
    store = asked.store
    if asked.no:
        return []
    for name, one in store.running.users.items():
        if one.how == "password" and one.encryption == secrets.CLEAR and one.text is not None:
            hidden = secrets.hashed(secrets.REVERSIBLE, one.text, store.rng)
            store.put(("users", name), one._replace(encryption=secrets.REVERSIBLE, text=hidden))
    for key, password in store.running.enable.items():
        if password.encryption is None:
            store.put(("enable", key), _hidden(password, asked))
    for line, settings in store.running.lines.items():
        if settings.password is not None and settings.password.encryption is None:
            store.put(("lines", line, "password"), _hidden(settings.password, asked))
    return []


def _hidden(password: Password, asked: Asked) -> Password:
    return Password(secrets.hashed(secrets.REVERSIBLE, password.text, asked.store.rng), secrets.REVERSIBLE)


def _store(asked: Asked, old_kind: int | None, old_text: str | None) -> None:
    """Put the stored form of `text` in its place, and its type in `encryption` (none for clear text)."""
    kept: dict[str, Any] = asked.kept
    kind = kept.pop("encryption", None) or secrets.CLEAR
    text = kept["text"]
    if kind != secrets.CLEAR:
        if not secrets.acceptable(kind, text):
            hidden = kind == secrets.REVERSIBLE
            raise ConfigRefused("Invalid encrypted password" if hidden else _NOT_ENCRYPTED.format(kind))
        kept["encryption"] = kind
        return
    wanted = _kind_for(asked)
    if wanted == secrets.CLEAR:
        return
    kept["encryption"] = wanted
    if old_kind == wanted and old_text is not None and secrets.verify(wanted, old_text, text):
        kept["text"] = old_text
    else:
        kept["text"] = secrets.hashed(wanted, text, asked.store.rng)


def _kind_for(asked: Asked) -> int:
    """How clear text that was typed is stored."""
    config = asked.store.running
    if asked.kept.get("how") != "secret":
        return secrets.REVERSIBLE if config.service_password_encryption else secrets.CLEAR
    default = secrets.SCRYPT if release(config.version) >= (17,) else secrets.MD5
    kind: int = asked.kept.get("algorithm", default)
    return kind
