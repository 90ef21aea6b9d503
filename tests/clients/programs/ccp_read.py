"""ciscoconfparse2 reads configurations and passwords: python ccp_read.py FILE.

FILE holds [[config, …], [password of type 7, …], word] as JSON. Prints for each config every line with its parent, the
passwords in clear, and the word as types 5, 7 and 9, as JSON. (Its type 8 takes 100 000 rounds, Cisco's 20 000.)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ciscoconfparse2 import CiscoConfParse, CiscoPassword

configs, obscured, word = json.loads(Path(sys.argv[1]).read_text())
lines = [
    [(line.text, line.parent.text if line.parent is not line else None) for line in CiscoConfParse(config).objs]
    for config in (text.splitlines() for text in configs)
]
clear = [CiscoPassword().decrypt_type_7(each) for each in obscured]
made = [(kind, getattr(CiscoPassword(), f"encrypt_type_{kind}")(word)) for kind in (5, 7, 9)]
print(json.dumps([lines, clear, made]))
