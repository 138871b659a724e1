"""Erasure over HTTP: what was kept of somebody is gone for good, and the log stays sound."""

import hmac
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from app.ledger.encoding import encode_document
from app.services.vault import Vault
from app.storage.schema import metadata
from app.storage.tables import applications, credentials, vault
from tests.api.doors import Doors
from tests.api.parties import Party, applying, code, issued, joined, retiring, with_device
from tests.cli.commands import ran

ADA = {"name": "Ada Quill-Brandt", "contact": "ada@quill.example"}
ADDRESS = "LABEL-OF-ADA"
UNKNOWN = "0" * 64
SIZE = 4
WAIT_S = 60


def body_of(doors: Doors) -> Party:
    return Party(doors.client, doors.keys["issuing_body"], doors.registry.issuing_body)


def party(doors: Doors, role: str) -> Party:
    return Party(doors.client, doors.keys[role])


def acting(of: Party, person: str) -> Party:
    asked = {"scope": "administer", "person": person, "label": ADDRESS}
    return Party(of.client, of.made("/keys", asked)["key"], of.id)


def erased(by: Party, record: str, *, key: str | None = None) -> None:
    by.made("/erasures", {"record": record, "reason": "asked-for"}, key=key)


def rows(doors: Doors) -> dict[str, str]:
    """Return every row of every table, by table."""
    with doors.registry.storage.database.engine.connect() as connection:
        return {
            table.name: repr(connection.execute(select(table)).all())
            for table in metadata.sorted_tables
        }


def sealed_row(doors: Doors, record: str) -> bytes | None:
    query = select(vault.c.sealed).where(vault.c.commitment == record)
    with doors.registry.storage.reading() as connection:
        return connection.scalar(query)


def holding(doors: Doors) -> Party:
    """Return a generator with a day's certificates."""
    body = body_of(doors)
    found = with_device(joined(doors.client, body, "generator"), body)
    issued(found)
    return found


def commitment_of(salt: str, record: dict[str, str]) -> str:
    """Return the commitment as REGISTRY 8.4 has it, computed by nothing of ours but the bytes."""
    return hmac.new(bytes.fromhex(salt), encode_document(record), sha256).hexdigest()


def test_a_person_who_approved_something_is_erased_and_the_log_is_sound(
    doors: Doors, tmp_path: Path
) -> None:
    body, settings = body_of(doors), doors.registry.settings
    person = body.made("/persons", ADA)
    officer = acting(body, person["id"])
    applied = Party(doors.client, "").made("/organisations", applying(roles=["generator"]))
    decided = officer.made(f"/organisations/{applied['id']}/admit")["operation"]["id"]
    sealed = sealed_row(doors, person["commitment"])
    assert sealed is not None

    erased(party(doors, "operator"), person["commitment"])

    assert body.shown(f"/operations/{decided}")["operation"]["person"] == person["id"]
    shown = body.shown(f"/persons/{person['id']}")
    assert (shown["record"], shown["erased"], shown["state"]) == (None, True, "active")
    assert sealed_row(doors, person["commitment"]) is None
    names = (*ADA.values(), ADDRESS)
    assert [(name, at) for name, found in rows(doors).items() for at in names if at in found] == []
    environment = {"EAC_HOME": str(settings.home), "EAC_DATABASE_URL": settings.database_url}
    genesis = body.shown("/authorities")["genesis"]
    exported = ran("export", "--to", "out", folder=tmp_path, **environment)
    assert exported.status == 0, exported.err
    for source in ("out", settings.database_url):
        audited = ran("audit", source, "--genesis", genesis, folder=tmp_path, **environment)
        assert (audited.status, "verdict: sound" in audited.out) == (0, True), audited.out
    files = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not any(name.encode() in data for data in files for name in names)


def test_nothing_of_an_erased_record_is_left_in_the_files_of_an_embedded_database(
    doors: Doors,
) -> None:
    url = make_url(doors.registry.settings.database_url)
    if url.get_backend_name() != "sqlite":
        pytest.skip("PostgreSQL's files are its own")
    person = party(doors, "generator").made("/persons", ADA)
    sealed = sealed_row(doors, person["commitment"])
    assert sealed is not None

    erased(body_of(doors), person["commitment"])

    doors.app.extensions["eac-context"].close()
    doors.registry.storage.close()
    path = Path(str(url.database))
    files = {found.name: found.read_bytes() for found in path.parent.glob(f"{path.name}*")}
    assert path.name in files
    assert [name for name, data in files.items() if sealed[12:] in data] == []
    assert [
        name for name, data in files.items() for at in ADA.values() if at.encode() in data
    ] == []


