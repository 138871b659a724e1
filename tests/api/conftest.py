"""The REST door over a registry of the test's own, with a key for each role."""

from collections.abc import Iterator

import pytest

from app.application import create_app
from app.factory import Registry, make_keys_service
from tests.api.doors import Doors
from tests.scenario import organisation


@pytest.fixture
def doors(registry: Registry) -> Iterator[Doors]:
    started: list[str] = []
    app = create_app(settings=registry.settings, start_replay=started.append)
    made = Doors(app=app, client=app.test_client(), registry=registry, started=started)
    keys = make_keys_service(registry.storage)
    parties = {role: organisation(registry, role) for role in ("generator", "buyer", "auditor")}
    parties |= {"operator": registry.operator, "issuing_body": registry.issuing_body}
    made.keys = {role: keys.issue(organisation=party) for role, party in parties.items()}
    yield made
    app.extensions["eac-context"].close()
