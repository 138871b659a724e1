"""What the document says is what the door does: requests made from it, right and wrong ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from app.application import create_app
from app.factory import Registry, make_keys_service, open_registry
from app.ledger.times import format_time
from tests.api.doors import Doors
from tests.databases import SqliteDatabases
from tests.scenario import FIRST_DAY, Market, account, market, offering, organisation, whitelisted
from tests.scenario import accept as accepted

ROLES = ("none", "generator", "buyer", "auditor", "issuing_body", "operator")
EXAMPLES = 3
"""For each operation, kind of request and role; more are tried with what exists."""
KINDS = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
IS_DECIDED_BY_RULES = frozenset({"POST", "PUT", "DELETE"})
NO_RANGE = frozenset({"GET /v1/integrity", "GET /v1/issuances/{issuance}/profile"})
"""They refuse heights that the log does not have, and certificates that an issuance has not."""
ASKS_NOTHING = frozenset(
    {
        "GET /v1/health",
        "GET /v1/authorities",
        "GET /v1/code-lists",
        "GET /v1/code-lists/{version}",
        "GET /v1/domains",
        "GET /v1/layouts",
        "GET /v1/openapi.json",
        "POST /v1/integrity/replays",
    }
)
"""There is nothing in them that could be wrong."""
ANSWERS_EACH = "POST /v1/operations"
"""It refuses what is wrong item by item."""

schemathesis.openapi.format("date-time", st.integers(FIRST_DAY, 2 * FIRST_DAY).map(format_time))


@dataclass(frozen=True)
class Explored:
    """A door over a market, with the ids in it by the name of the path's parameter."""

    doors: Doors
    known: dict[str, object]


@pytest.fixture(scope="module")
def explored(
    sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Explored]:
    made = sqlite_databases.founded(tmp_path_factory.mktemp("explored") / "home")
    unlimited = replace(made, rate_per_minute=0, public_rate_per_minute=0)
    with open_registry(unlimited) as registry:
        app = create_app(settings=unlimited, start_replay=lambda _: None)
        doors = Doors(app=app, client=app.test_client(), registry=registry)
        found = market(registry)
        parties = {
            "generator": found.generator,
            "buyer": found.buyer,
            "auditor": organisation(registry, "auditor"),
            "operator": registry.operator,
            "issuing_body": registry.issuing_body,
        }
        keys = make_keys_service(registry.storage)
        doors.keys = {role: keys.issue(organisation=party) for role, party in parties.items()}
        yield Explored(doors, known(registry, found, doors))
        app.extensions["eac-context"].close()


def known(registry: Registry, found: Market, doors: Doors) -> dict[str, object]:
    """Return what the paths may name."""
    offer = offering(
        found.generator, source=found.generator_account, to=found.buyer_account, quantity=2
    )
    accepted(registry, offer)
    sender = account(registry, found.buyer)
    whitelisted(registry, receiver=found.generator_account, owner=found.generator, sender=sender)
    reports = doors.client.get("/v1/measurement-reports", headers=doors.header("generator")).json
    assert reports is not None
    return {
        "organisation": found.generator,
        "account": found.generator_account,
        "sender": sender,
        "device": found.device,
        "issuance": found.issuance,
        "transfer": offer.offer,
        "operation": offer.id,
        "report": reports["reports"][0]["id"],
        "height": 1,
    }


def check(doors: Doors, role: str, case: "Case[Any]") -> None:
    """Send a request, and find its answer as the document says."""
    answer = case.call(headers=doors.header(role))
    sent = parse_qs(urlsplit(str(answer.request.url)).query, keep_blank_values=True)
    is_rule = case.operation.method.upper() in IS_DECIDED_BY_RULES
    leaves_out = {
        positive_data_acceptance: is_rule or case.operation.label in NO_RANGE,
        negative_data_rejection: case.operation.label == ANSWERS_EACH
        or not sent.keys() >= set(case.query or {}),
    }

    case.validate_response(
        answer,
        headers=doors.header(role),
        excluded_checks=[item for item, is_left_out in leaves_out.items() if is_left_out],
    )


def explore(strategy: st.SearchStrategy[Any], run: Any) -> None:  # noqa: ANN401 - a test's inside
    """Try a few requests, the same each time."""
    tried = settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(given(strategy)(run))
    tried()


@pytest.mark.parametrize("role", ROLES)
def test_every_answer_is_one_that_the_document_tells_of(explored: Explored, role: str) -> None:
    doors = explored.doors
    document = schemathesis.openapi.from_wsgi("/v1/openapi.json", doors.app)
    document.config.generation.update(with_security_parameters=False)
    found = [result.ok() for result in document.get_all_operations() if isinstance(result, Ok)]

    def run(case: "Case[Any]") -> None:
        check(doors, role, case)

    def run_with_what_exists(case: "Case[Any]") -> None:
        case.path_parameters = {
            name: explored.known.get(name, value)
            for name, value in (case.path_parameters or {}).items()
        }
        check(doors, role, case)

    for operation in found:
        for kind in KINDS:
            try:
                explore(operation.as_strategy(generation_mode=kind), run)
            except Unsatisfiable:
                assert kind is GenerationMode.NEGATIVE
                assert operation.label in ASKS_NOTHING
        if "{" in operation.path:
            explore(operation.as_strategy(), run_with_what_exists)
    assert len(found) > 50
