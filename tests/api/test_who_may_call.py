"""Every route and every role: who gets in, with which scope of key, and what others are told."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.factory import make_keys_service
from app.http.access import (
    ANY_KEY,
    EVERY_ROLE,
    PUBLIC,
    Access,
    AccessError,
    allow,
    declared,
    must_be_declared,
)
from app.http.paging import HEIGHT_MAX
from app.ledger.encoding import INTEGER_MAX
from app.registry.errors import RefusalError
from app.services.credentials import ADMINISTER, READ, SCOPES, WRITE, ApiKeys
from app.storage.credentials import CredentialRows
from tests.api.doors import Doors
from tests.api.parties import applying
from tests.scenario import new_id

ROLES = ("generator", "buyer", "measurement_body", "auditor", "issuing_body", "operator")
KEYLESS, APPLICANT = "none", "applicant"
GENERATORS = frozenset({"generator"})
HOLDERS = frozenset({"generator", "buyer"})
REPORTERS = frozenset({"generator", "measurement_body"})
METERING = frozenset({"measurement_body"})
AUTHORITY = frozenset({"issuing_body"})
REPLAYERS = frozenset({"auditor", "issuing_body", "operator"})
OPERATORS = frozenset({"operator"})
ANYBODY = frozenset({PUBLIC})
ADMITTED = frozenset(EVERY_ROLE)
"""Whoever is admitted, in any role."""
MEMBERS = frozenset({ANY_KEY})
"""Whoever shows a valid key, an applicant's too."""

