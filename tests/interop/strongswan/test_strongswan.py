"""IKEv2 with strongSwan: GRE in transport mode, who begins, what replaces, what ends, and that the keys are the same."""

from __future__ import annotations

import time

import pytest

SHOW_SESSION = "show crypto session | include status|IKEv2"
RESPONDER = {"ipsec_profile": " responder-only"}


def agree(meeting, charon, count):
    """Both have keyed so many SAs since they began, the same ones, with the same keys."""
    charon.wait_for(lambda: len(charon.keys()) == len(meeting.our_keys()) == count, f"{count} SAs")
    assert charon.keys() == meeting.our_keys()


@pytest.fixture
def session(meeting):
    """A session the router began, with strongSwan answering."""
    charon = meeting.charon()
    router = meeting.router()
    agree(meeting, charon, 2)
    return charon, router


@pytest.mark.parametrize(("suite", "encap", "port"), [("gcm", "no", 500), ("cbc", "yes", 4500)])
@pytest.mark.parametrize("begins", ["router", "strongswan"])
def test_a_session_comes_up_whoever_begins(meeting, begins, suite, encap, port):
    charon = meeting.charon(suite, encap=encap)
    router = meeting.router(suite, **(RESPONDER if begins == "strongswan" else {}))
    if begins == "strongswan":
        charon.say("--initiate", "--child", "c")
    agree(meeting, charon, 2)
    assert ("TRANSPORT-in-UDP" if encap == "yes" else "TRANSPORT,") in charon.sas
    router.wait_for(f"local 10.99.0.2/{port} remote 10.99.0.1/{port} Active", SHOW_SESSION)


def test_strongswan_replaces_the_child_and_the_ike_sa(meeting, session):
    charon, router = session
    charon.say("--rekey", "--child", "c")
    agree(meeting, charon, 4)
    charon.say("--rekey", "--ike", "p")
    charon.wait_for_log("IKE_SA p[1] state change: DELETING => DESTROYING")
    charon.say("--rekey", "--child", "c")  # the keys of the new IKE SA are the same, too
    agree(meeting, charon, 6)
    charon.wait_for(lambda: charon.sas.count("INSTALLED") == 1, "one CHILD SA")
    print(charon.sas, router.ask("show crypto session", "show crypto ikev2 sa", "show crypto ipsec sa"))
    assert 0


def test_the_router_replaces_the_child_and_the_ike_sa(meeting):
    """Lifetimes of 120 s, thirty times faster."""
    charon = meeting.charon()
    meeting.router(
        hurry=30,
        ike_profile=" lifetime 120",
        ipsec_profile=" set security-association lifetime seconds 120\n set pfs group19",
    )
    agree(meeting, charon, 2)
    charon.wait_for_log("IKE_SA p[2] state change: CONNECTING => ESTABLISHED")
    charon.wait_for(lambda: len(charon.keys()) >= 4, "another CHILD SA")
    print(charon.sas, charon.log)
    assert 0


def test_strongswan_deletes_the_child_then_all(meeting, session):
    charon, router = session
    charon.say("--terminate", "--child", "c")
    print(router.ask("show crypto session"))
    charon.say("--terminate", "--ike", "p")
    print(router.ask("show crypto session"))
    time.sleep(1)
    print(charon.sas)
    print(charon.log)
    assert 0


def test_the_router_deletes_the_child_then_all(meeting, session):
    charon, router = session
    print(router.ask("clear crypto sa", "show crypto session"))
    time.sleep(1)
    print(charon.sas)
    print(router.ask("clear crypto session", "show crypto session"))
    time.sleep(1)
    print(charon.sas)
    router.stop()
    print(charon.sas)
    print(charon.log)
    assert 0


def test_each_finds_the_other_there_and_the_router_finds_it_dead(meeting):
    charon = meeting.charon(dpd_s="1")
    router = meeting.router(hurry=5, ike_profile=" dpd 10 2 periodic")
    agree(meeting, charon, 2)
    charon.wait_for_log("sending DPD request")
    charon.wait_for_log("parsed INFORMATIONAL request")
    charon.kill()
    router.wait_for("DPD", "show logging | i DPD", "show crypto session")
    print(router.ask("show logging"))
    print(charon.log)
    assert 0


@pytest.mark.parametrize("begins", ["router", "strongswan"])
def test_a_wrong_key_is_told_and_nothing_stands(meeting, begins):
    charon = meeting.charon(psk="Another")
    router = meeting.router(**(RESPONDER if begins == "strongswan" else {}))
    if begins == "strongswan":
        print(charon.say("--initiate", "--child", "c", check=False))
    charon.wait_for_log("AUTHENTICATION_FAILED")
    print(router.ask("show crypto session", "show crypto ikev2 sa", "show logging"))
    print(charon.log)
    assert 0
