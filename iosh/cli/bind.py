"""Between a command and the model: what a line's kept values do to it, and which values a line would print of it.

Both directions use the same meaning (`tree.Assign`, `Entry`, `Enter`), so what one writes the other reads. The classes
of records and keys come from the model's own annotations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Final, NamedTuple, Union, get_args, get_origin, get_type_hints

from iosh.cli.releases import span
from iosh.cli.tree import Assign, Enter, Entry, Node, trail_of
from iosh.config.model import fresh
from iosh.config.store import Place, Store

_MISSING: Final = object()


class Said(NamedTuple):
    """What a line can say of the model: all values it may print, and those it must not leave out."""

    values: dict[str, Any]
    must: frozenset[str]


# --- lines to model ----------------------------------------------------------------------------------------------


def write(store: Store, place: Place, node: Node, kept: dict[str, Any]) -> Place | None:
    """Do what a complete line means. Returns the place of the mode it enters, if it enters one."""
    meaning = node.meaning
    owner_class = _class_of(store.at(place))
    for path in node.attributes.get("clears", "").split():
        cleared = tuple(path.split("."))
        store.put((*place, *cleared), reach(pristine_of(store, place), cleared))
    if isinstance(meaning, Assign):
        _assign(store, place, owner_class, meaning, kept)
        return None
    assert isinstance(meaning, Entry | Enter)
    key_class, value_class = entry_classes(owner_class, meaning.path)
    target = (*place, *meaning.path, _key(key_class, meaning.key, kept))
    if isinstance(meaning, Entry):
        store.put(target, _record(value_class, meaning.rest, kept) if meaning.rest else None)
        return None
    if target[-1] not in store.at(target[:-1]):
        store.put(target, fresh(value_class, target[-1], store.running.version))
    for name in meaning.rest:
        store.put((*target, name), kept.get(name, _default_of(value_class, name)))
    return target


def place_of(store: Store, place: Place, node: Node, kept: dict[str, Any]) -> Place:
    """The entry a line is about."""
    meaning = node.meaning
    assert isinstance(meaning, Entry | Enter)
    key_class, _ = entry_classes(_class_of(store.at(place)), meaning.path)
    return (*place, *meaning.path, _key(key_class, meaning.key, kept))


def _assign(store: Store, place: Place, owner_class: Any, meaning: Assign, kept: dict[str, Any]) -> None:
    if meaning.record:
        path = meaning.fields[0][0]
        store.put((*place, *path), _record(field_class(owner_class, path), meaning.record, kept))
        return
    pristine = None
    for path, source in meaning.fields:
        if source is None:
            value = meaning.constant
        elif source in kept:
            value = kept[source]
        else:
            pristine = pristine if pristine is not None else pristine_of(store, place)
            value = reach(pristine, path)
        store.put((*place, *path), value)


def erase(store: Store, place: Place, node: Node, kept: dict[str, Any], default: bool = False) -> bool:
    """Do what `no` (or `default`) of a line, or of a prefix of one, means. False: the line does not say enough."""
    targets = _targets(node, kept)
    if targets is None:
        return False
    pristine = pristine_of(store, place)
    for target in targets:
        meaning = target.meaning
        if isinstance(meaning, Assign):
            for path, _ in meaning.fields:
                off = attribute(target, "off")
                if off is not None and not default:
                    store.put((*place, *path), _constant(off))
                else:
                    value = reach(pristine, path)
                    store.put((*place, *path), False if value is True and not default else value)
        else:
            assert isinstance(meaning, Entry | Enter)
            table = (*place, *meaning.path)
            if _key_names(target) <= kept.keys():
                key_class, value_class = entry_classes(_class_of(store.at(place)), meaning.path)
                key = _key(key_class, meaning.key, kept)
                stays = default or "stays" in target.attributes
                if stays and isinstance(meaning, Enter) and key in store.at(table):
                    store.put((*table, key), _pristine_entry(store, target, (*table, key), value_class, kept))
                else:
                    store.remove((*table, key))
            else:
                known = {name: kept[name] for name in meaning.key if name in kept}
                sayable = {step.name for step in (*trail_of(target), *target.walk())}
                known |= {name: None for name in meaning.key if name not in sayable}
                for key in list(store.at(table)):
                    if all(getattr(key, name, value) == value for name, value in known.items()):
                        store.remove((*table, key))
    return True


def _pristine_entry(store: Store, target: Node, place: Place, value_class: type, kept: dict[str, Any]) -> Any:
    """An entry without its lines; what the line that leads to it cannot leave out (what is tracked, the transforms)
    stays said."""
    assert isinstance(target.meaning, Enter)
    there = store.at(place)
    entry = fresh(value_class, place[-1], store.running.version)
    for step in trail_of(target):
        if step.name in target.meaning.rest and step.name in kept and not step.option:
            setattr(entry, step.name, kept[step.name])
    for name in {step.name: None for step in target.children if step.name is not None and step.item == "+"}:
        setattr(entry, name, getattr(there, name))
    return entry


def _targets(node: Node, kept: dict[str, Any]) -> list[Node] | None:
    """The lines that `no` at this token takes away, or None where the line must go on."""
    if node.ends is not None:
        return [node.ends]
    below = list(_lines_below(node))
    if "unit" in node.attributes:
        return below
    entries = [step for step in below if isinstance(step.meaning, Entry | Enter)]
    if entries:
        known = [step for step in entries if _key_names(step) <= kept.keys()]
        tables = {step.meaning.path for step in known if isinstance(step.meaning, Entry | Enter)}
        return known[:1] if len(tables) == 1 and len(entries) == len(below) else None
    places = {step.meaning.fields for step in below if isinstance(step.meaning, Assign)}
    same = {tuple(path for path, _ in written) for written in places}
    return below[:1] if len(same) == 1 else None


def _lines_below(node: Node) -> Iterator[Node]:
    """The lines that begin with these words; of those that hold a line of another mode, only their beginning."""
    if isinstance(node.meaning, Assign | Entry | Enter):
        yield node
    if not (isinstance(node.meaning, Enter) and node.meaning.inline):
        for child in node.children:
            yield from _lines_below(child)


def _key_names(node: Node) -> set[str]:
    """The parts of its entry's key that a line gives."""
    assert isinstance(node.meaning, Entry | Enter)
    return {step.name for step in trail_of(node) if step.name in node.meaning.key and step.name is not None}


