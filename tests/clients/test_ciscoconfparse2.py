"""ciscoconfparse2 finds in our running-configs the same parents as we do, and its passwords are ours."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iosh.cli.load import load
from iosh.cli.render import running_config
from iosh.config.secrets import obscured, revealed, verify

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = [*sorted((ROOT / "tests/data/configs").glob("[cehs][!v]*.cfg")), *sorted((ROOT / "examples").rglob("*.cfg"))]
WORD = "In-A-Lab-0nly"


def printed(file: Path) -> list[str]:
    text = file.read_text()
    ports = dict.fromkeys(re.findall(r"(?m)^interface ((?:Gigabit|Fast)?Ethernet[\d/]+)$", text))
    config, complaints = load(text, tuple(ports))
    assert complaints == []
    return list(running_config(config))


def parents(lines: list[str]) -> list[tuple[str, str | None]]:
    """Each line with the nearest one above it that is indented less."""
    found: list[tuple[str, str | None]] = []
    above: list[str] = []
    for line in lines:
        depth = len(line) - len(line.lstrip())
        while above and len(above[-1]) - len(above[-1].lstrip()) >= depth:
            above.pop()
        found.append((line, above[-1] if above else None))
        if line.strip() != "!":
            above.append(line)
    return found


@pytest.fixture(scope="module")
def understood(ask_client: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = tmp_path_factory.mktemp("ccp") / "given.json"
    configs = ["\n".join(printed(sample)) for sample in SAMPLES]
    file.write_text(json.dumps([configs, [obscured(WORD, start) for start in range(16)], WORD]))
    return ask_client("ciscoconfparse2", "ccp_read.py", file)


def test_every_line_stands_below_the_same_parent(understood: Any) -> None:
    for sample, read in zip(SAMPLES, understood[0], strict=True):
        banner = False
        for (line, parent), (text, above) in zip(parents(printed(sample)), read, strict=True):
            assert line == text, sample.name
            banner = banner or line.startswith("banner ")  # its text is its child there
            if line.strip() != "!" and not banner:
                assert (line, parent) == (text, above), sample.name
            banner = banner and (line.startswith("banner ") or not line.endswith("^C"))


def test_what_we_obscure_is_revealed(understood: Any) -> None:
    assert understood[1] == [WORD] * 16


def test_its_secrets_let_in_who_knows_the_word(understood: Any) -> None:
    stored = dict(understood[2])
    assert revealed(stored[7]) == WORD
    for kind in (5, 9):
        assert verify(kind, stored[kind], WORD)
        assert not verify(kind, stored[kind], WORD + "!")
