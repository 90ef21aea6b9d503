"""What sealing and opening a packet costs per suite, next to the bare AES-GCM call of `cryptography` in the same run.

Best of several rounds, because other work on the machine only ever makes a round slower. "/ bare" is the cost as a
multiple of the bare AES-GCM-128 encryption or decryption of the same size.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from iosh.base.rng import Rng
from iosh.proto.esp.sa import InboundSa, OutboundSa
from iosh.proto.esp.suite import Keys, Suite, suite

SIZES = (64, 1400)
PACKETS = 2000
ROUNDS = 15
SUITES = (
    suite(20, 128, 0),
    suite(20, 256, 0),
    suite(12, 128, 12),
    suite(12, 256, 12),
    suite(12, 256, 14),
    suite(12, 128, 2),
    suite(11, 0, 12),
)


def best(round_: Callable[[], float]) -> float:
    """Microseconds per packet of the quickest round."""
    return min(round_() for _ in range(ROUNDS)) / PACKETS * 1e6


def timed(work: Callable[[], object]) -> float:
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def bare(size: int) -> tuple[float, float]:
    """Encryption and decryption by AESGCM alone: the same nonce, nothing around it."""
    cipher, nonce, head, plain = AESGCM(bytes(16)), bytes(12), bytes(8), bytes(size)
    sealed = cipher.encrypt(nonce, plain, head)
    return (
        best(lambda: timed(lambda: [cipher.encrypt(nonce, plain, head) for _ in range(PACKETS)])),
        best(lambda: timed(lambda: [cipher.decrypt(nonce, sealed, head) for _ in range(PACKETS)])),
    )


def ours(chosen: Suite, size: int) -> tuple[float, float]:
    """Sealing and opening by a pair of SAs, replay window included."""
    keys = Keys(bytes(chosen.encryption_key), bytes(chosen.integrity_key))
    outbound, inbound = OutboundSa(1, chosen, keys, Rng(1)), InboundSa(1, chosen, keys)
    payloads, packets = [bytes(size)] * PACKETS, list[bytes]()

    def seal() -> None:
        packets[:] = [outbound.seal(payload, 47) for payload in payloads]

    def open_round() -> float:
        seal()
        return timed(lambda: [inbound.open(packet) for packet in packets])

    result = best(lambda: timed(seal)), best(open_round)
    assert inbound.packets == ROUNDS * PACKETS
    return result


def main() -> None:
    """Print the table."""
    print(
        f"{'ESP, us per packet':<32}{'bytes':>6}{'seal':>8}{'/ bare':>8}{'open':>8}{'/ bare':>8}{'kpps seal+open':>16}"
    )
    for size in SIZES:
        base = bare(size)
        rows = [("bare AESGCM-128 (cryptography)", base), *((chosen.name, ours(chosen, size)) for chosen in SUITES)]
        for name, (seal, open_) in rows:
            rate = 1000 / (seal + open_)
            ratios = seal / base[0], open_ / base[1]
            print(f"{name:<32}{size:>6}{seal:>8.2f}{ratios[0]:>8.1f}{open_:>8.2f}{ratios[1]:>8.1f}{rate:>16.0f}")


if __name__ == "__main__":
    main()
