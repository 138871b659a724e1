"""The REST door over a registry of the test's own, with a key for each role."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from app.application import PerProcess, create_app
from app.factory import Registry, make_keys_service
from app.http import context
from tests.api.doors import Doors
from tests.scenario import organisation

ROLES = ("generator", "buyer", "measurement_body", "auditor")
_MADE: list[Flask] = []
"""The application of this test process: its document alone takes longer than most tests."""


def application(registry: Registry, started: list[str]) -> Flask:
    """Return the application over a registry; addresses are not counted, all being this one."""
    if not _MADE:
        settings = replace(registry.settings, public_rate_per_minute=0)
        _MADE.append(create_app(settings=settings))
    context.install(_MADE[0], PerProcess(registry.settings, started.append))
    return _MADE[0]


@pytest.fixture
def doors(registry: Registry) -> Iterator[Doors]:
    started: list[str] = []
    app = application(registry, started)
    made = Doors(app=app, client=app.test_client(), registry=registry, started=started)
    keys = make_keys_service(registry.storage)
    parties = {role: organisation(registry, role) for role in ROLES}
    parties |= {"operator": registry.operator, "issuing_body": registry.issuing_body}
    made.keys = {role: keys.issue(organisation=party) for role, party in parties.items()}
    yield made
    app.extensions["eac-context"].close()
