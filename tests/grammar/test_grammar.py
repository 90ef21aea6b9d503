"""The whole grammar but its kept lines (`test_kept.py`), walked: every configuration line it can say must parse, print,
parse again to the same model, and be taken back by `no`. A new line in `grammar/` is tested without writing a test.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest

from iosh.cli.configure import Configurator, Fate
from iosh.cli.help import help_text, rows_after
from iosh.cli.load import load
from iosh.cli.notation import grammar
from iosh.cli.parse import State, Verdict, followers, parse, values
from iosh.cli.render import running_config
from iosh.cli.tree import LAST, Enter, Keep, Node, Run
from iosh.cli.types import INTERFACE, INTERFACE_KIND, KINDS_HELP
from iosh.config.model import Config, Crypto
from iosh.config.model_vrf import VrfDefinition
from iosh.config.rules import places_of
from iosh.config.store import Store

DRAWS = 6
INTERFACES = {None: "Loopback7", "tunnel": "Tunnel7", "main": "GigabitEthernet7", "ethernet": "GigabitEthernet7"}
INTERFACES["subinterface"] = "GigabitEthernet7.7"
STAYING = (["line", "console"], ["line", "aux"], ["line", "vty"])
STORED = {5: "$1$28772684$iEwNOgGugqO9.bIz5sk8k/", 7: "094F471A1A0A"}  # by the number of their type
STORED |= {kind: f"${kind}$TnGX/fE4KGHOVU$pEhnEvxrvaynpi8j4f.EMHr6M.FzU8xnZnBr/tJdFWk" for kind in (8, 9)}


def every_word() -> Config:
    """A configuration in which every word of the grammar exists."""
    return Config(crypto=Crypto(weak=True), vrfs={"RED": VrfDefinition()}, ip_vrfs={"OLD": VrfDefinition()})


def leaves() -> Iterator[tuple[str, Node]]:
    """Every line of every configuration mode, with its mode."""
    for name, mode in grammar().modes.items():
        for node in mode.root.walk():
            begins = isinstance(node.meaning, Enter) and node.meaning.inline  # and does not end there
            if node.meaning is None or isinstance(node.meaning, Run | Keep) or node.virtual or begins:
                continue
            yield name, node


LEAVES = list(leaves())
EXEC_LEAVES = [node for node in grammar().modes["exec"].root.walk() if node.meaning is not None and not node.virtual]


def word(node: Node, dice: random.Random, place: str | None) -> str:
    """A word this token takes."""
    if node.type is None:
        return node.word
    label = node.type.label
    if label.startswith("<"):
        if node.name == "prefix_length":
            return "24"
        low, high = map(int, re.findall(r"(?<!\d)-?\d+", label))
        if node.name == "first":  # of a range: in this order
            high = (low + high) // 2
        elif node.name == "last":
            low = (low + high) // 2
        return str(dice.choice((low, high, dice.randint(low, high))))
    if label == "A.B.C.D":
        if node.name == "mask":
            return "255.255.255.0"
        if node.name in ("first", "last"):  # of a pool: in one network, in this order
            return f"10.7.0.{dice.randint(1, 99) + 100 * (node.name == 'last')}"
        if node.name == "high":
            return f"11.0.0.{dice.randint(1, 254)}"
        last = 0 if node.name == "network" else dice.randint(1, 254)
        return f"10.{dice.randint(0, 255)}.{dice.randint(0, 255)}.{last}"
    if label == "N.N":
        return dice.choice(("17.7", "17.10", "17.15"))  # of `every_word`; others: tests/cli/test_releases.py
    if node.parent is not None and node.parent.name == "encryption" and node.parent.constant in STORED:
        return STORED[node.parent.constant]
    if label == "LINE":
        text = " ".join("".join(dice.choices("abcXYZ089!_-", k=dice.randint(1, 9))) for _ in range(dice.randint(1, 4)))
        return f"^C{text}^C" if "text" in node.attributes else "k" + text
    if node.type is INTERFACE and node.name != "name":
        return "Loopback9"
    if node.type is INTERFACE:
        return dice.choice([INTERFACES[place], "tunnel 7"] if place in (None, "tunnel") else [INTERFACES[place] or ""])
    if node.name == "identifier" or (node.parent is not None and node.parent.word == "hex"):
        return "01aa.bbcc.dd"
    if node.name == "digest":
        return "".join(dice.choices("0123456789ABCDEF", k=32))
    if node.name == "vrf":
        return "OLD" if node.attributes.get("rule") == "ip_vrf_forwarding" else "RED"
    if node.attributes.get("rule") == "view_member":
        return "MEMBER"
    if node.name == "hostname":
        return "r" + "".join(dice.choices("abcXYZ089-", k=dice.randint(1, 62)))
    if node.meaning is not None and node.attributes.get("rule") == "nhrp_authentication":
        return "".join(dice.choices("abcXYZ089!", k=dice.randint(1, 8)))
    samples = {"SLOT": "0/1/0", "ICMP-MESSAGE": "echo", "H.H.H": "0011.22aa.bb07", "A.B.C.D/nn": "10.7.0.0/16"}
    samples |= {"URL": "flash:x", "flash:": "flash:"}
    samples |= {"DAY": "Sun", "MONTH": "Oct", "WEEK": "last", "hh:mm": "2:00"}
    samples |= {"CHAR or <0-255>": "27", "TCP-FLAG": "+ack", "DAY-NAME": "Monday", "/nn": "/24"}
    samples["WORD"] = "w" + "".join(dice.choices("abcXYZ089/-", k=dice.randint(1, 7)))
    return samples[label]


def command(node: Node, dice: random.Random, full: bool = False) -> str:
    """A command that ends at a line of the grammar, with options drawn by chance (all of them if `full`)."""
    place = next((step.place for step in node.trail() if step.place), None)
    words = [word(step, dice, place) for step in node.trail()]
    return " ".join([*words, *options(node, dice, place, full)])


def options(node: Node, dice: random.Random, place: str | None, full: bool) -> list[str]:
    chosen: list[list[str]] = []
    ordered: list[list[str]] = []
    kept: set[str] = set()
    items = [child for child in node.children if child.item and not child.virtual]
    if items:
        for child in dice.sample(items, dice.randint(1, len(items))):
            chosen.append(branch(child, dice, place, full))
    for place_in_order in sorted({child.slot for child in node.children if child.slot < LAST}):
        rivals = [child for child in node.children if child.slot == place_in_order and not child.virtual]
        if place_in_order in node.must or full or dice.random() < 0.5:
            ordered.append(branch(dice.choice(rivals), dice, place, full))
    for child in node.children:
        named = {step.name for step in child.walk() if step.name}
        if (
            child.option
            and child.slot == LAST
            and not child.virtual
            and (full or dice.random() < 0.5)
            and not (named & kept and not child.joins)
        ):
            chosen.append(branch(child, dice, place, full))
            kept |= named
    dice.shuffle(chosen)
    return [each for part in ordered + chosen for each in part]


def branch(node: Node, dice: random.Random, place: str | None, full: bool) -> list[str]:
    words = [word(node, dice, place)]
    needed = [child for child in node.children if not child.optional and not child.virtual]
    if needed:
        return words + branch(dice.choice(needed), dice, place, full)
    return words + options(node, dice, place, full)


def entrances(mode: str, node: Node) -> list[str]:
    """The lines that lead into a mode, where the line at `node` exists."""
    place = next((step.place for step in node.trail() if step.place), None)
    if mode == "config":
        return []
    if mode == "interface":
        parent = ["interface GigabitEthernet7"] if place == "subinterface" else []
        return [*parent, f"interface {INTERFACES[place]}"]
    if mode == "view":
        secret = f"secret 5 {STORED[5]}"
        kind = " superview" if place == "superview" else ""
        own = [] if node.trail()[0].word == "secret" else [secret]  # every other line wants it first
        return ["parser view MEMBER", *own, f"parser view THIS{kind}", *own]
    outer, leaf = next(
        (name, leaf) for name, leaf in LEAVES if isinstance(leaf.meaning, Enter) and leaf.meaning.mode == mode
    )
    return [*entrances(outer, leaf), command(leaf, random.Random(7))]


def started(lines: list[str]) -> tuple[Store, Configurator]:
    store = Store(every_word())
    configurator = Configurator(store)
    for line in lines:
        assert configurator.line(line).fate is Fate.TAKEN, line
    return store, configurator


def names(leaf: tuple[str, Node]) -> str:
    return f"{leaf[0]}: {' '.join(step.word for step in leaf[1].trail())}"


@pytest.mark.parametrize("leaf", LEAVES, ids=names)
def test_what_a_line_writes_prints_and_reads_back_the_same(leaf: tuple[str, Node]) -> None:
    mode, node = leaf
    dice = random.Random(names(leaf))
    for draw in range(DRAWS):
        store, configurator = started(entrances(mode, node))
        line = command(node, dice, full=draw == 0)
        outcome = configurator.line(line)
        assert outcome.fate is Fate.TAKEN, (line, outcome)
        printed = running_config(store.running)
        again, complaints = load("\n".join(printed))
        assert complaints == [], (line, complaints)
        assert again == store.running, line
        assert running_config(again) == printed


@pytest.mark.parametrize("leaf", LEAVES, ids=names)
def test_no_takes_back_what_a_line_wrote(leaf: tuple[str, Node]) -> None:
    mode, node = leaf
    if "always" in node.attributes and mode == "config":
        pytest.skip("always there")
    if mode == "config" and [step.word for step in node.trail()[:2]] in STAYING:
        pytest.skip("a router keeps its console, its aux and its last vty lines: `tests/cli/test_configure.py`")
    dice = random.Random(names(leaf))
    for _ in range(DRAWS):
        lines = entrances(mode, node)
        store, configurator = started(lines)
        before = running_config(store.running)
        configurator.line(command(node, dice))
        new = [line for line in running_config(store.running) if line not in before and _depth(line) == _depth_of(mode)]
        for printed in reversed(new):
            _, again = _reentered(store, lines)
            text = printed.strip()
            again.line(text[3:] if text.startswith("no ") else f"no {text}")
            assert printed not in running_config(store.running), printed
            again.line(f"default {text.removeprefix('no ')}")
        assert running_config(store.running) == before, new


def _depth(line: str) -> int | None:
    return None if line.strip() == "!" else len(line) - len(line.lstrip())


def _depth_of(mode: str) -> int:
    parent = grammar().modes[mode].parent
    return 0 if parent is None else 1 + _depth_of(parent)


def _reentered(store: Store, lines: list[str]) -> tuple[Store, Configurator]:
    configurator = Configurator(store)
    for line in lines:
        configurator.line(line)
    return store, configurator


@pytest.mark.parametrize("leaf", LEAVES, ids=names)
def test_default_and_a_second_typing_change_nothing_more(leaf: tuple[str, Node]) -> None:
    mode, node = leaf
    dice = random.Random(names(leaf))
    store, configurator = started(entrances(mode, node))
    line = command(node, dice)
    configurator.line(line)
    once = running_config(store.running)
    store.take()
    _reentered(store, entrances(mode, node))[1].line(line)
    assert running_config(store.running) == once
    assert store.take() == (), line


def mode_of(name: str, node: Node) -> tuple[Node, frozenset[str]]:
    store, configurator = started(entrances(name, node))
    level = configurator.stack[-1]
    return level.mode.root, places_of(store.at(level.place))


@pytest.mark.parametrize("leaf", LEAVES + [("exec", node) for node in EXEC_LEAVES], ids=names)
def test_every_prefix_of_a_line_has_help_and_every_token_of_it_is_taken(leaf: tuple[str, Node]) -> None:
    mode, node = leaf
    root, places = (grammar().modes["exec"].root, frozenset()) if mode == "exec" else mode_of(mode, node)
    words = command(node, random.Random(names(leaf))).split()
    for count in range(len(words) + 1):
        typed = " ".join([*words[:count], ""])
        text = help_text(typed, root, places)
        if "hidden" not in node.attributes:
            assert text.strip() and not text.startswith("%"), (typed, text)
        states = parse(typed, root, places).states or (State(root),)
        for row in rows_after(list(states), places, 15):
            sample = _sample(row)
            if sample is not None:
                assert parse(f"{typed}{sample}", root, places).verdict is not Verdict.INVALID, (typed, row)


def _sample(row: str) -> str | None:
    """A word for a token of help; None where the end or a filter is meant."""
    if row in ("<cr>", "|"):
        return None
    if row.startswith("<"):
        return re.findall(r"-?\d+", row)[0]
    kinds = {"A.B.C.D": "10.0.0.1", "A.B.C.D/nn": "10.0.0.0/8", "WORD": "w", "LINE": "w", "H.H.H": "0011.2233.4455"}
    kinds |= {"X:X:X:X::X": "2001:db8::1", "X:X:X:X::X/<0-128>": "2001:db8::/64", "HEX": "0A"}
    kinds |= {"CHAR or <0-255>": "!"}
    kinds |= {"SLOT": "0/1", "DAY": "Sun", "MONTH": "Oct", "WEEK": "last", "hh:mm": "2:00", "/nn": "/24", "N.N": "15.7"}
    return kinds.get(row, row)


@pytest.mark.parametrize("leaf", LEAVES + [("exec", node) for node in EXEC_LEAVES], ids=names)
def test_the_shortest_unambiguous_words_say_the_same(leaf: tuple[str, Node]) -> None:
    mode, node = leaf
    root, places = (grammar().modes["exec"].root, frozenset()) if mode == "exec" else mode_of(mode, node)
    line = command(node, random.Random(names(leaf)))
    short: list[str] = []
    state = State(root)
    for text in line.split():
        next_nodes = [follower for follower, _ in followers(state, places)]
        keywords = [follower.word.lower() for follower in next_nodes if follower.type is None]
        if any(follower.type is INTERFACE_KIND for follower in next_nodes):
            keywords += [kind.lower() for kind in KINDS_HELP]
        short.append(_shortest(text, keywords))
        parsed = parse(" ".join([*short[:-1], text]), root, places)
        state = parsed.states[0]
    whole, brief = parse(line, root, places), parse(" ".join(short), root, places)
    assert whole.verdict is brief.verdict is Verdict.OK, (line, short)
    assert brief.state.node.ends is whole.state.node.ends
    assert values(brief.state) == values(whole.state)


def _shortest(text: str, keywords: list[str]) -> str:
    if text.lower() not in keywords or text.isdigit():
        return text
    for length in range(1, len(text)):
        unique = sum(keyword.startswith(text[:length].lower()) for keyword in keywords) == 1
        if unique and not text[:length].isdigit():  # digits alone are a number
            return text[:length]
    return text
