"""API keys: shown once, kept as a hash, known again with scope and roles until they end."""

import hmac
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from re import fullmatch
from time import time_ns
from typing import Any

import pytest
from sqlalchemy import select, update

from app.factory import Registry, make_keys_service
from app.registry.errors import RefusalError
from app.services.applications import REJECTED, Onboarding
from app.services.credentials import ADMINISTER, READ, SCOPES, WRITE, ApiKeys, Key
from app.storage.applications import ApplicationRows
from app.storage.credentials import CredentialRows
from app.storage.storage import Storage
from app.storage.tables import credentials, metadata
from tests.scenario import new_id, organisation

DAY_MS = 86_400_000
PREFIX = "0123456789abcdef"
OTHER = "fedcba9876543210"


def machine_ms() -> int:
    return time_ns() // 1_000_000


@dataclass
class Clocks:
    """A machine's clocks that stand where a test puts them."""

    now_ms: int = field(default_factory=machine_ms)
    steady_ns: int = 0


class CountedRows(CredentialRows):
    """The rows of a database, and how often a key was asked for."""

    def __init__(self, registry: Registry) -> None:
        super().__init__(registry.storage.database)
        self.asked = 0

    def shown(self, prefix: str) -> tuple[str, int, frozenset[str] | None, tuple[Any, ...]] | None:
        self.asked += 1
        return super().shown(prefix)


@pytest.fixture
def keys(registry: Registry) -> ApiKeys:
    return ApiKeys(CredentialRows(registry.storage.database), cache_ms=0)


def keys_at(registry: Registry, clocks: Clocks, *, cache_ms: int = 0) -> ApiKeys:
    """Return a service over this registry on a machine with these clocks."""
    return ApiKeys(
        CredentialRows(registry.storage.database),
        cache_ms=cache_ms,
        clock_ms=lambda: clocks.now_ms,
        steady_ns=lambda: clocks.steady_ns,
    )


def applicant(registry: Registry) -> str:
    onboarding = Onboarding(ApplicationRows(registry.storage.database), registry.vault)
    made, _ = onboarding.apply(
        key=new_id(), roles=["buyer"], country="NZ", record={"name": "New Ltd"}
    )
    return made.organisation


def rejected(registry: Registry) -> str:
    party = applicant(registry)
    onboarding = Onboarding(ApplicationRows(registry.storage.database), registry.vault)
    onboarding.decide(party, state=REJECTED, reason="no-answer")
    return party


def prefix_of(text: str) -> str:
    return text.split("_")[1]


def must_find(keys: ApiKeys, text: str) -> Key:
    key = keys.find(prefix_of(text))
    assert key is not None
    return key


def end(registry: Registry, text: str, **values: int) -> None:
    """Set how a key ends behind the service's back."""
    change = update(credentials).where(credentials.c.prefix == prefix_of(text)).values(**values)
    with registry.storage.database.engine.begin() as connection:
        assert connection.execute(change).rowcount == 1


def everything(registry: Registry) -> Iterator[bytes]:
    """Yield every value of every row of every table."""
    with registry.storage.reading() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)):
                for value in row:
                    yield value if isinstance(value, bytes) else str(value).encode()


def altered(text: str, at: int) -> str:
    other = "0" if text[at] != "0" else "1"
    return f"{text[:at]}{other}{text[at + 1 :]}"


def test_a_key_is_known_again_with_all_that_it_was_issued_with(
    registry: Registry, keys: ApiKeys
) -> None:
    party, ends = organisation(registry, "buyer"), machine_ms() + DAY_MS

    text = keys.issue(organisation=party, scope=WRITE, label="Büro 2", expires_at=ends)

    key = keys.identify(text)
    assert key is not None
    assert fullmatch("eac_[0-9a-f]{16}_[A-Za-z0-9_-]{43}", text)
    assert key == Key(prefix_of(text), party, WRITE, "Büro 2", key.created_at, ends, None)
    assert abs(key.created_at - machine_ms()) < 60_000


