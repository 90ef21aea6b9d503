"""`crypto key generate` and `crypto key zeroize`: what they ask, what they say, and what a router has afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iosh.base.rng import Rng
from iosh.config.model import Config
from iosh.config.store import PRIVATE
from iosh.router import wanted_crypto
from iosh.router.files import parse
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


# --- the master key, and users -------------------------------------------------------------------------------------

KEYRING = """\
crypto ikev2 keyring K
 peer A
  address 0.0.0.0 0.0.0.0
  pre-shared-key a secret
 peer B
  address 192.0.2.1
  pre-shared-key local mine
  pre-shared-key remote theirs
"""


def keys_of(one: Any) -> list[tuple[bytes | None, bytes | None]]:
    """What IKE is told."""
    settings = wanted_crypto.ike_settings(one.router.config, {}, one.router.store.master_key)
    return [(peer.local_key, peer.remote_key) for peer in settings.keyrings["K"].peers]


def test_keys_for_ike_are_sealed_under_the_master_key_and_opened_for_ike(desk: Callable[..., Any]) -> None:
    one = desk(f"hostname R1\n{KEYRING}")
    clear = [(b"a secret", b"a secret"), (b"mine", b"theirs")]
    one.types("enable", "terminal length 0", "configure terminal", "key config-key password-encrypt")
    assert one.console.prompt == "New key: " and one.console.secret
    one.type("long enough")
    assert one.console.prompt == "Confirm key: "
    assert one.types("different", "key config-key password-encrypt") == ""
    one.types("long enough", "long enough", "password encryption aes")
    shown = one.type("do show running-config | include pre-shared-key")
    assert shown.count("pre-shared-key 6 ") == shown.count(" local 6 ") == shown.count(" remote 6 ") == 1
    assert keys_of(one) == clear
    one.types("crypto ikev2 keyring K", "peer A", "pre-shared-key a secret", "exit", "exit")
    assert one.type("do show running-config | include pre-shared-key") == shown
    one.type("key config-key password-encrypt")
    assert one.console.prompt == "Old key: "
    assert "does not match" in one.type("wrong")
    one.types("key config-key password-encrypt", "long enough", "another one", "another one")
    again = one.type("do show running-config | include pre-shared-key")
    assert again != shown and keys_of(one) == clear
    one.types("no key config-key password-encrypt", "yes")
    assert keys_of(one) == [(None, None), (None, None)]
    assert one.type("do show running-config | include pre-shared-key") == again


def test_the_master_key_goes_from_nvram_too(configuring: Any) -> None:
    configuring.types("key config-key password-encrypt 12345678", "do write memory")
    assert configuring.storage.read(PRIVATE) == b"12345678"
    assert "type 6 encrypted keys will become unusable" in configuring.type("no key config-key password-encrypt")
    configuring.types("yes", "do write memory")
    assert configuring.storage.read(PRIVATE) is None


def test_a_person_is_asked_before_a_user_goes_and_a_file_is_not(desk: Callable[..., Any]) -> None:
    one = desk("hostname R1\nusername ann password 0 x\nusername bob password 0 x\n")
    one.types("enable", "configure terminal", "no username ann")
    assert one.console.prompt == (
        "This operation will remove all username related configurations with same name.Do you want to continue? "
        "[confirm]"
    )
    assert one.console.confirming
    one.type("n")
    assert list(one.router.config.users) == ["ann", "bob"]
    one.types("no username ann", "")
    assert list(one.router.config.users) == ["bob"]
    one.router.files.write(parse("flash:x"), b"no username bob\n", 0)
    one.types("end", "copy flash:x running-config", "")
    assert not one.router.config.users


def test_every_third_failed_login_is_logged(desk: Callable[..., Any]) -> None:
    one = desk("login on-failure log every 3\n")
    for _ in range(7):
        one.router.login_watch.failed("ann", "192.0.2.1", 22, one.now)
    one.router.work(one.now)
    assert sum("LOGIN_FAILED" in line for line in one.router.logbook.lines) == 2


def exported(said: str) -> tuple[str, str]:
    """Both halves, of what an export to the terminal printed."""
    public, _, private = said.partition("-----BEGIN PUBLIC KEY-----")[2].partition("-----END PUBLIC KEY-----\n")
    return f"-----BEGIN PUBLIC KEY-----{public}-----END PUBLIC KEY-----", private.rstrip()


def pasted(one: Any, command: str, public: str, private: str) -> str:
    said = one.type(command)
    return said + one.types(*public.splitlines(), "quit", *private.splitlines(), "quit")


@pytest.mark.parametrize(("kind", "options"), [("rsa", "modulus 1024"), ("ec", "keysize 256")])
@pytest.mark.parametrize("cipher", ["3des", "aes"])
def test_a_pair_goes_out_and_comes_back_under_its_passphrase(
    configuring: Any, kind: str, options: str, cipher: str
) -> None:
    order = "keysize 256 exportable label X" if kind == "ec" else f"label X exportable {options}"
    configuring.type(f"crypto key generate {kind} {order}")
    (before,) = configuring.router.key_pairs.of(kind, "X")
    said = configuring.type(f"crypto key export {kind} X pem terminal {cipher} open-sesame")
    assert said.startswith("% Key name: X\n   Usage: General Purpose Key\n   Key data:\n-----BEGIN PUBLIC KEY-----\n")
    assert f"-----BEGIN {kind.upper()} PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: " in said
    assert all("sesame" not in line for line in configuring.console.config_history)
    public, private = exported(said)
    wrong = pasted(configuring, f"crypto key import {kind} Y pem terminal not-sesame", public, private)
    assert "% Key pair import failed" in wrong and not configuring.router.key_pairs.of(kind, "Y")
    said = pasted(configuring, f"crypto key import {kind} Y pem terminal open-sesame", public, private)
    assert said.startswith("% Enter PEM-formatted public General Purpose key or certificate.\n")
    assert said.endswith("% Key pair import succeeded.\n\n")
    (after,) = configuring.router.key_pairs.of(kind, "Y")
    assert (after.private, after.bits, after.exportable) == (before.private, before.bits, False)
    assert "is not exportable" in configuring.type(f"crypto key export {kind} Y pem terminal aes open-sesame")


def test_openssl_reads_what_is_exported() -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from iosh.base.keys import der, on_paper
    from iosh.base.pem import private_text

    for kind, bits in (("rsa", 1024), ("ec", 384)):
        for cipher in ("aes", "3des"):
            key = on_paper(kind, bits, Rng(5))
            text = "\n".join(private_text(key, kind, "open sesame", cipher, Rng(6)))
            assert der(load_pem_private_key(text.encode(), b"open sesame")) == key


def test_halves_that_do_not_belong_together_are_no_pair(configuring: Any) -> None:
    configuring.types(*(f"crypto key generate ec keysize 256 exportable label {name}" for name in "XY"))
    x, y = (exported(configuring.type(f"crypto key export ec {name} pem terminal aes open-sesame")) for name in "XY")
    said = pasted(configuring, "crypto key import ec Z pem terminal open-sesame", x[0], y[1])
    assert "the public key is not that of the private one" in said
    assert "at least 8 characters" in configuring.type("crypto key export ec X pem terminal aes short")
    assert "not found" in configuring.type("crypto key export ec Z pem terminal aes open-sesame")


def test_usage_keys_travel_by_files(configuring: Any) -> None:
    configuring.type("crypto key generate rsa usage-keys label X exportable modulus 1024")
    configuring.type("crypto key export rsa X pem url flash: aes open-sesame")
    assert configuring.console.prompt == "Destination filename [X-sign.pub]? "
    assert configuring.types("", "", "", "") == "Writing file to flash:X-encr.prv\n"
    assert "X-encr.prv" in configuring.type("do dir flash:")
    before = {pair.usage: pair.private for pair in configuring.router.key_pairs}
    configuring.types("crypto key zeroize rsa X", "yes")
    said = configuring.types(
        "crypto key import rsa X pem usage-keys exportable url flash:X open-sesame", "", "", "", ""
    )
    assert "% Key pair import succeeded." in said
    assert {pair.usage: pair.private for pair in configuring.router.key_pairs} == before
    listed = configuring.type("do show crypto key mypubkey all")
    assert listed.count("Key name: X\n") == 2 and "Key is exportable" in listed
