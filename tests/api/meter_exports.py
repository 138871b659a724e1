"""Meter files over HTTP: who sends them, and layouts that an operator has installed."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from werkzeug.test import TestResponse

from app.ledger.times import format_time
from tests.api.doors import Doors
from tests.api.parties import Party, joined, with_device
from tests.layouts.meters import members
from tests.scenario import DOMAIN, FIRST_DAY, HOUR_MS

CSV, GZIP = "text/csv", "application/gzip"
HOURS: dict[str, object] = {
    "name": "hours",
    "time": {"zone": "UTC", "interval": 3600, "stamp": "at", "form": "iso"},
    "value": "Wh",
    "unit": "Wh",
}


@dataclass
class Exports:
    """A measurement body with a generator's device, and the door."""

    doors: Doors
    issuing_body: Party
    body: Party
    generator: Party

    @property
    def device(self) -> str:
        return self.generator.device

    def install(self, name: str = "hours", **changes: object) -> str:
        """Put a layout into the folder of the operator; return its name."""
        folder = self.doors.registry.settings.home / "layouts"
        folder.mkdir(exist_ok=True)
        text = json.dumps(members(**{**HOURS, "name": name, **changes}))
        (folder / f"{name}.json").write_text(text)
        return name

    def send(
        self,
        data: bytes,
        layout: str,
        *,
        path: str = "/measurement-files",
        device: str | None = None,
        key: str | None = None,
        media_type: str = CSV,
        by: Party | None = None,
    ) -> TestResponse:
        who = by or self.body
        query = {"layout": layout, **({"device": device} if device else {})}
        headers = {"Authorization": f"Bearer {who.key}", "Idempotency-Key": key or str(uuid4())}
        return who.client.post(
            f"/v1{path}", query_string=query, data=data, content_type=media_type, headers=headers
        )

    def imported(self, data: bytes, layout: str, *, device: str | None = None) -> Any:  # noqa: ANN401 - JSON
        """Import a file of the device; return what became of it."""
        answer = self.send(data, layout, device=device or self.device)
        assert answer.status_code == 200, answer.json
        return answer.json

    def spans(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.generator.shown(f"/devices/{self.device}/spans")["spans"]
        return found


def exports(doors: Doors, *, domain: str = DOMAIN.code) -> Exports:
    """Return a device whose readings an independent body reports."""
    issuing_body = Party(doors.client, doors.keys["issuing_body"], doors.registry.issuing_body)
    generator = joined(doors.client, issuing_body, "generator")
    generator.metering = joined(doors.client, issuing_body, "measurement_body")
    with_device(generator, issuing_body, domain=domain)
    return Exports(doors, issuing_body, generator.metering, generator)


def at(hour: int) -> str:
    """Return the time so many hours after FIRST_DAY began."""
    return format_time(FIRST_DAY + hour * HOUR_MS)


def hours(*energies: object, meter: str = "A", first: int = 0, is_first: bool = True) -> bytes:
    """Return rows of hours from FIRST_DAY on."""
    rows = [f"{meter},{at(first + hour)},{energy}" for hour, energy in enumerate(energies)]
    return "".join(f"{row}\n" for row in [*(["meter,at,Wh"] if is_first else []), *rows]).encode()
