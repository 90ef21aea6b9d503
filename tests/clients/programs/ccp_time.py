"""How long ciscoconfparse2 takes to read a configuration: python ccp_time.py FILE. Prints seconds."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

from ciscoconfparse2 import CiscoConfParse

lines = Path(sys.argv[1]).read_text().splitlines()
began = perf_counter()
read = CiscoConfParse(lines)
took = perf_counter() - began
assert len(read.objs) == len(lines)
print(took)
