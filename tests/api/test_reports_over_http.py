"""Reports over HTTP: sums and lists as JSON and CSV, each for whom they concern."""

import csv
from io import StringIO
from typing import Any

import pytest

from app.api.csv_answers import cell, csv_answer
from app.ledger.times import format_time
from tests.api.doors import Doors
from tests.api.officers import adjusted, adjusting, named, officer, withdrawing, withdrawn
from tests.api.parties import Party, code, issued, joined, period, with_device
from tests.scenario import DAY_MS, DOMAIN, FIRST_DAY, MWH


@pytest.fixture
def body(doors: Doors) -> Party:
    """The issuing body."""
    return Party(doors.client, doors.keys["issuing_body"], doors.registry.issuing_body)


@pytest.fixture
def seller(doors: Doors, body: Party) -> Party:
    """A generator with two issuances, of 24 and 25 certificates."""
    found = with_device(joined(doors.client, body, "generator"), body)
    issued(found, hour_wh=1_020_000)
    issued(found, first=1, hour_wh=1_030_000)
    return found


def table(party: Party, path: str, query: str = "") -> list[dict[str, str]]:
    answer = party.get(f"{path}?format=csv{query}")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(StringIO(answer.text)))


def as_cells(row: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in row.items()}


def test_issuances_name_what_they_were_made_from(seller: Party) -> None:
    found = seller.shown("/reports/issuances")["issuances"]

    first, second = sorted(found, key=lambda row: str(row["period_start"]))
    assert (first["spans"], first["readings"], first["energy_wh"]) == (2, 24, 24_480_000)
    assert (first["carried_in_wh"], first["carried_out_wh"], first["quantity"]) == (0, 480_000, 24)
    assert (second["carried_in_wh"], second["quantity"]) == (480_000, 25)
    assert int(first["number_last"]) + 1 == int(second["number_first"])
    assert {row["device"] for row in found} == {seller.device}
    assert [as_cells(row) for row in found] == table(seller, "/reports/issuances")


def test_of_what_was_wholly_withdrawn_no_readings_are_left(seller: Party, body: Party) -> None:
    (last,) = (
        row
        for row in seller.shown("/reports/issuances")["issuances"]
        if row["period_start"] == format_time(FIRST_DAY + DAY_MS)
    )
    withdrawn(officer(body), officer(body), withdrawing(named(last["id"], 1, 25)))

    (found,) = (
        row for row in seller.shown("/reports/issuances")["issuances"] if row["id"] == last["id"]
    )

    assert (found["spans"], found["readings"], found["withdrawn"]) == (0, 0, 25)


def test_what_was_issued_is_summed_up_by_month_source_and_domain(
    seller: Party, body: Party
) -> None:
    withdrawn(
        officer(body),
        officer(body),
        withdrawing(named(seller.shown("/issuances")["issuances"][0]["id"], 1, 2)),
    )

    found = seller.shown("/reports/issued")["issued"]

    assert sum(row["quantity"] for row in found) == 49
    assert sum(row["energy_wh"] for row in found) == 49 * MWH
    assert sum(row["measured_wh"] for row in found) == 24 * 2_050_000
    assert sum(row["withdrawn"] for row in found) == 2
    assert sum(row["issuances"] for row in found) == 2
    for row in found:
        assert (row["domain"], row["country"]) == ("NZ", "NZ")
        assert (row["timezone"], row["energy_source"]) == (DOMAIN.timezone, "F01050200")
    assert [as_cells(row) for row in found] == table(seller, "/reports/issued")


def test_production_may_be_asked_for_by_time(seller: Party) -> None:
    def counted(**times: int) -> int:
        query = "&".join(f"{name}={format_time(at)}" for name, at in times.items())
        rows = seller.shown(f"/reports/issued?{query}")["issued"]
        return sum(row["issuances"] for row in rows)

    assert counted(production_from=FIRST_DAY) == 2
    assert counted(production_from=FIRST_DAY + 1) == 1
    assert counted(production_to=FIRST_DAY + DAY_MS) == 1
    assert counted(production_to=FIRST_DAY + DAY_MS - 1) == 0
    assert counted(production_from=FIRST_DAY + 1, production_to=FIRST_DAY + 2 * DAY_MS) == 1
    answer = seller.get("/reports/issued?production_from=2025-01")
    assert (answer.status_code, code(answer)) == (400, "invalid-query")


