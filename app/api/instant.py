"""Instants in answers: UTC milliseconds inside, RFC 3339 outside."""

from typing import Any

from marshmallow import fields

from app.ledger.times import format_time

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
