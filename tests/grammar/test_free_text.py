"""Where the grammar takes the rest of a line as it is: only where IOS takes free text there too, or a secret that may
hold blanks, or an expression of a language of its own. The last keyword before the text tells which.
"""

from __future__ import annotations

from collections.abc import Iterator

from iosh.cli.notation import grammar
from iosh.cli.tree import Node

FREE = {
    "comments of keys": "ssh-rsa ssh-ed25519 ecdsa-sha2-nistp256",
    "names and notes": """description remark banner fail-message contact location chassis-id prompt comment msg
        owner tag street-address vacant-message refuse-message interface-range subject title text message
        primary secondary login-message heading login motd incoming exec prompt-timeout slip-ppp""",
    "distinguished names and what certificates say": """subject-name issuer-name name
           root-dn base-dn dn fqdn co eq nc ne ge gt lt le""",
    "secrets, by the number of their type or none": """password key key-string server-key secret psk ascii hex local
        remote pre-shared-key password-encrypt active 0 4 5 6 7 8 9 md5""",
    "commands, and beginnings of commands": """command autocommand cli add-command exec configure interface line all
        level reset exclude include include-exclusive""",
    "expressions of event manager's scripts": """cron-entry puts regexp if elseif while set foreach arg1 strdata oid
        oid-val close delete gets open read write string compare equal first index last length match range replace
        tolower toupper trim trimleft trimright counter32 gauge integer octet uint ipv4 frequency exit-time
        interface-names getid trap inform var community environment""",
    "regular expressions": "pattern facility mnemonic permit deny",
    "modems' languages": "chat-script entry edit menu break-string",
    "values of RADIUS attributes": "type",
}
WORDS = {word for words in FREE.values() for word in words.split()}


def test_the_rest_of_a_line_is_taken_as_it_is_only_where_ios_does_so() -> None:
    odd = [f"{mode}: {word} LINE ({source})" for mode, word, source in _free() if word not in WORDS]
    assert odd == []


def test_a_reason_that_no_line_needs_any_more_is_not_kept() -> None:
    found = list(_free())
    assert sorted(WORDS - {word for _, word, _ in found}) == []


def _free() -> Iterator[tuple[str, str, str]]:
    """Every token that takes the rest of a line: its mode, the last keyword before it, where it is said."""
    for name, mode in grammar().modes.items():
        for node in mode.root.walk() if name != "exec" else ():
            if node.type is not None and node.type.rest and not node.virtual:
                yield name, _before(node), ":".join(map(str, node.source or ()))


def _before(node: Node) -> str:
    return next((step.word for step in reversed(node.trail()[:-1]) if step.type is None), "")