def test_a_key_administers_and_never_ends_unless_something_else_is_said(
    registry: Registry, keys: ApiKeys
) -> None:
    key = keys.identify(keys.issue(organisation=registry.operator))

    assert key is not None
    assert (key.scope, key.label, key.ends_at) == (ADMINISTER, "", None)


@pytest.mark.parametrize(("held", "reach"), [(READ, 1), (WRITE, 2), (ADMINISTER, 3)])
def test_a_scope_includes_those_before_it(
    held: str, reach: int, registry: Registry, keys: ApiKeys
) -> None:
    key = keys.identify(keys.issue(organisation=registry.operator, scope=held))

    assert key is not None
    assert [key.has_scope(scope) for scope in SCOPES] == [at < reach for at in range(3)]


def test_the_roles_come_with_the_key(registry: Registry, keys: ApiKeys) -> None:
    party = organisation(registry, "buyer", "generator")

    found = keys.identify_with_roles(keys.issue(organisation=party))

    assert found is not None
    assert found[1] == keys.roles(party) == {"buyer", "generator"}


def test_who_has_applied_gets_a_key_without_roles(registry: Registry, keys: ApiKeys) -> None:
    party = applicant(registry)

    found = keys.identify_with_roles(keys.issue(organisation=party))

    assert found is not None
    assert (found[0].organisation, found[1]) == (party, frozenset())


@pytest.mark.parametrize("stranger", [lambda _: new_id(), rejected], ids=["unknown", "rejected"])
def test_who_is_unknown_or_was_rejected_gets_no_key(
    stranger: Any,  # noqa: ANN401 - a builder
    registry: Registry,
    keys: ApiKeys,
) -> None:
    with pytest.raises(RefusalError, match="unknown-organisation"):
        keys.issue(organisation=stranger(registry))


@pytest.mark.parametrize(
    ("members", "said", "pointer"),
    [
        ({"organisation": "nobody"}, "invalid-id", "/organisation"),
        ({"scope": "all"}, "invalid-field", "/scope"),
        ({"label": "x" * 65}, "invalid-field", "/label"),
        ({"label": "a\x00b"}, "invalid-field", "/label"),
        ({"expires_at": 1}, "invalid-interval", "/expires_at"),
        ({"expires_at": 253_402_300_800_000}, "invalid-timestamp", "/expires_at"),
        ({"expires_at": True}, "invalid-timestamp", "/expires_at"),
    ],
)
def test_what_no_key_could_be_is_refused(
    members: dict[str, Any], said: str, pointer: str, registry: Registry, keys: ApiKeys
) -> None:
    with pytest.raises(RefusalError, match=said) as refused:
        keys.issue(**{"organisation": registry.operator, **members})

    assert refused.value.pointer == pointer
    assert keys.of(registry.operator) == []


def test_a_prefix_that_was_given_is_issued_once_and_never_shown_again(
    registry: Registry, keys: ApiKeys
) -> None:
    text = keys.issue(organisation=registry.operator, prefix=PREFIX)

    with pytest.raises(RefusalError, match="id-in-use"):
        keys.issue(organisation=registry.issuing_body, prefix=PREFIX)

    key = keys.identify(text)
    assert key is not None
    assert (key.prefix, key.organisation) == (PREFIX, registry.operator)


def test_a_prefix_of_another_form_is_a_mistake_of_ours(registry: Registry, keys: ApiKeys) -> None:
    with pytest.raises(ValueError, match="16 hex"):
        keys.issue(organisation=registry.operator, prefix="short")


def test_a_key_that_is_wrong_anywhere_is_no_key(registry: Registry, keys: ApiKeys) -> None:
    text = keys.issue(organisation=registry.operator)
    wrong = [altered(text, at) for at in range(len(text))]
    wrong += ["", text[:-1], f"{text} ", f"{text}\n", text.upper(), text + "é"]

    found = [keys.identify(item) for item in wrong]

    assert found == [None] * len(wrong)
    assert keys.identify(text) is not None


