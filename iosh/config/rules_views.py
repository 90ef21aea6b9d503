"""What the router refuses about parser views: they are AAA's, made in the root view alone; a view has its secret first;
a superview is made of views there are, and has no commands of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosh.base.errors import ConfigRefused
from iosh.config.rules_aaa import view_secret

if TYPE_CHECKING:
    from iosh.config.rules import Asked

ROOT: Final = "root"
MOST: Final = 15  # views there can be, superviews included


def view(asked: Asked) -> list[str]:
    """`[no] parser view NAME …`."""
    store = asked.store
    views, name = store.running.views, asked.kept["name"]
    if not store.root_view:
        aaa = store.running.aaa.new_model
        raise ConfigRefused("No view Active! Switch to View Context" if aaa else "AAA must be configured.")
    if asked.no:
        return []
    if name == ROOT:
        raise ConfigRefused("Root view cannot be configured")
    superview = bool(asked.kept.get("superview"))
    if name not in views:
        if len(views) >= MOST:
            raise ConfigRefused("Maximum number of views already configured")
    elif superview and not views[name].superview:
        raise ConfigRefused(f"{name} is a CLI view, not a superview")
    else:
        asked.kept["superview"] = views[name].superview
        asked.kept.setdefault("inclusive", views[name].inclusive)
    return []


def member(asked: Asked) -> list[str]:
    """`view NAME` in a superview."""
    _secret_first(asked)
    found = asked.store.running.views.get(asked.kept["name"])
    if not asked.no and (found is None or found.superview):
        raise ConfigRefused(f"View '{asked.kept['name']}' does not exist")
    return []


def commands(asked: Asked) -> list[str]:
    """`commands MODE include …`."""
    _secret_first(asked)
    asked.kept["command"] = " ".join(asked.kept["command"].split())
    return []


def _secret_first(asked: Asked) -> None:
    if asked.owner.secret is None:
        raise ConfigRefused(f"% Password not set for the view {asked.place[1]}")


RULES: Final = {"view": view, "view_secret": view_secret, "view_member": member, "view_commands": commands}
