"""Instants and ids: UTC milliseconds and text inside, RFC 3339 and UUIDs outside."""

from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields

from app.ledger.times import TimeError, format_time, parse_time
from app.registry.fields import INSTANT

_METADATA = {
    "description": "UTC, to the millisecond.",
    "example": "2026-11-22T12:00:00.000Z",
    "format": "date-time",
}


class Instant(fields.String):
    """A time, read from UTC milliseconds."""

    def __init__(self, *, metadata: dict[str, Any] | None = None, **options: Any) -> None:  # noqa: ANN401 - marshmallow's
        """Describe it."""
        super().__init__(metadata={**_METADATA, **(metadata or {})}, **options)

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str | None:  # noqa: ANN401 - marshmallow's
        return None if value is None else format_time(value)


class Moment(fields.String):
    """A time in a query, read into UTC milliseconds."""

    def __init__(self, *, metadata: dict[str, Any] | None = None, **options: Any) -> None:  # noqa: ANN401 - marshmallow's
        """Describe it."""
        super().__init__(metadata={**_METADATA, **INSTANT.schema, **(metadata or {})}, **options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:  # noqa: ANN401 - marshmallow's
        try:
            return parse_time(value)
        except TimeError as error:
            raise ValidationError("Not a UTC time such as 2026-11-22T12:00:00.000Z.") from error


def as_id(value: UUID | None) -> str | None:
    """Return an id of a path or query as it is kept."""
    return None if value is None else str(value)