HEIGHT = f"<int(max={HEIGHT_MAX}):height>"
PREFIX = "<string(length=16):prefix>"
RECORD = "<string(length=64):record>"
NUMBER = f"<int(min=1, max={INTEGER_MAX}):number>"
TABLE: dict[tuple[str, str], tuple[frozenset[str], str]] = {
    ("GET", "/metrics"): (OPERATORS, READ),
    ("GET", "/v1/accounts"): (MEMBERS, READ),
    ("POST", "/v1/accounts"): (HOLDERS, ADMINISTER),
    ("GET", "/v1/accounts/<uuid:account>"): (MEMBERS, READ),
    ("GET", "/v1/accounts/<uuid:account>/holdings"): (MEMBERS, READ),
    ("GET", "/v1/accounts/<uuid:account>/whitelist"): (MEMBERS, READ),
    ("PUT", "/v1/accounts/<uuid:account>/whitelist/<uuid:sender>"): (HOLDERS, ADMINISTER),
    ("DELETE", "/v1/accounts/<uuid:account>/whitelist/<uuid:sender>"): (HOLDERS, ADMINISTER),
    ("GET", "/v1/adjustments"): (MEMBERS, READ),
    ("POST", "/v1/adjustments"): (AUTHORITY, WRITE),
    ("GET", "/v1/adjustments/<uuid:adjustment>"): (MEMBERS, READ),
    ("GET", "/v1/applications"): (AUTHORITY, READ),
    ("GET", "/v1/authorities"): (ANYBODY, READ),
    ("GET", "/v1/blocks"): (ANYBODY, READ),
    ("GET", f"/v1/blocks/{HEIGHT}"): (ANYBODY, READ),
    ("GET", f"/v1/blocks/{HEIGHT}/operations"): (MEMBERS, READ),
    ("GET", "/v1/bundles"): (MEMBERS, READ),
    ("GET", "/v1/code-lists"): (ANYBODY, READ),
    ("GET", "/v1/code-lists/<version>"): (ANYBODY, READ),
    ("GET", "/v1/devices"): (MEMBERS, READ),
    ("POST", "/v1/devices"): (GENERATORS, WRITE),
    ("GET", "/v1/devices/<uuid:device>"): (MEMBERS, READ),
    ("PUT", "/v1/devices/<uuid:device>"): (GENERATORS, WRITE),
    ("POST", "/v1/devices/<uuid:device>/apportion"): (REPORTERS, WRITE),
    ("POST", "/v1/devices/<uuid:device>/approve"): (AUTHORITY, WRITE),
    ("PUT", "/v1/devices/<uuid:device>/automatic"): (AUTHORITY, WRITE),
    ("POST", "/v1/devices/<uuid:device>/corrections"): (REPORTERS, WRITE),
    ("POST", "/v1/devices/<uuid:device>/deregister"): (AUTHORITY, WRITE),
    ("POST", "/v1/devices/<uuid:device>/hand-over"): (GENERATORS, WRITE),
    ("GET", "/v1/devices/<uuid:device>/meters"): (MEMBERS, READ),
    ("PUT", "/v1/devices/<uuid:device>/meters"): (REPORTERS | AUTHORITY, WRITE),
    ("DELETE", "/v1/devices/<uuid:device>/meters"): (REPORTERS | AUTHORITY, WRITE),
    ("GET", "/v1/devices/<uuid:device>/registrations"): (MEMBERS, READ),
    ("POST", f"/v1/devices/<uuid:device>/registrations/{NUMBER}/review"): (AUTHORITY, WRITE),
    ("POST", f"/v1/devices/<uuid:device>/registrations/{NUMBER}/take-over"): (GENERATORS, WRITE),
    ("POST", "/v1/devices/<uuid:device>/resume"): (AUTHORITY, WRITE),
    ("GET", "/v1/devices/<uuid:device>/spans"): (MEMBERS, READ),
    ("POST", "/v1/devices/<uuid:device>/suspend"): (AUTHORITY, WRITE),
    ("GET", "/v1/docs"): (ANYBODY, READ),
    ("GET", "/v1/docs/<name>"): (ANYBODY, READ),
    ("GET", "/v1/domains"): (ANYBODY, READ),
    ("GET", "/v1/fuel-declarations"): (MEMBERS, READ),
    ("POST", "/v1/fuel-declarations"): (METERING, WRITE),
    ("GET", "/v1/endorsements"): (MEMBERS, READ),
    ("POST", "/v1/endorsements"): (ADMITTED, WRITE),
    ("GET", "/v1/endorsements/<uuid:endorsement>"): (MEMBERS, READ),
    ("GET", "/v1/erasures"): (REPLAYERS, READ),
    ("POST", "/v1/erasures"): (AUTHORITY | OPERATORS, ADMINISTER),
    ("GET", "/v1/health"): (ANYBODY, READ),
    ("GET", "/v1/integrity"): (ANYBODY, READ),
    ("POST", "/v1/integrity/replays"): (REPLAYERS, READ),
    ("GET", "/v1/integrity/replays/<uuid:replay>"): (REPLAYERS, READ),
    ("GET", "/v1/issuances"): (MEMBERS, READ),
    ("POST", "/v1/issuances"): (GENERATORS, WRITE),
    ("POST", "/v1/issuances/month"): (GENERATORS, WRITE),
    ("POST", "/v1/issuances/preview"): (GENERATORS, READ),
    ("GET", "/v1/issuances/<uuid:issuance>"): (MEMBERS, READ),
    ("POST", "/v1/issuances/<uuid:issuance>/approve"): (AUTHORITY, WRITE),
    ("GET", "/v1/issuances/<uuid:issuance>/intervals"): (MEMBERS, READ),
    ("GET", "/v1/issuances/<uuid:issuance>/profile"): (MEMBERS, READ),
    ("POST", "/v1/issuances/<uuid:issuance>/reject"): (AUTHORITY, WRITE),
    ("POST", "/v1/issuances/<uuid:issuance>/review"): (METERING | AUTHORITY, WRITE),
    ("POST", "/v1/issuances/<uuid:issuance>/submit"): (GENERATORS, WRITE),
    ("POST", "/v1/issuances/<uuid:issuance>/withdraw"): (GENERATORS, WRITE),
    ("GET", "/v1/keys"): (MEMBERS, ADMINISTER),
    ("POST", "/v1/keys"): (MEMBERS, ADMINISTER),
    ("DELETE", f"/v1/keys/{PREFIX}"): (MEMBERS, ADMINISTER),
    ("POST", f"/v1/keys/{PREFIX}/rotate"): (MEMBERS, ADMINISTER),
    ("GET", "/v1/layouts"): (ANYBODY, READ),
    ("POST", "/v1/measurement-files"): (REPORTERS, WRITE),
    ("POST", "/v1/measurement-files/check"): (MEMBERS, READ),
    ("GET", "/v1/measurement-reports"): (MEMBERS, READ),
    ("POST", "/v1/measurement-reports"): (REPORTERS, WRITE),
    ("GET", "/v1/measurement-reports/<uuid:report>"): (MEMBERS, READ),
    ("POST", "/v1/measurement-reports/<uuid:report>/accept"): (AUTHORITY, WRITE),
    ("GET", "/v1/openapi.json"): (ANYBODY, READ),
    ("GET", "/v1/operations"): (MEMBERS, READ),
    ("POST", "/v1/operations"): (HOLDERS | METERING | AUTHORITY, WRITE),
    ("GET", "/v1/operations/<uuid:operation>"): (MEMBERS, READ),
    ("GET", "/v1/operations/<uuid:operation>/receipt"): (ANYBODY, READ),
    ("GET", "/v1/operations/<uuid:operation>/receipt.json"): (MEMBERS, READ),
    ("GET", "/v1/organisations"): (MEMBERS, READ),
    ("POST", "/v1/organisations"): (ANYBODY, READ),
    ("GET", "/v1/organisations/<uuid:organisation>"): (MEMBERS, READ),
    ("POST", "/v1/organisations/<uuid:organisation>/admit"): (AUTHORITY, WRITE),
    ("POST", "/v1/organisations/<uuid:organisation>/reject"): (AUTHORITY, WRITE),
    ("POST", "/v1/organisations/<uuid:organisation>/review"): (AUTHORITY, WRITE),
    ("GET", "/v1/persons"): (MEMBERS, READ),
    ("POST", "/v1/persons"): (ADMITTED, ADMINISTER),
    ("GET", "/v1/persons/<uuid:person>"): (MEMBERS, READ),
    ("POST", "/v1/persons/<uuid:person>/remove"): (ADMITTED, ADMINISTER),
    ("GET", f"/v1/privacy/exports/{RECORD}"): (MEMBERS, READ),
    ("GET", "/v1/refusals"): (MEMBERS, READ),
    ("GET", "/v1/reports/balances"): (MEMBERS, READ),
    ("GET", "/v1/reports/issuances"): (MEMBERS, READ),
    ("GET", "/v1/reports/issued"): (MEMBERS, READ),
    ("GET", "/v1/retirements"): (MEMBERS, READ),
    ("POST", "/v1/retirements"): (HOLDERS, WRITE),
    ("GET", "/v1/retirements/<uuid:retirement>"): (MEMBERS, READ),
    ("GET", "/v1/transfers"): (MEMBERS, READ),
    ("POST", "/v1/transfers"): (HOLDERS, WRITE),
    ("POST", "/v1/transfers/offer"): (HOLDERS, WRITE),
    ("GET", "/v1/transfers/<uuid:transfer>"): (MEMBERS, READ),
    ("POST", "/v1/transfers/<uuid:transfer>/abort"): (AUTHORITY, WRITE),
    ("POST", "/v1/transfers/<uuid:transfer>/accept"): (HOLDERS, WRITE),
    ("POST", "/v1/transfers/<uuid:transfer>/recall"): (HOLDERS, WRITE),
    ("POST", "/v1/transfers/<uuid:transfer>/reject"): (HOLDERS, WRITE),
    ("GET", "/v1/withdrawals"): (MEMBERS, READ),
    ("POST", "/v1/withdrawals"): (AUTHORITY, WRITE),
    ("GET", "/v1/withdrawals/<uuid:withdrawal>"): (MEMBERS, READ),
}
"""Each route and method: who may call it, with a key of which scope at least."""

