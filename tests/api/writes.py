"""Writes: every route that takes a body of its own, each with a body in which nothing is wrong."""

import re
from dataclasses import dataclass
from typing import Any

from tests.api.parties import applying, approval, new_device, report, retiring

UNKNOWN = "00000000-0000-4000-8000-000000000000"
FILLED = {"{prefix}": "0" * 16, "{number}": "1"}
PUTS = ("/automatic", "/devices/{device}", "/meters")

PERIOD = {"period_start": "2026-01-01T00:00:00.000Z", "period_end": "2026-01-02T00:00:00.000Z"}
START, END = PERIOD.values()
REASON = {"reason": "checked"}
ITEMS = [{"issuance": UNKNOWN, "first": 1, "last": 2}]


@dataclass(frozen=True)
class Write:
    """A route with a body that is well formed."""

    role: str
    method: str
    path: str
    body: dict[str, Any]
    described: str


def writes() -> list[Write]:
    """Return every route that takes a body of its own."""
    found = [*of_parties(), *of_devices(), *of_energy(), *of_corrections(), *of_certificates()]
    return [
        Write(
            role,
            "PUT" if path.endswith(PUTS) else "POST",
            f"/v1{re.sub('{[a-z]+}', lambda name: FILLED.get(name[0], UNKNOWN), path)}",
            body,
            f"/v1{path}",
        )
        for role, path, body in found
    ]


Bodies = list[tuple[str, str, dict[str, Any]]]


def of_parties() -> Bodies:
    applied = applying(registration_number="1", contact="a@b.example", is_person=False)
    applied |= {"lei": "529900T8BM49AURSDO55", "vat_number": "NL004495445B01"}
    applied |= {"gln": "5790000432752", "eic": "22XWATTPLUS----G"}
    key = {"scope": "read", "label": "meter", "expires_at": "2099-01-01T00:00:00.000Z"}
    review = {"kyc_until": END, "suspended": False, **REASON}
    return [
        ("none", "/organisations", applied),
        (
            "issuing_body",
            "/organisations/{organisation}/admit",
            {"kyc_until": END, "risk_class": "low"},
        ),
        ("issuing_body", "/organisations/{organisation}/reject", REASON),
        ("issuing_body", "/organisations/{organisation}/review", review),
        ("generator", "/persons", {"name": "Somebody", "contact": "a@b.example"}),
        ("generator", "/keys", {**key, "person": UNKNOWN}),
        ("generator", "/keys/{prefix}/rotate", {"overlap_s": 1}),
        ("generator", "/endorsements", {"operation": {"type": "withdraw"}}),
        ("issuing_body", "/erasures", {"record": "0" * 64, **REASON}),
    ]


def of_devices() -> Bodies:
    new = new_device(support="none", support_scheme="Solar Faster", dissemination="grid")
    named = {name: new.pop(name) for name in ("domain", "gsrn")}
    said = {
        **new,
        "measurement_body": UNKNOWN,
        "latitude": "-36.8",
        "longitude": "174.7",
        "subdivision": "NZ-AUK",
        "storage_wh": 1,
    }
    device = {**said, **named, "kind": "production", "part_of": UNKNOWN}
    why = {"repowering": {"on": "2026-01-01", "added_w": 1}, "correction": "case-17"}
    review = {"outcome": "verified", **REASON}
    shares = [{"device": UNKNOWN, "share_bp": 10_000}]
    return [
        ("generator", "/devices", device),
        ("generator", "/devices/{device}", {**said, **why}),
        ("issuing_body", "/devices/{device}/registrations/{number}/review", review),
        ("issuing_body", "/devices/{device}/approve", approval(number=1, reviewed=[UNKNOWN])),
        ("issuing_body", "/devices/{device}/automatic", {"automatic_wh": 1}),
        ("issuing_body", "/devices/{device}/suspend", REASON),
        ("issuing_body", "/devices/{device}/resume", REASON),
        ("issuing_body", "/devices/{device}/deregister", {"ended_at": END, **REASON}),
        ("generator", "/devices/{device}/hand-over", {"to": UNKNOWN, "effective_from": START}),
        ("generator", "/devices/{device}/meters", {"meters": []}),
        (
            "measurement_body",
            "/fuel-declarations",
            {"device": UNKNOWN, **PERIOD, "shares": shares},
        ),
    ]


def of_energy() -> Bodies:
    issuance = {"device": UNKNOWN, "account": UNKNOWN, **PERIOD, "late": "found", "draft": True}
    month = {"account": UNKNOWN, "month": "2025-01", **PERIOD, "devices": [UNKNOWN]}
    gaps = [{"start": START, "end": END, "reason": "meter-fault"}]
    reported = {**report(UNKNOWN), "gaps": gaps, "quality": "measured"}
    return [
        ("generator", "/measurement-reports", reported),
        ("issuing_body", "/measurement-reports/{report}/accept", REASON),
        ("measurement_body", "/devices/{device}/apportion", PERIOD),
        ("generator", "/issuances/preview", issuance),
        ("generator", "/issuances/month", {**month, "late": "found"}),
        ("generator", "/issuances", issuance),
        ("issuing_body", "/issuances/{issuance}/reject", REASON),
        ("issuing_body", "/issuances/{issuance}/review", {"outcome": "verified", **REASON}),
    ]


def of_corrections() -> Bodies:
    corrected = {"intervals": report(UNKNOWN)["intervals"], **REASON, "quality": "corrected"}
    second = {"endorsement": UNKNOWN}
    adjustment = {"adjustment": UNKNOWN, "device": UNKNOWN, "start": START, "energy_wh": 1}
    withdrawal = {"withdrawal": UNKNOWN, "items": ITEMS, **REASON, "case": "case-7"}
    return [
        ("generator", "/devices/{device}/corrections", corrected),
        ("issuing_body", "/adjustments", {**adjustment, **REASON, **second}),
        (
            "issuing_body",
            "/withdrawals",
            {**withdrawal, "compensates": False, **second, "consents": [UNKNOWN]},
        ),
    ]


def of_certificates() -> Bodies:
    move = {"from": UNKNOWN, "to": UNKNOWN, "items": ITEMS, "quantity": 3}
    retirement = dict(retiring(UNKNOWN, items=ITEMS, quantity=3))
    retirement["beneficiary"] = {"name": "Dairy", "place": "Taupō", "reference": "7"}
    return [
        ("generator", "/transfers", move),
        ("generator", "/transfers/offer", move),
        ("generator", "/retirements", retirement),
    ]
