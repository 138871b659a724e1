"""Health: whether the registry answers, and how far its log has come."""

from typing import Any

from marshmallow import Schema, fields

from app.api.door import Door
from app.api.instant import Instant
from app.http.access import PUBLIC
from app.http.context import context
from app.http.problems import ProblemError
from app.reporting.blocks import newest_block

door = Door("health", "Whether the registry answers.")


class HealthSchema(Schema):
    """The newest block, as this moment's database holds it."""

    status = fields.String(required=True, metadata={"description": "Always `ok`."})
    height = fields.Integer(required=True, metadata={"description": "Height of the newest block."})
    size = fields.Integer(required=True, metadata={"description": "Leaves in the log."})
    time = Instant(required=True, metadata={"description": "Time of the newest block, UTC."})


@door.view("/health", may=[PUBLIC], answer=HealthSchema)
def show_health() -> dict[str, Any]:
    """Show whether the registry answers."""
    newest = newest_block(context().storage)
    if newest is None:
        raise ProblemError("database-unavailable", "There is no block.")
    block = newest.block
    return {"status": "ok", "height": block.height, "size": block.size, "time": block.time_ms}
