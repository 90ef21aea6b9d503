"""A session by unicon, as pyATS holds it: python unicon_session.py TESTBED DEVICE; prints what it met as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from genie.testbed import load
from unicon.core.errors import SubCommandFailure
from unicon.eal.dialogs import Dialog, Statement

testbed_file, name = sys.argv[1:]
device = load(testbed_file).devices[name]
quick = {"POST_DISCONNECT_WAIT_SEC": 0, "GRACEFUL_DISCONNECT_WAIT_SEC": 0}
device.connect(log_stdout=False, learn_hostname=True, settings=quick)
met: dict[str, Any] = {"hostname": device.hostname, "state": device.state_machine.current_state}


def complaint(act: Any, *given: Any) -> str:
    """What unicon says of what the router refuses."""
    try:
        act(*given)
    except SubCommandFailure as failure:
        return str(failure)
    return ""


met["version"] = device.parse("show version")["version"]["version"]
met["interfaces"] = device.parse("show ip interface brief")["interface"]
met["wrong command"] = complaint(device.execute, "show nonsense")
met["wrong line"] = complaint(device.configure, ["interface Loopback55", "nonsense"])
device.configure(["interface Loopback55", "description by unicon", "ip address 10.55.0.1 255.255.255.255"])
met["configured"] = device.execute("show running-config interface Loopback55")
device.configure([f"ip route 198.18.{each}.0 255.255.255.0 Null0" for each in range(60)], bulk=True)
met["routes in bulk"] = device.execute("show running-config | count ^ip route 198.18")
device.configure([f"no ip route 198.18.{each}.0 255.255.255.0 Null0" for each in range(60)], bulk=True)
device.configure("no interface Loopback55")
met["taken back"] = device.execute("show running-config | include Loopback55|198.18")
met["ping"] = device.ping(device.execute("show ip interface brief | include Tunnel0").split()[1])
device.copy(source="running-config", dest="startup-config")
met["saved"] = device.execute("show startup-config | include ^hostname")
answer = Dialog([Statement(r"\[confirm\]", action="sendline()", loop_continue=True, continue_timer=False)])
met["confirmed"] = device.execute("clear logging", reply=answer)
device.disable()
met["disabled"] = device.state_machine.current_state
device.enable()
met["learnt"] = sorted(device.learn("interface").info)
device.disconnect()
met["connected"] = device.is_connected()
print(json.dumps(met, default=str))
