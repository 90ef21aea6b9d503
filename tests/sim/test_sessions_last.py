"""A cloud's IPsec sessions over a day: everything is replaced again and again, and nobody notices."""

from __future__ import annotations

from typing import Any

import pytest

DAY_S = 86400


@pytest.mark.parametrize("words", ["", " set pfs group19\n", " set security-association lifetime seconds 600\n"])
def test_a_day_of_rekeying_never_takes_a_session_down(make_cloud: Any, words: str) -> None:
    profile = "crypto ipsec profile DMVPN\n"
    edit = {profile: profile + words}
    cloud = make_cloud(hub=edit, spoke1=edit, spoke2=edit)
    cloud.form()
    hub = cloud.router("hub")
    first = {spi for session in hub.ike.sessions() for spi in session.children}
    since = dict(hub.protect.up)
    cloud.run(DAY_S)
    assert not first & {spi for session in hub.ike.sessions() for spi in session.children}
    assert dict(hub.protect.up) == since
    assert len(hub.ike.sas()) == len(hub.ike.sessions()) == 2
    assert len(hub.protect.pairs) == len(hub.forwarding.inbound) == 2
    for node in ("hub", "spoke1", "spoke2"):
        assert "socket is DOWN" not in cloud.log(node)
        assert "NEG_ABORT" not in cloud.log(node)
    assert " 0% packet loss" in cloud.ping("pc1", "10.2.0.10")


def test_kilobytes_end_an_sa_too(make_cloud: Any) -> None:
    profile = "crypto ipsec profile DMVPN\n"
    edit = {profile: profile + " set security-association lifetime kilobytes 2560\n"}
    cloud = make_cloud(hub=edit, spoke1=edit, spoke2=edit)
    cloud.form()
    spoke = cloud.router("spoke1")
    (first,) = [sa for sa in spoke.protect.pairs.values() if str(sa.inbound.remote) == "192.0.2.2"]
    for _ in range(30):
        cloud.type("spoke1", "ping 10.255.0.1 size 1300 repeat 100 timeout 0")
        cloud.run(2)
    assert first.inbound.spi not in spoke.protect.pairs
    assert "socket is DOWN" not in cloud.log("spoke1")
    assert "Success rate is 100 percent" in cloud.type("spoke1", "ping 10.255.0.1")


def test_packets_of_replaced_sas_stay_counted(make_cloud: Any) -> None:
    profile = "crypto ipsec profile DMVPN\n"
    edit = {profile: profile + " set security-association lifetime seconds 300\n"}
    cloud = make_cloud(hub=edit, spoke1=edit, spoke2=edit)
    cloud.form()
    before = set(cloud.router("spoke1").protect.pairs)
    cloud.type("spoke1", "ping 10.255.0.1 repeat 50")
    cloud.run(600)
    assert not before & set(cloud.router("spoke1").protect.pairs)
    shown = cloud.show("spoke1", "show crypto ipsec sa peer 192.0.2.2 | include encaps|decaps")
    out, received = (int(line.split(",")[0].split(": ")[1]) for line in shown.splitlines()[:2])
    assert 51 < out < 60  # the registration, the pings, what renewed the registration since
    assert 51 < received < 60
    detail = cloud.show("spoke1", "show crypto session detail")
    assert f"#pkts dec'ed {received} " in detail
    assert f"#pkts enc'ed {out} " in detail
