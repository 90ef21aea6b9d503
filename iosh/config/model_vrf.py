"""VRFs as they are configured: `vrf definition` with its address families, and the older `ip vrf`."""

from __future__ import annotations

from dataclasses import dataclass, field

from iosh.config.kept import Kept, KeptKey


@dataclass(slots=True)
class VrfDefinition:
    """`vrf definition NAME`, `ip vrf NAME`. What stands in its families (`kept`) is kept: route targets, limits."""

    description: str | None = None
    rd: str | None = None
    kept: dict[KeptKey, Kept] = field(default_factory=dict)

    def family(self, name: str) -> Kept | None:
        """`address-family ipv4`, `address-family ipv6`."""
        return self.kept.get(KeptKey(f"address-family {name}"))