UNKNOWN = "00000000-0000-4000-8000-000000000000"
FILLED = {
    HEIGHT: "0",
    PREFIX: "0" * 16,
    RECORD: "f" * 64,
    NUMBER: "1",
    "<name>": "nothing.css",
    "<version>": "nothing-1",
}
BODIES = (b"garbage", b"{}")


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Yield method, rule and endpoint of everything that is answered."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD"}:
            yield method, rule.rule, rule.endpoint


def path_of(rule: str) -> str:
    """Return a path that the rule takes, of things that there are not."""
    parts = (part for part in rule.split("/"))
    return "/".join(
        FILLED.get(part, UNKNOWN if part.startswith("<uuid:") else part) for part in parts
    )


def keys_of_every_scope(doors: Doors) -> dict[str, dict[str, str]]:
    """Return a key of every scope for every role, an applicant included."""
    keys = make_keys_service(doors.registry.storage)
    applied = doors.client.post(
        "/v1/organisations", json=applying(), headers={"Idempotency-Key": "an-applicant"}
    ).get_json()
    parties = {role: keys.identify(doors.keys[role]) for role in ROLES}
    ids = {role: key.organisation for role, key in parties.items() if key is not None}
    return {
        role: {scope: keys.issue(organisation=party, scope=scope) for scope in SCOPES}
        for role, party in {**ids, APPLICANT: applied["id"]}.items()
    }


