"""Monthly issuing: one request for all devices of a registrant, each answered on its own."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from flask import Response, g
from marshmallow import Schema, fields

from app.api.answers import text, uuid, whole
from app.api.door import BODIES, WRITES, Door, idempotent
from app.api.issuing import REQUEST, NewIssuance, request_of, shown
from app.api.members import body_schema
from app.api.verbs import Asking, asking, record_all
from app.http.context import context
from app.http.idempotency import idempotency_key, operation_id
from app.http.problems import ProblemError, refusal_body
from app.ledger.times import format_time
from app.registry import fields as kinds
from app.registry.domains import GRANULAR
from app.registry.errors import RefusalError
from app.registry.fields import ID, Id, Instant, Slug
from app.registry.issuances import ISSUED, SUBMITTED
from app.registry.operations.issue_request import IssueRequest
from app.reporting.issuances import list_issuable, measured_between
from app.reporting.rows import Row
from app.services.credentials import WRITE
from app.services.monthly import Piece, Version, Wanted, pieces
from app.services.record import Asked, Outcome

REQUESTS_MAX = 10_000
MONTH = "(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])"
BELOW, REFUSED = "below-face-value", "refused"

door = Door("monthly issuing", "All devices of a registrant at once.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month, or another period, of which all devices' energy shall become certificates."""

    account: Annotated[Id, "The account that receives them, an own one."]
    month: (
        Annotated[str, kinds.text(MONTH), "A month of the zone of each device's domain: 2025-01."]
        | None
    ) = None
    period_start: Annotated[Instant, "Instead of a month: from."] | None = None
    period_end: Annotated[Instant, "Instead of a month: until."] | None = None
    devices: (
        Annotated[
            tuple[str, ...], kinds.listed(ID, most=REQUESTS_MAX), "These alone; else every own one."
        ]
        | None
    ) = None
    late: Annotated[Slug, "Why it is asked for after the issue window."] | None = None


class MonthOutcomeSchema(Schema):
    """What came of one request."""

    device = uuid("The device.")
    period_start = text("Production from.", is_null=True)
    period_end = text("Production until.", is_null=True)
    outcome = text("issued, submitted, below-face-value or refused.")
    id = uuid("The issuance's id.", is_null=True)
    quantity = whole("Certificates issued.", is_null=True)
    number_first = text("Number of the first certificate.", is_null=True)
    number_last = text("Number of the last certificate.", is_null=True)
    receipt = text("Path of the receipt of what was recorded.", is_null=True)
    replayed = fields.Boolean(metadata={"description": "Whether it stood there before."})
    problem = fields.Dict(metadata={"description": "Why not: an RFC 9457 problem."})


class MonthTotalsSchema(Schema):
    """How many requests came to what."""

    requests = whole("Requests in all.")
    issued = whole("Requests that were issued at once.")
    submitted = whole("Requests that wait for the issuing body.")
    below_face_value = whole("Requests without enough energy for one certificate.")
    refused = whole("Requests that were refused.")
    quantity = whole("Certificates issued.")


class MonthAnswerSchema(Schema):
    """An outcome for each request, by device and time."""

    totals = fields.Nested(
        MonthTotalsSchema, required=True, metadata={"description": "All together."}
    )
    outcomes = fields.List(fields.Nested(MonthOutcomeSchema), required=True)


@dataclass(frozen=True, slots=True)
class _Item:
    """One request: the operation's id, the period, and what is asked, or why it cannot be."""

    id: str
    piece: Piece
    asked: Asked | RefusalError

    @property
    def about(self) -> dict[str, Any]:
        """What an outcome says of the request in any case."""
        return {
            "device": self.piece.device,
            "period_start": format_time(self.piece.start) if self.piece.end else None,
            "period_end": format_time(self.piece.end) if self.piece.end else None,
            **dict.fromkeys(("id", "quantity", "number_first", "number_last", "receipt")),
        }


@door.view(
    "/issuances/month",
    may=REQUEST.may,
    scope=WRITE,
    answer=MonthAnswerSchema,
    body=body_schema(Month),
    method="POST",
    refuses=[*WRITES, *BODIES, "invalid-field", "duplicate-item", "too-many-items"],
    parameters=idempotent(),
)
def request_month(members: dict[str, Any]) -> Response:
    """Request certificates for a month of all own devices, in granular domains span by span.

    Each request is answered on its own, under an id that follows from the key and the device:
    the same call again gives the same answers for what is recorded, and goes on with the rest.
    """
    body = Month(**members)
    wanted = _wanted(body)
    key = idempotency_key()
    items = list(_items(body, wanted, asking(key), key))
    outcomes = _record(items)
    g.refused_items = [
        (item.id, REQUEST.name, outcome)
        for item, outcome in zip(items, outcomes, strict=True)
        if isinstance(outcome, RefusalError)
    ]
    told = [_told(item, outcome) for item, outcome in zip(items, outcomes, strict=True)]
    answer = {"totals": _totals(told), "outcomes": told}
    return Response(orjson.dumps(answer), HTTPStatus.OK, mimetype="application/json")