# --- model to lines ----------------------------------------------------------------------------------------------


def entry_said(owner_class: type, meaning: Entry | Enter, key: Any, value: Any) -> Said:
    """The values of one entry of a table."""
    if meaning.key[0] in getattr(key, "_fields", ()):
        said = {name: getattr(key, name) for name in meaning.key}
    else:
        said = {meaning.key[0]: key}
    must = {name for name, part in said.items() if part is not None and part is not False and part != ()}
    if meaning.rest and not hasattr(type(value), "__dataclass_fields__") and not hasattr(value, "_fields"):
        said[meaning.rest[0]] = value
        must.add(meaning.rest[0])
    else:
        names = meaning.rest if isinstance(meaning, Enter) else _names(type(value)) if value is not None else ()
        for name in names:
            part = getattr(value, name)
            said[name] = part
            if part != _default_of(_class_of(value), name):
                must.add(name)
    return Said({name: part for name, part in said.items() if part is not None}, frozenset(must))


def spoken(owner: Any, pristine: Any, node: Node, version: str) -> Said | None:
    """What a line that sets fields would have to print of `owner`, in the configuration of a release; None: nothing."""
    meaning = node.meaning
    assert isinstance(meaning, Assign)
    when = node.attributes.get("always")
    always = when is not None and (not when or span(when).holds(version))
    if meaning.record:
        value = reach(owner, meaning.fields[0][0])
        if value is None or (value == reach(pristine, meaning.fields[0][0]) and not always):
            return None
        values = {name: part for name in _names(_class_of(value)) if (part := getattr(value, name)) is not None}
        must = {name for name, part in values.items() if part != _default_of(_class_of(value), name)}
        return Said(values, frozenset(must))
    values = {}
    must = set()
    for path, source in meaning.fields:
        value = reach(owner, path)
        default = reach(pristine, path)
        if source is None:
            return Said({}, frozenset()) if value == meaning.constant and (value != default or always) else None
        if value is None:
            continue
        values[source] = value
        if value != default or always:
            must.add(source)
    return Said(values, frozenset(must)) if must else None