def test_balances_tell_what_is_carried_and_owed(seller: Party, body: Party) -> None:
    span = seller.shown(f"/devices/{seller.device}/spans")["spans"][0]
    asked = adjusting(seller.device, span["start"], span["energy_wh"] + 5)
    adjusted(officer(body), officer(body), asked)

    (found,) = seller.shown("/reports/balances")["balances"]

    assert (found["device"], found["carried_wh"]) == (seller.device, 200_000)
    assert (found["deficit_wh"], found["adjustment_wh"]) == (0, -5)
    (row,) = table(seller, "/reports/balances")
    assert row == as_cells(found)
    assert row["adjustment_wh"] == "-5"


@pytest.mark.parametrize("report", ["issuances", "balances", "issued"])
def test_a_registrant_reads_its_own_and_supervisors_all(
    doors: Doors, seller: Party, body: Party, report: str
) -> None:
    other = with_device(joined(doors.client, body, "generator"), body)
    issued(other, first=9)
    buyer = joined(doors.client, body, "buyer")
    auditor = Party(doors.client, doors.keys["auditor"])

    own, others, nobody = (
        party.shown(f"/reports/{report}")[report] for party in (seller, other, buyer)
    )
    everything = [party.shown(f"/reports/{report}")[report] for party in (body, auditor)]

    assert nobody == []
    assert everything[0] == everything[1]
    if report == "issued":
        assert sum(row["quantity"] for row in (*own, *others)) == 49 + 24
        assert sum(row["quantity"] for row in everything[0]) == 49 + 24
    else:
        key = "id" if report == "issuances" else "device"
        assert sorted((*own, *others), key=lambda row: str(row[key])) == everything[0]
    assert len(table(body, f"/reports/{report}")) == len(everything[0])
    assert doors.client.get(f"/v1/reports/{report}").status_code == 401


def test_a_list_leads_from_page_to_page_and_csv_has_all(doors: Doors, body: Party) -> None:
    seller = joined(doors.client, body, "generator")
    for _ in range(5):
        with_device(seller, body, automatic=False)

    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        at = f"&cursor={cursor}" if cursor else ""
        answer = seller.shown(f"/reports/balances?limit=2{at}")
        found += [row["device"] for row in answer["balances"]]
        cursor = answer["next"]

    assert found == [row["device"] for row in table(seller, "/reports/balances")]
    assert len(set(found)) == 5


def test_a_report_says_by_accept_or_format_in_which_form(seller: Party) -> None:
    path = "/reports/balances"

    media_types = [
        seller.get(path).mimetype,
        seller.get(path, Accept="*/*").mimetype,
        seller.get(path, Accept="text/csv").mimetype,
        seller.get(path, Accept="text/csv;q=0.5, application/json").mimetype,
        seller.get(path, Accept="image/png").mimetype,
        seller.get(f"{path}?format=csv", Accept="application/json").mimetype,
    ]

    json, text = "application/json", "text/csv"
    assert media_types == [json, json, text, json, json, text]
    assert code(seller.get(f"{path}?format=CSV")) == "invalid-query"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "\nx", "=cmd|' /C'!A0"])
def test_a_text_that_looks_like_a_formula_is_made_plain(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_other_cells_stand_as_they_are() -> None:
    values = [0, -5, "", "a=b", "Wānaka", None, True, False]

    assert [cell(value) for value in values] == [0, -5, "", "a=b", "Wānaka", "", "true", "false"]


def test_lines_are_those_of_rfc_4180() -> None:
    rows: list[dict[str, Any]] = [
        {"name": 'a "b", c', "note": "=two\nlines"},
        {"name": "é", "note": None},
    ]

    answer = csv_answer(("name", "note"), rows, name="rows")

    assert answer.get_data(as_text=True) == 'name,note\r\n"a ""b"", c","\'=two\nlines"\r\né,\r\n'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_a_period_of_a_request_is_no_row_before_it_is_issued(seller: Party) -> None:
    before = seller.shown("/reports/issuances")
    asked = {"device": seller.device, "account": seller.account, **period(first=5), "draft": True}

    seller.made("/issuances", asked)

    assert seller.shown("/reports/issuances") == before
