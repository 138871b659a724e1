"""The OpenAPI document, served where it describes itself."""

from flask import Response, jsonify
from flask_smorest import current_api  # type: ignore[import-untyped]  # ships no types
from marshmallow import INCLUDE, Schema

from app.api.door import Door
from app.http.access import PUBLIC

door = Door("document", "This document.")


class DocumentSchema(Schema):
    """OpenAPI 3.1."""

    class Meta:
        """Whatever the document holds."""

        unknown = INCLUDE


@door.view("/openapi.json", may=[PUBLIC], answer=DocumentSchema)
def show_document() -> Response:
    """Show this document."""
    return jsonify(current_api.spec.to_dict())
