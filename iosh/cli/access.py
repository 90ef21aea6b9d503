"""What a privilege level opens: a number, and the commands that `privilege … level` has moved to other levels."""

from __future__ import annotations

from collections.abc import Mapping

from iosh.cli.tree import Node, Run


class Access(int):
    """A privilege level where commands were moved. `floor` is the level of those that were not, where it is higher."""

    moved: Mapping[Node, int]
    floor: int

    def __new__(cls, level: int, moved: Mapping[Node, int], floor: int = 0) -> Access:
        access = super().__new__(cls, level)
        access.moved, access.floor = moved, floor
        return access

    def opens(self, node: Node) -> bool:
        """Is this word of a command within reach? Leaving a configuration mode always is."""
        if self.floor and isinstance(node.meaning, Run):
            return True
        return self.moved.get(node, max(node.level, self.floor)) <= int(self)


def opens(node: Node, level: int) -> bool:
    """Is this word of a command within reach of a privilege level?"""
    return node.level <= level if type(level) is int else isinstance(level, Access) and level.opens(node)
