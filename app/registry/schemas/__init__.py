"""Published JSON Schemas of the operations; a test regenerates them byte for byte."""

from typing import Any

from app.registry.fields import schema_of
from app.registry.operation import Operation


def published_schema(operation: type[Operation], *, rules: int) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of an operation as it stands in a leaf."""
    shape = schema_of(operation)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{operation.type}, rules version {rules}",
        "description": (operation.__doc__ or "").strip(),
        **shape,
        "properties": {"type": {"const": operation.type}, **shape["properties"]},
        "required": ["type", *shape["required"]],
    }
