"""Commands about files and folders: dir, cd, pwd, mkdir, rmdir, more, delete, rename, verify, tclsh;
and what `| redirect`, `append`, `tee` write.

A copy goes between any two of running-config, startup-config, flash:, nvram: and null:; `file prompt` decides how much
it asks. Copying onto the running-config merges, line by line. Files of other machines are out of reach: a copy to or
from one says so, in the form of IOS's network errors.
"""

from __future__ import annotations

from collections.abc import Generator
from hashlib import md5
from typing import TYPE_CHECKING, Final

from iosh.base.time import Instant
from iosh.cli.dialogue import Answer, Dialogue, Question, confirmed
from iosh.cli.output import Output
from iosh.cli.running import keep_startup, running_text
from iosh.cli.tcl import Tcl
from iosh.router.files import RUNNING, STARTUP, FileError, Url, parse
from iosh.show import files as shown

if TYPE_CHECKING:
    from iosh.cli.console import Console
    from iosh.cli.exec_line import Action
    from iosh.cli.pipes import Pipe

_DEFAULT: Final = "flash:"
_UNREACHABLE: Final = "Network is unreachable"


# --- looking ------------------------------------------------------------------------------------------------------


def _dir(console: Console, now: Instant, url: str = "", every: bool = False, recursive: bool = False) -> Output | bool:
    where = here(console, url)
    if not every and not console.router.files.is_folder(where):
        return _dir_of_one(console, where)
    places = [("nvram", ""), ("flash", "")] if every else [(where.device, where.path)]
    listings = [shown.directory(console.router, *place, recursive) for place in places]
    lines = [line for listing in listings for line in (*shown.directory_text(listing), *([""] if every else []))]
    return Output(lines, tuple(listings) if every else listings[0])


def _dir_of_one(console: Console, url: Url) -> Output | bool:
    listing = shown.directory(console.router, url.device, url.path.rpartition("/")[0])
    files = [file for file in listing.files if file.name == url.path.rpartition("/")[2]]
    if not files:
        return failed(console, "opening", url, "No such file or directory")
    one = shown.Directory(f"{url.device}:/{url.path}", tuple(files), listing.total, listing.free)
    return Output(shown.directory_text(one), one)


def _more(console: Console, now: Instant, url: str) -> Output | bool:
    text = read(console, here(console, url))
    return text if isinstance(text, bool) else Output(text.decode(errors="replace").splitlines())


def _verify(console: Console, now: Instant, url: str, signature: str | None = None, md5: bool = False) -> bool:
    where = here(console, url)
    content = read(console, where)
    if isinstance(content, bool):
        return False
    digest = _md5(content)
    console.write(f"{'.' * min(60, 1 + len(content) // 65536)}Done!\n")
    if signature is None:
        console.write(f"verify /md5 ({where.typed}) = {digest}\n")
        return True
    if signature.lower() == digest:
        console.write(f"Verified ({where.typed}) = {digest}\n")
        return True
    console.write(
        f"%Error verifying {where.typed}\nComputed signature  = {digest}\nSubmitted signature = {signature}\n"
    )
    return False


def _md5(content: bytes) -> str:
    """What `verify /md5` prints: a checksum, not a protection."""
    return md5(content, usedforsecurity=False).hexdigest()


# --- taking away and renaming -------------------------------------------------------------------------------------


def _delete(console: Console, now: Instant, url: str, force: bool = False, recursive: bool = False) -> Dialogue:
    where = here(console, url)
    if not force and prompts(console) != "quiet":
        if not where.path or ":" not in url:
            typed = yield from named(f"Delete filename [{where.path}]? ", where.path)
            where = where.at(typed[0])
        answer = yield from confirmed(f"Delete {where.device}:/{where.path}?")
        if answer is None:
            return False
    try:
        if recursive:
            console.router.files.remove_tree(where)
        else:
            console.router.files.delete(where)
    except FileError as error:
        return failed(console, "deleting", where, str(error))
    return True


def _rename(console: Console, now: Instant, url: str, destination: str) -> Dialogue:
    source, target = here(console, url), here(console, destination)
    if prompts(console) != "quiet":
        typed, now = yield from named(f"Destination filename [{target.path}]? ", target.path, now)
        target = target.at(typed)
    content = read(console, source)
    if isinstance(content, bool):
        return False
    if console.router.files.exists(target):
        return failed(console, "renaming", source, "File exists")
    try:
        console.router.files.write(target, content, now)
        console.router.files.delete(source)
    except FileError as error:
        return failed(console, "renaming", source, str(error))
    return True


# --- folders ------------------------------------------------------------------------------------------------------


