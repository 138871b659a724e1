"""A registry opens only under the rules that its genesis names."""

from dataclasses import replace
from hashlib import sha256

import pytest
from sqlalchemy import update

from app.cli.failures import EXPECTED
from app.factory import Registry, open_registry
from app.registry.operations import schema_files, schemas_digest
from app.services.founding import RulesError, check_rules
from app.settings import Settings
from app.storage.storage import Storage
from app.storage.tables import registries
from tests.scenario import founded_as

OTHER = sha256(b"other operations").hexdigest()


def test_a_registry_that_was_founded_with_these_operations_is_taken(registry: Registry) -> None:
    genesis = founded_as(registry)

    check_rules(genesis)

    assert genesis.schemas == schemas_digest(schema_files())


def test_a_registry_that_was_founded_with_other_operations_is_not(registry: Registry) -> None:
    with pytest.raises(RulesError, match="was founded with other operations"):
        check_rules(replace(founded_as(registry), schemas=OTHER))


def test_such_a_registry_does_not_open_and_a_command_says_why(settings: Settings) -> None:
    storage = Storage.of(settings.database_url)
    with storage.database.engine.begin() as connection:
        connection.execute(update(registries).values(schemas=OTHER))
    storage.close()

    with pytest.raises(RulesError) as refused, open_registry(settings):
        pass

    assert isinstance(refused.value, EXPECTED)
