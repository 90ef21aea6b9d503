"""IKEv2 with strongSwan: GRE in transport mode, who begins, what replaces, what ends, and that keys are the same."""

from __future__ import annotations

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
    charon.say("--rekey", "--child", "c")  # under the keys of the new IKE SA
    agree(meeting, charon, 6)
    assert charon.sas.count("INSTALLED") == charon.sas.count("ESTABLISHED") == 1
    said = router.ask(SHOW_SESSION, "show crypto session | include SAs")
    assert (said.count("Active \n"), said.count("Active SAs: 2,")) == (1, 1), said


def test_the_router_replaces_the_child_and_the_ike_sa(meeting):
    """Lifetimes of 120 s, for a router whose time passes forty times faster."""
    charon = meeting.charon(esp="aes128gcm16-ecp256")
    lifetime = " set security-association lifetime seconds 120\n set pfs group19"
    meeting.router(hurry=40, ike_profile=" lifetime 120", ipsec_profile=lifetime)
    charon.wait_for_log("IKE_SA p[1] state change: DELETING => DESTROYING")
    charon.wait_for_log("CHILD_SA c{1} state change: DELETING => DELETED")
    charon.wait_for(lambda: charon.sas.count("INSTALLED") == 1, "one CHILD SA")
    assert len(charon.keys()) >= 4 and charon.keys() == meeting.our_keys()
    assert "AES_GCM_16-128/ECP_256" in charon.sas, "with a key exchange of its own"


def test_what_either_deletes_is_gone_for_both_and_traffic_brings_it_back(meeting, session):
    charon, router = session
    charon.say("--terminate", "--child", "c")
    router.wait_for("UP-IDLE", SHOW_SESSION)
    router.ask("ping 10.255.0.1 repeat 1 timeout 0")
    agree(meeting, charon, 4)
    charon.say("--terminate", "--ike", "p")
    router.wait_for("DOWN", SHOW_SESSION)
    router.ask("ping 10.255.0.1 repeat 1 timeout 0")
    agree(meeting, charon, 6)
    router.ask("clear crypto sa")
    charon.wait_for(lambda: "INSTALLED" not in charon.sas, "deleted CHILD SA")
    router.ask("clear crypto session")
    charon.wait_for(lambda: charon.sas == "", "deleted IKE SA")
    router.ask("ping 10.255.0.1 repeat 1 timeout 0")
    agree(meeting, charon, 8)
    assert router.stop() == 0
    assert charon.sas == "", "a router that is stopped says goodbye"


def test_the_router_finds_strongswan_alive_and_then_dead(meeting):
    """DPD after ten seconds, for a router whose time passes ten times faster."""
    charon = meeting.charon()
    router = meeting.router(hurry=10, ike_profile=" dpd 10 2 periodic")
    charon.wait_for_log("parsed INFORMATIONAL request")
    router.wait_for("UP-ACTIVE", SHOW_SESSION)
    charon.kill()
    router.wait_for("DOWN", SHOW_SESSION)


def test_strongswan_finds_the_router_alive(meeting):
    charon = meeting.charon(dpd_s="1")
    meeting.router()
    charon.wait_for_log("parsed INFORMATIONAL response 1 [ ]")


@pytest.mark.parametrize("begins", ["router", "strongswan"])
def test_a_wrong_key_is_told_and_nothing_stands(meeting, begins):
    charon = meeting.charon(psk="Another")
    router = meeting.router(**(RESPONDER if begins == "strongswan" else {}))
    if begins == "strongswan":
        assert "initiate failed" in charon.say("--initiate", "--child", "c", check=False)
    charon.wait_for_log(" [ N(AUTH_FAILED) ]")
    reason = "Auth exchange failed" + (": received AUTHENTICATION_FAILED" if begins == "router" else "")
    router.wait_for(f"%IKEV2-3-NEG_ABORT: Negotiation aborted due to ERROR: {reason}\n", "show logging")
    assert charon.sas == "" and charon.keys() == meeting.our_keys() == {}
