"""`Username:` and `Password:` at a console whose line asks for them. Whoever gives up is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iosh.cli.dialogue import Dialogue, Question
from iosh.cli.login import asks, claim

if TYPE_CHECKING:
    from iosh.cli.console import Console


def console_login(console: Console) -> Dialogue:
    """Until somebody is let in; after as many failures as AAA allows it begins anew, as IOS does."""
    router = console.router
    wants = asks(router, console.line)
    while True:
        console.write("\n\nUser Access Verification\n\n")
        for _ in range(router.config.aaa.login_attempts):
            user = ""
            if wants.name:
                while not user:
                    user = (yield Question("Username: ")).text.strip()
            wanted = claim(router, user, console.line)
            answer = yield Question("Password: ", secret=True, proof=wanted.proved)
            if answer.proved:
                router.login_watch.succeeded(user, "", 0, answer.now)
                router.work(answer.now)
                console.let_in(user, wanted.level, wanted.view)
                return True
            router.login_watch.failed(user, "", 0, answer.now)
            router.work(answer.now)
            if wants.name:
                console.write("% Login invalid\n\n")
        if not wants.name:
            console.write("% Bad passwords\n")
