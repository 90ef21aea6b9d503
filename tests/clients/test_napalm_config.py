"""NAPALM's `ios` driver changes a router: merge, replace, compare, commit, discard, roll back, confirm in time.

Each test leaves the router as it found it, which `device` checks through a session of its own. The lab runs twenty
times faster than the clock, so that a minute until a change is taken back is three seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

napalm = pytest.importorskip("napalm", reason="napalm is not installed (extra: clients)")
errors = pytest.importorskip("napalm.base.exceptions")

SETTINGS = """\
username admin privilege 15 secret admin
username second privilege 15 secret second
ip scp server enable
archive
 path flash:archive
line vty 0 4
 exec-timeout 0 0
 login local
 transport input ssh telnet
"""
LOOPBACK = "interface Loopback9\n description merged\n ip address 10.99.0.1 255.255.255.255\n"
Login = Callable[..., AbstractContextManager[Any]]


@pytest.fixture(scope="module")
def ports(serve: Callable[..., Any], furnish: Callable[..., Path]) -> Iterator[dict[str, int]]:
    with serve(
        furnish({"hub": "ip scp server enable\n", "spoke2": SETTINGS}), "--speed", "20", "--telnet", "0"
    ) as found:
        yield found


@pytest.fixture
def login(ports: dict[str, int]) -> Login:
    """The driver, not yet open: `with login() as device:`."""

    def to(node: str = "spoke2", user: str = "admin", transport: str = "ssh", **options: Any) -> Any:
        door = node if transport == "ssh" else f"{node} telnet"
        options |= {"port": ports[door], "transport": transport, "secret": user}
        return napalm.get_network_driver("ios")("127.0.0.1", user, user, optional_args=options)

    return to


def configuration(device: Any) -> str:
    text: str = device.get_config(retrieve="running")["running"]
    return text


def running(device: Any) -> str:
    """What runs, without what the driver sets for the time of its session."""
    lines = configuration(device).splitlines()
    return "\n".join(line for line in lines if line not in ("", "!", "file prompt quiet"))


@pytest.fixture
def device(login: Login) -> Iterator[Any]:
    """A session at a router with an archive; the router is the same afterwards."""
    with login() as witness:
        before = running(witness)
        with login() as driver:
            yield driver
        assert running(witness) == before


# --- merging


def merged_and_rolled_back(merger: Any, witness: Any) -> None:
    merger.load_merge_candidate(config=LOOPBACK)
    assert merger.compare_config().splitlines() == [f"+{line}" for line in LOOPBACK.splitlines()]
    assert "Loopback9" not in running(witness)
    merger.commit_config()
    assert LOOPBACK in configuration(witness) and LOOPBACK in witness.get_config(retrieve="startup")["startup"]
    assert merger.compare_config() == ""
    merger.rollback()


def test_a_merge_is_compared_committed_saved_and_rolled_back(device: Any) -> None:
    merged_and_rolled_back(device, device)


def test_a_merge_by_tcl_over_telnet(login: Login, device: Any) -> None:
    with login(transport="telnet") as merger:
        merged_and_rolled_back(merger, device)


def test_a_file_is_merged_as_a_text_is(device: Any, tmp_path: Path) -> None:
    file = tmp_path / "merge.cfg"
    file.write_text(LOOPBACK, encoding="utf-8")
    device.load_merge_candidate(filename=str(file))
    assert device.compare_config().startswith("+interface Loopback9")
    device.discard_config()
    assert device.compare_config() == ""


def test_a_merge_with_a_line_that_is_not_understood_is_undone(device: Any) -> None:
    before = running(device)
    device.load_merge_candidate(config=f"{LOOPBACK} ip adress 10.99.0.2\n")
    with pytest.raises(errors.MergeConfigException, match="Invalid input detected"):
        device.commit_config()
    assert running(device) == before


def test_a_hostname_is_followed(device: Any) -> None:
    device.load_merge_candidate(config="hostname OTHER\n")
    device.commit_config()
    assert device.device.find_prompt() == "OTHER#"
    device.rollback()
    assert device.device.find_prompt() == "SPOKE2#"


# --- replacing


OFFICE = ["interface GigabitEthernet2", " +description Office", "interface GigabitEthernet2", " -description LAN"]


def replaced_and_rolled_back(replacer: Any) -> None:
    before = configuration(replacer)
    replacer.load_replace_candidate(config=before.replace("description LAN", "description Office"))
    assert replacer.compare_config().splitlines() == OFFICE
    replacer.commit_config()
    assert "description Office" in configuration(replacer) and replacer.compare_config() == ""
    replacer.rollback()
    assert "description LAN" in configuration(replacer)


def test_a_replacement_is_compared_committed_and_rolled_back(device: Any) -> None:
    device.load_replace_candidate(config=configuration(device))
    assert device.compare_config() == ""
    replaced_and_rolled_back(device)


def test_a_replacement_by_tcl(login: Login, device: Any) -> None:
    with login(inline_transfer=True) as replacer:
        replaced_and_rolled_back(replacer)


def test_what_a_replacement_does_not_hold_goes(device: Any) -> None:
    lines = [line for line in configuration(device).splitlines() if not line.startswith("username second")]
    device.load_replace_candidate(config="\n".join(lines))
    assert [line[:16] for line in device.compare_config().splitlines()] == ["-username second"]
    device.commit_config()
    assert list(device.get_users()) == ["admin"]
    device.rollback()


def test_a_replacement_with_a_line_that_is_not_understood_changes_nothing(device: Any) -> None:
    before = running(device)
    device.load_replace_candidate(config=configuration(device).replace(" description LAN", " descripshun LAN"))
    with pytest.raises(errors.ReplaceConfigException, match="Failed to apply command descripshun LAN"):
        device.commit_config()
    assert running(device) == before


def test_a_candidate_that_is_discarded_is_the_running_configuration_again(device: Any) -> None:
    device.load_replace_candidate(config=configuration(device).replace("description LAN", "description Office"))
    assert device.compare_config() != ""
    device.discard_config()
    assert device.compare_config() == ""


# --- changes to be confirmed


def waits(device: Any, pending: bool) -> None:
    """Until the router has, or no longer has, something to be confirmed."""
    for _ in range(300):
        if device.has_pending_commit() == pending:
            return
        time.sleep(0.1)
    pytest.fail(f"pending stays {not pending}")


@pytest.mark.parametrize("way", ["merge", "replace"])
def test_a_change_that_nobody_confirms_is_taken_back_by_the_router(device: Any, way: str) -> None:
    before = running(device)
    if way == "merge":
        device.load_merge_candidate(config=LOOPBACK)
    else:
        device.load_replace_candidate(config=configuration(device).replace("description LAN", "description Office"))
    device.commit_config(revert_in=120)
    assert device.has_pending_commit() and running(device) != before
    waits(device, pending=False)
    assert running(device) == before


def test_a_change_that_is_confirmed_stays(device: Any) -> None:
    device.load_merge_candidate(config=LOOPBACK)
    device.commit_config(revert_in=7200)
    assert "Loopback9" not in device.get_config(retrieve="startup")["startup"]
    with pytest.raises(errors.CommandErrorException, match="already in progress"):
        device.commit_config()
    device.confirm_commit()
    assert not device.has_pending_commit()
    assert LOOPBACK in configuration(device) and LOOPBACK in device.get_config(retrieve="startup")["startup"]
    device.rollback()


def test_a_change_to_be_confirmed_is_taken_back_at_once(device: Any) -> None:
    before = running(device)
    device.load_merge_candidate(config=LOOPBACK)
    device.commit_config(revert_in=7200)
    device.rollback()
    assert not device.has_pending_commit() and running(device) == before


def test_a_change_is_for_its_author_to_confirm_or_take_back(login: Login, device: Any) -> None:
    device.load_merge_candidate(config=LOOPBACK)
    device.commit_config(revert_in=7200)
    with login(user="second") as other:
        for act in (other.confirm_commit, other.rollback):
            with pytest.raises(errors.CommitConfirmException, match="not owned by second"):
                act()
    device.rollback()


def test_a_time_out_of_range_and_nothing_to_confirm(device: Any) -> None:
    device.load_merge_candidate(config=LOOPBACK)
    for seconds in (59, 7201):
        with pytest.raises(errors.CommitConfirmException, match="multiple of 60"):
            device.commit_config(revert_in=seconds)
    with pytest.raises(errors.CommitConfirmException, match="No pending"):
        device.confirm_commit()


def test_the_driver_has_no_place_for_a_message(device: Any) -> None:
    device.load_merge_candidate(config=LOOPBACK)
    with pytest.raises(NotImplementedError):
        device.commit_config(message="why")


# --- a router that is not prepared for it


def test_without_scp_a_candidate_is_not_taken(login: Login) -> None:
    with (
        login("internet") as router,
        pytest.raises(errors.CommandErrorException, match="SCP file transfers are not enabled"),
    ):
        router.load_merge_candidate(config=LOOPBACK)


def test_without_an_archive_nothing_can_be_taken_back(login: Login) -> None:
    with login("hub") as hub:
        before = running(hub)
        hub.load_replace_candidate(config=configuration(hub).replace("description LAN", "description Office"))
        with pytest.raises(errors.CommitConfirmException, match="requires 'archive'"):
            hub.commit_config(revert_in=120)
        with pytest.raises(errors.ReplaceConfigException, match="requires Cisco 'archive'"):
            hub.commit_config()
        assert running(hub) == before