def test_who_has_the_vaults_key_cannot_find_out_whose_commitment_it_was(doors: Doors) -> None:
    generator, key = party(doors, "generator"), doors.registry.settings.keys / "vault.key"
    person = generator.made("/persons", ADA)
    commitment = person["commitment"]
    stolen = doors.registry.vault
    assert key.is_file()

    labels = [f"{kind}/{person['id']}" for kind in ("person", "organisation", "retirement")]
    tried = {
        stolen.commit(ADA)[0],
        *(stolen.commit(ADA, salt=stolen.derive_salt(label))[0] for label in labels),
    }

    assert commitment not in tried
    assert commitment != generator.made("/persons", ADA)["commitment"]


def test_an_erased_organisation_is_nobody_that_could_be_known_again(doors: Doors) -> None:
    body, public = body_of(doors), Party(doors.client, "")
    asked = applying(**ADA, registration_number="SOLE-4711", is_person=True)
    applied = public.made("/organisations", asked, key="ada-joins")
    body.made(f"/organisations/{applied['id']}/admit")
    own = Party(doors.client, applied["key"], applied["id"])
    own.made("/keys", {"scope": "read", "label": ADDRESS})
    record = own.shown(f"/organisations/{own.id}")["commitment"]
    assert code(public.post("/organisations", asked, key="another")) == "organisation-exists"

    erased(body, record)

    shown = own.shown(f"/organisations/{own.id}")
    assert (shown["record"], shown["erased"], shown["state"]) == (None, True, "admitted")
    with doors.registry.storage.reading() as connection:
        kept = connection.execute(
            select(applications.c.asked_as, applications.c.registered_as).where(
                applications.c.organisation == own.id
            )
        ).one()
        labels = connection.scalars(
            select(credentials.c.label).where(credentials.c.organisation == own.id)
        ).all()
    assert tuple(kept) == (None, None)
    assert set(labels) == {""}
    again = public.made("/organisations", asked, key="ada-joins")
    assert (again["id"] != own.id, again["state"]) == (True, "pending")


def test_who_only_applied_is_erased_too(doors: Doors) -> None:
    body, public = body_of(doors), Party(doors.client, "")
    applied = public.made("/organisations", applying(**ADA))
    own = Party(doors.client, applied["key"], applied["id"])
    record = own.shown(f"/organisations/{own.id}")["commitment"]
    body.made(f"/organisations/{own.id}/reject", {"reason": "unknown"})

    erased(body, record)

    shown = own.shown(f"/organisations/{own.id}")
    assert (shown["record"], shown["erased"], shown["state"]) == (None, True, "rejected")
    assert [name for name, found in rows(doors).items() if ADA["name"] in found] == []


def test_a_record_is_erased_once_and_the_same_request_is_answered_again(doors: Doors) -> None:
    body = body_of(doors)
    record = party(doors, "generator").made("/persons", ADA)["commitment"]
    asked = {"record": record, "reason": "asked-for"}

    first = body.post("/erasures", asked, key="first")
    again = body.post("/erasures", asked, key="first")
    other = party(doors, "operator").post("/erasures", asked)

    assert (first.status_code, first.get_json()["by"]) == (201, body.id)
    assert again.get_json() == first.get_json()
    assert (other.status_code, code(other)) == (409, "invalid-state-transition")
    assert other.get_json()["errors"][0]["pointer"] == "/record"
    listed = {
        role: party(doors, role).shown("/erasures")["erasures"]
        for role in ("auditor", "issuing_body", "operator")
    }
    assert list(listed.values()) == [[first.get_json()]] * 3


def test_what_the_vault_never_held_is_not_erased(doors: Doors) -> None:
    for record in (UNKNOWN, "f" * 64):
        answer = body_of(doors).post("/erasures", {"record": record, "reason": "asked-for"})

        assert (answer.status_code, code(answer)) == (404, "not-found")
        assert answer.get_json()["errors"][0]["pointer"] == "/record"


def test_a_person_added_again_after_erasure_gets_the_first_answer(doors: Doors) -> None:
    generator, key = party(doors, "generator"), str(uuid4())
    first = generator.made("/persons", ADA, key=key)
    erased(body_of(doors), first["commitment"])

    again = generator.post("/persons", ADA, key=key)

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.get_json() == {**first, "record": None, "erased": True}
    assert sealed_row(doors, first["commitment"]) is None


def test_a_retirement_repeated_is_the_first_whatever_its_salt(doors: Doors) -> None:
    generator, key = holding(doors), str(uuid4())
    asked = retiring(generator.account, quantity=2)

    first = generator.post("/retirements", asked, key=key)
    again = generator.post("/retirements", asked, key=key)
    others = [
        generator.post("/retirements", {**asked, **more}, key=key)
        for more in ({"beneficiary": {"name": "Another"}}, {"quantity": 3})
    ]
    record = first.get_json()["beneficiary"]
    erased(body_of(doors), record)
    after = generator.post("/retirements", asked, key=key)

    assert first.status_code == 201
    assert again.get_json() == first.get_json() == after.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert [code(answer) for answer in others] == ["idempotency-key-reused"] * 2
    other = generator.made("/retirements", asked)
    assert other["beneficiary"] != record


