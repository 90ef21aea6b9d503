"""Commands about keys, in configuration mode: `crypto key generate`, `crypto key zeroize`, the master key of type 6;
and what `no username` asks.

They ask as IOS does, and nothing of them is part of the configuration. The smith of the router's box makes the keys;
meanwhile the console is busy and everything else goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from iosh.base.errors import ConfigRefused
from iosh.base.keys import RSA
from iosh.base.record import Syslog
from iosh.base.time import SECOND, Instant
from iosh.cli.dialogue import Answer, Dialogue, Question, confirmed
from iosh.config.rules import COMMANDS, Asked
from iosh.router.key_pairs import GENERAL, KeyPair, key_name

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action
    from iosh.router.router import Router

_LEAST, _MOST, _USUAL = 1024, 4096, 2048
_USAGES: Final = {GENERAL: "General Purpose", "signature": "Signature", "encryption": "Encryption"}
_SIZE: Final = """\
Choose the size of the key modulus in the range of {0} to {1} for your
  {2} Keys. Choosing a key modulus greater than 512 may take
  a few minutes.

"""
_REMOVE_USER: Final = (
    "This operation will remove all username related configurations with same name.Do you want to continue?"
)
_REMOVED: Final = """\
% All {0}keys will be removed.
% All router certs issued using these keys will also be removed.
"""


def asked_outright(text: str) -> Generator[Question, Answer, Answer | None]:
    """`… [yes/no]: `, until it is one of them; None for no."""
    while True:
        answer = yield Question(f"{text} [yes/no]: ")
        said = answer.text.strip().lower()
        if said and "yes".startswith(said):
            return answer
        if said and "no".startswith(said):
            return None


# --- making -------------------------------------------------------------------------------------------------------


def _generate(
    console: Console,
    now: Instant,
    kind: str,
    usage: str = GENERAL,
    bits: int = 0,
    label: str = "",
    exportable: bool = False,
    redundancy: bool = False,
    storage: str = "",
) -> Dialogue:
    router = console.router
    if not label and router.config.hostname == "Router":
        console.write("% Please define a hostname other than Router.\n")
        return False
    if not label and not router.config.domain_name:
        console.write("% Please define a domain-name first.\n")
        return False
    name = label or key_name(router.config)
    if router.key_pairs.of(kind, name):
        console.write(f"% You already have {kind.upper()} keys defined named {name}.\n")
        if bits:
            console.write("% They will be replaced.\n\n")
        else:
            answer = yield from asked_outright("% Do you really want to replace them?")
            if answer is None:
                return False
    else:
        console.write(f"The name for the keys will be: {name}\n{chr(10) * bool(bits)}")
    if bits and kind == RSA:
        console.write(f"% The key modulus size is {bits} bits\n")
    wanted = []
    for purpose in (GENERAL,) if usage == GENERAL else ("signature", "encryption"):
        size, now = (bits, now) if bits else (yield from _sized(console, purpose))
        wanted.append(KeyPair(name, kind, size, 0, purpose, exportable))
    console.run(lambda ended: _forge(console, wanted, now, ended))
    return True


def _sized(console: Console, purpose: str) -> Generator[Question, Answer, tuple[int, Instant]]:
    console.write(_SIZE.format(_LEAST, _MOST, _USAGES[purpose]))
    while True:
        answer = yield Question(f"How many bits in the modulus [{_USUAL}]: ")
        typed = answer.text.strip() or str(_USUAL)
        if typed.isdecimal() and _LEAST <= int(typed) <= _MOST:
            return int(typed), answer.now
        console.write(f"% A decimal number between {_LEAST} and {_MOST}.\n")


def _forge(
    console: Console, wanted: list[KeyPair], now: Instant, ended: Callable[[], None]
) -> Callable[[Instant], None]:
    """Make one pair after the other. A key that is broken off is not kept."""
    router, given_up = console.router, False

    def give_up(at: Instant) -> None:
        nonlocal given_up
        given_up = True
        console.write("\n")
        ended()

    def begin(now: Instant) -> None:
        first = wanted[0]
        how = "exportable" if first.exportable else "non-exportable"
        console.write(f"% Generating {first.bits} bit {first.kind.upper()} keys, keys will be {how}...\n")
        router.smith.forge(
            first.kind,
            first.bits,
            router.rng.fork(f"key {first.label} {first.usage} {now}"),
            lambda key, at: made(key, now, at),
            now,
        )

    def made(private: bytes, begun: Instant, now: Instant) -> None:
        if given_up or router.is_off:
            return
        console.write(f"[OK] (elapsed time was {(now - begun) // SECOND} seconds)\n")
        pair = replace(wanted.pop(0), made_ns=router.clock.utc_ns(now), private=private)
        exchange(router, now, lambda: router.key_pairs.add(pair))
        if wanted:
            begin(now)
            return
        console.write("\n")
        ended()

    begin(now)
    return give_up


def exchange(router: Router, now: Instant, change: Callable[[], None]) -> None:
    """SSH needs a key: say if it has one now, or has none any more."""
    able = bool(router.key_pairs.for_ssh(router.config))
    change()
    if bool(router.key_pairs.for_ssh(router.config)) is not able:
        what = ("DISABLED", "disabled") if able else ("ENABLED", "enabled")
        router.logbook.record(Syslog("SSH", 5, what[0], f"SSH 2.0 has been {what[1]}"), now)


# --- taking away --------------------------------------------------------------------------------------------------


def _zeroize(console: Console, now: Instant, kind: str, label: str | None = None) -> Dialogue:
    router = console.router
    if not router.key_pairs.of(kind, label):
        console.write("% No Signature RSA Keys found in configuration.\n" if kind == RSA else "% No EC keys found.\n")
        return False
    if label is not None:
        console.write(f"% Keys to be removed are named '{label}'.\n")
    console.write(_REMOVED.format("" if kind == RSA else "EC "))
    answer = yield from asked_outright("Do you really want to remove these keys?")
    if answer is None:
        return False
    exchange(router, answer.now, lambda: router.key_pairs.remove(kind, label))
    return True


# --- the master key, and users -------------------------------------------------------------------------------------


def _config_key(console: Console, now: Instant) -> Dialogue:
    """`key config-key password-encrypt`: whoever changes the master key must know it."""
    store = console.router.store
    if store.master_key is not None:
        answer = yield Question("Old key: ", secret=True)
        if not compare_digest(answer.text.encode(), store.master_key.encode()):
            console.write("% Invalid: the old key does not match\n")
            return False
    first = yield Question("New key: ", secret=True)
    second = yield Question("Confirm key: ", secret=True)
    if first.text != second.text:
        console.write("% Invalid: the keys do not match\n")
        return False
    try:
        COMMANDS["config_key"](Asked(store, (), store.running, {"key": first.text}, False, None))
    except ConfigRefused as refusal:
        console.write(f"{refusal.sentence}\n")
        return False
    console.settle(second.now)
    return True


def _config_key_removal(console: Console, now: Instant, line: str, key: str = "") -> Dialogue:
    """`no key config-key password-encrypt`"""
    if console.router.store.master_key is None:
        return True
    console.write("WARNING: All type 6 encrypted keys will become unusable\n")
    answer = yield from asked_outright("Continue with master key deletion ?")
    if answer is None:
        return False
    console.router.store.master_key = None
    return True


def _user_removal(console: Console, now: Instant, line: str, **named: object) -> Dialogue:
    """`no username NAME`"""
    answer = yield from confirmed(_REMOVE_USER)
    return answer is not None and console.confirmed(line, answer.now)


ACTIONS: Final[dict[str, Action]] = {
    "key_generate": _generate,
    "key_zeroize": _zeroize,
    "config_key_dialogue": _config_key,
    "config_key_removal": _config_key_removal,
    "user_removal": _user_removal,
}
