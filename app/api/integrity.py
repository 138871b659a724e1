"""Integrity: a range of blocks checked at once, and the whole log replayed as a job."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import url_for
from marshmallow import Schema, fields

from app.api.door import Door
from app.api.instant import Instant
from app.http.access import PUBLIC
from app.http.context import context
from app.http.paging import Whole
from app.http.problems import ProblemError
from app.registry.organisations import AUDITOR, ISSUING_BODY, OPERATOR
from app.services.integrity import RANGE_BLOCKS_MAX, ReplayJob, check_range

MAY_REPLAY = (AUDITOR, ISSUING_BODY, OPERATOR)

door = Door("integrity", "Whether the log is what was sealed.")


class FindingSchema(Schema):
    """What is not as it must be."""

    code = fields.String(required=True, metadata={"description": "A permanent public code."})
    where = fields.String(
        required=True, metadata={"description": "The leaf, height, table or file it is about."}
    )
    detail = fields.String(required=True, metadata={"description": "What was seen."})


class RangeQuerySchema(Schema):
    """Which blocks, both ends included."""

    from_ = Whole(
        data_key="from", load_default=0, metadata={"description": "First height; 0 by default."}
    )
    to = Whole(
        metadata={"description": f"Last height; by default as far as {RANGE_BLOCKS_MAX} blocks go."}
    )


class RangeSchema(Schema):
    """What the range's blocks say of themselves, checked; nothing is replayed."""

    ok = fields.Boolean(required=True, metadata={"description": "Whether nothing was found."})
    from_ = fields.Integer(
        data_key="from", required=True, metadata={"description": "First height."}
    )
    to = fields.Integer(required=True, metadata={"description": "Last height."})
    operations = fields.Integer(
        required=True, metadata={"description": "Operation leaves that were hashed."}
    )
    findings = fields.List(fields.Nested(FindingSchema), required=True)


class ReportSchema(Schema):
    """The auditor's report over the whole log and its tables."""

    ok = fields.Boolean(required=True, metadata={"description": "Whether nothing was found."})
    anchored = fields.Boolean(
        required=True, metadata={"description": "Whether something from outside was compared."}
    )
    verdict = fields.String(required=True, metadata={"description": "The verdict in words."})
    origin = fields.String(required=True, metadata={"description": "The log's name."})
    genesis = fields.String(required=True, metadata={"description": "Hash of leaf 0."})
    size = fields.Integer(required=True, metadata={"description": "Leaves in the log."})
    height = fields.Integer(required=True, metadata={"description": "Newest block."})
    root = fields.String(required=True, metadata={"description": "Tree head, hexadecimal."})
    operations = fields.Integer(required=True, metadata={"description": "Operations walked."})
    issued = fields.Integer(required=True, metadata={"description": "Certificates issued."})
    certificates = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "Certificates by state."},
    )
    replayed = fields.Boolean(
        required=True, metadata={"description": "Whether every operation was decided again."}
    )
    findings = fields.List(fields.Nested(FindingSchema), required=True)


class ReplaySchema(Schema):
    """A replay as it stands."""

    id = fields.UUID(required=True, metadata={"description": "Its id."})
    state = fields.String(required=True, metadata={"enum": ["running", "finished"]})
    asked_at = Instant(required=True, metadata={"description": "When it was asked for, UTC."})
    finished_at = Instant(
        required=True, allow_none=True, metadata={"description": "When it finished, UTC."}
    )
    report = fields.Nested(ReportSchema, required=True, allow_none=True)


@door.view(
    "/integrity",
    may=[PUBLIC],
    answer=RangeSchema,
    query=RangeQuerySchema,
    refuses=["invalid-range", "range-too-long"],
)
def show_integrity(*, from_: int, to: int | None = None) -> dict[str, Any]:
    """Check chain, tree, seals and quorum of a range of blocks."""
    with context().storage.log() as log:
        newest = log.head.height
        last = min(newest, from_ + RANGE_BLOCKS_MAX - 1) if to is None else to
        if not from_ <= last <= newest:
            raise ProblemError("invalid-range", f"The log has the heights 0 to {newest}.")
        if last - from_ >= RANGE_BLOCKS_MAX:
            raise ProblemError("range-too-long", f"At most {RANGE_BLOCKS_MAX} blocks a call.")
        report = check_range(log, from_, last)
    return {
        "ok": report.is_sound,
        "from_": from_,
        "to": last,
        "operations": report.operations,
        "findings": report.findings,
    }


@door.view(
    "/integrity/replays",
    method="POST",
    may=MAY_REPLAY,
    answer=ReplaySchema,
    status=HTTPStatus.ACCEPTED,
    headers={"Location": "Where the replay is found."},
)
def ask_replay() -> tuple[ReplayJob, HTTPStatus, dict[str, str]]:
    """Replay the whole log in a process of its own, or join the replay that runs."""
    job = context().replays.ask()
    location = url_for("integrity.show_replay", replay=job.id)
    return job, HTTPStatus.ACCEPTED, {"Location": location}


@door.view(
    "/integrity/replays/<uuid:replay>",
    may=MAY_REPLAY,
    answer=ReplaySchema,
    refuses=["not-found"],
)
def show_replay(replay: UUID) -> ReplayJob:
    """Show a replay and, once it has finished, its report."""
    return context().replays.find(str(replay))
