"""Conditional requests: nobody overwrites a device that they did not see."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from werkzeug.test import TestResponse

from tests.api.doors import Doors
from tests.api.parties import Party, approval, code, joined, new_device, with_device
from tests.scenario import MWH

REGISTERED, APPROVED, EDITED = '"1"', '"2"', '"3"'
HELD = {
    '"2"': 304,
    'W/"2"': 304,
    '"1", "2"': 304,
    '"1","2"': 304,
    "*": 304,
    '"1"': 200,
    '"22"': 200,
    "": 200,
}
NO_TAGS = [None, "", "*", "2", 'W/"2"', '"2", "3"', '"02"', '"0"', '"-2"', '"x"', '""']


@pytest.fixture
def body(doors: Doors) -> Party:
    """The issuing body."""
    return Party(doors.client, doors.keys["issuing_body"])


@pytest.fixture
def device(doors: Doors, body: Party) -> str:
    """An approved device, at version 2, which others measure."""
    party = joined(doors.client, body, "generator")
    party.metering = joined(doors.client, body, "measurement_body")
    return with_device(party, body, automatic=False).device


def edit(
    party: Party, device: str, tag: str | None, *, automatic: bool = True, key: str | None = None
) -> TestResponse:
    return party.send(
        "PUT",
        f"/devices/{device}/automatic",
        {"automatic_wh": MWH if automatic else 0},
        key=key,
        headers={} if tag is None else {"If-Match": tag},
    )


def tag_of(party: Party, device: str) -> str:
    return party.get(f"/devices/{device}").headers["ETag"]


def test_the_tag_changes_with_each_decision_and_not_with_use(doors: Doors, body: Party) -> None:
    party = joined(doors.client, body, "generator")
    made = party.made("/devices", new_device())["id"]
    tags = [tag_of(party, made)]

    body.made(f"/devices/{made}/approve", approval(automatic=False))
    tags.append(tag_of(party, made))
    tags.append(tag_of(body, made))
    edit(body, made, APPROVED, automatic=False)
    tags.append(tag_of(party, made))

    assert tags == [REGISTERED, APPROVED, APPROVED, EDITED]


def test_what_the_caller_holds_already_is_not_sent_again(body: Party, device: str) -> None:
    for held, status in HELD.items():
        answer = body.get(f"/devices/{device}", **{"If-None-Match": held})

        assert (held, answer.status_code) == (held, status)
        assert answer.headers["ETag"] == APPROVED
        assert bool(answer.data) is (status == 200)


def test_what_one_may_not_see_is_never_unchanged(doors: Doors, device: str) -> None:
    stranger = Party(doors.client, doors.keys["buyer"])

    answer = stranger.get(f"/devices/{device}", **{"If-None-Match": "*"})

    assert (answer.status_code, code(answer)) == (404, "not-found")


def test_an_edit_names_the_one_version_that_was_seen(body: Party, device: str) -> None:
    for tag in NO_TAGS:
        answer = edit(body, device, tag)

        assert (tag, answer.status_code) == (tag, 428)
        assert code(answer) == "precondition-required"
    assert tag_of(body, device) == APPROVED


def test_an_edit_of_another_version_is_refused(body: Party, device: str) -> None:
    for tag in (REGISTERED, EDITED, '"999999999999999"'):
        answer = edit(body, device, tag)

        assert (answer.status_code, code(answer)) == (412, "stale-version")
        assert answer.json is not None
        assert answer.json["rule"] == "R78"
    assert tag_of(body, device) == APPROVED


def test_of_two_edits_of_one_version_the_first_wins(body: Party, device: str) -> None:
    first = edit(body, device, APPROVED, automatic=True)
    second = edit(body, device, APPROVED, automatic=False)

    assert (first.status_code, second.status_code) == (200, 412)
    shown = body.get(f"/devices/{device}").json
    assert shown is not None
    assert (shown["automatic_wh"], shown["version"]) == (MWH, 3)


@pytest.mark.race
def test_of_many_edits_at_once_one_wins(doors: Doors, device: str) -> None:
    at_once = Barrier(8)

    def run(number: int) -> int:
        party = Party(doors.app.test_client(), doors.keys["issuing_body"])
        at_once.wait()
        return edit(party, device, APPROVED, automatic=bool(number % 2)).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(run, range(8)))

    assert statuses == [200] + [412] * 7
    assert tag_of(Party(doors.client, doors.keys["issuing_body"]), device) == EDITED


def test_an_edit_is_answered_again_after_others_have_gone_on(body: Party, device: str) -> None:
    first = edit(body, device, APPROVED, key="edit-1")
    edit(body, device, EDITED, automatic=False)

    again = edit(body, device, APPROVED, key="edit-1")
    other = edit(body, device, EDITED, key="edit-1")

    assert (again.status_code, again.data) == (200, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, code(other)) == (422, "idempotency-key-reused")
    assert tag_of(body, device) == '"4"'


def test_a_stale_edit_is_decided_anew_under_its_key(body: Party, device: str) -> None:
    early = edit(body, device, EDITED, automatic=False, key="edit-2")
    edit(body, device, APPROVED)

    again = edit(body, device, EDITED, automatic=False, key="edit-2")

    assert (early.status_code, again.status_code) == (412, 200)
    assert "Idempotency-Replayed" not in again.headers