def test_a_key_that_stands_for_another_verb_is_not_mistaken_for_a_repetition(
    doors: Doors,
) -> None:
    generator, key = holding(doors), str(uuid4())
    generator.made("/persons", ADA, key=key)

    answer = generator.post("/retirements", retiring(generator.account, quantity=1), key=key)

    assert (answer.status_code, code(answer)) == (422, "idempotency-key-reused")


def test_retirements_repeated_in_bulk_are_answered_each_on_its_own(doors: Doors) -> None:
    generator = holding(doors)
    asked = {"type": "retire", **retiring(generator.account, quantity=1)}
    items = [
        {**asked, "idempotency_key": "one"},
        {**asked, "idempotency_key": "one"},
        {**asked, "idempotency_key": "two"},
        {**asked, "idempotency_key": "one", "beneficiary": {"name": "Another"}},
    ]

    first = generator.made("/operations", items, key="bulk")["outcomes"]
    again = generator.made("/operations", items, key="bulk")["outcomes"]

    assert [item["status"] for item in first] == [201, 201, 201, 422]
    assert [item.get("replayed") for item in first] == [False, True, False, None]
    assert [item.get("replayed") for item in again] == [True, True, True, None]
    assert first[0]["id"] == first[1]["id"] != first[2]["id"]
    assert len(generator.shown("/retirements")["retirements"]) == 2


@pytest.mark.race
def test_a_retirement_sent_at_once_is_one(doors: Doors) -> None:
    generator = holding(doors)
    barrier = Barrier(SIZE)
    asked = retiring(generator.account, quantity=2)

    def retire(_: int) -> tuple[int, str]:
        each = Party(doors.app.test_client(), generator.key)
        barrier.wait(WAIT_S)
        answer = each.post("/retirements", asked, key="one")
        return answer.status_code, answer.text

    with ThreadPoolExecutor(SIZE) as pool:
        answers = set(pool.map(retire, range(SIZE)))

    assert {status for status, _ in answers} == {201}
    assert len(answers) == 1
    (held,) = (
        row
        for row in generator.shown(f"/accounts/{generator.account}/holdings")["holdings"]
        if row["state"] == "retired"
    )
    assert held["quantity"] == 2


def test_an_own_record_is_taken_along_with_the_salt_that_proves_it(doors: Doors) -> None:
    generator = holding(doors)
    person = generator.made("/persons", ADA)
    retired = generator.made("/retirements", retiring(generator.account, quantity=1))
    own = generator.shown(f"/organisations/{generator.id}")
    expected = {
        person["commitment"]: ("person", person["id"], ADA),
        retired["beneficiary"]: (
            "beneficiary",
            retired["id"],
            {"name": "Māori Dairy Co-operative"},
        ),
        own["commitment"]: ("organisation", generator.id, own["record"]),
    }

    for record, (kind, subject, said) in expected.items():
        shown = generator.shown(f"/privacy/exports/{record}")

        assert (shown["kind"], shown["subject"], shown["record"]) == (kind, subject, said)
        assert (shown["organisation"], shown["erased"]) == (generator.id, False)
        assert commitment_of(shown["salt"], shown["record"]) == record == shown["commitment"]
        assert body_of(doors).shown(f"/privacy/exports/{record}") == shown


def test_a_record_is_taken_along_by_its_own_and_shows_that_it_was_erased(doors: Doors) -> None:
    generator, body = party(doors, "generator"), body_of(doors)
    record = generator.made("/persons", ADA)["commitment"]
    path = f"/privacy/exports/{record}"
    before = {role: party(doors, role).get(path).status_code for role in doors.keys}

    erased(body, record)

    assert {role for role, status in before.items() if status == 200} == {
        "generator",
        "issuing_body",
    }
    assert {status for status in before.values() if status != 200} == {404}
    shown = generator.shown(path)
    assert (shown["record"], shown["salt"], shown["erased"]) == (None, None, True)
    for unknown in ("f" * 64, "x" * 64, "short"):
        assert generator.get(f"/privacy/exports/{unknown}").status_code == 404


def test_a_fingerprint_is_of_its_content_and_key_alone() -> None:
    one, other = Vault(bytes(32)), Vault(bytes([1]) * 32)

    made = {
        one.fingerprint({"name": "Ada", "key": "1"}),
        one.fingerprint({"key": "1", "name": "Ada"}),
        one.fingerprint({"key": "2", "name": "Ada"}),
        other.fingerprint({"key": "1", "name": "Ada"}),
    }

    assert len(made) == 3
