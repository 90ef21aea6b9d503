"""What the router refuses about passwords, and how it stores them: a rule here puts the stored form in the place of
what was typed, before the line is carried out. Nothing it says holds any of the text.

Typing a password that is already the stored one changes nothing: it keeps its salt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from iosh.base.errors import ConfigRefused
from iosh.config import secrets, type6
from iosh.config.model import release
from iosh.config.model_aaa import EnableKey, Password, PrivilegeKey, User

if TYPE_CHECKING:
    from iosh.config.rules import Asked

_NOT_ENCRYPTED: Final = (
    "ERROR: The secret you entered is not a valid encrypted secret.\n"
    "To enter an UNENCRYPTED secret, do not specify type {0} encryption.\n"
    "When you properly enter an UNENCRYPTED secret, it will be encrypted."
)
_EITHER: Final = "ERROR: Can not have both a user password and a user secret.\nPlease choose one or the other."
_TOO_SHORT: Final = "% Password too short - must be at least {0} characters. Password configuration failed"
_MASTER_LEAST: Final = 8
_PRIVILEGED: Final = 15
_WAYS: Final = ("pre_shared_key", "pre_shared_key_local", "pre_shared_key_remote")
_KEYRINGS: Final = ("crypto", "ikev2", "keyrings")


def user(asked: Asked) -> list[str]:
    """`username NAME …`: what the line does not say stays as it was."""
    kept = asked.kept
    if asked.no:
        return []
    old = asked.store.running.users.get(kept["name"], User())
    kept.setdefault("privilege", old.privilege)
    kept.setdefault("view", old.view)
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


def privilege_reset(asked: Asked) -> list[str]:
    """`privilege MODE reset COMMAND`: it is of the level again that it came with."""
    asked.store.remove(("privileges", PrivilegeKey(asked.kept["mode"], asked.kept["command"])))
    return []


def view_secret(asked: Asked) -> list[str]:
    """`secret …` in a parser view."""
    if not asked.no:
        asked.kept["how"] = "secret"
        old = asked.owner.secret
        _store(asked, old.encryption if old else None, old.text if old else None)
    return []


def config_key(asked: Asked) -> list[str]:
    """`key config-key password-encrypt KEY`: the master key of type 6; what the one before encrypted, this one does."""
    key = asked.kept["key"]
    if len(key) < _MASTER_LEAST:
        raise ConfigRefused(f"% Invalid: password length should be {_MASTER_LEAST} or more characters")
    old, asked.store.master_key = asked.store.master_key, key
    _encrypt_all(asked, old)
    asked.store.renew(_KEYRINGS)
    return []


def password_aes(asked: Asked) -> list[str]:
    """`password encryption aes`: with a master key, what stands in clear text is encrypted under it."""
    if not asked.no:
        asked.store.put(("password_encryption_aes",), True)
        _encrypt_all(asked)
    return []


def seal_key(asked: Asked) -> None:
    """A pre-shared key that was typed in clear text, in the form in which it is stored."""
    config, kept, master = asked.store.running, asked.kept, asked.store.master_key
    if kept.get("encryption") is not None or not config.password_encryption_aes or master is None:
        return
    there = [key.text for way in _WAYS if (key := getattr(asked.owner, way)) is not None]
    old = next((text for text in there if type6.opened(text, master) == kept["text"]), None)
    kept["text"], kept["encryption"] = _sealed(asked, kept["text"], old), secrets.ENCRYPTED


def _encrypt_all(asked: Asked, old: str | None = None) -> None:
    """Type 6 for every password and pre-shared key that can be read, with the master key there was before too."""
    store = asked.store
    master = store.master_key
    if master is None or not store.running.password_encryption_aes:
        return

    def form(kind: int | None, text: str) -> str | None:
        if kind == secrets.ENCRYPTED:
            clear = type6.opened(text, old) if old not in (None, master) else None
        else:
            clear = secrets.revealed(text) if kind == secrets.REVERSIBLE else text
        return None if clear is None else type6.sealed(clear, master, store.rng)

    for name, user in store.running.users.items():
        hidden = form(user.encryption, user.text) if user.how == "password" and user.text is not None else None
        if hidden is not None:
            store.put(("users", name), user._replace(encryption=secrets.ENCRYPTED, text=hidden))
    for key, password in store.running.enable.items():
        hidden = form(password.encryption, password.text) if key.how == "password" else None
        if hidden is not None:
            store.put(("enable", key), Password(hidden, secrets.ENCRYPTED))
    for line, settings in store.running.lines.items():
        own = settings.password
        hidden = form(own.encryption, own.text) if own is not None else None
        if hidden is not None:
            store.put(("lines", line, "password"), Password(hidden, secrets.ENCRYPTED))
    for ring, keyring in store.running.crypto.ikev2.keyrings.items():
        for name, peer in keyring.peers.items():
            for way in _WAYS:
                key = getattr(peer, way)
                hidden = form(key.encryption, key.text) if key is not None else None
                if hidden is not None:
                    store.put((*_KEYRINGS, ring, "peers", name, way), Password(hidden, secrets.ENCRYPTED))


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
    least = asked.store.running.security.min_length or 0
    if len(text) < least:
        raise ConfigRefused(_TOO_SHORT.format(least))
    wanted = _kind_for(asked)
    if wanted == secrets.CLEAR:
        return
    kept["encryption"] = wanted
    if wanted == secrets.ENCRYPTED:
        kept["text"] = _sealed(asked, text, old_text if old_kind == wanted else None)
    else:
        kept["text"] = _hashed(asked, wanted, text, old_text if old_kind == wanted else None)


def _hashed(asked: Asked, kind: int, text: str, old: str | None) -> str:
    """The form in which it is stored: the old one, if that is of the same password. It may take its time."""
    if kind not in secrets.SLOW:
        same = old is not None and secrets.verify(kind, old, text)
        return old if old is not None and same else secrets.hashed(kind, text, asked.store.rng)
    salt = secrets.salt(kind, asked.store.rng)

    def work() -> str:
        return old if old is not None and secrets.verify(kind, old, text) else secrets.salted(kind, text, salt)

    return asked.store.compute((kind, text, old), work)


def _sealed(asked: Asked, text: str, old: str | None) -> str:
    """Type 6, under the master key there is."""
    master = asked.store.master_key
    assert master is not None
    return old if old is not None and type6.opened(old, master) == text else type6.sealed(text, master, asked.store.rng)


def _kind_for(asked: Asked) -> int:
    """How clear text that was typed is stored."""
    config = asked.store.running
    if asked.kept.get("how") != "secret":
        if config.password_encryption_aes and asked.store.master_key is not None:
            return secrets.ENCRYPTED
        return secrets.REVERSIBLE if config.service_password_encryption else secrets.CLEAR
    default = secrets.SCRYPT if release(config.version) >= (17,) else secrets.MD5
    kind: int = asked.kept.get("algorithm", default)
    return kind
