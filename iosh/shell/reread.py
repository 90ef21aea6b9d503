"""SIGHUP: the startup-config was edited outside, and the router is to be as it says, without a restart.

As `configure replace nvram:startup-config force`: what is the same stays untouched, sessions too. As at boot, lines
that are not taken are named and the others act. A file that says nothing changes nothing.
"""

from __future__ import annotations

from iosh.base.record import Syslog
from iosh.cli.archiving import replace, understood
from iosh.lab.box import STARTUP
from iosh.shell.session import Session
from iosh.shell.supervised import WARNING, tell


def configure_anew(session: Session) -> None:
    """Make the running-config what the startup-config is now."""
    session.pump.catch_up()
    box, now = session.lab.boxes[session.node], session.lab.world.now
    try:
        text = (box.storage.read(STARTUP) or b"").decode()
    except (OSError, UnicodeDecodeError) as error:
        tell(f"{STARTUP} cannot be read: {error}")
        return
    if box.is_booting or not understood(box.router, text)[0].written:
        tell(f"{STARTUP} says nothing, or the router is starting: it stays as it is", WARNING)
        return
    for line in replace(box.router, text, revert=False, now=now).failed:
        tell(f"{STARTUP}: not taken: {line}", WARNING)
    box.router.logbook.record(Syslog("SYS", 5, "CONFIG_I", f"Configured from {STARTUP} by SIGHUP"), now)
    session.lab.world.touch(session.node)
    session.pump.poke()
