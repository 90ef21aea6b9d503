"""`crypto key generate` and `crypto key zeroize`: what they ask, what they say, and what a router has afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iosh.base.rng import Rng
from iosh.config.model import Config
from iosh.router.key_pairs import KEYS, SUPPLIED, KeyPair, KeyRing, PaperSmith
from iosh.router.ports import MemoryStorage

NAMED = "hostname R1\nip domain name example.com\n"
MADE = "% Generating 1024 bit RSA keys, keys will be non-exportable...\n[OK] (elapsed time was 0 seconds)\n"
ENABLED = "%SSH-5-ENABLED: SSH 2.0 has been enabled"


@pytest.fixture
def configuring(desk: Callable[..., Any]) -> Any:
    one = desk(NAMED)
    one.types("enable", "configure terminal")
    return one


def test_a_key_pair_is_made_by_questions(configuring: Any) -> None:
    said = configuring.type("crypto key generate rsa")
    assert said.startswith("The name for the keys will be: R1.example.com\nChoose the size of the key modulus")
    assert configuring.console.prompt == "How many bits in the modulus [2048]: "
    assert configuring.type("99") == "% A decimal number between 1024 and 4096.\n"
    said = configuring.type("1024")
    assert MADE in said and ENABLED in said
    assert configuring.console.prompt == "R1(config)#"
    assert "crypto key" not in configuring.types("end", "show running-config")


def test_a_name_is_wanted_first(desk: Callable[..., Any]) -> None:
    one = desk("hostname R1\n")
    one.types("enable", "configure terminal")
    assert one.type("crypto key generate rsa") == "% Please define a domain-name first.\n"
    assert "% Generating" in one.type("crypto key generate rsa modulus 1024 label X")
    assert one.types("no hostname", "crypto key generate rsa") == "% Please define a hostname other than Router.\n"


def test_what_is_there_is_replaced_only_when_that_is_wanted(configuring: Any) -> None:
    configuring.type("crypto key generate rsa general-keys modulus 1024")
    (first,) = configuring.router.key_pairs
    there = "% You already have RSA keys defined named R1.example.com.\n"
    assert configuring.type("crypto key generate rsa") == there
    assert configuring.console.prompt == "% Do you really want to replace them? [yes/no]: "
    configuring.types("perhaps", "no")
    assert list(configuring.router.key_pairs) == [first]
    said = configuring.type("crypto key generate rsa modulus 1024")
    assert said.startswith(f"{there}% They will be replaced.\n") and ENABLED not in said
    (second,) = configuring.router.key_pairs
    assert second.private != first.private


def test_show_lists_public_keys_alone(configuring: Any) -> None:
    configuring.types(
        "crypto key generate rsa usage-keys label X exportable modulus 1024", "crypto key generate ec keysize 256"
    )
    said = configuring.types("end", "terminal length 0", "show crypto key mypubkey rsa")
    assert said.count("Key name: X\nKey type: RSA KEYS\n Storage Device: private-config\n") == 2
    assert " Usage: Signature Key\n Key is exportable." in said and " Usage: Encryption Key\n" in said
    assert "\n  30819F30 0D06092A 864886F7 0D010101 05000381 8D003081 89028181 00" in said
    assert "Key type: EC KEYS" in configuring.type("show crypto key mypubkey all")
    signature, encryption, _ = configuring.router.key_pairs
    assert signature.private != encryption.private
    assert signature.private.hex()[-40:].upper() not in said.replace(" ", "").replace("\n", "")
    assert "private=" not in repr(signature)


def test_zeroize_asks_and_disables_ssh(configuring: Any) -> None:
    assert "% No Signature RSA Keys found" in configuring.type("crypto key zeroize rsa")
    configuring.types("crypto key generate rsa modulus 1024", "crypto key generate rsa label X modulus 1024")
    assert configuring.type("crypto key zeroize rsa X").startswith("% Keys to be removed are named 'X'.\n")
    configuring.type("no")
    assert len(list(configuring.router.key_pairs)) == 2
    configuring.type("crypto key zeroize rsa")
    assert "%SSH-5-DISABLED: SSH 2.0 has been disabled" in configuring.type("yes")
    assert list(configuring.router.key_pairs) == []


def test_keys_outlive_a_reload_once_they_are_saved_and_nobody_can_read_them(configuring: Any) -> None:
    configuring.types("crypto key generate rsa modulus 1024", "end")
    assert configuring.storage.read(KEYS) is None
    configuring.type("write memory")
    made = list(configuring.router.key_pairs)
    assert list(KeyRing(configuring.storage)) == made
    assert "private" not in configuring.type("dir nvram:")
    assert "No such file" in configuring.type(f"more {KEYS}")


def test_what_is_supplied_gives_way_to_what_is_made_and_does_not_come_back() -> None:
    def pair(label: str, kind: str = "rsa") -> KeyPair:
        found: list[bytes] = []
        PaperSmith().forge("ec", 256, Rng(label + kind), lambda key, now: found.append(key), 0)
        return KeyPair(label, kind, 2048, 0, private=found[0])

    storage, config = MemoryStorage(), Config(hostname="R1")
    ring = KeyRing(storage)
    ring.supply([pair(SUPPLIED), pair(SUPPLIED, "ed25519")])
    assert [one.kind for one in ring.for_ssh(config)] == ["rsa", "ed25519"]
    ring.save()
    assert storage.read(KEYS) is None
    ring.add(pair("X"))
    assert [one.label for one in ring.for_ssh(config)] == ["X"]
    ring.add(pair("R1"))
    assert [one.label for one in ring.for_ssh(config)] == ["R1"]
    config.ssh.rsa_keypair = "X"
    assert [one.label for one in ring.for_ssh(config)] == ["X"]
    ring.remove("rsa")
    assert ring.for_ssh(config) == [] and list(ring) == []
    ring.save()
    booted = KeyRing(storage)
    booted.supply([pair(SUPPLIED)])
    assert list(booted) == []
    storage.write(KEYS, b"spoilt")
    assert list(KeyRing(storage)) == []