def negated(owner: Any, pristine: Any, node: Node, version: str) -> bool:
    """Does this line print as `no …`, in the configuration of a release?"""
    meaning = node.meaning
    assert isinstance(meaning, Assign)
    path, _ = meaning.fields[0]
    value = reach(owner, path)
    default = reach(pristine, path)
    off = attribute(node, "off")
    if off is not None and value != default and value == _constant(off):
        return True
    printed = node.attributes.get("print")
    if printed is not None and value == default and not value:
        _, *when = printed.split()
        if when[:1] == ["until"]:
            return span(" ".join(when)).holds(version)
        return not any(reach(owner, tuple(rival.split("."))) for rival in when[1:])
    return value is False and default is True


def attribute(node: Node, name: str) -> str | None:
    """An attribute of a line, or of a word that leads to it."""
    for step in trail_of(node):
        if name in step.attributes:
            return step.attributes[name]
    return None


# --- the model's own classes -------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def field_class(owner: type, path: tuple[str, ...]) -> Any:
    """The class of a field, without its `| None`."""
    found: Any = owner
    for name in path:
        found = _bare(_hints(found)[name])
    return found


@lru_cache(maxsize=256)
def entry_classes(owner: type, path: tuple[str, ...]) -> tuple[Any, Any]:
    """Key and value class of a dictionary field."""
    key, value = get_args(field_class(owner, path))
    return key, _bare(value)


@lru_cache(maxsize=64)
def _hints(owner: type) -> dict[str, Any]:
    return get_type_hints(owner)


def _bare(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (part for part in get_args(annotation) if part is not NoneType)
    return annotation


def _class_of(value: Any) -> Any:
    return type(value)


def _names(owner: type) -> tuple[str, ...]:
    names = getattr(owner, "_fields", None)
    return tuple(names) if names is not None else tuple(one.name for one in fields(owner))


@lru_cache(maxsize=256)
def _default_of(owner: type, name: str) -> Any:
    """A record field's default; `_MISSING` where it must be given."""
    if is_dataclass(owner):
        for one in fields(owner):
            if one.name == name:
                return one.default_factory() if one.default_factory is not MISSING else one.default
    return getattr(owner, "_field_defaults", {}).get(name, _MISSING)


@lru_cache(maxsize=256)
def _needed(owner: type) -> tuple[str, ...]:
    """Fields without a default: a line that does not give one means None."""
    return tuple(name for name in _names(owner) if _default_of(owner, name) in (_MISSING, MISSING))


def _record(owner: Any, names: tuple[str, ...], kept: dict[str, Any]) -> Any:
    if names == ("*",):
        names = _names(owner)
    if names[0] in getattr(owner, "_fields", ()) or is_dataclass(owner):
        given = {name: kept[name] for name in names if name in kept}
        return owner(**dict.fromkeys(name for name in _needed(owner) if name in names) | given)
    return kept[names[0]]


def _key(owner: Any, names: tuple[str, ...], kept: dict[str, Any]) -> Any:
    key = _record(owner, names, kept)
    return str(key) if owner is str else key  # a list's number is its name


def reach(owner: Any, path: tuple[str, ...]) -> Any:
    """The field at the end of a path; None where the way ends early."""
    for name in path:
        if owner is None:
            return None
        owner = getattr(owner, name)
    return owner


def pristine_of(store: Store, place: Place) -> Any:
    """A fresh object of the kind that stands at `place`: where the defaults come from."""
    if not place:
        return fresh(type(store.running), None, store.running.version)
    return fresh(type(store.at(place)), place[-1], store.running.version)


def _constant(text: str) -> Any:
    return int(text) if text.isdigit() else {"none": None, "false": False, "true": True}.get(text, text)
