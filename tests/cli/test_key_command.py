"""`eac key`: keys that are printed once, listed without a secret, revoked and rotated."""

from re import fullmatch
from typing import Any

import pytest

from app.factory import Registry, make_keys_service
from app.registry.operations.person_add import PersonAdd
from app.services.credentials import ApiKeys
from app.services.record import Asked
from tests.cli.commands import Ran
from tests.cli.conftest import Eac
from tests.scenario import ORIGIN, accept, new_id

TEXT = "eac_[0-9a-f]{16}_[A-Za-z0-9_-]{43}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
PREFIX = "0123456789abcdef"
MEMBERS = [
    "prefix",
    "organisation",
    "scope",
    "label",
    "created_at",
    "expires_at",
    "revoked_at",
    "person",
]


@pytest.fixture
def keys(registry: Registry) -> ApiKeys:
    return make_keys_service(registry.storage)


@pytest.fixture
def key(registry: Registry, eac: Eac) -> Eac:
    """Run `eac key` on this test's registry."""

    def run(*arguments: str) -> Ran:
        settings = registry.settings
        return eac(
            "key", *arguments, EAC_HOME=str(settings.home), EAC_DATABASE_URL=settings.database_url
        )

    return run


def person(registry: Registry, organisation: str) -> str:
    """Add somebody who acts for an organisation; return the person's id."""
    record, attachments = registry.vault.commit({"name": "Ada"})
    added = PersonAdd(id=new_id(), origin=ORIGIN, by=organisation, member=new_id(), record=record)
    accept(registry, Asked(added, attachments))
    return added.member


