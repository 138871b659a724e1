"""Parties over HTTP: who applies, is admitted, registers a device and holds certificates."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.ledger.times import format_time
from tests.scenario import DAY_MS, DOMAIN, FIRST_DAY, HOUR_MS, MWH, gsrn

_NUMBERS = count(500_000)
MISSING = object()
OK = 200


@dataclass
class Party:
    """An organisation behind its key; writes get a new Idempotency-Key unless one is given."""

    client: FlaskClient
    key: str
    id: str = ""
    account: str = ""
    device: str = ""
    metering: "Party | None" = None
    """Who reports the device's readings, where not the registrant itself."""

    @property
    def reporter(self) -> "Party":
        """Who reports the device's readings."""
        return self.metering or self

    def get(self, path: str, **headers: str) -> TestResponse:
        """Read."""
        return self.client.get(f"/v1{path}", headers={**self._shown, **headers})

    def shown(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read what must be visible; return it."""
        answer = self.get(path)
        assert answer.status_code == OK, answer.json
        return answer.json

    def send(
        self,
        method: str,
        path: str,
        body: object = MISSING,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Write."""
        named = {**self._shown, "Idempotency-Key": key or str(uuid4()), **(headers or {})}
        if body is MISSING:
            return self.client.open(f"/v1{path}", method=method, headers=named)
        return self.client.open(f"/v1{path}", method=method, json=body, headers=named)

    def post(self, path: str, body: object = MISSING, *, key: str | None = None) -> TestResponse:
        """Write by POST."""
        return self.send("POST", path, body, key=key)

    def made(self, path: str, body: object = MISSING, *, key: str | None = None) -> Any:  # noqa: ANN401 - JSON
        """Write by POST what must be accepted; return the answer."""
        answer = self.post(path, body, key=key)
        assert answer.status_code in {200, 201}, answer.json
        return answer.json

    @property
    def _shown(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


def code(answer: TestResponse) -> str:
    """Return the code of a problem."""
    assert answer.mimetype == "application/problem+json", answer.data
    problem: Any = answer.json
    found: str = problem["type"].removeprefix("/problems/")
    return found


def applying(**more: object) -> dict[str, object]:
    """Return an application."""
    return {"name": "Somebody Ltd", "country": "NZ", "roles": ["buyer"], **more}


def joined(client: FlaskClient, issuing_body: Party, *roles: str) -> Party:
    """Apply, be admitted, and open an account where the roles allow it."""
    public = Party(client, "")
    applied = public.made("/organisations", applying(roles=list(roles)))
    party = Party(client, applied["key"], applied["id"])
    issuing_body.made(f"/organisations/{party.id}/admit")
    if not {"generator", "buyer"}.isdisjoint(roles):
        party.account = party.made("/accounts")["id"]
    return party


def new_device(**more: object) -> dict[str, object]:
    """Return a device to register."""
    return {
        "domain": DOMAIN.code,
        "gsrn": gsrn(next(_NUMBERS)),
        "energy_source": "F01050200",
        "technology": "T030000",
        "capacity_w": 10 * MWH,
        "commissioned_on": "2001-02-03",
        "name": "Hydro Station",
        "place": "Wānaka",
        **more,
    }


ENOUGH_WH = 10_000 * MWH
"""More than any test has issued at once."""


def approval(*, automatic: bool = False, **more: object) -> dict[str, object]:
    """Return an approval around FIRST_DAY."""
    return {
        "valid_from": format_time(FIRST_DAY - 365 * DAY_MS),
        "valid_until": format_time(FIRST_DAY + 365 * DAY_MS),
        "automatic_wh": ENOUGH_WH if automatic else 0,
        **more,
    }


def with_device(
    party: Party, issuing_body: Party, *, automatic: bool = True, **more: object
) -> Party:
    """Register a device and have it approved; automatic needs a measurement body that reports."""
    if automatic and party.metering is None:
        party.metering = joined(party.client, issuing_body, "measurement_body")
    reporter = {"measurement_body": party.metering.id} if party.metering else {}
    party.device = party.made("/devices", new_device(**reporter, **more))["id"]
    issuing_body.made(f"/devices/{party.device}/approve", approval(automatic=automatic))
    return party


def report(device: str, *, first: int = 0, days: int = 1, hour_wh: int = MWH) -> dict[str, object]:
    """Return hourly readings of whole UTC days, counted from FIRST_DAY."""
    start = FIRST_DAY + first * DAY_MS
    return {
        "device": device,
        "intervals": [
            {
                "start": format_time(start + at * HOUR_MS),
                "end": format_time(start + (at + 1) * HOUR_MS),
                "energy_wh": hour_wh,
            }
            for at in range(24 * days)
        ],
    }


def period(*, first: int = 0, days: int = 1) -> dict[str, str]:
    """Return a period of whole UTC days, counted from FIRST_DAY."""
    return {
        "period_start": format_time(FIRST_DAY + first * DAY_MS),
        "period_end": format_time(FIRST_DAY + (first + days) * DAY_MS),
    }


def issued(party: Party, *, first: int = 0, days: int = 1, hour_wh: int = MWH) -> str:
    """Report days of a device whose requests are issued at once, and have them issued."""
    party.reporter.made(
        "/measurement-reports", report(party.device, first=first, days=days, hour_wh=hour_wh)
    )
    asked = {"device": party.device, "account": party.account, **period(first=first, days=days)}
    answer = party.made("/issuances", asked)
    assert answer["state"] == "issued"
    found: str = answer["id"]
    return found


def retiring(account: str, **more: object) -> dict[str, object]:
    """Return a retirement for a beneficiary."""
    return {
        "account": account,
        "usage": "disclosure",
        "beneficiary": {"name": "Māori Dairy Co-operative"},
        "country": "NZ",
        **period(),
        **more,
    }
