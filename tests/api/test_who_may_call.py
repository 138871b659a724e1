"""Every route and every role: who gets in, and what the others are told."""

import pytest
from flask import Flask

from app.factory import make_keys_service
from app.http.access import AccessError, allow, must_be_declared
from app.registry.errors import RefusalError
from app.services.credentials import ApiKeys
from app.storage.credentials import CredentialRows
from tests.api.doors import Doors
from tests.scenario import new_id

ROLES = ("none", "generator", "buyer", "auditor", "issuing_body", "operator")
UNKNOWN = "00000000-0000-4000-8000-000000000000"
EVERYBODY = dict.fromkeys(ROLES, 200)


def replaying(status: int) -> dict[str, int]:
    may = dict.fromkeys(("auditor", "issuing_body", "operator"), status)
    return {"none": 401, "generator": 403, "buyer": 403, **may}


TABLE: dict[tuple[str, str], tuple[str, dict[str, int]]] = {
    ("GET", "/v1/health"): ("/v1/health", EVERYBODY),
    ("GET", "/v1/blocks"): ("/v1/blocks", EVERYBODY),
    ("GET", "/v1/blocks/<int(max=9007199254740991):height>"): ("/v1/blocks/0", EVERYBODY),
    ("GET", "/v1/integrity"): ("/v1/integrity", EVERYBODY),
    ("POST", "/v1/integrity/replays"): ("/v1/integrity/replays", replaying(202)),
    ("GET", "/v1/integrity/replays/<uuid:replay>"): (
        f"/v1/integrity/replays/{UNKNOWN}",
        replaying(404),
    ),
    ("GET", "/v1/openapi.json"): ("/v1/openapi.json", EVERYBODY),
}


def test_every_route_answers_every_role_as_the_table_says(doors: Doors) -> None:
    routes = {
        (method, rule.rule)
        for rule in doors.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD"}
    }

    found = {
        (method, rule): {
            role: doors.client.open(path, method=method, headers=doors.header(role)).status_code
            for role in ROLES
        }
        for (method, rule), (path, _) in TABLE.items()
    }

    assert routes == TABLE.keys()
    assert found == {route: expected for route, (_, expected) in TABLE.items()}


def test_a_view_that_declares_nothing_is_no_application() -> None:
    app = Flask("undeclared", static_folder=None)
    app.add_url_rule("/open", view_func=lambda: "open")

    with pytest.raises(AccessError, match="/open"):
        must_be_declared(app)


@pytest.mark.parametrize("roles", [(), ("everybody",), ("public", "auditor")])
def test_a_declaration_names_roles_that_there_are(roles: tuple[str, ...]) -> None:
    with pytest.raises(AccessError):
        allow(*roles)


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