def _wanted(body: Month) -> Wanted:
    """Return the period that is meant. Raises RefusalError."""
    ends = (body.period_start, body.period_end)
    if body.month is not None and ends == (None, None):
        return Wanted.of_month(body.month)
    start, end = ends
    if body.month is not None or start is None or end is None:
        detail = "a month, or period_start and period_end"
        raise RefusalError("invalid-field", detail, pointer="/month")
    if end <= start:
        raise RefusalError(
            "invalid-interval", "it ends before it starts", rule="R7", pointer="/period_end"
        )
    return Wanted(start=start, end=end)


def _items(body: Month, wanted: Wanted, asks: Asking, key: str) -> Iterator[_Item]:
    """Yield the requests by device and time. Raises ProblemError where they are too many."""
    named = _named(body)
    rows = list_issuable(context().storage, asks.organisation)
    own = [row for row in rows if not named or row["device"] in named]
    for number, (id_, piece) in enumerate(_pieces(own, wanted, asks, key)):
        if number == REQUESTS_MAX:
            raise ProblemError("too-many-items", f"At most {REQUESTS_MAX} requests at once.")
        yield _Item(id_, piece, Asked(_request(body, piece, replace(asks, id=id_))))
    for device in sorted(named - {row["device"] for row in own}):
        refusal = RefusalError("not-found", "no device of which you may request", pointer="/device")
        yield _Item(_id(asks, key, device), Piece(device, 0, 0, is_whole=False), refusal)


def _named(body: Month) -> set[str]:
    named = body.devices or ()
    if len(set(named)) < len(named):
        raise RefusalError("duplicate-item", "a device is named twice", pointer="/devices")
    return set(named)


def _pieces(
    rows: Sequence[Row], wanted: Wanted, asks: Asking, key: str
) -> Iterator[tuple[str, Piece]]:
    """Yield the requests' ids and periods; in a granular domain one for each span with energy."""
    for row in rows:
        settings = orjson.loads(row["settings"])
        ends = row["valid_from"], row["valid_until"]
        for piece in pieces([Version(row["device"], settings["timezone"], *ends)], wanted):
            if settings["scheme"] == GRANULAR:
                yield from _granular(piece, asks, key)
            else:
                parts = [] if piece.is_whole else [format_time(piece.start)]
                yield _id(asks, key, piece.device, *parts), piece


def _granular(piece: Piece, asks: Asking, key: str) -> Iterator[tuple[str, Piece]]:
    """Yield a request for each span that is not issued, or was under this very key."""
    for row in measured_between(context().storage, piece.device, piece.start, piece.end):
        id_ = _id(asks, key, piece.device, format_time(row["start"]))
        if row["issuance"] in (None, id_):
            yield id_, Piece(piece.device, row["start"], row["end"], is_whole=False)


def _id(asks: Asking, key: str, *parts: str) -> str:
    return operation_id(asks.organisation, "/".join((key, *parts)))


def _request(body: Month, piece: Piece, asks: Asking) -> IssueRequest:
    asked = NewIssuance(
        device=piece.device,
        account=body.account,
        period_start=piece.start,
        period_end=piece.end,
        late=body.late,
    )
    return request_of(asks, asked)


def _record(items: Sequence[_Item]) -> list[Outcome]:
    asked = [item.asked for item in items if isinstance(item.asked, Asked)]
    recorded = iter(record_all(asked))
    return [next(recorded) if isinstance(item.asked, Asked) else item.asked for item in items]


def _told(item: _Item, outcome: Outcome) -> dict[str, Any]:
    """Return what came of a request."""
    if isinstance(outcome, RefusalError):
        said = BELOW if outcome.code == BELOW else REFUSED
        return {**item.about, "outcome": said, "problem": refusal_body(outcome)}
    found = shown(outcome)
    return {
        **item.about,
        **{name: found[name] for name in ("id", "quantity", "number_first", "number_last")},
        "outcome": found["state"],
        "receipt": f"/v1/operations/{outcome.id}/receipt",
        "replayed": outcome.is_repeated,
    }


def _totals(told: Sequence[dict[str, Any]]) -> dict[str, int]:
    counted = Counter(one["outcome"] for one in told)
    return {
        "requests": len(told),
        "issued": counted[ISSUED],
        "submitted": counted[SUBMITTED],
        "below_face_value": counted[BELOW],
        "refused": counted[REFUSED],
        "quantity": sum(one["quantity"] or 0 for one in told),
    }
