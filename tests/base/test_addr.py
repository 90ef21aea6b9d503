from __future__ import annotations

import netaddr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iosh.base.addr import IPv4, Prefix, Shared, length_of, mac_parse, mac_text, mask_of

ADDRESSES = st.integers(0, 2**32 - 1).map(IPv4)


@given(ADDRESSES)
def test_an_address_reads_back_what_it_prints(address: IPv4) -> None:
    assert IPv4.parse(str(address)) == address
    assert IPv4.unpack(address.packed) == address
    assert str(address) == str(netaddr.IPAddress(int(address)))


def test_an_address_is_found_by_the_bare_number() -> None:
    assert {IPv4.parse("10.0.0.1"): "here"}[0x0A000001] == "here"  # type: ignore[index]


def test_an_address_pads_as_text() -> None:
    assert f"{IPv4.parse('10.0.0.1'):<15}|{IPv4(1):>9}" == "10.0.0.1       |  0.0.0.1"


@pytest.mark.parametrize("text", ["", "10", "1.2.3", "1.2.3.256", "1.2.3.4.5", "a.b.c.d", "1.2.3.-4", "1.2.3.4 "])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        IPv4.parse(text)


@given(ADDRESSES, st.integers(0, 32))
def test_a_prefix_agrees_with_netaddr(address: IPv4, length: int) -> None:
    prefix, oracle = Prefix.of(address, length), netaddr.IPNetwork(f"{address}/{length}")
    assert str(prefix) == str(oracle.cidr)
    assert int(prefix.broadcast) == oracle.last
    assert address in prefix
    assert Prefix.parse(str(prefix)) == prefix
    assert length_of(prefix.mask) == length


@pytest.mark.parametrize("mask", ["255.0.255.0", "0.0.0.1", "255.255.255.253"])
def test_a_mask_with_holes_is_refused(mask: str) -> None:
    with pytest.raises(ValueError):
        length_of(IPv4.parse(mask))


def test_masks_are_made_from_lengths() -> None:
    assert [str(mask_of(n)) for n in (0, 8, 25, 32)] == ["0.0.0.0", "255.0.0.0", "255.255.255.128", "255.255.255.255"]


def test_a_mac_address_reads_back_what_it_prints() -> None:
    assert mac_parse(mac_text(bytes.fromhex("aabbcc000100"))) == bytes.fromhex("aabbcc000100")
    with pytest.raises(ValueError):
        mac_parse("aa:bb:cc:00:01:00")


def test_sharers_of_an_address_print_and_pack_alike_and_are_different_keys() -> None:
    address = IPv4.parse("198.51.100.2")
    one, other = Shared.numbered(address, 1), Shared.numbered(address, 2)
    assert len({address, one, other}) == 3
    assert f"{one:>15}" == f"{address:>15}" and str(other) == "198.51.100.2"
    assert one.packed == other.packed == address.packed
    assert one.plain == other.plain == address.plain == address and type(one.plain) is IPv4
