"""What hier_config would send: python hier_remediate.py FILE, where FILE holds [[running, intended], …] as JSON.

Prints for each pair the lines that lead from one to the other, as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from hier_config import Platform, WorkflowRemediation, get_hconfig


def remediation(running: str, intended: str) -> list[str]:
    configs = (get_hconfig(Platform.CISCO_IOS, text) for text in (running, intended))
    return [line.cisco_style_text() for line in WorkflowRemediation(*configs).remediation_config.all_children_sorted()]


print(json.dumps([remediation(running, intended) for running, intended in json.loads(Path(sys.argv[1]).read_text())]))
