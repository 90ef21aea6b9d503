"""A lab with open SSH doors and its time running, and a client at them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import asyncssh
import pytest

from iosh.lab.build import Lab, build
from iosh.lab.kinds import KINDS
from iosh.lab.topology import Node, Topology
from iosh.router.ports import MemoryStorage
from iosh.router.router import Router
from iosh.shell.pump import Pump
from iosh.shell.serve import Place, Service, Wanted

ANYWHERE = Wanted(ssh=Place("127.0.0.1", 0))
KEYS = MemoryStorage()  # made once for all tests: an RSA key takes its time


class Doorway:
    """Routers R1, R2, … as configured, each behind its door."""

    USERS = "username ann privilege 15 secret 0 apple\nusername bob password 0 pear\nline vty 0 4\n login local\n"

    def run(self, story: Coroutine[Any, Any, None]) -> None:
        """A story of one minute at most."""
        asyncio.run(asyncio.wait_for(story, 60))

    def lab(self, *configs: str) -> Lab:
        """Routers without doors."""
        nodes = {
            f"R{number}": Node(f"R{number}", KINDS["iosh"], f"hostname R{number}\n{config}", "cfg", 0, (), 0)
            for number, config in enumerate(configs, 1)
        }
        lab = build(Topology("lab", "lab", nodes, ()))
        assert lab.remarks == []
        return lab

    @asynccontextmanager
    async def served(self, *configs: str, door: Wanted = ANYWHERE) -> AsyncIterator[Service]:
        """A lab with open doors, its time running."""
        lab = self.lab(*configs)
        pump = Pump(lab.world)
        service = Service(lab, pump, door, KEYS)
        await service.open()
        pouring = asyncio.create_task(pump.pour())
        try:
            yield service
        finally:
            pouring.cancel()
            service.close()
            await asyncio.sleep(0)

    def login(
        self, service: Service, name: str = "admin", password: str | None = "admin", node: int = 0, **how: Any
    ) -> Any:
        """Connect to a router."""
        one = service.reached[node]
        options = {"known_hosts": None, "client_keys": None, "config": None, "agent_path": None, **how}
        return asyncssh.connect(one.host, one.port, username=name, password=password, **options)

    @asynccontextmanager
    async def files(self, config: str, name: str = "admin", password: str = "admin") -> AsyncIterator[Any]:
        """The service and an SFTP client of it."""
        async with (
            self.served(config) as service,
            self.login(service, name, password) as connection,
            connection.start_sftp_client() as sftp,
        ):
            yield service, sftp

    def router(self, service: Service) -> Router:
        """The first router."""
        return service.lab.boxes["R1"].router


@pytest.fixture
def doorway() -> Doorway:
    return Doorway()