def _mkdir(console: Console, now: Instant, url: str) -> Dialogue:
    where = here(console, url)
    if prompts(console) != "quiet":
        typed, now = yield from named(f"Create directory filename [{where.path}]? ", where.path, now)
        where = where.at(typed)
    try:
        console.router.files.make_folder(where, now)
    except FileError as error:
        return failed(console, "Creating dir", where, str(error))
    console.write(f"Created dir {where.device}:/{where.path}\n")
    return True


def _rmdir(console: Console, now: Instant, url: str) -> Dialogue:
    where = here(console, url)
    if prompts(console) != "quiet":
        typed, _ = yield from named(f"Remove directory filename [{where.path}]? ", where.path, now)
        where = where.at(typed)
        answer = yield from confirmed(f"Delete {where.device}:/{where.path}?")
        if answer is None:
            return False
    try:
        console.router.files.remove_folder(where)
    except FileError as error:
        return failed(console, "Removing dir", where, str(error))
    console.write(f"Removed dir {where.device}:/{where.path}\n")
    return True


def _cd(console: Console, now: Instant, url: str = _DEFAULT) -> bool:
    where = here(console, url)
    if where.device not in ("flash", "nvram") or not console.router.files.is_folder(where):
        return failed(console, "changing dir to", where, "No such file or directory")
    console.place = where
    return True


def _pwd(console: Console, now: Instant) -> None:
    where = console.place
    console.write(f"{where.device}:/{where.path}{'/' if where.path else ''}\n")


def here(console: Console, url: str) -> Url:
    """What a name means at this console: without a file system or a leading slash, where `cd` has led."""
    where = parse(url)
    if ":" not in url and not url.startswith("/"):
        where = console.place._replace(path=f"{console.place.path}/{where.path}", typed=url)
    steps: list[str] = []
    for step in where.path.split("/") if where.device in ("flash", "nvram") else ():
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return where._replace(path="/".join(steps)) if where.device in ("flash", "nvram") else where


def stored(console: Console, target: Url, content: bytes, now: Instant) -> bool:
    """Make or replace a file; False when the console was told why not."""
    if target.is_network:
        return failed(console, "opening", target, _UNREACHABLE)
    try:
        if target.name == STARTUP:
            keep_startup(console.router, content.decode(errors="replace"), now)
        else:
            console.router.files.write(target, content, now)
    except FileError as error:
        return failed(console, "opening", target, str(error))
    return True


# --- behind a bar -------------------------------------------------------------------------------------------------


def redirected(console: Console, output: Output, pipe: Pipe, now: Instant) -> Output | bool:
    """`| redirect URL`, `| append URL`, `| tee [/append] URL`: the lines into a file; `tee` shows them too."""
    try:
        target = parse(pipe.url)
    except ValueError:
        console.write(f"%Error opening {pipe.url} (Invalid argument)\n")
        return False
    lines = list(output.lines)
    content = "".join(f"{line}\n" for line in lines).encode()
    if pipe.append and not target.is_network and console.router.files.exists(target):
        content = console.router.files.read(target) + content
    if not stored(console, target, content, now):
        return False
    return Output(lines) if pipe.modifier == "tee" else True


def formatted(console: Console, url: str) -> bool:
    """`| format URL`: specifications (ODM) are not understood here, so only what is wrong with one can be said."""
    if not isinstance(read(console, parse(url)), bool):
        console.write(f"%Error: {url} has no specification for this command\n")
    return False


# --- what they share ----------------------------------------------------------------------------------------------


def prompts(console: Console) -> str:
    """`file prompt quiet|alert|noisy`"""
    prompt: str = console.router.config.file_prompt
    return prompt


def named(question: str, default: str, now: Instant = 0) -> Generator[Question, Answer, tuple[str, Instant]]:
    answer = yield Question(question)
    return answer.text.strip() or default, answer.now


def read(console: Console, url: Url) -> bytes | bool:
    """A file's content; False when the console was told why there is none."""
    if url.is_network:
        return failed(console, "opening", url, _UNREACHABLE)
    if url.name == RUNNING:
        return running_text(console.router).encode()
    try:
        content: bytes = console.router.files.read(url)
    except FileError as error:
        return failed(console, "opening", url, str(error))
    return content


def failed(console: Console, doing: str, url: Url, why: str) -> bool:
    console.write(f"%Error {doing} {url.typed if ':' in url.typed else f'{url.device}:{url.path}'} ({why})\n")
    return False


def _tclsh(console: Console, now: Instant) -> None:
    console.tcl = Tcl(console)


ACTIONS: Final[dict[str, Action]] = {
    "mkdir": _mkdir,
    "rmdir": _rmdir,
    "cd": _cd,
    "pwd": _pwd,
    "dir": _dir,
    "more": _more,
    "verify": _verify,
    "delete": _delete,
    "rename": _rename,
    "tclsh": _tclsh,
}
