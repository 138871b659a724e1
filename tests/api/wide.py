"""A door over a registry of several domains: GO in Denmark and New Zealand, granular in both."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app.application import create_app
from app.factory import make_keys_service, make_storage, open_registry
from app.registry.presets import domain_of
from app.settings import Settings
from tests.api.doors import Doors
from tests.scenario import DOMAIN, FOUNDING, founded

DENMARK = domain_of(
    {
        "scheme": "go",
        "code": "DK",
        "country": "DK",
        "timezone": "Europe/Copenhagen",
        "issuer_prefix": "571313180",
        "second_person_wh": 30_000_000,
    }
)
HOURLY = domain_of(
    {
        "scheme": "granular",
        "code": "NZ-H",
        "country": "NZ",
        "timezone": "Pacific/Auckland",
        "issuer_prefix": "942900001",
    }
)


@contextmanager
def wide_doors(database_url: str, home: Path) -> Iterator[Doors]:
    """Give the door, with a key of the issuing body."""
    settings = Settings.of(home=home, database_url=database_url)
    storage = make_storage(settings)
    storage.prepare()
    founded(settings, storage, replace(FOUNDING, domains=(DOMAIN, DENMARK, HOURLY)))
    storage.close()
    unlimited = replace(settings, public_rate_per_minute=0)
    with open_registry(unlimited) as registry:
        app = create_app(settings=unlimited, start_replay=lambda _: None)
        made = Doors(app=app, client=app.test_client(), registry=registry)
        keys = make_keys_service(registry.storage)
        made.keys = {"issuing_body": keys.issue(organisation=registry.issuing_body)}
        yield made
        app.extensions["eac-context"].close()
