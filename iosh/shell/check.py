"""`iosh check`: configs read offline, and what is wrong with them said as compilers do."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from iosh.cli.check import check
from iosh.cli.load import Complaint
from iosh.lab import file as topologies
from iosh.lab.remark import LabRefused


class _Text(NamedTuple):
    """One startup-config to check: how to call it, its text, its hardware, and where it begins in its file."""

    file: str
    text: str
    hardware: list[str] | None = None
    offset: int = 0


def run_check(files: Sequence[Path]) -> int:
    """Check every file; 0 if nothing was found but notes, 1 if anything was, 2 if a file could not be read."""
    unread = found = 0
    for file in files:
        texts: list[_Text] = []
        try:
            texts += _texts(file)
        except LabRefused as refused:
            for remark in refused.remarks:
                print(remark)
            found += len(refused.remarks)
        except OSError as error:
            print(f"{file}: cannot be read: {error.strerror}", file=sys.stderr)
            unread += 1
        except UnicodeDecodeError as error:
            print(f"{file}: is not UTF-8 text: {error.reason} at byte {error.start}", file=sys.stderr)
            unread += 1
        found += sum(map(_check, texts))
    read = len(files) - unread
    if read:
        many = "1 file" if read == 1 else f"{read} files"
        print(f"{many}, {found or 'no'} problem{'' if found == 1 else 's'}", file=sys.stderr)
    return 2 if unread else min(found, 1)


def _texts(path: Path) -> Iterator[_Text]:
    """The config in a file; of a topology file each node's."""
    if not path.name.endswith((".yml", ".yaml")):
        yield _Text(str(path), path.read_text(encoding="utf-8"))
        return
    topology = topologies.read(path)
    for name, node in topology.nodes.items():
        if node.startup:
            linked = [end.port for link in topology.links for end in link.ends if end.node == name]
            hardware = node.kind.hardware(linked, node.startup)
            yield _Text(node.startup_file, node.startup, hardware, node.startup_offset)


def _check(text: _Text) -> int:
    lines = text.text.splitlines()
    complaints = check(text.text, text.hardware)
    for complaint in complaints:
        line = lines[complaint.line - 1] if 0 < complaint.line <= len(lines) else ""
        print("\n".join(_said(text, complaint, line)))
    return sum(complaint.severity != "note" for complaint in complaints)


def _said(text: _Text, complaint: Complaint, line: str) -> Iterator[str]:
    place = f"{text.file}:{text.offset + complaint.line}:{complaint.column + 1}"
    yield f"{place}: {complaint.severity}: {complaint.reason}"
    if line.strip():
        yield line.rstrip().replace("\t", " ")
        yield f"{' ' * complaint.column}^{'~' * (max(1, complaint.length) - 1)}"