def listed(key: Eac, organisation: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = key("list", organisation, "--json").json["keys"]
    return found


def test_a_key_is_all_that_is_printed_and_it_is_good(
    registry: Registry, keys: ApiKeys, key: Eac
) -> None:
    done = key("issue", registry.operator)

    found = keys.identify(done.out.rstrip("\n"))
    assert done.status == 0
    assert fullmatch(f"{TEXT}\n", done.out)
    assert done.err == "shown once; only a hash of it is kept\n"
    assert found is not None
    assert (found.organisation, found.scope, found.ends_at) == (
        registry.operator,
        "administer",
        None,
    )


def test_a_key_has_the_scope_label_and_end_that_were_asked_for(
    registry: Registry, keys: ApiKeys, key: Eac
) -> None:
    asked = ("--scope", "read", "--label", "night job", "--expires-in-days", "2", "--json")

    shown = key("issue", registry.operator, *asked).json

    found = keys.identify(shown["key"])
    assert found is not None
    assert list(shown) == ["key", *MEMBERS]
    assert (shown["scope"], shown["label"], shown["revoked_at"]) == ("read", "night job", None)
    assert fullmatch(TIME, shown["expires_at"])
    assert found.expires_at is not None
    assert abs(found.expires_at - found.created_at - 2 * 86_400_000) < 60_000


@pytest.mark.parametrize(
    "wrong", [["--scope", "all"], ["--expires-in-days", "0"], ["--expires-in-days", "x"]]
)
def test_an_option_that_cannot_be_meant_issues_nothing(
    wrong: list[str], registry: Registry, keys: ApiKeys, key: Eac
) -> None:
    done = key("issue", registry.operator, *wrong)

    assert (done.status, done.out) == (2, "")
    assert keys.of(registry.operator) == []


def test_who_is_unknown_gets_no_key(key: Eac) -> None:
    unknown, malformed = key("issue", new_id()), key("issue", "nobody")

    assert (unknown.status, unknown.out) == (2, "")
    assert unknown.refusal == (
        "unknown-organisation: only who is admitted or has applied gets a key"
    )
    assert (malformed.status, malformed.refusal[:10]) == (2, "invalid-id")


def test_keys_are_listed_with_how_they_end_and_without_a_secret(
    registry: Registry, keys: ApiKeys, key: Eac
) -> None:
    texts = [
        keys.issue(organisation=registry.operator, prefix=f"{at}" * 16, label=f"no {at}")
        for at in range(3)
    ]
    keys.revoke("1" * 16)
    keys.rotate("2" * 16, overlap_s=60, new_prefix="3" * 16)

    done = key("list", registry.operator)

    lines = done.out.splitlines()
    assert lines[0] == f"{'0' * 16}  administer  without end  no 0"
    assert fullmatch(f"{'1' * 16}  administer  ended {TIME}  no 1", lines[1])
    assert fullmatch(f"{'2' * 16}  administer  ends {TIME}  no 2", lines[2])
    assert lines[3:] == [f"{'3' * 16}  administer  without end  no 2"]
    assert not [text for text in texts if text.split("_", 2)[2] in done.out]


def test_a_list_as_json_is_one_object_with_every_key(
    registry: Registry, keys: ApiKeys, key: Eac
) -> None:
    for at in range(201):
        keys.issue(organisation=registry.operator, prefix=f"{at:016x}")

    done = key("list", registry.operator, "--json")

    assert len(done.out.splitlines()) == 1
    assert [item["prefix"] for item in done.json["keys"]] == [f"{at:016x}" for at in range(201)]
    assert list(done.json["keys"][0]) == MEMBERS


def test_an_organisation_without_keys_has_an_empty_list(registry: Registry, key: Eac) -> None:
    assert key("list", registry.operator).out == ""
    assert listed(key, registry.operator) == []


def test_a_revoked_key_is_no_good(registry: Registry, keys: ApiKeys, key: Eac) -> None:
    text = keys.issue(organisation=registry.operator, prefix=PREFIX)

    said, again = key("revoke", PREFIX), key("revoke", PREFIX, "--json")

    assert fullmatch(f"{PREFIX} ended {TIME}\n", said.out)
    assert again.json["revoked_at"] in said.out
    assert keys.identify(text) is None


def test_a_rotated_key_gets_a_successor_that_is_printed_once(
    registry: Registry, keys: ApiKeys, key: Eac
) -> None:
    old = keys.issue(organisation=registry.operator, prefix=PREFIX, scope="write")

    done = key("rotate", PREFIX, "--overlap-s", "0")

    found = keys.identify(done.out.rstrip("\n"))
    assert found is not None
    assert (found.organisation, found.scope) == (registry.operator, "write")
    assert keys.identify(old) is None
    assert key("rotate", PREFIX).refusal == (
        "invalid-state-transition: it has ended or has a successor already"
    )


def test_a_rotated_key_stays_good_for_a_day_unless_something_else_is_said(
    registry: Registry, keys: ApiKeys, key: Eac
) -> None:
    old = keys.issue(organisation=registry.operator, prefix=PREFIX)

    shown = key("rotate", PREFIX, "--json").json

    ended = keys.identify(old)
    successor = keys.find(shown["prefix"])
    assert ended is not None
    assert successor is not None
    assert ended.ends_at == successor.created_at + 86_400_000


@pytest.mark.parametrize("verb", ["revoke", "rotate"])
@pytest.mark.parametrize("prefix", [PREFIX, "nonsense"])
def test_what_is_no_key_is_not_found(verb: str, prefix: str, key: Eac) -> None:
    done = key(verb, prefix)

    assert (done.status, done.out, done.refusal) == (2, "", "not-found: no such key")


def test_no_key_is_issued_before_init(eac: Eac) -> None:
    refused = eac("key", "issue", new_id())

    assert (refused.status, refused.out) == (2, "")
    assert refused.refusal.endswith("run `eac init`")


def test_a_key_of_a_person_is_that_persons_and_of_nobody_else(
    registry: Registry, keys: ApiKeys, key: Eac
) -> None:
    ada = person(registry, registry.operator)
    stranger = person(registry, registry.issuing_body)

    shown = key("issue", registry.operator, "--person", ada, "--json").json
    refused = key("issue", registry.operator, "--person", stranger)

    found = keys.identify(shown["key"])
    assert found is not None
    assert shown["person"] == found.person == ada
    assert (refused.status, refused.out) == (2, "")
    assert refused.refusal.startswith("not-found")
    assert len(keys.of(registry.operator)) == 1
