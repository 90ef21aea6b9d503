"""`copy`: between any two of running-config, startup-config, flash:, nvram:, null: and files of other machines.

`file prompt` decides how much it asks. Copying onto the running-config merges, line by line. To and from other
machines (tftp:, ftp:, http:, https:, scp:, sftp:) the router's courier carries files; a lab's router has none.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Final

from iosh.base.time import Instant, Span
from iosh.cli.dialogue import Answer, Dialogue, Question, confirmed
from iosh.cli.exec_files import here, named, prompts, read, stored
from iosh.cli.running import copied, merge, running_text, save
from iosh.router.courier import WITH_USERS, Delivery, Remote, remote
from iosh.router.files import RUNNING, STARTUP, Url

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action

_NAMES: Final = {RUNNING: "running-config", STARTUP: "startup-config"}
_PACKET: Final = 5120  # bytes to an exclamation mark: ten packets of TFTP
_ROW: Final = 70
_NO_COURIER: Final = (
    "% A lab's routers reach no machine outside it: copy by the router's own SSH port, with scp or sftp\n"
)

Then = Callable[[bytes, Instant, Span], object]


def _copy(console: Console, now: Instant, source: str, destination: str) -> Dialogue:
    try:
        origin, target = here(console, source), here(console, destination)
        if target.is_network:
            return (yield from _copy_out(console, origin, remote(target.typed), now))
        if origin.is_network:
            return (yield from _copy_in(console, remote(origin.typed), target, now))
    except ValueError as error:
        console.write(f"%Error parsing filename ({error})\n")
        return False
    return (yield from _copy_here(console, origin, target, now))


# --- on the router ------------------------------------------------------------------------------------------------


def _copy_here(console: Console, origin: Url, target: Url, now: Instant) -> Dialogue:
    origin, now = yield from _chosen_source(console, origin, now)
    target, now = yield from _chosen_target(console, target, _NAMES.get(origin.name, origin.path), now)
    content = read(console, origin)
    if isinstance(content, bool):
        return False
    if target.name == STARTUP and origin.name == RUNNING:
        save(console, now)
        return True
    if not (yield from _may_overwrite(console, target)):
        return False
    return _kept(console, origin, target, content, now)


def _chosen_source(console: Console, origin: Url, now: Instant) -> Generator[Question, Answer, tuple[Url, Instant]]:
    if origin.path or origin.device == "null":
        return origin, now
    typed, now = yield from named("Source filename []? ", "", now)
    return origin.at(typed), now


def _chosen_target(
    console: Console, target: Url, name: str, now: Instant
) -> Generator[Question, Answer, tuple[Url, Instant]]:
    base = name.rpartition("/")[2]
    folder = target.path if not target.is_network and console.router.files.is_folder(target) else ""
    proposed = f"{folder}/{base}" if folder else _NAMES.get(target.name, target.path) or base
    if target.device != "null" and not (prompts(console) == "quiet" and proposed):
        typed, now = yield from named(f"Destination filename [{proposed}]? ", proposed, now)
        return target if typed == _NAMES.get(target.name) else target.at(typed), now
    return target if target.path and not folder else target.at(proposed), now


def _may_overwrite(console: Console, target: Url) -> Generator[Question, Answer, bool]:
    if target.name in _NAMES or target.device == "null" or prompts(console) == "quiet":
        return True
    if not console.router.files.exists(target):
        return True
    console.write("%Warning:There is a file already existing with this name \n")
    return (yield from confirmed("Do you want to over write?")) is not None


def _kept(console: Console, origin: Url, target: Url, content: bytes, now: Instant, span: Span | None = None) -> bool:
    """Write what was read; onto the running-config, type it."""
    if target.name == RUNNING:
        source = "memory" if origin.name == STARTUP else origin.typed
        return merge(console, content.decode(errors="replace"), source, now, span)
    if not stored(console, target, content, now):
        return False
    console.write(copied(len(content), span))
    return True


# --- from and to other machines -----------------------------------------------------------------------------------


def _copy_in(console: Console, file: Remote, target: Url, now: Instant) -> Dialogue:
    file, now = yield from _chosen_remote(file, "Source", "", now)
    target, now = yield from _chosen_target(console, target, file.name, now)
    if not (yield from _may_overwrite(console, target)):
        return False
    file, now = yield from _with_password(console, file, now)
    origin = Url(file.scheme, file.path, str(file))
    return fetched(console, file, now, lambda content, at, span: _kept(console, origin, target, content, at, span))


def _copy_out(console: Console, origin: Url, file: Remote, now: Instant) -> Dialogue:
    origin, now = yield from _chosen_source(console, origin, now)
    content = running_text(console.router).encode() if origin.name == RUNNING else read(console, origin)
    if isinstance(content, bool):
        return False
    proposed = f"{console.router.config.hostname.lower()}-confg" if origin.name in _NAMES else origin.path
    file, now = yield from _chosen_remote(file, "Destination", proposed, now)
    file, now = yield from _with_password(console, file, now)
    courier = console.router.courier
    if courier is None:
        return _unreachable(console, file)
    console.write(f"Writing {file.path} ")

    def done(delivery: Delivery, at: Instant) -> None:
        if delivery.error is not None:
            console.write(f"\n%Error opening {file} ({delivery.error})\n")
        else:
            console.write(f"{_marks(len(content))}\n{copied(len(content), at - now)}")

    _run(console, lambda ended: courier.send(file, content, ended), done)
    return True


def fetched(console: Console, file: Remote, now: Instant, then: Then) -> bool:
    """Fetch a file and go on with its content, later; False when the console was told that it cannot be."""
    courier = console.router.courier
    if courier is None:
        return _unreachable(console, file)
    console.write(f"Accessing {file}...\n")

    def done(delivery: Delivery, at: Instant) -> None:
        if delivery.error is not None:
            console.write(f"%Error opening {file} ({delivery.error})\n")
            return
        size = len(delivery.content)
        console.write(f"Loading {file.path} from {file.host}: {_marks(size)}\n[OK - {size} bytes]\n\n")
        then(delivery.content, at, at - now)

    _run(console, lambda ended: courier.fetch(file, ended), done)
    return True


def _run(
    console: Console,
    begin: Callable[[Callable[[Delivery, Instant], None]], Callable[[], None]],
    done: Callable[[Delivery, Instant], None],
) -> None:
    def start(over: Callable[[], None]) -> Callable[[Instant], None]:
        def ended(delivery: Delivery, at: Instant) -> None:
            if not console.ended:
                done(delivery, at)
            over()

        give_up = begin(ended)

        def break_off(at: Instant) -> None:
            give_up()
            ended(Delivery(error="Aborted"), at)

        return break_off

    console.run(start)


def _chosen_remote(
    file: Remote, side: str, proposed: str, now: Instant
) -> Generator[Question, Answer, tuple[Remote, Instant]]:
    """Ask for what a URL left out."""
    if not file.host:
        host, now = yield from named("Address or name of remote host []? ", "", now)
        file = file._replace(host=host)
    if not file.path:
        path, now = yield from named(f"{side} filename [{proposed}]? ", proposed, now)
        file = file._replace(path=path)
    if not file.host or not file.path:
        raise ValueError("Invalid argument")
    return file, now


def _with_password(console: Console, file: Remote, now: Instant) -> Generator[Question, Answer, tuple[Remote, Instant]]:
    """Who logs in there: nobody, somebody without a name (ftp), or a user with a password."""
    if file.scheme not in WITH_USERS or console.router.courier is None:
        return file, now
    if not file.user and file.scheme != "ftp":
        proposed = console.user or console.router.config.hostname
        user, now = yield from named(f"Username [{proposed}]? ", proposed, now)
        file = file._replace(user=user)
    if file.password is None and file.user:
        answer = yield Question("Password: ", secret=True)
        file, now = file._replace(password=answer.text), answer.now
    return file, now


def _unreachable(console: Console, file: Remote) -> bool:
    console.write(f"%Error opening {file} (Network is unreachable)\n{_NO_COURIER}")
    return False


def _marks(size: int) -> str:
    """An exclamation mark for every ten packets, as far as a row goes."""
    return "!" * max(1, min(_ROW, size // _PACKET))


ACTIONS: Final[dict[str, Action]] = {"copy": _copy}