def test_every_shown_text_of_the_form_is_compared_in_constant_time(
    registry: Registry, keys: ApiKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = keys.issue(organisation=registry.operator)
    ended = keys.issue(organisation=registry.operator)
    keys.revoke(prefix_of(ended))
    unknown = f"eac_{PREFIX}_{text.split('_', 2)[2]}"
    compared: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def counting(first: str, second: str) -> bool:
        compared.append((len(first), len(second)))
        return compare(first, second)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    found = [keys.identify(item) for item in (text, altered(text, len(text) - 1), unknown, ended)]

    assert [item is not None for item in found] == [True, False, False, False]
    assert compared == [(64, 64)] * 4


def test_a_secret_is_nowhere_in_the_database_and_in_no_log(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("sqlalchemy", "psycopg"):
        caplog.set_level(logging.DEBUG, logger=name)
    storage = Storage.of(registry.settings.database_url)
    keys = make_keys_service(storage)

    first = keys.issue(organisation=registry.operator, label="first")
    second = keys.rotate(prefix_of(first), overlap_s=60)
    keys.identify(first)
    keys.identify(second)
    storage.close()

    kept = list(everything(registry))
    secrets = [text.split("_", 2)[2] for text in (first, second)]
    assert prefix_of(first).encode() in kept
    assert not [value for value in kept for secret in secrets if secret.encode() in value]
    assert prefix_of(first) in caplog.text
    assert not [secret for secret in secrets if secret in caplog.text]


def test_a_key_shows_neither_secret_nor_hash(registry: Registry, keys: ApiKeys) -> None:
    text = keys.issue(organisation=registry.operator)
    with registry.storage.reading() as connection:
        digest = connection.scalar(select(credentials.c.hash))

    shown = repr(keys.find(prefix_of(text)))

    assert text.split("_", 2)[2] not in shown
    assert str(digest) not in shown


def test_a_key_ends_at_the_instant_that_was_said(registry: Registry) -> None:
    clocks = Clocks()
    keys, ends = keys_at(registry, clocks), clocks.now_ms + DAY_MS
    text = keys.issue(organisation=registry.operator, expires_at=ends)

    found = []
    for clocks.now_ms in (ends - 1, ends, ends + 1):
        found.append(keys.identify(text) is not None)

    assert found == [True, False, False]


def test_a_key_is_over_where_the_database_says_so_however_late_this_machine_is(
    registry: Registry,
) -> None:
    clocks = Clocks()
    keys = keys_at(registry, clocks)
    good, over = (keys.issue(organisation=registry.operator) for _ in range(2))
    end(registry, good, expires_at=machine_ms() + DAY_MS)
    end(registry, over, expires_at=machine_ms() - 1)
    clocks.now_ms = 0

    found = [keys.identify(text) is not None for text in (good, over)]

    assert found == [True, False]


def test_keys_are_listed_in_pages_and_each_organisation_has_its_own(
    registry: Registry, keys: ApiKeys
) -> None:
    texts = [keys.issue(organisation=registry.operator) for _ in range(5)]
    keys.issue(organisation=registry.issuing_body)

    pages: list[list[Key]] = []
    while page := keys.of(
        registry.operator, after=pages[-1][-1].prefix if pages else None, limit=2
    ):
        pages.append(page)

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [key.prefix for page in pages for key in page] == sorted(map(prefix_of, texts))


@pytest.mark.parametrize(("whose", "after"), [("nobody", None), (new_id(), "x")], ids=["id", "at"])
def test_a_list_of_what_cannot_be_is_refused(whose: str, after: str | None, keys: ApiKeys) -> None:
    with pytest.raises(RefusalError, match="invalid"):
        keys.of(whose, after=after, limit=1)


@pytest.mark.parametrize("prefix", [PREFIX, "", "a\x00b"])
def test_what_is_no_key_can_be_neither_found_nor_changed(prefix: str, keys: ApiKeys) -> None:
    assert keys.find(prefix) is None
    with pytest.raises(RefusalError, match="not-found"):
        keys.revoke(prefix)
    with pytest.raises(RefusalError, match="not-found"):
        keys.rotate(prefix, overlap_s=0)


def test_a_revoked_key_is_no_good_and_revoking_it_again_changes_nothing(
    registry: Registry, keys: ApiKeys
) -> None:
    text, other = (keys.issue(organisation=registry.operator) for _ in range(2))

    first = keys.revoke(prefix_of(text))
    second = keys.revoke(prefix_of(text))

    assert first.revoked_at is not None
    assert first == second == keys.find(prefix_of(text))
    assert keys.identify(text) is None
    assert keys.identify(other) is not None


def test_a_successor_has_what_the_old_key_had(registry: Registry, keys: ApiKeys) -> None:
    ends = machine_ms() + DAY_MS
    old = keys.issue(organisation=registry.operator, scope=READ, label="meter", expires_at=ends)

    new = keys.rotate(prefix_of(old), overlap_s=0, new_prefix=PREFIX)

    key = keys.identify(new)
    assert key is not None
    assert key == Key(PREFIX, registry.operator, READ, "meter", key.created_at, ends, None)
    assert keys.identify(old) is None
    assert old.split("_", 2)[2] != new.split("_", 2)[2]


def test_an_old_key_is_good_until_the_overlap_is_over(registry: Registry, keys: ApiKeys) -> None:
    old = keys.issue(organisation=registry.operator)

    new = keys.rotate(prefix_of(old), overlap_s=604_800)

    ends = must_find(keys, old).ends_at
    assert ends == must_find(keys, new).created_at + 604_800_000
    clocks, found = Clocks(), []
    later = keys_at(registry, clocks)
    for clocks.now_ms in (ends - 1, ends):
        found.append([later.identify(text) is not None for text in (old, new)])
    assert found == [[True, True], [False, True]]


def test_an_old_key_that_ends_before_the_overlap_ends_as_it_was_to(
    registry: Registry, keys: ApiKeys
) -> None:
    ends = machine_ms() + 60_000
    old = keys.issue(organisation=registry.operator, expires_at=ends)

    keys.rotate(prefix_of(old), overlap_s=3_600)

    assert must_find(keys, old).ends_at == ends


def test_an_old_key_can_be_revoked_within_the_overlap(registry: Registry, keys: ApiKeys) -> None:
    old = keys.issue(organisation=registry.operator)
    new = keys.rotate(prefix_of(old), overlap_s=3_600)
    was_good = keys.identify(old) is not None

    keys.revoke(prefix_of(old))

    assert was_good
    assert keys.identify(old) is None
    assert keys.identify(new) is not None


@pytest.mark.parametrize("overlap_s", [-1, 604_801, True])
def test_an_overlap_of_more_than_a_week_or_less_than_nothing_is_refused(
    overlap_s: int, registry: Registry, keys: ApiKeys
) -> None:
    text = keys.issue(organisation=registry.operator)

    with pytest.raises(RefusalError, match="invalid-quantity"):
        keys.rotate(prefix_of(text), overlap_s=overlap_s)

    assert len(keys.of(registry.operator)) == 1


def test_a_key_has_one_successor_and_that_one_the_next(registry: Registry, keys: ApiKeys) -> None:
    first = keys.issue(organisation=registry.operator)
    second = keys.rotate(prefix_of(first), overlap_s=60)

    with pytest.raises(RefusalError, match="invalid-state-transition"):
        keys.rotate(prefix_of(first), overlap_s=60)
    third = keys.rotate(prefix_of(second), overlap_s=60)

    listed = {key.prefix for key in keys.of(registry.operator)}
    assert listed == set(map(prefix_of, (first, second, third)))


def test_a_successor_under_a_given_prefix_is_never_shown_again(
    registry: Registry, keys: ApiKeys
) -> None:
    old, other = (keys.issue(organisation=registry.operator) for _ in range(2))
    keys.rotate(prefix_of(old), overlap_s=60, new_prefix=PREFIX)
    before = must_find(keys, old)

    for prefix in map(prefix_of, (old, other)):
        with pytest.raises(RefusalError, match="id-in-use"):
            keys.rotate(prefix, overlap_s=0, new_prefix=PREFIX)

    assert must_find(keys, old) == before
    assert must_find(keys, other).ends_at is None
    assert len(keys.of(registry.operator)) == 3


@pytest.mark.parametrize("ending", ["revoked_at", "expires_at"])
def test_a_key_that_has_ended_gets_no_successor(
    ending: str, registry: Registry, keys: ApiKeys
) -> None:
    text = keys.issue(organisation=registry.operator)
    end(registry, text, **{ending: machine_ms() - 1})

    with pytest.raises(RefusalError, match="invalid-state-transition"):
        keys.rotate(prefix_of(text), overlap_s=60, new_prefix=OTHER)

    assert keys.find(OTHER) is None


def test_a_key_is_looked_up_once_within_the_time_it_is_remembered(registry: Registry) -> None:
    clocks, rows = Clocks(), CountedRows(registry)
    keys = ApiKeys(rows, cache_ms=1_000, steady_ns=lambda: clocks.steady_ns)
    text = keys.issue(organisation=registry.operator)

    asked = []
    for clocks.steady_ns in (0, 500_000_000, 500_000_001, 999_999_999):
        found = keys.identify_with_roles(text)
        asked.append((rows.asked, found is not None))
        roles = found and found[1]

    assert asked == [(count, True) for count in (1, 1, 2, 2)]
    assert roles == frozenset({"operator"})


def test_a_revocation_elsewhere_is_known_when_the_time_is_over(registry: Registry) -> None:
    clocks = Clocks()
    here, elsewhere = (keys_at(registry, clocks, cache_ms=1_000) for _ in range(2))
    text = here.issue(organisation=registry.operator)
    here.identify(text)

    elsewhere.revoke(prefix_of(text))

    found = []
    for clocks.steady_ns in (500_000_000, 500_000_001, 999_999_999, 1_000_000_000):
        found.append(here.identify(text) is not None)
    assert found == [True, False, False, False]


def test_a_revocation_and_a_rotation_here_are_known_at_once(registry: Registry) -> None:
    keys = keys_at(registry, Clocks(), cache_ms=1_000)
    revoked, rotated = (keys.issue(organisation=registry.operator) for _ in range(2))
    before = [keys.identify(text) is not None for text in (revoked, rotated)]

    keys.revoke(prefix_of(revoked))
    keys.identify(rotated)
    keys.rotate(prefix_of(rotated), overlap_s=0)

    assert before == [True, True]
    assert [keys.identify(text) for text in (revoked, rotated)] == [None, None]


def test_a_key_that_is_remembered_ends_at_its_instant_all_the_same(registry: Registry) -> None:
    clocks = Clocks()
    keys, ends = keys_at(registry, clocks, cache_ms=DAY_MS), clocks.now_ms + DAY_MS
    text = keys.issue(organisation=registry.operator, expires_at=ends)

    found = []
    for clocks.now_ms in (ends - 2, ends - 1, ends):
        found.append(keys.identify(text) is not None)

    assert found == [True, True, False]


def test_a_key_that_is_remembered_is_good_for_no_other_text(registry: Registry) -> None:
    keys = keys_at(registry, Clocks(), cache_ms=1_000)
    text = keys.issue(organisation=registry.operator)
    keys.identify(text)

    assert keys.identify(altered(text, len(text) - 1)) is None


def test_who_is_admitted_after_applying_has_roles_at_once(registry: Registry) -> None:
    clocks, rows = Clocks(), CountedRows(registry)
    keys = ApiKeys(rows, cache_ms=1_000, steady_ns=lambda: clocks.steady_ns)
    text = keys.issue(organisation=applicant(registry))

    keys.identify(text)
    keys.identify(text)

    assert rows.asked == 2
