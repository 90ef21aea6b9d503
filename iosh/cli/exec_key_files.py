"""`crypto key export` and `crypto key import`: key pairs as PEM text, on the terminal or in files.

Only a pair that was made `exportable` is handed out, its private half under a passphrase. What is imported must belong
together: the public key, and a private one that the passphrase opens.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Final

from iosh.base import pem
from iosh.base.time import Instant
from iosh.cli.dialogue import Answer, Dialogue, Question
from iosh.cli.exec_files import here, named, read, stored
from iosh.cli.exec_keys import asked_outright, exchange
from iosh.router.key_pairs import GENERAL, KeyPair

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action

_LEAST: Final = 8  # characters of a passphrase
_TOO_SHORT: Final = f"% Passphrase must be at least {_LEAST} characters long\n"
_USAGES: Final = {GENERAL: "General Purpose", "signature": "Signature", "encryption": "Encryption"}
_NO_KEY: Final = "% Key pair import failed: {0}\n"


# --- out ----------------------------------------------------------------------------------------------------------


def _export(
    console: Console, now: Instant, kind: str, label: str, cipher: str, passphrase: str, url: str | None = None
) -> bool | Dialogue:
    pairs = console.router.key_pairs.of(kind, label)
    if not pairs:
        console.write(f"% {kind.upper()} keypair {label} not found.\n")
        return False
    if not all(pair.exportable for pair in pairs):
        console.write(f"% {kind.upper()} keypair '{label}' is not exportable.\n")
        return False
    if len(passphrase) < _LEAST:
        console.write(_TOO_SHORT)
        return False
    if url is not None:
        return _into_files(console, now, pairs, cipher, passphrase, url)
    for pair in pairs:
        _announce(console, pair)
        console.write("   Key data:\n")
        console.write(
            "\n".join([*pem.public_text(pair.private), *_private_text(console, pair, cipher, passphrase, now)])
        )
        console.write("\n")
    return True


def _into_files(
    console: Console, now: Instant, pairs: list[KeyPair], cipher: str, passphrase: str, url: str
) -> Dialogue:
    """A file for each half; the ends of their names tell them apart."""
    for pair in pairs:
        _announce(console, pair)
        mark = "" if pair.usage == GENERAL else f"-{pair.usage[:4]}"
        halves = (("public", "pub", pem.public_text(pair.private)), ("private", "prv", None))
        for half, ending, text in halves:
            console.write(f"Exporting {half} key...\n")
            base = here(console, url)
            proposed = f"{base.path or pair.label}{mark}.{ending}"
            typed, now = yield from named(f"Destination filename [{proposed}]? ", proposed, now)
            target = base.at(typed)
            lines = text if text is not None else _private_text(console, pair, cipher, passphrase, now)
            console.write(f"Writing file to {target.typed}\n")
            if not stored(console, target, ("\n".join(lines) + "\n").encode(), now):
                return False
    return True


def _announce(console: Console, pair: KeyPair) -> None:
    console.write(f"% Key name: {pair.label}\n   Usage: {_USAGES[pair.usage]} Key\n")


def _private_text(console: Console, pair: KeyPair, cipher: str, passphrase: str, now: Instant) -> list[str]:
    rng = console.router.rng.fork(f"key export {pair.label} {pair.usage} {now}")
    return pem.private_text(pair.private, pair.kind, passphrase, cipher, rng)


# --- in -----------------------------------------------------------------------------------------------------------


def _import(
    console: Console,
    now: Instant,
    kind: str,
    label: str,
    passphrase: str,
    url: str | None = None,
    usage: str = GENERAL,
    exportable: bool = False,
) -> Dialogue:
    router = console.router
    if router.key_pairs.of(kind, label):
        console.write(f"% You already have {kind.upper()} keys defined named {label}.\n")
        answer = yield from asked_outright("% Do you really want to replace them?")
        if answer is None:
            return False
    imported = []
    for purpose in (GENERAL,) if usage == GENERAL else ("signature", "encryption"):
        texts = yield from (_typed(console, purpose) if url is None else _from_files(console, url, label, purpose, now))
        if texts is None:
            return False
        public, private, now = texts
        key = pem.private_of(private, passphrase)
        found, bits = pem.kind_of(key) if key is not None else ("", 0)
        if key is None or found != kind:
            console.write(_NO_KEY.format("the private key cannot be read with this passphrase"))
            return False
        if public.split() != "\n".join(pem.public_text(key)).split():
            console.write(_NO_KEY.format("the public key is not that of the private one"))
            return False
        imported.append(KeyPair(label, kind, bits, router.clock.utc_ns(now), purpose, exportable, key))
    for pair in imported:
        exchange(router, now, partial(router.key_pairs.add, pair))
    console.write("% Key pair import succeeded.\n\n")
    return True


_Texts = Generator[Question, Answer, tuple[str, str, Instant] | None]


def _typed(console: Console, purpose: str) -> _Texts:
    what = _USAGES[purpose]
    console.write(f"% Enter PEM-formatted public {what} key or certificate.\n")
    console.write('% End with a blank line or "quit" on a line by itself.\n')
    public, _ = yield from _lines(("", "quit"))
    console.write(f"% Enter PEM-formatted encrypted private {what} key.\n")
    console.write('% End with "quit" on a line by itself.\n')
    private, now = yield from _lines(("quit",))
    return public, private, now


def _lines(ends: tuple[str, ...]) -> Generator[Question, Answer, tuple[str, Instant]]:
    """What is pasted, up to one of these lines; blank ones before it do not count."""
    lines: list[str] = []
    while True:
        answer = yield Question("")
        line = answer.text.strip()
        if line in ends and lines:
            return "\n".join(lines), answer.now
        if line or lines:
            lines.append(line)


def _from_files(console: Console, url: str, label: str, purpose: str, now: Instant) -> _Texts:
    mark = "" if purpose == GENERAL else f"-{purpose[:4]}"
    texts = []
    for what, ending in (("public key or certificate", "pub"), ("private key", "prv")):
        console.write(f"% Importing {what} PEM file...\n")
        base = here(console, url)
        proposed = f"{base.path or label}{mark}.{ending}"
        typed, now = yield from named(f"Source filename [{proposed}]? ", proposed, now)
        source = base.at(typed)
        console.write(f"Reading file from {source.typed}\n")
        content = read(console, source)
        if isinstance(content, bool):
            return None
        texts.append(content.decode("ascii", "replace"))
    return texts[0], texts[1], now


ACTIONS: Final[dict[str, Action]] = {"key_export": _export, "key_import": _import}
