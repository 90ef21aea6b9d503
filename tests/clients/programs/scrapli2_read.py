"""Scrapli 2 asks a router: python scrapli2_read.py HOST PORT COMMAND… prints {command: [failed, text]} as JSON."""

from __future__ import annotations

import json
import sys

from scrapli import AuthOptions, Cli, LookupKeyValue

host, port, *commands = sys.argv[1:]
auth = AuthOptions(username="admin", password="admin", lookups=[LookupKeyValue(key="enable", value="admin")])
with Cli(definition_file_or_name="cisco_iosxe", host=host, port=int(port), auth_options=auth) as router:
    answers = {command: router.send_input(input_=command) for command in commands}
    print(json.dumps({command: [answer.failed, answer.result] for command, answer in answers.items()}))