def call(doors: Doors, method: str, rule: str, key: str, body: bytes) -> int:
    """Return the status of a call that is allowed to mean nothing."""
    headers = {"Idempotency-Key": new_id(), "Content-Type": "application/json"}
    shown = {"Authorization": f"Bearer {key}"} if key else {}
    return doors.client.open(
        path_of(rule), method=method, data=body, headers={**headers, **shown}
    ).status_code


def may_call(role: str, scope: str, may: frozenset[str], needs: str) -> bool:
    """Say whether a role with a key of a scope gets in, as the table tells it."""
    if may == ANYBODY:
        return True
    has_role = role in may or (may == MEMBERS and role != KEYLESS)
    return has_role and SCOPES.index(scope) >= SCOPES.index(needs)


def test_every_route_is_in_the_table_and_declares_what_stands_there(doors: Doors) -> None:
    found = {
        (method, rule): declared(doors.app, endpoint)
        for method, rule, endpoint in routes(doors.app)
    }

    assert found == {route: Access(may, scope) for route, (may, scope) in TABLE.items()}


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_every_route_lets_in_whom_the_table_names_and_nobody_else(
    doors: Doors, body: bytes
) -> None:
    keys = keys_of_every_scope(doors)

    wrong = {}
    for (method, rule), (may, needs) in TABLE.items():
        for role, by_scope in keys.items():
            for scope, key in by_scope.items():
                status = call(doors, method, rule, key, body)
                is_in = may_call(role, scope, may, needs)
                if status >= 500 or status == 401 or (status != 403) is not is_in:
                    wrong[method, rule, role, scope] = status

    assert wrong == {}


def test_without_a_key_only_what_is_public_is_answered(doors: Doors) -> None:
    statuses = {
        (method, rule): {call(doors, method, rule, "", body) for body in BODIES}
        for method, rule in TABLE
    }

    shut = {route for route, found in statuses.items() if found == {401}}

    assert shut == {route for route, (may, _) in TABLE.items() if may != ANYBODY}
    assert not any(status == 401 for route in TABLE.keys() - shut for status in statuses[route])


def test_a_key_that_is_not_good_is_no_key_where_one_is_needed_and_no_harm_where_none_is(
    doors: Doors,
) -> None:
    wrong = f"eac_{'0' * 16}_{'A' * 43}"

    statuses = {route: call(doors, *route, wrong, b"garbage") for route in TABLE}

    assert {route for route, status in statuses.items() if status == 401} == {
        route for route, (may, _) in TABLE.items() if may != ANYBODY
    }
    assert max(statuses.values()) < 500


def test_a_method_that_a_path_does_not_know_lets_nobody_in(doors: Doors) -> None:
    known = {(method, path_of(rule)) for method, rule in TABLE}
    others = {
        (method, path)
        for path in {path for _, path in known}
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
        if (method, path) not in known
    }

    statuses = {
        (method, path): doors.client.open(
            path, method=method, headers=doors.header("issuing_body")
        ).status_code
        for method, path in others
    }

    assert {route: status for route, status in statuses.items() if status not in {404, 405}} == {}


