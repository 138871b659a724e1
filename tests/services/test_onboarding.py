"""Onboarding: an application with its record in the vault, decided once, then admitted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import time_ns
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import delete, func, select, update

from app.audit.walk import Anchor, audit
from app.factory import Registry
from app.ledger.times import format_time, parse_time
from app.registry.attachments import NOTHING
from app.registry.errors import RefusalError
from app.registry.organisations import Organisation
from app.services.applications import (
    ADMITTED,
    PENDING,
    REJECTED,
    Application,
    Onboarding,
    admit_operation,
)
from app.storage.applications import ApplicationRows
from app.storage.storage import Storage
from app.storage.tables import applications, vault
from tests.scenario import ORIGIN, accept, new_id, organisation

RECORD = {"name": "Wānaka Hydro Ltd", "register": "NZBN 9429000000000"}
WAIT_S = 60
PARTY = "018f0000-0000-7000-8000-000000000001"


@pytest.fixture
def onboarding(registry: Registry) -> Onboarding:
    return Onboarding(ApplicationRows(registry.storage.database), registry.vault)


def applied(onboarding: Onboarding, key: str | None = None, **members: Any) -> Application:  # noqa: ANN401 - members
    """Apply as one who asks to be a generator, unless something else is said."""
    asked = {"roles": ["generator"], "country": "NZ", "record": RECORD, **members}
    return onboarding.apply(key=key or new_id(), **asked)[0]


def registered(number: str, **more: str) -> dict[str, str]:
    """Return the record of who has a registration number."""
    return {"name": "Wānaka Hydro Ltd", "registration_number": number, **more}


def vault_rows(registry: Registry) -> int:
    with registry.storage.reading() as connection:
        return connection.scalar(select(func.count()).select_from(vault)) or 0


def race(registry: Registry, *acts: Callable[[Onboarding], str]) -> list[str]:
    """Have each act at the same moment, on connections of its own; return what came out."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[Onboarding], str]) -> str:
        storage = Storage.of(registry.settings.database_url)
        onboarding = Onboarding(ApplicationRows(storage.database), registry.vault)
        barrier.wait(WAIT_S)
        try:
            return act(onboarding)
        except RefusalError as refusal:
            return refusal.code
        finally:
            storage.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_an_application_is_pending_and_says_what_was_asked(onboarding: Onboarding) -> None:
    found, is_new = onboarding.apply(
        key="mine", roles=["generator", "buyer"], country="NZ", record=RECORD
    )

    assert is_new
    assert found.content == (found.organisation, ("buyer", "generator"), "NZ", found.record)
    assert (found.state, found.decided_at, found.reason) == (PENDING, None, None)
    assert abs(found.asked_at - time_ns() // 1_000_000) < 60_000
    assert onboarding.find(found.organisation) == found


def test_its_record_is_sealed_in_the_vault_and_opens_under_its_commitment(
    registry: Registry, onboarding: Onboarding
) -> None:
    found = applied(onboarding)

    with registry.storage.reading() as connection:
        sealed = connection.scalar(select(vault.c.sealed))
    assert onboarding.records_of([found.record]) == {found.record: RECORD}
    assert sealed is not None
    assert RECORD["name"].encode() not in sealed


def test_the_same_again_gives_the_one_that_stands(
    registry: Registry, onboarding: Onboarding
) -> None:
    asked: dict[str, Any] = {"key": "mine", "country": "NZ"}
    first, _ = onboarding.apply(**asked, roles=["buyer", "generator"], record=RECORD)

    again, is_new = onboarding.apply(
        **asked, roles=["generator", "buyer"], record=dict(reversed(RECORD.items()))
    )

    assert (again, is_new) == (first, False)
    assert vault_rows(registry) == 1


@pytest.mark.parametrize(
    "other",
    [{"roles": ["buyer"]}, {"country": "DK"}, {"record": {"name": "Other Ltd"}}],
    ids=["roles", "country", "record"],
)
def test_strangers_who_choose_the_same_key_each_have_their_own_application(
    other: dict[str, Any], registry: Registry, onboarding: Onboarding
) -> None:
    first = applied(onboarding, "1")

    stranger = applied(onboarding, "1", **other)

    assert stranger.organisation != first.organisation
    assert onboarding.find(first.organisation) == first
    assert vault_rows(registry) == 2


def test_one_record_is_committed_to_differently_by_each_organisation(
    onboarding: Onboarding,
) -> None:
    records = {applied(onboarding).record for _ in range(3)}

    assert len(records) == 3


def test_who_was_admitted_without_applying_has_no_application(
    registry: Registry, onboarding: Onboarding
) -> None:
    admitted = [organisation(registry, "buyer"), registry.operator, registry.issuing_body]

    assert [onboarding.find(party) for party in admitted] == [None] * 3


@pytest.mark.parametrize("spelling", ["NZBN 9429-001", "nzbn9429001", " NZBN.9429/001"])
def test_of_one_registration_a_second_organisation_is_not_taken_however_it_is_spelled(
    spelling: str, registry: Registry, onboarding: Onboarding
) -> None:
    first = applied(onboarding, record=registered("NZBN 9429 001"))
    onboarding.decide(first.organisation, state=ADMITTED, reason=None)

    with pytest.raises(RefusalError, match="organisation-exists") as refused:
        applied(onboarding, record=registered(spelling))

    assert refused.value.pointer == "/registration_number"
    assert vault_rows(registry) == 1
    assert applied(onboarding, record=registered(spelling), country="DK").state == PENDING
    assert applied(onboarding, record=registered("NZBN 9429 002")).state == PENDING
    assert applied(onboarding, record={"name": "Without a number"}).state == PENDING


def test_nobody_keeps_another_out_by_applying_in_its_name(onboarding: Onboarding) -> None:
    squatter = applied(onboarding, record=registered("9429", name="Squatter"))
    owner = applied(onboarding, record=registered("9429"))

    admitted = onboarding.decide(owner.organisation, state=ADMITTED, reason=None)

    assert admitted.state == ADMITTED
    with pytest.raises(RefusalError, match="organisation-exists"):
        onboarding.decide(squatter.organisation, state=ADMITTED, reason=None)
    rejected = onboarding.decide(squatter.organisation, state=REJECTED, reason="squatter")
    assert rejected.state == REJECTED


def test_who_applied_is_answered_again_after_another_of_its_registration_is_admitted(
    onboarding: Onboarding,
) -> None:
    first = applied(onboarding, "mine", record=registered("9429"))
    other = applied(onboarding, record=registered("9429", name="Other"))
    onboarding.decide(other.organisation, state=ADMITTED, reason=None)

    assert applied(onboarding, "mine", record=registered("9429")) == first


@pytest.mark.parametrize(
    ("asked_at", "risk_class", "until"),
    [
        ("2024-02-29T23:59:59.999Z", "low", "2027-02-28T23:59:59.999Z"),
        ("2024-02-29T00:00:00.000Z", "normal", "2026-02-28T00:00:00.000Z"),
        ("2024-02-29T12:00:00.000Z", "high", "2025-02-28T12:00:00.000Z"),
        ("2026-11-22T12:34:56.789Z", "low", "2029-11-22T12:34:56.789Z"),
    ],
)
def test_an_identity_is_verified_for_months_by_its_risk(
    asked_at: str, risk_class: str, until: str
) -> None:
    found = Application(
        PARTY, ("buyer",), "NZ", "0" * 64, PENDING, parse_time(asked_at), None, None
    )

    assert format_time(found.verified_until(risk_class)) == until


@pytest.mark.parametrize(
    ("members", "said", "pointer"),
    [
        ({"country": "UK"}, "invalid-country", "/country"),
        ({"roles": []}, "invalid-field", "/roles"),
        ({"roles": ["operator"]}, "invalid-field", "/roles/0"),
        ({"roles": ["buyer", "buyer"]}, "invalid-field", "/roles"),
        ({"roles": ["auditor", "buyer"]}, "separation-of-duties", "/roles"),
        ({"record": {"size": 1.5}}, "invalid-field", "/record"),
        ({"record": {"name": "x" * 16_384}}, "operation-too-large", "/record"),
    ],
)
def test_what_could_not_be_admitted_is_refused(
    members: dict[str, Any], said: str, pointer: str, onboarding: Onboarding
) -> None:
    with pytest.raises(RefusalError, match=said) as refused:
        applied(onboarding, **members)

    assert refused.value.pointer == pointer
    assert onboarding.list() == []


@pytest.mark.parametrize(("state", "reason"), [(ADMITTED, None), (REJECTED, "no-evidence")])
def test_a_decision_is_kept_and_the_same_again_gives_the_same(
    state: str, reason: str | None, onboarding: Onboarding
) -> None:
    asked = applied(onboarding)

    decided = onboarding.decide(asked.organisation, state=state, reason=reason)
    again = onboarding.decide(asked.organisation, state=state, reason=reason)

    assert decided.content == asked.content
    assert (decided.state, decided.reason) == (state, reason)
    assert decided.decided_at is not None
    assert decided.decided_at >= asked.asked_at
    assert again == decided == onboarding.find(asked.organisation)


@pytest.mark.parametrize(
    ("state", "reason"), [(ADMITTED, None), (REJECTED, "other"), (REJECTED, None)]
)
def test_another_decision_than_the_one_that_stands_is_refused(
    state: str, reason: str | None, onboarding: Onboarding
) -> None:
    party = applied(onboarding).organisation
    rejected = onboarding.decide(party, state=REJECTED, reason="no-evidence")

    with pytest.raises(RefusalError, match="request-already-decided: it is rejected"):
        onboarding.decide(party, state=state, reason=reason)

    assert onboarding.find(party) == rejected


@pytest.mark.parametrize(
    ("state", "reason", "pointer"),
    [
        (PENDING, None, "/state"),
        ("lost", None, "/state"),
        (REJECTED, "x" * 65, "/reason"),
        (REJECTED, "a\x00b", "/reason"),
    ],
)
def test_what_is_no_decision_is_refused(
    state: str, reason: str | None, pointer: str, onboarding: Onboarding
) -> None:
    party = applied(onboarding).organisation

    with pytest.raises(RefusalError, match="invalid-field") as refused:
        onboarding.decide(party, state=state, reason=reason)

    assert refused.value.pointer == pointer
    assert [item.state for item in onboarding.list()] == [PENDING]


def test_what_was_never_asked_cannot_be_decided(onboarding: Onboarding) -> None:
    assert onboarding.find(PARTY) is None
    with pytest.raises(RefusalError, match="not-found"):
        onboarding.decide(PARTY, state=ADMITTED, reason=None)
    with pytest.raises(RefusalError, match="invalid-id"):
        onboarding.decide("nobody", state=ADMITTED, reason=None)


def test_applications_are_listed_in_pages_by_their_state(onboarding: Onboarding) -> None:
    parties = sorted(applied(onboarding).organisation for _ in range(5))
    onboarding.decide(parties[1], state=REJECTED, reason="late")
    onboarding.decide(parties[4], state=ADMITTED, reason=None)

    pages: list[list[str]] = []
    while page := onboarding.list(after=pages[-1][-1] if pages else None, limit=2):
        pages.append([item.organisation for item in page])
    by_state = {
        state: [parties.index(item.organisation) for item in onboarding.list(state)]
        for state in (PENDING, ADMITTED, REJECTED)
    }

    assert pages == [parties[:2], parties[2:4], parties[4:]]
    assert by_state == {PENDING: [0, 2, 3], ADMITTED: [4], REJECTED: [1]}


@pytest.mark.parametrize(
    ("state", "after", "said"), [("lost", None, "invalid-field"), (None, "first", "invalid-id")]
)
def test_a_list_of_what_cannot_be_is_refused(
    state: str | None, after: str | None, said: str, onboarding: Onboarding
) -> None:
    with pytest.raises(RefusalError, match=said):
        onboarding.list(state=state, after=after, limit=1)


def test_an_application_becomes_an_admission_on_the_log_that_audits(
    registry: Registry, onboarding: Onboarding
) -> None:
    asked = applied(onboarding, roles=["generator", "buyer"])
    decided = onboarding.decide(asked.organisation, state=ADMITTED, reason=None)

    admission = admit_operation(decided, id=new_id(), origin=ORIGIN, by=registry.issuing_body)
    accept(registry, admission)

    with registry.storage.log() as log:
        admitted = {item.id: item for item in log.entities(Organisation)}
        report = audit(log, anchor=Anchor(), tables=log)
    assert admission.attachments == NOTHING
    assert admitted[asked.organisation] == Organisation(*asked.content, asked.verified_until())
    assert report.findings == []
    record = admitted[asked.organisation].record
    assert onboarding.records_of([record]) == {record: RECORD}


def test_a_record_that_was_erased_is_nothing(registry: Registry, onboarding: Onboarding) -> None:
    found = applied(onboarding)
    with registry.storage.database.engine.begin() as connection:
        connection.execute(delete(vault))

    assert onboarding.records_of([found.record]) == {}


def test_a_record_that_was_altered_is_not_opened(
    registry: Registry, onboarding: Onboarding
) -> None:
    found = applied(onboarding)
    with registry.storage.database.engine.begin() as connection:
        connection.execute(update(vault).values(sealed=bytes(100)))

    with pytest.raises(InvalidTag):
        onboarding.records_of([found.record])


@pytest.mark.race
def test_of_many_who_apply_alike_one_is_new_and_all_are_told_the_same(registry: Registry) -> None:
    def apply(each: Onboarding) -> str:
        found, is_new = each.apply(key="one", roles=["buyer"], country="NZ", record=RECORD)
        return f"{found.content} {is_new}"

    told = race(registry, *[apply] * 4)

    assert len({item.rpartition(" ")[0] for item in told}) == 1
    assert sorted(item.rpartition(" ")[2] for item in told) == ["False"] * 3 + ["True"]
    assert vault_rows(registry) == 1


@pytest.mark.race
def test_of_two_decisions_at_once_one_comes_through(
    registry: Registry, onboarding: Onboarding
) -> None:
    party = applied(onboarding).organisation

    told = race(
        registry,
        lambda each: each.decide(party, state=ADMITTED, reason=None).state,
        lambda each: each.decide(party, state=REJECTED, reason="late").state,
    )

    with registry.storage.reading() as connection:
        state = connection.scalar(select(applications.c.state))
    assert sorted(told) == sorted([str(state), "request-already-decided"])


@pytest.mark.race
def test_of_two_admissions_at_once_of_one_registration_one_comes_through(
    registry: Registry, onboarding: Onboarding
) -> None:
    parties = [
        applied(onboarding, record=registered("9429", name=name)).organisation
        for name in ("One", "Other", "Third")
    ]

    def admit(party: str) -> Callable[[Onboarding], str]:
        return lambda each: each.decide(party, state=ADMITTED, reason=None).state

    told = race(registry, *[admit(party) for party in parties])

    assert sorted(told) == [ADMITTED, "organisation-exists", "organisation-exists"]
    assert len(onboarding.list(ADMITTED)) == 1
