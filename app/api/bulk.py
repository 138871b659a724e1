"""Bulk: many operations in one request, each answered on its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response, g, request
from marshmallow import Schema, fields

from app.api import (
    accounts,
    device_states,
    fuel_declarations,
    handovers,
    issuing,
    measurements,
    registrations,
    retirements,
    transfers,
    withdrawals,
)
from app.api.answers import uuid, whole
from app.api.door import WRITES, Door, idempotent
from app.api.members import json_body
from app.api.verbs import Asking, Verb, asking, record_all
from app.http.access import caller
from app.http.idempotency import KEY_MAX, idempotency_key, is_key, operation_id
from app.http.json import MalformedError, read_strictly
from app.http.problems import Complaint, InvalidBodyError, ProblemError, refusal_body
from app.registry.errors import RefusalError
from app.registry.fields import parse_members
from app.services.credentials import WRITE
from app.services.record import Asked, Outcome

ITEMS_MAX = 10_000
NDJSON = "application/x-ndjson"
JSON = "application/json"

VERBS: dict[str, Verb] = {
    **accounts.VERBS,
    **registrations.VERBS,
    **device_states.VERBS,
    **handovers.VERBS,
    **fuel_declarations.VERBS,
    **measurements.VERBS,
    **withdrawals.VERBS,
    **issuing.VERBS,
    **transfers.VERBS,
    **retirements.VERBS,
}
"""What may be asked in bulk, by type."""

MAY = sorted({role for verb in VERBS.values() for role in verb.may})
"""Who may ask anything in bulk; what, is looked at item by item."""

door = Door("bulk", "Many operations in one request.")


_ITEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": sorted(VERBS), "description": "The verb."},
        "idempotency_key": {
            "type": "string",
            "pattern": f"^[!-~]{{1,{KEY_MAX}}}$",
            "description": "Its own; by default the request's key, a slash and its position.",
        },
    },
    "required": ["type"],
    "description": "Besides these, what the body of its own resource has, and ids of its path.",
}
_TAKES = {
    JSON: {"schema": {"type": "array", "items": _ITEM, "description": f"At most {ITEMS_MAX:,}."}},
    NDJSON: {"schema": {"type": "string", "description": "One operation a line."}},
}


class OutcomeSchema(Schema):
    """What came of an operation: where it stands, or the problem."""

    status = whole("201, or the problem's status.")
    id = uuid("The operation's id.")
    index = fields.Integer(metadata={"description": "Its leaf in the log."})
    height = fields.Integer(metadata={"description": "Its block."})
    receipt = fields.String(metadata={"description": "Path of the receipt."})
    replayed = fields.Boolean(metadata={"description": "Whether it stood there before."})
    problem = fields.Dict(metadata={"description": "An RFC 9457 problem."})


class OutcomesSchema(Schema):
    """An outcome for each operation, in order."""

    outcomes = fields.List(fields.Nested(OutcomeSchema), required=True)


_GIVES = {
    JSON: {"schema": OutcomesSchema},
    NDJSON: {"schema": {"type": "string", "description": "One outcome a line."}},
}


@door.view(
    "/operations",
    may=MAY,
    scope=WRITE,
    answer=OutcomesSchema,
    method="POST",
    refuses=[
        *WRITES,
        "malformed-json",
        "unsupported-media-type",
        "invalid-field",
        "too-many-items",
    ],
    parameters=idempotent(),
    takes=_TAKES,
    gives={"200": {"description": "In the form that was sent.", "content": _GIVES}},
)
def record_operations() -> Response:
    """Record many operations, in order, over as many blocks as it takes.

    Each is answered on its own. The same request again gives the same answers for what is
    recorded, and goes on with the rest: repeat it with its key where an answer was lost.
    """
    key = idempotency_key()
    is_lines = request.mimetype == NDJSON
    items = list(_lines() if is_lines else _array())
    if len(items) > ITEMS_MAX:
        raise ProblemError("too-many-items", f"At most {ITEMS_MAX} operations in one request.")
    request_asking = asking(key)
    asked = [_read(item, f"{key}/{at}", request_asking) for at, item in enumerate(items)]
    outcomes = _record(asked)
    g.refused_items = _refused(asked, outcomes)
    answers = [_plain(one, outcome) for one, outcome in zip(asked, outcomes, strict=True)]
    if is_lines:
        return Response(b"".join(orjson.dumps(item) + b"\n" for item in answers), mimetype=NDJSON)
    return Response(orjson.dumps({"outcomes": answers}), mimetype=JSON)


@dataclass(frozen=True, slots=True)
class _Item:
    """One of many: the operation that it asks for, or why it cannot be asked."""

    id: str
    type: str | None
    asked: Asked | RefusalError


def _array() -> list[Any]:
    found = json_body(request)
    if type(found) is not list:
        raise InvalidBodyError([Complaint("invalid-field", "not an array")])
    return found


def _lines() -> Iterator[Any]:
    """Yield each line's value; one that cannot be read is refused alone."""
    for line in request.get_data(cache=False).splitlines():
        if line.strip():
            try:
                yield read_strictly(line)
            except MalformedError as error:
                yield RefusalError("invalid-field", str(error))


def _read(value: Any, key: str, asks: Asking) -> _Item:  # noqa: ANN401 - whatever was sent
    """Read one operation; a wrong one is refused alone."""
    if type(value) is not dict:
        is_refused = isinstance(value, RefusalError)
        refusal = value if is_refused else RefusalError("invalid-field", "not an object")
        return _Item(operation_id(asks.organisation, key), None, refusal)
    members = dict(value)
    own_key = members.pop("idempotency_key", key)
    verb = VERBS.get(found) if type(found := members.pop("type", None)) is str else None
    id_ = operation_id(asks.organisation, own_key if is_key(own_key) else key)
    try:
        if own_key is not key:
            _must_be_key(own_key)
        known = _must_be_known(verb)
        known.must_be_allowed(caller())
        asked = known.make(replace(asks, id=id_), parse_members(known.body, members))
    except RefusalError as refusal:
        return _Item(id_, verb.name if verb else None, refusal)
    return _Item(id_, known.name, asked)


def _must_be_key(value: object) -> None:
    """Refuse what cannot be an operation's own key."""
    if not is_key(value):
        raise RefusalError("invalid-field", "not a key", pointer="/idempotency_key")


def _must_be_known(verb: Verb | None) -> Verb:
    """Refuse a type that nothing may be asked of in bulk."""
    if verb is None:
        raise RefusalError("unknown-operation", "no such type", pointer="/type")
    return verb


def _record(items: Sequence[_Item]) -> list[Outcome]:
    """Record what can be asked; return an outcome for each, in order."""
    wellformed = [item.asked for item in items if isinstance(item.asked, Asked)]
    recorded = iter(record_all(wellformed))
    return [next(recorded) if isinstance(item.asked, Asked) else item.asked for item in items]


def _plain(item: _Item, outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, RefusalError):
        body = refusal_body(outcome)
        return {"status": body["status"], "id": item.id, "problem": body}
    return {
        "status": int(HTTPStatus.CREATED),
        "id": outcome.id,
        "index": outcome.index,
        "height": outcome.height,
        "receipt": f"/v1/operations/{outcome.id}/receipt",
        "replayed": outcome.is_repeated,
    }


def _refused(
    items: Sequence[_Item], outcomes: Sequence[Outcome]
) -> list[tuple[str, str | None, RefusalError]]:
    """Return what the trail has to keep of this request."""
    return [
        (item.id, item.type, outcome)
        for item, outcome in zip(items, outcomes, strict=True)
        if isinstance(outcome, RefusalError)
    ]
