"""The fixtures and builders themselves: what other suites start from is sound."""

from sqlalchemy import create_engine, inspect

from app.audit.walk import Anchor, audit
from app.factory import Registry
from tests.databases import Backend
from tests.scenario import accept, market, transferring


def test_a_market_is_what_its_log_says_on_both_databases(registry: Registry) -> None:
    made = market(registry, days=2)
    accept(
        registry,
        transferring(
            made.generator, source=made.generator_account, to=made.buyer_account, quantity=10
        ),
    )

    with registry.storage.log() as log:
        report = audit(log, anchor=Anchor(), tables=log)

    assert (report.findings, report.issued) == ([], made.quantity)


def test_each_test_gets_a_registry_of_its_own(registry: Registry) -> None:
    with registry.storage.log() as log:
        assert log.size() == 2


def test_a_new_database_is_empty(backend: Backend, database_url: str) -> None:
    url = database_url.replace("postgresql:", "postgresql+psycopg:")

    engine = create_engine(url)

    assert inspect(engine).get_table_names() == []
    engine.dispose()
    assert url.startswith(backend.name)
