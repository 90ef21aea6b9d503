"""A session by scrapli 2: python scrapli2_session.py PORT bin|ssh2; prints what it met as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from scrapli import AuthOptions, Cli, LookupKeyValue, TransportBinOptions, TransportSsh2Options

port, transport = sys.argv[1:]
LINES = ["interface Loopback72", "description by scrapli 2", "ip address 10.72.0.1 255.255.255.255"]
CONFIGURATION = {"requested_mode": "configuration"}

met: dict[str, Any] = {}
with Cli(
    definition_file_or_name="cisco_iosxe",
    host="127.0.0.1",
    port=int(port),
    auth_options=AuthOptions(username="admin", password="admin", lookups=[LookupKeyValue(key="enable", value="admin")]),
    transport_options=TransportSsh2Options() if transport == "ssh2" else TransportBinOptions(),
) as router:
    for command in ("show version", "show nonsense"):
        answer = router.send_input(input_=command)
        met[command] = [answer.failed, answer.result]
    router.send_inputs(inputs=["enable secret admin"], **CONFIGURATION)  # `enable` must ask
    met["prompts"] = []
    for mode in ("exec", "privileged_exec", "configuration", "privileged_exec"):
        router.enter_mode(requested_mode=mode)
        met["prompts"].append(router.get_prompt().result.strip())
    met["refused"] = router.send_inputs(inputs=LINES, **CONFIGURATION).failed
    met["configured"] = router.send_input(input_="show running-config interface Loopback72").result
    met["refused again"] = router.send_inputs(
        inputs=["no interface Loopback72", "no enable secret"], **CONFIGURATION
    ).failed
    asked = router.send_prompted_input(input_="clear logging", prompt="[confirm]", prompt_pattern="", response="")
    met["confirmed"] = asked.result
print(json.dumps(met))
