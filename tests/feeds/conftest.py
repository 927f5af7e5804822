"""Every test of feeds has a server and a clock of its own."""

from collections.abc import Iterator

import pytest

from dagster_project.feeds.host import Host
from tests.feeds.servers import Clock, Server


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def host(server, clock) -> Host:
    return Host(server.url, 0, sleep=clock.sleep, clock=clock)