def test_a_head_is_guarded_as_its_get_is(doors: Doors) -> None:
    guarded = [
        rule for (method, rule), (may, _) in TABLE.items() if method == "GET" and may != ANYBODY
    ]

    assert {doors.client.head(path_of(rule)).status_code for rule in guarded} == {401}


def test_a_view_that_declares_nothing_is_no_application() -> None:
    app = Flask("undeclared", static_folder=None)
    app.add_url_rule("/open", view_func=lambda: "open")

    with pytest.raises(AccessError, match="/open"):
        must_be_declared(app)


@pytest.mark.parametrize(
    "roles", [(), ("everybody",), ("public", "auditor"), ("any key", "auditor"), ("applicant",)]
)
def test_a_declaration_names_roles_that_there_are(roles: tuple[str, ...]) -> None:
    with pytest.raises(AccessError):
        allow(*roles)


@pytest.mark.parametrize("scope", ["", "all", "READ"])
def test_a_declaration_names_a_scope_that_there_is(scope: str) -> None:
    with pytest.raises(AccessError):
        allow("auditor", scope=scope)


def test_no_key_is_answered_with_the_scheme_to_use(doors: Doors) -> None:
    answer = doors.client.post("/v1/integrity/replays")

    assert answer.json is not None
    assert answer.json["type"] == "/problems/unauthenticated"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="eac"'


def test_a_role_that_is_missing_is_named(doors: Doors) -> None:
    answer = doors.client.post("/v1/integrity/replays", headers=doors.header("buyer"))

    assert answer.json is not None
    assert answer.json["type"] == "/problems/forbidden-role"
    assert answer.json["rule"] == "R62"
    assert doors.started == []


def altered(text: str, at: int) -> str:
    other = "0" if text[at] != "0" else "1"
    return f"{text[:at]}{other}{text[at + 1 :]}"


def test_a_key_is_whole_or_nothing(doors: Doors) -> None:
    key = doors.keys["auditor"]
    wrong = [
        *(f"Bearer {altered(key, at)}" for at in (0, 4, 19, 20, 21, 40)),
        f"Bearer {key[:-1]}",
        f"Bearer {key} ",
        f"Bearer  {key}",
        f"Bearer {key}\N{LATIN SMALL LETTER E WITH ACUTE}",
        f"Basic {key}",
        key,
        "Bearer",
        "",
    ]

    statuses = {
        text: doors.client.post(
            "/v1/integrity/replays", headers={"Authorization": text}
        ).status_code
        for text in wrong
    }

    assert set(statuses.values()) == {401}, statuses


def test_the_scheme_is_read_in_any_case(doors: Doors) -> None:
    header = {"Authorization": f"bearer {doors.keys['auditor']}"}

    assert doors.client.post("/v1/integrity/replays", headers=header).status_code == 202


def test_no_key_is_issued_to_who_is_not_admitted(doors: Doors) -> None:
    with pytest.raises(RefusalError, match="unknown-organisation"):
        make_keys_service(doors.registry.storage).issue(organisation=new_id())


class StrangerRows(CredentialRows):
    """Rows that know no organisation when a key is issued."""

    def may_have_key(self, organisation: str) -> bool:
        return bool(organisation)


def test_the_key_of_an_unknown_organisation_has_no_role(doors: Doors) -> None:
    key = ApiKeys(StrangerRows(doors.registry.storage.database)).issue(organisation=new_id())

    answer = doors.client.post("/v1/integrity/replays", headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 403


def test_a_key_is_kept_as_a_hash_only(doors: Doors) -> None:
    rows = CredentialRows(doors.registry.storage.database)
    _, prefix, secret = doors.keys["auditor"].split("_", 2)

    kept = rows.shown(prefix)

    assert kept is not None
    assert secret not in str(kept)
    assert len(secret) == 43
